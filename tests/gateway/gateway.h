/* i2v: the stand-in gateway: what its parts share: the settings, one exchange, one reply.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "faults.h"
#include "jobs.h"
#include "util.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <microhttpd.h>

#define NB_NOTES        1000 /* requests that /control/state lists */
#define LOGS_PER_MINUTE 200
#define BODY_LIMIT      ((size_t)40 << 20)

/* One request as /control/state tells it. */
typedef struct Note {
    Endpoint endpoint;
    unsigned status; /* 0: no answer, or none yet */
    int has_authorization;
    unsigned connection; /* the port of the client's end */
    char *method, *path, *user_agent, *client_request_id, *range, *content_type, *expect;
} Note;

typedef struct Gateway {
    /* settings, constant once the servers run */
    const char *api_key, *cert_file, *cert_key_file, *faults_file, *state, *cache;
    const char *ready_file, *schema_file;
    char **command;   /* that is run against it, or NULL */
    int pipe_ignored; /* SIGPIPE, by whoever started this */
    unsigned short api_port, files_port;
    double latency;
    int verbose, exit_with_parent, key_given, openai;
    const struct Profile *profile; /* NULL: the AI/ML API, and not the Videos API */
    char *directory;               /* the state, absolute */
    int directory_is_ours;
    char *api_base, *files_base; /* scheme://127.0.0.1:port */
    Buffer certificate, certificate_key;

    struct MHD_Daemon *api, *files;
    atomic_int stop; /* ends every wait */
    atomic_int quit; /* somebody asked for the end */
    FaultSet *faults;
    JobList jobs;

    pthread_mutex_t lock; /* for all below */
    long long seen[NB_ENDPOINTS], accepted;
    int key_at_files;
    char **user_agents;
    size_t nb_user_agents;
    Note notes[NB_NOTES];
    uint64_t nb_notes; /* ever; the newest is at (nb_notes - 1) % NB_NOTES */
    int64_t logs_us[LOGS_PER_MINUTE];
    uint64_t nb_logs;
    uint64_t nb_requests;
} Gateway;

typedef struct Exchange {
    Gateway *gateway;
    struct MHD_Connection *connection;
    int on_files; /* the file server's port */
    const struct Route *route;
    Endpoint endpoint;
    char *uri; /* as it came, with the query */
    const char *method, *path;
    int started, too_large;
    size_t received;
    Buffer body;
    Plan plan;
    uint64_t note;
    char request_id[UUID_TEXT];
    char client_request_id[129]; /* empty: none, or not a valid one */
} Exchange;

typedef struct Reply {
    unsigned status;
    const char *type; /* constant */
    Buffer body;
    int fd;                /* instead of the body when >= 0 */
    uint64_t offset, size; /* of what is sent from fd */
    struct {
        const char *name; /* constant */
        char *value;
    } headers[16];
    int nb_headers;
} Reply;

/* reply.c: building an answer and sending it, with the faults of its transport. */
void reply_init(Reply *reply);
void reply_free(Reply *reply);
void reply_header(Reply *reply, const char *name, char *value); /* takes value over */
void reply_json(Reply *reply, unsigned status, cJSON *body);    /* takes body over */
void reply_text(Reply *reply, unsigned status, const char *type, const char *text);
/* The documented error body; and the one that the live service was seen to send. */
void reply_error(const Exchange *x, Reply *reply, unsigned status, const char *message);
void reply_problem(const Exchange *x, Reply *reply, unsigned status, const char *message);
void reply_scripted(const Exchange *x, Reply *reply);
void reply_redirect(const Exchange *x, Reply *reply);
void reply_spoil(const Exchange *x, Reply *reply);
void reply_code(const Exchange *x, Reply *reply); /* coding.c */
enum MHD_Result reply_send(Exchange *x, Reply *reply);
/* Ends the connection with a reset instead of an orderly close. */
void connection_reset(struct MHD_Connection *connection);
/* 0, or -1 when the gateway stops meanwhile. */
int gateway_sleep(const Gateway *gateway, double seconds);

/* The endpoints. Each fills in the reply. */
void api_create(Exchange *x, Reply *reply);
void api_poll(Exchange *x, Reply *reply);
void api_logs(Exchange *x, Reply *reply);
void api_billing(Exchange *x, Reply *reply);
void api_models(Exchange *x, Reply *reply);
void api_deprecations(Exchange *x, Reply *reply);
void api_docs(Exchange *x, Reply *reply);
void files_download(Exchange *x, Reply *reply);
void files_serve(Exchange *x, Reply *reply, Job *job); /* a job that is completed */
void control_faults(Exchange *x, Reply *reply);
void control_state(Exchange *x, Reply *reply);
void control_counts(Exchange *x, Reply *reply);
void control_image(Exchange *x, Reply *reply);
void control_clip(Exchange *x, Reply *reply);
void control_quit(Exchange *x, Reply *reply);

/* notes.c: what was asked, for /control/state. */
void note_request(Exchange *x);
void note_status(const Exchange *x, unsigned status);
cJSON *notes_counts(Gateway *gateway);
void notes_describe(Gateway *gateway, cJSON *state);
void notes_free(Gateway *gateway);

/* server.c */
const char *exchange_header(const Exchange *x, const char *name);
const char *exchange_query(const Exchange *x, const char *name);
const char *job_status_name(JobStatus status);
int server_start(Gateway *gateway); /* -1 with a message on stderr */
void server_stop(Gateway *gateway);

/* help.c */
void print_help(void);

#endif
