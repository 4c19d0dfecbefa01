/* i2v: a preload that kills its own process at a named place
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Only what changes the world is a place: calls on files below $I2V_STORE, and on TCP
 * sockets. A place is called STATE/CALL OBJECT#N: the state of the ledger as this process
 * last put it on disk ("start" before), the call, what it is done to, and how many times
 * that has come up. Such names hold still where a plain count does not: how often a poll
 * or a piece of a body comes up is a matter of luck.
 *
 * I2V_KILL_AT=PLACE    SIGKILL there, before the call is done
 * I2V_KILL_HOW=half    a write or send is done for half of its bytes first
 * I2V_KILL_HOW=behind  a rename is done first
 * I2V_KILL_HOW=fork    first fork a child that lives on with what it inherits; its
 *                      process id goes to the file $I2V_KILL_CHILD
 * I2V_KILL_TRACE=FILE  append the name of every place that is passed
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

#define MAX_NAME   160
#define MAX_NAMES  512
#define MAX_FD     1024
#define KEY_LENGTH 64
#define TMP_LENGTH 13 /* .01234567.tmp */
#define CHILD_LIFE 120

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool active;
static const char *at, *how, *trace, *store;

static char state[24] = "start", next_state[24];
static const char *talks[MAX_FD]; ///< what is asked on a socket
static struct {
    char name[MAX_NAME];
    unsigned count;
} passed[MAX_NAMES];

static void read_environment(void)
{
    at = getenv("I2V_KILL_AT");
    how = getenv("I2V_KILL_HOW");
    trace = getenv("I2V_KILL_TRACE");
    store = getenv("I2V_STORE");
    active = store && (at || trace);
}

static bool is_active(void)
{
    pthread_once(&once, read_environment);
    return active;
}

/* The next library's function of this name. */
#define REAL(name) ((__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* Reaching a place */

static void append(const char *path, const char *line)
{
    long fd = syscall(SYS_openat, AT_FDCWD, path,
                      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || syscall(SYS_write, fd, line, strlen(line)) < 0)
        abort();
    syscall(SYS_close, fd);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* It keeps what it inherits, but for the terminal or pipe that somebody reads. */
static void leave_child(void)
{
    const char *file = getenv("I2V_KILL_CHILD");
    char line[32];

    if (!file || fork())
        return;
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        syscall(SYS_close, fd);
    snprintf(line, sizeof(line), "%ld\n", (long)getpid());
    append(file, line);
    alarm(CHILD_LIFE); /* whatever becomes of the test */
    for (;;)
        pause();
}

static unsigned count(const char *name)
{
    unsigned n = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX_NAMES && !n; i++) {
        if (!*passed[i].name)
            snprintf(passed[i].name, MAX_NAME, "%s", name);
        if (!strcmp(passed[i].name, name))
            n = ++passed[i].count;
    }
    pthread_mutex_unlock(&lock);
    if (!n)
        abort();
    return n;
}

/* Before every call that changes the world; does not return where the kill is due.
 * @return whether half of it, or the rename, is to be done, and then die() */
static bool reach(const char *call, const char *object, size_t size)
{
    char name[MAX_NAME], place[MAX_NAME + 16], line[MAX_NAME + 64];
    int error = errno;

    snprintf(name, sizeof(name), "%s/%s%s%s", state, call, *object ? " " : "", object);
    snprintf(place, sizeof(place), "%s#%u", name, count(name));
    bool here = at && !strcmp(at, place);
    bool half =
        here && how && (!strcmp(how, "behind") || (!strcmp(how, "half") && size > 1));
    snprintf(line, sizeof(line), "%s%s %zu\n", here ? "killed at " : "", place, size);
    if (trace)
        append(trace, line);
    if (here && how && !strcmp(how, "fork"))
        leave_child();
    if (here && !half)
        die();
    errno = error;
    return half;
}

/* What a call is done to */

/* The name of a path in the store: KEY for the key, TMP for the chance in a temporary
 * name. @return false when it lies elsewhere */
static bool in_store(const char *path, char *name)
{
    size_t length = strlen(store), key = 0;
    char random[9], end;

    if (strncmp(path, store, length) || (path[length] && path[length] != '/'))
        return false;
    path += length + (path[length] == '/');
    while (isxdigit((unsigned char)path[key]))
        key++;
    snprintf(name, MAX_NAME / 3, "%s%s",
             key == KEY_LENGTH ? "KEY"
             : *path           ? ""
                               : "STORE",
             key == KEY_LENGTH ? path + key : path);
    length = strlen(name);
    if (length > TMP_LENGTH &&
        sscanf(name + length - TMP_LENGTH, ".%8[0-9a-f].tm%c", random, &end) == 2)
        strcpy(name + length - TMP_LENGTH, ".TMP");
    return true;
}

static bool fd_in_store(int fd, char *name)
{
    char link[40], path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    return in_store(path, name);
}

