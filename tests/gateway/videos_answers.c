/* i2v: the stand-in gateway: the Videos API: how a video is, its file, the list, the end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "videos.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *phrase(unsigned status)
{
    const char *title = MHD_get_reason_phrase_for(status);
    return title ? title : "Error";
}

void videos_error(const Exchange *x, Reply *reply, unsigned status, const char *message)
{
    const Profile *profile = x->gateway->profile;
    cJSON *body = cJSON_CreateObject(), *error = body;

    if (profile->errors == ERROR_DETAIL) {
        cJSON_AddStringToObject(body, "detail", message);
        reply_json(reply, status, body);
        return;
    }
    if (profile->errors == ERROR_NESTED)
        error = cJSON_AddObjectToObject(body, "error");
    else
        cJSON_AddStringToObject(body, "object", "error");
    cJSON_AddStringToObject(error, "message", message);
    cJSON_AddStringToObject(error, "type", phrase(status));
    cJSON_AddNullToObject(error, "param");
    if (profile->needs_model) {
        char *code = text_format("%u", status);
        cJSON_AddStringToObject(error, "code", code);
        free(code);
    } else {
        cJSON_AddNumberToObject(error, "code", status);
    }
    reply_json(reply, status, body);
}

/* What the framework below a server says by itself. */
static void detail(Reply *reply, unsigned status, const char *text)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "detail", text);
    reply_json(reply, status, body);
}

int videos_check_key(const Exchange *x, Reply *reply)
{
    const Profile *profile = x->gateway->profile;
    const char *given = exchange_header(x, "Authorization");
    cJSON *body;

    if (profile->ignores_key || (!profile->needs_key && !x->gateway->key_given) ||
        (given && !strncasecmp(given, "Bearer ", 7) &&
         !strcmp(given + 7, x->gateway->api_key)))
        return 0;
    if (profile->needs_model) {
        videos_error(x, reply, 401, "Authentication Error, No api key passed in.");
        return -1;
    }
    body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "error", "Unauthorized");
    reply_json(reply, 401, body);
    return -1;
}

void videos_no_route(const Exchange *x, Reply *reply)
{
    size_t length = strlen(x->path);

    if (length > 1 && x->path[length - 1] == '/' && !strncmp(x->path, "/v1/videos", 10)) {
        reply_text(reply, 307, NULL, "");
        reply_header(
            reply, "Location",
            text_format("%s%.*s", x->gateway->api_base, (int)length - 1, x->path));
    } else if (!strncmp(x->path, "/v1/videos", 10)) {
        detail(reply, 405, "Method Not Allowed");
    } else {
        detail(reply, 404, "Not Found");
    }
}

void videos_health(Exchange *x, Reply *reply)
{
    (void)x;
    reply_text(reply, 200, "text/plain", "");
}

void videos_models(Exchange *x, Reply *reply)
{
    cJSON *body = cJSON_CreateObject(), *model = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "object", "list");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "data"), model);
    cJSON_AddStringToObject(model, "id", x->gateway->profile->model);
    cJSON_AddStringToObject(model, "object", "model");
    reply_json(reply, 200, body);
}

/* A job */

static const char *word_of(const Exchange *x, const Job *job, JobStatus status)
{
    const Profile *profile = x->gateway->profile;
    double age = (double)(now_us() - job->created_us) / 1e6;

    if (x->plan.shapes & SHAPE_WAITING)
        return "queued";
    if (x->plan.shapes & SHAPE_UNKNOWN)
        return "warming-up";
    switch (status) {
    case JOB_QUEUED:
    case JOB_GENERATING: /* nothing goes back here */
        return profile->words[age < job->latency * 0.2   ? 0
                              : age < job->latency * 0.8 ? 1
                                                         : 2];
    case JOB_COMPLETED:
        return "completed";
    default:
        return "failed";
    }
}

static void add_error(const Exchange *x, cJSON *body, const Job *job)
{
    const Profile *profile = x->gateway->profile;
    const char *message =
        job->fail_message ? job->fail_message : "The stand-in could not render the clip";
    cJSON *error;

    if (profile->errors == ERROR_FLAT || x->plan.shapes & SHAPE_ERROR_STRING) {
        cJSON_AddStringToObject(body, "error", message);
        return;
    }
    error = cJSON_AddObjectToObject(body, "error");
    if (profile->failed_status != 200)
        cJSON_AddNumberToObject(error, "code", profile->failed_status);
    cJSON_AddStringToObject(error, "message", message);
}

static void add_given(cJSON *body, const Job *job, const char *name, const char *absent)
{
    const char *given =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(job->fields, name));

    if (given || absent)
        cJSON_AddStringToObject(body, name, given ? given : absent);
    else
        cJSON_AddNullToObject(body, name);
}

