# i2v: models as the gateway's own schemas have them, kept beside the ledger
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# One that a test may end.
own_gateway() {
    start_gateway --schema "$BATS_FILE_TMPDIR/schemas"
    export I2V_BASE_URL=$GATEWAY
    mark
}

setup_file() {
    shared_still
    mkdir "$BATS_FILE_TMPDIR/schemas"
    cp "$BATS_TEST_DIRNAME/../gateway/published/"*.json "$BATS_FILE_TMPDIR/schemas"
    # A model of the table that takes other lengths now, and one more field.
    jq '.paths[].post.requestBody.content["application/json"].schema.properties
        |= (.duration.enum = [4, 6] | .loop = {"type": "boolean", "default": false})' \
        "$BATS_TEST_DIRNAME/../gateway/published/openai__sora-2-i2v.json" >"$BATS_FILE_TMPDIR/schemas/openai__sora-2-i2v.json"
    start_gateway --schema "$BATS_FILE_TMPDIR/schemas"
}

ctl() { "$BIN/i2vctl" "$@"; }
docs() { state '[.requests[] | select(.path | startswith("/docs-json"))] | length'; }
OLD=kling-video/v1.6/pro/image-to-video
FILM=google/veo-3.0-i2v

@test "a model that is not in the table is asked for once, checked by its schema, and kept" {
    local before
    before=$(docs)
    refused fetch --model "$OLD" --prompt p --duration 7 still.png
    says_in_one duration "5 or 10"
    refused fetch --model "$OLD" --prompt p --seed 3 still.png
    says_in_one seed duration end_image negative_prompt
    refused fetch --model "$OLD" --prompt p --params zoomm=3 still.png
    says_in_one "no field zoomm" cfg_scale camera_control
    refused fetch --model "$OLD" --prompt p --params cfg_scale=2 still.png
    says_in_one cfg_scale "from 0 to 1"
    refused fetch --model "$OLD" --prompt p --params static_mask=mask.png still.png
    says_in_one static_mask URL
    refused fetch --model "$OLD" --prompt p --params '{"dynamic_masks": [{"mask": "https://a/m.png"}]}' still.png
    says_in_one "dynamic_masks[0].trajectories"
    refused fetch --model "$OLD" --prompt p --audio 0 still.png
    says_in_one audio
    expect_creates 0
    works fetch --model "$OLD" --prompt p --duration 10 --params cfg_scale=0.5 --end_image still.png still.png
    same '{"duration":10,"cfg_scale":0.5}' "$(last_job '.fields | {duration, cfg_scale} | tostring')"
    works fetch --model "$OLD" --prompt "another" still.png
    same 1 $(($(docs) - before))
    same 1 "$(ls "$I2V_STORE/models" | grep -c kling)"
    # What it does by default is left to it, as when nothing was known of it.
    same null "$(last_job .fields.duration)"
}

