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
    # names a shell might use itself
    export path=1 file=2 dir=3 self=4 rest=5 needs=6 check=7 LANG=xx CDPATH=/
    diff <(sh -c 'env | sort' | grep -v '^_=') \
        <("$LAUNCHER" sh -c 'env | sort' | grep -Ev '^(_|LD_PRELOAD)=')
    # what a shell would set anew
    export IFS LD_PRELOAD=$BUILT/other_preload.so
    [ "$("$LAUNCHER" printenv IFS | od -An -c)" = "$(printenv IFS | od -An -c)" ]
    [ -n "$(printenv IFS | od -An -c)" ]
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
    # AddressSanitizer's runtime stays first
    cp "$other" "$BATS_TEST_TMPDIR/libasan.so.8"
    LD_PRELOAD=$BATS_TEST_TMPDIR/libasan.so.8 run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$BATS_TEST_TMPDIR/libasan.so.8:$SHIM" ]
    for first in libasan.so.0 "$other:libasan.so.0" "$other libasan.so.0"; do
        LD_PRELOAD=$first run -0 --separate-stderr "$LAUNCHER" sh -c "$print"
        [ "$output" = "$first:$SHIM" ]
    done
    # gaps are nothing
    LD_PRELOAD=":: $other :" run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM::: $other :" ]
    # another installation's gives way
    relocate "$BATS_TEST_TMPDIR/second"
    local second=$BATS_TEST_TMPDIR/second/$SHIM_FROM_PREFIX
    LD_PRELOAD=$second run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM" ]
    LD_PRELOAD="$other:$second $BUILT/probe.so" \
        run -0 --separate-stderr "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM:$other:$BUILT/probe.so" ]
    LD_PRELOAD="$other $SHIM:$second" run -0 "$LAUNCHER" sh -c "$print"
    [ "$output" = "$other:$SHIM" ]
    run -0 "$LAUNCHER" "$LAUNCHER" sh -c "$print"
    [ "$output" = "$SHIM" ]
    cd "${LAUNCHER%/*}"
    run -0 ./i2v sh -c "$print"
    [ "$output" = "$SHIM" ]
}

@test "a way back that only the file system knows" {
    # The directory above a link's target is not the one above the link.
    mkdir -p "$BATS_TEST_TMPDIR/far" "$BATS_TEST_TMPDIR/near/${SHIM_FROM_PREFIX%/*}"
    relocate "$BATS_TEST_TMPDIR/far"
    ln -s "$BATS_TEST_TMPDIR/far/$BIN_FROM_PREFIX" "$BATS_TEST_TMPDIR/near/$BIN_FROM_PREFIX"
    cd "$BATS_TEST_TMPDIR"
    for where in "$PWD/near" near ./near "$PWD/near/../near" "$PWD//near"; do
        # shellcheck disable=SC2016
        run -0 "$where/$BIN_FROM_PREFIX/i2v" sh -c 'printf %s "$LD_PRELOAD"'
        [ "$output" = "$PWD/far/$SHIM_FROM_PREFIX" ]
    done
    mkdir "far/$BIN_FROM_PREFIX/sub"
    for name in sub/.. . "" ../../far/"$BIN_FROM_PREFIX"; do
        # shellcheck disable=SC2016
        run -0 "$PWD/far/$BIN_FROM_PREFIX/$name/i2v" sh -c 'printf %s "$LD_PRELOAD"'
        [ "$output" = "$PWD/far/$SHIM_FROM_PREFIX" ]
    done
}

