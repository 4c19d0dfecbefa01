/* i2v: the pictures of an animatic: fitted, and moved into
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "animatic_internal.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mathematics.h>
#include <libavutil/mem.h>

#include "picture_filter.h"

#define SCALE "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"

int animatic_fit(const AVFrame *picture, int width, int height, AVFrame **fitted)
{
    int w = (int)av_rescale(picture->width, height, picture->height);
    int h = (int)av_rescale(picture->height, width, picture->width);
    char chain[512];

    /* A pixel less is rounding, and no bar. */
    w = w < width - 1 ? FFMAX(w, 1) : width;
    h = h < height - 1 ? FFMAX(h, 1) : height;
    snprintf(chain, sizeof(chain),
             "scale=%d:%d:" SCALE ",format=rgb24,pad=%d:%d:%d:%d:black,"
             "scale=out_color_matrix=bt709:out_range=tv:" SCALE ",format=yuv420p",
             w, h, width, height, (width - w) / 2, (height - h) / 2);
    return picture_filter(picture, chain, fitted);
}

/* Where a sample of the output lies between two of the input. */
typedef struct Tap {
    int first;
    int weight; ///< of the second one, of 256
} Tap;

struct AnimaticZoom {
    const AVFrame *fitted;
    Tap *taps;     ///< of a row
    uint16_t *row; ///< a row between two of the input, times 256, and its last one again
};

AnimaticZoom *animatic_zoom_alloc(const AVFrame *fitted)
{
    AnimaticZoom *zoom = av_mallocz(sizeof(*zoom));
    size_t width = (size_t)fitted->width;

    if (!zoom)
        return NULL;
    zoom->fitted = fitted;
    zoom->taps = av_malloc_array(width, sizeof(*zoom->taps));
    zoom->row = av_malloc_array(width + 1, sizeof(*zoom->row));
    if (!zoom->taps || !zoom->row)
        animatic_zoom_free(&zoom);
    return zoom;
}

void animatic_zoom_free(AnimaticZoom **zoom)
{
    if (*zoom) {
        av_free((*zoom)->taps);
        av_free((*zoom)->row);
    }
    av_freep(zoom);
}

static Tap tap_at(int at, int size, double factor)
{
    double middle = (size - 1) / 2.0;
    int place = (int)lrint(((at - middle) / factor + middle) * 256);

    place = av_clip(place, 0, (size - 1) * 256);
    return (Tap){place >> 8, place & 255};
}

/* By hand: the zoompan filter moves in whole pixels, which stutters when it is slow. */
static void zoom_plane(AnimaticZoom *zoom, int plane, int width, int height,
                       double factor, AVFrame *out)
{
    const AVFrame *in = zoom->fitted;

    for (int x = 0; x < width; x++)
        zoom->taps[x] = tap_at(x, width, factor);
    for (int y = 0; y < height; y++) {
        Tap tap = tap_at(y, height, factor);
        ptrdiff_t stride = in->linesize[plane];
        const uint8_t *above = in->data[plane] + tap.first * stride;
        const uint8_t *below = above + (tap.weight ? stride : 0);
        uint8_t *to = out->data[plane] + y * (ptrdiff_t)out->linesize[plane];

        for (int x = 0; x < width; x++)
            zoom->row[x] =
                (uint16_t)(above[x] * (256 - tap.weight) + below[x] * tap.weight);
        zoom->row[width] = zoom->row[width - 1];
        for (int x = 0; x < width; x++) {
            const uint16_t *pair = zoom->row + zoom->taps[x].first;
            unsigned weight = (unsigned)zoom->taps[x].weight;
            to[x] =
                (uint8_t)((pair[0] * (256 - weight) + pair[1] * weight + 32768) >> 16);
        }
    }
}

void animatic_zoom(AnimaticZoom *zoom, double factor, AVFrame *out)
{
    int width = zoom->fitted->width, height = zoom->fitted->height;

    zoom_plane(zoom, 0, width, height, factor, out);
    zoom_plane(zoom, 1, width / 2, height / 2, factor, out);
    zoom_plane(zoom, 2, width / 2, height / 2, factor, out);
}
