/* i2v: the whole ledger in short: what there is, and what was spent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_STORE_SURVEY_H
#define I2V_STORE_SURVEY_H

/*
 * A store of years has tens of thousands of requests. The journal is read once from end
 * to end, and the directory once; a record is opened only where the journal has nothing
 * of its request, as in stores of before there was one.
 */

#include "store/store.h"

/** A request, in short. Texts are the survey's, and NULL or "" where not known. */
typedef struct SurveyRow {
    char key[RECORD_KEY_SIZE];
    RecordState state;
    double created, accepted, usd; ///< as of a Record
    const char *model, *project;
    const char *image;                 ///< name of the still
    int take, duration, width, height; ///< as of a Record
    char *prompt;                      ///< its beginning
    char *error;                       ///< beginning of why it failed
    char *first; ///< key of its take 1; none where it is that itself
    char *id;
    char *tries;     ///< client request ids
    bool has_record; ///< its file is there
    bool has_clip;
    bool kept;      ///< it is marked to stay (store_keep())
    bool begun;     ///< what was asked is known
    int torn_first; ///< lines of the journal before its first that could not be read
    int torn_last;  ///< and up to its last
    bool doubted;   ///< its record was read: the journal may not have all of it
    bool gone;      ///< it was pruned or forgotten; never so in a survey that was read
} SurveyRow;

/** A generation that got an id, whether or not its request is still in the store. */
typedef struct SurveyGeneration {
    const char *model, *project;
    double when; ///< accepted, else meant; 0 = not known
    double usd;  ///< below 0 = not known
    bool charged;
} SurveyGeneration;

typedef struct Survey {
    SurveyRow *rows; ///< what is in the store, oldest first
    int count;
    SurveyGeneration *generations; ///< in no order
    int nb_generations;
    int nb_unread; ///< records that could not be read, which was said
    int unread;    ///< why
    void *labels;  ///< inside
} Survey;

/** Read it all. Fails with a sentence. @param survey  free with survey_free() */
int survey_read(const Store *store, Outcome *out, Survey **survey);

/** Free; sets *survey to NULL. */
void survey_free(Survey **survey);

#endif
