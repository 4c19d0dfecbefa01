/* i2v: what is removed from the store
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/download.h"
#include "store/journal.h"

/* A file that is younger may be being written. */
#define LEFTOVER_S 3600

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
    pruned->bytes += remove_file(store, key, ".json.tmp");
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
        record->ended < before) {
        /* First, or the journal would bring it back. */
        ret = journal_note(store, key, JOURNAL_PRUNED);
        if (ret >= 0)
            remove_key(store, key, pruned);
    } else if (ret >= 0 && !record_is_finished(record)) {
        pruned->kept++;
    }
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

int store_forget(const Store *store, const char *key, Outcome *out)
{
    static const char *const suffixes[] = {".json",      ".json.tmp",
                                           STORE_PART,   STORE_PART DOWNLOAD_NOTE,
                                           STORE_BROKEN, ".lock"};
    int ret = journal_note(store, key, JOURNAL_FORGOTTEN);

    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret,
                            "Cannot write the ledger %s: %s; nothing was forgotten.",
                            store->directory, av_err2str(ret));
    for (size_t i = 0; i < FF_ARRAY_ELEMS(suffixes); i++)
        remove_file(store, key, suffixes[i]);
    return 0;
}
