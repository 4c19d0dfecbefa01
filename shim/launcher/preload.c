/* i2v: where the launcher's preload and the plugins lie, and how the preload gets in
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "launcher/path.h"
#include "launcher/preload.h"
#include "launcher/stop.h"

/* ---- places ---- */

/* Join two parts of a path into room for PATH_MAX bytes. */
static void join(char *path, const char *directory, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        stop(CANNOT_RUN, "the path %s/%s is too long", directory, name);
}

/* Take the last part off an absolute path. */
static void go_up(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash)
        *slash = '\0';
}

/* The launcher's own file, without a link in its path. */
static void find_self(char *path, const char *self)
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *found;

    if (size > 0 && *path == '/') {
        path[size] = '\0';
        return;
    }
    found = path_find(self);
    if (!found || !realpath(found, path))
        stop(CANNOT_RUN, "cannot find out where %s lies", self);
    free(found);
}

bool places_find(Places *places, const char *self, const char *way)
{
    const char *plugins = getenv("I2V_PLUGIN_DIR");
    char up[PATH_MAX], directory[PATH_MAX];
    struct stat info;

    find_self(places->bin, self);
    go_up(places->bin);
    strcpy(up, places->bin);
    for (; !strncmp(way, "../", 3); way += 3)
        go_up(up);
    join(directory, up, way);
    if (stat(directory, &info) || !S_ISDIR(info.st_mode)) {
        complain("the directory %s is missing", directory);
        return false;
    }
    join(places->preload, directory, "libi2v-preload.so");
    // A relative one the preload passes over too.
    if (plugins && *plugins == '/' && strlen(plugins) < PATH_MAX)
        strcpy(places->plugins, plugins);
    else
        strcpy(places->plugins, directory);
    return true;
}

bool places_have(const Places *places, unsigned major)
{
    char path[PATH_MAX];

    return major &&
           snprintf(path, PATH_MAX, "%s/%u/libi2v.so.0.%u", places->plugins, major,
                    major) < PATH_MAX &&
           !access(path, F_OK);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    unsigned long left = strtoul((*a)->d_name, NULL, 10);
    unsigned long right = strtoul((*b)->d_name, NULL, 10);

    return (left > right) - (left < right);
}

static int is_number(const struct dirent *entry)
{
    return !entry->d_name[strspn(entry->d_name, "0123456789")];
}

char *places_majors(const Places *places, bool with_ffmpeg)
{
    struct dirent **entries = NULL;
    int count = scandir(places->plugins, &entries, is_number, by_number);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *between = "";

    for (int i = 0; i < count; i++) {
        unsigned major = (unsigned)strtoul(entries[i]->d_name, NULL, 10);

        if (out && places_have(places, major)) {
            fprintf(out, "%s%u", between, major);
            if (with_ffmpeg && major >= 58 && major <= 63)
                fprintf(out, " (FFmpeg %u)", major - 54);
            between = ", ";
        }
        free(entries[i]);
    }
    free(entries);
    if (out && fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- LD_PRELOAD ---- */

static const char separators[] = ": ";

void preload_check(const char *preload)
{
    if (strpbrk(preload, separators))
        stop(CANNOT_RUN,
             "cannot preload %s: LD_PRELOAD takes no space or colon in a path", preload);
    if (!path_is_file(preload))
        stop(CANNOT_RUN, "%s is missing", preload);
}

/* One of the libraries in a list. */
typedef struct Entry {
    const char *path, *name;
    size_t length; ///< of the path
} Entry;

/* Go on to the next; at first all of it is zero. */
static bool next_entry(const char *list, Entry *entry)
{
    entry->path = entry->path ? entry->path + entry->length : list;
    entry->path += strspn(entry->path, separators);
    entry->length = strcspn(entry->path, separators);
    entry->name = entry->path + entry->length;
    while (entry->name > entry->path && entry->name[-1] != '/')
        entry->name--;
    return entry->length > 0;
}

static bool entry_is(const Entry *entry, const char *path)
{
    return entry->length == strlen(path) && !memcmp(entry->path, path, entry->length);
}

static bool entry_begins(const Entry *entry, const char *name)
{
    return !strncmp(entry->name, name, strlen(name));
}

/* The preload of another installation. */
static bool is_other(const Entry *entry, const char *preload)
{
    static const char name[] = "libi2v-preload.so";
    size_t length = (size_t)(entry->path + entry->length - entry->name);

    return length == strlen(name) && entry_begins(entry, name) &&
           !entry_is(entry, preload);
}

/* A list without other installations' preloads, or with "" without any: itself, byte for
 * byte, if it has none. The caller's. */
static char *without_others(const char *list, const char *preload)
{
    char *kept = calloc(1, strlen(list) + 1), *end = kept;
    bool gone = false;

    for (Entry entry = {0}; kept && next_entry(list, &entry);) {
        if (is_other(&entry, preload)) {
            gone = true;
            continue;
        }
        if (end > kept)
            *end++ = ':';
        end = mempcpy(end, entry.path, entry.length);
    }
    if (kept && !gone)
        strcpy(kept, list);
    return kept;
}

void preload_join(const char *preload)
{
    const char *inherited = getenv("LD_PRELOAD");
    bool there = false, after = false;
    char *list = without_others(inherited ? inherited : "", preload), *joined = NULL;
    int size = -1;

    for (Entry entry = {0}; list && next_entry(list, &entry);) {
        there |= entry_is(&entry, preload);
        // AddressSanitizer insists on being first.
        after |= entry_begins(&entry, "libasan.so") ||
                 entry_begins(&entry, "libclang_rt.asan");
    }
    if (there)
        joined = list;
    else if (list && after)
        size = asprintf(&joined, "%s:%s", list, preload);
    else if (list)
        size = asprintf(&joined, "%s%s%s", preload, *list ? ":" : "", list);
    if ((!there && size < 0) || setenv("LD_PRELOAD", joined, 1))
        stop(CANNOT_RUN, "out of memory");
    if (!there)
        free(joined);
    free(list);
}

void preload_leave(void)
{
    const char *inherited = getenv("LD_PRELOAD");
    char *list = inherited ? without_others(inherited, "") : NULL;

    if (inherited &&
        (!list || (*list ? setenv("LD_PRELOAD", list, 1) : unsetenv("LD_PRELOAD"))))
        stop(CANNOT_RUN, "out of memory");
    free(list);
}
