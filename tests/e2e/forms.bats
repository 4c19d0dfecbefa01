# i2v: the ways to name a generation, and what FFmpeg may do with it
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)

# The same command line on the hosted input and on the gateway's own file.
same_as_file() { # label, input option... -- output option...
    local input=() label=$1
    shift
    while [ "$1" != -- ]; do
        input+=("$1")
        shift
    done
    shift
    ff -v error "${input[@]}" "${REQUEST[@]}" -i still.png "$@" -f framemd5 hosted.md5
    ffmpeg -v error -nostdin -y "${input[@]}" -i whole.mp4 "$@" -f framemd5 plain.md5
    [ "$(grep -vc '^#' plain.md5)" -gt 3 ] || { echo "$label: nothing to compare"; return 1; }
    diff plain.md5 hosted.md5 || { echo "$label differs"; return 1; }
}

@test "-c copy gives the packets of the MP4 that the gateway holds" {
    works ff "${REQUEST[@]}" -i still.png -c copy out.mp4
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
    diff <(packets whole.mp4) <(packets out.mp4)
    ff -v error "${REQUEST[@]}" -i still.png -map 0 -c copy -f framemd5 direct.md5
    diff <(packets whole.mp4) <(grep -v '^#' direct.md5)
    same 120 "$(frames_of out.mp4)"
    same 1280x720 "$(size_of out.mp4)"
    expect_creates 1
}

@test "the clip shows the still that was sent" {
    works ff "${REQUEST[@]}" -i still.png -c copy out.mp4
    colour_at out.mp4 20 20 red
    colour_at out.mp4 1200 20 lime
    colour_at out.mp4 20 700 blue
    colour_at out.mp4 1200 700 white
}

@test "filters and encoders work on it" {
    whole_only
    works ff "${REQUEST[@]}" -i still.png -vf hflip,scale=320:180 -af volume=0.5 \
        -c:v libx264 -preset ultrafast -c:a aac out.mkv
    same 320x180 "$(size_of out.mkv)"
    same 120 "$(frames_of out.mkv)"
    colour_at out.mkv 10 10 lime
    colour_at out.mkv 300 170 blue
    same aac "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 out.mkv)"
}

@test "-ss, -sseof, -t, -to, -stream_loop, -itsoffset, -re and -map act as on the file" {
    works ff -v error "${REQUEST[@]}" -i still.png -t 0.1 -f null -
    gateway_clip whole.mp4
    same_as_file "-ss" -ss 1.3 -- -vf scale=64:36
    same_as_file "-ss -t" -ss 2 -t 1 -- -vf scale=64:36
    same_as_file "-to" -to 0.7 -- -c copy
    same_as_file "-sseof" -sseof -0.5 -- -c copy
    same_as_file "-stream_loop" -stream_loop 1 -- -c copy
    same_as_file "-itsoffset" -itsoffset 1 -- -t 2 -c copy
    same_as_file "-re" -re -- -t 0.4 -c copy
    same_as_file "-ss of the output" -- -ss 1 -t 1 -vf scale=64:36
    same_as_file "-map 0:a" -- -map 0:a
    same_as_file "-map 0:a of it" -- -map 0:a -map 0:v -c copy
    expect_creates 1
}

@test "-stream_loop 1 is twice as long" {
    whole_only
    works ff -stream_loop 1 "${REQUEST[@]}" -i still.png -an -c copy out.mkv
    same 240 "$(frames_of out.mkv)"
}

@test "two inputs are two generations in one command" {
    whole_only
    works ff "${REQUEST[@]}" -i still.png -f i2v -prompt "He waves" -duration 4 -i still.png \
        -filter_complex "[0:v]scale=64:36[a];[1:v]scale=64:36,hflip[b];[a][b]hstack[v]" \
        -map "[v]" -c:v ffv1 out.mkv
    same 128x36 "$(size_of out.mkv)"
    same 120 "$(frames_of out.mkv)"
    colour_at out.mkv 10 4 red
    colour_at out.mkv 74 4 lime
    expect_creates 2
    same "He waves
She turns around and smiles" "$(state '.jobs[-2:] | map(.prompt) | sort | .[]')"
}

@test "one request named twice in a command is one generation" {
    works ff "${REQUEST[@]}" -i still.png "${REQUEST[@]}" -i still.png -map 0:v -map 1:a -c copy out.mp4
    expect_creates 1
}

@test "options of one input do not reach the next" {
    whole_only
    ffmpeg -v error -i still.png -vf hflip other.png
    works ff -f i2v -prompt "He waves" -duration 4 -i still.png -i other.png \
        -filter_complex "[0:v]scale=64:36[a];[1:v]scale=64:36[b];[a][b]hstack=shortest=1[v]" \
        -map "[v]" -frames:v 1 out.png
    expect_creates 1
}

