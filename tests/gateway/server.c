/* i2v: the stand-in gateway: its two ports, the way of a request through faults, routes
 * and checks. Every connection has a thread of its own, so an answer that is held back
 * holds up nobody else.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"
#include "videos.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is read of a body that is refused for its size, to be able to say so. */
#define DISCARD_LIMIT ((size_t)512 << 20)

typedef struct Route {
    const char *method, *path;
    Endpoint endpoint;
    int needs_key;
    void (*answer)(Exchange *x, Reply *reply);
} Route;

static const Route routes[] = {
    {"POST", "/v2/video/generations", ENDPOINT_CREATE, 1, api_create},
    {"GET", "/v2/video/generations", ENDPOINT_POLL, 1, api_poll},
    {"GET", "/v2/logs", ENDPOINT_LOGS, 1, api_logs},
    {"GET", "/v2/billing", ENDPOINT_MODELS, 1, api_billing},
    {"GET", "/v1/models", ENDPOINT_MODELS, 0, api_models},
    {"GET", "/v1/models/deprecations", ENDPOINT_MODELS, 0, api_deprecations},
    {"GET", "/docs-json", ENDPOINT_MODELS, 0, api_docs},
    {"PUT", "/control/faults", ENDPOINT_OTHER, 0, control_faults},
    {"GET", "/control/state", ENDPOINT_OTHER, 0, control_state},
    {"GET", "/control/counts", ENDPOINT_OTHER, 0, control_counts},
    {"GET", "/control/image", ENDPOINT_OTHER, 0, control_image},
    {"GET", "/control/clip", ENDPOINT_OTHER, 0, control_clip},
    {"POST", "/control/quit", ENDPOINT_OTHER, 0, control_quit},
    /* For URLs that are relative to those of the API. */
    {"GET", "/generations/", ENDPOINT_DOWNLOAD, 0, files_download},
};

static const Route video_routes[] = {
    {"POST", "/v1/videos", ENDPOINT_CREATE, 1, videos_create},
    {"GET", "/v1/videos", ENDPOINT_LOGS, 1, videos_list},
    {"GET", "/v1/videos/", ENDPOINT_POLL, 1, videos_one},
    {"DELETE", "/v1/videos/", ENDPOINT_CANCEL, 1, videos_one},
    {"GET", "/v1/models", ENDPOINT_MODELS, 1, videos_models},
    {"GET", "/health", ENDPOINT_OTHER, 0, videos_health},
};

static const Route file_routes[] = {
    {"GET", NULL, ENDPOINT_DOWNLOAD, 0, files_download},
    {"HEAD", NULL, ENDPOINT_DOWNLOAD, 0, files_download},
};

const char *job_status_name(JobStatus status)
{
    static const char *const names[] = {"queued", "generating", "completed", "error"};

    return names[status];
}

const char *exchange_header(const Exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *exchange_query(const Exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* A route with a slash at its end is one of all that lies below. */
static int path_fits(const char *route, const char *path)
{
    size_t length = route ? strlen(route) : 0;

    return !route || !strcmp(route, path) ||
           (route[length - 1] == '/' && !strncmp(route, path, length));
}

static const Route *find_in(const Route *table, size_t count, const Exchange *x)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(x->method, table[i].method) && path_fits(table[i].path, x->path))
            return &table[i];
    return NULL;
}

#define FIND_IN(table, x) find_in(table, sizeof(table) / sizeof(*(table)), x)

static const Route *find_route(const Exchange *x)
{
    if (x->on_files)
        return FIND_IN(file_routes, x);
    if (!x->gateway->profile || !strncmp(x->path, "/control/", 9))
        return FIND_IN(routes, x);
    return FIND_IN(video_routes, x);
}

/* A file is asked for below its video. */
static Endpoint endpoint_of(const Exchange *x)
{
    size_t length = strlen(x->path), tail = strlen("/content");

    if (!x->route)
        return ENDPOINT_OTHER;
    if (x->route->endpoint == ENDPOINT_POLL && x->gateway->profile && length > tail &&
        !strcmp(x->path + length - tail, "/content"))
        return ENDPOINT_DOWNLOAD;
    return x->route->endpoint;
}

