#!/bin/sh
# i2v: the shots of a manifest in one film, each fading into the next
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/crossfade.sh SHOTS.jsonl OUTPUT.mp4
#
# FADE  seconds (1)
#
# SHOTS.jsonl is like samples/shots.jsonl; each line has an id. Lines that name no model get
# google/veo-3.1-i2v-fast, or what I2V_DEFAULTS says where it is set. Needs jq. When it fails or is
# interrupted, the same command goes on.
set -eu

if [ $# -ne 2 ]; then
  echo "Usage: $0 SHOTS.jsonl OUTPUT.mp4" >&2
  exit 64
fi
fade=${FADE:-1}
export I2V_DEFAULTS="${I2V_DEFAULTS-model=google/veo-3.1-i2v-fast}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The results come as the clips do; the film is in the order of the manifest.
i2vctl fetch --silence 1 --manifest "$1" >"$work/results.jsonl"
jq -rn --slurpfile shots "$1" --slurpfile results "$work/results.jsonl" \
  '$shots[].id as $id | $results[] | select(.id == $id) | .path' >"$work/clips"

# Each clip as an input, and behind the last one a chain of fades, each of which begins that long
# before the film so far ends.
output=$2
set --
n=0 end=0 graph='' video='[0:v]' audio='[0:a]'
while read -r clip; do
  set -- "$@" -i "$clip"
  if [ "$n" -gt 0 ]; then
    graph="$graph${video}[$n:v]xfade=duration=$fade:offset=$(echo "$end" "$fade" | awk '{ print $1 - $2 }')[v$n];\
${audio}[$n:a]acrossfade=d=${fade}[a$n];"
    video="[v$n]" audio="[a$n]"
  fi
  length=$(ffprobe -v error -select_streams v:0 -show_entries stream=duration -of csv=p=0 "$clip")
  end=$(echo "$end" "$length" "$fade" "$n" | awk '{ print $1 + $2 - ($4 > 0 ? $3 : 0) }')
  n=$((n + 1))
done <"$work/clips"
ffmpeg -hide_banner -nostats -y "$@" \
  -filter_complex "$graph${video}format=yuv420p[v];${audio}anull[a]" -map '[v]' -map '[a]' \
  -c:v libx264 -preset veryfast -crf 18 -c:a aac -b:a 192k -movflags +faststart "$output" </dev/null
