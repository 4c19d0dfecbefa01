/* i2v: the stand-in gateway: the Videos API: creating a video.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "videos.h"
#include "form.h"
#include "image.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/base64.h>

/* Where a member of the form says what was in it; no field is named so. */
#define PARTS "(parts)"

/* A request as it is checked, and what becomes of it. */
typedef struct Request {
    cJSON *fields; /* texts as texts */
    Buffer still;  /* empty: none */
    int width, height, duration, rate;
    char *doomed; /* why it will fail, NULL: it will not */
} Request;

typedef struct Refusal {
    unsigned status;
    char *message; /* to be freed; NULL: none */
} Refusal;

static void refuse(Refusal *refusal, unsigned status, char *message)
{
    if (refusal->message)
        free(message);
    else
        *refusal = (Refusal){status, message};
}

static const char *text_of(const Request *r, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->fields, name));
}

/* Reading the body */

static void take_file(const FormPart *part, Request *r)
{
    buffer_free(&r->still);
    buffer_append(&r->still, part->data, part->size);
}

static void note_part(cJSON *parts, const FormPart *part)
{
    cJSON *note = cJSON_CreateObject();

    cJSON_AddStringToObject(note, "name", part->name);
    if (part->filename)
        cJSON_AddStringToObject(note, "filename", part->filename);
    if (part->type)
        cJSON_AddStringToObject(note, "type", part->type);
    cJSON_AddNumberToObject(note, "bytes", (double)part->size);
    cJSON_AddItemToArray(parts, note);
}

/* A text part above a megabyte is refused by the servers' framework, and an empty one is
 * a value or not by its version: a client had better send neither. */
static void take_part(const FormPart *part, Request *r, Refusal *refusal)
{
    char *text;

    if (part->filename) {
        if (strchr(part->filename, '/') || strchr(part->filename, '\\'))
            refuse(refusal, 400,
                   text_format("a file name with a path: %s", part->filename));
        if (!strcmp(part->name, "input_reference"))
            take_file(part, r);
        else
            refuse(refusal, 400, text_format("unexpected file part %s", part->name));
        return;
    }
    if (part->size > 1024 * 1024) {
        refuse(refusal, 400, checked_strdup("Part exceeded maximum size of 1024KB."));
        return;
    }
    if (!part->size || !utf8_valid(part->data, part->size))
        refuse(refusal, 400,
               text_format("the part %s is %s", part->name,
                           part->size ? "no text" : "empty"));
    if (!strcmp(part->name, "input_reference"))
        refuse(refusal, 422,
               checked_strdup("Expected UploadFile, received: <class 'str'>"));
    text = checked_alloc(part->size + 1);
    memcpy(text, part->data, part->size);
    text[part->size] = 0;
    cJSON_DeleteItemFromObjectCaseSensitive(r->fields, part->name);
    cJSON_AddStringToObject(r->fields, part->name, text);
    free(text);
}

static void read_form(Exchange *x, const char *type, Request *r, Refusal *refusal)
{
    Form form;
    const char *problem = form_read(type, &x->body, &form);
    cJSON *parts = cJSON_AddArrayToObject(r->fields, PARTS);

    if (problem)
        refuse(refusal, 400, checked_strdup(problem));
    for (int i = 0; !problem && i < form.nb_parts; i++) {
        note_part(parts, &form.parts[i]);
        take_part(&form.parts[i], r, refusal);
    }
    form_free(&form);
}

/* A data: URI, as gateways and clients send it in JSON. */
static void take_data(const char *url, Request *r, Refusal *refusal)
{
    const char *comma = url ? strchr(url, ',') : NULL;
    int size;

    if (!url || strncmp(url, "data:image/", 11) || !comma) {
        refuse(refusal, 400,
               checked_strdup("Invalid request body: the reference must be "
                              "a data: URI here"));
        return;
    }
    buffer_append(&r->still, comma, strlen(comma)); /* long enough for what is in it */
    size = av_base64_decode((uint8_t *)r->still.data, comma + 1, (int)strlen(comma));
    r->still.size = size > 0 ? (size_t)size : 0;
}

static void read_json(const Exchange *x, Request *r, Refusal *refusal)
{
    cJSON *json = x->body.data ? cJSON_Parse(x->body.data) : NULL, *item;
    const cJSON *reference = cJSON_GetObjectItemCaseSensitive(json, "input_reference");
    const char *url =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "reference_url"));

    if (!cJSON_IsObject(json))
        refuse(refusal, 400, checked_strdup("Invalid request body: not an object"));
    if (!url)
        url = cJSON_GetStringValue(
            cJSON_GetObjectItemCaseSensitive(reference, "image_url"));
    if (url)
        take_data(url, r, refusal);
    cJSON_ArrayForEach(item, json)
    {
        char *text = cJSON_IsString(item) ? checked_strdup(item->valuestring)
                                          : cJSON_PrintUnformatted(item);
        if (item != reference && strcmp(item->string, "reference_url"))
            cJSON_AddStringToObject(r->fields, item->string, text);
        free(text);
    }
    cJSON_Delete(json);
}

