# i2v: the crash matrix: runs that are killed, and what the next one makes of it
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# A point is a line HOST|KILL|KILL...: one command on a fresh store, killed in turn as it
# says, and then run again undisturbed. HOST is ffmpeg or i2vctl, a KILL one of
#   at PLACE        before the call that kill_at.c names so
#   half PLACE      after half of what that call writes or sends
#   fork PLACE      before the call, but a forked child lives on with what it inherits
#   held ENDPOINT   from without, while the gateway holds this answer back
#   paused          from without, in the middle of the download
KILL_AT=$BUILD/tests/e2e/kill_at.so
WORKERS=6

# Where the request is "sent" in the ledger and has not left whole: nothing can tell.
UNKNOWN='^(at|half|fork) sent/((open|fsync|close) STORE#|send create#|lock journal.jsonl#2$|[a-z]+ (journal.jsonl|KEY.lock)#1$)'

# The engine: the suite says which, and how its stand-in is started.
SERVER=()
DEFAULTS=poll_interval=0.1
if [ "${CRASH_ENGINE:-}" = openai ]; then
    SERVER=(--api openai)
    DEFAULTS=$DEFAULTS:engine=openai
fi

# The command

set_command() { # host, option...
    local host=$1
    shift
    case $host in
    ffmpeg)
        COMMAND=("$BIN/i2v" ffmpeg -nostdin -hide_banner -y -f i2v -prompt crash -duration 8
            "$@" -i "$STILL" -c copy out.mp4)
        ;;
    i2vctl) COMMAND=("$BIN/i2vctl" fetch -prompt crash -duration 8 "$@" "$STILL") ;;
    esac
}

undisturbed() { # host, option...: sets STATUS
    STATUS=0
    set_command "$@"
    timeout 300 "${COMMAND[@]}" >output 2>log </dev/null || STATUS=$?
}

# The places that an undisturbed run passes from here on, one a line.
trace_of() { # host
    rm -f trace
    LD_PRELOAD=$KILL_AT I2V_KILL_TRACE=$PWD/trace undisturbed "$1"
    [ $STATUS -eq 0 ] || { cat log >&2 && return 1; }
    sed 's/ [0-9]*$//' trace
}

crash_environment() { # in this directory
    export HOME=$PWD/home I2V_STORE=$PWD/store AIML_API_KEY=$KEY I2V_BASE_URL=$GATEWAY
    export I2V_DEFAULTS=$DEFAULTS I2V_API_KEY=$KEY
    mkdir -p "$HOME"
}

# What an undisturbed run gives, and the places that it passes.
reference() {
    cd "$BATS_FILE_TMPDIR" || return
    start_gateway "${SERVER[@]}"
    crash_environment
    trace_of ffmpeg >fresh.ffmpeg
    mv out.mp4 "$REFERENCE.mp4"
    packets "$REFERENCE.mp4" >"$REFERENCE"
    rm -r store
    trace_of i2vctl >fresh.i2vctl
    stop_gateway
}

# The places of the next run.
trace_after() { # host, place of the kill
    BATS_TEST_TMPDIR=$PWD start_gateway "${SERVER[@]}"
    crash_environment
    kill_at at "$2" "$1"
    trace_of "$1"
    stop_gateway
}

# For all tests of a suite.
prepare() {
    export STILL=$BATS_FILE_TMPDIR/still.png REFERENCE=$BATS_FILE_TMPDIR/reference
    export ALL_RESULTS=$BATS_FILE_TMPDIR/results
    : >"$ALL_RESULTS"
    # Noise, so that the body goes up in many pieces; not new each time, so that the
    # gateways find their clip in the cache.
    ffmpeg -v error -nostdin -y -f lavfi -i "color=gray:s=1280x720,format=rgb24,
        noise=alls=6:all_seed=7:allf=u" -frames:v 1 "$STILL"
    (reference)
}

# Each with this before it.
after() { sed "s~^~$1|~"; } # host, and kills before

# Killing

kill_at() { # at|half|behind|fork, place, host
    local status=0
    rm -f trace
    set_command "$3"
    LD_PRELOAD=$KILL_AT I2V_KILL_AT=$2 I2V_KILL_HOW=$1 I2V_KILL_TRACE=$PWD/trace \
        I2V_KILL_CHILD=$PWD/child timeout --foreground 300 "${COMMAND[@]}" \
        >output 2>log </dev/null || status=$?
    [ $status -eq 137 ] && grep -qF "killed at $2 " trace
}

