# i2v: create calls whose answer was lost, and runs that get in each other's way
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# The generations that the gateway took since mark().

# The ledger holds a word; looked for anew at each call.
in_ledger() { grep -qs "\"$1\"" "$I2V_STORE"/[0-9a-f]*.json; }

record() { cat "$I2V_STORE"/[0-9a-f]*.json; }

@test "taken and then dropped: found in the usage log, one generation" {
    set_faults "create 1 drop-after"
    works fetch --prompt "lost one" still.png
    says "answer to the create call was lost" "Found in the usage log"
    same 1 "$(accepted)"
    same 120 "$(frames_of "$output")"
}

@test "dropped before it was taken: stops with what is known, and never sends again by itself" {
    set_faults "create 1 drop-before"
    ends_with 75 fetch --prompt "lost two" --max_wait 2 still.png
    says_in_one "client request id $(record | jq -r .client_request_ids)" "-take 2"
    set_faults ""
    ends_with 75 fetch --prompt "lost two" --max_wait 2 still.png
    expect_creates 1
    works fetch --prompt "lost two" --take 2 still.png
    expect_creates 2
}

@test "the row comes late, and on a later page" {
    whole_only
    set_faults "create 1 drop-after" "create 1 rows late 3" "logs 1 status 503" "logs 2 garbage"
    works fetch --prompt "lost three" --max_wait 60 still.png
    same 1 "$(accepted)"
}

@test "a usage log that is refused ends the search at once" {
    set_faults "create 1 drop-before" "logs * status 404"
    ends_with 75 fetch --prompt "lost four" --max_wait 600 still.png
    says "usage log could not be read"
    expect_creates 1
}

@test "500 in the gateway's own words, taken all the same: found, not bought again" {
    set_faults "create 1 status 500 taken" "create 1 no-headers" "create 1 rows late 2"
    works fetch --prompt "fault one" --max_wait 90 still.png
    same 1 "$(accepted)"
}

@test "500 in the gateway's own words and no row for 30 s: tried again" {
    set_faults "create 1 status 500"
    works fetch --prompt "fault two" --max_wait 120 still.png
    expect_creates 2
    same 1 "$(accepted)"
    same 2 "$(record | jq -r .client_request_ids | wc -w)"
}

@test "500, and max_wait over before it was looked for long enough: looked for again, not bought" {
    whole_only
    set_faults "create 1 status 500 taken" "create 1 no-headers" "create 1 rows late 8"
    ends_with 75 fetch --prompt "fault three" --max_wait 3 still.png
    says "shows no generation of it"
    works fetch --prompt "fault three" --max_wait 60 still.png
    says "heard of a fault"
    expect_creates 1
    same 1 "$(accepted)"
}

@test "a run that left after a 503: the next one looks for half a minute, and then tries again" {
    set_faults "create 1 status 503"
    ends_with 75 fetch --prompt "left after a fault" --max_wait 3 still.png
    works fetch --prompt "left after a fault" --max_wait 100 still.png
    says "heard of a fault"
    expect_creates 2
    same 1 "$(accepted)"
}

# More than the buffers of both sides hold.
noise() { # file
    ffmpeg -v error -f lavfi -i nullsrc=1280x720,geq=random\(1\)*255:128:128 -frames:v 1 -q:v 1 "$1"
}

@test "a connection lost during the upload: nothing was accepted, and it is sent again at once" {
    whole_only
    local fault
    noise noise.jpg
    for fault in "drop-upload 2000" "drop-upload 70000; create 1 reset"; do
        mark
        set_faults "create 1 ${fault/; /$'\n'}"
        works timeout 60 "$BIN/i2vctl" fetch --prompt "$fault" noise.jpg
        says_not "answer to the create call was lost"
        says "trying again"
        expect_creates 2
        same 1 "$(accepted)"
    done
}

