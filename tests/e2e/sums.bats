# i2v: i2vctl jobs: what was spent, and since when
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() { :; }
teardown_file() { :; }

setup() {
    GATEWAY=
    common_setup
    mkdir -p "$I2V_STORE"
}

ctl() { "$BIN/i2vctl" "$@"; }

# A page of the ledger, its number, age in hours and further members.
page() { # number, hours, jq object
    local key
    key=$(printf '%064x' "$1")
    jq -n --arg key "$key" --argjson when $(($(date +%s) - $2 * 3600)) \
        "{version: 2, \$key, created: \$when, state: \"ready\"} + ($3)" >"$I2V_STORE/$key.json"
}

ledger() {
    page 1 1 '{id: "g1", model: "m/one", project: "film", usd: 0.1}'
    page 2 1 '{id: "g2", model: "m/two", project: "film", usd: 0.2}'
    page 3 30 '{id: "g3", model: "m/one", project: "größe 7", usd: 2.5}'
    page 4 1 '{id: "g4", model: "m/one"}'
    page 5 1 '{id: "g5", model: "m/one", project: "", usd: 1}'
    page 6 1 '{id: "g6", model: "m/two", project: "film", usd: 9, state: "failed"}'
    page 7 1 '{state: "intent", model: "m/two", project: "never", usd: 9}'
}

@test "by project and by model: generations, dollars, a total" {
    ledger
    works ctl jobs --by project
    same 5 "${#lines[@]}"
    grep -Eq '^PROJECT +GENERATIONS +USD$' <<<"${lines[0]}"
    grep -Eq '^größe 7 +1 +2\.50$' <<<"${lines[1]}"
    grep -Eq '^- +2 +1\.00\+$' <<<"${lines[2]}"
    grep -Eq '^film +3 +0\.30$' <<<"${lines[3]}"
    grep -Eq '^total +6 +3\.80\+$' <<<"${lines[4]}"
    says "1 of the generations"
    # Columns, not bytes.
    same "$(LC_ALL=C.UTF-8 wc -m <<<"${lines[3]}")" "$(LC_ALL=C.UTF-8 wc -m <<<"${lines[1]}")"
    works ctl jobs --by=model
    grep -Eq '^MODEL +GENERATIONS +USD$' <<<"${lines[0]}"
    grep -Eq '^m/one +4 +3\.60\+$' <<<"${lines[1]}"
    grep -Eq '^m/two +2 +0\.20$' <<<"${lines[2]}"
    grep -Eq '^total +6 +3\.80\+$' <<<"${lines[3]}"
}

@test "by project as JSON" {
    ledger
    works ctl jobs --by project --json
    same '[{"project":"größe 7","generations":1,"usd":2.5,"unpriced":0},{"project":null,"generations":2,"usd":1,"unpriced":1},{"project":"film","generations":3,"usd":0.3,"unpriced":0}]' \
        "$(jq -c . <<<"$output")"
    same "" "$stderr"
    same '["m/one","m/two"]' "$(ctl jobs --by model --json | jq -c 'map(.model)')"
}

@test "what is not known in full has no plus where it is known" {
    page 1 1 '{id: "g1", model: "m", usd: 0}'
    works ctl jobs --by model
    grep -Eq '^total +1 +0\.00$' <<<"${lines[2]}"
    same "" "$stderr"
}

@test "a label that could steer a terminal is not printed" {
    page 1 1 '{id: "g1", model: "a\u001b[2Jb", usd: 1}'
    works ctl jobs --by model
    grep -Eq '^\? +1 +1\.00$' <<<"${lines[1]}"
}

@test "nothing spent: nothing printed" {
    works ctl jobs --by project
    same "" "$output"
    works ctl jobs --by project --json
    same "[]" "$output"
    ends_with 73 ctl jobs --by project --store "$PWD/none"
    [ ! -e none ]
}

@test "since: by when it was accepted, else when it was meant" {
    ledger
    page 8 30 '{id: "g8", model: "m/one", usd: 4, accepted: (now - 60)}'
    page 9 1 '{id: "g9", model: "m/one", usd: 8, accepted: (now - 108000)}'
    echo "{" >"$I2V_STORE/$(printf '%064x' 10).json"
    same 10 "$(ctl jobs --json | jq length)"
    works ctl jobs --since 24h --json
    same "g1 g2 g4 g5 g6 g8" "$(jq -r 'map(.id | strings) | sort | join(" ")' <<<"$output")"
    same 1 "$(jq -r '.[].client_request_ids' <<<"$output" | grep -c "^i2v-0.*\*$")"
    works ctl jobs --since 1d
    same 9 "${#lines[@]}"
    works ctl jobs --by project --since 24h --json
    same '[null,5]' "$(jq -c '.[0] | [.project, .usd]' <<<"$output")"
    same 10 "$(ctl jobs --since 52w --json | jq length)"
}

@test "the project is in the listing" {
    ledger
    same film "$(ctl jobs --json | jq -r '.[] | select(.id == "g1").project')"
}

@test "what was spent is known when the records are gone, also where the journal had lost it" {
    ledger
    page 1 1 '{id: "g1", model: "m/one", project: "film", usd: 0.1, ended: 1000}'
    page 6 1 '{id: "g6", model: "m/two", project: "film", usd: 9, state: "failed", ended: 1000}'
    echo '{"key":"torn' >"$I2V_STORE/journal.jsonl"
    ctl jobs --by project --json >before
    works ctl prune 1h
    says "Removed 2 records"
    same "$(cat before)" "$(ctl jobs --by project --json)"
    works ctl forget --yes "$(printf '%064x' 3)"
    same "$(cat before)" "$(ctl jobs --by project --json)"
    # A second time nothing is told twice.
    works ctl prune 1h
    same "$(cat before)" "$(ctl jobs --by project --json)"
}

@test "bad values and other commands" {
    local age
    ends_with 64 ctl jobs --by colour
    says "--by" project model colour
    ends_with 64 ctl jobs --by
    for age in "" 30 d -1d yesterday 1y; do
        ends_with 64 ctl jobs --since "$age"
        says "--since" 30d
    done
    ends_with 64 ctl prune 30d --by project
    says "--by"
    ends_with 64 ctl fetch --since 30d --prompt a still.png
    says "--since"
    same "" "$output"
}
