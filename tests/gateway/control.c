/* i2v: the stand-in gateway: what tests ask of it behind the client's back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>

void control_faults(Exchange *x, Reply *reply)
{
    char *problem = NULL;

    if (!x->body.data)
        buffer_text(&x->body, "");
    if (x->too_large || faults_replace(x->gateway->faults, x->body.data, &problem)) {
        reply_text(reply, 400, "text/plain", problem ? problem : "too large");
        buffer_text(&reply->body, "\n");
    } else {
        reply_text(reply, 200, "text/plain", "loaded\n");
    }
    free(problem);
}

static cJSON *describe_image(const JobList *list, const JobImage *image)
{
    cJSON *object;
    char *file;

    if (!image->file)
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    file = text_format("%s/%s", list->directory, image->file);
    cJSON_AddStringToObject(object, "mime", image->mime);
    cJSON_AddNumberToObject(object, "bytes", (double)image->size);
    cJSON_AddNumberToObject(object, "width", image->width);
    cJSON_AddNumberToObject(object, "height", image->height);
    cJSON_AddStringToObject(object, "sha256", image->digest);
    cJSON_AddStringToObject(object, "kind", image->kind);
    cJSON_AddStringToObject(object, "file", file);
    free(file);
    return object;
}

static cJSON *describe_job(const JobList *list, const Job *job)
{
    cJSON *object = cJSON_CreateObject(), *fields = cJSON_Duplicate(job->fields, 1);
    const char *prompt =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fields, "prompt"));
    char created[TIME_TEXT];

    format_time(job->created_us, created);
    cJSON_AddNumberToObject(object, "number", job->number);
    cJSON_AddStringToObject(object, "id", job->id);
    cJSON_AddStringToObject(object, "model", job->model);
    cJSON_AddStringToObject(object, "prompt", prompt ? prompt : "");
    cJSON_AddStringToObject(object, "status",
                            job_status_name(job_status_locked(job, now_us())));
    if (job->client_request_id)
        cJSON_AddStringToObject(object, "client_request_id", job->client_request_id);
    else
        cJSON_AddNullToObject(object, "client_request_id");
    cJSON_AddItemToObject(object, "fields", fields);
    cJSON_AddItemToObject(object, "image", describe_image(list, &job->image));
    cJSON_AddItemToObject(object, "end_image", describe_image(list, &job->end));
    cJSON_AddNumberToObject(object, "width", job->width);
    cJSON_AddNumberToObject(object, "height", job->height);
    cJSON_AddNumberToObject(object, "duration", job->duration);
    cJSON_AddNumberToObject(object, "rate", job->rate);
    cJSON_AddBoolToObject(object, "audio", job->audio);
    cJSON_AddNumberToObject(object, "usd", job->usd);
    cJSON_AddStringToObject(object, "body_sha256", job->body_digest);
    cJSON_AddStringToObject(object, "path", job->clip);
    cJSON_AddStringToObject(object, "created", created);
    cJSON_AddNumberToObject(object, "polls", (double)job->polls);
    cJSON_AddNumberToObject(object, "downloads", (double)job->downloads);
    return object;
}

void control_state(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    cJSON *state = cJSON_CreateObject(), *jobs;

    notes_describe(x->gateway, state);
    jobs = cJSON_AddArrayToObject(state, "jobs");
    pthread_mutex_lock(&list->lock);
    for (size_t i = 0; i < list->nb_jobs; i++)
        cJSON_AddItemToArray(jobs, describe_job(list, list->jobs[i]));
    pthread_mutex_unlock(&list->lock);
    reply_json(reply, 200, state);
}

/* A line each, for who reads without a program. */
void control_counts(Exchange *x, Reply *reply)
{
    cJSON *counts = notes_counts(x->gateway), *count;

    reply_text(reply, 200, "text/plain", "");
    cJSON_ArrayForEach(count, counts)
    {
        char *line = text_format("%s %.0f\n", count->string, count->valuedouble);
        buffer_text(&reply->body, line);
        free(line);
    }
    cJSON_Delete(counts);
}

static void send_file(Reply *reply, char *file, const char *type)
{
    Buffer content = {0};

    if (!file || read_file(file, &content)) {
        reply_text(reply, 404, "text/plain", "no such file\n");
    } else {
        reply_text(reply, 200, type, "");
        buffer_append(&reply->body, content.data, content.size);
    }
    buffer_free(&content);
    free(file);
}

void control_image(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    Job *job = jobs_select(list, exchange_query(x, "job"));
    const char *which = exchange_query(x, "which");
    const JobImage *image = job ? &job->image : NULL;

    if (job && which && !strcmp(which, "end"))
        image = &job->end;
    if (image && image->file)
        send_file(reply, text_format("%s/%s", list->directory, image->file), image->mime);
    else
        reply_text(reply, 404, "text/plain", job ? "no such image\n" : "no such job\n");
}

void control_clip(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    Job *job = jobs_select(list, exchange_query(x, "job"));
    int rendered;

    if (!job) {
        reply_text(reply, 404, "text/plain", "no such job\n");
        return;
    }
    pthread_mutex_lock(&list->lock);
    rendered = job->render == RENDER_DONE;
    pthread_mutex_unlock(&list->lock);
    send_file(reply, rendered ? render_variant(list, job, job->kind) : NULL, "video/mp4");
}

void control_quit(Exchange *x, Reply *reply)
{
    x->gateway->quit = 1;
    reply_text(reply, 200, "text/plain", "bye\n");
}
