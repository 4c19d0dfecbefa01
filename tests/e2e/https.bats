# i2v: a gateway behind HTTPS, with a certificate of one's own
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    cd "$BATS_FILE_TMPDIR" || return
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=i2v test CA" -keyout ca.key -out ca.pem 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext \
        -out server.pem 2>/dev/null
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=another CA" -keyout other.key -out other.pem 2>/dev/null
    start_gateway --cert server.pem --cert-key server.key
}
setup() {
    common_setup
    ln "$BATS_FILE_TMPDIR"/{ca.pem,other.pem} .
}

REQUEST=(-f i2v -prompt "She turns around and smiles" -duration 4)

@test "with its ca_file the gateway and its files are trusted" {
    [[ $GATEWAY = https://* ]]
    works ff "${REQUEST[@]}" -ca_file ca.pem -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
    expect_creates 1
}

@test "without it nothing is sent" {
    refused timeout 60 "$BIN/i2v" ffmpeg -nostdin -hide_banner "${REQUEST[@]}" -i still.png -c copy out.mp4
    grep -qi certificate <<<"$stderr"
    expect_requests 0
    ends_with 69 timeout 60 "$BIN/i2vctl" fetch --prompt a --duration 4 still.png
    expect_requests 0
    # Nothing was sent, and so nothing is looked for.
    works fetch --ca_file ca.pem --prompt a --duration 4 still.png
    expect_creates 1
    same 0 "$(count logs)"
}

@test "with another CA nothing is sent" {
    refused timeout 60 "$BIN/i2v" ffmpeg -nostdin -hide_banner "${REQUEST[@]}" -ca_file other.pem -i still.png -c copy out.mp4
    expect_requests 0
}

@test "a certificate for another name is refused" {
    whole_only
    local port=${GATEWAY##*:}
    refused timeout 60 "$BIN/i2vctl" fetch --ca_file ca.pem --base_url "https://localhost:${port%/}" --prompt a still.png
    says localhost
    expect_requests 0
}

@test "ca_file in I2V_DEFAULTS" {
    whole_only
    export I2V_DEFAULTS="poll_interval=0.1:ca_file=$PWD/ca.pem"
    works ff -i "i2v:still.png?prompt=She+turns+around+and+smiles&duration=4" -t 0.1 -f null -
    expect_creates 1
}

@test "a still over https, with the same ca_file" {
    whole_only
    works fetch --ca_file ca.pem --prompt first --duration 4 still.png
    works fetch --ca_file ca.pem --prompt "by URL" --duration 4 "$GATEWAY/control/image"
    received_image sent
    cmp still.png sent
}

@test "a cut download goes on over https" {
    set_faults "download 1 cut 0.5"
    works ff "${REQUEST[@]}" -ca_file ca.pem -i still.png -c copy out.mp4
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
}

@test "from https a clip is never fetched by plain http" {
    local secure=$GATEWAY secure_pid=$GATEWAY_PID secure_log=$GATEWAY_LOG plain path
    start_gateway
    plain=$GATEWAY
    GATEWAY=$secure GATEWAY_PID=$secure_pid GATEWAY_LOG=$secure_log
    set_faults "poll * shape waiting"
    ends_with 75 fetch --ca_file ca.pem --prompt plain --max_wait 0 still.png
    path=$(last_job .path)
    set_faults "download * redirect $plain$path"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --ca_file ca.pem --prompt plain --max_wait 6 still.png
    says_in_one "$(last_job .id)" "ready at the gateway"
    set_faults "poll * url $plain$path"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --ca_file ca.pem --prompt plain still.png
    says_in_one "$(last_job .id)" "only https"
    no_clip
    same 0 "$(curl -sS "$plain/control/state" | jq '.requests | length')"
    set_faults ""
    works fetch --ca_file ca.pem --prompt plain still.png
    expect_creates 1
}

@test "one connection takes the create call and every poll" {
    local before
    before=$(state '.requests | length')
    set_faults "poll 1-20 shape waiting"
    export I2V_DEFAULTS=poll_interval=0.02
    works fetch --ca_file ca.pem --prompt "many polls" --duration 4 still.png
    [ "$(last_job .polls)" -gt 20 ]
    same 1 "$(state "[.requests[$before:][] | select(.endpoint == \"create\" or .endpoint == \"poll\").connection] | unique | length")"
    # Beside it, one for what is retired, one for the price and one for the clip.
    same 4 "$(state "[.requests[$before:][].connection] | unique | length")"
}
