#!/bin/sh
# i2v: install what is missing, build with warnings as errors, run the tests
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: run.sh [--quick | --all | NAME...]
#
#   run.sh          everything, as CI does; of the crash and the fault matrix a fixed sample
#   run.sh --all    everything, these two whole; their tables are kept beside this file
#   run.sh --quick  format, house, one build, the unit tests and e2e-forms
#   run.sh NAME...  one build, and the suites of these names: unit-store, e2e-forms, ...; without
#                   what stands before the hyphen, all of that name
#
# I2V_BUILD_DIR  where to build (default: build-test in this checkout)
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
build=${I2V_BUILD_DIR:-$root/build-test}
# The end-to-end tests mostly wait, so more of them than there are processors.
jobs=$(($(nproc) * 2))
status=0

# What another FFmpeg may change: how it is reached, and the API. Its hosts, of which some
# have time limits of their own, are left to the whole matrix.
smoke_tests='^shim-(surface|hosting|launcher)$|^e2e-(embed|forms|graph)$'
smoke_targets='plugin/all shim/all tests/gateway/all tests/shim/all tests/e2e/all'
smoke=

usage() {
  sed -n '/^# usage: /,/^set /s/^# \{0,1\}//p' "$0"
}

step() {
  printf '== %s\n' "$*"
}

# What a command prints is shown when it fails.
quietly() { # BUILD, COMMAND...
  log=$build/$1.log
  shift
  "$@" >>"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
  }
}

configure() { # BUILD, ARGUMENT...
  name=$1
  shift
  step "Build: $name"
  : >"$build/$name.log"
  quietly "$name" cmake -S "$root" -B "$build/$name" -G Ninja -DI2V_WERROR=ON "$@"
}

compile() { # BUILD, ARGUMENT...
  name=$1
  shift
  quietly "$name" cmake --build "$build/$name" "$@"
}

run_tests() { # BUILD, ARGUMENT...
  tests=$build/$1
  shift
  rm -f "$tests/Testing/Temporary/LastTestsFailed.log"
  ctest --test-dir "$tests" --output-on-failure -j "$jobs" "$@" || status=1
}

check_sources() {
  step "Format"
  find "$root/plugin" "$root/shim" "$root/tests" "$root/samples" \
    \( -name '*.c' -o -name '*.h' \) -exec clang-format --dry-run -Werror {} +
  shellcheck -x "$root/samples/"*.sh "$here/"*.sh "$here/e2e/"*.sh \
    "$here/fuzz/"*.sh "$here/bench/"*.sh "$root/.ci/run" "$root/shim/i2v.bash-completion" \
    "$root/plugin/ctl/i2vctl.bash-completion"
  step "House"
  "$here/house.sh"
}

# The tests of these names, as a regular expression.
find_suites() { # BUILD, NAME...
  known=$(ctest --test-dir "$build/$1" -N | sed -n 's/^ *Test *#[0-9]*: //p')
  shift
  suites=
  for name; do
    found=$(printf '%s\n' "$known" | grep -Fx -e "$name" -e "unit-$name" -e "shim-$name" \
      -e "e2e-$name" -e "fuzz-$name") || {
      printf 'No suite is named %s. There are: %s\n' "$name" "$(printf %s "$known" | tr '\n' ' ')" |
        fold -s -w 90 >&2
      return 64
    }
    suites="$suites${suites:+|}$(printf %s "$found" | tr '\n' '|')"
  done
  echo "^($suites)\$"
}

run_named() { # NAME...
  configure gcc -DCMAKE_C_COMPILER=gcc
  suites=$(find_suites gcc "$@") || exit
  compile gcc
  step "Tests"
  run_tests gcc -R "$suites"
}

run_quick() {
  check_sources
  configure gcc -DCMAKE_C_COMPILER=gcc
  compile gcc
  step "Tests"
  run_tests gcc -R '^(unit-.*|e2e-forms)$'
}

# In a group of processes of its own, to end it with.
begin_smoke() {
  if [ "$(id -u)" != 0 ]; then
    step "No tests in trixie: that needs root"
    return
  fi
  step "Tests in trixie, with another FFmpeg (meanwhile)"
  setsid nice "$here/matrix.sh" -t "$smoke_tests" -b "$smoke_targets" trixie \
    >"$build/trixie.txt" 2>&1 &
  smoke=$!
  trap 'kill -- "-$smoke" 2>/dev/null || :' EXIT
  trap 'exit 130' INT TERM
}

end_smoke() {
  [ -n "$smoke" ] || return 0
  step "Tests in trixie"
  wait "$smoke" || status=1
  trap - EXIT
  cat "$build/trixie.txt"
}

build_all() {
  configure gcc -DCMAKE_C_COMPILER=gcc
  compile gcc
  # For its warnings, and for the fuzzers.
  configure clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DI2V_FUZZ=ON
  compile clang
  configure sanitized -DCMAKE_C_COMPILER=gcc -DI2V_SANITIZE=ON
  # Of the tests only those that run below.
  compile sanitized --target plugin/all shim/all tests/gateway/all tests/unit/all tests/e2e/all \
    tests/fuzz/all e2e-api-tsan
}

# Where the end of the output is looked at.
say_what_failed() {
  step "What failed"
  for name in gcc clang sanitized; do
    sed "s|^[0-9]*:|$name, |" "$build/$name/Testing/Temporary/LastTestsFailed.log" 2>/dev/null || :
  done
  [ -z "$smoke" ] || sed -n "/, failed: /p" "$build/trixie.txt"
}

run_whole() {
  check_sources
  begin_smoke
  build_all
  # What is run with the sanitizers is mostly not run here a second time.
  step "Tests"
  run_tests gcc -LE '^(unit|sanitized)$'
  step "Tests with the sanitizers"
  run_tests sanitized -L 'unit|sanitized'
  step "Fuzzers"
  run_tests clang -L libfuzzer
  for matrix in crash fault; do
    step "The $matrix matrix"
    cat "$build/gcc/$matrix-matrix.txt" || status=1
  done
  end_smoke
  [ "$status" -eq 0 ] || say_what_failed
}

case $#:${1-} in
0:) mode=whole ;;
1:--all) mode=all ;;
1:--quick) mode=quick ;;
1:-h | 1:--help)
  usage
  exit
  ;;
*:-*)
  usage >&2
  exit 64
  ;;
*) mode=named ;;
esac

# Tests give their own; what the caller has must not reach them.
unset I2V_BASE_URL I2V_STORE I2V_DEFAULTS I2V_LOG I2V_DISABLE I2V_DEBUG I2V_ALLOW_HTTP \
  I2V_NO_INHERIT I2V_PLUGIN_DIR I2V_PARALLEL I2V_AHEAD I2V_ALL \
  AIML_API_KEY AIMLAPI_API_KEY LD_PRELOAD

# shellcheck disable=SC2046 # lists of words
"$root/samples/install.sh" $(cat "$root/samples/build-packages.txt" "$here/packages.txt")
mkdir -p "$build"
case $mode in
named) run_named "$@" ;;
quick) run_quick ;;
whole) run_whole ;;
all)
  export I2V_ALL=1
  run_whole
  cp "$build/gcc/crash-matrix.txt" "$build/gcc/fault-matrix.txt" "$here/"
  ;;
esac
exit "$status"
