# i2v: an interrupt leaves soon, never with status 0, and loses nothing
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

downloading() { [ "$(state '[.requests[-1].endpoint] | .[0]')" = download ]; }

start_ffmpeg() { # prompt
    begin "$BIN/i2v" ffmpeg -nostdin -hide_banner -y -f i2v -prompt "$1" -duration 4 -i still.png -c copy out.mp4
}

picked_up() { # prompt: the same command gets it, with one create in total
    set_faults ""
    works ff -f i2v -prompt "$1" -duration 4 -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    expect_creates 1
}

@test "SIGINT while it waits" {
    set_faults "poll * shape waiting"
    start_ffmpeg "interrupt wait"
    until_true polled
    leaves INT
    says "$(last_job .id)"
    no_clip
    [ ! -e out.mp4 ]
    picked_up "interrupt wait"
}

@test "SIGTERM while it waits" {
    whole_only
    set_faults "poll * shape waiting"
    start_ffmpeg "terminate wait"
    until_true polled
    leaves TERM
    picked_up "terminate wait"
}

@test "SIGINT and SIGTERM while a poll hangs" {
    whole_only
    local signal
    for signal in INT TERM; do
        mark
        set_faults "poll * stall 60"
        start_ffmpeg "hang $signal"
        until_true took 1
        until_true eval '[ "$(state .requests[-1].endpoint)" = poll ]'
        leaves $signal
        picked_up "hang $signal"
    done
}

@test "SIGINT while the create call hangs: the generation is found again" {
    set_faults "create 1 stall 60"
    start_ffmpeg "create hangs"
    until_true took 1
    leaves INT
    picked_up "create hangs"
}

@test "SIGTERM while the create call hangs" {
    whole_only
    set_faults "create 1 stall 60"
    start_ffmpeg "create hangs long"
    until_true took 1
    leaves TERM
    picked_up "create hangs long"
}

@test "SIGINT while the download hangs" {
    whole_only
    set_faults "download 1 stall 60"
    start_ffmpeg "download hangs"
    until_true downloading
    leaves INT
    no_clip
    picked_up "download hangs"
}

@test "SIGTERM in the middle of the download: what is there is not fetched again" {
    set_faults "download 1 pause 0.5 60"
    start_ffmpeg "download pauses"
    until_true eval '[ -n "$(find "$I2V_STORE" -name "*.part" -size +4k 2>/dev/null)" ]'
    leaves TERM
    no_clip
    picked_up "download pauses"
    state '[.requests[] | select(.endpoint == "download")][-1].headers.range' | grep -Eq '^bytes=[1-9]'
}

@test "SIGKILL anywhere: the same command goes on" {
    whole_only
    set_faults "poll * shape waiting"
    start_ffmpeg "killed while waiting"
    until_true polled
    kill -KILL "$PID"
    wait "$PID" || true
    picked_up "killed while waiting"
    mark
    set_faults "create 1 stall 60"
    start_ffmpeg "killed while sending"
    until_true took 1
    kill -KILL "$PID"
    wait "$PID" || true
    picked_up "killed while sending"
}

@test "SIGINT while it waits to try again" {
    whole_only
    set_faults "create * status 429 retry-after 60"
    start_ffmpeg "too many"
    until_true grep -q "trying again in" log
    leaves INT
    says "Nothing was bought"
}

@test "SIGINT while a second process waits for the first one's create" {
    set_faults "create 1 stall 60"
    start_ffmpeg "behind the other"
    until_true took 1
    local first=$PID
    env --default-signal=INT "$BIN/i2v" ffmpeg -nostdin -hide_banner -y -f i2v -prompt "behind the other" -duration 4 \
        -i still.png -c copy out2.mp4 >output2 2>log2 3>&- &
    PID=$!
    until_true grep -q "Another process" log2
    leaves INT
    PID=$first
    leaves INT
    picked_up "behind the other"
}

@test "SIGINT while the still is read from a pipe that says nothing" {
    mkfifo pipe
    exec 9<>pipe
    env --default-signal=INT "$BIN/i2vctl" fetch --prompt "no still" - <pipe >output 2>log 3>&- 9>&- &
    PID=$!
    sleep 0.5
    leaves INT
    exec 9>&-
    expect_creates 0
}

@test "ffprobe" {
    whole_only
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" ffprobe -v info -f i2v -prompt "probed" -duration 4 still.png
    until_true polled
    leaves TERM
    picked_up probed
}

@test "i2vctl dies of the signal, so that a shell's loop stops" {
    local signal number
    for signal in INT TERM HUP; do
        mark
        set_faults "poll * shape waiting"
        begin "$BIN/i2vctl" fetch --prompt "ctl $signal" --duration 4 still.png
        until_true polled
        leaves $signal
        number=$(kill -l $signal)
        same $((128 + number)) $STATUS
        same "" "$(cat output)"
        picked_up "ctl $signal"
    done
}