# Make what is kept older than a week.
age() {
    local file
    for file in "$I2V_STORE"/models/*; do
        jq ".got -= 7 * 86400 + 5" "$file" >aged && cp aged "$file"
    done
}

@test "what is kept is enough for what was asked, and is renewed before something is bought" {
    local before
    works fetch --model "$FILM" --prompt p --duration 4 still.png
    before=$(docs)
    age
    works fetch --model "$FILM" --prompt p --duration 4 still.png
    same 0 $(($(docs) - before))
    works fetch --model "$FILM" --prompt q --duration 4 still.png
    works fetch --model "$FILM" --prompt r --duration 4 still.png
    same 1 $(($(docs) - before))
    expect_creates 3
    # A renewal that fails is no reason not to buy.
    age
    set_faults "models * status 500"
    works fetch -v verbose --model "$FILM" --prompt s --duration 4 still.png
    says "more than a week" "HTTP 500"
    same '"16:9"' "$(last_job ".fields.aspect_ratio | tojson")"
    expect_creates 4
}

@test "whatever becomes of what is kept, what was bought is served and not bought again" {
    local file
    own_gateway
    works fetch --model "$FILM" --prompt p still.png
    works fetch --model test/generic --prompt p still.png
    # An answer without a schema does not take the place of one.
    file=$(ls "$I2V_STORE"/models/*veo-3.0*)
    age
    set_faults "models 2 body {} " 2>/dev/null || set_faults "models 2 status 404"
    works fetch --model "$FILM" --prompt q still.png
    jq -e ".document.paths" "$file" >schema
    set_faults ""
    works fetch --model "$FILM" --prompt p still.png
    # Damaged, or gone: it is asked for anew.
    echo "{" >"$file"
    works fetch --model "$FILM" --prompt p still.png
    jq ".document = {}" "$file" >odd && cp odd "$file"
    works fetch --model "$FILM" --prompt p still.png
    rm -r "$I2V_STORE/models"
    works fetch --model "$FILM" --prompt p still.png
    expect_creates 3
    # Without a connection a model that has none is known by what was asked.
    stop_gateway
    works fetch --model test/generic --prompt p still.png
    works fetch --model "$FILM" --prompt p still.png
}

# Let what is kept say something else, as if it had been renewed.
changed() { # jq of the properties
    local file
    for file in "$I2V_STORE"/models/[!l]*; do
        jq ".document.paths[].post.requestBody.content[\"application/json\"].schema.properties |= ($1)" "$file" >new
        cp new "$file"
    done
}

@test "a schema that changes makes no other request of the same command" {
    local change
    works fetch --model "$FILM" --prompt p --duration 4 still.png
    works ctl models --update openai/sora-2-i2v
    works fetch --prompt p still.png
    for change in "del(.aspect_ratio)" ".aspect_ratio.enum = [\"1:1\", \"auto\"]" ".duration.enum = [5]" \
        ".still = .image_url | del(.image_url)" "del(.duration, .resolution)"; do
        changed "$change"
        works fetch --model "$FILM" --prompt p --duration 4 still.png
        works fetch --model "$FILM" --prompt p --duration 4 --reuse only still.png
        works ctl wait --model "$FILM" --prompt p --duration 4 still.png
        works fetch --prompt p still.png
    done
    expect_creates 2
    # How the still is to be fitted is asked, too.
    rm -r "$I2V_STORE/models"
    works fetch --model "$FILM" --prompt p --duration 4 --fit contain still.png
    expect_creates 3
}

@test "one that was sent and not answered is looked for, whatever the schema says by then" {
    set_faults "create 1 drop-after" "create * rows late 5"
    ends_with 75 fetch --model "$FILM" --prompt q --max_wait 1 still.png
    rm -r "$I2V_STORE/models"
    works fetch --model "$FILM" --prompt other still.png
    changed "del(.aspect_ratio)"
    set_faults ""
    works fetch --model "$FILM" --prompt q still.png
    expect_creates 2
}

@test "fallback=still stands in where the gateway does not tell, and not for a bad option" {
    set_faults "models * status 503"
    works fetch --model "$OLD" --prompt p --fallback still still.png
    says "not known yet" "not the clip but the still"
    set_faults ""
    refused fetch --model "$OLD" --prompt p --duration 7 --fallback still still.png
    expect_creates 0
}

@test "where nothing is known of a model and the gateway cannot be asked, nothing is sent" {
    set_faults "models * status 503"
    ends_with 69 fetch --model "$OLD" --prompt p still.png
    says_in_one "$OLD" "HTTP 503" "nothing sent"
    set_faults "models 2 garbage"
    ends_with 69 fetch --model "$OLD" --prompt p still.png
    says_in_one "$OLD" "nothing sent"
    expect_creates 0
    set_faults ""
    # One of which the gateway has no schema is sent as asked.
    works fetch --model test/generic --prompt p --params zoomm=3 still.png
    says "sent as asked"
    same 3 "$(last_job .fields.zoomm)"
}

@test "i2vctl models --update keeps them all; the schema then counts more than the table" {
    refused fetch --prompt p --duration 6 still.png
    works fetch --prompt p still.png
    works ctl models -v verbose --update
    says "By its own schema" "duration: 4 or 6 (in the table 4, 8 or 12)" "further fields: loop"
    grep -Eq "^$OLD +5,10 +- +- +yes " <<<"$output"
    grep -Eq "^openai/sora-2-i2v +4,6 +720p +always +no " <<<"$output"
    refused fetch --prompt p --duration 8 still.png
    says_in_one "4 or 6"
    works fetch --prompt p --duration 6 --params loop=true still.png
    same '{"duration":6,"loop":true}' "$(last_job '.fields | {duration, loop} | tostring')"
    # What was bought by the table is not bought again.
    works fetch --prompt p still.png
    expect_creates 2
    # In the other forms, too.
    refused ff -f i2v -prompt p -duration 12 -i still.png -f null -
    says "4 or 6"
    refused ff -filter_complex "i2v=still.png:prompt=p:duration=12" -f null -
    says "4 or 6"
    I2V_BASE_URL=http://127.0.0.1:1 ends_with 69 ctl models --update
    says_in_one "asked for"
}

@test "a page of one model says what may be asked of it" {
    works ctl models veed/fabric-1.0
    grep -Eq '^  prompt +not taken$' <<<"$output"
    grep -Eq '^  resolution +480p or 720p \(default 480p\)$' <<<"$output"
    grep -Eq '^  audio_url +a URL \(needed\)$' <<<"$output"
    works ctl models "$OLD"
    grep -Eq '^  duration +5 or 10 seconds \(default 5\)$' <<<"$output"
    grep -Eq '^  cfg_scale +a number from 0 to 1$' <<<"$output"
    [ ! -e "$I2V_STORE" ]
    works ctl models --json "$FILM"
    jq -e '.known and .schema and .durations == [4, 6, 8] and .audio == "on"' <<<"$output"
    works ctl models --i2v VEO-3.0
    same "google/veo-3.0-i2v google/veo-3.0-i2v-fast" "$(awk 'NR > 1 { print $1 }' <<<"$output" | xargs)"
    works ctl models --json --i2v hailuo
    jq -e 'length >= 3 and all(.name | contains("hailuo"))' <<<"$output"
    ends_with 64 ctl models --i2v nosuchword
    says_in_one nosuchword
    ends_with 64 ctl models --i2v veo "$FILM"
}

@test "what a model cannot do without, and what it does not take" {
    refused fetch --model veed/fabric-1.0 still.png
    says_in_one "audio_url must be given"
    refused fetch --model veed/fabric-1.0 --prompt p --params '{"audio_url": "https://a/b.mp3"}' still.png
    says_in_one "takes no prompt"
    refused fetch --model klingai/video-o1-video-to-video-edit --prompt p still.png
    says_in_one klingai/video-o1-video-to-video-edit
    expect_creates 0
}

@test "a model that is retired is said before it is bought, and one that is withdrawn is not asked" {
    works fetch -v warning --prompt p --duration 4 still.png
    says_in_one openai/sora-2-i2v deprecated google/veo-3.1-i2v-fast
    same 1 "$(wc -l <<<"$stderr")"
    works fetch -v error --prompt q --duration 4 still.png
    same "" "$stderr"
    # One that is in the store is not bought.
    works fetch -v warning --prompt p --duration 4 still.png
    same "" "$stderr"
    refused fetch --model test/withdrawn-i2v --prompt p still.png
    says "withdrawn" "2026-09-24" "-model google/veo-3.1-i2v-fast" "nothing sent"
    refused fetch --model gone-i2v --prompt p --dry_run 1 still.png
    says "2026-10-01" "no replacement"
    expect_creates 2
}

@test "the list of the retired is asked for again after five minutes, by its ETag" {
    local file before
    feeds() { state '[.requests[] | select(.path == "/v1/models/deprecations")] | length'; }
    before=$(feeds)
    works fetch --prompt p --duration 4 still.png
    works fetch --prompt q --duration 4 still.png
    same 1 $(($(feeds) - before))
    file=$(ls "$I2V_STORE"/models/list_of*)
    jq '.got -= 301' "$file" >aged && cp aged "$file"
    works fetch -v warning --prompt r --duration 4 still.png
    says deprecated
    same 304 "$(state '[.requests[] | select(.path == "/v1/models/deprecations")][-1].status')"
    [ "$(jq .got "$file")" -gt "$(jq .got aged)" ]
    # It is a courtesy.
    cp aged "$file"
    set_faults "models * status 500"
    works fetch --prompt s --duration 4 still.png
    expect_creates 4
}

@test "of several models the first that is served, and one that was asked stays asked" {
    local models="test/withdrawn-i2v, $FILM,google/veo-3.0-i2v-fast"
    own_gateway
    works fetch --model "$models" --prompt p still.png
    says "the first that is served is $FILM"
    same "$FILM" "$(last_job .model)"
    works ff -v warning -f i2v -model "$models" -prompt p -i still.png -f null -
    works ff -filter_complex "i2v=still.png:prompt=p:model='$models'[v]" -map "[v]" -f null -
    # Bought under the second name, it is not bought under the first.
    works fetch --model "google/veo-3.0-i2v-fast,$FILM" --prompt p still.png
    expect_creates 1
    # One that may have been taken is looked for.
    set_faults "create 1 drop-after" "create * rows late 5"
    ends_with 75 fetch --model "google/veo-3.0-i2v-fast,$FILM" --prompt q --max_wait 1 still.png
    set_faults ""
    works fetch --model "$FILM,google/veo-3.0-i2v-fast" --prompt q still.png
    expect_creates 2
    refused fetch --model test/withdrawn-i2v,no/such --prompt p still.png
    says "serves none" "nothing sent"
    refused fetch --model "$FILM,,a" --prompt p still.png
    says_in_one model "no name"
    # In a dry run, too.
    works fetch -v warning --model "$models" --prompt r --dry_run 1 still.png
    says "the first that is served is $FILM"
    # What is here is served without a connection.
    I2V_BASE_URL=http://127.0.0.1:1 ends_with 69 fetch --model "$models" --prompt r still.png
    expect_creates 2
    stop_gateway
    works fetch --model "$models" --prompt p still.png
}
