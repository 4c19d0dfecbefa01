/* i2v: the command: a page of clips for a browser
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page is page.html with page.css and page.js in it, and what the ledger knows as
 * JSON, of which the script makes text and nothing else. The policy in its head lets
 * nothing run but that script, and nothing be loaded but clips from files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/events.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/again.h"
#include "ctl/meant.h"
#include "ctl/picture.h"
#include "ctl/print.h"
#include "ctl/select.h"
#include "ctl/table.h"
#include "ctl/takes.h"
#include "request/request.h"
#include "ctl/page_files.h"
#include "still/still.h"
#include "store/put.h"

/* Digits of a key in commands, unless it takes more. */
#define FEW_DIGITS 8

/* Each clip is read once. */
#define KEPT_BYTES (8 << 20)

typedef struct Page {
    const Store *store;
    const Survey *survey;
    const SurveyRow **rows; ///< of clips, takes of a request together
    int count;
    const AVIOInterruptCB *interrupt;
    Events *voice;
    int64_t began; ///< clock_now()
    Outcome *out;
} Page;

/* Which, and in what order */

typedef struct Placed {
    const SurveyRow *row;
    double newest; ///< of the takes of its request
} Placed;

static int by_request(const void *a, const void *b)
{
    const SurveyRow *x = ((const Placed *)a)->row, *y = ((const Placed *)b)->row;
    int order = strcmp(takes_first(x), takes_first(y));
    return order ? order : (x->take > y->take) - (x->take < y->take);
}

static int newest_first(const void *a, const void *b)
{
    const Placed *x = a, *y = b;
    return x->newest != y->newest ? (x->newest < y->newest) - (x->newest > y->newest)
                                  : by_request(a, b);
}

static bool has_clip(const SurveyRow *row)
{
    return !row->gone && row->state == RECORD_READY && row->has_clip;
}

/* Requests with the newest take first; their takes by number. */
static int place(Page *page)
{
    const Survey *survey = page->survey;
    Placed *placed = av_calloc((size_t)survey->count + 1, sizeof(*placed));
    int n = 0;

    page->rows = av_calloc((size_t)survey->count + 1, sizeof(*page->rows));
    if (!placed || !page->rows) {
        av_free(placed);
        return AVERROR(ENOMEM);
    }
    for (int i = 0; i < survey->count; i++)
        if (has_clip(&survey->rows[i]))
            placed[n++] = (Placed){&survey->rows[i], survey->rows[i].created};
    qsort(placed, (size_t)n, sizeof(*placed), by_request);
    for (int first = 0, end; first < n; first = end) {
        double newest = 0;
        for (end = first; end < n && takes_are_one(placed[end].row, placed[first].row);
             end++)
            newest = FFMAX(newest, placed[end].newest);
        for (int i = first; i < end; i++)
            placed[i].newest = newest;
    }
    qsort(placed, (size_t)n, sizeof(*placed), newest_first);
    for (int i = 0; i < n; i++)
        page->rows[i] = placed[i].row;
    page->count = n;
    av_free(placed);
    return 0;
}

/* JSON inside of HTML */

/* Nothing in it can end the element that it stands in, or a line of the script. */
static void print_json(const char *text)
{
    for (; *text; text++) {
        size_t plain = strcspn(text, "<>&\xe2");
        fwrite(text, 1, plain, stdout);
        text += plain;
        if (!*text)
            break;
        if (!strncmp(text, "\xe2\x80\xa8", 3) || !strncmp(text, "\xe2\x80\xa9", 3)) {
            printf("\\u20%02x", (unsigned char)text[2] - 0x80);
            text += 2;
        } else if (*text == '\xe2') {
            putchar(*text);
        } else {
            printf("\\u%04x", *text);
        }
    }
}

static char *text_when(double seconds, char *text, size_t size)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    if (seconds <= 0 || !localtime_r(&when, &tm) ||
        !strftime(text, size, "%Y-%m-%d %H:%M", &tm))
        *text = '\0';
    return text;
}