/* Checking it */

static int is_whole(const char *text)
{
    return *text >= '1' && *text <= '9' && !text[strspn(text, "0123456789")];
}

static void check_number(const Request *r, const char *name, double low, double high,
                         int whole, Refusal *refusal)
{
    const char *text = text_of(r, name);
    double value;

    if (text &&
        (parse_number(text, low, high, &value) || (whole && floor(value) != value)))
        refuse(refusal, 400,
               text_format("1 validation error:\n  {'loc': ('body', '%s'), 'input': "
                           "'%s'}",
                           name, text));
}

static void check_numbers(const Request *r, Refusal *refusal)
{
    check_number(r, "num_frames", 1, 1e6, 1, refusal);
    check_number(r, "fps", 1, 1000, 0, refusal);
    check_number(r, "num_inference_steps", 1, 200, 1, refusal);
    check_number(r, "guidance_scale", 0, 20, 0, refusal);
    check_number(r, "guidance_scale_2", 0, 20, 0, refusal);
    check_number(r, "boundary_ratio", 0, 1, 0, refusal);
    check_number(r, "flow_shift", -1e6, 1e6, 0, refusal);
    check_number(r, "seed", -2e19, 2e19, 1, refusal);
}

static void check_size(Request *r, Refusal *refusal)
{
    const char *size = text_of(r, "size");
    int length = 0;

    r->width = 832;
    r->height = 480;
    if (!size)
        return;
    if (!isdigit((unsigned char)*size) ||
        sscanf(size, "%5dx%5d%n", &r->width, &r->height, &length) != 2 || size[length]) {
        refuse(refusal, 400,
               checked_strdup("size must be formatted as positive WIDTHxHEIGHT"));
    } else if (r->width < 16 || r->height < 16 || r->width % 16 || r->height % 16) {
        r->doomed = checked_strdup("`height` and `width` have to be divisible by 16");
        r->width = r->height = 64;
    }
}

static void check_length(Request *r, Refusal *refusal)
{
    const char *seconds = text_of(r, "seconds"), *fps = text_of(r, "fps");
    const char *frames = text_of(r, "num_frames");

    r->rate = fps ? (int)lround(atof(fps)) : 24;
    if (r->rate < 1)
        r->rate = 1;
    if (seconds && !is_whole(seconds))
        refuse(refusal, 400,
               text_format("1 validation error:\n  {'loc': ('body', 'seconds'), 'input': "
                           "'%s'}",
                           seconds));
    r->duration = seconds ? atoi(seconds) : 1;
    if (frames)
        r->duration = (int)ceil(atof(frames) / r->rate);
}

static void check_extra(const Request *r, Refusal *refusal)
{
    static const char *const names[] = {"extra_params", "lora", "image_reference"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *text = text_of(r, names[i]);
        cJSON *json = text ? cJSON_Parse(text) : NULL;

        if (text && !cJSON_IsObject(json))
            refuse(refusal, 400, checked_strdup("Invalid JSON in form field."));
        cJSON_Delete(json);
    }
    if (text_of(r, "image_reference") && r->still.size)
        refuse(refusal, 400,
               checked_strdup("Provide input_reference or image_reference, not both."));
}

static void check_model(const Exchange *x, const Request *r, Refusal *refusal)
{
    const Profile *profile = x->gateway->profile;
    const char *model = text_of(r, "model");

    if (!model && profile->needs_model)
        refuse(refusal, 400, checked_strdup("model is required"));
    if (model && (profile->checks_model || profile->needs_model) &&
        strcmp(model, profile->model))
        refuse(refusal, 400,
               text_format("Model mismatch: request specifies '%s' but server is running "
                           "'%s'.",
                           model, profile->model));
}

static void check(const Exchange *x, Request *r, Refusal *refusal)
{
    if (!text_of(r, "prompt"))
        refuse(refusal, 400, checked_strdup("prompt is required"));
    check_model(x, r, refusal);
    check_size(r, refusal);
    check_length(r, refusal);
    check_numbers(r, refusal);
    check_extra(r, refusal);
    if (!r->still.size && x->gateway->profile->needs_image)
        refuse(refusal, 400,
               checked_strdup("input_reference or reference_url is required for "
                              "image-to-video generation"));
    if (!r->still.size && !r->doomed)
        r->doomed = checked_strdup("the model needs an image");
}

/* Taking it */

