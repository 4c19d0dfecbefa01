#!/bin/sh
# i2v: a clip that goes on: the last frame of one is the still of the next
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/continue.sh STILL OUTPUT.mp4 PROMPT PROMPT...
#
# MODEL  what to generate with (openai/sora-2-i2v)
set -eu

if [ $# -lt 4 ]; then
  echo "Usage: $0 STILL OUTPUT.mp4 PROMPT PROMPT..." >&2
  exit 64
fi
still=$1
output=$2
shift 2

# The clips are kept in the store; run again, the script buys none of them a second time.
list=$(mktemp)
trap 'rm -f "$list"' EXIT
for prompt; do
  clip=$(i2vctl fetch --model "${MODEL:-openai/sora-2-i2v}" --prompt "$prompt" \
    --image_time end --silence 1 "$still" </dev/null)
  printf "file '%s'\n" "$clip" >>"$list"
  still=$clip
done

# Clips of one model are alike: the pictures are joined as they are. The sound is encoded
# anew, since the last block of each clip reaches beyond its end.
ffmpeg -hide_banner -v warning -y -f concat -safe 0 -i "$list" -c:v copy \
  -af aresample=async=1 -c:a aac -b:a 192k -movflags +faststart "$output" </dev/null
