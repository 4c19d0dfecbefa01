# i2v: the API key is in no log, no file and no place but the gateway
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

PEEK=(-t 0.1 -c copy out.mp4)

# The report, the event log and the talk of the shim: everything on.
talkative() {
    export I2V_LOG=$PWD/events.log I2V_DEBUG=1
    export FFREPORT=file=$PWD/report.log:level=56
}

key_is_nowhere() {
    local found shape
    for shape in "$KEY" "$(printf %s "$KEY" | base64 -w0 | tr -d =)"; do
        found=$(grep -rlaF --exclude=key -- "$shape" . || true
            grep -aF -- "$shape" <<<"$output$stderr" || true)
        [ -z "$found" ] || { echo "the key is in: $found"; return 1; }
    done
    # What was looked at was there.
    [ -s events.log ] || { echo "no events.log"; return 1; }
}

@test "-v trace, -report, I2V_LOG and I2V_DEBUG hold no key; nor do the store and the output" {
    talkative
    works ff -v trace -f i2v -prompt "secret" -duration 4 -save kept.mp4 -i still.png "${PEEK[@]}"
    [ -s report.log ]
    grep -q "secret" report.log
    says "i2v"
    key_is_nowhere
    same false "$(state .key_at_cdn)"
}

@test "the same with a key file" {
    whole_only
    unset AIML_API_KEY
    (umask 077 && echo "$KEY" >key)
    talkative
    works ff -v trace -f i2v -prompt "secret file" -duration 4 -api_key_file key -i still.png "${PEEK[@]}"
    key_is_nowhere
}

@test "ffprobe and i2vctl" {
    whole_only
    talkative
    works "$BIN/i2v" ffprobe -v trace -f i2v -prompt "secret probe" -duration 4 -show_format -show_streams still.png
    key_is_nowhere
    works fetch -v trace --prompt "secret ctl" --duration 4 still.png
    key_is_nowhere
}

@test "a key that the gateway refuses" {
    export AIML_API_KEY=sk-e2e-refused-Zq81
    talkative
    refused ff -v trace -f i2v -prompt "refused" -duration 4 -i still.png "${PEEK[@]}"
    says 401
    same "" "$(grep -rlaF -- sk-e2e-refused-Zq81 .; grep -aF -- sk-e2e-refused-Zq81 <<<"$stderr$output")"
    [ -s events.log ]
}

@test "a gateway that quotes the key back in its errors" {
    talkative
    set_faults "create 1 status 400 message The key $KEY and Bearer $KEY may not do this"
    refused ff -v trace -f i2v -prompt "quoted" -duration 4 -i still.png "${PEEK[@]}"
    says "may not do this"
    key_is_nowhere
    set_faults "create 1 status 403 body html message no credit for $KEY"
    refused ff -v trace -f i2v -prompt "quoted" -duration 4 -i still.png "${PEEK[@]}"
    key_is_nowhere
    set_faults "create 1 fail BadKey the key $KEY is broken"
    refused ff -v trace -f i2v -prompt "quoted" -duration 4 -i still.png "${PEEK[@]}"
    says "is broken"
    key_is_nowhere
    set_faults "poll 1 status 500 message trouble with $KEY" "poll 3 status 404 message no $KEY"
    run --separate-stderr ff -v trace -f i2v -prompt "quoted twice" -duration 4 -i still.png "${PEEK[@]}"
    key_is_nowhere
}

@test "a key that is quoted where what is said is cut, and one of a few letters" {
    local before
    talkative
    for before in 485 495 505; do
        set_faults "create 1 status 400 message $(printf "%${before}s" | tr ' ' x) $KEY and more"
        refused ff -v trace -f i2v -prompt "cut $before" -duration 4 -i still.png "${PEEK[@]}"
        says "xxxxxxxx"
        key_is_nowhere
        same "" "$(grep -rlaF --exclude=key -- "${KEY:0:7}" .)"
    done
    export AIML_API_KEY=Zq81x
    set_faults "create 1 status 400 message the key Zq81x may not do this"
    refused ff -v trace -f i2v -prompt "short" -duration 4 -i still.png "${PEEK[@]}"
    says "may not do this"
    same "" "$(grep -rlaF -- Zq81x .; grep -aF -- Zq81x <<<"$stderr$output")"
}

