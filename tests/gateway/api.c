/* i2v: the stand-in gateway: creating a generation and polling it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "contract.h"
#include "image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const animals[] = {"alligator", "elephant", "giraffe", "hedgehog",
                                      "kangaroo",  "lion",     "monkey",  "octopus",
                                      "panda",     "penguin",  "rabbit",  "zebra"};

#define NB_ANIMALS (sizeof(animals) / sizeof(*animals))

static int is_json(const char *type)
{
    size_t length = strlen("application/json");

    if (!type || strncasecmp(type, "application/json", length))
        return 0;
    type += length;
    type += strspn(type, " ");
    if (!*type)
        return 1;
    if (*type++ != ';')
        return 0;
    type += strspn(type, " ");
    return !strcasecmp(type, "charset=utf-8") || !strcasecmp(type, "charset=\"utf-8\"");
}

static void add_ids(const Exchange *x, Reply *reply, const Job *job)
{
    reply_header(reply, "x-inference-id", checked_strdup(job->id));
    if (*x->client_request_id)
        reply_header(reply, "x-client-request-id", checked_strdup(x->client_request_id));
    reply_header(reply, "x-aimlapi-credits-used", text_format("%lld", job_credits(job)));
    reply_header(reply, "x-aimlapi-usd-spent", text_format("%.9f", job->usd));
}

static void add_usage(cJSON *answer, const Job *job)
{
    cJSON *usage =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(answer, "meta"), "usage");

    cJSON_AddNumberToObject(usage, "credits_used", (double)job_credits(job));
}

static void add_id(const Exchange *x, cJSON *answer, const Job *job, const char *key)
{
    if (x->plan.shapes & SHAPE_GENERATION_ID)
        key = "generation_id";
    else if (x->plan.shapes & SHAPE_NO_ID)
        return;
    if (x->plan.shapes & SHAPE_OTHER_ID) {
        cJSON_AddStringToObject(answer, key, "video_of_somebody_else");
    } else if (x->plan.shapes & SHAPE_NUL) {
        char *id = text_format("\"%s\\u0000x\"", job->id);

        cJSON_AddRawToObject(answer, key, id);
        free(id);
    } else {
        cJSON_AddStringToObject(answer, key, job->id);
    }
}

static void add_extra(const Exchange *x, cJSON *answer)
{
    if (!(x->plan.shapes & SHAPE_EXTRA))
        return;
    cJSON_AddStringToObject(answer, "object", "video.generation");
    cJSON_AddNumberToObject(answer, "progress", 42.5);
    cJSON_AddNullToObject(answer, "expires_at");
    cJSON_AddArrayToObject(cJSON_AddObjectToObject(answer, "debug"), "trace");
}

/* What the answer needs to know is copied from the request and its body. */
static void name_job(const Exchange *x, Job *job)
{
    char digest[DIGEST_TEXT], uuid[UUID_TEXT], long_tail[2001], *seed;

    memset(long_tail, 'x', sizeof(long_tail));
    sha256_text(x->body.data, x->body.size, digest);
    job->body_digest = checked_strdup(digest);
    seed = text_format("%d %s", job->number, digest);
    sha256_text(seed, strlen(seed), digest);
    free(seed);
    uuid_like(digest, uuid);
    job->id = text_format("video_%.48s%.*s:%s", digest,
                          x->plan.shapes & SHAPE_LONG_ID ? (int)sizeof(long_tail) - 1 : 0,
                          long_tail, job->model);
    job->clip = text_format("/generations/%s/%lld-%s.mp4",
                            animals[(unsigned)job->number % NB_ANIMALS],
                            (long long)(job->created_us / 1000), uuid);
    job->request_id = checked_strdup(x->request_id);
    if (*x->client_request_id)
        job->client_request_id = checked_strdup(x->client_request_id);
}

static void set_image(JobImage *to, const Image *image, const char *name, int number)
{
    *to = (JobImage){.mime = checked_strdup(image->mime),
                     .kind = checked_strdup(image->kind),
                     .digest = checked_strdup(image->digest),
                     .file = text_format("%s-%d", name, number),
                     .size = (long long)image->bytes.size,
                     .width = image->width,
                     .height = image->height};
}

/* Takes the field that holds an image, which may lie within it, out of the request. */
static void drop_image(cJSON *fields, const char *path)
{
    char *name = checked_strdup(path);

    name[strcspn(name, ".")] = 0;
    cJSON_DeleteItemFromObjectCaseSensitive(fields, name);
    free(name);
}

