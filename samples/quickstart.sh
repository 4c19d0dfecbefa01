#!/bin/sh
# i2v: from a fresh Debian to a clip out of ffmpeg, without an API key
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what is missing, builds, starts the stand-in gateway on this machine, and runs one
# generation through an unmodified ffmpeg. Leaves quickstart.png and quickstart.mp4 in the
# current directory.
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
build=${I2V_BUILD:-$root/build}
still=$PWD/quickstart.png
output=$PWD/quickstart.mp4
prompt='The camera glides closer while the colours breathe'

# The loader's list of what to preload is separated by these.
case $build in
*[\ :]*)
  echo "Nothing can be preloaded from $build: its path has a space or a colon in it." >&2
  echo "Set I2V_BUILD to a directory without." >&2
  exit 64
  ;;
esac

# shellcheck disable=SC2046 # a list of words
"$here/install.sh" $(cat "$here/build-packages.txt")

echo "Building in $build"
log=$(mktemp)
if ! { cmake -S "$root" -B "$build" -DI2V_TESTS=OFF &&
  cmake --build "$build" --parallel; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  echo "The build failed; its last lines are above." >&2
  exit 1
fi
rm -f "$log"

echo "Making a still: $still"
ffmpeg -v error -y -f lavfi -i mandelbrot=size=1280x800 -frames:v 1 "$still" </dev/null

# Site settings are for the real service.
unset I2V_DISABLE
echo "Running: i2v-gateway -- i2v ffmpeg -f i2v -prompt \"$prompt\" -duration 4 -i quickstart.png -c copy quickstart.mp4"
"$build/bin/i2v-gateway" -- "$build/bin/i2v" ffmpeg -hide_banner -nostats -y \
  -f i2v -prompt "$prompt" -duration 4 -i "$still" -c copy "$output" </dev/null

cat <<END

Done: $output, $(wc -c <"$output") bytes, rendered by the stand-in gateway from the still.
With a key of the real service, the same through a model that it serves today:

  AIML_API_KEY=... $build/bin/i2v ffmpeg -f i2v -model google/veo-3.1-i2v-fast \\
    -prompt "$prompt" -duration 4 -i quickstart.png -c copy clip.mp4
END
