/* i2v: a stub of the plugin for a libavformat of another major
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include "../../plugin/host/face.h"

unsigned avformat_version(void);

/* What no libavformat returns, so that one sees who opened it. */
static int fake_open_input(struct AVFormatContext **ps, const char *url,
                           struct AVDictionary **options, const I2VInterrupt *interrupt)
{
    (void)interrupt;
    (void)ps;
    (void)url;
    (void)options;
    return FAKE_MAJOR * 100;
}

static void fake_allow_line(int allowed)
{
    (void)allowed;
}

static int fake_is_interrupted(struct AVFormatContext *ctx)
{
    (void)ctx;
    return -1;
}

static int fake_is_same(const I2VNamed *named, const char *url,
                        const struct AVDictionary *options)
{
    (void)named;
    (void)url;
    (void)options;
    return 0;
}

static int fake_check_given(const struct AVDictionary *given)
{
    (void)given;
    return 0;
}

const struct I2VFace *i2v_face(unsigned face_version)
{
    static I2VFace face = {
        .avformat_major = FAKE_MAJOR,
        .open_input = fake_open_input,
        .allow_line = fake_allow_line,
        .is_interrupted = fake_is_interrupted,
        .is_same = fake_is_same,
        .check_given = fake_check_given,
    };

    face.avformat_version = (const void *)avformat_version;
    return face_version == I2V_FACE_VERSION ? &face : NULL;
}
