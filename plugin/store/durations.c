/* i2v: how long generations took: the file of the store that has it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/durations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/files.h"

/* Has a line ["model",length,milliseconds] for each generation, which begins with its
 * line feed: what a crash left of the one before does not spoil it. So many bytes at the
 * end are read, some 700 lines. */
#define NAME "stats.json"
#define TAIL (32 * 1024L)

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
        took->valuedouble > 0 && took->valuedouble <= DURATIONS_LONGEST_S * 1e3)
        duration = took->valuedouble / 1e3;
    cJSON_Delete(json);
    return duration;
}

int durations_read(const Store *store, const char *model, int length, double *durations,
                   int most)
{
    char *path = store_path(store, NAME, ""), line[1024];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1, count = 0;
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    double duration;

    if (file && fseek(file, -TAIL, SEEK_END) < 0)
        rewind(file);
    while (file && fgets(line, sizeof(line), file))
        if ((duration = read_line(line, model, length)) > 0)
            durations[count++ % most] = duration;
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    av_free(path);
    return FFMIN(count, most);
}

void durations_note(const Store *store, const char *model, int length, double seconds,
                    void *log)
{
    char *path = store_path(store, NAME, ""), *text = NULL;
    cJSON *name = cJSON_CreateString(model);
    char *quoted = name ? cJSON_PrintUnformatted(name) : NULL;
    int fd = -1, ret = AVERROR(ENOMEM);

    if (path && quoted)
        text = av_asprintf("\n[%s,%d,%lld]", quoted, length, (long long)(seconds * 1e3));
    if (text) {
        fd = files_open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
        ret = fd < 0 ? fd : write(fd, text, strlen(text)) < 0 ? AVERROR(errno) : 0;
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
