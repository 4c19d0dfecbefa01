/* i2v: public API: an image-to-video source for programs that embed FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_H
#define I2V_H

#include <libavformat/avformat.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define I2V_API __attribute__((visibility("default")))
#else
#define I2V_API
#endif

/** Bytes that a request's key takes as text, its NUL included. */
#define I2V_KEY_SIZE 65

/*
 * In every function below, `url` is a still (a path, "-", an http(s) URL, a data: URI, a
 * video) or an i2v: URL, and `options` holds the options that `ffmpeg -h demuxer=i2v`
 * lists; those of i2v are taken out of it, others stay. `options` may be NULL, and so may
 * *options. Any number of threads may call any of them at once. Errors are negative
 * AVERROR codes, each explained in one sentence through av_log().
 */

/**
 * Check a request and compute its key; nothing is sent, and nothing is written but the
 * store's directory and a probe in it. That there is no API key is no error: what the
 * store has can be had without. Standard input and a still by URL are read, and that
 * cannot be interrupted here.
 *
 * @param key  I2V_KEY_SIZE bytes for the key, or NULL
 * @return 0, or a negative AVERROR
 */
I2V_API int i2v_check(const char *url, AVDictionary **options, char *key);

/*
 * With dry_run nothing is sent by any of these, and i2v_fetch() and i2v_open_input() give
 * an animatic that is made here; with fallback=still a generation that fails gives its
 * still. Both lie outside the store and may be removed after a week.
 */

/**
 * Send a request and return once the gateway has answered it, or once it has to queue
 * since I2V_PARALLEL generations (8) of this process are in flight; i2v_fetch() or
 * i2v_open_input() with the same arguments brings its clip later. What is queued goes on
 * inside any later call of this library. A request that is known already is not sent
 * again.
 *
 * @param interrupt  as of i2v_fetch()
 * @param key        I2V_KEY_SIZE bytes for the key, or NULL
 * @return 0, or a negative AVERROR as of i2v_fetch()
 */
I2V_API int i2v_submit(const char *url, AVDictionary **options,
                       const AVIOInterruptCB *interrupt, char *key);

/**
 * Bring a request to its finished, verified clip. A generation that failed while this
 * process ran is not bought again by it: its failure is returned again.
 *
 * @param path       set to the path of the MP4: in the store, or of what is made here
 * (dry_run, fallback, silence); free it with av_free()
 * @param interrupt  looked at at least every 100 ms, may be NULL; when it returns
 * non-zero the call ends with AVERROR(EINTR) and the generation can be picked up later
 * @return 0; AVERROR(EINTR); AVERROR(ETIMEDOUT) when max_wait is over; AVERROR(ENOENT)
 * when there is nothing to reuse or no such still; AVERROR(ENOKEY) without an API key;
 *         AVERROR(EDOM) when its price is above max_cost, or not known and there is a
 * limit; AVERROR(EPERM) when moderation refused; AVERROR_EXTERNAL when the generation
 * failed; AVERROR_HTTP_* as the gateway answered; or another negative AVERROR
 */
I2V_API int i2v_fetch(const char *url, AVDictionary **options,
                      const AVIOInterruptCB *interrupt, char **path);

/**
 * Fetch a clip and open it, in the manner of avformat_open_input().
 *
 * @param ps  a context from avformat_alloc_context(), whose interrupt_callback is
 * honoured, or a pointer to NULL; close it with avformat_close_input(). On error the
 * context is freed and *ps is NULL.
 * @return 0, or a negative AVERROR as of i2v_fetch() and avformat_open_input()
 */
I2V_API int i2v_open_input(AVFormatContext **ps, const char *url, AVDictionary **options);

/** The class of the options, for av_opt_find() with AV_OPT_SEARCH_FAKE_OBJ; static. */
I2V_API const AVClass *i2v_get_class(void);

/** The version of the library, as AV_VERSION_INT(major, minor, micro). */
I2V_API unsigned i2v_version(void);

#ifdef __cplusplus
}
#endif

#endif
