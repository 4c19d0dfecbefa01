# i2v: HEIC and AVIF stills: what the gateway receives is what libheif's own program shows
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    # No part of it is like another.
    ffmpeg -v error -f lavfi -i testsrc2=s=1280x720 -frames:v 1 "$BATS_FILE_TMPDIR/picture.png"
    # The codecs may be packages of their own.
    (cd "$BATS_FILE_TMPDIR" && avifenc -s 10 picture.png can.avif && heif-enc picture.png -o can.heic &&
        heif-convert can.avif can.png && heif-convert can.heic can.png) >/dev/null 2>&1 || rm -f "$BATS_FILE_TMPDIR/can.png"
    start_gateway
}

setup() {
    common_setup
    [ -e "$BATS_FILE_TMPDIR/can.png" ] || skip "no avifenc, heif-enc and heif-convert here, or none that can"
    # Where there is libheif the module has been built.
    pkg-config --exists libheif || skip "no libheif here"
    ln "$BATS_FILE_TMPDIR/picture.png" .
}

# Every way to turn and mirror.
WAYS=("" "--imir 0" "--imir 1" "--irot 1" "--irot 1 --imir 0" "--irot 1 --imir 1" "--irot 2" "--irot 2 --imir 0"
    "--irot 2 --imir 1" "--irot 3" "--irot 3 --imir 0" "--irot 3 --imir 1")

avif() { # option..., file
    avifenc -s 10 "${@:1:$#-1}" picture.png "${!#}" >/dev/null
}

send() { # option..., still
    run --separate-stderr fetch --prompt send --duration 4 --max_wait 0 "$@"
    [[ $status = 75 || $status = 0 ]] || { echo "status $status: $stderr"; return 1; }
    received_image sent
}

pixels() { # file, filter
    ffmpeg -v error -i "$1" -vf "${2:-null},format=rgb24" -f rawvideo -
}

# The gateway has the picture as heif-convert writes it, and in that size.
as_shown() { # file
    heif-convert "$1" shown.png >/dev/null
    send "$1"
    same "$(size_of shown.png)" "$(size_of sent)"
    cmp <(pixels shown.png) <(pixels sent)
}

# It has what it has of the PNG that heif-convert writes, with its profile, alpha or 16 bits.
as_its_png() { # file
    heif-convert "$1" shown.png >/dev/null
    send shown.png
    mv sent expected
    send "$1"
    cmp expected sent
}

@test "AVIF, turned and mirrored every way" {
    local way
    some 3 "${WAYS[@]}"
    for way in "${SOME[@]}" "--irot 3 --imir 1"; do
        # shellcheck disable=SC2086 # words
        avif $way still.avif
        as_shown still.avif
    done
    same 720x1280 "$(size_of sent)"
    same 9:16 "$(last_job .fields.aspect_ratio)"
}

@test "HEIC with a thumbnail" {
    heif-enc -q 60 -t 160 picture.png -o still.heic
    as_shown still.heic
    says_not WARNING libheif
}

@test "a grid of tiles, a clean aperture, 10 bits, alpha" {
    avif -g 2x2 grid.avif
    as_shown grid.avif
    ffmpeg -v error -i picture.png -vf pad=1400:800:60:40 large.png
    if avifenc -h | grep -q -- --crop; then
        avifenc -s 10 --crop 60,40,1280,720 large.png crop.avif >/dev/null
        as_shown crop.avif
    fi
    avif -d 10 deep.avif
    as_its_png deep.avif
    ffmpeg -v error -i picture.png -vf "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='X/5'" alpha.png
    heif-enc alpha.png -o alpha.heic
    as_its_png alpha.heic
}

# The colours are FFmpeg's for these, and differ in the rounding.
like() { # file, filter, other file
    local same
    same=$(ffmpeg -nostdin -hide_banner -i "$1" -i "$3" -lavfi "[0]$2[a];[a][1]psnr" -f null - 2>&1)
    [[ $same =~ average:(inf|[3-9][0-9]\.) ]] || { echo "$same"; return 1; }
}

@test "a sequence: its first picture, or the one of image_time, turned as a single one is" {
    local way take=0
    ffmpeg -v error -i picture.png -vf negate second.png
    some 6 "${WAYS[@]}"
    for way in "${SOME[@]}" "--irot 3 --imir 1"; do
        # shellcheck disable=SC2086 # words
        avif $way single.avif
        # shellcheck disable=SC2086
        avifenc -s 10 --fps 1 $way picture.png second.png second.png sequence.avif >/dev/null 2>&1 ||
            skip "this avifenc dies of a sequence ($way)"
        heif-convert single.avif shown.png >/dev/null
        # Two of the ways are the same picture, and so the same request.
        send --take $((++take)) sequence.avif
        same "$(size_of shown.png)" "$(size_of sent)"
        like shown.png null sent
    done
    send --image_time 1.5 sequence.avif
    like shown.png negate sent
}

@test "from everywhere: a file, stdin, a data: URI, the URL, a filter, in a hosted ffmpeg as well" {
    avif --irot 3 still.avif
    as_shown still.avif
    works sh -c '"$0/i2vctl" fetch --prompt send --duration 4 - <still.avif' "$BIN"
    # A URI as an argument is no longer than 128 KiB.
    works fetch --prompt send --duration 4 "data:image/avif;base64,$(base64 -w0 still.avif)"
    works ff -i "i2v:still.avif?prompt=send&duration=4" -t 0.1 -f null -
    works ff -filter_complex "i2v=still.avif:prompt=send:duration=4" -t 0.1 -f null -
    expect_creates 1
}

@test "libheif is loaded for such a still alone" {
    heif-enc picture.png -o still.heic
    LD_DEBUG=files works fetch --prompt send --duration 4 still.png
    says_not libheif i2v-heif
    LD_DEBUG=files works fetch --prompt send --duration 4 still.heic
    says libheif.so i2v-heif.so
}

@test "without the module, or libheif: what is missing and what converts it" {
    avif still.avif
    mkdir there
    cp "$BUILD/bin/i2vctl" there
    ends_with 64 there/i2vctl fetch --prompt send --duration 4 still.avif
    one_sentence "image 'still.avif' is AVIF" i2v-heif.so "heif-convert FILE still.png"
    mkdir "there/$(ffmpeg -version | sed -n 's/^libavformat *\([0-9]*\)\..*/\1/p')"
    echo none >"$(echo there/[0-9]*)/i2v-heif.so"
    I2V_PLUGIN_DIR=$PWD/there ends_with 64 fetch --prompt send --duration 4 still.avif
    one_sentence AVIF libheif "heif-convert FILE still.png"
    expect_requests 0
}

@test "cut short it is damaged, and nothing is sent" {
    local file
    avif still.avif
    heif-enc -q 60 picture.png -o still.heic
    for file in still.avif still.heic; do
        head -c 5000 "$file" >"cut"
        ends_with 64 fetch --prompt send --duration 4 cut
        one_sentence "image 'cut' is damaged or cut short"
    done
    expect_requests 0
}
