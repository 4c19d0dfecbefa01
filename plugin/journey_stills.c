/* i2v: the stills of a journey: seen, read when their pictures are needed, and let go
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey_internal.h"

#include <errno.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

#include "digest.h"
#include "known_stills.h"

static StillSource source_of(const Journey *j, const char *image, const char *time)
{
    return (StillSource){
        .image = image,
        .image_time = time,
        .ca_file = j->request->ca_file,
        .interrupt = j->interrupt,
        .log = j->log,
    };
}

int journey_read_still(const Journey *j, const char *image, const char *time,
                       Still **still)
{
    StillSource source = source_of(j, image, time);
    return still_read(&source, still);
}

static int see_still(const Journey *j, const char *image, const char *time, Still **still)
{
    StillSource source = source_of(j, image, time);
    int ret = known_stills_find(j->request->store, &source, still);
    return ret < 0 || *still ? ret : still_read(&source, still);
}

static int get_stills(Journey *j,
                      int (*get)(const Journey *, const char *, const char *, Still **))
{
    const Request *r = j->request;
    int ret = 0;
    if (!r->image_as_url)
        ret = get(j, r->image, r->image_time, &j->still);
    if (ret >= 0 && r->end_image && !r->end_image_as_url)
        ret = get(j, r->end_image, NULL, &j->end);
    return ret;
}

int journey_see_stills(Journey *j)
{
    return get_stills(j, see_still);
}

/* Whether a still is not the one that the key was made of. */
static bool is_other(const Still *still, const Still *before, const char *hash)
{
    char text[DIGEST_TEXT_SIZE] = "";

    if (still)
        digest_hex(still_digest(still), 32, text);
    return strcmp(text, hash) || (still && before &&
                                  (still_width(still) != still_width(before) ||
                                   still_height(still) != still_height(before)));
}

/* Which of two sentences is true: a file that is the one that was recalled had been noted
 * wrongly. */
static int refuse_other(Journey *j, const char *image, const Still *still,
                        const Still *before)
{
    StillKnown now = {0}, then = {0};

    if (still)
        still_known(still, &now);
    if (before)
        still_known(before, &then);
    journey_drop_body(j);
    if (before && !still_is_read(before) &&
        !strcmp(now.identity.text, then.identity.text)) {
        j->failure = FAILURE_LATER;
        events_say(j->events, AV_LOG_ERROR,
                   "What was noted of the still '%s' was not true of it, and is put "
                   "right; nothing sent; run the command again.\n",
                   image);
    } else {
        events_say(j->events, AV_LOG_ERROR,
                   "The still '%s' has changed since this command began; nothing sent.\n",
                   image);
    }
    return AVERROR_INVALIDDATA;
}

/* For the same request: the key speaks of what was seen first. */
static int read_stills(Journey *j)
{
    const Request *r = j->request;
    Still *still = j->still, *end = j->end;

    j->still = j->end = NULL;
    int ret = get_stills(j, journey_read_still);
    if (ret >= 0 && is_other(j->still, still, r->image_hash))
        ret = refuse_other(j, r->image, j->still, still);
    else if (ret >= 0 && is_other(j->end, end, r->end_image_hash))
        ret = refuse_other(j, r->end_image, j->end, end);
    still_free(&still);
    still_free(&end);
    return ret;
}

int journey_need_stills(Journey *j)
{
    bool read =
        (!j->still || still_is_read(j->still)) && (!j->end || still_is_read(j->end));

    return read && (j->still || j->end) ? 0 : read_stills(j);
}

void journey_let_stills_go(Journey *j)
{
    if (j->still)
        still_known(j->still, &j->known[0]);
    if (j->end)
        still_known(j->end, &j->known[1]);
    still_free(&j->still);
    still_free(&j->end);
}

void journey_note_stills(Journey *j)
{
    for (size_t i = 0; j->store && i < FF_ARRAY_ELEMS(j->known); i++) {
        known_stills_add(j->store, &j->known[i], j->log);
        j->known[i].noted = true;
    }
}
