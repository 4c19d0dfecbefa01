/* i2v: what the fuzzers share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FUZZ_H
#define I2V_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What must hold whatever is read. */
#define FUZZ_CHECK(condition)                           \
    do {                                                \
        if (!(condition)) {                             \
            fprintf(stderr, "wrong: %s\n", #condition); \
            abort();                                    \
        }                                               \
    } while (0)

/** How many inputs were good. */
extern long fuzz_good;

/** Read one input. Does not return when something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** An input as text: a copy with a NUL behind it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/** An input as a file: its path, the same each time. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
