# i2v: the launcher and programs that no preload reaches
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

# A copy of the launcher's tree with an i2vctl that only says what it is told.
setup() {
    local prefix=$BATS_TEST_TMPDIR/prefix

    mkdir -p "$prefix/$BIN_FROM_PREFIX" "$prefix/${SHIM_FROM_PREFIX%/*}"
    cp "$LAUNCHER" "$prefix/$BIN_FROM_PREFIX/"
    cp "$SHIM" "$prefix/${SHIM_FROM_PREFIX%/*}/"
    LAUNCHER=$prefix/$BIN_FROM_PREFIX/i2v
    COMMAND=$prefix/$BIN_FROM_PREFIX/i2vctl
    printf '#!/bin/sh\necho "preload ${LD_PRELOAD-none}"\nprintf "<%%s>" "$@"\nexit 7\n' >"$COMMAND"
    chmod +x "$COMMAND"
    FILES=$BATS_TEST_TMPDIR/files
    mkdir "$FILES"
    cd "$FILES"
}

# A static program of this name.
static() { # name
    cp "$BUILT/shim-status-static" "$FILES/$1"
}

# The program is given to i2vctl as it was typed, with words that name i2v; without any it
# is run as it is; --check says why.
handed_over() { # program, why
    local words='<exec><--><%s><0><-i><i2v:still.png?prompt=a b><>'

    run -7 "$LAUNCHER" "$1" 0 -i "i2v:still.png?prompt=a b" ""
    echo "$output"
    [ "${lines[0]}" = "preload none" ]
    # shellcheck disable=SC2059
    [ "${lines[1]}" = "$(printf "$words" "$1")" ]
    run -0 --separate-stderr "$LAUNCHER" --check "$1"
    echo "$output"
    [[ $output == "$1 cannot be preloaded: it "*"$2"*"; i2v reads its command line and gives it the clips" ]]
    [ "$(wc -l <<<"$output")" = 1 ]
    [ -z "$stderr" ]
}

# Refused, whatever it is told.
refused() { # program, why
    for check in "" --check; do
        # shellcheck disable=SC2086
        run -126 --separate-stderr "$LAUNCHER" $check "$1" 0 i2v:x
        echo "$stderr"
        [ -z "$output" ]
        [[ $stderr == "i2v: cannot host i2v: $1 "*"$2"*"i2vctl fetch"* ]]
    done
}

@test "by the program's name" {
    for name in ffmpeg ffprobe ffmpeg-7.1 ffmpeg5 ffmpeg_g ffprobe.exe; do
        static $name
        handed_over "./$name" "is statically linked"
        run -3 "$LAUNCHER" "./$name" 3 x
        [ "$output" = "<x>" ]
    done
    for name in ffmpegthumbnailer ffmpegX ffplay myffmpeg ff; do
        static $name
        refused "./$name" "is statically linked"
    done
    # by PATH too
    PATH=$FILES:$PATH run -7 "$LAUNCHER" -- ffmpeg -i i2v:x
    [ "${lines[1]}" = "<exec><--><ffmpeg><-i><i2v:x>" ]
}

@test "by words that may name i2v" {
    static ffmpeg
    for word in i2v -i2v xi2v: '[0]i2v=x' -filter_complex_script -filter_complex_script:v \
        -filter_script:v -filter_script -graph_file -/filter_complex -/vf; do
        run -7 "$LAUNCHER" ./ffmpeg 0 a "$word" b
        [ "${lines[1]}" = "<exec><--><./ffmpeg><0><a><$word><b>" ]
    done
    for word in I2V i-2v -filter_complex -graph filter_script - -i ""; do
        run -4 "$LAUNCHER" ./ffmpeg 4 "$word"
        [ "$output" = "<$word>" ]
    done
    # the program's own path is none of them
    mkdir i2v
    mv ffmpeg i2v
    run -4 "$LAUNCHER" i2v/ffmpeg 4 x
    [ "$output" = "<x>" ]
    LD_PRELOAD=$BUILT/other_preload.so run -7 "$LAUNCHER" i2v/ffmpeg i2v
    [ "${lines[0]}" = "preload $BUILT/other_preload.so" ]
}

