/* i2v: one libcurl exchange: limits, redirects, time-outs, secrets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/http.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "base/clock.h"
#include "base/http_sessions.h"
#include "base/socket.h"
#include "base/url.h"

/* A server that takes longer than this to accept a connection is not there. */
#define CONNECT_US (30 * 1000000LL)

/* For a time-out of libcurl's that must not come; less than what it can add up. */
#define NEVER_SECONDS (1000000L)

/* Bytes of a body that are kept back until those before them are acknowledged. */
#define LAST_PIECE 1024

/* An address of each kind is tried at the same time, and others after these. */
#define MAX_SOCKETS 8

/* An acknowledgment wakes nobody: while one is waited for, it is looked for so often. */
#define HELD_MS 5

/* Body of an answer that is not what was asked for: enough to quote from. */
#define MAX_ERROR_BODY (256 * 1024)

struct Http {
    CURLM *multi;
    HttpExchange *first;
    bool abandoned; ///< a name look-up was left behind: cleaning up would wait for it
};

struct HttpExchange {
    Http *http;
    HttpExchange *next;
    HttpRequest request;
    HttpReply reply;
    CURL *easy;
    struct curl_slist *headers;
    char message[CURL_ERROR_SIZE];
    int64_t started;          ///< clock_now(), microseconds
    BodyReader body;          ///< of the request
    size_t unsent;            ///< bytes of it that libcurl has not been given
    size_t allocated;         ///< bytes behind reply.body
    int64_t received;         ///< bytes of the reply's body
    int sockets[MAX_SOCKETS]; ///< that were made for it, one of which was connected
    int sockets_made;
    bool held;       ///< the last piece of the body is kept back
    int64_t held_at; ///< since then, clock_now()
    bool closed;     ///< and will not go: the peer takes no more
    bool enough;     ///< of the body of an error
    bool as_it_is;   ///< the body is not decoded
    bool resolving;  ///< a name is being looked up
    bool left;       ///< by its caller while that went on: it goes no further
    bool done;
};

static void init_libcurl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

