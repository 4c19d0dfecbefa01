/* i2v: the stand-in gateway: forms, multipart/form-data (RFC 7578), read strictly.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_FORM_H
#define GATEWAY_FORM_H

#include "util.h"

/* Texts are NULL when not given; data points into the body. */
typedef struct FormPart {
    char *name, *filename, *type;
    const char *data;
    size_t size;
} FormPart;

typedef struct Form {
    FormPart parts[64];
    int nb_parts;
} Form;

/* Reads a body of this Content-Type. NULL, or what is wrong (constant). The form is to be
 * freed in any case. */
const char *form_read(const char *content_type, const Buffer *body, Form *form);
void form_free(Form *form);

#endif
