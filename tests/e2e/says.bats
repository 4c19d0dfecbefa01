# i2v: what is said, and when nothing is
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
PEEK=(-t 0.1 -f null -)

@test "-v error is silent on success" {
    works ff -v error "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    same "" "$stderr"
    works ff -v error "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    same "" "$stderr"
    works "$BIN/i2v" ffprobe -v error "${REQUEST[@]}" still.png
    same "" "$stderr$output"
    works fetch -v error --prompt "She turns around and smiles" --duration 4 still.png
    same "" "$stderr"
}

@test "-v error is silent about what was overcome" {
    set_faults "poll 1 status 503" "download 1 cut 0.5"
    quadrants 900 900 square.png
    works ff -v error "${REQUEST[@]}" -i square.png "${PEEK[@]}"
    same "" "$stderr"
}

@test "-v quiet says nothing even of an error" {
    whole_only
    refused ff -v quiet "${REQUEST[@]}" -model "" -i still.png "${PEEK[@]}"
    same "" "$stderr"
}

@test "-v error says an error, and not more of us than the error" {
    set_faults "create * status 400 message bad luck today"
    refused ff -v error "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says "bad luck today"
    same 1 "$(grep -ce i2v -e "bad luck" <<<"$stderr")"
}

@test "INFO: the request in a line, each change of status, the clip's facts" {
    set_faults "poll 1-2 shape processing"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one openai/sora-2-i2v 720p 16:9 "duration 4" 1280x720 "She turns around and smiles"
    says_in_one "$(last_job .id)" Accepted
    says_in_one Status queued
    says_in_one Status processing
    says_in_one Status completed
    same 1 "$(grep -c "Status: processing" <<<"$stderr")"
    says_in_one 1280x720 "SAR 1:1" "30 fps" 1/15360 bt709 "GOP 30" aac stereo "48000 Hz"
    # ffmpeg gives its inputs a name of their own since 8
    grep -qE '^\[(i2v|in#0) @ 0x' <<<"$stderr"
}

@test "INFO: what the store serves" {
    whole_only
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    works ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_in_one "take 1" "-take 2"
    says_not Status
    says_in_one 1280x720 "SAR 1:1" "30 fps"
}

@test "-v warning leaves the INFO out" {
    whole_only
    works ff -v warning "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_not Status "$(last_job .id)" "She turns"
}

@test "an unknown status is said once and waited on" {
    set_faults "poll 1-4 shape unknown"
    works ff -v warning "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    same 1 "$(grep -c rendering <<<"$stderr")"
    same 120 "$(frames_of "$(store_clip)")"
}

@test "WARNING: what is cut, padded or missing" {
    quadrants 1280 1280 square.png
    works ff -v warning "${REQUEST[@]}" -i square.png "${PEEK[@]}"
    says_in_one 1280x1280 1280x720 cover
    works ff -v warning "${REQUEST[@]}" -fit contain -i square.png "${PEEK[@]}"
    says_in_one 1280x1280 1280x720 contain
    set_faults "create 1 clip silent"
    works ff -v warning "${REQUEST[@]}" -take 3 -i still.png "${PEEK[@]}"
    says "no audio"
}

@test "WARNING: enlarged, transparent and much cut, once, before it is bought and never of what is there" {
    ffmpeg -v error -f lavfi -i color=white:s=200x200,format=rgba -vf "geq=r=255:g=255:b=255:a='if(lt(X,100),0,255)'" \
        -frames:v 1 small.png
    local graph="i2v=small.png:prompt=small:duration=4" warnings="enlarged cut transparent" word
    works ff -v warning -filter_complex "$graph:dry_run=1" "${PEEK[@]}"
    works ff -v warning -f i2v -prompt small -duration 4 -dry_run 1 -i small.png -f i2v -prompt other -duration 4 -dry_run 1 -i small.png \
        "${PEEK[@]}"
    for word in $warnings; do
        same 1 "$(grep -c "still 200x200 is $word" <<<"$stderr")"
    done
    says "44 % of it is lost" "6.43 times" "50 % of it"
    works ff -v error -filter_complex "$graph" "${PEEK[@]}"
    same "" "$stderr"
    works ff -v warning -filter_complex "$graph" "${PEEK[@]}"
    says_not "still 200x200"
    works ff -v warning -filter_complex "$graph:dry_run=1" "${PEEK[@]}"
    says_not "still 200x200"
}