cJSON *videos_describe(const Exchange *x, const Job *job, JobStatus status)
{
    const Profile *profile = x->gateway->profile;
    cJSON *body = cJSON_CreateObject();
    int ended = status == JOB_COMPLETED || status == JOB_ERROR;

    if (x->plan.shapes & SHAPE_OTHER_ID)
        cJSON_AddStringToObject(body, "id", "video_of_the_server_behind");
    else
        cJSON_AddStringToObject(body, "id", job->id);
    cJSON_AddStringToObject(body, "object", "video");
    cJSON_AddStringToObject(body, "status", word_of(x, job, status));
    cJSON_AddStringToObject(body, "model", job->model);
    if (profile->rows_have_prompts)
        add_given(body, job, "prompt", "");
    add_given(body, job, "size", NULL);
    add_given(body, job, profile->errors == ERROR_FLAT ? "duration" : "seconds", "4");
    cJSON_AddNumberToObject(body, "progress", status == JOB_COMPLETED ? 100 : 0);
    cJSON_AddNumberToObject(body, "created_at", (double)(job->created_us / 1000000));
    if (ended && profile->failed_status != 200)
        cJSON_AddNumberToObject(body, "completed_at",
                                (double)(job->created_us / 1000000) + job->latency);
    else
        cJSON_AddNullToObject(body, "completed_at");
    cJSON_AddNullToObject(body, "expires_at");
    if (status == JOB_ERROR)
        add_error(x, body, job);
    else
        cJSON_AddNullToObject(body, "error");
    if (x->plan.url && status == JOB_COMPLETED)
        cJSON_AddStringToObject(body, "url", x->plan.url);
    else if (profile->takes_json && !profile->needs_model)
        cJSON_AddNullToObject(body, "url");
    return body;
}

/* As somebody else's failure that is told on a poll. */
static void fail_now(Exchange *x, Job *job)
{
    JobList *list = &x->gateway->jobs;

    pthread_mutex_lock(&list->lock);
    if (!job->fail_name) {
        job->fail_name = checked_strdup(x->plan.fail_name);
        job->fail_message = checked_strdup(x->plan.fail_message);
    }
    job->fail_at = 0;
    pthread_mutex_unlock(&list->lock);
    jobs_save(list, job);
}

static void poll(Exchange *x, Reply *reply, Job *job)
{
    JobList *list = &x->gateway->jobs;
    JobStatus status;

    pthread_mutex_lock(&list->lock);
    job->polls++;
    pthread_mutex_unlock(&list->lock);
    if (x->plan.fail_name)
        fail_now(x, job);
    status = job_status(list, job, now_us());
    reply_json(reply,
               status == JOB_ERROR ? (unsigned)x->gateway->profile->failed_status : 200,
               videos_describe(x, job, status));
}

/* Its file */

/* What there is of it so far, and nothing that shows it. */
static int send_early(Exchange *x, Reply *reply, Job *job)
{
    char *file = render_variant(&x->gateway->jobs, job, job->kind);
    struct stat info;

    reply->fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    free(file);
    if (reply->fd < 0 || fstat(reply->fd, &info))
        return -1;
    reply->status = 200;
    reply->type = "video/mp4";
    reply->size = (uint64_t)info.st_size / 2;
    return 0;
}

static void content(Exchange *x, Reply *reply, Job *job)
{
    const Profile *profile = x->gateway->profile;
    JobStatus status = job_status(&x->gateway->jobs, job, now_us());

    pthread_mutex_lock(&x->gateway->jobs.lock);
    int rendered = job->render == RENDER_DONE;
    job->downloads++;
    pthread_mutex_unlock(&x->gateway->jobs.lock);
    if (status == JOB_COMPLETED) {
        x->plan.ignore_range |= profile->ignores_range;
        files_serve(x, reply, job);
    } else if (status == JOB_ERROR) {
        videos_error(x, reply, profile->failed,
                     "Video generation failed. Check job status for error details.");
    } else if (!profile->sends_early || !rendered || send_early(x, reply, job)) {
        videos_error(x, reply, profile->early, "Generation is still in-progress");
    }
}

/* The end of it */

static void cancel(Exchange *x, Reply *reply, Job *job)
{
    JobList *list = &x->gateway->jobs;
    const Profile *profile = x->gateway->profile;
    JobStatus status = job_status(list, job, now_us());
    cJSON *body;

    if (!profile->has_delete) {
        detail(reply, 405, "Method Not Allowed");
        return;
    }
    pthread_mutex_lock(&list->lock);
    job->deleted = 1;
    pthread_mutex_unlock(&list->lock);
    jobs_save(list, job);
    if (profile->aborts) {
        body = cJSON_CreateObject();
        cJSON_AddStringToObject(body, "id", job->id);
        cJSON_AddBoolToObject(body, "deleted", 1);
        cJSON_AddStringToObject(body, "object", "video.deleted");
    } else {
        body = videos_describe(x, job, status);
        cJSON_ReplaceItemInObjectCaseSensitive(body, "status",
                                               cJSON_CreateString("deleted"));
    }
    reply_json(reply, 200, body);
}

