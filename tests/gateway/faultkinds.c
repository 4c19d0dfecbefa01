/* i2v: the stand-in gateway: what each fault of the script means: one table of names,
 * arguments and explanations, which --help prints and the parser reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faultkinds.h"
#include "util.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ON(endpoint) (1u << ENDPOINT_##endpoint)
#define ON_ANY       (ON(CREATE) | ON(POLL) | ON(LOGS) | ON(DOWNLOAD) | ON(MODELS) | ON(CANCEL))

/* Reads its arguments from args (which it may cut up); -1 when they make no sense. */
typedef int ApplyFault(Plan *plan, char *args);

static const char *const clip_names[] = {
    "whole",        "silent",         "moovend",        "fragmented", "damaged-half",
    "damaged-tail", "damaged-moof",   "garbage",        "empty",      "c2pa",
    "vfr",          "untagged",       "short",          "small",      "halfrate",
    "cover-art",    "timed-metadata", "trailing-bytes", "mov",        "webm",
    "beyond-end",   "other"};

_Static_assert(sizeof(clip_names) / sizeof(*clip_names) == NB_CLIP_KINDS,
               "a kind of clip has no name");

static const char *const rows_names[] = {"", "now", "late", "completion", "never"};

static const struct {
    const char *name;
    unsigned bit;
} shape_names[] = {
    {"generation_id", SHAPE_GENERATION_ID},
    {"no_id", SHAPE_NO_ID},
    {"video_array", SHAPE_VIDEO_ARRAY},
    {"video_strings", SHAPE_VIDEO_STRINGS},
    {"video_string", SHAPE_VIDEO_STRING},
    {"video_null", SHAPE_VIDEO_NULL},
    {"error_string", SHAPE_ERROR_STRING},
    {"error_detail", SHAPE_ERROR_DETAIL},
    {"succeeded", SHAPE_SUCCEEDED},
    {"waiting", SHAPE_WAITING},
    {"active", SHAPE_ACTIVE},
    {"processing", SHAPE_PROCESSING},
    {"unknown", SHAPE_UNKNOWN},
    {"extra", SHAPE_EXTRA},
    {"filtered", SHAPE_FILTERED},
    {"other_id", SHAPE_OTHER_ID},
    {"long_id", SHAPE_LONG_ID},
    {"nul", SHAPE_NUL},
};

const char *clip_kind_name(ClipKind kind)
{
    return clip_names[kind];
}

int clip_kind_by_name(const char *name, ClipKind *kind)
{
    for (int i = 0; name && i < NB_CLIP_KINDS; i++)
        if (!strcmp(name, clip_names[i])) {
            *kind = (ClipKind)i;
            return 0;
        }
    return -1;
}

const char *rows_mode_name(RowsMode mode)
{
    return rows_names[mode];
}

int rows_mode_by_name(const char *name, RowsMode *mode)
{
    for (int i = ROWS_NOW; name && i <= ROWS_NEVER; i++)
        if (!strcmp(name, rows_names[i])) {
            *mode = (RowsMode)i;
            return 0;
        }
    return -1;
}

static void replace_text(char **where, const char *text)
{
    free(*where);
    *where = text && *text ? checked_strdup(text) : NULL;
}

static char *rest_of_line(char *args)
{
    size_t length;

    args += strspn(args, " \t");
    length = strlen(args);
    while (length && strchr(" \t\r", args[length - 1]))
        args[--length] = 0;
    return args;
}

static int parse_retry_after(Plan *plan, const char *word)
{
    long long seconds;

    if (word && !strcmp(word, "none")) {
        plan->retry_after = -1;
        return 0;
    }
    plan->retry_as_date = word && !strncmp(word, "date:", 5);
    if (parse_integer(word && plan->retry_as_date ? word + 5 : word, 0, 1000000,
                      &seconds))
        return -1;
    plan->retry_after = (int)seconds;
    return 0;
}

static int parse_body_kind(Plan *plan, const char *word)
{
    static const char *const names[] = {"json", "problem", "html", "empty"};

    for (int i = 0; word && i <= BODY_EMPTY; i++)
        if (!strcmp(word, names[i])) {
            plan->body = (BodyKind)i;
            return 0;
        }
    return -1;
}

