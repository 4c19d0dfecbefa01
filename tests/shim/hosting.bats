# i2v: how the plugin is reached, and what happens when it cannot be
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

setup_file() {
    load helper
    make_clip
}

setup() {
    export I2V_STUB_TRACE=1
}

# What a module prints that reaches the plugin, and one that does not.
hosts="demuxers: many, i2v: 1, found: 1, class: 1, readable: 1, writable: 0
open: mov,mp4,m4a,3gp,3g2,mj2"
passes="demuxers: many, i2v: 0, found: 0, class: 1, readable: 0, writable: 0
open: Protocol not found"

@test "-f i2v with an option of ours" {
    run -0 --separate-stderr hosted ffmpeg -v error -f i2v -prompt "She turns" -i still.png \
        -c copy -f framemd5 -
    [[ $stderr == *"stub: url still.png prompt She turns"* ]]
    diff <(echo "$output") <(ffmpeg -v error -i "$I2V_STUB_CLIP" -c copy -f framemd5 -)
}

@test "an i2v: URL, to ffmpeg and to ffprobe" {
    run -0 --separate-stderr hosted ffmpeg -v error -i "i2v:a.png?prompt=b" -f framemd5 -
    [[ $stderr == *"stub: url i2v:a.png?prompt=b prompt none"* ]]
    diff <(echo "$output") <(ffmpeg -v error -i "$I2V_STUB_CLIP" -f framemd5 -)
    run -0 --separate-stderr hosted ffprobe -v error -show_format -of flat i2v:a.png
    [[ $output == *"mov,mp4"* ]]
}

@test "an i2v: URL under -f i2v" {
    whole_only
    run -0 --separate-stderr hosted ffprobe -v error -f i2v -i "i2v:a.png?prompt=b"
    [[ $stderr == *"stub: url i2v:a.png?prompt=b"* ]]
}

@test "-h demuxer=i2v lists the options" {
    run -0 hosted ffmpeg -hide_banner -h demuxer=i2v
    [[ $output == *"Demuxer i2v [stub of i2v]"* && $output == *"-prompt"* ]]
}

@test "a format of the user's own keeps i2v: URLs from us, and playlists do too" {
    run ! --separate-stderr hosted ffmpeg -v error -f mov -i i2v:a.png -f null -
    [[ $stderr != *stub:* && $stderr == *"Protocol not found"* ]]
    printf 'ffconcat version 1.0\nfile i2v:a.png\n' >"$BATS_TEST_TMPDIR/list"
    run ! --separate-stderr hosted ffmpeg -v error -safe 0 -f concat \
        -i "$BATS_TEST_TMPDIR/list" -f null -
    [[ $stderr != *stub:* ]]
}

@test "what the plugin calls itself is passed on" {
    unset I2V_STUB_CLIP # the stub opens i2v: itself then, and aborts if it finds i2v
    run -1 --separate-stderr hosted ffprobe -v error i2v:x
    [ "$(grep -c stub: <<<"$stderr")" = 1 ]
    [[ $stderr == *"Protocol not found"* ]]
}

@test "a constructor that calls before ours has run" {
    diff <(echo "early: mov") <("$BUILT/shim-early-main" i2v)
    run -0 --separate-stderr hosted "$BUILT/shim-early-main" i2v
    [ "$output" = "early: i2v and mov" ]
    [ -z "$stderr" ]
}

@test "a module loaded with RTLD_LOCAL" {
    run -0 --separate-stderr hosted "$BUILT/shim-load" i2v:x "$BUILT/module.so"
    diff <(echo "$output") <(echo "$hosts")
    run -0 --separate-stderr hosted "$BUILT/shim-load" "$I2V_STUB_CLIP" "$BUILT/module.so"
    [[ $output == *"open: mov,mp4"* ]]
}

