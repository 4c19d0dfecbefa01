/* i2v: the command: help, arguments and exit status; fetch and submit
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "i2v.h"
#include "base/events.h"
#include "base/line.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "exec/exec.h"
#include "journey/journey.h"
#include "request/options.h"
#include "store/store.h"

static volatile sig_atomic_t caught;

static const AVClass command_class = {
    .class_name = "i2vctl",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

static void catch_signal(int number)
{
    caught = number;
}

static int is_interrupted(void *opaque)
{
    (void)opaque;
    return caught != 0;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = catch_signal};
    struct sigaction old;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(numbers); i++)
        /* nohup's request to ignore a signal is kept. */
        if (!sigaction(numbers[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Help */

static const char usage[] =
    "Usage: i2vctl fetch|submit [OPTION]... STILL\n"
    "       i2vctl fetch [OPTION]... --manifest FILE [--film FILE.mp4]\n"
    "       i2vctl wait [OPTION]... [KEY|STILL]...\n"
    "       i2vctl jobs [SELECTION]... [--by project|model] [--json] [--store DIR]\n"
    "       i2vctl show [--json] [--store DIR] KEY...\n"
    "       i2vctl page [SELECTION]... [--store DIR] >FILE\n"
    "       i2vctl keep [--no] [--store DIR] KEY...\n"
    "       i2vctl prune AGE [--dry_run] [--yes] [SELECTION]... [--store DIR]\n"
    "       i2vctl forget [--yes] [--store DIR] KEY...\n"
    "       i2vctl cancel [OPTION]... KEY...\n"
    "       i2vctl models [--json] [--update] [--i2v WORD] [--base_url URL]\n"
    "                     [--ca_file FILE] [--store DIR] [MODEL]\n"
    "       i2vctl exec [--] ffmpeg|ffprobe [ARGUMENT]...\n"
    "\n"
    "fetch   generates a clip from a still and a prompt, or takes it from the store\n"
    "        when it was bought before, and prints the path of the finished MP4\n"
    "submit  sends the request, does not wait for its clip, and prints its key\n"
    "wait    brings what was sent before to its clip and prints the path; never\n"
    "        buys. KEY is a request's key or its beginning, or a generation's id;\n"
    "        without any, all that are under way\n"
    "jobs    lists the ledger, newest first, or sums what was spent\n"
    "show    tells all that is known of a request, with the commands that open its\n"
    "        clip and buy another take\n"
    "page    writes a page for a browser, to compare clips and choose\n"
    "keep    marks requests, with * in jobs, so that prune and forget leave them;\n"
    "        --no takes the mark away\n"
    "prune   removes the clips and finished records older than AGE (30d, 12h), but\n"
    "        those that are kept; --dry_run lists them only; 0s needs --yes\n"
    "forget  drops requests that nothing else can settle, after saying what is known\n"
    "        of each and what may then be paid twice; asks, unless --yes says not to\n"
    "cancel  asks the engine to end generations, where it has a way to; what was\n"
    "        charged stays charged\n"
    "models  lists the models with what each takes and costs now, those with WORD in\n"
    "        their name, or one whole; --update asks the gateway what each takes, and\n"
    "        keeps that\n"
    "exec    fetches what the command line of an ffmpeg that cannot be preloaded names,\n"
    "        and runs it with the clips in their place; the command i2v calls it\n"
    "\n"
    "STILL is a path, - for standard input, an http(s) URL, a data: URI, a video,\n"
    "or an i2v: URL. FILE, or - for standard input, holds a JSON object a line, with\n"
    "the options by their names and image for the still; all are checked, then\n"
    "I2V_PARALLEL (8) at a time are fetched, and a JSON object is printed for each\n"
    "as it ends: its id, path or error, status, usd and key. Run again, it goes on.\n"
    "\n"
    "SELECTION is KEY..., or of these, which all have to hold:\n"
    "  --state STATE,...  how it stands (intent, sent, running, ready, failed, refused)\n"
    "  --project LABEL    exactly that\n"
    "  --model WORD       that is in the model's name, in either case\n"
    "  --word WORD        that is in the prompt, likewise\n"
    "  --since AGE        no older than that\n"
    "  --before AGE       older than that\n"
    "  --kept             marked by keep\n";

static const char usage_end[] =
    "\n"
    "  -v, --loglevel LEVEL    quiet, error, warning, info (default), verbose,\n"
    "                          debug, trace\n"
    "  -h, --help              show this\n"
    "      --version           show the versions of this and of its libraries\n"
    "\n"
    "Exit status: 0, 64 bad request, 65 refused by moderation, 69 gateway not to be\n"
    "reached or failing, 73 store not writable or not there, 75 still running (pick it up later),\n"
    "77 key or credit.\n";

/* The values of a named option: "cover, contain, fill, none". */
static void print_values(const AVOption *option)
{
    const char *separator = " (";
    for (const AVOption *o = options_class.option; o->name; o++) {
        if (o->type != AV_OPT_TYPE_CONST || !option->unit ||
            strcmp(o->unit, option->unit))
            continue;
        printf("%s%s", separator, o->name);
        separator = ", ";
    }
    printf("%s\n", *separator == ',' ? ")" : "");
}

static int print_help(void)
{
    fputs(usage, stdout);
    printf("\n");
    for (const AVOption *o = options_class.option; o->name; o++) {
        if (o->type == AV_OPT_TYPE_CONST)
            continue;
        printf("      --%-17s %s", o->name, o->help);
        print_values(o);
    }
    fputs(usage_end, stdout);
    return EX_OK;
}

/* Arguments */

static int set_level(const char *name, Outcome *out)
{
    int level = events_level(name);

    if (level != EVENTS_NO_LEVEL) {
        av_log_set_level(level);
        return 0;
    }
    return ctl_refuse(out,
                      "'%s' is not a log level; it is quiet, error, warning, info, "
                      "verbose, debug or trace.",
                      name);
}

/* Split --name=value, and let --max-wait be --max_wait. */
static void split(const char *argument, char *name, size_t size, const char **value)
{
    size_t length = strcspn(argument, "=");
    *value = argument[length] ? argument + length + 1 : NULL;
    av_strlcpy(name, argument, FFMIN(size, length + 1));
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
}

/* Options of the command's own, and of which subcommands they are. One that the demuxer
 * has too is the demuxer's in the others. */
static const struct {
    const char *name, *commands;
    size_t offset;
    bool flag;
} own_options[] = {
#define FLAG(name, commands)                             \
    {                                                    \
#name, commands, offsetof(Arguments, name), true \
    }
#define VALUE(name, commands)                             \
    {                                                     \
#name, commands, offsetof(Arguments, name), false \
    }
    FLAG(json, "jobs|show|models"),
    FLAG(yes, "forget|prune"),
    FLAG(no, "keep"),
    FLAG(dry_run, "prune"),
    FLAG(kept, "jobs|page|prune"),
    FLAG(update, "models"),
    VALUE(i2v, "models"),
    VALUE(manifest, "fetch"),
    VALUE(film, "fetch"),
    VALUE(by, "jobs"),
    VALUE(since, "jobs|page|prune"),
    VALUE(before, "jobs|page|prune"),
    VALUE(state, "jobs|page|prune"),
    VALUE(word, "jobs|page|prune"),
#undef FLAG
#undef VALUE
};

/* @return its place among them, or -1 */
static int find_own(const char *name, const char *command)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(own_options); i++)
        if (!strcmp(own_options[i].name, name) &&
            (text_is_among(command, own_options[i].commands) || !options_knows(name)))
            return (int)i;
    return -1;
}

static int refuse_elsewhere(int own, Outcome *out)
{
    char commands[64];

    av_strlcpy(commands, own_options[own].commands, sizeof(commands));
    for (char *c = commands; *c; c++)
        if (*c == '|')
            *c = '/';
    return ctl_refuse(out, "--%s is for i2vctl %s.", own_options[own].name, commands);
}

static int set_flag(const char *name, const char *value, bool *flag, Outcome *out)
{
    *flag = !value || strcmp(value, "0");
    return !value || !strcmp(value, "0") || !strcmp(value, "1")
               ? 0
               : ctl_refuse(out, "--%s takes no value, or 1 or 0.", name);
}

static int refuse_option(const char *typed, Outcome *out)
{
    int size = (int)strcspn(typed, "=");

    return outcome_fail(
        out, FAILURE_REQUEST, AVERROR_OPTION_NOT_FOUND,
        "Unknown option %.*s; i2vctl --help lists them, and a file of such a name is "
        "written ./%.*s.",
        size, typed, size, typed);
}

/* One option at argv[*at]; *at is left on the last word it took. */
static int take_option(int argc, char **argv, int *at, Arguments *arguments, Outcome *out)
{
    char name[64];
    const char *value, *command = argv[1];

    split(argv[*at] + 1 + (argv[*at][1] == '-'), name, sizeof(name), &value);
    int own = find_own(name, command);
    void *to = own < 0 ? NULL : (char *)arguments + own_options[own].offset;
    bool level = !strcmp(name, "v") || !strcmp(name, "loglevel");

    if (!level && own < 0 && !options_knows(name))
        return refuse_option(argv[*at], out);
    if (own >= 0 && !text_is_among(command, own_options[own].commands))
        return refuse_elsewhere(own, out);
    if (own >= 0 && own_options[own].flag)
        return set_flag(name, value, to, out);
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value)
        return ctl_refuse(out, "The option %s needs a value.", argv[*at]);
    if (to && *(const char **)to)
        return ctl_refuse(out, "The option --%s is given twice.", name);
    if (to)
        *(const char **)to = value;
    return to      ? 0
           : level ? set_level(value, out)
                   : av_dict_set(&arguments->options, name, value, 0);
}