static int apply_status(Plan *plan, char *args)
{
    char *word = next_word(&args);
    long long code;

    if (parse_integer(word, 200, 599, &code))
        return -1;
    plan->status = (int)code;
    while ((word = next_word(&args))) {
        if (!strcmp(word, "taken")) {
            plan->taken = 1;
        } else if (!strcmp(word, "retry-after")) {
            if (parse_retry_after(plan, next_word(&args)))
                return -1;
        } else if (!strcmp(word, "body")) {
            if (parse_body_kind(plan, next_word(&args)))
                return -1;
        } else if (!strcmp(word, "message")) {
            replace_text(&plan->message, rest_of_line(args));
            return plan->message ? 0 : -1;
        } else {
            return -1;
        }
    }
    return 0;
}

static int apply_expired(Plan *plan, char *args)
{
    char *word = next_word(&args);
    long long code = 403;

    if (word && (parse_integer(word, 403, 410, &code) || next_word(&args)))
        return -1;
    plan->status = (int)code;
    return 0;
}

static int apply_lose(Plan *plan, char *args)
{
    plan->status = 404;
    return next_word(&args) ? -1 : 0;
}

static int apply_drop_upload(Plan *plan, char *args)
{
    char *word = next_word(&args);

    plan->drop_upload = 0;
    return word ? parse_integer(word, 0, INT_MAX, &plan->drop_upload) : 0;
}

static int apply_cut(Plan *plan, char *args)
{
    return parse_number(next_word(&args), 0, 1, &plan->cut);
}

static int apply_stall(Plan *plan, char *args)
{
    return parse_number(next_word(&args), 0, 1e6, &plan->stall);
}

static int apply_pause(Plan *plan, char *args)
{
    return parse_number(next_word(&args), 0, 1, &plan->pause_at) ||
                   parse_number(next_word(&args), 0, 1e6, &plan->pause)
               ? -1
               : 0;
}

static int apply_slow(Plan *plan, char *args)
{
    return parse_number(next_word(&args), 1, 1e12, &plan->slow);
}

static int apply_hold(Plan *plan, char *args)
{
    replace_text(&plan->hold, rest_of_line(args));
    return plan->hold ? 0 : -1;
}

static int apply_redirect(Plan *plan, char *args)
{
    replace_text(&plan->redirect, rest_of_line(args));
    return plan->redirect ? 0 : -1;
}

static int apply_fail(Plan *plan, char *args)
{
    replace_text(&plan->fail_name, next_word(&args));
    replace_text(&plan->fail_message, rest_of_line(args));
    if (!plan->fail_message)
        plan->fail_message = checked_strdup("The generation failed.");
    return plan->fail_name ? 0 : -1;
}

static int apply_shape(Plan *plan, char *args)
{
    const char *word = next_word(&args);

    for (size_t i = 0; word && i < sizeof(shape_names) / sizeof(*shape_names); i++)
        if (!strcmp(word, shape_names[i].name)) {
            plan->shapes |= shape_names[i].bit;
            return 0;
        }
    return -1;
}

static int apply_clip(Plan *plan, char *args)
{
    plan->has_clip = 1;
    return clip_kind_by_name(next_word(&args), &plan->clip);
}

static int apply_rows(Plan *plan, char *args)
{
    if (rows_mode_by_name(next_word(&args), &plan->rows))
        return -1;
    return plan->rows == ROWS_LATE
               ? parse_number(next_word(&args), 0, 1e6, &plan->rows_late)
               : 0;
}

static int apply_unrelated(Plan *plan, char *args)
{
    char *older;

    if (parse_integer(next_word(&args), 0, 1000000, &plan->newer))
        return -1;
    older = next_word(&args);
    plan->older = 0;
    return older ? parse_integer(older, 0, 1000000, &plan->older) : 0;
}

static int apply_url(Plan *plan, char *args)
{
    replace_text(&plan->url, rest_of_line(args));
    return plan->url ? 0 : -1;
}

static int apply_file(Plan *plan, char *args)
{
    replace_text(&plan->file, rest_of_line(args));
    return plan->file ? 0 : -1;
}

