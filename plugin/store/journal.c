/* i2v: the journal: every durable step, one appended line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"
#include "store/journal_index.h"
#include "store/parts.h"
#include "store/salvage.h"

#define NAME "journal.jsonl"

/* Read at a time, and the longest line that is not taken for garbage. */
#define PIECE    (256 << 10)
#define MAX_LINE (1 << 20)

char *journal_path(const Store *store)
{
    return store_path(store, NAME, "");
}

int64_t journal_size(const Store *store)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/" NAME, store->directory);
    return stat(path, &st) < 0 ? 0 : (int64_t)st.st_size;
}

/* What this process knows of a journal; it never forgets one. */
typedef struct Known {
    struct Known *next;
    char *path;
    int64_t size; ///< when it came to it
    JournalIndex *index;
} Known;

/* @return NULL without memory */
static const Known *known_of(const Store *store)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static Known *first;
    char *path = journal_path(store);
    Known *k;

    pthread_mutex_lock(&mutex);
    for (k = path ? first : NULL; k && strcmp(k->path, path);)
        k = k->next;
    if (path && !k && (k = av_mallocz(sizeof(*k)))) {
        *k = (Known){first, path, journal_size(store), journal_index_alloc()};
        if (k->index) {
            first = k;
            path = NULL;
        } else {
            av_freep(&k);
        }
    }
    pthread_mutex_unlock(&mutex);
    av_free(path);
    return k;
}

int64_t journal_began(const Store *store)
{
    const Known *known = known_of(store);
    return known ? known->size : journal_size(store);
}

/* Appending */

/* @return a descriptor; *made is whether there was none before */
static int open_journal(const char *path, bool *made)
{
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC;
    int fd = open(path, flags);

    *made = fd < 0 && errno == ENOENT;
    if (*made)
        fd = open(path, flags | O_CREAT, 0600);
    return fd < 0 ? AVERROR(errno) : fd;
}

/* Whether what was written last has no end: a line of its own is begun behind it. */
static bool is_torn(int fd)
{
    struct stat st;
    char last = '\n';

    if (!fstat(fd, &st) && st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 1)
        return true;
    return last != '\n';
}

/* In one piece, or two processes' lines might be mixed. */
static int write_line(int fd, const char *text, size_t size)
{
    ssize_t put;

    do
        put = write(fd, text, size);
    while (put < 0 && errno == EINTR);
    if (put >= 0 && (size_t)put < size)
        return AVERROR(ENOSPC);
    /* Some file systems sync nothing; there is no more to be done there. */
    return put < 0 || (fdatasync(fd) < 0 && errno != EINVAL) ? AVERROR(errno) : 0;
}

int journal_append(const Store *store, const char *line)
{
    char *path = journal_path(store), *text = av_asprintf("\n%s\n", line);
    bool made = false;
    int fd = path && text ? open_journal(path, &made) : AVERROR(ENOMEM);
    int ret = FFMIN(fd, 0);

    if (fd >= 0) {
        const char *start = text + !is_torn(fd);
        ret = write_line(fd, start, strlen(start));
        if (close(fd) < 0 && ret >= 0)
            ret = AVERROR(errno);
    }
    if (ret >= 0 && made)
        ret = files_sync_directory(path);
    av_free(path);
    av_free(text);
    return ret;
}

int journal_note(const Store *store, const char *key, const char *state)
{
    char line[RECORD_KEY_SIZE + 64];

    snprintf(line, sizeof(line), "{\"key\":\"%s\",\"state\":\"%s\"}", key, state);
    return journal_append(store, line);
}

/* Reading */

typedef struct Walk {
    int fd;
    char *buffer;
    size_t room, have;
    int64_t at; ///< of the buffer in the file
    int (*take)(void *opaque, int64_t at, const char *line, size_t size);
    void *opaque;
} Walk;

/* Hand on every line that is whole in the buffer, and keep the rest. */
static int take_lines(Walk *w)
{
    char *line = w->buffer, *end = w->buffer + w->have, *behind;
    int ret = 0;

    while (ret >= 0 && (behind = memchr(line, '\n', (size_t)(end - line)))) {
        if (behind > line)
            ret = w->take(w->opaque, w->at + (line - w->buffer), line,
                          (size_t)(behind - line));
        line = behind + 1;
    }
    w->at += line - w->buffer;
    w->have = (size_t)(end - line);
    memmove(w->buffer, line, w->have);
    return ret;
}

