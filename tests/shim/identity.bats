# i2v: programs are the same with the shim as without, where i2v is not asked for
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

setup_file() {
    load helper
    make_clip
    listing_options >"$BATS_FILE_TMPDIR/lists"
}

# The options that ffmpeg's own help has for its lists, whatever version it is.
listing_options() {
    ffmpeg -hide_banner -h long 2>/dev/null | awk '
        /^[^ -].*:$/ { wanted = /information/ && /capabilities/ }
        wanted && /^-[A-Za-z]/ { print $1 }' | sort -u
}

# What lists demuxers or filters has lines more, see below.
is_hosted_list() { # option
    case $1 in
    -demuxers | -formats | -filters) [ "${I2V_DISABLE:-0}" = 0 ] ;;
    *) false ;;
    esac
}

same_lists() { # program, which of them without I2V_ALL=1
    local option

    for option in $(sample 8 "$2" <"$BATS_FILE_TMPDIR/lists"); do
        is_hosted_list "$option" || same_error any "$1" -hide_banner "$option"
    done
}

@test "the options for lists are those of ffmpeg's help" {
    for option in -L -version -buildconf -formats -demuxers -muxers -devices -codecs \
        -decoders -encoders -bsfs -protocols -filters -pix_fmts -layouts -sample_fmts -colors \
        -sources -sinks -hwaccels; do
        grep -qx -e "$option" "$BATS_FILE_TMPDIR/lists"
    done
}

@test "every list of ffmpeg" {
    same_lists ffmpeg 0
}

@test "every list of ffprobe" {
    same_lists ffprobe 1
}

@test "every list of ffplay" {
    command -v ffplay || skip "ffplay is not installed"
    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy same_lists ffplay 2
}

@test "what ffmpeg, ffprobe and ffplay explain" {
    local program what part=0
    for program in ffmpeg ffprobe ffplay; do
        command -v $program || continue
        while read -r what; do
            # shellcheck disable=SC2086
            same_error any $program -hide_banner $what </dev/null
        done < <(sample 6 $part <<'END'
-sources lavfi
-sinks sdl
-h full
-h long
-h demuxer=mov
-h demuxer=nothing
-h muxer=mp4
-h decoder=h264
-h encoder=mpeg4
-h filter=scale
-h bsf=null
-h protocol=http
END
        )
        same_error fails $program -hide_banner -nonsense
        part=$((part + 1))
    done
    same 0 ffprobe -v error -sections
    same 0 ffprobe -v error -show_versions -of json
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

transcodes() { # which of them without I2V_ALL=1
    local clip=$I2V_STUB_CLIP
    SEEN=$1
    local md5="-flags bitexact -f framemd5 -"

    cd "$BATS_TEST_TMPDIR"
    printf "ffconcat version 1.0\nfile '%s'\nfile '%s'\n" "$clip" "$clip" >list
    head -c 3000 "$clip" >cut.mp4
    echo nothing >text.mp4
    # shellcheck disable=SC2086
    {
        sampled same_error 0 ffmpeg -v error -f lavfi -i testsrc=d=1 $md5
        sampled same_error 0 ffmpeg -v error -f lavfi -i "testsrc=d=1[out0];sine=d=1[out1]" $md5
        sampled same_error 0 ffmpeg -v error -f lavfi -i "movie=$clip" $md5
        sampled same_error 0 ffmpeg -v error -i "$clip" -c copy $md5
        sampled same_error 0 ffmpeg -v error -ss 0.5 -i "$clip" -vf scale=32:24 $md5
        sampled same_error 0 ffmpeg -v error -f mov -i "$clip" -f mov -i "$clip" \
            -filter_complex '[0:v][1:v]hstack' $md5
        sampled same_error 0 ffmpeg -v error -i "$clip" -f lavfi -i sine=d=1 -map 0:v -map 1:a $md5
        sampled same_error 0 sh -c "ffmpeg -v error -i '$clip' -c:v mpeg2video -f mpegts - |
            ffmpeg -v error -f mpegts -i - $md5"
        sampled same_error 0 ffmpeg -v error -safe 0 -f concat -i list -c copy $md5
        sampled same_error 0 sh -c "ffmpeg -v error -y -i '$clip' -c:v mpeg2video -bitexact -f hls \
            -hls_time 0.3 -hls_segment_filename 's%d.ts' list.m3u8 && cat list.m3u8 s*.ts | cksum &&
            ffmpeg -v error -i list.m3u8 $md5"
        sampled same_error 0 sh -c "ffmpeg -v error -y -i '$clip' -c copy -bitexact -f segment \
            -segment_time 0.3 'seg%d.nut' && cat seg*.nut | cksum"
        sampled same_error fails ffmpeg -v error -i none.mp4 $md5
        sampled same_error fails ffmpeg -v error -i text.mp4 $md5
        sampled same_error fails ffmpeg -v error -i "$clip" -i none.mp4 $md5
        sampled same_error fails ffmpeg -v error -i "$clip" -vf nothing $md5
        sampled same_error fails ffmpeg -v error -i "$clip" -c:v nothing out.mp4
        sampled same_error any ffmpeg -v error -i cut.mp4 $md5
        sampled same_error any ffmpeg -v error -xerror -err_detect explode -i cut.mp4 $md5
    }
    sampled same_error 0 ffprobe -v error -show_streams -show_packets -of json "$clip"
    sampled same_error fails ffprobe -v error none.mp4
}

@test "transcodes" {
    transcodes 0
}

@test "transcodes with I2V_DISABLE=1" {
    I2V_DISABLE=1 transcodes 1
}

@test "ffplay plays what it is given" {
    command -v ffplay || skip "ffplay is not installed"
    export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy SDL_RENDER_DRIVER=software
    same 0 timeout 60 ffplay -v error -autoexit "$I2V_STUB_CLIP"
    same_error any timeout 60 ffplay -v error -autoexit none.mp4
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

@test "a child gets one file more, and no library" {
    for program in sh bash; do
        diff <(LD_TRACE_LOADED_OBJECTS=1 $program | sed 's/ (0x.*//' | sort) \
            <(LD_TRACE_LOADED_OBJECTS=1 hosted $program | sed 's/ (0x.*//' | sort) \
            >"$BATS_TEST_TMPDIR/diff" && return 1
        grep -v '^> .*libdl\.so\.2 ' "$BATS_TEST_TMPDIR/diff" | grep '^[<>]' \
            >"$BATS_TEST_TMPDIR/more"
        cat "$BATS_TEST_TMPDIR/more"
        diff <(printf '> \t%s\n' "$SHIM") "$BATS_TEST_TMPDIR/more"
    done
}

@test "I2V_DISABLE=1 is a complete pass-through" {
    export I2V_DISABLE=1
    same_lists ffmpeg 3
    same_lists ffprobe 0
    same 0 ffmpeg -hide_banner -h demuxer=i2v
    same_error fails ffmpeg -v error -f i2v -prompt x -i y -f null -
    same_error fails ffprobe -v error "i2v:y?prompt=x"
    same 0 "$BUILT/shim-load" "i2v:x" "$BUILT/module.so"
    export I2V_DISABLE=0
    hosted ffmpeg -hide_banner -demuxers | grep -q ' i2v '
}
