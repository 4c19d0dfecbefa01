/* i2v: where an MP4 says that its samples lie
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/samples.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>

/* Flags of a trun. */
#define RUN_OFFSET      0x001
#define RUN_FIRST_FLAGS 0x004
#define RUN_DURATION    0x100
#define RUN_SIZE        0x200
#define RUN_FLAGS       0x400
#define RUN_COMPOSITION 0x800

/* Reads a box's numbers one after the other. */
typedef struct Reader {
    int fd;
    int64_t at, end; ///< in the file, of what is not in the buffer yet
    const char **why;
    size_t used, have;
    uint8_t buffer[4096];
} Reader;

static Reader reader_of(int fd, const Box *box, const char **why)
{
    return (Reader){.fd = fd, .at = box->start, .end = box->end, .why = why};
}

/* Have so many bytes in the buffer, at most 8. */
static int fill(Reader *r, size_t bytes)
{
    size_t left = r->have - r->used;

    if (left >= bytes)
        return 0;
    memmove(r->buffer, r->buffer + r->used, left);
    size_t more = (size_t)FFMIN(r->end - r->at, (int64_t)(sizeof(r->buffer) - left));
    if (left + more < bytes)
        return box_invalid(r->why, "a box is too short");
    int ret = box_read_at(r->fd, r->at, r->buffer + left, more, r->why);
    r->at += (int64_t)more;
    r->used = 0;
    r->have = left + more;
    return ret;
}

static int read_32(Reader *r, uint32_t *value)
{
    int ret = fill(r, 4);
    *value = ret < 0 ? 0 : AV_RB32(r->buffer + r->used);
    r->used += ret < 0 ? 0 : 4;
    return ret;
}

static int read_64(Reader *r, uint64_t *value)
{
    uint32_t high, low = 0;
    int ret = read_32(r, &high);
    if (ret >= 0)
        ret = read_32(r, &low);
    *value = (uint64_t)high << 32 | low;
    return ret;
}

static int skip_32(Reader *r, int count)
{
    uint32_t value;
    int ret = 0;
    while (ret >= 0 && count--)
        ret = read_32(r, &value);
    return ret;
}

/* Bytes of media data, none of which may lie behind the end. */
static int check_extent(uint64_t start, uint64_t bytes, int64_t size, const char **why)
{
    if (bytes && (start > (uint64_t)size || bytes > (uint64_t)size - start))
        return box_invalid(why, "samples lie beyond its end");
    return 0;
}

/* The table of sizes */

typedef struct Sizes {
    Reader reader;
    uint32_t fixed; ///< of every sample, 0 = each has its own
    int bits;       ///< of a size in the table: 4, 8, 16 or 32
    int nibble;     ///< the half of a byte that comes next, below 0 = none
    uint32_t count;
} Sizes;

static int open_sizes(Sizes *s, int fd, const SampleTables *tables, const char **why)
{
    uint32_t first;
    int ret;

    *s = (Sizes){.reader = reader_of(fd, &tables->sizes, why), .bits = 32, .nibble = -1};
    if ((ret = skip_32(&s->reader, 1)) < 0 || (ret = read_32(&s->reader, &first)) < 0 ||
        (ret = read_32(&s->reader, &s->count)) < 0)
        return ret;
    if (!tables->compact)
        s->fixed = first;
    else
        s->bits = first & 0xff;
    return s->bits == 4 || s->bits == 8 || s->bits == 16 || s->bits == 32
               ? 0
               : box_invalid(why, "its sample sizes make no sense");
}

static int next_size(Sizes *s, uint32_t *size)
{
    Reader *r = &s->reader;
    size_t bytes = (size_t)FFMAX(s->bits / 8, 1);

    if (s->nibble >= 0) {
        *size = (uint32_t)s->nibble;
        s->nibble = -1;
        return 0;
    }
    int ret = fill(r, bytes);
    if (ret < 0)
        return ret;
    const uint8_t *at = r->buffer + r->used;
    *size = bytes == 4 ? AV_RB32(at) : bytes == 2 ? AV_RB16(at) : *at;
    if (s->bits == 4) {
        s->nibble = *size & 15;
        *size >>= 4;
    }
    r->used += bytes;
    return 0;
}

/* Bytes of the next samples. */
static int sum_sizes(Sizes *s, uint32_t samples, uint64_t *bytes)
{
    int ret = 0;

    *bytes = (uint64_t)samples * s->fixed;
    /* QuickTime says 1 of sound whatever it is: that it begins within the file will do.
     */
    if (s->fixed == 1)
        *bytes = samples > 0;
    for (uint32_t i = 0; i < samples && !s->fixed && ret >= 0; i++) {
        uint32_t size = 0;
        ret = next_size(s, &size);
        *bytes += size;
    }
    return ret;
}

/* The table of chunks */

