/* i2v: a manifest: many requests, one JSON object a line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/parseutils.h>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "request/options.h"
#include "request/params.h"
#include "still/still.h"

/* Two stills as data: URIs fit into a line. */
#define MAX_LINE  (64 << 20)
#define MAX_LINES 1000000
#define MAX_SIZE  (1 << 30)
#define READ_STEP ((size_t)1 << 16)
#define MAX_ID    200 ///< bytes

/* Options that a number would be a mistake for. */
#define TEXTS                                                                      \
    "prompt|prompt_file|image|end_image|engine|model|negative_prompt|params|save|" \
    "api_key_file|base_url|ca_file|store"

static const char *name_of(void *line)
{
    return ((const ManifestLine *)line)->name;
}

static const AVClass line_class = {
    .class_name = "i2v manifest",
    .item_name = name_of,
    .version = LIBAVUTIL_VERSION_INT,
};

const char *manifest_named(const char *image)
{
    const char *path = image;

    if (strcmp(still_protocol(image), "file"))
        return NULL;
    av_strstart(image, "file:", &path);
    size_t size = strlen(path), end = strlen(MANIFEST_SUFFIX);
    return size > end && !av_strcasecmp(path + size - end, MANIFEST_SUFFIX) ? path : NULL;
}

/* Reading */

static int name_line(ManifestLine *line, const char *id)
{
    av_free(line->name);
    line->name = id ? av_asprintf("line %d, %s", line->number, id)
                    : av_asprintf("line %d", line->number);
    return line->name ? 0 : AVERROR(ENOMEM);
}

static int add_line(ManifestLine **lines, int *count, int number, const char *text)
{
    ManifestLine *line = *lines;

    /* In steps that double. */
    if (!(*count & (*count - 1)))
        line = av_realloc_array(*lines, (size_t)FFMAX(2 * *count, 1), sizeof(**lines));
    if (!line)
        return AVERROR(ENOMEM);
    *lines = line;
    line += (*count)++;
    *line = (ManifestLine){
        .class = &line_class, .number = number, .trim_start = -1, .trim_end = -1};
    line->text = av_strdup(text);
    return line->text ? name_line(line, NULL) : AVERROR(ENOMEM);
}

/* One line, without its end; a NUL is behind it. */
static int take_line(char *text, size_t size, int number, const char *path, Outcome *out,
                     ManifestLine **lines, int *count)
{
    const char *from = text;

    if (memchr(text, '\0', size))
        return outcome_refuse(
            out,
            "Line %d of the manifest %s holds a NUL; a manifest is text "
            "in UTF-8, one JSON object a line.",
            number, path);
    if (number > MAX_LINES)
        return outcome_refuse(out, "The manifest %s has more than %d lines.", path,
                              MAX_LINES);
    if (size && text[size - 1] == '\r')
        text[size - 1] = '\0';
    if (number == 1)
        av_strstart(from, "\xEF\xBB\xBF", &from);
    return from[strspn(from, " \t\r")] ? add_line(lines, count, number, from) : 0;
}

/* Read to the end, but no line that is too long, and terminate it. */
static int read_all(int fd, const AVIOInterruptCB *interrupt, char **text, size_t *size)
{
    size_t room = READ_STEP, line = 0;
    int got = 1;

    *size = 0;
    while (got > 0) {
        if (*size - line > MAX_LINE || *size > MAX_SIZE)
            return AVERROR(EFBIG);
        if (room - *size < READ_STEP || !*text) {
            room *= 2;
            if (av_reallocp(text, room + 1) < 0)
                return AVERROR(ENOMEM);
        }
        got = files_read_some(fd, *text + *size, READ_STEP, interrupt);
        for (int i = 0; i < got; i++)
            if ((*text)[*size + (size_t)i] == '\n')
                line = *size + (size_t)i + 1;
        *size += got > 0 ? (size_t)got : 0;
    }
    (*text)[*size] = '\0';
    return got;
}

static int split(char *text, size_t size, const char *path, Outcome *out,
                 ManifestLine **lines, int *count)
{
    const char *end = text + size;
    int ret = 0;

    for (int number = 1; text < end && ret >= 0; number++) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = newline ? (size_t)(newline - text) : (size_t)(end - text);
        text[length] = '\0';
        ret = take_line(text, length, number, path, out, lines, count);
        text += length + 1;
    }
    return ret;
}

