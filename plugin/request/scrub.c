/* i2v: the fields of a request without what may be secret in them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/scrub.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/url.h"

/* The text in place of one that is too large or too secret to keep, or NULL. */
static char *scrubbed(const char *value)
{
    char digest[DIGEST_TEXT_SIZE], *bare = NULL;

    if (av_stristart(value, "data:", NULL)) {
        size_t head = strcspn(value, ", \t\r\n");
        if (value[head] != ',') /* no data: URI, but words */
            return av_strdup(value);
        digest_text(value, strlen(value), digest);
        return av_asprintf("data: URI of %zu bytes, SHA-256 %s", strlen(value), digest);
    }
    if (!url_is_web(value))
        return av_strdup(value);
    return url_bare(value, &bare) < 0 ? av_strdup("a URL") : bare;
}

/* A field of a name that speaks of a secret, which a user may have given all the same. */
static bool is_secret(const char *name)
{
    static const char *const words[] = {"api_key",  "apikey", "api-key", "authorization",
                                        "password", "secret", "token"};

    for (size_t i = 0; name && i < FF_ARRAY_ELEMS(words); i++)
        if (av_stristr(name, words[i]))
            return true;
    return false;
}

static int scrub(cJSON *item)
{
    int ret = 0;

    if (cJSON_IsString(item)) {
        char *text =
            is_secret(item->string) ? av_strdup("(hidden)") : scrubbed(item->valuestring);
        if (!text)
            return AVERROR(ENOMEM);
        if (strcmp(text, item->valuestring) && !cJSON_SetValuestring(item, text))
            ret = AVERROR(ENOMEM);
        av_free(text);
        return ret;
    }
    for (cJSON *child = item->child; child && ret >= 0; child = child->next)
        ret = scrub(child);
    return ret;
}

cJSON *scrub_fields(const cJSON *fields)
{
    cJSON *copy = cJSON_Duplicate(fields, 1);
    bool kept = copy;

    for (cJSON *field = copy ? copy->child : NULL; field && kept; field = field->next)
        if (strcmp(field->string, "prompt")) /* words, whatever they begin with */
            kept = scrub(field) >= 0;
    if (!kept) {
        cJSON_Delete(copy);
        return NULL;
    }
    return copy;
}
