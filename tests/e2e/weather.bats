# i2v: bad weather: names that do not resolve, look-ups that never end
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
    FILES_PORT=$(sed -n 's|.*files at http://127.0.0.1:\([0-9]*\)).*|\1|p' "$GATEWAY_LOG")
    export FILES_PORT
}

# The gateway is called by a name; what the resolver makes of it is in the file "dns".
setup() {
    common_setup
    export BAD_DNS=$PWD/dns BAD_DNS_LOG=$PWD/dns.log LD_PRELOAD=$BUILD/tests/e2e/bad_dns.so
    export I2V_ALLOW_HTTP=1 NAMED=http://gateway.test:${GATEWAY##*:}
    export I2V_BASE_URL=$NAMED
    [ -f "$LD_PRELOAD" ]
    weather up
}

# A look-up may still be under way in a process that a failed test left behind.
teardown() { weather up; }

weather() { # up, again, noname or hang
    echo "$1" >dns.new
    mv dns.new dns
    : >dns.log
}

asked() { # name, times: look-ups since weather()
    [ "$(grep -c "^$1\$" dns.log)" -ge "$2" ]
}

in_state() { grep -qs "\"$1\"" "$I2V_STORE"/[0-9a-f]*.json; }

take_one() { # prompt, option...: the gateway has it, nobody waits for it
    local prompt=$1
    shift
    ends_with 75 fetch --prompt "$prompt" --max_wait 0 "$@" still.png
}

take_one_held() { # the same, and it is not done meanwhile, however slow all is
    set_faults "poll * shape waiting"
    take_one "$@"
    set_faults ""
}

# The gateway names its file by a host that is looked up.
name_the_files() {
    until_true eval '[ "$(last_job .status)" = completed ]'
    set_faults "poll * url http://files.test:$FILES_PORT$(last_job .path)"
}

start() { # ffmpeg or i2vctl, prompt, still
    if [ "$1" = ffmpeg ]; then
        begin "$BIN/i2v" ffmpeg -nostdin -hide_banner -y -f i2v -prompt "$2" -i "${3:-still.png}" -c copy out.mp4
    else
        begin "$BIN/i2vctl" fetch --prompt "$2" "${3:-still.png}"
    fi
}

delivered() { # prompt: by the same command, with one create since mark()
    weather up
    works fetch --prompt "$1" still.png
    gateway_clip whole.mp4
    cmp whole.mp4 "$output"
    expect_creates 1
}

# Names that do not resolve

@test "at the create call: nothing sent, and a later command creates without looking" {
    local kind pids=() kinds=(noname again)
    for kind in "${kinds[@]}"; do
        mkdir $kind
        echo $kind >$kind/dns
        BAD_DNS=$PWD/$kind/dns timeout 60 "$BIN/i2vctl" fetch --prompt "create $kind" still.png \
            >$kind/out 2>$kind/log 3>&- & pids+=($!)
    done
    for kind in "${kinds[@]}"; do
        status=0
        wait "${pids[0]}" || status=$?
        pids=("${pids[@]:1}")
        stderr=$(<$kind/log)
        same 69 $status
        says_in_one "Cannot reach the gateway" gateway.test "nothing was bought"
        says "trying again"
    done
    expect_requests 0
    same 2 "$(cat "$I2V_STORE"/[0-9a-f]*.json | jq -r .state | grep -c intent)"
    for kind in "${kinds[@]}"; do
        works fetch --prompt "create $kind" still.png
    done
    expect_creates 2
    same 0 "$(state '[.requests[] | select(.endpoint == "logs")] | length')"
}

@test "for a while at the create call: tried again, one create" {
    whole_only
    weather again
    start i2vctl "create later"
    until_true asked gateway.test 2
    weather up
    wait "$PID"
    expect_creates 1
}

@test "for ten seconds while it polls: the clip is delivered" {
    local before
    take_one_held "poll later"
    before=$(requests)
    weather noname
    start ffmpeg "poll later"
    until_true asked gateway.test 1
    sleep 10
    same "$before" "$(requests)"
    weather up
    wait "$PID"
    grep -q "asking again" log
    expect_creates 1
    gateway_clip whole.mp4
    cmp whole.mp4 "$(store_clip)"
    same 120 "$(frames_of out.mp4)"
}

@test "the host of the files: said, kept, and fetched once it resolves" {
    local kind
    export I2V_BASE_URL=$GATEWAY
    for kind in noname again; do
        take_one_held "files $kind"
        name_the_files
        weather $kind
        ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt "files $kind" --max_wait 2 still.png
        says_in_one "$(last_job .id)" "ready at the gateway" files.test "buys nothing"
        asked files.test 1
        weather up
        works fetch --prompt "files $kind" still.png
    done
    expect_creates 2
}

