# i2v: the launcher
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

setup_file() {
    load helper
    make_clip
}

@test "-f i2v through the launcher" {
    run -0 --separate-stderr "$LAUNCHER" ffmpeg -v error -f i2v -prompt a -i x -c copy \
        -f framemd5 -
    diff <(echo "$output") <(ffmpeg -v error -i "$I2V_STUB_CLIP" -c copy -f framemd5 -)
    [ -z "$stderr" ]
    # by path, after --, and started by a shell
    run -0 "$LAUNCHER" -- "$(command -v ffprobe)" -v error i2v:x
    run -0 "$LAUNCHER" sh -c 'ffprobe -v error i2v:x'
    run ! ffprobe -v error i2v:x
}

@test "the exit status is the program's own" {
    for expected in 0 1 64 126 200; do
        run "$LAUNCHER" "$BUILT/shim-status" $expected
        [ "$status" = "$expected" ]
    done
    run -143 "$LAUNCHER" sh -c 'kill -TERM $$'
}

@test "arguments arrive as they are" {
    local arguments=("a b" "" "it's" '"$HOME"' '*' $'new\nline' '\\' --check -- "i2v;true")

    diff <("$BUILT/shim-status" 0 "${arguments[@]}") \
        <("$LAUNCHER" "$BUILT/shim-status" 0 "${arguments[@]}")
    mkdir "$BATS_TEST_TMPDIR/a b"
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/a b/it's *"
    run -9 "$LAUNCHER" "$BATS_TEST_TMPDIR/a b/it's *" 9 "x y"
    [ "$output" = "<x y>" ]
    PATH="$BATS_TEST_TMPDIR/a b:$PATH" run -9 "$LAUNCHER" "it's *" 9
}

@test "the environment arrives as it is, but for LD_PRELOAD" {
    # names the script might use itself
    export path=1 file=2 dir=3 self=4 rest=5 needs=6 check=7 LANG=xx CDPATH=/
    diff <(sh -c 'env | sort' | grep -v '^_=') \
        <("$LAUNCHER" sh -c 'env | sort' | grep -Ev '^(_|LD_PRELOAD)=')
}

@test "LD_PRELOAD: an absolute path, before what is there, once" {
    # shellcheck disable=SC2016
    local print='printf %s "$LD_PRELOAD"' other=$BUILT/other_preload.so

    run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM" ]
    LD_PRELOAD=$other run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM:$other" ]
    for once in "$SHIM" "$other:$SHIM" "$SHIM $other" "$other $SHIM:$other"; do
        LD_PRELOAD=$once run -0 "$LAUNCHER" sh -c "$print"
        [ "$output" = "$once" ]
    done
    run -0 "$LAUNCHER" "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM" ]
    cd "${LAUNCHER%/*}"
    run -0 ./i2v sh -c "$print"
    [ "$output" = "$SHIM" ]
}

@test "through symlinks and PATH" {
    ln -s "$LAUNCHER" "$BATS_TEST_TMPDIR/first"
    ln -s first "$BATS_TEST_TMPDIR/second"
    run -0 "$BATS_TEST_TMPDIR/second" ffprobe -v error i2v:x
    PATH=$BATS_TEST_TMPDIR:$PATH run -0 second ffprobe -v error i2v:x
    ln -s "${LAUNCHER%/*}" "$BATS_TEST_TMPDIR/bin"
    run -0 "$BATS_TEST_TMPDIR/bin/i2v" ffprobe -v error i2v:x
}

# A copy of the launcher's tree.
relocate() { # directory
    mkdir -p "$1/$BIN_FROM_PREFIX" "$1/${SHIM_FROM_PREFIX%/*}"
    cp "$LAUNCHER" "$1/$BIN_FROM_PREFIX/"
    cp "$SHIM" "$1/${SHIM_FROM_PREFIX%/*}/"
    cp -r "$BUILT/plugins/$AVFORMAT_MAJOR" "$1/${SHIM_FROM_PREFIX%/*}/"
}

@test "a moved tree works, without I2V_PLUGIN_DIR" {
    unset I2V_PLUGIN_DIR
    relocate "$BATS_TEST_TMPDIR/moved"
    run -0 "$BATS_TEST_TMPDIR/moved/$BIN_FROM_PREFIX/i2v" ffprobe -v error i2v:x
    relocate "$BATS_TEST_TMPDIR/with space"
    run -126 "$BATS_TEST_TMPDIR/with space/$BIN_FROM_PREFIX/i2v" true
    [[ $output == *"no space or colon"* ]]
    relocate "$BATS_TEST_TMPDIR/with:colon"
    run -126 "$BATS_TEST_TMPDIR/with:colon/$BIN_FROM_PREFIX/i2v" true
    rm "$BATS_TEST_TMPDIR/moved/$SHIM_FROM_PREFIX"
    run -126 "$BATS_TEST_TMPDIR/moved/$BIN_FROM_PREFIX/i2v" true
    [[ $output == *"libi2v-preload.so is missing" ]]
}