static int apply_wrong_length(Plan *plan, char *args)
{
    char *word = next_word(&args);

    plan->wrong_length = -1000;
    return word ? parse_integer(word, -INT_MAX, INT_MAX, &plan->wrong_length) : 0;
}

static int apply_endless(Plan *plan, char *args)
{
    char *word = next_word(&args);

    plan->endless = 1LL << 30;
    return word ? parse_integer(word, 1, INT64_MAX, &plan->endless) : 0;
}

static int apply_wrong_range(Plan *plan, char *args)
{
    char *word = next_word(&args);

    plan->wrong_range = -1000;
    return word ? parse_integer(word, -INT_MAX, INT_MAX, &plan->wrong_range) : 0;
}

static int apply_date(Plan *plan, char *args)
{
    const char *word = next_word(&args);

    plan->no_date = word && !strcmp(word, "none");
    return plan->no_date ? 0 : parse_integer(word, -INT_MAX, INT_MAX, &plan->date);
}

/* The faults that are a mere switch. */
#define SWITCH(field)                                \
    static int apply_##field(Plan *plan, char *args) \
    {                                                \
        plan->field = 1;                             \
        return next_word(&args) ? -1 : 0;            \
    }
static int apply_validator(Plan *plan, char *args)
{
    static const char *const names[] = {"etag", "none", "weak", "date"};
    const char *word = next_word(&args);

    for (int i = 0; word && i <= VALIDATOR_DATE; i++)
        if (!strcmp(word, names[i])) {
            plan->validator = (Validator)i;
            return next_word(&args) ? -1 : 0;
        }
    return -1;
}

static int apply_coded(Plan *plan, char *args)
{
    const char *word;

    replace_text(&plan->coding, next_word(&args));
    word = next_word(&args);
    plan->coded_already = word && !strcmp(word, "already");
    return plan->coding && (!word || plan->coded_already) ? 0 : -1;
}

static const struct {
    const char *name, *form;
} odd_urls[] = {
    {"space", "FILES/made for you/NAME?for=every one"},
    {"utf8", "FILES/g\xc3\xa9n\xc3\xa9rations/NAME"},
    {"brackets", "FILES/take[1]{2}/NAME"},
    {"quotes", "FILES/the \"best\" <one>/NAME"},
    {"percent", "FILES/100%/NAME"},
    {"encoded", "FILES/made%20for%20you/NAME"},
    {"upper", "SCHEME://HOST/generations/NAME"},
    {"white", " \t FILESCLIP \r\n"},
    {"fragment", "FILESCLIP#t=0,4"},
    {"scheme-relative", "//HOSTCLIP"},
    {"absolute", "CLIP"},
    {"relative", "../..CLIP"},
};

const char *odd_url_name(int number)
{
    return number > 0 && (size_t)number <= sizeof(odd_urls) / sizeof(*odd_urls)
               ? odd_urls[number - 1].name
               : NULL;
}

const char *odd_url_form(int number)
{
    return odd_urls[number - 1].form;
}

static int apply_odd_url(Plan *plan, char *args)
{
    const char *word = next_word(&args), *name;

    for (int i = 1; word && (name = odd_url_name(i)); i++)
        if (!strcmp(word, name)) {
            plan->odd_url = i;
            return 0;
        }
    return -1;
}

SWITCH(drop_before)
SWITCH(drop_after)
SWITCH(reset)
SWITCH(garbage)
SWITCH(empty)
SWITCH(no_headers)
SWITCH(no_length)
SWITCH(ignore_range)
SWITCH(hollow)

