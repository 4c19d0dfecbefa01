# i2v: engine=openai: servers of one's own, as the stand-in has each of them
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    quadrants 400 300 "$BATS_FILE_TMPDIR/four3.png"
}
teardown_file() { :; }

setup() {
    common_setup
    ln "$BATS_FILE_TMPDIR/four3.png" .
    unset AIML_API_KEY
    export I2V_API_KEY=$KEY
}
teardown() { stop_gateway; }

# The stand-in as one of the servers; the requests go to it.
serve() { # profile, argument...
    start_gateway --api openai --profile "$@"
    export I2V_BASE_URL=$GATEWAY I2V_DEFAULTS=engine=openai
    mark
}

part() { # name, member: of the parts of the last create call
    last_job ".fields[\"(parts)\"][] | select(.name == \"$1\") | .$2"
}

@test "each server: created, polled, fetched from where it keeps clips, one create" {
    local profile model
    for profile in vllm-omni sglang fastvideo tensorrt-llm litellm; do
        model=()
        [ $profile != litellm ] || model=(--model wan)
        serve $profile
        works "$BIN/i2vctl" fetch "${model[@]}" --prompt "Waves, $profile" --duration 2 still.png
        [ "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 "$output")" = 832,480 ]
        expect_creates 1
        works "$BIN/i2vctl" jobs --json
        same "openai $I2V_BASE_URL/v1 ready" "$(jq -r '.[0] | "\(.engine) \(.origin) \(.state)"' <<<"$output")"
        # From the store, without the server.
        stop_gateway
        works "$BIN/i2vctl" fetch "${model[@]}" --prompt "Waves, $profile" --duration 2 still.png
    done
    start_gateway
}

@test "what is sent: a form with the still as a file of the exact size" {
    serve vllm-omni
    works "$BIN/i2v" ffmpeg -v error -f i2v -engine openai -prompt "Wörter" -duration 3 -negative_prompt blurry -seed 18446744073709551615 \
        -params 'fps=16:num_inference_steps=20:guidance_scale=1.5:extra_params={"task"\:"fl2va"}' -i four3.png -c copy -y out.mp4
    same '{"prompt":"Wörter","negative_prompt":"blurry","seed":"18446744073709551615","seconds":"3","size":"640x480","fps":"16","num_inference_steps":"20","guidance_scale":"1.5","extra_params":"{\"task\":\"fl2va\"}"}' \
        "$(last_job '.fields | {prompt, negative_prompt, seed, seconds, size, fps, num_inference_steps, guidance_scale, extra_params} | tojson')"
    same "still.png image/png" "$(part input_reference filename) $(part input_reference type)"
    same 640x480 "$(last_job '.image | "\(.width)x\(.height)"')"
    # A file that is right already goes as its own bytes.
    ffmpeg -v error -i four3.png -vf scale=640:480 -y right.png
    works "$BIN/i2vctl" fetch --prompt "as it is" --duration 2 right.png
    same "$(sha256sum <right.png | cut -d ' ' -f 1)" "$(last_job .image.sha256)"
    same 3 "$(last_job '.fields["(parts)"] | length - 1')"
}

@test "sizes: a short side with the still's ratio or another, or both sides" {
    whole_only
    local resolution ratio size
    serve vllm-omni
    while read -r resolution ratio size; do
        set -- --dry_run 1 --prompt s
        [ $resolution = - ] || set -- "$@" --resolution "$resolution"
        [ $ratio = - ] || set -- "$@" --aspect_ratio "$ratio"
        works "$BIN/i2vctl" fetch "$@" four3.png
        says "size: \"$size\""
    done <<'END'
- - 640x480
720p - 960x720
480p 16:9 832x480
480p 9:16 480x832
720p 16/9 1280x720
512x256 - 512x256
480p 1:1 480x480
1080p 16:9 1920x1088
END
    expect_creates 0
}