@test "the i2v: URL" {
    works ff -i "i2v:still.png?prompt=She+turns%20around+and+smiles&duration=4" -c copy out.mp4
    same "She turns around and smiles" "$(last_job .prompt)"
    same 4 "$(last_job .fields.duration)"
    gateway_clip whole.mp4
    diff <(packets whole.mp4) <(packets out.mp4)
}

@test "the i2v: URL under -f i2v, and options beside it" {
    works ff -f i2v -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4" -c copy out.mp4
    works ff -f i2v -duration 4 -i "i2v:still.png?prompt=She+turns+around+and+smiles" -c copy out2.mp4
    cmp out.mp4 out2.mp4
    expect_creates 1
}

@test "every form names the same request" {
    local clip
    works ff "${REQUEST[@]}" -i still.png -c copy out.mp4
    works ff -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4" -t 0.1 -f null -
    works ff -f i2v -image still.png -prompt "She turns around and smiles" -duration 4 -i i2v: -t 0.1 -f null -
    works ff -i "i2v:?image=still.png&prompt=She+turns+around+and+smiles&duration=4" -t 0.1 -f null -
    works ff -f i2v -prompt "She turns around and smiles" -duration 4 -aspect_ratio 16/9 \
        -resolution 720p -model sora-2-i2v -i "$PWD/still.png" -t 0.1 -f null -
    works "$BIN/i2v" ffprobe -v error -f i2v -prompt "She turns around and smiles" -duration 4 still.png
    works fetch --prompt "She turns around and smiles" --duration 4 still.png
    same "$(store_clip)" "$output"
    expect_creates 1
}

