# i2v: libraries that open files for programs of anybody's
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

URL="i2v:still.png?prompt=She+turns+around+and+smiles&duration=4"
PYTHON=/usr/bin/python3
REFUSAL="Your request was rejected by our moderation system"

needs_module() { # Python module
    $PYTHON -c "import $1" 2>/dev/null || skip "Python's module $1 is not installed"
}

# What a script prints of the i2v: URL is what it prints of the clip.
as_of_the_clip() { # command
    works "$BIN/i2v" "$@" "$URL"
    local hosted=$output
    ! grep -q '^i2v: ' <<<"$stderr" || { echo "$stderr"; return 1; }
    works "$@" "$(store_clip)"
    same "$output" "$hosted"
    expect_creates 1
}

# No prompt, a refusal, and a refusal again: an error of the program's own.
refuses_well() { # command
    local -x I2V_STORE=$BATS_TEST_TMPDIR/refused
    mark
    refused "$BIN/i2v" "$@" "i2v:still.png?duration=4"
    says "There is no prompt"
    expect_requests 0
    set_faults "create 1 status 400 message $REFUSAL"
    refused "$BIN/i2v" "$@" "i2v:still.png?prompt=refused&duration=4"
    says "$REFUSAL"
    refused "$BIN/i2v" "$@" "i2v:still.png?prompt=refused&duration=4"
    says "$REFUSAL"
    expect_creates 1
    no_clip
}

interrupted_well() { # command
    goes_on_after_interrupt "$BIN/i2v" "$@" "$URL"
    grep -q Interrupted interrupted
}

opencv_script() {
    needs_module cv2
    cat >frames.py <<'END2'
import sys
import cv2

capture = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)
if not capture.isOpened():
    sys.exit(3)
print(capture.getBackendName(), capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS))


def count():
    number = 0
    while True:
        got, frame = capture.read()
        if not got:
            return number
        if not number:
            print(frame.shape, frame[20, 20], frame[700, 1200])
        number += 1


print("frames", count())
capture.set(cv2.CAP_PROP_POS_FRAMES, 75)
print("frames from 75", count())
END2
}

@test "OpenCV from Python: frames, and seeking" {
    opencv_script
    as_of_the_clip $PYTHON frames.py
    grep -qx "frames 120" <<<"$output"
    grep -qx "frames from 75 45" <<<"$output"
}

@test "OpenCV from Python: what is refused, and Ctrl-C during the wait" {
    whole_only
    opencv_script
    refuses_well $PYTHON frames.py
    interrupted_well $PYTHON frames.py
}

@test "OpenCV has its own time limit for an open, which a program can set" {
    whole_only
    needs_module cv2
    $PYTHON -c 'import cv2; cv2.CAP_PROP_OPEN_TIMEOUT_MSEC' 2>/dev/null || skip "this OpenCV has no such property"
    cat >limit.py <<'END2'
import sys
import cv2

capture = cv2.VideoCapture(sys.argv[2], cv2.CAP_FFMPEG, [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(sys.argv[1])])
sys.exit(0 if capture.read()[0] else 3)
END2
    set_faults "poll * shape waiting"
    ends_with 3 "$BIN/i2v" $PYTHON limit.py 10000 "$URL"
    says "Interrupted" "the same command"
    set_faults ""
    works "$BIN/i2v" $PYTHON limit.py 1200000 "$URL"
    expect_creates 1
}

@test "OpenCV from C++" {
    whole_only
    command -v c++ >/dev/null && [ -e /usr/include/opencv4/opencv2/videoio.hpp ] ||
        skip "OpenCV's headers or a C++ compiler are not installed"
    cat >frames.cpp <<'END2'
#include <cstdio>
#include <opencv2/videoio.hpp>

int main(int, char **argv)
{
    cv::VideoCapture capture(argv[1], cv::CAP_FFMPEG);
    cv::Mat frame;
    int frames = 0;

    if (!capture.isOpened())
        return 3;
    for (; capture.read(frame); frames++)
        if (!frames)
            std::printf("%d x %d, %d\n", frame.cols, frame.rows, frame.at<cv::Vec3b>(20, 20)[2]);
    std::printf("frames %d\n", frames);
    capture.set(cv::CAP_PROP_POS_FRAMES, 30);
    for (frames = 0; capture.grab(); frames++)
        ;
    std::printf("frames from 30 %d\n", frames);
}
END2
    c++ -o frames -I/usr/include/opencv4 frames.cpp -lopencv_videoio -lopencv_core
    as_of_the_clip ./frames
    grep -qx "frames 120" <<<"$output"
    grep -qx "frames from 30 90" <<<"$output"
    works "$BIN/i2v" --check ./frames
    refuses_well ./frames
}

