# i2v: a store that a group of users has together
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# Two users of one group, by number: neither has to be known to the machine.
GROUP=54321
setup() {
    common_setup
    if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then skip "it takes root to be two users"; fi
    # The directories of the tests are root's alone.
    PLACE=$(mktemp -d "${TMPDIR:-/tmp}/i2v-group-XXXXXX")
    chmod 755 "$PLACE"
    cp still.png "$PLACE"
    cd "$PLACE" || return
    export I2V_STORE=$PLACE/store
    install -d -m 2770 -g $GROUP store
    as 54001 "$BIN/i2vctl" --version >/dev/null || skip "the build is closed to other users"
}
teardown() {
    jobs -p | xargs -r kill 2>/dev/null || true
    [ -z "${PLACE:-}" ] || rm -rf "$PLACE"
}

as() { # user, command: with a umask that closes everything
    local user=$1
    shift
    install -d -m 700 -o "$user" "$PLACE/home-$user"
    HOME=$PLACE/home-$user setpriv --reuid "$user" --regid "$user" --groups $GROUP \
        sh -c 'umask 077 && exec "$@"' sh "$@"
}

modes() { stat -c %a:%g "$@" | sort -u | paste -sd' '; }

@test "what one has bought, or sent, the other has" {
    local key clip
    works as 54001 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png
    clip=$output
    works as 54002 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png
    same "$clip" "$output"
    works as 54002 ffprobe -v error "$clip"
    expect_creates 1
    works as 54001 "$BIN/i2vctl" submit --prompt two --duration 4 still.png
    key=$output
    works as 54002 "$BIN/i2vctl" wait "$key"
    works as 54001 "$BIN/i2vctl" fetch --prompt two --duration 4 still.png
    expect_creates 2
    works as 54001 "$BIN/i2vctl" models --update openai/sora-2-i2v
    works as 54002 "$BIN/i2vctl" models --update openai/sora-2-i2v
    same 2 "$(as 54001 "$BIN/i2vctl" jobs --json | jq length)"
    same "660:$GROUP" "$(find store -type f -exec stat -c %a:%g {} + | sort -u | paste -sd' ')"
    same "2770:$GROUP" "$(find store -type d -exec stat -c %a:%g {} + | sort -u | paste -sd' ')"
    works as 54002 "$BIN/i2vctl" prune --yes 0s
    no_clip
}

@test "a download that one has begun the other ends" {
    set_faults "download 1 cut 0.5" "download 2- status 500"
    refused as 54001 "$BIN/i2vctl" fetch --prompt one --duration 4 --max_wait 2 still.png
    same "660:$GROUP" "$(modes store/*.part*)"
    set_faults ""
    works as 54002 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png
    expect_creates 1
    state '[.requests[] | select(.endpoint == "download")][-1].headers.range' | grep -Eq '^bytes=[1-9]'
}

@test "many of both at once are one generation" {
    local i
    for i in 1 2 3; do
        as 54001 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png >a$i 2>&1 3>&- &
        as 54002 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png >b$i 2>&1 3>&- &
    done
    wait
    same 6 "$(grep -lx "$PLACE/store/.*mp4" a? b? | wc -l)"
    expect_creates 1
}

@test "a directory that does not say so is its user's alone" {
    chmod g-s store
    works as 54001 "$BIN/i2vctl" fetch --prompt one --duration 4 still.png
    same 600 "$(find store -type f -exec stat -c %a {} + | sort -u)"
    chmod 2750 store
    chown 54001 store
    works as 54001 "$BIN/i2vctl" fetch --prompt two --duration 4 still.png
    same 600 "$(find store -type f -exec stat -c %a {} + | sort -u)"
}
