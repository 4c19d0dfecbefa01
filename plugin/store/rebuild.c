/* i2v: a record that cannot be read, from what is left of it and the journal
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/parts.h"
#include "store/salvage.h"

/* The mark */

void store_mark(const Store *store, const char *key, const char *tries)
{
    char path[PATH_MAX];
    size_t size = tries ? strlen(tries) : 0;
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s.lock", store->directory, key);
    int fd = open(path, O_WRONLY | O_CLOEXEC); /* none is made */
    if (fd >= 0 && !fstat(fd, &st) && (!st.st_size || !ftruncate(fd, 0)) && size &&
        pwrite(fd, tries, size, 0) < (ssize_t)size)
        size = 0; /* it is a witness more, and not needed */
    if (fd >= 0)
        close(fd);
}

/* @param tries  set to the client request ids in it, NULL when it has none
 * @return 1 when there is a mark, 0, or a negative AVERROR */
static int read_mark(const Store *store, const char *key, char **tries)
{
    char *path = store_path(store, key, ".lock"), *text = NULL;
    size_t size = 0;
    int ret =
        path ? files_read_bytes(path, STORE_MAX_RECORD, &text, &size) : AVERROR(ENOMEM);

    *tries = NULL;
    bool marked = ret < 0 || size; /* one that cannot be read may be one */
    if (ret >= 0 && size)
        ret = salvage_tries(key, text, size, tries);
    av_free(path);
    av_free(text);
    return ret == AVERROR(ENOMEM) ? ret : marked;
}

/* What is left of it */

typedef enum Source {
    FROM_TEMPORARY,
    FROM_JOURNAL,
    FROM_FILE,
    FROM_HALF,
    SOURCES
} Source;

typedef struct Remains {
    Record *record[SOURCES]; ///< NULL = it tells nothing
    bool guessed[SOURCES];   ///< its state is not in what is left of it
    bool any;                ///< there is a file, readable or not
    bool torn;               ///< the journal may have lost its last step
    int marked;
    char *tries; ///< in the mark
} Remains;

/* Whether it knows which clip is there. */
static bool is_noted(const Record *r)
{
    return text_is_set(r->clip_hash) && r->clip_size >= 0;
}

/* What is at stake with a record: the more, the sooner it is believed. */
typedef enum Stake {
    STAKE_NONE,
    STAKE_NEW,
    STAKE_INTENT,
    STAKE_FAILED,
    STAKE_REFUSED,
    STAKE_SENT, ///< perhaps money
    STAKE_ID,   ///< a generation that is paid for, by its id
    STAKE_CLIP, ///< and its clip
} Stake;

static Stake stake(const Record *r)
{
    if (!r)
        return STAKE_NONE;
    switch (r->state) {
    case RECORD_READY:
        if (is_noted(r))
            return STAKE_CLIP;
        /* fall through */
    case RECORD_RUNNING:
        return text_is_set(r->id) ? STAKE_ID : STAKE_SENT;
    case RECORD_SENT:
        return STAKE_SENT;
    case RECORD_REFUSED:
        return STAKE_REFUSED;
    case RECORD_FAILED:
        return STAKE_FAILED;
    case RECORD_INTENT:
        return STAKE_INTENT;
    case RECORD_NEW:
        break;
    }
    return STAKE_NEW;
}

/* Whether two speak of one generation, as far as they say. */
static bool is_same_generation(const Record *a, const Record *b)
{
    if (text_is_set(a->id) && text_is_set(b->id))
        return !strcmp(a->id, b->id);
    return record_shares_tries(a->client_ids, b->client_ids);
}

/* What stands whole in a damaged text: nothing leaves *record NULL. */
static int read_damaged(const char *key, const RecordText *file, Record **record,
                        bool *guessed)
{
    Record *r = NULL;
    cJSON *members = file->text ? salvage_members(file->text, file->size) : NULL;
    int ret = !file->text || members ? 0 : AVERROR(ENOMEM);

    *record = NULL;
    const cJSON *name = members ? cJSON_GetObjectItemCaseSensitive(members, "key") : NULL;
    if (cJSON_IsString(name) && strcmp(name->valuestring, key))
        goto end; /* another's */
    if (members && ((r = record_alloc(key)) == NULL || record_take(r, members) < 0))
        ret = AVERROR(ENOMEM);
    if (ret >= 0 && r && !r->client_ids)
        ret = salvage_tries(key, file->text, file->size, &r->client_ids);
    *guessed = ret >= 0 && r && r->state == RECORD_NEW;
    if (*guessed)
        r->state = text_is_set(r->id)           ? RECORD_RUNNING
                   : text_is_set(r->client_ids) ? RECORD_SENT
                                                : RECORD_NEW;
    if (ret >= 0 && r && r->state != RECORD_NEW)
        FFSWAP(Record *, *record, r);
end:
    record_free(&r);
    cJSON_Delete(members);
    return ret;
}