int manifest_read(const char *path, const AVIOInterruptCB *interrupt, Outcome *out,
                  ManifestLine **lines, int *count)
{
    bool standard = !strcmp(path, "-");
    /* O_NONBLOCK: the open does not wait for a FIFO's writer. */
    int fd = standard ? STDIN_FILENO
                      : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;
    size_t size = 0;
    int ret = fd < 0 ? AVERROR(errno) : 0;

    *lines = NULL;
    *count = 0;
    if (standard)
        path = "on standard input";
    if (ret >= 0)
        ret = read_all(fd, interrupt, &text, &size);
    if (ret == AVERROR(EFBIG))
        outcome_fail(
            out, FAILURE_REQUEST, ret,
            "The manifest %s is too large: a line of it may have %d MiB, and all "
            "%d MiB.",
            path, MAX_LINE >> 20, MAX_SIZE >> 20);
    else if (ret < 0 && ret != AVERROR(EINTR))
        outcome_fail(out, FAILURE_REQUEST, ret, "Cannot read the manifest %s: %s.", path,
                     av_err2str(ret));
    if (ret >= 0)
        ret = split(text, size, path, out, lines, count);
    av_free(text);
    if (fd >= 0 && !standard)
        close(fd);
    if (ret < 0)
        manifest_free(lines, *count);
    return ret;
}

void manifest_free(ManifestLine **lines, int count)
{
    for (int i = 0; *lines && i < count; i++) {
        av_free((*lines)[i].text);
        av_free((*lines)[i].id);
        av_free((*lines)[i].plain);
        av_free((*lines)[i].name);
        av_free((*lines)[i].from);
    }
    av_freep(lines);
}

/* cJSON would end a text there. */
static bool names_nul(const char *text)
{
    for (; *text; text++) {
        if (*text != '\\')
            continue;
        if (!strncmp(text, "\\u0000", 6))
            return true;
        text += text[1] != '\0';
    }
    return false;
}

/* One member */

static const char *type_name(const cJSON *item)
{
    return cJSON_IsString(item)   ? "a string"
           : cJSON_IsNumber(item) ? "a number"
           : cJSON_IsBool(item)   ? "true or false"
           : cJSON_IsArray(item)  ? "an array"
           : cJSON_IsObject(item) ? "an object"
                                  : "null";
}

static int refuse_type(const cJSON *item, const char *takes, Outcome *out)
{
    return outcome_refuse(out, "The field %s is %s; it takes %s.", item->string,
                          type_name(item), takes);
}

static int refuse_unknown(const char *name, Outcome *out)
{
    AVBPrint list;

    av_bprint_init(&list, 0, AV_BPRINT_SIZE_UNLIMITED);
    for (const AVOption *o = options_class.option; o->name; o++)
        if (o->type != AV_OPT_TYPE_CONST)
            av_bprintf(&list, ", %s", o->name);
    outcome_fail(out, FAILURE_REQUEST, AVERROR_OPTION_NOT_FOUND,
                 "Unknown field '%s'; a line may hold id, trim%s.",
                 text_has_control(name) ? "?" : name,
                 av_bprint_is_complete(&list) ? list.str : "");
    av_bprint_finalize(&list, NULL);
    return AVERROR_OPTION_NOT_FOUND;
}

static int take_id(ManifestLine *line, const cJSON *item, const char *written,
                   Outcome *out)
{
    const char *id = cJSON_IsString(item) ? item->valuestring : written;
    int ret;

    if (!cJSON_IsString(item) && !cJSON_IsNumber(item))
        return refuse_type(item, "a string or a number", out);
    if (!id[0] || strlen(id) > MAX_ID || !text_is_plain(id))
        return outcome_refuse(
            out, "The field id takes one line of text, at most %d bytes.", MAX_ID);
    if (line->id)
        return 0;
    if ((ret = name_line(line, id)) < 0)
        return ret;
    char *json = cJSON_PrintUnformatted(item);
    line->id = av_strdup(cJSON_IsString(item) ? json : written);
    line->plain = av_strdup(id);
    cJSON_free(json);
    return line->id && line->plain ? 0 : AVERROR(ENOMEM);
}

/* A time in seconds, as FFmpeg reads it. @return it, or below 0 */
static double parse_time(const char *text)
{
    int64_t us;

    return av_parse_time(&us, text, 1) < 0 || us < 0 ? -1 : (double)us / AV_TIME_BASE;
}

/* "0.5-6", "2-", "-6" */
static int take_trim(ManifestLine *line, const cJSON *item, Outcome *out)
{
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    size_t size = strcspn(text, "-");
    char *start = av_strndup(text, size);
    const char *end = text[size] ? text + size + 1 : "";

    if (!start)
        return AVERROR(ENOMEM);
    line->trim_start = *start ? parse_time(start) : 0;
    line->trim_end = *end ? parse_time(end) : -1;
    bool valid = text[size] && text[1] && line->trim_start >= 0 &&
                 (!*end || line->trim_end > line->trim_start);
    av_free(start);
    return valid
               ? 0
               : outcome_refuse(out, "The field trim takes the part of the clip that is "
                                     "shown, START-END in seconds: \"0.5-6\", \"2-\" or "
                                     "\"-6\".");
}

/* A still that is a frame of another shot. */
static int take_from(ManifestLine *line, const char *id, Outcome *out)
{
    if (!*id)
        return outcome_refuse(out, "The field image is shot: without the id of a shot.");
    av_free(line->from);
    line->from = av_strdup(id);
    return line->from ? 0 : AVERROR(ENOMEM);
}

