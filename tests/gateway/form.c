/* i2v: the stand-in gateway: forms, multipart/form-data (RFC 7578), read strictly.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#define NB_PARTS (sizeof(((Form *)0)->parts) / sizeof(FormPart))

static char *copy(const char *text, size_t size)
{
    char *copied = checked_alloc(size + 1);

    memcpy(copied, text, size);
    copied[size] = 0;
    return copied;
}

/* A parameter of a header field, name="value" or name=value; to be freed. */
static char *parameter(const char *field, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strchr(field, ';'); at; at = strchr(at, ';')) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, name, length) || at[length] != '=')
            continue;
        at += length + 1;
        if (*at != '"')
            return copy(at, strcspn(at, "; \t"));
        return copy(at + 1, strcspn(at + 1, "\""));
    }
    return NULL;
}

/* The header of a part, a line at a time. @return what is wrong, or NULL */
static const char *read_header(const char *at, const char *end, FormPart *part)
{
    while (at < end) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        char *line = copy(at, (size_t)((stop ? stop : end) - at));

        if (!strncasecmp(line, "Content-Disposition: form-data;", 31)) {
            part->name = parameter(line, "name");
            part->filename = parameter(line, "filename");
        } else if (!strncasecmp(line, "Content-Type: ", 14)) {
            part->type = checked_strdup(line + 14);
        } else {
            free(line);
            return "There was an error parsing the body";
        }
        free(line);
        at = stop ? stop + 2 : end;
    }
    return part->name && *part->name ? NULL : "There was an error parsing the body";
}

static const char *read_parts(const char *mark, const Buffer *body, Form *form)
{
    const char *at = body->data, *end = at + body->size, *next, *head;
    size_t length = strlen(mark);

    /* The first boundary has no line before it. */
    if (body->size < length || memcmp(at, mark + 2, length - 2))
        return "There was an error parsing the body";
    at += length - 2;
    while (end - at >= 2 && memcmp(at, "--", 2)) {
        FormPart *part = &form->parts[form->nb_parts];

        if (form->nb_parts == NB_PARTS || memcmp(at, "\r\n", 2) ||
            !(head = memmem(at, (size_t)(end - at), "\r\n\r\n", 4)) ||
            !(next = memmem(head + 2, (size_t)(end - head - 2), mark, length)))
            return "There was an error parsing the body";
        form->nb_parts++;
        const char *problem = read_header(at + 2, head, part);
        if (problem)
            return problem;
        part->data = head + 4;
        part->size = next < part->data ? 0 : (size_t)(next - part->data);
        at = next + length;
    }
    return end - at == 4 && !memcmp(at, "--\r\n", 4) ? NULL
                                                     : "There was an error parsing the "
                                                       "body";
}

const char *form_read(const char *content_type, const Buffer *body, Form *form)
{
    char *boundary, *mark;
    const char *problem;

    *form = (Form){.nb_parts = 0};
    boundary = parameter(content_type, "boundary");
    if (!boundary || !*boundary || strlen(boundary) > 70) {
        free(boundary);
        return "Missing boundary in multipart.";
    }
    mark = text_format("\r\n--%s", boundary);
    problem =
        body->data ? read_parts(mark, body, form) : "There was an error parsing the body";
    free(mark);
    free(boundary);
    return problem;
}

void form_free(Form *form)
{
    for (int i = 0; i < form->nb_parts; i++) {
        free(form->parts[i].name);
        free(form->parts[i].filename);
        free(form->parts[i].type);
    }
}