/* The temporary file of a write: the record itself, or the beginning of it. */
static int read_temporary(const Store *store, const char *key, Remains *remains)
{
    char *path = store_path(store, key, ".json.tmp");
    RecordText file = {0};
    int ret = path ? files_read_bytes(path, STORE_MAX_RECORD, &file.text, &file.size)
                   : AVERROR(ENOMEM);

    if (ret >= 0 && file.text) {
        remains->any = true;
        ret = record_parse(key, file.text, &remains->record[FROM_TEMPORARY]);
        if (ret == AVERROR_INVALIDDATA)
            ret = read_damaged(key, &file, &remains->record[FROM_HALF],
                               &remains->guessed[FROM_HALF]);
    }
    av_free(file.text);
    av_free(path);
    return ret == AVERROR(ENOMEM) ? ret : 0;
}

static int read_page(const Store *store, const char *key, Remains *remains)
{
    JournalPage page;
    int ret = journal_read(store, key, &page);

    if (ret < 0 || !page.record)
        return ret;
    remains->record[FROM_JOURNAL] = page.record;
    remains->torn = page.torn && page.record->state == RECORD_INTENT;
    /* It knows better what would have to be guessed. */
    for (int i = 0; i < SOURCES && !page.torn; i++)
        if (remains->guessed[i] && remains->record[i] &&
            is_same_generation(remains->record[i], page.record))
            remains->record[i]->state = page.record->state;
    return 0;
}

/* A clip or a part of one is there once something was accepted. */
static bool has_bytes(const Store *store, const char *key)
{
    char *part = store_part_path(store, key);
    bool there = part && !access(part, F_OK);
    av_free(part);
    return there || store_has_any_clip(store, key);
}

static int read_remains(const Store *store, const char *key, const RecordText *file,
                        Remains *remains)
{
    int ret = read_damaged(key, file, &remains->record[FROM_FILE],
                           &remains->guessed[FROM_FILE]);

    remains->any = file->text;
    if (ret >= 0)
        ret = read_temporary(store, key, remains);
    if (ret >= 0)
        ret = read_page(store, key, remains);
    if (ret >= 0)
        ret = remains->marked = read_mark(store, key, &remains->tries);
    if (ret >= 0 && has_bytes(store, key))
        remains->any = true;
    return ret;
}

/* Deciding */

/* Whether one is of a generation before that of the last call that was sent. */
static bool is_older(const Record *r, const Remains *remains)
{
    return r && r->client_ids && remains->tries &&
           !record_shares_tries(r->client_ids, remains->tries);
}

/* The one that is believed, with what the others know of the same generation. */
static Record *choose(Remains *remains, Source *source)
{
    Record *best = NULL;

    for (int i = 0; i < SOURCES; i++)
        if (stake(remains->record[i]) > stake(best) &&
            !is_older(remains->record[i], remains)) {
            best = remains->record[i];
            *source = (Source)i;
        }
    for (int i = 0; i < SOURCES; i++)
        if (best && remains->record[i] && remains->record[i] != best &&
            is_same_generation(best, remains->record[i]))
            record_fill(best, remains->record[i]);
    if (best)
        remains->record[*source] = NULL;
    return best;
}

/* A state without what belongs to it is not the one to go on in. */
static int settle(Record *r, const Remains *remains)
{
    if (r->state == RECORD_READY && !is_noted(r))
        r->state = text_is_set(r->id) ? RECORD_RUNNING : RECORD_SENT;
    if (r->state == RECORD_RUNNING && !text_is_set(r->id))
        r->state = RECORD_SENT;
    if (r->state == RECORD_SENT ||
        (r->state == RECORD_INTENT && (remains->marked || remains->torn)) ||
        (r->state == RECORD_NEW && (remains->marked || remains->any)))
        return record_be_sent(r, remains->tries);
    return 0;
}

