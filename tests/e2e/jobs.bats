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

# As on a terminal of so many columns.
on_terminal() { # columns, argument...
    local columns=$1
    shift
    COLUMNS=$columns script -qec "$BIN/i2vctl $*" /dev/null </dev/null | tr -d '\r'
}

@test "jobs: a table, as wide as it takes off a terminal, and a line of it on one" {
    set_faults "poll * shape waiting"
    submit $'Rain, then\tsun; and the whole long story of how it came to be so in the end'
    set_faults ""
    works fetch --prompt "She smiles" --duration 4 --project film still.png
    local clip=$output
    set_faults "create 1 fail server_error it broke"
    ends_with 69 fetch --prompt "failed" --duration 4 still.png
    works ctl jobs
    same "" "$stderr"
    same 4 "${#lines[@]}"
    grep -Eq '^KEY +KEPT +STATE +AGE +TAKE +USD +SEC +SIZE +STILL +PROJECT +MODEL +PROMPT +CLIP' <<<"${lines[0]}"
    grep -Eq '^[0-9a-f]{12} +- +failed +[0-9]+s +1 +- +4 .* failed +server_error: it broke$' <<<"${lines[1]}"
    grep -Eq "^[0-9a-f]{12} +- +ready +[0-9]+s +1 +0\.[0-9]+ +4 +1280x720 +still.png +film +openai/sora-2-i2v +She smiles +$clip\$" <<<"${lines[2]}"
    grep -Eq '^[0-9a-f]{12} +- +running .*Rain, then sun; and the whole long story\.\.\. +-$' <<<"${lines[3]}"
    needs_terminal
    on_terminal 80 jobs >narrow
    same 4 "$(wc -l <narrow)"
    ! grep -E '.{81}' narrow || return 1
    grep -Eq '^[0-9a-f]{8} failed .*server_error' narrow
    on_terminal 200 jobs >broad
    grep -q "openai/sora-2-i2v" broad
    ! grep -q "openai/sora-2-i2v" narrow || return 1
}

@test "jobs: characters that take two columns or none, and those that steer a terminal" {
    needs_terminal
    submit $'日本語の説明がとても長く続いていくので切られることになるはずです\u202e\e[31mx'
    on_terminal 80 jobs >table
    ! grep -q -e $'\e' -e $'\u202e' table || return 1
    # Characters of two columns each: less than 80 of them are in a line of 80.
    same 1 "$(grep -c '日本語' table)"
    works ctl jobs
    ! grep -q -e $'\e' -e $'\u202e' <<<"$output" || return 1
}

@test "jobs: a selection by key, state, project, model, word, age and mark" {
    works submit "A red door" --project film
    local one=$output long
    works submit "A blue door"
    long=$(printf 'word %.0s' {1..40})
    works submit "$long Übermut"
    set_faults "create 1 status 400 message This violates our content policy."
    ends_with 65 submit "refused"
    selected() { # number, argument...
        local number=$1
        shift
        works ctl jobs --json "$@"
        same "$number" "$(jq length <<<"$output")"
    }
    selected 4
    selected 1 "${one:0:6}"
    selected 2 --word DOOR
    selected 1 --word übermut
    selected 1 --state refused
    selected 4 --state running,refused
    selected 1 --project film
    selected 3 --project ""
    selected 4 --model SORA
    selected 0 --model kling
    selected 4 --since 1h
    selected 0 --before 1h
    works ctl keep "$one"
    selected 1 --kept
    same true "$(jq '.[0].kept' <<<"$output")"
    selected 1 --kept --word door --project film --state running --since 1h
    ends_with 64 ctl jobs --state done
    one_sentence --state done intent refused
    ends_with 64 ctl jobs --since yesterday
    ends_with 64 ctl jobs "${one:0:3}"
    one_sentence "${one:0:3}" "too short"
    ends_with 64 ctl jobs --by model --word door
    works ctl jobs --by model --project film
    grep -Eq ' 1 +0\.52$' <<<"$output"
}

@test "show: all of a request, and commands that do what they say" {
    local prompt=$'It\'s "quoted" $HOME `id`\nand a second line' key
    cp still.png "it's a still.png"
    works fetch --prompt "$prompt" --duration 4 --fit contain --resolution 720p --project "the film" "it's a still.png"
    local clip=$output
    key=$(jobs '.[0].key')
    works ctl show "${key:0:6}"
    grep -qxF "clip     $clip" <<<"$output"
    grep -qF "         and a second line" <<<"$output"
    grep -qF "still    $PWD/it's a still.png" <<<"$output"
    grep -Eq '^history  [0-9T:Z-]+  intent$' <<<"$output"
    ! grep -qF "$KEY" <<<"$output" || return 1
    works ctl show --json "$key"
    echo "$output" >shown
    same "$prompt" "$(jq -r '.[0].prompt' shown)"
    same ready "$(jq -r '.[0].history[-1].what' shown)"
    # The same again is for nothing, in any shell and from any directory; another take is not.
    mkdir elsewhere
    (cd elsewhere && env -u I2V_STORE -u I2V_BASE_URL PATH="$BIN:$PATH" sh -c "$(jq -r '.[0].again' ../shown)") >again
    same "$clip" "$(<again)"
    expect_creates 1
    PATH=$BIN:$PATH works sh -c "$(jq -r '.[0].another' shown)"
    expect_creates 2
    same 2 "$(jobs '.[0].take')"
    same "$key" "$(jobs '.[0].first')"
    works ctl show "$key"
    grep -q "take 2 is" <<<"$output"
    grep -q -e "--take 3" <<<"$output"
    ends_with 64 ctl show
    ends_with 64 ctl show 0123456789ab
    # What may be secret is not said, and without it nothing is bought by mistake.
    works fetch --model test/generic --prompt hidden --params '{"api_key":"s3cret-7"}' still.png
    works ctl show --json "$(jobs '.[0].key')"
    ! grep -q s3cret <<<"$output" || return 1
    jq -re '.[0].again' <<<"$output" | grep -qF -e "--params PARAMS --reuse only"
    PATH=$BIN:$PATH ends_with 64 sh -c "$(jq -r '.[0].again' <<<"$output")"
    expect_creates 3
}

