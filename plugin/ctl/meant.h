/* i2v: the command: which requests of the ledger are meant, and where it is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the subcommands share that are about the ledger and not about one request's way.
 */
#ifndef I2V_CTL_MEANT_H
#define I2V_CTL_MEANT_H

#include "ctl/ctl.h"
#include "store/store.h"
#include "store/survey.h"

/** Ages, in seconds. */
#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/** Characters of a key that tell requests apart for people, as with commits. */
#define SHORT_KEY 12

/** Refuse the options of a request, but where the ledger is. @return 0 or AVERROR(EINVAL)
 */
int ctl_check_store_only(const Arguments *arguments, const char *command, Outcome *out);

/** "30d", "12h". @return seconds, < 0 for what is no age */
double ctl_parse_age(const char *text);

/** Open the store that the options name. @return 0, and *store NULL when there is no such
 * directory, after a note; or a negative AVERROR after a sentence */
int ctl_find_store(const AVDictionary *given, Outcome *out, Store **store);

/** And read its ledger, which is empty where there is none. @return as above */
int ctl_read_ledger(const AVDictionary *given, Outcome *out, Store **store,
                    Survey **survey);

/** The same for who has nothing to do without one. @return also AVERROR(ENOENT) after a
 * sentence where there is none */
int ctl_need_ledger(const AVDictionary *given, Outcome *out, Store **store,
                    Survey **survey);

/** Find the row of a key, of the beginning of one, or of a generation's id.
 * @param at  set to its place
 * @return 0; AVERROR(ENOENT) or AVERROR(EINVAL) after a sentence */
int ctl_find_row(const Survey *survey, const char *name, Outcome *out, int *at);

/** A request of the ledger. */
typedef struct Meant {
    char key[RECORD_KEY_SIZE];
    RecordState state;
} Meant;

/** The requests that are meant: of each word, which is a key, the beginning of one, or a
 * generation's id; without words every one that is under way, those whose generation runs
 * first.
 * @param meant  free with av_free(), after an error too
 * @return 0 or a negative AVERROR after a sentence */
int ctl_find_meant(const Arguments *arguments, Outcome *out, Meant **meant, int *count);

/** What is done to a request that is meant. @return 0, or a negative AVERROR after a
 * sentence
 */
typedef int MeantAct(const Store *store, const char *key, const Arguments *arguments,
                     Outcome *out);

/** Do it to all that are meant, each for itself. @return the first failure */
int ctl_each_meant(const Arguments *arguments, Outcome *out, MeantAct *act);

#endif