int rebuild_record(const Store *store, const char *key, const RecordText *file,
                   Record **record, const char **from)
{
    static const char *const names[] = {
        [FROM_TEMPORARY] = "its temporary file",
        [FROM_FILE] = "what can be read of it",
        [FROM_JOURNAL] = "the journal",
        [FROM_HALF] = "what can be read of its temporary file",
        [SOURCES] = "nothing more than that it was there",
    };
    Remains remains = {0};
    Source source = SOURCES;
    Record *best = NULL;
    int ret = read_remains(store, key, file, &remains);

    if (ret >= 0) {
        best = choose(&remains, &source);
        if (!best)
            best = record_alloc(key);
        ret = best ? settle(best, &remains) : AVERROR(ENOMEM);
    }
    if (ret >= 0) {
        best->rebuilt = best->state != RECORD_NEW;
        best->journaled = false;
        *from =
            source == SOURCES && remains.tries ? "the mark in its lock" : names[source];
        FFSWAP(Record *, *record, best);
    }
    record_free(&best);
    for (int i = 0; i < SOURCES; i++)
        record_free(&remains.record[i]);
    av_free(remains.tries);
    return FFMIN(ret, 0);
}

/* A record that is whole */

bool rebuild_doubts(const Record *record)
{
    return record->state != RECORD_NEW && record->state != RECORD_READY;
}

/* What both must say of a call that was sent, and do not: one of them is damaged, and
 * what is safe for the money is taken. @return 1 when that changed the record, 0,
 * AVERROR(ENOMEM)
 */
static int reconcile(Record *r, const JournalPage *page)
{
    const Record *journal = page->record;
    bool shared = record_shares_tries(r->client_ids, journal->client_ids);
    int ret = 0;

    /* The engine itself tells which of two ids is its own. */
    if (shared && text_is_set(r->id) && text_is_set(journal->id) &&
        strcmp(r->id, journal->id)) {
        record_set(&r->id, NULL);
        r->state = RECORD_SENT;
        return 1;
    }
    if (r->state != RECORD_SENT || journal->state != RECORD_SENT)
        return 0;
    if (shared && r->gateway_time > 0 && journal->gateway_time > r->gateway_time) {
        r->gateway_time = journal->gateway_time;
        return 1;
    }
    if (!shared && text_is_set(r->client_ids) && text_is_set(journal->client_ids)) {
        char *both = av_asprintf("%s %s", r->client_ids, journal->client_ids);
        ret = both ? record_set(&r->client_ids, both) : AVERROR(ENOMEM);
        av_free(both);
        ret = ret < 0 ? ret : 1;
    }
    return ret;
}

/* Whether the journal has a later step, behind which money may be. */
static bool is_behind(const Record *r, const JournalPage *page)
{
    const Record *journal = page->record;

    /* Of another generation, which is an older one where the journal has lost the rest.
     */
    if (!is_same_generation(r, journal))
        return stake(journal) >= STAKE_SENT && r->state != RECORD_SENT &&
               r->state != RECORD_RUNNING && !page->torn;
    return (stake(journal) >= STAKE_ID && !text_is_set(r->id)) ||
           /* It is ahead of the record, so this one has not ended by itself. */
           ((journal->state == RECORD_RUNNING || journal->state == RECORD_SENT) &&
            !page->torn && record_is_ended(r->state)) ||
           (journal->state == RECORD_SENT && r->state == RECORD_INTENT);
}

int rebuild_bring_up(const Store *store, Record **record)
{
    Record *r = *record;
    JournalPage page = {0};
    char *tries = NULL;
    int ret = journal_read(store, r->key, &page), marked = 0;

    int changed = ret >= 0 && page.record ? reconcile(r, &page) : 0;
    if (changed < 0)
        ret = changed;
    if (ret >= 0 && r->state == RECORD_INTENT)
        ret = marked = read_mark(store, r->key, &tries);
    if (ret >= 0 && !changed && page.record && is_behind(r, &page)) {
        if (is_same_generation(r, page.record))
            record_fill(page.record, r);
        FFSWAP(Record *, *record, page.record);
        ret = settle(*record, &(Remains){0});
        ret = ret < 0 ? ret : 1;
    } else if (ret >= 0 && marked && record_shares_tries(r->client_ids, tries)) {
        r->state = RECORD_SENT;
        ret = 1;
    } else {
        ret = ret < 0 ? ret : changed;
    }
    if (ret > 0) {
        (*record)->rebuilt = true;
        (*record)->journaled = false;
    }
    record_free(&page.record);
    av_free(tries);
    return ret;
}
