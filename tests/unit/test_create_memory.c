/* i2v: unit tests of a create call without memory: each allocation fails in turn, and the
 * creates are counted
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "job/job.h"
#include "memory.h"
#include "server.h"

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
static char store_dir[512];
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
    char pairs[1024];
    Request *request;

    snprintf(pairs, sizeof(pairs),
             "prompt=number %d|fit=none|max_wait=0|base_url=http://127.0.0.1:%d|store=%s",
             number, server_port(server), store_dir);
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

/* Of a worker, which takes every allocation that is `step` behind the one before. */
typedef struct Counts {
    int cases, sent;
} Counts;

static Counts try_each(int first, int step)
{
    Counts counts = {0};
    bool refusals = true;
    Store *store;

    assert_int_equal(store_open(store_dir, NULL, &store), 0);
    for (int n = first; refusals; n += step) {
        server = server_start(script);
        made_syncs = 0;
        Request *request = make_request(n);

        memory_refuse(n);
        bring(request, store);
        refusals = memory_was_refused();
        int creates = count_creates();
        RecordState now = state_on_disk(store, request->key);
        check_number("more than one create", creates > 1, 0);
        if (creates)
            check_number("a state after a create",
                         now == RECORD_SENT || now == RECORD_RUNNING, 1);
        counts.cases++;
        counts.sent += creates;
        if (creates) {
            bring(request, store);
            check_number("creates once the next run has ended", count_creates(), 1);
        }
        request_free(&request);
        server_stop(&server);
    }
    store_close(&store);
    return counts;
}

/* Whatever could not be had, what the gateway has got is in the ledger as sent, or was
 * never sent; and the next run buys nothing. Where an answer is lost a second passes, so
 * many workers wait at once, each with a store and a server of its own. */
static void test_creates(void **state)
{
    enum { WORKERS = 24 };
    pid_t workers[WORKERS];
    Counts all = {0}, counts;
    int results[2];

    (void)state;
    temp_dir();
    assert_int_equal(pipe(results), 0);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (!workers[i]) {
            snprintf(store_dir, sizeof(store_dir), "%s/store%d", temp_dir(), i);
            counts = try_each(i, WORKERS);
            exit(write(results[1], &counts, sizeof(counts)) != sizeof(counts));
        }
        assert_true(workers[i] > 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        int status;
        assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
        check_number("a worker's status", status, 0);
        assert_int_equal(read(results[0], &counts, sizeof(counts)), sizeof(counts));
        all.cases += counts.cases;
        all.sent += counts.sent;
    }
    close(results[0]);
    close(results[1]);
    /* Each worker ends with one in which nothing is refused. */
    assert_in_range(all.cases, WORKERS + 20, 2000);
    assert_in_range(all.sent, WORKERS, all.cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_creates)};

    clear_environment();
    setenv("AIML_API_KEY", "key", 1);
    memory_hook_json();
    said_start();
    int failed = cmocka_run_group_tests_name("create_memory", tests, NULL, NULL);
    return failed;
}
