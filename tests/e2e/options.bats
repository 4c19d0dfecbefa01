# i2v: every option, by what it does
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    # Upper half red, lower half blue; left half red, right half blue.
    ffmpeg -v error -f lavfi -i color=red:s=1280x720,format=rgb24 -f lavfi -i color=blue:s=1280x720,format=rgb24 \
        -filter_complex vstack -frames:v 1 "$BATS_FILE_TMPDIR/tall.png"
    ffmpeg -v error -f lavfi -i color=red:s=1280x720,format=rgb24 -f lavfi -i color=blue:s=1280x720,format=rgb24 \
        -filter_complex hstack -frames:v 1 "$BATS_FILE_TMPDIR/wide.png"
    # A second each of red, lime and blue.
    ffmpeg -v error -f lavfi -i color=red:s=1280x720:d=1:r=10 -f lavfi -i color=lime:s=1280x720:d=1:r=10 \
        -f lavfi -i color=blue:s=1280x720:d=1:r=10 -filter_complex "[0][1][2]concat=n=3,format=yuv420p" \
        -c:v libx264 -preset ultrafast -g 10 "$BATS_FILE_TMPDIR/traffic.mp4"
    start_gateway
}
setup() {
    common_setup
    ln "$BATS_FILE_TMPDIR"/{tall.png,wide.png,traffic.mp4} .
}

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
PEEK=(-t 0.1 -f null -)

# Only let the gateway take the request; what it received is looked at.
send() { # option..., still
    local arguments=("$@")
    run --separate-stderr fetch --prompt send --duration 4 --max_wait 0 "${arguments[@]}"
    [[ $status = 75 || $status = 0 ]] || { echo "$stderr"; return 1; }
    received_image sent
}

@test "prompt and prompt_file: byte order mark, CRLF and the white space at both ends are dropped" {
    printf '\xEF\xBB\xBFFirst line\r\nsecond: ünï \r\n' >prompt.txt
    works ff -f i2v -prompt_file prompt.txt -duration 4 -i still.png "${PEEK[@]}"
    same $'First line\nsecond: ünï' "$(last_job .prompt)"
    printf 'First line\nsecond: ünï ' >plain.txt
    works ff -f i2v -prompt_file plain.txt -duration 4 -i still.png "${PEEK[@]}"
    expect_creates 1
    printf 'one\n\n' >two.txt
    works ff -f i2v -prompt_file two.txt -duration 4 -i still.png "${PEEK[@]}"
    same '"one"' "$(curl -s "$GATEWAY/control/state" | jq -c '.jobs[-1].prompt')"
    works ff -f i2v -prompt $' \tone\n' -duration 4 -i still.png "${PEEK[@]}"
    expect_creates 2
}

@test "image: names the still in place of the input" {
    whole_only
    works ff "${REQUEST[@]}" -image still.png -i i2v: "${PEEK[@]}"
    received_image sent
    cmp still.png sent
}

@test "image_time: the first frame by default, a time, the end" {
    whole_only
    send traffic.mp4
    colour_at sent 640 360 red
    send --image_time 0 traffic.mp4
    expect_creates 1
    send --image_time 1.5 traffic.mp4
    colour_at sent 640 360 lime
    send --image_time 00:00:02.25 traffic.mp4
    colour_at sent 640 360 blue
    send --image_time 1500ms traffic.mp4
    expect_creates 3
    send --image_time end traffic.mp4
    colour_at sent 640 360 blue
    expect_creates 4
    works ff "${REQUEST[@]}" -image_time 1.05 -i traffic.mp4 -c copy out.mp4
    colour_at out.mp4 640 360 lime
}

@test "image_time: a frame of the clip that was just made" {
    whole_only
    works fetch --prompt first --duration 4 still.png
    send --image_time end "$output"
    same 1280x720 "$(size_of sent)"
    colour_at sent 20 20 red
    expect_creates 2
}

