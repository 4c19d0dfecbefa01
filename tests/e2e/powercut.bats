# i2v: files of the store that a power cut has damaged, one by one and in pairs, at each stage:
# nothing is bought twice, and what was paid for is delivered whole
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
load crash

# A state is STAGE|FILE DAMAGE|FILE DAMAGE: the command was stopped at this stage, the files were
# damaged, and it is run again.
FILES="record journal lock clip"
DAMAGES="cut half zeros empty gone temporary"

name_of() { # file: its path in the store
    case $1 in
    record) file_in_store .json ;;
    journal) echo "$I2V_STORE/journal.jsonl" ;;
    lock) file_in_store .lock ;;
    clip) [ -n "$(file_in_store .mp4)" ] && file_in_store .mp4 || file_in_store .part ;;
    esac
}

damage() { # path, damage
    local size
    [ -f "$1" ] || return 0
    size=$(stat -c %s "$1")
    case $2 in
    cut) truncate -s $((size ? size - 1 : 0)) "$1" ;;
    half) truncate -s $((size / 2)) "$1" ;;
    zeros) truncate -s 0 "$1" && truncate -s "$size" "$1" ;;
    empty) truncate -s 0 "$1" ;;
    gone) rm "$1" ;;
    temporary) mv "$1" "$1.tmp" ;;
    esac
}

states_of() { # stage: one a line
    local a b first second
    for first in $FILES; do
        for a in $DAMAGES; do
            echo "$1|$first $a"
            for second in ${FILES#*"$first"}; do
                for b in $DAMAGES; do
                    echo "$1|$first $a|$second $b"
                done
            done
        done
    done
}

# Without I2V_ALL=1 every 53rd, of each stage others.
some() { awk -v turn="$BATS_TEST_NUMBER" -v all="${I2V_ALL:-}" 'all || (NR + turn) % 131 == 0'; }

# What may be charged once more: a request that was never sent, or that failed.
may_buy() { # stage
    [[ $1 = intent || $1 = failed || $1 = refused ]]
}

run_state() { # stage, file and damage...
    local stage=$1 harm accepted file state="$*"
    shift
    POINT=$state
    rm -rf "$I2V_STORE"
    cp -a stage "$I2V_STORE"
    accepted=$(count create_accepted)
    # All of them first, and then the damage: a name may depend on what is there.
    local -a names=()
    for harm; do
        names+=("$(name_of "${harm% *}")")
    done
    for harm; do
        damage "${names[0]}" "${harm#* }"
        names=("${names[@]:1}")
    done
    undisturbed i2vctl -max_wait 20
    accepted=$(($(count create_accepted) - accepted))
    local twice=0 lost=0 damaged=0
    may_buy "$stage" || [ "$accepted" -eq 0 ] || { twice=1 && wrong "bought again"; }
    [ "$accepted" -le 1 ] || { twice=1 && wrong "$accepted generations"; }
    if [ $STATUS -eq 0 ]; then
        gateway_clip served.mp4
        cmp -s served.mp4 "$(<output)" || { damaged=1 && wrong "another clip than the gateway's"; }
    elif ! may_buy "$stage"; then
        lost=1 && wrong "status $STATUS: $(tail -n 3 log)"
    elif [[ $STATUS != 65 || $stage != refused ]]; then
        # Nothing is open: what cannot be told from "sent" may stop with a sentence.
        [ $STATUS -eq 75 ] && grep -q "client request id" log || wrong "status $STATUS: $(tail -n 3 log)"
    fi
    echo "$stage|$twice|$lost|$damaged|$state" >>"$ALL_RESULTS"
}

sweep_stage() { # stage
    local line words
    cp -a "$I2V_STORE" stage
    states_of "$1" | some >states
    while IFS= read -r line; do
        IFS='|' read -r -a words <<<"$line"
        run_state "${words[@]}"
    done <states
    [ ! -s wrong ] || { cat wrong && return 1; }
}

setup_file() {
    shared_still
    export ALL_RESULTS=$BATS_FILE_TMPDIR/results
    : >"$ALL_RESULTS"
}
setup() {
    start_gateway
    cd "$BATS_TEST_TMPDIR" || return
    export STILL=$BATS_FILE_TMPDIR/still.png
    crash_environment
}
teardown() { stop_gateway; }
teardown_file() { :; }

@test "killed with the intent on disk and nothing sent" {
    kill_at at intent/send\ create#1 i2vctl
    sweep_stage intent
}

@test "killed with the request sent and its answer not heard" {
    kill_at at sent/recv\ create#1 i2vctl
    until_true eval '[ "$(count create_accepted)" -eq 1 ]'
    sweep_stage sent
}

@test "killed while its clip comes" {
    kill_at at running/write\ KEY.mp4.part#3 i2vctl
    sweep_stage running
}

@test "ended well" {
    undisturbed i2vctl
    same 0 $STATUS
    sweep_stage ready
}

@test "failed" {
    set_faults "create 1 fail server_error broken"
    undisturbed i2vctl
    same 69 $STATUS
    set_faults ""
    sweep_stage failed
}

@test "refused" {
    set_faults "create 1 fail moderation_blocked Blocked by moderation."
    undisturbed i2vctl
    same 65 $STATUS
    set_faults ""
    sweep_stage refused
}

@test "a clip of zeros where its record is gone: fetched again, not served" {
    undisturbed i2vctl
    same 0 $STATUS
    damage "$(file_in_store .json)" gone
    damage "$(file_in_store .mp4)" zeros
    undisturbed i2vctl
    same 0 $STATUS
    gateway_clip served.mp4
    cmp served.mp4 "$(<output)"
    same 1 "$(count create_accepted)"
}

@test "the power cut matrix" {
    awk -F'|' '
        { n[$1]++; twice[$1] += $2; lost[$1] += $3; bad[$1] += $4 }
        function row(stage) {
            if (n[stage])
                printf "%-9s %6d %12d %5d %15d\n", stage, n[stage], twice[stage], lost[stage], bad[stage]
        }
        END {
            printf "%-9s %6s %12s %5s %15s\n", "stage", "states", "bought twice", "lost", "damaged served"
            row("intent"); row("sent"); row("running"); row("ready"); row("failed"); row("refused")
            for (stage in n) {
                all += n[stage]; t += twice[stage]; l += lost[stage]; b += bad[stage]
            }
            printf "power cuts: %d states, bought twice %d, lost %d, damaged served %d\n", all, t, l, b
        }' "$ALL_RESULTS" | tee "$BUILD/powercut-matrix.txt" >&3
    tail -n 1 "$BUILD/powercut-matrix.txt" | grep -qE ' [1-9][0-9]* states, bought twice 0, lost 0, damaged served 0$'
}