kill_when() { # host, fault, command that is true once it is time...
    local pid
    set_command "$1"
    set_faults "$2" || return
    shift 2
    "${COMMAND[@]}" >output 2>log </dev/null &
    pid=$!
    until_true "$@" && kill -KILL $pid || return
    ! wait $pid && set_faults ""
}

# The gateway has seen more than so many.
saw() { # count's name, number
    [ "$(count "$1")" -gt "$2" ]
}

part_is_there() { [ -n "$(find "$I2V_STORE" -name '*.part' -size +0 2>/dev/null)" ]; }

kill_while_held() { # host, endpoint
    local count=$2 file
    # A create call that is held has been taken; the others have been seen.
    [ "$2" != create ] || count=create_accepted
    file=$(mktemp -u "$PWD/holdXXXXXX")
    kill_when "$1" "$2 1 hold $file" saw "$count" "$(count "$count")" && touch "$file"
}

do_kill() { # host, kill
    case $2 in
    held\ *) kill_while_held "$1" "${2#* }" ;;
    paused) kill_when "$1" "download 1 pause 0.5 60" part_is_there ;;
    *) kill_at "${2%% *}" "${2#* }" "$1" ;;
    esac
}

# What is there

# The gateway's counts: sets CREATES, ACCEPTED, DOWNLOADS, and RANGE, which the first
# download since the last look asked for.
look() {
    read -r CREATES ACCEPTED DOWNLOADS RANGE < <(
        curl -sS "$GATEWAY/control/state" | jq -r --argjson old "${DOWNLOADS:-0}" '
            [.requests[] | select(.endpoint == "download") | .headers.range] as $ranges |
            .counts | [.create_seen, .create_accepted, .download,
                if .download > $old then $ranges[$old - .download] else "none" end] |
            map(tostring) | join(" ")')
}

wrong() { # text...
    printf '%s: %s\n' "$POINT" "$*" >>wrong
}

file_in_store() { # suffix: its path, or nothing
    local file
    for file in "$I2V_STORE"/*"$1"; do
        [ ! -e "$file" ] || echo "$file"
    done
}

# Of the clip: sets HAVE to whole, to the number of bytes in .part that the note beside it
# proves, or to nothing. Of what is there only the last piece may not be noted yet.
look_at_clip() { # kill
    local part size bytes=0 digest=
    HAVE=
    part=$(file_in_store .part)
    if [ -n "$part" ]; then
        size=$(stat -c %s "$part")
        read -r bytes digest < <(jq -r '"\(.bytes) \(.sha256)"' "$part.note" 2>jq.log) || bytes=0
        if [ "$bytes" -gt 0 ] && head -c "$bytes" "$part" | sha256sum | grep -q "^$digest "; then
            HAVE=$bytes
        else
            bytes=0
        fi
        [[ $1 == "half "*.note#* ]] || [ $((size - bytes)) -le 16384 ] ||
            wrong "of $size bytes $bytes are noted"
    fi
    [ -z "$(file_in_store .mp4)" ] || HAVE=whole
}

# Bytes that were there before this run were not fetched again.
check_downloads() {
    case $HAVE/$RANGE in
    */none | /* | 0/* | "$HAVE/bytes=$HAVE-") ;;
    *) wrong "of the clip was there: $HAVE; it fetched: $RANGE" ;;
    esac
}

# The clip of the newest generation is in the store, as the gateway serves it.
is_delivered() {
    local clip
    gateway_clip served.mp4
    for clip in $(file_in_store .mp4); do
        ! cmp -s served.mp4 "$clip" || return 0
    done
    return 1
}

# Judging

expect_finish() { # host
    undisturbed "$1"
    look
    check_downloads
    if [ $STATUS -eq 0 ]; then
        OUTCOME=finished
    else
        wrong "status $STATUS: $(tail -n 3 log)"
    fi
}

# Nothing is sent again; the message says what is known and how to go on; take 2 works.
expect_stop() { # host
    local creates=$CREATES ids
    ids=$(jq -r .client_request_ids "$(file_in_store .json)")
    undisturbed "$1" -max_wait 1
    look
    case $1$STATUS in
    i2vctl75 | ffmpeg[1-9]*) ;;
    *) wrong "status $STATUS, and it was to stop: $(tail -n 3 log)" ;;
    esac
    grep -F "client request id $ids" log | grep -qF -- "-take 2" ||
        wrong "not told how to go on: $(tail -n 3 log)"
    [ "$CREATES" -eq "$creates" ] || wrong "$((CREATES - creates)) create calls more"
    [ "$ACCEPTED" -eq "$ACCEPTED_BEFORE" ] || wrong "it had been accepted"
    undisturbed "$1" -take 2
    look
    if [ $STATUS -eq 0 ]; then
        OUTCOME=stopped
    else
        wrong "take 2: status $STATUS: $(tail -n 3 log)"
    fi
}

# Money and clip, by the gateway's own count: sets LOST and TWICE.
check_account() { # most create calls
    local accepted=$((ACCEPTED - ACCEPTED_BEFORE)) creates=$((CREATES - CREATES_BEFORE))
    LOST=0 TWICE=$((accepted > 1 ? accepted - 1 : 0))
    is_delivered || { LOST=$((accepted > 0)) && wrong "the clip is not what the gateway serves"; }
    [ $accepted -eq 1 ] || wrong "$accepted generations"
    ((creates >= 1 && creates <= $1)) || wrong "$creates create calls, not 1 to $1"
}

check_rest() { # host
    local name
    case $1 in
    ffmpeg)
        # Where the files are the same, so are the packets.
        cmp -s out.mp4 "$REFERENCE.mp4" || packets out.mp4 | cmp -s - "$REFERENCE" ||
            wrong "other frames in the output"
        ;;
    i2vctl) [ -f "$(<output)" ] || wrong "printed no path of a clip: $(<output)" ;;
    esac
    for name in "$I2V_STORE"/*; do
        case $name in
        *.json | *.lock | *.mp4 | */journal.jsonl | */models) ;;
        *) wrong "left behind: ${name##*/}" ;;
        esac
    done
}

