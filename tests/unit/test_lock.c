/* i2v: unit tests of the file locks
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/error.h>

#include "base/lock.h"

#define BUSY AVERROR(EAGAIN)

static void test_excludes(void **state)
{
    const char *path = temp_path("excludes");
    int one = lock_try(path), other;
    (void)state;
    assert_true(one >= 0);
    check_number("own thread", other = lock_try(path), BUSY);
    pid_t child = fork();
    if (!child)
        _exit(lock_try(path) == BUSY ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    check_number("other process", status, 0);
    lock_release(&one);
    check_number("released", one, -1);
    other = lock_try(path);
    assert_true(other >= 0);
    lock_release(&other);
    lock_release(&other);
}

static void test_shares(void **state)
{
    const char *path = temp_path("shares");
    int one = lock_share(path), other = lock_share(path), lock = lock_try(path);
    (void)state;
    assert_true(one >= 0 && other >= 0 && lock >= 0);
    lock_release(&one);
    assert_true(lock_is_shared(path));
    lock_release(&other);
    assert_false(lock_is_shared(path));
    check_number("still locked", lock_try(path), BUSY);
    lock_release(&lock);
}

static void test_exec_closes(void **state)
{
    int lock = lock_try(temp_path("exec"));
    (void)state;
    assert_true(lock >= 0);
    assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC);
    lock_release(&lock);
}

/* A process that takes the lock, leaves a child that lives on, and dies. */
static void die_with_child(const char *path, int told)
{
    int lock = lock_try(path);
    pid_t child = lock < 0 ? -1 : fork();
    if (!child) {
        pause();
        _exit(0);
    }
    if (write(told, &child, sizeof(child)) != sizeof(child))
        _exit(1);
    raise(SIGKILL);
}

static void test_children_hold_nothing(void **state)
{
    const char *path = temp_path("children");
    int pipes[2], status;
    pid_t grandchild = -1;
    (void)state;

    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child)
        die_with_child(path, pipes[1]);
    assert_int_equal(read(pipes[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    waitpid(child, &status, 0);
    assert_true(grandchild > 0);
    check_number("the child lives", kill(grandchild, 0), 0);
    /* It may not have had its turn yet; without letting go it lives for ever. */
    int lock = BUSY;
    for (int i = 0; i < 1000 && lock == BUSY; i++) {
        lock = lock_try(path);
        usleep(lock == BUSY ? 10000 : 0);
    }
    kill(grandchild, SIGKILL);
    if (lock < 0)
        fail_case("a child of a dead process keeps the lock: %d", lock);
    lock_release(&lock);
    close(pipes[0]);
    close(pipes[1]);
}

/* What a forked child does with its own locks is not its parent's matter. */
static void test_child_locks_for_itself(void **state)
{
    const char *mine = temp_path("parent's"), *its = temp_path("child's");
    int lock = lock_try(mine), status = -1;
    (void)state;
    pid_t child = fork();
    if (!child) {
        int other = lock_try(its);
        bool held = lock_try(mine) == BUSY;
        lock_release(&other);
        _exit(other == -1 && held ? 0 : 1);
    }
    waitpid(child, &status, 0);
    check_number("child", status, 0);
    check_number("still held", lock_try(mine), BUSY);
    lock_release(&lock);
}

/* Whoever holds the lock may remove its file; the next one must not lock a ghost. */
static void test_removed(void **state)
{
    const char *path = temp_path("removed");
    int first = lock_try(path);
    (void)state;
    assert_int_equal(unlink(path), 0);
    int second = lock_try(path);
    assert_true(second >= 0);
    check_number("third", lock_try(path), BUSY);
    lock_release(&first);
    check_number("third, the first gone", lock_try(path), BUSY);
    lock_release(&second);
}

static void test_errors(void **state)
{
    (void)state;
    check_number("no directory", lock_try(temp_path("none/lock")), AVERROR(ENOENT));
    assert_int_equal(mkdir(temp_path("directory"), 0700), 0);
    check_number("a directory", lock_try(temp_path("directory")), AVERROR(EISDIR));
}

/* Threads that take turns, while another forks. */

enum { TURNS = 300, THREADS = 4 };

static const char *shared;
static int inside, most;

static void *take_turns(void *opaque)
{
    (void)opaque;
    for (int taken = 0; taken < TURNS;) {
        int lock = lock_try(shared);
        if (lock < 0)
            continue;
        int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        if (now > most)
            most = now;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        lock_release(&lock);
        taken++;
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    shared = temp_path("threads");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (!child)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_number("inside at once", most, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_exec_closes),
        cmocka_unit_test(test_children_hold_nothing),
        cmocka_unit_test(test_child_locks_for_itself),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_threads),
    };
    said_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
