/* i2v: the ledger and the clips
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>

#include "digest.h"
#include "files.h"

/* Raise it when a record is no longer readable by what came before. */
#define RECORD_VERSION 1
#define MAX_RECORD     (4 << 20)

struct Store {
    char *directory; ///< absolute
};

struct Record {
    char key[65];
    cJSON *json;
};

static const char *const state_names[] = {
    [RECORD_NEW] = "new",         [RECORD_INTENT] = "intent",
    [RECORD_SENT] = "sent",       [RECORD_RUNNING] = "running",
    [RECORD_READY] = "ready",     [RECORD_FAILED] = "failed",
    [RECORD_REFUSED] = "refused", [RECORD_DAMAGED] = "damaged",
};

/* The directory */

static int make_directories(char *path)
{
    for (char *slash = path + (*path == '/'); *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        int failed = mkdir(path, 0700) < 0 && errno != EEXIST;
        *slash = '/';
        /* The parent may be there and closed to us, which is no matter if the rest works.
         */
        if (failed && errno != EACCES && errno != EROFS)
            return AVERROR(errno);
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? AVERROR(errno) : 0;
}

/* The sentence for everything that keeps the ledger from being written. */
static int say_unwritable(const char *path, int error, void *log)
{
    av_log(log, AV_LOG_ERROR,
           "Cannot write the ledger %s: %s; nothing sent; set I2V_STORE or the option "
           "store to a directory of yours.\n",
           path, av_err2str(error));
    return error;
}

int store_open(const char *directory, void *log, Store **store)
{
    char *copy = av_strdup(directory), *real = NULL;
    Store *s = av_mallocz(sizeof(*s));
    struct stat st;
    int ret = AVERROR(ENOMEM);

    *store = NULL;
    if (!s || !copy)
        goto end;
    if ((ret = make_directories(copy)) < 0)
        goto end;
    if (stat(copy, &st) < 0 || !S_ISDIR(st.st_mode)) {
        ret = AVERROR(ENOTDIR);
        goto end;
    }
    /* Absolute, whatever the host does to its working directory later. */
    real = realpath(copy, NULL);
    if (!real) {
        ret = AVERROR(errno);
        goto end;
    }
    s->directory = av_strdup(real);
    if (!s->directory) {
        ret = AVERROR(ENOMEM);
        goto end;
    }
    *store = s;
    s = NULL;
end:
    if (ret < 0 && ret != AVERROR(ENOMEM))
        say_unwritable(directory, ret, log);
    free(real);
    av_free(copy);
    store_close(&s);
    return ret;
}

int store_probe(const Store *store, void *log)
{
    char *path = av_asprintf("%s/probe", store->directory);
    int ret = path ? files_check_writable(path) : AVERROR(ENOMEM);
    av_free(path);
    return ret < 0 ? say_unwritable(store->directory, ret, log) : 0;
}

void store_close(Store **store)
{
    if (*store)
        av_freep(&(*store)->directory);
    av_freep(store);
}

static char *path_of(const Store *store, const char *key, const char *suffix)
{
    return av_asprintf("%s/%s%s", store->directory, key, suffix);
}

char *store_clip_path(const Store *store, const char *key)
{
    return path_of(store, key, ".mp4");
}

char *store_part_path(const Store *store, const char *key)
{
    return path_of(store, key, ".mp4.part");
}

/* Records */

static int new_record(const char *key, cJSON *json, Record **record)
{
    Record *r = av_mallocz(sizeof(*r));
    if (!r) {
        cJSON_Delete(json);
        return AVERROR(ENOMEM);
    }
    av_strlcpy(r->key, key, sizeof(r->key));
    r->json = json ? json : cJSON_CreateObject();
    if (!r->json ||
        (!json && (!cJSON_AddNumberToObject(r->json, "version", RECORD_VERSION) ||
                   !cJSON_AddStringToObject(r->json, "key", key)))) {
        record_free(&r);
        return AVERROR(ENOMEM);
    }
    *record = r;
    return 0;
}

/* @return 0 and the text, NULL when there is no such file */
static int read_record(const char *path, char **text)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    int ret = 0;

    *text = NULL;
    if (!file)
        return errno == ENOENT ? 0 : AVERROR(errno);
    if (fstat(fileno(file), &st) < 0) {
        ret = AVERROR(errno);
    } else if (!S_ISREG(st.st_mode) || st.st_size > MAX_RECORD) {
        ret = AVERROR_INVALIDDATA;
    } else if (!(*text = av_mallocz((size_t)st.st_size + 1))) {
        ret = AVERROR(ENOMEM);
    } else if (fread(*text, 1, (size_t)st.st_size, file) != (size_t)st.st_size) {
        ret = AVERROR(EIO);
    }
    fclose(file);
    if (ret < 0)
        av_freep(text);
    return ret;
}

static bool is_record(const cJSON *json, const char *key)
{
    const char *its_key =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "key"));
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "version");
    return its_key && !strcmp(its_key, key) && cJSON_IsNumber(version) &&
           version->valueint == RECORD_VERSION;
}

static int move_aside(const char *path, void *log)
{
    char *aside = av_asprintf("%s.%lld.bad", path, (long long)av_gettime());
    int ret = !aside ? AVERROR(ENOMEM) : rename(path, aside) < 0 ? AVERROR(errno) : 0;
    if (ret >= 0)
        av_log(log, AV_LOG_WARNING,
               "The ledger's record %s is damaged or of another version; it was moved to "
               "%s.\n",
               path, aside);
    av_free(aside);
    return ret;
}

