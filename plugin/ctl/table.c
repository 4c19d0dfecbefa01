/* i2v: the command: requests as a table
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

#include "ctl/columns.h"
#include "ctl/meant.h"

/* Digits of a key on a terminal, where its line is short. */
#define FEW_DIGITS 8

#define USUAL_WIDTH  80
#define LEAST_PROMPT 15
#define SHORT_PROMPT 40 ///< columns of it off a terminal, and "..."

/* Keys */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int table_key_digits(const Survey *survey, int least)
{
    const char **keys = av_malloc_array((size_t)survey->count + 1, sizeof(*keys));

    if (!keys)
        return -1;
    for (int i = 0; i < survey->count; i++)
        keys[i] = survey->rows[i].key;
    qsort(keys, (size_t)survey->count, sizeof(*keys), compare_keys);
    for (int i = 1; i < survey->count; i++) {
        int same = 0;
        while (keys[i][same] && keys[i][same] == keys[i - 1][same])
            same++;
        least = FFMAX(least, FFMIN(same + 1, RECORD_KEY_DIGITS));
    }
    av_free(keys);
    return least;
}

/* Columns */

typedef enum Column {
    KEY,
    KEPT,
    STATE,
    AGE,
    TAKE,
    USD,
    SECONDS,
    SIZE,
    STILL,
    PROJECT,
    MODEL,
    PROMPT,
    CLIP,
    COLUMNS
} Column;

/* On a terminal a column is as wide as what is in it, up to `most`, and down to `least`
 * where there is no room. */
static const struct {
    const char *title;
    bool right;
    int least, most;
    int piped; ///< columns off a terminal
} layout[COLUMNS] = {
    [KEY] = {"KEY", false, 0, RECORD_KEY_DIGITS, SHORT_KEY},
    [KEPT] = {"KEPT", false, 0, 1, 4},
    [STATE] = {"STATE", false, 7, 7, 7},
    [AGE] = {"AGE", true, 4, 5, 4},
    [TAKE] = {"TAKE", true, 4, 6, 4},
    [USD] = {"USD", true, 3, 8, 7},
    [SECONDS] = {"SEC", true, 3, 4, 3},
    [SIZE] = {"SIZE", false, 0, 11, 9},
    [STILL] = {"STILL", false, 8, 20, 20},
    [PROJECT] = {"PROJECT", false, 7, 16, 12},
    [MODEL] = {"MODEL", false, 0, 40, 28},
    [PROMPT] = {"PROMPT", false, LEAST_PROMPT, 0, SHORT_PROMPT + 3},
    [CLIP] = {"CLIP", false, 0, 0, 0},
};

/* Where a line is too long, in this order: to `least`, and where that is 0 left out. */
static const Column yielding[] = {MODEL, STILL, PROJECT, SIZE};

typedef struct Cells {
    char key[RECORD_KEY_SIZE];
    char age[16], take[16], usd[24], seconds[16], size[32];
    char clip[8 + RECORD_KEY_SIZE];
    const char *text[COLUMNS]; ///< "" = there is nothing to say
} Cells;

static void print_age(double created, char *text, size_t size)
{
    double age = created > 0 ? FFMAX(record_now() - created, 0) : 0;
    int unit = age < MINUTE ? 1 : age < HOUR ? MINUTE : age < 2 * DAY ? HOUR : DAY;

    snprintf(text, size, "%.0f%c", floor(age / unit),
             unit == 1        ? 's'
             : unit == MINUTE ? 'm'
             : unit == HOUR   ? 'h'
                              : 'd');
}

