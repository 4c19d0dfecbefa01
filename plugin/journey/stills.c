/* i2v: the stills of a journey: seen, read when their pictures are needed, and let go
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <errno.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>

#include "job/body.h"
#include "base/digest.h"
#include "journey/known.h"

static StillSource source_of(Journey *j, const char *image, const char *time)
{
    return (StillSource){
        .image = image,
        .image_time = time,
        .ca_file = j->request->ca_file,
        .interrupt = j->interrupt,
        .out = &j->out,
    };
}

int journey_read_still(Journey *j, const char *image, const char *time, Still **still)
{
    StillSource source = source_of(j, image, time);
    int ret = still_read(&source, still);
    if (ret >= 0)
        known_stills_remember(&source, *still);
    return ret;
}

static int see_still(Journey *j, const char *image, const char *time, Still **still)
{
    StillSource source = source_of(j, image, time);
    int ret = known_stills_find(j->request->store, &source, still);
    return ret < 0 || *still ? ret : journey_read_still(j, image, time, still);
}

static int get_stills(Journey *j,
                      int (*get)(Journey *, const char *, const char *, Still **))
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
    if (before && !still_is_read(before) && now.identity.text[0] &&
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

static bool can_encode(const Still *still, const StillTarget *target)
{
    return still && (still_is_read(still) || still_is_encoded(still, target));
}

/* Whether every still that is to be sent can be encoded as it is here. */
static bool can_send(const Journey *j)
{
    const Request *r = j->request;

    return (r->image_as_url || can_encode(j->still, &r->target)) &&
           (!r->end_image || r->end_image_as_url || can_encode(j->end, &r->end_target));
}

int journey_make_body(Journey *j, char **shown)
{
    int ret = AVERROR(EAGAIN);

    if (can_send(j))
        ret = body_make(j->request, j->still, j->end, &j->out, &j->body, shown);
    if (ret == AVERROR(EAGAIN) && (ret = journey_need_stills(j)) >= 0)
        ret = body_make(j->request, j->still, j->end, &j->out, &j->body, shown);
    return ret;
}

int journey_need_stills(Journey *j)
{
    bool read =
        (!j->still || still_is_read(j->still)) && (!j->end || still_is_read(j->end));

    return read && (j->still || j->end) ? 0 : read_stills(j);
}

/* Without its picture it can still be sent, if it was encoded just before. */
static void drop_picture(Still **still, const char *image)
{
    StillKnown known;

    if (!*still || !still_is_read(*still))
        return;
    still_known(*still, &known);
    still_free(still);
    *still = still_recall(image, &known);
}

void journey_drop_pictures(Journey *j)
{
    drop_picture(&j->still, j->request->image);
    drop_picture(&j->end, j->request->end_image);
}

static void note(Journey *j, Still *still)
{
    StillKnown known;

    if (!still || !j->store)
        return;
    still_known(still, &known);
    known_stills_add(j->store, &known, &j->out);
    still_set_noted(still);
}

void journey_note_stills(Journey *j)
{
    note(j, j->still);
    note(j, j->end);
}
