/* i2v: the stand-in gateway: the stills as they arrive in a request.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image.h"
#include "child.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <libavutil/base64.h>

#define PROBE_SECONDS 30

static const struct {
    const char *mime, *demuxer;
    const char *magic;
    size_t magic_at, magic_size;
} formats[] = {
    {"image/png", "png_pipe", "\x89PNG\r\n\x1a\n", 0, 8},
    {"image/jpeg", "jpeg_pipe", "\xff\xd8\xff", 0, 3},
    {"image/webp", "webp_pipe", "WEBP", 8, 4},
};

#define NB_FORMATS (sizeof(formats) / sizeof(*formats))

static size_t recognise(const Buffer *bytes)
{
    size_t at = 0;

    while (at < NB_FORMATS &&
           (bytes->size < formats[at].magic_at + formats[at].magic_size ||
            memcmp(bytes->data + formats[at].magic_at, formats[at].magic,
                   formats[at].magic_size)))
        at++;
    return at;
}

static char *complain(const char *field, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static char *complain(const char *field, const char *format, ...)
{
    char *text = NULL, *whole;
    va_list list;

    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    whole = text_format("Body validation error! %s: %s", field, text ? text : format);
    free(text);
    return whole;
}

/* Base64 as RFC 4648 has it: whole groups, padded, nothing else in between. */
static int base64_valid(const char *text, size_t size)
{
    size_t padding = 0;

    if (!size || size % 4)
        return 0;
    while (padding < 2 && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size - padding; i++) {
        char c = text[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              (c >= '0' && c <= '9') || c == '+' || c == '/'))
            return 0;
    }
    return 1;
}

static char *decode_data(const char *field, const char *url, Image *image,
                         size_t *claimed)
{
    const char *type = url + 5, *text = strchr(url, ',');
    size_t size, type_size = text ? (size_t)(text - type) : 0;
    int decoded;

    for (*claimed = 0; *claimed < NB_FORMATS; (*claimed)++) {
        size_t length = strlen(formats[*claimed].mime);

        if (type_size == length + 7 && !memcmp(type, formats[*claimed].mime, length) &&
            !memcmp(type + length, ";base64", 7))
            break;
    }
    if (*claimed == NB_FORMATS)
        return complain(field, "expected data:image/(png|jpeg|webp);base64,");
    size = strlen(++text);
    if (!base64_valid(text, size))
        return complain(field, "Invalid base64");
    image->bytes.capacity = size + 16;
    image->bytes.data = checked_alloc(image->bytes.capacity);
    decoded = av_base64_decode((uint8_t *)image->bytes.data, text, (int)size);
    if (decoded < 0)
        return complain(field, "Invalid base64");
    image->bytes.size = (size_t)decoded;
    return NULL;
}

static int is_loopback(const char *url)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = strstr(url, "://") + 3;

    for (int i = 0; i < 3; i++) {
        size_t length = strlen(hosts[i]);

        if (!strncmp(host, hosts[i], length) && strchr(":/?#", host[length]))
            return 1;
    }
    return 0;
}

/* The data demuxer and muxer of ffmpeg pass the bytes as they are. */
static char *fetch_url(const char *field, const char *url, Image *image,
                       const atomic_int *stop)
{
    const char *const argv[] = {"ffmpeg",
                                "-v",
                                "error",
                                "-nostdin",
                                "-protocol_whitelist",
                                "http,https,tls,tcp",
                                "-f",
                                "data",
                                "-i",
                                url,
                                "-map",
                                "0",
                                "-c",
                                "copy",
                                "-f",
                                "data",
                                "-",
                                NULL};
    Buffer errors = {0};
    int status;

    if (!is_loopback(url))
        return complain(field, "cannot be downloaded (this stand-in fetches from "
                               "loopback alone)");
    status = run_child(argv, &image->bytes, &errors, PROBE_SECONDS, stop);
    buffer_free(&errors);
    return status || !image->bytes.size
               ? complain(field, "the image cannot be downloaded")
               : NULL;
}

