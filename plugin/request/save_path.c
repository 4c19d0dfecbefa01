/* i2v: the option save as a template: what stands in it for a request
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/text.h"

/* Of the digits of a key that is not known yet. */
#define UNKNOWN_KEY "0000000000000000000000000000000000000000000000000000000000000000"

/* A value becomes a part of a file's name, and can lead nowhere else. */
static bool is_name(const char *value)
{
    return *value && *value != '.' && !strchr(value, '/') && !text_has_control(value);
}

/* @param value  NULL = the request has none */
static int put(AVBPrint *to, const char *name, const char *value, const char *where,
               Outcome *out)
{
    if (!value)
        return outcome_refuse(
            out, "The option save has {%s}, and this request has none: it is %s.", name,
            where);
    if (!is_name(value))
        return outcome_refuse(out,
                              "The option save has {%s}, and '%s' cannot stand in the "
                              "name of a file: it may hold no / and not begin with a "
                              "point.",
                              name, text_has_control(value) ? "?" : value);
    av_bprintf(to, "%s", value);
    return 0;
}

static int put_named(AVBPrint *to, const char *name, const Request *r, Outcome *out)
{
    char take[16];

    snprintf(take, sizeof(take), "%d", r->take);
    if (!strcmp(name, "key"))
        return put(to, name, r->key[0] ? r->key : UNKNOWN_KEY, "", out);
    if (!strcmp(name, "take"))
        return put(to, name, take, "", out);
    if (!strcmp(name, "id"))
        return put(to, name, r->line_id, "that of a line in a manifest", out);
    if (!strcmp(name, "project"))
        return put(to, name, r->project, "what the option project says", out);
    return outcome_refuse(out,
                          "The option save has {%s}; it takes {key}, {take}, {id} and "
                          "{project}, and {{ for a brace.",
                          text_is_plain(name) ? name : "?");
}

int save_path(const char *template, const Request *r, Outcome *out, char **path)
{
    AVBPrint text;
    int ret = 0;

    *path = NULL;
    av_bprint_init(&text, 256, AV_BPRINT_SIZE_UNLIMITED);
    while (*template && ret >= 0) {
        size_t plain = strcspn(template, "{");
        char name[32];
        av_bprint_append_data(&text, template, (unsigned)plain);
        template += plain;
        size_t size = *template ? strcspn(template, "}") : 0;
        if (template[0] == '{' && template[1] == '{') {
            av_bprint_chars(&text, '{', 1);
            template += 2;
        } else if (*template && !template[size]) {
            ret = outcome_refuse(out, "The option save has a { without its }; {{ stands "
                                      "for a brace.");
        } else if (*template) {
            av_strlcpy(name, template + 1, FFMIN(sizeof(name), size));
            ret = put_named(&text, name, r, out);
            template += size + 1;
        }
    }
    if (ret >= 0 && !av_bprint_is_complete(&text))
        ret = AVERROR(ENOMEM);
    if (ret >= 0)
        ret = av_bprint_finalize(&text, path);
    else
        av_bprint_finalize(&text, NULL);
    return ret;
}

bool save_needs_key(const char *template)
{
    return template && strstr(template, "{key}");
}
