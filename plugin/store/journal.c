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
#include <libavutil/time.h>

#include "base/files.h"
#include "base/json.h"
#include "store/parts.h"
#include "store/places.h"
#include "store/salvage.h"

/* Read at a time, and the longest line that is not taken for garbage. */
#define PIECE    (256 << 10)
#define MAX_LINE (1 << 20)

/* Looks whether it is this process's turn to append, and microseconds between two. */
#define TURN_TRIES 25
#define TURN_US    4000

/* Bytes by which a journal that was read is known again. */
#define TAIL 64

char *journal_path(const Store *store)
{
    return store_path(store, JOURNAL_NAME, "");
}

int64_t journal_size(const Store *store)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/" JOURNAL_NAME, store->directory);
    return stat(path, &st) < 0 ? 0 : (int64_t)st.st_size;
}

/* What this process knows of a journal; it never forgets one. What it has read of it once
 * it does not read again, but for the requests that are in it: a journal of years has
 * tens of megabytes, and each look at a request without a record asks it. */
typedef struct Known {
    struct Known *next;
    char *path;
    int64_t began; ///< bytes that it had when the process came to it
    pthread_mutex_t mutex;
    Places places;
    int64_t end;     ///< whole lines up to here have been read
    int64_t size;    ///< bytes that the file had before that
    char tail[TAIL]; ///< what is before the end
} Known;

/* @return NULL without memory */
static Known *known_of(const Store *store)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static Known *first;
    char *path = journal_path(store);
    Known *k;

    pthread_mutex_lock(&mutex);
    for (k = path ? first : NULL; k && strcmp(k->path, path);)
        k = k->next;
    if (path && !k && (k = av_mallocz(sizeof(*k)))) {
        *k = (Known){.next = first, .path = path, .began = journal_size(store)};
        pthread_mutex_init(&k->mutex, NULL);
        first = k;
        path = NULL;
    }
    pthread_mutex_unlock(&mutex);
    av_free(path);
    return k;
}

int64_t journal_began(const Store *store)
{
    const Known *known = known_of(store);
    return known ? known->began : journal_size(store);
}

/* Appending */