@test "a prompt cannot steer the terminal, and a long one is cut short" {
    whole_only
    works ff -f i2v -prompt "first line"$'\n'"second line" -duration 4 -i still.png "${PEEK[@]}"
    says_not "second line"
    works ff -f i2v -prompt "$(printf 'ü%.0s' {1..300})" -duration 4 -i still.png "${PEEK[@]}"
    iconv -f UTF-8 -t UTF-8 <<<"$stderr" >/dev/null
    says "..."
    works ff -f i2v -prompt $'\e]0;title\a\e[31mred' -duration 4 -i still.png "${PEEK[@]}"
    says_not $'\e'
}

@test "the gateway's words cannot steer the terminal" {
    set_faults "create * status 400 message "$'\e[31m'"red"
    refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_not $'\e'
}

@test "nor can what a terminal may take for the same: the C1 controls, in UTF-8 or as bytes" {
    local csi=$'\xc2\x9b' LC_ALL=C
    set_faults "create 1 status 400 message ${csi}31mred"
    refused ff "${REQUEST[@]}" -i still.png "${PEEK[@]}"
    says_not "$csi"
    works ff -f i2v -prompt "${csi}31mred" -tags all -duration 4 -i still.png "${PEEK[@]}"
    says_not "$csi"
    works "$BIN/i2vctl" jobs
    [[ $output != *"$csi"* ]]
    works "$BIN/i2vctl" jobs --json
    [[ $output != *"$csi"* ]]
    same "${csi}31mred" "$(jq -r '.[] | select(.state == "ready").prompt' <<<"$output")"
    refused fetch --prompt hello --save $'nowhere/\x9b31m.mp4' still.png
    says nowhere
    says_not $'\x9b'
}

@test "stdout is the program's own" {
    ff "${REQUEST[@]}" -i still.png -t 0.2 -an -f rawvideo -s 64x36 -pix_fmt rgb24 - >raw 2>log
    same $((64 * 36 * 3 * 6)) "$(stat -c %s raw)"
    works fetch --prompt "She turns around and smiles" --duration 4 still.png
    same "$(store_clip)" "$output"
}

@test "-t and -to beyond the clip that is asked for" {
    works ff -v warning -t 8 -f i2v -dry_run 1 -prompt hello -i still.png "${PEEK[@]}"
    says_in_one "Option t " "4 s" -duration
    works ff -v warning -to 8 -i "i2v:still.png?prompt=hello&dry_run=1" "${PEEK[@]}"
    says_in_one "Option to " "4 s" -duration
    works ff -v warning -t 3 -f i2v -dry_run 1 -prompt hello -i still.png "${PEEK[@]}"
    says_not -duration
    works ff -v warning -t 8 -f i2v -dry_run 1 -duration 8 -prompt hello -i still.png "${PEEK[@]}"
    says_not -duration
}

@test "i2vctl gives advice in its own words" {
    works fetch --prompt advice --duration 4 still.png
    works fetch --prompt advice --duration 4 still.png
    says "; --take 2 buys another"
    works ff "${REQUEST[@]}" -i still.png -t 0.1 -f null -
    works ff "${REQUEST[@]}" -i still.png -t 0.1 -f null -
    says "; -take 2 buys another"
    ends_with 64 fetch --prompt advice
    says_not " -i "
    set_faults "create * status 400 message Not like this."
    ends_with 64 fetch --prompt refused --duration 4 still.png
    says "Not like this (HTTP 400)."
}