Http *http_alloc(void)
{
    /* curl_global_init() is not thread-safe everywhere. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_libcurl);

    Http *http = av_mallocz(sizeof(*http));
    if (http && !(http->multi = curl_multi_init()))
        av_freep(&http);
    return http;
}

void http_free(Http **http)
{
    if (!*http)
        return;
    while ((*http)->first) {
        HttpExchange *exchange = (*http)->first;
        http_end(&exchange);
    }
    if (!(*http)->abandoned)
        curl_multi_cleanup((*http)->multi);
    av_freep(http);
}

static void fail(HttpExchange *exchange, int error, const char *why)
{
    if (exchange->reply.error)
        return;
    exchange->reply.error = error;
    av_strlcpy(exchange->reply.why, why, sizeof(exchange->reply.why));
}

/* 0 = there is none yet */
static int status_of(const HttpExchange *exchange)
{
    long status = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* libcurl's callbacks */

/* What the peer's TCP has of what was given to the socket. libcurl tells a transfer's
 * socket only once it has ended, and its port before. */
static SocketPeer peer_of(const HttpExchange *exchange)
{
    int made = FFMIN(exchange->sockets_made, MAX_SOCKETS);
    long port = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_LOCAL_PORT, &port);
    return socket_peer(exchange->sockets, made, port);
}

/* The last bytes are kept back until all before them have arrived at the other side. A
 * connection that is lost before has not brought the request there. */
static size_t give_body(char *buffer, size_t size, size_t count, void *opaque)
{
    HttpExchange *exchange = opaque;
    const HttpRequest *request = &exchange->request;
    size_t piece = size * count;

    if (exchange->unsent > LAST_PIECE)
        piece = FFMIN(piece, exchange->unsent - LAST_PIECE);
    if (piece >= exchange->unsent) {
        if (exchange->unsent && request->on_last_byte) {
            if (peer_of(exchange) != SOCKET_HAS_ALL) {
                exchange->held = true;
                exchange->held_at = clock_now();
                return CURL_READFUNC_PAUSE;
            }
            int ret = request->on_last_byte(request->opaque);
            if (ret < 0) {
                exchange->reply.from_callback = true;
                fail(exchange, ret, "stopped before the request was complete");
                return CURL_READFUNC_ABORT;
            }
        }
        exchange->reply.sent = true;
    }
    piece = body_read(&exchange->body, buffer, piece);
    exchange->unsent -= piece;
    return piece;
}

static size_t take_header(char *data, size_t size, size_t count, void *opaque)
{
    HttpExchange *exchange = opaque;
    size_t length = size * count;
    char *line, *value;

    if (length > 5 && !strncasecmp(data, "HTTP/", 5)) {
        reply_clear_fields(&exchange->reply);
        return length;
    }
    if (!(line = av_strndup(data, length)))
        return 0;
    line[strcspn(line, "\r\n")] = '\0';
    value = strchr(line, ':');
    if (value && !(exchange->as_it_is && av_stristart(line, "Content-Encoding:", NULL))) {
        *value++ = '\0';
        value += strspn(value, " \t");
        for (size_t end = strlen(value); end && strchr(" \t", value[end - 1]);)
            value[--end] = '\0';
        reply_take_field(&exchange->reply, line, value);
        if (exchange->request.on_header)
            exchange->request.on_header(exchange->request.opaque, line, value);
    }
    av_free(line);
    return length;
}

static int collect(HttpExchange *exchange, const char *data, size_t size)
{
    HttpReply *reply = &exchange->reply;
    if (reply->size + size + 1 > exchange->allocated) {
        size_t wanted = 2 * (reply->size + size + 1);
        char *body = av_realloc(reply->body, wanted);
        if (!body)
            return AVERROR(ENOMEM);
        reply->body = body;
        exchange->allocated = wanted;
    }
    memcpy(reply->body + reply->size, data, size);
    reply->size += size;
    reply->body[reply->size] = '\0';
    return 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *opaque)
{
    HttpExchange *exchange = opaque;
    const HttpRequest *request = &exchange->request;
    size_t length = size * count;
    int status = exchange->reply.status = status_of(exchange), ret;
    bool wanted = status >= 200 && status < 300;

    exchange->received += (int64_t)length;
    if (!wanted && exchange->received > MAX_ERROR_BODY) {
        exchange->enough = true;
        return 0;
    }
    if (wanted && exchange->received > request->max_size) {
        fail(exchange, AVERROR(EFBIG), "the answer is larger than it may be");
        return 0;
    }
    if (wanted && request->on_data) {
        ret = request->on_data(request->opaque, &exchange->reply, (const uint8_t *)data,
                               length);
        exchange->reply.from_callback = ret < 0;
    } else {
        ret = collect(exchange, data, length);
    }
    if (ret < 0) {
        fail(exchange, ret, "the answer could not be kept");
        return 0;
    }
    return length;
}

/* Names: of the server, and of wherever it redirects to */

static int begin_resolving(void *resolver, void *reserved, void *opaque)
{
    HttpExchange *exchange = opaque;
    (void)resolver;
    (void)reserved;
    exchange->resolving = true;
    return 0;
}

/* A socket is made once the name is known. */
static int end_resolving(void *opaque, curl_socket_t socket, curlsocktype purpose)
{
    HttpExchange *exchange = opaque;
    (void)purpose;
    exchange->resolving = false;
    exchange->sockets[exchange->sockets_made++ % MAX_SOCKETS] = socket;
    exchange->started = clock_now();
    return exchange->left ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
}

/* libcurl's own time-outs would wait for a name look-up in its thread, deaf to
 * interrupts; the resolver has limits of its own, so ours begin after it. */
static void watch_resolving(HttpExchange *exchange)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, begin_resolving);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, exchange);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, end_resolving);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, NEVER_SECONDS);
}

/* Starting an exchange */

static void limit_protocols(CURL *easy, bool allow_http)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *protocols = allow_http ? "http,https" : "https";
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
#else
    long protocols = allow_http ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
}

static int add_header(HttpExchange *exchange, const char *line)
{
    struct curl_slist *list = curl_slist_append(exchange->headers, line);
    if (!list)
        return AVERROR(ENOMEM);
    exchange->headers = list;
    return 0;
}

static int add_field(HttpExchange *exchange, const char *name, const char *value)
{
    char *line = av_asprintf("%s %s", name, value);
    int ret = line ? add_header(exchange, line) : AVERROR(ENOMEM);

    av_free(line);
    return ret;
}

