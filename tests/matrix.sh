#!/bin/sh
# i2v: build and test on each Debian that has another FFmpeg
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: matrix.sh [-t TESTS [-b TARGETS]] [SUITE...]
#
# For each suite a root is made (see root.sh), kept between runs, and given what is missing.
# In it this checkout is built and all tests are run, the crash and the fault matrix whole; or
# those whose name matches TESTS, a regular expression of ctest's, for which TARGETS are enough.
# After all tests the Debian packages are made, too, and tried in a bare root. Without
# arguments every suite is tested, and the table kept in matrix.txt.
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
roots=${I2V_ROOTS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/i2v-roots}
all='bullseye bookworm trixie forky' # FFmpeg 4.3, 5.1, 7.1 and 9.0
tests=
targets=
kept=

usage() {
  sed -n 's/^# usage/usage/p' "$0" >&2
  exit 64
}

while getopts t:b: option; do
  case $option in
  t) tests=$OPTARG ;;
  b) targets=$OPTARG ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2086 # a list of words
  set -- $all
  [ -n "$tests" ] || kept=$here/matrix.txt
fi

in_root() { # COMMAND...
  "$here/root.sh" run "$dir" "$@"
}

make_root() {
  [ ! -d "$dir" ] || return 0
  rm -rf "$dir.new"
  "$here/root.sh" make "$suite" "$dir.new" &&
    mv "$dir.new" "$dir"
}

# What the build and the tests want, as far as the suite has it.
install_packages() {
  wanted=$(cat "$root/samples/build-packages.txt" "$here/packages.txt" &&
    echo ffplay libheif-plugin-x265 libheif-plugin-aomenc)
  [ "$wanted" != "$(cat "$dir/installed" 2>/dev/null)" ] || return 0
  # shellcheck disable=SC2046,SC2086 # lists of words
  in_root apt-get update &&
    in_root apt-cache pkgnames >"$dir/known" &&
    in_root apt-get install -y --no-install-recommends \
      $(printf '%s\n' $wanted | grep -Fxf "$dir/known") &&
    update_bats &&
    printf '%s\n' "$wanted" >"$dir/installed"
}

# The tests use what bats has since 1.5; it is a set of scripts, which run anywhere.
update_bats() {
  # shellcheck disable=SC2016 # dpkg's own variable
  version=$(in_root dpkg-query -W -f '${Version}' bats)
  in_root dpkg --compare-versions "$version" ge 1.5 ||
    dpkg-query -L bats | tar -C / --no-recursion -cf - -T - | tar -C "$dir" -xf -
}

# The checkout but what was built in it; a clean root has no git to ask for more.
copy_source() {
  rm -rf "$dir/src"
  mkdir -p "$dir/src"
  tar -C "$root" --anchored --exclude=./.git --exclude=./build --exclude='./build-*' -cf - . |
    tar -C "$dir/src" --no-same-owner -xf -
}

# shellcheck disable=SC2086 # a list of words
build() {
  in_root cmake -S /src -B /build -G Ninja -DI2V_WERROR=ON &&
    in_root cmake --build /build ${targets:+--target $targets}
}

# TAP of each test, with its number before each line.
run_tests() {
  # shellcheck disable=SC2016 # of the inner shell
  in_root env CMOCKA_MESSAGE_OUTPUT=TAP I2V_ALL=1 sh -c 'cd /build && exec ctest -V "$@"' sh \
    -j "$(($(nproc) * 2))" ${tests:+-R "$tests"} || :
}

# passed, failed, skipped. A program that ends without saying which test failed counts too.
count() { # LOG
  awk '
    $1 ~ /^[0-9]+:$/ && ($2 == "ok" || $2 == "not" && $3 == "ok") {
      if ($2 == "not") { failed++; said[$1] = 1 }
      else if (/# *[sS][kK][iI][pP]/) skipped++
      else passed++
    }
    / Test +#[0-9]+: .*\*\*\*/ {
      sub(/.* Test +#/, ""); sub(/:.*/, ":")
      if (!said[$0]) failed++
    }
    END { printf "%d %d %d\n", passed, failed, skipped }' "$1"
}

# What failed and what was skipped, and why.
details() { # LOG
  sed -n "s/^[0-9]*: not ok [0-9]* *-* *\(.*\)/$suite, failed: \1/p
    s/^[0-9]*: ok .*# *[sS][kK][iI][pP] *\(.*\)/$suite, skipped: \1/p
    s/.* Test *#[0-9]*: \([^ ]*\) .*\*\*\*.*/$suite, failed: \1/p" "$1" |
    sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\2 (\1)/'
}

# Whether the packages work where nothing else is installed.
try_packages() {
  bare=$dir.bare
  rm -rf "$dir/packages" "$bare"
  mkdir -p "$dir/packages"
  in_root sh -c 'cd /packages && cpack --config /build/CPackConfig.cmake -G DEB' &&
    "$here/root.sh" make "$suite" "$bare" &&
    cp -r "$dir/packages" "$bare/" &&
    cp "$here/package_trial.sh" "$root/samples/Dockerfile" "$bare/packages/" &&
    "$here/root.sh" run "$bare" /packages/package_trial.sh /packages /packages/Dockerfile &&
    rm -rf "$bare"
}

row() {
  printf '%-10s %-12s %6s %6s %7s  %s\n' "$@"
}

# The suite's line of the table and what belongs to it.
test_suite() {
  dir=$roots/$suite
  log=$roots/$suite
  if ! { make_root && install_packages && copy_source && build; } >"$log.log" 2>&1; then
    tail -n 20 "$log.log" >&2
    row "$suite" - - - - "not built: see $log.log"
    return 1
  fi
  run_tests >"$log.tests.log" 2>&1
  packages=-
  if [ -z "$tests" ]; then
    packages=work
    try_packages >"$log.packages.log" 2>&1 || packages="fail: see $log.packages.log"
  fi
  counts=$(count "$log.tests.log")
  # shellcheck disable=SC2046,SC2086 # words
  row "$suite" $(in_root ffmpeg -version | awk 'NR == 1 { print $3 }') $counts "$packages"
  details "$log.tests.log" >"$work/$suite.details"
  case $counts in '0 '*) return 1 ;; *' 0 '*) ;; *) return 1 ;; esac
  case $packages in fail*) return 1 ;; esac
}

status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
row suite FFmpeg passed failed skipped packages >"$work/table"
mkdir -p "$roots"
for suite; do
  echo "== $suite"
  # one checkout at a time
  flock 9
  test_suite >>"$work/table" </dev/null 9>&- || status=1
done 9>"$roots/matrix.lock"
{
  cat "$work/table"
  echo
  cat "$work/"*.details 2>/dev/null || :
} >"$work/all"
cat "$work/all"
[ -z "$kept" ] || cp "$work/all" "$kept"
exit $status
