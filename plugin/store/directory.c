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

#include "base/files.h"
#include "base/lock.h"
#include "store/journal.h"
#include "store/rebuild.h"

/* What helps. In another store what this one has would be bought again. */
static const char *way_out(int error)
{
    return error == AVERROR(ENOSPC) || error == AVERROR(EDQUOT)
               ? "make room there, and the same command goes on"
               : "set I2V_STORE or the option store to a directory of yours";
}

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
    return outcome_fail(out, FAILURE_STORE, error,
                        "Cannot write the ledger %s: %s; nothing sent; %s.", path,
                        av_err2str(error), way_out(error));
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
    if (ret >= 0) {
        s->journal_began = journal_began(s);
        FFSWAP(Store *, *store, s);
    } else if (ret != AVERROR(ENOMEM)) {
        say_unwritable(directory, ret, out);
    }
    av_free(copy);
    store_close(&s);
    return ret;
}

int store_probe(const Store *store, const char *key, Outcome *out)
{
    char *path = store_path(store, key, STORE_PROBE);
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

static char *aside_path(const char *path)
{
    return av_asprintf("%s.%lld.bad", path, (long long)av_gettime());
}

int store_move_aside(const char *path, const char *sentence, Outcome *out)
{
    char *aside = aside_path(path);
    int ret = !aside ? AVERROR(ENOMEM) : rename(path, aside) < 0 ? AVERROR(errno) : 0;
    if (ret >= 0)
        outcome_say(out, AV_LOG_WARNING, sentence, path, aside);
    av_free(aside);
    return ret;
}

/* What a sentence says of a record that was rebuilt; static. */
typedef struct Rebuilt {
    const char *wrong, *from;
    bool behind; ///< it is whole, and the step that it lacks was killed in between
    bool odd;    ///< it is no file
} Rebuilt;

/* Keep what cannot be read beside the record that takes its place. */
static int keep_damaged(const char *path, const RecordText *file, char **aside)
{
    if (!(*aside = aside_path(path)))
        return AVERROR(ENOMEM);
    return files_write(*aside, file->text, file->size);
}

static void say_rebuilt(const char *path, const char *aside, const Record *r,
                        const Rebuilt *how, Outcome *out)
{
    bool sent = r->state == RECORD_SENT, none = !r->id && !sent;

    outcome_say(out, how->behind ? AV_LOG_INFO : AV_LOG_WARNING,
                "The ledger's record %s %s%s%s; it was rebuilt from %s: %s%s%s%s.", path,
                how->wrong, aside ? ", and was moved to " : "", aside ? aside : "",
                how->from, record_state_name(r->state),
                none   ? ""
                : sent ? ", client request id "
                       : ", generation ",
                none   ? ""
                : sent ? r->client_ids
                       : r->id,
                sent ? "; its generation is looked for before anything is sent" : "");
}

/* Put in place what was rebuilt; the caller holds the lock. Where nothing is open the
 * next step does that: saved here, a failure of long ago would look like one of this
 * command.
 */
static int mend(const Store *store, const char *path, const RecordText *file,
                const Record *record, const Rebuilt *how, Outcome *out)
{
    bool open = record->state == RECORD_SENT || record->state == RECORD_RUNNING ||
                record->state == RECORD_READY;
    char *aside = NULL;
    int ret = 0;

    if (how->odd && (aside = aside_path(path)))
        ret = rename(path, aside) < 0 ? AVERROR(errno) : 0;
    else if (how->odd)
        ret = AVERROR(ENOMEM);
    else if (file->text && !how->behind)
        ret = keep_damaged(path, file, &aside);
    if (ret >= 0 && open)
        ret = store_save(store, record, out);
    if (ret >= 0 && (open || aside))
        say_rebuilt(path, aside, record, how, out);
    av_free(aside);
    return ret;
}

/* @return 1 when it was rebuilt, 0 when it was read, or a negative AVERROR */
static int load(const Store *store, const char *key, const RecordText *file,
                Record **record, Rebuilt *how)
{
    int ret = file->text ? record_parse(key, file->text, record) : AVERROR_INVALIDDATA;

    if (ret >= 0) {
        *how = (Rebuilt){"is not what the journal has", "the journal", true, false};
        return rebuild_doubts(*record) ? rebuild_bring_up(store, record) : 0;
    }
    if (ret != AVERROR_INVALIDDATA)
        return ret;
    how->wrong = how->odd     ? "is no file"
                 : file->text ? "is damaged or of another version"
                              : "is missing";
    ret = rebuild_record(store, key, file, record, &how->from);
    return ret < 0 ? ret : (*record)->rebuilt;
}

int store_load(const Store *store, const char *key, bool locked, Outcome *out,
               Record **record)
{
    char *path = store_path(store, key, ".json");
    Rebuilt how = {0};
    RecordText file = {0};
    int ret = path ? files_read_bytes(path, STORE_MAX_RECORD, &file.text, &file.size)
                   : AVERROR(ENOMEM);

    *record = NULL;
    /* What is no file cannot be the record, and makes room for it. */
    how.odd = ret == AVERROR_INVALIDDATA || ret == AVERROR(ELOOP);
    if (how.odd)
        ret = (file.text = av_strdup("")) ? 0 : AVERROR(ENOMEM);
    if (ret >= 0)
        ret = load(store, key, &file, record, &how);
    if (ret > 0 && locked)
        ret = mend(store, path, &file, *record, &how, out);
    if (ret < 0) {
        record_free(record);
        outcome_fail(out, FAILURE_STORE, ret,
                     "Cannot read the ledger's record %s: %s; nothing sent.",
                     path ? path : store->directory, av_err2str(ret));
    }
    av_free(file.text);
    av_free(path);
    return FFMIN(ret, 0);
}

/* What it means for the money that a record cannot be written. */
static void print_consequence(const Record *record, int error, char *text, size_t size)
{
    const char *elsewhere = way_out(error);
    const char *tries = record->client_ids;
    bool first = !tries || !strchr(tries, ' ');

    av_strlcpy(text, "what was answered is not noted", size);
    switch (record->state) {
    case RECORD_RUNNING:
        snprintf(text, size,
                 "generation %s goes on; once this store can be written "
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

/* What is new in a record against its file, as a line for the journal.
 * @param line  free with cJSON_free(); NULL when nothing is
 * @return 0 or AVERROR(ENOMEM) */
static int make_line(const Record *record, const RecordText *file, char **line)
{
    Record *before = NULL;
    int ret = file->text ? record_parse(record->key, file->text, &before) : 0;

    *line = NULL;
    if (ret == AVERROR(ENOMEM))
        return ret;
    if (before && (!before->journaled ||
                   journal_begins_anew(before->client_ids, record->client_ids)))
        record_free(&before);
    cJSON *json = record_line(record, before);
    bool is_new = !before || before->state != record->state ||
                  cJSON_GetArraySize(json) > 2; /* key and state */
    if (json && is_new)
        *line = cJSON_PrintUnformatted(json);
    ret = json && (!is_new || *line) ? 0 : AVERROR(ENOMEM);
    cJSON_Delete(json);
    record_free(&before);
    return ret;
}

/* The record says that it was sent, and the journal has not taken it: the record goes
 * back. So does the journal, which may have the line all the same where it is the sync
 * that failed; but not behind a call of an earlier run, which did leave. */
static void take_back(const Store *store, const char *path, const Record *record,
                      const RecordText *before)
{
    Record *earlier = NULL;

    if (!before->text)
        return;
    files_write(path, before->text, before->size);
    if (!record->rebuilt && record_parse(record->key, before->text, &earlier) >= 0 &&
        earlier->state == RECORD_INTENT)
        journal_note(store, record->key, record_state_name(RECORD_INTENT));
    record_free(&earlier);
}

/* The journal has not taken a step behind which money is: the record alone has it, and
 * tells the journal all of it with the next. */
static void keep_alone(const char *path, const Record *record)
{
    Record alone = *record;
    alone.journaled = false;
    char *text = record_print(&alone);

    if (text)
        files_write(path, text, strlen(text));
    cJSON_free(text);
}

/* The journal is ahead of the record, so that it has whatever the record has; but for
 * "sent", which is in the record first: where the journal has it and the record has not,
 * then, the record is an older one that a power cut has put back. */
static int write_step(const Store *store, const char *path, const Record *record,
                      const RecordText *before, const char *line, const char *text,
                      const char **in)
{
    bool sent = record->state == RECORD_SENT;
    bool spent = record->state == RECORD_RUNNING || record->state == RECORD_READY;
    int ret = 0;

    if (!sent && !spent)
        store_mark(store, record->key, NULL);
    if (line && !sent && (ret = journal_append(store, line)) < 0) {
        *in = "/" JOURNAL_NAME;
        if (spent)
            keep_alone(path, record);
    }
    if (ret >= 0)
        ret = files_write(path, text, strlen(text));
    if (ret >= 0 && line && sent && (ret = journal_append(store, line)) < 0)
        *in = "/" JOURNAL_NAME;
    if (ret < 0 && sent)
        take_back(store, path, record, before);
    if (ret >= 0 && sent)
        store_mark(store, record->key, record->client_ids);
    return ret;
}

int store_save(const Store *store, const Record *record, Outcome *out)
{
    char consequence[320];
    Record journaled = *record;
    journaled.journaled = true;
    char *path = store_path(store, record->key, ".json");
    char *text = record_print(&journaled), *line = NULL;
    const char *in = ""; /* the journal is named where it is that */
    RecordText before = {0};
    int ret = path && text ? 0 : AVERROR(ENOMEM);

    /* What could not be read again had better not be sent. */
    if (ret >= 0 && strlen(text) > STORE_MAX_RECORD)
        ret = AVERROR(EFBIG);
    /* What cannot be read has nothing that the journal could be trusted to have. */
    if (ret >= 0 && files_read_bytes(path, STORE_MAX_RECORD, &before.text,
                                     &before.size) == AVERROR(ENOMEM))
        ret = AVERROR(ENOMEM);
    if (ret >= 0) /* a journal that is gone begins with all of it again */
        ret = make_line(record, journal_size(store) ? &before : &(RecordText){0}, &line);
    if (ret >= 0)
        ret = write_step(store, path, record, &before, line, text, &in);
    if (ret < 0) {
        print_consequence(record, ret, consequence, sizeof(consequence));
        outcome_fail(out, FAILURE_STORE, ret, "Cannot write the ledger %s%s: %s; %s.",
                     store->directory, in, av_err2str(ret), consequence);
    }
    av_free(path);
    av_free(before.text);
    cJSON_free(line);
    cJSON_free(text);
    return ret;
}

/* Locks */

/* A directory that somebody has removed is made again: what runs must be noted. */
int store_lock(const Store *store, const char *key)
{
    char *path = store_path(store, key, ".lock");
    int ret = path ? lock_try(path) : AVERROR(ENOMEM);

    if (ret == AVERROR(ENOENT) && !mkdir(store->directory, 0700))
        ret = lock_try(path);
    av_free(path);
    return ret;
}

int store_attend(const Store *store, const char *key)
{
    char *path = store_path(store, key, ".lock");
    int ret = path ? lock_share(path) : AVERROR(ENOMEM);

    av_free(path);
    return ret;
}

bool store_is_attended(const Store *store, const char *key)
{
    char *path = store_path(store, key, ".lock");
    bool attended = path && lock_is_shared(path);

    av_free(path);
    return attended;
}

void store_unlock(int *lock)
{
    lock_release(lock);
}

/* The whole store */

bool store_is_keyed(const char *name, const char *suffix)
{
    return strspn(name, "0123456789abcdef") == RECORD_KEY_DIGITS &&
           !strcmp(name + RECORD_KEY_DIGITS, suffix);
}

int store_walk(const Store *store, int (*take)(void *opaque, const char *name),
               void *opaque)
{
    DIR *directory = opendir(store->directory);
    const struct dirent *entry;
    int ret = directory ? 0 : AVERROR(errno);

    while (ret >= 0) {
        errno = 0; /* the end looks like a failure */
        if (!(entry = readdir(directory))) {
            ret = AVERROR(errno);
            break;
        }
        ret = take(opaque, entry->d_name);
    }
    if (directory)
        closedir(directory);
    return FFMIN(ret, 0);
}