pyav_script() {
    needs_module av
    cat >frames.py <<'END2'
import sys
import av
import av.logging

# PyAV 8 waits for itself when a decoder's thread logs.
av.logging.restore_default_callback()
options = {}
form = None
url = sys.argv[-1]
if len(sys.argv) > 2:
    form = "i2v"
    options = dict(pair.split("=", 1) for pair in sys.argv[1:-1])
container = av.open(url, format=form, options=options)
print([stream.codec_context.name for stream in container.streams])
print("frames", sum(1 for frame in container.decode(video=0)))
container.seek(2000000)
print("from", next(container.decode(video=0)).time)
END2
}

@test "PyAV: the URL, the options, and seeking" {
    pyav_script
    as_of_the_clip $PYTHON frames.py
    grep -qx "frames 120" <<<"$output"
    grep -qx "from 2.0" <<<"$output"
    local url=$output
    works "$BIN/i2v" $PYTHON frames.py "prompt=She turns around and smiles" duration=4 still.png
    same "$url" "$output"
    expect_creates 1
}

@test "PyAV: what is refused, and Ctrl-C during the wait" {
    whole_only
    pyav_script
    refuses_well $PYTHON frames.py
    interrupted_well $PYTHON frames.py
}

openshot_script() {
    needs_module openshot
    cat >frames.py <<'END2'
import sys
import openshot

reader = openshot.FFmpegReader(sys.argv[1])
reader.Open()
info = reader.info
print(info.width, info.height, info.fps.num, info.fps.den, info.vcodec, info.acodec, info.sample_rate)
print("frames", info.video_length)
for number in 1, 100, 30:
    frame = reader.GetFrame(number)
    frame.Save(f"{number}.png", 1.0)
    with open(f"{number}.png", "rb") as file:
        print(frame.number, frame.GetAudioSamplesCount(), hash(file.read()))
reader.Close()
END2
}

@test "libopenshot: frames, and going back" {
    openshot_script
    # Of a plain MP4, too, it gives now one frame and now another when it goes back.
    [ "$($PYTHON -c 'import openshot; print(openshot.OPENSHOT_VERSION_FULL)')" != 0.2.5 ] ||
        skip "libopenshot 0.2.5 does not go back to the same frame"
    local -x PYTHONHASHSEED=1
    as_of_the_clip $PYTHON frames.py
    grep -qx "frames 120" <<<"$output"
    colour_at 1.png 20 20 red
    colour_at 30.png 1240 700 white
}

@test "libopenshot: what is refused, and Ctrl-C during the wait" {
    whole_only
    openshot_script
    refuses_well $PYTHON frames.py
    interrupted_well $PYTHON frames.py
}

# The program of a page that explains libavformat: no callback, no context, no options.
plain_host() {
    cat >frames.c <<'END2'
#include <libavformat/avformat.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    AVFormatContext *ctx = NULL;
    AVPacket *packet = av_packet_alloc();
    int frames = 0, video;

    if (argc != 2 || avformat_open_input(&ctx, argv[1], NULL, NULL) < 0)
        return 3;
    if (avformat_find_stream_info(ctx, NULL) < 0)
        return 4;
    video = av_find_best_stream(ctx, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    while (av_read_frame(ctx, packet) >= 0) {
        frames += packet->stream_index == video;
        av_packet_unref(packet);
    }
    printf("%s, %u streams, frames %d\n", ctx->iformat->name, ctx->nb_streams, frames);
    av_packet_free(&packet);
    avformat_close_input(&ctx);
    return 0;
}
END2
    build_host frames
}

