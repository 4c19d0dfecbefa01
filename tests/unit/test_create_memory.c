/* i2v: unit tests of a create call without memory: each allocation fails in turn, and the
 * creates are counted
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cjson/cJSON.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "job/job.h"
#include "server.h"

/* Memory: what the plugin takes from libavutil, and cJSON's own. */

static int allocations_left = -1; ///< before one is refused, below 0 = none is

static bool refused(void)
{
    if (allocations_left < 0 || allocations_left--)
        return false;
    errno = ENOMEM;
    return true;
}

void *__real_av_malloc(size_t size);
void *__real_av_mallocz(size_t size);
char *__real_av_strdup(const char *text);
void *__wrap_av_malloc(size_t size);
void *__wrap_av_mallocz(size_t size);
char *__wrap_av_strdup(const char *text);
char *__wrap_av_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *__wrap_av_malloc(size_t size)
{
    return refused() ? NULL : __real_av_malloc(size);
}

void *__wrap_av_mallocz(size_t size)
{
    return refused() ? NULL : __real_av_mallocz(size);
}

char *__wrap_av_strdup(const char *text)
{
    return refused() ? NULL : __real_av_strdup(text);
}

char *__wrap_av_asprintf(const char *format, ...)
{
    char *text = refused() ? NULL : __real_av_malloc(4096);
    va_list args;

    va_start(args, format);
    if (text)
        vsnprintf(text, 4096, format, args);
    va_end(args);
    return text;
}

static void *json_malloc(size_t size)
{
    return refused() ? NULL : malloc(size);
}

/* A gateway that accepts everything. */
static const char job[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n"
    "{\"id\":\"g:1\",\"status\":\"queued\"}\n";

static const ServerScript script[] = {
    {"/v2/video/generations", job, 0},
    {"/v2/video/generations?generation_id=g%3A1", job, 0},
    {NULL, NULL, 0},
};

static Server *server;
static int made_syncs; ///< connections of count_creates() to it

/* Create calls that arrived whole. The server takes one connection after the other:
 * behind one of ours it has seen all. */
static int count_creates(void)
{
    static const char last[] = "GET /last HTTP/1.1\r\n\r\n";
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), creates = 0, syncs = 0;

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(fd, last, strlen(last)), strlen(last));
    close(fd);
    made_syncs++;
    for (int i = 0; syncs < made_syncs; i++) {
        server_count(server, i + 1);
        const ServerSeen *seen = server_seen(server, i);
        creates +=
            !strncmp(seen->head, "POST ", 5) && (long)seen->body == seen->announced;
        syncs += !strncmp(seen->head, "GET /last", 9);
    }
    return creates;
}

/* A request that is another one for each number; the engine fetches its still. */
static Request *make_request(int number)
{
    char pairs[512];
    Request *request;

    snprintf(pairs, sizeof(pairs),
             "prompt=number %d|fit=none|max_wait=0|base_url=http://127.0.0.1:%d|store=%s",
             number, server_port(server), temp_path("store"));
    assert_int_equal(check_pairs("http://127.0.0.1/still.png", pairs, &request), 0);
    assert_int_equal(request_settle(request, NULL, NULL, NULL), 0);
    return request;
}

/* Until the gateway has answered. */
static int bring(Request *request, Store *store)
{
    Still *still = NULL, *end = NULL;
    EngineBody body = {0};
    JobPlan plan = {
        .request = request,
        .store = store,
        .still = &still,
        .end = &end,
        .body = &body,
        .may_create = true,
        .price = -1,
        .voice = EVENTS_QUIET,
    };
    Outcome out = {.quiet = true};
    Job *made = NULL;
    int ret = job_enter(&plan, &made, &out);

    if (ret >= 0)
        ret = job_wait(made, request->max_wait, NULL, &out);
    job_unref(&made);
    engine_body_clear(&body);
    return ret;
}

static RecordState state_on_disk(Store *store, const char *key)
{
    Record *record;

    assert_int_equal(store_load(store, key, false, NULL, &record), 0);
    RecordState state = record->state;
    record_free(&record);
    return state;
}

/* Whatever could not be had, what the gateway has got is in the ledger as sent, or was
 * never sent; and the next run buys nothing. */
static void test_creates(void **state)
{
    bool refusals = true;
    int sent = 0, n;
    Store *store;

    (void)state;
    assert_int_equal(store_open(temp_path("store"), NULL, &store), 0);
    for (n = 0; refusals; n++) {
        server = server_start(script);
        made_syncs = 0;
        Request *request = make_request(n);

        allocations_left = n;
        bring(request, store);
        refusals = allocations_left < 0;
        allocations_left = -1;
        int creates = count_creates();
        RecordState now = state_on_disk(store, request->key);
        check_number("more than one create", creates > 1, 0);
        if (creates)
            check_number("a state after a create",
                         now == RECORD_SENT || now == RECORD_RUNNING, 1);
        sent += creates;
        if (creates) {
            bring(request, store);
            check_number("creates once the next run has ended", count_creates(), 1);
        }
        request_free(&request);
        server_stop(&server);
    }
    assert_in_range(n, 20, 2000);
    assert_in_range(sent, 1, n);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_creates)};
    cJSON_Hooks hooks = {json_malloc, free};

    clear_environment();
    setenv("AIML_API_KEY", "key", 1);
    cJSON_InitHooks(&hooks);
    said_start();
    int failed = cmocka_run_group_tests_name("create_memory", tests, NULL, NULL);
    return failed;
}
