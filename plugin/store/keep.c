/* i2v: the mark of requests that are to stay
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/files.h"

int store_keep(const Store *store, const char *key, bool keep)
{
    char *path = store_path(store, key, STORE_KEPT);
    int ret = path ? 0 : AVERROR(ENOMEM), fd = -1;

    if (ret >= 0 && keep &&
        (fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
        ret = AVERROR(errno);
    else if (ret >= 0 && !keep && unlink(path) < 0 && errno != ENOENT)
        ret = AVERROR(errno);
    if (fd >= 0)
        close(fd);
    if (ret >= 0)
        ret = files_sync_directory(path);
    av_free(path);
    return ret;
}

bool store_is_kept(const Store *store, const char *key)
{
    char *path = store_path(store, key, STORE_KEPT);
    /* Without memory it had better stay. */
    bool kept = !path || !access(path, F_OK);

    av_free(path);
    return kept;
}
