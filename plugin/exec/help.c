/* i2v: -h of what the program has not
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/help.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavutil/opt.h>

#include "command/names.h"
#include "host/face.h"
#include "i2v_internal.h"

static void to_output(void *object, int level, const char *format, va_list args)
{
    (void)object;
    (void)level;
    vfprintf(stdout, format, args);
}

static void print_options(const AVClass *class, int flags)
{
    av_log_set_callback(to_output);
    av_opt_show2((void *)&class, NULL, flags, 0);
    av_log_set_callback(av_log_default_callback);
    printf("\n");
}

static void print_demuxer(void)
{
    const AVInputFormat *demuxer = i2v_demuxer();

    printf("Demuxer %s [%s]:\n", demuxer->name, demuxer->long_name);
    print_options(demuxer->priv_class, AV_OPT_FLAG_DECODING_PARAM);
}

static void print_filter(bool audio)
{
    const AVFilter *filter = i2v_face(I2V_FACE_VERSION)->filter(audio);

    printf("Filter %s\n  %s\n    Inputs:\n        none (source filter)\n"
           "    Outputs:\n        dynamic (depending on the options)\n",
           filter->name, filter->description);
    print_options(filter->priv_class, AV_OPT_FLAG_VIDEO_PARAM | AV_OPT_FLAG_AUDIO_PARAM |
                                          AV_OPT_FLAG_FILTERING_PARAM);
}

bool help_print(char *const *words)
{
    const char *topic = NULL;

    while (words[0] && words[1] && !topic) {
        if (words[0][0] == '-' && names_has("h help -help ?", words[0] + 1))
            topic = words[1];
        words++;
    }
    if (!topic)
        return false;
    if (!strcmp(topic, "demuxer=i2v"))
        print_demuxer();
    else if (!strcmp(topic, "filter=i2v") || !strcmp(topic, "filter=ai2v"))
        print_filter(topic[7] == 'a');
    else
        return false;
    return true;
}
