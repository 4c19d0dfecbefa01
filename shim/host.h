/* i2v: who calls FFmpeg in this process, and which copy of it is meant
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SHIM_HOST_H
#define I2V_SHIM_HOST_H

/*
 * A host is an object that calls into FFmpeg: the program, a library, a module of an
 * interpreter. Two of one process may each bring a copy of FFmpeg, and a context of one
 * copy must never reach a function of the other. So whoever calls a hook is looked up by
 * the address that the call came from, and what the hook goes on to is the function that
 * this very object would have called without us.
 *
 * Nothing in here takes a lock, since a hook may run in a constructor, inside the
 * loader's own lock. What is found is the same whoever finds it: threads that race do the
 * work twice and store the same answer.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "host/face.h"

/** The hooked functions, as HOOK_avformat_open_input. */
typedef enum HookId {
#define HOOK(ret, name, params, library, missing) HOOK_##name,
#include "hooks.def"
#undef HOOK
    HOOK_COUNT
} HookId;

typedef void AnyFunction(void);
typedef unsigned VersionFunction(void);

/** Is never freed. */
typedef struct Host {
    struct Host *next;
    const char *path;     ///< "" is the program itself
    uintptr_t start, end; ///< where it lies in memory
    _Atomic(AnyFunction *) real[HOOK_COUNT];
    _Atomic(const I2VFace *) plugin; ///< this and the next are plugin.c's
    atomic_bool refused;             ///< there was no plugin when one was looked for
} Host;

/** From our constructor, before the program begins: what is loaded by now stays. */
void host_note_start(void);

/** The object that the code at an address belongs to. Never NULL. */
Host *host_of(const void *address);

/** Whether code or data at an address are the host's. */
bool host_holds(const Host *host, const void *address);

/** What to call it in a sentence. */
const char *host_name(const Host *host);

/** The function that the host would have called without us. When there is none, NULL and
 * a sentence. */
AnyFunction *host_real(Host *host, HookId id);

/** Whether there is such a function. */
bool host_has(const Host *host, HookId id);

/** avformat_version() of the host's FFmpeg, or NULL. */
VersionFunction *host_version(Host *host);

#endif