@test "bad input: one sentence, and nothing is sent" {
    local before
    serve vllm-omni
    before=$(requests_ever)
    ends_with 64 env -u I2V_DEFAULTS "$BIN/i2vctl" fetch --engine azure --prompt a still.png
    one_sentence "engine" azure aimlapi openai
    ends_with 64 env -u I2V_BASE_URL "$BIN/i2vctl" fetch --prompt a still.png
    one_sentence base_url openai
    ends_with 64 "$BIN/i2vctl" fetch --resolution 830x480 --prompt a still.png
    one_sentence resolution 830x480 "multiples of 16"
    ends_with 64 "$BIN/i2vctl" fetch --resolution huge --prompt a still.png
    one_sentence resolution huge 480p
    ends_with 64 "$BIN/i2vctl" fetch --resolution 832x480 --aspect_ratio 1:1 --prompt a still.png
    one_sentence aspect_ratio 1:1 832x480
    ends_with 64 "$BIN/i2vctl" fetch --params width=832 --prompt a still.png
    one_sentence width resolution
    ends_with 64 "$BIN/i2vctl" fetch --params num_inference_steps=many --prompt a still.png
    one_sentence num_inference_steps many "whole number"
    ends_with 64 "$BIN/i2vctl" fetch --params n=2 --prompt a still.png
    ends_with 64 "$BIN/i2vctl" fetch --max_cost 1 --prompt a still.png
    says_in_one "engine openai" max_cost "nothing sent"
    ends_with 64 "$BIN/i2vctl" fetch --base_url "http://gpu1.example:8091" --prompt a still.png
    one_sentence I2V_ALLOW_HTTP
    ends_with 64 "$BIN/i2vctl" fetch --base_url "$GATEWAY/v1?x=1" --prompt a still.png
    one_sentence base_url
    ends_with 64 "$BIN/i2vctl" fetch "i2v:still.png?prompt=a&engine=aimlapi"
    one_sentence "engine is not accepted" I2V_DEFAULTS
    same "$before" "$(requests_ever)"
    ends_with 64 "$BIN/i2vctl" fetch --model other/model --prompt a still.png
    says "Model mismatch" other/model Wan-AI
    same 0 "$(accepted)"
}

@test "a path in base_url, with and without a slash at its end" {
    serve sglang
    works "$BIN/i2vctl" fetch --base_url "$GATEWAY/v1/" --prompt a --duration 1 still.png
    works "$BIN/i2vctl" fetch --base_url "$GATEWAY" --prompt a --duration 1 still.png
    expect_creates 1
    ends_with 64 "$BIN/i2vctl" fetch --base_url "$GATEWAY/openai/v1" --prompt b --duration 1 still.png
    same "/openai/v1/videos" "$(state '.requests[-1].path | sub("\\?.*"; "")')"
}

@test "the key: optional, refused before anything is sent, never that of the gateway's file" {
    mkdir -p "$HOME/.config/i2v"
    (umask 077 && echo "$KEY" >"$HOME/.config/i2v/key")
    unset I2V_API_KEY
    export AIML_API_KEY=$KEY OPENAI_API_KEY=$KEY
    serve vllm-omni
    ends_with 77 "$BIN/i2vctl" fetch --prompt a --duration 1 still.png
    says "refused the request" Unauthorized
    says_not gateway
    same false "$(state '[.requests[].headers.has_authorization] | any')"
    same 0 "$(accepted)"
    I2V_API_KEY=$KEY works "$BIN/i2vctl" fetch --prompt a --duration 1 still.png
    echo "$KEY" >other
    chmod 600 other
    works "$BIN/i2vctl" fetch --api_key_file other --prompt b --duration 1 still.png
    same true "$(state '[.requests[] | select(.status == 200) | .headers.has_authorization] | all')"
    stop_gateway
    serve sglang
    works "$BIN/i2vctl" fetch --prompt a --duration 1 still.png
    # I2V_API_KEY is for every engine.
    stop_gateway
    start_gateway
    unset AIML_API_KEY I2V_DEFAULTS
    I2V_API_KEY=$KEY I2V_BASE_URL=$GATEWAY works "$BIN/i2vctl" fetch --prompt c --duration 4 still.png
}

@test "a clip elsewhere is fetched without the key: by a redirect, by a URL of the answer" {
    serve vllm-omni
    set_faults "download 1 redirect files"
    # The file server does not know this path, and the next poll is followed by the content itself.
    works "$BIN/i2vctl" fetch --prompt moved --duration 1 still.png
    same false "$(state .key_at_cdn)"
    same 2 "$(state '[.requests[] | select(.endpoint == "download" and .status != 302)] | length')"
    set_faults "poll * url $(sed -n 's/.*files at \(http[^)]*\).*/\1/p' "$GATEWAY_LOG")/nowhere.mp4"
    ends_with 75 "$BIN/i2vctl" fetch --prompt bucket --duration 1 --max_wait 3 still.png
    same false "$(state .key_at_cdn)"
    [ "$(state '[.requests[] | select(.path == "/nowhere.mp4")] | length')" -ge 1 ]
    expect_creates 2
}

