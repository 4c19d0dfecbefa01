# i2v: i2vctl fetch --manifest: many requests, one line of JSON each
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# The clips are rendered once for all tests; what a test buys is told apart by its prompt.
setup() {
    common_setup
    PROMPT="manifest $BATS_TEST_NUMBER"
    MODELS=$(count models)
}
# Nobody is left waiting when a test fails.
teardown() {
    touch go
    [ -z "${PID:-}" ] || kill -KILL "$PID" 2>/dev/null || true
}

manifest() { "$BIN/i2vctl" fetch --manifest "$@"; }

shots() { # count: shots.jsonl with so many requests, each with an id
    local n
    for ((n = 1; n <= $1; n++)); do
        jq -nc --arg id "shot$n" --arg prompt "$PROMPT, $n" \
            '{id: $id, image: "still.png", prompt: $prompt, duration: 4}'
    done >shots.jsonl
}

# What the results of the last command say, by a jq filter over all of them.
results() { jq -rs "$1" <<<"$output"; }

expect_results() { # number: so many lines, each a JSON object
    same "$1" "$(results 'map(objects) | length')"
    same "$1" "$(grep -c . <<<"$output" || true)"
}

nothing_sent() {
    same "" "$output"
    expect_creates 0
}

@test "each request is one line: id, path, status, usd, key" {
    shots 3
    works manifest shots.jsonl
    expect_results 3
    expect_creates 3
    same "shot1 shot2 shot3" "$(results 'map(.id) | sort | join(" ")')"
    same '["id","key","path","status","usd"]' "$(results 'map(keys) | unique | .[] | tojson')"
    same ready "$(results 'map(.status) | unique | .[]')"
    same "$(last_job .usd)" "$(results 'map(.usd) | unique | .[]')"
    while read -r key path; do
        same "$key.mp4" "${path##*/}"
        [ -s "$path" ]
    done < <(results '.[] | "\(.key) \(.path)"')
    same "$(results 'map(.key) | sort | .[]')" "$("$BIN/i2vctl" jobs --json | jq -r 'map(.key) | sort | .[]')"
}

@test "values: strings, numbers as they are written, booleans, params as an object" {
    cat >shots.jsonl <<END
{"id": "a", "image": "still.png", "prompt": "$PROMPT", "duration": "4", "model": "test/generic", "seed": 9007199254740993, "dry_run": true}
{"id": "b", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "model": "test/generic", "seed": "9007199254740993", "dry_run": "1"}
{"id": "c", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "model": "test/generic", "params": {"x": {"y": [1.50, "z"]}}, "dry_run": 1}
{"id": "d", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "model": "test/generic", "params": "{\"x\": {\"y\": [1.5, \"z\"]}}", "dry_run": true}
{"id": "e", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "model": "test/generic", "seed": 7, "dry_run": false}
END
    works manifest shots.jsonl
    expect_results 5
    same "dry_run dry_run dry_run dry_run ready" "$(results 'sort_by(.id) | map(.status) | join(" ")')"
    same "1 1 3" "$(results 'sort_by(.id) | [.[:2], .[2:4], .] | map(map(.key) | unique | length) | join(" ")')"
    expect_creates 1
    # A neighbour that a double does not tell apart is another request.
    sed -n '1s/40993/40992/p' shots.jsonl >neighbour.jsonl
    local key
    key=$(results '.[] | select(.id == "a").key')
    works manifest neighbour.jsonl
    [ "$(results '.[0].key')" != "$key" ]
}

@test "ids: a number as it is written, text of any script, the line's number for none" {
    whole_only
    printf '\xef\xbb\xbf%s\r\n\r\n   \n%s\r\n%s' \
        "{\"image\": \"still.png\", \"prompt\": \"$PROMPT\", \"duration\": 4}" \
        "{\"id\": 12345678901234567890, \"image\": \"still.png\", \"prompt\": \"$PROMPT\", \"duration\": 4}" \
        "{\"id\": \"sc\\u00e8ne \\\"1\\\" \\ud83c\\udfac\", \"image\": \"still.png\", \"prompt\": \"$PROMPT\", \"duration\": 4}" >shots.jsonl
    works manifest shots.jsonl
    expect_creates 1
    expect_results 3
    grep -qF '"id":12345678901234567890,' <<<"$output"
    grep -qF '"id":1,' <<<"$output"
    same 1 "$(results 'map(select(.id == "scène \"1\" 🎬")) | length')"
}

