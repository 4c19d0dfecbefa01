#!/bin/sh
# i2v: one case of the fault matrix: a run with the fault, the same command again without
# it, and what the gateway was asked and holds after both
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: fault_case.sh DIR: DIR/case holds "endpoint|once or three or ten|fault|outcome|
# creates seen|creates taken|with". Writes DIR/result, "ok or WRONG|outcome|seen|taken|
# jobs lost|paid twice", and says on standard output what was wrong.
# From the environment: BIN, KEY, CACHE, STILLS, ENGINE.
set -u

cd "$1" || exit 1
IFS='|' read -r endpoint column fault expected expected_seen expected_taken with <case

PROMPT="She turns around and smiles"
verdict=ok
seen_before=0 # by gateways that were killed
gateway_pid="" API_PORT=0 FILES_PORT=0
# Of the last look
seen=0 taken=0 failed=0 asked=0 asked_poll=0 asked_logs=0 asked_download=0
key_at_cdn="" id="" sound=""
served=0 # the job that served.mp4 is of

wrong() {
  verdict=WRONG
  printf 'wrong: %s\n' "$*"
}

# The gateway

SERVER='' DEFAULTS=poll_interval=0.1
if [ "${ENGINE:-}" = openai ]; then
  SERVER="--api openai"
  DEFAULTS=$DEFAULTS:engine=openai
fi

start_gateway() {
  turn=0
  rm -f ready
  until [ -s ready ]; do
    if [ -z "$gateway_pid" ] || ! kill -0 "$gateway_pid" 2>/dev/null; then
      turn=$((turn + 1))
      [ $turn -lt 100 ] || exit 1
      # shellcheck disable=SC2086 # a list of words
      "$BIN/i2v-gateway" $SERVER --port "$API_PORT" --cdn-port "$FILES_PORT" --exit-with-parent \
        --latency 0.2 --api-key "$KEY" --cache "$CACHE" --state state --faults faults \
        --ready-file ready >gateway.log 2>&1 &
      gateway_pid=$!
    fi
    sleep 0.05
  done
  GATEWAY=$(cat ready)
  API_PORT=${GATEWAY##*:}
  # The line for people comes after the file.
  until FILES_PORT=$(sed -n 's/.*files at .*:\([0-9]*\)).*/\1/p' gateway.log) &&
    [ -n "$FILES_PORT" ]; do
    sleep 0.05
  done
}

kill_gateway() {
  look
  seen_before=$seen
  kill -KILL "$gateway_pid"
  wait "$gateway_pid" 2>/dev/null
  gateway_pid=
  : >faults
}

# As a file it is read with the next request, so that ten seconds begin with that one.
set_faults() { # line...
  printf '%s\n' "$@" >faults.new
  mv faults.new faults
}

# Sets seen, taken (jobs), failed (jobs), sound (the ids of those that did not), asked
# (requests of every kind), id (of the newest job), and how often each endpoint was asked.
look() {
  curl -sS -o state.json "$GATEWAY/control/state"
  eval "$(jq -r '.counts as $c | {seen: $c.create_seen, taken: (.jobs | length),
    failed: ([.jobs[] | select(.status == "error")] | length),
    sound: [.jobs[] | select(.status != "error").id] | join(" "), asked: ($c | add),
    asked_poll: $c.poll, asked_logs: $c.logs, asked_download: $c.download,
    key_at_cdn: .key_at_cdn, id: (.jobs[-1].id // "none")} |
    to_entries[] | "\(.key)=\(.value | tostring | @sh)"' state.json)"
  seen=$((seen + seen_before))
}

# The commands

fetch() { # name, option...: leaves NAME.out and NAME.log, sets status
  name=$1
  shift
  timeout -k 5 450 "$BIN/i2vctl" fetch -v verbose --prompt "$PROMPT" --duration 4 "$@" \
    "$STILLS/${with:-small}.png" >"$name.out" 2>"$name.log"
  status=$?
  return $status
}

says() { # name, text
  grep -qF -e "$2" "$1.log" || wrong "the $1 run does not say: $2"
}

until_true() { # command
  turn=0
  until "$@"; do
    turn=$((turn + 1))
    [ $turn -lt 600 ] || { wrong "never: $*"; return; }
    sleep 0.1
  done
}

is_asked() {
  look
  case $endpoint in
  create) [ "$taken" -ge 1 ] ;;
  poll) [ "$asked_poll" -ge 1 ] ;;
  logs) [ "$asked_logs" -ge 1 ] ;;
  download) [ "$asked_download" -ge 1 ] ;;
  esac
}