typedef struct Runs {
    Reader reader;
    uint32_t left;     ///< entries to read
    uint32_t from;     ///< chunk, from 1, where the next entry begins to hold; 0 = none
    uint32_t per;      ///< samples of a chunk by the entry that holds
    uint32_t next_per; ///< and by the next one
} Runs;

static int next_run(Runs *runs)
{
    int ret = 0;

    runs->from = 0;
    if (!runs->left)
        return 0;
    runs->left--;
    if ((ret = read_32(&runs->reader, &runs->from)) < 0 ||
        (ret = read_32(&runs->reader, &runs->next_per)) < 0)
        return ret;
    return skip_32(&runs->reader, 1);
}

static int open_runs(Runs *runs, int fd, const Box *box, const char **why)
{
    int ret;

    *runs = (Runs){.reader = reader_of(fd, box, why)};
    if ((ret = skip_32(&runs->reader, 1)) < 0 ||
        (ret = read_32(&runs->reader, &runs->left)) < 0 || (ret = next_run(runs)) < 0)
        return ret;
    /* The first one holds from the start, whatever it says. */
    runs->per = runs->next_per;
    return next_run(runs);
}

/* Samples of a chunk; called for each in turn. */
static int samples_of(Runs *runs, uint32_t chunk, uint32_t *samples)
{
    int ret = 0;

    while (ret >= 0 && runs->from && runs->from <= chunk) {
        runs->per = runs->next_per;
        ret = next_run(runs);
    }
    *samples = runs->per;
    return ret;
}

static int read_offset(Reader *r, bool wide, uint64_t *offset)
{
    uint32_t narrow;

    if (wide)
        return read_64(r, offset);
    int ret = read_32(r, &narrow);
    *offset = narrow;
    return ret;
}

int samples_check(int fd, int64_t size, const SampleTables *tables, const char **why)
{
    Reader chunks = reader_of(fd, &tables->chunks, why);
    uint32_t count, samples, left;
    uint64_t offset, bytes;
    Sizes sizes;
    Runs runs;
    int ret;

    if (!tables->sizes.end || !tables->runs.end || !tables->chunks.end)
        return 0;
    if ((ret = open_sizes(&sizes, fd, tables, why)) < 0 ||
        (ret = open_runs(&runs, fd, &tables->runs, why)) < 0 ||
        (ret = skip_32(&chunks, 1)) < 0 || (ret = read_32(&chunks, &count)) < 0)
        return ret;
    left = sizes.count;
    for (uint32_t chunk = 1; chunk && chunk <= count && left; chunk++) {
        if ((ret = samples_of(&runs, chunk, &samples)) < 0 ||
            (ret = read_offset(&chunks, tables->wide, &offset)) < 0)
            return ret;
        samples = FFMIN(samples, left);
        left -= samples;
        if ((ret = sum_sizes(&sizes, samples, &bytes)) < 0 ||
            (ret = check_extent(offset, bytes, size, why)) < 0)
            return ret;
    }
    return 0;
}

/* Fragments */

/* Bytes of the samples of a run. */
static int sum_run(Reader *r, uint32_t flags, uint32_t count, uint32_t default_size,
                   uint64_t *bytes)
{
    int before = !!(flags & RUN_DURATION);
    int behind = !!(flags & RUN_FLAGS) + !!(flags & RUN_COMPOSITION), ret = 0;

    *bytes = flags & RUN_SIZE ? 0 : (uint64_t)count * default_size;
    if (!(flags & RUN_SIZE) && !before && !behind)
        return 0;
    for (uint32_t i = 0; i < count && ret >= 0; i++) {
        uint32_t size = 0;
        if ((ret = skip_32(r, before)) < 0 ||
            (flags & RUN_SIZE && (ret = read_32(r, &size)) < 0))
            return ret;
        *bytes += size;
        ret = skip_32(r, behind);
    }
    return ret;
}

int samples_check_run(int fd, int64_t size, const Box *box, SampleRun *run,
                      const char **why)
{
    Reader r = reader_of(fd, box, why);
    uint32_t flags, count, offset = 0;
    uint64_t start = run->next, bytes;
    int ret;

    run->samples = 0;
    if ((ret = read_32(&r, &flags)) < 0 || (ret = read_32(&r, &count)) < 0 ||
        (flags & RUN_OFFSET && (ret = read_32(&r, &offset)) < 0) ||
        (ret = skip_32(&r, !!(flags & RUN_FIRST_FLAGS))) < 0 ||
        (ret = sum_run(&r, flags, count, run->default_size, &bytes)) < 0)
        return ret;
    /* One before the file is huge. */
    if (flags & RUN_OFFSET)
        start = run->base + (uint64_t)(int64_t)(int32_t)offset;
    if ((ret = check_extent(start, bytes, size, why)) < 0)
        return ret;
    run->next = start + bytes;
    run->samples = count;
    return 0;
}