@test "model: google/veo-3.1-i2v-fast, with its own defaults" {
    whole_only
    works ff -f i2v -model google/veo-3.1-i2v-fast -prompt veo -duration 4 -i still.png -c copy out.mp4
    same '{"aspect_ratio":"16:9","duration":4,"model":"google/veo-3.1-i2v-fast","prompt":"veo","resolution":"1080p"}' \
        "$(last_job .fields | jq -cS .)"
    received_image sent
    same 1920x1080 "$(size_of sent)"
    same 1920x1080 "$(size_of out.mp4)"
    send --model google/veo-3.1-i2v-fast --resolution 720p --duration 6 still.png
    same 720p "$(last_job .fields.resolution)"
    same 6 "$(last_job .fields.duration)"
    received_image sent
    same 1280x720 "$(size_of sent)"
}

@test "model: alibaba/wan-2-7-i2v, whose clip follows the still" {
    quadrants 800 600 four3.png
    works ff -f i2v -model alibaba/wan-2-7-i2v -prompt wan -resolution 720p -duration 5 -i four3.png -c copy out.mp4
    same '{"duration":5,"model":"alibaba/wan-2-7-i2v","prompt":"wan","resolution":"720p"}' \
        "$(last_job .fields | jq -cS .)"
    received_image sent
    cmp four3.png sent
    same 150 "$(frames_of out.mp4)"
}

@test "model: any other is sent with the generic field names, and that is said" {
    works ff -f i2v -model test/generic -prompt "any" -duration 5 -resolution hd -aspect_ratio 1:1 \
        -params "seed=7" -i still.png "${PEEK[@]}"
    says test/generic "is not known"
    same '{"aspect_ratio":"1:1","duration":5,"model":"test/generic","prompt":"any","resolution":"hd","seed":7}' \
        "$(last_job .fields | jq -cS .)"
}

@test "model: any other without options gets none that were not asked for" {
    whole_only
    works ff -f i2v -model test/generic -prompt "any" -i still.png "${PEEK[@]}"
    same '{"model":"test/generic","prompt":"any"}' "$(last_job .fields | jq -cS .)"
    received_image sent
    cmp still.png sent
}

@test "the defaults of the reference model are sent as numbers and words" {
    works ff -f i2v -prompt "She turns around and smiles" -i still.png "${PEEK[@]}"
    same '{"aspect_ratio":"16:9","duration":4,"model":"openai/sora-2-i2v","prompt":"She turns around and smiles","resolution":"720p"}' \
        "$(last_job .fields | jq -cS .)"
}

@test "aspect_ratio: portrait in, 720x1280 out" {
    whole_only
    quadrants 600 900 portrait.png
    works ff "${REQUEST[@]}" -i portrait.png -c copy out.mp4
    same 9:16 "$(last_job .fields.aspect_ratio)"
    received_image sent
    same 720x1280 "$(size_of sent)"
    same 720x1280 "$(size_of out.mp4)"
    colour_at out.mp4 40 40 red
    colour_at out.mp4 660 1240 white
}

@test "aspect_ratio: auto takes landscape for a square still" {
    whole_only
    quadrants 800 800 square.png
    send square.png
    same 16:9 "$(last_job .fields.aspect_ratio)"
    same 1280x720 "$(size_of sent)"
}

@test "aspect_ratio: 16/9 is 16:9, and a portrait still is cut for it" {
    whole_only
    send --aspect_ratio 16/9 still.png
    same 16:9 "$(last_job .fields.aspect_ratio)"
    send --aspect_ratio 16:9 still.png
    expect_creates 1
    send --aspect_ratio 9:16 still.png
    same 720x1280 "$(size_of sent)"
    same 9:16 "$(last_job .fields.aspect_ratio)"
}