@test "modules that bring copies of libavformat each reach their own" {
    local copies=("$BUILT/fake_module42.so" "$BUILT/fake_module43.so")

    same 0 "$BUILT/shim-load" x "${copies[@]}"
    run -0 --separate-stderr hosted "$BUILT/shim-load" x "${copies[@]}"
    [ "$output" = "own 42, reached 42 and 42"$'\n'"own 43, reached 43 and 43" ]
    [ -z "$stderr" ]
    # one copy in the global scope, the other known by its symbol version only
    run -0 env LD_PRELOAD="$SHIM:$BUILT/libavformat-copy43.so.43" "$BUILT/shim-load" x \
        "${copies[@]}"
    [ "$output" = "own 42, reached 42 and 42"$'\n'"own 43, reached 43 and 43" ]
}

@test "plugins for several majors side by side: each host gets its own" {
    local modules=("$BUILT/fake_module42.so" "$BUILT/module.so" "$BUILT/fake_module43.so")

    run -0 --separate-stderr hosted "$BUILT/shim-load" i2v:x "${modules[@]}"
    printf '%s\n' "$output" "$stderr"
    [ "${lines[0]}" = "own 42, reached 42 and 4200" ]
    [[ ${lines[2]} == "open: mov,mp4"* ]] # from a call that is the last of its function
    # and the one that has none runs on
    [ "${lines[3]}" = "own 43, reached 43 and 43" ]
    [ "$(grep -c "^i2v: " <<<"$stderr")" = 1 ]
    grep -q "^i2v: .*no plugin for its libavformat 43 is installed" <<<"$stderr"
    run -0 --separate-stderr hosted ffprobe -v error i2v:x
    [[ $stderr == *"stub: url i2v:x"* ]]
}

@test "a second copy of the system's libavformat, renamed as in Python wheels" {
    local own=$BUILT/module.so copy=$BUILT/module_renamed.so expected

    run -0 "$BUILT/shim-load" x "$copy"
    for order in "$own $copy" "$copy $own" "$copy" "$copy $copy $own $copy"; do
        expected=
        for module in $order; do
            [ "$module" = "$own" ] && expected+=$hosts$'\n' || expected+=$passes$'\n'
        done
        # shellcheck disable=SC2086
        run -0 --separate-stderr hosted "$BUILT/shim-load" i2v:x $order
        diff <(echo "$output") <(printf %s "$expected")
        [ "$(grep -c "^i2v: " <<<"$stderr")" = 1 ]
        grep -q "^i2v: .*it brings its own copy of libavformat $AVFORMAT_MAJOR" <<<"$stderr"
        # shellcheck disable=SC2086
        same 0 "$BUILT/shim-load" "$I2V_STUB_CLIP" $copy $copy
    done
}

@test "a program linked to a renamed libavformat" {
    run -0 --separate-stderr hosted "$BUILT/shim-renamed-main" i2v:x
    printf '%s\n' "$output" "$stderr"
    diff <(echo "$output") <(echo "$hosts")
    run -0 --separate-stderr hosted "$BUILT/shim-renamed-main" "$I2V_STUB_CLIP"
    [[ $output == *"open: mov,mp4"* ]]
}

@test "a URL that libavformat itself opens never reaches the plugin" {
    run -0 --separate-stderr hosted "$BUILT/shim-load" i2v:x "$BUILT/fake_module42.so"
    [ "$output" = "own 42, reached 42 and 4200" ]
    run -0 --separate-stderr hosted "$BUILT/shim-load" @i2v:x "$BUILT/fake_module42.so"
    [ "$output" = "own 42, reached 42 and 42" ]
    [ -z "$stderr" ]
}

@test "a process without FFmpeg that calls a hook all the same" {
    run -0 --separate-stderr hosted "$BUILT/shim-load" i2v:x "$BUILT/probe.so"
    [ "$output" = "no format, ENOSYS"$'\n'"errno 0" ]
    [ "$(wc -l <<<"$stderr")" = 1 ]
    [[ $stderr == "i2v: "* ]]
}

