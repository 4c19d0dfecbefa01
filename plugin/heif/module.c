/* i2v: pictures of HEIF files, HEIC and AVIF among them, by libheif
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "heif/heif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

#define UNSPECIFIED 2 ///< of ISO/IEC 23091-2

typedef struct Held {
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image;
    uint8_t *icc;
} Held;

static HeifStatus take_error(struct heif_error error, char *why)
{
    snprintf(why, HEIF_WHY_SIZE, "%s", error.message ? error.message : "");
    why[strcspn(why, "\n")] = '\0';
    switch (error.code) {
    case heif_error_Ok:
        return HEIF_OK;
    case heif_error_Memory_allocation_error:
        return error.subcode == heif_suberror_Security_limit_exceeded ? HEIF_UNSUPPORTED
                                                                      : HEIF_NO_MEMORY;
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature:
        return HEIF_UNSUPPORTED;
    default:
        return HEIF_DAMAGED;
    }
}

static void close_picture(HeifPicture *picture)
{
    Held *held = picture->held;

    if (held) {
        heif_image_release(held->image);
        heif_image_handle_release(held->handle);
        heif_context_free(held->context);
        free(held->icc);
    }
    free(held);
    *picture = (HeifPicture){0};
}

static HeifStatus open_picture(const uint8_t *data, size_t size, HeifPicture *picture,
                               char *why)
{
    Held *held = calloc(1, sizeof(*held));
    HeifStatus status;

    *picture = (HeifPicture){.held = held};
    why[0] = '\0';
    if (!held || !(held->context = heif_context_alloc()))
        return HEIF_NO_MEMORY;
    heif_context_set_maximum_image_size_limit(held->context, HEIF_MOST_WIDE);
    status = take_error(
        heif_context_read_from_memory_without_copy(held->context, data, size, NULL), why);
    if (status == HEIF_OK)
        status = take_error(
            heif_context_get_primary_image_handle(held->context, &held->handle), why);
    if (status != HEIF_OK)
        return status;
    picture->width = heif_image_handle_get_width(held->handle);
    picture->height = heif_image_handle_get_height(held->handle);
    return picture->width > 0 && picture->height > 0 ? HEIF_OK : HEIF_DAMAGED;
}

/* The profile of the file, and what it says of its colours by number. What is not there
 * stays unknown. */
static HeifStatus read_colors(HeifPicture *picture)
{
    Held *held = picture->held;
    size_t size = heif_image_handle_get_raw_color_profile_size(held->handle);
    struct heif_color_profile_nclx *nclx = NULL;
    struct heif_error error;

    picture->primaries = picture->transfer = UNSPECIFIED;
    error = heif_image_handle_get_nclx_color_profile(held->handle, &nclx);
    if (error.code == heif_error_Ok && nclx) {
        picture->primaries = (int)nclx->color_primaries;
        picture->transfer = (int)nclx->transfer_characteristics;
    }
    if (nclx)
        heif_nclx_color_profile_free(nclx);
    if (!size)
        return HEIF_OK;
    if (!(held->icc = malloc(size)))
        return HEIF_NO_MEMORY;
    error = heif_image_handle_get_raw_color_profile(held->handle, held->icc);
    if (error.code == heif_error_Ok) {
        picture->icc = held->icc;
        picture->icc_size = size;
    }
    return HEIF_OK;
}

static enum heif_chroma chroma_of(const HeifPicture *picture, bool deep)
{
    if (deep)
        return picture->alpha ? heif_chroma_interleaved_RRGGBBAA_BE
                              : heif_chroma_interleaved_RRGGBB_BE;
    return picture->alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
}

/* To RGB by libheif itself, so that the picture is the one that its own programs show. */
static HeifStatus decode_picture(HeifPicture *picture, char *why)
{
    Held *held = picture->held;
    bool deep = heif_image_handle_get_luma_bits_per_pixel(held->handle) > 8;
    HeifStatus status;
    int stride = 0;

    why[0] = '\0';
    picture->alpha = heif_image_handle_has_alpha_channel(held->handle);
#if LIBHEIF_HAVE_VERSION(1, 12, 0)
    picture->premultiplied =
        picture->alpha && heif_image_handle_is_premultiplied_alpha(held->handle);
#endif
    status = take_error(heif_decode_image(held->handle, &held->image, heif_colorspace_RGB,
                                          chroma_of(picture, deep), NULL),
                        why);
    if (status == HEIF_OK)
        status = read_colors(picture);
    if (status != HEIF_OK)
        return status;
    picture->width = heif_image_get_width(held->image, heif_channel_interleaved);
    picture->height = heif_image_get_height(held->image, heif_channel_interleaved);
    picture->depth =
        heif_image_get_bits_per_pixel_range(held->image, heif_channel_interleaved);
    picture->pixels =
        heif_image_get_plane_readonly(held->image, heif_channel_interleaved, &stride);
    picture->stride = stride;
    return picture->pixels && picture->width > 0 && picture->height > 0 &&
                   picture->depth >= (deep ? 9 : 8) && picture->depth <= (deep ? 16 : 8)
               ? HEIF_OK
               : HEIF_DAMAGED;
}

__attribute__((visibility("default"))) const HeifFace i2v_heif = {
    .version = HEIF_FACE_VERSION,
    .open = open_picture,
    .decode = decode_picture,
    .close = close_picture,
};
