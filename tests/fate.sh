#!/bin/sh
# i2v: FFmpeg's own regression tests give the same with the preload as without
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: fate.sh DIR [TEST...]
#
# DIR is a tree of FFmpeg's sources that was configured with --enable-shared and built. Of its
# tests (fate.html in its documentation) those are run that need no samples, or the ones that
# are named; once as they are and once with the preload of the build in I2V_BUILD (default:
# build in this checkout). What the tests print and the files that they make are compared.
set -eu

here=$(dirname "$(readlink -f "$0")")
build=$(cd "${I2V_BUILD:-$here/../build}" && pwd)
unset LD_PRELOAD I2V_EXEC I2V_DISABLE I2V_NO_INHERIT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! [ -f "${1-}/ffbuild/config.mak" ]; then
  sed -n 's/^# usage/usage/p' "$0" >&2
  exit 64
fi
tree=$(cd "$1" && pwd)
shift

# The libraries of the tree, which its programs do not find by themselves.
for library in "$tree"/lib*/; do
  LD_LIBRARY_PATH=${library%/}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH

[ $# -gt 0 ] || {
  # shellcheck disable=SC2046 # a list of words
  set -- $(make -s -C "$tree" fate-list SAMPLES= | sort -u)
}

# Every test, whatever becomes of it, and what it leaves.
run() { # NAME, LAUNCHER, TEST...
  name=$1
  launcher=$2
  shift 2
  rm -rf "$tree/tests/data/fate"
  "$launcher" make -s -k -j "$(nproc)" -C "$tree" SAMPLES= KEEP=1 "$@" >"$work/$name.out" 2>&1 || true
  grep -E '^(TEST|Test .* failed)' "$work/$name.out" | sort >"$work/$name.results"
  (cd "$tree/tests/data/fate" && find . -type f ! -name '*.rep' ! -name '*.err' -exec cksum {} + |
    sort -k 3) >"$work/$name.files"
}

# The preload is in the programs of the tree, or this would prove nothing.
I2V_DEBUG=1 "$build/bin/i2v" sh -c "\"\$0\" -loglevel quiet -f i2v -i x; true" "$tree/ffmpeg" 2>&1 |
  grep -q "^i2v: " || {
  echo "the preload does not reach $tree/ffmpeg" >&2
  exit 1
}

run plain env "$@"
run preloaded "$build/bin/i2v" "$@"

tests=$(grep -c '^TEST' "$work/plain.results") || {
  tail -n 20 "$work/plain.out" >&2
  exit 1
}
if cmp -s "$work/plain.results" "$work/preloaded.results" &&
  cmp -s "$work/plain.files" "$work/preloaded.files"; then
  printf '%d tests, %d failed without the preload and the same with it; %d files, all alike\n' \
    "$tests" "$(grep -c failed "$work/plain.results")" "$(wc -l <"$work/plain.files")"
else
  diff "$work/plain.results" "$work/preloaded.results" || true
  diff "$work/plain.files" "$work/preloaded.files" || true
  exit 1
fi
