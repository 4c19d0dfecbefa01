/* i2v: the command: ask an engine to end generations
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libavutil/mem.h>

#include "ctl/meant.h"
#include "journey/journey.h"

static int check(const Arguments *arguments, Outcome *out)
{
    static const char allowed[] = "engine,api_key_file,base_url,ca_file,store";
    const char *other = ctl_other_option(arguments->options, allowed);

    if (!arguments->nb_words)
        return ctl_refuse(out, "i2vctl cancel takes the keys of requests, or the ids of "
                               "their generations.");
    return other ? ctl_refuse(out, "i2vctl cancel takes no option %s; it takes %s.",
                              other, allowed)
                 : 0;
}

/* @param given  the options, of which the call takes those that are its own */
static int cancel(const char *key, const Arguments *arguments, Outcome *out)
{
    AVDictionary *options = NULL;
    Ask ask = {.options = &options, .interrupt = arguments->interrupt};
    int ret = av_dict_copy(&options, arguments->options, 0);

    if (ret >= 0)
        ret = journey_cancel(key, &ask, out);
    av_dict_free(&options);
    return ret;
}

int ctl_cancel(Arguments *arguments, Outcome *out)
{
    Meant *meant = NULL;
    int count = 0, ret = check(arguments, out);

    if (ret >= 0)
        ret = ctl_find_meant(arguments, out, &meant, &count);
    /* Each for itself; the first failure counts. */
    for (int i = 0; i < count && ret != AVERROR(ENOMEM); i++) {
        Outcome its = {.log = out->log};
        int its_ret = cancel(meant[i].key, arguments, &its);
        if (its_ret < 0 && ret >= 0) {
            ret = its_ret;
            *out = its;
        }
    }
    av_free(meant);
    return ret;
}
