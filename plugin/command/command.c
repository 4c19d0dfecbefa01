/* i2v: what a command line of ffmpeg or ffprobe says of i2v
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "command/names.h"
#include "command/paths.h"

enum { MAX_SCRIPT = 1 << 20 }; ///< bytes of a file that holds a graph

/* The file that the options read so far belong to. */
typedef struct Reader {
    Command *command;
    CommandProblem *problem;
    const CommandDialect *dialect;
    CommandProgram program;
    char *const *words;
    int at;               ///< the word that is being read
    int start;            ///< no option of this file stands before
    const char *format;   ///< of -f, or NULL
    const char **options; ///< name, value, ..., NULL; or NULL
    int nb_options;       ///< strings in there
    unsigned kinds_given; ///< of streams of this output that have a graph
    unsigned kinds_ours;  ///< those of them whose graph has a source of ours
    int simple;           ///< the word of the last of these
    bool overwrites;      ///< -y
    bool leaves;          ///< -n, or nobody can be asked
} Reader;

bool command_is_option(const Command *command, int word)
{
    WordUse use = command->words[word].use;

    return use == WORD_OPTION || use == WORD_BEFORE_OURS;
}

bool command_is_our_url(const char *url)
{
    return url && !strncmp(url, "i2v:", 4);
}

/* Whether a template of save may mean this path: what stands before its first name and
 * behind its last is there. */
static bool may_mean(const char *save, const char *path)
{
    size_t head = strcspn(save, "{"), size = strlen(path);
    const char *tail = strrchr(save, '}');

    if (!save[head] || !tail)
        return !strcmp(save, path);
    tail++;
    return size >= head + strlen(tail) && !strncmp(save, path, head) &&
           !strcmp(path + size - strlen(tail), tail);
}

/* Whether an earlier request will have made this file by the time that it is opened. */
static bool is_saved(const Command *command, const char *path)
{
    for (int i = 0; i < command->nb_requests; i++)
        for (const char *const *at = command->requests[i].options; at && at[0]; at += 2)
            if (!strcmp(at[0], "save") && may_mean(at[1], path))
                return true;
    return false;
}

/* ---- what is found ----
 * These return 0, -ENOMEM, or -EINVAL where the command line is not understood. */

static int not_understood(Reader *reader, const char *why)
{
    if (reader->problem)
        *reader->problem = (CommandProblem){reader->words[reader->at], why};
    return -EINVAL;
}

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

static int add_input(Command *command, CommandInput input)
{
    CommandInput *inputs =
        reallocarray(command->inputs, (size_t)command->nb_inputs + 1, sizeof(*inputs));

    if (!inputs)
        return -ENOMEM;
    command->inputs = inputs;
    inputs[command->nb_inputs++] = input;
    return 0;
}

/* @param word  the one that is, or names, the description; its use */
static int add_graph(Command *command, const char *text, int word, WordUse use)
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
    if (graph->nb_sources)
        command->words[word] = (CommandWord){use, command->nb_graphs};
    graphs[command->nb_graphs++] = graph;
    for (int i = 0; i < graph->nb_sources && ret >= 0; i++)
        ret = add_request(command, graph->sources[i]);
    return ret;
}

/* The graph that a file holds. Nothing but a regular file is opened: what is read from a
 * pipe would be lost to ffmpeg. */
