/* i2v: the stand-in gateway: scripted faults, one per endpoint and occurrence.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_FAULTS_H
#define GATEWAY_FAULTS_H

#include <stdio.h>

typedef enum Endpoint {
    ENDPOINT_CREATE,
    ENDPOINT_POLL,
    ENDPOINT_LOGS,
    ENDPOINT_DOWNLOAD,
    ENDPOINT_MODELS,
    ENDPOINT_CANCEL,
    ENDPOINT_OTHER, /* control requests and unknown paths: never faulted */
    NB_ENDPOINTS
} Endpoint;

typedef enum BodyKind { BODY_JSON, BODY_PROBLEM, BODY_HTML, BODY_EMPTY } BodyKind;

typedef enum ClipKind {
    CLIP_WHOLE,
    CLIP_SILENT,
    CLIP_MOOVEND,
    CLIP_FRAGMENTED,
    CLIP_DAMAGED_HALF,
    CLIP_DAMAGED_TAIL,
    CLIP_DAMAGED_MOOF,
    CLIP_GARBAGE,
    CLIP_EMPTY,
    CLIP_C2PA,
    CLIP_VFR,
    CLIP_UNTAGGED,
    CLIP_SHORT,
    CLIP_SMALL,
    CLIP_HALFRATE,
    CLIP_COVER_ART,
    CLIP_TIMED_METADATA,
    CLIP_TRAILING_BYTES,
    CLIP_MOV,
    CLIP_WEBM,
    CLIP_BEYOND_END,
    CLIP_OTHER,
    NB_CLIP_KINDS
} ClipKind;

/* What a download says by which its file can be told from another. */
typedef enum Validator {
    VALIDATOR_ETAG,
    VALIDATOR_NONE,
    VALIDATOR_WEAK,
    VALIDATOR_DATE
} Validator;

typedef enum RowsMode {
    ROWS_UNSET,
    ROWS_NOW,
    ROWS_LATE,
    ROWS_COMPLETION,
    ROWS_NEVER
} RowsMode;

/* Answer shapes, as bits: several may be asked for at once. */
enum {
    SHAPE_GENERATION_ID = 1 << 0,
    SHAPE_NO_ID = 1 << 1,
    SHAPE_VIDEO_ARRAY = 1 << 2,
    SHAPE_VIDEO_STRINGS = 1 << 3,
    SHAPE_VIDEO_STRING = 1 << 4,
    SHAPE_VIDEO_NULL = 1 << 5,
    SHAPE_ERROR_STRING = 1 << 6,
    SHAPE_ERROR_DETAIL = 1 << 7,
    SHAPE_SUCCEEDED = 1 << 8,
    SHAPE_WAITING = 1 << 9,
    SHAPE_ACTIVE = 1 << 10,
    SHAPE_PROCESSING = 1 << 11,
    SHAPE_UNKNOWN = 1 << 12,
    SHAPE_EXTRA = 1 << 13,
    SHAPE_FILTERED = 1 << 14,
    SHAPE_OTHER_ID = 1 << 15,
    SHAPE_LONG_ID = 1 << 16,
    SHAPE_NUL = 1 << 17,
};

/* What the script wants of one request: every matching line has been applied. */
typedef struct Plan {
    long long drop_upload; /* bytes of the body to read first, -1: no fault */
    int drop_before, drop_after;
    int reset;  /* what closes the connection early resets it */
    int status; /* 0: no fault */
    int taken;  /* with status, on create: the job is taken all the same */
    int retry_after, retry_as_date;
    BodyKind body;
    char *message;
    double cut;             /* -1: no fault */
    double stall;           /* seconds */
    double pause_at, pause; /* fraction of the body (-1: no fault), seconds */
    char *hold;
    int garbage, empty;
    long long endless; /* bytes until it ends all the same, 0: no fault */
    char *redirect;
    char *fail_name, *fail_message;
    unsigned shapes;
    int has_clip;
    ClipKind clip;
    RowsMode rows;
    double rows_late;
    int no_headers, no_length, ignore_range, hollow;
    long long newer, older; /* unrelated rows of the log */
    char *url, *file;       /* in place of the result's own; NULL: no fault */
    long long wrong_length, wrong_range; /* 0: no fault */
    Validator validator;
    char *coding; /* NULL: none */
    int coded_already;
    int odd_url;    /* as of odd_url_name(); 0: no fault */
    double slow;    /* bytes a second, 0: no fault */
    long long date; /* seconds that Date is off, 0: no fault */
    int no_date;
} Plan;

typedef struct FaultSet FaultSet;

/* The script at path (may be NULL) is read by the first faults_refresh(). */
FaultSet *faults_new(const char *path);
void faults_free(FaultSet *set);
/* Replaces the script and starts counting anew. On a mistake nothing changes, -1 is
 * returned and *problem is a sentence to be freed. */
int faults_replace(FaultSet *set, const char *text, char **problem);
/* Reads the file again if it has changed; same returns as faults_replace(). */
int faults_refresh(FaultSet *set, char **problem);
/* Counts one more request of this endpoint and says what shall happen to it. */
void faults_take(FaultSet *set, Endpoint endpoint, Plan *plan);
void plan_free(Plan *plan);

const char *endpoint_name(Endpoint endpoint);
/* The forms that a URL may have beside the usual one: by number from 1, NULL
 * behind the last. In a form FILES is the file server, SCHEME (in capitals) and HOST are
 * its parts, CLIP is the path of the clip and NAME the last part of it. */
const char *odd_url_name(int number);
const char *odd_url_form(int number);
const char *clip_kind_name(ClipKind kind);
int clip_kind_by_name(const char *name, ClipKind *kind);
const char *rows_mode_name(RowsMode mode);
int rows_mode_by_name(const char *name, RowsMode *mode);
/* The grammar and every fault, for --help. */
void faults_describe(FILE *out);

#endif
