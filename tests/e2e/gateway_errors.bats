# i2v: what the gateway may answer
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
OUT=(-c copy out.mp4)

@test "401: the server's own words, and status 77" {
    AIML_API_KEY=wrong-key refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "401" "valid API key"
    says_not wrong-key
    AIML_API_KEY=wrong-key ends_with 77 fetch --prompt "She turns around and smiles" still.png
    same 0 "$(accepted)"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
}

@test "403: out of credits, and once more credits are there it works" {
    whole_only
    set_faults "create 1-2 status 403 message You've run out of credits. Please top up."
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "You've run out of credits. Please top up" 403
    expect_creates 1
    ends_with 77 fetch --prompt "She turns around and smiles" still.png
    expect_creates 2
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    expect_creates 3
}

@test "403 as an HTML page" {
    set_faults "create 1 status 403 body html"
    ends_with 77 fetch --prompt a still.png
    says 403
    expect_creates 1
}

@test "404: the model is gone" {
    whole_only
    set_faults "create 1 status 404 message The model is withdrawn."
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "The model is withdrawn" 404
    expect_creates 1
    ends_with 64 fetch --model nobody/knows-this --prompt a still.png
    says nobody/knows-this
}

@test "400 with its detail: what the gateway itself finds wrong" {
    whole_only
    ends_with 64 fetch --model alibaba/wan-2-7-i2v --prompt a --duration 5 --params 'colour=red' still.png
    says colour 400
    set_faults "create 1 status 400 body problem message Body validation error"
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "Body validation error" 400
    expect_creates 2
}

@test "a refused create is not tried again, and the same command asks again" {
    whole_only
    set_faults "create 1 status 400 message no"
    ends_with 64 fetch --prompt again --duration 4 still.png
    expect_creates 1
    works fetch --prompt again --duration 4 still.png
    expect_creates 2
}

@test "429 is waited for as told, then it works" {
    set_faults "create 1 status 429 retry-after 1" "poll 1 status 429 retry-after 1"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one "trying again"
    expect_creates 2
    same 120 "$(frames_of out.mp4)"
    same 1 "$(state '[.requests[] | select(.endpoint == "create")][-2:] | map(.status) | map(select(. == 200)) | length')"
}

@test "polls: 500, 503, garbage, nothing, a dropped connection, a page, and it still works" {
    whole_only
    set_faults "poll 1 status 500" "poll 2 shape waiting" "poll 3 status 503 body html" "poll 4 shape active" \
        "poll 5 garbage" "poll 6 shape processing" "poll 7 drop-before" "poll 8 shape waiting" "poll 9 empty"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    expect_creates 1
    same 120 "$(frames_of out.mp4)"
    [ "$(last_job .polls)" -ge 4 ]
}

@test "polls: cut answers, 502 and 504" {
    whole_only
    set_faults "poll 1 status 502 body html" "poll 2 shape waiting" "poll 3 status 504 body empty" \
        "poll 4 shape waiting" "poll 5 cut 0.5"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    expect_creates 1
}

@test "a poll without end is left" {
    set_faults "poll 1 endless"
    works timeout 30 "$BIN/i2vctl" fetch --prompt "She turns around and smiles" --duration 4 still.png
    expect_creates 1
}

@test "an error job: the server's message and the id" {
    whole_only
    set_faults "create * fail InternalServerError Something wrong with the server."
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says_in_one "Something wrong with the server." "$(last_job .id)" InternalServerError
    expect_creates 1
    no_clip
    ends_with 69 fetch --prompt other --duration 4 still.png
}

@test "an error job in every shape" {
    local shape
    for shape in error_string error_detail; do
        set_faults "poll * fail FaceError No face was found." "poll * shape $shape"
        ends_with 69 fetch --prompt "$shape" --duration 4 still.png
        says_in_one "No face was found." "$(last_job .id)"
    done
    expect_creates 2
}