# The program of tests as ffmpeg, with one byte of its header changed.
other_elf() { # offset, byte in octal
    cp "$BUILT/shim-status" ffmpeg
    printf '%b' "\\0$2" | dd of=ffmpeg bs=1 seek="$1" conv=notrunc status=none
}

@test "by what keeps a preload out" {
    other_elf 4 3
    handed_over ./ffmpeg "is not of i2v's word size"
    other_elf 18 377
    handed_over ./ffmpeg "is built for another machine"
    cp "$BUILT/shim-status" ffmpeg
    chmod u+s ffmpeg
    handed_over ./ffmpeg "is set-user-ID or set-group-ID"
    rm ffmpeg
    cp "$(command -v ffmpeg)" ffmpeg
    I2V_PLUGIN_DIR=$FILES handed_over ./ffmpeg \
        "needs FFmpeg's libavformat $AVFORMAT_MAJOR, and there are plugins for none in $FILES"
}

@test "by file capabilities" {
    PATH=$PATH:/usr/sbin
    cp "$BUILT/shim-status" ffprobe
    setcap cap_net_raw+ep ffprobe || skip "cannot set capabilities"
    handed_over ./ffprobe "has file capabilities"
}

@test "never out of a sandbox, never what is damaged" {
    mkdir -p flatpak/exports/bin
    static ffmpeg
    cp ffmpeg flatpak/exports/bin/
    cp "$BUILT/shim-status" flatpak/exports/bin/ffprobe
    chmod u+s flatpak/exports/bin/ffprobe
    refused "$FILES/flatpak/exports/bin/ffmpeg" sandbox
    refused "$FILES/flatpak/exports/bin/ffprobe" sandbox
    I2V_EXEC=1 refused "$FILES/flatpak/exports/bin/ffmpeg" sandbox
    truncate -s 100 ffmpeg
    refused ./ffmpeg damaged
}

@test "without i2vctl" {
    static ffmpeg
    rm "$COMMAND"
    for check in "" --check; do
        # shellcheck disable=SC2086
        run -126 "$LAUNCHER" $check ./ffmpeg i2v:x
        [ "$output" = "i2v: $COMMAND is missing" ]
    done
    run -3 "$LAUNCHER" ./ffmpeg 3
    touch "$COMMAND"
    run -126 "$LAUNCHER" ./ffmpeg i2v:x
    [ "$output" = "i2v: $COMMAND: Permission denied" ]
}

@test "I2V_EXEC chooses it" {
    cp "$(command -v ffprobe)" ffprobe
    cp "$BUILT/shim-status" other
    printf '#!/bin/sh\necho script "$@"\n' >ffmpeg
    chmod +x ffmpeg
    export I2V_EXEC=1
    run -7 "$LAUNCHER" ./ffprobe i2v:x
    [ "${lines[0]}" = "preload none" ]
    [ "${lines[1]}" = "<exec><--><./ffprobe><i2v:x>" ]
    run -0 "$LAUNCHER" ./ffprobe -version
    [[ $output == "ffprobe version"* ]]
    run -0 "$LAUNCHER" --check ./ffprobe
    [ "$output" = "./ffprobe is not preloaded, as I2V_EXEC says; i2v reads its command line and gives it the clips" ]
    # all others as ever
    run -9 "$LAUNCHER" ./other 9 i2v:x
    [ "$output" = "<i2v:x>" ]
    run -0 "$LAUNCHER" ./ffmpeg i2v:x
    [ "$output" = "script i2v:x" ]
    cp "$BUILT/shim-status-static" other
    refused ./other "statically linked"
    I2V_DISABLE=1 run -1 "$LAUNCHER" ./ffprobe i2v:x
    [[ $output != *exec* ]]
    for I2V_EXEC in "" 0; do
        run -0 "$LAUNCHER" --check ./ffprobe
        [[ $output == "./ffprobe uses libavformat $AVFORMAT_MAJOR, "* ]]
    done
}

musl_only() {
    [ -x "$BUILT/musl/status" ] || skip "no musl-gcc here"
}

@test "musl: refused, or handed over" {
    musl_only
    cp "$BUILT/musl/status" ffmpeg
    cp "$BUILT/musl/host" other
    handed_over ./ffmpeg "is built for another C library (musl)"
    refused ./other "is built for another C library (musl)"
}

