#!/bin/sh
# i2v: install what is missing, build with warnings as errors, run every test
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# I2V_BUILD_DIR  where to build (default: build-test in this checkout)
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
build=${I2V_BUILD_DIR:-$root/build-test}

# shellcheck disable=SC2046 # lists of words
"$root/samples/install.sh" $(cat "$root/samples/build-packages.txt" "$here/packages.txt")

# What another FFmpeg may change: how it is reached, and the API. Its hosts, of which some
# have time limits of their own, are left to the whole matrix.
smoke_tests='^shim-(surface|hosting|launcher)$|^e2e-(embed|forms|graph)$'

# Tests give their own; what the caller has must not reach them.
unset I2V_BASE_URL I2V_STORE I2V_DEFAULTS I2V_LOG I2V_DISABLE I2V_DEBUG I2V_ALLOW_HTTP \
  I2V_NO_INHERIT I2V_PLUGIN_DIR I2V_PARALLEL I2V_AHEAD \
  AIML_API_KEY AIMLAPI_API_KEY LD_PRELOAD

step() {
  printf '== %s\n' "$*"
}

# Configure and build quietly; what it printed is shown when it fails.
build_in() { # NAME ARG...
  name=$1
  shift
  step "Build: $name"
  if ! { cmake -S "$root" -B "$build/$name" -G Ninja -DI2V_WERROR=ON "$@" &&
    cmake --build "$build/$name"; } >"$build/$name.log" 2>&1; then
    tail -n 40 "$build/$name.log" >&2
    exit 1
  fi
}

run_tests() { # BUILD, ARGUMENT...
  tests=$build/$1
  shift
  rm -f "$tests/Testing/Temporary/LastTestsFailed.log"
  ctest --test-dir "$tests" --output-on-failure -j "$jobs" "$@" || status=1
}

mkdir -p "$build"

step "Format"
find "$root/plugin" "$root/shim" "$root/tests" "$root/samples" \
  \( -name '*.c' -o -name '*.h' \) -exec clang-format --dry-run -Werror {} +
shellcheck -x "$root/samples/"*.sh "$here/"*.sh "$here/e2e/"*.sh \
  "$here/fuzz/"*.sh "$here/bench/"*.sh "$root/.ci/run" "$root/shim/i2v.bash-completion" \
  "$root/plugin/ctl/i2vctl.bash-completion"

build_in gcc -DCMAKE_C_COMPILER=gcc
build_in clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug # for its warnings
build_in sanitized -DCMAKE_C_COMPILER=gcc -DI2V_SANITIZE=ON
cmake --build "$build/sanitized" --target e2e-api-tsan >>"$build/sanitized.log" 2>&1 ||
  { tail -n 40 "$build/sanitized.log" >&2 && exit 1; }

# The end-to-end tests mostly wait, so more of them than there are processors.
jobs=$(($(nproc) * 2))
status=0
smoke=
if [ "$(id -u)" = 0 ]; then
  step "Tests in trixie, with another FFmpeg (meanwhile)"
  nice "$here/matrix.sh" -t "$smoke_tests" trixie >"$build/trixie.txt" 2>&1 &
  smoke=$!
else
  step "No tests in trixie: that needs root"
fi
# What is run with the sanitizers is mostly not run here a second time.
step "Tests"
run_tests gcc -LE '^(unit|sanitized)$'
step "Tests with the sanitizers"
run_tests sanitized -L 'unit|sanitized'
for matrix in crash fault; do
  step "The $matrix matrix"
  cat "$build/gcc/$matrix-matrix.txt" || status=1
done
if [ -n "$smoke" ]; then
  step "Tests in trixie"
  wait $smoke || status=1
  cat "$build/trixie.txt"
fi
# Last, where it is looked for.
if [ $status -ne 0 ]; then
  step "What failed"
  for tests in gcc sanitized; do
    sed "s|^[0-9]*:|$tests, |" "$build/$tests/Testing/Temporary/LastTestsFailed.log" 2>/dev/null || :
  done
  [ -z "$smoke" ] || sed -n "/, failed: /p" "$build/trixie.txt"
fi
exit $status
