#!/bin/sh
# i2v: FFmpeg's documented graphs pass unchanged, and take an i2v behind them
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: graph_corpus.sh GRAPH-CORPUS
set -eu

page=/usr/share/doc/ffmpeg/manual/ffmpeg-filters.html
here=$(dirname "$(readlink -f "$0")")
if ! [ -r "$page" ]; then
  echo "$page is missing: install the package ffmpeg-doc, with its documentation" >&2
  exit 1
fi
# The examples name files. None of them is in an empty directory.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -f "$here/graph_corpus.awk" "$page" >"$work/descriptions"
mkdir "$work/empty"
cd "$work/empty"
"$1" ../descriptions
