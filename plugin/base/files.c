/* i2v: small files: read whole, write whole or not at all
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/random_seed.h>

#include "base/clock.h"
#include "base/compat.h"

/* Of a millisecond each. */
#define SHARE_TRIES 20

#define INTERRUPT_MS 100 ///< how often an interrupt callback is asked

#define PIPE_MS   10000
#define PIPE_SIZE ((size_t)4096)

int files_read_some(int fd, void *to, size_t room, const AVIOInterruptCB *interrupt)
{
    for (;;) {
        struct pollfd news = {.fd = fd, .events = POLLIN};

        if (i2v_interrupted(interrupt))
            return AVERROR(EINTR);
        int ready = poll(&news, 1, INTERRUPT_MS);
        if (ready < 0 && errno != EINTR)
            return AVERROR(errno);
        if (ready <= 0)
            continue;
        if (news.revents & POLLNVAL)
            return AVERROR(EBADF);
        ssize_t got = read(fd, to, FFMIN(room, INT_MAX));
        if (got >= 0)
            return (int)got;
        if (errno != EINTR && errno != EAGAIN)
            return AVERROR(errno);
    }
}

/* A pipe's writer may need a moment; it is not waited for without end. */
static int has_news(int fd)
{
    struct pollfd news = {.fd = fd, .events = POLLIN};
    return poll(&news, 1, PIPE_MS) > 0;
}

static ssize_t read_whole(int fd, char *to, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, to + have, size - have);
        if (got < 0 && (errno == EINTR || (errno == EAGAIN && has_news(fd))))
            continue;
        if (got < 0)
            return AVERROR(errno);
        if (!got)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

/* Read so many bytes at most. A file says how large it is, and one read does; for a pipe,
 * and a file of the kernel's that says nothing, the buffer grows with what is there. */
static ssize_t read_growing(int fd, const struct stat *st, size_t most, char **text)
{
    bool known = S_ISREG(st->st_mode) && st->st_size > 0;
    size_t have = 0, room = FFMIN(known ? (size_t)st->st_size : PIPE_SIZE, most);

    for (;;) {
        int ret = av_reallocp(text, room + 1);
        if (ret < 0)
            return ret;
        ssize_t got = read_whole(fd, *text + have, room - have);
        if (got < 0)
            return got;
        have += (size_t)got;
        (*text)[have] = '\0';
        if (known || have < room || room == most)
            return (ssize_t)have;
        room = FFMIN(room * 2, most);
    }
}

/* Read what is at `path` and terminate it. @return bytes, at most `most` */
static ssize_t read_text(const char *path, size_t most, bool regular, char **text)
{
    struct stat st;
    /* A FIFO must not hang the open. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = fd < 0 || fstat(fd, &st) < 0 ? AVERROR(errno) : 0;

    *text = NULL;
    if (!size && regular && !S_ISREG(st.st_mode))
        size = AVERROR_INVALIDDATA;
    if (!size)
        size = read_growing(fd, &st, most, text);
    if (fd >= 0)
        close(fd);
    if (size < 0)
        av_freep(text);
    return size;
}

int files_read_bytes(const char *path, size_t max, char **data, size_t *size)
{
    ssize_t got = read_text(path, max, true, data);

    *size = (size_t)FFMAX(got, 0);
    return got == AVERROR(ENOENT) ? 0 : (int)FFMIN(got, 0);
}

int files_read_text(const char *path, size_t max, const char *option, Outcome *out,
                    char **text)
{
    ssize_t size = read_text(path, max + 1, false, text);
    const char *why = NULL;

    if (size > (ssize_t)max)
        why = "it is too large";
    else if (size >= 0 && strlen(*text) != (size_t)size)
        why = "it is not a text file";
    else if (size >= 0)
        return 0;
    outcome_fail(out, FAILURE_REQUEST, why ? AVERROR(EINVAL) : (int)size,
                 "The option %s names the file %s, which cannot be used: %s.", option,
                 path, why ? why : av_err2str((int)size));
    av_freep(text);
    return why ? AVERROR(EINVAL) : (int)size;
}

int files_sync_directory(const char *path)
{
    /* Without memory of its own: what was renamed is there, whatever is said then. */
    char copy[PATH_MAX];
    int ret = 0;
    if (av_strlcpy(copy, path, sizeof(copy)) >= sizeof(copy))
        return AVERROR(ENAMETOOLONG);
    int fd = open(av_dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some directories can be written and not read, and some file systems sync none;
     * there is no more to be done there. */
    if ((fd < 0 && errno != EACCES) || (fd >= 0 && fsync(fd) < 0 && errno != EINVAL))
        ret = AVERROR(errno);
    if (fd >= 0)
        close(fd);
    return ret;
}

int files_put(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return AVERROR(errno);
        data += put;
        size -= (size_t)put;
    }
    return 0;
}

