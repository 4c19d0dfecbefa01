# i2v: evidence that decides nothing: when in doubt, nothing is bought
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

RECORD() { compgen -G "$I2V_STORE/[0-9a-f]*.json"; }
record() { jq -r "$1" "$(RECORD)"; }
change() { # jq filter: of the one record
    local file
    file=$(RECORD)
    jq "$1" "$file" >changed && mv changed "$file"
}

# A create call that was not taken and whose answer was lost, so many hours ago by the
# gateway's clock.
sent_in_vain() { # prompt, hours
    set_faults "create 1 drop-before" "logs * rows never"
    ends_with 75 fetch --prompt "$1" --max_wait 0 still.png
    set_faults ""
    change ".gateway_time -= $2 * 3600"
    rm "$I2V_STORE/journal.jsonl" # of two times the later counts
    mark
}

@test "a 500 with an id, and no row ever: the id is asked about before another try" {
    set_faults "create 1 status 500 taken" "create 1 rows never"
    works fetch --prompt "taken with a 500" --max_wait 120 still.png
    expect_creates 1
    same 1 "$(accepted)"
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
}

@test "a clip that is gone here and at the gateway is not bought again unasked" {
    works fetch --prompt "gone" still.png
    rm "$output"
    set_faults "poll * fail expired The retention is over."
    ends_with 69 fetch --prompt "gone" still.png
    says_in_one "no longer in the store" "The retention is over" "-take 2"
    same ready "$(record .state)"
    ends_with 69 fetch --prompt "gone" still.png
    expect_creates 1
}

@test "a late error does not outweigh the clip that is here" {
    whole_only
    local polls
    polls=$(count poll)
    set_faults "poll 1-3 shape waiting" "poll 4 fail server_error late" "poll 4 hold $PWD/go"
    begin "$BIN/i2vctl" fetch --prompt "slow to hear" still.png
    until_true eval '[ "$(count poll)" -ge '$((polls + 4))' ]'
    set_faults ""
    works fetch --prompt "slow to hear" still.png
    touch go
    wait "$PID"
    cmp "$output" "$(<output)"
    same ready "$(record .state)"
    works fetch --prompt "slow to hear" still.png
    says "Serving take 1"
    expect_creates 1
}

@test "after 24 h, but it was another account's: its log says nothing" {
    sent_in_vain "of another" 25
    change '.account = "0000000000000000"'
    ends_with 75 fetch --prompt "of another" --max_wait 5 still.png
    says "another API key's account"
    says_in_one "usage log tells nothing" "-take 2"
    expect_creates 0
}

@test "after 24 h by this machine's clock alone: nothing is bought" {
    sent_in_vain "in 1970" 0
    change 'del(.gateway_time) | .created = 1000 | .sent = 1000'
    ends_with 75 fetch --prompt "in 1970" --max_wait 5 still.png
    says_in_one "shows no generation of it" "-take 2"
    expect_creates 0
}

@test "after 24 h the old clip is not taken for the new generation's" {
    whole_only
    sent_in_vain "with a clip" 25
    works fetch --prompt "another" still.png
    cp "$output" "$(compgen -G "$I2V_STORE/*.json" | grep -v stats | xargs grep -l "with a clip" | sed 's/json$/mp4/')"
    works fetch --prompt "with a clip" --max_wait 20 still.png
    says "earlier generation" "sending it anew"
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
}

@test "records that lack what they should have crash nobody" {
    whole_only
    local filter
    some 3 'del(.id)' '.id = 7' '.id = ""' 'del(.error) | .state = "failed"' \
        'del(.error) | .state = "refused"' '.state = "sent" | del(.client_request_ids)' \
        '.duration = 1e300 | .take = -1e300 | .accepted = -1e300' '.history = 7'
    for filter in "${SOME[@]}"; do
        rm -rf "$I2V_STORE"
        works fetch --prompt "lacking" still.png
        change "$filter"
        run --separate-stderr "$BIN/i2vctl" wait "$(basename "$(RECORD)" .json)"
        [ "$status" -lt 126 ] || { echo "$filter: $status"; return 1; }
        rm "$I2V_STORE"/*.mp4
        run --separate-stderr "$BIN/i2vctl" fetch --prompt "lacking" still.png
        [ "$status" -lt 126 ] || { echo "$filter: $status $stderr"; return 1; }
        says_not "(null)"
        run --separate-stderr "$BIN/i2vctl" jobs
        [ "$status" -eq 0 ]
    done
}

@test "Retry-After of the usage log does not outlast max_wait" {
    sent_in_vain "asked to wait" 1
    set_faults "logs * status 429 retry-after 100"
    ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt "asked to wait" --max_wait 2 still.png
    says "-take 2"
    expect_creates 0
}

@test "after 24 h by a clock that was a day behind: the row is found all the same" {
    set_faults "create 1 drop-after" "logs * rows never"
    ends_with 75 fetch --prompt "a day behind" --max_wait 0 still.png
    set_faults ""
    change 'del(.gateway_time) | .created -= 27 * 3600 | .sent -= 27 * 3600'
    works fetch --prompt "a day behind" --max_wait 20 still.png
    expect_creates 1
    same 1 "$(accepted)"
}

@test "a clock that was ahead: the row is found all the same" {
    whole_only
    set_faults "create 1 drop-after" "logs * rows never"
    ends_with 75 fetch --prompt "ahead" --max_wait 0 still.png
    set_faults ""
    change 'del(.gateway_time) | .created += 27 * 3600 | .sent += 27 * 3600'
    works fetch --prompt "ahead" --max_wait 20 still.png
    expect_creates 1
}

@test "at the end of max_wait it asks no faster than before" {
    whole_only
    set_faults "download * status 429"
    ends_with 75 fetch --prompt "slow end" --max_wait 2 still.png
    [ "$(last_job .downloads)" -le 12 ] || { last_job .downloads; return 1; }
    set_faults "poll * status 503"
    ends_with 75 fetch --prompt "slow polls" --max_wait 2 still.png
    [ "$(last_job .polls)" -le 12 ]
}

@test "closed standard descriptors: what is said goes nowhere else" {
    works sh -c "exec \"$BIN/i2vctl\" fetch --prompt closed --duration 4 still.png <&- 2>&-"
    [ -s "$output" ]
    run sh -c "I2V_LOG=\"$PWD/log\" exec \"$BIN/i2vctl\" fetch --prompt closed2 --duration 4 still.png <&- >&- 2>&-"
    [ "$status" -eq 73 ]
    jq -es 'length > 5' log
    expect_creates 2
    # A lock may hold the client request ids of its request, and nothing else.
    same "" "$(find "$I2V_STORE" -name '*.lock' -exec sed -E 's/i2v-[0-9a-f]{32} ?//g' {} +)"
}

@test "a key from a command that takes its time" {
    whole_only
    unset AIML_API_KEY
    works bash -c "\"$BIN/i2vctl\" fetch --prompt 'slow key' --api_key_file <(sleep 0.5; echo $KEY) still.png"
}

@test "nothing is left but that it was there: found by how its client request id begins" {
    set_faults "create 1 drop-after" "logs * rows never"
    ends_with 75 fetch --prompt "all gone" --max_wait 0 still.png
    : >"$(RECORD)"
    rm "$I2V_STORE"/journal.jsonl "$I2V_STORE"/*.lock
    set_faults ""
    works fetch --prompt "all gone" --max_wait 60 still.png
    expect_creates 1
    cmp "$output" <(gateway_clip /dev/stdout)
}
