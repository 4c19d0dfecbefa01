# i2v: clips that are not as usual and play: delivered, with a line that says what; and
# files that the server itself has broken
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# The file that the stand-in serves of its newest job.
served_as() { # kind
    echo "$(dirname "$GATEWAY_LOG")/state/$1-$(state ".jobs | length").mp4"
}

# The clip of a request that is taken as this kind is fetched as it is.
fetched() { # kind, option...
    local kind=$1
    shift
    set_faults "create 1 clip $kind"
    works fetch --prompt "$kind" --duration 4 "$@" still.png
    cmp "$(served_as "$kind")" "$output"
}

@test "whatever plays is delivered as it is, with one warning that says what is odd" {
    local kind
    while IFS='|' read -r kind words; do
        fetched "$kind"
        same 1 "$(grep -c 'is unusual' <<<"$stderr")"
        says_in_one "The clip is unusual" "$words"
        # Served again it is said again, and nothing is asked.
        mark
        works fetch --prompt "$kind" --duration 4 still.png
        says_in_one "The clip is unusual" "$words"
        expect_requests 0
    done <<'END'
cover-art|it has cover art
trailing-bytes|29 bytes lie behind its last box
mov|it is a QuickTime file, not an MP4
webm|its container is Matroska / WebM, not MP4
END
    for kind in timed-metadata other moovend; do
        fetched $kind
        says_not unusual
    done
}

@test "the warning is a warning: at -v error all of them are silent" {
    whole_only
    local kind
    for kind in cover-art trailing-bytes mov webm; do
        set_faults "create 1 clip $kind"
        works fetch -v error --prompt "quiet $kind" --duration 4 still.png
        same "" "$stderr"
    done
}

@test "a WebM in the way of an MP4: packets, seeking, tags, a graph, a saved file" {
    whole_only
    local clip
    fetched webm --save saved.webm
    clip=$output
    cmp "$clip" saved.webm
    same "its container is Matroska / WebM, not MP4" "$(jq -r .clip.unusual saved.i2v.json)"
    works ff -f i2v -prompt webm -duration 4 -i still.png -c copy out.mkv
    diff <(packets "$clip" | cut -d, -f1,6 | sort) <(packets out.mkv | cut -d, -f1,6 | sort)
    same vp8 "$(ffprobe -v error -select_streams v -show_entries stream=codec_name -of csv=p=0 out.mkv)"
    works "$BIN/i2v" ffprobe -v error -f i2v -prompt webm -duration 4 -show_entries \
        format_tags=generation_id:format=format_name -of csv=p=0 still.png
    grep -F "matroska" <<<"$output"
    grep -F "$(last_job .id)" <<<"$output"
    works ff -ss 2 -f i2v -prompt webm -duration 4 -i still.png -frames:v 1 seek.png
    works ff -filter_complex "i2v=still.png:prompt=webm:duration=4:s=dv+da[v][a]" -map "[v]" -map "[a]" out.mp4
    same 120 "$(frames_of out.mp4)"
    expect_creates 1
}

@test "a WebM without sound is given a silent track" {
    whole_only
    ffmpeg -v error -nostdin -f lavfi -i testsrc=s=1280x720:r=30:d=4 -c:v libx264 -preset ultrafast \
        -pix_fmt yuv420p mute.mkv
    set_faults "download * file $PWD/mute.mkv"
    works ff -f i2v -prompt mute -duration 4 -silence 1 -i still.png -c copy out.mp4
    same "h264 aac" "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 out.mp4 | tr '\n' ' ' | sed 's/ $//')"
    same 120 "$(frames_of out.mp4)"
}

