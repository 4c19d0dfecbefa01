# i2v: completion in bash, without a terminal
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    export PATH=$BIN:$PATH
    source "$BATS_TEST_DIRNAME/../../shim/i2v.bash-completion"
    source "$BATS_TEST_DIRNAME/../../plugin/ctl/i2vctl.bash-completion"
}
setup_file() { :; }
teardown_file() { :; }

# What is offered for the last of these words, as bash splits them, sorted on one line.
offered() { # command, word...
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMPREPLY=()
    COMP_POINT=${#COMP_LINE}
    "_$1" "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}" || :
    printf '%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd' '
}

@test "both are registered for their commands" {
    complete -p i2v i2vctl
}

@test "the launcher's options, then programs" {
    same "--check --help --version" "$(offered i2v -)"
    same "--check" "$(offered i2v --c)"
    [[ " $(offered i2v ffp) " == *" ffprobe "* ]]
    [[ " $(offered i2v --check ffp) " == *" ffprobe "* ]]
    [[ " $(offered i2v --check -- ffp) " == *" ffprobe "* ]]
    same "" "$(offered i2v -- --c)"
    same "" "$(offered i2v ffmpeg --c)"
}

@test "what comes behind a program is completed by it" {
    local file=/usr/share/bash-completion/bash_completion
    [ -e $file ] || skip "no bash-completion here"
    set +eu
    source $file
    set -e
    program() { :; }
    _program() { COMPREPLY=("of=${COMP_WORDS[*]}"); }
    complete -F _program program
    same "of=program -x" "$(offered i2v program -x)"
    same "of=program -x" "$(offered i2v --check program -x)"
}

@test "the commands of i2vctl are those of its help" {
    same "--help --version cancel exec fetch forget jobs keep models page prune show submit wait" "$(offered i2vctl "")"
    same "fetch" "$(offered i2vctl fe)"
    same "--store --yes" "$(offered i2vctl forget --)"
}

@test "the options of each command are those of its help" {
    local options command
    options=$(ffmpeg_options)
    for command in fetch submit wait; do
        same "" "$(comm -23 <(sort <<<"$options") <(offered i2vctl $command -- | tr ' ' '\n' | sort))"
    done
    grep -q -e --manifest <<<"$(offered i2vctl fetch --)"
    same "" "$(offered i2vctl submit --man)"
    same "--before --by --json --kept --model --project --since --state --store --word" "$(offered i2vctl jobs -)"
    same "--before --dry_run --kept --model --project --since --state --store --word --yes" "$(offered i2vctl prune 30d -)"
    same "--before --kept --model --project --since --state --store --word" "$(offered i2vctl page -)"
    same "--json --store" "$(offered i2vctl show -)"
    same "--no --store" "$(offered i2vctl keep -)"
    same "--base_url --ca_file --i2v --json --store --update" "$(offered i2vctl models -)"
}

ffmpeg_options() {
    "$BIN/i2v" ffmpeg -hide_banner -h demuxer=i2v | sed -n 's/^  -\([a-z_]*\) .*/--\1/p'
}

@test "values are those that the help names" {
    same "contain cover fill none" "$(offered i2vctl fetch --fit "")"
    same "contain cover" "$(offered i2vctl fetch --fit = co)"
    same "any only" "$(offered i2vctl fetch --reuse =)"
    same "bottom" "$(offered i2vctl fetch --fit-position bo)"
    same "model project" "$(offered i2vctl jobs --by "")"
    same "failed intent ready refused running sent" "$(offered i2vctl page --state "")"
    same "debug error info quiet trace verbose warning" "$(offered i2vctl fetch -v "")"
}

@test "an input of ours: its options, their values, models" {
    local options
    options=$(ffmpeg_options | sed 's/^-//')
    same "" "$(comm -23 <(sort <<<"$options") <(offered i2v ffmpeg -y -f i2v - | tr ' ' '\n' | sort))"
    same "-prompt -prompt_file" "$(offered i2v ffmpeg -f i2v -duration 4 -prom)"
    same "-prompt -prompt_file" "$(offered i2v --check ffmpeg -i a.mp4 -f i2v -prom)"
    same "contain cover" "$(offered i2v ffmpeg -f i2v -fit co)"
    same "google/veo-3.1-i2v google/veo-3.1-i2v-fast" "$(offered i2v ffmpeg -f i2v -model google/veo-3.1-i2v)"
    # Where the input is named, what follows is not its own; nor is another's.
    same "" "$(offered i2v ffmpeg -f i2v -i still.png -prom)"
    same "" "$(offered i2v ffmpeg -f mp4 -prom)"
}

@test "models and keys, without asking the gateway" {
    quadrants 1280 720 still.png
    start_gateway
    common_setup
    works "$BIN/i2vctl" submit --prompt a --duration 4 still.png
    local before key=${output:0:12}
    before=$(requests_ever)
    same "$key" "$(offered i2vctl wait "")"
    same "$key" "$(offered i2vctl forget --yes "${key:0:2}")"
    same "google/veo-3.1-i2v google/veo-3.1-i2v-fast" "$(offered i2vctl models google/veo-3.1-i2v)"
    same "google/veo-3.1-i2v google/veo-3.1-i2v-fast" "$(offered i2vctl fetch --model google/veo-3.1-i2v)"
    same "$before" "$(requests_ever)"
    stop_gateway
}

@test "where there is nothing to offer, bash offers files" {
    same "" "$(offered i2vctl fetch --prompt_file "")"
    same "" "$(offered i2vctl fetch --fit cover "")"
    [[ $(complete -p i2vctl) == *"-o default"* ]]
    COMP_WORDS=(/missing/i2vctl f) COMP_CWORD=1 COMPREPLY=()
    _i2vctl /missing/i2vctl f /missing/i2vctl
    same 0 ${#COMPREPLY[@]}
}

@test "within Debian's bash-completion, which drops the words before the program" {
    local all=/usr/share/bash-completion/bash_completion
    [ -e $all ] || skip "bash-completion is not installed"
    works env PATH="$BIN:$PATH" bash -c 'source "$1" && source "$2" &&
        COMP_WORDS=(i2v ffmpeg -f i2v -mo) COMP_CWORD=4 COMP_LINE="i2v ffmpeg -f i2v -mo" COMP_POINT=21 &&
        _i2v i2v -mo i2v && echo "${COMPREPLY[@]}"' bash $all "$BATS_TEST_DIRNAME/../../shim/i2v.bash-completion"
    same "-model" "$output"
}
