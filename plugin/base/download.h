/* i2v: fetch a URL into a file, resumable
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_DOWNLOAD_H
#define I2V_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/http.h"

/** The note beside a growing file (base/resume.h) has its name and this behind it. */
#define DOWNLOAD_NOTE ".note"

/** One attempt at fetching. */
typedef struct Download Download;

typedef enum DownloadResult {
    DOWNLOAD_GOING,
    DOWNLOAD_DONE,     ///< the file has every byte that was announced
    DOWNLOAD_MOVED,    ///< to where the key may not go: state->url
    DOWNLOAD_EXPIRED,  ///< the URL is no longer good: ask for another
    DOWNLOAD_BROKEN,   ///< try again; what arrived is kept
    DOWNLOAD_HOPELESS, ///< trying again does not help
} DownloadResult;

typedef struct DownloadSource {
    const char *url;  ///< borrowed
    const char *path; ///< the growing file, gone on from where its note allows; borrowed
    const char *api_key; ///< that goes to url alone, borrowed; NULL or "" = none
    const char *ca_file; ///< borrowed, or NULL
    bool allow_http;
    const AVIOInterruptCB *interrupt; ///< for reading what is there; borrowed, or NULL
} DownloadSource;

/**
 * Whether a file is what was downloaded to `path`, all of it, by the note that lies
 * there.
 * @param file    where it is now
 * @param digest  set to its SHA-256 if it is
 * @return 1, 0, AVERROR(EINTR), or another negative AVERROR
 */
int download_is_whole(const char *path, const char *file,
                      const AVIOInterruptCB *interrupt, char digest[DIGEST_TEXT_SIZE]);

/** Start an attempt.
 * @return 0 and *download, AVERROR(EINTR), or another AVERROR */
int download_start(Http *http, const DownloadSource *source, Download **download);

/** How an attempt stands. */
typedef struct DownloadState {
    int64_t bytes;       ///< on disk
    int64_t size;        ///< that the server announced, -1 = none
    int64_t retry_after; ///< seconds to leave the server alone, -1 when it did not say
    int status;          ///< HTTP status, 0 = none came
    const char *url;     ///< with DOWNLOAD_MOVED
    int error;           ///< AVERROR that fits, unless it is going or done
    char why[256];       ///< likewise, for a person
    char digest[DIGEST_TEXT_SIZE]; ///< SHA-256 of the file, all of it, once it is done
} DownloadState;

/** What became of it by now. */
DownloadResult download_result(Download *download);

/** Valid until download_end(). */
const DownloadState *download_state(const Download *download);

/** End an attempt, in whatever state; sets *download to NULL. The file stays. */
void download_end(Download **download);

#endif
