/* i2v: the stand-in gateway: text, time, digests and files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libavutil/mem.h>
#include <libavutil/sha.h>

static void out_of_memory(void)
{
    fputs("i2v-gateway: out of memory\n", stderr);
    _exit(71);
}

void *checked_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        out_of_memory();
    return memory;
}

void *checked_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);

    if (!memory)
        out_of_memory();
    return memory;
}

char *checked_strdup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(checked_alloc(size), text, size);
}

static char *format_list(const char *format, va_list list)
{
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0)
        out_of_memory();
    return text;
}

char *text_format(const char *format, ...)
{
    va_list list;
    char *text;

    va_start(list, format);
    text = format_list(format, list);
    va_end(list);
    return text;
}

void buffer_append(Buffer *buffer, const void *data, size_t size)
{
    if (size >= SIZE_MAX / 4 - buffer->size)
        out_of_memory();
    if (buffer->size + size + 1 > buffer->capacity) {
        buffer->capacity = (buffer->size + size + 1) * 2;
        buffer->data = checked_realloc(buffer->data, buffer->capacity);
    }
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

void buffer_text(Buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_format(Buffer *buffer, const char *format, ...)
{
    va_list list;
    char *text;

    va_start(list, format);
    text = format_list(format, list);
    va_end(list);
    buffer_text(buffer, text);
    free(text);
}

void buffer_free(Buffer *buffer)
{
    free(buffer->data);
    *buffer = (Buffer){0};
}

char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r");
    size_t length = strcspn(word, " \t\r");

    if (!length) {
        *rest = word;
        return NULL;
    }
    *rest = word + length;
    if (**rest)
        *(*rest)++ = 0;
    return word;
}

int parse_number(const char *text, double low, double high, double *value)
{
    char *end;

    if (!text || !*text)
        return -1;
    *value = strtod(text, &end);
    return *end || !isfinite(*value) || *value < low || *value > high ? -1 : 0;
}

int parse_integer(const char *text, long long low, long long high, long long *value)
{
    char *end;

    if (!text || !*text || strchr(" \t\n\v\f\r+", *text))
        return -1;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return *end || errno || *value < low || *value > high ? -1 : 0;
}

/* The length of the sequence at text, 0 when it is not well-formed UTF-8. */
static size_t utf8_sequence(const unsigned char *text, size_t left)
{
    unsigned code, least;
    size_t length;

    if (text[0] < 0x80)
        return 1;
    if (text[0] >= 0xc2 && text[0] < 0xe0)
        length = 2, code = text[0] & 0x1fu, least = 0x80;
    else if (text[0] >= 0xe0 && text[0] < 0xf0)
        length = 3, code = text[0] & 0x0fu, least = 0x800;
    else if (text[0] >= 0xf0 && text[0] < 0xf5)
        length = 4, code = text[0] & 0x07u, least = 0x10000;
    else
        return 0;
    if (length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return length;
}

int utf8_valid(const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_sequence((const unsigned char *)data + at, size - at);

        if (!length)
            return 0;
        at += length;
    }
    return 1;
}

void sha256_text(const void *data, size_t size, char text[DIGEST_TEXT])
{
    struct AVSHA *sha = av_sha_alloc();
    uint8_t digest[32];

    if (!sha || av_sha_init(sha, 256) < 0)
        out_of_memory();
    av_sha_update(sha, data, (unsigned)size);
    av_sha_final(sha, digest);
    av_free(sha);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void uuid_like(const char digest[DIGEST_TEXT], char text[UUID_TEXT])
{
    snprintf(text, UUID_TEXT, "%.8s-%.4s-4%.3s-a%.3s-%.12s", digest, digest + 8,
             digest + 12, digest + 15, digest + 18);
}

int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void format_time(int64_t us, char text[TIME_TEXT])
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    char day[24];

    gmtime_r(&seconds, &tm);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, TIME_TEXT, "%s.%03dZ", day, (int)(us / 1000 % 1000));
}

/* The end of an ISO-8601 time: nothing and Z are UTC, else +HH:MM. */
static int parse_offset(const char *text, int *minutes)
{
    int hour, minute, used = 0;

    *minutes = 0;
    if (!*text || !strcmp(text, "Z"))
        return 0;
    if (*text != '+' && *text != '-')
        return -1;
    if (sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &used) != 2 || used != 5 || text[6])
        return -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return -1;
    *minutes = (hour * 60 + minute) * (*text == '-' ? -1 : 1);
    return 0;
}

int parse_time(const char *text, int64_t *us)
{
    struct tm tm = {0};
    int used = 0, offset, fraction = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 ||
        used != 10)
        return -1;
    text += used;
    if (*text == 'T') {
        used = 0;
        if (sscanf(text, "T%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &used) != 2 || used != 6)
            return -1;
        text += used;
        used = 0;
        if (*text == ':' && (sscanf(text, ":%2d%n", &tm.tm_sec, &used) != 1 || used != 3))
            return -1;
        text += used;
        if (used && *text == '.')
            for (int scale = 100000; *++text >= '0' && *text <= '9'; scale /= 10)
                fraction += (*text - '0') * scale;
    }
    if (parse_offset(text, &offset))
        return -1;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
        tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 ||
        tm.tm_sec < 0 || tm.tm_sec > 60)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    *us = ((int64_t)timegm(&tm) - (int64_t)offset * 60) * 1000000 + fraction;
    return 0;
}

int read_file(const char *path, Buffer *content)
{
    char block[65536];
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while ((got = read(fd, block, sizeof(block))) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            buffer_append(content, block, (size_t)got);
    if (!content->data)
        buffer_append(content, "", 0);
    close(fd);
    return got < 0 ? -1 : 0;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t done = write(fd, data, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

int write_file_atomic(const char *path, const void *data, size_t size)
{
    static atomic_uint serial;
    char *part = text_format("%s.%ld-%u.part", path, (long)getpid(), serial++);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int failed = fd < 0 || write_all(fd, data, size);

    if (fd >= 0 && close(fd))
        failed = 1;
    if (!failed && rename(part, path))
        failed = 1;
    if (failed && fd >= 0) {
        int error = errno;

        unlink(part);
        errno = error;
    }
    free(part);
    return failed ? -1 : 0;
}

int copy_file_atomic(const char *from, const char *to)
{
    Buffer content = {0};
    int status = read_file(from, &content);

    if (!status)
        status = write_file_atomic(to, content.data, content.size);
    buffer_free(&content);
    return status;
}

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *place)
{
    (void)st, (void)type, (void)place;
    return remove(path);
}

int remove_directory(const char *path)
{
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