# The child has lived on to the end.
end_child() {
    local pid
    [ -s child ] || { wrong "no child" && return; }
    pid=$(<child)
    kill -KILL "$pid" 2>/dev/null || wrong "the child had ended"
}

# The words of POINT. Sets UNREACHED to the number of a kill that did not come.
run_point() { # host, kill...
    local host=$1 most=1 unknown='' n=0 kill
    shift
    CREATES_BEFORE=$CREATES ACCEPTED_BEFORE=$ACCEPTED HAVE=
    for kill; do
        n=$((n + 1))
        do_kill "$host" "$kill" || { UNREACHED=$n && look && return; }
        look
        check_downloads
        look_at_clip "$kill"
        # A body that was cut off before "sent" may go up once more.
        [[ $kill != *" intent/"* ]] || most=$((most + 1))
        [[ ! $kill =~ $UNKNOWN ]] || unknown=yes
    done
    if [ -n "$unknown" ]; then
        expect_stop "$host"
        most=$((most + 1))
    else
        expect_finish "$host"
    fi
    check_account $most
    check_rest "$host"
    [[ $POINT != *"|fork "* ]] || end_child
}

# A server of one's own tells a request by its prompt and its time alone: what the point
# before has made must not be in its list.
empty_list() {
    local id
    [ "${CRASH_ENGINE:-}" = openai ] || return 0
    for id in $(curl -sS "$GATEWAY/control/state" | jq -r '.jobs[-4:][].id'); do
        curl -sS -o /dev/null -X DELETE -H "Authorization: Bearer $KEY" "$GATEWAY/v1/videos/$id"
    done
}

