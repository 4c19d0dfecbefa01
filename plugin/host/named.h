/* i2v: the face: requests that a command line or a graph names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_NAMED_H
#define I2V_NAMED_H

#include <libavutil/dict.h>

#include "host/face.h"

/* The members of I2VFace of these names. */
int face_is_same(const I2VNamed *named, const char *url, const AVDictionary *options);
int face_check_given(const AVDictionary *given);
int face_check_named(const I2VNamed *named);
int face_send_ahead(const I2VNamed *named, int count, const I2VInterrupt *interrupt);

#endif
