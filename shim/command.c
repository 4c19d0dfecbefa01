/* i2v: what the command line of this process says of i2v
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "command.h"
#include "say.h"

enum { MAX_SCRIPT = 1 << 20 }; ///< bytes of a file that holds a graph

/* The file that the options read so far belong to. */
typedef struct Reader {
    Command *command;
    const char *format;   ///< of -f, or NULL
    const char **options; ///< name, value, ..., NULL; or NULL
    int nb_options;       ///< strings in there
} Reader;

static _Atomic(char *const *) noted;

/*
 * What ffmpeg makes of a word is decided by split_commandline() in fftools/cmdutils.c:
 * a name of its own table (options[] in fftools/ffmpeg_opt.c, CMDUTILS_COMMON_OPTIONS in
 * cmdutils.h and later opt_common.h) takes a value or takes none. Any other name has to
 * be an AVOption, which takes a value, or `no` and a switch of the table. With a name
 * that is neither ffmpeg ends before it opens anything, so it does not matter how we read
 * that. The lists are the names of FFmpeg 4.3.7, 5.1.9, 7.0.1, 7.1.5 and 9.0.2 and of
 * trees between 5.1 and 6.0 and between 7.1 and 8.0. In none of them is one of these,
 * with or without `no` before it, the name of an AVOption that the table does not hide.
 */

/* OPT_BOOL, and functions without HAS_ARG (OPT_FUNC_ARG since 7.0). */
static const char valueless[] =
    "accurate_seek an auto_conversion_filters benchmark benchmark_all bitexact "
    "copy_unknown copyinkf copyts debug_ts deinterlace display_hflip display_vflip dn "
    "dump find_stream_info fix_sub_duration fix_sub_duration_heartbeat force_fps hex "
    "hide_banner ignore_unknown intra n print_graphs psnr qphist re recast_media report "
    "same_quant sameq shortest sn start_at_zero stats stdin vn vstats xerror y";

/* A switch in one version; in another it takes a value: the first two did before 7.0,
 * isync does since 5.1. */
static const char changed[] = "autorotate autoscale isync";

/* Of the table, and the name of an AVOption too, which it hides. */
static const char hiding[] =
    "ab ac apply_cropping ar aspect b bits_per_raw_sample ch_layout channel_layout "
    "metadata passlogfile profile streamid time_base top";

/* OPT_EXIT: ffmpeg prints something and opens nothing. */
static const char final[] =
    "-help ? L bsfs buildconf codecs colors decoders demuxers devices dispositions "
    "encoders filters formats h help hwaccels layouts license muxers pix_fmts protocols "
    "sample_fmts sinks sources version";

/* ---- names ---- */

/* Whether an option has one of these names, whatever stream specifier stands behind it.
 * The names stand between single blanks. */
static bool is_named(const char *option, const char *names)
{
    for (size_t size; (size = strcspn(names, " ")); names += size + (names[size] == ' '))
        if (!strncmp(option, names, size) && (!option[size] || option[size] == ':'))
            return true;
    return false;
}

static bool takes_no_value(const char *option)
{
    return is_named(option, valueless) ||
           (!strncmp(option, "no", 2) &&
            (is_named(option + 2, valueless) || is_named(option + 2, changed)));
}

/* Whether the words run a program of this name, which has six letters, also as it is
 * called where there are several: ffmpeg-7.1, ffmpeg5, ffmpeg_g. */
static bool is_program(char *const *words, const char *wanted)
{
    const char *name = words && words[0] ? base_name(words[0]) : "";

    if (strncmp(name, wanted, 6))
        return false;
    return !((name[6] >= 'a' && name[6] <= 'z') || (name[6] >= 'A' && name[6] <= 'Z'));
}

/*
 * The path of what FFmpeg takes for the name of a file; NULL where a protocol opens it.
 * FFmpeg looks for a colon behind the letters that the name of a protocol can have. We
 * take any colon before the first slash for one.
 */
static const char *path_of(const char *url)
{
    if (!strncmp(url, "file:", 5))
        return url + 5;
    return url[strcspn(url, ":/")] == ':' ? NULL : url;
}

/* Whether a plain file does not exist. Not plain is a name in which FFmpeg may find a
 * protocol or a pattern. */
static bool is_missing(const char *url)
{
    const char *path = path_of(url);
    struct stat info;

    if (!path || !*path || !strcmp(path, "-") || strpbrk(path, ":%*?[]{}"))
        return false;
    return stat(path, &info) < 0 && errno == ENOENT;
}

/* ---- what is found ----
 * These return 0, -ENOMEM, or -EINVAL where the command line is not understood. */

static int add_request(Command *command, I2VNamed request)
{
    I2VNamed *requests = reallocarray(command->requests, (size_t)command->nb_requests + 1,
                                      sizeof(*requests));

    if (!requests)
        return -ENOMEM;
    command->requests = requests;
    requests[command->nb_requests++] = request;
    return 0;
}

static int add_graph(Command *command, const char *text)
{
    Graph *graph, **graphs = reallocarray(command->graphs, (size_t)command->nb_graphs + 1,
                                          sizeof(*graphs));
    int ret;

    if (!graphs)
        return -ENOMEM;
    command->graphs = graphs;
    ret = filtergraph_read(text, &graph);
    if (ret < 0)
        return ret;
    graphs[command->nb_graphs++] = graph;
    for (int i = 0; i < graph->nb_sources && ret >= 0; i++)
        ret = add_request(command, graph->sources[i]);
    return ret;
}