@test "a search is said at -v error, and that nothing is sent meanwhile" {
    set_faults "create 1 drop-after"
    works fetch -v error --prompt "said at once" still.png
    says_in_one "answer to the create call was lost" "usage log" "nothing is sent again"
    same 1 "$(wc -l <<<"$stderr")"
    works fetch -v error --prompt "said at once" still.png
    same "" "$stderr"
}

asked() { [ $(($(count poll) - BASE_POLLS)) -ge "$1" ]; } # polls

@test "a waiter that hears late of a failure leaves the newer generation alone" {
    whole_only
    BASE_POLLS=$(count poll)
    set_faults "create 1 fail server_error broken" "poll 1 hold $PWD/go" "poll 2 shape waiting"
    fetch --prompt late still.png >first.out 2>&1 &
    until_true asked 1
    fetch --prompt late --poll_interval 3 still.png >second.out 2>&1 &
    local second=$!
    until_true asked 2
    touch go
    wait %1 || true
    grep -q failed first.out
    # While the second still sleeps, a third run buys anew.
    works fetch --prompt late still.png
    same 2 "$(accepted)"
    wait $second || true
    same ready "$(record | jq -r .state)"
    works fetch --prompt late still.png
    same 2 "$(accepted)"
}

@test "one who waits for another process keeps to max_wait" {
    set_faults "create 1 hold $BATS_TEST_TMPDIR/go"
    fetch --prompt held still.png >first.out 2>&1 &
    until_true in_ledger sent
    ends_with 75 timeout 20 "$BIN/i2vctl" fetch --prompt held --max_wait 1 still.png
    says "max_wait is over"
    touch go
    wait %1
    expect_creates 1
}

@test "killed with every byte there: not one is fetched again" {
    whole_only
    works fetch --prompt whole still.png
    local etag
    etag=$(curl -skS -D - -o /dev/null "$(jq -r .url "${output%.mp4}.json")" | sed -n 's/\r$//; s/^etag: *//Ip')
    mv "$output" "$output.part"
    jq -n --arg etag "$etag" --arg digest "$(sha256sum "$output.part" | cut -c-64)" \
        --argjson size "$(stat -c %s "$output.part")" \
        '{validator: $etag, $size, bytes: $size, sha256: $digest}' >"$output.part.note"
    set_faults ""
    works fetch --prompt whole still.png
    expect_creates 1
    same 416 "$(state '[.requests[] | select(.endpoint == "download")][-1].status')"
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
}

@test "the ledger is damaged or gone: the clip is taken in again, not bought again" {
    works fetch --prompt adopted still.png
    local clip=$output
    printf '{' >"${clip%.mp4}.json"
    works fetch --prompt adopted still.png
    says_in_one "moved to" "rebuilt from the journal"
    says "Serving take 1"
    same "$clip" "$output"
    same ready "$(record | jq -r 'select(.journal).state')"
    rm "${clip%.mp4}.json"
    works fetch --prompt adopted --reuse only still.png
    says_in_one "is missing" "rebuilt from the journal"
    works fetch --prompt adopted still.png
    says "Serving take 1"
    says_not "rebuilt"
    # Nothing proves the clip now, so it is looked for before it is believed.
    rm "${clip%.mp4}.json" "${clip%.mp4}.lock" "$I2V_STORE/journal.jsonl"
    set_faults "logs * rows never"
    works fetch --prompt adopted still.png
    says "it is taken into the ledger as it is"
    # It was paid for, whatever becomes of it.
    truncate -s -1000 "$clip"
    ends_with 75 fetch --prompt adopted --max_wait 2 still.png
    set_faults ""
    works fetch --prompt adopted --max_wait 60 still.png
    cmp "$output" <(gateway_clip /dev/stdout)
    expect_creates 1
}

@test "a clip that nothing proves is not served where its generation is known" {
    local state
    works fetch --prompt unproved still.png
    local clip=$output
    cp "$clip" whole.mp4
    for state in running sent; do
        rm -f "$I2V_STORE/journal.jsonl"
        dd if=/dev/zero of="$clip" bs=1k seek=20 count=4 conv=notrunc status=none
        jq --arg state $state '.state = $state | del(.clip_size, .clip_time, .clip_sha256, .ended) |
            if $state == "sent" then del(.id) else . end' "${clip%.mp4}.json" >before
        mv before "${clip%.mp4}.json"
        works fetch --prompt unproved --max_wait 60 still.png
        cmp whole.mp4 "$output"
    done
    expect_creates 1
}