@test "duration: what the model takes, however it is written" {
    whole_only
    works ff -f i2v -prompt "She turns around and smiles" -duration 8 -i still.png -c copy out.mp4
    same 8 "$(last_job .fields.duration)"
    same 240 "$(frames_of out.mp4)"
    works ff -f i2v -prompt "She turns around and smiles" -duration 8.0 -i still.png "${PEEK[@]}"
    works ff -f i2v -prompt "She turns around and smiles" -duration 00:00:08 -i still.png "${PEEK[@]}"
    expect_creates 1
}

@test "params: pairs, with an escaped colon" {
    send --model alibaba/wan-2-7-i2v --duration 5 --params 'seed=7:negative_prompt=blur\: red\\x:watermark=true' still.png
    same '{"seed":7,"negative_prompt":"blur: red\\x","watermark":true}' \
        "$(last_job .fields | jq -c '{seed, negative_prompt, watermark}')"
}

@test "params: a JSON object" {
    whole_only
    send --model alibaba/wan-2-7-i2v --duration 5 --params '{"seed": 42, "negative_prompt": "a:b", "enhance_prompt": false}' still.png
    same '{"seed":42,"negative_prompt":"a:b","enhance_prompt":false}' \
        "$(last_job .fields | jq -c '{seed, negative_prompt, enhance_prompt}')"
}

@test "params: a file" {
    whole_only
    echo '{"seed": 43}' >fields.json
    send --model alibaba/wan-2-7-i2v --duration 5 --params @fields.json still.png
    same 43 "$(last_job .fields.seed)"
    works ff -f i2v -model alibaba/wan-2-7-i2v -prompt send -duration 5 -resolution 720p -params @fields.json -i still.png "${PEEK[@]}"
    same 43 "$(last_job .fields.seed)"
}

@test "params: in a URL, and every form of it is the same request" {
    whole_only
    send --model test/generic --params 'seed=7:b=x' still.png
    send --model test/generic --params '{"b":"x","seed":7}' still.png
    works fetch "i2v:still.png?prompt=send&duration=4&model=test/generic&params=seed%3D7%3Ab%3Dx"
    expect_creates 1
    same '7 x' "$(last_job .fields | jq -r '"\(.seed) \(.b)"')"
}

@test "fit=cover is the default and keeps the middle" {
    send --aspect_ratio 16:9 tall.png
    same 1280x720 "$(size_of sent)"
    colour_at sent 640 20 red
    colour_at sent 640 700 blue
    says_in_one 1280x1440 1280x720 cover
}

@test "fit=cover: fit_position says what is kept" {
    whole_only
    send --aspect_ratio 16:9 --fit cover --fit_position top tall.png
    colour_at sent 640 700 red
    send --aspect_ratio 16:9 --fit_position bottom tall.png
    colour_at sent 640 20 blue
    send --fit_position left wide.png
    colour_at sent 1270 360 red
    send --fit_position right wide.png
    colour_at sent 10 360 blue
    expect_creates 4
}

@test "fit=contain pads with black, where fit_position says" {
    whole_only
    send --aspect_ratio 16:9 --fit contain tall.png
    same 1280x720 "$(size_of sent)"
    colour_at sent 100 360 black
    colour_at sent 1180 360 black
    colour_at sent 640 100 red
    colour_at sent 640 620 blue
    says_in_one padded contain
    send --aspect_ratio 16:9 --fit contain --fit_position left tall.png
    colour_at sent 100 100 red
    colour_at sent 1180 360 black
    send --aspect_ratio 16:9 --fit contain --fit_position right tall.png
    colour_at sent 100 360 black
    colour_at sent 1180 620 blue
    send --fit contain --fit_position top wide.png
    colour_at sent 100 20 red
    colour_at sent 100 700 black
    send --fit contain --fit_position bottom wide.png
    colour_at sent 100 20 black
    colour_at sent 1180 700 blue
}

@test "fit=fill stretches" {
    whole_only
    send --aspect_ratio 16:9 --fit fill tall.png
    same 1280x720 "$(size_of sent)"
    colour_at sent 20 20 red
    colour_at sent 1260 340 red
    colour_at sent 20 700 blue
    says_in_one stretched fill
}

