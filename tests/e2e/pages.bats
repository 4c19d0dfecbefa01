# i2v: a lost create call, and a usage log of several pages
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    common_setup
    anew
}

# From here on accepted() and pages() count.
anew() {
    mark
    BASE_LOGS=$(count logs)
}

# Taken, and nothing of the answer arrives.
LOST=("create 1 drop-after" "create 1 no-headers")

pages() { echo $(($(count logs) - BASE_LOGS)); }
record() { cat "$I2V_STORE"/[0-9a-f]*.json; }

# Where the pages began that were asked for since setup().
offsets() {
    state "[.requests[] | select(.endpoint == \"logs\")][-$(pages):] | map(.path | capture(\"offset=(?<n>[0-9]+)\").n) | join(\" \")"
}

age() { # hours: as if the request had been sent that long ago, by the gateway's clock
    local file
    file=$(compgen -G "$I2V_STORE/*.json")
    jq --argjson back "$1" '.gateway_time -= $back * 3600' "$file" >aged
    cat aged >"$file"
    rm "$I2V_STORE/journal.jsonl" # of two times the later counts
}

# What was sent and never taken; nothing is known of it.
sent_in_vain() { # prompt
    set_faults "create 1 drop-before"
    ends_with 75 fetch --prompt "$1" --max_wait 0 still.png
    set_faults ""
    same sent "$(record | jq -r .state)"
    expect_creates 1
    BASE_LOGS=$(count logs)
}

@test "found on the first, the second and the fourth page" {
    local newer
    some 2 100 0 350 99
    for newer in "${SOME[@]}"; do
        anew
        set_faults "${LOST[@]}" "logs * unrelated $newer 500"
        works fetch --prompt "behind $newer" --max_wait 60 still.png
        says "Found in the usage log"
        same "$(seq -s ' ' 0 100 $newer)" "$(offsets)"
        same 1 "$(accepted)"
    done
}

@test "the last page is listed, and not one more" {
    whole_only
    sent_in_vain "no row"
    set_faults "logs * unrelated 250"
    ends_with 75 fetch --prompt "no row" --max_wait 0 still.png
    says "shows no generation"
    same "0 100 200" "$(offsets)"
    set_faults "logs * unrelated 200"
    BASE_LOGS=$(count logs)
    ends_with 75 fetch --prompt "no row" --max_wait 0 still.png
    # How many jobs of other tests the log has is not known here.
    offsets | grep -Eq '^0 100( 200)?$'
    expect_creates 1
}

@test "rows that shift while pages are turned: found by a later look" {
    whole_only
    # It lies on page 2 when page 1 is read, and on page 1 when page 2 is.
    set_faults "${LOST[@]}" "logs 1 unrelated 150 500" "logs 2 unrelated 50 500" "logs 3- unrelated 50 100"
    works fetch --prompt "shifts up" --max_wait 60 still.png
    says "Found in the usage log"
    same 1 "$(accepted)"
    [ "$(pages)" -gt 2 ]
    anew
    # And further down with each new row.
    set_faults "${LOST[@]}" "logs 1 unrelated 100 500" "logs 2 unrelated 200 500" "logs 3 unrelated 250 500"
    works fetch --prompt "shifts down" --max_wait 60 still.png
    same "0 100 200" "$(offsets)"
    same 1 "$(accepted)"
}

@test "a page that fails is asked for again, and the ones before it are not forgotten" {
    whole_only
    set_faults "${LOST[@]}" "logs * unrelated 150 50" "logs 2 status 503" "logs 3 garbage" "logs 4 cut 0.5"
    works fetch --prompt "second page fails" --max_wait 60 still.png
    same "0 100 100 100 100" "$(offsets)"
    same 1 "$(accepted)"
}

