/* i2v: public API: an image-to-video source for programs that embed FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_H
#define I2V_H

/* FFmpeg's headers have no extern "C" of their own. */
#ifdef __cplusplus
extern "C" {
#endif

#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/log.h>
#include <libavutil/version.h>

/**
 * @file
 * @brief A still and a prompt in, an open AVFormatContext out.
 *
 * Build with `pkg-config --cflags --libs i2v`; `samples/embed.c` is a whole program.
 *
 * @par Requests
 * A request is a `url` and `options`. `url` is a still (a path, "-", an http(s) URL, a
 * data: URI, a video to take a frame from) or an i2v: URL, and never NULL. `options`
 * holds what `i2v ffmpeg -h demuxer=i2v` lists, under the same names and with the same
 * values; lengths of time are in seconds, prices in USD. It may be NULL, and so may
 * *options. Those of i2v are taken out of it, whether the call succeeds or not; others
 * stay, in the manner of avformat_open_input(): look for them, since a misspelt option
 * is one of them. A request is known by its key: equal requests, of this process or
 * another, at the same time or later, are one generation and paid for once.
 *
 * @par Films
 * A `url` whose still is a file NAME.jsonl is a film, as i2v(1) describes: its shots are
 * requests, and it has no key itself (the key is ""). i2v_submit() sends the shots that
 * need no other. i2v_fetch() gives the path of a script for FFmpeg's concat demuxer, by
 * which i2v_open_input() opens it.
 *
 * @par Money
 * i2v_submit(), i2v_fetch() and i2v_open_input() may buy a generation; the option
 * `reuse=only` never does, `max_cost` and `max_total` set limits, and `dry_run=1` gives
 * an animatic that is made on this machine: neither the still nor the prompt is sent, but
 * the gateway is asked for the price. i2v_check() buys nothing.
 *
 * @par Errors
 * Functions return 0, or a negative AVERROR code whose cause is said in a sentence
 * through av_log() at AV_LOG_ERROR. What is said before that is at AV_LOG_INFO: the
 * request, its price, each status when it is first heard, and every 30 s how long it has
 * taken; at AV_LOG_WARNING, what is lost of a still, or tried again; and at AV_LOG_ERROR,
 * that the answer to a purchase was lost and the generation is looked for.
 *
 * @par Threads
 * Any number of threads may call any function at once. Calls that run at once must not
 * share `options` or a context, and nobody may change their `url`. i2v starts no threads:
 * what is under way goes on while any thread waits in here, whose log lines may be about
 * the requests of others. A thread that is in here must not be cancelled.
 *
 * @par Callbacks
 * An interrupt callback is called by the thread that waits, every 100 ms or sooner, but
 * not while a still is decoded and encoded (a second for 24 megapixels) or the operating
 * system is slow (a disk). That of a context stays in it, for av_read_frame(); any other
 * is not called once the call has returned. A log callback may be called by any thread
 * that is in here. Neither may ask for a clip itself: of a thread that is in one of these
 * functions already, they return AVERROR(EDEADLK) at once, leave `options` alone, and say
 * nothing. Nor may a callback wait for another thread that is in here: a deadlock.
 *
 * @par Processes
 * No signal handler is installed. After fork(), a child may call any function if no other
 * thread of its parent was in one; it does not go on with what its parent had submitted,
 * but finds it in the ledger.
 *
 * @par What is stable
 * A program that was built with this header runs with every later library of its soname:
 * no function, option or value of one is removed or changes its meaning; new ones are
 * added. The key of a request never changes, whatever the soname, so that a later library
 * finds every clip that an earlier one has bought. Not stable are the words of what is
 * said, the metadata beside generation_id and digital_source_type, and the files of the
 * store other than the clips.
 */

#if defined(__GNUC__)
/** What the library exports. */
#define I2V_API __attribute__((visibility("default")))
#else
/** What the library exports. */
#define I2V_API
#endif

/**
 * @name Version
 * Of this header. The library found at run time may be a later one of the same soname:
 * i2v_version() tells.
 * @{
 */
#define I2V_VERSION_MAJOR 0 /**< raised with the soname: programs are rebuilt */
#define I2V_VERSION_MINOR 2 /**< raised when something was added */
#define I2V_VERSION_MICRO 0 /**< raised with every other release */
/** All of it, as i2v_version() returns it; compare with AV_VERSION_INT(a, b, c). */
#define I2V_VERSION_INT \
    AV_VERSION_INT(I2V_VERSION_MAJOR, I2V_VERSION_MINOR, I2V_VERSION_MICRO)

/**
 * The version of the library that is loaded.
 *
 * Thread-safe.
 *
 * @return AV_VERSION_INT(major, minor, micro)
 */
I2V_API unsigned i2v_version(void);
/** @} */

/**
 * @name Options and keys
 * @{
 */

/** Bytes that a request's key takes as text, its NUL included. */
#define I2V_KEY_SIZE 65

/**
 * The class of the options.
 *
 * For av_opt_find() with AV_OPT_SEARCH_FAKE_OBJ, and to list what there is. Thread-safe.
 *
 * @return the class; static, not to be freed
 */
I2V_API const AVClass *i2v_get_class(void);

/**
 * Check a request and compute its key.
 *
 * Nothing of the request is sent. What a model takes that i2v does not know is asked of
 * the gateway, without the key, and kept in the store; that and a still by URL may take
 * some seconds, which cannot be interrupted here. Nothing else is written but the store's
 * directory and a probe in it. That there is no API key is no error, since what the store
 * has can be had without.
 *
 * Thread-safe.
 *
 * @param[in]     url      the still or i2v: URL
 * @param[in,out] options  the options, or NULL; see Requests
 * @param[out]    key      I2V_KEY_SIZE bytes for the key, or NULL; untouched on failure
 * @return 0, or a negative AVERROR: AVERROR(EINVAL) for a bad option or one that the
 * model does not take, AVERROR(ENOENT) without such a still, AVERROR_INVALIDDATA when it
 * is no picture, or another
 */
I2V_API int i2v_check(const char *url, AVDictionary **options, char *key);
/** @} */

/**
 * @name Clips
 * With dry_run nothing is bought by any of these, and i2v_fetch() and i2v_open_input()
 * give an animatic; with fallback=still a generation that fails gives its still. Both lie
 * outside the store and may be removed after a week.
 * @{
 */

/**
 * Send a request, and do not wait for its clip.
 *
 * Returns once the gateway has answered, or once the request has to queue since
 * I2V_PARALLEL generations (8) of this process are in flight. i2v_fetch() or
 * i2v_open_input() with the same arguments brings the clip later, in this process or
 * another. What is queued goes on inside any later call of this library that waits for
 * the gateway; it is not in the ledger yet, and a process that ends has not sent it. A
 * request that is known already is not sent again.
 *
 * Thread-safe.
 *
 * @param[in]     url        the still or i2v: URL
 * @param[in,out] options    the options, or NULL; see Requests
 * @param[in]     interrupt  as of i2v_fetch()
 * @param[out]    key        I2V_KEY_SIZE bytes for the key, or NULL; not to be used on
 * failure
 * @return 0, or a negative AVERROR as of i2v_fetch()
 */
I2V_API int i2v_submit(const char *url, AVDictionary **options,
                       const AVIOInterruptCB *interrupt, char *key);

/**
 * Bring a request to its finished, verified clip, for a program that opens it itself.
 *
 * A clip that the store has is there at once. A generation that failed while this process
 * ran is not bought again by it: its failure is returned again. To try once more is for a
 * later process, or for another `take`.
 *
 * Thread-safe.
 *
 * @param[in]     url        the still or i2v: URL
 * @param[in,out] options    the options, or NULL; see Requests
 * @param[in]     interrupt  asked meanwhile, or NULL; when it returns non-zero the call
 * ends with AVERROR(EINTR), and the generation can be picked up by the same request later
 * @param[out]    path       not NULL: set to the path of the clip, mostly an MP4, in the
 * store or where things are made here (dry_run, fallback, silence, a film); free it with
 * av_free(). NULL on failure. The file is not the caller's to change
 * @retval 0                  *path is there
 * @retval AVERROR(EINTR)     interrupted
 * @retval AVERROR(ETIMEDOUT) max_wait is over; the same request goes on, if it was sent
 * @retval AVERROR(EINVAL)    a bad option, one that the model does not take, or a store
 * that is no directory to write in
 * @retval AVERROR(ENOENT)    there is nothing to reuse, or no such still
 * @retval AVERROR(ENOKEY)    there is no API key
 * @retval AVERROR(ECANCELED) the price is above max_cost, all that this process buys is
 * above max_total, or the price is not known while there is a limit
 * @retval AVERROR(EPERM)     moderation refused
 * @retval AVERROR_EXTERNAL   the generation failed
 * @return any other negative AVERROR, among them AVERROR_HTTP_* by the gateway's answer
 */
I2V_API int i2v_fetch(const char *url, AVDictionary **options,
                      const AVIOInterruptCB *interrupt, char **path);

/**
 * Fetch a clip and open it, in the manner of avformat_open_input().
 *
 * The clip is demuxed by FFmpeg's own demuxer (mov, for an MP4), and `options` may hold
 * that demuxer's as well. A caller's whitelists count for the request, not for the clip:
 * one of formats must allow `i2v`, one of protocols that of the still. No demuxer or
 * protocol is registered: avformat_open_input() itself knows i2v only in a program that
 * i2v(1) runs.
 *
 * A pb that the caller set is not read and stays the caller's. The clip's takes its
 * place, and is the caller's to free, too, as AVFMT_FLAG_CUSTOM_IO says:
 * @code
 * AVIOContext *clip = ctx->pb;
 * avformat_close_input(&ctx);
 * avio_closep(&clip);
 * @endcode
 *
 * Thread-safe, for different contexts.
 *
 * @param[in,out] ps       not NULL: a context from avformat_alloc_context(), whose
 * interrupt_callback is honoured as by i2v_fetch(), or a pointer to NULL; close it with
 * avformat_close_input(). On failure the context is freed and *ps is NULL
 * @param[in]     url      the still or i2v: URL
 * @param[in,out] options  the options, or NULL; see Requests
 * @return 0, or a negative AVERROR as of i2v_fetch() and avformat_open_input()
 */
I2V_API int i2v_open_input(AVFormatContext **ps, const char *url, AVDictionary **options);
/** @} */

#ifdef __cplusplus
}
#endif

#endif