static int number_of(const cJSON *stream, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(stream, name);

    return cJSON_IsNumber(value)   ? value->valueint
           : cJSON_IsString(value) ? atoi(value->valuestring)
                                   : 0;
}

/* Stills that were found good: one that comes again is not decoded again. */
static struct {
    char digest[DIGEST_TEXT];
    int width, height;
} good[16];
static size_t nb_good;

static int is_known_good(Image *image)
{
    int found = 0;

    for (size_t i = 0; i < sizeof(good) / sizeof(*good) && !found; i++) {
        found = !strcmp(good[i].digest, image->digest);
        if (found) {
            image->width = good[i].width;
            image->height = good[i].height;
        }
    }
    return found;
}

static void remember_good(const Image *image)
{
    size_t at = nb_good++ % (sizeof(good) / sizeof(*good));
    memcpy(good[at].digest, image->digest, sizeof(good[at].digest));
    good[at].width = image->width;
    good[at].height = image->height;
}

/* Decodes the still for good: its header alone would also pass a file that is cut. */
static char *probe(const char *field, size_t format, const char *file, Image *image,
                   const atomic_int *stop)
{
    const char *const argv[] = {"ffprobe",
                                "-v",
                                "error",
                                "-err_detect",
                                "explode",
                                "-f",
                                formats[format].demuxer,
                                "-protocol_whitelist",
                                "file",
                                "-count_frames",
                                "-show_entries",
                                "stream=width,height,nb_read_frames",
                                "-of",
                                "json",
                                file,
                                NULL};
    Buffer output = {0}, errors = {0};
    cJSON *answer = NULL, *stream;
    int status = run_child(argv, &output, &errors, PROBE_SECONDS, stop);
    int frames = 0;

    if (!status && output.size)
        answer = cJSON_Parse(output.data);
    stream = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "streams"), 0);
    if (stream) {
        image->width = number_of(stream, "width");
        image->height = number_of(stream, "height");
        frames = number_of(stream, "nb_read_frames");
    }
    cJSON_Delete(answer);
    status =
        status || frames != 1 || errors.size || image->width < 1 || image->height < 1;
    buffer_free(&output);
    buffer_free(&errors);
    return status ? complain(field, "the image cannot be decoded") : NULL;
}

/* Of what is in image->bytes. */
static char *look_at(const char *field, size_t claimed, const char *file, Image *image,
                     const atomic_int *stop)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    size_t format = recognise(&image->bytes);
    char *problem = NULL;

    if (format == NB_FORMATS)
        return complain(field, "not a PNG, JPEG or WebP image");
    if (claimed != NB_FORMATS && claimed != format)
        return complain(field, "is called %s but holds %s", formats[claimed].mime,
                        formats[format].mime);
    image->mime = formats[format].mime;
    sha256_text(image->bytes.data, image->bytes.size, image->digest);
    if (write_file_atomic(file, image->bytes.data, image->bytes.size))
        return complain(field, "the still cannot be kept: %s", strerror(errno));
    /* One after the other: many that come at once are mostly the same. */
    pthread_mutex_lock(&lock);
    if (!is_known_good(image)) {
        problem = probe(field, format, file, image, stop);
        if (!problem)
            remember_good(image);
    }
    pthread_mutex_unlock(&lock);
    if (problem)
        unlink(file);
    return problem;
}

char *image_take(Buffer *bytes, const char *file, Image *image, const atomic_int *stop)
{
    image->bytes = *bytes;
    return look_at("input_reference", NB_FORMATS, file, image, stop);
}

char *image_receive(const char *field, const char *url, const char *file, Image *image,
                    const atomic_int *stop)
{
    size_t claimed = NB_FORMATS;
    char *problem;

    *image = (Image){.kind = strncmp(url, "data:", 5) ? "url" : "data"};
    if (!strcmp(image->kind, "data"))
        problem = decode_data(field, url, image, &claimed);
    else
        problem = fetch_url(field, url, image, stop);
    return problem ? problem : look_at(field, claimed, file, image, stop);
}
