/* i2v: the command: the same journey without a host
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
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
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "i2v.h"
#include "ctl/main.h"
#include "journey/journey.h"
#include "request/options.h"
#include "store/store.h"

static volatile sig_atomic_t caught;

static const AVClass command_class = {
    .class_name = "i2vctl",
    .item_name = av_default_item_name,
    .version = LIBAVUTIL_VERSION_INT,
};

static const AVClass *const command = &command_class;
void *const i2vctl_log = (void *)&command;
static Outcome outcome = {.log = (void *)&command};
Outcome *const i2vctl_out = &outcome;

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

void i2vctl_end_with_reader(void)
{
    signal(SIGPIPE, SIG_DFL);
}

/* Help */

static const char usage[] =
    "Usage: i2vctl fetch|submit [OPTION]... STILL\n"
    "       i2vctl fetch [OPTION]... --manifest FILE\n"
    "       i2vctl wait [OPTION]... [KEY|STILL]...\n"
    "       i2vctl jobs [--by project|model] [--since AGE] [--json] [--store DIR]\n"
    "       i2vctl prune AGE [--store DIR]\n"
    "       i2vctl models [--json] [--base_url URL] [--ca_file FILE] [MODEL]\n"
    "\n"
    "fetch   generates a clip from a still and a prompt, or takes it from the store\n"
    "        when it was bought before, and prints the path of the finished MP4\n"
    "submit  sends the request, does not wait for its clip, and prints its key\n"
    "wait    brings what was sent before to its clip and prints the path; never\n"
    "        buys. KEY is a request's key or its beginning, or a generation's id;\n"
    "        without any, all that are under way\n"
    "jobs    lists the ledger, newest first, or sums what was spent; --since leaves\n"
    "        out what is older than AGE\n"
    "prune   removes the clips and finished records older than AGE (30d, 12h)\n"
    "models  lists the models with what each takes and costs now, or one whole\n"
    "\n"
    "STILL is a path, - for standard input, an http(s) URL, a data: URI, a video,\n"
    "or an i2v: URL. FILE, or - for standard input, holds a JSON object a line, with\n"
    "the options by their names and image for the still; all are checked, then\n"
    "I2V_PARALLEL (8) at a time are fetched, and a JSON object is printed for each\n"
    "as it ends: its id, path or error, status, usd and key. Run again, it goes on.\n";

