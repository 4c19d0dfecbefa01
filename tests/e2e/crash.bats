# i2v: killed at any point, the same command goes on: nothing is lost or paid twice
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
load crash

setup_file() {
    prepare
}

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "the preload sees every call by which the libraries change the world" {
    local plugin libraries call
    plugin=$(readlink -f "$(find "$BUILD"/lib* -name libi2v.so | head -n 1)")
    libraries=$(ldd "$plugin" | awk '/lib(curl|avformat|avutil)/ { print $3 }')
    same 3 "$(wc -w <<<"$libraries")"
    nm -D --defined-only "$KILL_AT" | awk '{ print $3 }' | sort >seen
    # shellcheck disable=SC2086 # a list of words
    nm -D --undefined-only "$plugin" "$BIN/i2vctl" $libraries | sed -n 's/.* U \([^@]*\).*/\1/p' |
        sort -u >called
    grep -Ex '(__)?((p?write|read)v?|(open|mkdir|rename|unlink|link|symlink)(at)?2?|creat|rmdir|remove|f(data)?sync|sync_file_range|f?truncate|(posix_)?fallocate|fcntl|flock|lockf|connect|send(to|m?msg|file)?|recv(from|m?msg)?|splice|copy_file_range|close)(64)?(_2|_chk)?' \
        called >expected
    for call in write open rename fcntl send recv; do
        grep -qx $call expected
    done
    same "" "$(comm -13 seen expected)"
}

@test "on disk in time: the intent, sent with the last piece of the body, the id before a poll" {
    local host trace
    for host in ffmpeg i2vctl; do
        trace=$BATS_FILE_TMPDIR/fresh.$host
        # Before the intent only the price is asked, and what is retired.
        same "" "$(grep -vE '^start/(connect#[12]$|(send|recv) models#)' "$trace" |
            grep -E '^start/(connect|send|recv)|^(start|intent|sent)/.* (poll|download)#')"
        [ "$(grep -c '^intent/send create#' "$trace")" -ge 10 ]
        # The kernel may take a piece in parts.
        grep -cE '^sent/send create#' "$trace" | grep -x '[1-3]'
    done
}

@test "ffmpeg, killed at every place" {
    kills all "$BATS_FILE_TMPDIR/fresh.ffmpeg" | after ffmpeg >points
    sweep points
}

@test "i2vctl, killed at every place" {
    kills first "$BATS_FILE_TMPDIR/fresh.i2vctl" | after i2vctl >points
    sweep points
}

@test "killed, and killed again at every place while it looks in the usage log and goes on" {
    (trace_after ffmpeg "sent/recv create#1") >lost
    kills first lost | grep -v ^half | after "ffmpeg|at sent/recv create#1" >points
    sweep points
}

@test "killed, and killed again at every place while it goes on with the download" {
    (trace_after i2vctl "running/write KEY.mp4.part#4") >resumed
    kills first resumed | after "i2vctl|at running/write KEY.mp4.part#4" >points
    sweep points
}

@test "killed while the gateway holds an answer back" {
    local host
    for host in ffmpeg i2vctl; do
        after $host <<END
held create
held poll
held download
paused
held create|held logs
at sent/recv create#1|held logs|held poll
held poll|paused|held download
paused|at start/rename KEY.mp4.part KEY.mp4#1
END
    done >points
    sweep points
}

@test "killed again and again" {
    cat >points <<'END'
ffmpeg|at intent/send create#2|at intent/send create#9|half intent/send create#5
i2vctl|at intent/rename KEY.json.tmp KEY.json#1|at sent/recv create#1|at start/recv logs#1
ffmpeg|at start/rename KEY.json.tmp KEY.json#1|at intent/send create#5|at sent/recv create#1|at start/recv logs#1|at start/rename KEY.json.tmp KEY.json#1|at running/write KEY.mp4.part#3|half start/write KEY.mp4.part#2|at start/rename KEY.mp4.part KEY.mp4#1|at start/rename KEY.json.tmp KEY.json#1
i2vctl|at sent/write KEY.json.tmp#1|half start/write KEY.json.tmp#1|at start/fsync KEY.json.tmp#1|at running/close KEY.lock#1
ffmpeg|at sent/send create#1|at start/send logs#1|at start/recv logs#1
i2vctl|half sent/send create#1|held logs
i2vctl|at intent/send create#4|half sent/send create#1|at start/recv logs#1
END
    sweep points
}

@test "killed with its clip in place and not noted: another that waits takes it as it is" {
    local first second
    BATS_TEST_TMPDIR=$PWD start_gateway
    crash_environment
    set_faults "download 1 hold $PWD/go"
    kill_at behind "running/rename KEY.mp4.part KEY.mp4#1" ffmpeg 3>&- &
    first=$!
    until_true saw download 0
    set_command i2vctl
    "${COMMAND[@]}" >second.output 2>second.log 3>&- &
    second=$!
    until_true grep -q "Another process" second.log
    touch go
    wait $first
    wait $second
    [ -f "$(<second.output)" ]
    same "1 1" "$(state '.counts | "\(.create_accepted) \(.download)"')"
    stop_gateway
}

@test "killed while a child of the host lives on: its locks do not" {
    local host
    for host in ffmpeg i2vctl; do
        after $host <<END
fork start/rename KEY.json.tmp KEY.json#1
fork intent/send create#3
fork sent/recv create#1
fork running/write KEY.mp4.part#2
fork running/rename KEY.mp4.part KEY.mp4#1
END
    done >points
    sweep points
}

@test "the crash matrix" {
    table "$ALL_RESULTS" | tee "$BUILD/crash-matrix.txt" >&3
    tail -n 1 "$BUILD/crash-matrix.txt" | grep -qE ' [1-9][0-9]* points, jobs lost 0, paid twice 0$'
}
