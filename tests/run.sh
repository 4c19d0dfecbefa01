#!/bin/sh
# i2v: install what is missing, build with warnings as errors, run the tests
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: run.sh [--quick | --all | NAME...]
#
#   run.sh          everything, as CI does; of what is run many times over, as the matrices of
#                   crashes, power cuts, clocks and faults, a fixed sample
#   run.sh --all    everything, and these whole; their tables are kept beside this
#                   file. Then in trixie, too, with another FFmpeg; see matrix.sh
#   run.sh --quick  format, house, one build, the unit tests and e2e-forms
#   run.sh NAME...  one build, and the suites of these names: unit-store, e2e-forms, ...; without
#                   what stands before the hyphen, all of that name
#
# I2V_BUILD_DIR  where to build (default: build-test in this checkout)
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
build=${I2V_BUILD_DIR:-$root/build-test}
processors=$(nproc)
matrices='crash crash-openai powercut clock fault fault-openai'
# The end-to-end tests wait, too, so more of them than there are processors; and two runs go at a
# time.
jobs=$((processors * 2 + 1))
status=0

# What another FFmpeg may change: how it is reached, and the API. Its hosts, of which some
# have time limits of their own, are left to the whole matrix.
smoke_tests='^shim-(surface|hosting|launcher)$|^e2e-(embed|forms|graph)$'
smoke_targets='plugin/all shim/all tests/gateway/all tests/shim/all tests/e2e/all'
# What is installed, and what its tests are made of.
parts='plugin/all shim/all tests/gateway/all tests/e2e/all'

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
  # Fifty programs are linked with all of the plugin, by the quicker linker where there is one.
  linker=
  ! command -v ld.gold >/dev/null || [ "$name" != sanitized ] || linker=-fuse-ld=gold
  step "Build: $name"
  : >"$build/$name.log"
  quietly "$name" cmake -S "$root" -B "$build/$name" -G Ninja -DI2V_WERROR=ON \
    -DCMAKE_EXE_LINKER_FLAGS="$linker" "$@"
}

# The build that is tested as it is installed, but for what only a debugger reads.
configure_gcc() {
  configure gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O2 -DNDEBUG'
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

# Most of what a test does is to wait, so that something else can be built beside it. What it
# prints is kept until it is waited for.
begin_tests() { # BUILD, ARGUMENT...
  (
    run_tests "$@"
    exit "$status"
  ) >"$build/$1-tests.log" 2>&1 &
  begun=$!
  trap 'kill "$begun" 2>/dev/null || :' EXIT
}

wait_for_tests() { # BUILD
  wait "$begun" || status=1
  trap - EXIT
  cat "$build/$1-tests.log"
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
  configure_gcc
  suites=$(find_suites gcc "$@") || exit
  compile gcc
  step "Tests"
  run_tests gcc -R "$suites"
}

run_quick() {
  check_sources
  configure_gcc
  compile gcc
  step "Tests"
  run_tests gcc -R '^(unit-.*|e2e-forms)$'
}

# Of all that gcc has compiled.
warn_with_clang() {
  step "Warnings of clang"
  # What differs in no more than how it is linked and tested is one; each header is in some.
  jq -r '.[] | select(.file | test("/header_[^/]*$") | not) | .command' \
    "$build/gcc/compile_commands.json" |
    sed -E 's/^[^ ]+/clang -fsyntax-only/; s/ -o [^ ]+ -c / /
      s/ -(O|g|fPI|fno-sanitize|fsanitize|D[A-Za-z0-9_]+_EXPORTS)[^ ]*//g' |
    sort -u >"$build/clang-commands"
  : >"$build/clang-warnings.log"
  quietly clang-warnings xargs -P "$processors" -d '\n' -n 1 sh -c <"$build/clang-commands"
}

# The unit tests and the fuzzers are run with the sanitizers alone.
build_gcc() {
  configure_gcc
  # shellcheck disable=SC2086 # a list of words
  compile gcc --target $parts tests/shim/all tests/bench/all i2v-debian
}

build_others() {
  warn_with_clang
  configure sanitized -DCMAKE_C_COMPILER=gcc -DI2V_SANITIZE=ON \
    -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O1 -g1 -DNDEBUG'
  # shellcheck disable=SC2086 # a list of words
  compile sanitized --target $parts tests/unit/all tests/fuzz/all e2e-api-tsan
  configure clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DI2V_FUZZ=ON
  compile clang --target libfuzzer
}

test_in_trixie() {
  if [ "$(id -u)" != 0 ]; then
    step "No tests in trixie: that needs root"
    return
  fi
  step "Tests in trixie, with another FFmpeg"
  "$here/matrix.sh" -t "$smoke_tests" -b "$smoke_targets" trixie >"$build/trixie.txt" 2>&1 ||
    status=1
  cat "$build/trixie.txt"
}

# Where the end of the output is looked at.
say_what_failed() {
  step "What failed"
  for name in gcc clang sanitized; do
    sed "s|^[0-9]*:|$name, |" "$build/$name/Testing/Temporary/LastTestsFailed.log" 2>/dev/null || :
  done
  sed -n "/, failed: /p" "$build/trixie.txt" 2>/dev/null || :
}

run_whole() {
  rm -f "$build/trixie.txt"
  check_sources
  build_gcc
  # What is run with the sanitizers is mostly not run here a second time.
  step "Tests, shown below"
  whole=
  [ -n "${I2V_ALL:-}" ] || whole='|whole'
  begin_tests gcc -LE "^(unit|sanitized$whole)\$"
  build_others
  step "Tests with the sanitizers"
  run_tests sanitized -L "unit|^sanitized(-too${I2V_ALL:+|-whole})?\$"
  step "Fuzzers"
  run_tests clang -L libfuzzer
  step "Tests"
  wait_for_tests gcc
  for matrix in $matrices; do
    step "The $matrix matrix"
    cat "$build/gcc/$matrix-matrix.txt" || status=1
  done
  [ -z "${I2V_ALL:-}" ] || test_in_trixie
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
for name in $(env | sed -n 's/^\(I2V_[A-Z_]*\)=.*/\1/p; s/^\(AIML[A-Z_]*\)=.*/\1/p') LD_PRELOAD; do
  [ "$name" = I2V_ROOTS ] || unset "$name" # that is root.sh's
done

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
  for matrix in $matrices; do
    cp "$build/gcc/$matrix-matrix.txt" "$here/"
  done
  ;;
esac
exit "$status"