static bool is_tcp(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address), size = sizeof(int);
    int type = 0, error = errno;
    bool tcp = fd >= 0 && fd < MAX_FD &&
               !getsockname(fd, (struct sockaddr *)&address, &length) &&
               (address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
               !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_STREAM;
    errno = error;
    return tcp;
}

/* By the request line, which is always sent in one piece. */
static void hear(int fd, const char *data, size_t size)
{
    static const struct {
        const char *head, *talk;
    } table[] = {
        {"POST ", "create"},
        {"GET /v2/video/generations?", "poll"},
        {"GET /v2/logs", "logs"},
        {"GET /v1/models", "models"},
        {"GET /v1/videos?limit=1 ", "ready"},
        {"GET /v1/videos?", "logs"},
        {"GET /v1/videos/", "poll"},
        {"GET ", "download"},
    };
    const char *line = memchr(data, '\r', size);
    if (line && memmem(data, (size_t)(line - data), "/content ", 9)) {
        talks[fd] = "download";
        return;
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        size_t length = strlen(table[i].head);
        if (size > length && !memcmp(data, table[i].head, length)) {
            talks[fd] = table[i].talk;
            return;
        }
    }
}

static const char *talk(int fd)
{
    return talks[fd] ? talks[fd] : "";
}

/* The state that a record about to be put on disk is in. */
static void note_state(const char *name, const char *data, size_t size)
{
    static const char field[] = "\"state\":\t\"";
    const char *found =
        strstr(name, ".json") ? memmem(data, size, field, sizeof(field) - 1) : NULL;
    size_t length = 0;
    if (!found)
        return;
    found += sizeof(field) - 1;
    while (found + length < data + size && isalpha((unsigned char)found[length]))
        length++;
    snprintf(next_state, sizeof(next_state), "%.*s", (int)length, found);
}

/* The calls: files by name */

static bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