@test "options of the command are defaults; a line says otherwise" {
    whole_only
    cat >shots.jsonl <<END
{"id": 1, "image": "still.png"}
{"id": 2, "image": "still.png", "prompt": "$PROMPT, two", "duration": 8}
{"id": 3, "prompt_file": "prompt.txt", "image": "still.png"}
END
    printf '%s\n' "$PROMPT, three" >prompt.txt
    works manifest shots.jsonl --prompt "$PROMPT, one" --duration 4 --project batch
    same "$PROMPT, one 4
$PROMPT, three 4
$PROMPT, two 8" "$("$BIN/i2vctl" jobs --json | jq -r '.[] | select(.project == "batch") | "\(.prompt) \(.duration)"' | sort)"
}

@test "all bad lines are said, and nothing is sent" {
    cat >shots.jsonl <<END
{"id": "good", "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "promt", "image": "still.png", "promt": "$PROMPT", "duration": 4}
{"id": "json", "image": "still.png", "prompt": "$PROMPT" "duration": 4}
{"id": "list", "image": "still.png", "prompt": "$PROMPT", "duration": [4]}
{"id": "null", "image": "still.png", "prompt": null, "duration": 4}
{"id": "flag", "image": "still.png", "prompt": "$PROMPT", "audio": "yes, please"}
{"id": "number", "image": 7, "prompt": "$PROMPT", "duration": 4}
{"id": "true", "image": "still.png", "prompt": "$PROMPT", "duration": true}
["still.png", "$PROMPT"]
{"id": "length", "image": "still.png", "prompt": "$PROMPT", "duration": 5}
{"id": "still", "image": "none.png", "prompt": "$PROMPT", "duration": 4}
{"id": "twice", "image": "still.png", "prompt": "$PROMPT", "prompt": "$PROMPT", "duration": 4}
{"id": ["list"], "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "nul", "image": "still.png", "prompt": "$PROMPT\u0000", "duration": 4}
{"id": "zeros", "image": "still.png", "prompt": "$PROMPT", "duration": 004}
{"id": "control", "image": "still\u001b[2J.png", "prompt": "$PROMPT", "duration": 4}
{"id": "good", "image": "still.png", "prompt": "$PROMPT", "duration": 8}
{"id": 1, "image": "still.png", "prompt": "$PROMPT", "duration": 8, "save": "a.mp4"}
{"id": 2, "image": "still.png", "prompt": "$PROMPT", "duration": 8, "save": "./a.mp4"}
{"id": "utf8", "image": "still.png", "prompt": "$(printf '\377')", "duration": 8}
END
    ends_with 64 manifest shots.jsonl
    nothing_sent
    says_in_one "line 2, promt" "'promt'" "id, trim, prompt, prompt_file, image,"
    says_in_one "line 3" "JSON" "byte 61"
    says_in_one "line 4, list" duration "an array" "a number or a string"
    says_in_one "line 5, null" prompt null "a string"
    says_in_one "line 6, flag" audio
    says_in_one "line 7, number" image "a number" "a string"
    says_in_one "line 8, true" duration "true or false"
    says_in_one "line 9" "an array" "not a JSON object"
    says_in_one "line 10, length" duration 4 8 12
    says_in_one "line 11, still" none.png
    says_in_one "line 12, twice" prompt twice
    says_in_one "line 13" id "an array"
    says_in_one "line 14" NUL
    says_in_one "line 15, zeros" duration number
    says_in_one "line 16, control" image "control character"
    says_in_one "line 17, good" "Line 1 has this id already"
    says_in_one "line 19, 2" "Line 18 saves"
    says_in_one "line 20" UTF-8
    says_in_one "18 mistakes" "20 lines" "nothing sent"
    says_not "line 1, good @" "line 18, 1 @"
    no_clip
}

@test "a thousand bad lines are counted and not all shown" {
    whole_only
    for ((n = 0; n < 1000; n++)); do echo "{\"id\": $n, \"colour\": \"red\"}"; done >shots.jsonl
    ends_with 64 manifest shots.jsonl
    nothing_sent
    same 20 "$(grep -c colour <<<"$stderr")"
    says "1000 mistakes" "20 are shown"
}

@test "a manifest that cannot be had, is none, or is empty" {
    ends_with 64 manifest none.jsonl
    says none.jsonl "No such file"
    ends_with 64 manifest .
    ends_with 64 manifest still.png
    nothing_sent
    : >empty.jsonl
    works manifest empty.jsonl
    same "" "$output"
    says "no request"
}

@test "what makes no sense with a manifest is refused" {
    whole_only
    shots 1
    ends_with 64 manifest shots.jsonl still.png
    says still.png
    ends_with 64 manifest shots.jsonl --save out.mp4
    says save
    for command in submit wait jobs models; do
        ends_with 64 "$BIN/i2vctl" $command --manifest shots.jsonl
        says "--manifest is for i2vctl fetch"
    done
    nothing_sent
}

@test "a manifest on standard input; then no still can come there" {
    whole_only
    shots 2
    works sh -c '"$0/i2vctl" fetch --manifest - <shots.jsonl' "$BIN"
    expect_results 2
    mark
    for still in - pipe: pipe:0 /dev/stdin; do
        echo "{\"image\": \"$still\", \"prompt\": \"$PROMPT\", \"duration\": 4}" >one.jsonl
        ends_with 64 sh -c '"$0/i2vctl" fetch --manifest - <one.jsonl' "$BIN"
        says_in_one "line 1" "standard input"
        nothing_sent
    done
    works sh -c '"$0/i2vctl" fetch --manifest one.jsonl <still.png' "$BIN"
    expect_results 1
}

@test "no more than I2V_PARALLEL are in flight, and as many as that" {
    shots 5
    set_faults "create * hold $PWD/go" "poll * hold $PWD/go"
    export I2V_PARALLEL=2
    begin "$BIN/i2vctl" fetch --manifest shots.jsonl
    until_true took 2
    sleep 0.5
    expect_creates 2
    touch go
    wait "$PID"
    PID=
    output=$(<output)
    expect_results 5
    expect_creates 5
    rm go
    I2V_PARALLEL=many ends_with 64 manifest shots.jsonl --take 2
    says I2V_PARALLEL
    expect_creates 5
}

@test "in flight at no time more than allowed, as the gateway saw it" {
    whole_only
    shots 6
    set_faults "poll * shape waiting" # until the script changes
    export I2V_PARALLEL=3
    begin "$BIN/i2vctl" fetch --manifest shots.jsonl
    until_true took 3
    sleep 0.5
    expect_creates 3
    set_faults ""
    wait "$PID"
    PID=
    expect_creates 6
}

@test "those that are there are printed before anything is waited for" {
    whole_only
    shots 3
    head -1 shots.jsonl >last.jsonl
    works manifest last.jsonl
    { tail -n +2 shots.jsonl; head -1 shots.jsonl; } >again.jsonl
    set_faults "create * hold $PWD/go"
    begin "$BIN/i2vctl" fetch --manifest again.jsonl
    until_true took 3
    same shot1 "$(jq -r .id output)"
    touch go
    wait "$PID"
    PID=
    same 3 "$(wc -l <output)"
    expect_creates 3
}

@test "killed, and run again: no second create, and the same results" {
    shots 4
    set_faults "poll * shape waiting"
    I2V_PARALLEL=2 begin "$BIN/i2vctl" fetch --manifest shots.jsonl
    until_true eval '[ "$("$BIN/i2vctl" jobs --json 2>/dev/null | jq "map(select(.state == \"running\")) | length")" -eq 2 ]'
    kill -KILL "$PID"
    wait "$PID" || true
    PID=
    set_faults ""
    works manifest shots.jsonl
    expect_results 4
    expect_creates 4
    works manifest shots.jsonl -v error
    expect_results 4
    expect_creates 4
    same "" "$stderr"
    same "shot1 shot2 shot3 shot4" "$(results 'map(.id) | join(" ")')"
}

@test "interrupted: it says how many are left, dies of the signal, and goes on later" {
    whole_only
    shots 4
    head -1 shots.jsonl >first.jsonl
    works manifest first.jsonl
    for signal in INT TERM; do
        set_faults "poll * shape waiting"
        polls=$(count poll)
        I2V_PARALLEL=2 begin "$BIN/i2vctl" fetch --manifest shots.jsonl
        until_true eval '[ "$(count poll)" -gt $((polls + 4)) ]'
        leaves $signal
        PID=
        same $((128 + $(kill -l $signal))) "$STATUS"
        says "3 of 4 requests left" "the same command" "goes on at the gateway"
        same shot1 "$(jq -r .id output)"
    done
    expect_creates 3
    set_faults ""
    works manifest shots.jsonl
    expect_results 4
    expect_creates 4
}

@test "interrupted while the lines are checked: nothing is sent" {
    whole_only
    shots 2
    set_faults "models * hold $PWD/go"
    begin "$BIN/i2vctl" fetch --manifest shots.jsonl --max_cost 9
    until_true eval '[ "$(count models)" -gt "$MODELS" ]'
    leaves INT
    PID=
    touch go
    says "Nothing was sent"
    output=$(<output)
    nothing_sent
    same 130 "$STATUS"
}

@test "the same request twice: one generation, a result for each" {
    whole_only
    cat >shots.jsonl <<END
{"id": "one", "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "other", "image": "still.png", "prompt": "$PROMPT, other", "duration": 4}
{"id": "again", "image": "./still.png", "prompt": "$PROMPT", "duration": "4", "save": "again.mp4"}
END
    works manifest shots.jsonl
    expect_creates 2
    expect_results 3
    same 1 "$(results 'map(select(.id != "other") | [.path, .key]) | unique | length')"
    cmp "$(results '.[] | select(.id == "again") | .path')" again.mp4
    # the sum is what was paid
    same true "$(results 'map(.usd) | (map(select(. > 0)) | length) == 2 and contains([0])')"
}

@test "the same request twice, and it fails: both lines say so, and it is asked for once" {
    whole_only
    cat >shots.jsonl <<END
{"id": "one", "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "again", "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "instead", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "fallback": "still"}
END
    set_faults "create * fail Broken it broke"
    ends_with 69 manifest shots.jsonl
    expect_creates 1
    expect_results 3
    same "failed failed failed" "$(results 'map(.status) | join(" ")')"
    same 3 "$(results 'map(select(.error | contains("it broke"))) | length')"
    same instead "$(results 'map(select(.path)) | .[].id')"
    [ -s "$(results 'map(select(.path)) | .[].path')" ]
}

@test "refused and failed ones among good ones; the first in the file decides the status" {
    shots 5
    set_faults "create 2 status 400 message This violates our content policy." \
        "create 4 fail Broken it broke"
    I2V_PARALLEL=1 ends_with 65 manifest shots.jsonl
    expect_results 5
    same "ready refused ready failed ready" "$(results 'sort_by(.id) | map(.status) | join(" ")')"
    same '["error","id","key","status","usd"]' "$(results '.[] | select(.status == "refused") | keys | tojson')"
    results '.[] | select(.id == "shot2").error' | grep -q "content policy"
    results '.[] | select(.id == "shot4").error' | grep -q "it broke"
    same null "$(results '.[] | select(.id == "shot2").usd')"
    says_in_one "line 2, shot2" "content policy"
    says "2 of 5 requests did not come to a clip"
    # Run again: the refusal is repeated and stops nothing, the failed one is asked for anew.
    set_faults ""
    mark
    ends_with 65 manifest shots.jsonl
    expect_creates 1
    same "ready refused ready ready ready" "$(results 'sort_by(.id) | map(.status) | join(" ")')"
    tac shots.jsonl | sed 's/shot2/refused/' >turned.jsonl
    set_faults "create 1 fail Broken it broke"
    jq -nc "{id: \"new\", image: \"still.png\", prompt: \"$PROMPT, new\", duration: 4}" >first.jsonl
    cat turned.jsonl >>first.jsonl
    ends_with 69 manifest first.jsonl
    same "new refused" "$(results 'map(select(.error)) | map(.id) | sort | join(" ")')"
}

@test "75 while one still runs; 77 without a key; 73 without a store" {
    whole_only
    shots 2
    set_faults "poll * shape waiting"
    ends_with 75 manifest shots.jsonl --max_wait 0.2
    same "running running" "$(results 'map(.status) | join(" ")')"
    expect_results 2
    set_faults ""
    works manifest shots.jsonl
    expect_creates 2
    unset AIML_API_KEY
    works manifest shots.jsonl
    ends_with 77 manifest shots.jsonl --take 2
    same "" "$output"
    export AIML_API_KEY=$KEY
    AIML_API_KEY=wrong ends_with 77 manifest shots.jsonl --take 2
    same "intent intent" "$(results 'map(.status) | join(" ")')"
    echo file >file
    ends_with 73 manifest shots.jsonl --store "$PWD/file"
    same "" "$output"
}

@test "reuse=only brings what is there and fails for the rest" {
    whole_only
    shots 2
    head -1 shots.jsonl >first.jsonl
    works manifest first.jsonl
    ends_with 64 manifest shots.jsonl --reuse only
    expect_creates 1
    same "ready new" "$(results 'sort_by(.id) | map(.status) | join(" ")')"
    same null "$(results '.[] | select(.id == "shot2").usd')"
}

@test "max_cost of one line stops all; a dry run says what each would cost" {
    shots 2
    jq -c '. + {max_cost: 0.01}' <<<"$(tail -1 shots.jsonl)" >dear.jsonl
    head -1 shots.jsonl >>dear.jsonl
    ends_with 64 manifest dear.jsonl
    nothing_sent
    says_in_one "line 1, shot2" max_cost
    works manifest shots.jsonl --dry_run 1
    expect_creates 0
    same "dry_run" "$(results 'map(.status) | unique | .[]')"
    same 2 "$(results 'map(select(.usd > 0)) | length')"
    [ -s "$(results '.[0].path')" ]
}

@test "the gateway is asked for a price once a model, not once a line" {
    whole_only
    shots 5
    works manifest shots.jsonl
    same 2 "$(($(count models) - MODELS))" # and once whether it is to be shut down
    says "5 requests, 5 to buy, for "
}

@test "said: one line of progress for all, warnings under the line's name" {
    whole_only
    needs_terminal
    shots 3
    quadrants 600 900 tall.png
    jq -nc --arg p "$PROMPT, tall" '{id: "tall", image: "tall.png", prompt: $p, duration: 4, aspect_ratio: "16:9"}' >>shots.jsonl
    set_faults "poll 3s shape waiting"
    I2V_PARALLEL=1 TERM=xterm works script -qec "env -u AV_LOG_FORCE_NOCOLOR $BIN/i2vctl fetch --manifest shots.jsonl >results" terminal
    tr '\r' '\n' <terminal >lines
    grep -q 'i2v: 1 generating, 3 to come, ' lines || { cat lines; return 1; }
    grep -q 'line 4, tall @' lines
    ! grep -q 'Accepted as' lines || return 1
    same 4 "$(wc -l <results)"
    works manifest shots.jsonl --take 2 -v verbose
    says_in_one "line 2, shot2" "Accepted as generation"
}

@test "I2V_LOG has every event once" {
    whole_only
    shots 2
    export I2V_LOG=$PWD/events
    works manifest shots.jsonl
    for event in request intent sent accepted clip; do
        same 2 "$(jq -s "map(select(.event == \"$event\")) | length" events)"
    done
    rm events
    echo '{"image": "none.png"}' >bad.jsonl
    ends_with 64 manifest bad.jsonl
    same "" "$(jq -r 'select(.event == "sent") | .key' events 2>/dev/null)"
}

@test "a thousand more lines take no more memory than a record each" {
    whole_only
    [ -z "${I2V_ASAN:-}" ] || skip "the sanitizers keep what is freed"
    mkdir stills
    ffmpeg -v error -nostdin -f lavfi -i testsrc=s=320x180 -frames:v 525 stills/%d.png
    jq -nc --arg p "$PROMPT" '{image: "still.png", prompt: $p, duration: 4}' >shots.jsonl
    works manifest shots.jsonl
    # Half are in the store; of the others each has a still of its own.
    jq -nc --arg p "$PROMPT" 'range(1; 526) | {image: "still.png", prompt: $p, duration: 4},
        {image: "stills/\(.).png", prompt: "\($p), \(.)", duration: 4}' >many.jsonl
    head -50 many.jsonl >few.jsonl
    for name in few many; do
        PEAK=$PWD/$name LD_PRELOAD=$BUILD/tests/e2e/peak.so \
            ends_with 64 manifest $name.jsonl --reuse only -v quiet
        expect_results "$(wc -l <$name.jsonl)"
        same "$(($(wc -l <$name.jsonl) / 2))" "$(results 'map(select(.status == "ready")) | length')"
    done
    # KB; besides, up to 8 MiB of stills are kept for lines that share one.
    echo "# $(<few) KB, $(<many) KB"
    [ $(($(<many) - $(<few))) -lt $((8192 + 4 * 1000)) ]
}

@test "a closed pipe or a full disk behind it ends it, and nothing is lost" {
    shots 3
    run --separate-stderr sh -c '"$0/i2vctl" fetch --manifest shots.jsonl >/dev/full' "$BIN"
    [ "$status" -eq 73 ] || { echo "$status $stderr"; return 1; }
    says "Cannot print"
    works manifest shots.jsonl
    expect_results 3
    expect_creates 3
}

@test "a FIFO: read as it is written, and left while nobody does" {
    shots 2
    mkfifo pipe.jsonl
    begin "$BIN/i2vctl" fetch --manifest pipe.jsonl
    until_true eval 'ls -l /proc/$PID/fd | grep -q pipe.jsonl'
    leaves INT
    [ "$STATUS" -eq 130 ]
    expect_creates 0
    cat shots.jsonl >pipe.jsonl &
    works manifest pipe.jsonl
    same 2 "$(wc -l <<<"$output")"
}
