/* i2v: the stand-in gateway: building an answer and sending it, with the faults of its
 * transport: cut, slow, without end, with a wrong length.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "videos.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536

static const char json_type[] = "application/json; charset=utf-8";
static const char problem_type[] = "application/problem+json; charset=utf-8";

typedef struct Stream {
    const Gateway *gateway;
    Buffer body;
    int fd;
    uint64_t offset, size;        /* what there is to send */
    uint64_t end;                 /* where sending ends */
    int broken;                   /* it ends with a closed connection */
    struct MHD_Connection *reset; /* to be reset then, or NULL */
    char filling;
    double rate;
    uint64_t pause_at;
    double pause;
} Stream;

int gateway_sleep(const Gateway *gateway, double seconds)
{
    const struct timespec slice = {0, 20000000};
    int64_t end = now_us() + (int64_t)(seconds * 1e6), left;

    while (!gateway->stop && (left = end - now_us()) > 0) {
        struct timespec rest = {0, (long)left * 1000};

        nanosleep(left < 20000 ? &rest : &slice, NULL);
    }
    return gateway->stop ? -1 : 0;
}

/* Dissolving the association of a socket sends the reset at once; a close with SO_LINGER
 * would come after the orderly shutdown that libmicrohttpd begins with. */
void connection_reset(struct MHD_Connection *connection)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info)
        connect(info->connect_fd, &none, sizeof(none));
}

void reply_init(Reply *reply)
{
    *reply = (Reply){.fd = -1};
}

static void free_headers(Reply *reply)
{
    while (reply->nb_headers)
        free(reply->headers[--reply->nb_headers].value);
}

void reply_free(Reply *reply)
{
    buffer_free(&reply->body);
    if (reply->fd >= 0)
        close(reply->fd);
    reply->fd = -1;
    free_headers(reply);
}

void reply_header(Reply *reply, const char *name, char *value)
{
    if (reply->nb_headers == sizeof(reply->headers) / sizeof(*reply->headers)) {
        free(value);
        return;
    }
    reply->headers[reply->nb_headers].name = name;
    reply->headers[reply->nb_headers++].value = value;
}

static void drop_body(Reply *reply)
{
    buffer_free(&reply->body);
    if (reply->fd >= 0)
        close(reply->fd);
    reply->fd = -1;
}

void reply_text(Reply *reply, unsigned status, const char *type, const char *text)
{
    drop_body(reply);
    reply->status = status;
    reply->type = type;
    buffer_text(&reply->body, text);
}

void reply_json(Reply *reply, unsigned status, cJSON *body)
{
    char *text = cJSON_PrintUnformatted(body);

    cJSON_Delete(body);
    reply_text(reply, status, json_type, text ? text : "{}");
    free(text);
}

static void add_time(cJSON *body)
{
    char now[TIME_TEXT];

    format_time(now_us(), now);
    cJSON_AddStringToObject(body, "timestamp", now);
}

void reply_error(const Exchange *x, Reply *reply, unsigned status, const char *message)
{
    cJSON *body;

    if (x->gateway->profile) {
        videos_error(x, reply, status, message);
        return;
    }
    body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "message", message);
    cJSON_AddStringToObject(body, "path", x->uri);
    cJSON_AddStringToObject(body, "requestId", x->request_id);
    cJSON_AddNumberToObject(body, "statusCode", status);
    add_time(body);
    if (status == 404) {
        cJSON *error = cJSON_AddObjectToObject(body, "error");

        cJSON_AddStringToObject(error, "name", "NotFoundException");
        cJSON_AddStringToObject(error, "message", message);
    }
    reply_json(reply, status, body);
}

static const char *status_title(unsigned status)
{
    const char *title = MHD_get_reason_phrase_for(status);

    return title ? title : "Error";
}

