/* i2v: the command: small pictures, for the page
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/picture.h"

#include <errno.h>
#include <string.h>

#include <libavutil/base64.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/text.h"
#include "still/still.h"

/* A card of the page is about as wide, and a thousand of them are some 15 MB. */
#define SIDE 400

static int make_uri(const StillFile *file, char **uri)
{
    size_t head = strlen("data:") + strlen(file->mime) + strlen(";base64,");
    size_t size = head + AV_BASE64_SIZE(file->size);

    if (!(*uri = av_malloc(size)))
        return AVERROR(ENOMEM);
    snprintf(*uri, size, "data:%s;base64,", file->mime);
    av_base64_encode(*uri + head, (int)(size - head), file->data, (int)file->size);
    return 0;
}

int picture_of(const char *path, const char *time, const char *digest,
               const AVIOInterruptCB *interrupt, Picture *picture)
{
    Outcome unheard = {.quiet = true};
    StillSource source = {
        .image = path, .image_time = time, .interrupt = interrupt, .out = &unheard};
    StillFile file = {0};
    Still *still = NULL;
    char is[DIGEST_TEXT_SIZE];

    *picture = (Picture){0};
    int ret = still_read(&source, &still);
    if (ret >= 0) {
        picture->width = still_width(still);
        picture->height = still_height(still);
        digest_hex(still_digest(still), DIGEST_SIZE, is);
    }
    if (ret >= 0 && text_is_set(digest) && strcmp(is, digest))
        ret = AVERROR(ESTALE);
    if (ret >= 0 && (ret = still_thumbnail(still, SIDE, &file)) >= 0)
        ret = make_uri(&file, &picture->uri);
    still_file_clear(&file);
    still_free(&still);
    return ret;
}