@test "moderation: refused at once" {
    set_faults "create 1 status 400 message Your request was rejected by our moderation system."
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "rejected by our moderation system" "-take 2"
    expect_creates 1
    ends_with 65 fetch --prompt "She turns around and smiles" --duration 4 still.png
    says "rejected by our moderation system"
    expect_creates 1
    works fetch --prompt "She turns around and smiles" --duration 4 --take 2 still.png
}

@test "moderation: refused later; again is no request" {
    set_faults "create 1 fail moderation_blocked The output was blocked by moderation."
    ends_with 65 fetch --prompt "moderated" --duration 4 still.png
    says "blocked by moderation" "$(last_job .id)"
    mark
    ends_with 65 fetch --prompt "moderated" --duration 4 still.png
    says "blocked by moderation"
    expect_requests 0
}

@test "the connection is lost after the job was taken: it is found in the usage log" {
    set_faults "create 1 drop-after"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says "usage log"
    expect_creates 1
    same 120 "$(frames_of out.mp4)"
}

@test "a proxy's 504 after the job was taken: no second create" {
    whole_only
    set_faults "create 1 status 504 taken body html"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    expect_creates 1
}

@test "an answer that is cut, empty, garbage or without end: the id came with the headers" {
    local fault
    for fault in "cut 0.5" empty garbage endless; do
        set_faults "create 1 $fault"
        works timeout 60 "$BIN/i2vctl" fetch --prompt "answer $fault" --duration 4 still.png
    done
    expect_creates 4
    expect_accepted_once_each
}

expect_accepted_once_each() {
    same 4 "$(state '[.jobs[] | select(.prompt | startswith("answer "))] | length')"
}

@test "the same without those headers" {
    set_faults "create 1 garbage" "create 1 no-headers"
    works fetch --prompt "no headers" --duration 4 still.png
    expect_creates 1
}

@test "no answer and no row: it stops, says what is known, and sends nothing more" {
    set_faults "create 1 drop-after" "logs * rows never"
    ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt "lost" --duration 4 --max_wait 1 still.png
    says "$(last_job .client_request_id)" "-take 2"
    expect_creates 1
    set_faults ""
    works timeout 60 "$BIN/i2vctl" fetch --prompt "lost" --duration 4 still.png
    expect_creates 1
}

@test "a poll that is answered with 401 or 404: the record stays, the next run asks again" {
    local code
    for code in 401 404; do
        set_faults "poll 1 status $code"
        refused fetch --prompt "poll $code" --duration 4 still.png
        says "$(last_job .id)" "-take 2"
        works fetch --prompt "poll $code" --duration 4 still.png
    done
    expect_creates 2
}

@test "an unknown generation is asked for again and never bought again" {
    whole_only
    set_faults "poll 1 lose"
    run --separate-stderr fetch --prompt "lost id" --duration 4 still.png
    [ "$status" -ne 0 ]
    says "$(last_job .id)"
    works fetch --prompt "lost id" --duration 4 still.png
    expect_creates 1
}

@test "every shape of an answer" {
    whole_only
    local shape take=0
    for shape in video_array video_strings video_string succeeded extra; do
        set_faults "poll * shape $shape"
        take=$((take + 1))
        works ff -v error "${REQUEST[@]}" -take $take -i still.png "${OUT[@]}"
        same 120 "$(frames_of out.mp4)"
        expect_creates $take
    done
    for shape in generation_id no_id extra; do
        set_faults "create * shape $shape"
        take=$((take + 1))
        works ff -v error "${REQUEST[@]}" -take $take -i still.png "${OUT[@]}"
        expect_creates $take
    done
    for shape in waiting active processing unknown video_null generation_id; do
        set_faults "poll 1-2 shape $shape"
        take=$((take + 1))
        works ff -v error "${REQUEST[@]}" -take $take -i still.png "${OUT[@]}"
        expect_creates $take
    done
}

