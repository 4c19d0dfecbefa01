# i2v: the bench, as far as it does not measure time
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

RUN=$BATS_TEST_DIRNAME/../bench/run.sh

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "polls come when its page says that they do" {
    works env I2V_BENCH_DIR="$PWD/work" I2V_BENCH_JOBS=1500 "$RUN" lag
    grep -q '^| lag with a history, median 90 s | 0\.[0-9]* s, [34][0-9]\.[0-9] polls | 1 s, 45 polls |' <<<"$output"
    of() { jq -s --arg p "$1" "map(select(.poller == \$p)) | $2" work/lag.json; }
    # A median of 90 s: in a second, with no more polls than that takes.
    of history 'map(select(.model == "openai/sora-2-i2v")) | .[0].median_s == 90 and .[0].lag_s <= 1 and .[0].polls <= 45' | grep -x true
    of history 'length > 20 and all(.[]; .lag_s / .median_s < 0.014 or .lag_s < 0.3)' | grep -x true
    of table 'map(select(.model | test(",") | not)) | length > 20 and all(.[]; .lag_share <= 0.025)' | grep -x true
    of nothing 'map(select(.model | test(",") | not)) | length > 20 and all(.[]; .lag_share <= 0.025)' | grep -x true
    jq -s 'map(select(.model | test("in 1 to 10 s"))) | length == 2 and all(.[]; .lag_s <= 0.3)' work/lag.json | grep -x true
    # The pollers that they are compared with are what they are called.
    of "10 s" 'all(.[]; (.lag_s - 5 | fabs) < 0.6)' | grep -x true
    grep -q '^<svg .*' work/lag.svg
    jq -e '.rows | length >= 5' work/results.json
}

@test "a section that there is not" {
    ends_with 64 env I2V_BENCH_DIR="$PWD/work" "$RUN" log
    grep -q '^usage: run.sh' <<<"$stderr"
}

@test "each row has its figure, whatever that is" {
    whole_only
    works env I2V_BUILD="$BUILD" I2V_BENCH_DIR="$PWD/work" "$RUN" packet stored exec create ledger
    jq -e '.rows | length >= 8 and all(.[]; .measured | test("[0-9]|identical"))' work/results.json
}
