/* i2v: the command: many requests from a manifest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/mem.h>

#include "base/line.h"
#include "ctl/print.h"
#include "journey/film.h"
#include "journey/shots.h"
#include "still/still.h"

/* A still is read when its line is checked and again when its turn comes: what several
 * lines share is kept that long, and what a thousand lines name is not. */
#define KEPT_BYTES (8 << 20)

/* Results */

static cJSON *describe(const Shot *shot, int ret, const JourneyReport *report)
{
    const Outcome *out = &shot->out;
    const char *error = out->why[0] ? out->why : av_err2str(out->error);
    const char *status = report->dry_run ? "dry_run" : report->state;
    bool failed = ret < 0 || out->error; /* with a path: why that is the still */
    cJSON *result = cJSON_CreateObject();

    if (cJSON_AddRawToObject(result, "id", shot->line->id) &&
        (!report->path || cJSON_AddStringToObject(result, "path", report->path)) &&
        (!failed || cJSON_AddStringToObject(result, "error", error)) &&
        cJSON_AddStringToObject(result, "status", status) &&
        (report->usd < 0 ? cJSON_AddNullToObject(result, "usd")
                         : cJSON_AddNumberToObject(result, "usd", report->usd)) &&
        (report->key[0] ? cJSON_AddStringToObject(result, "key", report->key)
                        : cJSON_AddNullToObject(result, "key")))
        return result;
    cJSON_Delete(result);
    return NULL;
}

static int print_result(void *opaque, const Shot *shot, int its_ret,
                        const JourneyReport *report)
{
    const Shots *shots = opaque;
    cJSON *result = describe(shot, its_ret, report);
    char *text = result ? ctl_json_text(result, false) : NULL;
    int ret = text ? 0 : AVERROR(ENOMEM);

    if (isatty(STDOUT_FILENO))
        line_erase();
    if (text && (puts(text) < 0 || fflush(stdout)))
        ret = events_fail(shots->voice, shots->out, FAILURE_STORE, AVERROR(EIO),
                          "Cannot print the result of %s: %s.", shot->line->name,
                          av_err2str(AVERROR(errno)));
    av_free(text);
    cJSON_Delete(result);
    return ret;
}

/* The whole */

static int fetch(Shots *shots, const Arguments *arguments)
{
    Outcome *out = shots->out;
    int ret = shots_read(shots, arguments->manifest);

    if (ret >= 0 && !shots->count)
        events_say(shots->voice, AV_LOG_WARNING, "The manifest holds no request.");
    if (ret < 0 || !shots->count)
        return ret;
    ret = shots_fetch(shots);
    if (ret < 0 || !arguments->film)
        return ret;
    return film_write(shots, out);
}

static int check_arguments(const Arguments *arguments, Outcome *out)
{
    if (arguments->nb_words)
        return ctl_refuse(out,
                          "With --manifest each line names its still, as image: '%s' is "
                          "one too many.",
                          arguments->words[0]);
    const AVDictionaryEntry *save = av_dict_get(arguments->options, "save", NULL, 0);
    if (save && !strchr(save->value, '{'))
        return ctl_refuse(out,
                          "The option save names one file; with --manifest {id} in it "
                          "tells the lines apart, or each names its own.");
    return arguments->film ? film_check_output(arguments->film, out) : 0;
}

int ctl_fetch_many(Arguments *arguments, Outcome *out)
{
    Shots shots = {
        .defaults = arguments->options,
        .interrupt = arguments->interrupt,
        .is_film = arguments->film,
        .output = arguments->film,
        .ended = print_result,
        .opaque = &shots,
        .out = out,
    };
    int ret = check_arguments(arguments, out);

    if (ret < 0)
        return outcome_end(out, FAILURE_REQUEST, ret);
    still_keep(KEPT_BYTES);
    shots.voice = events_alloc(out->log, EVENTS_FULL);
    ret = shots.voice ? fetch(&shots, arguments) : AVERROR(ENOMEM);
    line_erase();
    shots_free(&shots);
    events_free(&shots.voice);
    return outcome_end(out, ret == AVERROR(ENOMEM) ? FAILURE_NONE : FAILURE_REQUEST, ret);
}
