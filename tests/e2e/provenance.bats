# i2v: what is said of a clip each time, and the account beside a saved one
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(--prompt "She turns around and smiles" --duration 4)

ctl() { "$BIN/i2vctl" "$@"; }
account() { jq -r "$1" "${2:-kept.i2v.json}"; }

# What the account says of the clip is so.
account_fits() { # clip
    local json=${1%.*}.i2v.json
    same "${1##*/}" "$(account .clip.file "$json")"
    same "$(stat -c %s "$1")" "$(account .clip.size "$json")"
    same "$(sha256sum <"$1" | cut -d' ' -f1)" "$(account .clip.sha256 "$json")"
    same "$(size_of "$1")" "$(account '"\(.clip.width)x\(.clip.height)"' "$json")"
}

@test "save writes an account of the clip beside it" {
    works fetch "${REQUEST[@]}" --take 2 --save kept.mp4 still.png
    gateway_clip whole.mp4
    cmp whole.mp4 kept.mp4
    account_fits kept.mp4
    same "$(basename "$output" .mp4)" "$(account .key)"
    same "She turns around and smiles" "$(account .request.fields.prompt)"
    same openai/sora-2-i2v "$(account .request.fields.model)"
    same "4 720p 16:9" "$(account '.request.fields | "\(.duration) \(.resolution) \(.aspect_ratio)"')"
    same null "$(account .request.fields.image_url)"
    same "$(sha256sum <still.png | cut -d' ' -f1)" "$(account .request.image_sha256)"
    same 2 "$(account .request.take)"
    same "$(last_job .id)" "$(account .generation.id)"
    same "$GATEWAY" "$(account .generation.origin)"
    same completed "$(account .generation.status)"
    same 1 "$(account '.generation.client_request_ids | length')"
    same true "$(account '[.times.created, .times.sent, .times.accepted, .times.ended]
        | all(test("^20[0-9-]+T[0-9:]+Z$"))')"
    same true "$(account '.usage.usd > 0')"
    same "30/1 false true" "$(account '.clip | "\(.rate) \(.variable) \(.audio)"')"
    same http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia \
        "$(account .digital_source_type)"
    same "i2v $(ctl --version | sed -n 's/^i2vctl //p')" "$(account .generator)"
}