/* Of one that has not come to a clip. */
static const char *failure_of(const SurveyRow *row)
{
    bool failed = row->state == RECORD_FAILED || row->state == RECORD_REFUSED ||
                  row->state == RECORD_INTENT;
    return failed && row->error ? row->error : NULL;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Of a shot that goes on from another: by the key of that one, as the first column has
 * it. */
static const char *still_of(const SurveyRow *row, int digits, Cells *c)
{
    const char *name = row->image ? av_basename(row->image) : "";

    if (strspn(name, "0123456789abcdef") != RECORD_KEY_DIGITS ||
        strcmp(name + RECORD_KEY_DIGITS, ".mp4"))
        return name;
    snprintf(c->clip, sizeof(c->clip), "clip %.*s", digits, name);
    return c->clip;
}

static void fill(const SurveyRow *row, int digits, Cells *c)
{
    const char *failure = failure_of(row);

    *c = (Cells){0};
    av_strlcpy(c->key, row->key, (size_t)FFMIN(digits, RECORD_KEY_DIGITS) + 1);
    print_age(row->created, c->age, sizeof(c->age));
    if (row->take >= 0)
        snprintf(c->take, sizeof(c->take), "%d", row->take);
    if (row->usd >= 0)
        snprintf(c->usd, sizeof(c->usd), "%.4g", row->usd);
    if (row->duration > 0)
        snprintf(c->seconds, sizeof(c->seconds), "%d", row->duration);
    if (row->width > 0 && row->height > 0)
        snprintf(c->size, sizeof(c->size), "%dx%d", row->width, row->height);
    c->text[KEY] = c->key;
    c->text[KEPT] = row->kept ? "*" : "";
    c->text[STATE] = record_state_name(row->state);
    c->text[AGE] = c->age;
    c->text[TAKE] = c->take;
    c->text[USD] = c->usd;
    c->text[SECONDS] = c->seconds;
    c->text[SIZE] = c->size;
    c->text[STILL] = still_of(row, digits, c);
    c->text[PROJECT] = or_empty(row->project);
    c->text[MODEL] = or_empty(row->model);
    c->text[PROMPT] = or_empty(row->prompt);
    c->text[CLIP] = or_empty(failure);
}

/* On a terminal */

static int terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    int width = columns ? (int)strtol(columns, NULL, 10) : 0;
    struct winsize size;

    if (width <= 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        width = size.ws_col;
    return width > 0 ? width : USUAL_WIDTH;
}

static int sum_of(const int width[COLUMNS])
{
    int sum = -1;

    for (int i = 0; i < COLUMNS; i++)
        sum += width[i] ? width[i] + 1 : 0;
    return sum;
}

/* The widths of the columns, 0 = it is left out. What is the same in each row is told
 * where there is room for it. */
static void lay_out(const Survey *survey, int digits, int width[COLUMNS])
{
    int room = terminal_width();
    Cells c;

    memset(width, 0, COLUMNS * sizeof(*width));
    for (int i = 0; i < survey->count; i++) {
        if (survey->rows[i].gone)
            continue;
        fill(&survey->rows[i], digits, &c);
        for (int at = KEY; at < PROMPT; at++)
            if (*c.text[at])
                width[at] =
                    FFMAX(width[at], FFMIN(columns_of(c.text[at]), layout[at].most));
    }
    for (int at = KEY; at < PROMPT; at++)
        if (width[at] && at != KEPT)
            width[at] = FFMAX(width[at], (int)strlen(layout[at].title));
    width[PROMPT] = LEAST_PROMPT;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(yielding) && sum_of(width) > room; i++) {
        int *its = &width[yielding[i]], least = layout[yielding[i]].least;
        *its = least ? FFMAX(FFMIN(*its, least), *its - (sum_of(width) - room)) : 0;
    }
    width[PROMPT] += FFMAX(room - sum_of(width), 0);
}

static void print_line(const char *const text[COLUMNS], const int width[COLUMNS],
                       AVBPrint *line)
{
    for (int at = KEY; at < COLUMNS; at++) {
        if (!width[at])
            continue;
        if (at)
            av_bprint_chars(line, ' ', 1);
        columns_put(line, text[at], width[at], layout[at].right);
    }
}

/* Elsewhere */

static void print_wide(const char *const text[COLUMNS], AVBPrint *line)
{
    for (int at = KEY; at < COLUMNS; at++) {
        const char *shown = *text[at] ? text[at] : "-";
        int width = layout[at].piped;
        if (at)
            av_bprintf(line, "  ");
        /* Only the prompt is cut; what is longer takes its room. */
        columns_put(line, shown, at == PROMPT ? width : FFMAX(width, columns_of(shown)),
                    layout[at].right);
    }
}

/* Rows */

static int print_row(const Store *store, const SurveyRow *row, int digits,
                     const int *width, AVBPrint *line)
{
    char *clip = NULL;
    Cells c;

    fill(row, digits, &c);
    if (width && *c.text[CLIP]) /* there is one place for both */
        c.text[PROMPT] = c.text[CLIP];
    if (row->state == RECORD_READY && row->has_clip && !width) {
        if (!(clip = store_clip_path(store, row->key)))
            return AVERROR(ENOMEM);
        c.text[CLIP] = clip;
    }
    av_bprint_clear(line);
    if (width)
        print_line(c.text, width, line);
    else
        print_wide(c.text, line);
    av_free(clip);
    if (!av_bprint_is_complete(line))
        return AVERROR(ENOMEM);
    while (line->len && line->str[line->len - 1] == ' ')
        line->str[--line->len] = '\0';
    puts(line->str);
    return 0;
}

static void print_head(const int *width, AVBPrint *line)
{
    const char *titles[COLUMNS];

    for (int at = KEY; at < COLUMNS; at++)
        titles[at] = layout[at].title;
    titles[CLIP] = "CLIP, OR WHY THERE IS NONE";
    if (width) {
        titles[KEPT] = "";
        print_line(titles, width, line);
    } else {
        print_wide(titles, line);
    }
    puts(line->str);
}

int table_print(const Store *store, const Survey *survey)
{
    bool terminal = isatty(STDOUT_FILENO), begun = false;
    int digits = table_key_digits(survey, terminal ? FEW_DIGITS : SHORT_KEY);
    int width[COLUMNS], ret = digits < 0 ? AVERROR(ENOMEM) : 0;
    AVBPrint line;

    av_bprint_init(&line, 256, AV_BPRINT_SIZE_UNLIMITED);
    if (ret >= 0 && terminal)
        lay_out(survey, digits, width);
    for (int i = survey->count - 1; i >= 0 && ret >= 0; i--) {
        if (survey->rows[i].gone)
            continue;
        if (!begun)
            print_head(terminal ? width : NULL, &line);
        begun = true;
        ret = print_row(store, &survey->rows[i], digits, terminal ? width : NULL, &line);
    }
    av_bprint_finalize(&line, NULL);
    return ret;
}
