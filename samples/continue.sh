#!/bin/sh
# i2v: a clip that goes on: the last frame of one is the still of the next
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/continue.sh STILL OUTPUT.mp4 PROMPT PROMPT...
#
# MODEL, DURATION  what to generate with (google/veo-3.1-i2v-fast, 4). Needs jq.
set -eu

if [ $# -lt 4 ]; then
  echo "Usage: $0 STILL OUTPUT.mp4 PROMPT PROMPT..." >&2
  exit 64
fi
still=$1
output=$2
shift 2

# A manifest whose shots go on from each other. The clips are kept in the store; run again, the
# script buys none of them a second time.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jq -nc --arg still "$still" '$ARGS.positional | to_entries[] |
  {id: .key, image: (if .key > 0 then "shot:\(.key - 1)" else $still end), prompt: .value}' \
  --args "$@" >"$work/film.jsonl"

# The sound is encoded anew, since the last block of each clip reaches beyond its end.
i2v ffmpeg -hide_banner -nostats -y -f i2v -model "${MODEL:-google/veo-3.1-i2v-fast}" \
  -duration "${DURATION:-4}" -silence 1 -i "$work/film.jsonl" -c:v copy \
  -af aresample=async=1 -c:a aac -b:a 192k -movflags +faststart "$output" </dev/null
