/* i2v: the hooked functions: resolve, decide, forward
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "command/command.h"
#include "command/names.h"
#include "fetch.h"
#include "host.h"
#include "inherit.h"
#include "interrupt.h"
#include "plugin.h"
#include "say.h"
#include "words.h"

/*
 * A program's calls of FFmpeg's functions that hooks.def lists come here. What asks for
 * i2v goes to the host's plugin; everything else goes on, as it came, to the function
 * that the host would have called without us.
 */

#define EXPORT    __attribute__((visibility("default"), noinline))
#define ON_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))

/* FFmpeg's AVIO_FLAG_READ and AVIO_FLAG_WRITE */
enum { IO_READ = 1, IO_WRITE = 2 };

struct AVFilterGraphSegment;
struct AVIOContext;
struct AVIOInterruptCB;

/* For each hook its type, its declaration (no header of FFmpeg is included here), and
 * what stands in when the host has no such function. */
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
    Host *host = caller(__builtin_return_address(0));                         \
    name##_function *found = (name##_function *)host_real(host, HOOK_##name); \
    name##_function *real = found ? found : missing_##name

/* Above 0 while this thread is inside the plugin, whose own calls mean the real ones. */
ON_THREAD int inside;

/* The host that this thread's plugin was called for. */
ON_THREAD Host *entered;

/* The context of the open that this thread is in, if its caller gave one: a graph that is
 * parsed within it (-f lavfi) is given up when that open is. */
ON_THREAD struct AVFormatContext **opening;

/* The program takes the lines of the log itself: what they come to is its own. */
static atomic_bool has_own_log;

/* Only glibc has this, and only its loader gives constructors the command line. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

/* Little may happen here: every child of a hosted program pays for it. */
__attribute__((constructor)) static void begin(int argc, char **argv)
{
    (void)argc;
    if (gnu_get_libc_version)
        words_note(argv);
    host_note_start();
    inherit_from_environment();
}

/* Whose call it is that returns to an address. What a function of the plugin does last
 * may be a jump, and then returns to us: that call is made for the host. */
static Host *caller(const void *address)
{
    Host *host = host_of(address);

    if (inside && host_holds(host, (const void *)begin))
        return entered;
    if (!inside)
        entered = host;
    return host;
}

static const I2VFace *plugin_for(Host *host, bool asked)
{
    const I2VFace *plugin;

    if (inside || user_disables())
        return NULL;
    inside++;
    plugin = plugin_find(host, asked);
    inside--;
    return plugin;
}

/* The plugin, if there is something that only a plugin can have made. */
static const I2VFace *loaded_plugin(Host *host)
{
    return plugin_is_loaded() ? plugin_for(host, false) : NULL;
}

/* This thread goes into the plugin, until leave_plugin(), and may have to wait there. */
static void enter_plugin(Interrupt *interrupt, const I2VFace *plugin)
{
    inside++;
    plugin->allow_line(!atomic_load(&has_own_log) && names_wants_stats(words_get()));
    interrupt_begin(interrupt, plugin, opening ? *opening : NULL);
}

static void leave_plugin(void)
{
    interrupt_end();
    inside--;
}

const struct AVInputFormat *av_find_input_format(const char *name)
{
    ENTER(av_find_input_format);
    bool asked = name && !strcasecmp(name, "i2v"); /* as FFmpeg does */
    const I2VFace *plugin = asked ? plugin_for(host, true) : NULL;

    return plugin ? plugin->demuxer() : real(name);
}

const struct AVClass *avformat_get_class(void)
{
    ENTER(avformat_get_class);
    const struct AVClass *class = real();
    bool asked, mentioned = words_mention_us(&asked);
    const I2VFace *plugin = mentioned ? plugin_for(host, asked) : NULL;

    return plugin ? plugin->format_class(class) : class;
}

const struct AVInputFormat *av_demuxer_iterate(void **opaque)
{
    static char end; /* its address in *opaque: ours has been given out */
    ENTER(av_demuxer_iterate);
    const struct AVInputFormat *format = *opaque == &end ? NULL : real(opaque);
    const I2VFace *plugin = NULL;

    if (!format && *opaque != &end)
        plugin = plugin_for(host, false);
    if (!plugin)
        return format;
    *opaque = &end;
    return plugin->demuxer();
}

