/* i2v: the command: ask an engine to end generations
 * SPDX-License-Identifier: LGPL-2.1-or-later */
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

static int cancel(const Store *store, const char *key, const Arguments *arguments,
                  Outcome *out)
{
    AVDictionary *options = NULL;
    Ask ask = {.options = &options, .interrupt = arguments->interrupt};
    int ret = av_dict_copy(&options, arguments->options, 0);

    (void)store; // the call opens its own

    if (ret >= 0)
        ret = journey_cancel(key, &ask, out);
    av_dict_free(&options);
    return ret;
}

int ctl_cancel(Arguments *arguments, Outcome *out)
{
    int ret = check(arguments, out);

    return ret < 0 ? ret : ctl_each_meant(arguments, out, cancel);
}
