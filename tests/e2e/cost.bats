# i2v: what a clip will cost, what it may cost, what it did cost
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around" -duration 4)
PEEK=(-t 0.1 -f null -)
KLING=klingai/video-v3-pro-image-to-video

rate() { # model, jq condition on a variant: its price, as the stand-in lists it
    curl -s "$GATEWAY/v1/models?id=$1&include=pricing" |
        jq -r ".data[0].pricing | if .kind == \"fixed\" then .units[0].price else (.variants[] | select($2) | .price) end"
}

@test "the price is said before the create call, and what it did cost after" {
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one "Price: 0.52 USD" "0.13 USD a second"
    says_not Cost
    same 1 "$(grep -c 0.52 <<<"$stderr")"
    grep -n "Price\|Accepted" <<<"$stderr" | head -1 | grep -q Price
    same 0.52 "$(jq .price "$I2V_STORE"/[0-9a-f]*.json)"
    same 0.52 "$(jq .usd "$I2V_STORE"/[0-9a-f]*.json)"
    # What is there costs nothing, and nothing is asked.
    mark
    works ff "${REQUEST[@]}" -max_cost 0 -i still.png "${PEEK[@]}"
    says_not Price Cost
    expect_requests 0
}

@test "the price is that of these options" {
    whole_only
    for audio in 0 1; do
        usd=$(rate $KLING ".when.generate_audio == $([ $audio = 1 ] && echo true || echo false)")
        [ -n "$usd" ]
        works fetch --model $KLING --prompt p --duration 3 --audio $audio --dry_run 1 still.png
        says "Price: $(awk "BEGIN { printf \"%.4g\", $usd * 3 }") USD"
    done
    # By default it has audio.
    works fetch --model $KLING --prompt p --duration 3 --dry_run 1 still.png
    says "Price: $(awk "BEGIN { printf \"%.4g\", $usd * 3 }") USD"
}

@test "max_cost: what is at the limit is bought, what is above is not sent" {
    ends_with 64 fetch --prompt p --duration 4 --max_cost 0.51 still.png
    says_in_one 0.52 max_cost=0.51 "nothing sent"
    refused ff "${REQUEST[@]}" -max_cost 0.519 -i still.png "${PEEK[@]}"
    says_in_one 0.52 max_cost=0.519
    says_not "out of domain"
    refused ff -i "i2v:still.png?prompt=p&duration=4&max_cost=.5" "${PEEK[@]}"
    I2V_DEFAULTS=max_cost=0.1 refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    expect_creates 0
    works fetch --prompt p --duration 4 --max_cost 0.52 still.png
    expect_creates 1
}

@test "a URL may not lift the limit of I2V_DEFAULTS, an option may" {
    export I2V_DEFAULTS=poll_interval=0.1:max_cost=0.1
    refused ff -i "i2v:still.png?prompt=p&duration=4&max_cost=5" "${PEEK[@]}"
    says_in_one max_cost=5 max_cost=0.1
    expect_requests 0
    works ff "${REQUEST[@]}" -max_cost 5 -i still.png "${PEEK[@]}"
    expect_creates 1
}

@test "max_cost: an unknown price is refused, and without a limit only said" {
    local fault
    set_faults "models * status 500"
    ends_with 69 fetch --prompt p --duration 4 --max_cost 5 still.png
    says_in_one "not known" 500 max_cost=5 "nothing sent"
    set_faults "models * garbage"
    ends_with 69 fetch --prompt p --duration 4 --max_cost 5 still.png
    set_faults ""
    # Listed, without a price beforehand.
    local variable
    variable=$(curl -s "$GATEWAY/v1/models?capabilities=image_to_video&include=pricing" |
        jq -r '[.data[] | select(.pricing.kind == "variable") | .id][0]')
    ends_with 64 fetch --model "$variable" --prompt p --max_cost 5 still.png
    says "not known" "max_cost=5"
    ends_with 64 fetch --model nobody/knows-it --prompt p --max_cost 5 still.png
    says "does not list the model"
    expect_creates 0
    some 3 "status 500" garbage drop-before "redirect http://127.0.0.1:1/"
    for fault in "${SOME[@]}"; do
        set_faults "models * $fault"
        works fetch -v info --prompt "$fault" --duration 4 still.png
        says "Price: not known"
        works fetch -v warning --model google/veo-3.1-i2v --prompt "$fault again" --duration 4 still.png
        same "" "$stderr"
    done
}

