# i2v: clocks that are wrong: they decide nothing about money, and nothing waits for ever
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    common_setup
    BASE_ACCEPTED=$(state .counts.create_accepted)
}

accepted() { echo $(($(state .counts.create_accepted) - BASE_ACCEPTED)); }
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

@test "behind at the create, put right before the search: found, and bought once" {
    set_faults "create 1 drop-after" "logs * rows never"
    at -2d fetch --prompt "two days behind" --max_wait 0 still.png
    ended 75
    set_faults ""
    works fetch --prompt "two days behind" --max_wait 60 still.png
    expect_creates 1
}

@test "behind at the create, and nothing to be found: nothing is bought again" {
    set_faults "create 1 drop-before"
    at -2d fetch --prompt "in vain" --max_wait 0 still.png
    ended 75
    set_faults ""
    ends_with 75 fetch --prompt "in vain" --max_wait 2 still.png
    expect_creates 1
}

@test "ahead at the create, at the search, at both, or the other way round" {
    local at_create at_search
    for at_create in +3d -3d +0; do
        for at_search in +3d -3d; do
            mark
            set_faults "create 1 drop-after" "logs * rows never"
            at $at_create fetch --prompt "from $at_create to $at_search" --max_wait 0 still.png
            ended 75
            set_faults ""
            at $at_search fetch --prompt "from $at_create to $at_search" --max_wait 60 still.png
            ended 0
            expect_creates 1
        done
    done
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

@test "a clock that jumps to and fro while it waits" {
    export FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
    local preload id offset
    preload=$(faketime -f +0 sh -c 'echo "$LD_PRELOAD"')
    set_faults "poll * shape waiting"
    echo +0 >clock
    LD_PRELOAD=$preload "$BIN/i2vctl" fetch --prompt "jumping" --max_wait 120 still.png >out 2>err &
    id=$!
    until_true eval '[ "$(record .state 2>/dev/null)" = running ]'
    for offset in +2d -2d +400d -20y +0; do
        echo "$offset" >clock
        sleep 0.5
    done
    set_faults ""
    wait "$id"
    cmp "$(<out)" <(gateway_clip /dev/stdout)
    expect_creates 1
}
