/* i2v: the bytes of a still, from wherever it comes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/http.h"
#include "still/parts.h"

#define MAX_CACHED_FILE (64 << 20)   ///< larger ones stay where they are
#define MAX_IMAGE_FILE  (1024 << 20) ///< most that a single picture may take in memory
#define READ_STEP       (1 << 20)
#define POLL_MS         100
#define HTTP_REDIRECTS  5
#define HTTP_STALL_MS   30000

typedef enum LocatorKind {
    LOCATOR_PATH,
    LOCATOR_FD,
    LOCATOR_HTTP,
    LOCATOR_DATA,
} LocatorKind;

typedef struct Locator {
    LocatorKind kind;
    const char *rest; ///< the path, or what follows data:
    int fd;
} Locator;

/* A descriptor's number; nothing at all is standard input. */
static bool parse_fd(const char *text, int *fd)
{
    char *end;
    long number;

    if (!*text) {
        *fd = STDIN_FILENO;
        return true;
    }
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    number = strtol(text, &end, 10);
    if (*end || errno || number > INT_MAX)
        return false;
    *fd = (int)number;
    return true;
}

static void locate(const char *image, Locator *locator)
{
    const char *rest = NULL;

    *locator = (Locator){.kind = LOCATOR_PATH, .rest = image, .fd = STDIN_FILENO};
    if (!strcmp(image, "-") || !strcmp(image, "/dev/stdin")) {
        locator->kind = LOCATOR_FD;
    } else if ((av_strstart(image, "pipe:", &rest) || av_strstart(image, "fd:", &rest)) &&
               parse_fd(rest, &locator->fd)) {
        locator->kind = LOCATOR_FD;
    } else if ((av_strstart(image, "/dev/fd/", &rest) ||
                av_strstart(image, "/proc/self/fd/", &rest)) &&
               *rest && parse_fd(rest, &locator->fd)) {
        locator->kind = LOCATOR_FD;
    } else if (av_stristart(image, "http://", NULL) ||
               av_stristart(image, "https://", NULL)) {
        locator->kind = LOCATOR_HTTP;
    } else if (av_stristart(image, "data:", &rest)) {
        locator->kind = LOCATOR_DATA;
        locator->rest = rest;
    } else if (av_strstart(image, "file:", &rest)) {
        locator->rest = rest;
    }
}

const char *still_path(const char *image)
{
    Locator locator;

    locate(image, &locator);
    return locator.kind == LOCATOR_PATH ? locator.rest : NULL;
}

const char *still_protocol(const char *image)
{
    Locator locator;

    locate(image, &locator);
    switch (locator.kind) {
    case LOCATOR_FD:
        return av_strstart(image, "fd:", NULL) ? "fd" : "pipe";
    case LOCATOR_HTTP:
        return av_stristart(image, "https:", NULL) ? "https" : "http";
    case LOCATOR_DATA:
        return "data";
    default:
        return "file";
    }
}

bool still_is_stdin(const char *image)
{
    Locator locator;

    locate(image, &locator);
    return locator.kind == LOCATOR_FD && locator.fd == STDIN_FILENO;
}

char *still_label(const char *image)
{
    const char *host, *path, *at = NULL;
    Locator locator;

    locate(image, &locator);
    if (locator.kind == LOCATOR_DATA)
        return av_strdup("data: URI");
    if (locator.kind != LOCATOR_HTTP)
        return av_strdup(image);
    host = strstr(image, "://") + 3;
    path = host + strcspn(host, "/?#");
    for (const char *c = host; c < path; c++)
        if (*c == '@')
            at = c;
    path += strcspn(path, "?#");
    if (!at)
        return av_strndup(image, (size_t)(path - image));
    return av_asprintf("%.*s%.*s", (int)(host - image), image, (int)(path - at - 1),
                       at + 1);
}

int still_grow(StillGrow *grow, size_t more)
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

