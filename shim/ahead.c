/* i2v: the requests that the command line of this process names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ahead.h"

enum { MAX_SCRIPT = 1 << 20 }; ///< bytes of a file that holds a graph

/* The description of a graph, and what was read in it. */
typedef struct Description {
    const char *text;
    char *owned; ///< text, when it comes from a file
    Graph *graph;
} Description;

struct Ahead {
    I2VNamed *requests;
    int nb_requests;
    Description *descriptions;
    int nb_descriptions;
    const char *missing;
};

/* The file that the options read so far belong to. */
typedef struct Reader {
    Ahead *ahead;
    const char *format;   ///< of -f, or NULL
    const char **options; ///< name, value, ..., NULL; or NULL
    int nb_options;       ///< strings in there
} Reader;

static const char *const no_options[] = {NULL};

/*
 * What ffmpeg makes of a word is decided by split_commandline() in fftools/cmdutils.c:
 * a name of its own table (options[] in fftools/ffmpeg_opt.c, CMDUTILS_COMMON_OPTIONS in
 * cmdutils.h and later opt_common.h) takes a value or takes none; any other has to be an
 * AVOption, and those all take one, or `no` and a switch of the table. A name that is
 * neither ends ffmpeg before it opens anything, so how such a one is read is of no
 * account. What follows is the names of FFmpeg 4.3.7, 5.1.9, 7.0.1, 7.1.5 and 9.0.2 and
 * of trees between 5.1 and 6.0 and between 7.1 and 8.0. In none of them is one of these
 * the name of an AVOption that the table does not hide, nor is one with `no` before it.
 */

/* OPT_BOOL, and functions without HAS_ARG (OPT_FUNC_ARG since 7.0). */
static const char *const valueless[] = {
    "accurate_seek",
    "an",
    "auto_conversion_filters",
    "benchmark",
    "benchmark_all",
    "bitexact",
    "copy_unknown",
    "copyinkf",
    "copyts",
    "debug_ts",
    "deinterlace",
    "display_hflip",
    "display_vflip",
    "dn",
    "dump",
    "find_stream_info",
    "fix_sub_duration",
    "fix_sub_duration_heartbeat",
    "force_fps",
    "hex",
    "hide_banner",
    "ignore_unknown",
    "intra",
    "n",
    "print_graphs",
    "psnr",
    "qphist",
    "re",
    "recast_media",
    "report",
    "same_quant",
    "sameq",
    "shortest",
    "sn",
    "start_at_zero",
    "stats",
    "stdin",
    "vn",
    "vstats",
    "xerror",
    "y",
    NULL,
};

/* A switch in one version; in another it takes a value: the first two did before 7.0,
 * isync does since 5.1. */
static const char *const changed[] = {
    "autorotate",
    "autoscale",
    "isync",
    NULL,
};

/* Of the table, and the name of an AVOption too, which it hides. */
static const char *const hiding[] = {
    "ab",
    "ac",
    "apply_cropping",
    "ar",
    "aspect",
    "b",
    "bits_per_raw_sample",
    "ch_layout",
    "channel_layout",
    "metadata",
    "passlogfile",
    "profile",
    "streamid",
    "time_base",
    "top",
    NULL,
};

/* OPT_EXIT: ffmpeg prints something and opens nothing. */
static const char *const final[] = {
    "-help",   "?",        "L",        "bsfs",      "buildconf",    "codecs",
    "colors",  "decoders", "demuxers", "devices",   "dispositions", "encoders",
    "filters", "formats",  "h",        "help",      "hwaccels",     "layouts",
    "license", "muxers",   "pix_fmts", "protocols", "sample_fmts",  "sinks",
    "sources", "version",  NULL,
};

/* ---- names ---- */

/* Whether an option has this name, whatever stream specifier stands behind it. */
static bool is_named(const char *option, const char *name)
{
    size_t size = strlen(name);

    return !strncmp(option, name, size) && (!option[size] || option[size] == ':');
}

static bool is_among(const char *option, const char *const *names)
{
    while (*names && !is_named(option, *names))
        names++;
    return *names;
}

static bool takes_no_value(const char *option)
{
    if (is_among(option, valueless))
        return true;
    return !strncmp(option, "no", 2) &&
           (is_among(option + 2, valueless) || is_among(option + 2, changed));
}

/* A program of six letters, and as it is called where there are several: ffmpeg-7.1,
 * ffmpeg5, ffmpeg_g. */
static bool is_program(const char *program, const char *wanted)
{
    const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;

    if (strncmp(name, wanted, 6))
        return false;
    return !((name[6] >= 'a' && name[6] <= 'z') || (name[6] >= 'A' && name[6] <= 'Z'));
}

static bool is_ffmpeg(const char *program)
{
    return is_program(program, "ffmpeg");
}

