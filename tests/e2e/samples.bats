# i2v: the worked pipelines, what comes out of them probed
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

SAMPLES=$BATS_TEST_DIRNAME/../../samples

setup() {
    common_setup
    export PATH=$BIN:$PATH
}

probe() { # file, stream, entries
    ffprobe -v error -select_streams "$2" -show_entries "stream=$3" -of default=nw=1:nk=1 "$1" | tr '\n' ' '
}

loudness() { # file
    ffmpeg -hide_banner -nostdin -i "$1" -af ebur128=framelog=verbose -f null - 2>&1 |
        sed -n 's/^ *I: *\(-*[0-9.]*\) LUFS$/\1/p' | tail -n 1
}

@test "broadcast.sh: XDCAM HD422 1080i25, BT.709, -23 LUFS, timecode" {
    DURATION=4 works "$SAMPLES/broadcast.sh" still.png "Waves roll in" out.mxf
    same mxf "$(ffprobe -v error -show_entries format=format_name -of csv=p=0 out.mxf)"
    same "mpeg2video 4:2:2 1920 1080 yuv422p tv bt709 bt709 bt709 tt 25/1 50000000 " \
        "$(probe out.mxf v:0 codec_name,profile,width,height,pix_fmt,color_range,color_space,color_transfer,color_primaries,field_order,r_frame_rate,bit_rate)"
    same "pcm_s24le 48000 2 " "$(probe out.mxf a:0 codec_name,sample_rate,channels)"
    same 100 "$(frames_of out.mxf | tr -d ,)"
    same 10:00:00:00 "$(ffprobe -v error -show_entries format_tags=timecode -of csv=p=0 out.mxf)"
    awk -v i="$(loudness out.mxf)" 'BEGIN { exit !(i > -23.5 && i < -22.5) }' ||
        { loudness out.mxf; return 1; }
    # Its two passes are one purchase, and so is the next run.
    TIMECODE=09:59:30:00 DURATION=4 works "$SAMPLES/broadcast.sh" still.png "Waves roll in" again.mxf
    same 09:59:30:00 "$(ffprobe -v error -show_entries format_tags=timecode -of csv=p=0 again.mxf)"
    expect_creates 1
}

@test "broadcast.sh: a model without sound gives a deliverable with its audio" {
    whole_only
    MODEL=klingai/v2.5-turbo/pro/image-to-video DURATION=5 works "$SAMPLES/broadcast.sh" still.png "Waves" out.mxf
    same "pcm_s24le 48000 2 " "$(probe out.mxf a:0 codec_name,sample_rate,channels)"
    same 125 "$(frames_of out.mxf | tr -d ,)"
}

@test "ladder.sh: three sizes, segments of two seconds that begin with key frames" {
    whole_only
    works "$SAMPLES/ladder.sh" still.png "Waves roll in" hls
    same 3 "$(grep -c '^#EXT-X-STREAM-INF' hls/master.m3u8)"
    same "1920x1080 480x270 960x540" "$(sed -n 's/.*RESOLUTION=\([0-9x]*\).*/\1/p' hls/master.m3u8 | sort | xargs)"
    for name in high middle low; do
        same 4 "$(grep -c '^#EXTINF:2.0' hls/$name.m3u8)"
        for segment in hls/$name-*.ts; do
            same K "$(ffprobe -v error -select_streams v:0 -show_entries packet=flags -of csv=p=0 "$segment" | head -1 | cut -c1)"
        done
        same 240 "$(frames_of hls/$name.m3u8)"
    done
    works ffprobe -v error hls/master.m3u8
    expect_creates 1
}

@test "cluster.sh: shots of a manifest on a server of one's own, in one film" {
    printf '{"id": "%s", "prompt": "%s", "image": "still.png", "duration": 2}\n' a Waves b Wind c Rain >shots.jsonl
    start_gateway --api openai --profile litellm
    mark
    MODEL=wan I2V_API_KEY=$KEY works "$SAMPLES/cluster.sh" "$GATEWAY" shots.jsonl film.mp4
    same 144 "$(frames_of film.mp4)"
    expect_creates 3
    stop_gateway
}

@test "join.sh: clips of two models, of which one has no sound, in one film" {
    whole_only
    quadrants 600 900 portrait.png
    works "$SAMPLES/join.sh" still.png "The sun rises" portrait.png "The moon sets" film.mp4
    expect_creates 2
    same '["google/veo-3.1-i2v-fast","klingai/v2.5-turbo/pro/image-to-video"]' \
        "$(curl -s "$GATEWAY/control/state" | jq -c '[.jobs[-2:][].model] | sort')"
    same "h264 1280 720 30/1 " "$(probe film.mp4 v:0 codec_name,width,height,r_frame_rate)"
    same "aac 48000 2 " "$(probe film.mp4 a:0 codec_name,sample_rate,channels)"
    same 390 "$(frames_of film.mp4)"
    colour_at film.mp4 40 40 red
    colour_at film.mp4 40 360 black -ss 10
}

@test "continue.sh: the last frame of each clip is the still of the next" {
    whole_only
    works "$SAMPLES/continue.sh" still.png film.mp4 "it rains" "it snows" "it clears"
    expect_creates 3
    same 360 "$(frames_of film.mp4)"
    # The stand-in zooms in on its still: what the second clip begins with is the end of the first.
    for at in 119 120; do
        ffmpeg -v error -nostdin -y -i film.mp4 -vf "select=eq(n\,$at)" -frames:v 1 $at.png
    done
    ffmpeg -hide_banner -nostdin -i 119.png -i 120.png -lavfi psnr -f null - 2>&1 |
        sed -n 's/.*average:\([0-9]*\).*/\1/p' >psnr
    [ "$(<psnr)" -ge 30 ] || { cat psnr; return 1; }
    works "$SAMPLES/continue.sh" still.png film.mp4 "it rains" "it snows" "it clears"
    expect_creates 3
}

@test "film.sh: the shots of a manifest in its order, fetched side by side" {
    cp "$SAMPLES/shots.jsonl" .
    set_faults "create 1 clip short" # the first in the manifest is known by its length
    # one at a time, so that the first is the first there
    I2V_PARALLEL=1 works "$SAMPLES/film.sh" shots.jsonl film.mp4
    expect_creates 3
    same 330 "$(frames_of film.mp4)"
    jq -c 'select(.id != "wide")' shots.jsonl >others.jsonl
    works "$SAMPLES/film.sh" others.jsonl film.mp4
    says_not DTS
    same 240 "$(frames_of film.mp4)"
    same "aac 48000 2 " "$(probe film.mp4 a:0 codec_name,sample_rate,channels)"
    FADE=0.5 works "$SAMPLES/crossfade.sh" shots.jsonl faded.mp4
    same 300 "$(frames_of faded.mp4)" # 90 + 120 + 120, and 15 in both of two
    expect_creates 3
}

@test "each says how it is used, and ends with an error when the gateway does" {
    for name in broadcast ladder join continue film crossfade; do
        ends_with 64 "$SAMPLES/$name.sh" still.png
        says "Usage:"
    done
    set_faults "create * status 400 message no luck"
    refused "$SAMPLES/broadcast.sh" still.png p out.mxf
    says "no luck"
    refused "$SAMPLES/ladder.sh" still.png p hls
    refused "$SAMPLES/join.sh" still.png p still.png q film.mp4
    refused "$SAMPLES/continue.sh" still.png film.mp4 p q
    refused "$SAMPLES/film.sh" "$SAMPLES/shots.jsonl" film.mp4
    [ ! -e film.mp4 ] && [ ! -e out.mxf ]
}
