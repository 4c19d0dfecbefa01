# i2v: clocks that are wrong: they decide nothing about money, and nothing waits for ever
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
    export RESULTS=$BATS_FILE_TMPDIR/results
}

record() { jq -r "$1" "$I2V_STORE"/[0-9a-f]*.json; }

# i2vctl under a clock that is off, "-2d", or stands still, "2026-01-01 10:00:00".
at() { # clock, argument...
    local clock=$1
    shift
    run --separate-stderr timeout 120 faketime -f "$clock" "$BIN/i2vctl" "$@"
}

ended() { # status
    [ "$status" -eq "$1" ] || { echo "status $status, not $1: $stderr"; return 1; }
}

# Every answer's Date, so many seconds off; what else is to go wrong.
gateway_at() { # seconds|none, line...
    local date=$1 name lines=()
    shift
    for name in create poll logs models; do lines+=("$name * date $date"); done
    set_faults "${lines[@]}" "$@"
}

# A state is CLOCK, MOMENT, NEXT: the clock is wrong while the command is held at this moment.
# Next, the same command "ends" under this clock; or it is killed, and another one follows, under
# a clock that is "right" or wrong the "other" way round.

holds() { # moment
    case $1 in
    create) set_faults "create 1 hold $PWD/go" ;;
    search) set_faults "create 1 drop-after" "logs * rows never" ;;
    poll) set_faults "poll * shape waiting" ;;
    esac
}

held_at() { # moment
    case $1 in
    create) took 1 ;;
    search) [ "$(count logs)" -gt "$BASE_LOGS" ] ;;
    poll) polled ;;
    esac
}

# What libfaketime reads for the time: an offset, or a date that stays.
wrong_clock() { # clock
    case $1 in
    behind) echo -2d ;;
    ahead) echo +3d ;;
    still) echo "2026-01-01 10:00:00" ;;
    jumping) echo +0 ;;
    esac >clock
}

jump() {
    local offset
    for offset in +2d -2d +400d -20y +1h; do
        echo "$offset" >clock
        sleep 0.2
    done
}

under_clock() { # clock, command...: not the monotonic one, but where all clocks stand still
    local monotonic=1
    [ "$1" != still ] || monotonic=0
    shift
    exec timeout 120 env LD_PRELOAD="$FAKETIME" FAKETIME_TIMESTAMP_FILE="$PWD/clock" \
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=$monotonic "$@"
}

try_state() { # clock, moment, next
    local clock=$1 moment=$2 next=$3 pid status=0 twice=0 lost=0
    local command=("$BIN/i2vctl" fetch --prompt "$*" --max_wait 60 still.png)
    rm -f go
    mark
    BASE_LOGS=$(count logs)
    holds "$moment"
    wrong_clock "$clock"
    (under_clock "$clock" "${command[@]}") >out 2>err &
    pid=$!
    until_true held_at "$moment"
    [ "$clock" != jumping ] || jump
    if [ "$next" != ends ]; then
        pkill -KILL -P "$pid" || true
        wait "$pid" || true
    fi
    touch go
    set_faults ""
    case $next:$clock in
    ends:*) wait "$pid" || status=$? ;;
    other:ahead) wrong_clock behind ;;
    other:*) wrong_clock ahead ;;
    right:*) echo +0 >clock ;;
    esac
    [ "$next" = ends ] || (under_clock "$next" "${command[@]}") >out 2>err || status=$?
    [ "$(creates)" -eq 1 ] || twice=1
    [ "$status" -eq 0 ] && cmp "$(<out)" <(gateway_clip /dev/stdout) || lost=1
    echo "$clock $moment $twice $lost" >>"$RESULTS"
    [ "$twice$lost" = 00 ] || { echo "$*: status $status, creates $(creates)" && cat err; return 1; }
}

@test "wrong at the create, at the search and at a poll" {
    local state failed=0
    FAKETIME=$(faketime -f +0 sh -c 'echo "$LD_PRELOAD"')
    some 7 {behind,ahead,jumping,still}" "{create,search,poll}" "{ends,right,other}
    for state in "${SOME[@]}"; do
        # shellcheck disable=SC2086 # three words
        try_state $state || failed=1
    done
    return $failed
}

