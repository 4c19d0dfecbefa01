/* i2v: where in the journal each request begins
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/journal_index.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "store/journal.h"

/* Bytes before the end of what was read by which the file is known again. */
#define TAIL 64

/* Keys by their first digits: two that share these begin with the first of both. */
typedef struct Place {
    uint64_t digits;
    int64_t at; ///< -1 = none
} Place;

struct JournalIndex {
    pthread_mutex_t mutex;
    int64_t end;     ///< whole lines up to here were read
    int64_t size;    ///< bytes that the file had before
    char tail[TAIL]; ///< before the end
    Place *places;   ///< half of it empty
    size_t room;     ///< a power of two
    size_t count;
};

JournalIndex *journal_index_alloc(void)
{
    JournalIndex *index = av_mallocz(sizeof(*index));
    if (index)
        pthread_mutex_init(&index->mutex, NULL);
    return index;
}

static uint64_t digits_of(const char *key)
{
    uint64_t digits = 0;
    for (int i = 0; i < 16; i++)
        digits = digits * 16 + ((unsigned)key[i] & 15) + (key[i] > '9' ? 9 : 0);
    return digits;
}

static Place *place_of(const JournalIndex *x, uint64_t digits)
{
    size_t i = (size_t)digits & (x->room - 1);
    while (x->places[i].at >= 0 && x->places[i].digits != digits)
        i = (i + 1) & (x->room - 1);
    return &x->places[i];
}

static int grow(JournalIndex *x)
{
    JournalIndex wide = {.room = FFMAX(x->room * 2, 1024)};

    if (!(wide.places = av_malloc_array(wide.room, sizeof(*wide.places))))
        return AVERROR(ENOMEM);
    memset(wide.places, -1, wide.room * sizeof(*wide.places));
    for (size_t i = 0; i < x->room; i++)
        if (x->places[i].at >= 0)
            *place_of(&wide, x->places[i].digits) = x->places[i];
    FFSWAP(Place *, x->places, wide.places);
    x->room = wide.room;
    av_free(wide.places);
    return 0;
}

static int put(JournalIndex *x, const char *key, int64_t at)
{
    uint64_t digits = digits_of(key);

    if (x->count >= x->room / 2 && grow(x) < 0)
        return AVERROR(ENOMEM);
    Place *place = place_of(x, digits);
    if (place->at < 0) {
        *place = (Place){digits, at};
        x->count++;
    }
    return 0;
}

static int take_line(void *opaque, int64_t at, const char *line, size_t size)
{
    JournalIndex *x = opaque;
    const char *key = journal_key(line, size);
    int ret = key ? put(x, key, at) : 0;

    /* One that is cut or garbled may still speak of requests. */
    for (const char *end = line + size; !key && ret >= 0 && line < end;) {
        const char *found = journal_find_key(line, (size_t)(end - line));
        if (!found)
            break;
        ret = put(x, found, at);
        line = found;
    }
    /* The last may not have its end yet. */
    int64_t behind = at + (int64_t)size + 1;
    if (ret >= 0 && behind <= x->size)
        x->end = behind;
    return ret;
}

static void forget(JournalIndex *x)
{
    av_freep(&x->places);
    x->room = x->count = 0;
    x->end = 0;
}

/* The bytes before the end, of which there are as many as fit. */
static bool read_tail(const JournalIndex *x, int fd, char tail[TAIL])
{
    size_t size = (size_t)FFMIN(x->end, TAIL);
    memset(tail, 0, TAIL);
    return pread(fd, tail, size, (off_t)(x->end - (int64_t)size)) == (ssize_t)size;
}

static int update(JournalIndex *x, const Store *store, int fd)
{
    char tail[TAIL];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return AVERROR(errno);
    if (st.st_size < x->end || !read_tail(x, fd, tail) || memcmp(tail, x->tail, TAIL))
        forget(x);
    x->size = st.st_size;
    int ret = x->size > x->end ? journal_walk(store, x->end, take_line, x) : 0;
    if (ret >= 0 && !read_tail(x, fd, x->tail))
        ret = AVERROR(EIO);
    if (ret < 0)
        forget(x);
    return ret;
}

int64_t journal_index_find(JournalIndex *index, const Store *store, const char *key)
{
    char *path = journal_path(store);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    int64_t ret = !path ? AVERROR(ENOMEM) : fd < 0 ? AVERROR(errno) : 0;

    pthread_mutex_lock(&index->mutex);
    if (ret == AVERROR(ENOENT)) {
        forget(index);
        ret = 0;
    } else if (ret >= 0) {
        ret = update(index, store, fd);
    }
    if (ret >= 0) {
        const Place *place = index->room ? place_of(index, digits_of(key)) : NULL;
        ret = place && place->at >= 0 ? place->at : index->end;
    }
    pthread_mutex_unlock(&index->mutex);
    if (fd >= 0)
        close(fd);
    av_free(path);
    return ret;
}