int store_load(const Store *store, const char *key, bool locked, void *log,
               Record **record)
{
    char *path = path_of(store, key, ".json"), *text = NULL;
    cJSON *json = NULL;
    int ret = path ? read_record(path, &text) : AVERROR(ENOMEM);

    *record = NULL;
    if (text)
        json = cJSON_ParseWithOpts(text, NULL, 1);
    bool damaged = ret == AVERROR_INVALIDDATA || (text && !is_record(json, key));
    if (damaged) {
        cJSON_Delete(json);
        json = NULL;
        ret = locked ? move_aside(path, log) : 0;
    }
    if (ret >= 0) {
        ret = new_record(key, json, record);
        if (ret >= 0 && damaged && !locked)
            record_set_state(*record, RECORD_DAMAGED);
    } else if (path)
        say_unwritable(path, ret, log);
    av_free(text);
    av_free(path);
    return ret;
}

int store_save(const Store *store, Record *record, void *log)
{
    char *path = path_of(store, record->key, ".json"), *text = cJSON_Print(record->json);
    int ret = path && text ? files_write(path, text, strlen(text)) : AVERROR(ENOMEM);
    if (ret < 0)
        av_log(log, AV_LOG_ERROR,
               "Cannot write the ledger %s: %s; set I2V_STORE or the option "
               "store to a directory of yours.\n",
               path ? path : store->directory, av_err2str(ret));
    av_free(path);
    cJSON_free(text);
    return ret;
}

void record_free(Record **record)
{
    if (*record)
        cJSON_Delete((*record)->json);
    av_freep(record);
}

double record_now(void)
{
    return (double)av_gettime() / 1e6;
}

RecordState record_state(const Record *record)
{
    const char *name = record_text(record, "state");
    for (int i = 0; name && i < (int)FF_ARRAY_ELEMS(state_names); i++)
        if (!strcmp(name, state_names[i]))
            return (RecordState)i;
    return RECORD_NEW;
}

void record_set_state(Record *record, RecordState state)
{
    record_set_text(record, "state", state_names[state]);
}

const char *record_text(const Record *record, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record->json, name));
}

double record_number(const Record *record, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(record->json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

int record_set_text(Record *record, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record->json, name);
    return !value || cJSON_AddStringToObject(record->json, name, value) ? 0
                                                                        : AVERROR(ENOMEM);
}

int record_set_number(Record *record, const char *name, double value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record->json, name);
    return cJSON_AddNumberToObject(record->json, name, value) ? 0 : AVERROR(ENOMEM);
}

int record_add_history(Record *record, const char *what)
{
    cJSON *history = cJSON_GetObjectItemCaseSensitive(record->json, "history");
    cJSON *line = cJSON_CreateObject();
    if (!history)
        history = cJSON_AddArrayToObject(record->json, "history");
    if (!history || !line || !cJSON_AddNumberToObject(line, "time", record_now()) ||
        !cJSON_AddStringToObject(line, "what", what) ||
        !cJSON_AddItemToArray(history, line)) {
        cJSON_Delete(line);
        return AVERROR(ENOMEM);
    }
    return 0;
}

/* Locks and clips */

int store_lock(const Store *store, const char *key)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = path_of(store, key, ".lock");
    if (!path)
        return AVERROR(ENOMEM);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int ret = fd < 0 ? AVERROR(errno) : fd;
    av_free(path);
    /* Owned by the open file, not by the process: it also holds between threads. */
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) < 0) {
        ret = errno == EACCES ? AVERROR(EAGAIN) : AVERROR(errno);
        close(fd);
    }
    return ret;
}

void store_unlock(int *lock)
{
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
}

int store_publish(const Store *store, const char *key)
{
    char *part = store_part_path(store, key), *clip = store_clip_path(store, key);
    int ret = part && clip ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && rename(part, clip) < 0)
        ret = AVERROR(errno);
    if (ret >= 0)
        ret = files_sync_directory(clip);
    av_free(part);
    av_free(clip);
    return ret;
}

static void time_text(const struct stat *st, char *text, size_t size)
{
    snprintf(text, size, "%lld.%09ld", (long long)st->st_mtim.tv_sec,
             st->st_mtim.tv_nsec);
}

int store_note_clip(const Store *store, Record *record)
{
    char *clip = store_clip_path(store, record->key), time[48], digest[DIGEST_TEXT_SIZE];
    struct stat st;
    int ret = !clip ? AVERROR(ENOMEM) : stat(clip, &st) < 0 ? AVERROR(errno) : 0;

    if (ret >= 0)
        ret = digest_file(clip, digest);
    if (ret >= 0) {
        time_text(&st, time, sizeof(time));
        if (record_set_number(record, RECORD_CLIP_SIZE, (double)st.st_size) < 0 ||
            record_set_text(record, RECORD_CLIP_TIME, time) < 0 ||
            record_set_text(record, RECORD_CLIP_HASH, digest) < 0)
            ret = AVERROR(ENOMEM);
    }
    av_free(clip);
    return ret;
}

static bool is_noted(const char *clip, const struct stat *st, const Record *record)
{
    const char *noted = record_text(record, RECORD_CLIP_TIME);
    const char *hash = record_text(record, RECORD_CLIP_HASH);
    char time[48], digest[DIGEST_TEXT_SIZE];

    if (!S_ISREG(st->st_mode) ||
        (double)st->st_size != record_number(record, RECORD_CLIP_SIZE, -1))
        return false;
    time_text(st, time, sizeof(time));
    if (!hash || (noted && !strcmp(noted, time)))
        return true;
    return digest_file(clip, digest) >= 0 && !strcmp(digest, hash);
}

bool store_has_clip(const Store *store, const Record *record)
{
    char *clip = store_clip_path(store, record->key);
    struct stat st;
    bool there = clip && !stat(clip, &st) && is_noted(clip, &st, record);
    av_free(clip);
    return there;
}
