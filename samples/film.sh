#!/bin/sh
# i2v: the shots of a manifest, fetched side by side, in one film
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/film.sh SHOTS.jsonl OUTPUT.mp4
#
# SHOTS.jsonl is like samples/shots.jsonl: each line has an id, and all the same model and
# size. Needs jq. When it fails or is interrupted, the same command goes on.
set -eu

if [ $# -ne 2 ]; then
  echo "Usage: $0 SHOTS.jsonl OUTPUT.mp4" >&2
  exit 64
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The results come as the clips do; the film is in the order of the manifest.
i2vctl fetch --manifest "$1" >"$work/results.jsonl"
jq -rn --slurpfile shots "$1" --slurpfile results "$work/results.jsonl" \
  '$shots[].id as $id | $results[] | select(.id == $id) | "file " + (.path | @sh)' >"$work/list"
# The sound is encoded anew, since the last block of each clip reaches beyond its end.
ffmpeg -hide_banner -nostats -y -f concat -safe 0 -i "$work/list" -c:v copy \
  -af aresample=async=1 -c:a aac -b:a 192k -movflags +faststart "$2" </dev/null