static const char usage_end[] =
    "\n"
    "  -v, --loglevel LEVEL    quiet, error, warning, info (default), verbose,\n"
    "                          debug, trace\n"
    "  -h, --help              show this\n"
    "      --version           show the versions of this and of its libraries\n"
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
    av_log(i2vctl_log, AV_LOG_ERROR,
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

/* Where the value of an option of the command's own goes, or NULL. */
static const char **own_value(Arguments *arguments, const char *name)
{
    return !strcmp(name, "by")         ? &arguments->by
           : !strcmp(name, "since")    ? &arguments->since
           : !strcmp(name, "manifest") ? &arguments->manifest
                                       : NULL;
}

/* One option at argv[*at]; *at is left on the last word it took. */
static int take_option(int argc, char **argv, int *at, Arguments *arguments)
{
    char name[64];
    const char *value, **own;
    const char *argument = argv[*at] + 1 + (argv[*at][1] == '-');

    split(argument, name, sizeof(name), &value);
    own = own_value(arguments, name);
    bool level = !strcmp(name, "v") || !strcmp(name, "loglevel");
    if (!level && !own && !options_knows(name)) {
        int size = (int)strcspn(argv[*at], "=");
        av_log(
            i2vctl_log, AV_LOG_ERROR,
            "Unknown option %.*s; i2vctl --help lists them, and a file of such a name is "
            "written ./%.*s.\n",
            size, argv[*at], size, argv[*at]);
        return AVERROR_OPTION_NOT_FOUND;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value) {
        av_log(i2vctl_log, AV_LOG_ERROR, "The option %s needs a value.\n", argv[*at]);
        return AVERROR(EINVAL);
    }
    if (own)
        *own = value;
    return own     ? 0
           : level ? set_level(value)
                   : av_dict_set(&arguments->options, name, value, 0);
}

static int parse(int argc, char **argv, Arguments *arguments)
{
    bool only_words = false;
    for (int i = 2; i < argc; i++) {
        int ret = 0;
        if (!only_words && !strcmp(argv[i], "--"))
            only_words = true;
        else if (!only_words && !strcmp(argv[i], "--json"))
            arguments->json = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1])
            ret = take_option(argc, argv, &i, arguments);
        else
            arguments->words[arguments->nb_words++] = argv[i];
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* The one still of a request, or NULL when it is named by an option. */
static int take_still(const Arguments *arguments, const char **still)
{
    *still = arguments->nb_words ? arguments->words[0] : NULL;
    if (arguments->nb_words < 2)
        return 0;
    av_log(i2vctl_log, AV_LOG_ERROR, "One still at a time: '%s' and '%s' are given.\n",
           arguments->words[0], arguments->words[1]);
    return AVERROR(EINVAL);
}

/* Running */

static int status_of(Failure failure)
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

static const AVIOInterruptCB interrupt = {is_interrupted, NULL};

/* A line on standard output, which is what the command is run for. */
static int print_line(const char *line, const char *what, Failure *failure)
{
    if (puts(line) >= 0 && !fflush(stdout))
        return 0;
    av_log(i2vctl_log, AV_LOG_ERROR, "Cannot print the %s %s: %s.\n", what, line,
           av_err2str(AVERROR(errno)));
    *failure = FAILURE_STORE;
    return AVERROR(EIO);
}

int i2vctl_print_json(cJSON *json)
{
    char *text = json ? cJSON_Print(json) : NULL;
    int ret = text ? 0 : AVERROR(ENOMEM);
    if (text)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
    return ret;
}

/* The exit status; an interrupted command dies of its signal, so that a shell's loop
 * stops too. */
static int end(int ret, Failure failure)
{
    if (ret == AVERROR(EINTR) && caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
    if (ret < 0)
        return failure == FAILURE_NONE ? EX_SOFTWARE : status_of(failure);
    return EX_OK;
}

static int fetch(Arguments *arguments)
{
    Failure failure = FAILURE_REQUEST;
    const char *still;
    char *path = NULL;
    int ret;

    if (arguments->manifest) {
        ret = i2vctl_fetch_manifest(arguments, &interrupt, &failure);
        return end(ret, failure);
    }
    ret = take_still(arguments, &still);
    if (ret >= 0)
        ret = journey_fetch(still, &arguments->options, &interrupt, NULL, i2vctl_log,
                            &path, NULL, &failure);
    if (ret >= 0)
        ret = print_line(path, "path", &failure);
    av_free(path);
    return end(ret, failure);
}

static int submit(Arguments *arguments)
{
    Failure failure = FAILURE_REQUEST;
    char key[I2V_KEY_SIZE];
    const char *still;
    int ret = take_still(arguments, &still);

    if (ret >= 0)
        ret = journey_submit(still, &arguments->options, &interrupt, i2vctl_log, key,
                             &failure);
    if (ret >= 0) {
        av_log(i2vctl_log, AV_LOG_INFO, "i2vctl wait %.*s brings its %s.\n",
               ret > 0 ? (int)sizeof(key) : 12, key,
               ret > 0 ? "animatic in a dry run" : "clip");
        ret = print_line(key, "key", &failure);
    }
    return end(ret, failure);
}

static int wait_for(const char *key, const AVDictionary *given, Failure *failure)
{
    AVDictionary *options = NULL;
    char *path = NULL;
    int ret = av_dict_copy(&options, given, 0);

    if (ret >= 0)
        ret = journey_pick_up(key, &options, &interrupt, i2vctl_log, &path, failure);
    if (ret >= 0)
        ret = print_line(path, "path", failure);
    av_dict_free(&options);
    av_free(path);
    return ret;
}

/* In a dry run a key may be that of a request that was rehearsed: print its animatic, and
 * leave the others in `words`. */
static int print_rehearsed(Arguments *arguments, Failure *failure)
{
    int left = 0, ret = 0;

    for (int i = 0; i < arguments->nb_words && ret >= 0; i++) {
        char *path = NULL;
        ret = journey_find_rehearsed(arguments->options, arguments->words[i], i2vctl_log,
                                     &path);
        if (ret > 0)
            ret = print_line(path, "path", failure);
        else if (!ret)
            arguments->words[left++] = arguments->words[i];
        av_free(path);
    }
    arguments->nb_words = left;
    return ret;
}

/* The keys that are meant: those named, or all that are under way. */
static int find_keys(const Arguments *arguments, char ***keys, int *count)
{
    int ret = 0;

    *keys = NULL;
    *count = 0;
    if (!arguments->nb_words) {
        ret = i2vctl_find_unfinished(arguments->options, keys, count);
        if (ret >= 0 && !*count)
            av_log(i2vctl_log, AV_LOG_INFO, "Nothing is under way.\n");
    }
    for (int i = 0; i < arguments->nb_words && ret >= 0; i++) {
        char *key;
        ret = i2vctl_find_key(arguments->options, arguments->words[i], &key);
        if (ret == AVERROR(ENOENT))
            av_log(i2vctl_log, AV_LOG_ERROR,
                   "The ledger has no request '%s'; i2vctl jobs lists them.\n",
                   arguments->words[i]);
        if (ret >= 0 && (ret = av_dynarray_add_nofree(keys, count, key)) < 0)
            av_free(key);
    }
    return ret;
}

static bool names_request(const Arguments *arguments)
{
    static const char *const names[] = {"prompt", "prompt_file", "image"};
    for (size_t i = 0; i < FF_ARRAY_ELEMS(names); i++)
        if (av_dict_get(arguments->options, names[i], NULL, 0))
            return true;
    return arguments->nb_words && options_url_body(arguments->words[0]);
}

/* With a key the request is known: only how to ask for it is left to say. */
static int check_wait_options(const AVDictionary *options)
{
    static const char allowed[] =
        "max_wait,poll_interval,save,silence,api_key_file,base_url,ca_file,store";
    const AVDictionaryEntry *entry = NULL;

    while ((entry = av_dict_get(options, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (av_match_list(entry->key, allowed, ',') > 0)
            continue;
        av_log(i2vctl_log, AV_LOG_ERROR,
               "i2vctl wait for a key takes no option %s; it takes %s.\n", entry->key,
               allowed);
        return AVERROR(EINVAL);
    }
    return 0;
}

/* Each in its turn: at the gateway they go on together. The first failure counts. */
static int wait_for_all(const Arguments *arguments, Failure *failure)
{
    Failure its = FAILURE_STORE;
    char **keys = NULL;
    int count = 0, ret = check_wait_options(arguments->options);

    if (ret >= 0)
        ret = find_keys(arguments, &keys, &count);

    *failure = ret < 0 && ret != AVERROR(ENOENT) && ret != AVERROR(EINVAL)
                   ? FAILURE_STORE
                   : FAILURE_REQUEST;
    if (ret >= 0 && count > 1 && av_dict_get(arguments->options, "save", NULL, 0)) {
        av_log(i2vctl_log, AV_LOG_ERROR,
               "The option save names one file, and %d clips are waited for.\n", count);
        ret = AVERROR(EINVAL);
    }
    for (int i = 0, going = ret >= 0; going && i < count && !caught; i++) {
        int its_ret = wait_for(keys[i], arguments->options, &its);
        if (its_ret < 0 && ret >= 0) {
            ret = its_ret;
            *failure = its;
        }
    }
    store_free_keys(&keys, count);
    return ret;
}

static int wait_command(Arguments *arguments)
{
    Failure failure = FAILURE_STORE;
    if (!names_request(arguments)) {
        int words = arguments->nb_words, ret = print_rehearsed(arguments, &failure);
        if (ret >= 0 && (!words || arguments->nb_words))
            ret = wait_for_all(arguments, &failure);
        return end(ret, failure);
    }
    /* It never buys; no more does a dry run, which has nothing to reuse. */
    if (!journey_is_dry_run(arguments->options, i2vctl_log) &&
        av_dict_set(&arguments->options, "reuse", "only", 0) < 0)
        return EX_SOFTWARE;
    return fetch(arguments);
}

static int models(Arguments *arguments)
{
    Failure failure;
    int ret = i2vctl_models(arguments, &interrupt, &failure);
    return end(ret, failure);
}

static bool is_one_of(const char *word, const char *one, const char *other)
{
    return !strcmp(word, one) || !strcmp(word, other);
}

static int run(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(Arguments *arguments);
    } commands[] = {
        {"fetch", fetch},      {"submit", submit},      {"wait", wait_command},
        {"jobs", i2vctl_jobs}, {"prune", i2vctl_prune}, {"models", models},
    };
    Arguments arguments = {.words = av_calloc((size_t)argc, sizeof(char *))};
    size_t at = 0;
    int status = EX_USAGE;

    while (at < FF_ARRAY_ELEMS(commands) && strcmp(argv[1], commands[at].name))
        at++;
    if (at == FF_ARRAY_ELEMS(commands)) {
        fprintf(stderr,
                "i2vctl: '%s' is not a command; it is fetch, submit, wait, jobs, "
                "prune or models. i2vctl --help tells more.\n",
                argv[1]);
    } else if (arguments.words && parse(argc, argv, &arguments) >= 0) {
        catch_signals();
        bool jobs = commands[at].run == i2vctl_jobs;
        if (arguments.json && !jobs && commands[at].run != models)
            av_log(i2vctl_log, AV_LOG_ERROR, "--json is for i2vctl jobs and models.\n");
        else if (arguments.manifest && commands[at].run != fetch)
            av_log(i2vctl_log, AV_LOG_ERROR, "--manifest is for i2vctl fetch.\n");
        else if ((arguments.by || arguments.since) && !jobs)
            av_log(i2vctl_log, AV_LOG_ERROR, "%s is for i2vctl jobs.\n",
                   arguments.by ? "--by" : "--since");
        else
            status = commands[at].run(&arguments);
    }
    av_dict_free(&arguments.options);
    av_free(arguments.words);
    return status;
}

/* Ours, and those of the libraries that are there at run time. */
static void print_versions(void)
{
    unsigned avformat = avformat_version();

    printf("i2vctl " I2V_VERSION "\n");
    printf("libavformat %u.%u.%u (FFmpeg %s)\n", AV_VERSION_MAJOR(avformat),
           AV_VERSION_MINOR(avformat), AV_VERSION_MICRO(avformat), av_version_info());
    printf("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
    printf("cJSON %s\n", cJSON_Version());
}

/* A descriptor that the caller has closed would be the next socket's or record's, and
 * what is said would go there. Reading or printing fails as before. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != fd)
            exit(EX_OSERR);
}

int main(int argc, char **argv)
{
    keep_standard_files();
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (is_one_of(argv[i], "--help", "-h")) {
            print_help();
            return EX_OK;
        }
        if (!strcmp(argv[i], "--version")) {
            print_versions();
            return EX_OK;
        }
    }
    if (argc < 2) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return run(argc, argv);
}