@test "answers of several shapes at once" {
    whole_only
    set_faults "poll * shape video_array" "poll * shape succeeded" "poll * shape extra" "create 1 shape extra" "create 1 no-headers"
    works ff -v error "${REQUEST[@]}" -i still.png "${OUT[@]}"
    same 120 "$(frames_of out.mp4)"
}

@test "a connection that is refused" {
    ends_with 69 timeout 60 "$BIN/i2vctl" fetch --base_url http://127.0.0.1:1 --prompt a --duration 4 still.png
    says 127.0.0.1:1 "nothing was bought"
    no_clip
}

@test "a redirect of the create call is not followed" {
    set_faults "create * redirect files"
    refused ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    says 302
    expect_creates 1
    expect_requests 3 # the price, what is retired, and this
    same false "$(state .key_at_cdn)"
}

@test "a redirect of a poll does not take the key along" {
    set_faults "poll 1 redirect files"
    run --separate-stderr timeout 30 "$BIN/i2vctl" fetch --prompt redirected --duration 4 still.png
    same false "$(state .key_at_cdn)"
    set_faults ""
    works fetch --prompt redirected --duration 4 still.png
    expect_creates 1
}

@test "who asks: User-Agent and X-Client-Request-Id" {
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    local version
    version=$("$BIN/i2vctl" --version | sed -n 's/^i2vctl //p')
    same "i2v/$version" "$(state '.user_agents | map(select(startswith("curl/") | not)) | unique | .[]')"
    last_job .client_request_id | grep -Eq '^[A-Za-z0-9._:-]{8,128}$'
    same application/json "$(state '[.requests[] | select(.endpoint == "create")][-1].headers["content-type"]')"
    same null "$(state '[.requests[] | select(.endpoint == "create")][-1].headers.expect')"
}

@test "a key that is changed while the generation runs is read again, once" {
    unset AIML_API_KEY
    (umask 077 && echo "$KEY" >key)
    local POLLS
    POLLS=$(count poll)
    set_faults "poll 1 hold $PWD/go" "poll 1 shape waiting" "poll 2 status 401"
    begin "$BIN/i2vctl" fetch --api_key_file key --poll_interval 0.5 --prompt "new key" --duration 4 still.png
    until_true eval '[ "$(count poll)" -gt "$POLLS" ]'
    # Another key, which this gateway does not know: asked with once, and that is the end.
    echo changed-key >key
    touch go
    STATUS=0
    wait "$PID" || STATUS=$?
    stderr=$(<log)
    same 77 "$STATUS"
    says "its file holds another one now" "$(last_job .id)"
    says_not changed-key "$KEY"
    same 3 $(($(count poll) - POLLS))
}

@test "a key that was replaced in its file: the run goes on with the new one" {
    unset AIML_API_KEY
    (umask 077 && echo "an-old-key" >key)
    works env AIML_API_KEY="$KEY" "$BIN/i2vctl" submit --prompt "replaced" --duration 4 still.png
    set_faults "poll 1 hold $PWD/go"
    begin "$BIN/i2vctl" wait --api_key_file key
    until_true eval '[ "$(state .requests[-1].endpoint)" = poll ]'
    echo "$KEY" >key
    touch go
    wait "$PID"
    stderr=$(<log)
    says "its file holds another one now"
    [ -s "$(<output)" ]
    expect_creates 1
}

@test "a key in the environment is not read again" {
    whole_only
    set_faults "poll 1 status 401"
    ends_with 77 fetch --prompt "environment" --duration 4 still.png
    says_not "its file"
}

@test "429 at the end of max_wait: to be tried later, and no refusal" {
    set_faults "create * status 429"
    ends_with 69 "$BIN/i2vctl" fetch --max_wait 0 --prompt busy --duration 4 still.png
    says_in_one "max_wait is over" "Nothing was bought" "Too Many Requests"
    set_faults ""
    works "$BIN/i2vctl" fetch --prompt busy --duration 4 still.png
}
