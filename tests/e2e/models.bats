# i2v: i2vctl models: our table, joined with what the gateway serves now
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    common_setup
    unset AIML_API_KEY I2V_DEFAULTS
}

ctl() { "$BIN/i2vctl" "$@"; }
row() { grep -E "^$1 " <<<"$output"; }

@test "a table of every model: ours, priced and marked, and those that only the gateway knows" {
    works ctl models
    same "" "$stderr"
    grep -Eq '^MODEL +SECONDS +RESOLUTIONS +AUDIO +END IMAGE +PRICE +STATE$' <<<"${lines[0]}"
    row openai/sora-2-i2v |
        grep -Eq ' 4,8,12 +720p +always +no +0\.13 USD a second +deprecated; then google/veo-3\.1-i2v-fast$'
    row google/veo-3.1-i2v | grep -Eq ' 4,6,8 +720p,1080p +on +no +0\.2 USD a second +served$'
    row google/veo-3.1-first-last-image-to-video | grep -Eq ' needed +0\.[0-9].* USD a second +served$'
    row bytedance/dreamina-seedance-2-5 | grep -Eq ' 4-30 +480p,720p +on +yes +- +not listed$'
    row test/generic | grep -Eq ' - +- +- +- +0\.05 USD a second +served, sent with generic names$'
    same 1 "$(grep -c '^test/' <<<"$output")"
    # Whatever their contents, the columns stand in line.
    same 1 "$(grep -oE '^.* (served|not listed|STATE|deprecated;)' <<<"$output" |
        sed -E 's/(served|not listed|STATE|deprecated;)$//' | awk '{ print length }' | sort -u | wc -l)"
    expect_requests 2
}

@test "nothing secret is needed or sent, and nothing kept" {
    export AIML_API_KEY=$KEY
    works ctl models
    same false "$(state '[.requests[-2:][] | .headers.has_authorization] | any')"
    same 2 "$(state '[.requests[-2:][] | select(.endpoint == "models")] | length')"
    mkdir -p "$HOME/.config/i2v" && echo " " >"$HOME/.config/i2v/key" && chmod 644 "$HOME/.config/i2v/key"
    unset AIML_API_KEY
    works ctl models
    [ ! -e "$I2V_STORE" ]
}

@test "one model whole: names, options, fields, the still, the price, its end" {
    works ctl models sora-2-i2v
    same openai/sora-2-i2v "${lines[0]}"
    grep -Eq '^  also known as +sora-2-i2v$' <<<"$output"
    grep -Eq '^  state +deprecated; then google/veo-3.1-i2v-fast$' <<<"$output"
    grep -Eq '^  reason +provider_delisted$' <<<"$output"
    grep -Eq '^  price +0\.13 USD a second$' <<<"$output"
    grep -Eq '^  typical time +90 s$' <<<"$output"
    grep -Eq '^  duration +4, 8 or 12 seconds \(default 4\)$' <<<"$output"
    grep -Eq '^  aspect_ratio +16:9 or 9:16 ' <<<"$output"
    grep -Eq '^  seed +not taken$' <<<"$output"
    grep -Eq '^  at 720p 16:9 exactly 1280x720$' <<<"$output"
    works ctl models alibaba/wan-2-7-i2v
    grep -Eq '^  aspect_ratio +the still.s$' <<<"$output"
    grep -Eq '^  negative_prompt +a text of at most 500 characters$' <<<"$output"
    same 1 "$(grep -Ec '^  seed +a whole number$' <<<"$output")"
    grep -Eq '^  watermark +true or false \(default false\)$' <<<"$output"
    grep -Eq '^  any$' <<<"$output"
    # What the gateway does not list is not hidden.
    works ctl models bytedance/dreamina-seedance-2-5
    grep -Eq '^  state +not listed$' <<<"$output"
    works ctl models klingai/video-v3-omni-720p-image-to-video
    grep -Eq '^  state +served$' <<<"$output"
    grep -Eq '^  duration +3 to 15 seconds \(default 5\)$' <<<"$output"
    grep -Eq '^  cfg_scale +a number from 0 to 1$' <<<"$output"
    grep -Eq '^  shot_type +customize, .*\(default customize\)$' <<<"$output"
    grep -Fxq '  with tail_image_url, generate_audio must be false' <<<"$output"
    works ctl models luma/ray-3.2
    grep -Fxq '  with hdr true, resolution must be 720p or 1080p' <<<"$output"
    works ctl models minimax/hailuo-2.3
    grep -Fxq '  the shorter side at least 301 pixels' <<<"$output"
    grep -Fxq '  at most 20 MB' <<<"$output"
}

