# i2v: the store: what was bought once is served, and nothing is bought twice
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
PEEK=(-t 0.1 -f null -)

@test "the same request again is served: no create, no poll, no download" {
    works ff "${REQUEST[@]}" -i still.png -c copy one.mp4
    mark
    works ff "${REQUEST[@]}" -i still.png -c copy two.mp4
    cmp one.mp4 two.mp4
    expect_requests 0
    says_in_one "take 1" "-take 2" "$(date +%Y-)"
}

@test "it is served without a key" {
    works ff "${REQUEST[@]}" -i still.png -c copy one.mp4
    unset AIML_API_KEY
    works ff "${REQUEST[@]}" -i still.png -c copy two.mp4
    cmp one.mp4 two.mp4
}

@test "another name, another place, another time of the same picture is the same request" {
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    mkdir elsewhere
    cp still.png elsewhere/other-name.png
    touch -d 2001-01-01 elsewhere/other-name.png
    works ff "${REQUEST[@]}" -i elsewhere/other-name.png "${PEEK[@]}"
    expect_creates 1
}

@test "another prompt, still, fit, duration, model or take is another generation" {
    whole_only
    works fetch --prompt a --duration 4 still.png
    works fetch --prompt b --duration 4 still.png
    expect_creates 2
    quadrants 1000 720 other.png
    works fetch --prompt a --duration 4 other.png
    expect_creates 3
    works fetch --prompt a --duration 4 --fit contain other.png
    expect_creates 4
    works fetch --prompt a --duration 4 --fit_position left other.png
    expect_creates 5
    works fetch --prompt a --duration 4 --take 2 still.png
    expect_creates 6
    works fetch --prompt a --duration 8 still.png
    expect_creates 7
    works fetch --prompt a --duration 4 --aspect_ratio 9:16 still.png
    expect_creates 8
    works fetch --prompt a --model google/veo-3.1-i2v-fast --resolution 720p --duration 4 still.png
    expect_creates 9
    works fetch --prompt a --model google/veo-3.1-i2v-fast --resolution 720p --duration 4 --params generate_audio=false still.png
    expect_creates 10
    same 10 "$(find "$I2V_STORE" -name '*.mp4' | wc -l)"
}

@test "what does not change the clip does not change the request" {
    whole_only
    works fetch --prompt a --duration 4 still.png
    (umask 077 && echo "$KEY" >key)
    works fetch --prompt a --duration 4 --max_wait 7 --poll_interval 3 --save kept.mp4 --api_key_file key \
        --reuse only --image_time 0 --fit_position center still.png
    works fetch --prompt a still.png
    works fetch --prompt a --resolution 720p --aspect_ratio 16:9 still.png
    expect_creates 1
}

@test "a still that changes under the same name is another generation" {
    quadrants 1280 720 work.png
    works fetch --prompt a --duration 4 work.png
    ffmpeg -v error -y -i still.png -vf hflip work.png
    works fetch --prompt a --duration 4 work.png
    expect_creates 2
}

@test "two processes at once are one generation" {
    whole_only
    set_faults "create 1 stall 0.5" "poll 1-2 shape waiting"
    local one two
    ff -v error "${REQUEST[@]}" -prompt together -i still.png -c copy one.mp4 3>&- & one=$!
    ff -v error "${REQUEST[@]}" -prompt together -i still.png -c copy two.mp4 3>&- & two=$!
    wait $one
    wait $two
    cmp one.mp4 two.mp4
    expect_creates 1
}

@test "ten processes at once are one generation and one download" {
    local n pids=()
    for n in 0 1 2 3 4 5 6 7 8 9; do
        fetch -v error --prompt "ten together" --duration 4 still.png >path$n 3>&- & pids+=($!)
    done
    for n in "${pids[@]}"; do
        wait "$n"
    done
    expect_creates 1
    same 1 "$(cat path? | sort -u | wc -l)"
    same 1 "$(last_job .downloads)"
}

@test "the store is private to the user" {
    umask 022
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    same 700 "$(stat -c %a "$I2V_STORE")"
    same "" "$(find "$I2V_STORE" -type f ! -perm 600)"
    [ "$(find "$I2V_STORE" -type f | wc -l)" -ge 2 ]
    same "" "$(find "$I2V_STORE" -name '*.part*')"
}

@test "what is saved is the user's own kind of file" {
    whole_only
    umask 022
    works ff "${REQUEST[@]}" -save kept.mp4 -i still.png "${PEEK[@]}"
    same 644 "$(stat -c %a kept.mp4)"
}

@test "without I2V_STORE it lies in the home directory, or where XDG says" {
    unset I2V_STORE
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    compgen -G "$HOME/.local/share/i2v/*.mp4"
    same 700 "$(stat -c %a "$HOME/.local/share/i2v")"
    XDG_DATA_HOME=$PWD/data works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    compgen -G "data/i2v/*.mp4"
    expect_creates 2
    same "" "$(find "$HOME" -path '*/.cache/*' -name '*.mp4')"
}

@test "a relative store is where the command ran" {
    whole_only
    I2V_STORE=here works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    compgen -G "$PWD/here/*.mp4"
    I2V_STORE=here works fetch "${REQUEST[@]:2}" still.png
    same "$PWD/here" "$(dirname "$output")"
}

@test "a clip that somebody removed is fetched again, and not bought again" {
    works ff "${REQUEST[@]}" -i still.png -c copy one.mp4
    rm "$(store_clip)"
    works ff "${REQUEST[@]}" -i still.png -c copy two.mp4
    cmp one.mp4 two.mp4
    expect_creates 1
    same 2 "$(last_job .downloads)"
}

