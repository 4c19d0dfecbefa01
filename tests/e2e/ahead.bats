# i2v: what one command names is checked together, sent together, and waited for together
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway --latency 1
}
teardown_file() { stop_gateway; }
setup() {
    common_setup
    SEEN=$(noted)
}

REQUEST=(-f i2v -duration 4)

# Requests that the gateway has listed, of which it keeps the last.
noted() { requests_ever; }

# The most generations that were in flight at once: accepted, and the clip not asked for.
most_in_flight() {
    state ".requests[-$(($(noted) - SEEN)):]" | jq '[.[] | select(.endpoint == "create" and .status < 300 or .endpoint == "download")]
        | reduce .[] as $r ({now: 0, most: 0}; .now += (if $r.endpoint == "create" then 1 else -1 end)
            | .most = ([.now, .most] | max)) | .most'
}

# Every create call came before the first clip was fetched.
sent_together() { # number
    same "$1" "$(most_in_flight)"
}

@test "several inputs" {
    works ff "${REQUEST[@]}" -prompt one -i still.png "${REQUEST[@]}" -prompt two -i still.png \
        -i "i2v:still.png?prompt=three&duration=4" \
        -filter_complex 'hstack=3' -frames:v 2 -f null -
    expect_creates 3
    sent_together 3
}

@test "several filters in one graph" {
    whole_only
    works ff -filter_complex "i2v=still.png:prompt=f1:duration=4[a];i2v=still.png:prompt=f2:duration=4[b];[a][b]hstack[v];ai2v=still.png:prompt=f1:duration=4[s]" \
        -map '[v]' -map '[s]' -frames:v 2 -f null -
    expect_creates 2
    sent_together 2
}

@test "inputs, -f lavfi, filters and a script, mixed" {
    printf 'i2v=still.png:prompt=m4:duration=4,scale=64:36[x]' >graph
    works ff -y "${REQUEST[@]}" -prompt m1 -i still.png -re -f lavfi -i "i2v=still.png:prompt=m2:duration=4" \
        "$(graph_file)" graph \
        -filter_complex "[0:v][1:v]hstack[a];i2v=still.png:prompt=m3:duration=4[b]" \
        -metadata title=-f -map '[a]' -map '[b]' -map '[x]' -frames:v 2 -f null -
    expect_creates 4
    sent_together 4
}

@test "the same request in two forms: one generation" {
    works ff "${REQUEST[@]}" -prompt same -i still.png -filter_complex "i2v=still.png:prompt=same:duration=4[b];[0:v][b]hstack" \
        -frames:v 2 -f null -
    expect_creates 1
}

@test "one bad request of several: nothing is sent for the good ones" {
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -f i2v -prompt hello -duration 5 -i still.png \
        -filter_complex hstack out.mkv
    says duration
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -filter_complex "i2v=still.png:prompt=x:duration=5[b];[0:v][b]hstack" out.mkv
    says duration
    refused ff -filter_complex "i2v=still.png:prompt=x:duration=4[a];i2v=still.png:prompt=x:nonsense=1[b];[a][b]hstack" out.mkv
    says nonsense
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -i "i2v:still.png?prompt=x&save=x" -filter_complex hstack out.mkv
    says save
    [ ! -e out.mkv ]
    expect_requests 0
}

@test "a wrong graph of the same command: nothing is sent" {
    whole_only
    local other
    some 3 "i2v=still.png:prompt=x:duration=4,nosuchfilter" "color,nosuchfilter" \
        "i2v=still.png:prompt='x:duration=4" "i2v=still.png:prompt=x:duration=4[a"
    for other in "${SOME[@]}"; do
        refused ff "${REQUEST[@]}" -prompt hello -i still.png -f lavfi -i "$other" -f null -
        says "[i2v @"
        refused ff "${REQUEST[@]}" -prompt hello -i still.png -lavfi "$other" -f null -
    done
    expect_requests 0
}