@test "show: what steers a terminal is pasted by number, and a still that came in a pipe is named" {
    whole_only
    local prompt=$'-red \e[31m 100% \\ it\'s'
    works fetch --prompt "$prompt" --duration 4 still.png
    works ctl show --json "$(jobs '.[0].key')"
    same "$prompt" "$(jq -r '.[0].prompt' <<<"$output")"
    PATH=$BIN:$PATH works sh -c "$(jq -r '.[0].again' <<<"$output")"
    expect_creates 1
    "$BIN/i2vctl" fetch --prompt piped --duration 4 - <still.png
    works ctl show "$(jobs '.[0].key')"
    ! grep -q $'\e' <<<"$output" || return 1
    grep -q " STILL$" <<<"$output"
}

@test "keep: what is marked is neither pruned nor forgotten" {
    works fetch --prompt "kept" --duration 4 still.png
    local kept=$output
    works fetch --prompt "goes" --duration 4 still.png
    local goes=$output key
    key=$(basename "$kept" .mp4)
    works ctl keep "${key:0:8}"
    works ctl prune 0s --dry_run
    says "Would remove 1 record and 1 clip" "1 marked by keep"
    same 2 "${#lines[@]}"
    grep -q " goes " <<<"$output"
    [ -e "$goes" ]
    ends_with 64 ctl prune 0s
    one_sentence "0s" "--yes"
    works ctl prune 0s --yes
    says "Removed 1 record and 1 clip" "1 marked by keep"
    [ -e "$kept" ] && [ ! -e "$goes" ]
    # The record is lost, and the mark is not.
    : >"$I2V_STORE/$key.json"
    works ctl jobs --kept
    same 2 "${#lines[@]}"
    rm "$kept"
    ends_with 64 ctl forget --yes "$key"
    one_sentence "keep --no"
    works ctl keep --no "$key"
    works ctl forget --yes "$key"
    ends_with 64 ctl keep "$key"
}

@test "prune takes a selection" {
    whole_only
    works fetch --prompt "one" --duration 4 --project a still.png
    works fetch --prompt "two" --duration 4 --project b still.png
    works ctl prune 0s --yes --project a
    same two "$(jobs '.[].prompt')"
}

@test "jobs --json: for scripts" {
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
    ends_with 73 ctl jobs --json --store "$PWD/none"
    one_sentence "no ledger" "$PWD/none"
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
    "$BIN/i2vctl" jobs | grep -Eq ' failed +[0-9]+s +1 +- '
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
    ends_with 64 ctl prune 1d 2d0000
    ends_with 64 ctl prune 30d --prompt a
    says prompt
    [ -e "$clip" ]
    works ctl prune -v error 1w
    same "" "$stderr"
    [ -e "$clip" ]
    works ctl prune 0s --yes
    [ ! -e "$clip" ]
    works ctl prune 1d --store "$PWD/none"
    says "no ledger"
}

@test "options that make no sense" {
    whole_only
    mkdir "$I2V_STORE"
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
    one_sentence "Cannot read the ledger" "$PWD/file"
}

@test "what lies in the place of a record and is no file does not hide the others" {
    works ctl submit --prompt one --duration 4 still.png
    local key
    key=$(printf '%064d' 1)
    ln -s "$key.json" "$I2V_STORE/$key.json" # a loop
    works ctl jobs
    grep -q "one" <<<"$output"
    grep -q "^${key:0:12} *- *sent" <<<"$output"
    works ctl wait
    says_in_one "${key:0:12}" "passed over"
}

@test "prune: a clip that was moved aside goes with its request, and not before" {
    local clip
    works "$BIN/i2vctl" fetch --prompt aside --duration 4 still.png
    clip=$output
    echo earlier >"$clip.1.bad"
    touch -d '3 days ago' "$clip.1.bad"
    works "$BIN/i2vctl" prune 1d --project nobody
    [ -e "$clip.1.bad" ]
    works "$BIN/i2vctl" prune 0s --yes
    [ ! -e "$clip" ]
    [ ! -e "$clip.1.bad" ]
}
