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