# How often a thing repeats is a matter of luck: where it did not come up so often, the
# point is the time before. Leaves NUMBER|OUTCOME|LOST|TWICE|POINT in the results, and what
# is wrong elsewhere.
crash_point() { # number, point
    local words n
    POINT=$2
    while :; do
        IFS='|' read -r -a words <<<"$POINT"
        rm -rf "$I2V_STORE" out.mp4 wrong child
        empty_list
        UNREACHED='' OUTCOME=none LOST=0 TWICE=0
        run_point "${words[@]}"
        [ -n "$UNREACHED" ] || break
        n=${words[UNREACHED]##*#}
        if [[ ! $n =~ ^[0-9]+$ ]] || [ "$n" -le 1 ]; then
            # What the gateway says of its models is a courtesy, and left out when it takes long.
            [[ ${words[UNREACHED]} == *" models/"* ]] ||
                wrong "was not killed there: $(tail -n 3 log)"
            break
        fi
        words[UNREACHED]=${words[UNREACHED]%#*}#$((n - 1))
        POINT=$(IFS='|' && echo "${words[*]}")
    done
    [ ! -e wrong ] || cat wrong >>"$WRONG"
    printf '%d|%s|%s|%s|%s\n' "$1" "$OUTCOME" "$LOST" "$TWICE" "$POINT" >>"$RESULTS"
}

# Many at once

worker() { # number, points file
    local number point dir=$BATS_TEST_TMPDIR/worker$1
    mkdir -p "$dir"
    cd "$dir" || return
    BATS_TEST_TMPDIR=$dir start_gateway "${SERVER[@]}" || return
    crash_environment
    look
    while IFS=: read -r number point; do
        crash_point "$number" "$point"
    done < <(awk -v n="$1" -v of=$WORKERS 'NR % of == n { print NR ":" $0 }' "$2")
    stop_gateway
}

# Without I2V_ALL=1 every eighth point, of many every 60th; of each test others.
sample() { # points file
    awk -v turn="$BATS_TEST_NUMBER" -v all="${I2V_ALL:-}" -v points="$(wc -l <"$1")" '
        all || (NR + turn) % (points > 30 ? 60 : 8) == 0' "$1"
}

# Several points at a time; nothing may be wrong with any.
sweep() { # points file
    local i points=$PWD/chosen
    sample "$1" >"$points"
    RESULTS=$BATS_TEST_TMPDIR/results WRONG=$BATS_TEST_TMPDIR/wrong
    touch "$RESULTS" "$WRONG"
    for ((i = 0; i < WORKERS; i++)); do
        worker $i "$points" >>"$BATS_TEST_TMPDIR/said" 2>&1 3>&- 4>&- &
    done
    wait
    sort -n "$RESULTS" >>"$ALL_RESULTS"
    cat "$WRONG"
    [ ! -s "$WRONG" ] || return
    same "$(wc -l <"$points")" "$(wc -l <"$RESULTS")" ||
        { cat "$BATS_TEST_TMPDIR/said" && return 1; }
}

# The places of a trace as kills. Of what repeats: the first, the last, and some between;
# where bytes go out, half of them too. Only a run that has polled in vain notes how long
# it took, so those places are not always there.
kills() { # all|first, trace
    awk -F'#' -v all="$1" '
        / stats\./ { next }
        { name[++places] = $1; n[places] = $2; if ($2 > last[$1]) last[$1] = $2 }
        END {
            for (i = 1; i <= places; i++) {
                edge = n[i] == 1 || n[i] == last[name[i]]
                if (edge || (all == "all" && (n[i] <= 3 || (n[i] <= 24 && n[i] % 4 == 0))))
                    print "at " name[i] "#" n[i]
                if (name[i] ~ /\/(write|send) / && edge)
                    print "half " name[i] "#" n[i]
            }
        }' "$2"
}

# The table: every kill, by its kind, and what came of the command in the end.

table() { # results
    echo "STATE/CALL OBJECT: what the run had put into the ledger, and what it was about to do;"
    echo "again: in a command that had been killed before."
    awk -F'|' '
        function row(kind, name) {
            printf form, name, count[kind, "ffmpeg"] + 0, count[kind, "i2vctl"] + 0,
                count[kind, "again"] + 0, count[kind, "finished"] + 0,
                count[kind, "stopped"] + 0
        }
        function add(kind, again) {
            count[kind, $5]++
            count[kind, $2]++
            count[kind, "again"] += again
        }
        BEGIN {
            form = "%-42s %6s %6s %6s %8s %7s\n"
            printf form, "killed", "ffmpeg", "i2vctl", "again", "finished", "stopped"
        }
        {
            for (i = 6; i <= NF; i++) {
                sub(/#.*/, "", $i)
                if (!($i in seen))
                    kinds[++nb] = $i
                seen[$i]
                add($i, i > 6)
                add("", i > 6)
            }
            lost += $3; twice += $4
        }
        END {
            for (i = 1; i <= nb; i++)
                row(kinds[i], kinds[i])
            row("", "all kills")
            printf "crash matrix: %d points, jobs lost %d, paid twice %d\n", NR, lost, twice
        }' "$1"
}