@test "no key, no account, no signature and no directory is in it" {
    works fetch "${REQUEST[@]}" --save kept.mp4 still.png
    local digest
    digest=$(jq -r .account "${output%.mp4}.json")
    [ ${#digest} -eq 16 ]
    same "" "$(grep -F -e "$KEY" -e "$digest" -e "$PWD" kept.i2v.json)"
    same false "$(account '.generation.url | test("[?]")')"
}

@test "the forms of save: a store that serves, wait, ffmpeg" {
    whole_only
    works ctl submit "${REQUEST[@]}" still.png
    local key=$output
    works ctl wait "${key:0:12}" --save waited.mp4
    account_fits waited.mp4
    works fetch "${REQUEST[@]}" --save served.mov still.png
    works ff -f i2v "${REQUEST[@]/#--/-}" -save bare -i still.png -t 0.1 -f null -
    account_fits served.mov
    account_fits bare
    works ctl wait "$key" --save again.mp4
    # The same account whichever way, but for the name.
    local one
    one=$(jq 'del(.clip.file)' waited.i2v.json)
    same "She turns around and smiles" "$(jq -r .request.fields.prompt <<<"$one")"
    for other in served bare again; do
        same "$one" "$(jq 'del(.clip.file)' $other.i2v.json)"
    done
    expect_creates 1
}

@test "the account is the user's own kind of file, and replaces one from before" {
    whole_only
    umask 022
    echo old >kept.i2v.json
    works fetch "${REQUEST[@]}" --save kept.mp4 still.png
    same 644 "$(stat -c %a kept.i2v.json)"
    account_fits kept.mp4
    same "" "$(find . -maxdepth 1 -name '*.tmp')"
    same "kept.i2v.json kept.mp4" "$(echo kept*)"
}

@test "where the account cannot be written, nothing is sent" {
    mkdir kept.i2v.json
    ends_with 73 fetch "${REQUEST[@]}" --save kept.mp4 still.png
    says_in_one save kept.mp4 kept.i2v.json "nothing sent"
    same 1 "$(wc -l <<<"$stderr")"
    expect_requests 0
    [ ! -e kept.mp4 ]
}

@test "save is no way into the store" {
    works fetch "${REQUEST[@]}" still.png
    local clip=$output
    ln -s "$clip" link.mp4
    for name in "$clip" link.mp4 "${clip%.mp4}.json"; do
        refused fetch "${REQUEST[@]}" --save "$name" still.png
        says_in_one save "$name" store
    done
    works fetch "${REQUEST[@]}" --reuse only still.png
    same "" "$(find "$I2V_STORE" -name '*.i2v.json' -o -name '*.bad')"
}

@test "a clip that the ledger lost is known again by the request" {
    works fetch "${REQUEST[@]}" still.png
    local id
    id=$(jq -r .id "$I2V_STORE"/[0-9a-f]*.json)
    rm "$I2V_STORE"/*.json
    works fetch "${REQUEST[@]}" --save kept.mp4 still.png
    account_fits kept.mp4
    same "She turns around and smiles" "$(account .request.fields.prompt)"
    same "$id" "$(account .generation.id)"
    same "She turns around and smiles" "$(jq -r .request.prompt "$I2V_STORE"/[0-9a-f]*.json)"
    expect_creates 1
}

@test "what is wrong with a clip is said each time, also when the store serves it" {
    whole_only
    set_faults "create 1 clip silent"
    local turn
    for turn in 1 2; do
        works fetch -v warning "${REQUEST[@]}" still.png
        says_in_one "no audio" silence=1
        same 1 "$(grep -vc " lists the model " <<<"$stderr")"
    done
    works ctl wait -v warning "$(basename "$output" .mp4)"
    says "no audio"
    works fetch -v warning "${REQUEST[@]}" --take 2 still.png
    same "" "$(grep -v " lists the model " <<<"$stderr")"
    works fetch -v warning "${REQUEST[@]}" --take 2 still.png
    same "" "$(grep -v " lists the model " <<<"$stderr")"
}

@test "credentials: said each time, kept in the saved original, noted in the account" {
    whole_only
    set_faults "create 1 clip c2pa"
    works fetch "${REQUEST[@]}" --save kept.mp4 still.png
    says "C2PA content credentials; they stay in the saved original"
    gateway_clip whole.mp4
    cmp whole.mp4 kept.mp4
    same true "$(account .clip.c2pa)"
    works fetch "${REQUEST[@]}" still.png
    says "C2PA content credentials"
    works fetch -v warning "${REQUEST[@]}" still.png
    same "" "$(grep -v " lists the model " <<<"$stderr")"
    works fetch "${REQUEST[@]}" --take 2 --save other.mp4 still.png
    says_not C2PA
    same false "$(account .clip.c2pa other.i2v.json)"
}

# One warning with these words: from the download, from the store, and by the key.
warns() { # kind, word...
    local kind=$1 turn
    shift
    set_faults "create 1 clip $kind"
    for turn in 1 2; do
        works fetch -v warning "${REQUEST[@]}" --take "$TAKE" still.png
        says_in_one "$@"
        same 1 "$(grep -vc " lists the model " <<<"$stderr")"
    done
    works ctl wait -v warning "$(basename "$output" .mp4)"
    says_in_one "$@"
    TAKE=$((TAKE + 1))
}

@test "what is not as it was asked for, or will surprise, is a warning" {
    TAKE=1
    warns vfr "frame rate is variable" "filter fps"
    warns untagged "primaries, transfer, matrix" setparams
    warns short "lasts 3.0" "the 4 s"
    warns small "is 640x360" "the 1280x720"
    works fetch -v warning "${REQUEST[@]}" --take "$TAKE" still.png
    same "" "$(grep -v " lists the model " <<<"$stderr")"
}

@test "half the frame rate that was asked for" {
    whole_only
    set_faults "create 1 clip halfrate"
    works fetch "${REQUEST[@]}" --save kept.mp4 still.png
    says "15 fps"
    says_not variable
    same 15/1 "$(account .clip.rate)"
    # As a request for so many would have noted it.
    local record=${output%.mp4}.json
    jq '.rate = 30' "$record" >asked
    cat asked >"$record"
    works fetch -v warning "${REQUEST[@]}" still.png
    says_in_one "15 frames" "the 30"
}

# What a file says of itself, a line a key; MPEG-TS says it of its program.
told() { # file
    ffprobe -v error -show_entries format_tags:program_tags:stream_tags -of flat "$1" | sed -n 's/.*tags[.]//p'
}

keeps() { # file, key...: the mark under each
    local file=$1 key
    shift
    for key in "$@"; do
        told "$file" | grep -iF "$key=" | grep -F "$ID" | grep -qF trainedAlgorithmicMedia ||
            { echo "$file has no $key"; told "$file"; return 1; }
    done
}

@test "each kind of file keeps where its clip comes from, copied and encoded" {
    local name input=(-f i2v "${REQUEST[@]/#--/-}" -i still.png)
    works ff -v error "${input[@]}" -c copy copy.mp4 -c copy copy.mov -c copy copy.mkv \
        -c copy -f mpegts copy.ts -c copy copy.flv -c copy copy.avi -c copy hls.m3u8 \
        -movflags use_metadata_tags -c copy all.mp4
    works ff -v error "${input[@]}" -t 0.2 -c:v libvpx -deadline realtime -c:a libopus coded.webm \
        -t 0.2 -c:v mpeg4 -c:a aac coded.mp4 -t 0.2 -c:v mpeg2video -c:a mp2 coded.ts -vn -t 0.2 coded.wav
    ID=$(last_job .id)
    for name in copy.{mp4,mov,mkv,flv,avi} all.mp4 coded.{webm,mp4,wav}; do
        keeps "$name" comment
    done
    for name in copy.ts hls0.ts coded.ts; do
        keeps "$name" service_provider
    done
    for name in copy.mkv copy.flv all.mp4 coded.webm; do
        told "$name" | grep -qi "generation_id=\"$ID\""
    done
    told copy.mp4 | sed -n 's/^comment=//p' | jq -r . | jq -e ".generation_id == \"$ID\""
    works ff -v error -f i2v -tags none "${REQUEST[@]/#--/-}" -i still.png -c copy none.mp4
    same "" "$(told none.mp4 | grep -i comment)"
    works ff -v error "${input[@]}" -metadata comment=mine -c copy mine.mp4
    same '"mine"' "$(told mine.mp4 | sed -n 's/^comment=//p')"
    expect_creates 1
}
