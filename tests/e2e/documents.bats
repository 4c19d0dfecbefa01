# i2v: the manual pages say what is in the sources and in the helps, and nothing else
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

ROOT=$BATS_TEST_DIRNAME/../..
PAGES=("$ROOT/shim/i2v.1" "$ROOT/plugin/ctl/i2vctl.1" "$ROOT/tests/gateway/i2v-gateway.1"
    "$ROOT/shim/i2v-hosts.7")

setup_file() { :; }
teardown_file() { :; }
setup() { cd "$BATS_TEST_TMPDIR"; }

# A section of a page.
section() { # title, page
    awk -v title="$1" '/^\.S[Hh] / { inside = $0 ~ "^.S[Hh] \"?" title "\"?$" } inside' "$2"
}

# The heads of its lists: the line below each .TP, or an .It itself.
heads() { # title, page
    section "$1" "$2" | awk 'head { print; head = 0 } /^\.TP/ { head = 1 } /^\.It / { print }'
}

options_of_demuxer() {
    "$BIN/i2v" ffmpeg -hide_banner -h demuxer=i2v | sed -n 's/^  -\([a-z_]*\) .*/\1/p' | sort
}

options_of_help() { # command
    "$@" --help | grep -oE '^ +(-[a-z], |--[a-z_-]+ [A-Z] )?--[a-z_-]+' | grep -oE -e '--[a-z_-]+' | sort -u
}

same_lists() { # expected file, actual file
    [ -s "$1" ] && diff "$1" "$2"
}

@test "i2v(1) explains each option of the demuxer and no other" {
    options_of_demuxer >expected
    heads "OPTIONS OF THE DEMUXER" "${PAGES[0]}" | grep -oE '\\-[a-z_]+' | tr -d '\\-' | sort >actual
    same_lists expected actual
}

# The examples that stand with an option of the demuxer, a line each.
examples() {
    section "OPTIONS OF THE DEMUXER" "${PAGES[0]}" |
        awk '/^\.EE/ { inside = 0 } inside { gsub(/\\/, ""); print } /^\.EX/ { inside = 1 }'
}

@test "each option of the demuxer has an example in i2v(1), and each example is understood" {
    local example prompt file
    examples | grep -oE '(^| )-[a-z_]+' | tr -d ' -' | sort -u >actual
    options_of_demuxer >expected
    same_lists expected actual
    for file in still.png last.png; do
        ffmpeg -v error -f lavfi -i testsrc=s=1280x720 -frames:v 1 $file
    done
    ffmpeg -v error -f lavfi -i testsrc=s=1280x720:d=1 -pix_fmt yuv420p earlier.mp4
    echo "Waves" >prompt.txt
    (umask 077 && echo "$KEY" >key.txt)
    cp /etc/ssl/certs/ca-certificates.crt company-ca.pem
    start_gateway
    export HOME=$PWD I2V_BASE_URL=$GATEWAY I2V_API_KEY=$KEY
    while IFS= read -r example; do
        [[ $example == -prompt* ]] && prompt= || prompt="-prompt Waves"
        refused sh -c "'$BIN/i2v' ffmpeg -nostdin -f i2v -reuse only $prompt $example -i still.png -f null -"
        says "reuse=only"
    done < <(examples | sed "s|/srv/i2v|$PWD/store|; s|http://127.0.0.1:8080|$GATEWAY|")
    stop_gateway
}

@test "i2v(1) explains each option of the launcher and no other" {
    options_of_help "$BIN/i2v" >expected
    heads OPTIONS "${PAGES[0]}" | tr -d '\\' | grep -oE -e '--[a-z]+' | sort >actual
    same_lists expected actual
}

@test "i2vctl(1) explains each option that the demuxer does not have" {
    options_of_help "$BIN/i2vctl" >all
    "$BIN/i2vctl" --help | sed -n '/^Usage:/,/^$/p' | grep -oE -e '--[a-z0-9_]+' >>all
    sort -u all | grep -vxFf <(options_of_demuxer | sed 's/^/--/') >expected
    heads OPTIONS "${PAGES[1]}" | tr -d '\\' | grep -oE -e '--[a-z0-9]+' | sort >actual
    same_lists expected actual
}

@test "i2vctl(1) explains each command and no other" {
    "$BIN/i2vctl" --help | sed -n '/^Usage:/,/^$/ s/.*i2vctl \([a-z|]*\) .*/\1/p' | tr '|' '\n' | sort -u >expected
    heads COMMANDS "${PAGES[1]}" | sed -n 's/^\.B //p' | sort >actual
    same_lists expected actual
}

