# i2v: answers as the web has them: odd, empty, about another
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# The generations that the gateway took since mark().

# A minute of asking: two at once.
@test "completed without a clip: asked on, then a failure in the answer's words, or a refusal; asked once more before it is bought again" {
    set_faults "poll * shape video_null"
    (I2V_STORE=$PWD/other exec "$BIN/i2vctl" fetch --prompt "nothing else came" still.png >out 2>err) &
    ends_with 69 fetch --prompt "nothing came" still.png
    says "names no clip"
    wait %1 || same 69 $?
    set_faults ""
    works fetch --prompt "nothing came" still.png
    says "asking for it once more"
    same 2 "$(accepted)"
    export I2V_STORE=$PWD/other
    set_faults "poll 1 shape video_null"
    works fetch --prompt "nothing else came" still.png
    says "asking for it once more" "asking for a new one"
    same 3 "$(accepted)"
}

@test "completed without a clip because of a filter: refused" {
    whole_only
    set_faults "poll * shape filtered"
    ends_with 65 fetch --prompt "filtered" still.png
    says "shows a person that it may not"
    mark
    ends_with 65 fetch --prompt "filtered" still.png
    same 0 "$(requests)"
}

@test "answers about another, an error in a 200, a NUL, an id without end: asked again, not bought again" {
    set_faults "create 1 shape nul" "poll 1 shape other_id" \
        "poll 2 status 200 message Insufficient credits" "poll 3 shape nul"
    works fetch --prompt "odd answers" still.png
    says "about another generation" "error in it: Insufficient credits"
    set_faults "create 1 shape long_id"
    works fetch --prompt "long" still.png
    set_faults "create 1 status 200 message Insufficient credits" "logs * rows never"
    ends_with 75 fetch --prompt "an error" --max_wait 2 still.png
    says "error in it: Insufficient credits"
    same 2 "$(accepted)"
    expect_creates 3
}

@test "of two that wait for one, each waits as long as it was told" {
    local first
    set_faults "poll * shape waiting"
    ffprobe_two() {
        "$BIN/i2v" ffmpeg -v error -f i2v -max_wait "$1" -prompt joint -i still.png \
            -f i2v -max_wait "$2" -prompt joint -i still.png -f null -
    }
    run --separate-stderr timeout 60 bash -c "$(declare -f ffprobe_two); BIN=$BIN; ffprobe_two 2 600"
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ]
    says "max_wait is over"
    expect_creates 1
}