# Faults with a hand in them. Each runs beside the command.

has_failed() { # times
  [ "$(grep -cE 'trying again in|asking again|going on\.' faulty.log)" -ge "$1" ]
}

# A look at the usage log that fails is not told, so there it is seconds.
come_back() { # times it failed already
  case ${ENGINE:-}-$column-$endpoint-$fault in
  # A server of one's own is asked first whether it is there.
  openai-*-create-away)
    until_true grep -qs "waiting for it" faulty.log
    case $column in three) sleep 3 ;; ten) sleep 10 ;; esac
    ;;
  *-ten-create-away) until_true grep -qs "Cannot reach the gateway" faulty.log ;;
  *-ten-*) sleep 10 ;;
  *-once-logs-* | *-once-create-killed) sleep 2 ;;
  *-three-logs-* | *-three-create-killed) sleep 5 ;;
  *-once-*) until_true has_failed $(($1 + 1)) ;;
  *-three-*) until_true has_failed $(($1 + 3)) ;;
  esac
  start_gateway
}

part_grows() { [ -n "$(find store -name '*.part' -size +8k 2>/dev/null)" ]; }

go_away() {
  case $endpoint in
  create) ;;
  poll) until_true is_asked ;;
  logs) until_true grep -qs "looking for the generation" faulty.log ;;
  download) until_true has_failed 1 ;;
  esac
  kill_gateway
}

die() {
  if [ "$endpoint" = download ]; then
    until_true part_grows
  else
    until_true is_asked
  fi
  kill_gateway
}

faulty_run() { # option...
  case $fault in
  away)
    [ "$endpoint" != create ] || go_away
    fetch faulty "$@" &
    pid=$!
    until_true test -e faulty.log
    [ "$endpoint" = create ] || go_away
    come_back "$(grep -c 'going on\.' faulty.log)"
    ;;
  killed)
    fetch faulty "$@" &
    pid=$!
    die
    come_back 0
    ;;
  *@go*)
    fetch faulty "$@" &
    pid=$!
    until_true is_asked
    sleep 1
    : >go
    ;;
  *)
    fetch faulty "$@"
    return
    ;;
  esac
  wait "$pid"
  status=$?
}

# The script: each fault at its occurrences, and what sets the scene.
load_faults() {
  case $column in
  once) which=1 ;;
  three) which=1-3 ;;
  *) which=10s ;;
  esac
  case $endpoint-$fault in
  poll-away) lines="poll * shape waiting" ;;
  download-away) lines="download * drop-before" ;;
  download-killed) lines="download * pause 0.5 600" ;;
  *-killed) lines="$endpoint * stall 600" ;;
  *-away) lines= ;;
  *) lines=$(printf '%s\n' "$fault" |
    sed "s|@go|$PWD/go|; s|; *|\n|g" | sed "s|^|$endpoint $which |") ;;
  esac
  [ "$endpoint" != logs ] || lines="create 1 drop-after
$lines"
  set_faults "$lines"
}

# Judging

outcome_of() { # status, jobs taken
  case $1 in
  0) echo ok ;;
  75) if grep -q "its answer lost" faulty.log; then echo stop; else echo later; fi ;;
  77) if [ "$2" -gt 0 ]; then echo later:77; else echo refused:77; fi ;;
  69) if [ "$2" -gt 0 ]; then echo failed; else echo refused:69; fi ;;
  *) echo "refused:$1" ;;
  esac
}

check_first_run() {
  case "/$expected/" in
  *"/$outcome/"*) ;;
  *) wrong "$outcome (status $status), not $expected" ;;
  esac
  [ "$taken" -eq "$expected_taken" ] ||
    wrong "$taken create calls taken, not $expected_taken"
  if [ "$seen" -lt "${expected_seen%-*}" ] || [ "$seen" -gt "${expected_seen#*-}" ]; then
    wrong "$seen create calls seen, not $expected_seen"
  fi
  case $outcome in
  ok) check_clip faulty ;;
  stop)
    says faulty "client request id $(jq -r '.client_request_ids // empty' store/[0-9a-f]*.json)"
    says faulty "-take 2"
    ;;
  later*) says faulty "$id" ;;
  failed) says faulty "The generation $id failed" ;;
  esac
}

