/* i2v: what earlier runs found out about stills that have not changed since
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file of the store, a line each, the latest last: identity, width, height, digest,
 * fingerprint or - for none, and 1 when the identity alone told the content, else 0. */
#include "journey/known.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/files.h"

/* The store's file and lock of this name. */
#define NAME "stills"

#define MOST_STILLS 512
#define MAX_SIZE    (MOST_STILLS * 300)

/* What this process has recalled counts for it from then on, whatever became of the file
 * since: the same still is the same request. What it has read does as long as its bytes
 * are kept, which are then what would be sent. */
typedef struct Recalled {
    char *name;
    StillKnown known;
    bool read;
} Recalled;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Recalled recalled[MOST_STILLS]; // a ring
static unsigned recalled_count;

/* A data: URI is its own content. */
static char *name_of(const StillSource *source)
{
    if (!av_strncasecmp(source->image, "data:", 5))
        return NULL;
    return av_asprintf("%s\n%s", source->image,
                       source->image_time ? source->image_time : "");
}

/* Under the lock. */
static Recalled *find_recalled(const char *name)
{
    for (unsigned i = 0; name && i < FFMIN(recalled_count, MOST_STILLS); i++)
        if (!strcmp(recalled[i].name, name))
            return &recalled[i];
    return NULL;
}

static bool recall_again(const StillSource *source, StillKnown *known)
{
    bool kept = still_is_kept(source->image);
    char *name = name_of(source);

    pthread_mutex_lock(&lock);
    const Recalled *found = find_recalled(name);
    bool holds = found && (kept || !found->read);
    if (holds)
        *known = found->known;
    pthread_mutex_unlock(&lock);
    av_free(name);
    return holds;
}

static void remember(const StillSource *source, const StillKnown *known, bool read)
{
    char *name = name_of(source);

    if (!name)
        return;
    pthread_mutex_lock(&lock);
    Recalled *entry = find_recalled(name);
    if (!entry)
        entry = &recalled[recalled_count++ % MOST_STILLS];
    av_free(entry->name);
    *entry = (Recalled){.name = name, .known = *known, .read = read};
    entry->known.noted = true; // by whoever found it out
    pthread_mutex_unlock(&lock);
}

void known_stills_remember(const StillSource *source, const Still *still)
{
    StillKnown known;

    still_known(still, &known);
    remember(source, &known, true);
}

/* The file */

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

static void print_line(const StillKnown *known, AVBPrint *lines)
{
    char hex[DIGEST_TEXT_SIZE];

    digest_hex(known->digest, sizeof(known->digest), hex);
    av_bprintf(lines, "%s %d %d %s %s %d\n", known->identity.text, known->width,
               known->height, hex, *known->fingerprint ? known->fingerprint : "-",
               known->identity.settled);
}

/* What the file has of a still. */
static bool read_line(const char *directory, const char *identity, StillKnown *known)
{
    char *path = av_asprintf("%s/" NAME, directory), *text = NULL;
    char hex[DIGEST_TEXT_SIZE];
    const char *line;
    int settled;

    *known = (StillKnown){0};
    bool found =
        path && files_read(path, MAX_SIZE, &text) >= 0 && text &&
        (line = find_line(text, identity)) &&
        sscanf(line + strlen(identity), "%d %d %64[0-9a-f] %32[0-9a-f-] %d",
               &known->width, &known->height, hex, known->fingerprint, &settled) == 5 &&
        known->width > 0 && known->height > 0 &&
        digest_parse(hex, known->digest, sizeof(known->digest));

    if (found) {
        av_strlcpy(known->identity.text, identity, sizeof(known->identity.text));
        known->identity.settled = settled == 1;
    }
    av_free(text);
    av_free(path);
    return found;
}

/* What was noted of a still, as far as it holds of its file as it is now.
 * @return 1, 0 or a negative AVERROR after one sentence */
static int look_up(const char *directory, const StillSource *source, StillKnown *known)
{
    bool kept = still_is_kept(source->image);
    StillIdentity now;
    int ret = 1;

    if (!still_identify(source->image, source->image_time, &now) ||
        !read_line(directory, now.text, known))
        return 0;
    if (!now.settled || !known->identity.settled || kept)
        ret = still_matches(source, known->fingerprint);
    known->noted = true;
    if (now.settled && !known->identity.settled && !kept) {
        known->identity.settled = true; // the next need not compare it
        known->noted = false;
    }
    return ret;
}

int known_stills_find(const char *directory, const StillSource *source, Still **still)
{
    StillKnown known;

    *still = NULL;
    if (!recall_again(source, &known)) {
        int ret = look_up(directory, source, &known);
        if (ret <= 0)
            return ret;
        remember(source, &known, still_is_kept(source->image));
    }
    *still = still_recall(source->image, &known);
    return 0;
}

/* All lines but those that are too many and that of the same still, and the new one. */
static void print_lines(const char *text, const StillKnown *known, AVBPrint *lines)
{
    const char *line = text ? text : "", *old = find_line(line, known->identity.text);
    int count = 1;

    for (const char *c = line; *c; c++)
        count += *c == '\n';
    for (; *line; count--) {
        size_t size = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
        if (count <= MOST_STILLS && line != old)
            av_bprint_append_data(lines, line, (unsigned)size);
        line += size;
    }
    print_line(known, lines);
}

/* Whether nothing is to be written. */
static bool is_noted(const char *text, const StillKnown *known)
{
    const char *line = find_line(text, known->identity.text);
    AVBPrint same;
    bool noted;

    av_bprint_init(&same, 0, AV_BPRINT_SIZE_AUTOMATIC);
    print_line(known, &same);
    noted = line && !strncmp(line, same.str, same.len);
    av_bprint_finalize(&same, NULL);
    return noted;
}

void known_stills_add(const Store *store, const StillKnown *known, Outcome *out)
{
    bool wanted = known->identity.text[0] && !known->noted;
    int held = wanted ? store_lock(store, NAME) : AVERROR(EAGAIN), ret = held;
    char *path = NULL, *text = NULL;
    AVBPrint lines;

    av_bprint_init(&lines, 0, AV_BPRINT_SIZE_UNLIMITED);
    /* While another writes, this one is not worth waiting for. */
    if (ret < 0)
        goto end;
    path = store_file_path(store, NAME);
    ret = path ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && files_read(path, MAX_SIZE, &text) < 0)
        text = NULL; // damaged: begun anew
    if (ret < 0 || is_noted(text, known))
        goto end;
    print_lines(text, known, &lines);
    ret = av_bprint_is_complete(&lines) ? files_write(path, lines.str, lines.len)
                                        : AVERROR(ENOMEM);
end:
    if (ret < 0 && ret != AVERROR(EAGAIN))
        outcome_say(out, AV_LOG_DEBUG, "The still is not noted: %s.", av_err2str(ret));
    store_unlock(&held);
    av_bprint_finalize(&lines, NULL);
    av_free(text);
    av_free(path);
}