static int parse(int argc, char **argv, Arguments *arguments, Outcome *out)
{
    bool only_words = false;
    for (int i = 2; i < argc; i++) {
        int ret = 0;
        if (!only_words && !strcmp(argv[i], "--"))
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1])
            ret = take_option(argc, argv, &i, arguments, out);
        else
            arguments->words[arguments->nb_words++] = argv[i];
        if (ret < 0)
            return ret;
    }
    return 0;
}

const char *ctl_other_option(const AVDictionary *options, const char *list)
{
    const AVDictionaryEntry *entry = NULL;

    while ((entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX)))
        if (av_match_list(entry->key, list, ',') <= 0)
            return entry->key;
    return NULL;
}

int ctl_gather(const AVDictionary *given, Outcome *out, Options **options)
{
    AVDictionary *copy = NULL;
    int ret = av_dict_copy(&copy, given, 0);

    if (ret >= 0)
        ret = options_gather("", &copy, out, options);
    av_dict_free(&copy);
    return ret;
}

/* The one still of a request, or NULL when it is named by an option. */
static int take_still(const Arguments *arguments, Outcome *out, const char **still)
{
    *still = arguments->nb_words ? arguments->words[0] : NULL;
    if (arguments->nb_words < 2)
        return 0;
    return ctl_refuse(out, "One still at a time: '%s' and '%s' are given.",
                      arguments->words[0], arguments->words[1]);
}

