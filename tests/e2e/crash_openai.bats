# i2v: killed at any point while a server of one's own is asked: nothing is lost or made twice
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
CRASH_ENGINE=openai
load crash

setup_file() { prepare; }
setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "ffmpeg, killed at every place" {
    kills all "$BATS_FILE_TMPDIR/fresh.ffmpeg" | after ffmpeg >points
    sweep points
}

@test "i2vctl, killed at every place" {
    kills first "$BATS_FILE_TMPDIR/fresh.i2vctl" | after i2vctl >points
    sweep points
}

@test "killed, and killed again at every place while it looks in the list and goes on" {
    (trace_after ffmpeg "sent/recv create#1") >lost
    kills first lost | grep -v ^half | after "ffmpeg|at sent/recv create#1" >points
    sweep points
}

@test "killed while the server holds an answer back" {
    local host
    for host in ffmpeg i2vctl; do
        after $host <<END
held create
held poll
held download
paused
held create|held poll
held poll|paused|held download
END
    done >points
    sweep points
}

@test "the crash matrix of engine=openai" {
    table "$ALL_RESULTS" | tee "$BUILD/crash-openai-matrix.txt" >&3
    tail -n 1 "$BUILD/crash-openai-matrix.txt" | grep -qE ' [1-9][0-9]* points, jobs lost 0, paid twice 0$'
}