@test "musl: programs that inherit the preload are left as they are" {
    musl_only
    for preload in "$SHIM" "$BUILT/musl/libi2v-preload.so"; do
        for I2V_NO_INHERIT in 0 1; do
            export I2V_NO_INHERIT
            run -9 env LD_PRELOAD="$preload" "$BUILT/musl/status" 9 i2v:x ""
            [ "$output" = "<i2v:x><>" ]
            # which calls what is hooked
            run -0 --separate-stderr env LD_PRELOAD="$preload" "$BUILT/musl/host" x
            [ "$output" = "own 42, reached 42 and 42" ]
            [ -z "$stderr" ]
        done
    done
    run -9 "$LAUNCHER" sh -c "'$BUILT/musl/status' 9 x"
    [ "$output" = "<x>" ]
    # and what asks for i2v is told that it cannot be had
    export I2V_PLUGIN_DIR=$FILES
    run -0 --separate-stderr env LD_PRELOAD="$SHIM" "$BUILT/musl/host" i2v:x
    [[ $stderr == *"this program runs on without i2v"* ]]
}

# Where the string that names the program's loader lies in it.
loader_of() { # program
    readelf -lW "$1" | sed -n 's/.*interpreter: \(.*\)]/\1/p'
}

@test "a loader of another name, or one that lies where only the program says" {
    local loader
    loader=$(loader_of "$BUILT/shim-early-main")
    [[ $loader == /lib*/ld-linux* ]] || skip "the loader is $loader"
    LC_ALL=C sed "s|$loader|${loader/ld-linux/ld-other}|" "$BUILT/shim-early-main" >other
    printf '#!/bin/sh\necho ran\n' >"$FILES/${loader##*/}"
    LC_ALL=C sed "s|$loader|/tmp${loader#/lib}|" "$BUILT/shim-early-main" >elsewhere
    chmod +x other elsewhere "${loader##*/}"
    refused ./other "is built for another C library (ld-other"
    run -0 "$LAUNCHER" --check ./elsewhere
    [[ $output == *"libavformat $AVFORMAT_MAJOR, "* && $output != *ran* ]]
    run -127 "$LAUNCHER" ./elsewhere
    [ "$output" = "i2v: ./elsewhere: No such file or directory" ]
}

# A file can hold anything: 0 or 126 then, with one sentence.
survives() { # program
    LSAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 ASAN_OPTIONS=exitcode=99 \
        run --separate-stderr "$BUILT/shim-launcher-asan" --check "$1"
    [ "$status" = 0 ] || [ "$status" = 126 ] || { echo "status $status: $output $stderr"; return 1; }
    [ "$(printf '%s\n' "$output$stderr" | wc -l)" = 1 ]
}

@test "a program that was cut off" {
    local size=0 whole before=126

    whole=$(stat -c %s "$BUILT/shim-status-fake42")
    for ((size = 4; size < whole; size += size < 1000 ? 93 : 1501)); do
        head -c $size "$BUILT/shim-status-fake42" >cut
        chmod +x cut
        survives ./cut
        # what is read is there from some size on
        [ $status = 126 ] || before=0
        [ $status = $before ] || { echo "$size: $status"; return 1; }
        [ $size -gt 64 ] || [[ $stderr == *"is a damaged program"* ]]
    done
    [ $before = 0 ]
    for size in 0 3; do
        head -c $size "$BUILT/shim-status-fake42" >cut
        survives ./cut
        [ $status = 0 ] # no ELF file, for all that one can tell
    done
}

@test "a program with bytes of another value" {
    local at=0 byte

    # The headers; then the rest, by luck that is always the same.
    RANDOM=1
    for ((count = 0; count < 100; count++)); do
        byte=$((count % 3 ? RANDOM % 256 : 255))
        at=$((count < 50 ? 4 + count * 17 : RANDOM * 32768 + RANDOM))
        cp "$BUILT/shim-early-main" other
        at=$((at % $(stat -c %s other)))
        printf '%b' "\\0$(printf %o $byte)" | dd of=other bs=1 seek=$at conv=notrunc status=none
        survives ./other || { echo "byte $at: $byte"; return 1; }
    done
    head -c 20000 /dev/urandom >random
    { head -c 64 "$BUILT/shim-status" && cat random; } >other
    survives ./other
}