@test "which of several requests is refused is said" {
    whole_only
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -f i2v -prompt x -duration 5 -i ./still.png \
        -filter_complex hstack -f null -
    says duration "'./still.png'"
}

@test "an output that ffmpeg would not write: nothing is sent" {
    local option
    echo kept >there.mp4
    for option in -n -nostdin; do
        refused "$BIN/i2v" ffmpeg $option "${REQUEST[@]}" -prompt out -i still.png -c copy there.mp4
        says_in_one "File 'there.mp4' already exists" "nothing sent"
    done
    refused "$BIN/i2v" ffmpeg -n "${REQUEST[@]}" -prompt out -i still.png -c copy -f null - -c copy file:there.mp4
    says_in_one "there.mp4" "nothing sent"
    refused ff "${REQUEST[@]}" -prompt out -i still.png -c copy nowhere/out.mp4
    says_in_one "nowhere/out.mp4" "as an output"
    expect_creates 0
    same kept "$(<there.mp4)"
    # what it writes, and what is no file of its own
    works "$BIN/i2v" ffmpeg -nostdin -n "${REQUEST[@]}" -prompt out -i still.png -c copy -f null there.mp4 -c copy new.mp4
    works "$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -prompt out -i still.png -c copy there.mp4
    expect_creates 1
}

@test "a plain input of the same command does not exist: nothing is sent" {
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -i missing-logo.png -filter_complex overlay out.mkv
    says missing-logo.png
    refused ff "${REQUEST[@]}" -prompt hello -i still.png -i file:missing-logo.png -filter_complex overlay out.mkv
    says missing-logo.png
    expect_requests 0
}

@test "I2V_AHEAD=0: one after the other" {
    I2V_AHEAD=0 works ff "${REQUEST[@]}" -prompt a1 -i still.png "${REQUEST[@]}" -prompt a2 -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    expect_creates 2
    same 1 "$(most_in_flight)"
}

@test "another program than ffmpeg: nothing is sent ahead" {
    whole_only
    ln -s "$(command -v ffmpeg)" other
    works "$BIN/i2v" ./other -nostdin -y "${REQUEST[@]}" -prompt o1 -i still.png "${REQUEST[@]}" -prompt o2 -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    same 1 "$(most_in_flight)"
}

@test "I2V_PARALLEL bounds what is in flight, and everything comes" {
    set_faults "poll * shape waiting"
    I2V_PARALLEL=2 begin "$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -prompt p1 -i still.png \
        "${REQUEST[@]}" -prompt p2 -i still.png "${REQUEST[@]}" -prompt p3 -i still.png \
        "${REQUEST[@]}" -prompt p4 -i still.png "${REQUEST[@]}" -prompt p5 -i still.png \
        -filter_complex hstack=5 -frames:v 2 -f null -
    until_true eval 'took 2 && [ "$(last_job ".polls // 0")" -ge 3 ]'
    expect_creates 2
    set_faults ""
    wait "$PID"
    expect_creates 5
    # the first two first; those at the same time arrive in either order
    same "p1 p2 p3 p4 p5" "$(state '[.jobs[-5:][].prompt] | (.[:2] | sort) + (.[2:] | sort) | join(" ")')"
    I2V_PARALLEL=none refused ff "${REQUEST[@]}" -prompt p6 -i still.png -f null -
    says I2V_PARALLEL
    expect_creates 5
}

@test "too many at once by the gateway's measure: those wait, in their order" {
    whole_only
    set_faults "create 2-4 status 429 retry-after 1" "create 6 status 429 retry-after 1"
    works ff "${REQUEST[@]}" -prompt q1 -i still.png "${REQUEST[@]}" -prompt q2 -i still.png \
        "${REQUEST[@]}" -prompt q3 -i still.png "${REQUEST[@]}" -prompt q4 -i still.png \
        -filter_complex hstack=4 -frames:v 2 -f null -
    # which one is the first to arrive is open, and then the others follow in order
    same "q1 q2 q3 q4 true" \
        "$(state '[.jobs[-4:][].prompt] | (sort | join(" ")) + " \(.[1:] == (.[1:] | sort))"')"
    expect_creates 8
}

