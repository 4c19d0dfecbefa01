# i2v: what the end-to-end tests share
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

BUILD=$(cd "${I2V_BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)
export I2V_BUILD=$BUILD
BIN=$BUILD/bin

# The only key that the gateways accept, like no other text in any file or log.
KEY=sk-e2e-7Qx9vKpZ3mWd

# The environment of whoever runs the tests must not decide them.
for name in $(compgen -e); do
    case $name in
    I2V_BUILD | I2V_ASAN | I2V_ALL | I2V_EXEC) ;;
    I2V_* | AIML* | XDG_* | FFREPORT | LD_PRELOAD | *_proxy | *_PROXY) unset "$name" ;;
    esac
done
export AV_LOG_FORCE_NOCOLOR=1

# A sanitized plugin needs the sanitizers' runtime in its host, which may leak as it likes.
if [ -n "${I2V_ASAN:-}" ]; then
    export ASAN_OPTIONS=verify_asan_link_order=0:exitcode=134 UBSAN_OPTIONS=exitcode=134
    mkdir -p "$BUILD/tests/e2e/bin"
    ln -sf "$BIN/i2vctl" "$BIN/i2v-gateway" "$BUILD/tests/e2e/bin"
    cat >"$BUILD/tests/e2e/bin/i2v.$$" <<END
#!/bin/sh
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 LD_PRELOAD=$I2V_ASAN exec "$BIN/i2v" "\$@"
END
    chmod +x "$BUILD/tests/e2e/bin/i2v.$$"
    mv "$BUILD/tests/e2e/bin/i2v.$$" "$BUILD/tests/e2e/bin/i2v"
    BIN=$BUILD/tests/e2e/bin
fi

# The gateway

start_gateway() { # argument...: sets GATEWAY, its URL
    local dir=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/gateway

    mkdir -p "$BUILD/tests/e2e/cache"
    rm -rf "$dir"
    mkdir -p "$dir"
    "$BIN/i2v-gateway" --port 0 --exit-with-parent --latency 0.2 --api-key "$KEY" \
        --cache "$BUILD/tests/e2e/cache" --state "$dir/state" --ready-file "$dir/ready" \
        "$@" >"$dir/log" 2>&1 3>&- 4>&- &
    export GATEWAY_PID=$! GATEWAY_LOG=$dir/log
    # The line for people, which names the port of the files, comes after the file.
    until [ -s "$dir/ready" ] && grep -q "files at" "$dir/log"; do
        kill -0 $GATEWAY_PID 2>/dev/null || { cat "$dir/log"; return 1; }
        sleep 0.02
    done
    GATEWAY=$(<"$dir/ready")
    export GATEWAY
    [ -z "${I2V_EXEC:-}" ] || exec_is_used
}

# With I2V_EXEC=1 it is really i2vctl exec that is tested.
exec_is_used() {
    I2V_DEBUG=1 "$BIN/i2v" ffmpeg -version -metadata title=i2v 2>&1 | grep -q "^i2v: exec: ffmpeg"
}

stop_gateway() {
    kill "$GATEWAY_PID" && wait "$GATEWAY_PID" || true
}

# A request to the gateway by the shell itself, since a program for each would take a fifth of all
# the time of these tests. What follows the answer's head is left on descriptor 8, or in ANSWER.
ask() { # method, path, body
    local LC_ALL=C line=
    printf '%s %s HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "$2" ${#3} "$3" >&8
    until [ "$line" = $'\r' ]; do
        IFS= read -r -u 8 line || return
    done
}