static char *file_url(const char *path)
{
    AVBPrint url;
    char *text = NULL;

    av_bprint_init(&url, 256, AV_BPRINT_SIZE_UNLIMITED);
    av_bprintf(&url, "file://");
    for (; *path; path++)
        if (av_isdigit(*path) || (*path >= 'a' && *path <= 'z') ||
            (*path >= 'A' && *path <= 'Z') || strchr("/-._~", *path))
            av_bprint_chars(&url, *path, 1);
        else
            av_bprintf(&url, "%%%02X", (unsigned char)*path);
    av_bprint_finalize(&url, &text);
    return text;
}

/* Texts of the ledger are UTF-8; the name of a file need not be. */
static bool put_text(cJSON *to, const char *name, const char *text)
{
    if (!text || text_is_utf8(text))
        return record_put_text(to, name, text);
    char *tidy = av_strdup(text);
    if (tidy)
        text_tidy(tidy);
    bool whole = tidy && record_put_text(to, name, tidy);
    av_free(tidy);
    return whole;
}

/* A take */

static void put_again(AVBPrint *to, const Page *page, const Record *r, int take,
                      bool buys)
{
    again_fetch(to, page->store, r, take, buys);
    if (!to->len)
        av_bprintf(to, "# %.*s: the ledger does not have all that was asked", SHORT_KEY,
                   r->key);
}

