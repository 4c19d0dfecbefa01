/* i2v: the command: requests that are to stay
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libavutil/common.h>

#include "base/clock.h"
#include "ctl/meant.h"

/* Who holds a request's lock sends or downloads, which may take a while. */
#define LOCK_TRIES 100
#define LOCK_MS    20

static int lock_soon(const Store *store, const char *key,
                     const AVIOInterruptCB *interrupt)
{
    int lock = store_lock(store, key);

    for (int i = 0; lock == AVERROR(EAGAIN) && i < LOCK_TRIES; i++) {
        if (interrupt->callback(interrupt->opaque))
            return AVERROR(EINTR);
        clock_sleep(LOCK_MS);
        lock = store_lock(store, key);
    }
    return lock;
}

static int keep(const Store *store, const char *key, const Arguments *arguments,
                Outcome *out)
{
    int lock = lock_soon(store, key, arguments->interrupt), ret = FFMIN(lock, 0);

    if (lock == AVERROR(EAGAIN))
        return outcome_fail(out, FAILURE_LATER, lock,
                            "Another process is at the request %.*s; it is not marked.",
                            SHORT_KEY, key);
    if (ret >= 0)
        ret = store_keep(store, key, !arguments->no);
    store_unlock(&lock);
    if (ret == AVERROR(EINTR))
        return ret;
    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret,
                            "Cannot mark the request %.*s in the store: %s.", SHORT_KEY,
                            key, av_err2str(ret));
    outcome_say(out, AV_LOG_INFO, "The request %.*s %s.", SHORT_KEY, key,
                arguments->no ? "is not marked any more" : "stays: it is marked");
    return 0;
}

int ctl_keep(Arguments *arguments, Outcome *out)
{
    int ret = ctl_check_store_only(arguments, "keep", out);

    if (ret >= 0 && !arguments->nb_words)
        ret = ctl_refuse(out, "i2vctl keep takes the keys of requests, or the ids of "
                              "their generations.");
    return ret < 0 ? ret : ctl_each_meant(arguments, out, keep);
}
