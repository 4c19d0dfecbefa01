/* i2v: the i2v: URL, and what it and a filter graph may say
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "request/table.h"
#include "base/text.h"

/* URLs and graphs come from strangers too: what could send the key elsewhere, or a file
 * of this machine's to the gateway, or write one, is not for them to say. */
static const char *const withheld[] = {"base_url", "api_key_file", "prompt_file",
                                       "ca_file",  "store",        "save"};

static const char *const places[] = {
    [OPTIONS_OF_URL] = "an i2v: URL",
    [OPTIONS_OF_GRAPH] = "a filter graph",
};

bool options_is_withheld(const char *name)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(withheld); i++)
        if (!strcmp(name, withheld[i]))
            return true;
    return false;
}

static int refuse(const char *name, const char *file, const char *place, Outcome *out)
{
    return outcome_fail(
        out, FAILURE_REQUEST, AVERROR(EINVAL),
        "The option %s%s is not accepted in %s; set it with -f i2v -%s, in "
        "I2V_DEFAULTS%s or through the C API.",
        name, file, place, name,
        !strcmp(name, "base_url") ? ", by I2V_BASE_URL"
        : !strcmp(name, "store")  ? ", by I2V_STORE"
                                  : "");
}

/* What is said ends up in log lines; only texts for the gateway may have lines of their
 * own. */
int options_check_foreign(OptionsOrigin origin, const char *name, const char *value,
                          Outcome *out)
{
    const char *place = places[origin];
    if (options_is_withheld(name))
        return refuse(name, "", place, out);
    if (!strcmp(name, "params") && value[0] == '@')
        return refuse(name, "=@file", place, out);
    if (text_is_among(name, "prompt|negative_prompt|params") || !text_has_control(value))
        return 0;
    return outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                        "The option %s in %s holds a control character.", name, place);
}

/* The i2v: URL */

const char *options_url_body(const char *url)
{
    const char *body;
    return url && av_strstart(url, "i2v:", &body) ? body : NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)av_tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode %XX, and + as a space in a query, of text[0..size). */
static int decode(const char *text, size_t size, bool query, char **decoded, Outcome *out)
{
    char *result = av_malloc(size + 1), *to = result;
    if (!result)
        return AVERROR(ENOMEM);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0 || (!high && !low)) {
                outcome_fail(
                    out, FAILURE_REQUEST, AVERROR(EINVAL),
                    "In an i2v: URL a %% must be followed by two hexadecimal digits, not "
                    "00; a literal %% is written %%25: \"%.*s\"",
                    (int)FFMIN(size - i, 12), text + i);
                av_free(result);
                return AVERROR(EINVAL);
            }
            *to++ = (char)(high << 4 | low);
            i += 2;
        } else {
            *to++ = query && text[i] == '+' ? ' ' : text[i];
        }
    }
    *to = '\0';
    *decoded = result;
    return 0;
}

static int say_unknown(const char *name, Outcome *out)
{
    AVBPrint list;
    av_bprint_init(&list, 0, 1024);
    options_list(&list, true);
    outcome_fail(out, FAILURE_REQUEST, AVERROR_OPTION_NOT_FOUND,
                 "Unknown option '%s' in the i2v: URL; it may hold %s.", name, list.str);
    av_bprint_finalize(&list, NULL);
    return AVERROR_OPTION_NOT_FOUND;
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
    if (text_has_control(name)) {
        ret = outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                           "An option name in the i2v: URL holds a control character.");
        goto end;
    }
    if (!equals) {
        ret = outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL),
                           "'%s' in the i2v: URL has no value; write %s=VALUE.", name,
                           name);
        goto end;
    }
    if (!options_find(name)) {
        ret = say_unknown(name, out);
        goto end;
    }
    if ((ret = decode(equals + 1, size - name_size - 1, true, &value, out)) < 0 ||
        (ret = options_check_foreign(OPTIONS_OF_URL, name, value, out)) < 0)
        goto end;
    ret = options_add(query, name, value, out);
end:
    av_free(name);
    av_free(value);
    return ret;
}

int options_parse_url(const char *body, char **still, AVDictionary **query, Outcome *out)
{
    size_t size = strcspn(body, "?");
    int ret = decode(body, size, false, still, out);

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
