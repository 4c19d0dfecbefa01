# i2v: the bench: how soon a clip is there; part of run.sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154

section_lag() {
  "$tools/bench-lag" table "${I2V_BENCH_JOBS:-10000}" >lag.json
  of() { # POLLER, FIELD, MODEL
    jq -r --arg p "$1" --arg m "${3:-openai/sora-2-i2v}" "select(.model == \$m and .poller == \$p) | .$2" lag.json
  }
  # Of the models alone, not of what is made up beside them.
  worst() { # POLLER, EXPRESSION, FORMAT: FORMAT of the largest
    number "$3" "$(jq -s --arg p "$1" "map(select(.poller == \$p and (.model | test(\",\") | not)) | $2) | max" lag.json)"
  }
  fixed=
  for every in 10 5 1; do
    fixed="$fixed${fixed:+, }every $every s: $(number %.1f "$(of "$every s" lag_s)") s, $(number %.0f "$(of "$every s" polls)") polls"
  done
  row "lag with a history, median 90 s" \
    "$(number %.2f "$(of history lag_s)") s, $(number %.1f "$(of history polls)") polls" "1 s, 45 polls" "$fixed"
  row "the same, worst of all models" "$(worst history "100 * .lag_s / .median_s" %.2f) % of the median" "" \
    "$(jq -s 'map(select(.poller == "history")) | "\(length) models, \(map(.median_s) | min) to \(map(.median_s) | max) s"' lag.json | tr -d '"')"
  row "lag with the table's latency alone, worst of all models" \
    "$(worst table "100 * .lag_share" %.2f) % of the time it took" "2.5 %" \
    "sora-2: $(number %.1f "$(of table lag_s)") s, $(number %.0f "$(of table polls)") polls"
  for model in "the table says 90 s, about 45 s" "the table says 90 s, about 180 s"; do
    row "lag when $model" "$(number %.2f "100 * $(of table lag_share "$model")") % of the time it took" "2.5 %" \
      "$(number %.1f "$(of table lag_s "$model")") s, $(number %.0f "$(of table polls "$model")") polls"
  done
  row "lag when nothing is known, worst of all models" "$(worst nothing "100 * .lag_share" %.2f) % of the time it took" \
    "2.5 %" "sora-2: $(number %.1f "$(of nothing lag_s)") s, $(number %.0f "$(of nothing polls)") polls"
  row "lag without a history, of 1 to 10 s" \
    "$(number %.2f "$(jq -s 'map(select(.model | test("in 1 to 10 s")).lag_s) | max' lag.json)") s" "0.3 s" ""
  "$tools/bench-lag" curve >lag.tsv
  awk -f "$here/plot.awk" -v title="How long a clip waits to be noticed; the history's median is 90 s" \
    -v x_label="seconds that the generation took" -v y_label="mean lag, s" lag.tsv >lag.svg
}

# Log-normal durations about a median, as stats.json has them.
history() { # MEDIAN
  awk -v median="$1" 'BEGIN {
    srand(1)
    for (i = 0; i < 64; i++) {
      normal = sqrt(-2 * log(1 - rand())) * cos(6.2831853 * rand())
      printf "[\"openai/sora-2-i2v\",4,%d]\n", 1000 * median * exp(0.35 * normal)
    }
  }'
}

# From acceptance to completion as the log has them, less what the generation took.
live_lag() { # LOG, SECONDS
  jq -s --argjson latency "$2" '
    def at: (.time[0:19] + "Z" | fromdate) + (.time[20:23] | tonumber) / 1000;
    (map(select(.event == "status" and .status == "completed")) | first | at)
      - (map(select(.event == "accepted")) | first | at) - $latency' "$1"
}

# Six generations about each time, as far from it as the middle of six would be.
live_latencies() { # SECONDS
  awk -v median="$1" 'BEGIN {
    split("-1.38 -0.67 -0.21 0.21 0.67 1.38", normal, " ")
    for (i = 1; i <= 6; i++) printf "%.1f\n", median * exp(0.35 * normal[i])
  }'
}

section_live() {
  make_still
  # What the gateway renders is rendered beforehand.
  new_store
  start_gateway --latency 0.1
  "$bin/i2vctl" fetch --prompt live --duration 4 still.png >/dev/null 2>&1
  stop_gateway
  waited=
  for seconds in 20 60 150; do
    for latency in $(live_latencies $seconds); do
      start_gateway --latency "$latency"
      for mode in history table fixed; do
        name=live-$mode-$seconds-$latency
        mkdir "$name"
        [ $mode != history ] || history $seconds >"$name/stats.json"
        [ $mode = fixed ] && every=10 || every=0
        I2V_STORE=$work/$name I2V_LOG=$work/$name.log "$bin/i2vctl" fetch --prompt live --duration 4 \
          --poll_interval "$every" still.png >"$name.out" 2>&1 &
        waited="$waited $!"
      done
    done
  done
  # shellcheck disable=SC2086 # words
  wait $waited
  for seconds in 20 60 150; do
    for mode in history table fixed; do
      for latency in $(live_latencies $seconds); do
        live_lag "live-$mode-$seconds-$latency.log" "$latency"
      done | awk '{ s += $1 } END { printf "%.2f", s / NR }' >"live-$mode"
    done
    row "live, 6 about $seconds s, with a history" "$(cat live-history) s" "$(number %.2f "$seconds / 90") s" \
      "every 10 s: $(cat live-fixed) s"
    row "live, 6 about $seconds s, with the table alone" "$(cat live-table) s" "$(number %.2f "0.025 * $seconds") s" ""
  done
}

median() {
  sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Seconds of i2v and of curl for the same file, a line each.
time_packets() { # STILL
  for take in 0 1 2 3 4 5 6 7; do
    packet=$(I2V_DEFAULTS="poll_interval=0.1:take=$((take + 1))" LD_PRELOAD=$preload \
      "$tools/bench-open" "i2v:$1?prompt=packet&duration=12")
    id=$(curl -sS "$I2V_BASE_URL/control/state" | jq -r ".jobs[-1].id")
    url=$(curl -sS -G -H "Authorization: Bearer bench" --data-urlencode "generation_id=$id" \
      "$I2V_BASE_URL/v2/video/generations" | jq -r .video.url)
    curl=$(curl -sS -o clip -w "%{time_total}" "$url")
    [ $take = 0 ] || echo "$packet $curl"
  done >packets
}

row_packets() { # WHERE
  row "i2v knows -> first packet in a host, $(number %.1f "$(wc -c <clip) / 1e6") MB$1" \
    "download $(awk "{ print 1000 * (\$1 - \$2) }" packets | median | xargs printf "%+.0f") ms" "download + 50 ms" \
    "curl: $(awk "{ print 1000 * \$2 }" packets | median | xargs printf "%.0f") ms"
}

section_packet() {
  make_still
  ffmpeg -v error -y -f lavfi -i nullsrc=s=1280x720,format=rgb24,noise=alls=100:allf=u -frames:v 1 noise.png
  for still in still.png noise.png; do
    new_store
    start_gateway --latency 0.3
    time_packets $still
    row_packets ""
    stop_gateway
  done
  new_store
  start_gateway --latency 0.3
  echo "download * slow 50000000" | curl -sS -X PUT --data-binary @- "$I2V_BASE_URL/control/faults" | grep -qx loaded || exit 70
  time_packets noise.png
  row_packets " at 50 MB a second"
  stop_gateway
}

# A command that opens N requests.
write_command() { # N, STILL
  {
    printf 'exec "%s" ffmpeg -v error -nostdin' "$bin/i2v"
    for n in $(seq "$1"); do
      printf " -i 'i2v:%s?prompt=parallel+%d&duration=4'" "${2:-still.png}" "$n"
    done
    echo " -map 0:v -c copy -frames:v 1 -f null -"
  } >command.sh
}

open_several() { # N, STILL
  new_store
  write_command "$@"
  start_gateway --latency 10
  measure 1 sh command.sh
  stop_gateway
  measured a.wall_s >"parallel-$1"
}

section_parallel() {
  make_still
  ffmpeg -v error -y -f lavfi -i testsrc2=s=3840x2160,noise=alls=6 -frames:v 1 -q:v 2 large.jpg
  # What the gateway renders is rendered beforehand.
  new_store
  start_gateway --latency 0.1
  for still in still.png large.jpg; do
    write_command 64 $still
    I2V_PARALLEL=64 sh command.sh
  done
  stop_gateway
  export I2V_AHEAD=0
  open_several 4
  mv parallel-4 sequential-4
  unset I2V_AHEAD
  : >parallel.tsv
  for n in 1 4 16 64; do
    I2V_PARALLEL=64 open_several $n
    printf 'i2v\t%d\t%s\n' "$n" "$(cat "parallel-$n")" >>parallel.tsv
    beside=
    [ "$n" != 4 ] || beside="one after the other: $(number %.1f "$(cat sequential-4)") s"
    row "$n requests that take 10 s" "$(number %.1f "$(cat "parallel-$n")") s" \
      "12.0 s" "$beside"
  done
  I2V_PARALLEL=64 open_several 64 large.jpg
  row "64 that send the same JPEG of 3840x2160" "$(number %.1f "$(cat parallel-64)") s" "12.0 s" ""
  open_several 16
  row "16 with I2V_PARALLEL at its 8" "$(number %.1f "$(cat parallel-16)") s" "24 s" "two rounds"
  printf 'one after the other\t1\t%s\none after the other\t4\t%s\n' "$(cat parallel-1)" "$(cat sequential-4)" >>parallel.tsv
  awk -f "$here/plot.awk" -v title="Requests of 10 s in one command" -v x_label="requests" \
    -v y_label="wall time, s" parallel.tsv >parallel.svg
}
