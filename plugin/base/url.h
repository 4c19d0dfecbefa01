/* i2v: what the URLs of a service may be
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_URL_H
#define I2V_URL_H

#include <stdbool.h>

/** Whether `url` begins as one of http or https does. */
bool url_is_web(const char *url);

/** Whether the host of `url` is this machine's loopback (a literal address, or
 * localhost). */
bool url_is_loopback(const char *url);

/** scheme://host[:port] of an http(s) URL in canonical form, for comparing origins.
 * @return 0, AVERROR(EINVAL) when it is not such a URL, AVERROR(ENOMEM); free *origin
 * with av_free() */
int url_origin(const char *url, char **origin);

/** The URL below which a service is: origin and path, without / at its end.
 * @param path  of a URL that has none, "/v1"
 * @return as url_origin(), AVERROR(EINVAL) also for one with more than that */
int url_base(const char *url, const char *path, char **base);

/** A URL without what may be secret in it: credentials, query and fragment. Return and
 * ownership as url_origin(). */
int url_bare(const char *url, char **bare);

/**
 * The URL that a reference names (RFC 3986, 5), as the web has them: white space around
 * it and a fragment are dropped, and what may not stand in a URL (spaces, letters outside
 * ASCII, brackets, quotes, a bare %) is encoded; what is encoded stays as it is.
 *  base       URL of the answer that the reference stood in
 *  reference  relative, or an http(s) URL
 *  0, AVERROR(EINVAL) for a reference of another kind, AVERROR(ENOMEM); free
 * *absolute with av_free()
 */
int url_resolve(const char *base, const char *reference, char **absolute);

/** Whether `url` says no more than an origin: no path but /, no query, no credentials. */
bool url_is_origin(const char *url);

#endif