gateway_says() { # method, path, body: sets ANSWER
    local address=${GATEWAY#*://}
    if [ "$GATEWAY" = "http://$address" ]; then
        { ask "$@" && read -r -d '' -u 8 ANSWER || [ -n "$ANSWER" ]; } 8<>"/dev/tcp/${address/:/\/}"
    else
        ANSWER=$(curl -skS -X "$1" --data-binary "$3" "$GATEWAY$2")
    fi
}

set_faults() { # line...
    gateway_says PUT /control/faults "$(printf '%s\n' "$@")" && [ "$ANSWER" = loaded ] ||
        { echo "faults: $ANSWER"; return 1; }
}

state() { # jq filter
    local address=${GATEWAY#*://}
    if [ "$GATEWAY" = "http://$address" ]; then
        { ask GET /control/state "" && jq -r "$1" <&8; } 8<>"/dev/tcp/${address/:/\/}"
    else
        curl -skS "$GATEWAY/control/state" | jq -r "$1"
    fi
}

count() { # name: how many of these the gateway has had
    gateway_says GET /control/counts "" && [[ $'\n'$ANSWER =~ $'\n'$1\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

requests_ever() {
    local name number sum=0
    gateway_says GET /control/counts "" || return
    while read -r name number; do
        [ "$name" = create_accepted ] || sum=$((sum + number))
    done <<<"$ANSWER"
    echo $sum
}

# From here on these count: creates, accepted, took and requests.
mark() {
    BASE_ACCEPTED=$(count create_accepted)
    BASE=$(count create_seen)
    BASE_ALL=$(requests_ever)
}

creates() { echo $(($(count create_seen) - BASE)); }
accepted() { echo $(($(count create_accepted) - BASE_ACCEPTED)); }
requests() { echo $(($(requests_ever) - BASE_ALL)); }

# The gateway has taken so many creates: those it has seen may still be on their way to it.
took() { # number
    [ "$(accepted)" -ge "$1" ]
}

# It has taken one, and has been asked for it.
polled() { took 1 && [ "$(last_job ".polls // 0")" -ge 1 ]; }

expect_creates() { # number
    local seen
    seen=$(creates)
    [ "$seen" -eq "$1" ] || { echo "creates: $seen, not $1"; return 1; }
}

expect_requests() { # number
    local seen
    seen=$(requests)
    [ "$seen" -eq "$1" ] || { echo "requests: $seen, not $1"; return 1; }
}

last_job() { # jq filter behind the newest job
    state ".jobs[-1]$1"
}

received_image() { # file
    curl -skS -o "$1" "$GATEWAY/control/image"
}

gateway_clip() { # file
    curl -skS -o "$1" "$GATEWAY/control/clip"
}

# Without I2V_ALL=1 a part has to do for the whole, always the same.

# A test of what others test as well, of another option or host or at another moment.
whole_only() {
    [ -n "${I2V_ALL:-}" ] || skip "only with I2V_ALL=1"
}

# What only a hosted ffmpeg has: these suites run once more with I2V_EXEC=1.
hosted_only() { [ -z "${I2V_EXEC:-}" ] || skip "not by i2vctl exec"; }

# Every so many-th line, from the first on.
some_lines() { # step
    awk -v step="$1" -v all="${I2V_ALL:-}" 'all || step == 1 || NR % step == 1'
}

# The same of words: sets SOME.
some() { # step, word...
    local step=$1
    shift
    mapfile -t SOME < <(printf '%s\n' "$@" | some_lines "$step")
}

# Running

# Each test has its own home, store and directory, and a short poll.
# Without functrace a sixth less time goes into bats; a failure still names its line of the test.
common_setup() {
    set +T
    cd "$BATS_TEST_TMPDIR" || return
    export HOME=$BATS_TEST_TMPDIR/home I2V_STORE=$BATS_TEST_TMPDIR/store
    export AIML_API_KEY=$KEY I2V_DEFAULTS=poll_interval=0.1
    [ -z "${GATEWAY:-}" ] || export I2V_BASE_URL=$GATEWAY
    mkdir -p "$HOME"
    [ ! -e "$BATS_FILE_TMPDIR/still.png" ] || ln "$BATS_FILE_TMPDIR/still.png" still.png
    if [ -n "${GATEWAY:-}" ]; then
        set_faults ""
        mark
    fi
}

ff() { "$BIN/i2v" ffmpeg -nostdin -hide_banner -y "$@"; }
fetch() { "$BIN/i2vctl" fetch "$@"; }

works() { # command
    run --separate-stderr "$@"
    [ "$status" -eq 0 ] || { printf 'status %s\n%s\n%s\n' "$status" "$output" "$stderr"; return 1; }
}

# The command ends with an error of its own: not 0, not a crash, not "cannot be run".
refused() { # command
    run --separate-stderr "$@"
    case $status in
    0 | 126 | 127 | 124 | 13[2-9])
        printf 'status %s\n%s\n%s\n' "$status" "$output" "$stderr"
        return 1
        ;;
    esac
}

ends_with() { # status, command
    local expected=$1
    shift
    run --separate-stderr "$@"
    [ "$status" -eq "$expected" ] ||
        { printf 'status %s, not %s\n%s\n%s\n' "$status" "$expected" "$output" "$stderr"; return 1; }
}

says() { # text...: each in the log of the last command
    local text
    for text; do
        grep -qF -- "$text" <<<"$stderr" || { printf 'not said: %s\nbut: %s\n' "$text" "$stderr"; return 1; }
    done
}

says_not() { # text...
    local text
    for text; do
        ! grep -qF -- "$text" <<<"$stderr" || { printf 'said: %s\nin: %s\n' "$text" "$stderr"; return 1; }
    done
}

# One line of the log has every text.
says_in_one() { # text...
    local text lines=$stderr
    for text; do
        lines=$(grep -F -- "$text" <<<"$lines") ||
            { printf 'no line says: %s\nbut: %s\n' "$*" "$stderr"; return 1; }
    done
}

# One line of the log is an error, with each text in it.
one_sentence() { # text...
    local lines
    lines=$(grep -vc -e ' [[]key ' -e 'Picking up' -e ' Price: ' -e 'Status: ' -e 'Accepted as' -e ' lists the model ' <<<"$stderr") || true
    same 1 "$lines" || { echo "$stderr"; return 1; }
    says_in_one "$@"
}

same() { # expected, actual
    [ "$1" = "$2" ] || { printf 'expected: %s\ngot:      %s\n' "$1" "$2"; return 1; }
}

# Wait until a command succeeds, at most a minute: a machine may be busy with other things.
until_true() { # command
    local turn
    for turn in {1..1200}; do
        ! "$@" || return 0
        sleep 0.05
    done
    echo "never: $*"
    return 1
}

# The option that reads a filter graph from a file: the old one is gone from FFmpeg 8, and
# the new one came with 7.
graph_file() {
    ffmpeg -v error -h full | grep -q filter_complex_script && echo -filter_complex_script ||
        echo -/filter_complex
}

uri() { printf %s "$1" | jq -sRr @uri; }

store_clip() { # the path of the one clip in the store
    local clips=("${I2V_STORE}"/*[0-9a-f].mp4)
    [ ${#clips[@]} -eq 1 ] && [ -f "${clips[0]}" ] || { echo "clips: ${clips[*]}"; return 1; }
    echo "${clips[0]}"
}

no_clip() { # nothing was published
    ! compgen -G "$I2V_STORE/*[0-9a-f].mp4" || { ls -l "$I2V_STORE"; return 1; }
}

# Pictures

# Red, lime; blue, white: a still that shows how it was turned and cut.
quadrants() { # width, height, file, output option...
    local s=$(($1 / 2))x$(($2 / 2)) file=$3
    shift 3
    ffmpeg -v error -nostdin -y \
        -f lavfi -i "color=red:s=$s,format=rgb24" -f lavfi -i "color=lime:s=$s,format=rgb24" \
        -f lavfi -i "color=blue:s=$s,format=rgb24" -f lavfi -i "color=white:s=$s,format=rgb24" \
        -filter_complex "[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack" \
        -frames:v 1 "$@" "$file"
}

shared_still() {
    quadrants 1280 720 "$BATS_FILE_TMPDIR/still.png"
}

size_of() { # file
    ffprobe -v error -select_streams v:0 -show_entries stream=width,height -of csv=p=0:s=x "$1" |
        head -1
}

frames_of() { # file
    ffprobe -v error -select_streams v:0 -count_packets -show_entries stream=nb_read_packets \
        -of csv=p=0 "$1" | head -1
}

# red, lime, blue, white, black or grey at a place, near enough. The picture is decoded once.
colour_at() { # file, x, y, colour, input option...
    local file=$1 x=$2 y=$3 expected=$4 rgb i picture width height
    local -A table=([red]="255 0 0" [lime]="0 255 0" [blue]="0 0 255" [white]="255 255 255"
        [black]="0 0 0" [grey]="128 128 128")
    shift 4
    picture=$BATS_TEST_TMPDIR/$(cat - "$file" <<<"$*" | cksum | tr ' ' -).ppm
    [ -e "$picture" ] ||
        ffmpeg -v error -nostdin "$@" -i "$file" -frames:v 1 -vf format=rgb24 -c:v ppm -f image2pipe - >"$picture"
    { read -r _ && read -r width height; } <"$picture" || { echo "no picture in $file"; return 1; }
    i=$((4 + ${#width} + ${#height} + 5 + 3 * (y * width + x))) # behind "P6", the size and "255"
    read -r -a rgb < <(od -An -tu1 -j $i -N 3 "$picture")
    [ ${#rgb[@]} -eq 3 ] || { echo "no pixel at $x,$y of $file"; return 1; }
    local want=(${table[$expected]})
    for i in 0 1 2; do
        if ((rgb[i] - want[i] > 48 || want[i] - rgb[i] > 48)); then
            echo "$file at $x,$y: ${rgb[*]}, not $expected"
            return 1
        fi
    done
}

# Every packet, with its times.
packets() { # file
    ffmpeg -v error -nostdin -i "$1" -map 0 -c copy -f framemd5 - | grep -v '^#'
}

# Interrupting

# A test of what a terminal is shown; a root without /dev/pts has none.
needs_terminal() {
    script -qec true /dev/null >/dev/null 2>&1 </dev/null || skip "no pseudo-terminals here"
}

# A command in the background that can be interrupted, as from a terminal.
begin() { # command...: sets PID; its log goes to "log", its output to "output"
    env --default-signal=INT,QUIT "$@" >output 2>log 3>&- </dev/null &
    PID=$!
}

# It leaves after the signal, and not at the end of its wait; sets STATUS.
leaves() { # signal
    local turn
    kill -s "$1" "$PID"
    for turn in {1..600}; do
        if ! kill -0 "$PID" 2>/dev/null; then
            STATUS=0
            wait "$PID" || STATUS=$?
            stderr=$(<log)
            [ $STATUS -ne 0 ] || { echo "status 0 after SIG$1"; return 1; }
            return 0
        fi
        sleep 0.05
    done
    kill -KILL "$PID"
    echo "still there 30 s after SIG$1"
    cat log
    return 1
}

# Ctrl-C during the wait, and then the same command: one generation. What was said first
# is in the file "interrupted".
goes_on_after_interrupt() { # command
    mark
    set_faults "poll * shape waiting"
    begin "$@"
    until_true polled
    leaves INT
    cp log interrupted
    no_clip
    set_faults ""
    works "$@"
    expect_creates 1
}

# A host of a test's own, NAME.c, as any program is built that uses FFmpeg.
build_host() { # name, argument...
    local name=$1
    shift
    # shellcheck disable=SC2046 # lists of words
    cc -o "$name" "$name.c" "$@" $(pkg-config --cflags --libs libavformat libavcodec libavutil)
}

# What a suite begins with, unless it says otherwise.

setup_file() {
    shared_still
    start_gateway
}
teardown_file() { stop_gateway; }
setup() { common_setup; }
# What a failed test has left in the background must not be waited for.
teardown() { jobs -p | xargs -r kill 2>/dev/null || true; }
