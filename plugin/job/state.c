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
#include "base/url.h"

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
        const char *id = record_text(g->record, RECORD_ID);
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
    const char *ours = record_text(g->record, RECORD_ID);
    int ret = store_load(g->plan->store, g->request->key, true, g->out, &now);
    if (ret < 0)
        return ret;
    const char *its = record_text(now, RECORD_ID);
    if (ours && its && !strcmp(ours, its)) {
        FFSWAP(Record *, g->record, now);
        ret = 1;
    } else {
        /* Whoever removed the record has not bought another. */
        ret = record_state(now) == RECORD_NEW;
    }
    record_free(&now);
    return ret;
}

void generation_take_usage(Generation *g, const EngineUsage *said)
{
    g->usage.usd = said->usd >= 0 ? said->usd : g->usage.usd;
    g->usage.credits = said->credits >= 0 ? said->credits : g->usage.credits;
    g->usage.tokens = said->tokens >= 0 ? said->tokens : g->usage.tokens;
}

static void fill_number(Record *record, const char *name, double value)
{
    if (value >= 0)
        record_set_number(record, name, value);
}

void generation_fill(Generation *g)
{
    char *url = NULL;

    fill_number(g->record, RECORD_USD, g->usage.usd);
    fill_number(g->record, RECORD_CREDITS, g->usage.credits);
    fill_number(g->record, RECORD_TOKENS, g->usage.tokens);
    if (g->url && url_bare(g->url, &url) >= 0)
        record_set_text(g->record, RECORD_URL, url);
    av_free(url);
}

int generation_record(Generation *g, RecordState state, const char *what,
                      const char *status)
{
    record_set_state(g->record, state);
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
    char account[17];
    account_of(g->request->api_key, account);
    record_set_text(g->record, RECORD_ACCOUNT, account);
}

void generation_check_account(Generation *g)
{
    char account[17];
    const char *owner = record_text(g->record, RECORD_ACCOUNT);
    account_of(g->request->api_key, account);
    g->foreign = owner && strcmp(owner, account);
    if (g->foreign)
        events_say(
            g->events, AV_LOG_WARNING,
            "The generation of this request belongs to another API key's account; the "
            "gateway may not show it to this one.\n");
}
