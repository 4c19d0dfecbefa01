/* i2v: a clip copied with metadata of ours
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/tagged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavformat/avio.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "store/mp4_box.h"

#define TYPE(text) AV_RL32(text)

/* Of a generated clip it has some kilobytes. */
#define MAX_INDEX (64 << 20)

/* What iTunes calls the owner of keys of one's own, as FFmpeg reads them. */
#define MEAN "com.apple.iTunes"

enum { DATA_IS_UTF8 = 1 };

/* Where the index of a file lies. */
typedef struct Index {
    int64_t at;   ///< of its box
    Box box;      ///< what is in it
    int64_t size; ///< of the file
} Index;

/* The one moov of a file whose boxes fill it exactly.
 * @return 1, 0 when it is no such file, or a negative AVERROR */
static int find_index(int fd, Index *index)
{
    const char *why;
    struct stat st;
    int found = 0, ret = 0;
    Box box;

    if (fstat(fd, &st) < 0)
        return AVERROR(errno);
    index->size = st.st_size;
    for (int64_t at = 0; at < index->size && ret >= 0; at = box.end) {
        uint8_t size[4];

        if ((ret = box_read_at(fd, at, size, 4, &why)) < 0 ||
            (ret = box_read(fd, at, index->size, &box, &why)) < 0)
            break;
        /* One that lasts to the end of the file would take in what comes behind. */
        if (!AV_RB32(size) || box.type == TYPE("moof"))
            return 0;
        if (box.type != TYPE("moov"))
            continue;
        found++;
        index->at = at;
        index->box = box;
    }
    if (ret == AVERROR_INVALIDDATA)
        return 0;
    return ret < 0 ? ret : found == 1 && index->box.end - index->box.start <= MAX_INDEX;
}

/* Whether it is one that says where each sample lies, in the open. */
static bool is_plain(int fd, const Index *index)
{
    const char *why;
    Box box;

    for (int64_t at = index->box.start; at < index->box.end; at = box.end)
        if (box_read(fd, at, index->box.end, &box, &why) < 0 ||
            box.type == TYPE("mvex") || box.type == TYPE("cmov"))
            return false;
    return true;
}

/* A box's header; its size is filled in by end_box(). */
static int64_t begin_box(AVIOContext *out, const char *type)
{
    int64_t at = avio_tell(out);

    avio_wb32(out, 0);
    avio_write(out, (const unsigned char *)type, 4);
    return at;
}

static void end_box(AVIOContext *out, int64_t at)
{
    int64_t end = avio_tell(out);

    avio_seek(out, at, SEEK_SET);
    avio_wb32(out, (unsigned)(end - at));
    avio_seek(out, end, SEEK_SET);
}

static void put_text(AVIOContext *out, const char *type, const char *text)
{
    int64_t box = begin_box(out, type);

    avio_wb32(out, 0); /* version and flags */
    avio_write(out, (const unsigned char *)text, (int)strlen(text));
    end_box(out, box);
}

static void put_tag(AVIOContext *out, const AVDictionaryEntry *tag)
{
    int64_t box = begin_box(out, "----"), data;

    put_text(out, "mean", MEAN);
    put_text(out, "name", tag->key);
    data = begin_box(out, "data");
    avio_wb32(out, DATA_IS_UTF8);
    avio_wb32(out, 0); /* any country, any language */
    avio_write(out, (const unsigned char *)tag->value, (int)strlen(tag->value));
    end_box(out, data);
    end_box(out, box);
}

/* As iTunes keeps keys of one's own; for an index, whatever else it has. */
static void put_tags(AVIOContext *out, const AVDictionary *tags)
{
    const AVDictionaryEntry *tag = NULL;
    int64_t user = begin_box(out, "udta"), meta = begin_box(out, "meta"), box;

    avio_wb32(out, 0); /* version and flags */
    box = begin_box(out, "hdlr");
    avio_wb32(out, 0);
    avio_wb32(out, 0);
    avio_write(out, (const unsigned char *)"mdirappl", 8);
    for (int i = 0; i < 9; i++)
        avio_w8(out, 0);
    end_box(out, box);
    box = begin_box(out, "ilst");
    while ((tag = av_dict_get(tags, "", tag, AV_DICT_IGNORE_SUFFIX)))
        put_tag(out, tag);
    end_box(out, box);
    end_box(out, meta);
    end_box(out, user);
}

/* @param new_index  set to the index with the tags; free with av_free()
 * @return its size, or a negative AVERROR */
static int make_index(int fd, const Index *index, const AVDictionary *tags,
                      uint8_t **new_index)
{
    int size = (int)(index->box.end - index->box.start);
    uint8_t *old = av_malloc((size_t)FFMAX(size, 1));
    AVIOContext *out = NULL;
    const char *why;
    int ret = old ? box_read_at(fd, index->box.start, old, (size_t)size, &why)
                  : AVERROR(ENOMEM);

    if (ret >= 0)
        ret = avio_open_dyn_buf(&out);
    if (ret >= 0) {
        int64_t moov = begin_box(out, "moov");
        avio_write(out, old, size);
        put_tags(out, tags);
        end_box(out, moov);
        ret = avio_close_dyn_buf(out, new_index);
        if (ret >= 0 && !*new_index)
            ret = AVERROR(ENOMEM);
    }
    av_free(old);
    return ret;
}

static int write_at(int fd, const void *data, size_t size, int64_t at)
{
    ssize_t put = pwrite(fd, data, size, (off_t)at);

    return put < 0 ? AVERROR(errno) : (size_t)put == size ? 0 : AVERROR(ENOSPC);
}

/* Move the index of a copy to its end. @return as tagged_copy() */
static int tag(int clip, int copy, const AVDictionary *tags)
{
    Index index = {0};
    uint8_t *made = NULL, *empty = NULL;
    int ret = find_index(clip, &index), size;

    if (ret <= 0)
        return ret;
    if (!is_plain(clip, &index))
        return 0;
    size = make_index(clip, &index, tags, &made);
    if (size < 0)
        return size;
    empty = av_mallocz((size_t)(index.box.end - index.box.start) + 1);
    ret = empty ? write_at(copy, made, (size_t)size, index.size) : AVERROR(ENOMEM);
    if (ret >= 0)
        ret = write_at(copy, "free", 4, index.at + 4);
    if (ret >= 0)
        ret = write_at(copy, empty, (size_t)(index.box.end - index.box.start),
                       index.box.start);
    av_free(empty);
    av_free(made);
    return ret < 0 ? ret : 1;
}

int tagged_copy(const char *clip, const AVDictionary *tags, const char *path)
{
    char *name = NULL;
    int in = open(clip, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? AVERROR(errno) : files_create_beside(path, 0600, &name), ret;

    if (out < 0) {
        if (in >= 0)
            close(in);
        return out;
    }
    ret = files_copy_bytes(in, out);
    if (ret >= 0)
        ret = tag(in, out, tags);
    close(in);
    if (ret > 0)
        return (ret = files_publish(out, name, path, 0)) < 0 ? ret : 1;
    files_publish(out, name, path, AVERROR_EXTERNAL);
    return ret;
}
