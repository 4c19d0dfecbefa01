/* i2v: the plugin for a host's FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "plugin.h"
#include "say.h"

static atomic_bool loaded; ///< some plugin is

/* DIRECTORY/MAJOR/libi2v.so.0.MAJOR, in the directory of this library unless
 * I2V_PLUGIN_DIR names another. */
static bool find_file(char path[PATH_MAX], unsigned major)
{
    const char *directory = user_env("I2V_PLUGIN_DIR");
    char ours[PATH_MAX];
    Dl_info info;

    if (!directory || *directory != '/') {
        if (!dladdr(&loaded, &info) || !realpath(info.dli_fname, ours))
            return false;
        *strrchr(ours, '/') = '\0';
        directory = ours;
    }
    return snprintf(path, PATH_MAX, "%s/%u/libi2v.so.0.%u", directory, major, major) <
               PATH_MAX &&
           !access(path, F_OK);
}

/* @return NULL, and in `why` the rest of a sentence */
static const I2VFace *load(unsigned major, const void *version, char *why, size_t size)
{
    char path[PATH_MAX];
    bool installed = find_file(path, major);
    void *library = installed ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    I2VFaceFunction *get_face =
        library ? (I2VFaceFunction *)dlsym(library, I2V_FACE_SYMBOL) : NULL;
    const I2VFace *face = get_face ? get_face(I2V_FACE_VERSION) : NULL;

    if (library && !get_face)
        dlerror();
    if (!installed)
        snprintf(why, size, "no plugin for its libavformat %u is installed", major);
    else if (!library)
        snprintf(why, size, "its plugin cannot be loaded: %s", dlerror());
    else if (!face || face->avformat_major != major)
        snprintf(why, size, "%s belongs to another build of i2v", path);
    else if (face->avformat_version != version)
        snprintf(why, size, "it brings its own copy of libavformat %u", major);
    else {
        say_debug("loaded %s", path);
        return face;
    }
    return NULL;
}

const I2VFace *plugin_find(Host *host, bool asked)
{
    const I2VFace *face = atomic_load(&host->plugin);
    char why[PATH_MAX + 256] = "its libavformat does not tell its version";
    VersionFunction *version;
    int saved = errno;

    if (face || (atomic_load(&host->refused) && !asked))
        return face;
    /* A libavformat that is not bound to itself (-Bsymbolic) calls us for the URLs inside
     * a playlist or script. Those come from strangers and never reach the plugin. */
    if (host_holds(host, (const void *)host_real(host, HOOK_avformat_open_input)))
        return NULL;

    version = host_version(host);
    if (version)
        face = load(version() >> 16, (const void *)version, why, sizeof(why));
    if (face) {
        atomic_store(&host->plugin, face);
        atomic_store(&loaded, true);
    } else if (asked) {
        say_once("this program runs on without i2v: %s (`i2vctl fetch` gets the clip "
                 "without a host)",
                 why);
    } else {
        say_debug("no plugin for %s: %s", host_name(host), why);
    }
    atomic_store(&host->refused, !face);
    errno = saved;
    return face;
}

bool plugin_is_loaded(void)
{
    return atomic_load(&loaded);
}