@test "a record that is damaged is moved aside and said" {
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    local record
    record=$(compgen -G "$I2V_STORE/*.json" | grep -v stats)
    echo "not json" >"$record"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one "$record" damaged
    compgen -G "$record*bad"
}

@test "the ledger tells what happened to the money" {
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    local record
    record=$(compgen -G "$I2V_STORE/*.json" | grep -v stats)
    same "$(last_job .id)" "$(jq -r .id "$record")"
    same "intent sent accepted ready" \
        "$(jq -r '[.history[] | select(.what != "status").what] | join(" ")' "$record")"
    same completed "$(jq -r '[.history[].status | select(. != null)] | last' "$record")"
    jq -e '[.history[].time] | . == sort' "$record"
    same "$(sha256sum <still.png | cut -d' ' -f1)" "$(jq -r .image_sha256 "$record")"
    same "$(sha256sum <"$(store_clip)" | cut -d' ' -f1)" "$(jq -r .clip_sha256 "$record")"
    same "$(stat -c %s "$(store_clip)")" "$(jq .clip_size "$record")"
    jq -e '(.request_sha256 | test("^[0-9a-f]{64}$")) and .request_size > 1000 and .credits > 0' "$record"
    jq -e '.usd > 0' "$record"
}

@test "a request looks at its own files: the store is not listed" {
    whole_only
    export LD_PRELOAD=$BUILD/tests/e2e/no_scan.so
    mkdir -p "$I2V_STORE"
    refused "$BIN/i2vctl" jobs # it would show
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    unset LD_PRELOAD
    expect_creates 1
}

@test "a still that has changed is another request, however it is dated" {
    local colour
    for colour in red blue; do
        ffmpeg -v error -nostdin -f lavfi -i "color=$colour:s=1280x720" -frames:v 1 $colour.bmp
    done
    cp red.bmp changing.bmp
    touch -d yesterday changing.bmp
    works ff "${REQUEST[@]}" -i changing.bmp "${PEEK[@]}"
    works ff "${REQUEST[@]}" -i changing.bmp "${PEEK[@]}"
    expect_creates 1
    # What is known of it is not what is sent.
    rm -r "$I2V_STORE"/*
    works ff "${REQUEST[@]}" -i changing.bmp "${PEEK[@]}"
    expect_creates 2
    received_image sent.png
    colour_at sent.png 20 20 red
    cat blue.bmp >changing.bmp
    touch -d yesterday changing.bmp
    works ff "${REQUEST[@]}" -i changing.bmp "${PEEK[@]}"
    expect_creates 3
    received_image sent.png
    colour_at sent.png 20 20 blue
}

@test "another account's generation: that is said" {
    set_faults "poll * shape waiting"
    ends_with 75 fetch --prompt "two accounts" --duration 4 --max_wait 0 still.png
    AIML_API_KEY=other-key ends_with 77 fetch --prompt "two accounts" --duration 4 still.png
    says "another API key"
    says_not "other-key"
    set_faults ""
    works fetch --prompt "two accounts" --duration 4 still.png
    expect_creates 1
}

@test "a generation that failed is created anew by the next command, which says so" {
    set_faults "create 1 fail InternalError it broke"
    ends_with 69 fetch --prompt "fails once" --duration 4 still.png
    expect_creates 1
    works fetch --prompt "fails once" --duration 4 still.png
    says "failed before" "it broke"
    expect_creates 2
}

# Every clip of the store, as the ledger knows it.
digests_are_right() {
    local clip
    for clip in "$I2V_STORE"/*.mp4; do
        same "$(sha256sum <"$clip" | cut -d' ' -f1)" "$(jq -r .clip_sha256 "${clip%.mp4}.json")"
    done
}

@test "the digest of a clip is there with the clip" {
    begin "$BIN/i2v" ffmpeg -nostdin -re "${REQUEST[@]}" -i still.png -f null -
    until_true grep -q "^Output #0" log
    digests_are_right
    kill -KILL $PID
    wait $PID || true
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    expect_creates 1
    digests_are_right
}

@test "the digest of a clip whose download was cut is that of the whole" {
    whole_only
    set_faults "download 1 cut 0.5"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    digests_are_right
}

@test "a clip of other content is fetched again, however it is dated" {
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    local clip record
    clip=$(store_clip)
    record=${clip%.mp4}.json
    # As from a copy of the store.
    touch -d yesterday "$clip"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says "Serving take 1"
    # As from half a copy.
    cp --preserve=timestamps "$clip" whole
    dd if=/dev/zero of="$clip" bs=40 count=1 conv=notrunc status=none
    touch -r whole "$clip"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says "is damaged" "fetched again"
    cmp whole "$clip"
    digests_are_right
    # What is not known of it cannot be held against it.
    jq "del(.clip_sha256)" "$record" >edited
    cat edited >"$record"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    digests_are_right
    expect_creates 1
}

@test "a command with many clips leaves none without its digest" {
    whole_only
    local n
    for n in $(seq 20); do
        echo '{"image":"still.png","prompt":"many '"$n"'","duration":4}'
    done >shots.jsonl
    works "$BIN/i2vctl" fetch --manifest shots.jsonl
    same 20 "$(find "$I2V_STORE" -name '*.mp4' | wc -l)"
    digests_are_right
}
