# i2v: the bench: how soon a clip is there; part of run.sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154

section_lag() {
  "$tools/bench-lag" table "${I2V_BENCH_JOBS:-10000}" >lag
  of() { # POLLER, FIELD, MODEL
    jq -r --arg p "$1" --arg m "${3:-openai/sora-2-i2v}" "select(.model == \$m and .poller == \$p) | .$2" lag
  }
  fixed=
  for every in 10 5 1; do
    fixed="$fixed${fixed:+, }every $every s: $(number %.1f "$(of "$every s" lag_s)") s, $(number %.0f "$(of "$every s" polls)") polls"
  done
  row "lag with a history, median 90 s" \
    "$(number %.2f "$(of history lag_s)") s, $(number %.1f "$(of history polls)") polls" "1 s, 45 polls" "$fixed"
  row "the same, worst of all models" \
    "$(number %.2f "100 * $(jq -s 'map(select(.poller == "history").lag_s / .median_s) | max' lag)") % of the median" \
    "" "$(jq -s 'map(select(.poller == "history")) | length' lag) models, 25 to 401 s"
  row "lag with the table's latency alone, worst of all models" \
    "$(number %.2f "100 * $(jq -s 'map(select(.poller == "table" and .median_s != 5.5 and (.model | test(",") | not)).lag_share) | max' lag)") % of the time it took" \
    "2.5 %" "sora-2: $(number %.1f "$(of table lag_s)") s, $(number %.0f "$(of table polls)") polls"
  row "lag when nothing is known, median 90 s" "$(number %.2f "100 * $(of nothing lag_share)") % of the time it took" \
    "2.5 %" "$(number %.1f "$(of nothing lag_s)") s, $(number %.0f "$(of nothing polls)") polls"
  row "the same, of 1 to 10 s" \
    "$(number %.2f "$(jq -s 'map(select(.model | test("in 1 to 10 s")).lag_s) | max' lag)") s" "0.3 s" ""
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
      list = list (i ? "," : "") sprintf("%.3f", median * exp(0.35 * normal))
    }
    printf "{\"openai/sora-2-i2v 4\":[%s]}", list
  }'
}

# From the ledger's acceptance to what the log has of its completion.
live_lag() { # LOG, SECONDS
  jq -s --argjson latency "$2" '
    def at: (.time[0:19] + "Z" | fromdate) + (.time[20:23] | tonumber) / 1000;
    (map(select(.event == "status" and .status == "completed")) | first | at)
      - (map(select(.event == "accepted")) | first | at) - $latency' "$1"
}

section_live() {
  make_still
  jobs='1 2 3 4 5 6'
  waited=
  for seconds in 20 60 150; do
    start_gateway --latency $seconds
    for mode in history table; do
      for job in $jobs; do
        name=live-$mode-$seconds-$job
        mkdir -p "$name"
        [ $mode = table ] || history $seconds >"$name/stats.json"
        I2V_STORE=$work/$name I2V_LOG=$work/$name.log "$bin/i2vctl" fetch --prompt "live $job" --take "$job" \
          --duration 4 still.png >"$name.out" 2>&1 &
        waited="$waited $!"
      done
    done
  done
  # shellcheck disable=SC2086 # words
  wait $waited
  for seconds in 20 60 150; do
    for mode in history table; do
      for job in $jobs; do
        live_lag "live-$mode-$seconds-$job.log" $seconds
      done >lags
      lag=$(awk '{ s += $1 } END { print s / NR }' lags)
      if [ $mode = history ]; then
        row "live, $seconds s, with a history, mean of 6" "$(number %.2f "$lag") s" \
          "$(number %.2f "$seconds / 90") s" "every 10 s: 5 s"
      else
        row "live, $seconds s, with the table alone, mean of 6" "$(number %.2f "$lag") s" \
          "$(number %.2f "0.025 * $seconds") s" ""
      fi
    done
  done
}

section_packet() {
  make_still
  ffmpeg -v error -y -f lavfi -i nullsrc=s=1280x720,format=rgb24,noise=alls=100:allf=u -frames:v 1 noise.png
  for still in still noise; do
    new_store
    start_gateway --latency 0.3
    for take in 1 2 3 4 5; do
      I2V_DEFAULTS="poll_interval=0.1:take=$take" "$tools/bench-open" \
        "i2v:$still.png?prompt=packet&duration=12" | jq .packet
    done >packets
    for _ in 1 2 3 4 5; do
      curl -sS -o clip.mp4 -w '%{time_total}\n' "$I2V_BASE_URL/control/clip"
    done >curls
    stop_gateway
    row "i2v knows -> first packet, $(number %.1f "$(wc -c <clip.mp4) / 1e6") MB" \
      "$(number %.0f "1000 * $(median <packets)") ms" "download + 50 ms" \
      "curl: $(number %.0f "1000 * $(median <curls)") ms"
  done
}

# A command that opens N requests.
write_command() { # N
  {
    printf 'exec "%s" ffmpeg -v error -nostdin' "$bin/i2v"
    for n in $(seq "$1"); do
      printf " -i 'i2v:still.png?prompt=parallel+%d&duration=4'" "$n"
    done
    echo " -map 0:v -c copy -frames:v 1 -f null -"
  } >command.sh
}

section_parallel() {
  make_still
  export I2V_PARALLEL=64
  # What the gateway renders is rendered beforehand.
  new_store
  start_gateway --latency 0.1
  write_command 64
  sh command.sh
  stop_gateway
  : >parallel
  for n in 1 4 16 64; do
    new_store
    write_command $n
    start_gateway --latency 10
    measure 1 sh command.sh
    cp measured "parallel-$n"
    stop_gateway
    printf 'i2v\t%d\t%s\n' "$n" "$(measured a.wall_s)" >>parallel
    printf 'one after the other\t%d\t%s\n' "$n" "$(number %g "$n * $(jq .a.wall_s parallel-1)")" >>parallel
    row "$n requests that take 10 s" "$(number %.1f "$(measured a.wall_s)") s" "12 s" \
      "one after the other: $(number %.0f "$n * $(jq .a.wall_s parallel-1)") s"
  done
  unset I2V_PARALLEL
  each() { # FIELD
    echo "($(jq ".a.$1" parallel-64) - $(jq ".a.$1" parallel-1)) / 63"
  }
  row "of these 64, each" "$(number %.0f "1000 * $(each cpu_s)") ms of processor, $(number %.0f "$(each rss_kib)") KiB" \
    "" "from check to first packet"
  grep -v '^one.*	64	' parallel >shown
  awk -f "$here/plot.awk" -v title="Requests of 10 s in one command" -v x_label="requests" \
    -v y_label="wall time, s" shown >parallel.svg
}
