/* i2v: the program we are preloaded into, and the plugin built for its FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "host.h"

/*
 * There is no lock in here: a hook may run in a constructor, inside the loader's own
 * lock. What is found is the same whoever finds it, so threads that race do the work
 * twice and store the same answer.
 */

typedef unsigned VersionFunction(void);

typedef enum PluginState { PLUGIN_UNTRIED, PLUGIN_REFUSED, PLUGIN_READY } PluginState;

struct Host {
    struct Host *next;
    const char *name;     ///< path of the calling object; "" is the program itself
    uintptr_t start, end; ///< where it lies in memory
    _Atomic(AnyFunction *) real[HOOK_COUNT];
    _Atomic(const I2VFace *) plugin; ///< valid when ready
    _Atomic PluginState state;
};

/* An object as the loader knows it; `name` lives as long as the object is loaded. */
typedef struct Object {
    uintptr_t start, end;
    const char *name;
    bool at_start; ///< it was there before the program began, and stays as long
} Object;

static const struct HookInfo {
    const char *name, *library;
} hook_info[HOOK_COUNT] = {
#define HOOK(ret, name, params, library, missing) [HOOK_##name] = {#name, #library},
#include "hooks.def"
#undef HOOK
};

static _Atomic(Host *) hosts;
static Host stray = {.name = ""}; ///< callers that belong to no object; want of memory
static atomic_bool has_plugin;
static atomic_int started;     ///< objects that there were then, 0 = not counted yet
static atomic_ullong unloaded; ///< objects that were gone again by then

/* ---- what the user says, and what we say ---- */

/* Whoever starts a set-user-ID program must not steer it through us. */
static const char *user_env(const char *name)
{
    return getauxval(AT_SECURE) ? NULL : getenv(name);
}

static bool user_switch(const char *name)
{
    const char *value = user_env(name);

    return value && *value && strcmp(value, "0");
}

bool host_disabled(void)
{
    static atomic_int cached = -1;
    int disabled = atomic_load(&cached);

    if (disabled < 0) {
        disabled = user_switch("I2V_DISABLE");
        atomic_store(&cached, disabled);
    }
    return disabled;
}

bool host_sends_ahead(void)
{
    const char *value = user_env("I2V_AHEAD");

    return !value || strcmp(value, "0");
}

/* One write a line, so that lines of several threads and processes do not mix. */
static void say(const char *format, va_list args)
{
    char line[PATH_MAX + 512] = "i2v: ";
    size_t size = strlen(line);
    int saved = errno, more;

    more = vsnprintf(line + size, sizeof(line) - size - 1, format, args);
    if (more > 0) {
        size = strlen(line);
        line[size++] = '\n';
        if (write(STDERR_FILENO, line, size) < 0) {
            /* nobody listens; nothing depends on it */
        }
    }
    errno = saved;
}

void host_debug(const char *format, ...)
{
    static atomic_int cached = -1;
    int wanted = atomic_load(&cached);
    va_list args;

    if (wanted < 0) {
        wanted = user_switch("I2V_DEBUG");
        atomic_store(&cached, wanted);
    }
    if (!wanted)
        return;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void host_say_once(const char *format, ...)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    va_list args;

    if (atomic_flag_test_and_set(&said))
        return;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

/* ---- objects and their symbols ---- */

typedef struct Search {
    uintptr_t address;   ///< the object that holds this, or
    const char *library; ///< the first object of a library of this name
    int passed;          ///< objects before the one found
    Object found;
} Search;

static void object_extent(const struct dl_phdr_info *info, Object *object)
{
    object->start = UINTPTR_MAX;
    object->end = 0;
    object->name = info->dlpi_name ? info->dlpi_name : "";
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type != PT_LOAD)
            continue;
        if (start < object->start)
            object->start = start;
        if (start + segment->p_memsz > object->end)
            object->end = start + segment->p_memsz;
    }
}

const char *host_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* libavformat.so.59, and libavformat-1a2b3c4d.so.59 as Python wheels rename it. */
static bool is_library(const char *path, const char *library)
{
    const char *base = host_base_name(path);
    size_t length = strlen(library);

    return !strncmp(base, "lib", 3) && !strncmp(base + 3, library, length) &&
           (base[3 + length] == '.' || base[3 + length] == '-');
}

static int search_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
    Search *search = opaque;
    Object object;

    (void)size;
    object_extent(info, &object);
    object.at_start = search->passed++ < atomic_load(&started) &&
                      info->dlpi_subs == atomic_load(&unloaded);
    if (search->library ? !is_library(object.name, search->library)
                        : search->address < object.start || search->address >= object.end)
        return 0;
    search->found = object;
    return 1;
}

