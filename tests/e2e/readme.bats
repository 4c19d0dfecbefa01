# i2v: every command of the README, as it stands there
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

ROOT=$BATS_TEST_DIRNAME/../..

setup() {
    common_setup
    export PATH=$BIN:$PATH
}

# The commands of the README that begin with a pattern, one a line.
commands() { # grep pattern
    awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$ROOT/README.md" |
        grep -E -e "$1"
}

@test "the README is short, and its commands are the ones tested here" {
    [ "$(wc -l <"$ROOT/README.md")" -le 120 ]
    [ -s "$ROOT/$(sed -n 's/^!\[.*\](\(.*\))$/\1/p' "$ROOT/README.md")" ]
    same 27 "$(commands . | wc -l)"
    same 3 "$(commands '^(samples/install|cmake)' | wc -l)"
    same 2 "$(commands '(^export I2V_BASE_URL|Waves)' | wc -l)"
}

@test "the README's commands work, one after the other" {
    cp "$ROOT/samples/shots.jsonl" .
    cp still.png own.png && mv own.png still.png # which is overwritten
    # What differs here: the key, clips that are there sooner, and nobody to look and to answer.
    commands . | sed -E -e '/^(samples\/install|cmake|export I2V_BASE_URL)|Waves/d' \
        -e "s/AIML_API_KEY=\.\.\./AIML_API_KEY=$KEY/" -e "s/^export I2V_DEFAULTS=.*/&:$I2V_DEFAULTS:resolution=720p/" \
        -e 's/ffplay/& -autoexit/' -e 's/(^| )ffmpeg /&-nostdin -y /' >commands.sh
    same 22 "$(wc -l <commands.sh)"
    unset AIML_API_KEY
    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy I2V_DEFAULTS=$I2V_DEFAULTS:resolution=720p \
        works sh -ex commands.sh </dev/null
    for file in clip.mp4 zoom.mp4 one.mp4 two.mp4 url.mp4 graph.mkv dry.mp4; do
        same 120 "$(frames_of $file)"
    done
    same 360 "$(frames_of film.mp4)"
    same "$(jq -r .id shots.jsonl | sort)" "$(jq -r 'select(.status == "ready").id' results.jsonl | sort)"
    [[ $output == *"google/veo-3.1-i2v-fast "*" served"* ]]
    # A clip; with the other still, a clip in all its forms and its second take; three shots.
    expect_creates 6
    says_not "deprecated"
}

@test "the README's command for a server of one's own works" {
    start_gateway --api openai
    unset AIML_API_KEY
    commands '(^export I2V_BASE_URL|Waves)' |
        sed "s|http://127.0.0.1:8091|$GATEWAY|; s/^i2v ffmpeg/& -nostdin/" >commands.sh
    I2V_API_KEY=$KEY works sh -e commands.sh
    same 120 "$(frames_of waves.mp4)"
    stop_gateway
}

# A checkout of its own; the two tests below build it once.
checkout() {
    SOURCE=$BATS_FILE_TMPDIR/source
    [ ! -e "$SOURCE" ] || return 0
    mkdir "$SOURCE"
    (cd "$ROOT" && cp -r CMakeLists.txt LICENSE README.md plugin shim tests samples "$SOURCE")
}

@test "the README's ways to install work, one after the other" {
    checkout
    mkdir bin
    # As apt would, but into this directory; package_trial.sh has a root for apt itself.
    printf '#!/bin/sh\n[ "$1" = install ] && exec dpkg-deb -x "$2" "%s"\n' "$PWD/root" >bin/apt
    ln -s /bin/true bin/ldconfig # nothing is installed where that looks
    chmod +x bin/apt
    { commands '^(samples/install|cmake)'
        # and the packages, as i2v-hosts(7) has them
        sed -n '/^samples/,/^apt/ { s/\\-/-/g; p }' "$ROOT/shim/i2v-hosts.7"
    } >commands.sh
    same 6 "$(wc -l <commands.sh)"
    PATH=$PWD/bin:$PATH CMAKE_GENERATOR=Ninja CMAKE_BUILD_TYPE=Debug DESTDIR=$PWD/installed \
        works env -C "$SOURCE" sh -e "$PWD/commands.sh"
    works installed/usr/local/bin/i2v ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy out.mp4
    works root/usr/bin/i2v ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy packaged.mp4
    cmp out.mp4 packaged.mp4
    expect_creates 1
}

@test "the quickstart builds nothing where nothing could be preloaded from" {
    local place
    for place in "a b" a:b; do
        I2V_BUILD=$PWD/$place ends_with 64 "$ROOT/samples/quickstart.sh"
        says_in_one "preloaded" "$PWD/$place" "space or a colon"
        [ ! -e "$place" ] || return 1
    done
}

@test "the quickstart leaves a clip, and says how to go on" {
    checkout
    I2V_BUILD=$SOURCE/build run --separate-stderr "$SOURCE/samples/quickstart.sh"
    [ "$status" -eq 0 ] || { echo "$output$stderr"; return 1; }
    same 120 "$(frames_of quickstart.mp4)"
    [[ $output == *"i2v ffmpeg -f i2v -model google/veo-3.1-i2v-fast"* ]]
    # What it prints for the real service works as printed, but for the key and the origin.
    sed -n '/AIML_API_KEY=/,$p' <<<"$output" >command.sh
    I2V_BASE_URL=$GATEWAY works sh -c "$(sed "s/AIML_API_KEY=... //; s/-c copy/-nostdin &/" command.sh)"
    same 120 "$(frames_of clip.mp4)"
}
