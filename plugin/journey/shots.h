/* i2v: the shots of a manifest, side by side and one after the other
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHOTS_H
#define I2V_SHOTS_H

/*
 * Each line of a manifest is a shot, which may begin with a frame of another. All lines
 * are checked before anything of any is sent; a shot whose still is not there yet is
 * checked with a blank one of the size that it will have. Then the shots go side by side,
 * at most I2V_PARALLEL at once, and each that waits for another follows it. In turn:
 * shots_read(), shots_check(), shots_run(), shots_free().
 *
 * Every function returns 0, or a negative AVERROR after a sentence where it is neither
 * AVERROR(EINTR) nor AVERROR(ENOMEM).
 */

#include <stdbool.h>

#include <libavformat/avformat.h>

#include "base/events.h"
#include "journey/many.h"
#include "request/manifest.h"
#include "request/options.h"

/** A line on its way. What is large is there only while it is under way. */
typedef struct Shot {
    ManifestLine *line;
    Outcome out;         ///< of the check, then of its journey; its log is the line
    struct Shot *before; ///< the shot that it begins with a frame of, or NULL
    struct Shot *next;   ///< the next one that begins with a frame of the same shot
    struct Shot *after;  ///< the first one that begins with a frame of this, or NULL
    struct Shot *twin;   ///< the next line with the same request, or NULL
    bool follows;        ///< it is the twin of an earlier line, which goes first
    char *account;       ///< beside which its clip is saved, or NULL
    JourneyOutlook look; ///< by the check; without a key where its still is not there yet
    bool checked;
    bool queued; ///< its turn has come
    bool ended;
    char *path;         ///< of its clip or what stands in for it, once ended; or NULL
    AVDictionary *tags; ///< of its clip
    Journey *journey;   ///< while it is under way
} Shot;

/** All of them. What is above the line is the caller's to set, the rest zeroed. */
typedef struct Shots {
    const AVDictionary *defaults; ///< options that hold where a line does not say
                                  ///< otherwise, borrowed; may be NULL
    const AVIOInterruptCB *interrupt;
    AVFormatContext *caller;     ///< whose white- and blacklists count, or NULL
    const AVDictionary *lists;   ///< the same, as options; may be NULL
    const OptionsOrigin *origin; ///< who named the manifest, where that may be a stranger
    bool from_stdin;             ///< the manifest comes on standard input
    bool is_film;                ///< they are to be joined
    const char *output;          ///< the file that they are joined in, or NULL
    Outcome *out;                ///< of all of them
    Events *voice;
    /** What became of one, or NULL. A negative value ends the whole. */
    int (*ended)(void *opaque, const Shot *shot, int ret, const JourneyReport *report);
    void *opaque;

    /* ------------------------------------------------------------------------ */
    ManifestLine *lines;
    Shot *all; ///< in the order of the lines
    int count;
    Shot **turn; ///< in the order in which they can begin: none before the one it needs
    int nb_turn;
    Shot **ready; ///< whose turn has come, begun or not
    int nb_ready, nb_begun;
    int nb_bad;                     ///< mistakes
    bool prices;                    ///< they are asked for
    bool rehearsed, part_rehearsed; ///< all of them, and some, are dry runs
    Shot **under_way;
    int nb_under_way;
    int nb_ended;
    int64_t began; ///< clock_now()
} Shots;

/** Read the manifest. @param path  of the file, or - for standard input */
int shots_read(Shots *shots, const char *path);

/** Check all of them. @param prices  ask what they cost, too */
int shots_check(Shots *shots, bool prices);

/** Find, in shots_check(), the shot that each begins with a frame of, and their turns;
 * what is wrong with them is refused. */
int shots_link(Shots *shots);

/** Find those that ask for the same, and refuse what would be written twice. */
int shots_group(Shots *shots);

/** Refuse clips that are known not to join, and a film in place of what is kept. */
void shots_check_joins(Shots *shots);

/** Count a mistake, and say it unless SHOTS_MAX_SHOWN were said. */
void shots_refuse(Shots *shots, Shot *shot, int error, const char *why);
#define SHOTS_MAX_SHOWN 20

/** Whether a shot is to be bought; in a dry run of all, whether it would be. */
bool shots_buy(const Shots *shots, const Shot *shot);

/** Add what those cost that are to be bought; in a dry run, that would be. */
void shots_add_up(const Shots *shots, PriceSum *sum);

/** Say what is to be bought, and hold it against max_total. */
int shots_price(const Shots *shots, const PriceSum *sum);

/** The options of a shot.
 * @param still    in place of the frame of another shot: a clip, or NULL
 * @param options  free with av_dict_free(), on failure too */
int shots_options(const Shots *shots, Shot *shot, const char *still,
                  AVDictionary **options);

/** What a shot asks for, with the frame of the one before it in place of its name.
 * @param ask  its options are `options`; borrows from them and from the shots
 * @param options  free with av_dict_free() */
int shots_ask(const Shots *shots, Shot *shot, Ask *ask, AVDictionary **options);

/** Bring them to their clips. Those that fail are counted, and keep no other from going
 * on.
 * @return AVERROR_EXTERNAL when one of them did not come to a clip; out->kind is that of
 * the first in the order of the lines */
int shots_run(Shots *shots);

/** Check, say what is bought and for how much, and bring all to their clips: the three
 * above. */
int shots_fetch(Shots *shots);

/** The first failure in the order of the lines. @return how many failed */
int shots_count_failed(const Shots *shots, Failure *kind);

/** Free all that the functions above have made. */
void shots_free(Shots *shots);

#endif