@test "usage" {
    run -64 --separate-stderr "$LAUNCHER"
    [ -z "$output" ]
    [[ $stderr == usage:* ]]
    run -64 --separate-stderr "$LAUNCHER" --nonsense ffmpeg
    [ -z "$output" ]
    [[ $stderr == *"unknown option --nonsense"* ]]
    run -64 "$LAUNCHER" --
    run -64 "$LAUNCHER" --check
    run -64 "$LAUNCHER" ""
    run -0 --separate-stderr "$LAUNCHER" --version
    [ "$output" = "i2v $VERSION" ]
    for help in -h --help; do
        run -0 --separate-stderr "$LAUNCHER" $help
        [[ $output == usage:* ]]
        [ -z "$stderr" ]
    done
}

@test "not found, not executable" {
    run -127 "$LAUNCHER" no-such-program
    [[ $output == "i2v: no-such-program: not found" ]]
    run -127 "$LAUNCHER" ./no-such-program
    echo >"$BATS_TEST_TMPDIR/text"
    run -126 "$LAUNCHER" "$BATS_TEST_TMPDIR/text"
    PATH=$BATS_TEST_TMPDIR:$PATH run -126 "$LAUNCHER" text
    run -126 "$LAUNCHER" /
}

# Refused with one sentence that says why, by --check and without running the program.
refused() { # program, why
    for check in "" --check; do
        # shellcheck disable=SC2086
        run -126 --separate-stderr "$LAUNCHER" $check "$1" 0 ran
        echo "$stderr"
        [ -z "$output" ]
        [[ $stderr == "i2v: cannot host i2v: $1 "*"$2"*"i2vctl fetch"* ]]
        [ "$(wc -l <<<"$stderr")" = 1 ]
    done
}

@test "a static program" {
    run -0 "$BUILT/shim-status-static" 0 ran
    refused "$BUILT/shim-status-static" "statically linked"
}

@test "set-user-ID and set-group-ID copies" {
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/status"
    run -0 "$LAUNCHER" "$BATS_TEST_TMPDIR/status" 0
    chmod u+s "$BATS_TEST_TMPDIR/status"
    refused "$BATS_TEST_TMPDIR/status" set-user-ID
    chmod u-s,g+s "$BATS_TEST_TMPDIR/status"
    refused "$BATS_TEST_TMPDIR/status" set-group-ID
}

@test "file capabilities" {
    PATH=$PATH:/usr/sbin
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/status"
    setcap cap_net_raw+ep "$BATS_TEST_TMPDIR/status" || skip "cannot set capabilities"
    refused "$BATS_TEST_TMPDIR/status" "file capabilities"
}

@test "another word size, a sandbox's stub" {
    printf '\177ELF\001' >"$BATS_TEST_TMPDIR/other"
    chmod +x "$BATS_TEST_TMPDIR/other"
    refused "$BATS_TEST_TMPDIR/other" "word size"
    mkdir -p "$BATS_TEST_TMPDIR/flatpak/exports/bin"
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/flatpak/exports/bin/"
    refused "$BATS_TEST_TMPDIR/flatpak/exports/bin/shim-status" sandbox
}

@test "another major of FFmpeg, directly and through a library" {
    export I2V_PLUGIN_DIR=$BATS_TEST_TMPDIR
    refused "$(command -v ffmpeg)" "libavformat $AVFORMAT_MAJOR, and there are plugins for none"
    refused "$BUILT/shim-early-main" "libavformat $AVFORMAT_MAJOR"
    mkdir -p "$BATS_TEST_TMPDIR"/{42,43}
    touch "$BATS_TEST_TMPDIR"/{42,43}/libi2v.so.0
    refused "$(command -v ffmpeg)" "plugins for 42, 43 in $BATS_TEST_TMPDIR"
    # what has no libavformat of its own is run all the same
    run -0 "$LAUNCHER" "$BUILT/shim-load" x
}

@test "--check runs nothing" {
    run -0 --separate-stderr "$LAUNCHER" --check ffmpeg
    [[ $output == *"/ffmpeg can host i2v (libavformat $AVFORMAT_MAJOR)" && -z $stderr ]]
    run -0 "$LAUNCHER" --check "$BUILT/shim-early-main"
    [[ $output == *"can host i2v (libavformat $AVFORMAT_MAJOR)" ]]
    printf '#!/bin/sh\necho ran\n' >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    for program in "$BATS_TEST_TMPDIR/script" "$BUILT/shim-status" sh; do
        run -0 "$LAUNCHER" --check "$program"
        [[ $output == *"has no libavformat of its own"* && $output != *ran* ]]
    done
    run -127 "$LAUNCHER" --check no-such-program
    I2V_DISABLE=1 run -126 "$LAUNCHER" --check "$BUILT/shim-status-static"
}

@test "I2V_DISABLE=1 runs anything as it is" {
    export I2V_DISABLE=1
    run -3 "$LAUNCHER" "$BUILT/shim-status-static" 3
    # shellcheck disable=SC2016
    run -0 "$LAUNCHER" sh -c 'echo "${LD_PRELOAD-none}"'
    [ "$output" = none ]
}

@test "a directory that comes first in PATH but holds no such program; PATH with gaps" {
    cd "$BATS_TEST_TMPDIR"
    mkdir first
    touch first/here
    cp "$BUILT/shim-status" here
    PATH=$BATS_TEST_TMPDIR/first::$PATH run -5 "$LAUNCHER" here 5
}
