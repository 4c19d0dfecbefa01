/* i2v: a module that says which copy of libavformat its calls arrive in
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <stdio.h>

unsigned avformat_version(void);
int avio_check(const char *url, int flags);
int avformat_open_input(void *ps, const char *url, const void *fmt, void *options);

__attribute__((visibility("default"))) int run(const char *url);

int run(const char *url)
{
    void *context = NULL;

    printf("own %d, reached %d and %d\n", FAKE_MAJOR, avio_check("x", 0),
           avformat_open_input(&context, url, NULL, NULL));
    return 0;
}
