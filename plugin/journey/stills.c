/* i2v: the stills of a journey: read, let go, and read again when they are needed again
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/state.h"

#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>

#include "base/digest.h"
#include "job/body.h"

int journey_read_still(Journey *j, const char *image, const char *time, Still **still)
{
    StillSource source = {
        .image = image,
        .image_time = time,
        .ca_file = j->request->ca_file,
        .interrupt = j->interrupt,
        .out = &j->out,
    };
    return *still ? 0 : still_read(&source, still);
}

int journey_read_stills(Journey *j)
{
    const Request *r = j->request;
    int ret = 0;

    if (!r->image_as_url)
        ret = journey_read_still(j, r->image, r->image_time, &j->still);
    if (ret >= 0 && r->end_image && !r->end_image_as_url)
        ret = journey_read_still(j, r->end_image, NULL, &j->end);
    return ret;
}

/* A still that was let go is kept by this process as a rule, but not if there are many of
 * them, or it is large. */
static int check_same(Journey *j, const char *image, const Still *still, const char *hash)
{
    char text[DIGEST_TEXT_SIZE];

    if (!still)
        return 0;
    digest_hex(still_digest(still), DIGEST_SIZE, text);
    if (!strcmp(text, hash))
        return 0;
    events_say(j->events, AV_LOG_ERROR,
               "The still '%s' has changed since this command began; nothing sent.\n",
               image);
    return AVERROR_INVALIDDATA;
}

int journey_need_stills(Journey *j)
{
    const Request *r = j->request;
    int ret = journey_read_stills(j);

    if (ret >= 0 && !r->image_as_url)
        ret = check_same(j, r->image, j->still, r->image_hash);
    if (ret >= 0)
        ret = check_same(j, r->end_image, j->end, r->end_image_hash);
    if (ret < 0)
        journey_drop_body(j);
    return ret;
}

int journey_make_body(Journey *j, char **shown)
{
    int ret = journey_need_stills(j);

    if (ret >= 0)
        ret = body_make(j->request, j->still, j->end, &j->out, &j->body, shown);
    return ret;
}

void journey_drop_stills(Journey *j)
{
    still_free(&j->still);
    still_free(&j->end);
}
