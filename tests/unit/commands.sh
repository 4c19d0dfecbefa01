#!/bin/sh
# i2v: the commands in FFmpeg's documentation, one a line, as a shell would be given them
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

manual=/usr/share/doc/ffmpeg/manual
if ! [ -r "$manual/ffmpeg-all.html" ]; then
  echo "$manual/ffmpeg-all.html is missing: install the package ffmpeg-doc, with its documentation" >&2
  exit 1
fi
sed -e 's/<[^>]*>//g' -e 's/&quot;/"/g' -e "s/&rsquo;/'/g; s/&lsquo;/'/g" \
  -e 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' "$manual/ffmpeg-all.html" "$manual/faq.html" |
  awk '
    /\\$/ { sub(/\\$/, ""); line = line $0; next }
    { line = line $0; sub(/^[ $]*/, "", line); if (line ~ /^ffmpeg /) print line; line = "" }' |
  sort -u