static Job *make_job(const Exchange *x, int number, VideoRequest *request,
                     const Image *image, const Image *end)
{
    const Plan *plan = &x->plan;
    Job *job = checked_alloc(sizeof(*job));

    job->number = number;
    job->model = checked_strdup(request->model->id);
    job->created_us = now_us();
    job->latency = x->gateway->latency;
    job->width = request->width;
    job->height = request->height;
    job->duration = request->duration;
    job->audio = request->audio;
    job->rate = request->rate;
    job->usd = request->usd;
    set_image(&job->image, image, "still", number);
    drop_image(request->fields, request->model->first);
    if (end) {
        set_image(&job->end, end, "end", number);
        drop_image(request->fields, request->model->end);
    }
    job->rows = plan->rows ? plan->rows : ROWS_NOW;
    job->rows_late = plan->rows_late;
    job->kind = plan->has_clip ? plan->clip : CLIP_WHOLE;
    if (plan->fail_name) {
        job->fail_name = checked_strdup(plan->fail_name);
        job->fail_message = checked_strdup(plan->fail_message);
        job->fail_at = job->latency;
    }
    job->fields = request->fields;
    request->fields = NULL;
    name_job(x, job);
    return job;
}

/* From a request that is well-formed to a job, or to a refusal. */
static Job *take_job(Exchange *x, VideoRequest *request, Refusal *refusal)
{
    JobList *list = &x->gateway->jobs;
    const Model *model = request->model;
    int number = jobs_next_number(list);
    char *file = text_format("%s/still-%d", list->directory, number);
    char *end_file = text_format("%s/end-%d", list->directory, number);
    Image image = {0}, end = {0}, *second = request->end_url ? &end : NULL;
    Job *job = NULL;

    refusal->status = 400;
    refusal->message =
        image_receive(model->first, request->image_url, file, &image, &x->gateway->stop);
    if (!refusal->message && second)
        refusal->message = image_receive(model->end, request->end_url, end_file, &end,
                                         &x->gateway->stop);
    if (!refusal->message && !contract_fit_images(request, &image, second, refusal))
        job = make_job(x, number, request, &image, second);
    if (!job) {
        unlink(file);
        unlink(end_file);
    } else if (jobs_add(list, job)) {
        refusal->status = 500;
        refusal->message = checked_strdup("The stand-in cannot write its state");
        job = NULL;
    }
    buffer_free(&image.bytes);
    buffer_free(&end.bytes);
    free(file);
    free(end_file);
    return job;
}

static void refuse(const Exchange *x, Reply *reply, Refusal *refusal)
{
    reply_error(x, reply, refusal->status, refusal->message);
    free(refusal->message);
}

void api_create(Exchange *x, Reply *reply)
{
    VideoRequest request;
    Refusal refusal = {0};
    cJSON *answer;
    Job *job;

    if (!is_json(exchange_header(x, "Content-Type"))) {
        reply_error(x, reply, 415, "Unsupported Media Type: expected application/json");
        return;
    }
    if (x->too_large) {
        reply_error(x, reply, 413, "request entity too large");
        return;
    }
    if (contract_check(&x->body, &request, &refusal)) {
        refuse(x, reply, &refusal);
        return;
    }
    job = take_job(x, &request, &refusal);
    cJSON_Delete(request.fields);
    if (!job) {
        refuse(x, reply, &refusal);
        return;
    }
    pthread_mutex_lock(&x->gateway->lock);
    x->gateway->accepted++;
    pthread_mutex_unlock(&x->gateway->lock);
    answer = cJSON_CreateObject();
    add_id(x, answer, job, request.model->answer_id);
    cJSON_AddStringToObject(answer, "status", "queued");
    add_usage(answer, job);
    add_extra(x, answer);
    reply_json(reply, 200, answer);
    add_ids(x, reply, job);
}

/* The URL of a clip in an odd form: its words in capitals stand for parts of it. */
static char *odd_url(const Exchange *x, const Job *job, const char *form)
{
    const char *files = x->gateway->files_base, *host = strstr(files, "://") + 3;
    const char *const words[][2] = {
        {"FILES", files},
        {"SCHEME", strncmp(files, "https", 5) ? "HTTP" : "HTTPS"},
        {"HOST", host},
        {"CLIP", job->clip},
        {"NAME", strrchr(job->clip, '/') + 1},
    };
    const size_t count = sizeof(words) / sizeof(*words);
    Buffer url = {0};

    while (*form) {
        size_t i = 0;

        while (i < count && strncmp(form, words[i][0], strlen(words[i][0])))
            i++;
        if (i < count)
            buffer_text(&url, words[i][1]);
        else
            buffer_append(&url, form, 1);
        form += i < count ? strlen(words[i][0]) : 1;
    }
    return url.data;
}

static char *result_url(const Exchange *x, const Job *job)
{
    if (x->plan.odd_url)
        return odd_url(x, job, odd_url_form(x->plan.odd_url));
    return x->plan.url ? checked_strdup(x->plan.url)
                       : text_format("%s%s", x->gateway->files_base, job->clip);
}

static cJSON *describe_video(const Exchange *x, const Job *job)
{
    char *url = result_url(x, job);
    cJSON *text = cJSON_CreateString(url), *video = text;
    const Model *model = models_find(job->model);

    if (x->plan.shapes & SHAPE_VIDEO_STRINGS) {
        cJSON_AddItemToArray(video = cJSON_CreateArray(), text);
    } else if (!(x->plan.shapes & SHAPE_VIDEO_STRING)) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddItemToObject(object, "url", text);
        if (x->plan.shapes & SHAPE_EXTRA) {
            cJSON_AddStringToObject(object, "content_type", "video/mp4");
            cJSON_AddStringToObject(object, "file_name", "output.mp4");
        }
        video = object;
        if (x->plan.shapes & SHAPE_VIDEO_ARRAY || (model && model->video_array))
            cJSON_AddItemToArray(video = cJSON_CreateArray(), object);
    }
    free(url);
    return video;
}

