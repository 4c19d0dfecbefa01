/* i2v: the frame of a video that is shown at a time, and its digest
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "still/kind.h"
#include "still/parts.h"

#define FIRST_STEP_BACK 2 ///< seconds
#define MAX_STEP_BACK   512

static const AVRational microseconds = {1, AV_TIME_BASE};

/* Decodes until a frame is later than `target`; the one before it is the one. */
static int decode_until(StillReader *reader, int64_t target, AVFrame *frame,
                        StillShown *shown, bool *at_end)
{
    AVFrame *next = av_frame_alloc();
    StillShown next_shown;
    bool found = false;
    int ret = next ? 0 : AVERROR(ENOMEM);

    *at_end = false;
    while (ret >= 0) {
        ret = still_reader_frame(reader, next, &next_shown);
        if (ret == AVERROR_EOF) {
            *at_end = true;
            ret = found ? 0 : AVERROR_EOF;
            break;
        }
        if (ret < 0)
            break;
        if (next_shown.time > target && (found || !reader->from_start)) {
            ret = found ? 0 : AVERROR(ERANGE);
            break;
        }
        av_frame_unref(frame);
        av_frame_move_ref(frame, next);
        *shown = next_shown;
        found = true;
        if (shown->time > target) // nothing is shown earlier
            break;
    }
    av_frame_free(&next);
    return ret;
}

/* Time of the last key packet of a video that does not know its length. */
static int find_last_key(StillReader *reader, int64_t *time)
{
    int ret;

    *time = AV_NOPTS_VALUE;
    while ((ret = still_reader_packet(reader)) >= 0) {
        const AVPacket *packet = reader->packet;
        int64_t stamp = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
        if (packet->flags & AV_PKT_FLAG_KEY && stamp != AV_NOPTS_VALUE)
            *time = stamp;
    }
    return ret == AVERROR_EOF ? 0 : ret;
}

/* Where to look for the last frame. */
static int find_end(StillReader *reader, int64_t *time)
{
    int64_t length = reader->stream->duration;

    if (length <= 0)
        length =
            av_rescale_q(reader->fmt->duration, microseconds, reader->stream->time_base);
    if (length <= 0)
        return find_last_key(reader, time);
    *time = still_reader_start(reader) + length;
    return 0;
}

static int seek_and_decode(StillReader *reader, int64_t from, int64_t target,
                           AVFrame *frame, StillShown *shown, bool *at_end)
{
    int ret;

    for (int64_t back = 0; back <= MAX_STEP_BACK;
         back = back ? back * 4 : FIRST_STEP_BACK) {
        int64_t step =
            av_rescale_q(back * AV_TIME_BASE, microseconds, reader->stream->time_base);
        if (from == AV_NOPTS_VALUE ||
            (back && from - step <= still_reader_start(reader)) ||
            still_reader_seek(reader, from - step, target) < 0)
            break;
        ret = decode_until(reader, target, frame, shown, at_end);
        if (ret != AVERROR_EOF && ret != AVERROR(ERANGE))
            return ret;
    }
    /* Nothing to go by: all of it. */
    av_frame_unref(frame);
    ret = still_reader_restart(reader);
    return ret < 0 ? ret : decode_until(reader, target, frame, shown, at_end);
}

static int say_past_end(const StillReader *reader, const StillShown *shown)
{
    int64_t end = shown->time + shown->duration - still_reader_start(reader);

    return outcome_fail(
        reader->source->out, FAILURE_REQUEST, AVERROR(EINVAL),
        "image_time %s is past the end of '%s', which is %.3f s long; give an earlier "
        "time or end",
        reader->source->image_time, reader->label,
        (double)end * av_q2d(reader->stream->time_base));
}

static int say_no_frame(const StillReader *reader, int error)
{
    Outcome *out = reader->source->out;

    if (!reader->stream) // a restart that failed has said it
        return error;
    if (error == AVERROR(EINTR))
        return still_say_unread(reader->source, reader->label, error);
    if (error == AVERROR(ENOMEM))
        return outcome_fail(out, FAILURE_REQUEST, error, "image '%s': out of memory",
                            reader->label);
    if (still_say_kind(reader->bytes, reader->label, error, out) < 0)
        return AVERROR_INVALIDDATA;
    return outcome_fail(
        out, FAILURE_REQUEST, AVERROR_INVALIDDATA,
        "image '%s' cannot be decoded: it is damaged, cut short, or larger than %d "
        "megapixels",
        reader->label, STILL_MAX_PIXELS / 1000000);
}

static int first_frame(StillReader *reader, AVFrame *frame, StillShown *shown)
{
    int ret = still_reader_frame(reader, frame, shown);

    /* A damaged ICC profile makes the whole picture fail where FFmpeg reads profiles. */
    if (ret < 0 && ret != AVERROR(EINTR) && I2V_HAVE_ICC_PROFILES && reader->image) {
        reader->ignore_icc = true;
        ret = still_reader_restart(reader);
        if (ret >= 0)
            ret = still_reader_frame(reader, frame, shown);
    }
    return ret < 0 ? say_no_frame(reader, ret) : 0;
}

int still_pick(StillReader *reader, int64_t time, AVFrame *frame, StillShown *shown)
{
    AVRational base = reader->stream->time_base;
    int64_t target = INT64_MAX, from, end;
    bool at_end = false;
    int ret;

    if (!time)
        return first_frame(reader, frame, shown);
    if (time != STILL_END) // a microsecond of grace for times that were cut to that
        target = still_reader_start(reader) +
                 av_rescale_q_rnd(time + 1, microseconds, base, AV_ROUND_DOWN);
    from = target;
    if (reader->animation) {
        ret = decode_until(reader, target, frame, shown, &at_end);
    } else {
        ret = time == STILL_END ? find_end(reader, &from) : 0;
        if (ret >= 0)
            ret = seek_and_decode(reader, from, target, frame, shown, &at_end);
    }
    if (ret < 0)
        return say_no_frame(reader, ret);
    end = shown->time + shown->duration - still_reader_start(reader);
    if (time != STILL_END && at_end && av_compare_ts(time, microseconds, end, base) >= 0)
        return say_past_end(reader, shown);
    return 0;
}

/* The last key packet that precedes the frame both in the stream and on the screen: where
 * a decoder has to begin. */
static int key_before(const StillReader *reader, const StillShown *shown)
{
    for (int i = reader->animation ? 0 : shown->packet; i > 0; i--) {
        const StillPacket *packet = &reader->packets[i];
        if (packet->key && (i == shown->packet || packet->time <= shown->time))
            return i;
    }
    return 0;
}

int still_pick_digest(const StillReader *reader, const StillShown *shown,
                      uint8_t bytes[DIGEST_SIZE])
{
    const AVCodecParameters *par = reader->stream->codecpar;
    Digest *digest = digest_begin();

    if (!digest)
        return AVERROR(ENOMEM);
    if (par->extradata_size > 0)
        digest_update(digest, par->extradata, (size_t)par->extradata_size);
    for (int i = key_before(reader, shown); i <= shown->packet; i++)
        digest_update(digest, reader->packets[i].digest, DIGEST_SIZE);
    digest_finish(&digest, bytes);
    return 0;
}
