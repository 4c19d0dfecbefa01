/* i2v: requests that are sent ahead of the calls that will open them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/ahead.h"

#include <errno.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/events.h"
#include "journey/journey.h"
#include "host/source.h"

/* What a request is called in its command: its still, else its URL. */
static char *name_of(const AheadRequest *request)
{
    const AVDictionaryEntry *image =
        av_dict_get(request->options, "image", NULL, AV_DICT_MATCH_CASE);
    return av_strdup(image ? image->value : request->url);
}

/* The sentence that said why does not say of which of them. */
static void say_which(const char *name)
{
    av_log(source_log(false), AV_LOG_ERROR,
           "That is of the request for '%s'; nothing of this command was sent.\n",
           name ? name : "?");
}

static int prepare(AheadRequest *request, const AVIOInterruptCB *interrupt,
                   Journey **journey)
{
    Failure failure;
    char *name = name_of(request);
    int ret = journey_prepare(request->url, &request->options, interrupt, NULL, journey,
                              &failure);

    if (ret < 0 && ret != AVERROR(EINTR))
        say_which(name);
    av_free(name);
    return ret;
}

/* Their lines will mix. */
static void tell_apart(Journey *const *journeys, int count)
{
    const char *key = NULL;

    for (int i = 0; i < count; i++) {
        if (!journey_is_to_be_sent(journeys[i]))
            continue;
        if (key && strcmp(key, journey_key(journeys[i])))
            events_tell_apart();
        key = journey_key(journeys[i]);
    }
}

int ahead_send(AheadRequest *requests, int count, const AVIOInterruptCB *interrupt)
{
    Journey **journeys = av_calloc((size_t)count, sizeof(Journey *));
    Failure failure;
    int ret = journeys ? 0 : AVERROR(ENOMEM);

    for (int i = 0; i < count && ret >= 0; i++)
        ret = prepare(&requests[i], interrupt, &journeys[i]);
    if (ret >= 0)
        tell_apart(journeys, count);
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