/* A directory that its group may write, and whose files are the group's, says that they
 * are shared: setgid and group write. */
static bool is_shared(const char *path, gid_t *group)
{
    char directory[PATH_MAX];
    struct stat st;

    if (av_strlcpy(directory, path, sizeof(directory)) >= sizeof(directory) ||
        stat(av_dirname(directory), &st) < 0)
        return false;
    *group = st.st_gid;
    return (st.st_mode & (S_ISGID | S_IWGRP)) == (S_ISGID | S_IWGRP);
}

/* The umask would take it away again. What was made before, or is another's, stays. */
static void share(int fd, const char *path)
{
    struct stat st;
    gid_t group;

    if (!fstat(fd, &st) && (st.st_mode & 0777) == 0600 && st.st_uid == geteuid() &&
        is_shared(path, &group) && st.st_gid == group)
        (void)fchmod(fd, 0660);
}

int files_open(const char *path, int flags)
{
    gid_t group;
    int fd;

    /* One that another of the group makes is closed to us for the blink of an eye. */
    for (int left = SHARE_TRIES; left; left--) {
        fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EACCES || !is_shared(path, &group))
            break;
        clock_sleep(1);
        errno = EACCES;
    }
    if (fd < 0)
        return AVERROR(errno);
    share(fd, path);
    return fd;
}

int files_make_directory(const char *path)
{
    gid_t group;

    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? 0 : AVERROR(errno);
    if (is_shared(path, &group))
        (void)chmod(path, 02770);
    return 0;
}

int files_create_beside(const char *path, mode_t mode, char **name)
{
    for (;;) {
        *name = av_asprintf("%s.%08x.tmp", path, av_get_random_seed());
        if (!*name)
            return AVERROR(ENOMEM);
        int fd = open(*name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0) {
            if (mode == 0600)
                share(fd, path);
            return fd;
        }
        int ret = AVERROR(errno);
        av_freep(name);
        if (ret != AVERROR(EEXIST))
            return ret;
    }
}

int files_publish(int fd, char *name, const char *path, int ret)
{
    if (ret >= 0 && fsync(fd) < 0)
        ret = AVERROR(errno);
    if (close(fd) < 0 && ret >= 0)
        ret = AVERROR(errno);
    if (ret >= 0 && rename(name, path) < 0)
        ret = AVERROR(errno);
    if (ret < 0)
        unlink(name);
    else
        ret = files_sync_directory(path);
    av_free(name);
    return ret;
}

int files_write(const char *path, const void *data, size_t size)
{
    /* What a kill leaves of it the next write uses again, or they would pile up. */
    char *name = av_asprintf("%s.tmp", path);
    if (!name)
        return AVERROR(ENOMEM);
    int fd = files_open(name, O_WRONLY | O_TRUNC | O_NOFOLLOW);
    if (fd < 0) {
        av_free(name);
        return fd;
    }
    return files_publish(fd, name, path, files_put(fd, data, size));
}

int files_copy_bytes(int in, int out)
{
    enum { PIECE = 1 << 16 };
    char *buffer = av_malloc(PIECE);
    int ret = buffer ? 0 : AVERROR(ENOMEM);

    while (ret >= 0) {
        ssize_t got = read_whole(in, buffer, PIECE);
        ret = got < 0 ? (int)got : files_put(out, buffer, (size_t)got);
        if (got < PIECE)
            break;
    }
    av_free(buffer);
    return ret;
}

int files_copy(const char *from, const char *to)
{
    char *name;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int ret = in < 0 ? AVERROR(errno) : 0, out = -1;

    if (ret >= 0)
        ret = out = files_create_beside(to, 0666, &name);
    if (ret >= 0)
        ret = files_copy_bytes(in, out);
    if (out >= 0)
        ret = files_publish(out, name, to, ret);
    if (in >= 0)
        close(in);
    return ret;
}

int files_save(const char *path, const void *data, size_t size, mode_t mode)
{
    char *name;
    int fd = files_create_beside(path, mode, &name);
    return fd < 0 ? fd : files_publish(fd, name, path, files_put(fd, data, size));
}

int files_check_writable(const char *path)
{
    struct stat st;
    char *name;
    /* Renaming over a device or a pipe would replace it. */
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? AVERROR(EISDIR) : AVERROR(EINVAL);
    int fd = files_create_beside(path, 0600, &name);
    if (fd < 0)
        return fd;
    close(fd);
    unlink(name);
    av_free(name);
    return 0;
}

char *files_home_path(const char *variable, const char *below_home, const char *name)
{
    const char *base = secure_getenv(variable), *home = secure_getenv("HOME");
    if (base && base[0] == '/')
        return av_asprintf("%s/%s", base, name);
    return home && home[0] == '/' ? av_asprintf("%s/%s/%s", home, below_home, name)
                                  : NULL;
}

bool files_are_same(const char *one, const char *other)
{
    struct stat a, b;

    return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}
