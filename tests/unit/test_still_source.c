/* i2v: unit tests of the still: sources, digests and what is refused
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still_util.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include <libavutil/base64.h>
#include <libavutil/sha.h>

#include "still/parts.h"

/* ---- digests ---- */

static void assert_digest(const Still *still, const void *data, size_t size)
{
    uint8_t expected[32];
    struct AVSHA *sha = av_sha_alloc();
    av_sha_init(sha, 256);
    av_sha_update(sha, data, (unsigned)size);
    av_sha_final(sha, expected);
    av_free(sha);
    assert_memory_equal(still_digest(still), expected, 32);
}

static void test_digest_is_of_the_bytes(void **state)
{
    static const char *const names[] = {"q.png", "q.jpg", "q.ppm", "./q.png"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t size;
        uint8_t *data = slurp(names[i], &size);
        Still *still = must_read(names[i], NULL);
        assert_digest(still, data, size);
        still_free(&still);
        free(data);
    }
}

/* ---- sources ---- */

static void test_names(void **state)
{
    static const char *const names[] = {"shot%03d.png", "x:y.png",   "rain 100%d.png",
                                        "http.png",     "a?b#c.png", "\xc3\xa4 [1]*.png",
                                        "pipe:x",       "i2v:z.png", "noextension"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char url[128];
        Still *still;
        insert_into("q.png", names[i], 0, "", 0);
        still = must_read(names[i], NULL);
        assert_int_equal(still_width(still), 160);
        still_free(&still);
        snprintf(url, sizeof(url), "file:%s/%s", temp_dir, names[i]);
        still = must_read(url, NULL);
        still_free(&still);
    }
}

static void make_data_uri(char *uri, size_t room, const char *head, const char *name)
{
    size_t size;
    uint8_t *data = slurp(name, &size);
    strcpy(uri, head);
    av_base64_encode(uri + strlen(uri), (int)(room - strlen(uri)), data, (int)size);
    free(data);
}

