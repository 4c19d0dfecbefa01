/* i2v: where a clip comes from: the account beside a saved one, and tags
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PROVENANCE_H
#define I2V_PROVENANCE_H

#include <stdbool.h>

#include <libavutil/dict.h>

#include "store/record.h"

/** IPTC's digital source type of media that a trained model made. */
#define PROVENANCE_SOURCE_TYPE \
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

/**
 * Write the account of a clip: what was asked, which generation came of it, when, what it
 * cost, and what the clip is. It comes of the record alone and has no secret in it.
 * @param clip  the saved clip, of which the name goes into the account; the account lies
 *              at account_path() of it
 * @return 0 or a negative AVERROR, nothing logged; an account from before is then
 * untouched
 */
int provenance_write(const Record *record, const char *clip);

/**
 * Tags for what is made of the clip: generation_id, digital_source_type and, when all are
 * wanted, generation_model, generation_prompt, generation_take and generation_cost (US
 * dollars). What the record does not know is left out.
 * @param tags  added to
 * @return 0 or a negative AVERROR
 */
int provenance_tags(const Record *record, bool all, AVDictionary **tags);

/**
 * Say the id and the source type once more, as JSON, under keys that muxers keep which
 * drop those that they do not know: comment (MP4, MOV, AVI, WAV and most others) and
 * service_provider (MPEG-TS). Tags without a source type stay as they are.
 * @param tags  as of provenance_tags(), of one clip or of all of a film; added to
 * @param own   what the clip itself says, of which nothing is replaced
 * @return 0 or a negative AVERROR
 */
int provenance_mark(AVDictionary **tags, const AVDictionary *own);

#endif
