/* i2v: file locks between processes and threads
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"

/* The file that was locked may have been removed and made anew meanwhile. */
#define MAX_TRIES 10

/* An open file's lock lives as long as any descriptor of it, and a forked child has
 * copies of them all: it closes its copies at once. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int *held;
static size_t nb_held;

static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

static void in_child(void)
{
    for (size_t i = 0; i < nb_held; i++)
        close(held[i]);
    nb_held = 0;
    pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
}

/* Open a lock's file and list its descriptor, so that no fork comes between. */
static int open_listed(const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int fd = AVERROR(ENOMEM);

    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&mutex);
    int *longer = av_realloc_array(held, nb_held + 1, sizeof(*held));
    if (longer) {
        held = longer;
        fd = files_open(path, O_RDWR);
        if (fd >= 0)
            held[nb_held++] = fd;
    }
    pthread_mutex_unlock(&mutex);
    return fd;
}

static void close_listed(int fd)
{
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < nb_held; i++) {
        if (held[i] == fd) {
            held[i] = held[--nb_held];
            close(fd);
            break;
        }
    }
    if (!nb_held)
        av_freep(&held);
    pthread_mutex_unlock(&mutex);
}

static bool is_at(int fd, const char *path)
{
    struct stat mine, there;
    return !fstat(fd, &mine) && !stat(path, &there) && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

/* Of a file the first byte is what lock_try() locks, the second what is shared. */
static struct flock range(short type, bool shared)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = shared, .l_len = 1};
}

static int take(const char *path, short type, bool shared)
{
    for (int i = 0; i < MAX_TRIES; i++) {
        struct flock lock = range(type, shared);
        int fd = open_listed(path), ret = fd;
        if (fd < 0)
            return fd;
        /* Owned by the open file, not by the process: it also holds between threads. */
        if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
            ret = errno == EACCES ? AVERROR(EAGAIN) : AVERROR(errno);
        else if (is_at(fd, path))
            return fd;
        close_listed(fd);
        if (ret < 0)
            return ret;
    }
    return AVERROR(EAGAIN);
}

int lock_try(const char *path)
{
    return take(path, F_WRLCK, false);
}

int lock_share(const char *path)
{
    return take(path, F_RDLCK, true);
}

bool lock_is_shared(const char *path)
{
    struct flock lock = range(F_WRLCK, true);
    int fd = open_listed(path);
    bool shared = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) >= 0 && lock.l_type != F_UNLCK;

    if (fd >= 0)
        close_listed(fd);
    return shared;
}

void lock_release(int *lock)
{
    struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    if (*lock >= 0) {
        /* Not by closing alone: vfork() and its like run no handlers. */
        fcntl(*lock, F_OFD_SETLK, &none);
        close_listed(*lock);
    }
    *lock = -1;
}
