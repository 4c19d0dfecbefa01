/* i2v: the stand-in gateway: the other kinds of clip that a fault may ask for, made from
 * the one that was rendered.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/version.h>

#define COPY   "-c copy "
#define ENCODE "-c:a copy -c:v libx264 -preset ultrafast -crf 28 -g 30 -threads 1 "
#define COLOURS \
    "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv "

/* What ffmpeg makes the kind with, words apart; NULL: it is not ffmpeg that does. */
static char *options_of(const Job *job, ClipKind kind)
{
    switch (kind) {
    case CLIP_SILENT:
        return checked_strdup(COPY "-an -movflags +faststart");
    case CLIP_MOOVEND:
        return checked_strdup(COPY "-movflags 0");
    case CLIP_FRAGMENTED:
        return checked_strdup(COPY
                              "-movflags +frag_keyframe+empty_moov+default_base_moof");
    case CLIP_VFR: /* two of three pictures come a third of their time late */
#if LIBAVUTIL_VERSION_MAJOR >= 57
        return text_format(COPY "-bsf:v setts=ts='TS+if(mod(N,3),1/(3*%d*TB),0)' "
                                "-movflags +faststart",
                           job->rate);
#else /* FFmpeg 4.3 has no setts */
        return text_format(ENCODE COLOURS
                           "-vf settb=1/%d,setpts='PTS+if(mod(N,3),1,0)' -vsync vfr "
                           "-enc_time_base 1/%d -movflags +faststart",
                           3 * job->rate, 3 * job->rate);
#endif
    case CLIP_SHORT:
        return text_format(COPY "-t %g -movflags +faststart",
                           job->duration > 1 ? job->duration - 1 : 0.5);
    case CLIP_UNTAGGED:
        return checked_strdup(
            ENCODE "-vf setparams=range=unspecified:color_primaries=unknown:"
                   "color_trc=unknown:colorspace=unknown -movflags +faststart");
    case CLIP_SMALL:
        return checked_strdup(ENCODE COLOURS "-vf scale=trunc(iw/4)*2:trunc(ih/4)*2 "
                                             "-movflags +faststart");
    case CLIP_HALFRATE:
        return text_format(ENCODE COLOURS "-vf fps=%d/2 -movflags +faststart", job->rate);
    case CLIP_COVER_ART:
        /* -frames would end the others with it since FFmpeg 6.1 */
        return checked_strdup("-map 0:v -c copy -c:v:1 png -filter:v:1 trim=end_frame=1 "
                              "-disposition:v:1 attached_pic -movflags +faststart");
    case CLIP_TIMED_METADATA:
        return checked_strdup(COPY "-timecode 00:00:00:00 -write_tmcd 1");
    case CLIP_MOV:
        return checked_strdup(COPY "-f mov");
    case CLIP_WEBM:
        return checked_strdup("-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M "
                              "-c:a libopus -threads 1 -f webm");
    case CLIP_OTHER:
        return checked_strdup(
            "-c:a aac -b:a 32k -c:v libx264 -preset veryfast -crf 45 -g 30 "
            "-threads 1 " COLOURS "-movflags +faststart");
    default:
        return NULL;
    }
}

static int convert(const JobList *list, const Job *job, char *options, const char *from,
                   const char *to)
{
    const char *argv[64] = {"ffmpeg", "-v", "error", "-nostdin", "-y", "-threads",
                            "1",      "-i", from,    "-map",     "0"};
    const char *const end[] = {"-map_metadata", "-1",        "-fflags", "+bitexact",
                               "-flags:v",      "+bitexact", to,        NULL};
    int count = 11;
    char *word;

    argv[count++] = "-f"; /* the last one counts */
    argv[count++] = "mp4";
    while (count < 50 && (word = strsep(&options, " ")))
        argv[count++] = word;
    memcpy(argv + count, end, sizeof(end));
    return render_run(list, argv, job);
}