void reply_problem(const Exchange *x, Reply *reply, unsigned status, const char *message)
{
    cJSON *body = cJSON_CreateObject(), *error;
    char *name = text_format("%sException", status_title(status)), *to = name;

    for (const char *from = name; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = 0;
    cJSON_AddStringToObject(body, "title", status_title(status));
    cJSON_AddNumberToObject(body, "status", status);
    cJSON_AddStringToObject(body, "message", message);
    cJSON_AddStringToObject(body, "instance", x->path);
    cJSON_AddStringToObject(body, "requestId", x->request_id);
    add_time(body);
    error = cJSON_AddObjectToObject(body, "error");
    cJSON_AddStringToObject(error, "name", name);
    cJSON_AddStringToObject(error, "message", message);
    reply_json(reply, status, body);
    reply->type = problem_type;
    free(name);
}

static const char *usual_message(int status)
{
    static const struct {
        int status;
        const char *message;
    } usual[] = {
        {400, "Body validation error!"},
        {401,
         "This request requires a valid API key. You can create a new API key on the "
         "Billing page: https://aimlapi.com/app/keys"},
        {403,
         "You've run out of credits. Please top up your balance or update your payment "
         "method to continue: https://aimlapi.com/app/billing/"},
        {404, "Not Found"},
        {429, "Too Many Requests"},
        {500, "Something wrong with the server. Please, try again later."},
        {502, "Bad Gateway"},
        {503, "Service unavailable"},
        {504, "Generation timeout"},
    };

    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
        if (usual[i].status == status)
            return usual[i].message;
    return status_title((unsigned)status);
}

/* As HTTP has it. */
static char *date_text(time_t at)
{
    char date[64];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return checked_strdup(date);
}

static void add_retry_after(const Plan *plan, Reply *reply)
{
    if (plan->retry_after < 0)
        return;
    if (!plan->retry_as_date) {
        reply_header(reply, "Retry-After", text_format("%d", plan->retry_after));
        return;
    }
    reply_header(reply, "Retry-After", date_text(time(NULL) + plan->retry_after));
}

void reply_scripted(const Exchange *x, Reply *reply)
{
    const Plan *plan = &x->plan;
    const char *message = plan->message ? plan->message : usual_message(plan->status);
    unsigned status = (unsigned)plan->status;
    char *page;

    if (plan->body == BODY_PROBLEM) {
        reply_problem(x, reply, status, message);
    } else if (plan->body == BODY_EMPTY) {
        reply_text(reply, status, NULL, "");
    } else if (plan->body == BODY_HTML || x->on_files) {
        page = text_format("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
                           "<center><h1>%d %s</h1></center>\r\n</body>\r\n</html>\r\n",
                           plan->status, status_title(status), plan->status,
                           plan->message ? plan->message : status_title(status));
        reply_text(reply, status, "text/html", page);
        free(page);
    } else {
        reply_error(x, reply, status, message);
    }
    add_retry_after(plan, reply);
}

void reply_redirect(const Exchange *x, Reply *reply)
{
    const Gateway *gateway = x->gateway;
    const char *to = x->plan.redirect, *base = NULL;

    if (!strcmp(to, "self"))
        base = x->on_files ? gateway->files_base : gateway->api_base;
    else if (!strcmp(to, "api"))
        base = gateway->api_base;
    else if (!strcmp(to, "files"))
        base = gateway->files_base;
    reply_text(reply, 302, "text/plain", "Found\n");
    reply_header(reply, "Location",
                 base ? text_format("%s%s", base, x->uri) : checked_strdup(to));
}

/* The faults that replace what would have been a good answer. */
void reply_spoil(const Exchange *x, Reply *reply)
{
    if (x->plan.garbage)
        reply_text(reply, 200, json_type, "{\"id\": \"video_\x01\xff <not JSON> \x80 ]]");
    else if (x->plan.empty)
        reply_text(reply, 200, x->on_files ? "video/mp4" : json_type, "");
    if (x->plan.no_headers)
        free_headers(reply);
}

static ssize_t read_source(const Stream *stream, uint64_t at, char *to, size_t size)
{
    if (at >= stream->size) {
        gateway_sleep(stream->gateway, 0.0005);
        memset(to, stream->filling, size);
        return (ssize_t)size;
    }
    if (size > stream->size - at)
        size = (size_t)(stream->size - at);
    if (stream->fd >= 0)
        return pread(stream->fd, to, size, (off_t)(stream->offset + at));
    memcpy(to, stream->body.data + at, size);
    return (ssize_t)size;
}

/* Older versions of libmicrohttpd have these as size_t. */
#define COMPLETE   ((ssize_t)MHD_CONTENT_READER_END_OF_STREAM)
#define BROKEN_OFF ((ssize_t)MHD_CONTENT_READER_END_WITH_ERROR)

static ssize_t stream_read(void *opaque, uint64_t at, char *to, size_t size)
{
    Stream *stream = opaque;
    ssize_t got;

    if (stream->gateway->stop)
        return BROKEN_OFF;
    if (at >= stream->end && stream->broken && stream->reset)
        connection_reset(stream->reset);
    if (at >= stream->end)
        return stream->broken ? BROKEN_OFF : COMPLETE;
    if (size > stream->end - at)
        size = (size_t)(stream->end - at);
    if (stream->pause > 0 && at >= stream->pause_at) {
        gateway_sleep(stream->gateway, stream->pause);
        stream->pause = 0;
    } else if (stream->pause > 0 && size > stream->pause_at - at) {
        size = (size_t)(stream->pause_at - at);
    }
    if (stream->rate > 0) {
        size_t most = (size_t)(stream->rate / 20) + 1;

        size = size > most ? most : size;
        gateway_sleep(stream->gateway, (double)size / stream->rate);
    }
    got = read_source(stream, at, to, size);
    return got > 0 ? got : BROKEN_OFF;
}

static void stream_free(void *opaque)
{
    Stream *stream = opaque;

    buffer_free(&stream->body);
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream);
}

