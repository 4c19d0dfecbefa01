# i2v: bad input: a sentence that names the option and the valid values, and no request at all
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
# Whatever a test here does: the gateway heard nothing.
teardown() {
    same 0 "$(state '.requests | length')"
}

OUT=(-c copy out.mp4)
REQUEST=(-f i2v -prompt hello -duration 4)

@test "no prompt" {
    refused ff -f i2v -i still.png "${OUT[@]}"
    says_in_one prompt prompt_file
    refused ff -i i2v:still.png "${OUT[@]}"
    says prompt
    refused ff -f i2v -prompt "" -i still.png "${OUT[@]}"
    says prompt
    refused ff -f i2v -prompt "  " -i still.png "${OUT[@]}"
    says prompt
    ends_with 64 fetch still.png
    says prompt
    [ ! -e out.mp4 ]
}

@test "an empty prompt file, and none" {
    whole_only
    : >empty.txt
    refused ff -f i2v -prompt_file empty.txt -i still.png "${OUT[@]}"
    says prompt_file
    refused ff -f i2v -prompt_file none.txt -i still.png "${OUT[@]}"
    says_in_one prompt_file none.txt "No such file"
    printf 'caf\xe9\n' >latin1.txt
    refused ff -f i2v -prompt_file latin1.txt -i still.png "${OUT[@]}"
    says_in_one prompt_file UTF-8
    echo hello >one.txt
    refused ff -f i2v -prompt hello -prompt_file one.txt -i still.png "${OUT[@]}"
    says_in_one prompt prompt_file
}

@test "no still" {
    refused ff -i "i2v:?prompt=hello" "${OUT[@]}"
    says_in_one still image
    refused ff "${REQUEST[@]}" -i "" "${OUT[@]}"
    says_in_one still image
    ends_with 64 fetch --prompt hello
    says still
}

@test "a still that is not an image" {
    echo "this is text" >text.png
    refused ff "${REQUEST[@]}" -i text.png "${OUT[@]}"
    says_in_one text.png "image"
    head -c 20000 /dev/urandom >noise.jpg
    refused ff "${REQUEST[@]}" -i noise.jpg "${OUT[@]}"
    says noise.jpg
    : >empty.png
    refused ff "${REQUEST[@]}" -i empty.png "${OUT[@]}"
    says_in_one empty.png empty
    refused ff "${REQUEST[@]}" -i /etc "${OUT[@]}"
    says_in_one /etc directory
    ffmpeg -v error -f lavfi -i sine=d=1 sound.wav
    refused ff "${REQUEST[@]}" -i sound.wav "${OUT[@]}"
    says sound.wav
}

@test "a still that is cut short" {
    head -c 3000 still.png >cut.png
    refused ff "${REQUEST[@]}" -i cut.png "${OUT[@]}"
    says cut.png
    ffmpeg -v error -i still.png whole.jpg
    head -c 9000 whole.jpg >cut.jpg
    refused ff "${REQUEST[@]}" -i cut.jpg "${OUT[@]}"
    says cut.jpg
}

@test "a still that does not exist" {
    whole_only
    refused ff "${REQUEST[@]}" -i none.png "${OUT[@]}"
    says_in_one none.png "no such file"
    refused ff -i "i2v:none.png?prompt=hello" "${OUT[@]}"
    says_in_one none.png "no such file"
    refused ff "${REQUEST[@]}" -i "http://127.0.0.1:1/still.png" "${OUT[@]}"
    says "127.0.0.1:1"
    refused ff "${REQUEST[@]}" -i "data:image/png;base64,####" "${OUT[@]}"
    says data:
    refused ff "${REQUEST[@]}" -i "ftp://127.0.0.1/still.png" "${OUT[@]}"
    says_in_one ftp http https data
}

@test "duration 5" {
    whole_only
    local value
    for value in 5 0 -4 4.5 1:00 eight ""; do
        refused ff -f i2v -prompt hello -duration "$value" -i still.png "${OUT[@]}"
        says_in_one duration "4, 8 or 12"
    done
    refused ff -i "i2v:still.png?prompt=hello&duration=5" "${OUT[@]}"
    says_in_one duration "'5'" "4, 8 or 12"
    refused ff -f i2v -model google/veo-3.1-i2v-fast -prompt hello -duration 5 -i still.png "${OUT[@]}"
    says_in_one duration "4, 6 or 8"
    refused ff -f i2v -model alibaba/wan-2-7-i2v -prompt hello -duration 4 -i still.png "${OUT[@]}"
    says_in_one duration "5, 10 or 15"
}

@test "resolution 4k" {
    whole_only
    refused ff "${REQUEST[@]}" -resolution 4k -i still.png "${OUT[@]}"
    says_in_one resolution "'4k'" 720p
    refused ff "${REQUEST[@]}" -model google/veo-3.1-i2v-fast -resolution 4k -i still.png "${OUT[@]}"
    says_in_one resolution "'4k'" "720p or 1080p"
}

