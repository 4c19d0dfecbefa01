# i2v: damaged clips and bad downloads: no half clip ever reaches an encoder
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)
OUT=(-c copy out.mp4)
KINDS="damaged-half damaged-tail damaged-moof garbage"

ranges() { # number: of the newest downloads
    state "[.requests[] | select(.endpoint == \"download\")][-$1:] | map(.headers.range // \"-\") | join(\" \")"
}

@test "the damaged kinds are never published: ffmpeg ends with an error" {
    local kind pids=() n
    # Accepted one after the other, waited for together.
    for kind in $KINDS; do
        set_faults "create 1 clip $kind"
        run --separate-stderr fetch --prompt "$kind" --duration 4 --max_wait 0 still.png
        [ "$status" -eq 75 ]
    done
    for kind in $KINDS; do
        timeout 30 "$BIN/i2v" ffmpeg -nostdin -f i2v -prompt "$kind" -duration 4 -i still.png \
            -c copy $kind.mp4 2>$kind.log 3>&- & pids+=($!)
    done
    n=0
    for kind in $KINDS; do
        status=0
        wait "${pids[$n]}" || status=$?
        [[ $status -ne 0 && $status -ne 124 ]] || { echo "$kind: status $status"; cat $kind.log; return 1; }
        stderr=$(<$kind.log)
        says_in_one "$(state ".jobs[] | select(.prompt == \"$kind\") | .id" | tail -1)" ||
            { echo "kind: $kind"; return 1; }
        [ ! -e $kind.mp4 ] || { echo "$kind: an output was written"; return 1; }
        n=$((n + 1))
    done
    no_clip
    expect_creates 4
}

@test "an empty clip is damaged too" {
    set_faults "create 1 clip empty"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "always empty" --duration 4 still.png
    says "$(last_job .id)"
    no_clip
}

@test "whole kinds are taken: index at the end, fragmented, without audio" {
    whole_only
    local kind
    for kind in whole moovend fragmented; do
        set_faults "create 1 clip $kind"
        works ff -v error -f i2v -prompt "$kind" -duration 4 -i still.png -c copy $kind.mp4
        same 120 "$(frames_of $kind.mp4)"
        gateway_clip original.mp4
        diff <(packets original.mp4 | cut -d, -f1,6) <(packets $kind.mp4 | cut -d, -f1,6)
    done
    set_faults "create 1 clip silent"
    works ff -f i2v -prompt silent -duration 4 -i still.png -c copy silent.mp4
    same 120 "$(frames_of silent.mp4)"
    says_in_one "no audio"
}

@test "damaged once, then whole" {
    whole_only
    local kind
    for kind in $KINDS; do
        I2V_STORE=$PWD/store-$kind run --separate-stderr fetch --prompt "$kind twice" --duration 4 --max_wait 0 still.png
    done
    expect_creates 4
    for kind in $KINDS; do
        set_faults "download 1 clip $kind"
        I2V_STORE=$PWD/store-$kind works timeout 30 "$BIN/i2v" ffmpeg -nostdin -v error -f i2v -prompt "$kind twice" -duration 4 -i still.png -c copy $kind.mp4
        same 120 "$(frames_of $kind.mp4)"
    done
    expect_creates 4
}

@test "damaged at the server: the same command fetches it again and buys nothing" {
    set_faults "download * clip damaged-half"
    ends_with 75 fetch --prompt "damaged for a while" --duration 4 still.png
    says "$(last_job .id)"
    no_clip
    set_faults ""
    works fetch --prompt "damaged for a while" --duration 4 still.png
    expect_creates 1
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
}

@test "a download that is cut goes on where it was" {
    set_faults "download 1 cut 0.5"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
    ranges 2 | grep -Eq '^- bytes=[1-9][0-9]*-$' || { ranges 2; return 1; }
    expect_creates 1
}

@test "cut twice" {
    whole_only
    set_faults "download 1 cut 0.3" "download 2 cut 0.5"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "a server that ignores Range sends everything, and that is fine" {
    whole_only
    set_faults "download 1 cut 0.5" "download 2 ignore-range"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "a server that sends another range than was asked for" {
    whole_only
    set_faults "download 1 cut 0.5" "download 2 wrong-range"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "an expired link: a fresh one by polling again" {
    local code take=0
    for code in 403 404 410; do
        set_faults "download 1 expired $code"
        take=$((take + 1))
        works ff -v warning "${REQUEST[@]}" -take $take -i still.png "${OUT[@]}"
        same "poll download poll download" "$(state '[.requests[-4:][].endpoint] | join(" ")')"
    done
    expect_creates 3
}

@test "a link that expires half way" {
    set_faults "download 1 cut 0.5" "download 2 expired"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
    expect_creates 1
}

@test "downloads: 500, 503 and a dropped connection" {
    whole_only
    set_faults "download 1 status 503" "download 2 drop-before"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "a download without a length" {
    set_faults "download 1 no-length"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "a download without a length that is cut" {
    whole_only
    set_faults "download 1 no-length" "download 1 cut 0.5"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "a length that is not the file's" {
    whole_only
    set_faults "download 1 wrong-length"
    works timeout 60 "$BIN/i2vctl" fetch --prompt "too long" --duration 4 still.png
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
    set_faults "download 1 wrong-length -1000"
    works timeout 60 "$BIN/i2vctl" fetch --prompt "too short" --duration 4 still.png
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
}

@test "a web page in place of the clip" {
    set_faults "download 1 status 200 body html"
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    same 120 "$(frames_of out.mp4)"
}

@test "a clip that was damaged in the store afterwards is not served" {
    works ff "${REQUEST[@]}" -i still.png "${OUT[@]}"
    local clip
    clip=$(store_clip)
    truncate -s -3000 "$clip"
    works ff "${REQUEST[@]}" -i still.png -c copy out2.mp4
    cmp out.mp4 out2.mp4
    expect_creates 1
}