/* Directories too: they are opened to be synced. */
static void reach_open(const char *path, int flags)
{
    char name[MAX_NAME];
    if (is_active() && (writes(flags) || flags & O_DIRECTORY) && in_store(path, name))
        reach("open", name, 0);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define HOOK_OPEN(name)                               \
    EXPORT int name(const char *path, int flags, ...) \
    {                                                 \
        va_list args;                                 \
        va_start(args, flags);                        \
        mode_t mode = mode_of(flags, args);           \
        va_end(args);                                 \
        reach_open(path, flags);                      \
        return REAL(name)(path, flags, mode);         \
    }
HOOK_OPEN(open)
HOOK_OPEN(open64)

/* What these become with _FORTIFY_SOURCE where the flags are no constant. */
#define HOOK_OPEN_2(name)                        \
    int name(const char *path, int flags);       \
    EXPORT int name(const char *path, int flags) \
    {                                            \
        reach_open(path, flags);                 \
        return REAL(name)(path, flags);          \
    }
HOOK_OPEN_2(__open_2)
HOOK_OPEN_2(__open64_2)

#define HOOK_OPENAT(name)                                     \
    EXPORT int name(int fd, const char *path, int flags, ...) \
    {                                                         \
        va_list args;                                         \
        va_start(args, flags);                                \
        mode_t mode = mode_of(flags, args);                   \
        va_end(args);                                         \
        reach_open(path, flags);                              \
        return REAL(name)(fd, path, flags, mode);             \
    }
HOOK_OPENAT(openat)
HOOK_OPENAT(openat64)

#define HOOK_CREAT(name)                                \
    EXPORT int name(const char *path, mode_t mode)      \
    {                                                   \
        reach_open(path, O_WRONLY | O_CREAT | O_TRUNC); \
        return REAL(name)(path, mode);                  \
    }
HOOK_CREAT(creat)
HOOK_CREAT(creat64)

EXPORT int mkdir(const char *path, mode_t mode)
{
    char name[MAX_NAME];
    if (is_active() && in_store(path, name))
        reach("mkdir", name, 0);
    return REAL(mkdir)(path, mode);
}

#define HOOK_REMOVE(call)                        \
    EXPORT int call(const char *path)            \
    {                                            \
        char name[MAX_NAME];                     \
        if (is_active() && in_store(path, name)) \
            reach(#call, name, 0);               \
        return REAL(call)(path);                 \
    }
HOOK_REMOVE(unlink)
HOOK_REMOVE(rmdir)

EXPORT int rename(const char *from, const char *to)
{
    char old[MAX_NAME], new[MAX_NAME], both[MAX_NAME * 2];
    bool last = false, ours = is_active() && in_store(from, old) && in_store(to, new);
    if (ours) {
        snprintf(both, sizeof(both), "%s %s", old, new);
        last = reach("rename", both, 0);
    }
    int ret = REAL(rename)(from, to);
    if (last)
        die();
    if (ours && !ret && *next_state && !strcmp(new, "KEY.json"))
        memcpy(state, next_state, sizeof(state));
    return ret;
}

/* A link to a clip lies outside of the store: it is none of its changes. */
EXPORT int symlink(const char *to, const char *path)
{
    char name[MAX_NAME];

    if (is_active() && in_store(path, name))
        reach("symlink", name, 0);
    return REAL(symlink)(to, path);
}

/* The calls: descriptors */

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    char name[MAX_NAME];
    bool half = false;
    if (is_active() && is_tcp(fd)) {
        hear(fd, data, size);
        half = reach("send", talk(fd), size);
    } else if (active && fd_in_store(fd, name)) {
        note_state(name, data, size);
        half = reach("write", name, size);
    }
    ssize_t ret = REAL(write)(fd, data, half ? size / 2 : size);
    if (half)
        die();
    return ret;
}

#define HOOK_PWRITE(name, offset_type)                                              \
    EXPORT ssize_t name(int fd, const void *data, size_t size, offset_type offset)  \
    {                                                                               \
        char object[MAX_NAME];                                                      \
        bool half =                                                                 \
            is_active() && fd_in_store(fd, object) && reach("write", object, size); \
        ssize_t ret = REAL(name)(fd, data, half ? size / 2 : size, offset);         \
        if (half)                                                                   \
            die();                                                                  \
        return ret;                                                                 \
    }
HOOK_PWRITE(pwrite, off_t)
HOOK_PWRITE(pwrite64, off64_t)

#define HOOK_TRUNCATE(name, offset_type)            \
    EXPORT int name(int fd, offset_type size)       \
    {                                               \
        char object[MAX_NAME];                      \
        if (is_active() && fd_in_store(fd, object)) \
            reach("ftruncate", object, 0);          \
        return REAL(name)(fd, size);                \
    }
HOOK_TRUNCATE(ftruncate, off_t)
HOOK_TRUNCATE(ftruncate64, off64_t)

/* On a descriptor, and nothing else. */
#define HOOK_PLAIN(name)                            \
    EXPORT int name(int fd)                         \
    {                                               \
        char object[MAX_NAME];                      \
        if (is_active() && fd_in_store(fd, object)) \
            reach(#name, object, 0);                \
        return REAL(name)(fd);                      \
    }
HOOK_PLAIN(fsync)
HOOK_PLAIN(fdatasync)
HOOK_PLAIN(close)

static bool locks(int command)
{
    return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
           command == F_OFD_SETLKW;
}

/* Every third argument is an int or a pointer, and fits. */
#define HOOK_FCNTL(name)                                              \
    EXPORT int name(int fd, int command, ...)                         \
    {                                                                 \
        char object[MAX_NAME];                                        \
        va_list args;                                                 \
        va_start(args, command);                                      \
        void *argument = va_arg(args, void *);                        \
        va_end(args);                                                 \
        if (is_active() && locks(command) && fd_in_store(fd, object)) \
            reach("lock", object, 0);                                 \
        return REAL(name)(fd, command, argument);                     \
    }
HOOK_FCNTL(fcntl)
HOOK_FCNTL(fcntl64)

EXPORT int flock(int fd, int operation)
{
    char object[MAX_NAME];
    if (is_active() && fd_in_store(fd, object))
        reach("lock", object, 0);
    return REAL(flock)(fd, operation);
}

/* The calls: sockets */

EXPORT int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (is_active() && is_tcp(fd)) {
        talks[fd] = NULL;
        reach("connect", "", 0);
    }
    return REAL(connect)(fd, address, length);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags,
                      const struct sockaddr *address, socklen_t length)
{
    bool half = false;
    if (is_active() && is_tcp(fd)) {
        hear(fd, data, size);
        half = reach("send", talk(fd), size);
    }
    ssize_t ret = REAL(sendto)(fd, data, half ? size / 2 : size, flags, address, length);
    if (half)
        die();
    return ret;
}

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return sendto(fd, data, size, flags, NULL, 0);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (is_active() && is_tcp(fd)) {
        if (message->msg_iovlen)
            hear(fd, message->msg_iov->iov_base, message->msg_iov->iov_len);
        reach("send", talk(fd), 0);
    }
    return REAL(sendmsg)(fd, message, flags);
}

static void reach_receive(int fd)
{
    if (is_active() && is_tcp(fd))
        reach("recv", talk(fd), 0);
}

EXPORT ssize_t recv(int fd, void *data, size_t size, int flags)
{
    reach_receive(fd);
    return REAL(recv)(fd, data, size, flags);
}

EXPORT ssize_t recvfrom(int fd, void *data, size_t size, int flags,
                        struct sockaddr *address, socklen_t *length)
{
    reach_receive(fd);
    return REAL(recvfrom)(fd, data, size, flags, address, length);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    reach_receive(fd);
    return REAL(recvmsg)(fd, message, flags);
}

EXPORT ssize_t read(int fd, void *data, size_t size)
{
    reach_receive(fd);
    return REAL(read)(fd, data, size);
}

/* What some libcurls use beside these, where they speak HTTP/3. */
EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout)
{
    reach_receive(fd);
    return REAL(recvmmsg)(fd, messages, count, flags, timeout);
}