/*
 * Where FFmpeg takes this for the name of a file, its path; NULL where a protocol opens
 * it. FFmpeg looks for the colon behind the letters that a protocol's name can have; we
 * take any before the first slash for one.
 */
static const char *path_of(const char *url)
{
    if (!strncmp(url, "file:", 5))
        return url + 5;
    return url[strcspn(url, ":/")] == ':' ? NULL : url;
}

/* Nothing of what FFmpeg finds in names (protocols, patterns) is in this one. */
static bool is_missing(const char *url)
{
    struct stat info;

    if (!strncmp(url, "file:", 5))
        url += 5;
    if (!*url || !strcmp(url, "-") || strpbrk(url, ":%*?[]{}"))
        return false;
    return stat(url, &info) < 0 && errno == ENOENT;
}

/* ---- what is found ----
 * These return 0, -ENOMEM, or -EINVAL where the command line is not understood. */

/* @param options  taken over; NULL without any */
static int add_request(Ahead *ahead, const char *filter, const char *text,
                       const char **options)
{
    I2VNamed *requests =
        reallocarray(ahead->requests, (size_t)ahead->nb_requests + 1, sizeof(*requests));

    if (!requests) {
        free(options);
        return -ENOMEM;
    }
    ahead->requests = requests;
    requests[ahead->nb_requests++] = (I2VNamed){
        .filter = filter,
        .text = text,
        .options = options ? (const char *const *)options : no_options,
    };
    return 0;
}

/* @param owned  the same text when it has to be freed, taken over */
static int add_graph(Ahead *ahead, const char *text, char *owned)
{
    Description *description = reallocarray(
        ahead->descriptions, (size_t)ahead->nb_descriptions + 1, sizeof(*description));
    int ret;

    if (!description) {
        free(owned);
        return -ENOMEM;
    }
    ahead->descriptions = description;
    description += ahead->nb_descriptions++;
    *description = (Description){.text = text, .owned = owned};
    ret = filtergraph_read(text, &description->graph);
    if (ret < 0)
        return ret;
    for (int i = 0; i < description->graph->nb_filters && !ret; i++) {
        const GraphFilter *filter = &description->graph->filters[i];

        if (filter->is_source)
            ret = add_request(ahead, filter->name,
                              filter->arguments ? filter->arguments : "", NULL);
    }
    return ret;
}

/* All that a file holds, as a string. Nothing but a regular file is opened: what is read
 * from a pipe would be lost to ffmpeg. */
static int read_script(const char *path, char **text)
{
    struct stat info;
    ssize_t more = 1;
    size_t size = 0;
    int fd, ret = -EINVAL;

    *text = NULL;
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return -EINVAL;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -EINVAL;
    *text = malloc(MAX_SCRIPT + 1);
    if (!*text) {
        ret = -ENOMEM;
        goto end;
    }
    while (more > 0 && size <= MAX_SCRIPT) {
        more = read(fd, *text + size, MAX_SCRIPT + 1 - size);
        if (more < 0 && errno == EINTR)
            more = 1;
        else if (more > 0)
            size += (size_t)more;
    }
    if (more == 0 && !memchr(*text, 0, size)) {
        (*text)[size] = 0;
        ret = 0;
    }
end:
    close(fd);
    if (ret < 0) {
        free(*text);
        *text = NULL;
    }
    return ret;
}

static int add_script(Ahead *ahead, const char *url)
{
    const char *path = path_of(url);
    char *text, *smaller;
    int ret;

    if (!path)
        return -EINVAL;
    ret = read_script(path, &text);
    if (ret < 0)
        return ret;
    smaller = realloc(text, strlen(text) + 1);
    text = smaller ? smaller : text;
    return add_graph(ahead, text, text);
}

/* ---- the words ---- */

static void forget_options(Reader *reader)
{
    free(reader->options);
    reader->options = NULL;
    reader->nb_options = 0;
    reader->format = NULL;
}

static const char *option_value(const Reader *reader, const char *name)
{
    for (int i = 0; i < reader->nb_options; i += 2)
        if (!strcmp(reader->options[i], name))
            return reader->options[i + 1];
    return NULL;
}

/* As in an AVDictionary, the last value of a name is the one that counts. */
static int set_option(Reader *reader, const char *name, const char *value)
{
    const char **options;
    int i = 0;

    while (i < reader->nb_options && strcmp(reader->options[i], name))
        i += 2;
    if (i == reader->nb_options) {
        options = reallocarray(reader->options, (size_t)i + 3, sizeof(*options));
        if (!options)
            return -ENOMEM;
        reader->options = options;
        reader->nb_options = i + 2;
        options[i] = name;
        options[i + 2] = NULL;
    }
    reader->options[i + 1] = value;
    return 0;
}

/* The device lavfi: its option graph or graph_file goes before the name of the input. */
static int take_lavfi(Reader *reader, const char *url)
{
    const char *graph = option_value(reader, "graph");
    const char *file = option_value(reader, "graph_file");

    if (graph && file)
        return -EINVAL;
    return file ? add_script(reader->ahead, file)
                : add_graph(reader->ahead, graph ? graph : url, NULL);
}

