/* i2v: when whoever called a hook no longer wants to wait
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "interrupt.h"

/*
 * FFmpeg's movie source has no interrupt callback, nor have the contexts of many
 * programs, and OpenCV's knows a time limit alone. A program's own handler only notes
 * that a signal came: while a filter graph is being parsed or an input opened nobody
 * looks at that note.
 */

static struct Chained {
    const int number;
    bool ours;            ///< our handler stands before the program's
    struct sigaction old; ///< the program's
    atomic_bool due;      ///< arrived, and the program leaves it to the system
} chained[] = {{.number = SIGINT}, {.number = SIGTERM}, {.number = SIGHUP}};

enum { NB_CHAINED = sizeof(chained) / sizeof(chained[0]) };

static atomic_flag busy = ATOMIC_FLAG_INIT; ///< held for a few system calls
static int listeners;
static atomic_int arrived;

/* In our handler, on this thread. */
static _Thread_local volatile sig_atomic_t inside
    __attribute__((tls_model("initial-exec")));

static void lock(sigset_t *mask)
{
    sigset_t all;

    /* The handler must not find this thread inside. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, mask);
    while (atomic_flag_test_and_set(&busy))
        sched_yield();
}

static void unlock(const sigset_t *mask)
{
    atomic_flag_clear(&busy);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    if (inside) /* a handler that the program put before ours calls its predecessor */
        return;
    inside = 1;
    atomic_fetch_add(&arrived, 1);
    for (int i = 0; i < NB_CHAINED; i++) {
        const struct sigaction *old = &chained[i].old;

        if (chained[i].number != number)
            continue;
        if (old->sa_flags & SA_SIGINFO)
            old->sa_sigaction(number, info, context);
        else if (old->sa_handler == SIG_DFL)
            atomic_store(&chained[i].due, true);
        else
            old->sa_handler(number);
    }
    inside = 0;
    errno = saved;
}

static void chain(struct Chained *c)
{
    struct sigaction action = {.sa_sigaction = on_signal};

    if (sigaction(c->number, NULL, &c->old))
        return;
    /* nohup's wish is kept */
    if (!(c->old.sa_flags & SA_SIGINFO) && c->old.sa_handler == SIG_IGN)
        return;
    action.sa_mask = c->old.sa_mask;
    action.sa_flags =
        SA_SIGINFO | (c->old.sa_flags & (SA_ONSTACK | SA_RESTART | SA_NODEFER));
    atomic_store(&c->due, false);
    c->ours = !sigaction(c->number, &action, NULL);
}

/* Unless the program has put another handler in place meanwhile. */
static void unchain(struct Chained *c)
{
    struct sigaction now;

    if (c->ours && !sigaction(c->number, NULL, &now) && (now.sa_flags & SA_SIGINFO) &&
        now.sa_sigaction == on_signal)
        sigaction(c->number, &c->old, NULL);
    c->ours = false;
}

static int is_given_up(void *opaque)
{
    const Interrupt *interrupt = opaque;

    return atomic_load(&arrived) != interrupt->arrived ||
           (interrupt->opening &&
            interrupt->plugin->is_interrupted(interrupt->opening) > 0);
}

void interrupt_begin(Interrupt *interrupt, const I2VFace *plugin,
                     struct AVFormatContext *opening)
{
    sigset_t mask;

    *interrupt = (Interrupt){
        .asked = {is_given_up, interrupt},
        .plugin = plugin,
        .opening = opening,
    };
    lock(&mask);
    interrupt->arrived = atomic_load(&arrived);
    if (!listeners++)
        for (int i = 0; i < NB_CHAINED; i++)
            chain(&chained[i]);
    unlock(&mask);
}

void interrupt_end(void)
{
    bool due[NB_CHAINED] = {false};
    sigset_t mask;

    lock(&mask);
    if (!--listeners) {
        for (int i = 0; i < NB_CHAINED; i++) {
            unchain(&chained[i]);
            due[i] = atomic_exchange(&chained[i].due, false);
        }
    }
    unlock(&mask);
    for (int i = 0; i < NB_CHAINED; i++)
        if (due[i])
            raise(chained[i].number);
}
