# i2v: the ledger from the command line: submit, wait, jobs, prune
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

ctl() { "$BIN/i2vctl" "$@"; }
submit() { ctl submit --prompt "$@" --duration 4 still.png; }
jobs() { ctl jobs --json | jq -r "$1"; }

@test "submit returns once it is accepted and prints the key; wait brings the clip" {
    set_faults "poll * shape waiting"
    works submit "one"
    same 1 "${#lines[@]}"
    [[ $output =~ ^[0-9a-f]{64}$ ]]
    says Accepted "$(last_job .id)"
    same 0 "$(last_job .polls)"
    local key=$output
    same running "$(jobs '.[0].state')"
    set_faults ""
    works ctl wait "${key:0:12}"
    same "$I2V_STORE/$key.mp4" "$output"
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
    expect_creates 1
}

@test "submit, then the same request in ffmpeg: one generation" {
    whole_only
    works submit "two"
    works ff -f i2v -prompt "two" -duration 4 -i still.png -c copy out.mp4
    says "Picking up"
    same 120 "$(frames_of out.mp4)"
    works submit "two"
    says "Serving take 1"
    expect_creates 1
}

@test "submitted twice, or by ten at once: one generation" {
    whole_only
    works submit "three"
    local key=$output n pids=()
    works submit "three"
    same "$key" "$output"
    says "Accepted before"
    for n in 0 1 2 3 4 5 6 7 8 9; do
        submit "three at once" >key$n 3>&- & pids+=($!)
    done
    for n in "${pids[@]}"; do
        wait "$n"
    done
    same 1 "$(cat key? | sort -u | wc -l)"
    expect_creates 2
}

@test "submit of what cannot be sent, is refused, or may not be bought" {
    ends_with 64 ctl submit --prompt a --duration 5 still.png
    ends_with 64 ctl submit --prompt a --reuse only still.png
    expect_requests 0
    set_faults "create 1 status 400 message This violates our content policy."
    ends_with 65 submit "refused"
    same "" "$output"
    AIML_API_KEY=wrong ends_with 77 submit "wrong key"
}

@test "submit of a request whose answer is lost" {
    whole_only
    set_faults "create 1 drop-after"
    works submit "lost"
    says "Found in the usage log"
    expect_creates 1
}

@test "wait by id, by several keys, and for all that is under way" {
    whole_only
    works submit "first"
    local first=$output
    works submit "second"
    works ctl wait "$(last_job .id)" "$first"
    same 2 "${#lines[@]}"
    same "$I2V_STORE/$first.mp4" "${lines[1]}"
    submit "third"
    submit "fourth"
    works ctl wait
    same 2 "${#lines[@]}"
    works ctl wait
    same "" "$output"
    says "Nothing is under way"
    expect_creates 4
}

@test "wait never buys" {
    ends_with 64 ctl wait --prompt "never sent" --duration 4 still.png
    ends_with 64 ctl wait 0123456789ab
    says 0123456789ab "i2vctl jobs"
    ends_with 64 ctl wait abc
    expect_requests 0
    set_faults "create 1 status 400 message no"
    ends_with 64 submit "refused so far"
    ends_with 64 ctl wait "$(jobs '.[0].key')"
    says "never accepted" no
    expect_creates 1
}

@test "wait for a key takes no option of a request" {
    whole_only
    works submit "known"
    ends_with 64 ctl wait --take 2 "$output"
    says take
    expect_creates 1
}

@test "wait with the options of the request" {
    whole_only
    works submit "by options"
    local key=$output
    works ctl wait --prompt "by options" --duration 4 still.png
    same "$I2V_STORE/$key.mp4" "$output"
    expect_creates 1
}

@test "wait says what became of it: failed, refused, not yet, another gateway" {
    set_faults "create 1 fail InternalError it broke"
    submit "fails"
    ends_with 69 ctl wait
    says "it broke"
    ends_with 69 ctl wait "$(jobs '.[0].key')"
    says "it broke"
    set_faults "create 1 fail moderation_blocked Blocked by moderation."
    submit "moderated"
    ends_with 65 ctl wait
    set_faults "poll * shape waiting"
    submit "slow"
    ends_with 75 ctl wait --max_wait 0.3
    says "$(last_job .id)"
    mark
    I2V_BASE_URL=http://127.0.0.1:1 ends_with 64 ctl wait "$(jobs '.[0].key')"
    says "$GATEWAY" 127.0.0.1:1
    expect_requests 0
}