static const struct {
    const char *name;
    unsigned endpoints;
    ApplyFault *apply;
    const char *arguments;
    const char *meaning;
} kinds[] = {
    {"status", ON_ANY, apply_status,
     "CODE [taken] [retry-after SECONDS|date:SECONDS|none]\n"
     "         [body json|problem|html|empty] [message TEXT...]",
     "answers CODE; taken: on create, the job is taken all the same.\n"
     "         body: json (default; html for download) is the documented error,\n"
     "         problem the one that the live service was seen to send"},
    {"drop-upload", ON(CREATE), apply_drop_upload, "[BYTES]",
     "closes once BYTES (0) of the body were read; no job"},
    {"drop-before", ON_ANY, apply_drop_before, "",
     "reads the whole request, closes without an answer; no job"},
    {"drop-after", ON_ANY, apply_drop_after, "",
     "takes the job, closes without an answer"},
    {"reset", ON_ANY, apply_reset, "",
     "drop-upload, drop-after or cut, beside it, reset the connection instead\n"
     "         of closing it; alone it is drop-before that does"},
    {"cut", ON_ANY, apply_cut, "FRACTION",
     "announces the whole body, sends this part of it, closes"},
    {"stall", ON_ANY, apply_stall, "SECONDS",
     "holds the answer (on create the job is taken first)"},
    {"pause", ON_ANY, apply_pause, "FRACTION SECONDS",
     "stops for so long within the body, after that part of it"},
    {"hold", ON_ANY, apply_hold, "FILE",
     "holds the answer until FILE exists (create: job taken first)"},
    {"garbage", ON_ANY, apply_garbage, "",
     "200, a body that is not JSON; the job is taken"},
    {"empty", ON_ANY, apply_empty, "", "200, an empty body; the job is taken"},
    {"endless", ON_ANY, apply_endless, "[BYTES]",
     "the body, then filling without end (in fact to BYTES, 1 GiB); the job is\n"
     "         taken"},
    {"redirect", ON_ANY, apply_redirect, "URL|self|api|files",
     "302 to URL, or to the same path here or on the other port"},
    {"no-headers", ON(CREATE) | ON(POLL), apply_no_headers, "",
     "leaves out x-inference-id and the other x- headers"},
    {"fail", ON(CREATE) | ON(POLL), apply_fail, "NAME [MESSAGE...]",
     "the job ends as error after its latency; on poll: at once"},
    {"shape", ON(CREATE) | ON(POLL), apply_shape, "NAME",
     "another answer shape, see below"},
    {"clip", ON(CREATE) | ON(DOWNLOAD), apply_clip, "NAME",
     "another kind of file, see below (create: for that job)"},
    {"rows", ON(CREATE) | ON(LOGS), apply_rows, "now|late SECONDS|completion|never",
     "when the row appears in /v2/logs (logs: of every job)"},
    {"unrelated", ON(LOGS), apply_unrelated, "NEWER [OLDER]",
     "so many rows of nobody's before and behind those of the jobs"},
    {"hollow", ON(LOGS), apply_hollow, "", "an empty page that says there are more"},
    {"url", ON(POLL), apply_url, "URL",
     "the result's URL, in place of its own; with --api openai beside the content"},
    {"odd-url", ON(POLL), apply_odd_url, "NAME",
     "the result's URL in a form that is hard to read, see below"},
    {"lose", ON(POLL), apply_lose, "", "404, the generation is unknown"},
    {"expired", ON(DOWNLOAD), apply_expired, "[403|404|410]",
     "the URL has expired (403)"},
    {"file", ON(DOWNLOAD), apply_file, "PATH", "serves this file in place of the clip"},
    {"no-length", ON(DOWNLOAD), apply_no_length, "", "chunked, without a length"},
    {"wrong-length", ON(DOWNLOAD), apply_wrong_length, "[DELTA]",
     "announces DELTA (-1000) bytes more than there are; below 0\n"
     "         the answer is in itself complete but the file is not"},
    {"ignore-range", ON(DOWNLOAD), apply_ignore_range, "",
     "200 and everything, whatever Range says"},
    {"wrong-range", ON(DOWNLOAD), apply_wrong_range, "[DELTA]",
     "206 of another range: it starts DELTA (-1000) bytes off, as\n"
     "         its Content-Range says"},
    {"validator", ON(DOWNLOAD), apply_validator, "none|weak|date|etag",
     "none: neither ETag nor Last-Modified; weak: a weak ETag; date: a\n"
     "         Last-Modified; etag: as usual"},
    {"coded", ON_ANY, apply_coded, "CODING [already]",
     "a Content-Encoding, asked for or not. gzip: the body is so coded, unless\n"
     "         it is already; other names are merely said"},
    {"slow", ON_ANY, apply_slow, "BYTES_PER_SECOND", "sends the body at this rate"},
    {"date", ON_ANY, apply_date, "SECONDS|none",
     "the answer's Date is so many seconds off, or there is none"},
};

