#!/bin/sh
# i2v: a generated clip as XDCAM HD422 1080i25 in MXF: BT.709, -23 LUFS, timecode
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/broadcast.sh STILL PROMPT OUTPUT.mxf
#
# MODEL, DURATION  what to generate with (google/veo-3.1-i2v-fast, 8)
# TIMECODE         of the first frame (10:00:00:00)
set -eu

if [ $# -ne 3 ]; then
  echo "Usage: $0 STILL PROMPT OUTPUT.mxf" >&2
  exit 64
fi
still=$1
prompt=$2
output=$3

# The clip is bought once; the second ffmpeg below gets it from the store. One without sound
# gets a silent track, so that the deliverable always has its audio.
run() {
  i2v ffmpeg -hide_banner -nostats -f i2v -model "${MODEL:-google/veo-3.1-i2v-fast}" \
    -duration "${DURATION:-8}" -prompt "$prompt" -silence 1 -i "$still" "$@" </dev/null
}

# First pass: how loud it is (EBU R 128, integrated).
report=$(run -vn -af ebur128=framelog=verbose -f null - 2>&1) || {
  status=$?
  printf '%s\n' "$report" >&2
  exit $status
}
# Since FFmpeg 8 it calls its inputs otherwise.
printf '%s\n' "$report" | grep -E '^\[(i2v|in#0)' >&2 || :
loudness=$(printf '%s\n' "$report" | sed -n 's/^ *I: *\(-*[0-9.]*\) LUFS$/\1/p' | tail -n 1)
# Silence has no loudness to bring anywhere.
gain=$(awk -v i="${loudness:--70}" 'BEGIN { print (i > -69 ? -23 - i : 0) }')

# Second pass: fields from 50 pictures a second, top first, as the format wants them.
picture='scale=1920:1080:force_original_aspect_ratio=decrease:out_color_matrix=bt709:out_range=tv:flags=lanczos'
picture="$picture,pad=1920:1080:-1:-1,setsar=1,fps=50,format=yuv422p"
picture="$picture,interlace=scan=tff:lowpass=complex"
# Since FFmpeg 7 an encoder goes by the pictures, before by its own options.
picture="$picture,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
run -y -v warning -vf "$picture" -af "volume=${gain}dB,aresample=48000" \
  -c:v mpeg2video -profile:v 0 -level:v 2 -b:v 50M -minrate 50M -maxrate 50M \
  -bufsize 17825792 -g 12 -bf 2 -flags +ildct+ilme -dc 10 -intra_vlc 1 \
  -non_linear_quant 1 -qmin 1 -qmax 12 -rc_max_vbv_use 1 -rc_min_vbv_use 1 \
  -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv \
  -c:a pcm_s24le -ac 2 -timecode "${TIMECODE:-10:00:00:00}" -f mxf "$output"