@test "a list of models that hangs delays a purchase little, and an interrupt ends the wait" {
    set_faults "models * stall 60"
    local before
    before=$(count models)
    asked() { [ "$(count models)" -gt "$before" ]; }
    begin "$BIN/i2vctl" fetch --prompt p --duration 4 --max_cost 5 still.png
    until_true asked
    leaves TERM
    says "Nothing was bought"
    works fetch --prompt p --duration 4 still.png
    says "Price: not known"
    expect_creates 1
}

@test "a limit does not keep a generation that may be paid for from being found" {
    set_faults "create 1 drop-after" "create * rows late 5"
    ends_with 75 fetch --prompt p --duration 4 --max_wait 1 still.png
    set_faults ""
    works fetch --prompt p --duration 4 --max_cost 0.01 still.png
    expect_creates 1
}

@test "bad limits" {
    whole_only
    local value
    some 3 -1 one 1,5 1e3 nan inf "" "0x1" "1 USD"
    for value in "${SOME[@]}"; do
        ends_with 64 fetch --prompt p --duration 4 --max_cost="$value" still.png
        says "max_cost"
    done
    expect_requests 0
}

@test "a create call that is answered 404 names the replacement that the gateway gives" {
    whole_only
    ends_with 64 fetch --model test/withdrawn-i2v --prompt p still.png
    says_in_one test/withdrawn-i2v withdrawn 2026-09-24 "-model google/veo-3.1-i2v-fast"
    # By an alias, too.
    ends_with 64 fetch --model google/veo-3.1-i2v-fsat --prompt p still.png
    says_in_one "does not list the model"
    says "i2vctl models"
    ends_with 64 fetch --model withdrawn-i2v --prompt p still.png
    says "-model google/veo-3.1-i2v-fast"
    set_faults "create 1 status 404"
    refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one openai/sora-2-i2v deprecated "-model google/veo-3.1-i2v-fast"
    set_faults "create 1 status 404" "models * status 500"
    I2V_STORE=$PWD/other refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_not "-model"
    # One that nothing replaces.
    local gone
    set_faults ""
    gone=$(curl -s "$GATEWAY/v1/models/deprecations" |
        jq -r '[.data[] | select(.replaced_by == null) | .id][0]')
    set_faults "create 1 status 404"
    ends_with 64 fetch --model "$gone" --prompt p still.png
    says_in_one "$gone" "no replacement"
}

@test "project: a label that makes no difference, and by which the ledger sums" {
    works fetch --prompt one --duration 4 --project film still.png
    works fetch --prompt two --duration 8 --project film still.png
    works fetch --prompt three --duration 4 still.png
    works fetch --prompt one --duration 4 --project other still.png
    expect_creates 3
    works "$BIN/i2vctl" jobs --by project --since 30d
    grep -Eq '^film +2 +1\.56' <<<"$output"
    grep -Eq '^- +1 +0\.52' <<<"$output"
    works "$BIN/i2vctl" jobs --by project --json
    same 1.56 "$(jq '.[] | select(.project == "film") | .usd' <<<"$output")"
}

@test "I2V_LOG has the price and the cost" {
    whole_only
    export I2V_LOG=$PWD/events
    works fetch --prompt p --duration 4 still.png
    same 0.52 "$(jq -s '.[] | select(.event == "price") | .usd' events)"
    same 0.52 "$(jq -s '.[] | select(.event == "clip") | .usd' events)"
    ends_with 64 fetch --prompt q --duration 4 --max_cost 0.1 still.png
    same false "$(jq -s '.[-1] | select(.event == "error") | .retryable' events)"
    ! grep -q "$KEY" events || return 1
}
