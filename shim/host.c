/* i2v: who calls FFmpeg in this process, and which copy of it is meant
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"
#include "say.h"

/* An object as the loader knows it. */
typedef struct Object {
    uintptr_t start, end;
    const char *path; ///< lives as long as the object is loaded; NULL: there is none
    bool at_start;    ///< it was there before the program began, and stays as long
} Object;

static const struct HookInfo {
    const char *name, *library;
} hook_info[HOOK_COUNT] = {
#define HOOK(ret, name, params, library, missing) [HOOK_##name] = {#name, #library},
#include "hooks.def"
#undef HOOK
};

static _Atomic(Host *) hosts;
static Host stray = {.path = ""}; ///< callers that belong to no object; want of memory
static atomic_int started;        ///< objects that there were then, 0 = not counted yet
static atomic_ullong unloaded;    ///< objects that were gone again by then

/* ---- objects and their symbols ---- */

typedef struct Search {
    const void *address; ///< the object that holds this, or
    const char *library; ///< the first object of a library of this name
    int passed;          ///< objects looked at so far
    Object found;
} Search;

static Object describe(const struct dl_phdr_info *info)
{
    Object object = {
        .start = UINTPTR_MAX,
        .path = info->dlpi_name ? info->dlpi_name : "",
    };

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type != PT_LOAD)
            continue;
        if (start < object.start)
            object.start = start;
        if (start + segment->p_memsz > object.end)
            object.end = start + segment->p_memsz;
    }
    return object;
}

static bool lies_in(const void *address, uintptr_t start, uintptr_t end)
{
    return (uintptr_t)address >= start && (uintptr_t)address < end;
}

/* libavformat.so.59, and libavformat-1a2b3c4d.so.59 as Python wheels rename it. */
static bool is_library(const char *path, const char *library)
{
    const char *name = base_name(path);
    size_t length = strlen(library);

    return !strncmp(name, "lib", 3) && !strncmp(name + 3, library, length) &&
           (name[3 + length] == '.' || name[3 + length] == '-');
}

static int look_at_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
    Search *search = opaque;
    Object object = describe(info);

    (void)size;
    object.at_start = search->passed++ < atomic_load(&started) &&
                      info->dlpi_subs == atomic_load(&unloaded);
    if (search->library ? !is_library(object.path, search->library)
                        : !lies_in(search->address, object.start, object.end))
        return 0;
    search->found = object;
    return 1;
}

static Object find_object(Search search)
{
    dl_iterate_phdr(look_at_object, &search);
    return search.found;
}

static Object object_at(const void *address)
{
    return find_object((Search){.address = address});
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
    ours = object_at(&hosts);
    theirs = object_at(symbol);
    if (ours.path && theirs.path && !strcmp(base_name(ours.path), base_name(theirs.path)))
        return NULL;
    return symbol;
}

/* `symbol` in a loaded object or in what it depends on; with `keep`, the object stays
 * loaded for good, because a pointer into it does. */
static void *symbol_in(const char *object, const char *symbol, bool keep)
{
    int flags = RTLD_LAZY | RTLD_NOLOAD | (keep ? RTLD_NODELETE : 0);
    void *handle = object && *object ? dlopen(object, flags) : NULL;
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

    snprintf(symbol, sizeof(symbol), "%s_version", library);
    return (VersionFunction *)symbol_in(object_at(function).path, symbol, true);
}

/*
 * What the dynamic linker would have found without us. It looks through the global scope
 * first, but skips a library of another symbol version, which our unversioned hook hides:
 * hence the comparison. Modules loaded with RTLD_LOCAL see only their own dependencies.
 */
static void *look_up(const Host *host, const char *symbol, const char *library)
{
    void *next = not_ours(dlsym(RTLD_NEXT, symbol));
    void *own = symbol_in(host->path, symbol, false);

    if (next && own && next != own) {
        VersionFunction *version = version_beside(next, library);
        VersionFunction *own_version = version_beside(own, library);

        /* no version beside it: another preload, which passes the call on */
        return version && own_version && version() >> 16 != own_version() >> 16 ? own
                                                                                : next;
    }
    if (next || own)
        return next ? next : own;
    return symbol_in(find_object((Search){.library = library}).path, symbol, true);
}

/* ---- hosts ---- */

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

bool host_holds(const Host *host, const void *address)
{
    return lies_in(address, host->start, host->end);
}

Host *host_of(const void *address)
{
    Host *head = atomic_load(&hosts), *host = head;
    int saved = errno;
    Object object;
    size_t size;

    while (host && !host_holds(host, address))
        host = host->next;
    if (host)
        return host;
    object = object_at(address);
    if (!object.path)
        return &stray;
    size = strlen(object.path) + 1;
    host = calloc(1, sizeof(*host) + size);
    errno = saved;
    if (!host)
        return &stray;
    host->start = object.start;
    host->end = object.end;
    host->path = memcpy(host + 1, object.path, size);
    do
        host->next = head;
    while (!atomic_compare_exchange_weak(&hosts, &head, host));
    return host;
}

const char *host_name(const Host *host)
{
    return *host->path ? host->path : "the program";
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
        object = object_at((const void *)real);
        /* The object must stay, since we keep the pointer. One that was there from the
         * start stays anyway, and asking the loader for it costs. */
        if (!object.at_start)
            symbol_in(object.path, hook->name, true);
        say_debug("%s of %s: %s", hook->name, host_name(host),
                  object.path ? object.path : "?");
        atomic_store(&host->real[id], real);
    } else {
        say_once("no %s() in this process", hook->name);
    }
    errno = saved;
    return real;
}

bool host_has(const Host *host, HookId id)
{
    return look_up(host, hook_info[id].name, hook_info[id].library);
}

VersionFunction *host_version(Host *host)
{
    const void *open_input = (const void *)host_real(host, HOOK_avformat_open_input);
    VersionFunction *version = version_beside(open_input, "avformat");

    if (!version) /* another preload sits between us and libavformat */
        version = (VersionFunction *)look_up(host, "avformat_version", "avformat");
    return version;
}