@test "an empty page that claims more is no end of the list" {
    whole_only
    sent_in_vain hollow
    age 25
    set_faults "logs * hollow"
    ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt hollow --max_wait 2 still.png
    says_in_one "usage log could not be read" "client request id $(record | jq -r .client_request_ids)"
    expect_creates 1
    anew
    rm -r "$I2V_STORE"/*
    set_faults "${LOST[@]}" "logs 1-2 hollow"
    works fetch --prompt "hollow for a while" --max_wait 60 still.png
    same 1 "$(accepted)"
}

@test "a log that refuses: said, and nothing bought" {
    local code
    for code in 401 403 404; do
        mark
        rm -rf "$I2V_STORE"
        sent_in_vain "refused $code"
        set_faults "logs * status $code"
        ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "refused $code" --max_wait 600 still.png
        says "HTTP $code"
        says_in_one "usage log could not be read" "-take 2"
        same 1 "$(pages)"
        expect_creates 1
    done
}

@test "a log that is garbage, without end or stalls: max_wait ends it, and nothing is bought" {
    local fault n=0 pids=()
    sent_in_vain "odd log"
    for fault in garbage endless "stall 60" "cut 0.5"; do
        n=$((n + 1))
        cp -r "$I2V_STORE" store$n
    done
    n=0
    for fault in garbage endless "stall 60" "cut 0.5"; do
        n=$((n + 1))
        set_faults "logs * $fault"
        I2V_STORE=$PWD/store$n timeout 60 "$BIN/i2vctl" fetch --prompt "odd log" --max_wait 1 still.png 2>log$n 3>&- & pids+=($!)
        until_true eval '[ "$(pages)" -ge '$n' ]'
    done
    for n in 1 2 3 4; do
        status=0
        wait "${pids[n - 1]}" || status=$?
        stderr=$(<log$n)
        [ $status -eq 75 ] || { echo "$n: status $status, $stderr"; return 1; }
        says "only when 24 h have passed"
    done
    expect_creates 1
}

@test "SIGINT while the log stalls" {
    whole_only
    sent_in_vain "log stalls"
    set_faults "logs * stall 60"
    begin "$BIN/i2vctl" fetch --prompt "log stalls" still.png
    until_true eval '[ "$(pages)" -ge 1 ]'
    leaves INT
    says_in_one Interrupted "looks for its generation"
    expect_creates 1
}

@test "after 24 h without a row in the whole window it is created anew, and that is said" {
    sent_in_vain "a day ago"
    age 25
    set_faults "logs * unrelated 120 90"
    works timeout 60 "$BIN/i2vctl" fetch --prompt "a day ago" still.png
    says "shows no generation of this request"
    [ "$(pages)" -ge 3 ]
    expect_creates 2
    same 1 "$(accepted)"
    same ready "$(record | jq -r .state)"
}

@test "after 23 h it is not" {
    whole_only
    sent_in_vain "nearly a day ago"
    age 23
    ends_with 75 fetch --prompt "nearly a day ago" --max_wait 0 still.png
    says "shows no generation" "-take 2"
    expect_creates 1
}

@test "after 24 h, and a page that cannot be read: it is not" {
    whole_only
    sent_in_vain "half a log"
    age 25
    set_faults "logs * unrelated 250" "logs 2 status 503" "logs 3 garbage" "logs 4- stall 60"
    ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt "half a log" --max_wait 5 still.png
    says_in_one "usage log could not be read" "-take 2"
    [ "$(pages)" -ge 3 ]
    expect_creates 1
}

@test "after 24 h, and a row of it: waited for, not bought" {
    set_faults "${LOST[@]}" "logs * rows never"
    ends_with 75 fetch --prompt "an old row" --max_wait 0 still.png
    # Sent a day ago by the ledger, while its row lies in the window all the same.
    local file
    file=$(compgen -G "$I2V_STORE/*.json")
    jq '.gateway_time -= 25 * 3600' "$file" >aged
    cat aged >"$file"
    rm "$I2V_STORE/journal.jsonl"
    set_faults "logs * unrelated 120 90"
    works fetch --prompt "an old row" still.png
    says "Found in the usage log"
    same 1 "$(accepted)"
}
