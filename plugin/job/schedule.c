/* i2v: when to ask next how a generation is, by how long earlier ones took
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/schedule.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/mem.h>

/* Has a line ["model",length,milliseconds] for each generation, which begins with its
 * line feed: what a crash left of the one before does not spoil it. So many bytes at the
 * end are read, some 700 lines. */
#define NAME "stats.json"
#define TAIL (32 * 1024L)

/* No generation is waited for longer; what is, is a clock that was set. */
#define LONGEST_S (24 * 3600.0)

/* Fewer durations say little. */
#define MIN_KNOWN 3

/* The interval as a share of the age, which bounds the lag by half of it; and as a share
 * of the usual duration: known by experience, guessed, and before any has ended (which
 * is not slept through: refusals come early). */
#define SHARE       0.048
#define KNOWN_SHARE 0.0195
#define GUESS_SHARE 0.025
#define EARLY_SHARE 0.1

/* One may end a little before the first that was seen. */
#define FIRST_MARGIN 0.9

/* Beyond so many times the usual duration there is nothing to expect any more. */
#define LAST_FACTOR 2.5

/* All that are in flight together ask no more often than 200 times a minute. */
#define ACCOUNT_S 0.3

/* But for what is left to chance: so much of an interval, half of it more or less. */
#define CLOSEST_S  0.4
#define FARTHEST_S 10
#define JITTER     0.2

int64_t schedule_interval(const Schedule *schedule, int64_t age, int in_flight,
                          double chance)
{
    double now = (double)age / 1e6, by_age = SHARE * now, interval = by_age;

    if (now < schedule->first)
        interval =
            FFMIN(schedule->first - now, schedule->every * (EARLY_SHARE / KNOWN_SHARE));
    else if (now < schedule->last)
        interval = FFMIN(by_age, schedule->every);
    interval = FFMAX(interval, FFMIN(by_age, in_flight * ACCOUNT_S));
    interval = FFMIN(FFMAX(interval, CLOSEST_S), FARTHEST_S);
    return (int64_t)(interval * (1 + JITTER * (chance - 0.5)) * 1e6);
}

void schedule_learn(Schedule *schedule, const double *durations, int count,
                    double typical)
{
    double shortest = LONGEST_S, sum = 0;

    for (int i = 0; i < count; i++) {
        shortest = FFMIN(shortest, durations[i]);
        sum += log(durations[i]);
    }
    double usual = count ? exp(sum / count) : typical;
    bool known = count >= MIN_KNOWN;
    *schedule = (Schedule){.first = known ? FIRST_MARGIN * shortest : 0,
                           .last = LAST_FACTOR * usual,
                           .every = (known ? KNOWN_SHARE : GUESS_SHARE) * usual};
}

/* What a line says of this model and length, or 0. */
static double read_line(const char *line, const char *model, int length)
{
    cJSON *json = cJSON_Parse(line);
    const char *its = cJSON_GetStringValue(cJSON_GetArrayItem(json, 0));
    const cJSON *its_length = cJSON_GetArrayItem(json, 1);
    const cJSON *took = cJSON_GetArrayItem(json, 2);
    double duration = 0;

    if (its && !strcmp(its, model) && cJSON_IsNumber(its_length) &&
        its_length->valuedouble == length && cJSON_IsNumber(took) &&
        took->valuedouble > 0 && took->valuedouble <= LONGEST_S * 1e3)
        duration = took->valuedouble / 1e3;
    cJSON_Delete(json);
    return duration;
}

void schedule_plan(Schedule *schedule, const Store *store, const char *model, int length,
                   double typical)
{
    char *path = store_path(store, NAME, ""), line[1024];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1, count = 0;
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    double durations[SCHEDULE_MEMORY], duration;

    if (file && fseek(file, -TAIL, SEEK_END) < 0)
        rewind(file);
    while (file && fgets(line, sizeof(line), file))
        if ((duration = read_line(line, model, length)) > 0)
            durations[count++ % SCHEDULE_MEMORY] = duration;
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    av_free(path);
    schedule_learn(schedule, durations, FFMIN(count, SCHEDULE_MEMORY), typical);
}

void schedule_note(const Store *store, const char *model, int length, double seconds,
                   void *log)
{
    char *path = store_path(store, NAME, ""), *text = NULL;
    cJSON *name = cJSON_CreateString(model);
    char *quoted = name ? cJSON_PrintUnformatted(name) : NULL;
    int fd = -1, ret = AVERROR(ENOMEM);

    if (path && quoted)
        text = av_asprintf("\n[%s,%d,%lld]", quoted, length, (long long)(seconds * 1e3));
    if (text) {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
        ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? AVERROR(errno) : 0;
    }
    if (ret < 0)
        av_log(log, AV_LOG_DEBUG, "No history of durations: %s.\n", av_err2str(ret));
    if (fd >= 0)
        close(fd);
    av_free(text);
    cJSON_free(quoted);
    cJSON_Delete(name);
    av_free(path);
}
