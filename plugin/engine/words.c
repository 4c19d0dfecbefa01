/* i2v: what an engine's error says, in one line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/words.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include "base/json.h"
#include "base/text.h"

/* Phrases rather than words: a refused "safety_tolerance" is no moderation. */
/* clang-format off */
static const char *const moderation_words[] = {
    "moderation", "moderated", "content policy", "content_policy", "contentpolicy",
    "safety system", "safety filter", "safety reason", "safety guideline", "safety polic",
    "nsfw", "inappropriate content", "prohibited content", "prohibited_content",
    "sensitive content", "sensitive_content", "sensitivecontent", "sensitive information",
    "policy violation", "policy_violation", "usage polic", "usage guideline",
    "responsible ai", "community guideline",
};
/* clang-format on */

/* The words of an error */

static void say_error(const cJSON *error, AVBPrint *text, int depth);

/* "loc: msg" of a validation error's entry. */
static void say_entry(const cJSON *entry, AVBPrint *text, int depth)
{
    const cJSON *place = json_member(entry, "path") ? json_member(entry, "path")
                                                    : json_member(entry, "loc"),
                *part;
    const char *separator = "";
    if (cJSON_IsArray(place)) {
        cJSON_ArrayForEach(part, place)
        {
            if (cJSON_IsString(part))
                av_bprintf(text, "%s%s", separator, part->valuestring);
            separator = ".";
        }
    } else if (cJSON_IsString(place)) {
        av_bprintf(text, "%s", place->valuestring);
        separator = ".";
    }
    av_bprintf(text, "%s", *separator ? ": " : "");
    say_error(entry, text, depth);
}

static void say_list(const cJSON *list, AVBPrint *text, int depth)
{
    const cJSON *entry;
    const char *separator = "";
    cJSON_ArrayForEach(entry, list)
    {
        av_bprintf(text, "%s", separator);
        say_entry(entry, text, depth + 1);
        separator = "; ";
    }
}

/* An error's text may itself be an upstream error: 400 {"type":"error",...}. */
static void say_string(const char *words, AVBPrint *text, int depth)
{
    const char *brace = strchr(words, '{');
    cJSON *inner = brace && depth < 4 ? cJSON_Parse(brace) : NULL;
    unsigned before = text->len;
    if (inner)
        say_error(inner, text, depth + 1);
    if (!inner || text->len == before)
        av_bprintf(text, "%s", words);
    cJSON_Delete(inner);
}

static void say_error(const cJSON *error, AVBPrint *text, int depth)
{
    static const char *const sentences[] = {"message", "msg",   "error",
                                            "detail",  "title", "name"};
    static const char *const lists[] = {"errors", "issues", "details", "detail"};
    const cJSON *said = NULL;

    if (depth > 6)
        return;
    if (cJSON_IsString(error)) {
        say_string(error->valuestring, text, depth);
        return;
    }
    if (cJSON_IsArray(error)) {
        say_list(error, text, depth);
        return;
    }
    for (size_t i = 0; i < FF_ARRAY_ELEMS(sentences) && !said; i++) {
        const cJSON *item = json_member(error, sentences[i]);
        if (json_text(error, sentences[i]) || cJSON_IsObject(item) ||
            cJSON_GetArraySize(item))
            said = item;
    }
    if (said)
        say_error(said, text, depth + 1);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(lists); i++) {
        const cJSON *item = json_member(error, lists[i]);
        if (item && item != said && cJSON_IsArray(item) && cJSON_GetArraySize(item)) {
            av_bprintf(text, " (");
            say_list(item, text, depth);
            av_bprintf(text, ")");
        }
    }
}

/* They come to stand within a sentence: one line, without a full stop of its own. */
static void make_clause(char *text)
{
    text_tidy(text);
    size_t size = strlen(text);
    if (size > 1 && text[size - 1] == '.' && text[size - 2] != '.')
        text[size - 1] = '\0';
}

bool words_of(const cJSON *error, char *text, size_t size)
{
    AVBPrint said;

    av_bprint_init(&said, 0, (unsigned)FFMIN(size, 4096));
    say_error(error, &said, 0);
    av_strlcpy(text, said.str, size);
    av_bprint_finalize(&said, NULL);
    bool something = *text;
    make_clause(text);
    return something;
}

/* A page that is made for people: its title, else its text, without the marks. */
static void say_page(const char *page, AVBPrint *text)
{
    const char *title = av_stristr(page, "<title");
    bool mark = false;

    for (const char *at = title ? title : page; *at; at++) {
        if (*at == '<' && title && at > title)
            break;
        if (*at == '<')
            mark = true;
        else if (!mark)
            av_bprint_chars(text, *at, 1);
        else if (*at == '>') {
            mark = false;
            av_bprint_chars(text, ' ', 1);
        }
    }
}

/* The beginning of what is no JSON. */
static void say_other(const char *body, size_t size, char *text, size_t text_size)
{
    char *page = NULL;
    AVBPrint said;

    for (; size && av_isspace(*body); size--)
        body++;
    if (size && *body == '<')
        page = av_strndup(body, FFMIN(size, 4096));
    av_bprint_init(&said, 0, (unsigned)FFMIN(text_size, 161));
    if (page)
        say_page(page, &said);
    else
        av_bprintf(&said, "%.*s", (int)FFMIN(size, 160), size ? body : "");
    av_strlcpy(text, said.str, text_size);
    av_bprint_finalize(&said, NULL);
    make_clause(text);
    av_free(page);
}

void words_of_body(const char *body, size_t size, char *text, size_t text_size)
{
    cJSON *json = json_parse(body, size);

    *text = '\0';
    if (!words_of(json, text, text_size))
        say_other(body, size, text, text_size);
    if (!*text)
        av_strlcpy(text, "(no explanation)", text_size);
    cJSON_Delete(json);
}

bool words_are_moderation(const char *text)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(moderation_words); i++)
        if (av_stristr(text, moderation_words[i]))
            return true;
    return false;
}

/* Why there is no clip */

static const char *const reason_names[] = {"reason", "error",  "message", "detail",
                                           "filter", "safety", "warning", "note"};

static bool is_reason(const char *name)
{
    for (size_t i = 0; i < FF_ARRAY_ELEMS(reason_names); i++)
        if (av_stristr(name, reason_names[i]))
            return true;
    return false;
}

/* @param named  it stands within a member that speaks of reasons */
static void collect_reasons(const cJSON *json, bool named, AVBPrint *text, bool *filtered,
                            int depth)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json)
    {
        bool reason = named || (item->string && is_reason(item->string));
        if (reason && cJSON_IsString(item) && item->valuestring[0])
            av_bprintf(text, "%s%s", text->len ? "; " : "", item->valuestring);
        if (item->string && av_stristr(item->string, "filter") &&
            (cJSON_GetArraySize(item) || cJSON_IsTrue(item) || item->valuedouble > 0 ||
             (cJSON_IsString(item) && item->valuestring[0])))
            *filtered = true;
        if (depth < 6)
            collect_reasons(item, reason, text, filtered, depth + 1);
    }
}

bool words_of_reasons(const cJSON *json, char *text, size_t size)
{
    bool filtered = false;
    AVBPrint said;

    av_bprint_init(&said, 0, (unsigned)FFMIN(size, 4096));
    collect_reasons(json, false, &said, &filtered, 0);
    av_strlcpy(text, said.str, size);
    av_bprint_finalize(&said, NULL);
    make_clause(text);
    return filtered || words_are_moderation(text) || av_stristr(text, "filter");
}