static bool object_at(const void *address, Object *object)
{
    Search search = {.address = (uintptr_t)address};

    if (!dl_iterate_phdr(search_object, &search))
        return false;
    *object = search.found;
    return true;
}

/* The result of a dlsym(), unless it is ourselves or the shim of another installation,
 * which would answer for i2v once more and find the way back to us. A failed lookup must
 * not show up in the program's next dlerror(). */
static void *not_ours(void *symbol)
{
    Object ours, theirs;

    if (!symbol) {
        dlerror();
        return NULL;
    }
    if (object_at(&hosts, &ours) && object_at(symbol, &theirs) &&
        (ours.start == theirs.start ||
         !strcmp(host_base_name(ours.name), host_base_name(theirs.name))))
        return NULL;
    return symbol;
}

/* `symbol` in a loaded object or in what it depends on; with `keep`, the object stays
 * loaded for good, because a pointer into it does. */
static void *symbol_in(const char *object, const char *symbol, bool keep)
{
    int flags = RTLD_LAZY | RTLD_NOLOAD | (keep ? RTLD_NODELETE : 0);
    void *handle = *object ? dlopen(object, flags) : NULL;
    void *found;

    if (!handle) {
        dlerror();
        return NULL;
    }
    found = not_ours(dlsym(handle, symbol));
    dlclose(handle);
    return found;
}

/* avformat_version() beside a function of libavformat. */
static VersionFunction *version_beside(const void *function, const char *library)
{
    char symbol[64];
    Object object;

    snprintf(symbol, sizeof(symbol), "%s_version", library);
    if (!object_at(function, &object))
        return NULL;
    return (VersionFunction *)symbol_in(object.name, symbol, true);
}

static unsigned major_of(VersionFunction *version)
{
    return version ? version() >> 16 : 0;
}

/*
 * What the dynamic linker would have found without us. It looks through the global scope
 * first, but skips a library of another symbol version, which our unversioned hook hides:
 * hence the comparison. Modules loaded with RTLD_LOCAL see only their own dependencies.
 */
static void *look_up(const Host *host, const char *symbol, const char *library)
{
    void *next = not_ours(dlsym(RTLD_NEXT, symbol));
    void *own = symbol_in(host->name, symbol, false);
    Search any = {.library = library};

    if (next && own && next != own) {
        unsigned next_major = major_of(version_beside(next, library));
        unsigned own_major = major_of(version_beside(own, library));

        /* no version beside it: another preload, which passes the call on */
        return next_major && own_major && next_major != own_major ? own : next;
    }
    if (next || own)
        return next ? next : own;
    return dl_iterate_phdr(search_object, &any) ? symbol_in(any.found.name, symbol, true)
                                                : NULL;
}

static int count_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
    (void)size;
    ++*(int *)opaque;
    atomic_store(&unloaded, info->dlpi_subs);
    return 0;
}

void host_note_start(void)
{
    int count = 0;

    /* The loader lists objects in the order in which they came. Constructors before ours
     * may have loaded some that go again, and what comes later then moves up. */
    dl_iterate_phdr(count_object, &count);
    atomic_store(&started, count);
}

/* ---- hosts ---- */

static Host *known_host(uintptr_t address)
{
    Host *host = atomic_load(&hosts);

    while (host && (address < host->start || address >= host->end))
        host = host->next;
    return host;
}

Host *host_of(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    Host *host = known_host(address), *head;
    int saved = errno;
    Object object;
    size_t size;

    if (host)
        return host;
    if (!object_at(caller, &object))
        return &stray;
    size = strlen(object.name) + 1;
    host = calloc(1, sizeof(*host) + size);
    errno = saved;
    if (!host)
        return &stray;
    host->start = object.start;
    host->end = object.end;
    host->name = memcpy(host + 1, object.name, size);
    head = atomic_load(&hosts);
    do
        host->next = head;
    while (!atomic_compare_exchange_weak(&hosts, &head, host));
    return host;
}

bool host_is_us(const Host *host)
{
    uintptr_t address = (uintptr_t)&hosts;

    return address >= host->start && address < host->end;
}