@test "the plainest C program" {
    plain_host
    as_of_the_clip ./frames
    grep -q "frames 120$" <<<"$output"
    refuses_well ./frames
}

# Prints how many bytes it reads of a URL by itself, after it was opened as an input or not.
bytes_host() {
    cat >bytes.c <<'END2'
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    AVFormatContext *ctx = NULL;
    AVIOContext *io = NULL;

    if (argc != 3 || (!strcmp(argv[1], "open") && avformat_open_input(&ctx, argv[2], NULL, NULL) < 0))
        return 3;
    if (avio_open2(&io, argv[2], AVIO_FLAG_READ, NULL, NULL) < 0)
        return io ? 5 : 4;
    printf("%d\n", (int)avio_size(io));
    avio_closep(&io);
    avformat_close_input(&ctx);
    return 0;
}
END2
    build_host bytes
}

@test "a program that reads the bytes as well gets those of the clip, and never buys that way" {
    whole_only
    bytes_host
    works "$BIN/i2v" ./bytes open "$URL"
    same "$(stat -c %s "$(store_clip)")" "$output"
    # only what the program has opened itself: else it may be out of a playlist
    ends_with 4 "$BIN/i2v" ./bytes read "$URL"
    expect_creates 1
    ends_with 4 "$BIN/i2v" ./bytes read missing.mp4
}

@test "FFMS2 makes its index" {
    command -v ffmsindex >/dev/null || skip "ffmsindex is not installed"
    works "$BIN/i2v" ffmsindex -f "$URL" hosted.idx
    works ffmsindex -f "$(store_clip)" plain.idx
    [ -s hosted.idx ]
    expect_creates 1
}

@test "a program without an interrupt callback and a handler ends at once, and loses nothing" {
    plain_host
    mark
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" ./frames "$URL"
    until_true took 1
    leaves TERM
    same 143 "$STATUS"
    set_faults ""
    works "$BIN/i2v" ./frames "$URL"
    expect_creates 1
}

@test "a signal ends a pool of threads, which buys no more" {
    whole_only
    needs_module av
    cat >pool.py <<'END2'
import concurrent.futures
import av

with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for i in range(6):
        pool.submit(av.open, f"i2v:still.png?prompt=pool+{i}&duration=4")
END2
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" $PYTHON pool.py
    until_true took 2
    leaves TERM
    same 143 "$STATUS"
    sleep 0.5
    expect_creates 2
}

# A host whose own handler counts. While it opens, another thread runs system(), which
# puts the handlers back that it found, when the open is long over.
handler_host() {
    cat >handler.c <<'END2'
#include <libavformat/avformat.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t count;

static void handler(int number)
{
    (void)number;
    count++;
}

static void *command(void *arg)
{
    usleep(200000);
    return system(arg) ? arg : NULL;
}

int main(int argc, char **argv)
{
    AVFormatContext *ctx = NULL;
    struct sigaction now;
    pthread_t thread;

    signal(SIGINT, handler);
    pthread_create(&thread, NULL, command, "sleep 2");
    if (argc != 3 || avformat_open_input(&ctx, argv[1], NULL, NULL) < 0)
        return 3;
    avformat_close_input(&ctx);
    pthread_join(thread, NULL);
    raise(SIGINT);
    if (avformat_open_input(&ctx, argv[2], NULL, NULL) < 0)
        return 4;
    avformat_close_input(&ctx);
    raise(SIGINT);
    sigaction(SIGINT, NULL, &now);
    printf("%d signals, %s handler\n", (int)count, now.sa_handler == handler ? "own" : "another");
    return 0;
}
END2
    build_host handler -pthread
}

@test "a program's handlers are its own again, whatever other threads do meanwhile" {
    handler_host
    works "$BIN/i2v" ./handler "i2v:still.png?prompt=system&duration=4" "i2v:still.png?prompt=again&duration=4"
    same "2 signals, own handler" "$output"
}