/* The stream takes the body over. Returns the length to announce. */
static uint64_t plan_stream(const Exchange *x, Reply *reply, Stream *stream)
{
    const Plan *plan = &x->plan;
    uint64_t announced;

    *stream = (Stream){.gateway = x->gateway,
                       .body = reply->body,
                       .fd = reply->fd,
                       .reset = plan->reset ? x->connection : NULL,
                       .offset = reply->offset,
                       .filling = x->on_files ? 0 : ' ',
                       .rate = plan->slow,
                       .pause = plan->pause_at < 0 ? 0 : plan->pause};
    stream->size = reply->fd >= 0 ? reply->size : reply->body.size;
    stream->end = announced = stream->size;
    if (stream->pause > 0)
        stream->pause_at = (uint64_t)((double)stream->size * plan->pause_at);
    reply->body = (Buffer){0};
    reply->fd = -1;
    if (plan->wrong_length > 0) {
        announced += (uint64_t)plan->wrong_length;
        stream->broken = 1;
    } else if (plan->wrong_length < 0) {
        uint64_t less = (uint64_t)-plan->wrong_length;

        announced -= less < announced ? less : announced;
        stream->end = announced;
    }
    if (plan->cut >= 0) {
        stream->end = (uint64_t)((double)stream->size * plan->cut);
        stream->broken = 1;
    }
    if (plan->endless) {
        stream->end = (uint64_t)plan->endless;
        stream->broken = 1;
    }
    return plan->no_length || plan->endless ? MHD_SIZE_UNKNOWN : announced;
}

static struct MHD_Response *make_response(const Exchange *x, Reply *reply)
{
    Stream *stream = checked_alloc(sizeof(*stream));
    uint64_t announced = plan_stream(x, reply, stream);
    struct MHD_Response *response;

    if (announced)
        return MHD_create_response_from_callback(announced, BLOCK, stream_read, stream,
                                                 stream_free);
    stream_free(stream);
    response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    return response;
}

enum MHD_Result reply_send(Exchange *x, Reply *reply)
{
    unsigned status = reply->status;
    struct MHD_Response *response = make_response(x, reply);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    if (reply->type)
        MHD_add_response_header(response, "Content-Type", reply->type);
    MHD_add_response_header(response, "x-request-id", x->request_id);
    if (!x->plan.no_date) {
        char *date = date_text(time(NULL) + (time_t)x->plan.date);

        MHD_add_response_header(response, "Date", date);
        free(date);
    }
    for (int i = 0; i < reply->nb_headers; i++)
        MHD_add_response_header(response, reply->headers[i].name,
                                reply->headers[i].value);
    result = MHD_queue_response(x->connection, status, response);
    MHD_destroy_response(response);
    note_status(x, result == MHD_YES ? status : 0);
    return result;
}