@test "a key in the wrong place: an option for a file, the defaults, a URL, a field" {
    local before=$I2V_DEFAULTS
    talkative
    refused fetch --prompt "no file" --api_key_file "$KEY" still.png
    says "api_key_file"
    key_is_nowhere
    I2V_DEFAULTS=$KEY refused fetch --prompt "no form" still.png
    says "name=value"
    key_is_nowhere
    I2V_DEFAULTS=$before refused fetch --prompt "query" --base_url "$GATEWAY/?key=$KEY" still.png
    says "base_url"
    key_is_nowhere
    run --separate-stderr fetch --prompt "field" --model test/generic --params "{\"api_key\": \"$KEY\"}" still.png
    says "(hidden)"
    key_is_nowhere
}

@test "a gateway that quotes the key back where the answer is neither JSON nor an error" {
    whole_only
    talkative
    set_faults "create 1 status 400 body problem message $KEY"
    refused ff -v trace -f i2v -prompt "quoted 2" -duration 4 -i still.png "${PEEK[@]}"
    key_is_nowhere
}

@test "the key is in no process title" {
    unset AIML_API_KEY
    (umask 077 && echo "$KEY" >key)
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" ffmpeg -nostdin -y -f i2v -prompt "title" -duration 4 -api_key_file key -i still.png "${PEEK[@]}"
    until_true took 1
    tr '\0' '\n' <"/proc/$PID/cmdline" >title
    grep -q ffmpeg title
    ! grep -qF -- "$KEY" title || return 1
    ! tr '\0' '\n' <"/proc/$PID/environ" | grep -qF -- "$KEY" || return 1
    leaves TERM
}

@test "the key is never sent to the download host" {
    set_faults "download 1 cut 0.5" "download 2 expired"
    works fetch --prompt "to the files" --duration 4 still.png
    same false "$(state .key_at_cdn)"
    same false "$(state '[.requests[] | select(.endpoint == "download") | .headers.has_authorization] | any')"
    same true "$(state '[.requests[] | select(.endpoint == "poll") | .headers.has_authorization] | all')"
}

@test "a download that redirects to the API's own port brings no key there" {
    whole_only
    set_faults "download 1 redirect api"
    works timeout 60 "$BIN/i2vctl" fetch --prompt "redirected back" --duration 4 still.png
    [ "$(state '[.requests[] | select(.path | startswith("/generations/"))] | length')" -ge 2 ]
    same false "$(state '[.requests[] | select(.path | startswith("/generations/")) | .headers.has_authorization] | any')"
    expect_creates 1
}

@test "a create or poll that redirects to the files brings no key there" {
    whole_only
    set_faults "create 1 redirect files"
    run --separate-stderr fetch --prompt "redirected" --duration 4 still.png
    [ "$status" -ne 0 ]
    set_faults "poll 1 redirect files"
    run --separate-stderr timeout 60 "$BIN/i2vctl" fetch --prompt "redirected" --duration 4 still.png
    same false "$(state .key_at_cdn)"
}

@test "the still's own host gets no key" {
    whole_only
    run --separate-stderr fetch --prompt "first" --duration 4 --max_wait 0 still.png
    works fetch --prompt "by URL" --duration 4 "$GATEWAY/control/image"
    same false "$(state '[.requests[] | select(.path | startswith("/control/image")) | .headers.has_authorization] | any')"
}

@test "there is no option for the key" {
    refused ff -f i2v -api_key "$KEY" -prompt a -i still.png "${PEEK[@]}"
    expect_requests 0
}

@test "credentials and query of a still's URL are in no line of ours" {
    refused ff -f i2v -prompt a -duration 4 -i "http://user:PassWord@127.0.0.1:9/x.png?sig=SiGned" \
        -f i2v -prompt b -duration 4 -i still.png -map 0 -map 1 -c copy -f null -
    says_in_one "of the request for 'http://127.0.0.1:9/x.png'"
    ! grep '^\[i2v' <<<"$stderr" | grep 'PassWord\|SiGned' || return 1
}
