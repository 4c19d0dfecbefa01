/* i2v: requests that are sent ahead of the calls that will open them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ahead.h"

#include <errno.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "journey.h"

int ahead_send(AheadRequest *requests, int count, const AVIOInterruptCB *interrupt)
{
    Journey **journeys = av_calloc((size_t)count, sizeof(Journey *));
    GenerationFailure failure;
    int ret = journeys ? 0 : AVERROR(ENOMEM);

    for (int i = 0; i < count && ret >= 0; i++)
        ret = journey_prepare(requests[i].url, &requests[i].options, interrupt, NULL,
                              &journeys[i], &failure);
    for (int i = 0; i < count && ret >= 0; i++)
        ret = journey_ask(journeys[i], interrupt, &failure);
    for (int i = 0; i < count && ret >= 0; i++)
        ret = journey_send(journeys[i]);
    /* Until somebody waits nothing has gone out. */
    for (int i = 0; journeys && i < count; i++) {
        if (ret >= 0)
            journey_give(&journeys[i], true);
        else
            journey_free(&journeys[i]);
    }
    av_free(journeys);
    return ret;
}
