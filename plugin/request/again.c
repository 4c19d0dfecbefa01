/* i2v: what asks for a request again, as the ledger keeps it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/steps.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/text.h"
#include "request/params.h"
#include "request/scrub.h"

/* @param usual  what the option is where it is not given; NULL = nothing */
static bool put(cJSON *to, const char *name, const char *value, const char *usual)
{
    return !text_is_set(value) || (usual && !strcmp(value, usual)) ||
           cJSON_AddStringToObject(to, name, value);
}

static bool put_named(cJSON *to, const char *name, int value)
{
    return !value || cJSON_AddStringToObject(to, name, options_value_name(name, value));
}

/* The fields that were given, whatever file they come from. Where one may be secret an
 * empty text is left: without it this would be another request. */
static bool put_params(cJSON *to, const char *params)
{
    Outcome unheard = {.quiet = true};
    cJSON *fields = NULL, *kept = NULL;
    char *text = NULL;
    bool whole = true;

    if (!text_is_set(params) || params_parse(params, &unheard, &fields) < 0)
        return true;
    whole = (kept = scrub_fields(fields)) && (text = cJSON_PrintUnformatted(kept)) &&
            cJSON_AddStringToObject(to, "params",
                                    cJSON_Compare(kept, fields, true) ? text : "");
    cJSON_free(text);
    cJSON_Delete(kept);
    cJSON_Delete(fields);
    return whole;
}

/* A still that cannot be read again leaves an empty text. */
static bool put_still(cJSON *to, const char *name, const char *image)
{
    char *place = NULL;
    bool whole = !image || (still_place(image, &place) >= 0 &&
                            cJSON_AddStringToObject(to, name, place ? place : ""));

    av_free(place);
    return whole;
}

int again_note(const Options *o, Request *r)
{
    const char *audio = o->audio < 0 ? NULL : o->audio ? "1" : "0";
    cJSON *to = r->options = cJSON_CreateObject();
    bool whole =
        to && put_still(to, "image", o->image) &&
        put(to, "image_time", o->image_time, "0") &&
        put_still(to, "end_image", text_is_set(o->end_image) ? o->end_image : NULL) &&
        put(to, "resolution", o->resolution, NULL) &&
        put(to, "aspect_ratio", o->aspect_ratio, "auto") &&
        put(to, "duration", o->duration, NULL) && put(to, "audio", audio, NULL) &&
        put(to, "negative_prompt", o->negative_prompt, NULL) &&
        put(to, "seed", o->seed, NULL) && put_params(to, o->params) &&
        put_named(to, "fit", o->fit) && put_named(to, "fit_position", o->fit_position);

    if (whole && o->image)
        whole = still_name(o->image, &r->image_name) >= 0;
    return whole ? 0 : AVERROR(ENOMEM);
}
