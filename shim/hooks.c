/* i2v: the hooked functions: resolve, decide, forward
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include "host.h"

#define EXPORT __attribute__((visibility("default"), noinline))

/* FFmpeg's AVIO_FLAG_READ and AVIO_FLAG_WRITE */
enum { IO_READ = 1, IO_WRITE = 2 };

/* Each hook's type, its exported name, and what stands in when the host has no such
 * function: our headers are none of FFmpeg's, so the names are declared here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define HOOK(ret, name, params, library, missing) \
    typedef ret name##_function params;           \
    EXPORT name##_function name;                  \
    static ret missing_##name params              \
    {                                             \
        return missing;                           \
    }
#include "hooks.def"
#undef HOOK
#pragma GCC diagnostic pop

/* Who calls, and the function meant: `host` and `real` of a hook. */
#define ENTER(name)                                                           \
    Host *host = host_of(__builtin_return_address(0));                        \
    name##_function *found = (name##_function *)host_real(host, HOOK_##name); \
    name##_function *real = found ? found : missing_##name

/* Above 0 while this thread is inside the plugin, whose own calls mean the real ones. */
static _Thread_local int inside __attribute__((tls_model("initial-exec")));

static _Atomic(char **) arguments;

/* Nothing else may happen here: every child of a hosted program pays for it. */
__attribute__((constructor)) static void note_arguments(int argc, char **argv)
{
    (void)argc;
    atomic_store(&arguments, argv);
}

typedef enum Mention { NOT_MENTIONED, MENTIONED, ASKED_FOR } Mention;

static bool is_our_url(const char *url)
{
    return url && !strncmp(url, "i2v:", 4);
}

/* Whether the command line has "i2v" anywhere, or clearly asks for it. */
static Mention mentioned(void)
{
    char **argument = atomic_load(&arguments);
    Mention mention = NOT_MENTIONED;

    if (!argument || !*argument)
        return NOT_MENTIONED; /* called before our constructor */
    while (*++argument) {
        if (!strcmp(*argument, "i2v") || is_our_url(*argument))
            return ASKED_FOR;
        if (strstr(*argument, "i2v"))
            mention = MENTIONED;
    }
    return mention;
}

static const I2VFace *plugin_for(Host *host, bool asked)
{
    const I2VFace *plugin;

    if (inside || host_disabled())
        return NULL;
    inside++;
    plugin = host_plugin(host, asked);
    inside--;
    return plugin;
}

const struct AVInputFormat *av_find_input_format(const char *name)
{
    ENTER(av_find_input_format);
    const I2VFace *plugin = NULL;

    if (name && !strcmp(name, "i2v"))
        plugin = plugin_for(host, true);
    return plugin ? plugin->demuxer() : real(name);
}

const struct AVClass *avformat_get_class(void)
{
    ENTER(avformat_get_class);
    const struct AVClass *class = real();
    const I2VFace *plugin = NULL;
    Mention mention = mentioned();

    if (mention != NOT_MENTIONED)
        plugin = plugin_for(host, mention == ASKED_FOR);
    return plugin ? plugin->format_class(class) : class;
}

const struct AVInputFormat *av_demuxer_iterate(void **opaque)
{
    static char end; /* its address in *opaque: ours has been given out */
    ENTER(av_demuxer_iterate);
    const struct AVInputFormat *format;
    const I2VFace *plugin;

    if (*opaque == &end)
        return NULL;
    format = real(opaque);
    if (format)
        return format;
    plugin = plugin_for(host, false);
    if (!plugin)
        return NULL;
    *opaque = &end;
    return plugin->demuxer();
}

int avformat_open_input(struct AVFormatContext **ps, const char *url,
                        const struct AVInputFormat *fmt, struct AVDictionary **options)
{
    ENTER(avformat_open_input);
    const I2VFace *plugin = NULL;
    int ret;

    if (!fmt && is_our_url(url)) {
        plugin = plugin_for(host, true);
    } else if (fmt && host_has_plugin()) {
        plugin = plugin_for(host, false);
        if (plugin && fmt != plugin->demuxer())
            plugin = NULL;
    }
    if (!plugin)
        return real(ps, url, fmt, options);

    inside++;
    ret = plugin->open_input(ps, url, options);
    inside--;
    return ret;
}

int avio_check(const char *url, int flags)
{
    ENTER(avio_check);

    if (is_our_url(url) && !(flags & IO_WRITE) && plugin_for(host, true))
        return flags & IO_READ;
    return real(url, flags);
}