int avformat_open_input(struct AVFormatContext **ps, const char *url,
                        const struct AVInputFormat *fmt, struct AVDictionary **options)
{
    ENTER(avformat_open_input);
    struct AVFormatContext **outer = opening;
    const I2VFace *plugin = NULL;
    Interrupt interrupt;
    int ret;

    if (fmt)
        plugin = loaded_plugin(host);
    else if (command_is_our_url(url))
        plugin = plugin_for(host, true);
    if (fmt && plugin && fmt != plugin->demuxer())
        plugin = NULL;
    opening = ps;
    if (!plugin) {
        ret = real(ps, url, fmt, options);
    } else {
        enter_plugin(&interrupt, plugin);
        ret = fetch_ahead(host, plugin, url, options ? *options : NULL, &interrupt.asked);
        if (ret >= 0)
            ret = plugin->open_input(ps, url, options, &interrupt.asked);
        else
            plugin->free_context(ps);
        leave_plugin();
    }
    opening = outer;
    return ret;
}

int avio_check(const char *url, int flags)
{
    ENTER(avio_check);

    if (command_is_our_url(url) && !(flags & IO_WRITE) && plugin_for(host, true))
        return flags & IO_READ;
    return real(url, flags);
}

/* FFMS2 opens an input, and then reads its bytes for a checksum. No other URL comes to
 * the plugin this way, since it may stand in a playlist. */
int avio_open2(struct AVIOContext **s, const char *url, int flags,
               const struct AVIOInterruptCB *int_cb, struct AVDictionary **options)
{
    ENTER(avio_open2);
    bool asked = command_is_our_url(url) && !(flags & IO_WRITE);
    const I2VFace *plugin = asked ? loaded_plugin(host) : NULL;
    char *path = plugin ? plugin->opened_clip(url) : NULL;
    int ret = real(s, path ? path : url, flags, int_cb, options);

    if (path)
        plugin->release(path);
    return ret;
}

/* ---- the log ---- */

void av_log_set_callback(void (*callback)(void *, int, const char *, va_list))
{
    ENTER(av_log_set_callback);

    if (!inside)
        atomic_store(&has_own_log, true);
    real(callback);
}

/* ---- filter graphs ---- */

/* What FFmpeg is to be given in place of a description: that itself, or in *rewritten
 * what stands for it. On error *plugin is set. */
static int fetch(Host *host, const char **description, const I2VFace **plugin,
                 char **rewritten)
{
    Interrupt interrupt;
    Graph *graph;
    int ret = 0;

    *plugin = NULL;
    *rewritten = NULL;
    if (!filtergraph_may_have_source(*description) ||
        filtergraph_read(*description, &graph) < 0)
        return 0;
    if (graph->nb_sources)
        *plugin = plugin_for(host, true);
    if (*plugin) {
        enter_plugin(&interrupt, *plugin);
        ret = fetch_graph(host, *plugin, graph, &interrupt.asked, rewritten);
        leave_plugin();
    }
    if (*rewritten)
        *description = *rewritten;
    filtergraph_free(&graph);
    return ret;
}

int avfilter_graph_parse(struct AVFilterGraph *graph, const char *filters,
                         struct AVFilterInOut *inputs, struct AVFilterInOut *outputs,
                         void *log_ctx)
{
    ENTER(avfilter_graph_parse);
    const I2VFace *plugin;
    char *rewritten;
    int ret = fetch(host, &filters, &plugin, &rewritten);

    if (ret >= 0) {
        ret = real(graph, filters, inputs, outputs, log_ctx);
    } else {
        plugin->empty_graph(graph);
        plugin->free_ends(&inputs);
        plugin->free_ends(&outputs);
    }
    free(rewritten);
    return ret;
}

int avfilter_graph_parse2(struct AVFilterGraph *graph, const char *filters,
                          struct AVFilterInOut **inputs, struct AVFilterInOut **outputs)
{
    ENTER(avfilter_graph_parse2);
    const I2VFace *plugin;
    char *rewritten;
    int ret = fetch(host, &filters, &plugin, &rewritten);

    if (ret >= 0) {
        ret = real(graph, filters, inputs, outputs);
        if (ret >= 0 && rewritten)
            plugin->sort_ends(outputs);
    } else {
        /* ffmpeg up to 5 frees what it finds in these */
        *inputs = *outputs = NULL;
        plugin->empty_graph(graph);
    }
    free(rewritten);
    return ret;
}

