/* i2v: the stand-in gateway: the command that is run against it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* What decides where i2v sends a request, with which key, and where the clip is kept:
 * none of it may be left as the user has it. */
static const char *const decisive[] = {"I2V_BASE_URL",    "I2V_API_KEY", "AIML_API_KEY",
                                       "AIMLAPI_API_KEY", "I2V_STORE",   "I2V_DEFAULTS"};

#define NB_DECISIVE (sizeof(decisive) / sizeof(*decisive))

static int is_decisive(const char *variable)
{
    size_t length = strcspn(variable, "=");

    for (size_t i = 0; i < NB_DECISIVE; i++)
        if (strlen(decisive[i]) == length && !memcmp(decisive[i], variable, length))
            return 1;
    return 0;
}

/* I2V_DEFAULTS, or NULL when there is nothing to say in it. */
static char *defaults_for(const Gateway *gateway)
{
    Buffer text = {0};
    char *certificate;

    if (gateway->openai)
        buffer_text(&text, "I2V_DEFAULTS=engine=openai");
    certificate = gateway->cert_file ? realpath(gateway->cert_file, NULL) : NULL;
    if (certificate) {
        buffer_text(&text, text.size ? ":ca_file=" : "I2V_DEFAULTS=ca_file=");
        for (const char *c = certificate; *c; c++) {
            if (strchr("\\':", *c))
                buffer_append(&text, "\\", 1);
            buffer_append(&text, c, 1);
        }
    }
    free(certificate);
    return text.data;
}

static char **environment_for(const Gateway *gateway)
{
    size_t count = 0, kept = 0;
    char **changed;

    while (environ[count])
        count++;
    changed = checked_alloc((count + NB_DECISIVE + 1) * sizeof(*changed));
    for (size_t i = 0; i < count; i++)
        if (!is_decisive(environ[i]))
            changed[kept++] = checked_strdup(environ[i]);
    changed[kept++] = text_format("I2V_BASE_URL=%s", gateway->api_base);
    changed[kept++] = text_format("I2V_API_KEY=%s", gateway->api_key);
    changed[kept++] = text_format("AIML_API_KEY=%s", gateway->api_key);
    changed[kept++] = text_format("I2V_STORE=%s/store", gateway->directory);
    if ((changed[kept] = defaults_for(gateway)))
        kept++;
    changed[kept] = NULL;
    return changed;
}

int command_start(const Gateway *gateway, const sigset_t *mask, pid_t *pid)
{
    posix_spawnattr_t attributes;
    char **environment = environment_for(gateway);
    sigset_t defaults;
    int error;

    sigemptyset(&defaults);
    if (!gateway->pipe_ignored)
        sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawnp(pid, gateway->command[0], NULL, &attributes, gateway->command,
                         environment);
    posix_spawnattr_destroy(&attributes);
    for (char **variable = environment; *variable; variable++)
        free(*variable);
    free(environment);
    if (!error)
        return 0;
    fprintf(stderr, "i2v-gateway: cannot run %s: %s\n", gateway->command[0],
            strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTED;
}

void command_signal(pid_t pid, const siginfo_t *info)
{
    if (info->si_signo != SIGCHLD && info->si_code <= 0)
        kill(pid, info->si_signo);
}

int command_ended(pid_t pid, int *status)
{
    int how;
    pid_t ended = waitpid(pid, &how, WNOHANG);

    if (ended == 0 || (ended < 0 && errno == EINTR))
        return 0;
    *status = ended < 0          ? STATUS_NOT_EXECUTED
              : WIFSIGNALED(how) ? 128 + WTERMSIG(how)
                                 : WEXITSTATUS(how);
    return 1;
}