@test "aspect_ratio 1:1" {
    whole_only
    refused ff "${REQUEST[@]}" -aspect_ratio 1:1 -i still.png "${OUT[@]}"
    says_in_one aspect_ratio "16:9 or 9:16"
    refused ff "${REQUEST[@]}" -aspect_ratio wide -i still.png "${OUT[@]}"
    says_in_one aspect_ratio "16:9 or 9:16"
}

@test "an unknown option in the URL" {
    refused ff -i "i2v:still.png?prompt=hello&seconds=4" "${OUT[@]}"
    says_in_one "'seconds'" duration prompt aspect_ratio params
    refused ff -i "i2v:still.png?prompt=hello&api_key=x" "${OUT[@]}"
    says "'api_key'"
    refused ff -i "i2v:still.png?prompt=hello&fit_pos=top" "${OUT[@]}"
    says "'fit_pos'"
}

@test "an unknown option beside it" {
    refused ff "${REQUEST[@]}" -seconds 4 -i still.png "${OUT[@]}"
    says seconds
    ends_with 64 fetch --prompt hello --seconds 4 still.png
    says_in_one seconds
    I2V_DEFAULTS=colour=red ends_with 64 fetch --prompt hello still.png
    says_in_one "'colour'" I2V_DEFAULTS prompt
}

@test "values that an option does not take" {
    refused ff "${REQUEST[@]}" -fit crop -i still.png "${OUT[@]}"
    says_in_one fit cover contain fill none
    refused ff "${REQUEST[@]}" -fit_position middle -i still.png "${OUT[@]}"
    says_in_one fit_position center top bottom left right
    refused ff "${REQUEST[@]}" -take 0 -i still.png "${OUT[@]}"
    says_in_one take 1
    refused ff "${REQUEST[@]}" -take two -i still.png "${OUT[@]}"
    says_in_one take 1
    refused ff "${REQUEST[@]}" -reuse never -i still.png "${OUT[@]}"
    says_in_one reuse any only
    refused ff "${REQUEST[@]}" -image_time soon -i still.png "${OUT[@]}"
    says_in_one image_time end
    refused ff "${REQUEST[@]}" -image_time -1 -i still.png "${OUT[@]}"
    says image_time
    refused ff "${REQUEST[@]}" -poll_interval -1 -i still.png "${OUT[@]}"
    says poll_interval
    refused ff "${REQUEST[@]}" -model "" -i still.png "${OUT[@]}"
    says model
}

@test "image_time past the end" {
    ffmpeg -v error -f lavfi -i testsrc2=s=1280x720:d=1 short.mp4
    refused ff "${REQUEST[@]}" -image_time 5 -i short.mp4 "${OUT[@]}"
    says_in_one image_time short.mp4 end
    refused ff "${REQUEST[@]}" -image_time 5 -i still.png "${OUT[@]}"
    says image_time
}

@test "no API key" {
    unset AIML_API_KEY
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one AIML_API_KEY api_key_file
    ends_with 77 fetch --prompt hello still.png
}

@test "a variable that is set and empty is not the default" {
    local name
    for name in I2V_{DEFAULTS,BASE_URL,STORE,API_KEY,LOG,PARALLEL,AHEAD,ALLOW_HTTP,STILLS} AIML{,API}_API_KEY; do
        ends_with 64 env "$name=" "$BIN/i2vctl" fetch --prompt hello still.png
        one_sentence "$name is set and empty" "nothing sent"
    done
    refused env I2V_STORE= "$BIN/i2vctl" jobs
    one_sentence I2V_STORE
    I2V_BASE_URL='' refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one "I2V_BASE_URL is set and empty"
    I2V_BASE_URL='' I2V_DEBUG='' works ff -i still.png -f null -
    expect_requests 0
}

@test "a key file that is none" {
    refused ff "${REQUEST[@]}" -api_key_file none -i still.png "${OUT[@]}"
    says_in_one api_key_file none "No such file"
    printf 'two words\n' >key
    refused ff "${REQUEST[@]}" -api_key_file key -i still.png "${OUT[@]}"
    says "key"
    says_not "two words"
    : >empty
    refused ff "${REQUEST[@]}" -api_key_file empty -i still.png "${OUT[@]}"
    says empty
}

@test "save where nothing can be written" {
    refused ff "${REQUEST[@]}" -save none/kept.mp4 -i still.png "${OUT[@]}"
    says_in_one save none/kept.mp4
    refused ff "${REQUEST[@]}" -save /proc/kept.mp4 -i still.png "${OUT[@]}"
    says_in_one save /proc/kept.mp4
    mkdir directory
    refused ff "${REQUEST[@]}" -save directory -i still.png "${OUT[@]}"
    says_in_one save directory
    refused ff "${REQUEST[@]}" -save still.png -i still.png "${OUT[@]}"
    says_in_one save still.png
    cmp still.png "$BATS_FILE_TMPDIR/still.png"
}

