# i2v: a command that is run against the stand-in gateway
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() { shared_still; }
teardown_file() { :; }
setup() {
    common_setup
    # The user's own, which must not be reached.
    export I2V_BASE_URL=http://127.0.0.1:9 I2V_STORE=$PWD/mine AIML_API_KEY=$KEY I2V_API_KEY=$KEY
    export I2V_DEFAULTS=base_url=http://127.0.0.1:9:store=$PWD/mine TMPDIR=$PWD/tmp
    mkdir tmp
}

run_with() { "$BIN/i2v-gateway" --latency 0.1 "$@"; }

@test "a clip in one command, and nothing of it stays" {
    works run_with -- "$BIN/i2v" ffmpeg -v error -nostdin -f i2v -prompt a -duration 4 -i still.png -c copy out.mp4
    # shellcheck disable=SC2154 # set by run
    same "" "$output$stderr"
    [ "$(frames_of out.mp4)" -gt 0 ]
    [ ! -e mine ]
    same "" "$(ls tmp)"
}

@test "every engine, and https" {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1 -keyout "server.key" -out "it's one.pem" -days 2 2>/dev/null
    works run_with --api openai -- "$BIN/i2vctl" fetch --prompt a --duration 4 still.png
    works run_with --cert "it's one.pem" --cert-key server.key -- "$BIN/i2vctl" fetch --prompt a --duration 4 still.png
    [ ! -e mine ]
}

@test "the store of a state that is kept is kept with it" {
    works run_with --state kept -- "$BIN/i2vctl" fetch --prompt a --duration 4 still.png
    same "$PWD/kept/store" "$(dirname "$output")"
    [ -s "$output" ]
}

@test "it ends as the command does" {
    works run_with -- true
    ends_with 3 run_with -- sh -c 'exit 3'
    # shellcheck disable=SC2016 # for the inner shell
    ends_with 137 run_with -- sh -c 'kill -KILL $$'
    run -127 --separate-stderr run_with -- ./nothing-here
    one_sentence nothing-here "No such file"
    ends_with 126 run_with -- ./still.png
    one_sentence still.png "Permission denied"
    ends_with 64 run_with --
    one_sentence "no command"
    ends_with 64 run_with i2vctl models
    one_sentence i2vctl "after --"
    same "" "$(ls tmp)"
}

@test "a signal to it reaches the command, which ends it" {
    # shellcheck disable=SC2016
    begin "$BIN/i2v-gateway" -- sh -c 'trap "echo got; exit 7" TERM; echo there; while :; do sleep 0.05; done'
    until_true grep -q there output
    leaves TERM
    same 7 "$STATUS"
    same "there got" "$(paste -sd' ' output)"
    same "" "$(ls tmp)"
}

@test "Ctrl-C at a terminal reaches the command once" {
    needs_terminal
    # shellcheck disable=SC2016
    cat >command.sh <<'EOF'
trap 'echo got >>got' INT
trap 'exit 5' TERM
echo $$ >there
while :; do sleep 0.05; done
EOF
    mkfifo keys
    env --default-signal=INT,QUIT script -qec "exec '$BIN/i2v-gateway' -- sh command.sh" /dev/null <keys >output 2>&1 3>&- &
    PID=$!
    exec 9>keys
    until_true [ -s there ]
    printf '\003' >&9
    until_true [ -s got ]
    kill -TERM "$(<there)"
    exec 9>&-
    STATUS=0
    wait "$PID" || STATUS=$?
    same 5 "$STATUS"
    same got "$(cat got)"
}
