/* i2v: the stand-in gateway: command line, start and end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "child.h"
#include "command.h"
#include "model.h"
#include "videos.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef GATEWAY_VERSION
#define GATEWAY_VERSION "0.2.0"
#endif

enum { STATUS_OK, STATUS_USAGE = 64, STATUS_UNAVAILABLE = 69, STATUS_STATE = 73 };

enum {
    OPTION_PORT = 256,
    OPTION_CDN_PORT,
    OPTION_CERT,
    OPTION_CERT_KEY,
    OPTION_API_KEY,
    OPTION_LATENCY,
    OPTION_FAULTS,
    OPTION_STATE,
    OPTION_CACHE,
    OPTION_SCHEMA,
    OPTION_API,
    OPTION_PROFILE,
    OPTION_READY_FILE,
    OPTION_EXIT_WITH_PARENT,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option options[] = {
    {"port", required_argument, NULL, OPTION_PORT},
    {"cdn-port", required_argument, NULL, OPTION_CDN_PORT},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"cert-key", required_argument, NULL, OPTION_CERT_KEY},
    {"api-key", required_argument, NULL, OPTION_API_KEY},
    {"latency", required_argument, NULL, OPTION_LATENCY},
    {"faults", required_argument, NULL, OPTION_FAULTS},
    {"state", required_argument, NULL, OPTION_STATE},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"schema", required_argument, NULL, OPTION_SCHEMA},
    {"api", required_argument, NULL, OPTION_API},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"ready-file", required_argument, NULL, OPTION_READY_FILE},
    {"exit-with-parent", no_argument, NULL, OPTION_EXIT_WITH_PARENT},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int usage(const char *format, const char *what)
{
    fputs("i2v-gateway: ", stderr);
    fprintf(stderr, format, what);
    fputs("; see i2v-gateway --help\n", stderr);
    return STATUS_USAGE;
}

static int set_port(unsigned short *port, const char *text)
{
    long long number;

    if (parse_integer(text, 0, 65535, &number))
        return usage("'%s' is not a port from 0 to 65535", text);
    *port = (unsigned short)number;
    return 0;
}

static int set_option(Gateway *gateway, int option)
{
    switch (option) {
    case OPTION_PORT:
        return set_port(&gateway->api_port, optarg);
    case OPTION_CDN_PORT:
        return set_port(&gateway->files_port, optarg);
    case OPTION_CERT:
        gateway->cert_file = optarg;
        return 0;
    case OPTION_CERT_KEY:
        gateway->cert_key_file = optarg;
        return 0;
    case OPTION_API_KEY:
        gateway->api_key = optarg;
        gateway->key_given = 1;
        return *optarg ? 0 : usage("%s must not be empty", "--api-key");
    case OPTION_LATENCY:
        if (parse_number(optarg, 0, 1e6, &gateway->latency))
            return usage("'%s' is not a number of seconds", optarg);
        return 0;
    case OPTION_FAULTS:
        gateway->faults_file = optarg;
        return 0;
    case OPTION_STATE:
        gateway->state = optarg;
        return 0;
    case OPTION_CACHE:
        gateway->cache = optarg;
        return 0;
    case OPTION_SCHEMA:
        gateway->schema_file = optarg;
        return 0;
    case OPTION_API:
        gateway->openai = !strcmp(optarg, "openai");
        return gateway->openai || !strcmp(optarg, "aimlapi")
                   ? 0
                   : usage("'%s' is not aimlapi or openai", optarg);
    case OPTION_PROFILE:
        gateway->profile = profile_find(optarg);
        return gateway->profile ? 0 : usage("the profile must be %s", profile_names());
    case OPTION_READY_FILE:
        gateway->ready_file = optarg;
        return 0;
    case OPTION_EXIT_WITH_PARENT:
        gateway->exit_with_parent = 1;
        return 0;
    default:
        gateway->verbose = 1;
        return 0;
    }
}

/* 0 to go on, else the exit status, -1 for success at once. */
static int parse_command_line(Gateway *gateway, int argc, char **argv)
{
    int option, status = 0;

    opterr = 0;
    while (!status && (option = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
        if (option == OPTION_HELP) {
            print_help();
            return -1;
        }
        if (option == OPTION_VERSION) {
            puts("i2v-gateway " GATEWAY_VERSION);
            return -1;
        }
        if (option == '?')
            status = usage("unknown option '%s'", argv[optind - 1]);
        else if (option == ':')
            status = usage("option '%s' needs a value", argv[optind - 1]);
        else
            status = set_option(gateway, option);
    }
    if (!status && optind < argc && strcmp(argv[optind - 1], "--"))
        status =
            usage("unexpected argument '%s', a command comes after --", argv[optind]);
    else if (!status && optind < argc)
        gateway->command = argv + optind;
    else if (!status && optind > 1 && !strcmp(argv[optind - 1], "--"))
        status = usage("%s is followed by no command", "--");
    if (!status && gateway->profile && !gateway->openai)
        status = usage("%s is for --api openai", "--profile");
    if (gateway->openai && !gateway->profile)
        gateway->profile = profile_find("vllm-omni");
    if (!status && !gateway->cert_file != !gateway->cert_key_file)
        status = usage("%s go together", "--cert and --cert-key");
    return status;
}

static int load_certificate(Gateway *gateway)
{
    const char *failed = NULL;

    if (gateway->cert_file && read_file(gateway->cert_file, &gateway->certificate))
        failed = gateway->cert_file;
    else if (gateway->cert_file &&
             read_file(gateway->cert_key_file, &gateway->certificate_key))
        failed = gateway->cert_key_file;
    if (!failed)
        return 0;
    fprintf(stderr, "i2v-gateway: cannot read %s: %s\n", failed, strerror(errno));
    return STATUS_USAGE;
}

static int check_programs(void)
{
    static const char *const programs[] = {"ffmpeg", "ffprobe"};

    for (int i = 0; i < 2; i++)
        if (!program_exists(programs[i])) {
            fprintf(stderr, "i2v-gateway: %s is needed but not in PATH\n", programs[i]);
            return STATUS_UNAVAILABLE;
        }
    return 0;
}

static int load_faults(Gateway *gateway)
{
    char *problem = NULL;

    gateway->faults = faults_new(gateway->faults_file);
    if (!faults_refresh(gateway->faults, &problem))
        return 0;
    fprintf(stderr, "i2v-gateway: %s\n", problem);
    free(problem);
    return STATUS_USAGE;
}

static int make_directory(const char *path)
{
    if (!mkdir(path, 0700) || errno == EEXIST)
        return 0;
    fprintf(stderr, "i2v-gateway: cannot make %s: %s\n", path, strerror(errno));
    return STATUS_STATE;
}

static int open_state(Gateway *gateway)
{
    const char *temporary = getenv("TMPDIR");
    char *given;

    if (gateway->cache && make_directory(gateway->cache))
        return STATUS_STATE;
    if (gateway->state) {
        if (make_directory(gateway->state))
            return STATUS_STATE;
        given = checked_strdup(gateway->state);
    } else {
        given = text_format("%s/i2v-gateway-XXXXXX",
                            temporary && *temporary ? temporary : "/tmp");
        gateway->directory_is_ours = mkdtemp(given) != NULL;
    }
    gateway->directory = realpath(given, NULL);
    if (!gateway->directory) {
        fprintf(stderr, "i2v-gateway: cannot make %s: %s\n", given, strerror(errno));
        gateway->directory_is_ours = 0;
    }
    free(given);
    if (!gateway->directory ||
        jobs_open(&gateway->jobs, gateway->directory, gateway->cache, &gateway->stop))
        return STATUS_STATE;
    return 0;
}

static int announce(const Gateway *gateway)
{
    char *line = text_format("%s\n", gateway->api_base);
    int status = 0;

    if (gateway->ready_file &&
        write_file_atomic(gateway->ready_file, line, strlen(line))) {
        fprintf(stderr, "i2v-gateway: cannot write %s: %s\n", gateway->ready_file,
                strerror(errno));
        status = STATUS_STATE;
    } else if (!gateway->command) { /* which has the output for itself */
        printf("i2v-gateway: ready at %s (files at %s), key %s\n", gateway->api_base,
               gateway->files_base, gateway->api_key);
        fflush(stdout);
    }
    free(line);
    return status;
}

static int is_to_end(const Gateway *gateway, pid_t parent)
{
    return gateway->quit || (gateway->exit_with_parent && getppid() != parent);
}

/* The signals are blocked in every thread and taken here. */
static void wait_for_end(Gateway *gateway, const sigset_t *signals, pid_t parent)
{
    const struct timespec slice = {0, 100000000};

    while (sigtimedwait(signals, NULL, &slice) < 0)
        if (is_to_end(gateway, parent)) {
            gateway_sleep(gateway, gateway->quit ? 0.1 : 0); /* let the answer go out */
            return;
        }
}

/* The command ends it, and not a signal: what the command gets from here is there until
 * then. Its exit status. */
static int wait_for_command(Gateway *gateway, const sigset_t *signals,
                            const sigset_t *mask, pid_t parent)
{
    const struct timespec slice = {0, 100000000};
    siginfo_t info;
    int told = 0, status;
    pid_t pid;
    int early = sigtimedwait(signals, NULL, &(struct timespec){0, 0});

    if (early > 0 && early != SIGCHLD)
        return 128 + early;
    if ((status = command_start(gateway, mask, &pid)))
        return status;
    while (!command_ended(pid, &status)) {
        if (sigtimedwait(signals, &info, &slice) > 0)
            command_signal(pid, &info);
        if (!told && is_to_end(gateway, parent)) {
            kill(pid, SIGTERM);
            told = 1;
        }
    }
    return status;
}

/* Those that are taken while this one waits; the mask before is for the command. */
static void block_signals(Gateway *gateway, sigset_t *signals, sigset_t *mask)
{
    struct sigaction old;

    sigaction(SIGPIPE, NULL, &old);
    gateway->pipe_ignored = old.sa_handler == SIG_IGN;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    if (gateway->command) {
        signal(SIGCHLD, SIG_DFL); /* ignored, it would leave no exit status */
        sigaddset(signals, SIGCHLD);
        sigaddset(signals, SIGQUIT);
    }
    pthread_sigmask(SIG_BLOCK, signals, mask);
}

static int run(Gateway *gateway, pid_t parent)
{
    sigset_t signals, mask;
    int status;

    block_signals(gateway, &signals, &mask);
    status = models_load(gateway->schema_file) ? STATUS_USAGE : check_programs();
    if (!status)
        status = load_certificate(gateway);
    if (!status)
        status = load_faults(gateway);
    if (!status)
        status = open_state(gateway);
    if (!status && server_start(gateway))
        status = STATUS_UNAVAILABLE;
    if (!status)
        status = announce(gateway);
    if (!status && gateway->command)
        status = wait_for_command(gateway, &signals, &mask, parent);
    else if (!status)
        wait_for_end(gateway, &signals, parent);
    gateway->stop = 1;
    server_stop(gateway);
    jobs_close(&gateway->jobs);
    faults_free(gateway->faults);
    notes_free(gateway);
    models_free();
    buffer_free(&gateway->certificate);
    buffer_free(&gateway->certificate_key);
    if (gateway->directory_is_ours)
        remove_directory(gateway->directory);
    free(gateway->directory);
    return status;
}

int main(int argc, char **argv)
{
    static Gateway gateway = {.api_key = "demo", .latency = 3};
    cJSON_Hooks hooks = {checked_alloc, free};
    pid_t parent = getppid();
    int status = parse_command_line(&gateway, argc, argv);

    if (status)
        return status < 0 ? STATUS_OK : status;
    cJSON_InitHooks(&hooks);
    pthread_mutex_init(&gateway.lock, NULL);
    return run(&gateway, parent);
}