# Send a prompt in every form, each to a store of its own, and see it arrive.
arrives() { # prompt
    local prompt=$1 encoded plus n=0
    encoded=$(uri "$prompt")
    plus=${encoded//%20/+}
    printf %s "$prompt" >expected
    printf '%s\n' "$prompt" >prompt.txt

    arrived() { # form
        n=$((n + 1))
        expect_creates $n || { echo "form: $1"; return 1; }
        last_job .prompt | jq -sRj '.[:-1]' >arrived
        cmp expected arrived || { echo "form: $1"; cat arrived; return 1; }
        I2V_STORE=$BATS_TEST_TMPDIR/store-$n
    }
    works ff -v error -f i2v -prompt "$prompt" -duration 4 -i still.png -t 0.1 -f null -
    arrived -prompt
    works ff -v error -i "i2v:still.png?prompt=$encoded&duration=4" -t 0.1 -f null -
    arrived URL
    works ff -v error -i "i2v:still.png?prompt=$plus&duration=4" -t 0.1 -f null -
    arrived "URL with +"
    works ff -v error -f i2v -i "i2v:still.png?duration=4&prompt=$encoded" -t 0.1 -f null -
    arrived "URL under -f i2v"
    works ff -v error -f i2v -prompt_file prompt.txt -duration 4 -i still.png -t 0.1 -f null -
    arrived prompt_file
    works "$BIN/i2v" ffprobe -v error -f i2v -prompt "$prompt" -duration 4 still.png
    arrived ffprobe
    works fetch --prompt "$prompt" --duration 4 still.png
    arrived "i2vctl --prompt"
    works fetch --prompt="$prompt" --duration=4 still.png
    arrived "i2vctl --prompt="
    works fetch "i2v:still.png?prompt=$encoded&duration=4"
    arrived "i2vctl URL"
}

@test "a prompt with every kind of character arrives as it was typed" {
    arrives "He said: \"it's 100% fine\" & left; a=b:c\\d, [v] {x} #1? <b> 5+5 %41 @t | ünïcödé 日本 🎬 $(printf 'a\tb\nc')"
}

@test "a prompt of 2000 characters arrives whole" {
    whole_only
    local prompt
    prompt=$(printf 'The cämera: 100%% "slow"; %.0s' {1..90})
    arrives "${prompt:0:1999}!"
}

@test "a prompt that looks like something else is only a prompt" {
    whole_only
    local prompt
    for prompt in "-y" "@prompt.txt" "i2v:x?take=2" "%25" "null" "a=1:b=2"; do
        I2V_STORE=$BATS_TEST_TMPDIR/store-$prompt
        I2V_STORE=${I2V_STORE//[^a-zA-Z0-9\/]/_}
        works ff -v error -f i2v -prompt "$prompt" -duration 4 -max_wait 60 -i still.png -t 0.1 -f null -
        same "$prompt" "$(last_job .prompt)"
    done
}

@test "ffprobe -f i2v shows the streams of the clip" {
    works "$BIN/i2v" ffprobe -v error "${REQUEST[@]}" -show_entries stream=codec_name,width,height,nb_frames \
        -show_entries format=duration -of compact=p=0 still.png
    grep -q 'codec_name=h264|width=1280|height=720|nb_frames=120' <<<"$output"
    grep -q 'codec_name=aac' <<<"$output"
    grep -q 'duration=4.0' <<<"$output"
}

@test "ffprobe takes the URL" {
    whole_only
    works "$BIN/i2v" ffprobe -v error -show_entries stream=codec_name -of csv=p=0 \
        -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4"
    same "h264
aac" "$output"
}

@test "-h demuxer=i2v lists every option" {
    local option
    works "$BIN/i2v" ffmpeg -hide_banner -h demuxer=i2v
    for option in prompt prompt_file image image_time model resolution aspect_ratio duration params \
        fit fit_position take reuse max_wait poll_interval save api_key_file base_url ca_file store; do
        grep -Eq "^ +-?$option +<" <<<"$output" || { echo "no $option in $output"; return 1; }
    done
    same 32 "$(grep -Ec '^ +-[a-z_]+ +<' <<<"$output")"
    expect_requests 0
}

@test "-demuxers lists i2v, beside all others" {
    hosted_only
    works "$BIN/i2v" ffmpeg -hide_banner -demuxers
    same 1 "$(grep -Ec '^ D[ d]+ i2v ' <<<"$output")"
    same "$(($(ffmpeg -hide_banner -demuxers 2>/dev/null | wc -l) + 1))" "$(wc -l <<<"$output")"
}

@test "the same option twice: equal is fine" {
    whole_only
    works ff -f i2v -prompt "She turns around and smiles" -duration 4 -image still.png \
        -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4" -c copy out.mp4
    works ff -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4&duration=4" -c copy out.mp4
    expect_creates 1
}

@test "the same option twice: different is an error that names it" {
    refused ff -f i2v -duration 8 -i "i2v:still.png?prompt=a&duration=4" -c copy out.mp4
    says_in_one duration twice different
    refused ff -f i2v -prompt b -i "i2v:still.png?prompt=a" -c copy out.mp4
    says_in_one prompt twice different
    refused ff -i "i2v:still.png?prompt=a&take=1&take=2" -c copy out.mp4
    says_in_one take twice different
    refused ff -f i2v -image other.png -i "i2v:still.png?prompt=a" -c copy out.mp4
    says_in_one image twice different
    expect_requests 0
}

@test "a URL without options, and options without values" {
    whole_only
    works ff -f i2v -prompt "She turns around and smiles" -duration 4 -i "i2v:still.png" -c copy out.mp4
    works ff -i "i2v:still.png?&prompt=She+turns+around+and+smiles&&duration=4&" -c copy out.mp4
    expect_creates 1
    refused ff -i "i2v:still.png?prompt" -c copy out.mp4
    says prompt
    refused ff -i "i2v:still.png?prompt=100%" -c copy out.mp4
    says %25
    expect_creates 1
}

@test "other inputs are none of ours" {
    ffmpeg -v error -f lavfi -i testsrc2=s=64x36:d=1 -y plain.mkv
    local plain hosted
    plain=$(ffmpeg -v error -i plain.mkv -f framemd5 -)
    hosted=$(ff -v error -i plain.mkv -f framemd5 -)
    same "$plain" "$hosted"
    plain=$(ffprobe -v error -show_streams plain.mkv)
    hosted=$("$BIN/i2v" ffprobe -v error -show_streams plain.mkv)
    same "$plain" "$hosted"
    expect_requests 0
}

@test "nothing probes as i2v: a playlist or script cannot name a generation" {
    printf 'ffconcat version 1.0\nfile i2v:still.png?prompt=a\n' >list.ffconcat
    refused ff -f concat -safe 0 -i list.ffconcat -c copy out.mp4
    printf '#EXTM3U\n#EXTINF:4,\ni2v:still.png?prompt=a\n' >list.m3u8
    run ff -i list.m3u8 -c copy out.mp4
    expect_requests 0
}

@test "the launcher passes on the program's own status" {
    run -7 "$BIN/i2v" sh -c 'exit 7'
    run -0 "$BIN/i2v" true
}

@test "a shell that the launcher starts hosts what it starts" {
    works "$BIN/i2v" sh -c 'ffmpeg -v error -nostdin -y -f i2v -prompt "She turns around and smiles" -duration 4 -i still.png -c copy out.mp4'
    same 120 "$(frames_of out.mp4)"
}