/* The graph that a file holds. Nothing but a regular file is opened: what is read from a
 * pipe would be lost to ffmpeg. */
static int add_script(Command *command, const char *url)
{
    const char *path = path_of(url);
    int fd = -1, ret = -EINVAL;
    struct stat info;
    ssize_t more = 0;
    size_t size = 0;
    char *text;

    if (path && !stat(path, &info) && S_ISREG(info.st_mode))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -EINVAL;
    text = malloc(MAX_SCRIPT + 1);
    while (text && size <= MAX_SCRIPT) {
        more = TEMP_FAILURE_RETRY(read(fd, text + size, MAX_SCRIPT + 1 - size));
        if (more <= 0)
            break;
        size += (size_t)more;
    }
    close(fd);
    if (!text)
        return -ENOMEM;
    if (more == 0 && !memchr(text, 0, size)) {
        text[size] = '\0';
        ret = add_graph(command, text);
    }
    free(text);
    return ret;
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

    return graph && file ? -EINVAL
           : file        ? add_script(reader->command, file)
                         : add_graph(reader->command, graph ? graph : url);
}

static int take_input(Reader *reader, const char *url)
{
    Command *command = reader->command;
    int ret = 0;

    if (reader->format ? !strcasecmp(reader->format, "i2v") : command_is_our_url(url)) {
        ret = add_request(command, (I2VNamed){.text = url, .options = reader->options});
        if (ret >= 0)
            reader->options = NULL;
    } else if (reader->format && !strcasecmp(reader->format, "lavfi")) {
        ret = take_lavfi(reader, url);
    } else if (!reader->format && !command->missing && is_missing(url)) {
        command->missing = url;
    }
    forget_options(reader);
    return ret;
}

/* @param from_file  the value is the name of a file that holds it, since 7.0 */
static int take_option(Reader *reader, const char *name, const char *value,
                       bool from_file)
{
    if (is_named(name, "filter_complex lavfi"))
        return from_file ? add_script(reader->command, value)
                         : add_graph(reader->command, value);
    if (from_file)
        return is_named(name, "filter vf af") ? 0 : -EINVAL;
    if (is_named(name, "filter_complex_script"))
        return add_script(reader->command, value);
    if (is_named(name, hiding))
        return 0;
    if (!is_named(name, "f"))
        return set_option(reader, name, value);
    reader->format = value;
    return 0;
}

/* Read an option and its value. @return like the above, or how many words */
static int take_words(Reader *reader, char *const *word)
{
    const char *option = *word + 1, *value = word[1];
    bool from_file = *option == '/';
    const char *name = option + from_file;
    int ret = 0;

    if (is_named(name, final) || is_named(name, changed))
        return -EINVAL;
    if (takes_no_value(name))
        return from_file ? -EINVAL : 1;
    if (!value)
        return -EINVAL;
    if (!strcmp(option, "i"))
        ret = take_input(reader, value);
    else if (!strcmp(option, "dec")) /* a decoder is a file to ffmpeg, since 7.0 */
        forget_options(reader);
    else
        ret = take_option(reader, name, value, from_file);
    return ret < 0 ? ret : 2;
}

static int read_words(Reader *reader, char *const *words)
{
    char *const *word = words, *const *output = NULL;

    while (*word) {
        if (!strcmp(*word, "--")) {
            output = ++word; /* whatever it looks like */
        } else if (**word != '-' || !(*word)[1] || word == output) {
            forget_options(reader);
            word++;
        } else {
            int taken = take_words(reader, word);
            if (taken < 0)
                return taken;
            word += taken;
        }
    }
    return 0;
}

int command_read(char *const *words, Command **command)
{
    Reader reader = {0};
    int ret;

    *command = NULL;
    if (!is_program(words, "ffmpeg"))
        return 0;
    reader.command = calloc(1, sizeof(*reader.command));
    if (!reader.command)
        return -ENOMEM;
    ret = read_words(&reader, words + 1);
    forget_options(&reader);
    if (ret < 0)
        command_free(&reader.command);
    *command = reader.command;
    return ret == -ENOMEM ? ret : 0;
}

bool command_has_graph(const Command *command, const char *description)
{
    for (int i = 0; i < command->nb_graphs; i++)
        if (!strcmp(command->graphs[i]->text, description))
            return true;
    return false;
}

void command_free(Command **command)
{
    Command *old = *command;

    *command = NULL;
    if (!old)
        return;
    for (int i = 0; i < old->nb_requests; i++)
        free((void *)old->requests[i].options);
    for (int i = 0; i < old->nb_graphs; i++)
        filtergraph_free(&old->graphs[i]);
    free(old->requests);
    free(old->graphs);
    free(old);
}

/* ---- of this process ---- */

void command_note(char *const *words)
{
    atomic_store(&noted, words);
}

char *const *command_words(void)
{
    return atomic_load(&noted);
}

bool command_is_our_url(const char *url)
{
    return url && !strncmp(url, "i2v:", 4);
}

bool command_mentions_us(bool *asked)
{
    char *const *word = command_words();
    bool mentioned = false;

    *asked = false;
    if (!word || !*word) /* called before our constructor */
        return false;
    while (*++word && !*asked) {
        *asked = !strcmp(*word, "i2v") || command_is_our_url(*word);
        mentioned = mentioned || strstr(*word, "i2v");
    }
    return mentioned;
}

bool command_is_strict(void)
{
    return is_program(command_words(), "ffmpeg") || is_program(command_words(), "ffplay");
}
