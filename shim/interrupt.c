/* i2v: when whoever called a hook no longer wants to wait
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>
#include "interrupt.h"

/* While anybody waits, a handler of ours stands before the program's. It counts the
 * signal and calls that one. */
static struct Chained {
    const int number;
    bool ours;            ///< our handler stands before the program's
    struct sigaction old; ///< the program's
    atomic_int arrived;
} chained[] = {{.number = SIGINT}, {.number = SIGTERM}, {.number = SIGHUP}};

_Static_assert(sizeof(chained) / sizeof(chained[0]) == INTERRUPT_SIGNALS, "a count each");

static _Atomic pid_t busy; ///< whose thread is here, for a few system calls; or 0
static pid_t process;      ///< which the listeners belong to
static int listeners;

/* In our handler, on this thread. */
static _Thread_local volatile sig_atomic_t inside
    __attribute__((tls_model("initial-exec")));

static void lock(sigset_t *mask)
{
    pid_t us = getpid(), holder = 0;
    sigset_t all;

    /* The handler must not find this thread inside. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, mask);
    while (!atomic_compare_exchange_weak(&busy, &holder, us)) {
        if (holder != us) /* a thread of our parent's, which was not forked with us */
            continue;
        holder = 0;
        sched_yield();
    }
    if (process != us)
        listeners = 0;
    process = us;
}

static void unlock(const sigset_t *mask)
{
    atomic_store(&busy, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    if (inside) /* a handler that the program put before ours calls its predecessor */
        return;
    inside = 1;
    for (int i = 0; i < INTERRUPT_SIGNALS; i++) {
        const struct sigaction *old = &chained[i].old;

        if (chained[i].number != number)
            continue;
        atomic_fetch_add(&chained[i].arrived, 1);
        if (old->sa_flags & SA_SIGINFO)
            old->sa_sigaction(number, info, context);
        else
            old->sa_handler(number);
    }
    inside = 0;
    errno = saved;
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

static void chain(struct Chained *c)
{
    struct sigaction action = {.sa_sigaction = on_signal}, now;

    if (sigaction(c->number, NULL, &now))
        return;
    /* system() of another thread puts back what it found when it began */
    c->ours = is_ours(&now);
    if (c->ours || (!(now.sa_flags & SA_SIGINFO) &&
                    (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN)))
        return;
    c->old = now;
    action.sa_mask = now.sa_mask;
    action.sa_flags =
        SA_SIGINFO | (now.sa_flags & (SA_ONSTACK | SA_RESTART | SA_NODEFER));
    c->ours = !sigaction(c->number, &action, NULL);
}

/* Unless the program has put another handler in place meanwhile. */
static void unchain(struct Chained *c)
{
    struct sigaction now;

    if (c->ours && !sigaction(c->number, NULL, &now) && is_ours(&now))
        sigaction(c->number, &c->old, NULL);
    c->ours = false;
}

static int is_given_up(void *opaque)
{
    const Interrupt *interrupt = opaque;

    for (int i = 0; i < interrupt->heeded; i++)
        if (atomic_load(&chained[i].arrived) != interrupt->arrived[i])
            return true;
    return interrupt->opening &&
           interrupt->plugin->is_interrupted(interrupt->opening) > 0;
}

void interrupt_begin(Interrupt *interrupt, const I2VFace *plugin,
                     struct AVFormatContext *opening)
{
    bool has_callback = opening && plugin->is_interrupted(opening) >= 0;
    sigset_t mask;

    *interrupt = (Interrupt){
        .asked = {is_given_up, interrupt},
        .plugin = plugin,
        .opening = opening,
        /* what SIGTERM and SIGHUP mean is for the callback to say */
        .heeded = has_callback ? 1 : INTERRUPT_SIGNALS,
    };
    lock(&mask);
    for (int i = 0; i < INTERRUPT_SIGNALS; i++) {
        interrupt->arrived[i] = atomic_load(&chained[i].arrived);
        if (!listeners)
            chain(&chained[i]);
    }
    listeners++;
    unlock(&mask);
}

void interrupt_end(void)
{
    sigset_t mask;

    lock(&mask);
    if (listeners && !--listeners) /* of none, in a child that was forked meanwhile */
        for (int i = 0; i < INTERRUPT_SIGNALS; i++)
            unchain(&chained[i]);
    unlock(&mask);
}
