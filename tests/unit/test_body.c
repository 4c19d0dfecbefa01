/* i2v: unit test: a body in parts
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/base64.h>

#include "base/body.h"
#include "base/digest.h"

static const size_t sizes[] = {0,          1,    2,    3,    4,    BODY_PIECE - 1,
                               BODY_PIECE, 3073, 3074, 6143, 6144, 100000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Text, a file in Base64, text, another file, text: as it would be all at once. */
static char *whole_of(const BodyPart *parts, int count)
{
    char *whole = malloc(400000), *to = whole;
    for (int i = 0; i < count; i++) {
        if (parts[i].kind == BODY_BASE64) {
            av_base64_encode(to, 200000, parts[i].data, (int)parts[i].size);
            to += strlen(to);
        } else {
            memcpy(to, parts[i].data, parts[i].size);
            to += parts[i].size;
        }
    }
    *to = '\0';
    return whole;
}

static void check_parts(const BodyPart *parts, int count)
{
    static const size_t steps[] = {1, 7, 64, 4096, 4097, 65536, 1000000};
    char *whole = whole_of(parts, count), *got = malloc(1000001);
    char digest[DIGEST_TEXT_SIZE], wanted[DIGEST_TEXT_SIZE];
    size_t size = strlen(whole);

    check_number("size", body_size(parts, count), size);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        BodyReader reader = {.parts = parts, .count = count};
        size_t at = 0, step;
        while ((step = body_read(&reader, got + at, steps[i])) == steps[i])
            at += step;
        got[at + step] = '\0';
        check_number("read", at + step, size);
        assert_string_equal(got, whole);
        check_number("then", body_read(&reader, got, steps[i]), 0);
    }
    assert_int_equal(body_digest(parts, count, digest), 0);
    digest_text(whole, size, wanted);
    assert_string_equal(digest, wanted);
    free(whole);
    free(got);
}

static void test_parts(void **state)
{
    uint8_t *data = malloc(100000);
    (void)state;
    for (size_t i = 0; i < 100000; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t i = 0; i < SIZES; i++) {
        const BodyPart parts[] = {{BODY_BYTES, "{\"a\":\"", 6},
                                  {BODY_BASE64, data, sizes[i]},
                                  {BODY_BYTES, "\"", i % 2},
                                  {BODY_BASE64, data, sizes[SIZES - 1 - i]},
                                  {BODY_BYTES, "}", 1}};
        for (int count = 0; count <= 5; count++)
            check_parts(parts, count);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
