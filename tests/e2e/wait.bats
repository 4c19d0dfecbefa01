# i2v: the line that a terminal is shown while a clip is waited for
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

REQUEST="-f i2v -duration 4"
END="-frames:v 2 -f null -"
FETCH="i2vctl fetch --duration 4"

setup() {
    common_setup
    needs_terminal
    PATH=$BIN:$PATH
    unset AV_LOG_FORCE_NOCOLOR
    export TERM=xterm
}

# Every line that was drawn: what stands behind a return and an erasure.
drawn() { tr '\r' '\n' <terminal | sed -n 's/^\x1b\[K\(i2v: .*\)/\1/p'; }

# What is left of all lines on the screen once the command has ended.
screen() {
    awk '{
        count = split($0, parts, "\r")
        line = ""
        for (i = 1; i <= count; i++) {
            erased = sub(/^\033\[K/, "", parts[i])
            line = parts[i] (erased ? "" : substr(line, length(parts[i]) + 1))
        }
        print line
    }' terminal
}

# It was drawn and redrawn, and nothing of it is left.
came_and_went() { # text...
    local text
    for text; do
        drawn | grep -Eq -- "$text" || { drawn; echo "never drawn: $text"; return 1; }
    done
    ! screen | grep "i2v: " || return 1
}

# In the background; sets PID.
begin_on_terminal() { # command
    script -fqec "$*" terminal >/dev/null 2>&1 </dev/null 3>&- &
    PID=$!
}

# It stands there for a second.
redrawn() { drawn | grep -Eq ", [1-9][0-9]* s(,|$)"; }

@test "one line, redrawn, cut to the terminal, and erased before anything is printed" {
    set_faults "poll * shape waiting"
    begin_on_terminal "stty cols 32; i2v ffmpeg -hide_banner $REQUEST -prompt p -i still.png $END"
    until_true redrawn
    set_faults ""
    wait "$PID"
    came_and_went "^i2v: waiting, [0-9]+ s, 90 s usual"
    screen | grep -q "Status: completed"
    drawn | awk 'length > 31 { print; bad = 1 } END { exit bad }'
    # The next one knows better.
    begin_on_terminal "stty cols 15; $FETCH --prompt q still.png"
    wait "$PID"
    came_and_went "^i2v: ......" # of 14 columns
    drawn | awk 'length > 14 { print; bad = 1 } END { exit bad }'
}

@test "one line for all" {
    whole_only
    local way graph
    graph="i2v=still.png:prompt=%s1:duration=4[a];i2v=still.png:prompt=%s2:duration=4[b];[a][b]hstack"
    for way in "I2V_EXEC=0" "I2V_EXEC=1"; do
        set_faults "poll * shape waiting"
        begin_on_terminal "$way i2v ffmpeg -hide_banner $REQUEST -prompt a$way -i still.png \
            $REQUEST -prompt b$way -i still.png $REQUEST -prompt c$way -i still.png -filter_complex hstack=3 $END"
        until_true redrawn
        set_faults ""
        wait "$PID"
        came_and_went "^i2v: 3 generating, [0-9]+ s, [0-9]+ s usual$"
        ! drawn | grep -E "^i2v: [a-z]+, " || return 1 # nor one of one alone
        # shellcheck disable=SC2059 # the graph is the format
        set_faults "poll * shape waiting"
        begin_on_terminal "$way i2v ffmpeg -hide_banner -filter_complex '$(printf "$graph" g$way g$way)' $END"
        until_true redrawn
        set_faults ""
        wait "$PID"
        came_and_went generating
    done
}

@test "an interrupt's own sentence stands on a clean line" {
    set_faults "poll * shape waiting"
    begin_on_terminal "echo \$\$ >pid; exec i2v ffmpeg -hide_banner $REQUEST -prompt i -i still.png $END"
    until_true redrawn
    kill -INT "$(<pid)"
    wait "$PID" || true
    came_and_went waiting
    screen | grep -q "Interrupted. The generation"
}

@test "a status that comes and goes is said once, and the price once" {
    set_faults "poll 1 shape waiting" "poll 2 shape processing" "poll 3 shape waiting" "poll 4 shape processing"
    works i2vctl fetch --prompt s --duration 4 still.png
    same 1 "$(grep -c "Status: queued" <<<"$stderr")"
    same 1 "$(grep -c "Status: processing" <<<"$stderr")"
    same 1 "$(grep -c "0.52" <<<"$stderr")"
    says_not '$'
}

@test "no line for who wants none or cannot have one" {
    local way
    for way in "i2v ffmpeg -nostats" "i2v ffmpeg -v warning" "TERM=dumb i2v ffmpeg" "AV_LOG_FORCE_NOCOLOR=1 i2v ffmpeg" \
        "FFREPORT=file=report i2v ffmpeg" "I2V_EXEC=1 i2v ffmpeg -nostats"; do
        begin_on_terminal "$way -hide_banner $REQUEST -prompt '$way' -i still.png $END"
        wait "$PID"
        ! grep "generating, \|i2v: " terminal || { echo "$way"; return 1; }
    done
    # In the background it would be in the way of whatever is done in the foreground.
    begin_on_terminal "set -m; $FETCH --prompt background still.png & wait"
    wait "$PID"
    grep -q "Status: completed" terminal
    ! grep "i2v: " terminal || return 1
}
