/* i2v: the stand-in gateway: the generations it was asked for, and their files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* USD are billed in credits at this rate. */
#define CREDITS_PER_USD 2000000

long long job_credits(const Job *job)
{
    return llround(job->usd * CREDITS_PER_USD);
}

char *job_path(const JobList *list, const Job *job, const char *name, const char *suffix)
{
    return text_format("%s/%s-%d%s", list->directory, name, job->number, suffix);
}

void job_free(Job *job)
{
    char **texts[] = {&job->id,         &job->model,        &job->client_request_id,
                      &job->request_id, &job->clip,         &job->image.mime,
                      &job->image.kind, &job->image.digest, &job->image.file,
                      &job->end.mime,   &job->end.kind,     &job->end.digest,
                      &job->end.file,   &job->digest,       &job->body_digest,
                      &job->fail_name,  &job->fail_message};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        free(*texts[i]);
    cJSON_Delete(job->fields);
    free(job);
}

static void add_text(cJSON *record, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(record, name, text);
}

static void add_image_number(cJSON *record, const char *prefix, const char *name,
                             double number)
{
    char *whole = text_format("%s_%s", prefix, name);

    cJSON_AddNumberToObject(record, whole, number);
    free(whole);
}

static void add_image_text(cJSON *record, const char *prefix, const char *name,
                           const char *text)
{
    char *whole = text_format("%s_%s", prefix, name);

    add_text(record, whole, text);
    free(whole);
}

static void add_image(cJSON *record, const char *prefix, const JobImage *image)
{
    if (!image->file)
        return;
    add_image_text(record, prefix, "mime", image->mime);
    add_image_text(record, prefix, "kind", image->kind);
    add_image_text(record, prefix, "digest", image->digest);
    add_image_text(record, prefix, "file", image->file);
    add_image_number(record, prefix, "size", (double)image->size);
    add_image_number(record, prefix, "width", image->width);
    add_image_number(record, prefix, "height", image->height);
}

static cJSON *to_record(const Job *job)
{
    cJSON *record = cJSON_CreateObject();

    cJSON_AddNumberToObject(record, "number", job->number);
    add_text(record, "id", job->id);
    add_text(record, "model", job->model);
    add_text(record, "client_request_id", job->client_request_id);
    add_text(record, "request_id", job->request_id);
    add_text(record, "clip", job->clip);
    cJSON_AddItemToObject(record, "fields", cJSON_Duplicate(job->fields, 1));
    add_image(record, "image", &job->image);
    add_image(record, "end", &job->end);
    add_text(record, "body_digest", job->body_digest);
    cJSON_AddNumberToObject(record, "width", job->width);
    cJSON_AddNumberToObject(record, "height", job->height);
    cJSON_AddNumberToObject(record, "duration", job->duration);
    cJSON_AddNumberToObject(record, "audio", job->audio);
    cJSON_AddNumberToObject(record, "rate", job->rate);
    cJSON_AddNumberToObject(record, "created_us", (double)job->created_us);
    cJSON_AddNumberToObject(record, "latency", job->latency);
    cJSON_AddNumberToObject(record, "usd", job->usd);
    cJSON_AddNumberToObject(record, "rows", job->rows);
    cJSON_AddNumberToObject(record, "rows_late", job->rows_late);
    cJSON_AddNumberToObject(record, "kind", job->kind);
    add_text(record, "fail_name", job->fail_name);
    add_text(record, "fail_message", job->fail_message);
    cJSON_AddNumberToObject(record, "fail_at", job->fail_at);
    cJSON_AddNumberToObject(record, "deleted", job->deleted);
    return record;
}

static char *get_text(const cJSON *record, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, name));

    return text ? checked_strdup(text) : NULL;
}

static double get_number(const cJSON *record, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, name);

    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static char *get_image_text(const cJSON *record, const char *prefix, const char *name)
{
    char *whole = text_format("%s_%s", prefix, name), *text = get_text(record, whole);

    free(whole);
    return text;
}

static double get_image_number(const cJSON *record, const char *prefix, const char *name)
{
    char *whole = text_format("%s_%s", prefix, name);
    double number = get_number(record, whole);

    free(whole);
    return number;
}

