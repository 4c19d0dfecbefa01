# i2v: ffmpeg's command line, read by the shim and by ffmpeg itself
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

# At debug level ffmpeg says what it takes each word for before it does anything. A word
# that is missing at the end stops it there, so nothing is opened or written but the
# report that -report asks for.
FFMPEG=${FFMPEG:-ffmpeg} # may be several words: chroot DIR ffmpeg

ffmpeg_reads() { # arguments: its lines about them
    # shellcheck disable=SC2086
    FFREPORT=file=/dev/null $FFMPEG -loglevel debug "$@" -c 2>&1 </dev/null |
        sed -n "/^Reading option '-loglevel'/d; /^Reading/p"
}

# FFmpeg 6.1 calls an input an output here; of outputs alone no argument is told.
inputs() { # a line each, of what ffmpeg_reads() gives
    sed -n "s/.* matched as \(in\|out\)put url with argument '\(.*\)'\.$/\2/p"
}

named() { # arguments
    "$BUILT/shim-named" ffmpeg "$@"
}

names() { # of what `ffmpeg -h` prints
    sed -n 's/^-\([^]: <[]*\).*/\1/p' | sort -u
}

table() { # the names in ffmpeg's own table of options
    # shellcheck disable=SC2086
    $FFMPEG -hide_banner -h long 2>/dev/null | sed '/^[A-Za-z]* *AVOptions/,$d' | names
}

is_unclear() { # option, without its dash
    [ "$(named "-$1" null -f i2v -i a)" = "not understood" ]
}

setup_file() {
    local words=() name

    load helper
    table >"$BATS_FILE_TMPDIR/table"
    [ "$(wc -l <"$BATS_FILE_TMPDIR/table")" -gt 150 ]
    # Scripts of graphs, should an option take the next word for one.
    cd "$BATS_FILE_TMPDIR" || return
    echo null | tee null >-i
    while read -r name; do
        if is_unclear "$name"; then
            echo "$name" >>"$BATS_FILE_TMPDIR/unclear"
        else
            words+=("-$name" -i "i2v:$name")
        fi
    done <"$BATS_FILE_TMPDIR/table"
    named "${words[@]}" >"$BATS_FILE_TMPDIR/ours"
    ffmpeg_reads "${words[@]}" >"$BATS_FILE_TMPDIR/lines"
    inputs <"$BATS_FILE_TMPDIR/lines" >"$BATS_FILE_TMPDIR/theirs"
}

@test "options that take no value" {
    tail -n 1 "$BATS_FILE_TMPDIR/lines" | grep "^Reading option '-c' ...Missing arg"
    [ "$(wc -l <"$BATS_FILE_TMPDIR/theirs")" -gt 25 ]
    diff "$BATS_FILE_TMPDIR/ours" "$BATS_FILE_TMPDIR/theirs"
}

@test "options with no before them" {
    local switches=0 name

    while read -r name; do
        [[ $(ffmpeg_reads "-no$name" -i i2v:a) == *" with argument 0."* ]] || continue
        : $((switches += 1))
        [ "$(named "-no$name" -i i2v:a)" = i2v:a ] || echo "-no$name"
        [ "$(named "-no$name:v" -i i2v:a)" = i2v:a ] || echo "-no$name:v"
    done < <(printf '%s\n' autorotate autoscale isync; sed 's/^i2v://' \
        "$BATS_FILE_TMPDIR/theirs") >"$BATS_TEST_TMPDIR/wrong"
    diff /dev/null "$BATS_TEST_TMPDIR/wrong"
    [ "$switches" -gt 25 ]
}

# What is not understood is little: three options that changed, and those after which
# ffmpeg prints something and ends. It lists them under headings of their own.
@test "options that are not understood" {
    # shellcheck disable=SC2086
    $FFMPEG -hide_banner -h long 2>/dev/null | sed -n '/capabilities:$/,/^$/p' |
        names >"$BATS_TEST_TMPDIR/final"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/final")" -gt 20 ]
    diff <(grep -vx 'autorotate\|autoscale\|isync' "$BATS_FILE_TMPDIR/unclear") \
        "$BATS_TEST_TMPDIR/final"
}

# Command lines that ffmpeg takes apart to the end.
@test "command lines" {
    local line lines

    while read -r line; do
        # shellcheck disable=SC2086
        lines=$(ffmpeg_reads $line)
        grep -q "^Reading option '-c' ...Missing argument" <<<"$lines" ||
            echo "ffmpeg does not take: $line"
        # shellcheck disable=SC2086
        diff <(named $line) <(inputs <<<"$lines") || echo "in: $line"
    done >"$BATS_TEST_TMPDIR/wrong" <<'END'
-i i2v:a out -i i2v:b
-y -i i2v:a -metadata title=-f -c copy -n out -i i2v:b
-metadata -i i2v:a -i i2v:b
-metadata:s:v:0 -y -i i2v:a out
-re -i i2v:a -itsoffset -1 -i i2v:b -bsf:v null -disposition:a:0 default -map -0:v -
-ss -i -i i2v:a -t -y -i i2v:b
-nostdin -hide_banner -noautorotate -i i2v:a -noautorotate:0 -i i2v:b -stdin
-noaccurate_seek -accurate_seek:x -i i2v:a -copyinkf:v:0 -nocopyinkf:v -shortest out
-v error -loglevel -i -report -i i2v:a -stats -i i2v:b -nostats -vstats -an -vn -sn -dn
-i i2v:a -- -i -i i2v:b
-- -- -y -i i2v:a
-metadata -- -i i2v:a -y -- -y -i i2v:b
-attach -i -dump_attachment:t -y -i i2v:a -target -i -vpre -i -fpre -i -pre:v -i out
-vf -i -af -y -filter:v -i -filter_complex -i -lavfi -y -i i2v:a
-f -i -f:v i2v -i i2v:a -f:x -i out -i i2v:b
-b:v -i -b -y -flags:v -i -g -1 -x264-params -i -movflags -y -i i2v:a
-noise_reduction -i -non_linear_quant -y -framerate -i -video_size -y -i i2v:a
-timestamp -i -program -i -hwaccel -i -init_hw_device -i -filter_threads -i -i i2v:a
END
    diff /dev/null "$BATS_TEST_TMPDIR/wrong"
}
