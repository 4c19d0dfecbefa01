# i2v: several clips by the C API, in one thread and in many
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway --latency 1
}
teardown_file() { stop_gateway; }
setup() { common_setup; }

API=$BUILD/tests/e2e/api_host

@test "submitted, then opened: all at once, one create each" {
    mkfifo go
    begin sh -c '"$0" submit a1 a2 a1 a3 <go' "$API"
    exec 7>go
    until_true eval '[ "$(grep -c ^submitted output)" -eq 4 ]'
    expect_creates 3
    echo >&7
    exec 7>&-
    wait "$PID"
    same "a1: 120 a2: 120 a1: 120 a3: 120" "$(grep -v ^submitted output | paste -sd' ')"
    expect_creates 3
}

@test "beyond I2V_PARALLEL they queue, and go on inside later calls" {
    mkfifo go
    export I2V_PARALLEL=2
    begin sh -c '"$0" submit b1 b2 b3 b4 <go' "$API"
    exec 7>go
    until_true eval '[ "$(grep -c ^submitted output)" -eq 4 ]'
    expect_creates 2
    echo >&7
    exec 7>&-
    wait "$PID"
    same 4 "$(grep -c ': 120$' output)"
    expect_creates 4
}

@test "a refusal is told by the call that submits" {
    set_faults "create 1 status 400"
    run --separate-stderr "$API" submit c1 </dev/null
    [ "$status" -eq 1 ]
    grep -q "^submitted c1: Server returned 400" <<<"$output"
    expect_creates 1
}

@test "threads: the same request is one generation, others go on beside it" {
    works "$API" threads d1 d2 d1 d3 d2 d1
    same 6 "$(grep -c ': 120$' <<<"$output")"
    expect_creates 3
}

@test "threads: a failure is shared" {
    set_faults "create 1 fail server_error broken"
    works "$API" threads e1 e1 e1
    same 3 "$(grep -c '^e1: Generic error' <<<"$output")"
    expect_creates 1
}

@test "threads: no data race, whether they succeed, queue, fail, or leave" {
    local tsan=$BUILD/tests/e2e/api_tsan
    [ -x "$tsan" ] || skip "the target e2e-api-tsan was not built"
    export TSAN_OPTIONS=exitcode=66
    works "$tsan" threads k1 k2 k3 k4 k1 k2 k3 k4 k1 k2 k3 k4 k1 k2 k3 k4
    same 16 "$(grep -c ': 120$' <<<"$output")"
    set_faults "create 1 fail server_error broken" "create 3 status 429"
    I2V_PARALLEL=2 works "$tsan" threads l1 l2 l3 l1 l2 l3
    same 4 "$(grep -c ': 120$' <<<"$output")"
    mkfifo go
    set_faults "poll * shape waiting"
    mark
    begin sh -c '"$0" leave y <go' "$tsan"
    exec 7>go
    until_true took 1
    echo >&7
    exec 7>&-
    until_true grep -qx left output
    set_faults ""
    wait "$PID"
    grep -qx 'stays: has it' output || { cat output log; return 1; }
}

@test "submitting what has its clip and lost its record ends at once" {
    works "$BIN/i2vctl" fetch --prompt f1 --duration 4 still.png
    rm "$I2V_STORE"/*.json
    run --separate-stderr timeout 20 "$API" submit f1 </dev/null
    [ "$status" -ne 124 ]
    grep -q '^submitted f1: [0-9a-f]*$' <<<"$output"
    expect_creates 1
}

@test "the one whose generation it is leaves, and the other gets the clip" {
    mkfifo go
    set_faults "poll * shape waiting"
    begin sh -c '"$0" leave x <go' "$API"
    exec 7>go
    until_true eval 'took 1 && [ "$(last_job ".polls // 0")" -ge 3 ]'
    sleep 0.5
    echo >&7
    exec 7>&-
    until_true grep -qx left output
    grep -q '^leaves: Interrupted' output
    set_faults ""
    wait "$PID"
    grep -qx 'stays: has it' output || { cat output log; return 1; }
    expect_creates 1
}

@test "time in which the program does something else is not waited" {
    # Not rendered meanwhile: the gateway has it from this one.
    works "$BIN/i2vctl" fetch --prompt g1 --duration 4 --take 2 still.png
    mkfifo go
    export I2V_DEFAULTS=$I2V_DEFAULTS:max_wait=4
    begin sh -c '"$0" submit g1 <go' "$API"
    exec 7>go
    until_true grep -q ^submitted output
    sleep 5
    echo >&7
    exec 7>&-
    wait "$PID"
    grep -qx 'g1: 120' output || { cat output log; return 1; }
}

@test "numbers have a point, whatever the host's locale" {
    mkdir locales
    localedef -i de_DE -f UTF-8 "$PWD/locales/de_DE.UTF-8" 2>/dev/null || skip "no locale can be made here"
    german() { env LOCPATH="$PWD/locales" LC_ALL=de_DE.UTF-8 "$@"; }
    # glibc leaks the list of the directories that LOCPATH names.
    local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    same , "$(german locale decimal_point)"
    I2V_DEFAULTS=poll_interval=0.1:max_cost=0.525 works german "$API" submit n1 <<<""
    says "Price: 0.52 USD"
    same 0.52 "$(jq .price "$I2V_STORE"/[0-9a-f]*.json)"
    works german "$BIN/i2v" "$BUILD/tests/e2e/graph_host" parse2 \
        "i2v=still.png:prompt=n2:duration=4:max_cost=0.525"
    says "Price: 0.52 USD"
    # It is the same request anywhere.
    works fetch --reuse only --prompt n1 --duration 4 still.png
    expect_creates 2
}

@test "max_total: what queues counts, and what was refused does not" {
    export I2V_DEFAULTS=poll_interval=0.1:max_total=1.1 I2V_PARALLEL=1
    refused "$API" submit d1 d2 d3 </dev/null
    same "Operation canceled" "$(sed -n 's/^submitted d3: //p' <<<"$output")"
    same 2 "$(grep -c '^submitted d[12]: [0-9a-f]\{64\}$' <<<"$output")"
    says "beside what this command has bought, which is above max_total=1.1"
    export I2V_PARALLEL=8
    set_faults "create 1 status 400 message no such field"
    refused "$API" submit e1 e2 e3 e4 </dev/null
    same "Server returned 400 Bad Request, Operation canceled" \
        "$(sed -n 's/^submitted e1: //p; s/^submitted e4: //p' <<<"$output" | paste -sd, | sed 's/,/, /')"
    same 2 "$(grep -c '^submitted e[23]: [0-9a-f]\{64\}$' <<<"$output")"
}
