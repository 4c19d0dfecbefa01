/* i2v: the stand-in gateway: the stills as they arrive in a request.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_IMAGE_H
#define GATEWAY_IMAGE_H

#include "util.h"

#include <stdatomic.h>

typedef struct Image {
    Buffer bytes;
    const char *mime; /* what the bytes are */
    const char *kind; /* "data" or "url" */
    int width, height;
    char digest[DIGEST_TEXT];
} Image;

/* Decodes or fetches the still of that field, checks that it is one that can be decoded,
 * and leaves a copy of it in the file. NULL, or a sentence on what is wrong with it, to
 * be freed. */
char *image_receive(const char *field, const char *url, const char *file, Image *image,
                    const atomic_int *stop);

/* The same of the bytes of a file part, which it takes over. */
char *image_take(Buffer *bytes, const char *file, Image *image, const atomic_int *stop);

#endif