@test "i2v-gateway(1) explains each option and no other" {
    "$BIN/i2v-gateway" --help | sed -n '1,/^When/p' | grep -oE '^  --.*' |
        sed 's/   .*//' | grep -oE -e '--[a-z-]+' | grep -vx -e --version | sort -u >expected
    heads DESCRIPTION "${PAGES[2]}" | grep -oE -e 'Fl -[a-z-]+' | sed 's/Fl /-/' | sort >actual
    same_lists expected actual
    grep -q 'Fl -version' "${PAGES[2]}"
}

# The variables that a part of the sources asks for, by the forms in which it does.
variables() { # file...
    grep -hoE '(getenv|user_env|user_switch|home_path)\("[A-Z0-9_]+"' "$@" | grep -oE '[A-Z][A-Z0-9_]+'
    grep -hoE '"(I2V|AIML|AIMLAPI|XDG)_[A-Z_]+"' "$@" | tr -d '"'
}

@test "i2v(1) explains each environment variable that is read and no other" {
    {
        variables "$ROOT"/plugin/*.c "$ROOT"/plugin/*/*.c "$ROOT"/shim/*.c "$ROOT"/shim/*/*.c | grep -vx PATH
    } | sort -u >expected
    heads ENVIRONMENT "${PAGES[0]}" | grep -oE '[A-Z][A-Z0-9_]{3,}' | sort >actual
    # libcurl's own are named by their ends.
    same_lists expected <(grep -v PROXY actual)
}

@test "i2v-gateway(1) explains each environment variable that is read" {
    variables "$ROOT"/tests/gateway/*.c | sort -u >expected
    section ENVIRONMENT "${PAGES[2]}" | sed -n 's/^\.It Ev //p' | sort >actual
    same_lists expected actual
}

numbers_of_heads() { # title, page
    heads "$1" "$2" | grep -E '^\.BR? [0-9]' | grep -oE '[0-9]+' | sort -n
}

@test "the exit statuses of i2vctl are those of its help, its manual and its source" {
    local name
    {
        echo 0
        for name in $(grep -hoE '\bEX_[A-Z]+' "$ROOT"/plugin/ctl/*.c | grep -vx EX_OK | sort -u); do
            printf '#include <sysexits.h>\n%s\n' "$name" | cc -E -P - | tail -n 1
        done
    } | sort -n >source
    "$BIN/i2vctl" --help | sed -n '/^Exit status/,$p' | tr '\n' ' ' |
        grep -oE '\b[0-9]{1,2}\b' | sort -n >help
    numbers_of_heads "EXIT STATUS" "${PAGES[1]}" >page
    same_lists source page
    # The help leaves out what hardly happens.
    same "70 71" "$(comm -3 source help | paste -sd' ')"
}

@test "the exit statuses of i2v and i2v-gateway are those of help and manual" {
    "$BIN/i2v" --help | sed -n '/^Exit status/,/^$/p' | grep -oE '\b[0-9]{2,3}\b' | sort -n >help
    numbers_of_heads "EXIT STATUS" "${PAGES[0]}" >page
    same_lists help page
    grep -oE '[A-Z_]+ = [0-9]+' "$ROOT/shim/launcher/stop.h" | grep -oE '[0-9]+' |
        grep -vx 0 | sort -nu >source
    diff <(grep -vxf source help) /dev/null
    "$BIN/i2v-gateway" --help | sed -n '/^SIGINT/,/^$/p' | grep -oE '\b[0-9]{1,3}\b' | sort -n >help
    section "EXIT STATUS" "${PAGES[2]}" | grep -oE '\b[0-9]{1,3}\b' | sort -n >page
    same_lists help page
}

@test "the manual pages are well-formed" {
    command -v groff >/dev/null || skip "no groff here"
    local page
    for page in "${PAGES[@]}"; do
        works groff -t -mandoc -ww -Tutf8 "$page"
        same "" "$stderr"
        [ ${#output} -gt 1000 ]
    done
}

@test "the pages of a build name its version and keep no mark of the configuration" {
    local page
    for page in "$BUILD/shim/i2v.1" "$BUILD/plugin/i2vctl.1" "$BUILD/shim/i2v-hosts.7"; do
        ! grep -E '@[A-Z_]+@' "$page" || return 1
        grep -q "^\.TH .* \"i2v [0-9.]*\"" "$page"
    done
}
