/* i2v: the bytes of a still, from wherever it comes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/http.h"
#include "still/parts.h"

#define MAX_CACHED_FILE (64 << 20)   ///< larger ones stay where they are
#define MAX_IMAGE_FILE  (1024 << 20) ///< most that a single picture may take in memory
#define READ_STEP       (1 << 20)
#define HTTP_REDIRECTS  5
#define HTTP_STALL_MS   30000

/* Make room for `more` bytes. */
static int make_room(StillGrow *grow, size_t more)
{
    size_t room = grow->room ? grow->room : 1 << 16;
    uint8_t *data;

    if (more > SIZE_MAX / 4 || grow->size > SIZE_MAX / 4)
        return AVERROR(ENOMEM);
    if (grow->room - grow->size >= more)
        return 0;
    while (room - grow->size < more)
        room *= 2;
    data = av_realloc(grow->data, room + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!data)
        return AVERROR(ENOMEM);
    grow->data = data;
    grow->room = room;
    return 0;
}

static int say_too_large(const StillSource *source, const char *label, int most)
{
    return outcome_fail(source->out, FAILURE_REQUEST, AVERROR(EFBIG),
                        "image '%s' is too large: at most %d MiB are read", label,
                        most >> 20);
}

int still_say_unread(const StillSource *source, const char *label, int error)
{
    Outcome *out = source->out;

    if (error == AVERROR(ENOENT))
        return outcome_fail(
            out, FAILURE_REQUEST, error, "image '%s': no such file%s", label,
            strstr(label, "://") ? "; of URLs i2v reads http, https, file and data" : "");
    if (error == AVERROR(EINTR))
        return outcome_fail(out, FAILURE_REQUEST, error,
                            "image '%s': reading it was interrupted", label);
    if (error == AVERROR(EFBIG))
        return say_too_large(source, label, STILL_MAX_BYTES);
    return outcome_fail(out, FAILURE_REQUEST, error, "image '%s' cannot be read: %s",
                        label, strerror(AVUNERROR(error)));
}