static char *make_id(const Exchange *x, const char *digest)
{
    const Profile *profile = x->gateway->profile;
    char *own = text_format(profile->id, digest, digest + 8, digest + 12, digest + 16,
                            digest + 20);
    char coded[512], *inner, *id;

    if (!profile->needs_model)
        return own;
    inner = text_format("litellm:custom_llm_provider:hosted_vllm;model_id:%s;video_id:%s",
                        profile->model, own);
    id = text_format("video_%s", av_base64_encode(coded, sizeof(coded), (uint8_t *)inner,
                                                  (int)strlen(inner)));
    free(inner);
    free(own);
    return id;
}

static Job *make_job(const Exchange *x, int number, Request *r, const Image *image)
{
    const Plan *plan = &x->plan;
    Job *job = checked_alloc(sizeof(*job));
    char digest[DIGEST_TEXT], *seed;

    *job = (Job){.number = number,
                 .model = checked_strdup(x->gateway->profile->model),
                 .created_us = now_us(),
                 .latency = x->gateway->latency,
                 .width = r->width,
                 .height = r->height,
                 .duration = r->duration,
                 .rate = r->rate,
                 .rows = plan->rows ? plan->rows : ROWS_NOW,
                 .rows_late = plan->rows_late,
                 .kind = plan->has_clip ? plan->clip : CLIP_WHOLE};
    sha256_text(x->body.data, x->body.size, digest);
    job->body_digest = checked_strdup(digest);
    seed = text_format("%d %s", number, digest);
    sha256_text(seed, strlen(seed), digest);
    free(seed);
    job->id = make_id(x, digest);
    job->request_id = checked_strdup(x->request_id);
    job->clip = text_format("/generations/videos/%.32s.mp4", digest);
    job->image = (JobImage){.mime = checked_strdup(image->mime),
                            .kind = checked_strdup("file"),
                            .digest = checked_strdup(image->digest),
                            .file = text_format("still-%d", number),
                            .size = (long long)image->bytes.size,
                            .width = image->width,
                            .height = image->height};
    if (r->doomed || plan->fail_name) {
        job->fail_name = checked_strdup(plan->fail_name ? plan->fail_name : "ValueError");
        job->fail_message = checked_strdup(r->doomed ? r->doomed : plan->fail_message);
        job->fail_at = job->latency;
    }
    job->fields = r->fields;
    r->fields = NULL;
    return job;
}

static Job *take(Exchange *x, Request *r, Refusal *refusal)
{
    JobList *list = &x->gateway->jobs;
    int number = jobs_next_number(list);
    char *file = text_format("%s/still-%d", list->directory, number), *problem = NULL;
    Image image = {.mime = "image/png", .kind = "file"};
    Job *job = NULL;

    if (r->still.size) {
        problem = image_take(&r->still, file, &image, &x->gateway->stop);
        r->still = (Buffer){0}; /* the image has it */
    }
    if (problem && x->gateway->profile->checks_image)
        refuse(refusal, 400,
               checked_strdup("Invalid input_reference: provided content is not a valid "
                              "image."));
    else if (problem && !r->doomed)
        r->doomed = checked_strdup("cannot identify image file");
    free(problem);
    if (!refusal->message) {
        job = make_job(x, number, r, &image);
        if (jobs_add(list, job)) {
            refuse(refusal, 500, checked_strdup("The stand-in cannot write its state"));
            job = NULL;
        }
    }
    if (!job)
        unlink(file);
    buffer_free(&image.bytes);
    free(file);
    return job;
}

void videos_create(Exchange *x, Reply *reply)
{
    const char *type = exchange_header(x, "Content-Type");
    Request request = {.fields = cJSON_CreateObject()};
    Refusal refusal = {0};
    Job *job = NULL;

    if (x->too_large)
        refuse(&refusal, 413, checked_strdup("Request Entity Too Large"));
    else if (type && !strncasecmp(type, "multipart/form-data;", 20))
        read_form(x, type, &request, &refusal);
    else if (x->gateway->profile->takes_json)
        read_json(x, &request, &refusal);
    else
        refuse(&refusal, 400,
               checked_strdup("1 validation error:\n  {'type': 'missing', 'loc': "
                              "('body', 'prompt'), 'msg': 'Field required'}"));
    if (!refusal.message)
        check(x, &request, &refusal);
    if (!refusal.message)
        job = take(x, &request, &refusal);
    if (job) {
        pthread_mutex_lock(&x->gateway->lock);
        x->gateway->accepted++;
        pthread_mutex_unlock(&x->gateway->lock);
        reply_json(reply, x->gateway->profile->created,
                   videos_describe(x, job, JOB_QUEUED));
    } else {
        videos_error(x, reply, refusal.status, refusal.message);
    }
    cJSON_Delete(request.fields);
    buffer_free(&request.still);
    free(request.doomed);
    free(refusal.message);
}
