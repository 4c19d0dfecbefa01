/* i2v: what is made here in place of a clip, or of a clip
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "made/made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "made/animatic.h"
#include "base/digest.h"
#include "base/files.h"
#include "made/silence.h"
#include "made/tagged.h"

/* What was not used for so long can be made again. */
#define KEEP_SECONDS (7 * 24 * 3600)

/* Where neither request nor model says. */
#define USUAL_RATE    30
#define USUAL_SECONDS 5

/* Raise it when what is made changes: what was made before is then left alone. */
#define FORMAT 1

#define NAME_SIZE   48
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
           av_strstart(name + NAME_DIGITS, ".mp4", NULL);
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
        if (path && !lstat(path, &st) && S_ISREG(st.st_mode) &&
            time(NULL) - st.st_mtime > KEEP_SECONDS)
            unlink(path);
        av_free(path);
    }
    if (listing)
        closedir(listing);
}

/* The path of what is known by `name`. @return 1 when it is there, 0 when it is to be
 * made, or a negative AVERROR after a sentence */
static int find(const char *name, Outcome *out, char **path)
{
    char digest[DIGEST_TEXT_SIZE];
    char *directory = NULL;
    int ret = find_directory("", out, &directory);

    *path = NULL;
    if (ret >= 0) {
        digest_text(name, strlen(name), digest);
        *path = av_asprintf("%s/%.*s.mp4", directory, NAME_DIGITS, digest);
        ret = *path ? 0 : AVERROR(ENOMEM);
    }
    /* Whoever sweeps meanwhile sees that it is used. */
    if (ret >= 0 && !utimensat(AT_FDCWD, *path, NULL, 0))
        ret = 1;
    else if (ret >= 0)
        sweep(directory);
    av_free(directory);
    return ret;
}

/* A clip from a still */

static int render(const Request *r, Still *still, AnimaticPlan *plan,
                  const AVIOInterruptCB *interrupt, Outcome *out, const char *path)
{
    /* Whoever encoded it has said what is cut or padded. */
    Outcome unheard = {.quiet = true};
    int rate = r->rate ? r->rate : r->model ? r->model->rate : 0;
    AVFrame *picture = NULL;
    int ret = still_frame(still, &r->target, &unheard, &picture);

    if (ret < 0)
        return ret;
    plan->picture = picture;
    plan->rate = (AVRational){rate ? rate : USUAL_RATE, 1};
    plan->duration = request_seconds(r) > 0 ? request_seconds(r) : USUAL_SECONDS;
    request_clip_size(r, still, &plan->width, &plan->height);
    ret = animatic_render(plan, path, interrupt, out);
    av_frame_free(&picture);
    return ret;
}

static void name_of(const char *kind, const char *key, AnimaticSound sound,
                    char name[REQUEST_KEY_SIZE + NAME_SIZE])
{
    snprintf(name, REQUEST_KEY_SIZE + NAME_SIZE, "%d %s %s %d", FORMAT, kind, key,
             (int)sound);
}

static int from_still(const char *kind, const Request *r, Still *still,
                      AnimaticPlan *plan, const AVIOInterruptCB *interrupt, Outcome *out,
                      char **path)
{
    char name[REQUEST_KEY_SIZE + NAME_SIZE];
    name_of(kind, r->key, plan->sound, name);
    int ret = find(name, out, path);
    if (!ret)
        ret = render(r, still, plan, interrupt, out, *path);
    if (ret < 0)
        av_freep(path);
    return FFMIN(ret, 0);
}

int made_animatic(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
                  Outcome *out, char **path)
{
    AnimaticPlan plan = {
        .moving = true,
        .stamp = "DRY RUN",
        .caption = request->prompt[0] ? request->prompt : NULL,
        .sound = request->audible   ? ANIMATIC_TONE
                 : request->silence ? ANIMATIC_SILENCE
                                    : ANIMATIC_MUTE,
    };
    return from_still("animatic", request, still, &plan, interrupt, out, path);
}

int made_find_animatic(const char *key, Outcome *out, char **path)
{
    static const AnimaticSound sounds[] = {ANIMATIC_TONE, ANIMATIC_SILENCE,
                                           ANIMATIC_MUTE};
    char name[REQUEST_KEY_SIZE + NAME_SIZE];
    int ret = 0;

    for (size_t i = 0; i < FF_ARRAY_ELEMS(sounds) && !ret; i++) {
        name_of("animatic", key, sounds[i], name);
        ret = find(name, out, path);
        if (ret <= 0)
            av_freep(path);
    }
    return ret;
}

int made_still(const Request *request, Still *still, const AVIOInterruptCB *interrupt,
               Outcome *out, char **path)
{
    AnimaticPlan plan = {.sound = ANIMATIC_SILENCE};
    return from_still("still", request, still, &plan, interrupt, out, path);
}

/* Copies of a clip */

/* @param kind  what is done to it, and by what
 * @return as find() */
static int find_copy(const char *kind, const char *clip, Outcome *out, char **path)
{
    struct stat st;
    char *name = NULL;
    int ret = stat(clip, &st) < 0 ? AVERROR(errno) : 0;

    *path = NULL;
    if (ret < 0)
        return outcome_fail(out, FAILURE_STORE, ret, "Cannot read the clip %s: %s.", clip,
                            av_err2str(ret));
    name =
        av_asprintf("%d %s %s %lld %lld.%09ld", FORMAT, kind, clip, (long long)st.st_size,
                    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    ret = name ? find(name, out, path) : AVERROR(ENOMEM);
    av_free(name);
    return ret;
}

int made_silent(const char *clip, const AVIOInterruptCB *interrupt, Outcome *out,
                char **path)
{
    int ret = find_copy("silence", clip, out, path);

    if (!ret)
        ret = silence_add(clip, *path, interrupt, out);
    if (ret < 0)
        av_freep(path);
    return FFMIN(ret, 0);
}

int made_tagged(const char *clip, const AVDictionary *tags, Outcome *out, char **path)
{
    char *text = NULL, *kind = NULL;
    int ret = av_dict_get_string(tags, &text, '=', '\n');

    *path = NULL;
    if (ret >= 0)
        kind = av_asprintf("tags %s", text);
    ret = kind ? find_copy(kind, clip, out, path) : AVERROR(ENOMEM);
    if (!ret) {
        ret = tagged_copy(clip, tags, *path);
        if (ret < 0)
            outcome_fail(out, FAILURE_STORE, ret, "Cannot copy the clip %s: %s.", clip,
                         av_err2str(ret));
    }
    if (ret <= 0)
        av_freep(path);
    av_free(kind);
    av_free(text);
    return ret;
}