static bool put_commands(cJSON *to, const Page *page, const Record *r, const char *clip)
{
    AVBPrint open, again;

    av_bprint_init(&open, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprint_init(&again, 0, AV_BPRINT_SIZE_UNLIMITED);
    again_word(&open, "ffplay");
    again_word(&open, clip);
    put_again(&again, page, r, FFMAX(r->take, 1), false);
    bool whole =
        put_text(to, "open", open.str) && record_put_text(to, "again", again.str);
    av_bprint_finalize(&open, NULL);
    av_bprint_finalize(&again, NULL);
    return whole;
}

static cJSON *describe_take(const Page *page, const SurveyRow *row, const Record *r)
{
    char *clip = store_clip_path(page->store, row->key), when[32];
    char *url = clip ? file_url(clip) : NULL;
    cJSON *take = cJSON_CreateObject();
    Picture poster = {0};

    if (clip && picture_of(clip, NULL, NULL, page->interrupt, &poster) < 0)
        outcome_say(page->out, AV_LOG_WARNING, "The clip %s cannot be read.", clip);
    bool whole =
        take && url && put_text(take, "key", r->key) &&
        record_put_number(take, "take", FFMAX(r->take, 1)) &&
        record_put_number(take, "usd", record_cost(r)) &&
        record_put_text(
            take, "when",
            text_when(r->accepted > 0 ? r->accepted : r->created, when, sizeof(when))) &&
        (!row->kept || cJSON_AddTrueToObject(take, "kept")) &&
        record_put_text(take, "file", url) &&
        record_put_text(take, "poster", poster.uri) &&
        record_put_number(take, "width", poster.width ? poster.width : -1) &&
        record_put_number(take, "height", poster.height ? poster.height : -1) &&
        record_put_number(take, "seconds", r->clip.width ? r->clip.duration : -1) &&
        record_put_number(take, "rate", r->clip.rate.num ? av_q2d(r->clip.rate) : -1) &&
        put_text(take, "text", r->clip.text) && put_commands(take, page, r, clip);
    av_free(poster.uri);
    av_free(url);
    av_free(clip);
    if (whole)
        return take;
    cJSON_Delete(take);
    return NULL;
}

/* A request */

/* The still as it was, where it is there. */
static cJSON *describe_still(const Page *page, const Record *r)
{
    const char *path = json_text(r->options, "image");
    cJSON *still = cJSON_CreateObject();
    Picture picture = {0};
    int ret = path && *path == '/' ? picture_of(path, json_text(r->options, "image_time"),
                                                r->image_hash, page->interrupt, &picture)
                                   : AVERROR(ENOSYS);
    const char *note = ret == AVERROR(ENOSYS)   ? "not on this machine"
                       : ret == AVERROR(ESTALE) ? "another picture by now"
                       : ret == AVERROR(ENOENT) ? "no longer there"
                                                : "cannot be read";
    bool whole = still && put_text(still, "name", r->image ? r->image : "?") &&
                 (picture.uri ? record_put_text(still, "picture", picture.uri)
                              : record_put_text(still, "note", note)) &&
                 record_put_number(still, "width", picture.uri ? picture.width : -1) &&
                 record_put_number(still, "height", picture.uri ? picture.height : -1);

    av_free(picture.uri);
    if (whole)
        return still;
    cJSON_Delete(still);
    return NULL;
}

static cJSON *describe_request(const Page *page, const SurveyRow *row, const Record *r)
{
    cJSON *group = cJSON_CreateObject(), *still = describe_still(page, r);
    AVBPrint asked, another;

    av_bprint_init(&asked, 0, AV_BPRINT_SIZE_UNLIMITED);
    av_bprint_init(&another, 0, AV_BPRINT_SIZE_UNLIMITED);
    request_put_fields(&asked, r->request);
    put_again(&another, page, r, takes_next(page->survey, row), true);
    bool whole =
        group && still && put_text(group, "prompt", r->prompt) &&
        put_text(group, "model", r->model) && put_text(group, "project", r->project) &&
        put_text(group, "asked", asked.str) && put_text(group, "another", another.str) &&
        av_bprint_is_complete(&another);
    if (whole && (whole = cJSON_AddItemToObject(group, "still", still)))
        still = NULL;
    av_bprint_finalize(&asked, NULL);
    av_bprint_finalize(&another, NULL);
    cJSON_Delete(still);
    if (whole)
        return group;
    cJSON_Delete(group);
    return NULL;
}

static void print_object(const cJSON *object, int *ret)
{
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;

    if (text)
        print_json(text);
    else
        *ret = AVERROR(ENOMEM);
    cJSON_free(text);
}

/* The takes stand in the object of their request, of which the end is left open. */
static int print_head_of(const Page *page, const SurveyRow *row, const Record *r)
{
    cJSON *group = describe_request(page, row, r);
    char *text = group ? cJSON_PrintUnformatted(group) : NULL;

    if (text) {
        text[strlen(text) - 1] = '\0';
        print_json(text);
        fputs(",\"takes\":[", stdout);
    }
    cJSON_free(text);
    cJSON_Delete(group);
    return text ? 0 : AVERROR(ENOMEM);
}

static int print_take(const Page *page, const SurveyRow *row, const Record *record,
                      bool first)
{
    int ret = first ? print_head_of(page, row, record) : 0;
    cJSON *take = ret < 0 ? NULL : describe_take(page, row, record);

    if (ret >= 0) {
        fputs(first ? "" : ",", stdout);
        print_object(take, &ret);
    }
    cJSON_Delete(take);
    return ret;
}

static void say_progress(const Page *page, int at)
{
    char progress[64];

    snprintf(progress, sizeof(progress), "reading clip %d of %d", at + 1, page->count);
    events_progress(page->voice, progress, clock_now() - page->began, -1);
}

/* One whose record cannot be read is left out, which is said; the others are shown. */
static int print_requests(const Page *page)
{
    const SurveyRow *before = NULL;
    int ret = 0, unread = 0;

    for (int i = 0; i < page->count && ret >= 0; i++) {
        const SurveyRow *row = page->rows[i];
        Record *record = NULL;
        if (page->interrupt->callback(page->interrupt->opaque))
            return AVERROR(EINTR);
        say_progress(page, i);
        int its = store_load(page->store, row->key, false, page->out, &record);
        bool first = !before || !takes_are_one(row, before);
        if (its >= 0) {
            fputs(first && before ? "]}," : "", stdout);
            ret = print_take(page, row, record, first);
            before = row;
        }
        unread = FFMIN(unread, its);
        record_free(&record);
    }
    fputs(before ? "]}" : "", stdout);
    return ret < 0 ? ret : unread;
}

static int print_data(const Page *page)
{
    int digits = table_key_digits(page->survey, FEW_DIGITS), ret = 0;
    char made[32];
    AVBPrint keep;
    cJSON *data = cJSON_CreateObject();

    av_bprint_init(&keep, 0, AV_BPRINT_SIZE_UNLIMITED);
    again_word(&keep, "i2vctl");
    again_word(&keep, "keep");
    again_store(&keep, page->store);
    if (!data || digits < 0 ||
        !record_put_text(data, "made", text_when(record_now(), made, sizeof(made))) ||
        !record_put_text(data, "keep", keep.str) ||
        !record_put_number(data, "digits", digits))
        ret = AVERROR(ENOMEM);
    char *text = ret < 0 ? NULL : cJSON_PrintUnformatted(data);
    if (text) {
        text[strlen(text) - 1] = '\0';
        print_json(text);
        fputs(",\"groups\":[", stdout);
        ret = print_requests(page);
        fputs("]}", stdout);
    } else {
        ret = AVERROR(ENOMEM);
    }
    cJSON_free(text);
    cJSON_Delete(data);
    av_bprint_finalize(&keep, NULL);
    return ret;
}

/* The page around it */

static void print_hash(const char *text)
{
    uint8_t digest[DIGEST_SIZE];
    char hash[AV_BASE64_SIZE(DIGEST_SIZE)];

    digest_bytes(text, strlen(text), digest);
    printf("'sha256-%s'", av_base64_encode(hash, sizeof(hash), digest, DIGEST_SIZE));
}

static void print_policy(void)
{
    fputs("default-src 'none'; img-src data:; media-src file:; base-uri 'none'; "
          "form-action 'none'; style-src ",
          stdout);
    print_hash(page_css);
    fputs("; script-src ", stdout);
    print_hash(page_js);
}

static int print_page(const Page *page)
{
    const char *at = page_html, *mark;
    int ret = 0;

    for (; ret >= 0 && (mark = strchr(at, '@')); at = mark) {
        fwrite(at, 1, (size_t)(mark - at), stdout);
        if (av_strstart(mark, "@POLICY@", &mark))
            print_policy();
        else if (av_strstart(mark, "@STYLE@", &mark))
            fputs(page_css, stdout);
        else if (av_strstart(mark, "@SCRIPT@", &mark))
            fputs(page_js, stdout);
        else if (av_strstart(mark, "@DATA@", &mark))
            ret = print_data(page);
        else
            putchar(*mark++);
    }
    fputs(ret < 0 ? "" : at, stdout);
    return ret;
}

/* The command */

static int check_clips(const Page *page, Outcome *out)
{
    int selected = select_count(page->survey), without = selected - page->count;

    if (!selected)
        return ctl_refuse(out, "A page of nothing: %s; i2vctl jobs lists what there is.",
                          page->survey->count ? "no request of the ledger is selected"
                                              : "the ledger has no request");
    if (!page->count)
        return ctl_refuse(out,
                          "A page of no clips: of the %d selected requests none has "
                          "its clip in the store.",
                          selected);
    if (without)
        outcome_say(out, AV_LOG_INFO,
                    "%d of %d selected requests have no clip, and are "
                    "left out.",
                    without, selected);
    return 0;
}

static int make_page(const Arguments *arguments, const Store *store, Survey *survey,
                     Outcome *out)
{
    Page page = {
        .store = store,
        .survey = survey,
        .interrupt = arguments->interrupt,
        .began = clock_now(),
        .out = out,
    };
    int ret = place(&page);

    still_keep(KEPT_BYTES);
    if (ret >= 0 && !(page.voice = events_alloc(out->log, EVENTS_FULL)))
        ret = AVERROR(ENOMEM);
    if (ret >= 0 && (ret = check_clips(&page, out)) >= 0) {
        ctl_print_begin();
        ret = print_page(&page);
    }
    if (ret >= 0)
        ret = ctl_print_end("page", out);
    events_free(&page.voice);
    av_free(page.rows);
    return ret;
}

int ctl_page(Arguments *arguments, Outcome *out)
{
    Store *store = NULL;
    Survey *survey = NULL;
    Selection selection;
    int ret = select_parse(arguments, "page", arguments->words, arguments->nb_words, out,
                           &selection);

    if (ret >= 0 && isatty(STDOUT_FILENO))
        ret = ctl_refuse(out, "i2vctl page writes HTML on standard output, which is a "
                              "terminal: i2vctl page >takes.html.");
    if (ret < 0 || (ret = ctl_need_ledger(arguments->options, out, &store, &survey)) < 0)
        return ret;
    ret = select_rows(&selection, store, survey, out);
    if (ret >= 0)
        ret = make_page(arguments, store, survey, out);
    survey_free(&survey);
    store_close(&store);
    return ret == AVERROR(EINTR) ? ret : outcome_end(out, FAILURE_STORE, ret);
}