/* Hand over what was read, or say why it could not be. @param ret  of reading it */
static int finish(const StillSource *source, const char *label, int ret, StillGrow *grow,
                  StillBytes *bytes)
{
    uint8_t *data;

    if (ret >= 0)
        ret = make_room(grow, 1);
    if (ret < 0)
        return still_say_unread(source, label, ret);
    /* What is kept for later calls takes no more room than it needs. */
    data = av_realloc(grow->data, grow->size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (data)
        grow->data = data;
    memset(grow->data + grow->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    bytes->buf = av_buffer_create(grow->data, (I2VBufferSize)grow->size, NULL, NULL, 0);
    if (!bytes->buf)
        return still_say_unread(source, label, AVERROR(ENOMEM));
    bytes->size = (int64_t)grow->size;
    *grow = (StillGrow){0};
    return 0;
}

/* Read to the end. */
static int read_all(int fd, size_t most, const StillSource *source, StillGrow *grow)
{
    for (;;) {
        int got = grow->size > most ? AVERROR(EFBIG) : make_room(grow, 1);

        if (got >= 0)
            got = files_read_some(fd, grow->data + grow->size,
                                  FFMIN(grow->room - grow->size, READ_STEP),
                                  source->interrupt);
        if (got <= 0)
            return got;
        grow->size += (size_t)got;
    }
}

static int load_path(const StillSource *source, const char *label, const char *path,
                     StillBytes *bytes)
{
    struct stat st;

    /* O_NONBLOCK: a FIFO must not hang the open. */
    bytes->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (bytes->fd < 0 || fstat(bytes->fd, &st) < 0)
        return still_say_unread(source, label, AVERROR(errno));
    if (!S_ISREG(st.st_mode))
        return outcome_fail(source->out, FAILURE_REQUEST,
                            S_ISDIR(st.st_mode) ? AVERROR(EISDIR) : AVERROR(EINVAL),
                            "image '%s' is %s, not a file", label,
                            S_ISDIR(st.st_mode) ? "a directory"
                                                : "a device, pipe or socket");
    bytes->size = st.st_size;
    return st.st_size > MAX_CACHED_FILE ? 0 : still_bytes_pull(bytes, source, label);
}

/* What an interrupted read got stays in `part`: a stream gives its bytes once. */
static int load_fd(const StillSource *source, const char *label, int fd, StillGrow *part,
                   StillBytes *bytes)
{
    if (isatty(fd))
        return outcome_fail(source->out, FAILURE_REQUEST, AVERROR(EINVAL),
                            "image '%s' is a terminal: pipe or redirect an image into it",
                            label);
    return finish(source, label, read_all(fd, STILL_MAX_BYTES, source, part), part,
                  bytes);
}

static int collect(void *opaque, const HttpReply *reply, const uint8_t *data, size_t size)
{
    StillGrow *grow = opaque;
    int ret =
        size > STILL_MAX_BYTES - grow->size ? AVERROR(EFBIG) : make_room(grow, size);

    (void)reply;
    if (ret < 0)
        return ret;
    memcpy(grow->data + grow->size, data, size);
    grow->size += size;
    return 0;
}

static int load_http(const StillSource *source, const char *label, StillBytes *bytes)
{
    StillGrow grow = {0};
    HttpReply reply = {0};
    HttpRequest request = {
        .url = source->image,
        .ca_file = source->ca_file,
        .max_size = STILL_MAX_BYTES,
        .stall_ms = HTTP_STALL_MS,
        .max_redirects = HTTP_REDIRECTS,
        .allow_http = av_stristart(source->image, "http://", NULL) != 0,
        .opaque = &grow,
        .on_data = collect,
    };
    int ret = http_run(&request, source->interrupt, &reply);

    if (ret >= 0 && (reply.status < 200 || reply.status > 299))
        ret = outcome_fail(
            source->out, FAILURE_REQUEST,
            reply.status == 404 || reply.status == 410 ? AVERROR(ENOENT) : AVERROR(EIO),
            "image '%s': the server answered with status %d", label, reply.status);
    else if (ret < 0 && reply.why[0] && ret != AVERROR(EINTR) && ret != AVERROR(EFBIG))
        outcome_fail(source->out, FAILURE_REQUEST, ret,
                     "image '%s' cannot be downloaded: %s", label, reply.why);
    else
        ret = finish(source, label, ret, &grow, bytes);
    av_free(grow.data);
    reply_clear(&reply);
    return ret;
}

/* %XX decoded; white space dropped from base64, where mail and editors put it. */
static int decode_percent(const char *text, bool base64, uint8_t *to, size_t *size)
{
    *size = 0;
    for (; *text; text++) {
        int byte = (unsigned char)*text;
        if (*text == '%') {
            const char hex[] = {text[1], text[1] ? text[2] : '\0', '\0'};
            if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
                return AVERROR(EINVAL);
            byte = (int)strtol(hex, NULL, 16);
            text += 2;
        }
        if (base64 && (isspace(byte) || byte == '='))
            continue;
        to[(*size)++] = (uint8_t)byte;
    }
    to[*size] = 0;
    return 0;
}

static int decode_base64(StillGrow *grow)
{
    StillGrow out = {0};
    int got = -1, ret = grow->size % 4 == 1 ? AVERROR(EINVAL) : 0;

    if (ret >= 0 && (ret = make_room(&out, grow->size + 4)) >= 0 &&
        (got = av_base64_decode(out.data, (const char *)grow->data, (int)out.room)) < 0)
        ret = AVERROR(EINVAL);
    av_free(ret < 0 ? out.data : grow->data);
    if (ret < 0)
        return ret;
    out.size = (size_t)got;
    *grow = out;
    return 0;
}

static int load_data(const StillSource *source, const char *rest, StillBytes *bytes)
{
    const char *comma = strchr(rest, ',');
    StillGrow grow = {0};
    bool base64 = comma && comma - rest >= 7 && !av_strncasecmp(comma - 7, ";base64", 7);
    int ret = comma && strlen(comma) <= STILL_MAX_BYTES ? 0 : AVERROR(EINVAL);

    if (ret >= 0)
        ret = make_room(&grow, strlen(comma) + 1);
    if (ret >= 0)
        ret = decode_percent(comma + 1, base64, grow.data, &grow.size);
    if (ret >= 0 && base64)
        ret = decode_base64(&grow);
    if (ret == AVERROR(EINVAL))
        outcome_fail(
            source->out, FAILURE_REQUEST, ret,
            "image: the data: URI is damaged; it must be data:[type][;base64],DATA");
    else
        ret = finish(source, "data: URI", ret, &grow, bytes);
    av_free(grow.data);
    return ret;
}

int still_bytes_load(const StillSource *source, const Locator *locator, const char *label,
                     StillGrow *part, StillBytes *bytes)
{
    int ret;

    *bytes = (StillBytes){.fd = -1};
    switch (locator->kind) {
    case LOCATOR_DATA:
        ret = load_data(source, locator->rest, bytes);
        break;
    case LOCATOR_FD:
        ret = load_fd(source, label, locator->fd, part, bytes);
        break;
    case LOCATOR_HTTP:
        ret = load_http(source, label, bytes);
        break;
    default:
        ret = load_path(source, label, locator->rest, bytes);
    }
    if (ret >= 0 && !bytes->size)
        ret = outcome_fail(source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                           "image '%s' is empty", label);
    if (ret < 0)
        still_bytes_clear(bytes);
    return ret;
}

int still_bytes_pull(StillBytes *bytes, const StillSource *source, const char *label)
{
    StillGrow grow = {0};
    int ret;

    if (bytes->buf)
        return 0;
    if (bytes->size > MAX_IMAGE_FILE)
        return say_too_large(source, label, MAX_IMAGE_FILE);
    ret = make_room(&grow, (size_t)bytes->size + 1);
    if (ret >= 0)
        ret = read_all(bytes->fd, MAX_IMAGE_FILE, source, &grow);
    ret = finish(source, label, ret, &grow, bytes);
    av_free(grow.data);
    if (ret < 0)
        return ret;
    close(bytes->fd);
    bytes->fd = -1;
    return 0;
}

int still_bytes_read(const StillBytes *bytes, int64_t pos, uint8_t *to, int size)
{
    ssize_t got;

    if (pos < 0 || pos >= bytes->size || size <= 0)
        return 0;
    if (size > bytes->size - pos)
        size = (int)(bytes->size - pos);
    if (bytes->buf) {
        memcpy(to, bytes->buf->data + pos, (size_t)size);
        return size;
    }
    do {
        got = pread(bytes->fd, to, (size_t)size, (off_t)pos);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? AVERROR(errno) : (int)got;
}

void still_bytes_clear(StillBytes *bytes)
{
    av_buffer_unref(&bytes->buf);
    if (bytes->fd >= 0)
        close(bytes->fd);
    *bytes = (StillBytes){.fd = -1};
}