static void read_client_request_id(Exchange *x)
{
    const char *id = exchange_header(x, "X-Client-Request-Id");
    size_t length = id ? strlen(id) : 0;

    if (length < 1 || length >= sizeof(x->client_request_id) ||
        strspn(id,
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") !=
            length)
        return;
    memcpy(x->client_request_id, id, length + 1);
}

static void begin(Exchange *x)
{
    char *problem = NULL;

    x->started = 1;
    x->route = find_route(x);
    x->endpoint = endpoint_of(x);
    read_client_request_id(x);
    if (faults_refresh(x->gateway->faults, &problem)) {
        fprintf(stderr, "i2v-gateway: %s\n", problem);
        free(problem);
    }
    faults_take(x->gateway->faults, x->endpoint, &x->plan);
    note_request(x);
}

/* The two faults that hold an answer back; -1 when the gateway stops meanwhile. */
static int hold_back(const Exchange *x)
{
    while (x->plan.hold && access(x->plan.hold, F_OK))
        if (gateway_sleep(x->gateway, 0.02))
            return -1;
    return gateway_sleep(x->gateway, x->plan.stall);
}

static int check_key(const Exchange *x, Reply *reply)
{
    if (x->gateway->profile)
        return videos_check_key(x, reply);

    const char *authorization = exchange_header(x, "Authorization");
    const char *key = x->gateway->api_key;

    if (authorization && !strncmp(authorization, "Bearer ", 7) &&
        !strcmp(authorization + 7, key))
        return 0;
    if (authorization && !strncmp(authorization, "Bearer", 6) &&
        !authorization[6 + strspn(authorization + 6, " ")])
        reply_problem(
            x, reply, 401,
            "You provided an empty string instead of valid API key. You can create "
            "a new API key on the Billing page: https://aimlapi.com/app/keys");
    else
        reply_problem(
            x, reply, 401,
            "This request requires a valid API key. You can create a new API key "
            "on the Billing page: https://aimlapi.com/app/keys");
    return -1;
}

static void answer_route(Exchange *x, Reply *reply)
{
    char *text;

    if (x->route && x->route->needs_key && check_key(x, reply))
        return;
    if (x->route) {
        x->route->answer(x, reply);
        return;
    }
    if (x->gateway->profile) {
        videos_no_route(x, reply);
        return;
    }
    text = text_format("Cannot %s %s", x->method, x->path);
    reply_error(x, reply, 404, text);
    free(text);
}

static int drops_before(const Plan *plan)
{
    return plan->drop_before ||
           (plan->reset && plan->drop_upload < 0 && !plan->drop_after && plan->cut < 0);
}

/* Fills in the reply; -1 when the connection is to be closed without one. */
static int fill_reply(Exchange *x, Reply *reply)
{
    const Plan *plan = &x->plan;
    int creates = x->endpoint == ENDPOINT_CREATE;

    if (drops_before(plan))
        return -1;
    if (!creates && hold_back(x))
        return -1;
    if (plan->status && !(creates && plan->taken))
        reply_scripted(x, reply);
    else if (plan->redirect)
        reply_redirect(x, reply);
    else
        answer_route(x, reply);
    if (creates && hold_back(x))
        return -1;
    if (plan->status && plan->taken && creates && reply->status < 300)
        reply_scripted(x, reply);
    if (plan->drop_after)
        return -1;
    if (reply->status < 300 || plan->taken)
        reply_spoil(x, reply);
    if (reply->status < 300)
        reply_code(x, reply);
    return 0;
}

/* Without an answer. */
static enum MHD_Result hang_up(const Exchange *x)
{
    if (x->plan.reset)
        connection_reset(x->connection);
    return MHD_NO;
}

static enum MHD_Result finish(Exchange *x)
{
    enum MHD_Result result;
    Reply reply;

    reply_init(&reply);
    if (fill_reply(x, &reply)) {
        note_status(x, 0);
        result = hang_up(x);
    } else {
        result = reply_send(x, &reply);
    }
    reply_free(&reply);
    return result;
}

static int take_upload(Exchange *x, const char *data, size_t size)
{
    x->received += size;
    if (x->body.size + size > BODY_LIMIT)
        x->too_large = 1;
    if (x->received > DISCARD_LIMIT)
        return -1;
    if (!x->too_large)
        buffer_append(&x->body, data, size);
    return 0;
}

static int drops_upload(const Exchange *x)
{
    return x->plan.drop_upload >= 0 &&
           x->received >= (unsigned long long)x->plan.drop_upload;
}

static enum MHD_Result handle(void *opaque, struct MHD_Connection *connection,
                              const char *path, const char *method, const char *version,
                              const char *data, size_t *size, void **context)
{
    Exchange *x = *context;

    (void)opaque;
    (void)version;
    x->connection = connection;
    x->path = path;
    x->method = method;
    if (!x->started) {
        begin(x);
        return drops_upload(x) ? hang_up(x) : MHD_YES;
    }
    if (*size) {
        if (take_upload(x, data, *size) || drops_upload(x))
            return hang_up(x);
        *size = 0;
        return MHD_YES;
    }
    return finish(x);
}

static Exchange *new_exchange(Gateway *gateway, const char *uri)
{
    Exchange *x = checked_alloc(sizeof(*x));

    x->gateway = gateway;
    x->uri = checked_strdup(uri);
    return x;
}

static void *open_api(void *opaque, const char *uri, struct MHD_Connection *connection)
{
    (void)connection;
    return new_exchange(opaque, uri);
}

static void *open_files(void *opaque, const char *uri, struct MHD_Connection *connection)
{
    Exchange *x = new_exchange(opaque, uri);

    (void)connection;
    x->on_files = 1;
    return x;
}

static void completed(void *opaque, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    Exchange *x = *context;

    (void)opaque;
    (void)connection;
    (void)code;
    if (!x)
        return;
    plan_free(&x->plan);
    buffer_free(&x->body);
    free(x->uri);
    free(x);
    *context = NULL;
}

/* A socket of our own: loopback only, not inherited by ffmpeg, at once free again. */
static int listen_on(unsigned short port, unsigned short *bound)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 128) ||
        getsockname(fd, (struct sockaddr *)&address, &size)) {
        fprintf(stderr, "i2v-gateway: cannot listen on 127.0.0.1:%u: %s\n", port,
                strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *bound = ntohs(address.sin_port);
    return fd;
}

static struct MHD_Daemon *start_daemon(Gateway *gateway, int fd,
                                       void *(*opened)(void *, const char *,
                                                       struct MHD_Connection *))
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, gateway->certificate.data},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, gateway->certificate_key.data},
        {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

    if (gateway->verbose)
        flags |= MHD_USE_ERROR_LOG;
    if (gateway->cert_file)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, gateway, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)262144, MHD_OPTION_CONNECTION_TIMEOUT,
        300u, MHD_OPTION_URI_LOG_CALLBACK, opened, gateway, MHD_OPTION_NOTIFY_COMPLETED,
        completed, gateway, MHD_OPTION_ARRAY, gateway->cert_file ? tls : none,
        MHD_OPTION_END);
}

static struct MHD_Daemon *serve_port(Gateway *gateway, int on_files, char **base)
{
    unsigned short port = on_files ? gateway->files_port : gateway->api_port;
    int fd = listen_on(port, &port);
    struct MHD_Daemon *daemon;

    if (fd < 0)
        return NULL;
    *base = text_format("http%s://127.0.0.1:%u", gateway->cert_file ? "s" : "", port);
    daemon = start_daemon(gateway, fd, on_files ? open_files : open_api);
    if (!daemon) {
        fputs("i2v-gateway: the server cannot be started (is the certificate good?)\n",
              stderr);
        close(fd);
    }
    return daemon;
}

int server_start(Gateway *gateway)
{
    /* The file server first: answers of the API name its port. */
    gateway->files = serve_port(gateway, 1, &gateway->files_base);
    if (gateway->files)
        gateway->api = serve_port(gateway, 0, &gateway->api_base);
    return gateway->api ? 0 : -1;
}

void server_stop(Gateway *gateway)
{
    if (gateway->api)
        MHD_stop_daemon(gateway->api);
    if (gateway->files)
        MHD_stop_daemon(gateway->files);
    free(gateway->api_base);
    free(gateway->files_base);
}
