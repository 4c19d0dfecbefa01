# i2v: places: full disks, stores that cannot be written, file systems without locks
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    common_setup
    ENTER=() MOUNTED=() HOLDER=
}
teardown() {
    touch go
    [ -z "$HOLDER" ] || kill "$HOLDER"
    local mounted
    for mounted in "${MOUNTED[@]}"; do
        umount -l "$mounted"
    done
    chmod -f 700 read-only "$BATS_TEST_TMPDIR/store" || true
}

# A small disk

# A file system of so many bytes, or a skipped test; what is done on it begins with
# "${ENTER[@]}". Who is not root has one in a name space of his own.
small_disk() { # bytes
    mkdir disk
    export I2V_STORE=$PWD/disk/store
    if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o "size=$1,mode=777" none disk 2>/dev/null; then
        MOUNTED=("$PWD/disk")
        return
    fi
    unshare -rm true 2>/dev/null || skip "neither mount nor unshare -rm is allowed here"
    # shellcheck disable=SC2016 # for the inner shell
    unshare -rm sh -c 'mount -t tmpfs -o "size=$1" none disk && : >mounted && exec sleep 1000' sh "$1" 3>&- &
    HOLDER=$!
    until_true [ -e mounted ]
    # shellcheck disable=SC2016
    ENTER=(nsenter -t "$HOLDER" --user --mount --preserve-credentials
        sh -c 'cd "$0" && exec "$@"' "$PWD")
}

on_disk() { "${ENTER[@]}" "$@"; }

# Leave so much room on the disk, in pages of 4096 bytes, of which it has fewer than
# 1024.
room() { # pages
    on_disk rm -f disk/filler
    on_disk dd if=/dev/zero of=disk/filler bs=4096 count=1024 status=none 2>/dev/null || true
    [ "$1" -eq 0 ] || on_disk truncate -s "-$(($1 * 4096))" disk/filler
}

space() { on_disk rm disk/filler; }

on_disk_fetch() { on_disk "$BIN/i2vctl" fetch "$@"; }

record() { on_disk sh -c 'cat disk/store/[0-9a-f]*.json' 2>/dev/null; }
in_state() { [ "$(record | jq -r .state)" = "$1" ]; }

clip_pages() {
    gateway_clip whole.mp4
    echo $((($(stat -c %s whole.mp4) + 4095) / 4096))
}

delivered() { # prompt
    works on_disk_fetch --prompt "$1" still.png
    gateway_clip whole.mp4
    on_disk cmp whole.mp4 "$output"
    same 1 "$(accepted)"
}

@test "full before anything is sent" {
    small_disk 1M
    on_disk mkdir disk/store
    room 0
    ends_with 73 on_disk_fetch --prompt "full before" still.png
    one_sentence "Cannot write the ledger" "No space left on device" "nothing sent" "make room"
    expect_requests 0
    run --separate-stderr on_disk "$BIN/i2v" ffmpeg -nostdin -y -f i2v -prompt "full before" -i still.png -c copy out.mp4
    [ "$status" -ne 0 ]
    says "No space left on device"
    expect_requests 0
    space
    delivered "full before"
}

@test "full between intent and sent: nothing bought" {
    small_disk 1M
    on_disk mkdir disk/store
    works on_disk "$BIN/i2vctl" models # keeps what is retired
    room 2 # for the record and the journal
    ends_with 73 on_disk_fetch --prompt "full between" still.png
    one_sentence "Cannot write the ledger" "No space left on device"
    in_state intent
    same 0 "$(accepted)"
    space
    mark
    delivered "full between"
    same 0 "$(state '[.requests[] | select(.endpoint == "logs")] | length')"
}

@test "full between sent and id: the id is said, and the next run finds it" {
    whole_only
    small_disk 1M
    set_faults "create 1 hold $PWD/go"
    begin "${ENTER[@]}" "$BIN/i2vctl" fetch --prompt "full later" still.png
    until_true in_state sent
    room 0
    touch go
    status=0
    wait "$PID" || status=$?
    stderr=$(<log)
    same 73 "$status"
    says_in_one "$(last_job .id)" "goes on; once this store can be written"
    says_in_one "Cannot write the ledger" "No space left on device"
    in_state sent
    space
    delivered "full later"
    grep -qE "Found in the usage log|rebuilt from the journal" <<<"$stderr"
}

@test "full in the middle of the download: said, nothing lost, resumed" {
    small_disk 1M
    room 16
    ends_with 73 on_disk_fetch --prompt "full download" still.png
    says_in_one "$(last_job .id)" "No space left on device" "buys nothing"
    in_state running
    # Still full: the same again.
    ends_with 73 on_disk_fetch --prompt "full download" still.png
    says_in_one "$(last_job .id)" "No space left on device" "buys nothing"
    space
    delivered "full download"
    state '[.requests[] | select(.endpoint == "download")][-1].headers.range' | grep -Eq '^bytes=[1-9]'
}

