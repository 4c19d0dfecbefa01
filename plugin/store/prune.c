/* i2v: what is removed from the store
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/download.h"
#include "store/journal.h"
#include "store/survey.h"

/* A file that is younger may be being written. */
#define LEFTOVER_S 3600

/* All that is of a key but its clip. The lock's file goes last, while it is held. */
static void remove_rest(const Store *store, const char *key, StorePruned *pruned)
{
    static const char *const suffixes[] = {STORE_PART, STORE_PART DOWNLOAD_NOTE,
                                           STORE_BROKEN, ".json.tmp", STORE_KEPT};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(suffixes); i++)
        pruned->bytes += store_remove_file(store, key, suffixes[i]);
    pruned->records += store_remove_file(store, key, ".json") > 0;
    store_remove_file(store, key, ".lock");
}

/* The clip before the record, or a kill between the two would leave a file that nothing
 * speaks of. */
static void remove_key(const Store *store, const char *key, StorePruned *pruned)
{
    int64_t clip = store_remove_file(store, key, ".mp4");
    pruned->clips += clip > 0;
    pruned->bytes += clip;
    remove_rest(store, key, pruned);
}

/* What the journal has lost of a request it is told again: from now on no record tells
 * it. */
static int restate(const Store *store, const Record *record)
{
    cJSON *json = record_line(record, NULL);
    char *line = json ? cJSON_PrintUnformatted(json) : NULL;
    int ret = line ? journal_append(store, line) : AVERROR(ENOMEM);

    cJSON_free(line);
    cJSON_Delete(json);
    return ret;
}

/* What removing it would free. */
static void foresee(const Store *store, const char *key, StorePruned *pruned)
{
    static const char *const suffixes[] = {
        ".mp4", STORE_PART, STORE_PART DOWNLOAD_NOTE, STORE_BROKEN, ".json.tmp", ".json"};

    for (size_t i = 0; i < FF_ARRAY_ELEMS(suffixes); i++) {
        char *path = store_path(store, key, suffixes[i]);
        struct stat st;
        if (path && !lstat(path, &st)) {
            pruned->clips += !i && st.st_size > 0;
            pruned->records += !strcmp(suffixes[i], ".json");
            pruned->bytes += !strcmp(suffixes[i], ".json") ? 0 : st.st_size;
        }
        av_free(path);
    }
}

/* Whether a request goes; where it stays that is counted. */
static bool goes(const Store *store, const Record *record, double before,
                 StorePruned *pruned)
{
    if (!record_is_finished(record)) {
        pruned->unfinished++;
        return false;
    }
    if (record->ended <= 0 || record->ended >= before)
        return false;
    bool kept = store_is_kept(store, record->key);
    pruned->kept += kept;
    return !kept;
}

static int remove_request(const Store *store, const Record *record, bool doubted,
                          StorePruned *pruned)
{
    int ret = doubted ? restate(store, record) : 0;

    /* First, or the journal would bring it back. */
    if (ret >= 0)
        ret = journal_note(store, record->key, JOURNAL_PRUNED);
    if (ret >= 0)
        remove_key(store, record->key, pruned);
    return ret;
}

/* @return 1 when it went, 0 when it stays, or a negative AVERROR, nothing said */
static int prune_key(const Store *store, const StorePrune *prune, const SurveyRow *row,
                     StorePruned *pruned)
{
    Outcome quiet = {.quiet = true};
    Record *record = NULL;
    int lock = prune->dry_run ? -1 : store_lock(store, row->key), ret = 0;

    if (lock == AVERROR(EAGAIN) && !prune->dry_run) { /* somebody is at it */
        pruned->unfinished++;
        return 0;
    }
    if (lock < 0 && !prune->dry_run)
        return lock;
    ret = store_load(store, row->key, false, &quiet, &record);
    if (ret >= 0 && goes(store, record, prune->before, pruned)) {
        if (prune->dry_run)
            foresee(store, row->key, pruned);
        else
            ret = remove_request(store, record, row->doubted, pruned);
        ret = ret < 0 ? ret : 1;
    }
    record_free(&record);
    store_unlock(&lock);
    return ret;
}

typedef struct Sweep {
    const Store *store;
    double before; ///< what is younger stays
    StorePruned *pruned;
} Sweep;

/* Whether nothing is known of a request, neither by a record nor by the journal or what
 * else is there of it. */
static bool is_unknown(const Store *store, const char *key)
{
    char *path = store_path(store, key, ".json");
    bool has_record = !path || !access(path, F_OK);
    Outcome quiet = {.quiet = true};
    Record *record = NULL;
    bool unknown = !has_record && store_load(store, key, false, &quiet, &record) >= 0 &&
                   (record->state == RECORD_NEW || record_is_finished(record));

    record_free(&record);
    av_free(path);
    return unknown;
}

