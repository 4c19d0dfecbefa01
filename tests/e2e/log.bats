# i2v: I2V_LOG: a line of JSON for every event
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
PEEK=(-t 0.1 -f null -)

logged() { # command: its events, in one line
    rm -f log
    I2V_LOG=$PWD/log run --separate-stderr "$@"
    jq -rs 'map(.event) | join(" ")' log
}

@test "I2V_LOG: a line of JSON for every event, whatever -v says" {
    I2V_LOG=$PWD/log works ff -v quiet "${REQUEST[@]}" -prompt "for the log" -i still.png "${PEEK[@]}"
    same "" "$stderr"
    jq -es 'length > 4 and all(has("time") and has("event") and has("key"))' log
    jq -es 'all(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"))' log
    same 1 "$(jq -s 'map(.key) | unique | length' log)"
    same "$(last_job .id)" "$(jq -rs 'map(.id | select(. != null)) | unique | .[]' log)"
    same "$(last_job .client_request_id)" "$(jq -rs 'map(.client_request_id | select(. != null)) | unique | .[]' log)"
    jq -es 'map(.event) | index("intent") < index("sent") and index("sent") < index("accepted")' log
    jq -es 'map(select(.event == "status") | .status) | last == "completed"' log
    same "$(store_clip)" "$(jq -rs 'map(.path | select(. != null)) | last' log)"
    jq -es 'map(.usd | select(. != null)) | last > 0' log
    local count
    count=$(wc -l <log)
    I2V_LOG=$PWD/log works ff -v quiet "${REQUEST[@]}" -prompt "for the log" -i still.png "${PEEK[@]}"
    [ "$(wc -l <log)" -gt "$count" ]
    same 600 "$(stat -c %a log)"
}

@test "I2V_LOG says what failed, and whether it is worth trying again" {
    set_faults "create 1 status 400 message bad luck"
    I2V_LOG=$PWD/log ends_with 64 fetch --prompt "for the log" --duration 4 still.png
    jq -es 'map(select(.event == "error")) | length == 1 and .[0].retryable == false' log
    set_faults "poll 1 status 503"
    I2V_LOG=$PWD/log2 works fetch --prompt "for the log" --duration 4 still.png
    jq -es 'map(select(.event == "retry")) | length == 1 and .[0].retryable == true' log2
}

@test "I2V_LOG that cannot be written does not stop the work" {
    I2V_LOG=$PWD/none/log works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one I2V_LOG none/log
    # One that waits for a reader is not waited for.
    mkfifo pipe
    I2V_LOG=$PWD/pipe works timeout 60 "$BIN/i2vctl" fetch --prompt "a pipe" --duration 4 still.png
    says_in_one I2V_LOG pipe
}

@test "I2V_LOG: the events of a journey, and of those that go other ways" {
    set_faults "create 1 drop-after" "poll 1 status 500" "poll 2 shape waiting" "download 1 cut 0.5"
    same "request price intent sent lost found accepted retry status download retry download ready clip" \
        "$(logged fetch --prompt "long way" --duration 4 still.png |
            sed -E 's/(status )+/status /g')"
    same "request served clip" "$(logged fetch --prompt "long way" --duration 4 still.png)"
    same "request price intent sent accepted status" "$(logged "$BIN/i2vctl" submit --prompt ahead --duration 4 still.png)"
    same "picked_up" "$(logged "$BIN/i2vctl" wait | cut -d' ' -f1)"
    set_faults "create 1 status 429 retry-after 1" "create 2 status 403 message no money"
    same "request price intent sent retry intent sent refused error" \
        "$(logged fetch --prompt "no money" --duration 4 still.png)"
    same "no money" "$(jq -rs '.[] | select(.event == "refused") | .message' log)"
    same 2 "$(jq -rs 'map(select(.event == "sent").client_request_id) | unique | length' log)"
    set_faults "create 1 fail InternalError it broke"
    same "failed error" "$(logged fetch --prompt "fails" --duration 4 still.png | grep -o "failed error")"
    grep -q "it broke" <<<"$(jq -rs '.[-1].message' log)"
    same "request error" "$(logged fetch --prompt "nothing there" --reuse only still.png)"
}

@test "I2V_LOG: lines of several processes do not mix" {
    whole_only
    local n pids=()
    for n in 1 2 3 4 5 6; do
        I2V_LOG=$PWD/log fetch --prompt "$(printf 'x%.0s' {1..3000}) $n" --duration 4 --max_wait 60 still.png 3>&- >/dev/null 2>&1 & pids+=($!)
    done
    for n in "${pids[@]}"; do
        wait "$n"
    done
    same 6 "$(jq -rs 'map(select(.event == "clip").key) | unique | length' log)"
}
