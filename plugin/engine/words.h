/* i2v: what an engine's error says, in one line (inside engine)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_ENGINE_WORDS_H
#define I2V_ENGINE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/** What an error's body says, in one line without control characters, to stand within a
 * sentence: a full stop at its end is left out. */
void words_of_body(const char *body, size_t size, char *text, size_t text_size);

/** The same of an error within an answer; "" for one that says nothing.
 * @return whether it says something */
bool words_of(const cJSON *error, char *text, size_t size);

/** Why there is no clip, as far as the answer says: the texts of its members that speak
 * of reasons, errors, messages or filters, wherever they stand.
 * @return whether that was a filter */
bool words_of_reasons(const cJSON *json, char *text, size_t size);

/** Whether an error's words speak of moderation. */
bool words_are_moderation(const char *text);

#endif