@test "the matrix of clocks" {
    awk '
        { n[$1]++; states[$1, $2]++; twice[$1] += $3; lost[$1] += $4 }
        function row(clock) {
            printf "%-8s %7d %7d %5d %13d %5d\n", clock, states[clock, "create"],
                states[clock, "search"], states[clock, "poll"], twice[clock], lost[clock]
            all += n[clock]; t += twice[clock]; l += lost[clock]
        }
        END {
            printf "%-8s %7s %7s %5s %13s %5s\n", "clock", "create", "search", "poll", "bought twice", "lost"
            row("behind"); row("ahead"); row("jumping"); row("still")
            printf "clocks: %d states, bought twice %d, lost %d\n", all, t, l
        }' "$RESULTS" | tee "$BUILD/clock-matrix.txt" >&3
    tail -n 1 "$BUILD/clock-matrix.txt" | grep -qx 'clocks: [1-9][0-9]* states, bought twice 0, lost 0'
}

@test "behind at the create, and nothing to be found: nothing is bought again" {
    set_faults "create 1 drop-before"
    at -2d fetch --prompt "in vain" --max_wait 0 still.png
    ended 75
    set_faults ""
    ends_with 75 fetch --prompt "in vain" --max_wait 2 still.png
    expect_creates 1
}

@test "a create call without a price list before it: no time of the gateway's, and no age" {
    set_faults "create 1 drop-before" "models * drop-before"
    at -2d fetch --prompt "unheard" --max_wait 0 still.png
    ended 75
    same null "$(record .gateway_time)"
    set_faults ""
    ends_with 75 fetch --prompt "unheard" --max_wait 2 still.png
    expect_creates 1
}

@test "24 h by the gateway's own clock, without a trace: created anew, and that is said" {
    set_faults "create 1 drop-before"
    ends_with 75 fetch --prompt "a day later" --max_wait 0 still.png
    gateway_at 85000
    ends_with 75 fetch --prompt "a day later" --max_wait 1 still.png
    expect_creates 1
    gateway_at 90000
    works fetch --prompt "a day later" --max_wait 60 still.png
    says "sending it anew"
    expect_creates 2
}

@test "a gateway that never says what time it is" {
    gateway_at none "create 1 drop-before"
    ends_with 75 fetch --prompt "timeless" --max_wait 0 still.png
    gateway_at none
    at +30d fetch --prompt "timeless" --max_wait 1 still.png
    ended 75
    expect_creates 1
    works fetch --prompt "timeless and well" still.png
}

@test "a failure that was noted by a clock ahead is not repeated for days" {
    set_faults "create 1 fail server_error It broke."
    at +3d fetch --prompt "ahead and failed" still.png
    ended 69
    works fetch --prompt "ahead and failed" still.png
    says "failed before"
    expect_creates 2
}

@test "a clock that stands still: what never ends is given up, and what ends is fetched" {
    set_faults "poll * shape waiting"
    at "2026-01-01 10:00:00" fetch --prompt "for ever" --max_wait 3 still.png
    ended 75
    [[ $stderr == *"max_wait is over"* ]]
    set_faults ""
    at "2026-01-01 10:00:00" fetch --prompt "for ever" still.png
    ended 0
    expect_creates 1
}

@test "a clock that stands still, in ffmpeg" {
    run --separate-stderr timeout 120 faketime -f "2026-01-01 10:00:00" \
        "$BIN/i2v" ffmpeg -v error -f i2v -prompt "still standing" -i still.png -c copy out.mp4
    ended 0
    same 120 "$(frames_of out.mp4)"
}

@test "a list of prices that a cache has kept for a day: what was sent after it is no older for that" {
    set_faults "models * date -100000" "create * drop-after" "logs * status 503"
    ends_with 75 fetch --prompt stale --max_wait 2 still.png
    set_faults "logs * rows late 600"
    ends_with 75 fetch --prompt stale --max_wait 2 still.png
    expect_creates 1
}