static size_t box_size(const Buffer *file, size_t at)
{
    const unsigned char *box = (const unsigned char *)file->data + at;

    return (size_t)box[0] << 24 | (size_t)box[1] << 16 | (size_t)box[2] << 8 | box[3];
}

/* The start of the middle moof of a fragmented file, or half of it. */
static size_t middle_moof(const Buffer *file)
{
    size_t moofs[256], count = 0, at = 0;

    while (at + 8 <= file->size && count < 256) {
        size_t size = box_size(file, at);

        if (size < 8)
            break;
        if (!memcmp(file->data + at + 4, "moof", 4))
            moofs[count++] = at;
        at += size;
    }
    return count ? moofs[count / 2] : file->size / 2;
}

static int cut_file(const char *from, const char *to, ClipKind kind)
{
    Buffer file = {0};
    int status = read_file(from, &file);

    if (!status) {
        size_t size = file.size / 2;

        if (kind == CLIP_DAMAGED_MOOF)
            size = middle_moof(&file);
        else if (kind == CLIP_DAMAGED_TAIL)
            size = file.size > 3000 ? file.size - 3000 : 0;
        status = write_file_atomic(to, file.data, size);
    }
    buffer_free(&file);
    return status;
}

/* Bytes that look like nothing, the same every time. */
static int write_garbage(const char *to)
{
    char noise[100000];
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof(noise); i++) {
        state = state * 1664525u + 1013904223u;
        noise[i] = (char)(state >> 24);
    }
    return write_file_atomic(to, noise, sizeof(noise));
}

/* Adds a box of so many bytes of content to the end of a list of boxes. */
static void add_box(Buffer *to, const char *type, const Buffer *content)
{
    size_t size = content->size + 8;
    const unsigned char head[] = {(unsigned char)(size >> 24),
                                  (unsigned char)(size >> 16), (unsigned char)(size >> 8),
                                  (unsigned char)size};

    buffer_append(to, head, sizeof(head));
    buffer_append(to, type, 4);
    buffer_append(to, content->data, content->size);
}

/* A manifest store as C2PA has it: a superbox with its description and one more box. */
static void make_manifest(Buffer *store)
{
    static const char description[] = "c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71"
                                      "\x03"
                                      "c2pa";
    Buffer part = {0}, boxes = {0};

    buffer_append(&part, description, sizeof(description));
    add_box(&boxes, "jumd", &part);
    buffer_free(&part);
    buffer_text(&part, "{\"claim_generator\":\"i2v-gateway\",\"assertions\":[");
    for (int i = 0; i < 8; i++)
        buffer_format(&part, "%s{\"label\":\"c2pa.test.%d\",\"data\":{}}", i ? "," : "",
                      i);
    buffer_text(&part, "]}");
    add_box(&boxes, "json", &part);
    add_box(store, "jumb", &boxes);
    buffer_free(&part);
    buffer_free(&boxes);
}

/* The clip with the provenance that some services leave in it: a box behind all others.
 */
static int add_provenance(const char *from, const char *to)
{
    static const char id[] = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87"
                             "\x7e\xc4\x81";
    Buffer file = {0}, content = {0};
    int status = read_file(from, &file);

    if (!status) {
        buffer_append(&content, id, 16);
        buffer_append(&content, "\0\0\0\0manifest\0\0\0\0\0\0\0\0", 4 + 9 + 8);
        make_manifest(&content);
        add_box(&file, "uuid", &content);
        status = write_file_atomic(to, file.data, file.size);
    }
    buffer_free(&file);
    buffer_free(&content);
    return status;
}

static void set_box_size(Buffer *file, size_t at, size_t size)
{
    for (int i = 0; i < 4; i++)
        file->data[at + (size_t)i] = (char)(size >> 8 * (3 - i));
}

/* Half of the media data is gone, and its box says nothing of it. */
static int cut_media(Buffer *file)
{
    size_t at = 0;

    while (at + 8 <= file->size && box_size(file, at) >= 8) {
        size_t size = box_size(file, at);

        if (!memcmp(file->data + at + 4, "mdat", 4)) {
            set_box_size(file, at, size / 2);
            file->size = at + size / 2;
            return 0;
        }
        at += size;
    }
    return -1;
}

