# i2v: the source filters i2v and ai2v in the graphs of ffmpeg, ffprobe and ffplay
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
}
teardown_file() { stop_gateway; }
setup() { common_setup; }

# Every frame of a graph's outputs, decoded.
frames() { # graph, option...
    local graph=$1
    shift
    "$BIN/i2v" ffmpeg -v error -nostdin -filter_complex "$graph" "$@" -f framemd5 - |
        grep -v '^#'
}

# The same with FFmpeg's own sources on the clip that the store has.
plain_frames() { # graph with CLIP, option...
    local graph=${1//CLIP/$(store_clip)}
    shift
    ffmpeg -v error -nostdin -filter_complex "$graph" "$@" -f framemd5 - | grep -v '^#'
}

@test "picture and sound of one filter, by its labels" {
    works ff -filter_complex "i2v=still.png:prompt='Rain, then sun':duration=4:s=dv+da[v][a]" \
        -map '[v]' -map '[a]' -c:v libx264 -preset ultrafast -c:a aac out.mkv
    same 120 "$(frames_of out.mkv)"
    same "Rain, then sun" "$(last_job .prompt)"
    same 4 "$(last_job .fields.duration)"
    same 2 "$(ffprobe -v error -show_entries stream=index -of csv=p=0 out.mkv | wc -l)"
    expect_creates 1
    says "Accepted as generation $(last_job .id)"
}

@test "what comes out is what movie and amovie make of the clip, frame by frame" {
    frames "i2v=still.png:prompt=a:duration=4:s=dv+da[v][a]" -map '[v]' -map '[a]' >ours
    plain_frames "movie=CLIP:s=dv+da[v][a]" -map '[v]' -map '[a]' >theirs
    cmp ours theirs
    frames "i2v=still.png:prompt=a:duration=4:loop=2,setpts=N/30/TB[v];ai2v=still.png:prompt=a:duration=4[a]" \
        -map '[v]' -map '[a]' >ours
    plain_frames "movie=CLIP:loop=2,setpts=N/30/TB[v];amovie=CLIP[a]" -map '[v]' -map '[a]' >theirs
    cmp ours theirs
    same 240 "$(grep -c '^0,' ours)"
    frames "i2v=still.png:prompt=a:duration=4:seek_point=2[v]" -map '[v]' >ours
    plain_frames "movie=CLIP:sp=2[v]" -map '[v]' >theirs
    cmp ours theirs
    expect_creates 1
}

@test "picture from one filter, sound from another: one generation" {
    whole_only
    works ff -filter_complex "i2v=still.png:prompt=both:duration=4[v];ai2v@sound=still.png:duration=4:prompt=both[a]" \
        -map '[v]' -map '[a]' -c:v libx264 -preset ultrafast -c:a aac out.mkv
    same 120 "$(frames_of out.mkv)"
    expect_creates 1
    same 1 "$(last_job .downloads)"
}

@test "encoders that take sound in small pieces" {
    whole_only
    local graph codec
    some 3 libvorbis libopus ac3
    for codec in "${SOME[@]}"; do
        for graph in "i2v=still.png:prompt=s:duration=4:s=dv+da[v][a]" \
            "i2v=still.png:prompt=s:duration=4,scale=64:36[v];ai2v=still.png:prompt=s:duration=4[a]"; do
            works ff -filter_complex "$graph" -map '[v]' -map '[a]' -c:v libx264 -preset ultrafast \
                -c:a $codec out.mkv
            same "video audio" "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 out.mkv | paste -sd' ')"
        done
    done
    # outputs without labels keep their order
    works ff -filter_complex "i2v=still.png:prompt=s:duration=4:s=dv+da" -c:v libx264 -preset ultrafast -c:a aac out.mkv
    same "video audio" "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 out.mkv | paste -sd' ')"
    expect_creates 1
}

@test "-f lavfi: ffmpeg, ffprobe and ffplay" {
    works ff -f lavfi -i "i2v=still.png:prompt='Waves':duration=4" -c:v libx264 -preset ultrafast out.mkv
    same 120 "$(frames_of out.mkv)"
    works "$BIN/i2v" ffprobe -v error -f lavfi -i "i2v=still.png:prompt='Waves':duration=4:s=dv+da[out0][out1]" \
        -show_entries stream=codec_type -of csv=p=0
    same "video audio" "$(echo $output)"
    # not in each package of ffmpeg
    ! command -v ffplay || SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy works "$BIN/i2v" ffplay -v warning -nodisp -autoexit -f lavfi \
        -i "i2v=still.png:prompt='Waves':duration=4"
    expect_creates 1
}

@test "a clip is continued from its own last frame" {
    whole_only
    works ff -f i2v -prompt first -duration 4 -i still.png -c copy clip.mp4
    works ff -i clip.mp4 -filter_complex \
        "i2v=clip.mp4:image_time=end:prompt='It goes on':duration=4:s=dv+da[v1][a1];[0:v][0:a][v1][a1]concat=n=2:v=1:a=1[v][a]" \
        -map '[v]' -map '[a]' -c:v libx264 -preset ultrafast -c:a aac longer.mp4
    same 240 "$(frames_of longer.mp4)"
    expect_creates 2
}

@test "the prompt arrives as FFmpeg's own filters would get it" {
    works ff -filter_complex "i2v=still.png:duration=4:prompt='A, [b]; c\\: d'[v]" -map '[v]' -frames:v 1 -f null -
    same 'A, [b]; c: d' "$(last_job .prompt)"
    works ff -filter_complex "i2v=still.png:duration=4:prompt='It'\\\\\\''s'[v]" -map '[v]' -frames:v 1 -f null -
    same "It's" "$(last_job .prompt)"
    works ff -filter_complex $'sws_flags=bicubic;\n i2v = still.png : duration=4 : prompt=two\\ words \n[v];\n[v] scale=64:36 , null [w]' \
        -map '[w]' -frames:v 1 -f null -
    same 'two words' "$(last_job .prompt)"
}

@test "a file of a nasty name is a still, and a nasty store holds its clip" {
    whole_only
    export I2V_STORE="$PWD/it's; a [store], of \"clips\": 100%"
    cp still.png "it's a [still], 5;30.png"
    works ff -filter_complex "i2v='it'\\\\\\''s a [still], 5;30.png':prompt=x:duration=4[v]" -map '[v]' \
        -c:v libx264 -preset ultrafast out.mkv
    same 120 "$(frames_of out.mkv)"
    expect_creates 1
}

@test "from a script" {
    whole_only
    printf 'i2v@shot1=still.png\n:prompt=from a script:duration=4\n[v];\n[v]null[w]\n' >graph
    works ff "$(graph_file)" graph -map '[w]' -frames:v 3 -f null -
    same 'from a script' "$(last_job .prompt)"
    expect_creates 1
}

@test "a graph that is parsed again and again: one generation, also of a still from stdin" {
    # its other input changes size twice, so the graph is made anew
    ffmpeg -v error -nostdin -y -f lavfi -i color=red:s=64x36:d=0.2 -c:v mjpeg -f mjpeg one
    ffmpeg -v error -nostdin -y -f lavfi -i color=blue:s=128x72:d=0.2 -c:v mjpeg -f mjpeg two
    cat one two one >sizes.mjpeg
    run --separate-stderr sh -c 'cat still.png | "$0" ffmpeg -hide_banner -y -f mjpeg -i sizes.mjpeg \
        -filter_complex "i2v=-:prompt=again:duration=4[b];[0:v]scale=1280:720[a];[a][b]overlay=shortest=1[v]" \
        -map "[v]" -f null -' "$BIN/i2v"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    expect_creates 1
    same 1 "$(last_job .downloads)"
    # said once, however often the graph is parsed
    same 1 "$(grep -c 'again' <<<"$(grep openai/ <<<"$stderr")")"
}

@test "a still that changes between two parses: one generation" {
    ffmpeg -v error -nostdin -y -i still.png -vf hflip other.png
    ffmpeg -v error -nostdin -y -f lavfi -i color=red:s=64x36:d=2:r=5 -c:v mjpeg -f mjpeg one
    set_faults "poll 1-3 shape waiting"
    begin "$BIN/i2v" ffmpeg -nostdin -v info -y -f mjpeg -i one \
        -filter_complex "i2v=still.png:prompt=changes:duration=4[b];[0:v]scale=1280:720[a];[a][b]overlay=shortest=1[v]" \
        -map '[v]' -f null -
    until_true took 1
    cp --remove-destination other.png still.png
    wait "$PID"
    expect_creates 1
}

@test "what is wrong with a graph is said of i2v, and nothing is sent" {
    local graph
    while IFS='|' read -r graph said; do
        refused ff -filter_complex "$graph" -map '[v]' -f null -
        says "$said"
        says_not movie
    done <<'END'
i2v=still.png:prompt=x:nonsense=1[v]|nonsense
i2v=still.png:prompt='x[v]|Quote
i2v=still.png:prompt=x:duration=5[v]|duration
i2v=still.png:duration=4[v]|prompt
i2v=missing.png:prompt=x[v]|missing.png
i2v=still.png:prompt=x:s=nonsense[v]|nonsense
i2v=still.png:prompt=x:loop=many[v]|loop
i2v=still.png:prompt=x:base_url=http\\://127.0.0.1\\:1[v]|base_url
i2v=still.png:prompt=x:save=/tmp/x.mp4[v]|save
i2v=still.png:prompt_file=still.png[v]|prompt_file
i2v=still.png:params=@still.png:prompt=x[v]|params
i2v=still.png:prompt=x,nosuchfilter[v]|nosuchfilter
i2v=still.png:prompt=x[v|Mismatched
i2v=still.png:other.png:prompt=x[v]|other.png
END
    expect_requests 0
}

@test "I2V_DEFAULTS bounds what a graph may spend" {
    whole_only
    export I2V_DEFAULTS=$I2V_DEFAULTS:reuse=only
    refused ff -filter_complex "i2v=still.png:prompt=x:duration=4:reuse=any[v]" -map '[v]' -f null -
    says reuse I2V_DEFAULTS
    refused ff -filter_complex "i2v=still.png:prompt=x:duration=4[v]" -map '[v]' -f null -
    expect_requests 0
}

@test "a dry run and a fallback become the filter's input" {
    whole_only
    works ff -filter_complex "i2v=still.png:prompt=x:duration=4:dry_run=1[v]" -map '[v]' \
        -c:v libx264 -preset ultrafast out.mkv
    same 120 "$(frames_of out.mkv)"
    expect_creates 0
    set_faults "create 1 fail content_policy no"
    works ff -filter_complex "i2v=still.png:prompt=falls:duration=4:fallback=still[v]" -map '[v]' -f null -
    says "fallback=still"
    expect_creates 1
}

@test "a failure is shared: one create, one sentence, and ffmpeg's status is not 0" {
    set_faults "create 1 fail content_policy no"
    refused ff -filter_complex "i2v=still.png:prompt=y:duration=4[v];ai2v=still.png:prompt=y:duration=4[a]" \
        -map '[v]' -map '[a]' -f null -
    expect_creates 1
    same 1 "$(grep -c content_policy <<<"$stderr")"
}

@test "-filters and -h filter=" {
    hosted_only
    whole_only
    works "$BIN/i2v" ffmpeg -v error -filters
    grep -Eq '^ \.\.\.? +i2v +\|->N ' <<<"$output"
    grep -Eq '^ \.\.\.? +ai2v +\|->N ' <<<"$output"
    same 2 "$(grep -cE '^ ...? +a?i2v ' <<<"$output")"
    # and all of FFmpeg's own
    diff <(ffmpeg -v error -filters) <(grep -vE '^ ...? +a?i2v ' <<<"$output")
    local filter
    for filter in i2v ai2v; do
        works "$BIN/i2v" ffmpeg -v error -h filter=$filter
        grep -q "^Filter $filter" <<<"$output"
        grep -q "^$filter AVOptions:" <<<"$output"
        local option
        for option in image prompt model duration streams loop seek_point discontinuity take; do
            grep -Eq "^ +$option +<" <<<"$output" || { echo "no $option"; return 1; }
        done
        for option in base_url api_key_file save store prompt_file ca_file; do
            ! grep -Eq "^ +$option +<" <<<"$output" || { echo "$option is there"; return 1; }
        done
        # the still is the first
        grep -A1 AVOptions <<<"$output" | grep -q ' image '
    done
    diff <(ffmpeg -v error -h filter=scale) <("$BIN/i2v" ffmpeg -v error -h filter=scale)
    expect_requests 0
}

@test "without i2v in it a graph is FFmpeg's own, and with I2V_DISABLE every one" {
    local graph
    for graph in 'testsrc=d=1:s=64x36,drawbox=t=1[v]' 'color=red:s=64x36:d=1[i2v];[i2v]negate[v]' \
        "testsrc=d=1:s=64x36,metadata=add:key=i2v:value='i2v=still.png'[v]"; do
        cmp <(frames "$graph" -map '[v]') \
            <(ffmpeg -v error -nostdin -filter_complex "$graph" -map '[v]' -f framemd5 - | grep -v '^#')
    done
    I2V_DISABLE=1 refused ff -filter_complex "i2v=still.png:prompt=x[v]" -map '[v]' -f null -
    # 7 and later read the options first, without those of a filter that they know
    grep -qE "No such filter: 'i2v'|No option name near 'still.png" <<<"$stderr"
    expect_requests 0
}