/* The exit status */

static int status_of(Failure kind)
{
    static const int statuses[] = {
        [FAILURE_NONE] = EX_SOFTWARE,     [FAILURE_REQUEST] = EX_USAGE,
        [FAILURE_MODERATED] = EX_DATAERR, [FAILURE_GATEWAY] = EX_UNAVAILABLE,
        [FAILURE_LATER] = EX_TEMPFAIL,    [FAILURE_KEY] = EX_NOPERM,
        [FAILURE_STORE] = EX_CANTCREAT,
    };
    return statuses[kind];
}

/* An interrupted command dies of its signal, so that a shell's loop stops too. */
static int end(int ret, const Outcome *out)
{
    if (ret == AVERROR(EINTR) && caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
    return ret < 0 ? status_of(out->kind) : EX_OK;
}

/* Subcommands */

int ctl_fetch(Arguments *arguments, Outcome *out)
{
    Ask ask = {.options = &arguments->options, .interrupt = arguments->interrupt};
    char *path = NULL;

    if (arguments->manifest)
        return ctl_fetch_many(arguments, out);
    if (arguments->film)
        return ctl_refuse(out, "--film is for i2vctl fetch --manifest.");
    int ret = take_still(arguments, out, &ask.url);
    if (ret >= 0)
        ret = journey_fetch(&ask, &path, out);
    if (ret >= 0)
        ret = ctl_print_line(path, "path", out);
    av_free(path);
    return ret;
}

static int submit(Arguments *arguments, Outcome *out)
{
    Ask ask = {.options = &arguments->options, .interrupt = arguments->interrupt};
    char key[I2V_KEY_SIZE];
    int ret = take_still(arguments, out, &ask.url);

    if (ret >= 0)
        ret = journey_submit(&ask, false, key, out);
    if (ret >= 0 && !key[0]) { // a film
        outcome_say(out, AV_LOG_INFO,
                    "The shots that need no other are sent; i2vctl fetch with the same "
                    "options sends the rest and brings the film.");
    } else if (ret >= 0) {
        outcome_say(out, AV_LOG_INFO, "i2vctl wait %s%.*s brings its %s.",
                    ret > 0 ? "--dry_run 1 " : "", ret > 0 ? (int)sizeof(key) : 12, key,
                    ret > 0 ? "animatic" : "clip");
        ret = ctl_print_line(key, "key", out);
    }
    return ret;
}

static const struct {
    const char *name;
    int (*run)(Arguments *arguments, Outcome *out);
} commands[] = {
    {"fetch", ctl_fetch},   {"submit", submit},     {"wait", ctl_wait},
    {"jobs", ctl_jobs},     {"prune", ctl_prune},   {"forget", ctl_forget},
    {"cancel", ctl_cancel}, {"models", ctl_models}, {"show", ctl_show},
    {"keep", ctl_keep},     {"page", ctl_page},
};

static int run(int argc, char **argv)
{
    static const AVIOInterruptCB interrupt = {is_interrupted, NULL};
    static const AVClass *const command = &command_class;
    Outcome out = {.log = (void *)&command};
    Arguments arguments = {.interrupt = &interrupt};
    size_t at = 0;
    int ret;

    options_write_as_command();
    while (at < FF_ARRAY_ELEMS(commands) && strcmp(argv[1], commands[at].name))
        at++;
    if (at == FF_ARRAY_ELEMS(commands)) {
        fprintf(stderr,
                "i2vctl: '%s' is not a command; it is fetch, submit, wait, jobs, show, "
                "page, keep, prune, forget, cancel, models or exec. i2vctl --help tells "
                "more.\n",
                argv[1]);
        return EX_USAGE;
    }
    arguments.words = av_calloc((size_t)argc, sizeof(char *));
    ret = arguments.words ? parse(argc, argv, &arguments, &out) : AVERROR(ENOMEM);
    outcome_end(&out, FAILURE_REQUEST, ret);
    if (ret >= 0) {
        catch_signals();
        line_allow(true);
        ret = commands[at].run(&arguments, &out);
    }
    av_dict_free(&arguments.options);
    av_free(arguments.words);
    return end(ret, &out);
}

/* Ours, and those of the libraries that are there at run time. */
static int print_versions(void)
{
    unsigned avformat = avformat_version();

    printf("i2vctl " I2V_VERSION "\n");
    printf("libavformat %u.%u.%u (FFmpeg %s)\n", AV_VERSION_MAJOR(avformat),
           AV_VERSION_MINOR(avformat), AV_VERSION_MICRO(avformat), av_version_info());
    printf("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
    printf("cJSON %s\n", cJSON_Version());
    return EX_OK;
}

/* exec: what stands behind it is another program's, and its status that one's own. */
static int exec_program(char **words)
{
    static const AVIOInterruptCB interrupt = {is_interrupted, NULL};
    Outcome interrupted = {0};
    struct sigaction pipe;
    char **run;

    if (words[0] && !strcmp(words[0], "--"))
        words++;
    if (!words[0] || words[0][0] == '-') {
        if (words[0])
            fprintf(stderr,
                    "i2vctl: exec takes the command line of an ffmpeg, and no "
                    "option %s of its own.\n\n",
                    words[0]);
        fputs(usage, stderr);
        return EX_USAGE;
    }
    sigaction(SIGPIPE, NULL, &pipe);
    catch_signals();
    int status = exec_prepare(words, &interrupt, &run);
    if (status || !run)
        return status < 0 ? end(status, &interrupted) : status;
    sigaction(SIGPIPE, &pipe, NULL);
    execvp(run[0], run);
    status = errno == ENOENT ? 127 : EXEC_NOT_UNDERSTOOD;
    fprintf(stderr, "i2vctl: cannot run %s: %s\n", run[0], strerror(errno));
    return status;
}

/* A descriptor that the caller has closed would be the next socket's or record's, and
 * what is said would go there. Reading or printing fails as before. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        /* A program that exec becomes finds it closed as before. */
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", (fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) | O_CLOEXEC) !=
                fd)
            exit(EX_OSERR);
}

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

int main(int argc, char **argv)
{
    keep_standard_files();
    /* How wide a character is; numbers stay as they are in C. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    if (argc > 1 && !strcmp(argv[1], "exec") && !(argc > 2 && is_help(argv[2])))
        return exec_program(argv + 2);
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (is_help(argv[i]))
            return print_help();
        if (!strcmp(argv[i], "--version"))
            return print_versions();
    }
    if (argc < 2) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return run(argc, argv);
}