@test "wait with save: one clip" {
    whole_only
    works submit "kept"
    works ctl wait --save kept.mp4 "$output"
    cmp kept.mp4 "$output"
    set_faults "poll * shape waiting"
    submit "more"
    submit "and more"
    ends_with 64 ctl wait --save kept2.mp4
    says save
    [ ! -e kept2.mp4 ]
}

@test "a request that was killed between sent and its answer is waited for too" {
    whole_only
    set_faults "create 1 hold $PWD/go"
    begin "$BIN/i2vctl" submit --prompt "held" --duration 4 still.png
    until_true took 1
    kill -KILL "$PID"
    wait "$PID" || true
    touch go
    works ctl wait
    says "usage log"
    cmp <(curl -sS "$GATEWAY/control/clip") "$output"
    expect_creates 1
}

@test "jobs: a table for people" {
    works ctl jobs
    same "" "$output"
    set_faults "poll * shape waiting"
    submit $'Rain, then\tsun; and the whole long story of how it came to be so in the end'
    set_faults ""
    works fetch --prompt "She smiles" --duration 4 still.png
    local clip=$output
    works ctl jobs
    same 3 "${#lines[@]}"
    grep -Eq '^KEY +STATE +AGE +USD +MODEL +PROMPT +CLIP$' <<<"${lines[0]}"
    grep -Eq "^[0-9a-f]{12} +ready +[0-9]+s +0\.[0-9]+ +openai/sora-2-i2v +She smiles +$clip\$" <<<"${lines[1]}"
    grep -Eq '^[0-9a-f]{12} +running .*Rain, then sun; and the whole long story\.\.\. +-$' <<<"${lines[2]}"
    same "" "$stderr"
}

@test "jobs --json: for scripts" {
    works ctl jobs --json
    same 0 "$(jq length <<<"$output")"
    works fetch --prompt $'She "smiles"\n' --duration 4 still.png
    local clip=$output
    works ctl jobs --json
    same 1 "$(jq length <<<"$output")"
    same "$clip" "$(jq -r '.[0].clip' <<<"$output")"
    same "$(last_job .id)" "$(jq -r '.[0].id' <<<"$output")"
    same "$(last_job .client_request_id)" "$(jq -r '.[0].client_request_ids' <<<"$output")"
    jq -e --arg prompt 'She "smiles"' '.[0].prompt == $prompt' <<<"$output"
    same "$(sha256sum <"$clip" | cut -d' ' -f1)" "$(jq -r '.[0].clip_sha256' <<<"$output")"
    same "$(sha256sum <still.png | cut -d' ' -f1)" "$(jq -r '.[0].image_sha256' <<<"$output")"
    jq -e '.[0] | .state == "ready" and .usd > 0 and .credits > 0 and .take == 1 and .duration == 4
        and (.created | fromdateiso8601) <= (.ended | fromdateiso8601)' <<<"$output"
    same 1 "$(ctl jobs --json --store "$I2V_STORE" | jq length)"
    same 0 "$(ctl jobs --json --store "$PWD/none" | jq length)"
    [ ! -e none ]
}

@test "a listing whose reader goes away ends without a word" {
    whole_only
    local command
    set_faults "poll * shape waiting"
    ends_with 75 fetch --prompt running --max_wait 0 still.png
    exec 9> >(exec true)
    wait $!
    for command in jobs "jobs --json" "jobs --by model" models "models --json"; do
        ends_with 141 sh -c "exec '$BIN/i2vctl' $command >&9"
        same "" "$stderr"
    done
    exec 9>&-
}

@test "jobs: a journal that is damaged in part takes nothing from the sums" {
    local damage
    works fetch --prompt "sum one" --duration 4 still.png
    works fetch --prompt "sum two" --duration 4 still.png
    cp "$I2V_STORE/journal.jsonl" whole
    for damage in 's/"state":"running"/"state:"running"/' '$d' '1,3d' 's/.*"ready".*/{"key":/'; do
        sed "$damage" whole >"$I2V_STORE/journal.jsonl"
        works "$BIN/i2vctl" jobs --by model
        grep -Eq ' 2 +1\.04$' <<<"$output" || { echo "$damage: $output"; return 1; }
    done
    head -c $(($(stat -c %s whole) / 2)) whole >"$I2V_STORE/journal.jsonl"
    works "$BIN/i2vctl" jobs --by model
    grep -Eq ' 2 +1\.04$' <<<"$output"
}

