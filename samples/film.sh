#!/bin/sh
# i2v: the shots of a manifest in one film
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/film.sh SHOTS.jsonl OUTPUT.mp4
#
# SHOTS.jsonl is like samples/shots.jsonl, all of one model and size, and trimmed at key
# frames alone: the pictures are copied. Where no line names a model it is
# google/veo-3.1-i2v-fast, or what I2V_DEFAULTS says where that is set. When it fails or
# is interrupted, the same command goes on.
set -eu

if [ $# -ne 2 ]; then
  echo "Usage: $0 SHOTS.jsonl OUTPUT.mp4" >&2
  exit 64
fi

export I2V_DEFAULTS="${I2V_DEFAULTS-model=google/veo-3.1-i2v-fast}"
# The sound is encoded anew, since the last block of each clip reaches beyond its end.
i2v ffmpeg -hide_banner -nostats -y -f i2v -i "$1" -c:v copy -af aresample=async=1 -c:a aac \
  -b:a 192k -movflags +faststart "$2" </dev/null
