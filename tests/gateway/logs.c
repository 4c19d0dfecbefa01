/* i2v: the stand-in gateway: GET /v2/logs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US    (3600 * (int64_t)1000000)
#define WINDOW_US  (92 * 24 * HOUR_US)
#define MINUTE_US  (60 * (int64_t)1000000)
#define PAGE       50 /* rows when limit is not given */
#define MODELS_MAX 50

typedef struct Query {
    const Exchange *x;
    int64_t start, end;
    long long limit, offset;
    const char *models[MODELS_MAX];
    int nb_models;
    int succeeded, failed; /* asked for by status= */
    const char *problem;
} Query;

static int too_many(Gateway *gateway)
{
    int64_t now = now_us(), *oldest;
    int over;

    pthread_mutex_lock(&gateway->lock);
    oldest = &gateway->logs_us[gateway->nb_logs % LOGS_PER_MINUTE];
    over = gateway->nb_logs >= LOGS_PER_MINUTE && now - *oldest < MINUTE_US;
    if (!over) {
        *oldest = now;
        gateway->nb_logs++;
    }
    pthread_mutex_unlock(&gateway->lock);
    return over;
}

static int parse_period(const char *text, int64_t *length)
{
    size_t size = strlen(text);
    char *number = checked_strdup(text);
    long long count = 0;
    int status = -1;

    if (size > 1 && (text[size - 1] == 'h' || text[size - 1] == 'd')) {
        number[size - 1] = 0;
        status = parse_integer(number, 1, 92 * 24, &count);
        if (!status)
            *length = count * HOUR_US * (text[size - 1] == 'd' ? 24 : 1);
    }
    free(number);
    return status;
}

static const char *parse_window(const Exchange *x, Query *query)
{
    const char *period = exchange_query(x, "period");
    const char *start = exchange_query(x, "start"), *end = exchange_query(x, "end");
    int64_t length;

    if (period ? start || end : !start || !end)
        return "Provide either period or both start and end";
    if (period) {
        if (parse_period(period, &length))
            return "period must be a positive integer followed by h or d";
        query->end = now_us();
        query->start = query->end - length;
    } else if (parse_time(start, &query->start) || parse_time(end, &query->end)) {
        return "start and end must be ISO-8601 timestamps";
    }
    if (query->end < query->start)
        return "end must not be earlier than start";
    if (query->end - query->start > WINDOW_US)
        return "The window cannot exceed 92 days";
    return NULL;
}

static enum MHD_Result read_filter(void *opaque, enum MHD_ValueKind kind,
                                   const char *name, const char *value)
{
    Query *query = opaque;

    (void)kind;
    if (!strcmp(name, "status")) {
        if (value && !strcmp(value, "succeeded"))
            query->succeeded = 1;
        else if (value && !strcmp(value, "failed"))
            query->failed = 1;
        else
            query->problem = "status must be succeeded or failed";
    } else if (!strcmp(name, "model")) {
        if (query->nb_models == MODELS_MAX)
            query->problem = "At most 50 models";
        else
            query->models[query->nb_models++] = value ? value : "";
    }
    return MHD_YES;
}

static const char *parse_query(const Exchange *x, Query *query)
{
    const char *limit = exchange_query(x, "limit"), *offset = exchange_query(x, "offset");
    const char *problem = parse_window(x, query);

    query->x = x;
    query->limit = PAGE;
    if (!problem && limit && parse_integer(limit, 1, 100, &query->limit))
        problem = "limit must be an integer from 1 to 100";
    if (!problem && offset && parse_integer(offset, 0, INT32_MAX, &query->offset))
        problem = "offset must be an integer that is not negative";
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, read_filter, query);
    return problem ? problem : query->problem;
}

static int model_wanted(const Query *query, const char *model)
{
    const char *alias = strchr(model, '/');

    for (int i = 0; i < query->nb_models; i++)
        if (!strcmp(query->models[i], model) ||
            (alias && !strcmp(query->models[i], alias + 1)))
            return 1;
    return !query->nb_models;
}

static int row_visible(const Query *query, const Job *job, JobStatus status, int64_t now)
{
    const Plan *plan = &query->x->plan;
    RowsMode mode = plan->rows ? plan->rows : job->rows;
    double late = plan->rows ? plan->rows_late : job->rows_late;

    if (mode == ROWS_NEVER ||
        (mode == ROWS_LATE && (double)(now - job->created_us) < late * 1e6) ||
        (mode == ROWS_COMPLETION && status != JOB_COMPLETED && status != JOB_ERROR))
        return 0;
    if (query->succeeded != query->failed && query->failed != (status == JOB_ERROR))
        return 0;
    return job->created_us >= query->start && job->created_us <= query->end &&
           model_wanted(query, job->model);
}

static void add_text(cJSON *row, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(row, name, text);
    else
        cJSON_AddNullToObject(row, name);
}

