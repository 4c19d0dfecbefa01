# i2v: the fault matrix: every fault of a table at every endpoint it may strike, once, three
# times and for ten seconds
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The suite sets TABLE, and ENGINE where it is not the gateway. With I2V_ALL=1 every case of the
# table; otherwise a sample: of every so many rows one column, in turn, and nothing that waits for
# more than 20 seconds.

# Rows of the table as endpoint|fault|once|three|ten|with, without what aligns them.
rows() {
    sed -E '/^[a-z]/!d; s/ +\| +/|/g; s/ +$//' "$TABLE"
}

STEP=72

# Whether a case is to be run.
chosen() { # row, column, seconds
    [ -n "${I2V_ALL:-}" ] || { [ $(($1 % STEP)) -eq $(($2 * STEP / 3)) ] && [ "$3" -le 20 ]; }
}

# Every case its directory, and a list of the directories: those that wait for long, the
# longest first, and those that hardly wait.
lay_out() {
    local endpoint fault cells with column outcome seen taken seconds row=0 number=0 dir
    : >waiting
    : >quick
    while IFS='|' read -r endpoint fault cells[0] cells[1] cells[2] with; do
        row=$((row + 1))
        for column in 0 1 2; do
            read -r outcome seen taken <<<"${cells[column]}"
            number=$((number + 1))
            estimate "$endpoint" "$column" "$fault" "$outcome" "$seen"
            chosen $row $column "$seconds" || continue
            dir=$PWD/$number
            mkdir "$dir"
            printf '%s|%s|%s|%s|%s|%s|%s\n' "$endpoint" "$(words once three ten $column)" "$fault" \
                "$outcome" "$seen" "$taken" "$with" >"$dir/case"
            if [ "$seconds" -gt 1 ]; then
                echo "$seconds $dir" >>waiting
            else
                echo "$seconds $dir" >>quick
            fi
        done
    done < <(rows)
    sort -rn -o waiting waiting
}

words() { # word..., index
    local index=${!#}
    echo "${@:index+1:1}"
}

# Sets seconds, roughly.
estimate() { # endpoint, column, fault, outcome, creates seen
    local times=1
    seconds=1
    [ "$2" -ne 1 ] || [ "$1" = create ] || times=3
    case $4-$1-$3 in
    *-create-*" 1000"*) seconds=125 ;;
    *-poll-stall\ 1000 | *-logs-stall\ 1000) seconds=$((65 * times)) ;;
    *-download-stall\ 1000 | *-download-pause*" 1000") seconds=$((35 * times)) ;;
    stop-create-*) seconds=$(words 35 5 35 "$2") ;;
    ok-create-*" 50"[03]* | refused:69-create-*" 50"[03]*) seconds=$((($5 - 1) * 32 + 1)) ;;
    *-away | *-killed) seconds=10 ;;
    *" 3") seconds=$((3 * times)) ;;
    ok-poll-* | ok-logs-* | ok-download-* | ok-create-status\ 429*) seconds=$(words 1 7 12 "$2") ;;
    esac
}

run_case() { sh "$BATS_TEST_DIRNAME/fault_case.sh" "$1" >"$1/said" 2>&1 3>&-; }

# Otherwise everyone renders the clip at once.
fill_cache() {
    local still
    for still in small big; do
        mkdir cache-$still
        echo "create|once|no-headers|ok|1|1|$still" >cache-$still/case
        run_case cache-$still
    done
}

# The waiting ones take next to no processor time, the quick ones nothing else.
run_all() {
    local quick=3
    [ -z "${I2V_ALL:-}" ] || quick=6
    export -f run_case
    cut -d' ' -f2 waiting | xargs -P $((6 * quick)) -I{} bash -c 'run_case {}' 3>&- &
    cut -d' ' -f2 quick | xargs -P $quick -I{} bash -c 'run_case {}' 3>&- || true
    wait
}

# One line a row of the table, then the sum; - is for what is not in the sample. Fails when
# a case went wrong.
report() {
    local number=0 cases=0 lost=0 twice=0 wrong=0 endpoint fault rest with column verdict outcome seen taken l t line
    printf '%-9s %-62s %-18s %-18s %s\n' endpoint fault once "three times" "for ten seconds"
    while IFS='|' read -r endpoint fault rest rest rest with; do
        line=$(printf '%-9s %-62s' "$endpoint" "$fault${with:+ ($with)}")
        for column in once three ten; do
            number=$((number + 1))
            if [ ! -d $number ]; then
                line+=$(printf ' %-18s' -)
                continue
            fi
            cases=$((cases + 1))
            verdict=WRONG outcome=none seen=0 taken=0 l=0 t=0
            [ ! -e $number/result ] ||
                IFS='|' read -r verdict outcome seen taken l t <$number/result
            [ "$verdict" = ok ] || { wrong=$((wrong + 1)); outcome="WRONG:$outcome"; }
            lost=$((lost + l)) twice=$((twice + t))
            line+=$(printf ' %-18s' "$outcome $seen/$taken")
        done
        echo "${line%"${line##*[! ]}"}"
    done < <(rows)
    echo "fault matrix: $cases cases, jobs lost $lost, paid twice $twice"
    [ $((wrong + lost + twice)) -eq 0 ]
}

show_wrong() {
    local dir
    for dir in [0-9]*; do
        ! grep -qs '^ok' "$dir/result" || continue
        echo "== $(<"$dir/case")"
        tail -n 40 "$dir/said" "$dir"/*.log
    done
}

# Run it, and keep its table as NAME-matrix.txt.
run_matrix() { # name
    local status=0
    export BIN KEY ENGINE CACHE=$BUILD/tests/e2e/cache STILLS=$BATS_TEST_TMPDIR BATS_TEST_DIRNAME
    mkdir -p "$CACHE" "$BATS_TEST_TMPDIR/cases"
    cd "$BATS_TEST_TMPDIR"
    quadrants 1280 720 small.png
    # Noise, always the same, so that the upload is larger than the buffers on its way.
    head -c $((1280 * 720 * 3)) /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2>openssl.log |
        ffmpeg -v error -nostdin -y -f rawvideo -pix_fmt rgb24 -s 1280x720 -i - big.png
    cd cases
    lay_out
    fill_cache
    run_all
    report >"$BUILD/$1-matrix.txt" || status=1
    cat "$BUILD/$1-matrix.txt" >&3
    [ $status -eq 0 ] || show_wrong
    return $status
}
