# i2v: the bench: what i2v costs; part of run.sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154

# Instructions that a program executes, the start of its libraries included.
instructions() { # [NAME=VALUE...] COMMAND...
  "$root/samples/install.sh" valgrind >&2
  env "$@" >/dev/null 2>&1 # what it keeps it has then kept
  assignments=
  while :; do
    case $1 in *=*) ;; *) break ;; esac
    assignments="$assignments $1"
    shift
  done
  # shellcheck disable=SC2086 # words
  env $assignments valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
    awk '/ I +refs:/ { gsub(",", ""); print $NF }'
}

# A clip that is in the store, and a clip as such: store/ and clip.mp4.
make_clip() {
  make_still
  export I2V_STORE="$work/kept"
  if [ ! -e clip.mp4 ]; then
    start_gateway --latency 0.1
    cp "$("$bin/i2vctl" fetch --prompt kept --duration 8 still.png 2>/dev/null)" clip.mp4
    stop_gateway
    cp ready kept.gateway
  fi
  I2V_BASE_URL=$(cat kept.gateway)
}

section_stored() {
  make_clip
  url="i2v:still.png?prompt=kept&duration=8"
  first="-map 0:v -c copy -frames:v 1 -f null -"
  # shellcheck disable=SC2086 # words
  plain=$(instructions ffmpeg -v error -nostdin -i clip.mp4 $first)
  # shellcheck disable=SC2086
  served=$(instructions "LD_PRELOAD=$preload" ffmpeg -v error -nostdin -i "$url" $first)
  row "a clip from the store -> first packet" "$(number %.3f "$served / $plain") x the instructions" "1.15 x" \
    "ffmpeg -i clip.mp4: $(number %.1f "$plain / 1e6") million; the still on $(stat -f -c %T still.png)"
  # shellcheck disable=SC2086
  measure 40 ffmpeg -v error -nostdin -i clip.mp4 $first --vs "LD_PRELOAD=$preload" \
    ffmpeg -v error -nostdin -i "$url" $first
  row "the same, time" "$(number %.1f "1000 * $(measured b.wall_s)") ms" "" \
    "ffmpeg -i clip.mp4: $(number %.1f "1000 * $(measured a.wall_s)") ms"
  ffmpeg -v error -nostdin -i clip.mp4 -map 0 -c copy -f framemd5 - >plain.md5
  LD_PRELOAD=$preload ffmpeg -v error -nostdin -i "$url" -map 0 -c copy -f framemd5 - >served.md5
  cmp -s plain.md5 served.md5 && same=identical || same=different
  row "its packets" "$same" "identical" "$(grep -vc '^#' plain.md5) packets"
}

other() { # NAME, COMMAND...
  name=$1
  shift
  plain=$(instructions "$@")
  shim=$(instructions "LD_PRELOAD=$preload" "$@")
  measure 60 "$@" --vs "LD_PRELOAD=$preload" "$@"
  row "$name, with the shim" \
    "$(number %+.2f "100 * ($shim / $plain - 1)") % instructions, $(number %+.2f "1000 * $(measured more.wall_s)") ms" \
    "1 %, 2 ms" "$(number %.1f "$plain / 1e6") million, $(number %.1f "1000 * $(measured a.wall_s)") ms"
}

section_others() {
  make_clip
  other "ffmpeg -version" ffmpeg -version
  other "ffprobe of a clip" ffprobe -v error -show_streams clip.mp4
  other "stream copy" ffmpeg -v error -nostdin -i clip.mp4 -c copy -f null -
  other "a transcode of 10 frames" ffmpeg -v error -nostdin -i clip.mp4 -vf scale=320:-2 -frames:v 10 -f null -
  other "a filter graph" ffmpeg -v error -nostdin -filter_complex "testsrc=s=320x240:d=1[v]" -map "[v]" -f null -
}

section_exec() {
  measure 1500 true --vs "LD_PRELOAD=$preload" true
  row "an exec of another program, with the preload" \
    "$(number %+.3f "1000 * $(measured more.wall_s)") ms" "0.2 ms" \
    "$(number %.2f "1000 * $(measured a.wall_s)") ms"
  measure 40 ffmpeg -version --vs "$bin/i2v" ffmpeg -version
  row "the launcher, with the shim" \
    "$(number %+.1f "1000 * $(measured more.wall_s)") ms" "" "ffmpeg -version"
}

# The same work by ffmpeg: fill 1280x720, as PNG.
section_still() {
  sws=flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact
  fill="scale=1280:720:force_original_aspect_ratio=increase:$sws,crop=1280:720,format=rgb24"
  for size in 3840x2160 7680x4320 8660x5773; do
    for kind in png jpg; do
      case $kind in png) format=rgb24 ;; *) format=yuvj420p ;; esac
      ffmpeg -v error -y -f lavfi -i "testsrc2=s=$size,noise=alls=6,format=$format" -frames:v 1 -q:v 2 "large.$kind"
      measure 3 ffmpeg -v error -nostdin -y -i "large.$kind" -vf "$fill" -pred mixed -frames:v 1 out.png \
        --vs "$tools/bench-still" "large.$kind" 1280 720
      row "still, $kind of $size, $(number %.0f "$(wc -c <"large.$kind") / 1e6") MB" \
        "$(measured ratio.wall_s | cut -c1-4) x the time, $(measured ratio.rss_kib | cut -c1-4) x the memory" \
        "1.3 x, 1.2 x" "ffmpeg: $(number %.2f "$(measured a.wall_s)") s, $(number %.0f "$(measured a.rss_kib) / 1024") MiB"
      rm "large.$kind"
    done
  done
}

