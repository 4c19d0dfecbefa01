/* i2v: what the URLs of a gateway may be
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
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

bool url_is_origin(const char *url)
{
    static const CURLUPart others[] = {CURLUPART_USER, CURLUPART_PASSWORD,
                                       CURLUPART_QUERY, CURLUPART_FRAGMENT};
    CURLU *parsed;
    char *part = NULL;

    if (parse_url(url, &parsed) < 0)
        return false;
    bool origin =
        curl_url_get(parsed, CURLUPART_PATH, &part, 0) == CURLUE_OK && !strcmp(part, "/");
    curl_free(part);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(others); i++) {
        part = NULL;
        origin &= curl_url_get(parsed, others[i], &part, 0) != CURLUE_OK;
        curl_free(part);
    }
    curl_url_cleanup(parsed);
    return origin;
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
