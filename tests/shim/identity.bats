# i2v: programs are the same with the shim as without, where i2v is not asked for
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

setup_file() {
    load helper
    make_clip
}

@test "what ffmpeg and ffprobe say about themselves" {
    for program in ffmpeg ffprobe; do
        for what in -version -muxers -devices -codecs -decoders -encoders -bsfs \
            -protocols -pix_fmts -layouts "-h full" "-h demuxer=mov" "-h demuxer=nothing" \
            "-h protocol=http"; do
            # shellcheck disable=SC2086
            same 0 "$program" -hide_banner $what
        done
        same_error fails "$program" -hide_banner -nonsense
    done
}

@test "the lists of demuxers differ by one line" {
    for program in ffmpeg ffprobe; do
        for what in -demuxers -formats; do
            diff <("$program" -hide_banner $what) <(hosted "$program" -hide_banner $what) \
                >"$BATS_TEST_TMPDIR/diff" && return 1
            cat "$BATS_TEST_TMPDIR/diff"
            [ "$(grep -c '^[<>]' "$BATS_TEST_TMPDIR/diff")" = 1 ]
            grep -Eq '^> +D +i2v ' "$BATS_TEST_TMPDIR/diff"
        done
    done
}

@test "the list of filters differs by two lines" {
    for program in ffmpeg ffprobe; do
        diff <("$program" -hide_banner -filters) <(hosted "$program" -hide_banner -filters) \
            >"$BATS_TEST_TMPDIR/diff" && return 1
        cat "$BATS_TEST_TMPDIR/diff"
        [ "$(grep -c '^[<>]' "$BATS_TEST_TMPDIR/diff")" = 2 ]
        [ "$(grep -cE '^> +\.\.\.? +a?i2v +\|->N ' "$BATS_TEST_TMPDIR/diff")" = 2 ]
    done
    same 0 ffmpeg -hide_banner -h filter=movie
}

@test "transcodes" {
    same 0 ffmpeg -v error -f lavfi -i testsrc=d=1 -f framemd5 -
    same 0 ffmpeg -v error -f lavfi -i "testsrc=d=1[out0];sine=d=1[out1]" -f framemd5 -
    same 0 ffmpeg -v error -i "$I2V_STUB_CLIP" -c copy -f framemd5 -
    same 0 ffmpeg -v error -ss 0.5 -i "$I2V_STUB_CLIP" -vf scale=32:24 -f framemd5 -
    same 0 ffmpeg -v error -f mov -i "$I2V_STUB_CLIP" -f mov -i "$I2V_STUB_CLIP" \
        -filter_complex '[0:v][1:v]hstack' -f framemd5 -
    same 0 ffmpeg -v error -f lavfi -i "movie=$I2V_STUB_CLIP" -f framemd5 -
    same 0 ffprobe -v error -show_streams -of json "$I2V_STUB_CLIP"
}

@test "files and errors whose names only look like ours" {
    cd "$BATS_TEST_TMPDIR"
    cp "$I2V_STUB_CLIP" i2v.mp4
    cp "$I2V_STUB_CLIP" i2v
    same 0 ffprobe -v error -show_streams i2v.mp4
    same 0 ffprobe -v error -show_streams i2v
    same_error fails ffmpeg -v error -i xi2v:no.png -f null -
    same_error fails ffmpeg -v error -f i2v_ -i no.png -f null -
    same_error fails ffmpeg -v error -f mov -i i2v:no.png -f null -
}

@test "shells and their children" {
    same 3 sh -c 'echo a; printf "%s\n" b | cat; exit 3'
    same 4 bash -c 'echo $((6 * 7)); ls /; false | true; exit 4'
    same 0 awk 'BEGIN { print 1 / 3 }'
    run -5 --separate-stderr hosted sh -c 'sh -c "exit 5"'
    [ -z "$output$stderr" ]
}

@test "I2V_DISABLE=1 is a complete pass-through" {
    export I2V_DISABLE=1
    same 0 ffmpeg -hide_banner -demuxers
    same 0 ffmpeg -hide_banner -h demuxer=i2v
    same_error fails ffmpeg -v error -f i2v -prompt x -i y -f null -
    same_error fails ffprobe -v error "i2v:y?prompt=x"
    same 0 "$BUILT/shim-load" "i2v:x" "$BUILT/module.so"
    export I2V_DISABLE=0
    hosted ffmpeg -hide_banner -demuxers | grep -q ' i2v '
}
