/* i2v: where what is made here lies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "base/digest.h"
#include "base/files.h"
#include "made/made.h"
#include "store/clip.h"

/* What was not used for so long can be made again. */
#define KEEP_SECONDS (7 * 24 * 3600)

#define NAME_DIGITS 32

/* The directory */

/* One that is there must be ours alone: in /tmp others make directories too. */
static int make_directory(const char *path)
{
    struct stat st;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return AVERROR(errno);
    if (lstat(path, &st) < 0)
        return AVERROR(errno);
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022)
               ? 0
               : AVERROR(EACCES);
}

/* One that is there already may be on what is read-only by now. */
static int make_writable(const char *path)
{
    int ret = make_directory(path);
    return ret >= 0 && access(path, W_OK | X_OK) < 0 ? AVERROR(errno) : ret;
}

/* $XDG_CACHE_HOME/i2v/made, the same in ~/.cache, or one in the directory for temporary
 * files; no directory that a store could be. @param so  what follows from there being
 * none */
static int find_directory(const char *so, Outcome *out, char **path)
{
    const char *temporary = secure_getenv("TMPDIR");
    char *ours = files_home_path("XDG_CACHE_HOME", ".cache", "i2v");
    int ret = AVERROR(ENOENT);

    if (ours) {
        char *slash = strrchr(ours, '/');
        *slash = '\0';
        (void)mkdir(ours, 0700);
        *slash = '/';
        *path = av_asprintf("%s/made", ours);
        if (*path && (ret = make_directory(ours)) >= 0)
            ret = make_writable(*path);
        av_free(ours);
    }
    if (ret < 0) {
        av_free(*path);
        *path = av_asprintf("%s/i2v-%ld",
                            temporary && temporary[0] == '/' ? temporary : "/tmp",
                            (long)geteuid());
        ret = *path ? make_writable(*path) : AVERROR(ENOMEM);
    }
    if (ret < 0)
        outcome_fail(
            out, FAILURE_STORE, ret,
            "There is no place for what is made here, neither in XDG_CACHE_HOME nor "
            "as %s: %s%s.",
            *path ? *path : "a temporary file", av_err2str(ret), so);
    return ret;
}

int made_check_place(Outcome *out)
{
    char *directory = NULL;
    int ret = find_directory("; nothing sent", out, &directory);
    av_free(directory);
    return ret;
}

/* Whether a file has one of our names, or is what a kill left of one. */
static bool is_ours(const char *name)
{
    return strspn(name, "0123456789abcdef") == NAME_DIGITS &&
           (av_strstart(name + NAME_DIGITS, ".mp4", NULL) ||
            av_strstart(name + NAME_DIGITS, CLIP_SCRIPT, NULL));
}

/* Remove what was not used for long. */
static void sweep(const char *directory)
{
    DIR *listing = opendir(directory);
    const struct dirent *entry;

    while (listing && (entry = readdir(listing))) {
        struct stat st;
        char *path = is_ours(entry->d_name)
                         ? av_asprintf("%s/%s", directory, entry->d_name)
                         : NULL;
        if (path && !lstat(path, &st) && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) &&
            time(NULL) - st.st_mtime > KEEP_SECONDS)
            unlink(path);
        av_free(path);
    }
    if (listing)
        closedir(listing);
}

int place_find_as(const char *name, const char *suffix, Outcome *out, char **path)
{
    char digest[DIGEST_TEXT_SIZE];
    char *directory = NULL;
    int ret = find_directory("", out, &directory);

    *path = NULL;
    if (ret >= 0) {
        digest_text(name, strlen(name), digest);
        *path = av_asprintf("%s/%.*s%s", directory, NAME_DIGITS, digest, suffix);
        ret = *path ? 0 : AVERROR(ENOMEM);
    }
    /* Whoever sweeps meanwhile sees that it is used. */
    if (ret >= 0 && !utimensat(AT_FDCWD, *path, NULL, AT_SYMLINK_NOFOLLOW))
        ret = 1;
    else if (ret >= 0)
        sweep(directory);
    av_free(directory);
    return ret;
}

int place_find(const char *name, Outcome *out, char **path)
{
    return place_find_as(name, ".mp4", out, path);
}

int place_find_copy(const char *kind, const char *clip, Outcome *out, char **path)
{
    struct stat st;
    char *name = NULL;
    int ret = stat(clip, &st) < 0 ? AVERROR(errno) : 0;

    *path = NULL;
    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret, "Cannot read the clip %s: %s.", clip,
                            av_err2str(ret));
    name = av_asprintf("%d %s %s %lld %lld.%09ld", PLACE_FORMAT, kind, clip,
                       (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                       st.st_mtim.tv_nsec);
    ret = name ? place_find(name, out, path) : AVERROR(ENOMEM);
    av_free(name);
    return ret;
}
