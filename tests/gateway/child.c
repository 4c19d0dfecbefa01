/* i2v: the stand-in gateway: ffmpeg and ffprobe as child processes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT ((size_t)64 << 20)

extern char **environ;

/* The children must not be hosts of the plugin that is under test, nor log for it. */
static char **clean_environment(void)
{
    size_t count = 0, kept = 0;
    char **clean;

    while (environ[count])
        count++;
    clean = checked_alloc((count + 2) * sizeof(*clean));
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LD_PRELOAD=", 11) && strncmp(environ[i], "I2V_", 4) &&
            strncmp(environ[i], "FFREPORT=", 9))
            clean[kept++] = environ[i];
    clean[kept] = "AV_LOG_FORCE_NOCOLOR=1";
    return clean;
}

static int spawn(const char *const argv[], int output, int errors, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char **environment = clean_environment();
    sigset_t none, defaults;
    int error;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv,
                         environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

/* Reads what is there; 0 at the end of the stream. */
static int drain(int fd, Buffer *into)
{
    char block[65536];
    ssize_t got = read(fd, block, sizeof(block));

    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (into->size + (size_t)got < OUTPUT_LIMIT)
        buffer_append(into, block, (size_t)got);
    return got > 0;
}

static int collect(pid_t pid, int output_fd, int errors_fd, Buffer *output,
                   Buffer *errors, int64_t deadline, const atomic_int *stop)
{
    struct pollfd fds[2] = {{output_fd, POLLIN, 0}, {errors_fd, POLLIN, 0}};
    int killed = 0;

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (!killed && (*stop || now_us() > deadline)) {
            kill(pid, SIGKILL);
            killed = 1;
        }
        poll(fds, 2, 100);
        if (fds[0].fd >= 0 && fds[0].revents && !drain(output_fd, output))
            fds[0].fd = -1;
        if (fds[1].fd >= 0 && fds[1].revents && !drain(errors_fd, errors))
            fds[1].fd = -1;
    }
    return killed;
}

int run_child(const char *const argv[], Buffer *output, Buffer *errors, int seconds,
              const atomic_int *stop)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1}, error, status, killed;
    pid_t pid;

    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
        buffer_format(errors, "cannot make a pipe: %s", strerror(errno));
        if (out[0] >= 0)
            close(out[0]), close(out[1]);
        return -1;
    }
    error = spawn(argv, out[1], err[1], &pid);
    close(out[1]);
    close(err[1]);
    if (error) {
        buffer_format(errors, "cannot run %s: %s", argv[0], strerror(error));
        close(out[0]);
        close(err[0]);
        return -1;
    }
    killed = collect(pid, out[0], err[0], output, errors,
                     now_us() + (int64_t)seconds * 1000000, stop);
    close(out[0]);
    close(err[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return killed || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

int program_exists(const char *name)
{
    const char *path = getenv("PATH");
    char *copy = checked_strdup(path ? path : "/usr/bin:/bin"), *rest = copy, *directory;
    int found = 0;

    while (!found && (directory = strsep(&rest, ":"))) {
        char *file = text_format("%s/%s", *directory ? directory : ".", name);

        found = !access(file, X_OK);
        free(file);
    }
    free(copy);
    return found;
}
