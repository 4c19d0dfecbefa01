#!/bin/sh
# i2v: measure how soon a clip is there, and what i2v costs
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: run.sh [SECTION...]
#
# Prints a table and writes results.json. Without arguments every section is measured,
# which takes some 15 minutes, and the figures and plots in this directory are renewed.
#
#   lag       a clip is at the gateway -> i2v knows it, simulated
#   live      the same, of real generations that take 20, 60 and 150 s
#   packet    i2v knows it -> the host has the first packet
#   parallel  1, 4, 16 and 64 requests in one command
#   stored    a clip that is in the store
#   others    FFmpeg's commands that have nothing to do with i2v, with the shim
#   exec      other programs that inherit the preload
#   still     large stills
#   waiting   a request that waits
#   create    memory of a create call, connections of a request
#   ledger    a large store
#
# I2V_BUILD      an existing build to measure (default: one is made in build-bench)
# I2V_BENCH_DIR  where results.json and the plots go (default: build-bench)
# I2V_BENCH_JOBS generations of each model that are simulated (default: 10000)
set -eu

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$(dirname "$here")")
all='lag live packet parallel stored others exec still waiting create ledger'

for name in $(env | sed -n 's/^\(I2V_[A-Z_]*\)=.*/\1/p; s/^\(AIML[A-Z_]*\)=.*/\1/p') LD_PRELOAD; do
  case $name in I2V_BUILD | I2V_BENCH_*) ;; *) unset "$name" ;; esac
done
export AIML_API_KEY=bench AV_LOG_FORCE_NOCOLOR=1 LC_ALL=C

# shellcheck disable=SC2046 # a list of words
"$root/samples/install.sh" $(cat "$root/samples/build-packages.txt") curl jq

if [ -z "${I2V_BUILD:-}" ]; then
  I2V_BUILD=$root/build-bench
  { cmake -S "$root" -B "$I2V_BUILD" -G Ninja && cmake --build "$I2V_BUILD" --target bench; } >&2
fi
build=$(cd "$I2V_BUILD" && pwd)
bin=$build/bin
tools=$build/tests/bench
preload=$(find "$build" -path '*/i2v/libi2v-preload.so')

results=${I2V_BENCH_DIR:-$root/build-bench}
mkdir -p "$results"
results=$(cd "$results" && pwd)
work=$(mktemp -d "$results/work.XXXXXX")
gateways=
gateway_count=0
end() {
  for process in $gateways; do
    kill "$process" 2>/dev/null || :
  done
  rm -rf "$work"
}
trap end EXIT
cd "$work"
mkdir home
export HOME="$work/home"
: >rows

# A line of the table.
row() { # WHAT, MEASURED, TARGET, BESIDE
  jq -nc --arg section "$section" --arg what "$1" --arg measured "$2" --arg target "$3" \
    --arg beside "$4" '{$section, $what, $measured, $target, $beside}' >>rows
}

number() { # FORMAT, EXPRESSION
  awk "BEGIN { printf \"$1\", $2 }"
}

measure() { # RUNS, COMMAND... [--vs COMMAND...]: leaves its answer in the file measured
  "$tools/bench-measure" "$@" >measured
}

measured() { # FIELD
  jq -r ".$1" measured
}

# One more gateway: its process is $gateway, its address in the environment.
start_gateway() { # ARGUMENT...
  rm -f ready
  gateway_count=$((gateway_count + 1))
  "$bin/i2v-gateway" --port 0 --exit-with-parent --api-key bench --cache cache \
    --state "gateway-$gateway_count" --ready-file ready "$@" >/dev/null 2>&1 &
  gateway=$!
  gateways="$gateways $gateway"
  until [ -s ready ]; do
    kill -0 "$gateway" || exit 69
    sleep 0.05
  done
  I2V_BASE_URL=$(cat ready)
  export I2V_BASE_URL
}

stop_gateway() {
  kill "$gateway"
  wait "$gateway" || :
  gateways=${gateways% "$gateway"}
}

new_store() {
  export I2V_STORE="$work/store"
  rm -rf "$I2V_STORE"
}

make_still() {
  [ -e still.png ] || ffmpeg -v error -f lavfi -i testsrc2=s=1280x720 -frames:v 1 still.png
}

print_table() {
  echo "| what | measured | target | beside |"
  echo "|---|---|---|---|"
  jq -r '"| \(.what) | \(.measured) | \(.target) | \(.beside) |"' rows
}

print_machine() {
  printf '%s, %s processors of "%s", Linux %s; FFmpeg %s, %s; %s.\n' \
    "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(nproc)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r | cut -d- -f1)" \
    "$(ffmpeg -version | awk 'NR == 1 { print $3 }')" "$(curl --version | awk 'NR == 1 { print $4 }')" \
    "$(date +%Y-%m-%d)"
}

# The figures in README.md are what lies between its two marks.
renew_readme() {
  {
    print_machine
    echo
    print_table
  } >figures
  awk '
    /^<!-- figures -->$/ { print; print ""; while ((getline line < "figures") > 0) print line; skip = 1 }
    /^<!-- end -->$/ { print ""; skip = 0 }
    !skip && !/^<!-- figures -->$/' "$here/README.md" >renewed
  cp renewed "$here/README.md"
  cp ./*.svg results.json "$here/"
}

# shellcheck source-path=SCRIPTDIR source=when.sh
. "$here/when.sh"
# shellcheck source-path=SCRIPTDIR source=cost.sh
. "$here/cost.sh"

for section; do
  case " $all " in *" $section "*) ;; *) sed -n 's/^# usage/usage/p' "$0" >&2 && exit 64 ;; esac
done
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || { set -- $all && whole=yes; }
for section; do
  echo "== $section" >&2
  "section_$section"
done
print_table
jq -s --arg machine "$(print_machine)" '{$machine, rows: .}' rows >results.json
cp results.json "$results/"
find . -maxdepth 1 \( -name '*.svg' -o -name lag.json \) -exec cp {} "$results/" \;
[ -z "${whole:-}" ] || renew_readme
