/* i2v: the stand-in gateway: text, time, digests and files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_UTIL_H
#define GATEWAY_UTIL_H

#include <stddef.h>
#include <stdint.h>

typedef struct Buffer {
    char *data; /* always followed by a zero byte once anything was appended */
    size_t size;
    size_t capacity;
} Buffer;

/* Memory: these never return NULL. A stand-in that is out of memory says so and ends
 * (status 71) rather than answer with something that no real gateway would say. */
void *checked_alloc(size_t size);
void *checked_realloc(void *old, size_t size);
char *checked_strdup(const char *text);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void buffer_append(Buffer *buffer, const void *data, size_t size);
void buffer_text(Buffer *buffer, const char *text);
void buffer_format(Buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_free(Buffer *buffer);

/* The next word of a line, cut off in place; NULL at its end. */
char *next_word(char **rest);
int parse_number(const char *text, double low, double high, double *value);
int parse_integer(const char *text, long long low, long long high, long long *value);
int utf8_valid(const char *data, size_t size);

#define DIGEST_TEXT 65
void sha256_text(const void *data, size_t size, char text[DIGEST_TEXT]);
/* A digest, cut and punctuated like a UUID. */
#define UUID_TEXT 37
void uuid_like(const char digest[DIGEST_TEXT], char text[UUID_TEXT]);

int64_t now_us(void); /* wall clock: jobs survive a restart */
#define TIME_TEXT 32
void format_time(int64_t us, char text[TIME_TEXT]);
int parse_time(const char *text, int64_t *us);

/* 0, or -1 with errno set. The atomic ones write beside the target and rename. */
int read_file(const char *path, Buffer *content);
int write_file_atomic(const char *path, const void *data, size_t size);
int copy_file_atomic(const char *from, const char *to);
int remove_directory(const char *path);

#endif