@test "a clip that was changed in place is noticed and fetched again" {
    works fetch --prompt changed still.png
    cp "$output" whole.mp4
    dd if=/dev/zero of="$output" bs=1 seek=20000 count=4000 conv=notrunc status=none
    works fetch --prompt changed still.png
    cmp whole.mp4 "$output"
    touch "$output"
    works fetch --prompt changed still.png
    says "Serving take 1"
    expect_creates 1
}

@test "a wrong length is no endless download" {
    whole_only
    set_faults "download 1 wrong-length 1000"
    works timeout 30 "$BIN/i2vctl" fetch --prompt length still.png
    same 120 "$(frames_of "$output")"
}

@test "max_wait ends a download that gets nowhere, and a gateway that takes nothing" {
    whole_only
    set_faults "download * stall 60"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt stalled --max_wait 8 still.png
    says_in_one "max_wait is over" "ready at the gateway"
    set_faults "create * status 429"
    ends_with 69 timeout 30 "$BIN/i2vctl" fetch --prompt busy --max_wait 2 still.png
    says_in_one "max_wait is over" "Nothing was bought" "Too Many Requests"
}

@test "options that change nothing in what is sent are the same request" {
    whole_only
    works fetch --prompt shaped still.png
    for option in fit=contain fit=fill fit=none fit_position=top image_time=end; do
        works fetch --prompt shaped --$option still.png
    done
    expect_creates 1
}

@test "without a fixed interval it polls, seldom and soon enough" {
    whole_only
    unset I2V_DEFAULTS
    works fetch --prompt adaptive still.png
    local polls
    polls=$(last_job .polls)
    [ "$polls" -ge 1 ] && [ "$polls" -le 10 ] || { echo "polls: $polls"; return 1; }
}

@test "killed between the clip's last rename and the record: not fetched again" {
    whole_only
    works fetch --prompt renamed still.png
    local clip=$output
    # As it was before the last step.
    jq '.state = "running" | del(.clip_size, .clip_time, .clip_sha256, .ended)' "${clip%.mp4}.json" >before
    mv before "${clip%.mp4}.json"
    mark
    works fetch --prompt renamed still.png
    expect_requests 0
    same ready "$(record | jq -r .state)"
    works fetch --prompt renamed still.png
    says "Serving take 1"
}

@test "half a clip in its place, and the generation running: fetched" {
    whole_only
    works fetch --prompt halved still.png
    local clip=$output
    cp "$clip" whole.mp4
    truncate -s 20000 "$clip"
    jq '.state = "running" | del(.clip_size, .clip_time, .clip_sha256, .ended)' "${clip%.mp4}.json" >before
    mv before "${clip%.mp4}.json"
    works fetch --prompt halved still.png
    cmp whole.mp4 "$output"
    expect_creates 1
}

@test "a store that somebody removed while its generation runs: the clip comes all the same" {
    set_faults "poll 1-3 shape waiting" "poll 4 hold $PWD/go"
    fetch --prompt "all removed" still.png >first.out 2>&1 3>&- &
    until_true in_ledger running
    mv "$I2V_STORE" removed # at once, since the run goes on writing
    touch go
    wait %1
    works fetch --prompt "all removed" still.png
    says "Serving take 1"
    expect_creates 1
}

@test "a record that somebody removed while its generation runs is written again, not bought again" {
    set_faults "poll 1-3 shape waiting" "poll 4 hold $PWD/go"
    fetch --prompt removed still.png >first.out 2>&1 3>&- &
    until_true in_ledger running
    rm "$I2V_STORE"/[0-9a-f]*.json
    touch go
    wait %1
    works fetch --prompt removed still.png
    says "Serving take 1"
    expect_creates 1
}