static JobImage get_image(const cJSON *record, const char *prefix)
{
    return (JobImage){.mime = get_image_text(record, prefix, "mime"),
                      .kind = get_image_text(record, prefix, "kind"),
                      .digest = get_image_text(record, prefix, "digest"),
                      .file = get_image_text(record, prefix, "file"),
                      .size = (long long)get_image_number(record, prefix, "size"),
                      .width = (int)get_image_number(record, prefix, "width"),
                      .height = (int)get_image_number(record, prefix, "height")};
}

static Job *from_record(const cJSON *record)
{
    Job *job = checked_alloc(sizeof(*job));

    job->number = (int)get_number(record, "number");
    job->id = get_text(record, "id");
    job->model = get_text(record, "model");
    job->client_request_id = get_text(record, "client_request_id");
    job->request_id = get_text(record, "request_id");
    job->clip = get_text(record, "clip");
    job->fields = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(record, "fields"), 1);
    job->image = get_image(record, "image");
    job->end = get_image(record, "end");
    job->body_digest = get_text(record, "body_digest");
    job->width = (int)get_number(record, "width");
    job->height = (int)get_number(record, "height");
    job->duration = (int)get_number(record, "duration");
    job->audio = (int)get_number(record, "audio");
    job->rate = (int)get_number(record, "rate");
    if (job->rate < 1)
        job->rate = 30; /* a record of before there was a choice */
    job->created_us = (int64_t)get_number(record, "created_us");
    job->latency = get_number(record, "latency");
    job->usd = get_number(record, "usd");
    job->rows = (RowsMode)get_number(record, "rows");
    job->rows_late = get_number(record, "rows_late");
    job->kind = (ClipKind)get_number(record, "kind");
    job->fail_name = get_text(record, "fail_name");
    job->fail_message = get_text(record, "fail_message");
    job->fail_at = get_number(record, "fail_at");
    job->deleted = (int)get_number(record, "deleted");
    return job;
}

static int save(const JobList *list, const Job *job)
{
    char *path = job_path(list, job, "job", ".json");
    cJSON *record = to_record(job);
    char *text = cJSON_Print(record);
    int status = text ? write_file_atomic(path, text, strlen(text)) : -1;

    free(text);
    cJSON_Delete(record);
    free(path);
    return status;
}

static void insert(JobList *list, Job *job)
{
    size_t at = list->nb_jobs;

    list->jobs = checked_realloc(list->jobs, (list->nb_jobs + 1) * sizeof(*list->jobs));
    list->jobs[list->nb_jobs++] = job;
    /* Creates run in parallel: keep the order of their numbers in what is listed. A job
     * moves only among those that are not yet rendered. */
    for (; at > list->next_render && list->jobs[at - 1]->number > job->number; at--) {
        list->jobs[at] = list->jobs[at - 1];
        list->jobs[at - 1] = job;
    }
    if (job->number > list->last_number)
        list->last_number = job->number;
}

static void load(JobList *list, const char *name)
{
    char *path = text_format("%s/%s", list->directory, name);
    Buffer text = {0};
    cJSON *record = read_file(path, &text) ? NULL : cJSON_Parse(text.data);
    Job *job = record ? from_record(record) : NULL;

    if (job && job->number > 0 && job->id && job->model && job->clip && job->fields &&
        job->image.file && job->image.digest && job->rows <= ROWS_NEVER &&
        job->kind < NB_CLIP_KINDS) {
        render_digest(job);
        insert(list, job);
    } else {
        fprintf(stderr, "i2v-gateway: %s is damaged and left aside\n", path);
        if (job)
            job_free(job);
    }
    cJSON_Delete(record);
    buffer_free(&text);
    free(path);
}

static int is_record(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return !strncmp(entry->d_name, "job-", 4) && length > 9 &&
           !strcmp(entry->d_name + length - 5, ".json");
}

