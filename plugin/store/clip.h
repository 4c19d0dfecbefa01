/* i2v: the finished clip: verify it, say what it is, open it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLIP_H
#define I2V_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avformat.h>

/** What the name of a script ends with that makes one film of clips of ours. */
#define CLIP_SCRIPT ".ffconcat"

/** What a verified clip is. */
typedef struct ClipFacts {
    int width, height; ///< pixels
    double duration;   ///< seconds
    AVRational rate;   ///< frames a second, on average when it varies; 0/1 = not known
    bool variable;     ///< the frame rate varies by more than what rounding does
    char untagged[48]; ///< colour tags that are missing, "primaries, transfer", or ""
    bool has_audio;
    bool c2pa;         ///< it carries C2PA content credentials
    char unusual[256]; ///< what is unusual about it, in words; or ""
    char text[256];    ///< size, SAR, rate, time base, colour tags, GOP, audio, in a line
    const char *why;   ///< static: what is wrong with a clip that is not whole
} ClipFacts;

/**
 * Verify that a clip is whole: no box of an MP4 is cut and every sample lies within the
 * file, no packet is corrupt, it can be read to its end and has pictures, and it ends as
 * it says that it does. Whatever else is not as usual is noted in facts->unusual: streams
 * that are no tracks, packets that are not samples, bytes behind the last box, another
 * container.
 * @param asked  seconds that were asked for, 0 = not known; decides where a file does
 * not say where it ends: a fragmented MP4, or another container
 * @return 0 and *facts, AVERROR_INVALIDDATA and facts->why, AVERROR(EINTR), or another
 * AVERROR
 */
int clip_verify(const char *path, double asked, const AVIOInterruptCB *interrupt,
                ClipFacts *facts);

/** Whether the mov demuxer is the one that opens it, by its first bytes; also of what
 * cannot be read. */
bool clip_is_mp4(const char *path);

/**
 * Open a clip on the caller's own context: with the mov demuxer, or what is no MP4 with
 * the demuxer of containers that its bytes speak for. What the caller set
 * against strangers' files (io_open, white- and blacklists) is set aside for this file of
 * ours and put back. Not put back are pb, since the clip's own takes its place, which
 * is then the caller's to free (AVFMT_FLAG_CUSTOM_IO), and io_open where the caller's
 * io_close2 would be asked to close what it did not open. Of a script of ours, which
 * opens its clips while it is read, the lists stay ours.
 * @param ps       as for avformat_open_input(): freed and NULL on error
 * @param options  for the demuxer; those used are taken out
 * @return 0 or a negative AVERROR
 */
int clip_open(AVFormatContext **ps, const char *path, AVDictionary **options);

#endif
