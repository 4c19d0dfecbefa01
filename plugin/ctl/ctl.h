/* i2v: the command i2vctl: the same journey without a host
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A subcommand is a function that gets what was typed behind its name and does it whole,
 * what it prints included. fetch and submit are one call of the journey each and
 * stand in main.c, with help, arguments and exit status; the others have a file of their
 * own. Standard output holds results alone: what goes wrong is said on standard error,
 * through the Outcome, whose kind becomes the exit status.
 */
#ifndef I2V_CTL_H
#define I2V_CTL_H

#include <stdbool.h>

#include <libavformat/avio.h>
#include <libavutil/dict.h>

#include "base/outcome.h"
#include "request/options.h"

/** What a subcommand is given. */
typedef struct Arguments {
    AVDictionary *options; ///< those of the demuxer
    char **words;          ///< the rest, borrowed from main()
    int nb_words;
    bool json;
    bool yes;        ///< of forget and prune: it does not ask
    bool update;     ///< of models
    bool no;         ///< of keep: no longer
    bool dry_run;    ///< of prune
    const char *i2v; ///< of models: a word, borrowed from main()
    const char *by;  ///< of jobs, borrowed likewise; NULL = not given
    /* What is selected (ctl/select.h), likewise. */
    const char *state, *word, *since, *before;
    bool kept;
    const char *manifest;             ///< of fetch, likewise
    const char *film;                 ///< likewise: where it is to be written
    const AVIOInterruptCB *interrupt; ///< whether a signal came
} Arguments;

/*
 * The subcommands. Each returns 0; AVERROR(EINTR) when interrupted; or another negative
 * AVERROR, said in a sentence, with `out` telling what it is about (FAILURE_NONE = it
 * went wrong in a way that none of them means).
 */

/** Fetch the clip of one request, or of a manifest's. */
int ctl_fetch(Arguments *arguments, Outcome *out);

/** Bring what was sent before to its clip; never buys. */
int ctl_wait(Arguments *arguments, Outcome *out);

/** List the ledger, or sum what was spent. */
int ctl_jobs(Arguments *arguments, Outcome *out);

/** Tell all of requests. */
int ctl_show(Arguments *arguments, Outcome *out);

/** Write the page on which clips are compared. */
int ctl_page(Arguments *arguments, Outcome *out);

/** Mark requests, so that they stay, or take the mark away. */
int ctl_keep(Arguments *arguments, Outcome *out);

/** Remove from the store what is older than an age. */
int ctl_prune(Arguments *arguments, Outcome *out);

/** Drop requests from the ledger, after saying what that may cost. */
int ctl_forget(Arguments *arguments, Outcome *out);

/** Ask engines to end generations. */
int ctl_cancel(Arguments *arguments, Outcome *out);

/** List the models, or show one. */
int ctl_models(Arguments *arguments, Outcome *out);

/** Fetch every request of a manifest, and print a line of JSON for each as it ends. The
 * first failure in the order of the file counts, after a sentence for each. */
int ctl_fetch_many(Arguments *arguments, Outcome *out);

/* What they share. */

/** Refuse what was typed, by a sentence. @return AVERROR(EINVAL) */
#define ctl_refuse(out, ...) \
    outcome_fail(out, FAILURE_REQUEST, AVERROR(EINVAL), __VA_ARGS__)

/** The first option that does not stand in a list, whose words are separated by commas;
 * or NULL. */
const char *ctl_other_option(const AVDictionary *options, const char *list);

/** The options of a request as they are without a still, where only some of them are
 * looked at. @return as options_gather() */
int ctl_gather(const AVDictionary *given, Outcome *out, Options **options);

#endif