static int take_input(Reader *reader, const char *url)
{
    Ahead *ahead = reader->ahead;
    int ret = 0;

    if (reader->format ? !strcasecmp(reader->format, "i2v") : !strncmp(url, "i2v:", 4)) {
        ret = add_request(ahead, NULL, url, reader->options);
        reader->options = NULL;
    } else if (reader->format && !strcasecmp(reader->format, "lavfi")) {
        ret = take_lavfi(reader, url);
    } else if (!reader->format && !ahead->missing && is_missing(url)) {
        ahead->missing = url;
    }
    forget_options(reader);
    return ret;
}

/* An option whose value is what a file holds, since 7.0. */
static int take_file_option(Reader *reader, const char *option, const char *file)
{
    if (is_named(option, "filter_complex") || is_named(option, "lavfi"))
        return add_script(reader->ahead, file);
    if (is_named(option, "filter") || is_named(option, "vf") || is_named(option, "af"))
        return 0;
    return -EINVAL;
}

static int take_option(Reader *reader, const char *option, const char *value)
{
    if (*option == '/')
        return take_file_option(reader, option + 1, value);
    if (is_named(option, "filter_complex") || is_named(option, "lavfi"))
        return add_graph(reader->ahead, value, NULL);
    if (is_named(option, "filter_complex_script"))
        return add_script(reader->ahead, value);
    if (is_among(option, hiding))
        return 0;
    if (!is_named(option, "f"))
        return set_option(reader, option, value);
    reader->format = value;
    return 0;
}

/* Read an option and its value. @return like the above, or how many words */
static int take_words(Reader *reader, char *const *word)
{
    const char *option = *word + 1, *value = word[1];
    const char *name = *option == '/' ? option + 1 : option;
    bool is_input = !strcmp(option, "i");
    int ret = 0;

    if (is_among(name, final) || is_among(name, changed))
        return -EINVAL;
    if (takes_no_value(name))
        return name == option ? 1 : -EINVAL;
    if (!value)
        return -EINVAL;
    if (is_input)
        ret = take_input(reader, value);
    else if (!strcmp(option, "dec")) /* a decoder is a file to ffmpeg, since 7.0 */
        forget_options(reader);
    else
        ret = take_option(reader, option, value);
    return ret < 0 ? ret : 2;
}

static int read_words(Reader *reader, char *const *words)
{
    char *const *word = words, *const *output = NULL;
    int ret;

    while (*word) {
        if (!strcmp(*word, "--")) {
            output = ++word; /* whatever it looks like */
        } else if (**word != '-' || !(*word)[1] || word == output) {
            forget_options(reader);
            word++;
        } else {
            ret = take_words(reader, word);
            if (ret < 0)
                return ret;
            word += ret;
        }
    }
    return 0;
}

int ahead_read(char *const *arguments, Ahead **ahead)
{
    Reader reader = {0};
    int ret;

    *ahead = NULL;
    if (!arguments || !arguments[0] || !is_ffmpeg(arguments[0]))
        return 0;
    reader.ahead = calloc(1, sizeof(*reader.ahead));
    if (!reader.ahead)
        return -ENOMEM;
    ret = read_words(&reader, arguments + 1);
    forget_options(&reader);
    if (ret < 0)
        ahead_free(&reader.ahead);
    *ahead = reader.ahead;
    return ret == -ENOMEM ? ret : 0;
}

/* ---- what the shim asks ---- */

const I2VNamed *ahead_requests(const Ahead *ahead, int *count)
{
    *count = ahead->nb_requests;
    return ahead->requests;
}

const Graph *ahead_graph(const Ahead *ahead, int n)
{
    return n < ahead->nb_descriptions ? ahead->descriptions[n].graph : NULL;
}

bool ahead_has_graph(const Ahead *ahead, const char *description)
{
    for (int i = 0; i < ahead->nb_descriptions; i++)
        if (!strcmp(ahead->descriptions[i].text, description))
            return true;
    return false;
}

const char *ahead_missing(const Ahead *ahead)
{
    return ahead->missing;
}

bool ahead_is_strict(const char *program)
{
    return is_ffmpeg(program) || is_program(program, "ffplay");
}

void ahead_free(Ahead **ahead)
{
    Ahead *old = *ahead;

    *ahead = NULL;
    if (!old)
        return;
    for (int i = 0; i < old->nb_requests; i++)
        if (old->requests[i].options != no_options)
            free((void *)old->requests[i].options);
    for (int i = 0; i < old->nb_descriptions; i++) {
        filtergraph_free(&old->descriptions[i].graph);
        free(old->descriptions[i].owned);
    }
    free(old->requests);
    free(old->descriptions);
    free(old);
}
