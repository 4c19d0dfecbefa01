# i2v: the still, in every format and from every place: what the gateway receives
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# Only let the gateway take the request; what it received is looked at.
send() { # option..., still
    run --separate-stderr fetch --prompt send --duration 4 --max_wait 0 "$@"
    [[ $status = 75 || $status = 0 ]] || { echo "status $status: $stderr"; return 1; }
    received_image sent
}

# The four colours in their places, whatever the size.
upright() { # file
    local size w h
    size=$(size_of "$1")
    w=${size%x*} h=${size#*x}
    colour_at "$1" $((w / 8)) $((h / 8)) red
    colour_at "$1" $((w * 7 / 8)) $((h / 8)) lime
    colour_at "$1" $((w / 8)) $((h * 7 / 8)) blue
    colour_at "$1" $((w * 7 / 8)) $((h * 7 / 8)) white
}

has_encoder() { ffmpeg -v error -encoders | grep -Eq "^ V[^ ]* +$1 "; }

@test "a PNG of the exact size arrives byte for byte" {
    send still.png
    cmp still.png sent
    same image/png "$(last_job .image.mime)"
    same data "$(last_job .image.kind)"
}

@test "a JPEG of the exact size arrives byte for byte" {
    whole_only
    quadrants 1280 720 still.jpg -q:v 2 -flags +bitexact
    send still.jpg
    cmp still.jpg sent
    same image/jpeg "$(last_job .image.mime)"
}

@test "PNG, JPEG, BMP, TIFF and GIF of another size" {
    local format
    for format in png jpg bmp tiff gif; do
        quadrants 640 360 small.$format
        send small.$format
        same 1280x720 "$(size_of sent)"
        upright sent
    done
    expect_creates 5
}

@test "WebP" {
    has_encoder libwebp || skip "this ffmpeg writes no WebP"
    quadrants 640 360 small.webp -c:v libwebp
    send small.webp
    same 1280x720 "$(size_of sent)"
    upright sent
    quadrants 1280 720 exact.webp -c:v libwebp
    send exact.webp
    same 1280x720 "$(size_of sent)"
    upright sent
}

@test "AVIF" {
    whole_only
    ffmpeg -v error -muxers | grep -q avif && has_encoder libaom-av1 || skip "this ffmpeg writes no AVIF"
    quadrants 1280 720 still.avif -c:v libaom-av1 -still-picture 1 -cpu-used 8 -crf 20
    ffmpeg -v error -i still.avif -f null - || skip "this ffmpeg reads no AVIF"
    send still.avif
    same 1280x720 "$(size_of sent)"
    upright sent
}

@test "the clip comes from a small WebP through ffmpeg as well" {
    whole_only
    has_encoder libwebp || skip "this ffmpeg writes no WebP"
    quadrants 640 360 small.webp -c:v libwebp
    works ff -f i2v -prompt send -duration 4 -i small.webp -c copy out.mp4
    upright out.mp4
    same 1280x720 "$(size_of out.mp4)"
}

# A JPEG with an Exif orientation: the APP1 segment goes behind the two bytes of SOI.
turned_jpeg() { # width, height, orientation, file
    quadrants "$1" "$2" flat.jpg -q:v 2
    {
        head -c 2 flat.jpg
        printf '\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%b\0\0\0\0\0\0' "\\x0$3"
        tail -c +3 flat.jpg
    } >"$4"
}

@test "a JPEG that Exif turns is turned: orientation 6" {
    whole_only
    # Shown a quarter turn clockwise: blue red / white lime.
    turned_jpeg 1280 720 6 turned.jpg
    send turned.jpg
    same 9:16 "$(last_job .fields.aspect_ratio)"
    same 720x1280 "$(size_of sent)"
    colour_at sent 60 60 blue
    colour_at sent 660 60 red
    colour_at sent 60 1220 white
    colour_at sent 660 1220 lime
}

@test "a JPEG that Exif turns is turned: orientations 3, 8 and 2" {
    whole_only
    turned_jpeg 1280 720 3 turned.jpg
    send turned.jpg
    same 1280x720 "$(size_of sent)"
    colour_at sent 60 60 white
    colour_at sent 1220 660 red
    turned_jpeg 1280 720 8 turned8.jpg
    send turned8.jpg
    same 720x1280 "$(size_of sent)"
    colour_at sent 60 60 lime
    colour_at sent 660 1220 blue
    turned_jpeg 1280 720 2 turned2.jpg
    send turned2.jpg
    colour_at sent 60 60 lime
    colour_at sent 1220 60 red
}

@test "a JPEG with orientation 1 is upright" {
    whole_only
    turned_jpeg 1280 720 1 upright.jpg
    send upright.jpg
    same 1280x720 "$(size_of sent)"
    upright sent
}

@test "alpha goes over black" {
    ffmpeg -v error -f lavfi -i color=white:s=1280x720,format=rgba \
        -vf "geq=r=255:g=255:b=255:a='if(lt(X,640),0,255)'" -frames:v 1 alpha.png
    send alpha.png
    colour_at sent 100 360 black
    colour_at sent 1200 360 white
    same rgb24 "$(ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 sent)"
}

@test "a PNG of 16 bits a channel" {
    whole_only
    quadrants 1280 720 deep.png -pix_fmt rgb48be
    send deep.png
    upright sent
    same rgb24 "$(ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 sent)"
}

@test "grey and palette" {
    whole_only
    ffmpeg -v error -f lavfi -i color=gray:s=1280x720,format=gray -frames:v 1 grey.png
    send grey.png
    colour_at sent 640 360 grey
    ffmpeg -v error -i still.png -vf "split[a][b];[a]palettegen[p];[b][p]paletteuse" -frames:v 1 palette.png
    send palette.png
    upright sent
}

@test "pixels that are not square" {
    whole_only
    # 640x720 stored, to be shown as 1280x720.
    quadrants 640 720 squeezed.png -vf setsar=2/1 2>/dev/null ||
        { quadrants 640 720 flat.png; ffmpeg -v error -i flat.png -vf setsar=2/1 squeezed.png; }
    same 2:1 "$(ffprobe -v error -show_entries stream=sample_aspect_ratio -of csv=p=0 squeezed.png)"
    send squeezed.png
    same 16:9 "$(last_job .fields.aspect_ratio)"
    same 1280x720 "$(size_of sent)"
    upright sent
    says_not "is cut"
}

@test "the first picture of an animation" {
    whole_only
    ffmpeg -v error -f lavfi -i color=red:s=1280x720:d=0.2:r=10 -f lavfi -i color=blue:s=1280x720:d=0.2:r=10 \
        -filter_complex concat=n=2 animation.gif
    send animation.gif
    colour_at sent 640 360 red
}

@test "stdin, as - and as pipe:" {
    works sh -c '"$0/i2v" ffmpeg -hide_banner -y -f i2v -prompt send -duration 4 -i - -t 0.1 -f null - <still.png' "$BIN"
    received_image sent
    cmp still.png sent
    works sh -c '"$0/i2v" ffmpeg -hide_banner -y -f i2v -prompt send -duration 4 -i pipe:0 -t 0.1 -f null - <still.png' "$BIN"
    works sh -c 'cat still.png | "$0/i2v" ffmpeg -hide_banner -y -i "i2v:-?prompt=send&duration=4" -t 0.1 -f null -' "$BIN"
    works sh -c 'cat still.png | "$0/i2vctl" fetch --prompt send --duration 4 -' "$BIN"
    works fetch --prompt send --duration 4 still.png
    expect_creates 1
}

@test "stdin twice in a command is read once" {
    whole_only
    works sh -c '"$0/i2v" ffmpeg -hide_banner -y -f i2v -prompt one -duration 4 -i - -f i2v -prompt two -duration 4 -i - \
        -map 0:v -map 1:a -c copy out.mp4 <still.png' "$BIN"
    expect_creates 2
    same "$(state '.jobs[-2].image.sha256')" "$(last_job .image.sha256)"
}

@test "an empty stdin" {
    whole_only
    refused sh -c '"$0/i2v" ffmpeg -hide_banner -y -f i2v -prompt send -i - -t 0.1 -f null - </dev/null' "$BIN"
    says image
    expect_requests 0
}

@test "an http URL is fetched, without the key, and sent as bytes" {
    send still.png
    local url=$GATEWAY/control/image?job=$(last_job .number)
    rm -rf "$I2V_STORE"
    works ff -f i2v -prompt send -duration 4 -i "$url" -t 0.1 -f null -
    same data "$(last_job .image.kind)"
    received_image sent
    cmp still.png sent
    works ff -i "i2v:${url/\?/%3F}?prompt=send&duration=4" -t 0.1 -f null -
    expect_creates 2
}

@test "an http URL that answers 404" {
    whole_only
    refused ff -f i2v -prompt send -duration 4 -i "$GATEWAY/control/none.png" -t 0.1 -f null -
    says_in_one /control/none.png 404
    expect_creates 0
}

@test "a data: URI" {
    whole_only
    quadrants 320 180 tiny.png
    local uri
    uri=data:image/png\;base64,$(base64 -w0 tiny.png)
    works ff -f i2v -prompt send -duration 4 -i "$uri" -t 0.1 -f null -
    received_image sent
    same 1280x720 "$(size_of sent)"
    upright sent
    works ff -f i2v -prompt send -duration 4 -i tiny.png -t 0.1 -f null -
    works ff -i "i2v:$uri?prompt=send&duration=4" -t 0.1 -f null -
    expect_creates 1
}

@test "a frame of a video, of several formats" {
    whole_only
    ffmpeg -v error -loop 1 -t 1 -i still.png -pix_fmt yuv420p -c:v libx264 -preset ultrafast video.mkv
    ffmpeg -v error -i video.mkv -c:v mpeg4 -q:v 2 video.avi
    ffmpeg -v error -i video.mkv -c copy video.ts
    local file
    for file in video.mkv video.avi video.ts; do
        send "$file"
        same 1280x720 "$(size_of sent)"
        upright sent
    done
    expect_creates 3
}

@test "a video of a phone that was held upright" {
    ffmpeg -v error -loop 1 -t 1 -i still.png -pix_fmt yuv420p -c:v libx264 -preset ultrafast flat.mp4
    ffmpeg -v error -i flat.mp4 -metadata:s:v:0 rotate=90 -c copy turned.mp4
    ffprobe -v error -show_streams turned.mp4 | grep -q rotation || skip "this ffmpeg writes no rotation"
    send turned.mp4
    same 720x1280 "$(size_of sent)"
    ffmpeg -v error -i turned.mp4 -frames:v 1 expected.png
    local corner
    for corner in red lime blue white; do
        if colour_at expected.png 60 60 $corner >/dev/null; then
            colour_at sent 60 60 $corner
        fi
        if colour_at expected.png 660 60 $corner >/dev/null; then
            colour_at sent 660 60 $corner
        fi
    done
}

@test "names with % : ? & # and spaces" {
    whole_only
    local name
    for name in "rain 100%d.png" "shot%03d.png" "x:y.png" "a b.png" "what?.png" "a&b=c.png" "#1.png" "'q\".png" "ünï.png" "[x].png"; do
        cp still.png "$name"
        works ff -v error -f i2v -prompt send -duration 4 -i "$name" -t 0.1 -f null -
        works ff -v error -i "i2v:$(uri "$name")?prompt=send&duration=4" -t 0.1 -f null -
        works fetch -v error --prompt send --duration 4 "$name"
        works ff -v error -f i2v -prompt send -duration 4 -image "$name" -i i2v: -t 0.1 -f null -
        rm "$name"
    done
    expect_creates 1
}

@test "in the still of a URL only %XX is decoded: + stays" {
    cp still.png "a+b c.png"
    works ff -v error -i "i2v:a+b%20c.png?prompt=send&duration=4" -t 0.1 -f null -
    works ff -v error -i "i2v:a+b c.png?prompt=send&duration=4" -t 0.1 -f null -
    expect_creates 1
}

@test "a name that looks like an option" {
    whole_only
    cp still.png ./-still.png
    works ff -v error -f i2v -prompt send -duration 4 -i ./-still.png -t 0.1 -f null -
    works fetch --prompt send --duration 4 -- -still.png
    expect_creates 1
}

@test "a still above 10 MB as PNG goes as JPEG" {
    whole_only
    head -c $((2200 * 1600 * 3)) /dev/urandom |
        ffmpeg -v error -f rawvideo -pix_fmt rgb24 -s 2200x1600 -i - noise.bmp
    send --model alibaba/wan-2-7-i2v --resolution 720p --duration 5 noise.bmp
    same image/jpeg "$(last_job .image.mime)"
    same 2200x1600 "$(size_of sent)"
    [ "$(last_job .image.bytes)" -le 10485760 ]
}

@test "the file that is sent holds no position, and no metadata of the file" {
    whole_only
    turned_jpeg 1280 720 6 turned.jpg
    send turned.jpg
    ! grep -qa Exif sent || return 1
    # Of the size that is asked for the picture goes as it is in the file.
    turned_jpeg 1280 720 1 upright.jpg
    printf 'Jane was here' >>upright.jpg
    send upright.jpg
    same image/jpeg "$(last_job .image.mime)"
    ! grep -qaE 'Exif|Jane|Lavc' sent || return 1
    cmp <(ffmpeg -v error -i upright.jpg -f rawvideo -) <(ffmpeg -v error -i sent -f rawvideo -)
}

@test "FFmpeg's own options for the input are not eaten by the still" {
    works ff -f i2v -prompt send -duration 4 -ss 1 -i still.png -frames:v 1 out.png
    upright out.png
}

@test "a phone's picture with a video behind it is the picture" {
    ffmpeg -v error -nostdin -i still.png -q:v 2 phone.jpg
    ffmpeg -v error -nostdin -f lavfi -i testsrc2=s=640x360 -t 2 -c:v libx264 video.mp4
    cat phone.jpg video.mp4 >motion.jpg
    works fetch --prompt motion --duration 4 motion.jpg
    received_image sent
    same 1280x720 "$(size_of sent)"
    expect_creates 1
}
