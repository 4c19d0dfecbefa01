/* i2v: where the API key is read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/files.h"

#define MAX_KEY 4096

/* Characters of what may be a key in place of a file's name. */
#define LIKE_A_KEY 16

/* An API key goes into a header: printable ASCII, without the space around it. */
static int take_key(const char *text, const char *where, Outcome *out, char **key)
{
    size_t start = strspn(text, " \t\r\n"), size = strcspn(text + start, " \t\r\n");
    const char *rest = text + start + size;

    *key = av_strndup(text + start, size);
    if (!*key)
        return AVERROR(ENOMEM);
    for (const char *c = *key; *c; c++)
        if (*c < 0x21 || *c > 0x7e)
            size = 0;
    if (size && !rest[strspn(rest, " \t\r\n")])
        return 0;
    av_freep(key);
    return outcome_refuse(
        out, "%s does not hold an API key: one line of printable ASCII.", where);
}

static int read_key_file(const char *path, Outcome *out, char **key)
{
    char *text = NULL;
    int ret;

    /* It may be the key itself, which is not to be said. */
    if (strcspn(path, "/.") == strlen(path) && strlen(path) >= LIKE_A_KEY &&
        access(path, F_OK) < 0) {
        ret = AVERROR(errno);
        return outcome_fail(out, FAILURE_REQUEST, ret,
                            "The option api_key_file names a file that cannot be used: "
                            "%s.",
                            av_err2str(ret));
    }
    ret = files_read_text(path, MAX_KEY, "api_key_file", out, &text);
    if (ret >= 0)
        ret = take_key(text, path, out, key);
    av_free(text);
    return ret;
}

/* A process with many requests says it once of a key file as it is. */
static bool is_news(const struct stat *st)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct stat last; /* under the lock */

    pthread_mutex_lock(&lock);
    bool same = last.st_dev == st->st_dev && last.st_ino == st->st_ino &&
                last.st_mode == st->st_mode;
    last = *st;
    pthread_mutex_unlock(&lock);
    return !same;
}

static int use_key_file(const char *path, Outcome *out, Request *r)
{
    struct stat st;

    /* Another's file, as a container's secret is, cannot be changed by this user. */
    if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        st.st_mode & 077 && is_news(&st))
        outcome_say(out, AV_LOG_WARNING,
                    "The key file %s can be read by others; chmod 600 keeps it yours.",
                    path);
    r->api_key_path = av_strdup(path);
    return r->api_key_path ? read_key_file(path, out, &r->api_key) : AVERROR(ENOMEM);
}

int request_read_key_again(const Request *request, Outcome *out, char **key)
{
    *key = NULL;
    return request->api_key_path ? read_key_file(request->api_key_path, out, key)
                                 : AVERROR(ENOENT);
}

int api_key_find(const Options *o, bool any, Outcome *out, Request *r)
{
    int ret = 0;

    if (o->api_key_file)
        return use_key_file(o->api_key_file, out, r);
    const char *common = any ? secure_getenv("I2V_API_KEY") : NULL;
    if (common)
        return take_key(common, "I2V_API_KEY", out, &r->api_key);
    for (const char *const *name = r->engine->key_variables; *name; name++) {
        const char *value = secure_getenv(*name);
        if (value)
            return take_key(value, *name, out, &r->api_key);
    }
    /* What is in the user's file is the gateway's, and not for other servers. */
    if (!r->engine->needs_key)
        return (r->api_key = av_strdup("")) ? 0 : AVERROR(ENOMEM);
    char *path = files_home_path("XDG_CONFIG_HOME", ".config", "i2v/key");
    if (path && !access(path, F_OK))
        ret = use_key_file(path, out, r);
    av_free(path);
    return ret;
}
