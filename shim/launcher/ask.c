/* i2v: what another program answers the launcher
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launcher/ask.h"

/* The environment without LD_PRELOAD and with `extra`. The array is the caller's, the
 * strings are not. @return NULL without memory */
static char **environment_with(char *extra)
{
    size_t count = 0, kept = 0;
    char **copy;

    while (environ && environ[count])
        count++;
    copy = calloc(count + 2, sizeof(*copy));
    if (!copy)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LD_PRELOAD=", strlen("LD_PRELOAD=")))
            copy[kept++] = environ[i];
    copy[kept] = extra;
    return copy;
}

static bool spawn(pid_t *pid, char *const argv[], char **environment, int output)
{
    posix_spawn_file_actions_t actions;
    bool ready, runs;

    if (posix_spawn_file_actions_init(&actions))
        return false;
    ready = !posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) &&
            !posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                              O_RDONLY, 0) &&
            !posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                              O_WRONLY, 0);
    runs = ready && !posix_spawn(pid, argv[0], &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return runs;
}

bool ask_begin(Asked *asked, char *const argv[], char *extra)
{
    char **environment;
    bool runs = false;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return false;
    environment = environment_with(extra);
    asked->answer = environment ? fdopen(ends[0], "r") : NULL;
    if (asked->answer)
        runs = spawn(&asked->pid, argv, environment, ends[1]);
    close(ends[1]);
    if (!asked->answer)
        close(ends[0]);
    else if (!runs)
        fclose(asked->answer);
    free(environment);
    return runs;
}

void ask_end(Asked *asked)
{
    fclose(asked->answer);
    while (waitpid(asked->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}
