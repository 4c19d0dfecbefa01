#!/bin/sh
# i2v: two clips of different models in one film
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/join.sh STILL PROMPT STILL PROMPT OUTPUT.mp4
#
# FIRST, SECOND  the models (google/veo-3.1-i2v-fast, klingai/v2.5-turbo/pro/image-to-video)
set -eu

if [ $# -ne 5 ]; then
  echo "Usage: $0 STILL PROMPT STILL PROMPT OUTPUT.mp4" >&2
  exit 64
fi

# Models differ in size, rate and sound: each is brought to 1280x720, 30 frames a second and
# stereo. silence=1 gives the one without sound a track that can be joined.
even='scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:-1:-1,setsar=1,fps=30,format=yuv420p'
sound='aresample=48000,aformat=channel_layouts=stereo'
i2v ffmpeg -hide_banner -nostats -y \
  -f i2v -model "${FIRST:-google/veo-3.1-i2v-fast}" -prompt "$2" -silence 1 -i "$1" \
  -f i2v -model "${SECOND:-klingai/v2.5-turbo/pro/image-to-video}" -prompt "$4" \
  -silence 1 -i "$3" \
  -filter_complex "[0:v]${even}[v0];[1:v]${even}[v1];[0:a]${sound}[a0];[1:a]${sound}[a1];\
[v0][a0][v1][a1]concat=n=2:v=1:a=1[v][a]" \
  -map '[v]' -map '[a]' -c:v libx264 -preset veryfast -crf 18 -c:a aac -b:a 192k \
  -movflags +faststart "$5" </dev/null
