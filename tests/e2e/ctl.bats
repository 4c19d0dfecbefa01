# i2v: i2vctl fetch: a path on stdout, and statuses that a script can branch on
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(--prompt "She turns around and smiles" --duration 4)

@test "it prints the path and nothing else, for any ffmpeg" {
    works fetch "${REQUEST[@]}" still.png
    same 1 "${#lines[@]}"
    same "$(store_clip)" "$output"
    [[ $output = /* ]]
    works ffmpeg -v error -nostdin -i "$output" -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    local clip
    clip=$(fetch -v error "${REQUEST[@]}" still.png) && ffmpeg -v error -nostdin -i "$clip" -t 0.1 -f null -
    expect_creates 1
}

@test "options: with = and without, with - for _, before and behind the still" {
    works fetch --prompt="She turns around and smiles" --duration=4 still.png
    works fetch still.png --prompt "She turns around and smiles" --duration 4 --max-wait 60 --aspect-ratio 16:9
    works fetch -prompt "She turns around and smiles" -duration 4 -- still.png
    works fetch "i2v:still.png?prompt=She+turns+around+and+smiles" --duration 4
    expect_creates 1
}

@test "64: a bad request" {
    whole_only
    ends_with 64 fetch still.png
    ends_with 64 fetch "${REQUEST[@]}" none.png
    ends_with 64 fetch --prompt a --duration 5 still.png
    ends_with 64 fetch --colour red "${REQUEST[@]}" still.png
    ends_with 64 fetch still.png "${REQUEST[@]}" other.png
    ends_with 64 fetch "${REQUEST[@]}" still.png --take
    ends_with 64 fetch "${REQUEST[@]}" --reuse only still.png
    ends_with 64 fetch -v loud "${REQUEST[@]}" still.png
    same "" "$output"
    expect_requests 0
}

@test "65: refused by moderation" {
    whole_only
    set_faults "create 1 status 400 message This violates our content policy."
    ends_with 65 fetch "${REQUEST[@]}" still.png
    same "" "$output"
}

@test "69: the gateway fails" {
    set_faults "create 1 fail Broken it broke"
    ends_with 69 fetch "${REQUEST[@]}" still.png
    same "" "$output"
}

@test "73: the store cannot be written" {
    whole_only
    echo file >file
    ends_with 73 fetch "${REQUEST[@]}" --store "$PWD/file" still.png
    expect_requests 0
}

@test "save cannot be written" {
    whole_only
    refused fetch "${REQUEST[@]}" --save none/kept.mp4 still.png
    says none/kept.mp4
    expect_requests 0
}

@test "75: still running; then 0" {
    set_faults "poll 1 shape waiting"
    ends_with 75 fetch "${REQUEST[@]}" --max_wait 0.05 still.png
    same "" "$output"
    works fetch "${REQUEST[@]}" still.png
    expect_creates 1
}

@test "77: the key, the credit" {
    AIML_API_KEY=wrong ends_with 77 fetch "${REQUEST[@]}" still.png
    set_faults "create 1 status 403 message You've run out of credits."
    ends_with 77 fetch "${REQUEST[@]}" still.png
    unset AIML_API_KEY
    ends_with 77 fetch "${REQUEST[@]}" still.png
    same "" "$output"
}

@test "--help and --version" {
    works "$BIN/i2vctl" --help
    local option code
    for option in prompt prompt_file image image_time model resolution aspect_ratio duration params \
        fit fit_position take reuse max_wait poll_interval save api_key_file base_url ca_file store; do
        grep -q -- "--$option " <<<"$output"
    done
    local command
    for command in fetch submit wait jobs show page keep prune models; do
        grep -q "^$command  " <<<"$output"
    done
    for code in 64 65 69 73 75 77; do
        grep -q "$code" <<<"$output"
    done
    works "$BIN/i2vctl" fetch --help
    works "$BIN/i2vctl" --version
    grep -Eq '^i2vctl [0-9]+\.[0-9]+\.[0-9]+$' <<<"${lines[0]}"
    grep -Eq '^libavformat [0-9]+\.[0-9]+\.[0-9]+ \(FFmpeg .+\)$' <<<"${lines[1]}"
    grep -Eq '^libcurl [0-9]+\.[0-9]+' <<<"${lines[2]}"
    grep -Eq '^cJSON [0-9]+\.[0-9]+' <<<"${lines[3]}"
}

@test "no command, and one that is none" {
    ends_with 64 "$BIN/i2vctl"
    grep -q fetch <<<"$stderr"
    ends_with 64 "$BIN/i2vctl" fecth still.png
    says fecth
}

@test "a path that cannot be printed is an error" {
    run --separate-stderr sh -c '"$0/i2vctl" fetch --prompt "She turns around and smiles" --duration 4 still.png >/dev/full' "$BIN"
    [ "$status" -ne 0 ]
    run --separate-stderr sh -c '"$0/i2vctl" fetch --prompt "She turns around and smiles" --duration 4 still.png >&-' "$BIN"
    [ "$status" -ne 0 ]
    expect_creates 1
}

@test "-v error says nothing, -v info what happens" {
    works fetch -v error "${REQUEST[@]}" still.png
    same "" "$stderr"
    works fetch "${REQUEST[@]}" --take 2 still.png
    says Status "$(last_job .id)"
}
