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

@test "the README's commands are the ones tested here" {
    same 30 "$(commands . | wc -l)"
    same 6 "$(commands '^(samples/install|cmake|\(cd build|apt)' | wc -l)"
    same 1 "$(commands '^samples/quickstart.sh$' | wc -l)"
    same 1 "$(commands '^tests/run.sh$' | wc -l)"
    same 1 "$(commands '^i2v-gateway ' | wc -l)"
    same 9 "$(commands '^(i2v |clip=.*fetch)' | wc -l)"
    same 12 "$(commands '^(i2vctl |key=|clip=.*wait)' | wc -l)"
    same 1 "$(commands --manifest | wc -l)"
}

@test "each use that the README shows works" {
    while read -r command; do
        rm -f out.mp4 out.mkv
        works sh -c "$command </dev/null"
        case $command in
        *out.mp4) same 240 "$(frames_of out.mp4)" ;;
        *out.mkv) same 240 "$(frames_of out.mkv)" ;;
        esac
    done < <(commands '^(i2v ffmpeg|clip=.*fetch)' | grep -v -e -engine -e shots.jsonl | sed 's/^i2v ffmpeg/& -y/')
    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy \
        works sh -c "$(commands '^i2v ffplay' | sed 's/ffplay/& -autoexit/')"
    works sh -c "$(commands '^i2v ffprobe')"
    says "Duration: 00:00:08.0"
}

@test "the README's command for a server of one's own works" {
    start_gateway --api openai
    unset AIML_API_KEY
    export I2V_API_KEY=$KEY
    works sh -c "$(commands -engine | sed "s|http://127.0.0.1:8091|$GATEWAY|")"
    same 120 "$(frames_of waves.mp4)"
    stop_gateway
}

@test "the README's commands for the ledger work, one after the other" {
    commands '^(i2vctl |key=|clip=.*wait)' | grep -v -e --manifest >commands.sh
    works sh -e commands.sh </dev/null
    same 240 "$(frames_of out.mp4)"
    grep -q "She turns around" <<<"$output"
    expect_creates 1
}

@test "the README's manifest is the one in samples, and brings its clips" {
    cp "$ROOT/samples/shots.jsonl" .
    works sh -c "$(commands --manifest)"
    expect_creates 3
    same "$(jq -r .id shots.jsonl | sort)" "$(jq -r 'select(.status == "ready").id' results.jsonl | sort)"
    works sh -c "$(commands "-i shots.jsonl")"
    expect_creates 3
    same 360 "$(frames_of film.mp4)"
}

@test "the README's command runs against the stand-in" {
    unset I2V_BASE_URL AIML_API_KEY
    works sh -c "$(commands "^i2v-gateway " | sed "s/i2v ffmpeg/& -nostdin/")"
    same 240 "$(frames_of out.mp4)"
    [ ! -e "$I2V_STORE" ]
}

@test "the README's option table names every option and no other" {
    diff <("$BIN/i2v" ffmpeg -hide_banner -h demuxer=i2v | sed -n 's/^  -\([a-z_]*\) .*/\1/p' | sort) \
        <(sed -n 's/^| \(`[^|]*\) |.*|.*|$/\1/p' "$ROOT/README.md" | tr -d '`,' | tr ' ' '\n' | sort)
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
    chmod +x bin/apt
    commands '^(samples/install|cmake|\(cd build|apt)' >commands.sh
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