@test "full once the clip is there: not bought again, and served" {
    whole_only
    small_disk 1M
    set_faults "poll * shape waiting"
    ends_with 75 on_disk_fetch --prompt "full at the end" --max_wait 0 still.png
    # Once more not ready, so that what it took is noted, which is one page.
    set_faults "poll 1 shape waiting"
    until_true eval '[ "$(clip_pages)" -gt 5 ]'
    room $(($(clip_pages) + 2))
    ends_with 73 on_disk_fetch --prompt "full at the end" still.png
    says "No space left on device"
    space
    delivered "full at the end"
    same 1 "$(last_job .downloads)"
    room 0
    works on_disk_fetch --prompt "full at the end" still.png
    says "Serving take 1"
}

# Stores that cannot be written

read_only() { # directory
    if [ "$(id -u)" -eq 0 ]; then
        mount --bind "$1" "$1" 2>/dev/null || skip "root, and mount is not allowed here"
        MOUNTED+=("$(realpath "$1")")
        mount -o remount,ro,bind "$1"
    else
        chmod 500 "$1"
    fi
}

@test "a store that cannot be written: nothing sent, status 73" {
    local store
    mkdir read-only
    echo file >file
    read_only read-only
    for store in read-only read-only/deeper file file/deeper /proc/nowhere/store /dev/null; do
        I2V_STORE=$store ends_with 73 fetch --prompt "no store" still.png
        one_sentence "the ledger" "nothing sent" I2V_STORE
        I2V_STORE=$store refused ff -f i2v -prompt "no store" -i still.png -c copy out.mp4
    done
    expect_requests 0
}

@test "no home, and a home that cannot be written: nothing sent, status 73" {
    unset I2V_STORE XDG_DATA_HOME
    HOME='' ends_with 73 fetch --prompt "no home" still.png
    one_sentence "no place for the ledger" "nothing sent"
    ends_with 73 env -u HOME "$BIN/i2vctl" fetch --prompt "no home" still.png
    one_sentence "no place for the ledger" "nothing sent"
    ends_with 73 env HOME=relative "$BIN/i2vctl" fetch --prompt "no home" still.png
    one_sentence "no place for the ledger" "HOME must be an absolute path" relative "nothing sent"
    XDG_DATA_HOME=beside ends_with 73 env -u HOME "$BIN/i2vctl" fetch --prompt "no home" still.png
    one_sentence "XDG_DATA_HOME must be an absolute path" beside "nothing sent"
    mkdir read-only
    read_only read-only
    HOME=$PWD/read-only ends_with 73 fetch --prompt "no home" still.png
    one_sentence "Cannot write the ledger" "$PWD/read-only" "nothing sent"
    XDG_DATA_HOME=$PWD/read-only ends_with 73 fetch --prompt "no home" still.png
    one_sentence "Cannot write the ledger" "$PWD/read-only" "nothing sent"
    expect_requests 0
}

@test "what is made here cannot be written where it was before: silence=1 sends nothing" {
    whole_only
    mkdir -p -m 755 cache/i2v/made tmp
    touch "tmp/i2v-$(id -u)"
    read_only cache/i2v/made
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp ends_with 73 fetch --silence 1 --prompt p still.png
    one_sentence "no place for what is made here" "nothing sent"
    expect_requests 0
    rm tmp/i2v-*
    set_faults "create * clip silent"
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp works fetch --silence 1 --prompt p still.png
    case $output in "$PWD/tmp/i2v-"*) ;; *) echo "$output"; return 1 ;; esac
}

@test "a store that became read-only: what is finished is served, what runs is kept" {
    works fetch --prompt finished still.png
    set_faults "poll * shape waiting"
    ends_with 75 fetch --prompt running --max_wait 0 still.png
    set_faults ""
    read_only "$I2V_STORE"
    mark
    works fetch --prompt finished still.png
    says "Serving take 1"
    unset AIML_API_KEY
    works ff -f i2v -prompt finished -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    expect_requests 0
    export AIML_API_KEY=$KEY
    ends_with 73 fetch --prompt running still.png
    says_in_one "$(last_job .id)" Cannot
    ends_with 73 fetch --prompt new still.png
    expect_creates 0
}

# A file system without locks

@test "a file system without locks: nothing sent, and what is finished is served" {
    local number
    local -A names=([37]="No locks available" [95]="Operation not supported" [22]="Invalid argument")
    export LD_PRELOAD=$BUILD/tests/e2e/no_locks.so
    for number in "${!names[@]}"; do
        NO_LOCKS=$number ends_with 73 fetch --prompt "no locks" still.png
        one_sentence "Cannot lock the ledger" "${names[$number]}" "nothing sent" I2V_STORE
        NO_LOCKS=$number refused ff -f i2v -prompt "no locks" -i still.png -c copy out.mp4
        says "Cannot lock the ledger"
    done
    expect_requests 0
    works fetch --prompt "no locks" still.png
    mark
    NO_LOCKS=37 works fetch --prompt "no locks" still.png
    says "Serving take 1"
    expect_requests 0
}

@test "a running generation, and the locks are gone: its id is said" {
    export LD_PRELOAD=$BUILD/tests/e2e/no_locks.so
    set_faults "poll * shape waiting"
    ends_with 75 fetch --prompt "locks lost" --max_wait 0 still.png
    set_faults ""
    NO_LOCKS=37 ends_with 73 fetch --prompt "locks lost" still.png
    says_in_one "Cannot lock the ledger" "$(last_job .id)" "goes on at the gateway"
    works fetch --prompt "locks lost" still.png
    expect_creates 1
}
