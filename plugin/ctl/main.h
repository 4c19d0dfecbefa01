/* i2v: what the parts of the command share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_I2VCTL_H
#define I2V_I2VCTL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include <libavutil/dict.h>

#include "job/job.h"
#include "store/record.h"

/** What stands behind the command's name. */
typedef struct Arguments {
    AVDictionary *options; ///< those of the demuxer
    char **words;          ///< the rest, borrowed from main()
    int nb_words;
    bool json;
    const char *by, *since; ///< of jobs, borrowed likewise; NULL = not given
    const char *manifest;   ///< of fetch, likewise
} Arguments;

/** For av_log(). */
extern void *const i2vctl_log;
extern Outcome *const i2vctl_out;

/** Print a value on standard output.
 * @param json  taken over; NULL when there was no memory for it
 * @return 0 or AVERROR(ENOMEM); whether it could be printed is for the caller to see */
int i2vctl_print_json(cJSON *json);

/** From here on nothing is left to do but to print: when its reader goes away the command
 * ends without a word, as others do. */
void i2vctl_end_with_reader(void);

/** List the ledger. @return an exit status */
int i2vctl_jobs(Arguments *arguments);

/** Print what was spent, by model or by project.
 * @param json  an array of objects instead of a table
 * @return 0 or AVERROR(ENOMEM); whether it could be printed is for the caller to see */
int i2vctl_print_sums(Record *const *records, int count, bool by_model, bool json);

/** Remove what is older than an age. @return an exit status */
int i2vctl_prune(Arguments *arguments);

/** Fetch every request of a manifest, and print a line of JSON for each as it ends.
 * @param failure  what the first failure, in the order of the file, is about
 * @return 0 when all are there, AVERROR(EINTR) when interrupted, or another negative
 * AVERROR after a sentence for each */
int i2vctl_fetch_manifest(Arguments *arguments, const AVIOInterruptCB *interrupt,
                          Failure *failure);

/** List the models, or show one.
 * @param failure  what a failure is about
 * @return 0, AVERROR(EINTR) when interrupted, or another negative AVERROR after one
 * sentence */
int i2vctl_models(Arguments *arguments, const AVIOInterruptCB *interrupt,
                  Failure *failure);

/** The whole key of a request that is named by its key, the beginning of that, or its
 * generation's id. @return 0 and *key (free with av_free()); AVERROR(ENOENT) when the
 * ledger has none, AVERROR(EINVAL) when it has several, or another negative AVERROR after
 * one sentence */
int i2vctl_find_key(AVDictionary *options, const char *name, char **key);

/** The keys of every request that is under way, those whose
 * generation runs first; free with
 * store_free_keys(). @return 0, or a negative AVERROR after one sentence */
int i2vctl_find_unfinished(AVDictionary *options, char ***keys, int *count);

#endif
