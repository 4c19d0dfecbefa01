/* i2v: what is said of a clip, each time it is delivered
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FACTS_H
#define I2V_FACTS_H

#include <stdbool.h>

#include "store/clip.h"
#include "base/events.h"
#include "store/record.h"
#include "request/request.h"

/** Note in a record what its clip is: RECORD_CLIP_TEXT and RECORD_CLIP_FACTS.
 * @return 0 or AVERROR(ENOMEM) */
int facts_note(Record *record, const ClipFacts *facts);

/**
 * Read them from a record. `text` and `why` are left empty.
 * @return false when it has none, as those of earlier versions; *facts is then zero
 */
bool facts_read(const Record *record, ClipFacts *facts);

/**
 * Look at the clip of a record that has no facts, and note them in it; not on disk, which
 * takes the key's lock.
 * @param path  the clip
 * @return 0, AVERROR(EINTR), or another negative AVERROR when it cannot be looked at
 */
int facts_complete(Record *record, const char *path, const AVIOInterruptCB *interrupt);

/** Say what a pipeline needs to know of a clip, with a WARNING for what is not as it was
 * asked for or will surprise. What is unknown is not spoken of. */
void facts_say(const Record *record, const Request *request, Events *events);

#endif
