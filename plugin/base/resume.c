/* i2v: what is known of the beginning of a file that is being fetched
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/resume.h"

#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include <libavutil/avstring.h>

#include "base/json.h"

/* Bytes of the file: as much as the longest note takes, so that the next one is never
 * shorter than what it is written over; and no more than what a disk writes at once. */
#define NOTE_SIZE 512

static bool is_strong(const char *etag)
{
    size_t size = strlen(etag);

    if (size < 3 || size >= RESUME_VALIDATOR_SIZE || etag[0] != '"' ||
        etag[size - 1] != '"')
        return false;
    for (size_t i = 1; i < size - 1; i++)
        if (etag[i] <= ' ' || etag[i] == '"' || etag[i] >= 0x7f)
            return false;
    return true;
}

/* One that changes twice in a second has one date, and clocks differ (RFC 9110, 8.8.2.2).
 */
#define SETTLED_S 60

static bool is_settled(const HttpReply *reply)
{
    time_t changed = curl_getdate(reply->last_modified, NULL);
    return changed >= 0 && reply->date >= 0 && changed + SETTLED_S <= reply->date;
}

void resume_validator(const HttpReply *reply, char validator[RESUME_VALIDATOR_SIZE])
{
    *validator = '\0';
    if (is_strong(reply->etag))
        av_strlcpy(validator, reply->etag, RESUME_VALIDATOR_SIZE);
    else if (is_settled(reply))
        av_strlcpy(validator, reply->last_modified, RESUME_VALIDATOR_SIZE);
}

bool resume_is_same(const ResumeNote *note, const HttpReply *reply)
{
    const char *said = note->validator[0] == '"' ? reply->etag : reply->last_modified;
    return *said && !strcmp(said, note->validator);
}

static bool read_text(const cJSON *json, const char *name, char *text, size_t size)
{
    const char *value = cJSON_GetStringValue(json_member(json, name));
    return value && av_strlcpy(text, value, size) < size;
}

bool resume_read(int fd, ResumeNote *note)
{
    char text[NOTE_SIZE];
    ssize_t size = pread(fd, text, sizeof(text), 0);
    cJSON *json = size > 0 ? json_parse(text, (size_t)size) : NULL;
    double bytes = json_number(json, "bytes", 0),
           announced = json_number(json, "size", -1);
    bool good = read_text(json, "validator", note->validator, sizeof(note->validator)) &&
                read_text(json, "sha256", note->digest, sizeof(note->digest)) &&
                bytes >= 1 && bytes < 1e15 && announced < 1e15;

    cJSON_Delete(json);
    note->bytes = good ? (int64_t)bytes : 0;
    note->size = good && announced >= bytes ? (int64_t)announced : -1;
    return good;
}

bool resume_write(int fd, const ResumeNote *note)
{
    char text[NOTE_SIZE];
    bool good = false;
    cJSON *json = cJSON_CreateObject();

    if (cJSON_AddStringToObject(json, "validator", note->validator) &&
        cJSON_AddNumberToObject(json, "size", (double)note->size) &&
        cJSON_AddNumberToObject(json, "bytes", (double)note->bytes) &&
        cJSON_AddStringToObject(json, "sha256", note->digest) &&
        cJSON_PrintPreallocated(json, text, sizeof(text) - 1, 0)) {
        size_t size = strlen(text);
        memset(text + size, ' ', sizeof(text) - size);
        text[sizeof(text) - 1] = '\n';
        good = pwrite(fd, text, sizeof(text), 0) == sizeof(text);
    }
    cJSON_Delete(json);
    return good;
}
