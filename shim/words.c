/* i2v: the words of this process
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include "command/command.h"
#include "command/names.h"
#include "words.h"

static _Atomic(char *const *) noted;

void words_note(char *const *words)
{
    atomic_store(&noted, words);
}

char *const *words_get(void)
{
    return atomic_load(&noted);
}

bool words_mention_us(bool *asked)
{
    char *const *word = words_get();
    bool mentioned = false;

    *asked = false;
    if (!word || !*word) /* called before our constructor */
        return false;
    while (*++word && !*asked) {
        *asked = !strcmp(*word, "i2v") || command_is_our_url(*word);
        mentioned = mentioned || strstr(*word, "i2v");
    }
    return mentioned;
}

bool words_are_strict(void)
{
    CommandProgram program = names_program(words_get());

    return program == COMMAND_FFMPEG || program == COMMAND_FFPLAY;
}
