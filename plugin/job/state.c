/* i2v: what a generation reads and writes in the ledger
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/state.h"

#include <errno.h>
#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/hmac.h>
#include <libavutil/mem.h>

#include "base/digest.h"

/* A lock that another holds is tried again this often. */
#define LOCK_US (100 * 1000LL)

bool generation_lock(Generation *g)
{
    if (g->lock >= 0)
        return true;
    g->lock = store_lock(g->plan->store, g->request->key);
    if (g->lock >= 0)
        return true;
    if (g->lock != AVERROR(EAGAIN)) {
        const char *id = g->record->id;
        int error = g->lock;
        if (id)
            events_say(g->events, AV_LOG_ERROR,
                       "Cannot lock the ledger in %s: %s; the generation goes on at the "
                       "gateway as %s, and the same command picks it up there.\n",
                       g->request->store, av_err2str(error), id);
        else
            events_say(
                g->events, AV_LOG_ERROR,
                "Cannot lock the ledger in %s: %s; nothing sent; the store must be "
                "a directory of yours on a file system with locks (I2V_STORE).\n",
                g->request->store, av_err2str(error));
        generation_fail(g, error, FAILURE_STORE);
        return false;
    }
    if (!g->said_waiting)
        events_say(g->events, AV_LOG_INFO,
                   "Another process is at the same request; waiting.\n");
    g->said_waiting = true;
    generation_sleep(g, LOCK_US);
    return false;
}

int generation_refresh(Generation *g)
{
    Record *now = NULL;
    const char *ours = g->record->id;
    int ret = store_load(g->plan->store, g->request->key, true, g->out, &now);
    if (ret < 0)
        return ret;
    const char *its = now->id;
    if (ours && its && !strcmp(ours, its)) {
        FFSWAP(Record *, g->record, now);
        ret = 1;
    } else {
        /* Whoever removed the record has not bought another. */
        ret = now->state == RECORD_NEW;
    }
    record_free(&now);
    return ret;
}

void generation_take_usage(Generation *g, const GatewayUsage *said)
{
    g->usage.usd = said->usd >= 0 ? said->usd : g->usage.usd;
    g->usage.credits = said->credits >= 0 ? said->credits : g->usage.credits;
    g->usage.tokens = said->tokens >= 0 ? said->tokens : g->usage.tokens;
}

void generation_fill(Generation *g)
{
    Record *record = g->record;
    char *url = NULL;

    record->usd = g->usage.usd >= 0 ? g->usage.usd : record->usd;
    record->credits = g->usage.credits >= 0 ? g->usage.credits : record->credits;
    record->tokens = g->usage.tokens >= 0 ? g->usage.tokens : record->tokens;
    if (g->url && http_bare_url(g->url, &url) >= 0)
        record_set(&g->record->url, url);
    av_free(url);
}

int generation_record(Generation *g, RecordState state, const char *what,
                      const char *status)
{
    g->record->state = state;
    int ret = record_add_history(g->record, what, status);
    if (ret >= 0)
        ret = store_save(g->plan->store, g->record, g->out);
    if (ret < 0)
        generation_fail(g, ret, FAILURE_STORE);
    return ret;
}

/* A short digest that tells accounts apart and gives no key away. */
static void account_of(const char *api_key, char *text)
{
    static const char label[] = "i2v account";
    uint8_t digest[32] = {0};
    AVHMAC *hmac = av_hmac_alloc(AV_HMAC_SHA256);
    if (hmac)
        av_hmac_calc(hmac, (const uint8_t *)label, sizeof(label) - 1,
                     (const uint8_t *)api_key, (unsigned)strlen(api_key), digest,
                     sizeof(digest));
    av_hmac_free(hmac);
    digest_hex(digest, 8, text);
}

void generation_set_account(Generation *g)
{
    account_of(g->request->api_key, g->record->account);
}

void generation_check_account(Generation *g)
{
    char account[17];
    const char *owner = g->record->account;
    account_of(g->request->api_key, account);
    g->foreign = *owner && strcmp(owner, account);
    if (g->foreign)
        events_say(
            g->events, AV_LOG_WARNING,
            "The generation of this request belongs to another API key's account; the "
            "gateway may not show it to this one.\n");
}
