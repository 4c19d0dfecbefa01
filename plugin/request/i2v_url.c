/* i2v: the i2v: URL
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/text.h"
#include "request/steps.h"

const char *options_url_body(const char *url)
{
    const char *body;
    return url && av_strstart(url, "i2v:", &body) ? body : NULL;
}

/* Decode %XX, and + as a space in a query, of text[0..size). */
static int decode(const char *text, size_t size, bool query, char **decoded, Outcome *out)
{
    char *copy = av_strndup(text, size), *plain = NULL;

    for (char *c = copy; c && *c; c++) {
        if (query && *c == '+')
            *c = ' ';
        if (*c != '%' || (av_isxdigit(c[1]) && av_isxdigit(c[2]) && strncmp(c, "%00", 3)))
            continue;
        outcome_refuse(
            out,
            "In an i2v: URL a %% must be followed by two hexadecimal digits, not "
            "00; a literal %% is written %%25: \"%.12s\"",
            c);
        av_free(copy);
        return AVERROR(EINVAL);
    }
    if (copy)
        plain = curl_easy_unescape(NULL, copy, 0, NULL);
    *decoded = plain ? av_strdup(plain) : NULL;
    curl_free(plain);
    av_free(copy);
    return *decoded ? 0 : AVERROR(ENOMEM);
}

/* One name=value of the query. */
static int parse_pair(const char *pair, size_t size, AVDictionary **query, Outcome *out)
{
    char *name = NULL, *value = NULL;
    const char *equals = memchr(pair, '=', size);
    size_t name_size = equals ? (size_t)(equals - pair) : size;
    int ret;

    if ((ret = decode(pair, name_size, true, &name, out)) < 0)
        goto end;
    if (text_has_control(name))
        ret = outcome_refuse(out,
                             "An option name in the i2v: URL holds a control character.");
    else if (!equals && options_find(name))
        ret = outcome_refuse(out, "'%s' in the i2v: URL has no value; write %s=VALUE.",
                             name, name);
    else if (!equals)
        ret = outcome_refuse(out,
                             "'%s' in the i2v: URL is no option with a value; a & within "
                             "a value is written %%26.",
                             name);
    else if (!options_find(name))
        ret = options_refuse_unknown(
            name, "the i2v: URL (a & within a value is written %26)", true, out);
    else if ((ret = decode(equals + 1, size - name_size - 1, true, &value, out)) >= 0 &&
             (ret = options_check_foreign(OPTIONS_OF_URL, name, value, out)) >= 0)
        ret = options_add(query, name, value, out);
end:
    av_free(name);
    av_free(value);
    return ret;
}

/* Whether what should be a query stands in the name of the still: there is an option
 * behind a &, and no such file. */
static int check_still(const char *still, Outcome *out)
{
    char name[64];

    for (const char *at = strchr(still, '&'); at; at = strchr(at + 1, '&')) {
        size_t size = strcspn(at + 1, "=&");
        if (at[1 + size] != '=' || size >= sizeof(name))
            continue;
        av_strlcpy(name, at + 1, size + 1);
        if (options_find(name) && access(still, F_OK) < 0)
            return outcome_refuse(out,
                                  "The i2v: URL has no ? in front of its options: write "
                                  "i2v:%.*s?%s=...",
                                  (int)strcspn(still, "&"), still, name);
    }
    return 0;
}

int options_parse_url(const char *body, char **still, AVDictionary **query, Outcome *out)
{
    size_t size = strcspn(body, "?");
    int ret = decode(body, size, false, still, out);

    if (ret >= 0 && !body[size])
        ret = check_still(*still, out);
    if (ret >= 0)
        ret = stills_check_foreign("image", *still, "an i2v: URL", out);
    body += size;
    while (ret >= 0 && *body) {
        body++;
        size = strcspn(body, "&");
        if (size)
            ret = parse_pair(body, size, query, out);
        body += size;
    }
    if (ret < 0)
        av_freep(still);
    return FFMIN(ret, 0);
}
