/* i2v: the command: the same journey without a host
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "i2v_internal.h"
#include "options.h"

static volatile sig_atomic_t caught;

static const AVClass command_class = {
    .class_name = "i2vctl",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

static const AVClass *const command = &command_class;
#define LOG ((void *)&command)

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
    "Usage: i2vctl fetch [OPTION]... STILL\n"
    "\n"
    "Generates a clip from a still and a prompt, or takes it from the store when it\n"
    "was bought before, and prints the path of the finished MP4. STILL is a path,\n"
    "- for standard input, an http(s) URL, a data: URI, a video, or an i2v: URL.\n";

static const char usage_end[] =
    "\n"
    "  -v, --loglevel LEVEL    quiet, error, warning, info (default), verbose,\n"
    "                          debug, trace\n"
    "  -h, --help              show this\n"
    "      --version           show the version\n"
    "\n"
    "Exit status: 0, 64 bad request, 65 refused by moderation, 69 gateway not to be\n"
    "reached or failing, 73 store not writable, 75 still running (pick it up later),\n"
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

static void print_help(void)
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
}

/* Arguments */

static int set_level(const char *name)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        {"quiet", AV_LOG_QUIET},     {"panic", AV_LOG_PANIC},     {"fatal", AV_LOG_FATAL},
        {"error", AV_LOG_ERROR},     {"warning", AV_LOG_WARNING}, {"info", AV_LOG_INFO},
        {"verbose", AV_LOG_VERBOSE}, {"debug", AV_LOG_DEBUG},     {"trace", AV_LOG_TRACE},
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(levels); i++) {
        if (!strcmp(levels[i].name, name)) {
            av_log_set_level(levels[i].level);
            return 0;
        }
    }
    av_log(LOG, AV_LOG_ERROR,
           "'%s' is not a log level; it is quiet, error, warning, info, verbose, debug "
           "or trace.\n",
           name);
    return AVERROR(EINVAL);
}

/* Split --name=value, and let --max-wait be --max_wait. */
static int split(const char *argument, char *name, size_t size, const char **value)
{
    size_t length = strcspn(argument, "=");
    *value = argument[length] ? argument + length + 1 : NULL;
    av_strlcpy(name, argument, FFMIN(size, length + 1));
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return 0;
}

/* One option at argv[*at]; *at is left on the last word it took. */
static int take_option(int argc, char **argv, int *at, AVDictionary **options)
{
    char name[64];
    const char *value;
    const char *argument = argv[*at] + 1 + (argv[*at][1] == '-');

    split(argument, name, sizeof(name), &value);
    bool level = !strcmp(name, "v") || !strcmp(name, "loglevel");
    if (!level && !options_knows(name)) {
        int size = (int)strcspn(argv[*at], "=");
        av_log(
            LOG, AV_LOG_ERROR,
            "Unknown option %.*s; i2vctl --help lists them, and a file of such a name is "
            "written ./%.*s.\n",
            size, argv[*at], size, argv[*at]);
        return AVERROR_OPTION_NOT_FOUND;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value) {
        av_log(LOG, AV_LOG_ERROR, "The option %s needs a value.\n", argv[*at]);
        return AVERROR(EINVAL);
    }
    return level ? set_level(value) : av_dict_set(options, name, value, 0);
}

static int parse(int argc, char **argv, AVDictionary **options, const char **still)
{
    bool only_names = false;
    *still = NULL;
    for (int i = 2; i < argc; i++) {
        int ret = 0;
        if (!only_names && !strcmp(argv[i], "--")) {
            only_names = true;
        } else if (!only_names && argv[i][0] == '-' && argv[i][1]) {
            ret = take_option(argc, argv, &i, options);
        } else if (*still) {
            av_log(LOG, AV_LOG_ERROR, "One still at a time: '%s' and '%s' are given.\n",
                   *still, argv[i]);
            ret = AVERROR(EINVAL);
        } else {
            *still = argv[i];
        }
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* Running */

static int status_of(GenerationFailure failure)
{
    switch (failure) {
    case FAILURE_NONE:
        return EX_OK;
    case FAILURE_REQUEST:
        return EX_USAGE;
    case FAILURE_MODERATED:
        return EX_DATAERR;
    case FAILURE_GATEWAY:
        return EX_UNAVAILABLE;
    case FAILURE_LATER:
        return EX_TEMPFAIL;
    case FAILURE_KEY:
        return EX_NOPERM;
    case FAILURE_STORE:
        return EX_CANTCREAT;
    }
    return EX_SOFTWARE;
}

static int fetch(int argc, char **argv)
{
    const AVIOInterruptCB interrupt = {is_interrupted, NULL};
    GenerationFailure failure = FAILURE_REQUEST;
    AVDictionary *options = NULL;
    const char *still;
    char *path = NULL;
    int ret = parse(argc, argv, &options, &still);

    if (ret >= 0) {
        catch_signals();
        ret = i2v_journey(still, &options, &interrupt, NULL, LOG, &path, &failure);
    }
    if (ret >= 0 && (puts(path) < 0 || fflush(stdout))) {
        av_log(LOG, AV_LOG_ERROR, "Cannot print the path %s: %s.\n", path,
               av_err2str(AVERROR(errno)));
        failure = FAILURE_STORE;
        ret = AVERROR(EIO);
    }
    av_dict_free(&options);
    av_free(path);
    if (ret == AVERROR(EINTR) && caught) {
        /* Die of the signal, so that a shell's loop stops too. */
        signal(caught, SIG_DFL);
        raise(caught);
    }
    if (ret < 0)
        return failure == FAILURE_NONE ? EX_SOFTWARE : status_of(failure);
    return EX_OK;
}

static bool is_one_of(const char *word, const char *one, const char *other)
{
    return !strcmp(word, one) || !strcmp(word, other);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (is_one_of(argv[i], "--help", "-h")) {
            print_help();
            return EX_OK;
        }
        if (!strcmp(argv[i], "--version")) {
            printf("i2vctl " I2V_VERSION "\n");
            return EX_OK;
        }
    }
    if (argc > 1 && !strcmp(argv[1], "fetch"))
        return fetch(argc, argv);
    if (argc > 1)
        fprintf(stderr,
                "i2vctl: '%s' is not a command; it is fetch. i2vctl --help tells more.\n",
                argv[1]);
    else
        fputs(usage, stderr);
    return EX_USAGE;
}
