/* i2v: the command: command lines to paste into a shell
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/again.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/columns.h"
#include "engine/engine.h"

/* What no shell takes for anything else. */
static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789_@%+=:,./-";

/* What is not plain by numbers, which printf of any shell knows. */
static void put_octal(AVBPrint *to, const char *word)
{
    av_bprintf(to, "\"$(printf '");
    for (const char *c = word; *c; c++)
        if (*c >= ' ' && *c <= '~' && !strchr("'\\%", *c) && !(c == word && *c == '-'))
            av_bprint_chars(to, *c, 1);
        else
            av_bprintf(to, "\\%03o", (unsigned char)*c);
    av_bprintf(to, "')\"");
}

void again_word(AVBPrint *to, const char *word)
{
    av_bprint_chars(to, ' ', to->len > 0);
    if (*word && strspn(word, safe) == strlen(word)) {
        av_bprintf(to, "%s", word);
    } else if (columns_steer(word)) {
        put_octal(to, word);
    } else {
        av_bprint_chars(to, '\'', 1);
        for (; *word; word++)
            if (*word == '\'')
                av_bprintf(to, "'\\''");
            else
                av_bprint_chars(to, *word, 1);
        av_bprint_chars(to, '\'', 1);
    }
}

static void put_option(AVBPrint *to, const char *name, const char *value)
{
    char option[64];

    if (!value)
        return;
    snprintf(option, sizeof(option), "--%s", name);
    again_word(to, option);
    again_word(to, value);
}

static void put_given(AVBPrint *to, const char *name, const char *value)
{
    if (text_is_set(value))
        put_option(to, name, value);
}

/* In place of a value that the ledger does not have, what no request is made of. */
static void put_missing(AVBPrint *to, const char *name)
{
    char word[64];

    av_strlcpy(word, name, sizeof(word));
    for (char *c = word; *c; c++)
        *c = (char)av_toupper(*c);
    put_option(to, name, word);
}

void again_store(AVBPrint *to, const Store *store)
{
    char *usual = files_home_path("XDG_DATA_HOME", ".local/share", "i2v");
    char *directory = store_path(store, "", "");

    if (directory)
        directory[strlen(directory) - 1] = '\0';
    if (directory && (!usual || strcmp(usual, directory)))
        put_option(to, "store", directory);
    av_free(directory);
    av_free(usual);
}

bool again_fetch(AVBPrint *to, const Store *store, const Record *r, int take, bool buys)
{
    const Engine *engine = engine_find(r->engine);
    const char *image = json_text(r->options, "image");
    bool whole = image;
    char number[16];

    if (!r->options || !engine)
        return false;
    snprintf(number, sizeof(number), "%d", take);
    again_word(to, "i2vctl");
    again_word(to, "fetch");
    again_store(to, store);
    put_given(to, "engine", r->engine);
    if (!engine->base_url || !r->origin || strcmp(engine->base_url, r->origin))
        put_given(to, "base_url", r->origin);
    put_given(to, "model", r->model);
    put_given(to, "prompt", r->prompt);
    for (const cJSON *option = r->options->child; option; option = option->next) {
        const char *value = cJSON_GetStringValue(option);
        if (!strcmp(option->string, "image"))
            continue;
        whole = whole && text_is_set(value);
        if (text_is_set(value))
            put_option(to, option->string, value);
        else
            put_missing(to, option->string);
    }
    put_given(to, "project", r->project);
    if (take != 1)
        put_option(to, "take", number);
    if (!buys)
        put_option(to, "reuse", "only");
    again_word(to, image ? image : "STILL");
    return whole;
}