@test "jobs: what failed has no cost" {
    set_faults "create 1 fail server_error broken"
    ends_with 69 fetch --prompt "failed" --duration 4 still.png
    same null "$("$BIN/i2vctl" jobs --json | jq '.[0].usd')"
    "$BIN/i2vctl" jobs | grep -Eq ' failed +[0-9]+s +- '
}

@test "jobs: damaged records do not stop it, and are left alone" {
    works fetch --prompt "fine" --duration 4 still.png
    local key=0000000000000000000000000000000000000000000000000000000000000000
    echo "{" >"$I2V_STORE/$key.json"
    works ctl jobs
    same 3 "${#lines[@]}"
    # Nothing tells of it any more: it may have been sent.
    same "sent i2v-${key:0:16}*" "$(jobs '.[-1] | "\(.state) \(.client_request_ids)"')"
    same "{" "$(<"$I2V_STORE/$key.json")"
}

@test "prune removes what ended long ago, and nothing that is under way" {
    works fetch --prompt "old" --duration 4 still.png
    local old=$output
    works fetch --prompt "young" --duration 4 still.png
    local young=$output
    set_faults "poll * shape waiting"
    works submit "running"
    local running=$output record
    for record in "${old%.mp4}" "$I2V_STORE/$running"; do
        jq --argjson ago $((31 * 24 * 3600)) '.created -= $ago | if .ended then .ended -= $ago else . end' \
            "$record.json" >changed
        mv changed "$record.json"
    done
    works ctl prune 30d
    same "" "$output"
    says "1 clip"
    [ ! -e "$old" ] && [ ! -e "${old%.mp4}.json" ]
    [ -e "$young" ]
    [ -e "$I2V_STORE/$running.json" ]
    same 2 "$(jobs length)"
    set_faults ""
    works ctl wait
    same "$I2V_STORE/$running.mp4" "$output"
    expect_creates 3
}

@test "prune wants an age and nothing else" {
    whole_only
    works fetch --prompt "stays" --duration 4 still.png
    local clip=$output age
    for age in "" 30 d -30d 30y "30 d" 1e99d nan inf 0x1d; do
        ends_with 64 ctl prune "$age"
    done
    ends_with 64 ctl prune
    ends_with 64 ctl prune 1d 2d
    ends_with 64 ctl prune 30d --prompt a
    says prompt
    [ -e "$clip" ]
    works ctl prune -v error 1w
    same "" "$stderr"
    [ -e "$clip" ]
    works ctl prune 0s
    [ ! -e "$clip" ]
    works ctl prune 1d --store "$PWD/none"
}

@test "options that make no sense" {
    whole_only
    ends_with 64 ctl jobs still.png
    ends_with 64 ctl jobs --prompt a
    ends_with 64 ctl fetch --json --prompt a still.png
    ends_with 64 ctl submit --prompt a still.png other.png
    expect_requests 0
}

@test "an interrupted wait dies of the signal, and the generation goes on" {
    set_faults "poll * shape waiting"
    submit "interrupted"
    local polls
    polls=$(count poll)
    begin "$BIN/i2vctl" wait
    until_true eval '[ "$(count poll)" -gt '"$polls"' ]'
    leaves INT
    same 130 "$STATUS"
    says "$(last_job .id)"
    set_faults ""
    works ctl wait
    expect_creates 1
}

@test "a store that cannot be read is said" {
    echo file >file
    ends_with 73 ctl jobs --store "$PWD/file"
    ends_with 73 ctl prune 1d --store "$PWD/file"
    ends_with 73 ctl wait --store "$PWD/file"
}

@test "what lies in the place of a record and is no file does not hide the others" {
    works ctl submit --prompt one --duration 4 still.png
    local key
    key=$(printf '%064d' 1)
    ln -s "$key.json" "$I2V_STORE/$key.json" # a loop
    works ctl jobs
    grep -q "one" <<<"$output"
    grep -q "^${key:0:12} *sent" <<<"$output"
    works ctl wait
    says_in_one "${key:0:12}" "passed over"
}