@test "a save path that is checked and not used is not left behind" {
    whole_only
    refused ff "${REQUEST[@]}" -duration 5 -save kept.mp4 -i still.png "${OUT[@]}"
    [ ! -e kept.mp4 ]
    refused ff "${REQUEST[@]}" -save kept.mp4 -i none.png "${OUT[@]}"
    [ ! -e kept.mp4 ]
    echo precious >kept.mp4
    refused ff "${REQUEST[@]}" -save kept.mp4 -i none.png "${OUT[@]}"
    same precious "$(cat kept.mp4)"
}

@test "a store that cannot be written" {
    echo "a file" >file
    I2V_STORE=$PWD/file/store refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one "annot write the ledger" file/store I2V_STORE "nothing sent"
    I2V_STORE=$PWD/file ends_with 73 fetch --prompt hello still.png
    says I2V_STORE
    ends_with 73 fetch --store /proc/i2v --prompt hello still.png
    says I2V_STORE
    if [ "$(id -u)" -ne 0 ]; then
        mkdir -m 500 sealed
        ends_with 73 fetch --store sealed --prompt hello still.png
        says I2V_STORE
    fi
}

@test "max_wait over a day, or below nothing" {
    whole_only
    refused ff "${REQUEST[@]}" -max_wait 86401 -i still.png "${OUT[@]}"
    says_in_one max_wait 24
    refused ff "${REQUEST[@]}" -max_wait 25:00:00 -i still.png "${OUT[@]}"
    says_in_one max_wait 24
    refused ff "${REQUEST[@]}" -max_wait -1 -i still.png "${OUT[@]}"
    says max_wait
    refused ff "${REQUEST[@]}" -max_wait long -i still.png "${OUT[@]}"
    says max_wait
}