int jobs_open(JobList *list, const char *directory, const char *cache,
              const atomic_int *stop)
{
    struct dirent **entries = NULL;
    int count;

    *list = (JobList){.directory = checked_strdup(directory), .stop = stop};
    list->cache = cache ? checked_strdup(cache) : NULL;
    pthread_mutex_init(&list->lock, NULL);
    pthread_mutex_init(&list->variants, NULL);
    pthread_cond_init(&list->changed, NULL);
    count = scandir(directory, &entries, is_record, versionsort);
    if (count < 0) {
        fprintf(stderr, "i2v-gateway: cannot read %s: %s\n", directory, strerror(errno));
        return -1;
    }
    for (int i = 0; i < count; i++) {
        load(list, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return render_start(list);
}

void jobs_close(JobList *list)
{
    if (!list->directory)
        return;
    render_stop(list);
    for (size_t i = 0; i < list->nb_jobs; i++)
        job_free(list->jobs[i]);
    free(list->jobs);
    free(list->directory);
    free(list->cache);
    pthread_mutex_destroy(&list->lock);
    pthread_mutex_destroy(&list->variants);
    pthread_cond_destroy(&list->changed);
}

int jobs_next_number(JobList *list)
{
    int number;

    pthread_mutex_lock(&list->lock);
    number = ++list->last_number;
    pthread_mutex_unlock(&list->lock);
    return number;
}

int jobs_add(JobList *list, Job *job)
{
    render_digest(job);
    if (save(list, job)) {
        job_free(job);
        return -1;
    }
    pthread_mutex_lock(&list->lock);
    insert(list, job);
    pthread_cond_signal(&list->changed);
    pthread_mutex_unlock(&list->lock);
    return 0;
}

void jobs_save(JobList *list, const Job *job)
{
    pthread_mutex_lock(&list->lock);
    if (save(list, job))
        fprintf(stderr, "i2v-gateway: cannot write the state of job %d\n", job->number);
    pthread_mutex_unlock(&list->lock);
}

Job *jobs_find(JobList *list, const char *id)
{
    Job *found = NULL;

    pthread_mutex_lock(&list->lock);
    for (size_t i = 0; i < list->nb_jobs && !found; i++)
        if (!strcmp(list->jobs[i]->id, id))
            found = list->jobs[i];
    pthread_mutex_unlock(&list->lock);
    return found;
}

Job *jobs_find_clip(JobList *list, const char *path)
{
    const char *name = strrchr(path, '/');
    Job *found = NULL;

    pthread_mutex_lock(&list->lock);
    for (size_t i = 0; i < list->nb_jobs && !found; i++)
        if (name && !strcmp(strrchr(list->jobs[i]->clip, '/'), name))
            found = list->jobs[i];
    pthread_mutex_unlock(&list->lock);
    return found;
}

Job *jobs_select(JobList *list, const char *text)
{
    long long number = 0;
    Job *found = NULL;

    if (text && parse_integer(text, 1, INT32_MAX, &number))
        return jobs_find(list, text);
    pthread_mutex_lock(&list->lock);
    for (size_t i = 0; i < list->nb_jobs; i++)
        if (text ? list->jobs[i]->number == number
                 : !found || list->jobs[i]->number > found->number)
            found = list->jobs[i];
    pthread_mutex_unlock(&list->lock);
    return found;
}

/* Back from generating to queued on the way, as the documented sample shows. */
JobStatus job_status_locked(const Job *job, int64_t now)
{
    double age = (double)(now - job->created_us) / 1e6;

    if ((job->fail_name && age >= job->fail_at) || job->render == RENDER_FAILED)
        return JOB_ERROR;
    if (age >= job->latency && job->render == RENDER_DONE && !job->fail_name)
        return JOB_COMPLETED;
    if (age < job->latency * 0.2 ||
        (age >= job->latency * 0.35 && age < job->latency * 0.5))
        return JOB_QUEUED;
    return JOB_GENERATING;
}

JobStatus job_status(JobList *list, const Job *job, int64_t now)
{
    JobStatus status;

    pthread_mutex_lock(&list->lock);
    status = job_status_locked(job, now);
    pthread_mutex_unlock(&list->lock);
    return status;
}