static cJSON *new_row(int64_t created_us, const char *model, int failed)
{
    cJSON *row = cJSON_CreateObject();
    char created[TIME_TEXT];

    format_time(created_us, created);
    cJSON_AddStringToObject(row, "created", created);
    cJSON_AddStringToObject(row, "status", failed ? "failed" : "succeeded");
    cJSON_AddStringToObject(row, "origin", "api");
    cJSON_AddStringToObject(row, "model", model);
    return row;
}

static void end_row(cJSON *row, double usd, double credits)
{
    cJSON *object = cJSON_AddObjectToObject(row, "cost");

    cJSON_AddNumberToObject(object, "usd", usd);
    cJSON_AddNumberToObject(object, "credits", credits);
    object = cJSON_AddObjectToObject(row, "tokens");
    cJSON_AddNumberToObject(object, "input", 0);
    cJSON_AddNumberToObject(object, "output", 0);
    cJSON_AddNumberToObject(object, "total", 0);
}

static cJSON *describe_row(const Job *job, JobStatus status)
{
    int failed = status == JOB_ERROR;
    cJSON *row = new_row(job->created_us, job->model, failed);

    end_row(row, failed ? 0 : job->usd, failed ? 0 : (double)job_credits(job));
    add_text(row, "request_id", job->request_id);
    add_text(row, "inference_id", job->id);
    add_text(row, "client_request_id", job->client_request_id);
    return row;
}

static int newest_first(const void *a, const void *b)
{
    const Job *x = *(Job *const *)a, *y = *(Job *const *)b;

    if (x->created_us != y->created_us)
        return x->created_us < y->created_us ? 1 : -1;
    return (x->number < y->number) - (x->number > y->number);
}

static Job **sorted_jobs(JobList *list, size_t *nb_jobs)
{
    Job **jobs;

    pthread_mutex_lock(&list->lock);
    *nb_jobs = list->nb_jobs;
    jobs = checked_alloc(*nb_jobs * sizeof(*jobs));
    if (*nb_jobs)
        memcpy(jobs, list->jobs, *nb_jobs * sizeof(*jobs));
    pthread_mutex_unlock(&list->lock);
    qsort(jobs, *nb_jobs, sizeof(*jobs), newest_first);
    return jobs;
}

typedef struct Page {
    const Query *query;
    cJSON *data;
    long long total; /* rows so far, on this page or not */
} Page;

static int is_on_page(Page *page)
{
    const Query *query = page->query;
    long long at = page->total++;

    return at >= query->offset && at < query->offset + query->limit;
}

/* Rows of others: chats, which have no generation, and clients that send no id. */
static void add_unrelated(Page *page, long long count, int64_t created_us)
{
    static const char model[] = "unrelated/chat";

    if (!model_wanted(page->query, model))
        return;
    for (long long i = 0; i < count; i++) {
        cJSON *row;
        char *id;

        if (!is_on_page(page))
            continue;
        id = text_format("other-%lld", i);
        row = new_row(created_us, model, 0);
        end_row(row, 0, 0);
        add_text(row, "request_id", id);
        add_text(row, "inference_id", i % 2 ? id : NULL);
        add_text(row, "client_request_id", i % 3 ? id : NULL);
        cJSON_AddItemToArray(page->data, row);
        free(id);
    }
}

static void add_jobs(Page *page, int64_t now)
{
    JobList *list = &page->query->x->gateway->jobs;
    size_t nb_jobs;
    Job **jobs = sorted_jobs(list, &nb_jobs);

    for (size_t i = 0; i < nb_jobs; i++) {
        JobStatus status = job_status(list, jobs[i], now);

        if (row_visible(page->query, jobs[i], status, now) && is_on_page(page))
            cJSON_AddItemToArray(page->data, describe_row(jobs[i], status));
    }
    free(jobs);
}

static void list_rows(const Query *query, Reply *reply)
{
    const Plan *plan = &query->x->plan;
    cJSON *answer = cJSON_CreateObject(), *pages;
    Page page = {query, cJSON_AddArrayToObject(answer, "data"), 0};
    int64_t now = now_us();

    if (!plan->hollow) {
        add_unrelated(&page, plan->newer, now);
        add_jobs(&page, now);
        add_unrelated(&page, plan->older, query->start);
    }
    pages = cJSON_AddObjectToObject(answer, "pagination");
    cJSON_AddNumberToObject(pages, "limit", (double)query->limit);
    cJSON_AddNumberToObject(pages, "offset", (double)query->offset);
    cJSON_AddNumberToObject(pages, "total", (double)page.total);
    cJSON_AddBoolToObject(pages, "has_more",
                          plan->hollow || query->offset + query->limit < page.total);
    reply_json(reply, 200, answer);
}

void api_logs(Exchange *x, Reply *reply)
{
    const char *prefix = exchange_query(x, "key_prefix"), *problem;
    Query query = {0};

    if (too_many(x->gateway)) {
        reply_error(x, reply, 429, "Too Many Requests");
        return;
    }
    problem = parse_query(x, &query);
    if (problem)
        reply_error(x, reply, 400, problem);
    else if (prefix && strncmp(prefix, x->gateway->api_key, strlen(prefix)))
        reply_problem(x, reply, 403, "A management key is required to list another key");
    else
        list_rows(&query, reply);
}