@test "the host that the files redirect to" {
    whole_only
    export I2V_BASE_URL=$GATEWAY
    take_one elsewhere
    set_faults "download * redirect http://files.test:$FILES_PORT$(last_job .path)"
    weather noname
    ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt elsewhere --max_wait 2 still.png
    says_in_one "$(last_job .id)" "ready at the gateway" files.test
    set_faults "download 1 redirect http://files.test:$FILES_PORT$(last_job .path)"
    weather up
    works fetch --prompt elsewhere still.png
    asked files.test 1
    expect_creates 1
}

@test "the host of a still: nothing sent" {
    weather noname
    ends_with 64 fetch --prompt "still nowhere" --base_url "$GATEWAY" "http://still.test:${GATEWAY##*:}/control/image"
    says still.test
    expect_requests 0
}

# Look-ups that never end

@test "a look-up that takes long is waited for" {
    whole_only
    weather hang
    start i2vctl "long look-up"
    until_true asked gateway.test 1
    sleep 2
    kill -0 "$PID"
    weather up
    wait "$PID"
    expect_creates 1
}

@test "SIGINT while it never ends: at the create call" {
    local program
    for program in ffmpeg i2vctl; do
        mark
        weather hang
        start $program "create $program"
        until_true asked gateway.test 1
        leaves INT
        says "Interrupted. Nothing was bought"
        expect_requests 0
        delivered "create $program"
    done
}

@test "SIGINT while it never ends: at a poll" {
    whole_only
    local program
    for program in ffmpeg i2vctl; do
        mark
        take_one_held "poll $program"
        weather hang
        start $program "poll $program"
        until_true asked gateway.test 1
        leaves INT
        says_in_one Interrupted "$(last_job .id)" "picks it up"
        no_clip
        delivered "poll $program"
        rm "$output"
    done
}

@test "SIGINT while it never ends: at a download" {
    whole_only
    local program
    I2V_BASE_URL=$GATEWAY
    for program in ffmpeg i2vctl; do
        mark
        take_one_held "download $program"
        name_the_files
        weather hang
        start $program "download $program"
        until_true asked files.test 1
        leaves INT
        says_in_one Interrupted "$(last_job .id)" "ready at the gateway"
        no_clip
        delivered "download $program"
        rm "$output"
    done
}

@test "SIGINT while it never ends: where a download is redirected to" {
    whole_only
    local program
    I2V_BASE_URL=$GATEWAY
    for program in ffmpeg i2vctl; do
        mark
        take_one_held "redirected $program"
        set_faults "download 1-2 redirect http://files.test:$FILES_PORT$(last_job .path)"
        weather hang
        start $program "redirected $program"
        until_true asked files.test 1
        leaves INT
        says_in_one Interrupted "$(last_job .id)" "ready at the gateway"
        no_clip
        delivered "redirected $program"
        rm "$output"
    done
}

@test "SIGINT while it never ends: at a still" {
    whole_only
    local program
    take_one "any still"
    mark
    for program in ffmpeg i2vctl; do
        weather hang
        start $program "still $program" "http://still.test:${GATEWAY##*:}/control/image"
        until_true asked still.test 1
        leaves INT
        expect_requests 0
    done
}

@test "SIGINT while it never ends: at the usage log" {
    whole_only
    local program
    for program in ffmpeg i2vctl; do
        mark
        weather up
        set_faults "create 1 drop-after" "create 1 no-headers" "logs * rows never"
        take_one "logs $program"
        in_state sent
        set_faults ""
        weather hang
        start $program "logs $program"
        until_true asked gateway.test 1
        leaves INT
        says_in_one Interrupted "looks for its generation"
        delivered "logs $program"
    done
}

@test "max_wait ends what never ends" {
    local place
    local -A pid want=([create]=69 [poll]=75 [download]=75 [logs]=75)
    take_one_held "max poll"
    set_faults "create 1 drop-after" "create 1 no-headers" "logs * rows never"
    take_one "max logs"
    set_faults ""
    I2V_BASE_URL=$GATEWAY take_one_held "max download"
    name_the_files
    mark
    weather hang
    for place in create poll logs download; do # the last by another origin
        [ $place != download ] || I2V_BASE_URL=$GATEWAY
        timeout 100 "$BIN/i2vctl" fetch --prompt "max $place" --max_wait 1 still.png 2>log.$place 3>&- & pid[$place]=$!
    done
    for place in "${!pid[@]}"; do
        status=0
        wait "${pid[$place]}" || status=$?
        stderr=$(<log.$place)
        [ "$status" -eq "${want[$place]}" ] || { echo "$place: status $status"; cat log.$place; return 1; }
    done
    expect_creates 0
    stderr=$(<log.create) says_in_one "max_wait is over" "Nothing was bought"
    stderr=$(<log.poll) says_in_one "max_wait is over" "picks it up"
    stderr=$(<log.download) says_in_one "max_wait is over" "ready at the gateway"
    stderr=$(<log.logs) says_in_one "client request id" "only when 24 h have passed"
    weather up
    set_faults ""
    for place in download poll logs create; do
        [ $place = download ] || I2V_BASE_URL=$NAMED
        works fetch --prompt "max $place" still.png
    done
    expect_creates 1
}