static int add_script(Reader *reader, const char *url, int word)
{
    const char *path = paths_of(url);
    int fd = -1, ret = -EINVAL;
    struct stat info;
    ssize_t more = 0;
    size_t size = 0;
    char *text;

    if (path && !stat(path, &info) && S_ISREG(info.st_mode))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return not_understood(reader, "names no regular file that can be read");
    text = malloc(MAX_SCRIPT + 1);
    while (text && size <= MAX_SCRIPT) {
        do
            more = read(fd, text + size, MAX_SCRIPT + 1 - size);
        while (more < 0 && errno == EINTR);
        if (more <= 0)
            break;
        size += (size_t)more;
    }
    close(fd);
    if (!text)
        return -ENOMEM;
    if (more == 0 && !memchr(text, 0, size)) {
        text[size] = '\0';
        ret = add_graph(reader->command, text, word, WORD_SCRIPT);
    } else {
        not_understood(reader, "names a file that holds no graph");
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
    reader->kinds_given = reader->kinds_ours = 0;
    reader->start = reader->at + 1;
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

/* Where the value of an option of this file stands. */
static int word_of(const Reader *reader, const char *value)
{
    int word = reader->at;

    while (word > reader->start && reader->words[word] != value)
        word--;
    return word;
}

/* The device lavfi: its option graph or graph_file goes before the name of the input.
 * @param word  that of the url */
static int take_lavfi(Reader *reader, int word)
{
    const char *graph = option_value(reader, "graph");
    const char *file = option_value(reader, "graph_file");

    if (graph && file)
        return not_understood(reader, "has both -graph and -graph_file");
    if (file)
        return add_script(reader, file, word_of(reader, file));
    return add_graph(reader->command, graph ? graph : reader->words[word],
                     graph ? word_of(reader, graph) : word, WORD_GRAPH);
}

/* The options read so far are those of the request that was added last. */
static void claim_options(Reader *reader)
{
    Command *command = reader->command;
    int request = command->nb_requests - 1;

    command->requests[request].options = reader->options;
    reader->options = NULL;
    for (int i = reader->start; i < command->nb_words; i++) {
        CommandWord *word = &command->words[i];

        if (word->use == WORD_OPTION && i + 1 < command->nb_words &&
            command->words[i + 1].use == WORD_PLAIN &&
            names_kind(reader->program, reader->dialect, reader->words[i] + 1) ==
                OPTION_VALUED)
            *word = (CommandWord){WORD_BEFORE_OURS, request};
        else if (word->use == WORD_FORMAT && word->index < 0)
            word->index = request;
    }
}

static void find_misplaced(Reader *reader)
{
    Command *command = reader->command;

    for (int i = reader->start; i < reader->at && !command->misplaced; i++)
        if (command->words[i].use == WORD_OPTION &&
            names_is_of_outputs(reader->words[i] + 1))
            command->misplaced = reader->words[i];
}

/* @param word  that of the url; ffprobe's options may stand behind it */
static int take_input(Reader *reader, int word)
{
    Command *command = reader->command;
    const char *url = reader->words[word];
    int ret = add_input(command, (CommandInput){reader->start, word});

    if (ret < 0)
        return ret;
    if (reader->program == COMMAND_FFMPEG)
        find_misplaced(reader);
    if (reader->format ? !strcasecmp(reader->format, "i2v") : command_is_our_url(url)) {
        ret = add_request(command, (I2VNamed){.text = url});
        if (ret >= 0) {
            claim_options(reader);
            command->words[word] = (CommandWord){WORD_INPUT, command->nb_requests - 1};
        }
    } else if (reader->format && !strcasecmp(reader->format, "lavfi")) {
        ret = take_lavfi(reader, word);
    } else if (!reader->format && !command->missing && paths_miss(url) &&
               !is_saved(command, url)) {
        command->missing = url;
    }
    forget_options(reader);
    return ret;
}

/* The kinds of streams that an option is for, by its name and stream specifier. */
static unsigned kinds_of(const char *name)
{
    const char *specifier = strchr(name, ':');

    if (*name == 'v' || *name == 'a')
        return *name == 'v' ? KIND_VIDEO : KIND_AUDIO;
    return !specifier || !specifier[1]                  ? KIND_VIDEO | KIND_AUDIO
           : specifier[1] == 'v' || specifier[1] == 'V' ? KIND_VIDEO
           : specifier[1] == 'a'                        ? KIND_AUDIO
           : specifier[1] == 's' || specifier[1] == 'd' ? 0
                                                        : KIND_VIDEO | KIND_AUDIO;
}

/* The graph of an output's streams. Of two for the same streams one goes unused, and what
 * goes unused must not be bought. */
static int take_simple(Reader *reader, const char *name, bool is_script)
{
    const char *value = reader->words[reader->at + 1];
    int had = reader->command->nb_requests, ret = 0;
    unsigned kinds = kinds_of(name);

    if (is_script)
        ret = add_script(reader, value, reader->at + 1);
    else if (filtergraph_may_have_source(value))
        ret = add_graph(reader->command, value, reader->at + 1, WORD_GRAPH);
    if (ret < 0)
        return ret;
    bool ours = reader->command->nb_requests > had;
    if ((kinds & reader->kinds_ours) || (ours && (kinds & reader->kinds_given)))
        return not_understood(reader, "stands twice, once with i2v in it");
    reader->kinds_given |= kinds;
    if (ours) {
        reader->kinds_ours |= kinds;
        reader->simple = reader->at;
    }
    return 0;
}

/* What may have been meant for an input of ours, and does nothing behind it. */
static int note_behind(Reader *reader)
{
    Command *command = reader->command;
    const char **behind;

    if (!command->nb_requests || !reader->nb_options)
        return 0;
    behind = reallocarray(command->behind,
                          (size_t)(command->nb_behind + reader->nb_options) + 1,
                          sizeof(*behind));
    if (!behind)
        return -ENOMEM;
    command->behind = behind;
    for (int i = 0; i < reader->nb_options; i++)
        behind[command->nb_behind++] = reader->options[i];
    behind[command->nb_behind] = NULL;
    return 0;
}

/* The kinds of streams that the output that ends here leaves out or copies. */
static unsigned kinds_not_decoded(const Reader *reader)
{
    unsigned kinds = 0;

    for (int i = reader->start; i < reader->at; i++) {
        const char *name = reader->words[i] + 1;

        if (reader->command->words[i].use != WORD_OPTION)
            continue;
        if (!strcmp(name, "vn") || !strcmp(name, "an") ||
            (names_has("c codec vcodec acodec", name) &&
             !strcmp(reader->words[i + 1], "copy")))
            kinds |= kinds_of(name);
    }
    return kinds;
}

static void note_output(Command *command, const char *url)
{
    OutputPlace place = paths_look_at_output(url);

    if (place == OUTPUT_IS_THERE && !command->standing)
        command->standing = url;
    if (place == OUTPUT_IS_NOWHERE && !command->nowhere)
        command->nowhere = url;
}

static int close_output(Reader *reader)
{
    unsigned unused = kinds_not_decoded(reader);

    reader->command->decoded |= ~unused;
    if (unused & reader->kinds_ours) {
        reader->at = reader->simple;
        return not_understood(reader,
                              "has i2v in it, for streams that are left out or copied");
    }
    if (!reader->format)
        note_output(reader->command, reader->words[reader->at]);
    int ret = note_behind(reader);
    forget_options(reader);
    return ret;
}

/* @param from_file  the value is the name of a file that holds it, since 7.0 */
static int take_option(Reader *reader, const char *name, bool from_file)
{
    const char *value = reader->words[reader->at + 1];

    if (names_has("filter_complex lavfi", name))
        return from_file ? add_script(reader, value, reader->at + 1)
                         : add_graph(reader->command, value, reader->at + 1, WORD_GRAPH);
    if (names_has("filter vf af filter_script", name) && reader->dialect)
        return take_simple(reader, name, from_file || names_has("filter_script", name));
    if (from_file)
        return names_has("filter vf af", name)
                   ? 0
                   : not_understood(reader, "reads its value from a file");
    if (names_has("filter_complex_script", name))
        return add_script(reader, value, reader->at + 1);
    if (names_of_format(name))
        return set_option(reader, names_of_format(name), value);
    if (names_hides(name))
        return 0;
    if (!names_has("f", name))
        return set_option(reader, name, value);
    reader->format = value;
    reader->command->words[reader->at] = (CommandWord){WORD_FORMAT, -1};
    return 0;
}

/* Read an option and its value. @return like the above, or how many words */
static int take_words(Reader *reader)
{
    const char *option = reader->words[reader->at] + 1;
    bool is_ffmpeg = reader->program == COMMAND_FFMPEG;
    bool from_file = is_ffmpeg && *option == '/' && names_reads_files(reader->dialect);
    const char *name = option + from_file;
    OptionKind kind = names_kind(reader->program, reader->dialect, name);
    int ret = 0;

    if (kind == OPTION_FINAL && reader->dialect) {
        reader->command->is_final = true;
        return 1;
    }
    if (kind == OPTION_FINAL || kind == OPTION_UNCLEAR)
        return not_understood(reader, "means another thing in another version");
    if (kind == OPTION_SWITCH && from_file)
        return not_understood(reader, "takes no value");
    if (kind == OPTION_VALUED && !reader->words[reader->at + 1])
        return not_understood(reader, "has no value behind it");
    if (is_ffmpeg && !strcmp(option, "i")) {
        ret = take_input(reader, reader->at + 1);
    } else if (is_ffmpeg && !strcmp(option, "dec")) {
        reader->command->words[reader->at].use = WORD_OPTION;
        forget_options(reader); /* a decoder is a file to ffmpeg, since 7.0 */
    } else {
        reader->command->words[reader->at].use = WORD_OPTION;
        if (kind == OPTION_SWITCH) {
            reader->overwrites = reader->overwrites || !strcmp(name, "y");
            reader->leaves = reader->leaves || names_has("n nostdin", name);
            return 1;
        }
        ret = take_option(reader, name, from_file);
    }
    return ret < 0 ? ret : 2;
}

static int read_ffmpeg(Reader *reader)
{
    int output = -1;

    while (reader->words[reader->at] && !reader->command->is_final) {
        const char *word = reader->words[reader->at];

        if (!strcmp(word, "--")) {
            output = ++reader->at; /* whatever it looks like */
        } else if (*word != '-' || !word[1] || reader->at == output) {
            int ret = close_output(reader);
            if (ret < 0)
                return ret;
            reader->at++;
        } else {
            int taken = take_words(reader);
            if (taken < 0)
                return taken;
            reader->at += taken;
        }
    }
    if (reader->overwrites || !reader->leaves)
        reader->command->standing = NULL;
    if (!reader->kinds_ours)
        return note_behind(reader);
    reader->at = reader->simple;
    return not_understood(reader, "has i2v in it, and no output behind it");
}

/* Its one input may stand anywhere, by itself or behind -i, and every option is its. */
static int read_ffprobe(Reader *reader)
{
    bool options = true;
    int input = 0, taken;

    for (; reader->words[reader->at] && !reader->command->is_final; reader->at += taken) {
        const char *word = reader->words[reader->at];
        bool is_option = options && *word == '-' && word[1];
        bool is_end = is_option && !strcmp(word, "--");
        bool is_input = !is_option || !strcmp(word, "-i");

        taken = 1;
        options = options && !is_end;
        if (is_end)
            continue;
        if (is_option && (taken = take_words(reader)) < 0)
            return taken;
        if (is_input && input)
            return not_understood(reader, "is a second input");
        if (is_input)
            input = reader->at + taken - 1;
    }
    reader->start = 1;
    return input && !reader->command->is_final ? take_input(reader, input) : 0;
}

int command_read(char *const *words, const CommandDialect *dialect, Command **command,
                 CommandProblem *problem)
{
    Reader reader = {
        .problem = problem, .dialect = dialect, .words = words, .at = 1, .start = 1};
    int ret;

    *command = NULL;
    reader.program = names_program(words);
    if (reader.program != COMMAND_FFMPEG &&
        (reader.program != COMMAND_FFPROBE || !dialect))
        return 0;
    reader.command = calloc(1, sizeof(*reader.command));
    if (!reader.command)
        return -ENOMEM;
    while (words[reader.command->nb_words])
        reader.command->nb_words++;
    reader.command->words =
        calloc((size_t)reader.command->nb_words, sizeof(*reader.command->words));
    ret = !reader.command->words             ? -ENOMEM
          : reader.program == COMMAND_FFMPEG ? read_ffmpeg(&reader)
                                             : read_ffprobe(&reader);
    forget_options(&reader);
    if (ret < 0 && !(problem && ret == -EINVAL))
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
    free(old->behind);
    free(old->inputs);
    free(old->words);
    free(old);
}