@test "fit=none sends the still as it is" {
    whole_only
    send --fit none still.png
    cmp still.png sent
}

@test "fit=none sends a URL as a URL" {
    whole_only
    send still.png
    local url=$GATEWAY/control/image
    send --fit none --aspect_ratio 16:9 "$url"
    same url "$(last_job .image.kind)"
    cmp still.png sent
}

@test "take: another number is another generation, the same is not" {
    whole_only
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -take 2 -i still.png "${PEEK[@]}"
    expect_creates 2
    works ff "${REQUEST[@]}" -take 1 -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -take 2 -i still.png "${PEEK[@]}"
    expect_creates 2
    same "$(state '.jobs[-2].body_sha256')" "$(last_job .body_sha256)"
}

@test "reuse=only never spends" {
    refused ff "${REQUEST[@]}" -reuse only -i still.png "${PEEK[@]}"
    says "No such file or directory" "reuse=only"
    expect_requests 0
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    mark
    works ff "${REQUEST[@]}" -reuse only -i still.png -c copy out.mp4
    expect_requests 0
    same 120 "$(frames_of out.mp4)"
}

@test "reuse=only picks up a generation that runs" {
    whole_only
    send --prompt "picked up" still.png
    works ff -f i2v -prompt "picked up" -duration 4 -reuse only -i still.png "${PEEK[@]}"
    expect_creates 1
}

@test "max_wait ends the wait; the same command picks the generation up" {
    set_faults "poll 1-3 shape waiting"
    refused ff "${REQUEST[@]}" -prompt patience -max_wait 0.2 -i still.png "${PEEK[@]}"
    says max_wait "$(last_job .id)"
    grep -Eq "timed out|Connection timed out" <<<"$stderr"
    expect_creates 1
    no_clip
    works ff "${REQUEST[@]}" -prompt patience -i still.png -c copy out.mp4
    expect_creates 1
    same 120 "$(frames_of out.mp4)"
}

@test "max_wait holds while every poll fails" {
    whole_only
    set_faults "poll * status 503"
    ends_with 75 timeout 20 "$BIN/i2vctl" fetch --prompt patience2 --duration 4 --max_wait 1 still.png
    says "$(last_job .id)"
    expect_creates 1
}

@test "poll_interval: as often as it says" {
    whole_only
    unset I2V_DEFAULTS
    set_faults "poll 1-20 shape waiting"
    works timeout 20 "$BIN/i2vctl" fetch --prompt often --duration 4 --poll_interval 0.05 still.png
    [ "$(last_job .polls)" -ge 20 ]
}

@test "save keeps the original, byte for byte" {
    works ff "${REQUEST[@]}" -save kept.mp4 -i still.png -vf scale=64:36 -t 0.2 out.mkv
    gateway_clip whole.mp4
    cmp whole.mp4 kept.mp4
    works ff "${REQUEST[@]}" -save again.mp4 -i still.png "${PEEK[@]}"
    cmp whole.mp4 again.mp4
    expect_creates 1
}

@test "api_key_file" {
    unset AIML_API_KEY
    (umask 077 && echo "$KEY" >key)
    works ff "${REQUEST[@]}" -api_key_file key -i still.png "${PEEK[@]}"
    expect_creates 1
    says_not "read by others"
}

@test "api_key_file that others can read is a warning" {
    whole_only
    unset AIML_API_KEY
    echo "$KEY" >key
    chmod 644 key
    works ff "${REQUEST[@]}" -api_key_file key -i still.png "${PEEK[@]}"
    says_in_one key 600
    says_not "$KEY"
}

@test "a key file of another's, as containers mount secrets, is used without a word of its mode" {
    whole_only
    [ "$EUID" -eq 0 ] || skip "takes root"
    printf '%s\n' "$KEY" >key
    chmod 444 key
    chown 1000 key
    unset AIML_API_KEY
    works ff "${REQUEST[@]}" -api_key_file key -i still.png "${PEEK[@]}"
    says_not "can be read by others"
    chown 0 key
    works ff "${REQUEST[@]}" -take 2 -api_key_file key -i still.png "${PEEK[@]}"
    says_in_one "can be read by others" 600
}