static int walk(Walk *w)
{
    for (;;) {
        if (w->have == w->room && w->room >= MAX_LINE) {
            int taken = w->take(w->opaque, w->at, w->buffer, w->have);
            if (taken < 0)
                return taken;
            w->at += (int64_t)w->have;
            w->have = 0;
        }
        size_t room = FFMAX(w->have * 2, PIECE);
        if (room > w->room) {
            int grown = av_reallocp(&w->buffer, room);
            if (grown < 0)
                return grown;
            w->room = room;
        }
        ssize_t got = read(w->fd, w->buffer + w->have, w->room - w->have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return AVERROR(errno);
        if (!got)
            break;
        w->have += (size_t)got;
        int ret = take_lines(w);
        if (ret < 0)
            return ret;
    }
    return w->have ? w->take(w->opaque, w->at, w->buffer, w->have) : 0;
}

int journal_walk(const Store *store, int64_t from,
                 int (*take)(void *opaque, int64_t at, const char *line, size_t size),
                 void *opaque)
{
    char *path = journal_path(store);
    Walk w = {.take = take, .opaque = opaque};
    struct stat st;
    int ret = 0;

    w.fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (w.fd < 0 || fstat(w.fd, &st) < 0)
        ret = !path ? AVERROR(ENOMEM) : errno == ENOENT ? 0 : AVERROR(errno);
    else if (S_ISREG(st.st_mode) &&
             (w.at = lseek(w.fd, from <= st.st_size ? (off_t)from : 0, SEEK_SET)) < 0)
        ret = AVERROR(errno);
    else
        ret = walk(&w);
    if (w.fd >= 0)
        close(w.fd);
    av_free(w.buffer);
    av_free(path);
    return ret;
}

static const char head[] = "{\"key\":\"";
#define HEAD (sizeof(head) - 1)

const char *journal_key(const char *line, size_t size)
{
    if (size < HEAD + RECORD_KEY_DIGITS + 2 || memcmp(line, head, HEAD) ||
        line[HEAD + RECORD_KEY_DIGITS] != '"' || line[size - 1] != '}' ||
        memchr(line + HEAD + RECORD_KEY_DIGITS, 0, size - HEAD - RECORD_KEY_DIGITS))
        return NULL;
    for (const char *c = line + HEAD; *c != '"'; c++)
        if ((*c < '0' || *c > '9') && (*c < 'a' || *c > 'f'))
            return NULL;
    return line + HEAD;
}

const char *journal_find_key(const char *text, size_t size)
{
    const char *found = memmem(text, size, head, HEAD);
    if (!found || (size_t)(text + size - found) < HEAD + RECORD_KEY_DIGITS)
        return NULL;
    return found + HEAD;
}

static int find_key(void *opaque, int64_t at, const char *line, size_t size)
{
    const char *key = journal_key(line, size);

    (void)at;
    return key && !memcmp(key, opaque, RECORD_KEY_DIGITS) ? AVERROR(EEXIST) : 0;
}

bool store_noted_lately(const Store *store, const char *key)
{
    char wanted[RECORD_KEY_SIZE];

    av_strlcpy(wanted, key, sizeof(wanted));
    return journal_walk(store, store->journal_began, find_key, wanted) == AVERROR(EEXIST);
}

/* One request */

typedef struct Reading {
    const char *key;
    JournalPage *page;
} Reading;

bool journal_begins_anew(const char *had, const char *tries)
{
    return had && tries && !record_shares_tries(had, tries);
}

bool journal_ends(const char *state)
{
    return state && (!strcmp(state, JOURNAL_PRUNED) || !strcmp(state, JOURNAL_FORGOTTEN));
}

static int merge(Reading *reading, cJSON *line)
{
    JournalPage *page = reading->page;
    const char *state = json_text(line, "state");

    page->dropped = journal_ends(state);
    if (page->dropped ||
        (page->record && journal_begins_anew(page->record->client_ids,
                                             json_text(line, "client_request_ids"))))
        record_free(&page->record);
    if (page->dropped)
        return 0;
    if (!page->record && !(page->record = record_alloc(reading->key)))
        return AVERROR(ENOMEM);
    return record_take(page->record, line);
}

/* What stands whole of a line that is cut or garbled and speaks of this key, or NULL. */
static int find_rest(const Reading *reading, const char *line, size_t size, cJSON **json)
{
    char start[HEAD + RECORD_KEY_SIZE];

    snprintf(start, sizeof(start), "%s%s", head, reading->key);
    const char *found = memmem(line, size, start, strlen(start));
    if (found && !(*json = salvage_members(found, (size_t)(line + size - found))))
        return AVERROR(ENOMEM);
    return 0;
}

static int take_line(void *opaque, int64_t at, const char *line, size_t size)
{
    Reading *reading = opaque;
    const char *key = journal_key(line, size);
    cJSON *json = NULL;
    int ret = 0;

    (void)at;
    if (key && memcmp(key, reading->key, RECORD_KEY_DIGITS))
        return 0;
    if (key)
        json = json_parse(line, size);
    bool whole = json;
    if (!whole)
        ret = find_rest(reading, line, size, &json);
    if (json)
        ret = merge(reading, json);
    /* A line of its own that was cut says itself how far it had come. */
    reading->page->torn = !whole && !json;
    cJSON_Delete(json);
    return ret;
}

int journal_read(const Store *store, const char *key, JournalPage *page)
{
    Reading reading = {key, page};
    const Known *known = known_of(store);
    int64_t from = known ? journal_index_find(known->index, store, key) : 0;

    *page = (JournalPage){0};
    /* Without memory for it, all is read. */
    int ret = journal_walk(store, FFMAX(from, 0), take_line, &reading);
    if (ret < 0)
        record_free(&page->record);
    return ret;
}