@test "two preloads, in either order" {
    for preload in "$SHIM:$BUILT/other_preload.so" "$BUILT/other_preload.so:$SHIM"; do
        run -0 --separate-stderr env LD_PRELOAD="$preload" ffmpeg -v error -f i2v -i x \
            -f framemd5 -
        [[ $stderr == *"stub: url x"* ]]
        run -0 --separate-stderr env LD_PRELOAD="$preload" ffmpeg -v error -f mov \
            -i "$I2V_STUB_CLIP" -f null -
        [[ $stderr == *"other preload: mov found"* ]]
    done
}

@test "another installation's shim behind ours" {
    mkdir -p "$BATS_TEST_TMPDIR/second"
    cp "$SHIM" "$BATS_TEST_TMPDIR/second/"
    export LD_PRELOAD=$SHIM:$BATS_TEST_TMPDIR/second/${SHIM##*/}
    run -0 --separate-stderr ffmpeg -v error -f i2v -prompt a -i x -c copy -f framemd5 -
    diff <(echo "$output") <(LD_PRELOAD='' ffmpeg -v error -i "$I2V_STUB_CLIP" -c copy -f framemd5 -)
    [ "$(grep -c stub: <<<"$stderr")" = 1 ]
    run -0 --separate-stderr ffprobe -v error i2v:x
    [ "$(grep -c stub: <<<"$stderr")" = 1 ]
    [ "$(ffmpeg -v error -demuxers | grep -c ' i2v ')" = 1 ]
    run -0 --separate-stderr "$BUILT/shim-load" i2v:x "$BUILT/module.so"
    diff <(echo "$output") <(echo "$hosts")
}

# The sentence, and the program's own error after it.
refused() { # pattern
    run ! --separate-stderr hosted ffmpeg -v error -i i2v:x -f null -
    echo "$stderr"
    [[ $stderr == "i2v: "*$1*"i2vctl fetch"* && $stderr == *"Protocol not found"* ]]
    [ "$(grep -c '^i2v: ' <<<"$stderr")" = 1 ]
    run ! --separate-stderr hosted ffmpeg -v error -f i2v -i x -f null -
    [[ $stderr == "i2v: "*$1* && $stderr == *"Unknown input format: 'i2v'"* ]]
    run ! --separate-stderr hosted ffmpeg -v error -f i2v -prompt a -i x -f null -
    [[ $stderr == "i2v: "*$1* && $stderr == *"prompt"* ]]
    [ "$(grep -c '^i2v: ' <<<"$stderr")" = 1 ]
    # and where i2v is not asked for, silence and the same output
    cp "$I2V_STUB_CLIP" "$BATS_TEST_TMPDIR/i2v.mp4"
    run -0 --separate-stderr hosted ffmpeg -v error -i "$BATS_TEST_TMPDIR/i2v.mp4" \
        -c copy -f framemd5 -
    [ -z "$stderr" ]
    same_error 0 ffmpeg -v error -demuxers
}

@test "no plugin" {
    export I2V_PLUGIN_DIR=$BATS_TEST_TMPDIR
    refused "no plugin for its libavformat $AVFORMAT_MAJOR is installed"
}

@test "a plugin that is no library" {
    export I2V_PLUGIN_DIR=$BATS_TEST_TMPDIR
    mkdir "$BATS_TEST_TMPDIR/$AVFORMAT_MAJOR"
    echo >"$BATS_TEST_TMPDIR/$AVFORMAT_MAJOR/libi2v.so.0.$AVFORMAT_MAJOR"
    refused "cannot be loaded: $BATS_TEST_TMPDIR"
}

@test "a plugin with another face" {
    whole_only
    I2V_STUB=face refused "another build of i2v"
}

@test "a plugin for another major in the place of ours" {
    whole_only
    I2V_STUB=major refused "another build of i2v"
}

@test "a plugin bound to another copy of libavformat" {
    I2V_STUB=copy refused "brings its own copy of libavformat"
}

@test "the plugin is loaded when i2v is named, and once" {
    export I2V_DEBUG=1
    run -0 --separate-stderr hosted ffmpeg -v error -i "$I2V_STUB_CLIP" -f null -
    [[ $stderr == *"i2v: avformat_open_input of the program: "* && $stderr != *"i2v: loaded"* ]]
    run -0 --separate-stderr hosted ffmpeg -v error -f i2v -prompt a -i x -i i2v:y -f null -
    [ "$(grep -c "^i2v: loaded" <<<"$stderr")" = 1 ]
}

@test "the plugin lies beside the shim, wherever that is" {
    # nor where one stands, whatever this says
    export I2V_PLUGIN_DIR=plugins
    mkdir -p "$BATS_TEST_TMPDIR/real" "$BATS_TEST_TMPDIR/linked" \
        "$BATS_TEST_TMPDIR/plugins/$AVFORMAT_MAJOR"
    cd "$BATS_TEST_TMPDIR"
    echo >"plugins/$AVFORMAT_MAJOR/libi2v.so.0.$AVFORMAT_MAJOR"
    cp "$SHIM" "$BATS_TEST_TMPDIR/real/preload.so"
    cp -r "$BUILT/plugins/$AVFORMAT_MAJOR" "$BATS_TEST_TMPDIR/real/"
    ln -s ../real/preload.so "$BATS_TEST_TMPDIR/linked/preload.so"
    for where in real linked; do
        LD_PRELOAD=$BATS_TEST_TMPDIR/$where/preload.so run -0 --separate-stderr \
            ffprobe -v error i2v:x
        [[ $stderr == *"stub: url i2v:x"* ]]
    done
}

@test "I2V_DEBUG=1 says what is hooked and loaded" {
    I2V_DEBUG=1 run -0 --separate-stderr hosted ffprobe -v error i2v:x
    grep -q "^i2v: avformat_open_input of the program: .*libavformat" <<<"$stderr"
    grep -q "^i2v: loaded .*/$AVFORMAT_MAJOR/libi2v.so.0.$AVFORMAT_MAJOR" <<<"$stderr"
    run -0 --separate-stderr hosted ffprobe -v error i2v:x
    [[ $stderr != *"i2v: "* ]]
}

@test "a set-group-ID program takes no orders from the environment" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    cp "$BUILT/shim-linked" "$BATS_TEST_TMPDIR/linked"
    I2V_DEBUG=1 run -0 --separate-stderr "$BATS_TEST_TMPDIR/linked"
    [ "$output" = found ]
    [[ $stderr == *"i2v: loaded"* ]]
    I2V_DISABLE=1 run -0 "$BATS_TEST_TMPDIR/linked"
    [ "$output" = "not found" ]
    chgrp 65534 "$BATS_TEST_TMPDIR/linked"
    chmod g+s "$BATS_TEST_TMPDIR/linked"
    # The plugin is the one beside the shim, whatever I2V_PLUGIN_DIR says.
    I2V_DISABLE=1 I2V_DEBUG=1 I2V_PLUGIN_DIR=/nonexistent \
        run -0 --separate-stderr "$BATS_TEST_TMPDIR/linked"
    [ "$output" = found ]
    [ -z "$stderr" ]
}