AnyFunction *host_real(Host *host, HookId id)
{
    AnyFunction *real = atomic_load(&host->real[id]);
    const struct HookInfo *hook = &hook_info[id];
    int saved = errno;
    Object object;

    if (real)
        return real;
    real = (AnyFunction *)look_up(host, hook->name, hook->library);
    if (real) {
        bool found = object_at((const void *)real, &object);

        /* It stays, we keep the pointer. What is there from the start does so anyway, and
         * asking the loader for it costs. */
        if (found && *object.name && !object.at_start)
            symbol_in(object.name, hook->name, true);
        host_debug("%s of %s: %s", hook->name, *host->name ? host->name : "the program",
                   found ? object.name : "?");
        atomic_store(&host->real[id], real);
    } else {
        host_say_once("no %s() in this process", hook->name);
    }
    errno = saved;
    return real;
}

bool host_has(Host *host, HookId id)
{
    return look_up(host, hook_info[id].name, hook_info[id].library);
}

/* ---- the plugin ---- */

/* <directory of this library>/<major>/libi2v.so.0.<major> */
static bool plugin_path(char path[PATH_MAX], unsigned major)
{
    const char *override = user_env("I2V_PLUGIN_DIR");
    char directory[PATH_MAX], *slash;
    Dl_info info;
    int length;

    if (override && *override == '/') {
        length = snprintf(path, PATH_MAX, "%s/%u/libi2v.so.0.%u", override, major, major);
        return length < PATH_MAX;
    }
    if (!dladdr(&hosts, &info) || !realpath(info.dli_fname, directory))
        return false;
    slash = strrchr(directory, '/');
    length = snprintf(path, PATH_MAX, "%.*s/%u/libi2v.so.0.%u", (int)(slash - directory),
                      directory, major, major);
    return length < PATH_MAX;
}

/* Load the plugin; on failure `why` holds the rest of a sentence. */
static const I2VFace *load_plugin(unsigned major, const void *version, char *why,
                                  size_t size)
{
    char path[PATH_MAX];
    I2VFaceFunction *get_face;
    const I2VFace *face;
    void *library;

    if (!plugin_path(path, major) || access(path, F_OK)) {
        snprintf(why, size, "no plugin for its libavformat %u is installed", major);
        return NULL;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(why, size, "its plugin cannot be loaded: %s", dlerror());
        return NULL;
    }
    get_face = (I2VFaceFunction *)dlsym(library, I2V_FACE_SYMBOL);
    if (!get_face)
        dlerror();
    face = get_face ? get_face(I2V_FACE_VERSION) : NULL;
    if (!face || face->avformat_major != major) {
        snprintf(why, size, "%s belongs to another build of i2v", path);
        return NULL;
    }
    if (face->avformat_version != version) {
        snprintf(why, size, "it brings its own copy of libavformat %u", major);
        return NULL;
    }
    host_debug("loaded %s", path);
    return face;
}

/* The host's avformat_version(). */
static VersionFunction *host_version(Host *host)
{
    const void *open_input = (const void *)host_real(host, HOOK_avformat_open_input);
    VersionFunction *version = version_beside(open_input, "avformat");

    if (!version) /* another preload sits between us and libavformat */
        version = (VersionFunction *)look_up(host, "avformat_version", "avformat");
    return version;
}

/* A libavformat that is not bound to itself (-Bsymbolic) calls us for the URLs inside a
 * playlist or script; those come from strangers and never reach the plugin. */
static bool is_ffmpeg_itself(Host *host)
{
    uintptr_t address = (uintptr_t)host_real(host, HOOK_avformat_open_input);

    return host != &stray && address >= host->start && address < host->end;
}

const I2VFace *host_plugin(Host *host, bool asked)
{
    PluginState state = atomic_load(&host->state);
    char why[PATH_MAX + 256] = "its libavformat does not tell its version";
    const I2VFace *face = NULL;
    VersionFunction *version;
    int saved = errno;

    if (state == PLUGIN_READY)
        return atomic_load(&host->plugin);
    if ((state == PLUGIN_REFUSED && !asked) || is_ffmpeg_itself(host))
        return NULL;

    version = host_version(host);
    if (version)
        face = load_plugin(major_of(version), (const void *)version, why, sizeof(why));
    if (face) {
        atomic_store(&host->plugin, face);
        atomic_store(&has_plugin, true);
    } else if (asked) {
        host_say_once(
            "this program runs on without i2v: %s (`i2vctl fetch` gets the clip "
            "without a host)",
            why);
    } else {
        host_debug("no plugin for %s: %s", *host->name ? host->name : "the program", why);
    }
    atomic_store(&host->state, face ? PLUGIN_READY : PLUGIN_REFUSED);
    errno = saved;
    return face;
}

bool host_has_plugin(void)
{
    return atomic_load(&has_plugin);
}