@test "the key: AIML_API_KEY before AIMLAPI_API_KEY before the key file" {
    whole_only
    mkdir -p "$HOME/.config/i2v"
    (umask 077 && echo "$KEY" >"$HOME/.config/i2v/key")
    unset AIML_API_KEY
    works fetch --prompt key --duration 4 still.png
    AIMLAPI_API_KEY=wrong ends_with 77 fetch --prompt key --take 2 --duration 4 still.png
    AIMLAPI_API_KEY=wrong AIML_API_KEY=$KEY works fetch --prompt key --take 3 --duration 4 still.png
    AIMLAPI_API_KEY=$KEY AIML_API_KEY=wrong ends_with 77 fetch --prompt key --take 4 --duration 4 still.png
    XDG_CONFIG_HOME=$PWD/nothing ends_with 77 fetch --prompt key --take 5 --duration 4 still.png
    says api_key_file AIML_API_KEY
}

@test "base_url goes before I2V_BASE_URL" {
    whole_only
    I2V_BASE_URL=http://127.0.0.1:1 works ff "${REQUEST[@]}" -base_url "$GATEWAY" -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -base_url "$GATEWAY/" -i still.png "${PEEK[@]}"
    expect_creates 1
}

@test "store goes before I2V_STORE" {
    whole_only
    works ff "${REQUEST[@]}" -store "$PWD/elsewhere" -i still.png "${PEEK[@]}"
    [ ! -e "$I2V_STORE" ]
    I2V_STORE=$PWD/elsewhere works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -store elsewhere -i still.png "${PEEK[@]}"
    expect_creates 1
}

@test "I2V_DEFAULTS lies below the command and above the built-in" {
    export I2V_DEFAULTS="poll_interval=0.1:duration=8:aspect_ratio=9\:16:prompt=by default"
    set_faults "poll * shape waiting"
    ends_with 75 fetch --max_wait 0 still.png
    same '8 9:16 by default' "$(last_job .fields | jq -r '"\(.duration) \(.aspect_ratio) \(.prompt)"')"
    ends_with 75 fetch --max_wait 0 --duration 4 --aspect_ratio 16:9 --prompt mine still.png
    same '4 16:9 mine' "$(last_job .fields | jq -r '"\(.duration) \(.aspect_ratio) \(.prompt)"')"
    ends_with 75 fetch --max_wait 0 "i2v:still.png?duration=12"
    same '12 9:16 by default' "$(last_job .fields | jq -r '"\(.duration) \(.aspect_ratio) \(.prompt)"')"
}

@test "I2V_DEFAULTS may say what a URL may not" {
    whole_only
    export I2V_DEFAULTS="poll_interval=0.1:store=$PWD/site:save=$PWD/kept.mp4"
    unset I2V_STORE
    works ff -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4" "${PEEK[@]}"
    [ -s kept.mp4 ]
    compgen -G "site/*.mp4"
    export I2V_DEFAULTS="base_url=${GATEWAY//:/\\:}"
    unset I2V_BASE_URL
    works fetch --prompt base --duration 4 still.png
}

@test "I2V_DISABLE=1 is a complete pass-through" {
    I2V_DISABLE=1 refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says "Unrecognized option"
    I2V_DISABLE=1 works "$BIN/i2v" ffmpeg -hide_banner -demuxers
    ! grep -q ' i2v ' <<<"$output" || return 1
    I2V_DISABLE=1 works ff -v error -i still.png -f null -
    expect_requests 0
}

@test "I2V_DEBUG=1: the shim says what it hooked" {
    whole_only
    I2V_DEBUG=1 works ff -v error "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says avformat_open_input
}