@test "threads whose first calls meet" {
    unset I2V_STUB_TRACE
    for _ in 1 2; do
        run -0 hosted "$BUILT/shim-race" i2v:x
        [ "$output" = "all well" ]
    done
}

@test "threads whose first calls meet, under ThreadSanitizer" {
    ! ldd "$BUILT/shim-race-tsan" | grep -q 'libtsan\.so\.0 ' ||
        skip "up to GCC 10 it does not see the lock that dlopen() takes"
    unset I2V_STUB_TRACE
    run -0 env LD_PRELOAD="$BUILT/shim_tsan.so" "$BUILT/shim-race-tsan" i2v:x
    [ "$output" = "all well" ]
}

@test "a host with AddressSanitizer" {
    unset I2V_STUB_TRACE
    nm "$BUILT/shim-race-asan" | grep -q __asan_init
    run -0 --separate-stderr hosted "$BUILT/shim-race-asan" i2v:x
    [ "$output" = "all well" ]
    [ -z "$stderr" ]
}

@test "beside another malloc" {
    local other found=
    for other in $(PATH=$PATH:/sbin ldconfig -p | sed -nE 's/.*lib(jemalloc|mimalloc)\.so.* => //p'); do
        found=1
        for preload in "$other:$SHIM" "$SHIM:$other"; do
            LD_PRELOAD=$preload run -0 --separate-stderr ffprobe -v error i2v:x
            [[ $stderr == "[NULL @ "*"stub: url i2v:x"* || $stderr == "stub: url i2v:x"* ]]
            LD_PRELOAD=$preload run -0 "$BUILT/shim-race" i2v:x
        done
    done
    [ -n "$found" ] || skip "neither jemalloc nor mimalloc is installed"
}

