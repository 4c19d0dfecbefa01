# i2v: forget: the way out of what nothing else can settle
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

ctl() { "$BIN/i2vctl" "$@"; }
submit() { ctl submit --prompt "$@" --duration 4 still.png; }
jobs() { ctl jobs --json | jq -r "$1"; }
journal() { tail -n 1 "$I2V_STORE/journal.jsonl" | jq -r "$1"; }

@test "without a terminal and without --yes nothing is dropped" {
    set_faults "poll * shape waiting"
    works submit one
    local key=$output
    ends_with 64 ctl forget "$key" </dev/null
    says "--yes"
    same running "$(jobs '.[0].state')"
    ends_with 64 ctl forget --yes
    ends_with 64 ctl forget --yes 0123456789abcdef
    ends_with 64 ctl forget --yes --prompt a "$key"
    ends_with 64 ctl wait --yes "$key"
    same running "$(jobs '.[0].state')"
}

@test "a running one: what is known is said, and the same request is bought again" {
    set_faults "poll * shape waiting"
    works submit two
    local key=$output
    works ctl forget --yes "${key:0:12}"
    same "" "$output"
    says "${key:0:12}" running openai/sora-2-i2v "$(last_job .id)" \
        "$(last_job .client_request_id)" ' USD' "paid for twice" "Forgot"
    same 0 "$(jobs length)"
    same "$key forgotten" "$(journal '"\(.key) \(.state)"')"
    [ -z "$(find "$I2V_STORE" -name "$key*")" ]
    set_faults ""
    works fetch --prompt two --duration 4 still.png
    expect_creates 2
    # What was spent on it stays in the account.
    same 2 "$(ctl jobs --by model --json | jq '.[0].generations')"
}

@test "one that was sent and not answered, by its id in the listing" {
    set_faults "create 1 drop-before"
    ends_with 75 fetch --prompt three --max_wait 1 --duration 4 still.png
    local key
    key=$(jobs '.[0].key')
    works ctl forget --yes "$key"
    says "may have been accepted" "$key" "sent anew" || says "${key:0:12}" "sent anew"
    set_faults ""
    works fetch --prompt three --duration 4 still.png
    expect_creates 2
}

@test "a finished one is left to prune, unless its clip is gone" {
    works fetch --prompt four --duration 4 still.png
    local clip=$output
    ends_with 64 ctl forget --yes "$(last_job .id)"
    says "i2vctl prune"
    [ -e "$clip" ]
    rm "$clip"
    works ctl forget --yes "$(last_job .id)"
    says "paid for"
    same 0 "$(jobs length)"
}

@test "one that another process is at" {
    set_faults "create 1 hold $PWD/go"
    submit five >first.out 2>&1 3>&- &
    until_true eval '[ "$(jobs ".[0].state")" = sent ]'
    ends_with 75 ctl forget --yes "$(jobs '.[0].key')"
    says "Another process"
    touch go
    wait $!
    same running "$(jobs '.[0].state')"
}

@test "on a terminal it asks, and takes nothing but yes for yes" {
    needs_terminal
    set_faults "poll * shape waiting"
    works submit six
    local key=$output answer
    for answer in n "" q; do
        echo "$answer" | script -qec "'$BIN/i2vctl' forget $key" typed >/dev/null
        grep -q "Forget it? \[y/N\]" typed
        same 1 "$(jobs length)"
    done
    echo y | script -qec "'$BIN/i2vctl' forget $key" typed >/dev/null
    grep -q "$(last_job .id)" typed
    same 0 "$(jobs length)"
}

@test "wait for all waits for what another process is sending" {
    set_faults "create 1 hold $PWD/go"
    submit "on its way" >first.out 2>&1 3>&- &
    until_true took 1
    ctl wait >waited 2>log 3>&- &
    # It has looked once, and waits on.
    until_true eval '[ "$(grep -c "Another process" log)" -eq 2 ]'
    touch go
    wait $!
    cmp "$(<waited)" <(gateway_clip /dev/stdout)
    wait
    expect_creates 1
}

@test "wait for all passes over what nothing can settle, and brings the others" {
    whole_only
    set_faults "create 1 drop-before"
    ends_with 75 fetch --prompt lost --max_wait 1 --duration 4 still.png
    local lost
    lost=$(jobs '.[0].key')
    set_faults "poll * shape waiting"
    works submit unknown
    local unknown=$output
    works submit known
    local known=$output
    # Another gateway's id, as far as this one knows.
    jq '.id = "nobody:1"' "$I2V_STORE/$unknown.json" >changed
    mv changed "$I2V_STORE/$unknown.json"
    sed -i "/$unknown/s/\"id\":\"[^\"]*\"/\"id\":\"nobody:1\"/" "$I2V_STORE/journal.jsonl"
    set_faults ""
    works ctl wait
    same "$I2V_STORE/$known.mp4" "$output"
    says_in_one "i2vctl forget ${lost:0:12}"
    says_in_one "i2vctl forget ${unknown:0:12}"
    run --separate-stderr ctl wait -v error
    same "0 " "$status $stderr"
    # Named, nothing has changed.
    ends_with 75 ctl wait "$unknown"
    works ctl forget --yes "$lost" "$unknown"
    works ctl wait
    says "Nothing is under way"
    expect_creates 3
}

@test "one that another process waits for is not forgotten" {
    local key
    set_faults "poll * shape waiting"
    begin "$BIN/i2vctl" fetch --prompt waited --duration 4 still.png
    until_true grep -q "Accepted as" log
    until_true eval '[ "$(count poll)" -gt 0 ]'
    key=$(jobs '.[0].key')
    ends_with 75 ctl forget --yes "$key"
    says "waits for the request ${key:0:12}"
    same running "$(jobs '.[0].state')"
    kill -INT "$PID"
    wait "$PID" || true
    works ctl forget --yes "$key"
}