/* What stands alone of a request: its lock, a broken file. */
static void remove_alone(const Sweep *s, const char *name)
{
    char key[RECORD_KEY_SIZE];

    av_strlcpy(key, name, sizeof(key));
    if (!is_unknown(s->store, key))
        return;
    int lock = store_lock(s->store, key);
    if (lock >= 0 && is_unknown(s->store, key)) {
        s->pruned->bytes += store_remove_file(s->store, key, STORE_BROKEN);
        store_remove_file(s->store, key, STORE_KEPT);
        store_remove_file(s->store, key, ".lock");
    }
    store_unlock(&lock);
}

/* Records that were moved aside, and files that a crash left half written or probed; but
 * for a record's own, which may be all that is left of it. */
static bool is_waste(const char *name)
{
    const char *dot = strrchr(name, '.');
    return (dot && (!strcmp(dot, ".bad") || !strcmp(dot, ".tmp")) &&
            !store_is_keyed(name, ".json.tmp")) ||
           store_is_keyed(name, STORE_PROBE);
}

/* A clip that was moved aside goes with what is known of its request, and not before. */
static bool is_needed(const Store *store, const char *name)
{
    char key[RECORD_KEY_SIZE];

    av_strlcpy(key, name, sizeof(key));
    return store_is_keyed(key, "") &&
           !strncmp(name + RECORD_KEY_DIGITS, ".mp4.", strlen(".mp4.")) &&
           !is_unknown(store, key);
}

static int sweep(void *opaque, const char *name)
{
    const Sweep *s = opaque;
    bool waste = is_waste(name);
    struct stat st;

    if (waste && is_needed(s->store, name))
        return 0;
    if (!waste && !store_is_keyed(name, ".lock") && !store_is_keyed(name, STORE_BROKEN) &&
        !store_is_keyed(name, STORE_KEPT))
        return 0;
    char *path = av_asprintf("%s/%s", s->store->directory, name);
    if (!path)
        return AVERROR(ENOMEM);
    if (!lstat(path, &st) && S_ISREG(st.st_mode) && (double)st.st_mtime < s->before) {
        if (!waste)
            remove_alone(s, name);
        else if (!unlink(path))
            s->pruned->bytes += st.st_size;
    }
    av_free(path);
    return 0;
}

/* One that fails does not keep the others.
 * @param count, failed  how many there are, and how many of them stay
 * @return 0 or the first failure, a negative AVERROR */
static int prune_all(const Store *store, const StorePrune *prune, StorePruned *pruned,
                     int *count, int *failed)
{
    Survey *survey = prune->among;
    int ret = survey->unread;

    *count = *failed = survey->nb_unread;
    for (int i = 0; i < survey->count; i++) {
        SurveyRow *row = &survey->rows[i];
        if (row->gone || !row->has_record) {
            row->gone = true;
            continue;
        }
        int its = prune_key(store, prune, row, pruned);
        row->gone = its <= 0;
        ++*count;
        *failed += its < 0;
        ret = ret < 0 ? ret : FFMIN(its, 0);
    }
    return ret;
}

int store_prune(const Store *store, const StorePrune *prune, Outcome *out,
                StorePruned *pruned)
{
    Sweep leftovers = {store, FFMIN(prune->before, record_now() - LEFTOVER_S), pruned};
    int count, failed;

    *pruned = (StorePruned){0};
    int ret = prune_all(store, prune, pruned, &count, &failed);
    int swept =
        prune->dry_run || (ret < 0 && !failed) ? 0 : store_walk(store, sweep, &leftovers);
    if (failed)
        return outcome_fail(out, FAILURE_STORE, ret,
                            "Cannot prune %d of %d requests: %s; they stay.", failed,
                            count, av_err2str(ret));
    ret = FFMIN(ret, swept);
    return ret < 0 ? outcome_fail(out, FAILURE_STORE, ret, "Cannot prune the store: %s.",
                                  av_err2str(ret))
                   : 0;
}

int store_forget(const Store *store, const Record *record, Outcome *out)
{
    StorePruned removed = {0};
    int ret = restate(store, record);

    if (ret >= 0)
        ret = journal_note(store, record->key, JOURNAL_FORGOTTEN);

    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret,
                            "Cannot write the ledger %s: %s; nothing was forgotten.",
                            store->directory, av_err2str(ret));
    remove_rest(store, record->key, &removed);
    return 0;
}
