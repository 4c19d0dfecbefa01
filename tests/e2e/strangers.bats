# i2v: what URLs and graphs of strangers may make this machine read and send
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup() {
    common_setup
    mkdir open open/below other
    cp still.png open/below/in.png
    cp still.png other/out.png
    ln -s ../other/out.png open/link.png
    ln -s ../other open/way
    mkfifo other/fifo.png # who opens it waits for ever
    export I2V_STILLS=$PWD/nowhere:$PWD/open
}

not_allowed() { # still, command...
    local still=$1
    shift
    refused timeout 60 "$@"
    one_sentence image "$still" I2V_STILLS "nothing read or sent"
    expect_requests 0
}

@test "a still of a stranger's lies below the directories, by whatever name" {
    local still
    for still in other/out.png "$PWD/other/out.png" other/fifo.png open/link.png open/way/out.png \
        open/../other/out.png "$PWD/open-not.png" /etc/passwd no/such/../../open/below/in.png \
        file:other/out.png http://127.0.0.1:9/in.png /dev/fd/7; do
        not_allowed "$still" "$BIN/i2vctl" fetch "i2v:$still?prompt=a"
    done
    not_allowed other/fifo.png "$BIN/i2vctl" fetch "i2v:?image=other/fifo.png&prompt=a"
    not_allowed other/fifo.png "$BIN/i2vctl" fetch --model kling-video/v1.6/pro/image-to-video \
        "i2v:open/below/in.png?prompt=a&end_image=other/fifo.png"
    for still in i2v:open/none.png i2v:open/below/none.png; do
        refused "$BIN/i2vctl" fetch "$still?prompt=a"
        says_in_one none.png "no such file"
    done
    expect_requests 0
    works "$BIN/i2vctl" fetch --duration 4 "i2v:other/../open/below/in.png?prompt=a"
    # The command's own still is not a stranger's.
    works "$BIN/i2vctl" fetch --duration 4 --prompt a other/out.png
    expect_creates 1
}

@test "none: data: URIs and standard input" {
    export I2V_STILLS=none
    refused "$BIN/i2vctl" fetch "i2v:open/below/in.png?prompt=a"
    one_sentence open/below/in.png I2V_STILLS "data: URIs and standard input"
    expect_requests 0
    # shellcheck disable=SC2016 # for the inner shell
    works sh -c '"$0" fetch --duration 4 "i2v:-?prompt=a" <still.png' "$BIN/i2vctl"
    works "$BIN/i2vctl" fetch --duration 4 --prompt a --image "data:image/png;base64,$(base64 -w0 still.png)"
    expect_creates 1
}

@test "graphs, and films with their lines" {
    local graph
    for graph in i2v=other/out.png:prompt=a "i2v=image=other/out.png:prompt=a"; do
        refused ff -v error -filter_complex "${graph}[v]" -map '[v]' -f null -
        says_in_one image other/out.png "filter graph" I2V_STILLS
    done
    cat >open/film.jsonl <<'EOF'
{"id": "one", "image": "open/below/in.png", "prompt": "a", "duration": 4}
{"id": "two", "image": "shot:one", "prompt": "b", "duration": 4}
EOF
    sed 's/open.below.in/other\/out/' open/film.jsonl >open/bad.jsonl
    cp open/film.jsonl other/
    refused ff -v error -i i2v:other/film.jsonl -f null -
    says_in_one image other/film.jsonl I2V_STILLS
    refused ff -v error -i i2v:open/bad.jsonl -f null -
    says_in_one "line 1" image other/out.png I2V_STILLS
    expect_requests 0
    works ff -v error -i i2v:open/film.jsonl -c copy -f null -
    works ff -v error -f i2v -i other/film.jsonl -c copy -f null -
    works ff -v error -filter_complex "i2v=open/below/in.png:prompt=a:duration=4[v]" -map '[v]' -f null -
    expect_creates 2
}