/* Routes below /v1/videos/ */

/* The id as it stands in the path, and what is behind it; -1 for another path. An id with
 * a slash in it, even an encoded one, is another route for the framework. */
static int split_path(const Exchange *x, char **id, const char **below)
{
    const char *at = strstr(x->uri, "/videos/") + strlen("/videos/");
    size_t length = strcspn(at, "/?");
    char *text = checked_alloc(length + 1);

    memcpy(text, at, length);
    text[length] = 0;
    MHD_http_unescape(text);
    *id = text;
    *below = at + length;
    return strchr(text, '/') && !x->gateway->profile->needs_model ? -1 : 0;
}

static int is_below(const char *below, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(below, name, length) && (!below[length] || below[length] == '?');
}

static Job *find(Exchange *x, const char *id)
{
    JobList *list = &x->gateway->jobs;
    Job *job = jobs_find(list, id);
    int deleted = 0;

    if (job) {
        pthread_mutex_lock(&list->lock);
        deleted = job->deleted;
        pthread_mutex_unlock(&list->lock);
    }
    return deleted ? NULL : job;
}

void videos_one(Exchange *x, Reply *reply)
{
    int is_get = !strcmp(x->method, "GET");
    const char *below;
    char *id;
    Job *job;

    if (split_path(x, &id, &below)) {
        detail(reply, 404, "Not Found");
    } else if (!(job = find(x, id))) {
        videos_error(x, reply, 404, "Video not found");
    } else if (is_below(below, "")) {
        if (is_get)
            poll(x, reply, job);
        else
            cancel(x, reply, job);
    } else if (is_get && is_below(below, "/content")) {
        content(x, reply, job);
    } else {
        detail(reply, 404, "Not Found");
    }
    free(id);
}

/* The list */

static int newest_first(const void *a, const void *b)
{
    const Job *x = *(Job *const *)a, *y = *(Job *const *)b;
    return (x->number < y->number) - (x->number > y->number);
}

/* Whether its row is there by now. */
static int has_row(const Exchange *x, const Job *job)
{
    RowsMode rows = x->plan.rows ? x->plan.rows : job->rows;
    double late = x->plan.rows ? x->plan.rows_late : job->rows_late;
    double age = (double)(now_us() - job->created_us) / 1e6;

    switch (rows) {
    case ROWS_NEVER:
        return 0;
    case ROWS_LATE:
        return age >= late;
    case ROWS_COMPLETION:
        return age >= job->latency;
    default:
        return !job->deleted;
    }
}

/* The jobs that have a row, newest first; to be freed. */
static Job **rows_of(Exchange *x, int *count)
{
    JobList *list = &x->gateway->jobs;
    Job **rows;

    pthread_mutex_lock(&list->lock);
    rows = checked_alloc((list->nb_jobs + 1) * sizeof(*rows));
    *count = 0;
    for (size_t i = 0; i < list->nb_jobs; i++)
        if (has_row(x, list->jobs[i]))
            rows[(*count)++] = list->jobs[i];
    pthread_mutex_unlock(&list->lock);
    qsort(rows, (size_t)*count, sizeof(*rows), newest_first);
    return rows;
}

void videos_list(Exchange *x, Reply *reply)
{
    const char *after = exchange_query(x, "after"), *limit = exchange_query(x, "limit");
    const char *order = exchange_query(x, "order");
    long long most = 1000000;
    int count, at = 0;
    Job **rows;
    cJSON *body, *data;

    if ((limit && parse_integer(limit, 0, 100, &most)) ||
        (order && strcmp(order, "asc") && strcmp(order, "desc"))) {
        videos_error(x, reply, x->gateway->profile->errors == ERROR_DETAIL ? 422 : 400,
                     "1 validation error: limit or order");
        return;
    }
    rows = rows_of(x, &count);
    if (order && !strcmp(order, "asc"))
        for (int i = 0; i < count / 2; i++) {
            Job *other = rows[i];
            rows[i] = rows[count - 1 - i];
            rows[count - 1 - i] = other;
        }
    while (after && at < count && strcmp(rows[at++]->id, after))
        ;
    body = cJSON_CreateObject();
    data = cJSON_AddArrayToObject(body, "data");
    for (; at < count && cJSON_GetArraySize(data) < most; at++)
        cJSON_AddItemToArray(
            data, videos_describe(x, rows[at],
                                  job_status(&x->gateway->jobs, rows[at], now_us())));
    cJSON_AddStringToObject(body, "object", "list");
    if (x->gateway->profile->errors != ERROR_DETAIL)
        cJSON_AddBoolToObject(body, "has_more", at < count);
    reply_json(reply, 200, body);
    free(rows);
}