static int change_file(const char *from, const char *to, ClipKind kind)
{
    Buffer file = {0};
    int status = read_file(from, &file);

    if (!status && kind == CLIP_BEYOND_END)
        status = cut_media(&file);
    else if (!status)
        buffer_text(&file, "<!-- made by i2v-gateway -->\n");
    if (!status)
        status = write_file_atomic(to, file.data, file.size);
    buffer_free(&file);
    return status;
}

/* An empty box behind the others makes it as long as the whole clip. */
static int make_as_long(const char *whole, const char *file)
{
    Buffer model = {0}, shorter = {0}, padding = {0};
    int status = read_file(whole, &model) || read_file(file, &shorter) ||
                         shorter.size + 8 > model.size
                     ? -1
                     : 0;

    if (!status) {
        while (padding.size < model.size - shorter.size - 8)
            buffer_append(&padding, "", 1);
        add_box(&shorter, "free", &padding);
        status = write_file_atomic(file, shorter.data, shorter.size);
    }
    buffer_free(&model);
    buffer_free(&shorter);
    buffer_free(&padding);
    return status;
}

static int make_variant(JobList *list, const Job *job, ClipKind kind, const char *whole,
                        const char *to)
{
    ClipKind base = kind == CLIP_DAMAGED_TAIL ? CLIP_MOOVEND : CLIP_FRAGMENTED;
    char *part = render_part_name(to), *options = options_of(job, kind), *from;
    int status = -1;

    if (options)
        status = convert(list, job, options, whole, part);
    else if (kind == CLIP_BEYOND_END || kind == CLIP_TRAILING_BYTES)
        status = change_file(whole, part, kind);
    else if (kind == CLIP_C2PA)
        status = add_provenance(whole, part);
    else if (kind == CLIP_GARBAGE)
        status = write_garbage(part);
    else if (kind == CLIP_EMPTY)
        status = write_file_atomic(part, "", 0);
    else if (kind == CLIP_DAMAGED_HALF)
        status = cut_file(whole, part, kind);
    else {
        from = job_path(list, job, clip_kind_name(base), ".mp4");
        status = access(from, R_OK) ? make_variant(list, job, base, whole, from) : 0;
        if (!status)
            status = cut_file(from, part, kind);
        free(from);
    }
    if (!status && kind == CLIP_OTHER)
        status = make_as_long(whole, part);
    if (!status)
        status = rename(part, to);
    else
        unlink(part);
    free(options);
    free(part);
    return status;
}

/* From the cache, where another gateway may have put it, or made and put there. */
static int get_variant(JobList *list, const Job *job, ClipKind kind, const char *whole,
                       const char *to)
{
    char *cached = list->cache ? text_format("%s/%s-%s.mp4", list->cache, job->digest,
                                             clip_kind_name(kind))
                               : NULL;
    int status = 0;

    if (!cached || copy_file_atomic(cached, to)) {
        status = make_variant(list, job, kind, whole, to);
        if (!status && cached && copy_file_atomic(to, cached))
            fprintf(stderr, "i2v-gateway: cannot write %s: %s\n", cached,
                    strerror(errno));
    }
    free(cached);
    return status;
}

char *render_variant(JobList *list, const Job *job, ClipKind kind)
{
    char *whole = job_path(list, job, "clip", ".mp4"), *path;
    int status = 0;

    if (kind == CLIP_WHOLE)
        return whole;
    path = job_path(list, job, clip_kind_name(kind), ".mp4");
    pthread_mutex_lock(&list->variants);
    if (access(path, R_OK))
        status = get_variant(list, job, kind, whole, path);
    pthread_mutex_unlock(&list->variants);
    free(whole);
    if (!status)
        return path;
    free(path);
    return NULL;
}