check_clip() { # name: what it delivered is what the gateway served
  [ "$status" -eq 0 ] || { wrong "the $1 run ended with $status"; return; }
  # The job's own kind of clip is not what a fault of the download serves, nor what is
  # served once a damaged kind is taken away.
  case $fault-$outcome in
  "clip damaged"* | "clip garbage"* | "clip empty"* | "clip beyond"* | "clip whole"*)
    cp "state/clip-$taken.mp4" served.mp4
    ;;
  clip*-ok)
    cp "state/${fault#clip }-$taken.mp4" served.mp4
    # On a busy machine the download may come once the fault is over.
    [ "$column" != ten ] || cmp -s served.mp4 "$(cat "$1.out")" ||
      cp "state/clip-$taken.mp4" served.mp4
    ;;
  *)
    [ "$served" = "$taken" ] ||
      curl -sS -o served.mp4 "$GATEWAY/control/clip?job=$taken"
    served=$taken
    ;;
  esac
  if [ ! -s served.mp4 ] || ! cmp served.mp4 "$(cat "$1.out")"; then
    wrong "the $1 run delivered another clip than the gateway has"
  fi
}

# The command again, and what it must do after the outcome of the first.
second_run() {
  first_seen=$seen first_asked=$asked
  # What a create call said of its job is taken away too.
  set_faults "logs * rows now" "download * clip whole"
  more=0
  case $outcome-$taken in
  stop-0)
    fetch again --max_wait 1
    [ $status -eq 75 ] || wrong "the second run ended with $status, not 75"
    fetch again --max_wait 60 --take 2
    more=1
    ;;
  refused:65-*)
    fetch again --max_wait 60
    look
    [ $status -eq 65 ] || wrong "the second run ended with $status, not 65"
    [ "$asked" -eq "$first_asked" ] || wrong "a refusal was asked for again"
    fetch again --max_wait 60 --take 2
    more=1
    ;;
  refused:* | failed-*)
    fetch again --max_wait 60
    more=1
    ;;
  *) fetch again --max_wait 60 ;;
  esac
  look
  [ "$seen" -eq $((first_seen + more)) ] ||
    wrong "the second run sent $((seen - first_seen)) create calls, not $more"
  case $outcome in
  ok)
    says again "Serving take 1"
    [ "$asked" -eq "$first_asked" ] || wrong "the clip was there, and the gateway was asked"
    ;;
  failed) says again "failed before" ;;
  esac
  check_clip again
}

# Of the jobs that did not fail: those that the ledger has no clip of, and those beyond
# the one that is right.
account() {
  jq -r 'select(.state == "ready") | "\(input_filename) \(.id)"' store/[0-9a-f]*.json >ready-records
  delivered=" "
  while read -r record of; do
    [ ! -s "${record%.json}.mp4" ] || delivered="$delivered$of "
  done <ready-records
  lost=0
  for job in $sound; do
    case $delivered in *" $job "*) ;; *) lost=$((lost + 1)) ;; esac
  done
  good=$((taken - failed))
  twice=$((good > 1 ? good - 1 : 0))
  [ "$lost" -eq 0 ] || wrong "jobs lost: $lost"
  [ "$twice" -eq 0 ] || wrong "paid twice: $twice"
  ! grep "fault script" gateway.log || wrong "the fault script is no good"
  [ "$key_at_cdn" = false ] || wrong "the key went to the file server"
}

export I2V_STORE="$PWD/store" I2V_API_KEY="$KEY" I2V_DEFAULTS="$DEFAULTS" HOME="$PWD"
: >faults
start_gateway
trap 'kill "$gateway_pid"' EXIT
export I2V_BASE_URL="$GATEWAY"
load_faults
# To stop takes as long as it may look: longer than the 30 s after which a create call
# that was answered with 500 goes out again, and than the ten seconds of the fault. (Three
# times is once when one create call is all there is.)
case $expected-$column in
stop-three) faulty_run --max_wait 5 ;;
stop-*) faulty_run --max_wait 35 ;;
*) faulty_run --max_wait 300 ;;
esac
look
outcome=$(outcome_of "$status" "$taken")
first="$outcome|$seen|$taken"
check_first_run
second_run
account
echo "$verdict|$first|$lost|$twice" >result
[ "$verdict" = WRONG ] || rm -rf state store served.mp4
