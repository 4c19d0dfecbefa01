/* i2v: the finished clip: verify it, say what it is, open it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CLIP_H
#define I2V_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avformat.h>

/** What a verified clip is. */
typedef struct ClipFacts {
    int width, height; ///< pixels
    double duration;   ///< seconds
    AVRational rate;   ///< frames a second, on average when it varies; 0/1 = not known
    bool variable;     ///< the frame rate varies by more than what rounding does
    char untagged[48]; ///< colour tags that are missing, "primaries, transfer", or ""
    bool has_audio;
    bool c2pa;       ///< it carries C2PA content credentials
    char text[256];  ///< size, SAR, rate, time base, colour tags, GOP, audio, in a line
    const char *why; ///< static: what is wrong with a clip that is not whole
} ClipFacts;

/**
 * Verify that an MP4 is whole: its top-level boxes tile the file, every track is a stream
 * with as many packets as the index announces, none is corrupt, and it ends as a file
 * should.
 * @param asked  seconds that were asked for, 0 = not known; only decides about a
 * fragmented file that does not say where it ends
 * @return 0 and *facts, AVERROR_INVALIDDATA and facts->why, AVERROR(EINTR), or another
 * AVERROR
 */
int clip_verify(const char *path, double asked, const AVIOInterruptCB *interrupt,
                ClipFacts *facts);

/**
 * Open a clip with the mov demuxer on the caller's own context. What the caller set
 * against strangers' files (io_open, white- and blacklists) is set aside for this file of
 * ours and put back. Not put back are pb, since the clip's own takes its place, which
 * is then the caller's to free (AVFMT_FLAG_CUSTOM_IO), and io_open where the caller's
 * io_close2 would be asked to close what it did not open.
 * @param ps       as for avformat_open_input(): freed and NULL on error
 * @param options  for the demuxer; those used are taken out
 * @return 0 or a negative AVERROR
 */
int clip_open(AVFormatContext **ps, const char *path, AVDictionary **options);

#endif