@test "bound at the first call and at the start" {
    readelf -d "$BUILT/shim-now" | grep -q BIND_NOW
    readelf -d "$BUILT/shim-lazy" | grep -q BIND_NOW && return 1
    for program in shim-lazy shim-now; do
        for now in "" 1; do
            LD_BIND_NOW=$now run -0 --separate-stderr hosted "$BUILT/$program"
            [ "$output" = found ]
            [ -z "$stderr" ]
            LD_BIND_NOW=$now run -0 "$BUILT/$program"
            [ "$output" = "not found" ]
        done
    done
}

@test "what a program starts is hosted too, or not with I2V_NO_INHERIT=1" {
    run -0 hosted sh -c 'sh -c "ffprobe -v error i2v:x"'
    run -0 env I2V_NO_INHERIT=0 LD_PRELOAD="$SHIM" sh -c "ffprobe -v error i2v:x"
    export I2V_NO_INHERIT=1
    run -0 hosted ffprobe -v error i2v:x
    run ! hosted sh -c "ffprobe -v error i2v:x"
    run ! "$LAUNCHER" sh -c "ffprobe -v error i2v:x"
}

@test "I2V_NO_INHERIT=1 takes our entry out of LD_PRELOAD, and nothing else" {
    # shellcheck disable=SC2016
    local print='printf %s "${LD_PRELOAD-none}"' a=$BUILT/other_preload.so shell
    local b=$BATS_TEST_TMPDIR/x${SHIM##*/}

    cp "$BUILT/other_preload.so" "$b"
    unset I2V_STUB_TRACE
    for shell in sh bash; do
        LD_PRELOAD="$a:$SHIM $b" run -0 --separate-stderr $shell -c "$print"
        [ "$output" = "$a:$SHIM $b" ]
        export I2V_NO_INHERIT=1
        for list in "$a:$SHIM:$b" "$a $SHIM $b" "$SHIM:$a:$b" "$a:$b:$SHIM" \
            " $SHIM :$a:$SHIM:$b: "; do
            LD_PRELOAD=$list run -0 --separate-stderr $shell -c "$print"
            [ "$output" = "$a:$b" ]
            [ -z "$stderr" ]
        done
        LD_PRELOAD=$SHIM run -0 --separate-stderr $shell -c "$print"
        [ "$output" = none ]
        unset I2V_NO_INHERIT
    done
    # and what stands beside it is whole
    diff <(I2V_NO_INHERIT=1 env) <(I2V_NO_INHERIT=1 LD_PRELOAD=$SHIM env)
    ln -s "$SHIM" "$BATS_TEST_TMPDIR/linked.so"
    I2V_NO_INHERIT=1 LD_PRELOAD="$BATS_TEST_TMPDIR/linked.so:$a" \
        run -0 --separate-stderr sh -c "$print"
    [ "$output" = "$a" ]
}
