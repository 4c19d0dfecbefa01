# i2v: every model of the table against the stand-in, which knows them from elsewhere
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

SCHEMAS=$BATS_TEST_DIRNAME/../gateway/schemas

setup_file() {
    shared_still
    quadrants 400 300 "$BATS_FILE_TMPDIR/four3.png"
    quadrants 200 900 "$BATS_FILE_TMPDIR/tall.png"
    start_gateway
}
setup() {
    common_setup
    ln "$BATS_FILE_TMPDIR"/{four3.png,tall.png} .
    # What was accepted fails at once, and is not rendered.
    set_faults "create * fail x it was only a test"
}

# The image-to-video models that the stand-in serves, but for the one nobody knows.
ids() { jq -r .title "$SCHEMAS"/*.json | grep -v '^test/' | sort; }
some_ids() { ids | some_lines "${1:-30}"; }

schema_of() { # id
    echo "$SCHEMAS/${1//\//--}.json"
}

# Whether a model takes, or even demands, a last frame, by the schema.
end_field() { jq -r '[.properties | keys[] | select(test("^(tail|last)_image_url$"))][0] // empty' "$1"; }

# Send a request that is to be accepted; each is another take, so that none is known already.
takes() { # argument...
    TAKE=$((${TAKE:-0} + 1))
    run --separate-stderr "$BIN/i2vctl" submit -v warning --prompt "a test" --take $TAKE "$@"
    [[ $status = 69 || $status = 0 ]] && ! grep -q "HTTP 4" <<<"$stderr" ||
        { printf 'not taken: %s\n%s\n' "$*" "$stderr"; return 1; }
}

@test "each model of the stand-in's is in the table, and is taken with its defaults" {
    local id file extra count=0
    [ "$(ids | wc -l)" -ge 45 ] || { ids; return 1; }
    for id in $(some_ids 10); do
        file=$(schema_of "$id")
        extra=()
        ! jq -e '.required | index("last_image_url")' "$file" >/dev/null || extra=(--end_image four3.png)
        takes --model "$id" "${extra[@]}" tall.png
        says_not "is not known to i2v"
        count=$((count + 1))
    done
    expect_creates "$count"
}

@test "each resolution and ratio that a schema has is taken, the shortest and the longest clip" {
    local id file extra turn ratio resolutions ratios lengths
    for id in $(some_ids); do
        file=$(schema_of "$id")
        ratio=$(jq -r '.properties | keys[] | select(. == "ratio" or . == "aspect_ratio")' "$file")
        mapfile -t resolutions < <(jq -r '.properties.resolution.enum[]? // empty' "$file")
        mapfile -t ratios < <(jq -r ".properties[\"$ratio\"].enum[]? // empty" "$file")
        mapfile -t lengths < <(jq -r '.properties.duration |
            (.enum // [.minimum, .maximum])? | [min, max][] // empty' "$file")
        for ((turn = 0; turn < ${#resolutions[@]} || turn < ${#ratios[@]} || turn < ${#lengths[@]}; turn++)); do
            extra=()
            [ -z "${resolutions[turn]:-}" ] || extra+=(--resolution "${resolutions[turn]}")
            [ -z "${ratios[turn]:-}" ] || extra+=(--aspect_ratio "${ratios[turn]}")
            [ -z "${lengths[turn]:-}" ] || extra+=(--duration "${lengths[turn]}")
            ! jq -e '.required | index("last_image_url")' "$file" >/dev/null || extra+=(--end_image four3.png)
            takes --model "$id" "${extra[@]}" four3.png
            [ -z "${resolutions[turn]:-}" ] || same "${resolutions[turn]}" "$(last_job .fields.resolution)"
            [ -z "${ratios[turn]:-}" ] || same "${ratios[turn]}" "$(last_job ".fields[\"$ratio\"]")"
            [ -z "${lengths[turn]:-}" ] || same "${lengths[turn]}" "$(last_job .fields.duration)"
        done
    done
}

@test "what a schema does not have is refused before anything is sent" {
    local id file
    for id in $(some_ids); do
        file=$(schema_of "$id")
        local refusals=(--duration=99 --resolution=123p --aspect_ratio=5:1)
        jq -e '.properties.seed' "$file" >/dev/null || refusals+=(--seed=7)
        jq -e '.properties.negative_prompt' "$file" >/dev/null || refusals+=(--negative_prompt=x)
        [ -n "$(end_field "$file")" ] || jq -e '.properties.keyframes' "$file" >/dev/null ||
            refusals+=(--end_image=four3.png)
        for option in "${refusals[@]}"; do
            ends_with 64 "$BIN/i2vctl" submit --model "$id" --prompt p "$option" still.png
            option=${option#--}
            says "option ${option%%=*}" "$id"
        done
    done
    expect_creates 0
}

@test "seed, negative_prompt, end_image, audio and params reach each model by its own names and types" {
    local id file field audio params extra
    for id in $(some_ids); do
        file=$(schema_of "$id")
        extra=()
        field=$(end_field "$file")
        audio=$(jq -r '.properties | keys[] | select(test("^generate_audio"))' "$file")
        jq -c --arg audio "$audio" '.properties | to_entries |
            map(select(.key | IN("model", "prompt", "image_url", "duration", "resolution",
                "aspect_ratio", "ratio", "hdr", "exr_export", $audio) | not)) |
            map(select(.value.type == "boolean" or .value.enum)) |
            map({key, value: (.value.enum[0] // false)}) | from_entries' "$file" >wanted
        params=$(jq -r 'to_entries | map("\(.key)=\(.value)") | join(":")' wanted)
        ! jq -e '.properties.seed' "$file" >/dev/null || extra+=(--seed 7)
        ! jq -e '.properties.negative_prompt' "$file" >/dev/null || extra+=(--negative_prompt blurry)
        [ -z "$field" ] || extra+=(--end_image four3.png)
        [ -z "$audio" ] || extra+=(--audio 0)
        [ -z "$params" ] || extra+=(--params "$params")
        [ ${#extra[@]} -gt 0 ] || continue
        takes --model "$id" "${extra[@]}" still.png
        last_job "" >job
        [[ " ${extra[*]} " != *" --seed "* ]] || same 7 "$(jq .fields.seed job)"
        [[ " ${extra[*]} " != *" --negative_prompt "* ]] ||
            same blurry "$(jq -r .fields.negative_prompt job)"
        [ -z "$field" ] || same image/png "$(jq -r .end_image.mime job)"
        # Off is the default of one.
        [ "$audio" != generate_audio ] || same false "$(jq .fields.generate_audio job)"
        same "$(<wanted)" "$(jq -c --slurpfile wanted wanted \
            '.fields as $got | $wanted[0] | with_entries(.value = $got[.key])' job)"
    done
}

@test "a still goes out as each kind of model wants it" {
    # Exactly, at a size that is not what its name says.
    takes --model openai/sora-2-pro-i2v still.png
    same 1792x1024 "$(last_job '|"\(.image.width)x\(.image.height)"')"
    # In the ratio of the clip.
    takes --model x-ai/grok-imagine-video-1.5-preview --aspect_ratio 1:1 still.png
    received_image sent
    same 720x720 "$(size_of sent)"
    takes --model x-ai/grok-imagine-video-1.5-preview --aspect_ratio 1:1 --fit contain still.png
    received_image sent
    same 1280x1280 "$(size_of sent)"
    colour_at sent 640 40 black
    # Within limits, else untouched.
    takes --model minimax/hailuo-2.3 still.png
    received_image sent
    cmp still.png sent
    quadrants 1600 400 wide.png
    takes --model minimax/hailuo-2.3 wide.png
    received_image sent
    same 996x400 "$(size_of sent)"
    takes --model minimax/hailuo-2.3 --fit contain wide.png
    received_image sent
    same 1600x643 "$(size_of sent)"
    ends_with 64 "$BIN/i2vctl" submit --model minimax/hailuo-2.3 --prompt p --fit none wide.png
    says_in_one fit=none 1600x400 2.49
}

@test "the last frame has the first one's shape" {
    takes --model klingai/video-v3-pro-image-to-video --end_image tall.png still.png
    same 1280x720 "$(last_job '|"\(.end_image.width)x\(.end_image.height)"')"
    takes --model google/veo-3.1-first-last-image-to-video --resolution 720p --end_image tall.png four3.png
    same 1280x720 "$(last_job '|"\(.end_image.width)x\(.end_image.height)"')"
    same '["google/veo-3.1-first-last-image-to-video"]' "$(last_job '.fields | [.model]' | jq -c .)"
}

@test "a last frame and its order make another generation" {
    takes --model bytedance/seedance-2-0 --end_image four3.png still.png
    takes --model bytedance/seedance-2-0 --end_image tall.png still.png
    takes --model bytedance/seedance-2-0 --end_image still.png four3.png
    expect_creates 3
    set_faults ""
    works fetch --model bytedance/seedance-2-0 --duration 4 --prompt p --end_image four3.png still.png
    works fetch --model bytedance/seedance-2-0 --duration 4 --prompt p --end_image four3.png still.png
    expect_creates 4
}
