/* i2v: where the store, the saved clip and its account are
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"

/* Where things are to be kept is the store's matter, whatever is wrong with it. */
#define refuse(out, ...) outcome_fail(out, FAILURE_STORE, AVERROR(EINVAL), __VA_ARGS__)

static bool is_still(const char *path, const Request *r)
{
    return still_is_file(r->image, path) ||
           (r->end_image && still_is_file(r->end_image, path));
}

/* The store's own files: whoever copies a clip over itself, or over a record, harms the
 * ledger. `path` leads through no link. */
static bool is_of_store(const char *path, const char *store)
{
    char *real = realpath(store, NULL);
    size_t size = real ? strlen(real) : 0;
    bool below = real && !strncmp(path, real, size) && path[size] == '/';
    const char *name = below ? path + size + 1 : "";

    free(real);
    return below &&
           (strspn(name, "0123456789abcdef") >= REQUEST_KEY_SIZE - 1 ||
            av_strstart(name, "models/", NULL) || av_strstart(name, "stats.json", NULL) ||
            av_strstart(name, "journal.jsonl", NULL));
}

/* The path without links, as far as it exists: the file, or else its directory; NULL
 * without memory. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL), *copy = NULL, *directory = NULL;
    if (!real && (copy = av_strdup(path)))
        directory = realpath(av_dirname(copy), NULL);
    char *result = real        ? av_strdup(real)
                   : directory ? av_asprintf("%s/%s", directory, av_basename(path))
                               : av_strdup(path);
    free(real);
    free(directory);
    av_free(copy);
    return result;
}

char *account_path(const char *path)
{
    const char *name = av_basename(path), *dot = strrchr(name, '.');
    size_t size = dot && dot > name ? (size_t)(dot - path) : strlen(path);
    return av_asprintf("%.*s.i2v.json", (int)size, path);
}

/* The account is written beside the clip. */
static int check_account(const Options *o, Outcome *out, const Request *r)
{
    char *path = account_path(r->save);
    int ret = path ? 0 : AVERROR(ENOMEM);

    if (path && is_still(path, r)) {
        ret = refuse(
            out,
            "The option save names %s, and the account of the clip would be written "
            "over the still, %s; nothing sent.",
            o->save, path);
    } else if (path && (ret = files_check_writable(path)) < 0) {
        outcome_fail(
            out, FAILURE_STORE, ret,
            "The option save names %s, beside which the account of the clip, %s, "
            "cannot be written: %s; nothing sent.",
            o->save, path, av_err2str(ret));
    }
    av_free(path);
    return ret;
}

/* @param path  what is typed means */
static int check_path(const Options *o, const char *path, Outcome *out, Request *r)
{
    int ret;

    if (is_still(path, r))
        return refuse(out, "The option save names a still of the request, %s.", path);
    if ((ret = files_check_writable(path)) < 0)
        return outcome_fail(
            out, FAILURE_STORE, ret,
            "The option save names %s, which cannot be written: %s; nothing sent.",
            r->key[0] ? path : o->save, av_err2str(ret));
    /* A link is to stay one: what it leads to is written. */
    if (!(r->save = resolve(path)))
        return AVERROR(ENOMEM);
    if (is_of_store(r->save, r->store))
        return refuse(
            out,
            "The option save names %s, a file of the store itself, which keeps every "
            "clip anyway; name one outside of %s; nothing sent.",
            r->key[0] ? path : o->save, r->store);
    return check_account(o, out, r);
}

static int check_save(const Options *o, Outcome *out, Request *r)
{
    char *path = NULL;

    if (!o->save)
        return 0;
    if (!o->save[0])
        return refuse(out, "The option save is empty; it takes the path of a file.");
    int ret = save_path(o->save, r, out, &path);
    if (ret >= 0)
        ret = check_path(o, path, out, r);
    av_free(path);
    return ret;
}

static int say_no_store(Outcome *out)
{
    static const char *const variables[] = {"XDG_DATA_HOME", "HOME"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(variables); i++) {
        const char *value = secure_getenv(variables[i]);
        if (!value || !*value || *value == '/')
            continue;
        return outcome_fail(
            out, FAILURE_STORE, AVERROR(ENOENT),
            "There is no place for the ledger: %s must be an absolute path, and is "
            "'%s'; nothing sent; set the option store or I2V_STORE.",
            variables[i], value);
    }
    return outcome_fail(
        out, FAILURE_STORE, AVERROR(ENOENT),
        "There is no place for the ledger: neither the option store nor I2V_STORE, "
        "XDG_DATA_HOME or HOME is set; nothing sent.");
}

int request_find_store(const Options *o, Outcome *out, char **path)
{
    *path = o->store && o->store[0]
                ? av_strdup(o->store)
                : files_home_path("XDG_DATA_HOME", ".local/share", "i2v");
    return *path ? 0 : say_no_store(out);
}

int request_check_places(Request *request, const Options *options, Outcome *out)
{
    int ret = request_find_store(options, out, &request->store);
    return ret < 0 ? ret : check_save(options, out, request);
}

int request_settle_places(Request *request, const Options *options, Outcome *out)
{
    if (!save_needs_key(options->save))
        return 0;
    av_freep(&request->save);
    return check_save(options, out, request);
}