@test "a model that only the gateway knows" {
    works ctl models test/generic
    same test/generic "${lines[0]}"
    grep -Eq '^  state +served, sent with generic names$' <<<"$output"
    grep -Eq '^  price +0\.05 USD a second$' <<<"$output"
    same 0 "$(grep -c '^Options' <<<"$output")"
}

@test "as JSON" {
    works ctl models --json
    jq -e '.[0] | .name == "openai/sora-2-i2v" and .aliases == ["sora-2-i2v"] and .known and .listed
        and .pricing.kind == "fixed" and .retirement == "deprecated" and .durations == [4, 8, 12]
        and .still.exact and (.still.sizes | length) == 2' <<<"$output"
    jq -e '.[-1] | .name == "test/generic" and (.known | not) and .listed' <<<"$output"
    jq -e 'map(select(.name == "klingai/video-v3-pro-image-to-video"))[0]
        | .listed and .pricing.kind == "variants" and (.durations | length) == 13
        and (.fields[] | select(.name == "cfg_scale")).max == 1' <<<"$output"
    jq -e 'map(select(.name == "bytedance/dreamina-seedance-2-5"))[0]
        | (.listed | not) and .price == null' <<<"$output"
    works ctl models --json veo-3.1-i2v
    jq -e '.name == "google/veo-3.1-i2v" and .price == "0.2 USD a second" and .end_image == "no"' <<<"$output"
    I2V_BASE_URL=http://127.0.0.1:1 works ctl models --json veo-3.1-i2v
    jq -e '.listed == null and .price == null' <<<"$output"
}

@test "a gateway that is not there or talks nonsense: the table alone, and one warning" {
    local fault
    I2V_BASE_URL=http://127.0.0.1:1 works ctl models
    row google/veo-3.1-i2v | grep -Eq ' on +no +- +-$'
    same 0 "$(grep -c test/generic <<<"$output")"
    says_in_one 127.0.0.1:1 "table alone"
    same 1 "$(wc -l <<<"$stderr")"
    for fault in "status 500" garbage "redirect files" drop-before empty; do
        set_faults "models * $fault"
        works ctl models
        row google/veo-3.1-i2v | grep -Eq ' - +-$'
        says "table alone"
        same 1 "$(wc -l <<<"$stderr")"
    done
    works ctl models openai/sora-2-i2v
    grep -Eq '^  state +-$' <<<"$output"
    says "table alone"
    # The list comes, what is retired does not.
    set_faults "models 2 status 500"
    works ctl models
    row openai/sora-2-i2v | grep -Eq ' 0\.13 USD a second +served$'
    says "which models are retired" 500
    same 1 "$(wc -l <<<"$stderr")"
}

@test "a model that there is not" {
    ends_with 64 ctl models no/such
    same "" "$output"
    says_in_one "$GATEWAY" no/such "i2vctl models"
    ends_with 64 ctl models withdrawn-i2v
    says withdrawn google/veo-3.1-i2v-fast
    I2V_BASE_URL=http://127.0.0.1:1 ends_with 69 ctl models no/such
    says no/such "not in i2v's table" 127.0.0.1:1
}

@test "bad arguments" {
    ends_with 64 ctl models one two
    ends_with 64 ctl models ""
    ends_with 64 ctl models --prompt a
    says prompt base_url ca_file store
    ends_with 64 ctl models --by model
    ends_with 64 ctl models --base_url http://example.com
    ends_with 64 ctl models --ca_file none.pem
    says none.pem
    expect_requests 0
    works ctl models --base_url "$GATEWAY"
    run --separate-stderr sh -c '"$0/i2vctl" models >/dev/full' "$BIN"
    same 73 "$status"
}

@test "an interrupted look-up dies of the signal" {
    set_faults "models * hold $PWD/go"
    begin "$BIN/i2vctl" models
    until_true eval '[ "$(requests)" -ge 1 ]'
    leaves INT
    same 130 "$STATUS"
    same "" "$(<output)"
    touch go
}
