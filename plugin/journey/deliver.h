/* i2v: the end of a journey: what is said of the clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DELIVER_H
#define I2V_DELIVER_H

#include "base/events.h"
#include "request/request.h"
#include "store/record.h"

/** Say what a pipeline needs to know of a clip, with a WARNING for what is not as it was
 * asked for or will surprise. What is unknown is not spoken of. */
void deliver_say_clip(const Record *record, const Request *request, Events *events);

#endif