@test "through symlinks and PATH" {
    whole_only
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
    for help in -h --help; do
        run -0 --separate-stderr "$LAUNCHER" $help
        [[ $output == usage:* ]]
        [ -z "$stderr" ]
        run ! sh -c "'$LAUNCHER' $help >/dev/full"
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

@test "what the system cannot run, or runs by the shell" {
    cd "$BATS_TEST_TMPDIR"
    printf '#!/no/such/interpreter\n' >script
    chmod +x script
    run -127 "$LAUNCHER" ./script
    [ "$output" = "i2v: ./script: No such file or directory" ]
    I2V_DISABLE=1 run -127 "$LAUNCHER" ./script
    printf '#!/etc/passwd\n' >script
    run -126 "$LAUNCHER" ./script
    [ "$output" = "i2v: ./script: Permission denied" ]
    # shellcheck disable=SC2016
    printf 'echo "$LD_PRELOAD" "$@"; exit 5\n' >script
    run -5 "$LAUNCHER" ./script "a  b"
    [ "$output" = "$SHIM a  b" ]
    mkdir -- -dir
    cp script -- -dir
    run -5 "$LAUNCHER" -- -dir/script
}

# What is not read is not refused for what it may be.
@test "a program that may be run but not read" {
    [ "$(id -u)" = 0 ] || skip "only root can try as another user"
    local dir
    dir=$(mktemp -d /tmp/i2v-unreadable-XXXXXX)
    relocate "$dir"
    cp "$BUILT/shim-status" "$dir/status"
    chmod -R a+rX "$dir"
    chmod 711 "$dir/status"
    run -9 setpriv --reuid 65534 --clear-groups "$dir/$BIN_FROM_PREFIX/i2v" "$dir/status" 9 x
    rm -r "$dir"
    [ "$output" = "<x>" ]
}

@test "without /proc" {
    unshare -m sh -c 'mount -t tmpfs none /proc && ! test -e /proc/self' 2>/dev/null ||
        skip "cannot have another /proc"
    # shellcheck disable=SC2016
    local bare='mount -t tmpfs none /proc; "$@"' print='printf %s "$LD_PRELOAD"'
    ln -s "$LAUNCHER" "$BATS_TEST_TMPDIR/linked"
    for name in "$LAUNCHER" "$BATS_TEST_TMPDIR/linked" linked i2v; do
        PATH=$BATS_TEST_TMPDIR:${LAUNCHER%/*}:$PATH \
            run -0 unshare -m sh -c "$bare" sh "$name" sh -c "$print"
        [ "$output" = "$SHIM" ]
    done
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
    for program in "$BUILT"/shim-status-static{,-pie}; do
        run -0 "$program" 0 ran
        refused "$program" "statically linked"
    done
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

# The program of tests with one byte of its header changed.
other_elf() { # offset, byte in octal
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/other"
    printf '%b' "\\0$2" |
        dd of="$BATS_TEST_TMPDIR/other" bs=1 seek="$1" conv=notrunc status=none
}

@test "another word size or machine, a sandbox's stub" {
    other_elf 18 377
    refused "$BATS_TEST_TMPDIR/other" "another machine"
    other_elf 4 3
    refused "$BATS_TEST_TMPDIR/other" "word size"
    mkdir -p "$BATS_TEST_TMPDIR/flatpak/exports/bin"
    cp "$BUILT/shim-status" "$BATS_TEST_TMPDIR/flatpak/exports/bin/"
    refused "$BATS_TEST_TMPDIR/flatpak/exports/bin/shim-status" sandbox
}

@test "another major of FFmpeg, directly and through a library" {
    export I2V_PLUGIN_DIR=$BATS_TEST_TMPDIR
    local player=$BATS_TEST_TMPDIR/player
    cp "$(command -v ffmpeg)" "$player"
    refused "$player" "libavformat $AVFORMAT_MAJOR, and there are plugins for none"
    refused "$BUILT/shim-early-main" "libavformat $AVFORMAT_MAJOR"
    mkdir -p "$BATS_TEST_TMPDIR"/{42,43}
    touch "$BATS_TEST_TMPDIR"/{42/libi2v.so.0.42,43/libi2v.so.0.43}
    refused "$player" "plugins for 42, 43 in $BATS_TEST_TMPDIR"
    run -0 "$LAUNCHER" --check "$BUILT/shim-status-fake42"
    [[ $output == "$BUILT/shim-status-fake42 uses libavformat 42, "* ]]
    # as wheels name it
    rm -r "$BATS_TEST_TMPDIR/43"
    refused "$BUILT/shim-status-fake43" "libavformat 43, and there are plugins for 42 in"
    # what has no libavformat of its own is run all the same
    run -0 "$LAUNCHER" "$BUILT/shim-load" x
}

@test "a relative I2V_PLUGIN_DIR is as good as none, as for the preload" {
    relocate "$BATS_TEST_TMPDIR/moved"
    cd "$BATS_TEST_TMPDIR"
    mkdir empty
    for I2V_PLUGIN_DIR in empty ./empty ''; do
        run -0 "moved/$BIN_FROM_PREFIX/i2v" ffprobe -v error i2v:x
    done
}

@test "--check runs nothing" {
    run -0 --separate-stderr "$LAUNCHER" --check ffmpeg
    [[ $output == /*"/ffmpeg uses libavformat $AVFORMAT_MAJOR, for which i2v has a plugin: "* ]]
    [ -z "$stderr" ]
    run -0 "$LAUNCHER" --check "$BUILT/shim-early-main"
    [[ $output == "$BUILT/shim-early-main uses libavformat $AVFORMAT_MAJOR, "* ]]
    printf '#!/bin/sh\necho ran\n' >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    for program in "$BATS_TEST_TMPDIR/script" "$BUILT/shim-status" sh bash env; do
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

# What --version says of the plugins in a directory.
versions() { # the line, majors
    I2V_PLUGIN_DIR=$BATS_TEST_TMPDIR/majors
    rm -rf "$I2V_PLUGIN_DIR"
    mkdir "$I2V_PLUGIN_DIR"
    for major in "${@:2}"; do
        mkdir "$I2V_PLUGIN_DIR/$major"
        touch "$I2V_PLUGIN_DIR/$major/libi2v.so.0.$major"
    done
    run -0 --separate-stderr "$LAUNCHER" --version
    printf '%s\n' "$output" "$stderr"
    [ "${lines[0]}" = "i2v $VERSION" ]
    [ "${lines[1]}" = "$1" ]
    [ -z "$stderr" ]
}

@test "--version: itself, the majors, and what i2vctl knows" {
    versions "libavformat 59 (FFmpeg 5)" 59
    versions "libavformat 58 (FFmpeg 4), 60 (FFmpeg 6), 61 (FFmpeg 7), 62 (FFmpeg 8), 63 (FFmpeg 9), 64" \
        58 60 61 62 63 64
    versions "libavformat: no plugin in $BATS_TEST_TMPDIR/majors"
    # no i2vctl beside this one
    relocate "$BATS_TEST_TMPDIR/moved"
    LAUNCHER=$BATS_TEST_TMPDIR/moved/$BIN_FROM_PREFIX/i2v
    versions "libavformat 59 (FFmpeg 5)" 59
    [ ${#lines[@]} = 2 ]
    cat >"${LAUNCHER%/*}/i2vctl" <<'END'
#!/bin/sh
printf '%s\n' "i2vctl 1" "libavformat 1" "libcurl 8.1 x" "cJSON 1.7"
END
    chmod +x "${LAUNCHER%/*}/i2vctl"
    versions "libavformat 59 (FFmpeg 5)" 59
    [ "${lines[2]}" = "libcurl 8.1 x" ]
    [ "${lines[3]}" = "cJSON 1.7" ]
    [ ${#lines[@]} = 4 ]
    rm -r "${LAUNCHER%/*}/../${SHIM_FROM_PREFIX%/*}"
    run -0 --separate-stderr "$LAUNCHER" --version
    [ "$output" = "i2v $VERSION" ]
    [[ $stderr == *"is missing" ]]
}

@test "without PATH nothing is taken from where one stands" {
    cd "$BATS_TEST_TMPDIR"
    for tool in od grep getcap ldd i2vctl ld.so; do
        printf '#!/bin/sh\necho "%s ran" >&2\n' "$tool" >"$tool"
        chmod +x "$tool"
    done
    for path in -uPATH PATH=; do
        run -126 env "$path" "$LAUNCHER" "$BUILT/shim-status-static"
        [[ $output != *ran* ]]
        run -9 env "$path" "$LAUNCHER" "$BUILT/shim-status" 9
    done
    run -0 env -uPATH "$LAUNCHER" sh -c true
    # nor is any of them needed
    for program in "$BUILT/shim-status-static" "$BUILT/shim-early-main" "$(command -v ffprobe)"; do
        PATH=$PWD run "$LAUNCHER" --check "$program"
        [[ $output != *ran* ]]
    done
}

@test "programs that start other programs" {
    export I2V_STUB_TRACE=1
    for wrapper in "env FOO=1" nice "nohup env" "timeout 60"; do
        # shellcheck disable=SC2086
        run -0 --separate-stderr "$LAUNCHER" $wrapper ffprobe -v error i2v:x
        [[ $stderr == *"stub: url i2v:x"* ]]
    done
}