int avfilter_graph_parse_ptr(struct AVFilterGraph *graph, const char *filters,
                             struct AVFilterInOut **inputs,
                             struct AVFilterInOut **outputs, void *log_ctx)
{
    ENTER(avfilter_graph_parse_ptr);
    const I2VFace *plugin;
    char *rewritten;
    int ret = fetch(host, &filters, &plugin, &rewritten);

    if (ret >= 0)
        ret = real(graph, filters, inputs, outputs, log_ctx);
    else
        plugin->empty_graph(graph); /* the ends stay the caller's */
    free(rewritten);
    return ret;
}

int avfilter_graph_segment_parse(struct AVFilterGraph *graph, const char *graph_str,
                                 int flags, struct AVFilterGraphSegment **segment)
{
    ENTER(avfilter_graph_segment_parse);
    const I2VFace *plugin;
    char *rewritten;
    int ret = fetch(host, &graph_str, &plugin, &rewritten);

    if (ret >= 0)
        ret = real(graph, graph_str, flags, segment);
    else
        *segment = NULL;
    free(rewritten);
    return ret;
}

/* Ours come after FFmpeg's, i2v first. */
const struct AVFilter *av_filter_iterate(void **opaque)
{
    static char ours[2]; /* an address of these in *opaque: so many have been given out */
    ENTER(av_filter_iterate);
    const struct AVFilter *filter;
    const I2VFace *plugin;

    if (*opaque == &ours[1])
        return NULL;
    filter = *opaque == &ours[0] ? NULL : real(opaque);
    if (filter)
        return filter;
    plugin = plugin_for(host, false);
    if (!plugin)
        return NULL;
    *opaque = &ours[*opaque == &ours[0]];
    return plugin->filter(*opaque == &ours[1]);
}

const struct AVFilter *avfilter_get_by_name(const char *name)
{
    ENTER(avfilter_get_by_name);
    bool asked = name && filtergraph_is_source(name);
    const I2VFace *plugin = asked ? plugin_for(host, true) : NULL;

    return plugin ? plugin->filter(*name == 'a') : real(name);
}

/* The plugin, when a filter is one of its hollow ones. */
static const I2VFace *plugin_of(Host *host, const struct AVFilter *filter)
{
    const I2VFace *plugin = filter ? loaded_plugin(host) : NULL;
    bool is_ours = plugin && (filter == plugin->filter(0) || filter == plugin->filter(1));

    return is_ours ? plugin : NULL;
}

struct AVFilterContext *avfilter_graph_alloc_filter(struct AVFilterGraph *graph,
                                                    const struct AVFilter *filter,
                                                    const char *name)
{
    ENTER(avfilter_graph_alloc_filter);
    const I2VFace *plugin = plugin_of(host, filter);
    struct AVFilterContext *ctx;

    if (!plugin)
        return real(graph, filter, name);
    inside++;
    ctx = plugin->alloc_source(graph, filter, name);
    inside--;
    return ctx;
}

int avfilter_graph_create_filter(struct AVFilterContext **ctx,
                                 const struct AVFilter *filter, const char *name,
                                 const char *args, void *opaque,
                                 struct AVFilterGraph *graph)
{
    ENTER(avfilter_graph_create_filter);
    const I2VFace *plugin = plugin_of(host, filter);
    Interrupt interrupt;
    int ret;

    if (!plugin)
        return real(ctx, filter, name, args, opaque, graph);
    enter_plugin(&interrupt, plugin);
    ret = plugin->create_source(ctx, filter, name, args, graph, &interrupt.asked);
    leave_plugin();
    return ret;
}

/* Initialize one that the plugin allocated. @return whether it is one */
static bool init_source(Host *host, struct AVFilterContext *ctx, const char *args,
                        struct AVDictionary **options, int *ret)
{
    const I2VFace *plugin = ctx ? loaded_plugin(host) : NULL;
    Interrupt interrupt;

    if (!plugin || !plugin->is_source(ctx))
        return false;
    enter_plugin(&interrupt, plugin);
    *ret = plugin->init_source(ctx, args, options, &interrupt.asked);
    leave_plugin();
    return true;
}

int avfilter_init_str(struct AVFilterContext *ctx, const char *args)
{
    ENTER(avfilter_init_str);
    int ret;

    return init_source(host, ctx, args, NULL, &ret) ? ret : real(ctx, args);
}

int avfilter_init_dict(struct AVFilterContext *ctx, struct AVDictionary **options)
{
    ENTER(avfilter_init_dict);
    int ret;

    return init_source(host, ctx, NULL, options, &ret) ? ret : real(ctx, options);
}
