/* i2v: what earlier runs found out about stills that have not changed since
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file of the store, a line each, the latest last: identity (still_identify()), width,
 * height, digest, and fingerprint, or - for none. */
#include "known_stills.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "digest.h"
#include "files.h"

/* The store's file and lock of this name. */
#define NAME "stills"

#define MOST_STILLS 512
#define MAX_SIZE    (MOST_STILLS * (STILL_IDENTITY_SIZE + 100))

typedef struct KnownStill {
    int width, height;
    uint8_t digest[32];
    char fingerprint[STILL_FINGERPRINT_SIZE];
} KnownStill;

/* The line that begins with an identity, or NULL. */
static const char *find_line(const char *text, const char *identity)
{
    size_t size = strlen(identity);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, identity, size) && line[size] == ' ')
            return line;
    }
    return NULL;
}

static void print_line(const char *identity, const Still *still, AVBPrint *lines)
{
    char hex[DIGEST_TEXT_SIZE];

    digest_hex(still_digest(still), 32, hex);
    av_bprintf(lines, "%s %d %d %s %s\n", identity, still_width(still),
               still_height(still), hex,
               *still_fingerprint(still) ? still_fingerprint(still) : "-");
}

/* What the file has of a still. */
static bool read_line(const char *directory, const char *identity, KnownStill *known)
{
    char *path = av_asprintf("%s/" NAME, directory), *text = NULL;
    char hex[DIGEST_TEXT_SIZE];
    const char *line;
    bool found = path && store_read_file(path, MAX_SIZE, &text) >= 0 && text &&
                 (line = find_line(text, identity)) &&
                 sscanf(line + strlen(identity), "%d %d %64[0-9a-f] %32[0-9a-f-]",
                        &known->width, &known->height, hex, known->fingerprint) == 4 &&
                 known->width > 0 && known->height > 0 &&
                 digest_parse(hex, known->digest, sizeof(known->digest));

    av_free(text);
    av_free(path);
    return found;
}

int known_stills_find(const char *directory, const StillSource *source, Still **still)
{
    char identity[STILL_IDENTITY_SIZE];
    KnownStill known;
    bool settled;
    int ret = 1;

    *still = NULL;
    if (!still_identify(source->image, source->image_time, identity, &settled) ||
        !read_line(directory, identity, &known))
        return 0;
    if (!settled)
        ret = still_matches(source, known.fingerprint);
    if (ret > 0)
        *still = still_recall(source->image, known.width, known.height, known.digest);
    return FFMIN(ret, 0);
}

/* All lines but those that are too many and that of the same still, and the new one. */
static void print_lines(const char *text, const char *identity, const Still *still,
                        AVBPrint *lines)
{
    const char *line = text ? text : "", *old = find_line(line, identity);
    int count = 1;

    for (const char *c = line; *c; c++)
        count += *c == '\n';
    for (; *line; count--) {
        size_t size = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
        if (count <= MOST_STILLS && line != old)
            av_bprint_append_data(lines, line, (unsigned)size);
        line += size;
    }
    print_line(identity, still, lines);
}

/* Whether nothing is to be written. */
static bool is_noted(const char *text, const char *identity, const Still *still)
{
    const char *line = find_line(text, identity);
    AVBPrint same;
    bool noted;

    av_bprint_init(&same, 0, AV_BPRINT_SIZE_AUTOMATIC);
    print_line(identity, still, &same);
    noted = line && !strncmp(line, same.str, same.len);
    av_bprint_finalize(&same, NULL);
    return noted;
}

void known_stills_add(const Store *store, const Still *still, void *log)
{
    const char *identity = still_identity(still);
    int lock = *identity ? store_lock(store, NAME) : AVERROR(EAGAIN), ret = lock;
    char *path = NULL, *text = NULL;
    AVBPrint lines;

    av_bprint_init(&lines, 0, AV_BPRINT_SIZE_UNLIMITED);
    /* While another writes, this one is not worth waiting for. */
    if (ret < 0)
        goto end;
    path = store_file_path(store, NAME);
    ret = path ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && store_read_file(path, MAX_SIZE, &text) < 0)
        text = NULL; // damaged: begun anew
    if (ret < 0 || is_noted(text, identity, still))
        goto end;
    print_lines(text, identity, still, &lines);
    ret = av_bprint_is_complete(&lines) ? files_write(path, lines.str, lines.len)
                                        : AVERROR(ENOMEM);
end:
    if (ret < 0 && ret != AVERROR(EAGAIN))
        av_log(log, AV_LOG_DEBUG, "The still is not noted: %s.\n", av_err2str(ret));
    store_unlock(&lock);
    av_bprint_finalize(&lines, NULL);
    av_free(text);
    av_free(path);
}
