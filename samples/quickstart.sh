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
if ! { "$here/quietly.sh" cmake -S "$root" -B "$build" -DI2V_TESTS=OFF &&
  "$here/quietly.sh" cmake --build "$build" --parallel "$(nproc)"; }; then
  echo "The build failed; its last lines are above." >&2
  exit 1
fi

echo "Making a still: $still"
ffmpeg -v error -y -f lavfi -i mandelbrot=size=1280x800 -frames:v 1 -update 1 "$still" </dev/null

# Whatever is set for the real service.
unset I2V_DISABLE
options="-f i2v -model google/veo-3.1-i2v-fast"
cat <<END_OF_TEXT
Generating a clip by a stand-in for the service, on this machine:

  i2v-gateway -- i2v ffmpeg $options \\
    -prompt "$prompt" -duration 4 -i quickstart.png -c copy quickstart.mp4

END_OF_TEXT
# shellcheck disable=SC2086 # a list of words
"$build/bin/i2v-gateway" -- "$build/bin/i2v" ffmpeg -hide_banner -nostats -y \
  $options -prompt "$prompt" -duration 4 -i "$still" -c copy "$output" </dev/null

cat <<END_OF_TEXT

Done: $output, $(wc -c <"$output") bytes, a slow zoom over the still.
$build/bin/i2vctl models lists the models of the service, with what they cost.
With a key of it, this says the price and buys a clip:

  AIML_API_KEY=... $build/bin/i2v ffmpeg $options \\
    -prompt "$prompt" -duration 4 -i quickstart.png -c copy clip.mp4
END_OF_TEXT
