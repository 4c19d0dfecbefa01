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

work=$(mktemp -d)
gateway=
clean_up() {
  [ -z "$gateway" ] || kill "$gateway" 2>/dev/null || :
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "Making a still: $still"
ffmpeg -v error -y -f lavfi -i mandelbrot=size=1280x800 -frames:v 1 "$still" </dev/null

"$build/bin/i2v-gateway" --latency 3 --ready-file "$work/ready" >"$work/gateway.log" 2>&1 &
gateway=$!
tries=0
until [ -s "$work/ready" ]; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ] || ! kill -0 "$gateway" 2>/dev/null; then
    cat "$work/gateway.log" >&2
    echo "The stand-in gateway did not start." >&2
    exit 1
  fi
  sleep 0.1
done
I2V_BASE_URL=$(cat "$work/ready")
echo "The stand-in gateway listens at $I2V_BASE_URL"

# Site settings are for the real service, and a rehearsal's clip is not to lie among bought ones.
unset I2V_DEFAULTS I2V_DISABLE
echo "Running: i2v ffmpeg -f i2v -prompt \"$prompt\" -duration 4 -i quickstart.png -c copy quickstart.mp4"
env I2V_BASE_URL="$I2V_BASE_URL" I2V_STORE="$work/store" AIML_API_KEY=demo \
  "$build/bin/i2v" ffmpeg -hide_banner -nostats -y \
  -f i2v -prompt "$prompt" -duration 4 -i "$still" -c copy "$output" </dev/null

cat <<END

Done: $output, $(wc -c <"$output") bytes, rendered by the stand-in gateway from the still.
With a key of the real service, the same through a model that it serves today:

  AIML_API_KEY=... $build/bin/i2v ffmpeg -f i2v -model google/veo-3.1-i2v-fast \\
    -prompt "$prompt" -duration 4 -i quickstart.png -c copy clip.mp4
END