/* The value of an option. @param written  as it stands in the line */
static int take_option(const AVOption *o, const cJSON *item, const char *written,
                       Outcome *out, AVDictionary **options)
{
    bool params = !strcmp(o->name, "params"), boolean = o->type == AV_OPT_TYPE_BOOL;
    bool number = !boolean && !o->unit && !text_is_among(o->name, TEXTS);
    const char *value = written;

    if (cJSON_IsString(item))
        value = item->valuestring;
    else if (cJSON_IsBool(item) && boolean)
        value = cJSON_IsTrue(item) ? "1" : "0";
    else if (!(cJSON_IsNumber(item) && (number || boolean)) &&
             !(cJSON_IsObject(item) && params))
        return refuse_type(item,
                           params    ? "a string or an object"
                           : boolean ? "true, false, a string, 1 or 0"
                           : number  ? "a number or a string"
                                     : "a string",
                           out);
    /* What ends up in log lines and paths; only texts for the gateway have lines. */
    if (text_has_control(value) &&
        !text_is_among(o->name, "prompt|negative_prompt|params"))
        return outcome_refuse(out, "The field %s holds a control character.", o->name);
    return av_dict_set(options, o->name, value, 0);
}

static int take_member(ManifestLine *line, const cJSON *first, const cJSON *item,
                       const char *written, Outcome *out, AVDictionary **options)
{
    const AVClass *class = &options_class;
    const AVOption *o =
        av_opt_find(&class, item->string, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
    bool id = !strcmp(item->string, "id"), trim = !strcmp(item->string, "trim");
    const char *shot;

    if (!o && !id && !trim)
        return refuse_unknown(item->string, out);
    for (const cJSON *earlier = first; earlier != item; earlier = earlier->next)
        if (!strcmp(earlier->string, item->string))
            return outcome_refuse(out, "The field %s is given twice.", item->string);
    if (cJSON_IsNumber(item) && !params_is_number(written))
        return outcome_refuse(out, "The field %s is no JSON number.", item->string);
    if (cJSON_IsString(item) && !strcmp(item->string, "image") &&
        av_strstart(item->valuestring, "shot:", &shot))
        return take_from(line, shot, out);
    return id     ? take_id(line, item, written, out)
           : trim ? take_trim(line, item, out)
                  : take_option(o, item, written, out, options);
}

/* The line */

static int refuse_json(ptrdiff_t at, Outcome *out)
{
    return outcome_refuse(out, "The line is no valid JSON from its byte %td on.", at + 1);
}

static int parse_json(const char *text, Outcome *out, cJSON **json)
{
    const char *end = NULL;

    if (!text_is_utf8(text))
        return outcome_refuse(out, "The line is not valid UTF-8.");
    *json = cJSON_ParseWithOpts(text, &end, 1);
    if (!*json)
        return refuse_json(end ? end - text : 0, out);
    if (!cJSON_IsObject(*json))
        return outcome_refuse(out, "The line is %s, not a JSON object.",
                              type_name(*json));
    if (names_nul(text))
        return outcome_refuse(out, "The line holds a NUL (\\u0000).");
    return 0;
}

int manifest_add_defaults(const AVDictionary *defaults, AVDictionary **options)
{
    const AVDictionaryEntry *entry = NULL;
    /* A prompt in a file is a prompt. */
    bool prompted = av_dict_get(*options, "prompt", NULL, AV_DICT_MATCH_CASE) ||
                    av_dict_get(*options, "prompt_file", NULL, AV_DICT_MATCH_CASE);
    int ret = 0;

    while (ret >= 0 && (entry = av_dict_get(defaults, "", entry, AV_DICT_IGNORE_SUFFIX)))
        if (!prompted || !av_strstart(entry->key, "prompt", NULL))
            ret = av_dict_set(options, entry->key, entry->value, AV_DICT_DONT_OVERWRITE);
    return FFMIN(ret, 0);
}

int manifest_parse(ManifestLine *line, Outcome *out, AVDictionary **options)
{
    cJSON *json = NULL;
    int ret = parse_json(line->text, out, &json);
    const char *at = line->text, *end = at + strlen(at);
    JsonPair pair;

    *options = NULL;
    for (cJSON *item = ret < 0 ? NULL : json->child; item && ret >= 0;
         item = item->next) {
        if (!json_next(&at, end, &pair)) {
            ret = refuse_json(at - line->text, out);
            break;
        }
        /* How it was written: a double does not hold every number. */
        char *written = av_strndup(pair.value, pair.size);
        ret = written ? take_member(line, json->child, item, written, out, options)
                      : AVERROR(ENOMEM);
        av_free(written);
    }
    if (ret >= 0 && !line->id &&
        (!(line->id = av_asprintf("%d", line->number)) ||
         !(line->plain = av_strdup(line->id))))
        ret = AVERROR(ENOMEM);
    cJSON_Delete(json);
    if (ret < 0)
        av_dict_free(options);
    return FFMIN(ret, 0);
}
