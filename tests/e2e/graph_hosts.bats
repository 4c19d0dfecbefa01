# i2v: the source filters in programs that make their graphs themselves
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
}
teardown_file() { stop_gateway; }
setup() { common_setup; }

HOST=$BUILD/tests/e2e/graph_host

host() { "$BIN/i2v" "$HOST" "$@"; }

goes_on() { # the same program makes another graph, and its own handler is in place
    grep -qx again <<<"$output" || { echo "$output"; return 1; }
    grep -q '^own handler' <<<"$output" || { echo "$output"; return 1; }
}

@test "avfilter_graph_create_filter, avfilter_init_str and avfilter_init_dict" {
    works host create "still.png:prompt=by hand:duration=4"
    grep -qx "frames 120" <<<"$output"
    goes_on
    works host str "still.png:prompt=by hand:duration=4:loop=2"
    grep -qx "frames 240" <<<"$output"
    goes_on
    works host dict image=still.png "prompt=by hand" duration=4
    grep -qx "frames 120" <<<"$output"
    [[ $output != *"options are left"* ]] || { echo "$output"; return 1; }
    goes_on
    expect_creates 1
}

@test "their errors: a sentence and an error, nothing sent, and the program goes on" {
    whole_only
    local way arguments
    for way in create str; do
        for arguments in "" "still.png" "still.png:prompt=x:nonsense=1" "still.png:prompt=x:duration=5" \
            "missing.png:prompt=x" "still.png:prompt=x:save=/tmp/x"; do
            refused host $way "$arguments"
            grep -q '^error' <<<"$output"
            says_in_one i2v
            goes_on
            [[ $output != *"context is left"* ]] || { echo "$output"; return 1; }
        done
    done
    refused host dict image=still.png prompt=x nonsense=1
    goes_on
    refused host late x # never initialized
    goes_on
    expect_requests 0
}

@test "every parser, and its error path" {
    local way
    for way in parse2 ptr segment; do
        run --separate-stderr host $way "i2v=still.png:prompt=parsed:duration=4,scale=64:36"
        [ "$status" -ne 77 ] || continue # this FFmpeg has no such function
        [ "$status" -eq 0 ] || { echo "$way: $status $stderr"; return 1; }
        grep -qx "frames 120" <<<"$output"
        goes_on
        refused host $way "i2v=still.png:prompt=x:nonsense=1,scale=64:36"
        goes_on
        refused host $way "i2v=still.png:prompt='x"
        goes_on
    done
    refused host parse "i2v=still.png:prompt=x:nonsense=1"
    goes_on
    # one with an open output, which this one does not take
    run --separate-stderr host parse "i2v=still.png:prompt=parsed:duration=4,nullsink"
    [ "$status" -eq 0 ] || { echo "$output $stderr"; return 1; }
    goes_on
    expect_creates 1
}

@test "a signal while it waits: one leaves, and the program's handler is called and stays" {
    local way
    set_faults "poll * shape waiting"
    for way in "create still.png:prompt=s1:duration=4" "ptr i2v=still.png:prompt=s2:duration=4" \
        "lavfi i2v=still.png:prompt=s3:duration=4"; do
        mark
        begin "$BIN/i2v" "$HOST" $way
        until_true took 1
        sleep 0.3
        leaves INT
        says Interrupted
        output=$(<output)
        grep -q "^error Interrupted" <<<"$output"
        grep -qx "own handler, 1 signals" <<<"$output"
        goes_on
    done
}

@test "a signal that the program leaves to the system ends it, and nothing is lost" {
    whole_only
    set_faults "poll * shape waiting"
    local signal
    for signal in TERM HUP; do
        mark
        begin "$BIN/i2v" "$HOST" ptr "i2v=still.png:prompt=left to the system $signal:duration=4"
        until_true took 1
        sleep 0.3
        leaves $signal
        same $((128 + $(kill -l $signal))) "$STATUS"
    done
    set_faults ""
    works "$BIN/i2v" "$HOST" ptr "i2v=still.png:prompt=left to the system TERM:duration=4"
    expect_creates 1
}

@test "ffmpeg leaves a graph's wait on SIGINT, SIGTERM and SIGHUP, and loses nothing" {
    local signal graph
    for signal in INT TERM HUP; do
        mark
        set_faults "poll * shape waiting"
        graph="i2v=still.png:prompt=leaves on $signal:duration=4[v]"
        begin "$BIN/i2v" ffmpeg -nostdin -y -filter_complex "$graph" -map '[v]' -f null -
        until_true took 1
        sleep 0.3
        leaves $signal
        # ffmpeg leaves SIGHUP to the system, and since 7 all of them as long as it reads
        # its command line
        [ "$STATUS" -eq $((128 + $(kill -l $signal))) ] || says Interrupted
        set_faults ""
        works ff -filter_complex "$graph" -map '[v]' -f null -
        expect_creates 1
    done
}

@test "the same for -f lavfi, whose open is interruptible" {
    whole_only
    local signal
    for signal in INT TERM; do
        mark
        set_faults "poll * shape waiting"
        begin "$BIN/i2v" ffmpeg -nostdin -y -f lavfi -i "i2v=still.png:prompt=lavfi $signal:duration=4" -f null -
        until_true took 1
        sleep 0.3
        leaves $signal
        says Interrupted
    done
}

@test "a signal that is ignored stays ignored" {
    whole_only
    begin sh -c 'trap "" HUP; exec "$0" ffmpeg -nostdin -y -filter_complex "i2v=still.png:prompt=nohup:duration=4[v]" -map "[v]" -f null -' "$BIN/i2v"
    until_true took 1
    kill -HUP "$PID"
    wait "$PID"
    expect_creates 1
}

@test "PyAV builds a graph by hand" {
    whole_only
    cat >graph.py <<'END'
import sys
import av
import av.filter
import av.logging

# PyAV 8 waits for itself when a decoder's thread logs.
av.logging.restore_default_callback()
graph = av.filter.Graph()
if len(sys.argv) > 2:
    source = graph.add("i2v", image="still.png", prompt=sys.argv[1], duration=sys.argv[2])
else:
    source = graph.add("i2v", "still.png:duration=4:prompt=" + sys.argv[1])
sink = graph.add("buffersink")
source.link_to(sink)
graph.configure()
count = 0
while True:
    try:
        graph.pull()
    except (EOFError, av.error.EOFError):
        break
    count += 1
print("frames", count, "i2v" in av.filter.filters_available)
END
    works "$BIN/i2v" /usr/bin/python3 graph.py snake
    same "frames 120 True" "$output"
    works "$BIN/i2v" /usr/bin/python3 graph.py snake 4
    same "frames 120 True" "$output"
    refused "$BIN/i2v" /usr/bin/python3 graph.py snake 5
    says duration
    expect_creates 1
}
