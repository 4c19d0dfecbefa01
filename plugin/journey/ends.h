/* i2v: the ends of the line, each in a room of its own (inside journey)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ENDS_H
#define I2V_ENDS_H

#include "journey/order.h"

/* deliver.c */

/** The clip is in the store: say what it is, save it, and give out its path.
 * @param path  free with av_free() */
int deliver(Order *order, char **path, Outcome *out);

/** Say what a pipeline needs to know of a clip, with a WARNING for what is not as it was
 * asked for or will surprise. What is unknown is not spoken of. */
void deliver_say_clip(const Record *record, const Request *request, Events *events);

/* rehearse.c */

/** A dry run: everything up to the create call, and what a real run would do.
 * @param path  of an animatic in place of the clip, free with av_free(); NULL: none is
 * made */
int rehearse(Order *order, char **path, Outcome *out);

/* fall_back.c */

/** Whether the still may stand in for a clip that did not come. */
bool may_fall_back(const Order *order, int error);

/** It failed: note that, and with fallback=still give out the still in place of the clip.
 * @param path  NULL: nothing is to be given out
 * @return 0 and *path, or the error that there was */
int fall_back(Order *order, int error, char **path, Outcome *out);

/** Note in I2V_LOG, and as a tag of the input, what is given out in place of a clip. */
void note_stand_in(const Order *order, const char *event, const char *tag,
                   const char *path);

#endif