@test "other containers that FFmpeg reads, and an MP4 with a picture and a data track, made by ffmpeg itself" {
    whole_only
    local file
    set_faults ""
    ffmpeg -v error -nostdin -f lavfi -i testsrc=s=1280x720:r=30:d=4 -f lavfi -i sine=d=4 -c:v libx264 \
        -preset ultrafast -pix_fmt yuv420p -c:a aac a.mp4
    ffmpeg -v error -nostdin -i a.mp4 -c copy a.ts
    ffmpeg -v error -nostdin -i a.mp4 -c copy a.mkv
    ffmpeg -v error -nostdin -i a.mp4 -c:v mpeg4 -c:a mp2 a.avi
    ffmpeg -v error -nostdin -i a.mp4 -map 0 -map 0:v -c copy -c:v:1 mjpeg -pix_fmt:v:1 yuvj420p -filter:v:1 trim=end_frame=1 \
        -disposition:v:1 attached_pic -timecode 00:00:00:00 -write_tmcd 1 both.mp4
    for file in a.ts a.mkv a.avi both.mp4; do
        set_faults "download * file $PWD/$file"
        works fetch --prompt "$file" --duration 4 still.png
        cmp $file "$output"
        same 1 "$(grep -c 'is unusual' <<<"$stderr")"
        works ff -v error -f i2v -prompt "$file" -duration 4 -i still.png -map 0:v:0 -map 0:a -c copy out.mkv
        same 120 "$(frames_of out.mkv)"
    done
}

@test "broken at the server: kept beside, told by the server's name, bought once; mended, it is fetched" {
    local kept before
    before=$(count download)
    set_faults "create 1 clip beyond-end"
    ends_with 75 fetch --prompt broken --duration 4 still.png
    kept=$(echo "$I2V_STORE"/*.broken.mp4)
    says_in_one "The server's file is broken: samples lie beyond its end" "$kept" "$(last_job .id)" "buys nothing"
    cmp "$(served_as beyond-end)" "$kept"
    same 2 "$(($(count download) - before))"
    no_clip
    # Never served, and pruned with its key alone.
    ends_with 75 fetch --prompt broken --duration 4 --max_wait 0 still.png
    [ -e "$kept" ]
    set_faults "download * clip whole"
    works fetch --prompt broken --duration 4 still.png
    expect_creates 1
    [ ! -e "$kept" ]
}

@test "damaged in another way each time: not the server's file, and nothing is kept" {
    set_faults "download 1 clip damaged-half" "download 2 clip damaged-tail" "download 3 clip garbage"
    ends_with 75 fetch --prompt otherwise --duration 4 still.png
    says_in_one "arrives damaged" "$(last_job .id)" "buys nothing"
    ! compgen -G "$I2V_STORE/*.broken.mp4" || return 1
    set_faults ""
    works fetch --prompt otherwise --duration 4 still.png
    expect_creates 1
}

@test "a clip that a power cut has turned to zeros is not served, whatever its size and time say" {
    local clip
    works fetch --prompt zeros --duration 4 still.png
    clip=$output
    cp -p "$clip" before
    head -c "$(stat -c %s "$clip")" /dev/zero >zeros
    cat zeros >"$clip"
    touch -r before "$clip"
    works fetch --prompt zeros --duration 4 still.png
    cmp before "$clip"
    says_in_one "is damaged" "fetched again"
    expect_creates 1
}

@test "gzip that nobody asked for, at the create call and the polls" {
    set_faults "create * coded gzip" "poll * coded gzip" "models * coded gzip"
    works fetch --prompt coded --duration 4 still.png
    says_not "asking again" "usage log"
    expect_creates 1
}

@test "URLs as the web has them" {
    whole_only
    local form
    for form in space utf8 brackets quotes percent encoded upper white fragment scheme-relative absolute relative; do
        set_faults "poll * odd-url $form"
        works fetch --prompt "url $form" --duration 4 still.png
        says_not "going on"
    done
    same false "$(state .key_at_cdn)"
}

@test "a last box that says it is longer than the file, which has every sample" {
    local at
    works fetch --prompt short --duration 4 still.png
    cp "$output" long.mp4
    at=$(($(grep -abo mdat long.mp4 | head -n 1 | cut -d : -f 1) - 4))
    printf '\177' | dd of=long.mp4 bs=1 seek=$at conv=notrunc status=none
    set_faults "download * file $PWD/long.mp4"
    works fetch --prompt long --duration 4 still.png
    says_in_one "The clip is unusual" "longer than it is"
    cmp long.mp4 "$output"
}