static int set_headers(HttpExchange *exchange)
{
    const HttpRequest *r = &exchange->request;
    int ret = 0;

    if (r->bearer)
        ret = add_field(exchange, "Authorization: Bearer", r->bearer);
    if (ret >= 0 && r->bearer && !r->on_data)
        ret = add_header(exchange, "Accept: application/json");
    if (ret >= 0 && r->header)
        ret = add_header(exchange, r->header);
    if (ret >= 0 && r->body)
        ret =
            add_field(exchange, "Content-Type:", r->type ? r->type : "application/json");
    /* Or bodies above a megabyte wait a second for a "100 Continue". */
    if (ret >= 0 && r->body)
        ret = add_header(exchange, "Expect:");
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
    return ret;
}

static void set_body(HttpExchange *exchange)
{
    const HttpRequest *request = &exchange->request;
    CURL *easy = exchange->easy;

    exchange->body = (BodyReader){.parts = request->body, .count = request->body_parts};
    exchange->unsent = body_size(request->body, request->body_parts);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->unsent);
    /* On a reused connection libcurl sends a request again that the server may have
     * taken. A fresh one, and a body that cannot be rewound, keep a POST from going out
     * twice. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
}

static int set_up(HttpExchange *exchange)
{
    const HttpRequest *request = &exchange->request;
    CURL *easy = exchange->easy;

    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->message);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE, http_sessions());
    /* What a proxy says of the tunnel is not the answer. */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "i2v/" I2V_VERSION);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    /* Even to the same origin the key goes only where it was sent on purpose. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION,
                     request->max_redirects > 0 && !request->bearer ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)request->max_redirects);
    if (request->range_from > 0) {
        /* Not RESUME_FROM: that makes an error of a server that ignores ranges. */
        char range[32];
        snprintf(range, sizeof(range), "%lld-", (long long)request->range_from);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
    /* "" asks for what libcurl decodes. Either way it decodes what comes unasked, and its
     * limits hold for the decoded bytes: they are what the callbacks are given. */
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request->plain ? "identity" : "");
    limit_protocols(easy, request->allow_http);
    if (request->stall_ms) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         (request->stall_ms + 999L) / 1000L);
    }
    if (request->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
    /* Or http_proxy would be handed what was meant for this machine, key included. */
    if (url_is_loopback(request->url))
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    watch_resolving(exchange);
    if (request->method) { /* as with a body, it must not go out twice */
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    if (request->body)
        set_body(exchange);
    return set_headers(exchange);
}

int http_start(Http *http, const HttpRequest *request, HttpExchange **exchange)
{
    if (!av_stristart(request->url, "https://", NULL) &&
        !(request->allow_http && av_stristart(request->url, "http://", NULL)))
        return AVERROR(EINVAL);

    HttpExchange *x = av_mallocz(sizeof(*x));
    if (!x)
        return AVERROR(ENOMEM);
    x->http = http;
    x->next = http->first;
    http->first = x;
    x->request = *request;
    x->started = clock_now();
    reply_clear_fields(&x->reply);

    int ret = AVERROR(ENOMEM);
    x->easy = curl_easy_init();
    if (!x->easy || (ret = set_up(x)) < 0)
        goto fail;
    if (curl_multi_add_handle(http->multi, x->easy) != CURLM_OK) {
        ret = AVERROR(ENOMEM);
        goto fail;
    }
    *exchange = x;
    return 0;
fail:
    x->done = true;
    http_end(&x);
    return ret;
}

/* Driving */

/* What is announced in a coding that it is not in, or in one that nobody knows, is asked
 * for once more and taken as it comes. Not a range, which may be one of the coded bytes;
 * nor what may cost money.
 * @return whether it goes on */
static bool go_on_undecoded(HttpExchange *exchange, CURLcode code)
{
    if (code == CURLE_OK || exchange->reply.error || !exchange->reply.coded ||
        exchange->received || exchange->request.body || exchange->request.method ||
        exchange->request.range_from || exchange->as_it_is)
        return false;
    exchange->as_it_is = true;
    curl_easy_setopt(exchange->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    return curl_multi_add_handle(exchange->http->multi, exchange->easy) == CURLM_OK;
}

static void finish(HttpExchange *exchange, CURLcode code)
{
    const char *redirect = NULL;

    exchange->reply.status = status_of(exchange);
    curl_easy_getinfo(exchange->easy, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect)
        exchange->reply.redirect = av_strdup(redirect);
    if (code != CURLE_OK && !exchange->enough)
        fail(exchange, reply_error((int)code),
             exchange->message[0] ? exchange->message : curl_easy_strerror(code));
    reply_settle_times(&exchange->reply);
    exchange->done = true;
    exchange->resolving = false;
}

static void check_limits(HttpExchange *exchange)
{
    int64_t elapsed = clock_now() - exchange->started;
    curl_off_t ready = 0;

    if (exchange->done || exchange->resolving)
        return;
    /* Not CONNECT_TIME, which stays 0 on a connection that is used again. */
    curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (exchange->request.total_ms && elapsed > exchange->request.total_ms * 1000LL)
        fail(exchange, AVERROR(ETIMEDOUT), "no complete answer in time");
    else if (!ready && elapsed > CONNECT_US)
        fail(exchange, AVERROR(ETIMEDOUT), "no connection in time");
    else if (exchange->held && exchange->request.stall_ms &&
             clock_now() - exchange->held_at > exchange->request.stall_ms * 1000LL)
        fail(exchange, AVERROR(ETIMEDOUT), "the server stopped taking the request");
    else if (!exchange->held || !exchange->closed)
        return;
    else if (status_of(exchange) < 200) /* else it has answered, and libcurl waits on */
        fail(exchange, AVERROR(ECONNRESET), "the connection was lost during the upload");
    curl_multi_remove_handle(exchange->http->multi, exchange->easy);
    finish(exchange, CURLE_OK);
}

/* Let the last piece of a body go whose others have arrived. libcurl, which has read the
 * peer's end, would wait for it without end where the peer takes no more; what the peer
 * has answered before it is read first.
 * @return whether one is still kept back */
static bool release(Http *http)
{
    bool held = false;

    for (HttpExchange *x = http->first; x; x = x->next) {
        if (!x->held || x->done)
            continue;
        SocketPeer peer = peer_of(x);
        x->held = peer != SOCKET_HAS_ALL;
        x->closed = peer == SOCKET_CLOSED;
        held |= x->held;
        if (!x->held)
            curl_easy_pause(x->easy, CURLPAUSE_CONT);
    }
    return held;
}

/* A peer that closes early must not end the host by SIGPIPE, and how the host handles
 * that signal is its own: block it here, and take back what came meanwhile. */
static CURLMcode perform(Http *http, int ms)
{
    const struct timespec at_once = {0};
    sigset_t pipe, old, pending;
    CURLMcode code;
    int running, news = 0;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    if (release(http))
        ms = FFMIN(ms, HELD_MS);
    code = curl_multi_perform(http->multi, &running);
    if (code == CURLM_OK && running) {
        int64_t before = clock_now();
        code = curl_multi_poll(http->multi, NULL, 0, ms, &news);
        if (!news)
            clock_pass(before, ms);
    }
    if (code == CURLM_OK)
        code = curl_multi_perform(http->multi, &running);
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &at_once) == -1 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return code;
}

int http_drive(Http *http, int ms)
{
    CURLMsg *message;
    int left;

    if (perform(http, ms) != CURLM_OK)
        return AVERROR_EXTERNAL;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        char *exchange = NULL;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
        curl_multi_remove_handle(http->multi, easy);
        if (!go_on_undecoded((HttpExchange *)exchange, code))
            finish((HttpExchange *)exchange, code);
    }
    for (HttpExchange *x = http->first; x; x = x->next)
        check_limits(x);
    return 0;
}

const HttpReply *http_reply(const HttpExchange *exchange)
{
    return exchange->done ? &exchange->reply : NULL;
}

void http_end(HttpExchange **exchange)
{
    HttpExchange *x = *exchange;
    if (!x)
        return;
    *exchange = NULL;

    HttpExchange **link = &x->http->first;
    while (*link != x)
        link = &(*link)->next;
    *link = x->next;

    if (x->resolving) {
        /* Removing it would wait for the resolver: a bounded leak is the lesser evil. The
         * handles keep what they were given, and x goes no further than that. */
        x->left = true;
        x->http->abandoned = true;
        return;
    }
    if (x->easy) {
        if (!x->done)
            curl_multi_remove_handle(x->http->multi, x->easy);
        curl_easy_cleanup(x->easy);
    }
    curl_slist_free_all(x->headers);
    reply_clear(&x->reply);
    av_free(x);
}

void http_take_reply(HttpExchange *exchange, HttpReply *reply)
{
    *reply = exchange->reply;
    exchange->reply.body = exchange->reply.redirect = NULL;
}