@test "a poll that fails is no failed generation, and a failed one is told with any status" {
    serve vllm-omni
    set_faults "poll 1 status 503" "poll 2 status 500" "poll 3 status 404" "poll 4 drop-before" "poll 5 shape other_id" "poll 6 status 502 body html"
    works "$BIN/i2vctl" fetch --poll_interval 0.1 --prompt weather --duration 1 still.png
    set_faults "create 1 fail OutOfMemory CUDA out of memory"
    ends_with 69 "$BIN/i2vctl" fetch --prompt fails --duration 1 still.png
    says "failed" "CUDA out of memory"
    works "$BIN/i2vctl" jobs --json
    same failed "$(jq -r 'map(select(.prompt == "fails"))[0].state' <<<"$output")"
    # The same command makes it anew.
    works "$BIN/i2vctl" fetch --prompt fails --duration 1 still.png
    expect_creates 3
    set_faults "poll 1-2 shape unknown"
    works "$BIN/i2vctl" fetch --poll_interval 0.1 --prompt words --duration 1 still.png
    says_in_one warming-up "does not know"
}

@test "an id that the server does not know: asked for again, kept, never made anew by itself" {
    serve vllm-omni
    set_faults "poll * lose"
    ends_with 75 "$BIN/i2vctl" fetch --prompt lost --duration 1 still.png
    says_in_one "does not know generation" "i2vctl forget"
    same 5 "$(count poll)"
    set_faults ""
    works "$BIN/i2vctl" fetch --prompt lost --duration 1 still.png
    expect_creates 1
    set_faults "download * status 404"
    ends_with 75 "$BIN/i2vctl" fetch --prompt expired --duration 1 still.png
    says_in_one "no longer on the server" "i2vctl forget"
}

@test "a failure that stands before the server, which each poll is told: not for all of max_wait" {
    whole_only
    serve vllm-omni
    set_faults "poll * status 500 message upstream failed"
    ends_with 75 "$BIN/i2vctl" fetch --prompt proxied --duration 1 still.png
    says_in_one "answers each poll" "HTTP 500" "upstream failed"
}

@test "content is asked for once it is completed, from servers that send it as it grows" {
    serve sglang
    works "$BIN/i2vctl" fetch --prompt early --duration 1 still.png
    says_not damaged "going on"
    same 1 "$(count download)"
    # What such a server says of a failed one that left a file is not asked.
    set_faults "create 1 fail Error no output"
    ends_with 69 "$BIN/i2vctl" fetch --prompt left --duration 1 still.png
    same 1 "$(count download)"
}

@test "a download that is cut: gone on from where it can be, whole where it cannot" {
    serve vllm-omni
    set_faults "download 1 cut 0.5"
    works "$BIN/i2vctl" fetch --prompt cut --duration 1 still.png
    same "- bytes" "$(state '[.requests[] | select(.endpoint == "download") | .headers.range // "-" | sub("=.*"; "")] | join(" ")')"
    stop_gateway
    serve litellm
    set_faults "download 1 cut 0.5"
    works "$BIN/i2vctl" fetch --model wan --prompt cut --duration 1 still.png
    expect_creates 1
}

@test "a lost answer: found by prompt and time where the list has prompts" {
    serve vllm-omni
    set_faults "create 1 drop-after"
    works "$BIN/i2vctl" fetch --prompt "lost answer" --duration 1 still.png
    says "answer to the create call was lost" "Found in the list of videos"
    says_not gateway
    expect_creates 1
    # Another take of the same prompt is not taken for it.
    set_faults "create 1 drop-after" "create 1 rows never"
    ends_with 75 "$BIN/i2vctl" fetch --prompt "lost answer" --take 2 --max_wait 4 --duration 1 still.png
    says "shows no generation of it"
    set_faults "create * status 504 body html"
    ends_with 75 "$BIN/i2vctl" fetch --prompt "not taken" --max_wait 4 --duration 1 still.png
    same 3 "$(creates)"
    ends_with 75 "$BIN/i2vctl" fetch --prompt "not taken" --max_wait 4 --duration 1 still.png
    same 3 "$(creates)"
    # That a list which tells by prompts alone has none proves nothing.
    set_faults "create * status 500"
    ends_with 75 "$BIN/i2vctl" fetch --prompt "a fault" --max_wait 60 --duration 1 still.png
    same 4 "$(creates)"
}

@test "a lost answer where nothing can tell: said at once, and not sent anew" {
    serve sglang
    set_faults "create 1 drop-after"
    ends_with 75 "$BIN/i2vctl" fetch --prompt untold --duration 1 still.png
    says "does not tell which of them"
    says_not gateway
    set_faults ""
    ends_with 75 "$BIN/i2vctl" fetch --prompt untold --duration 1 still.png
    expect_creates 1
    works "$BIN/i2vctl" forget --yes "$("$BIN/i2vctl" jobs --json | jq -r '.[0].key')"
    works "$BIN/i2vctl" fetch --prompt untold --duration 1 still.png
    expect_creates 2
}

