# i2v: several requests and several processes: in any order, some of them killed
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# Nobody is left waiting when a test fails.
teardown() {
    touch go
    [ -z "${PIDS:-}" ] || kill -KILL $PIDS 2>/dev/null || true
}

in_ledger() { grep -qs "\"state\":.*\"$1\"" "$I2V_STORE"/[0-9a-f]*.json; }

two() { # output, prompt, prompt: one ffmpeg, two inputs
    timeout 100 "$BIN/i2v" ffmpeg -nostdin -hide_banner -y -f i2v -prompt "$2" -i still.png \
        -f i2v -prompt "$3" -i still.png -map 0:v -map 1:v -c copy "$1"
}

@test "two commands that name the same two requests in opposite order" {
    local first second
    set_faults "create * hold $PWD/go"
    two ab.mkv a b 2>log1 3>&- & first=$!
    two ba.mkv b a 2>log2 3>&- & second=$!
    PIDS="$first $second"
    until_true took 2
    # Each holds what the other wants next.
    sleep 0.5
    touch go
    wait $first
    wait $second
    PIDS=
    expect_creates 2
    same 2 "$(accepted)"
    same 240 "$(($(ffprobe -v error -count_packets -show_entries stream=nb_read_packets -of csv=p=0 ab.mkv | paste -sd+)))"
    diff <(packets ab.mkv | cut -d, -f6 | sort) <(packets ba.mkv | cut -d, -f6 | sort)
}

@test "the same while polls and downloads are slow" {
    whole_only
    local first second
    set_faults "poll 1-6 shape waiting" "poll * stall 0.2" "download * pause 0.5 0.5"
    two ab.mkv slow-a slow-b 2>log1 3>&- & first=$!
    two ba.mkv slow-b slow-a 2>log2 3>&- & second=$!
    PIDS="$first $second"
    wait $first
    wait $second
    PIDS=
    expect_creates 2
    same "1 1" "$(state '.jobs[-2:] | map(.downloads) | join(" ")')"
}

@test "two creates in one process, the second taken and then dropped" {
    set_faults "create 2 drop-after" "create 2 no-headers"
    works two out.mkv "kept" "dropped"
    says "answer to the create call was lost" "Found in the usage log"
    expect_creates 2
    same 2 "$(accepted)"
    same "1 1" "$(state '.jobs[-2:] | map(.downloads) | join(" ")')"
}

@test "the first and the third of three dropped" {
    set_faults "create 1 drop-after" "create 3 drop-after"
    works timeout 100 "$BIN/i2v" ffmpeg -nostdin -y -f i2v -prompt x -i still.png -f i2v -prompt y -i still.png \
        -f i2v -prompt z -i still.png -map 0 -map 1 -map 2 -c copy out.mkv
    expect_creates 3
    same 3 "$(accepted)"
}

# Ten on one request, of which the first is killed when a condition holds.
ten_but_one() { # prompt, condition...
    local prompt=$1 n first pids=()
    shift
    "$BIN/i2vctl" fetch -v error --prompt "$prompt" still.png >path0 3>&- & first=$!
    until_true "$@"
    for n in 1 2 3 4 5 6 7 8 9; do
        timeout 100 "$BIN/i2vctl" fetch -v error --prompt "$prompt" still.png >path$n 3>&- & pids+=($!)
    done
    PIDS="$first ${pids[*]}"
    sleep 0.5
    kill -KILL $first
    wait $first || true
    set_faults ""
    for n in "${pids[@]}"; do
        wait "$n"
    done
    PIDS=
    expect_creates 1
    same 1 "$(accepted)"
    same 1 "$(cat path[1-9] | sort -u | wc -l)"
    same 9 "$(cat path[1-9] | wc -l)"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "ten at once, the first killed while its create call waits for an answer" {
    whole_only
    set_faults "create 1 hold $PWD/never"
    ten_but_one "killed sending" in_ledger sent
}

@test "ten at once, the first killed while it polls" {
    whole_only
    set_faults "poll * shape waiting"
    ten_but_one "killed polling" in_ledger running
}

part_begun() { [ -n "$(find "$I2V_STORE" -name '*.part' -size +4k 2>/dev/null)" ]; }

@test "ten at once, the first killed in the middle of its download" {
    set_faults "download 1 pause 0.5 100"
    ten_but_one "killed downloading" part_begun
    # Another went on from there, and nobody fetched it twice.
    same 2 "$(last_job .downloads)"
    state '[.requests[] | select(.endpoint == "download")][-1].headers.range' | grep -Eq '^bytes=[1-9]'
}

@test "killed while it holds the lock: the next one goes on" {
    local first
    set_faults "create 1 hold $PWD/never"
    "$BIN/i2vctl" fetch --prompt "lock dies" still.png >path0 2>log0 3>&- & first=$!
    PIDS=$first
    until_true in_ledger sent
    timeout 100 "$BIN/i2vctl" fetch --prompt "lock dies" still.png >path1 2>log1 3>&- & local second=$!
    PIDS="$first $second"
    until_true grep -q "Another process" log1
    kill -KILL $first
    wait $first || true
    wait $second
    PIDS=
    grep -q "did not hear the answer" log1
    expect_creates 1
    same 1 "$(accepted)"
}

@test "stopped while it holds the lock: the others wait, and go on when it does" {
    local first second
    set_faults "create 1 hold $PWD/go"
    "$BIN/i2vctl" fetch --prompt "lock sleeps" still.png >path0 2>log0 3>&- & first=$!
    PIDS=$first
    until_true in_ledger sent
    kill -STOP $first
    touch go
    timeout 100 "$BIN/i2vctl" fetch --prompt "lock sleeps" still.png >path1 2>log1 3>&- & second=$!
    PIDS="$first $second"
    until_true grep -q "Another process" log1
    sleep 0.5
    kill -CONT $first
    wait $first
    wait $second
    PIDS=
    cmp path0 path1
    expect_creates 1
}
