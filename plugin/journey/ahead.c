/* i2v: requests of one command that are sent before the first of them is waited for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journey/journey.h"

#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "journey/film.h"
#include "journey/many.h"

typedef struct Sent {
    Journey *journey;
    bool of_film; ///< its price is added up with its film's
} Sent;

/* What is sent together. */
typedef struct Ahead {
    Sent *sent;
    int count;
    int at; ///< the one that is looked at, below 0 before the first
    PriceSum sum;
    AVDictionary *counted; ///< what is in the sum, by key
} Ahead;

/* What a request is called in its command: its still, without what is secret of a URL.
 * @return av_free(), NULL without memory */
static char *name_of(const Ask *ask)
{
    const AVDictionaryEntry *image =
        av_dict_get(*ask->options, "image", NULL, AV_DICT_MATCH_CASE);
    const char *body = options_url_body(ask->url);
    const char *still = image ? image->value : body ? body : ask->url ? ask->url : "?";
    char *copy = av_strndup(still, image || !body ? strlen(still) : strcspn(body, "?"));
    char *name = copy ? still_label(copy) : NULL;

    av_free(copy);
    return name;
}

static int add(Ahead *ahead, const Ask *ask, bool of_film, Outcome *out)
{
    Sent *more = av_realloc_array(ahead->sent, (size_t)ahead->count + 1, sizeof(*more));

    if (!more)
        return AVERROR(ENOMEM);
    ahead->sent = more;
    ahead->at = ahead->count++;
    more[ahead->at] = (Sent){.of_film = of_film};
    return journey_prepare(ask, &more[ahead->at].journey, out);
}

/* What is named twice is bought once. @param key  of a request, or what tells it apart */
static int count(Ahead *ahead, const char *key, double usd, double max_total)
{
    if (av_dict_get(ahead->counted, key, NULL, AV_DICT_MATCH_CASE))
        return 0;
    price_add(&ahead->sum, usd, max_total);
    return av_dict_set(&ahead->counted, key, "", 0);
}

/* A shot that waits for another has no key yet. */
static int count_shots(Ahead *ahead, const Shots *shots, const char *name)
{
    int ret = 0;

    for (int i = 0; i < shots->count && ret >= 0; i++) {
        const Shot *shot = &shots->all[i];
        char *key = !shots_buy(shots, shot) ? NULL
                    : shot->look.key[0]     ? av_strdup(shot->look.key)
                                        : av_asprintf("%s %s", name, shot->line->name);
        if (key)
            ret = count(ahead, key, shot->look.price, shot->look.max_total);
        av_free(key);
    }
    return FFMIN(ret, 0);
}

/* Those shots of a film that need no other; the price is that of them all. */
static int add_film(Ahead *ahead, const Ask *ask, const char *name, Outcome *out)
{
    FilmRoots roots = {0};
    int ret = film_foresee(ask, &roots, out);

    if (ret >= 0)
        ret = count_shots(ahead, roots.shots, name);
    for (int i = 0; i < roots.count && ret >= 0; i++)
        ret = add(ahead, &roots.asks[i], true, out);
    film_roots_clear(&roots);
    return ret;
}

static int prepare(Ahead *ahead, const Ask *ask, Outcome *out)
{
    char *name = name_of(ask); // reading takes the options
    int ret = !name          ? AVERROR(ENOMEM)
              : film_is(ask) ? add_film(ahead, ask, name, out)
                             : add(ahead, ask, false, out);

    /* The sentence that said why does not say of which of them. */
    if (ret < 0 && ret != AVERROR(EINTR))
        outcome_say(out, AV_LOG_ERROR,
                    "That is of the request for '%s'; nothing of this command was sent.",
                    name ? name : "?");
    av_free(name);
    return ret;
}

/* Their lines will mix. */
static void tell_apart(const Ahead *ahead)
{
    const char *first = NULL;

    for (int i = 0; i < ahead->count; i++) {
        const char *key = journey_unsettled_key(ahead->sent[i].journey);
        if (first && key && strcmp(first, key))
            events_tell_apart();
        first = key ? key : first;
    }
}

/* What all of it costs, before any is sent. */
static int price(Ahead *ahead, Outcome *out)
{
    char text[128];
    int ret = 0;

    for (int i = 0; i < ahead->count && ret >= 0; i++) {
        const Sent *sent = &ahead->sent[ahead->at = i];
        PriceSum its = {.max_total = -1};

        ret = journey_price(sent->journey, &its, out);
        if (ret >= 0 && its.buys && !sent->of_film)
            ret = count(ahead, journey_unsettled_key(sent->journey),
                        its.unpriced ? -1 : its.usd, its.max_total);
    }
    if (ret < 0 || ahead->sum.buys < 2)
        return ret;
    price_say_sum(&ahead->sum, text, sizeof(text));
    outcome_say(out, AV_LOG_INFO, "This command: %s.", text);
    return price_check_sum(&ahead->sum, out);
}

int journey_send_ahead(const Ask *asks, int count, Outcome *out)
{
    Ahead ahead = {.at = -1, .sum = {.max_total = -1}};
    int ret = 0;

    for (int i = 0; i < count && ret >= 0; i++)
        ret = prepare(&ahead, &asks[i], out);
    if (ret >= 0) {
        tell_apart(&ahead);
        ret = price(&ahead, out);
    }
    /* Until somebody waits nothing goes out. */
    for (int i = 0; i < ahead.count && ret >= 0; i++)
        ret = journey_enter(ahead.sent[ahead.at = i].journey, true, out);
    if (ret < 0)
        outcome_end(out, FAILURE_STORE, ret);
    if (ret < 0 && ahead.at >= 0 && ahead.sent[ahead.at].journey)
        journey_note_failure(ahead.sent[ahead.at].journey, out);
    for (int i = 0; i < ahead.count; i++)
        journey_free(&ahead.sent[i].journey, ret < 0);
    av_dict_free(&ahead.counted);
    av_free(ahead.sent);
    return ret;
}
