# i2v: the fault matrix: every fault of the stand-in at every endpoint it may strike, once,
# three times and for ten seconds; what must come of it is in faults.table
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
load faults

TABLE=$BATS_TEST_DIRNAME/faults.table
ENDPOINTS="create poll logs download"

# The faults of the table's rows, one by one: endpoint|fault.
faults_of_rows() {
    rows | awk -F'|' '{ n = split($2, part, / *; */); for (i = 1; i <= n; i++) print $1 "|" part[i] }'
}

help_of_faults() {
    "$BIN/i2v-gateway" --help | sed '1,/FAULT is one of:/d; /^  Shapes/,$d'
}

# The names in a list of the help that begins with a word and ends with a full stop.
list_in_help() { # word
    "$BIN/i2v-gateway" --help | sed -n "/^  $1/,/\.\$/p" | tr '\n' ' ' |
        sed 's/^[^:]*://; s/\..*//' | tr -d ' ' | tr ',' '\n'
}

in_table() { # endpoint, fault and arguments as a regular expression
    faults_of_rows | grep -qE "^$1\\|$2( |\$)" || { echo "not in the table: $1 $2"; return 1; }
}

@test "every fault that the stand-in has is in the table, for every endpoint that it strikes" {
    local name endpoint sample missing=0 names
    names=$(help_of_faults | sed -nE 's/^    ([a-z-]+)( .*)?$/\1/p')
    [ "$(wc -w <<<"$names")" -ge 25 ] || { echo "names: $names"; return 1; }
    start_gateway
    for name in $names; do
        sample=$(faults_of_rows | sed -nE "s/^[a-z]+\|($name( .*)?)\$/\1/p" | head -1)
        [ -n "$sample" ] || { echo "not in the table: $name"; missing=1; continue; }
        for endpoint in $ENDPOINTS; do
            if set_faults "$endpoint 1 ${sample/@go//nowhere}" >/dev/null; then
                in_table "$endpoint" "$name" || missing=1
            fi
        done
    done
    stop_gateway
    return $missing
}

@test "every word that a fault knows is in the table" {
    local name word missing=0 code
    for name in $(list_in_help Shapes); do
        in_table poll "shape $name" || missing=1
    done
    for name in generation_id no_id extra long_id nul; do
        in_table create "shape $name" || missing=1
    done
    for name in $(list_in_help Clips); do
        in_table create "clip $name" || missing=1
        in_table download "clip $name" || missing=1
    done
    # Alternatives in the usage: "body json|problem|html|empty", "late SECONDS".
    while read -r name word; do
        in_table "[a-z]+" "$name (.* )?${word}[^ ]*" || missing=1
    done < <(help_of_faults | awk '/^    [a-z]/ { name = $1; $1 = ""; use = $0; getline more
            if (more ~ /^ *\[/) use = use " " more
            gsub(/[^a-z0-9:-]+/, " ", use); n = split(use, words, " ")
            for (i = 1; i <= n; i++) print name, words[i] }')
    for code in 400 401 402 403 404 408 409 413 422 425 429 500 502 503 504 520 524; do
        for name in $ENDPOINTS; do
            in_table "$name" "status $code" || missing=1
        done
    done
    return $missing
}

@test "the matrix: every outcome as it must be, no clip lost, nothing paid twice" {
    run_matrix fault
}
