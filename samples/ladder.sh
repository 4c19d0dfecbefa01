#!/bin/sh
# i2v: a generated clip as an HLS ladder: three sizes, segments of two seconds
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/ladder.sh STILL PROMPT DIRECTORY
#
# MODEL, DURATION  what to generate with (google/veo-3.1-i2v-fast, 8)
set -eu

if [ $# -ne 3 ]; then
  echo "Usage: $0 STILL PROMPT DIRECTORY" >&2
  exit 64
fi
mkdir -p "$3"

# Every size has its key frames at the same times, one at the start of each segment.
graph='[0:v]split=3[a][b][c]'
graph="$graph;[a]scale=-2:'min(1080,ih)'[high];[b]scale=-2:'min(540,ih)'[middle]"
graph="$graph;[c]scale=-2:'min(270,ih)'[low]"
i2v ffmpeg -hide_banner -nostats -y -f i2v -model "${MODEL:-google/veo-3.1-i2v-fast}" \
  -duration "${DURATION:-8}" -prompt "$2" -silence 1 -i "$1" \
  -filter_complex "$graph" \
  -map '[high]' -map 0:a -map '[middle]' -map 0:a -map '[low]' -map 0:a \
  -c:v libx264 -preset veryfast -pix_fmt yuv420p -sc_threshold 0 \
  -force_key_frames 'expr:gte(t,n_forced*2)' \
  -b:v:0 4M -maxrate:v:0 5M -bufsize:v:0 8M \
  -b:v:1 1500k -maxrate:v:1 2M -bufsize:v:1 3M \
  -b:v:2 400k -maxrate:v:2 600k -bufsize:v:2 800k \
  -c:a aac -b:a 128k -ac 2 \
  -f hls -hls_time 2 -hls_playlist_type vod -hls_flags independent_segments \
  -hls_segment_filename "$3/%v-%03d.ts" -master_pl_name master.m3u8 \
  -var_stream_map 'v:0,a:0,name:high v:1,a:1,name:middle v:2,a:2,name:low' \
  "$3/%v.m3u8" </dev/null
