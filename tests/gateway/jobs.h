/* i2v: the stand-in gateway: the generations it was asked for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_JOBS_H
#define GATEWAY_JOBS_H

#include "faults.h"
#include "util.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdatomic.h>

typedef enum RenderState { RENDER_PENDING, RENDER_DONE, RENDER_FAILED } RenderState;

typedef enum JobStatus { JOB_QUEUED, JOB_GENERATING, JOB_COMPLETED, JOB_ERROR } JobStatus;

/* An image of the request. */
typedef struct JobImage {
    char *mime, *kind, *digest, *file; /* file: within the state; NULL: no such image */
    long long size;
    int width, height;
} JobImage;

/* Jobs live until the program ends, so that a pointer to one stays good. The upper part
 * never changes; what is below is guarded by the lock of the list. */
typedef struct Job {
    int number; /* from 1, goes on across restarts */
    char *id, *model, *client_request_id, *request_id;
    char *clip;    /* path of the result on the file server: /generations/<animal>/... */
    cJSON *fields; /* the request without the images */
    JobImage image, end;
    char *body_digest;
    int width, height, duration, audio; /* of the clip */
    int rate;                           /* pictures a second */
    int64_t created_us;
    double latency; /* seconds */
    double usd;
    RowsMode rows;
    double rows_late;
    ClipKind kind;
    char *digest; /* of everything that decides on the clip */

    char *fail_name, *fail_message;
    double fail_at; /* seconds after its creation */
    RenderState render;
    long long polls, downloads;
    int deleted;
} Job;

typedef struct JobList {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_mutex_t variants; /* one derived clip is made at a time */
    Job **jobs;
    size_t nb_jobs, next_render;
    int last_number;
    char *directory, *cache; /* cache may be NULL */
    const atomic_int *stop;
    pthread_t workers[4];
    int nb_workers;
} JobList;

/* Loads what the directory holds from before; -1 with a message on stderr. */
int jobs_open(JobList *list, const char *directory, const char *cache,
              const atomic_int *stop);
void jobs_close(JobList *list); /* *stop must be set */
int jobs_next_number(JobList *list);
/* Writes it to the state and starts its rendering. Takes job over; -1 when not written.
 */
int jobs_add(JobList *list, Job *job);
/* Writes it once more, after one of its lower fields changed. */
void jobs_save(JobList *list, const Job *job);
Job *jobs_find(JobList *list, const char *id);
/* By the last part of its path, which no other has. */
Job *jobs_find_clip(JobList *list, const char *path);
/* By number or id; the newest when text is NULL. */
Job *jobs_select(JobList *list, const char *text);
JobStatus job_status_locked(const Job *job, int64_t now);
JobStatus job_status(JobList *list, const Job *job, int64_t now);
char *job_path(const JobList *list, const Job *job, const char *name, const char *suffix);
void job_free(Job *job);

long long job_credits(const Job *job);

/* render.c */
int render_start(JobList *list);
void render_stop(JobList *list);
void render_digest(Job *job);
/* Runs ffmpeg for the job and says on stderr what it says; its status, or -1. */
int render_run(const JobList *list, const char *const argv[], const Job *job);
/* A name of this process alone, to be freed: when a gateway is killed, its ffmpeg may
 * live on and write for a while. */
char *render_part_name(const char *file);

/* variants.c */
/* The file of this kind of a job whose clip is rendered, made on demand; NULL: not to be
 * made. To be freed. */
char *render_variant(JobList *list, const Job *job, ClipKind kind);

#endif
