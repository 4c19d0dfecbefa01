/* i2v: what the URLs of a service may be
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

static int parse_url(const char *url, CURLU **parsed)
{
    *parsed = curl_url();
    if (!*parsed)
        return AVERROR(ENOMEM);
    if (curl_url_set(*parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(*parsed);
        *parsed = NULL;
        return AVERROR(EINVAL);
    }
    return 0;
}

bool url_is_web(const char *url)
{
    return av_stristart(url, "http://", NULL) || av_stristart(url, "https://", NULL);
}

bool url_is_loopback(const char *url)
{
    CURLU *parsed;
    char *host = NULL;
    struct in_addr v4;
    bool loopback = false;

    if (parse_url(url, &parsed) < 0)
        return false;
    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        loopback = !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
                   (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
    curl_free(host);
    curl_url_cleanup(parsed);
    return loopback;
}

int url_origin(const char *url, char **origin)
{
    CURLU *parsed;
    char *scheme = NULL, *host = NULL, *port = NULL;
    int ret;

    *origin = NULL;
    if (!url_is_web(url))
        return AVERROR(EINVAL);
    if ((ret = parse_url(url, &parsed)) < 0)
        return ret;
    if (curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        ret = AVERROR(EINVAL);
        goto end;
    }
    curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
    for (char *c = host; *c; c++)
        *c = (char)av_tolower(*c);
    *origin = av_asprintf("%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
    ret = *origin ? 0 : AVERROR(ENOMEM);
end:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
    return ret;
}

/* The path of a URL that has nothing beside origin and path. @return free with
 * curl_free(); NULL for another URL, or without memory */
static char *path_alone(const char *url)
{
    static const CURLUPart others[] = {CURLUPART_USER, CURLUPART_PASSWORD,
                                       CURLUPART_QUERY, CURLUPART_FRAGMENT};
    CURLU *parsed;
    char *path = NULL, *part;

    if (parse_url(url, &parsed) < 0)
        return NULL;
    curl_url_get(parsed, CURLUPART_PATH, &path, 0);
    for (size_t i = 0; path && i < FF_ARRAY_ELEMS(others); i++) {
        part = NULL;
        if (curl_url_get(parsed, others[i], &part, 0) == CURLUE_OK) {
            curl_free(path);
            path = NULL;
        }
        curl_free(part);
    }
    curl_url_cleanup(parsed);
    return path;
}

bool url_is_origin(const char *url)
{
    char *path = path_alone(url);
    bool origin = path && !strcmp(path, "/");

    curl_free(path);
    return origin;
}

int url_base(const char *url, const char *path, char **base)
{
    char *origin = NULL, *own = path_alone(url);
    int ret = own ? url_origin(url, &origin) : AVERROR(EINVAL);

    *base = NULL;
    if (ret >= 0) {
        for (size_t size = strlen(own); size && own[size - 1] == '/';)
            own[--size] = '\0';
        if (!(*base = av_asprintf("%s%s", origin, *own ? own : path)))
            ret = AVERROR(ENOMEM);
    }
    av_free(origin);
    curl_free(own);
    return ret;
}

int url_bare(const char *url, char **bare)
{
    static const CURLUPart secret[] = {CURLUPART_USER, CURLUPART_PASSWORD,
                                       CURLUPART_OPTIONS, CURLUPART_QUERY,
                                       CURLUPART_FRAGMENT};
    CURLU *parsed;
    char *text = NULL;
    int ret = parse_url(url, &parsed);

    *bare = NULL;
    if (ret < 0)
        return ret;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(secret); i++)
        curl_url_set(parsed, secret[i], NULL, 0);
    if (curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK)
        ret = AVERROR(EINVAL);
    else if (!(*bare = av_strdup(text)))
        ret = AVERROR(ENOMEM);
    curl_free(text);
    curl_url_cleanup(parsed);
    return ret;
}

/* References */

/* Where the scheme of a reference ends, at its colon; NULL when it has none. */
static const char *scheme_end(const char *reference)
{
    const char *at = reference;

    while ((av_tolower(*at) >= 'a' && av_tolower(*at) <= 'z') ||
           (at > reference && (av_isdigit(*at) || (*at && strchr("+-.", *at)))))
        at++;
    return at > reference && *at == ':' ? at : NULL;
}

/* Whether a character of a path or a query must be encoded, and is not yet. */
static bool is_bare(const char *at)
{
    if (*at == '%')
        return !av_isxdigit(at[1]) || !av_isxdigit(at[2]);
    return (unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f ||
           strchr("\"<>[]\\^`{|}", *at);
}

/* A reference as a URL may have it: scheme and host as they are, the rest encoded where
 * it must be, no fragment. */
static char *encode(const char *reference, size_t size)
{
    char *text = av_malloc(3 * size + 1), *to = text;
    const char *end = reference + size, *at = scheme_end(reference);

    at = at ? at + 1 : reference;
    if (text && at + 1 < end && at[0] == '/' && at[1] == '/')
        at += 2 + strcspn(at + 2, "/?#");
    else
        at = reference;
    if (text) {
        at = FFMIN(at, end);
        memcpy(text, reference, (size_t)(at - reference));
        to += at - reference;
        for (; at < end && *at != '#'; at++)
            if (is_bare(at))
                to += snprintf(to, 4, "%%%02X", (unsigned char)*at);
            else
                *to++ = *at;
        *to = '\0';
    }
    return text;
}

/* Only what names a web server, or nothing but a place on one. */
static bool may_be_reference(const char *reference, size_t size)
{
    const char *colon = scheme_end(reference);
    return size && (!colon || (url_is_web(reference) && colon[1] == '/'));
}

int url_resolve(const char *base, const char *reference, char **absolute)
{
    static const char blank[] = " \t\r\n\f\v";
    CURLU *parsed;
    char *encoded, *text = NULL;
    int ret;

    *absolute = NULL;
    reference += strspn(reference, blank);
    size_t size = strlen(reference);
    while (size && strchr(blank, reference[size - 1]))
        size--;
    if (!may_be_reference(reference, size))
        return AVERROR(EINVAL);
    if ((ret = parse_url(base, &parsed)) < 0)
        return ret;
    encoded = encode(reference, size);
    if (!encoded)
        ret = AVERROR(ENOMEM);
    else if (curl_url_set(parsed, CURLUPART_URL, encoded, 0) != CURLUE_OK ||
             curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK)
        ret = AVERROR(EINVAL);
    else if (!(*absolute = av_strdup(text)))
        ret = AVERROR(ENOMEM);
    curl_free(text);
    av_free(encoded);
    curl_url_cleanup(parsed);
    return ret;
}