@test "a server that is starting: waited for, and said" {
    serve vllm-omni
    set_faults "logs 1-2 status 503 message The model is loading"
    works "$BIN/i2vctl" fetch --prompt warm --duration 1 still.png
    says_in_one "is not ready" "model is loading" "nothing is sent yet"
    expect_creates 1
    set_faults "logs * status 503 body html"
    ends_with 69 "$BIN/i2vctl" fetch --prompt cold --max_wait 2 --duration 1 still.png
    says "max_wait is over" "Nothing was bought"
    set_faults ""
    # Even without waiting it is asked once.
    works "$BIN/i2vctl" submit --prompt quick --max_wait 0 --duration 1 still.png
    expect_creates 2
    set_faults "logs * garbage"
    ends_with 69 "$BIN/i2vctl" fetch --prompt page --duration 1 still.png
    says_in_one "no server with the Videos API" "nothing was sent" base_url
    set_faults "logs * redirect files"
    ends_with 69 "$BIN/i2vctl" fetch --prompt page --duration 1 still.png
    expect_creates 2
    # Some gateways have no list, or that of another.
    set_faults "logs * status 500 message no provider"
    works "$BIN/i2vctl" fetch --prompt listless --duration 1 still.png
    stop_gateway
    ends_with 69 "$BIN/i2vctl" fetch --prompt gone --max_wait 2 --duration 1 still.png
    says "is not ready" "max_wait is over" "Nothing was bought"
    start_gateway --api openai
}

@test "cancel: asked of the server, and said where there is no way" {
    serve vllm-omni --latency 30
    works "$BIN/i2vctl" submit --prompt long --duration 1 still.png
    works "$BIN/i2vctl" cancel "$output"
    says Cancelled
    same DELETE "$(state '.requests[-1].method')"
    works "$BIN/i2vctl" jobs --json
    same "failed cancelled by i2vctl cancel" "$(jq -r '.[0] | "\(.state) \(.error)"' <<<"$output")"
    ends_with 69 "$BIN/i2vctl" cancel "$(jq -r '.[0].key' <<<"$output")"
    says "cancelled by i2vctl cancel"
    stop_gateway
    serve sglang --latency 30
    works "$BIN/i2vctl" submit --prompt long --duration 1 still.png
    works "$BIN/i2vctl" cancel "$output"
    says "may make it to its end"
    set_faults "cancel * garbage"
    works "$BIN/i2vctl" submit --prompt longer --duration 1 still.png
    ends_with 69 "$BIN/i2vctl" cancel "$output"
    says "did not cancel"
    stop_gateway
    serve litellm --latency 30
    works "$BIN/i2vctl" submit --model wan --prompt long --duration 1 still.png
    ends_with 69 "$BIN/i2vctl" cancel "$output"
    says "did not cancel" 405
    stop_gateway
    start_gateway --latency 30
    unset I2V_DEFAULTS
    I2V_BASE_URL=$GATEWAY works "$BIN/i2vctl" submit --prompt gateway --duration 4 still.png
    I2V_BASE_URL=$GATEWAY ends_with 64 "$BIN/i2vctl" cancel "$output"
    says "no way to cancel"
}

@test "after max_wait and after Ctrl-C nothing is ended on the server, and it is picked up without options" {
    serve vllm-omni
    set_faults "poll * shape waiting"
    ends_with 75 "$BIN/i2vctl" fetch --prompt patience --duration 1 --max_wait 1 still.png
    begin "$BIN/i2vctl" fetch --prompt patience --duration 1 still.png
    until_true polled
    leaves INT
    same 0 "$(count cancel)"
    set_faults ""
    # The ledger knows which engine it was, and where.
    unset I2V_BASE_URL
    works "$BIN/i2vctl" wait
    expect_creates 1
    # A key that is meant for another engine does not go there.
    works "$BIN/i2vctl" submit --base_url "$GATEWAY" --prompt patient --duration 1 still.png
    local key=$output
    ends_with 77 env -u I2V_DEFAULTS "$BIN/i2vctl" wait "$key"
    I2V_DEFAULTS=engine=openai works "$BIN/i2vctl" wait "$key"
}

@test "every form, side by side with the gateway" {
    serve vllm-omni
    works "$BIN/i2v" ffmpeg -v error -i "i2v:still.png?prompt=url&duration=1" -f i2v -prompt form -duration 1 -i still.png \
        -filter_complex "i2v=still.png:prompt=graph:duration=1[v]" -map "[v]" -map 0:v -map 1:v -f null -
    expect_creates 3
}