static void test_data_uri(void **state)
{
    char uri[4096], cut[4096];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    make_data_uri(uri, sizeof(uri), "data:image/png;base64,", "q.png");
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    make_data_uri(uri, sizeof(uri), "DATA:;charset=x;BASE64,", "q.png");
    for (char *c = uri; (c = strchr(c, '=')) && c > strchr(uri, ',');)
        *c = 0; // padding may be left out
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    strcpy(uri, "data:,");
    for (size_t i = 0; i < size && i < 1300; i++)
        sprintf(uri + strlen(uri), "%%%02X", data[i]);
    still = must_read(uri, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    free(data);

    static const char *const bad[] = {
        "data:",     "data:image/png;base64", "data:;base64,!!!!", "data:,%4",
        "data:,%zz", "data:;base64,A"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(try_read(bad[i], NULL, &still), AVERROR(EINVAL));
        assert_logged("image: the data: URI is damaged");
    }
    assert_int_equal(try_read("data:,", NULL, &still), AVERROR_INVALIDDATA);
    assert_logged("image 'data: URI' is empty");
    make_data_uri(cut, sizeof(cut), "data:image/png;base64,", "q.png");
    cut[80] = 0;
    assert_int_equal(try_read(cut, NULL, &still), AVERROR_INVALIDDATA);
    assert_not_logged("iVBOR"); // the picture itself is not logged
}

/* Bytes that trickle through a pipe. */
typedef struct Feeder {
    int fd;
    const char *name;
    int pause_ms;
} Feeder;

static void *feed_pipe(void *opaque)
{
    Feeder *feeder = opaque;
    size_t size, at = 0;
    uint8_t *data = slurp(feeder->name, &size);
    while (at < size) {
        size_t step = size - at < 64 ? size - at : 64;
        usleep((useconds_t)feeder->pause_ms * 1000);
        if (write(feeder->fd, data + at, step) != (ssize_t)step)
            break;
        at += step;
    }
    close(feeder->fd);
    free(data);
    return NULL;
}

typedef struct Reading {
    char image[32];
    int ret;
    uint8_t digest[32];
} Reading;

static void *read_in_thread(void *opaque)
{
    Reading *reading = opaque;
    StillSource source = {.image = reading->image};
    Still *still;
    reading->ret = still_read(&source, &still);
    if (reading->ret >= 0)
        memcpy(reading->digest, still_digest(still), 32);
    still_free(&still);
    return NULL;
}

/* One stream, four readers at once and one later: all get the same. */
static void test_pipe_is_read_once(void **state)
{
    int fds[2];
    Feeder feeder = {.name = "q.png", .pause_ms = 20};
    Reading readings[5];
    pthread_t feeding, threads[4];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    feeder.fd = fds[1];
    pthread_create(&feeding, NULL, feed_pipe, &feeder);
    for (int i = 0; i < 5; i++)
        snprintf(readings[i].image, sizeof(readings[i].image),
                 i % 2 ? "fd:%d" : "pipe:%d", fds[0]);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_in_thread, &readings[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_join(feeding, NULL);
    read_in_thread(&readings[4]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(readings[i].ret, 0);
    still = must_read(readings[0].image, NULL);
    assert_digest(still, data, size);
    for (int i = 0; i < 5; i++)
        assert_memory_equal(readings[i].digest, still_digest(still), 32);
    still_free(&still);
    close(fds[0]);
    free(data);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int stop_at(void *opaque)
{
    return now_ms() >= *(int64_t *)opaque;
}

/* A stream that stalls is left when asked to; what it gave is not lost. */
static void test_interrupt(void **state)
{
    int fds[2];
    char image[32];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    int64_t begin = now_ms(), stop = begin + 150;
    AVIOInterruptCB interrupt = {stop_at, &stop};
    StillSource source = {.image = image, .interrupt = &interrupt};
    Still *still = NULL;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    snprintf(image, sizeof(image), "pipe:%d", fds[0]);
    assert_int_equal(write(fds[1], data, 100), 100);
    log_clear();
    assert_int_equal(still_read(&source, &still), AVERROR(EINTR));
    assert_null(still);
    assert_logged("reading it was interrupted");
    assert_true(now_ms() - begin < 1000);
    assert_int_equal(write(fds[1], data + 100, size - 100), size - 100);
    close(fds[1]);
    still = must_read(image, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    close(fds[0]);

    stop = 0;
    source.image = "./q.jpg";
    assert_int_equal(still_read(&source, &still), AVERROR(EINTR));
    free(data);
}

static void test_source_is_read_once(void **state)
{
    Still *first, *second;

    (void)state;
    insert_into("q.png", "once.png", 0, "", 0);
    first = must_read("once.png", NULL);
    insert_into("q.jpg", "once.png", 0, "", 0);
    second = must_read("once.png", NULL);
    assert_memory_equal(still_digest(first), still_digest(second), 32);
    still_free(&first);
    still_free(&second);
}

/* Files and downloads make room for later ones; streams never go. */
static void test_cache_makes_room(void **state)
{
    static const char *const names[] = {"stream", "a", "b", "c", "d", "e"};
    static const int kept[] = {1, 0, 0, 1, 1, 1}; // 4 x 80 MiB is too much, 3 fit
    StillCacheEntry *entry;
    StillBytes bytes = {.fd = -1};

    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(still_cache_enter(names[i], NULL, &entry), 0);
        assert_int_equal(still_cache_bytes(entry, &bytes), 0);
        bytes.buf = av_buffer_allocz(80 << 20);
        assert_non_null(bytes.buf);
        assert_int_equal(still_cache_fill(entry, &bytes, !i), 0);
        still_cache_leave(entry);
        av_buffer_unref(&bytes.buf);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(still_cache_enter(names[i], NULL, &entry), 0);
        int ret = still_cache_bytes(entry, &bytes);
        if (ret != kept[i])
            fail_msg("%s: %d", names[i], ret);
        av_buffer_unref(&bytes.buf);
        still_cache_leave(entry);
    }
}

/* With less room the newest is all that stays. */
static void test_cache_keeps_less(void **state)
{
    static const int kept[] = {0, 1};
    static const char *const names[] = {"less a", "less b"};
    StillCacheEntry *entry;
    StillBytes bytes = {.fd = -1};

    (void)state;
    still_keep(1 << 20);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(still_cache_enter(names[i], NULL, &entry), 0);
        bytes.buf = av_buffer_allocz(2 << 20);
        assert_non_null(bytes.buf);
        assert_int_equal(still_cache_fill(entry, &bytes, false), 0);
        still_cache_leave(entry);
        av_buffer_unref(&bytes.buf);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(still_cache_enter(names[i], NULL, &entry), 0);
        assert_int_equal(still_cache_bytes(entry, &bytes), kept[i]);
        av_buffer_unref(&bytes.buf);
        still_cache_leave(entry);
    }
    still_keep(256 << 20);
}

/* A web server for a few requests. */
static void *serve(void *opaque)
{
    int listener = *(int *)opaque;
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    for (;;) {
        char request[4096] = "", head[256];
        int fd = accept(listener, NULL, NULL);
        bool quit;
        if (fd < 0)
            break;
        if (read(fd, request, sizeof(request) - 1) < 0)
            break;
        quit = strstr(request, "/quit");
        if (strstr(request, "Authorization"))
            snprintf(head, sizeof(head), "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        else if (strstr(request, "/moved"))
            snprintf(head, sizeof(head),
                     "HTTP/1.1 302 Found\r\nLocation: /q.png\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n");
        else if (strstr(request, "/q.png"))
            snprintf(
                head, sizeof(head),
                "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                size);
        else
            snprintf(head, sizeof(head),
                     "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n");
        if (write(fd, head, strlen(head)) < 0 ||
            (strstr(head, "200 OK") && write(fd, data, size) < 0))
            break;
        close(fd);
        if (quit)
            break;
    }
    free(data);
    return NULL;
}

static void test_http(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t server;
    char url[128];
    size_t size;
    uint8_t *data = slurp("q.png", &size);
    Still *still;

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (void *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (void *)&address, &length);
    pthread_create(&server, NULL, serve, &listener);

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/q.png?token=secret",
             ntohs(address.sin_port));
    still = must_read(url, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/moved", ntohs(address.sin_port));
    still = must_read(url, NULL);
    assert_digest(still, data, size);
    still_free(&still);
    snprintf(url, sizeof(url), "http://user:word@127.0.0.1:%d/none?token=secret",
             ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    assert_not_logged("secret");
    assert_not_logged("token");
    assert_not_logged("word");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/none", ntohs(address.sin_port));
    assert_int_equal(try_read(url, NULL, &still), AVERROR(ENOENT));
    assert_logged("the server answered with status 404");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/quit", ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    pthread_join(server, NULL);
    close(listener);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/gone", ntohs(address.sin_port));
    assert_true(try_read(url, NULL, &still) < 0);
    assert_logged("/gone' cannot be downloaded: ");
    free(data);
}

/* ---- bad input ---- */

static void make_bad_input(void)
{
    size_t size;
    uint8_t *data;
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nq.png\n";

    mkdir("directory", 0700);
    mkfifo("fifo", 0600);
    spill("empty.png", "", 0);
    spill("concat.png", "ffconcat version 1.0\nfile q.png\n", 32);
    spill("list.png", playlist, sizeof(playlist) - 1);
    spill("text.png", "This is not a picture, whatever it is called.\n", 46);
    run(FFMPEG "-f lavfi -i sine=d=1 sound.wav && " FFMPEG "-i sound.wav sound.mkv");
    run(FFMPEG "-f lavfi -i color=s=300x300,format=rgb24,geq=r='random(1)*255':"
               "g='random(2)*255':b=0 -frames:v 1 big.png");
    run(FFMPEG "-i big.png big.jpg");
    run(FFMPEG "-i q.ppm f.gif");
    run("head -c 40 big.png > head.png; head -c 90000 big.png > half.png");
    run("head -c 20000 big.jpg > half.jpg");
    data = slurp("q.png", &size); /* a header that asks for 4 gigapixels */
    memcpy(data + 16, "\0\0\xff\xff\0\0\xff\xff", 8);
    uint32_t crc = crc32_of(data + 12, 17);
    for (int i = 0; i < 4; i++)
        data[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
    spill("huge.png", data, size);
    free(data);
}

static void test_bad_input(void **state)
{
    static const struct {
        const char *image, *time;
        int error;
        const char *said;
    } rows[] = {
        {"nothing.png", NULL, AVERROR(ENOENT), "image 'nothing.png': no such file\n"},
        {"", NULL, AVERROR(ENOENT), "image '': no such file\n"},
        {"rtsp://x/y", NULL, AVERROR(ENOENT),
         "of URLs i2v reads http, https, file and data"},
        {"directory", NULL, AVERROR(EISDIR),
         "image 'directory' is a directory, not a file\n"},
        {"/dev/zero", NULL, AVERROR(EINVAL), "is a device, pipe or socket, not a file"},
        {"fifo", NULL, AVERROR(EINVAL), "is a device, pipe or socket, not a file"},
        {"fd:987", NULL, AVERROR(EBADF), "image 'fd:987' cannot be read: "},
        {"empty.png", NULL, AVERROR_INVALIDDATA, "image 'empty.png' is empty\n"},
        {"concat.png", NULL, AVERROR_INVALIDDATA,
         "image 'concat.png' is neither an image nor a video: its content is 'concat'"},
        {"list.png", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"text.png", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"sound.wav", NULL, AVERROR_INVALIDDATA, "is neither an image nor a video"},
        {"sound.mkv", NULL, AVERROR_INVALIDDATA, "has no picture in it"},
        {"head.png", NULL, AVERROR_INVALIDDATA, "cannot be decoded: it is damaged"},
        {"half.png", NULL, AVERROR_INVALIDDATA, "cannot be decoded: it is damaged"},
        {"half.jpg", NULL, AVERROR_INVALIDDATA,
         "'half.jpg' is cut short: its end is missing"},
        {"huge.png", NULL, AVERROR_INVALIDDATA,
         "has 65535x65535 pixels; at most 268 megapixels are read"},
        {"q.png", "1", AVERROR(EINVAL),
         "'q.png' is a single picture, for which only 0 and end"},
        {"f.gif", "0.5", AVERROR(EINVAL), "is a single picture"},
        {"q.png", "soon", AVERROR(EINVAL),
         "image_time 'soon' is not a time; give seconds"},
        {"q.png", "-1", AVERROR(EINVAL), "image_time '-1' is not a time; give seconds"},
    };

    (void)state;
    make_bad_input();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still = (Still *)&rows;
        int ret = try_read(rows[i].image, rows[i].time, &still);
        if (ret != rows[i].error)
            fail_msg("%s: %d (%s), %s", rows[i].image, ret, av_err2str(ret), log_text);
        assert_null(still);
        assert_logged(rows[i].said);
    }
}

/* What is not damaged is called by its name, and what converts it is said. */
static void test_kinds(void **state)
{
    static const struct {
        const char *name, *said, *head;
        size_t size;
    } rows[] = {
#define ROW(name, said, head) {name, said, head, sizeof(head) - 1}
        ROW("k.svg", "is SVG, which i2v cannot read; `rsvg-convert -o still.png FILE`",
            "<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ROW("k.pdf", "is PDF, which i2v cannot read; `pdftoppm ", "%PDF-1.7\n"),
        ROW("k.cr2", "is camera raw (CR2), which i2v cannot read; `dcraw_emu -T FILE`",
            "II*\0\x10\0\0\0CR\2\0\0\0\0\0"),
        ROW("k.cr3", "is camera raw (CR3), ",
            "\0\0\0\x18"
            "ftypcrx \0\0\0\1crx isom"),
        ROW("k.nef", "is camera raw (NEF), ",
            "II*\0\x08\0\0\0\3\0\xfe\0\4\0\1\0\0\0\1\0\0\0\x0f\1\2\0\6\0\0\0\x32\0"
            "\0\0\x4a\1\4\0\1\0\0\0\0\0\0\0\0\0\0\0NIKON"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Still *still;
        spill(rows[i].name, rows[i].head, rows[i].size);
        assert_int_equal(try_read(rows[i].name, NULL, &still), AVERROR_INVALIDDATA);
        assert_logged(rows[i].said);
        assert_not_logged("damaged");
    }
    if (have_encoder("libwebp_anim") && !avcodec_descriptor_get_by_name("webp_anim")) {
        Still *still;
        run(FFMPEG "-i q.png -i q.jpg -filter_complex '[0]format=rgba[a];[1]format=rgba,"
                   "hflip[b];[a][b]concat' -c:v libwebp_anim k.webp");
        assert_int_equal(try_read("k.webp", NULL, &still), AVERROR_INVALIDDATA);
        assert_logged("is animated WebP, which FFmpeg ");
        assert_logged(
            " cannot decode; `webpmux -get frame 1 FILE -o still.webp` converts");
        assert_not_logged("damaged");
    }
}

static void test_image_time_of_an_image(void **state)
{
    static const char *const times[] = {"0", "end", "", "00:00:00", "0.0"};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        Still *still = must_read("q.png", times[i]);
        still_free(&still);
    }
}

/* Whatever allocation is refused: an error or a picture, never a crash (or, with the
 * sanitizers, a leak). */
static void test_out_of_memory(void **state)
{
    static const char *const names[] = {"q.png", "q.jpg", "q.ppm", "data:,x"};
    int refused = 0;

    (void)state;
    for (size_t limit = 40; limit < 2 << 20; limit += limit / 3) {
        for (size_t i = 0; i < 4; i++) {
            StillTarget target = {64, 64, STILL_CONTAIN, STILL_CENTER};
            StillFile file = {0};
            Still *still;
            av_max_alloc(limit);
            if (try_read(names[i], NULL, &still) < 0)
                refused++;
            else if (still_encode(still, &target, NULL, &file) < 0)
                refused++;
            av_max_alloc(INT32_MAX);
            still_file_clear(&file);
            still_free(&still);
        }
    }
    assert_true(refused > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest_is_of_the_bytes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_data_uri),
        cmocka_unit_test(test_pipe_is_read_once),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_source_is_read_once),
        cmocka_unit_test(test_cache_makes_room),
        cmocka_unit_test(test_cache_keeps_less),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_image_time_of_an_image),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup_quarters, teardown);
}