int still_grow_finish(StillGrow *grow, AVBufferRef **buf)
{
    uint8_t *data;

    if (!grow->data)
        return AVERROR_INVALIDDATA;
    /* What is kept for later calls takes no more room than it needs. */
    data = av_realloc(grow->data, grow->size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (data)
        grow->data = data;
    memset(grow->data + grow->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    *buf = av_buffer_create(grow->data, (I2VBufferSize)grow->size, NULL, NULL, 0);
    if (!*buf)
        return AVERROR(ENOMEM);
    *grow = (StillGrow){0};
    return 0;
}

static int say_errno(const StillSource *source, const char *label, int error)
{
    Outcome *out = source->out;

    if (error == AVERROR(ENOENT))
        return outcome_fail(
            out, FAILURE_REQUEST, error, "image '%s': no such file%s", label,
            strstr(label, "://") ? "; of URLs i2v reads http, https, file and data" : "");
    if (error == AVERROR(EINTR))
        return outcome_fail(out, FAILURE_REQUEST, error,
                            "image '%s': reading it was interrupted", label);
    return outcome_fail(out, FAILURE_REQUEST, error, "image '%s' cannot be read: %s",
                        label, strerror(AVUNERROR(error)));
}

static int say_too_large(const StillSource *source, const char *label, int most)
{
    return outcome_fail(source->out, FAILURE_REQUEST, AVERROR(EFBIG),
                        "image '%s' is too large: at most %d MiB are read", label,
                        most >> 20);
}

/* Reads `size` bytes of a regular file from its beginning. */
static int read_file(int fd, int64_t size, const StillSource *source, StillGrow *grow)
{
    int ret = still_grow(grow, (size_t)size + 1);
    while (ret >= 0 && (int64_t)grow->size < size) {
        size_t want = (size_t)size - grow->size;
        ssize_t got;
        if (i2v_interrupted(source->interrupt))
            return AVERROR(EINTR);
        got = pread(fd, grow->data + grow->size, want < READ_STEP ? want : READ_STEP,
                    (off_t)grow->size);
        if (got < 0 && errno != EINTR)
            ret = AVERROR(errno);
        if (!got)
            break;
        if (got > 0)
            grow->size += (size_t)got;
    }
    return ret;
}

static int load_path(const StillSource *source, const char *label, const char *path,
                     StillBytes *bytes)
{
    StillGrow grow = {0};
    struct stat st;
    int ret = 0;
    /* O_NONBLOCK: a FIFO must not hang the open. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0) {
        ret = say_errno(source, label, AVERROR(errno));
        goto end;
    }
    if (!S_ISREG(st.st_mode)) {
        ret = outcome_fail(source->out, FAILURE_REQUEST,
                           S_ISDIR(st.st_mode) ? AVERROR(EISDIR) : AVERROR(EINVAL),
                           "image '%s' is %s, not a file", label,
                           S_ISDIR(st.st_mode) ? "a directory"
                                               : "a device, pipe or socket");
        goto end;
    }
    bytes->size = st.st_size;
    still_identity_of(fd, &bytes->identity);
    if (st.st_size > MAX_CACHED_FILE) {
        bytes->fd = fd;
        return 0;
    }
    ret = read_file(fd, st.st_size, source, &grow);
    if (ret >= 0)
        ret = still_grow_finish(&grow, &bytes->buf);
    if (ret < 0)
        say_errno(source, label, ret);
    else
        bytes->size = (int64_t)bytes->buf->size;
end:
    av_free(grow.data);
    if (fd >= 0)
        close(fd);
    return ret;
}

static int read_stream(int fd, const StillSource *source, StillGrow *grow)
{
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        ssize_t got;
        int ready, ret;

        if (i2v_interrupted(source->interrupt))
            return AVERROR(EINTR);
        if (grow->size > STILL_MAX_BYTES)
            return AVERROR(EFBIG);
        ready = poll(&waiting, 1, POLL_MS);
        if (ready < 0 && errno != EINTR)
            return AVERROR(errno);
        if (ready <= 0)
            continue;
        if (waiting.revents & POLLNVAL)
            return AVERROR(EBADF);
        ret = still_grow(grow, 1 << 16);
        if (ret < 0)
            return ret;
        got = read(fd, grow->data + grow->size, grow->room - grow->size);
        if (!got)
            return 0;
        if (got > 0)
            grow->size += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN)
            return AVERROR(errno);
    }
}

/* What an interrupted read got stays in `part`: a stream gives its bytes once. */
static int load_fd(const StillSource *source, const char *label, int fd, StillGrow *part,
                   StillBytes *bytes)
{
    int ret;

    if (isatty(fd))
        return outcome_fail(source->out, FAILURE_REQUEST, AVERROR(EINVAL),
                            "image '%s' is a terminal: pipe or redirect an image into it",
                            label);
    ret = read_stream(fd, source, part);
    if (ret >= 0)
        ret = still_grow(part, 1);
    if (ret >= 0)
        ret = still_grow_finish(part, &bytes->buf);
    if (ret == AVERROR(EFBIG))
        return say_too_large(source, label, STILL_MAX_BYTES);
    if (ret < 0)
        return say_errno(source, label, ret);
    bytes->size = (int64_t)bytes->buf->size;
    return 0;
}

static int collect(void *opaque, const HttpReply *reply, const uint8_t *data, size_t size)
{
    StillGrow *grow = opaque;
    int ret =
        size > STILL_MAX_BYTES - grow->size ? AVERROR(EFBIG) : still_grow(grow, size);

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

    if (ret >= 0 && (reply.status < 200 || reply.status > 299)) {
        ret = outcome_fail(
            source->out, FAILURE_REQUEST,
            reply.status == 404 || reply.status == 410 ? AVERROR(ENOENT) : AVERROR(EIO),
            "image '%s': the server answered with status %d", label, reply.status);
        goto end;
    }
    if (ret == AVERROR(EFBIG)) {
        say_too_large(source, label, STILL_MAX_BYTES);
        goto end;
    }
    if (ret >= 0)
        ret = still_grow(&grow, 1);
    if (ret >= 0)
        ret = still_grow_finish(&grow, &bytes->buf);
    if (ret >= 0)
        bytes->size = (int64_t)bytes->buf->size;
    else if (reply.why[0] && ret != AVERROR(EINTR))
        outcome_fail(source->out, FAILURE_REQUEST, ret,
                     "image '%s' cannot be downloaded: %s", label, reply.why);
    else
        say_errno(source, label, ret);
end:
    av_free(grow.data);
    http_reply_clear(&reply);
    return ret;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX decoded; white space dropped from base64, where mail and editors put it. */
static int decode_percent(const char *text, bool base64, uint8_t *to, size_t *size)
{
    *size = 0;
    for (; *text; text++) {
        int byte = (unsigned char)*text;
        if (*text == '%') {
            int high = hex_value(text[1]);
            int low = high < 0 ? -1 : hex_value(text[2]);
            if (low < 0)
                return AVERROR(EINVAL);
            byte = high << 4 | low;
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

    if (ret >= 0)
        ret = still_grow(&out, grow->size + 4);
    if (ret >= 0) {
        got = av_base64_decode(out.data, (const char *)grow->data, (int)out.room);
        ret = got < 0 ? AVERROR(EINVAL) : 0;
    }
    if (ret < 0) {
        av_free(out.data);
        return ret;
    }
    out.size = (size_t)got;
    av_free(grow->data);
    *grow = out;
    return 0;
}

static int load_data(const StillSource *source, const char *rest, StillBytes *bytes)
{
    const char *comma = strchr(rest, ',');
    StillGrow grow = {0};
    bool base64;
    int ret = AVERROR(EINVAL);

    if (!comma || strlen(comma) > STILL_MAX_BYTES)
        goto end;
    base64 = comma - rest >= 7 && !av_strncasecmp(comma - 7, ";base64", 7);
    ret = still_grow(&grow, strlen(comma) + 1);
    if (ret >= 0)
        ret = decode_percent(comma + 1, base64, grow.data, &grow.size);
    if (ret >= 0 && base64)
        ret = decode_base64(&grow);
    if (ret >= 0)
        ret = still_grow_finish(&grow, &bytes->buf);
    if (ret >= 0)
        bytes->size = (int64_t)bytes->buf->size;
end:
    av_free(grow.data);
    if (ret == AVERROR(EINVAL))
        outcome_fail(
            source->out, FAILURE_REQUEST, ret,
            "image: the data: URI is damaged; it must be data:[type][;base64],DATA");
    else if (ret < 0)
        say_errno(source, "data: URI", ret);
    return ret;
}

static int load(const StillSource *source, const char *label, const Locator *locator,
                StillGrow *part, StillBytes *bytes)
{
    switch (locator->kind) {
    case LOCATOR_FD:
        return load_fd(source, label, locator->fd, part, bytes);
    case LOCATOR_HTTP:
        return load_http(source, label, bytes);
    default:
        return load_path(source, label, locator->rest, bytes);
    }
}

/* A stream is known by what it is: its number may be another one's tomorrow. */
static int stream_name(int fd, char *name, size_t size)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return AVERROR(errno);
    snprintf(name, size, "fd:%jx:%jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return 0;
}

static int load_cached(const StillSource *source, const char *label,
                       const Locator *locator, StillBytes *bytes)
{
    StillCacheEntry *entry = NULL;
    char name[64];
    bool stream = locator->kind == LOCATOR_FD;
    int kept, ret = stream ? stream_name(locator->fd, name, sizeof(name)) : 0;

    if (ret >= 0)
        ret = still_cache_enter(stream ? name : source->image, source->interrupt, &entry,
                                bytes);
    if (ret < 0)
        return say_errno(source, label, ret);
    if (ret > 0) {
        bytes->size = (int64_t)bytes->buf->size;
        return 0;
    }
    ret = load(source, label, locator, still_cache_part(entry), bytes);
    kept = still_cache_leave(entry, ret < 0 ? NULL : bytes, stream);
    if (ret >= 0 && kept < 0)
        ret = say_errno(source, label, kept);
    return ret;
}

int still_bytes_load(const StillSource *source, const char *label, StillBytes *bytes)
{
    Locator locator;
    int ret;

    *bytes = (StillBytes){.fd = -1};
    locate(source->image, &locator);
    ret = locator.kind == LOCATOR_DATA ? load_data(source, locator.rest, bytes)
                                       : load_cached(source, label, &locator, bytes);
    if (ret >= 0 && !bytes->size) {
        ret = outcome_fail(source->out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
                           "image '%s' is empty", label);
    }
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
    ret = read_file(bytes->fd, bytes->size, source, &grow);
    if (ret >= 0)
        ret = still_grow_finish(&grow, &bytes->buf);
    av_free(grow.data);
    if (ret < 0)
        return say_errno(source, label, ret);
    close(bytes->fd);
    bytes->fd = -1;
    bytes->size = (int64_t)bytes->buf->size;
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
