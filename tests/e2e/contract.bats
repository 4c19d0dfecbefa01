# i2v: the stand-in itself, asked without the plugin: what it refuses, takes, charges,
# lists and serves, by the schemas of its models
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

SCHEMAS=$BATS_TEST_DIRNAME/../gateway/schemas

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    quadrants 1280 720 still.png
    quadrants 64 48 tiny.png
    quadrants 1000 320 wide.png
    quadrants 720 1280 tall.png
    quadrants 640 480 still.webp
    local file
    for file in still.png tiny.png wide.png tall.png still.webp; do
        printf 'data:image/%s;base64,%s' "${file##*.}" "$(base64 -w0 $file)" >$file.url
    done
    # Nothing that another gateway has made: this one is under test.
    start_gateway --cache "$BATS_FILE_TMPDIR/cache"
}

# What the model must have, changed by a jq filter; `image` in it is the URL of the still.
request() { # model, jq filter, still: on standard output
    local name=${1//\//--} still=$BATS_FILE_TMPDIR/${3:-still.png}.url
    jq -c --rawfile image "$still" --arg model "$1" "
        def image: \$image;
        def frame: {type: \"image\", url: image};
        {model: \$model} + (if .required | index(\"prompt\") then {prompt: \"p\"} else {} end)
        + (if .\"x-still\".first == \"image_url\" then {image_url: image} else {keyframes: {frame0: frame}} end)
        + (if .required | index(\"last_image_url\") then {last_image_url: image} else {} end)
        | ${2:-.}" "$SCHEMAS/$name.json"
}

post() { # model, jq filter, still: sets status; the answer is in "answer", its head in "headers"
    request "$@" >body
    status=$(curl -skS -o answer -D headers -w '%{http_code}' -H "Authorization: Bearer $KEY" \
        -H 'Content-Type: application/json' --data-binary @body "$GATEWAY/v2/video/generations")
}

# The files body-1 and so on, by one client, so many at a time: a line each, the answer and
# its status.
post_all() { # how many, at a time
    local number
    for ((number = 1; number <= $1; number++)); do
        [ $number -eq 1 ] || echo next
        printf 'url = "%s/v2/video/generations"\nheader = "Authorization: Bearer %s"\n' "$GATEWAY" "$KEY"
        printf 'header = "Content-Type: application/json"\ndata-binary = "@body-%s"\nsilent\n' $number
        printf 'write-out = "\\t%%{http_code}\\n"\ninsecure\n'
    done >config
    if [ "$2" -gt 1 ]; then curl -Z --parallel-max "$2" -K config; else curl -K config; fi
}

answer() { jq -r "$1" answer; }

refuses() { # model, jq filter, text that is in the message, still
    post "$1" "$2" "${4:-}"
    [ "$status" -eq 400 ] && [[ $(answer .message) == *"$3"* ]] ||
        { echo "$1 with $2: $status, not $3: $(<answer)"; return 1; }
}

takes() { # model, jq filter, still
    post "$@"
    [ "$status" -eq 200 ] || { echo "$1 with $2: $status: $(<answer)"; return 1; }
}

# The job is not rendered then: what a request costs is told without making its clip.
no_clips() { set_faults "create * fail none none"; }

models() { curl -skS "$GATEWAY/v1/models?$1"; }

is_completed() { [ "$(state '.jobs[-1].status')" = completed ]; }

completes() { until_true is_completed; } # the newest job

streams() { # file
    ffprobe -v error -show_entries stream=codec_type,width,height,avg_frame_rate -of csv=p=0 "$1" | tr '\n' ' '
}

@test "every schema is a model of the catalogue, in the documented shape and without a key" {
    models include=all >list
    same "$(jq -r .title "$SCHEMAS"/*.json | sort)" \
        "$(jq -r '.data[] | select(.capabilities | index("image_to_video")) | .id' list | sort)"
    jq -e '.object == "list" and all(.data[];
        (.id | type) == "string" and (.aliases | type) == "array" and .info.name and .info.developer
        and .type == "internal/video-generations/submit" and (.tags | index("playground:video"))
        and .pricing.currency == "USD" and (.modalities.output == ["video"]))' list
    same "$(jq -cS '{(.title): ."x-pricing"}' "$SCHEMAS"/*.json | sort)" \
        "$(jq -cS '.data[] | select(.id != "openai/sora-2-t2v") | {(.id): .pricing}' list | sort)"
    same "fixed variable variants" "$(jq -r '[.data[].pricing.kind] | unique | join(" ")' list)"
    # A file is named after its model.
    same "$(cd "$SCHEMAS" && printf '%s\n' *.json)" \
        "$(jq -r '.title | gsub("/"; "--") + ".json"' "$SCHEMAS"/*.json)"
}

@test "the catalogue answers by id, alias, capability and section" {
    same "openai/sora-2-i2v" "$(models id=sora-2-i2v | jq -r '.data[].id')"
    same "google/veo-3.1-i2v openai/sora-2-i2v" \
        "$(models 'id=openai/sora-2-i2v,veo-3.1-i2v' | jq -r '[.data[].id] | join(" ")')"
    same "klingai/video-v3-standard-turbo-image-to-video" \
        "$(models 'id=klingai/video-v3-turbo-standard-image-to-video' | jq -r '.data[].id')"
    same 0 "$(models id=nobody/knows | jq '.data | length')"
    same "openai/sora-2-t2v" "$(models 'id=sora-2-t2v&capabilities=text_to_video' | jq -r '.data[].id')"
    same 0 "$(models 'id=sora-2-t2v&capabilities=image_to_video' | jq '.data | length')"
    same "aliases id info tags type" "$(models id=test/generic | jq -r '.data[0] | keys | join(" ")')"
    same "0.05" "$(models 'id=test/generic&include=pricing' | jq '.data[0].pricing.units[0].price')"
}

@test "withdrawn models are told, and gone" {
    whole_only
    curl -skS "$GATEWAY/v1/models/deprecations" >list
    same "openai/sora-2-i2v deprecated google/veo-3.1-i2v-fast
test/gone-i2v withdrawn null
test/withdrawn-i2v withdrawn google/veo-3.1-i2v-fast" \
        "$(jq -r '.data[] | "\(.id) \(.status) \(.replaced_by)"' list | sort)"
    local name
    for name in test/withdrawn-i2v test/gone-i2v; do
        post test/generic ".model = \"$name\""
        same 404 "$status"
    done
}

@test "faults strike the catalogue and the deprecations" {
    whole_only
    set_faults "models 1 status 503" "models 2 status 429 retry-after 7" "models 3 drop-before"
    same 503 "$(curl -skS -o /dev/null -w '%{http_code}' "$GATEWAY/v1/models")"
    same 429 "$(curl -skS -o /dev/null -w '%{http_code}' "$GATEWAY/v1/models/deprecations")"
    run ! curl -skS "$GATEWAY/v1/models/deprecations"
    same 200 "$(curl -skS -o /dev/null -w '%{http_code}' "$GATEWAY/v1/models/deprecations")"
}

# Field by field, every schema: what is missing, of another type, beyond its list or its
# bounds, and what nobody knows.
@test "every schema refuses what it does not say, and names the field" {
    whole_only
    local value number=0
    jq -r '. as $schema | .title as $id | ."x-still".first as $first |
        def bad($field; $value; $reason): [$id, $field, ($value | tojson), $reason] | @tsv;
        (if .additionalProperties then empty else bad("duratoin"; 5; "Unrecognized key") end),
        (.required[] | select(. != "model") | bad(.; null; "Required")),
        (.properties | to_entries[] | .key as $field | .value |
            if .type == "integer" or .type == "number" then
                bad($field; "\(.default // 5)"; "Expected number, received string"),
                (select(.enum) | bad($field; 99; "Invalid enum value")),
                (select(.type == "integer") | bad($field; 5.5; "Expected integer, received float")),
                (select(.maximum) | bad($field; .maximum + 1; "Number must be less")),
                (select(.minimum) | bad($field; .minimum - 1; "Number must be greater"))
            elif .type == "boolean" then bad($field; "true"; "Expected boolean, received string")
            elif .type == "string" and $field != "model" then
                bad($field; 1; "Expected string, received number"),
                (select(.enum) | bad($field; "\(.enum[0])x"; "Invalid enum value")),
                (select(.format) | bad($field; "still.png"; "Invalid url")),
                (select(.minLength) | bad($field; ""; "at least 1 character")),
                (select(.maxLength) | bad($field; "x" * (.maxLength + 1); "at most"))
            elif .type == "array" then
                bad($field; {}; "Expected array, received object"),
                (select(.maxItems) | bad($field; [range(.maxItems + 1)]; "Array must contain at most")),
                (select(.minItems) | bad($field; []; "Array must contain at least"))
            elif .type == "object" then bad($field; []; "Expected object, received array")
            else empty end)' "$SCHEMAS"/*.json >cases
    [ "$(wc -l <cases)" -gt 900 ]
    # One program makes all the bodies, and one client sends them.
    jq -Rc 'split("\t") | . as [$id, $field, $value] | ($value | gsub("\\\\\\\\"; "\\") | fromjson) as $v |
        {model: $id, prompt: "p", image_url: "data:image/png;base64,AAAA"}
        | if $id | test("^luma/ray-(flash-)?2$") then del(.image_url) else . end
        | if $v == null then del(.[$field]) else .[$field] = $v end' cases >bodies
    while IFS= read -r value; do
        number=$((number + 1))
        printf %s "$value" >body-$number
    done <bodies
    post_all $number 1 >answers
    same "$(wc -l <cases)" "$(wc -l <answers)"
    paste cases answers | awk -F'\t' '{ if ($6 != 400 || !index($5, $4) || !index($5, $2 ":")) { print; bad = 1 } }
        END { exit bad }'
}

# What the documents say of each family, put down here a second time.
@test "a request that a model does not document is refused, with the field" {
    local model filter text
    no_clips
    while IFS=';' read -r model filter text; do
        refuses "$model" "$filter" "$text" tiny.png
    done < <(some_lines 3 <<'END'
openai/sora-2-i2v;.resolution = "1080p";resolution: Invalid enum value. Expected '720p', received '1080p'
openai/sora-2-i2v;.duration = 5;duration: Invalid enum value. Expected 4 | 8 | 12, received 5
openai/sora-2-i2v;.seed = 1;seed: Unrecognized key(s) in object: 'seed'
openai/sora-2-pro-i2v;.aspect_ratio = "1:1";aspect_ratio: Invalid enum
google/veo-3.1-i2v;.duration = 5;duration: Invalid enum value. Expected 4 | 6 | 8
google/veo-3.1-i2v-fast;.last_image_url = image;last_image_url: Unrecognized
google/veo-3.1-first-last-image-to-video;del(.last_image_url);last_image_url: Required
google/veo-3-1-lite-generate-preview;.tail_image_url = image;tail_image_url: Unrecognized
google/veo-3-1-lite-generate-preview;.last_image_url = image | .duration = 6;duration: Must be 8 with this last_image_url
veo-3.1-lite-generate-001;.resolution = "720p";resolution: Invalid enum value. Expected '720P' | '1080P'
klingai/video-v3-pro-image-to-video;.last_image_url = image;last_image_url: Unrecognized
klingai/video-v3-pro-image-to-video;.prompt = "p" | .duration = 2;duration: Invalid enum
klingai/video-v3-standard-image-to-video;.;prompt: Exactly one of prompt and multi_prompt must be given
klingai/video-v3-standard-image-to-video;.prompt = "p" | .multi_prompt = ["q"];prompt: Exactly one
klingai/video-v3-pro-image-to-video;.prompt = "p" | .elements = [{frontal_image_url: image}];elements.0.reference_image_urls: Required
klingai/video-v3-omni-1080p-image-to-video;.prompt = "p" | .tail_image_url = image;generate_audio: Must be false
klingai/video-v3-turbo-pro-image-to-video;.prompt = "p" * 3073;prompt: String must contain at most 3072
klingai/video-v3-turbo-pro-image-to-video;.prompt = "p" | .multi_prompt = [{prompt: "q"}];prompt: At most one
klingai/video-v2-6-pro-image-to-video;.duration = 7;duration: Invalid enum value. Expected 5 | 10
klingai/v2.5-turbo/pro/image-to-video;.cfg_scale = 1.5;cfg_scale: Number must be less than or equal to 1
kling-video/v2.1/pro/image-to-video;.camera_control = {type: "simple", config: {zoom: 11}};camera_control.config.zoom: Number must be less
klingai/video-o1-image-to-video;.tail_image_url = image;tail_image_url: Unrecognized
alibaba/wan-2-7-i2v;.negative_prompt = "n" * 501;negative_prompt: String must contain at most 500
alibaba/wan-2-6-i2v;.resolution = "480p";resolution: Invalid enum
alibaba/wan2.5-i2v-preview;.duration = 15;duration: Invalid enum
alibaba/wan2.2-i2v-plus;.duration = 5;duration: Unrecognized
alibaba/happyhorse-1.1;.aspect_ratio = "21:9";aspect_ratio: Invalid enum
bytedance/seedance-2-0-fast;.resolution = "1080p";resolution: Invalid enum
bytedance/seedance-2-0;.duration = 16;duration: Invalid enum
bytedance/seedance-1-0-pro-i2v;.camera_fixed = true;camera_fixed: Unrecognized
bytedance/seedance-1-5-pro;.duration = 3;duration: Invalid enum
minimax/hailuo-2.3;.resolution = "768p";resolution: Invalid enum value. Expected '768P' | '1080P'
minimax/hailuo-2.3;.last_image_url = image;last_image_url: Unrecognized
minimax/h3;.aspect_ratio = "16:9";aspect_ratio: Unrecognized
runway/gen4_turbo;.seed = 4294967296;seed: Number must be less than or equal to 4294967295
gen3a_turbo;.aspect_ratio = "4:3";aspect_ratio: Invalid enum
luma/ray-3.2;.hdr = true | .duration = 10;duration: Must be 5 with this hdr
luma/ray-3.2;.hdr = true | .resolution = "360p";resolution: Must be "720p" or "1080p" with this hdr
luma/ray-2;.image_url = image;image_url: Unrecognized
luma/ray-2;.keyframes.frame0.type = "video";keyframes.frame0.type: Invalid enum
luma/ray-flash-2;del(.keyframes);keyframes.frame0.url: Required
pixverse/v5/image-to-video;.duration = 8 | .resolution = "1080p";duration: Must be 5 with this resolution
pixverse/v5.5/image-to-video;.duration = 8 | .resolution = "1080p";duration: Must be 5 or 10 with this resolution
pixverse/v5.5/image-to-video;.generate_audio = true;generate_audio: Unrecognized
ltxv/ltxv-2;.fps = 30;fps: Invalid enum value. Expected 25 | 50
x-ai/grok-imagine-video-1.5-preview;.duration = 16;duration: Number must be less than or equal to 15
x-ai/grok-imagine-video;.reference_images = [image];image_url: At most one of image_url and reference_images
blackforestlabs/flux-3-video-i2v;.resolution = "720p";resolution: Invalid enum value. Expected 'hd' | 'fhd'
google/gemini-omni-flash-preview;.duration = 2;duration: Invalid enum
test/generic;.prompt = "";prompt: String must contain at least 1
test/generic;del(.model);model: Required
END
    )
    request test/generic . | sed 's/^{/{"prompt":"q",/' >body
    status=$(curl -skS -o answer -w '%{http_code}' -H "Authorization: Bearer $KEY" \
        -H 'Content-Type: application/json' --data-binary @body "$GATEWAY/v2/video/generations")
    same "400 prompt" "$status $(answer .message | grep -o prompt)"
    [[ $(answer .message) == *"prompt: Duplicate key"* ]]
}

@test "an image that a model does not take is refused, the last one like the first" {
    whole_only
    local model filter text still
    no_clips
    while IFS=';' read -r model still text filter; do
        refuses "$model" "$filter" "$text" "$still"
    done < <(some_lines 3 <<'END'
openai/sora-2-i2v;tall.png;Inpaint image must match the requested width and height;.
openai/sora-2-pro-i2v;still.png;Inpaint image must match the requested width and height;.
google/veo-3.1-i2v;wide.png;image_url: the image is 1000x320, its short side must be at least 720;.
minimax/hailuo-2.3;tiny.png;image_url: the image is 64x48, its short side must be at least 301;.
minimax/hailuo-2.3;wide.png;image_url: the image is 1000x320, its aspect ratio is out of range;.
minimax/hailuo-02;still.webp;image_url: the image is image/webp, it must be PNG or JPEG;.
klingai/video-v3-turbo-pro-image-to-video;still.webp;image_url: the image is image/webp;.
klingai/video-v3-standard-turbo-image-to-video;wide.png;image_url: the image is 1000x320, its aspect;.
runway/gen4_turbo;wide.png;image_url: the image is 1000x320, its aspect ratio;.
alibaba/wan-2-7-i2v;still.png;image_url: Invalid base64;.image_url = "data:image/png;base64,AAA"
alibaba/wan-2-7-i2v;still.png;image_url: is called image/jpeg but holds image/png;.image_url |= sub("png"; "jpeg")
bytedance/seedance-2-0;still.png;last_image_url: not a PNG, JPEG or WebP image;.last_image_url = "data:image/png;base64,AAAA"
klingai/video-o1-image-to-video;still.png;last_image_url: the image cannot be decoded;.last_image_url = (image | .[:-40] + "AAAA")
luma/ray-2;still.png;keyframes.frame1.url: not a PNG;.keyframes.frame1 = {type: "image", url: "data:image/png;base64,AAAA"}
END
    )
    # The first is good and the last is not.
    local tiny
    tiny=$(<"$BATS_FILE_TMPDIR/tiny.png.url")
    refuses minimax/hailuo-02 ".last_image_url = \"$tiny\"" "last_image_url: the image is 64x48, its short side"
    refuses veo-3.1-lite-generate-001 ".last_image_url = \"$tiny\"" "last_image_url: the image is 64x48, its short side"
    same 0 "$(state '.jobs | length')"
    same "" "$(ls "$(dirname "$GATEWAY_LOG")/state")"
}

@test "every model takes its least request; the price is by its schema" {
    whole_only
    local id number=0 before model filter usd
    no_clips
    for id in $(jq -r .title "$SCHEMAS"/*.json); do
        filter=.
        [[ $id != klingai/video-v3-*image-to-video ]] || filter='.prompt = "p"'
        [ "$id" != openai/sora-2-pro-i2v ] || filter='.resolution = "720p"'
        number=$((number + 1))
        request "$id" "$filter" >body-$number
    done
    before=$(state '.jobs | length')
    post_all $number 4 >answers
    same "$(jq -r .title "$SCHEMAS"/*.json | sort)" "$(state ".jobs[$before:][].model" | sort)"
    while IFS=';' read -r model usd filter; do
        takes "$model" "${filter:-.}"
        same "$model $usd" "$model $(sed -n 's/^x-aimlapi-usd-spent: \([0-9.]*[1-9]\)0*\r$/\1/p' headers)"
        same "$usd" "$(answer '.meta.usage.credits_used / 2000000')"
    done <<'END'
openai/sora-2-i2v;0.52
openai/sora-2-i2v;1.56;.duration = 12
openai/sora-2-pro-i2v;1.56;.resolution = "720p"
google/veo-3.1-i2v;1.6
google/veo-3.1-i2v-fast;0.4;.duration = 4
alibaba/wan-2-7-i2v;1.5;.duration = 15
alibaba/wan2.2-i2v-plus;0.65
alibaba/wan-2-6-image-to-video-flash;0.4875;.resolution = "1080p" | .generate_audio = false
klingai/video-v3-pro-image-to-video;1.455;.prompt = "p"
klingai/video-v3-pro-image-to-video;0.582;.prompt = "p" | .duration = 3 | .generate_audio = false
pixverse/v5.5/image-to-video;0.78
pixverse/v5.5/image-to-video;2.34;.generate_audio_switch = true | .resolution = "1080p"
minimax/hailuo-02;0.294;.duration = 10
minimax/h3;1.26
test/generic;0.35;.duration = 7
END
}

@test "two images: both are kept, told and served, also after a restart" {
    whole_only
    local model filter dir=$BATS_TEST_TMPDIR/own GATEWAY="" before
    own() {
        rm -f ready
        "$BIN/i2v-gateway" --exit-with-parent --latency 0 --api-key "$KEY" --state "$dir" --ready-file ready \
            >own.log 2>&1 3>&- &
        until_true test -s ready
        GATEWAY=$(<ready)
    }
    own
    no_clips
    while IFS=';' read -r model filter; do
        takes "$model" "$filter"
        same "$(jq -cS 'del(.image_url, .last_image_url, .tail_image_url, .keyframes)' body)" \
            "$(state '.jobs[-1].fields' | jq -cS .)"
    done <<'END'
luma/ray-2;.keyframes.frame1 = frame
klingai/video-v3-omni-720p-image-to-video;.prompt = "p" | .tail_image_url = image | .generate_audio = false
bytedance/seedance-2-0;.last_image_url = image
google/veo-3.1-first-last-image-to-video;.duration = 4
openai/sora-2-i2v;.
END
    same "png png png png null" "$(state '[.jobs[].end_image | if . then .mime | sub("image/"; "") else "null" end] | join(" ")')"
    same "$(sha256sum <"$BATS_FILE_TMPDIR/still.png" | cut -d' ' -f1) 1280 720 data" \
        "$(state '.jobs[0].end_image | "\(.sha256) \(.width) \(.height) \(.kind)"')"
    curl -skS "$GATEWAY/control/image?job=3&which=end" | cmp - "$BATS_FILE_TMPDIR/still.png"
    same 404 "$(curl -skS -o /dev/null -w '%{http_code}' "$GATEWAY/control/image?job=5&which=end")"
    before=$(state '.jobs' | jq -cS .)
    curl -skS -X POST "$GATEWAY/control/quit"
    wait $!
    own
    same "$before" "$(state '.jobs' | jq -cS .)"
    curl -skS -X POST "$GATEWAY/control/quit"
}

@test "the clip has the size, the rate, the length and the sound that were asked for" {
    local model filter expected job
    while IFS=';' read -r model expected filter; do
        takes "$model" "$filter" "${still:-}"
        completes
        gateway_clip clip.mp4
        same "$model $expected" "$model $(streams clip.mp4)"
    done <<'END'
x-ai/grok-imagine-video;video,854,480,24/1 audio,0/0 ;.duration = 1 | .resolution = "480p"
luma/ray-2;video,540,960,24/1 ;.resolution = "540p" | .aspect_ratio = "9:16"
klingai/video-v3-standard-image-to-video;video,1280,720,24/1 ;.prompt = "p" | .duration = 3 | .generate_audio = false
test/generic;video,1280,720,30/1 audio,0/0 ;.duration = 1
END
    same 1.000000 "$(ffprobe -v error -select_streams v -show_entries stream=duration -of csv=p=0 clip.mp4)"
    # Not rendered, but settled: the rate that the request switches, a still's own shape.
    no_clips
    takes ltxv/ltxv-2 '.fps = 50'
    same "50 1920x1080 true" "$(state '.jobs[-1] | "\(.rate) \(.width)x\(.height) \(.audio)"')"
    takes pixverse/v5.5/image-to-video .  tall.png
    same "720x1280 false" "$(state '.jobs[-1] | "\(.width)x\(.height) \(.audio)"')"
    takes x-ai/grok-imagine-video-1.5-preview '.aspect_ratio = "1:1"' still.webp
    same "480x480" "$(state '.jobs[-1] | "\(.width)x\(.height)"')"
}

@test "an answer has the shape that the model's documents show" {
    local id
    takes minimax/hailuo-2.3 .
    same '["generation_id","meta","status"]' "$(answer 'keys | tojson')"
    takes klingai/video-v3-omni-720p-image-to-video '.prompt = "p" | .duration = 3'
    id=$(answer .id)
    completes
    curl -skS -H "Authorization: Bearer $KEY" -G --data-urlencode "generation_id=$id" \
        "$GATEWAY/v2/video/generations" >answer
    same "array mp4" "$(answer '"\(.video | type) \(.video[0].url[-3:])"')"
}

@test "every other kind of clip is what its name says" {
    whole_only
    local file path
    takes x-ai/grok-imagine-video '.duration = 2 | .resolution = "480p"'
    completes
    path=$(sed -n 's/.*files at \(.*\)).*/\1/p' "$GATEWAY_LOG")$(state '.jobs[-1].path')
    for file in whole c2pa vfr untagged short small halfrate; do
        set_faults "download 1 clip $file"
        curl -skS -o $file "$path"
    done
    same "video,854,480,24/1 audio,0/0 " "$(streams whole)"
    # The clip as it was, and one box behind it.
    cmp -n "$(stat -c %s whole)" whole c2pa
    tail -c +$(($(stat -c %s whole) + 1)) c2pa >box
    same "$(printf '%08x' "$(stat -c %s box)")" "$(head -c 4 box | od -An -tx1 | tr -d ' ')"
    same "75756964d8fec3d61b0e483c92975828877ec481" "$(head -c 24 box | tail -c 20 | od -An -tx1 | tr -d ' \n')"
    [ "$(stat -c %s box)" -gt 300 ]
    grep -q jumb box
    [ "$(ffprobe -v error -select_streams v -show_entries packet=duration -of csv=p=0 vfr | sort -u | wc -l)" -gt 1 ]
    same "$(frames_of whole)" "$(frames_of vfr)"
    same "bt709 unknown" "$(for file in whole untagged; do ffprobe -v error -select_streams v \
        -show_entries stream=color_space -of csv=p=0 $file; done | paste -sd' ')"
    same "48 24" "$(frames_of whole) $(frames_of short)"
    same "video,426,240,24/1 audio,0/0 " "$(streams small)"
    same "video,854,480,12/1 audio,0/0 " "$(streams halfrate)"
}

@test "a schema of one's own is one more model; a broken one ends the start" {
    whole_only
    local why filter GATEWAY=""
    jq '.title = "my/own" | ."x-aliases" = ["own"]' "$SCHEMAS/alibaba--wan-2-7-i2v.json" >own.json
    "$BIN/i2v-gateway" --exit-with-parent --schema own.json --state own --ready-file ready >own.log 2>&1 3>&- &
    until_true test -s ready
    GATEWAY=$(<ready)
    same my/own "$(models 'id=own&capabilities=image_to_video' | jq -r '.data[].id')"
    curl -skS -X POST "$GATEWAY/control/quit"
    while IFS=';' read -r filter why; do
        jq "$filter" own.json >broken.json
        ends_with 64 "$BIN/i2v-gateway" --schema broken.json
        says "the schema broken.json is broken" "$why"
    done <<'END'
.title = "test/generic";there is a model test/generic already
.properties.seed.type = "int";seed: type is not for the type 'int'
.properties.seed.minimun = 1;seed: there is no keyword minimun
.properties.duration.default = 7;duration: Body validation error! the default: Invalid enum value
.properties.resolution.enum += [1];a word of its enum: Expected string, received number
.required += ["tail_image_url"];what is required must be a property
."x-still".first = "image";first and end must be fields of format uri
."x-size".sides = {"720p": 720};x-size: nothing for the resolution 1080p
."x-audio" = "sometimes";x-audio must be
."x-rate" = 0;x-rate must be
."x-pricing" = {kind: "variable"};variable with an x-charge
."x-pricing" = {kind: "variants", dimensions: ["resolution"], variants: [{when: {resolution: "720p"}, price: 1, unit: "second", per: 1}]};not every variant has one price
."x-rules" = [{if: {seed: [1]}, then: {fps: [2]}}];there is no field fps
."x-prices" = {};there is no keyword x-prices
END
    echo '{' >broken.json
    ends_with 64 "$BIN/i2v-gateway" --schema broken.json
    says "it is not JSON"
}
