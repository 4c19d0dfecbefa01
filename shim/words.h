/* i2v: the words of this process
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_WORDS_H
#define I2V_SHIM_WORDS_H

/*
 * Every hooked program tells by its words whether the user means i2v at all; those of
 * ffmpeg tell more (command/command.h).
 */

#include <stdbool.h>

/** Note the words of this process, its argv; from our constructor. */
void words_note(char *const *words);

/** The words of this process; NULL before they are noted. */
char *const *words_get(void);

/**
 * Whether "i2v" is anywhere in the words of this process.
 * @param asked  whether it is one of them, or the scheme of a URL: the user means us
 */
bool words_mention_us(bool *asked);

/** Whether this process ends when it finds an option of an input that the open has left
 * over, as ffmpeg and ffplay do. */
bool words_are_strict(void);

#endif
