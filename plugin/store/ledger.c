/* i2v: the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/download.h"
#include "base/files.h"
#include "base/lock.h"

/* The longest prompt, escaped, and its history. */
#define MAX_RECORD (16 << 20)

/* A file that is younger may be being written. */
#define LEFTOVER_S 3600

/* The directory */

static int make_directories(char *path)
{
    for (char *slash = path + (*path == '/'); *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        int failed = mkdir(path, 0700) < 0 && errno != EEXIST;
        *slash = '/';
        /* The parent may be there and closed to us, which is no matter if the rest works.
         */
        if (failed && errno != EACCES && errno != EROFS)
            return AVERROR(errno);
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? AVERROR(errno) : 0;
}

/* The sentence for everything that keeps the ledger from being written. */
static int say_unwritable(const char *path, int error, Outcome *out)
{
    return outcome_fail(
        out, FAILURE_STORE, error,
        "Cannot write the ledger %s: %s; nothing sent; set I2V_STORE or the option "
        "store to a directory of yours.",
        path, av_err2str(error));
}

int store_open(const char *directory, Outcome *out, Store **store)
{
    char *copy = av_strdup(directory);
    Store *s = av_mallocz(sizeof(*s));
    struct stat st;
    int ret = s && copy ? make_directories(copy) : AVERROR(ENOMEM);

    *store = NULL;
    if (ret >= 0 && (stat(copy, &st) < 0 || !S_ISDIR(st.st_mode)))
        ret = AVERROR(ENOTDIR);
    /* Absolute, whatever the host does to its working directory later. */
    if (ret >= 0 && !(s->directory = realpath(copy, NULL)))
        ret = AVERROR(errno);
    if (ret >= 0)
        FFSWAP(Store *, *store, s);
    else if (ret != AVERROR(ENOMEM))
        say_unwritable(directory, ret, out);
    av_free(copy);
    store_close(&s);
    return ret;
}

int store_probe(const Store *store, const char *key, Outcome *out)
{
    char *path = av_asprintf("%s/%s.probe", store->directory, key);
    /* On a full disk a file can be made, and nothing be written into it. */
    int ret = path ? files_write(path, "probe\n", 6) : AVERROR(ENOMEM);
    if (ret >= 0)
        unlink(path);
    av_free(path);
    return ret < 0 ? say_unwritable(store->directory, ret, out) : 0;
}

Store *store_ref(Store *store)
{
    atomic_fetch_add(&store->references, 1);
    return store;
}

void store_close(Store **store)
{
    Store *s = *store;

    *store = NULL;
    if (!s || atomic_fetch_sub(&s->references, 1) > 0)
        return;
    free(s->directory);
    av_free(s);
}

char *store_path(const Store *store, const char *key, const char *suffix)
{
    return av_asprintf("%s/%s%s", store->directory, key, suffix);
}

/* Records */

int store_move_aside(const char *path, const char *sentence, Outcome *out)
{
    char *aside = av_asprintf("%s.%lld.bad", path, (long long)av_gettime());
    int ret = !aside ? AVERROR(ENOMEM) : rename(path, aside) < 0 ? AVERROR(errno) : 0;
    if (ret >= 0)
        outcome_say(out, AV_LOG_WARNING, sentence, path, aside);
    av_free(aside);
    return ret;
}

int store_load(const Store *store, const char *key, bool locked, Outcome *out,
               Record **record)
{
    char *path = store_path(store, key, ".json"), *text = NULL;
    int ret = path ? files_read(path, MAX_RECORD, &text) : AVERROR(ENOMEM);

    *record = NULL;
    if (text)
        ret = record_parse(key, text, record);
    bool damaged = ret == AVERROR_INVALIDDATA;
    if (damaged)
        ret = locked ? store_move_aside(path,
                                        "The ledger's record %s is damaged or of another "
                                        "version; it was moved to %s.",
                                        out)
                     : 0;
    if (ret >= 0 && !*record && !(*record = record_alloc(key)))
        ret = AVERROR(ENOMEM);
    if (ret >= 0 && damaged && !locked)
        (*record)->state = RECORD_DAMAGED;
    if (ret < 0) {
        record_free(record);
        outcome_fail(
            out, FAILURE_STORE, ret,
            "Cannot read the ledger %s: %s; set I2V_STORE or the option store to a "
            "directory of yours.",
            path ? path : store->directory, av_err2str(ret));
    }
    av_free(text);
    av_free(path);
    return ret;
}

/* What it means for the money that a record cannot be written. */
static void print_consequence(const Record *record, char *text, size_t size)
{
    static const char elsewhere[] =
        "set I2V_STORE or the option store to a directory of yours";
    const char *tries = record->client_ids;
    bool first = !tries || !strchr(tries, ' ');

    av_strlcpy(text, "what the gateway answered is not noted", size);
    switch (record->state) {
    case RECORD_RUNNING:
        snprintf(text, size,
                 "generation %s goes on at the gateway; once this store can be written "
                 "the same command finds it",
                 record->id);
        break;
    case RECORD_READY:
        av_strlcpy(text, "the clip itself is kept", size);
        break;
    case RECORD_SENT: /* stopped before the last byte left */
        snprintf(text, size, "%s; %s", first ? "nothing sent" : "nothing was bought",
                 elsewhere);
        break;
    case RECORD_NEW:
    case RECORD_INTENT:
        if (!record->error && first)
            snprintf(text, size, "nothing sent; %s", elsewhere);
        break;
    default:
        break;
    }
}

int store_save(const Store *store, const Record *record, Outcome *out)
{
    char consequence[320];
    char *path = store_path(store, record->key, ".json");
    char *text = record_print(record);
    int ret = path && text ? 0 : AVERROR(ENOMEM);

    /* What could not be read again had better not be sent. */
    if (ret >= 0)
        ret = strlen(text) > MAX_RECORD ? AVERROR(EFBIG)
                                        : files_write(path, text, strlen(text));
    if (ret < 0) {
        print_consequence(record, consequence, sizeof(consequence));
        outcome_fail(out, FAILURE_STORE, ret, "Cannot write the ledger %s: %s; %s.",
                     path ? path : store->directory, av_err2str(ret), consequence);
    }
    av_free(path);
    cJSON_free(text);
    return ret;
}

/* Locks */

int store_lock(const Store *store, const char *key)
{
    char *path = store_path(store, key, ".lock");
    int ret = path ? lock_try(path) : AVERROR(ENOMEM);
    av_free(path);
    return ret;
}

void store_unlock(int *lock)
{
    lock_release(lock);
}

/* The whole store */

/* The key that a file of the store belongs to. */
static bool is_keyed(const char *name, const char *suffix)
{
    const size_t digits = RECORD_KEY_SIZE - 1;
    return strspn(name, "0123456789abcdef") == digits && !strcmp(name + digits, suffix);
}

void store_free_keys(char ***keys, int count)
{
    for (int i = 0; i < count; i++)
        av_free((*keys)[i]);
    av_freep(keys);
}

int store_list(const Store *store, char ***keys, int *count)
{
    DIR *directory = opendir(store->directory);
    const struct dirent *entry;
    int ret = directory ? 0 : AVERROR(errno);

    *keys = NULL;
    *count = 0;
    while (ret >= 0 && (entry = readdir(directory))) {
        char *key;
        if (!is_keyed(entry->d_name, ".json"))
            continue;
        if (!(key = av_strndup(entry->d_name, RECORD_KEY_SIZE - 1)) ||
            (ret = av_dynarray_add_nofree(keys, count, key)) < 0) {
            av_free(key);
            ret = AVERROR(ENOMEM);
        }
    }
    if (ret < 0)
        store_free_keys(keys, *count);
    if (directory)
        closedir(directory);
    return ret;
}

/* Remove one file of a key. @return bytes that it had, 0 when it was not there */
static int64_t remove_file(const Store *store, const char *key, const char *suffix)
{
    char *path = store_path(store, key, suffix);
    struct stat st;
    int64_t size = path && !lstat(path, &st) && !unlink(path) ? (int64_t)st.st_size : 0;
    av_free(path);
    return size;
}

/* The clip before the record, or a kill between the two would leave a file that nothing
 * speaks of. The lock's file goes last, while it is held. */
static void remove_key(const Store *store, const char *key, StorePruned *pruned)
{
    int64_t clip = remove_file(store, key, ".mp4");
    pruned->clips += clip > 0;
    pruned->bytes += clip;
    pruned->bytes += remove_file(store, key, STORE_PART);
    pruned->bytes += remove_file(store, key, STORE_PART DOWNLOAD_NOTE);
    pruned->bytes += remove_file(store, key, STORE_BROKEN);
    pruned->records += remove_file(store, key, ".json") > 0;
    remove_file(store, key, ".lock");
}

static int prune_key(const Store *store, const char *key, double before, Outcome *out,
                     StorePruned *pruned)
{
    Record *record = NULL;
    int lock = store_lock(store, key), ret = 0;

    if (lock == AVERROR(EAGAIN)) { /* somebody is at it */
        pruned->kept++;
        return 0;
    }
    if (lock < 0)
        return lock;
    ret = store_load(store, key, false, out, &record);
    if (ret >= 0 && record_is_finished(record) && record->ended > 0 &&
        record->ended < before)
        remove_key(store, key, pruned);
    else if (ret >= 0 && !record_is_finished(record))
        pruned->kept++;
    record_free(&record);
    store_unlock(&lock);
    return ret;
}

/* Records that were moved aside, and files that a crash left half written. */
static void remove_leftovers(const Store *store, double before, StorePruned *pruned)
{
    DIR *directory = opendir(store->directory);
    const struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        const char *dot = strrchr(entry->d_name, '.');
        char *path = dot && (!strcmp(dot, ".bad") || !strcmp(dot, ".tmp"))
                         ? av_asprintf("%s/%s", store->directory, entry->d_name)
                         : NULL;
        struct stat st;
        if (path && !lstat(path, &st) && S_ISREG(st.st_mode) &&
            (double)st.st_mtim.tv_sec < before && !unlink(path))
            pruned->bytes += st.st_size;
        av_free(path);
    }
    if (directory)
        closedir(directory);
}

int store_prune(const Store *store, double before, Outcome *out, StorePruned *pruned)
{
    char **keys;
    int count, ret = store_list(store, &keys, &count);

    *pruned = (StorePruned){0};
    for (int i = 0; i < count && ret >= 0; i++)
        ret = prune_key(store, keys[i], before, out, pruned);
    store_free_keys(&keys, count);
    if (ret >= 0)
        remove_leftovers(store, FFMIN(before, record_now() - LEFTOVER_S), pruned);
    return ret;
}