@test "options that are withheld from URLs" {
    local pair name
    echo hello >prompt.txt
    for pair in "base_url=$(uri "$GATEWAY")" api_key_file=key prompt_file=prompt.txt ca_file=ca.pem \
        store=elsewhere save=kept.mp4 params=%40fields.json base%5Furl=http%3A%2F%2F127.0.0.1%3A1; do
        name=${pair%%=*}
        name=${name//%5F/_}
        refused ff -i "i2v:still.png?prompt=hello&$pair" "${OUT[@]}"
        says_in_one "$name" URL "-f i2v" I2V_DEFAULTS
        refused ff -f i2v -i "i2v:still.png?prompt=hello&$pair" "${OUT[@]}"
        says_in_one "$name" URL
    done
    [ ! -e elsewhere ] && [ ! -e kept.mp4 ]
}

@test "a .png that is a script or a playlist" {
    printf 'ffconcat version 1.0\nfile still.png\n' >script.png
    refused ff "${REQUEST[@]}" -i script.png "${OUT[@]}"
    says script.png
    printf '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nstill.png\n#EXT-X-ENDLIST\n' >list.png
    refused ff "${REQUEST[@]}" -i list.png "${OUT[@]}"
    says list.png
    printf '<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720"><image href="still.png"/></svg>' >drawing.png
    refused ff "${REQUEST[@]}" -i drawing.png "${OUT[@]}"
}

@test "params with an unescaped remainder, or not JSON" {
    refused ff "${REQUEST[@]}" -params "seed=7:blurry" -i still.png "${OUT[@]}"
    says_in_one params "number 2"
    refused ff "${REQUEST[@]}" -params "negative_prompt=a: b" -i still.png "${OUT[@]}"
    says params
    refused ff "${REQUEST[@]}" -params "seed" -i still.png "${OUT[@]}"
    says_in_one params "number 1"
    refused ff "${REQUEST[@]}" -params "seed=1:seed=2" -i still.png "${OUT[@]}"
    says_in_one params seed
    refused ff "${REQUEST[@]}" -params '{"seed":7' -i still.png "${OUT[@]}"
    says_in_one params JSON
    refused ff "${REQUEST[@]}" -params '{"seed":7} x' -i still.png "${OUT[@]}"
    says_in_one params JSON
    refused ff "${REQUEST[@]}" -params @none.json -i still.png "${OUT[@]}"
    says_in_one params none.json
    echo '[1]' >list.json
    refused ff "${REQUEST[@]}" -params @list.json -i still.png "${OUT[@]}"
    says_in_one params list.json
    refused ff "${REQUEST[@]}" -params "prompt=other" -i still.png "${OUT[@]}"
    says_in_one params prompt
    refused ff "${REQUEST[@]}" -params "image_url=http\://example.org/x.png" -i still.png "${OUT[@]}"
    says_in_one params image
}

@test "a caller's lists that exclude i2v, or the still's protocol" {
    refused ff -format_whitelist mov,matroska "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one format_whitelist i2v
    refused ff -protocol_whitelist file -i "i2v:still.png?prompt=hello" "${OUT[@]}"
    says_in_one protocol_whitelist i2v
    refused ff -protocol_whitelist i2v,https "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one protocol_whitelist file
    refused ff -protocol_whitelist i2v,file -i "i2v:http%3A//127.0.0.1%3A1/x.png?prompt=hello" "${OUT[@]}"
    says_in_one protocol_whitelist http
    refused ff -protocol_blacklist i2v -i "i2v:still.png?prompt=hello" "${OUT[@]}"
    says_in_one protocol_blacklist i2v
}

@test "fit=none with a wrong size" {
    quadrants 800 600 small.png
    refused ff "${REQUEST[@]}" -fit none -i small.png "${OUT[@]}"
    says_in_one fit 800x600 1280x720 cover contain fill
    refused ff "${REQUEST[@]}" -fit none -aspect_ratio 9:16 -i still.png "${OUT[@]}"
    says_in_one fit 1280x720 720x1280
    ends_with 64 fetch --prompt hello --fit none small.png
}

@test "base_url that is not http or https" {
    local url
    for url in ftp://127.0.0.1 127.0.0.1 "" file:///tmp https:// "https://user:pw@example.org" \
        "https://example.org/v2" "https://example.org?x=1" "javascript:alert(1)"; do
        refused ff "${REQUEST[@]}" -base_url "$url" -i still.png "${OUT[@]}"
        says_in_one base_url https
    done
    I2V_BASE_URL=gopher://127.0.0.1 refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says base_url
    says_not pw@
}

@test "plain http to anything but loopback" {
    local url
    for url in http://192.0.2.1:9 http://gateway.invalid http://localhost.example.invalid \
        http://127.0.0.1.example.invalid http://0x7f.1.example.invalid; do
        refused timeout 20 "$BIN/i2v" ffmpeg -nostdin "${REQUEST[@]}" -base_url "$url" -i still.png "${OUT[@]}"
        says_in_one base_url https I2V_ALLOW_HTTP=1
    done
}

@test "I2V_ALLOW_HTTP=1 allows it" {
    whole_only
    # The name is of no machine; long before it gives that up it may be stopped.
    I2V_ALLOW_HTTP=1 ends_with 124 timeout -s INT 2 "$BIN/i2vctl" fetch --base_url http://gateway.invalid \
        --prompt hello --duration 4 still.png
    says_not I2V_ALLOW_HTTP
    says gateway.invalid
}

@test "ca_file that cannot be read" {
    refused ff "${REQUEST[@]}" -ca_file none.pem -i still.png "${OUT[@]}"
    says_in_one ca_file none.pem
}


@test "a last frame that does not exist ends it before anything is sent, whatever is known of the model" {
    local model
    for model in google/veo-3.1-first-last-image-to-video nobody/knows-it nobody/knows-it,google/veo-3.1-i2v; do
        ends_with 64 fetch --model "$model" --prompt p --end_image none.png still.png
        same 1 "$(grep -c none.png <<<"$stderr")"
        says_in_one none.png "no such file"
    done
    expect_creates 0
}

@test "an i2v: URL without its ?, and a & or a % within a value" {
    refused ff -i "i2v:still.png&prompt=hello&duration=4" "${OUT[@]}"
    says_in_one "no ?" "i2v:still.png?prompt="
    refused ff -i "i2v:still.png?prompt=Tom & Jerry" "${OUT[@]}"
    says_in_one "' Jerry'" %26
    refused ff -i "i2v:still.png?prompt=Tom&jerry=1" "${OUT[@]}"
    says_in_one "'jerry'" %26
    refused ff -i "i2v:still.png?prompt=50% of all" "${OUT[@]}"
    says_in_one %25
    expect_requests 0
    # A file of such a name is one.
    cp still.png "a&prompt=b.png"
    refused ff -i "i2v:a&prompt=b.png" "${OUT[@]}"
    says prompt
    says_not "no ?"
}

@test "ffmpeg's last line says of the still no error of something else" {
    local option
    # shellcheck disable=SC2086 # an option and its value
    for option in "-prompt_file none" "-params @none" "-store /proc/none" "-save none/clip.mp4"; do
        refused ff -f i2v -prompt hello -duration 4 $option -i still.png "${OUT[@]}"
        ! tail -n 1 <<<"$stderr" | grep "No such file" || return 1
    done
    refused env -u HOME -u I2V_STORE "$BIN/i2v" ffmpeg -nostdin -hide_banner -f i2v -prompt hello -i still.png "${OUT[@]}"
    says HOME
    says_not "No such file"
}