cpu_of() { # PID: seconds
  cat "/proc/$1/task/"*/schedstat | awk "{ s += \$1 } END { print s / 1e9 }"
}

rss_of() { # PID: KiB
  awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# Of a command that waits: processor in percent and memory in KiB, over so many seconds.
watch() { # PID, SECONDS
  began=$(cpu_of "$1")
  sleep "$2"
  number "%.3f %d\n" "100 * ($(cpu_of "$1") - $began) / $2, $(rss_of "$1")"
}

section_waiting() {
  make_still
  new_store
  start_gateway --latency 100000
  for n in 1 64; do
    write_command $n
    I2V_PARALLEL=64 sh command.sh 2>/dev/null &
    pid=$!
    until [ "$(curl -sS "$I2V_BASE_URL/control/state" | jq "[.jobs[].polls | select(. > 2)] | length")" -ge $n ]; do sleep 1; done
    watch $pid 120 >"waiting-$n"
    kill $pid
    wait $pid 2>/dev/null || :
  done
  row "a request that waits, of a processor" "$(cut -d" " -f1 waiting-1) %" "0.1 %" "over 120 s, no history"
  row "each of 64 that wait in one command" \
    "$(cat waiting-1 waiting-64 | xargs | awk "{ printf \"%.3f %% of a processor, %d KiB\", \$3 / 64, (\$4 - \$2) / 63 }")" \
    "" "the command: $(awk "{ printf \"%.0f MiB\", \$2 / 1024 }" waiting-1) with one"
  # As many polls as an hour has, and more.
  I2V_DEFAULTS=poll_interval=0.01 "$bin/i2vctl" fetch --prompt waiting --duration 4 still.png 2>/dev/null &
  pid=$!
  polls() { curl -sS "$I2V_BASE_URL/control/state" | jq ".jobs[-1].polls"; }
  until [ "$(polls)" -ge 200 ]; do sleep 0.2; done
  began=$(rss_of $pid)
  until [ "$(polls)" -ge 3800 ]; do sleep 1; done
  ended=$(rss_of $pid)
  kill $pid
  wait $pid || :
  stop_gateway
  row "memory, from the 200th poll to the 3800th" "$(number %+d "$ended - $began") KiB" "flat" "$began KiB"
}

section_create() {
  make_still
  new_store
  # Sent as it is: a still with as many bytes as it may have.
  head -c $((2048 * 1600 * 3)) /dev/urandom |
    ffmpeg -v error -y -f rawvideo -pix_fmt rgb24 -s 2048x1600 -i - -frames:v 1 large.png
  start_gateway --latency 0.1
  submit="$bin/i2vctl submit --model test/generic --fit none --prompt a"
  # shellcheck disable=SC2086 # words
  measure 1 $submit still.png
  small=$(measured a.rss_kib)
  # shellcheck disable=SC2086
  measure 1 $submit large.png
  size=$(number %.1f "$(wc -c <large.png) / 1e6")
  row "memory of a create call, still of $size MB" \
    "$(number %.0f "($(measured a.rss_kib) - $small) * 1024 / 1e6") MB more" "" \
    "the file $size MB, its pixels 9.8 MB, the body $(number %.1f "$size * 4 / 3") MB"
  stop_gateway
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bench -addext subjectAltName=IP:127.0.0.1 \
    -keyout key.pem -out certificate.pem 2>/dev/null
  start_gateway --latency 0.5 --cert certificate.pem --cert-key key.pem
  I2V_DEFAULTS=poll_interval=0.02 "$bin/i2vctl" fetch --ca_file certificate.pem --prompt connections \
    --duration 4 still.png >/dev/null 2>&1
  curl -sSk "$I2V_BASE_URL/control/state" >state
  stop_gateway
  row "TLS connections of a request" "$(jq '[.requests[].connection] | unique | length' state)" "" \
    "$(jq ".requests | length" state) exchanges: price, create, polls, download"
}

section_ledger() {
  make_clip
  rm -rf many
  mkdir many
  cp -rp kept/* many/
  record=$(find kept -maxdepth 1 -name "*.json" ! -name stats.json)
  key=$(basename "$record" .json)
  awk -v key="$key" '
    { text = text $0 "\n" }
    END {
      for (i = 0; i < 10000; i++) {
        name = sprintf("%064x", i)
        copy = text
        gsub(key, name, copy)
        file = "many/" name ".json"
        printf "%s", copy >file
        close(file)
      }
    }' "$record"
  measure 5 "I2V_STORE=$work/many" "$bin/i2vctl" jobs
  row "i2vctl jobs, $(find many -maxdepth 1 -name '*.json' | wc -l) records" "$(number %.2f "$(measured a.wall_s)") s" "1 s" ""
  url="i2v:still.png?prompt=kept&duration=8"
  for store in kept many; do
    instructions "I2V_STORE=$work/$store" "LD_PRELOAD=$preload" ffmpeg -v error -nostdin -i "$url" -c copy \
      -frames:v 1 -f null -
  done >counts
  row "a clip from that store" "$(awk 'NR == 1 { a = $1 } END { printf "%.4f", $1 / a }' counts) x the instructions" "" \
    "from a store of one clip"
}