/* @return a descriptor; *made is whether there was none before */
static int open_journal(const char *path, bool *made)
{
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC;
    int fd = open(path, flags);

    *made = fd < 0 && errno == ENOENT;
    return fd < 0 ? files_open(path, flags) : fd;
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

/* For its turn to append: where O_APPEND is not atomic, as on NFS, two lines might come
 * to lie on each other. Somebody who hangs does not keep a step from being noted. */
static void take_turn(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    for (int i = 0; i < TURN_TRIES; i++) {
        if (fcntl(fd, F_OFD_SETLK, &lock) >= 0 || (errno != EAGAIN && errno != EACCES))
            break;
        av_usleep(TURN_US);
    }
}

static void end_turn(int fd)
{
    struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    fcntl(fd, F_OFD_SETLK, &none); /* a forked child may have a copy of it */
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
    return put < 0 ? AVERROR(errno) : 0;
}

/* Some file systems sync nothing; there is no more to be done there. */
static int sync_line(int fd)
{
    return fdatasync(fd) < 0 && errno != EINVAL ? AVERROR(errno) : 0;
}

int journal_append(const Store *store, const char *line)
{
    char *path = journal_path(store), *text = av_asprintf("\n%s\n", line);
    bool made = false;
    int fd = path && text ? open_journal(path, &made) : AVERROR(ENOMEM);
    int ret = FFMIN(fd, 0);

    if (fd >= 0) {
        take_turn(fd);
        const char *start = text + !is_torn(fd);
        ret = write_line(fd, start, strlen(start));
        end_turn(fd);
        if (ret >= 0)
            ret = sync_line(fd);
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
    else if (!S_ISREG(st.st_mode))
        ret = AVERROR(S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
    else if ((w.at = lseek(w.fd, from <= st.st_size ? (off_t)from : 0, SEEK_SET)) < 0)
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

/* The first key in what is cut or garbled, at which a line would begin. */
static const char *find_head(const char *text, size_t size)
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

typedef struct Wanted {
    const char *key; ///< of which it may be
    char *member;    ///< as it stands in a line
    size_t size;
} Wanted;

static int find_member(void *opaque, int64_t at, const char *line, size_t size)
{
    const Wanted *wanted = opaque;

    (void)at;
    const char *key = journal_key(line, size);
    bool own = key && !memcmp(key, wanted->key, RECORD_KEY_DIGITS);
    return !own && memmem(line, size, wanted->member, wanted->size) ? AVERROR(EEXIST) : 0;
}

bool store_knows_id(const Store *store, const char *key, const char *id)
{
    cJSON *json = cJSON_CreateString(id);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    Wanted wanted = {.key = key, .member = text ? av_asprintf("\"id\":%s", text) : NULL};
    /* Without memory it may be known. */
    bool known = !wanted.member;

    if (wanted.member) {
        wanted.size = strlen(wanted.member);
        known = journal_walk(store, 0, find_member, &wanted) < 0;
    }
    av_free(wanted.member);
    cJSON_free(text);
    cJSON_Delete(json);
    return known;
}

/* Where the lines of a request begin */

static int note_place(void *opaque, int64_t at, const char *line, size_t size)
{
    Known *k = opaque;
    const char *key = journal_key(line, size), *end = line + size, *found = line;
    int ret = key ? places_put(&k->places, key, at) : 0;

    /* One that is cut or garbled may still speak of requests. */
    while (!key && ret >= 0 && (found = find_head(found, (size_t)(end - found))))
        ret = places_put(&k->places, found, at);
    /* The last may not have its end yet. */
    int64_t behind = at + (int64_t)size + 1;
    if (ret >= 0 && behind <= k->size)
        k->end = behind;
    return ret;
}

static void forget(Known *k)
{
    places_clear(&k->places);
    k->end = 0;
}

/* As many bytes before the end as there are. */
static bool read_tail(const Known *k, int fd, char tail[TAIL])
{
    size_t size = (size_t)FFMIN(k->end, TAIL);
    memset(tail, 0, TAIL);
    return pread(fd, tail, size, (off_t)(k->end - (int64_t)size)) == (ssize_t)size;
}

/* Read what is new in it; another one in its place is noticed. */
static int bring_up(Known *k, const Store *store)
{
    int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int ret = fd < 0 ? AVERROR(errno) : 0;
    char tail[TAIL];
    struct stat st;

    if (ret >= 0 && fstat(fd, &st) < 0)
        ret = AVERROR(errno);
    if (ret >= 0 &&
        (st.st_size < k->end || !read_tail(k, fd, tail) || memcmp(tail, k->tail, TAIL)))
        forget(k);
    if (ret >= 0 && (k->size = st.st_size) > k->end)
        ret = journal_walk(store, k->end, note_place, k);
    if (ret >= 0 && !read_tail(k, fd, k->tail))
        ret = AVERROR(EIO);
    if (ret < 0)
        forget(k);
    if (fd >= 0)
        close(fd);
    return ret;
}

/* @return before the first line that speaks of a key, 0 where that is not known */
static int64_t find_place(const Store *store, const char *key)
{
    Known *k = known_of(store);
    int64_t at = 0;

    if (!k)
        return 0;
    pthread_mutex_lock(&k->mutex);
    if (bring_up(k, store) >= 0 && (at = places_find(&k->places, key)) < 0)
        at = k->end;
    pthread_mutex_unlock(&k->mutex);
    return at;
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

    *page = (JournalPage){0};
    int ret = journal_walk(store, find_place(store, key), take_line, &reading);
    if (ret < 0)
        record_free(&page->record);
    return ret;
}