static cJSON *describe_error(const Exchange *x, const char *name, const char *message)
{
    cJSON *error, *detail, *place;

    if (x->plan.shapes & SHAPE_ERROR_STRING)
        return cJSON_CreateString(message);
    error = cJSON_CreateObject();
    if (!(x->plan.shapes & SHAPE_ERROR_DETAIL)) {
        cJSON_AddStringToObject(error, "name", name);
        cJSON_AddStringToObject(error, "message", message);
        return error;
    }
    cJSON_AddItemToArray(cJSON_AddArrayToObject(error, "detail"),
                         detail = cJSON_CreateObject());
    place = cJSON_AddArrayToObject(detail, "loc");
    cJSON_AddItemToArray(place, cJSON_CreateString("body"));
    cJSON_AddItemToArray(place, cJSON_CreateString("image_url"));
    cJSON_AddStringToObject(detail, "msg", message);
    cJSON_AddStringToObject(detail, "type", name);
    return error;
}

/* The word for the status; the shapes that make a job look pending win. */
static const char *status_word(const Exchange *x, JobStatus *status)
{
    static const struct {
        unsigned shape;
        const char *word;
    } pending[] = {{SHAPE_WAITING, "waiting"},
                   {SHAPE_ACTIVE, "active"},
                   {SHAPE_PROCESSING, "processing"},
                   {SHAPE_UNKNOWN, "rendering"}};

    for (size_t i = 0; i < sizeof(pending) / sizeof(*pending); i++)
        if (x->plan.shapes & pending[i].shape) {
            *status = JOB_GENERATING;
            return pending[i].word;
        }
    if (*status == JOB_COMPLETED && x->plan.shapes & SHAPE_SUCCEEDED)
        return "succeeded";
    return job_status_name(*status);
}

static void fail_now(Exchange *x, Job *job)
{
    JobList *list = &x->gateway->jobs;
    int first;

    pthread_mutex_lock(&list->lock);
    first = !job->fail_name;
    if (first) {
        job->fail_name = checked_strdup(x->plan.fail_name);
        job->fail_message = checked_strdup(x->plan.fail_message);
    }
    job->fail_at = 0;
    pthread_mutex_unlock(&list->lock);
    if (first)
        jobs_save(list, job);
}

/* As a provider's own members are passed on. */
static void add_filter(cJSON *answer)
{
    cJSON_AddNumberToObject(answer, "raiMediaFilteredCount", 1);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(answer, "raiMediaFilteredReasons"),
                         cJSON_CreateString("The video shows a person that it may not."));
}

static cJSON *describe_job(const Exchange *x, const Job *job, JobStatus status)
{
    JobList *list = &x->gateway->jobs;
    const char *name, *message;
    cJSON *answer = cJSON_CreateObject();

    add_id(x, answer, job, "id");
    cJSON_AddStringToObject(answer, "status", status_word(x, &status));
    if (status == JOB_COMPLETED && x->plan.shapes & SHAPE_FILTERED)
        add_filter(answer);
    if (status == JOB_COMPLETED &&
        !(x->plan.shapes & (SHAPE_VIDEO_NULL | SHAPE_FILTERED)))
        cJSON_AddItemToObject(answer, "video", describe_video(x, job));
    else
        cJSON_AddNullToObject(answer, "video");
    pthread_mutex_lock(&list->lock); /* once set, these two stay */
    name = job->fail_name ? job->fail_name : "RenderingFailed";
    message = job->fail_message
                  ? job->fail_message
                  : "The stand-in could not render the clip; see its stderr.";
    pthread_mutex_unlock(&list->lock);
    if (status == JOB_ERROR)
        cJSON_AddItemToObject(answer, "error", describe_error(x, name, message));
    else
        cJSON_AddNullToObject(answer, "error");
    add_usage(answer, job);
    add_extra(x, answer);
    return answer;
}

void api_poll(Exchange *x, Reply *reply)
{
    JobList *list = &x->gateway->jobs;
    const char *id = exchange_query(x, "generation_id");
    Job *job = id ? jobs_find(list, id) : NULL;

    if (!id || !*id) {
        reply_error(x, reply, 400, "Query validation error! generation_id: Required");
        return;
    }
    if (!job) {
        reply_problem(x, reply, 404, "Generation not found");
        return;
    }
    pthread_mutex_lock(&list->lock);
    job->polls++;
    pthread_mutex_unlock(&list->lock);
    if (x->plan.fail_name)
        fail_now(x, job);
    reply_json(reply, 200, describe_job(x, job, job_status(list, job, now_us())));
    add_ids(x, reply, job);
}