@test "one fails: the others are there, and another run buys only that one" {
    set_faults "create 2 fail server_error broken"
    local command=("${REQUEST[@]}" -prompt r1 -i still.png "${REQUEST[@]}" -prompt r2 -i still.png
        "${REQUEST[@]}" -prompt r3 -i still.png -filter_complex hstack=3 -frames:v 2 -f null -)
    refused ff "${command[@]}"
    says broken
    expect_creates 3
    # Which one it was is open. Those behind it were sent ahead and never opened, which is said,
    # with the way to each.
    local failed line rest clip
    failed=$(state '.jobs[-3:][] | select(.status == "error").prompt')
    same $((3 - ${failed#r})) "$(grep -c "never opened" <<<"$stderr")"
    while read -r line; do
        rest=${line##*; }
        clip=$(eval "$BIN/${rest% brings*} -v error")
        same 120 "$(frames_of "$clip")"
    done < <(grep "never opened" <<<"$stderr")
    works ff "${command[@]}"
    expect_creates 4
}

@test "refused by the gateway ahead of its open: asked once" {
    whole_only
    set_faults "create 2 status 400"
    refused ff "${REQUEST[@]}" -prompt s1 -i still.png "${REQUEST[@]}" -prompt s2 -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    expect_creates 2
}

@test "interrupted while all wait: the same command goes on with all of them" {
    set_faults "poll * shape waiting"
    local command=("$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -prompt t1 -i still.png
        "${REQUEST[@]}" -prompt t2 -i still.png -filter_complex hstack -frames:v 2 -f null -)
    begin "${command[@]}"
    until_true took 2
    sleep 0.3
    leaves INT
    set_faults ""
    works "${command[@]}"
    expect_creates 2
}

@test "killed while all wait: the same command goes on with all of them" {
    whole_only
    set_faults "poll * shape waiting"
    local command=("$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -prompt u1 -i still.png
        "${REQUEST[@]}" -prompt u2 -i still.png -filter_complex hstack -frames:v 2 -f null -)
    begin "${command[@]}"
    until_true took 2
    kill -KILL "$PID"
    wait "$PID" || true
    set_faults ""
    works "${command[@]}"
    expect_creates 2
}

@test "what is a value on the command line is no option: nothing else is sent" {
    works ff "${REQUEST[@]}" -prompt v1 -i still.png -metadata "comment=-f i2v -prompt x -i still.png" \
        -metadata:s:v:0 title=-i -bsf:v null -y -frames:v 2 -f null -
    expect_creates 1
}

@test "with fallback=still an input that fails does not stop the others" {
    whole_only
    set_faults "create 1 fail server_error broken"
    # whichever it is that arrives first
    works ff "${REQUEST[@]}" -prompt w1 -fallback still -i still.png \
        "${REQUEST[@]}" -prompt w2 -fallback still -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    says "fallback=still"
    expect_creates 2
}

@test "one at a time: the next is sent when the one before is done" {
    whole_only
    I2V_PARALLEL=1 works ff "${REQUEST[@]}" -prompt y1 -i still.png "${REQUEST[@]}" -prompt y2 -i still.png \
        "${REQUEST[@]}" -prompt y3 -i still.png "${REQUEST[@]}" -prompt y4 -i still.png \
        -filter_complex hstack=4 -frames:v 2 -f null -
    # the gateway takes a second for each
    same true "$(state '[.jobs[-4:][].created | ((.[0:19] + "Z") | fromdate) + (.[20:23] | tonumber / 1000)]
        | [.[1:], .[:-1]] | transpose | map(.[0] - .[1] >= 1) | all')"
    same "y1 y2 y3 y4" "$(state '[.jobs[-4:][].prompt] | join(" ")')"
}

@test "the still on standard input, beside others" {
    run --separate-stderr sh -c 'cat still.png | "$0" ffmpeg -v info -y -f i2v -duration 4 -prompt z1 -i - \
        -f i2v -duration 4 -prompt z2 -i still.png -filter_complex hstack -frames:v 2 -f null -' "$BIN/i2v"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    expect_creates 2
    sent_together 2
}

@test "what its own open would refuse is refused before anything is sent" {
    whole_only
    local list
    for list in "-protocol_whitelist https" "-protocol_blacklist file" "-format_whitelist mov"; do
        refused ff "${REQUEST[@]}" -prompt l1 -i still.png $list "${REQUEST[@]}" -prompt l2 -i still.png \
            -filter_complex hstack -f null -
        says excludes "nothing sent"
    done
    expect_requests 0
}

@test "sent ahead, not answered and never opened: that is said" {
    local second
    # Which one the gateway gets first is not said; it is to be the one that is opened first.
    for second in n2 n3 n4 n5; do
        set_faults "create 1 status 400" "create 2 stall 20"
        refused ff "${REQUEST[@]}" -prompt "before $second" -i still.png "${REQUEST[@]}" -prompt $second -i still.png \
            -filter_complex hstack -frames:v 2 -f null -
        ! grep -q "Accepted as generation" <<<"$stderr" || continue
        break
    done
    says "never opened" "answer had not come"
    set_faults ""
    works ff "${REQUEST[@]}" -prompt $second -i still.png -frames:v 2 -f null -
    # taken once, found again
    same 1 "$(state "[.jobs[] | select(.prompt == \"$second\")] | length")"
}

# What a line says of a request begins with the key that the line of the request ends with.
@test "the lines of several requests can be told apart" {
    whole_only
    set_faults "create 1 status 402"
    I2V_PARALLEL=1 refused ff "${REQUEST[@]}" -prompt key1 -i still.png "${REQUEST[@]}" -prompt key2 -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    local first second
    first=$(sed -n 's/.*"key1" \(\[key [0-9a-f]*\]\)$/\1/p' <<<"$stderr")
    second=$(sed -n 's/.*"key2" \(\[key [0-9a-f]*\]\)$/\1/p' <<<"$stderr")
    [ -n "$first" ] && [ -n "$second" ] && [ "$first" != "$second" ]
    says_in_one "] $first " 402
    says_in_one "] $first Price: "
    says_in_one "] $second Price: "
    set_faults ""
    works ff "${REQUEST[@]}" -prompt key3 -i still.png "${REQUEST[@]}" -prompt key4 -i still.png \
        -filter_complex hstack -frames:v 2 -f null -
    local prompt key
    for prompt in key3 key4; do
        key=$(sed -n "s/.*\"$prompt\" \(\[key [0-9a-f]*\]\)$/\1/p" <<<"$stderr")
        says_in_one "] $key Accepted as generation"
        says_in_one "] $key Status: "
        says_in_one "] $key Clip: "
    done
    # no line of theirs is without
    same "" "$(grep -E '^\[(i2v|in#)' <<<"$stderr" | grep -v '\[key \|This command: ')"
}

@test "the lines of a single request, in two forms, are as ever" {
    whole_only
    works ff "${REQUEST[@]}" -prompt key5 -i still.png -filter_complex "i2v=still.png:prompt=key5:duration=4[b];[0:v][b]hstack" \
        -frames:v 2 -f null -
    says "] Accepted as generation"
    says_not "] [key"
}

# ffmpeg ends with such an option once the clip is there.
@test "an option of ours behind the input, where it would do nothing: nothing is sent" {
    refused ff "${REQUEST[@]}" -prompt behind -i still.png -dry_run 1 -c copy out.mp4
    refused ff "${REQUEST[@]}" -prompt behind -i still.png -c copy out.mp4 -max_cost 0.01
    refused ff "${REQUEST[@]}" -prompt behind -i still.png -reuse only -c copy out.mp4
    expect_requests 0
}

@test "an option of another format: nothing is sent" {
    whole_only
    local option
    some 3 "-loop 1" "-framerate 25" "-pattern_type glob" "-movflags +faststart" "-scan_all_pmts 1" "-rtsp_transport tcp" \
        "-s 640x360" "-pix_fmt rgb24" "-ar 8000"
    for option in "${SOME[@]}"; do
        # shellcheck disable=SC2086
        refused ff $option "${REQUEST[@]}" -prompt left1 -i still.png -f null -
        says "[i2v @" "Option " " is not for i2v" "nothing sent"
    done
    refused ff -loop 1 -i "i2v:still.png?prompt=left2&duration=4" -f null -
    says "Option loop" "nothing sent"
    # of the second of two, and ahead of a graph
    refused ff "${REQUEST[@]}" -prompt left3 -i still.png -loop 1 "${REQUEST[@]}" -prompt left4 -i still.png -f null -
    says "Option loop" "nothing sent"
    refused ff -loop 1 "${REQUEST[@]}" -prompt left5 -i still.png -f lavfi -i "i2v=still.png:prompt=left6:duration=4" -f null -
    says "Option loop" "nothing sent"
    refused ff -crf 23 "${REQUEST[@]}" -prompt left7 -i still.png -f null -
    says "Option crf" encoders "nothing sent"
    refused ff "${REQUEST[@]}" -prompt left9 -i still.png -vf hflip "${REQUEST[@]}" -prompt left10 -i still.png -f null -
    says "Option vf is for outputs" "nothing sent"
    # whose status is 0 whatever happens
    run --separate-stderr env SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy "$BIN/i2v" ffplay -autoexit -framerate 25 \
        "${REQUEST[@]}" -prompt left8 -i still.png
    says "Option framerate" "nothing sent"
    expect_requests 0
}

# What ffmpeg itself takes, the codecs, the mov demuxer, and the opening of a file.
@test "options that ffmpeg does not miss: they pass" {
    whole_only
    local options=(-loglevel info -ss 0.1 -t 2 -re -itsoffset 0 -stream_loop 0 -r 30 -c:v h264 -c:a aac -ac 2
        -thread_queue_size 64 -threads 1 -flags +low_delay -flags2 +showall -err_detect 0 -skip_frame default
        -fflags +genpts -probesize 500000 -analyzeduration 1M -max_delay 0 -avioflags direct -ignore_editlist 0
        -use_absolute_path 0 -follow 0 -rw_timeout 5000000 -protocol_whitelist file,i2v -seek_timestamp 0
        -discard none -noautorotate -accurate_seek -copyts)
    works ff "${options[@]}" "${REQUEST[@]}" -prompt pass1 -save clip.mp4 -i still.png -map 0 -frames:v 2 -f null -
    works ffmpeg -nostdin "${options[@]}" -f mov -i clip.mp4 -map 0 -frames:v 2 -f null -
    # of the second of two, where only the command line tells
    works ff -f lavfi -i "i2v=still.png:prompt=pass1:duration=4" "${options[@]}" "${REQUEST[@]}" -prompt pass1 -save clip.mp4 \
        -i still.png -map 1 -frames:v 2 -f null -
    expect_creates 1
}

# Other programs put into an open what is for another format, and do not miss it.
@test "other programs may leave an option over" {
    whole_only
    ffprobe -v quiet -loop 1 -f lavfi -i color=d=0.1 || skip "this ffprobe misses them"
    works "$BIN/i2v" ffprobe -loop 1 "${REQUEST[@]}" -prompt other1 -i still.png
    expect_creates 1
}

@test "a clip that this command saves is no missing input" {
    whole_only
    works ff "${REQUEST[@]}" -prompt save1 -save shot.mp4 -i still.png -i shot.mp4 \
        -filter_complex hstack -frames:v 2 -f null -
    expect_creates 1
}