void plan_init(Plan *plan)
{
    *plan = (Plan){.drop_upload = -1, .cut = -1, .pause_at = -1, .retry_after = -1};
}

void plan_free(Plan *plan)
{
    free(plan->message);
    free(plan->hold);
    free(plan->redirect);
    free(plan->fail_name);
    free(plan->fail_message);
    free(plan->url);
    free(plan->file);
    free(plan->coding);
    plan_init(plan);
}

char *plan_apply(Plan *plan, Endpoint endpoint, const char *fault)
{
    char *copy = checked_strdup(fault), *args = copy, *why = NULL;
    const char *name = next_word(&args);
    size_t at = 0, count = sizeof(kinds) / sizeof(*kinds);

    while (at < count && (!name || strcmp(name, kinds[at].name)))
        at++;
    if (at == count)
        why = text_format("unknown fault '%s'", name ? name : "");
    else if (!(kinds[at].endpoints & 1u << endpoint))
        why = text_format("%s has no fault '%s'", endpoint_name(endpoint), name);
    else if (kinds[at].apply(plan, args))
        why = text_format("usage: %s %s", name, kinds[at].arguments);
    free(copy);
    return why;
}

static void describe_names(FILE *out)
{
    fputs("  Shapes (several lines add up): ", out);
    for (size_t i = 0; i < sizeof(shape_names) / sizeof(*shape_names); i++)
        fprintf(out, "%s%s", i ? i % 5 ? ", " : ",\n    " : "", shape_names[i].name);
    fputs(
        ".\n    generation_id, no_id, extra (unknown keys), long_id (2000 "
        "characters more; the\n"
        "    job keeps it) and nul (\\u0000 in the id) also fit create; other_id is "
        "another\n"
        "    job's; succeeded is the word for completed; waiting, active, processing and unknown "
        "(`rendering`)\n"
        "    make a poll look pending whatever the job is; filtered is video_null "
        "with the\n"
        "    reasons of a filter beside it.\n"
        "  Clips: ",
        out);
    for (int i = 0; i < NB_CLIP_KINDS; i++)
        fprintf(out, "%s%s", i ? i % 6 ? ", " : ",\n    " : "", clip_names[i]);
    fputs(
        ".\n    damaged-half: faststart, cut in half; damaged-tail: moov at the end, "
        "the last\n"
        "    3000 bytes gone; damaged-moof: fragmented, cut where a moof starts.\n"
        "    The rest is whole: c2pa has a provenance box at its end, vfr a variable "
        "rate,\n"
        "    untagged no colour tags; short is a second short, small half as wide and "
        "high,\n"
        "    halfrate has half the pictures; other is another version, as long to the byte.\n"
        "    Whole and unusual: cover-art (a picture beside the video), timed-metadata (a\n"
        "    track that is neither picture nor sound), trailing-bytes (behind the last box),\n"
        "    mov, webm. beyond-end: its boxes are whole, and samples lie beyond its end.\n"
        "  URLs: ",
        out);
    for (int i = 1; odd_url_name(i); i++)
        fprintf(out, "%s%s", i > 1 ? i % 7 == 1 ? ",\n    " : ", " : "", odd_url_name(i));
    fputs(
        ".\n    absolute and relative are of the API's own port. What arrives without being encoded\n"
        "    as it must, or encoded twice, is answered with 400.\n",
        out);
}

void faults_describe(FILE *out)
{
    fputs("\nFault script: lines `ENDPOINT WHICH FAULT [ARGS]`; # starts a comment.\n"
          "  ENDPOINT  create, poll, logs, download, models\n"
          "  WHICH     the occurrences of that endpoint since the script was loaded:\n"
          "            1, 2-4, 3-, *; or 10s: everything in the first 10 seconds\n"
          "  All matching lines apply together; of two that contradict, the later one.\n"
          "  Loading a script starts all counts anew. FAULT is one of:\n",
          out);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        fprintf(out, "    %s%s%s\n         %s\n", kinds[i].name,
                *kinds[i].arguments ? " " : "", kinds[i].arguments, kinds[i].meaning);
    describe_names(out);
}
