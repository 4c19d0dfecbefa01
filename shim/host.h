/* i2v: the program we are preloaded into, and the plugin built for its FFmpeg
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_HOST_H
#define I2V_HOST_H

#include <stdbool.h>
#include "host/face.h"

typedef enum HookId {
#define HOOK(ret, name, params, library, missing) HOOK_##name,
#include "hooks.def"
#undef HOOK
    HOOK_COUNT
} HookId;

typedef void AnyFunction(void);

/*
 * One object that calls into FFmpeg (the program, a library, a module of an interpreter)
 * and the copy of FFmpeg that its calls are meant for. Two modules of one process may
 * each bring a copy, and handing one's context to the other's function would crash.
 */
typedef struct Host Host;

/** The object that the code at `caller` belongs to. Never NULL; never freed. */
Host *host_of(const void *caller);

/** Called once, when the program is about to begin: what is loaded by now is not
 * unloaded. */
void host_note_start(void);

/** Whether it is this library. */
bool host_is_us(const Host *host);

/** The function that `host` would have called without us, or NULL when there is none. */
AnyFunction *host_real(Host *host, HookId id);

/** Whether there is such a function. */
bool host_has(Host *host, HookId id);

/**
 * The plugin built for the host's FFmpeg, loaded on the first call; NULL when there is
 * none or it cannot be used. Why not is said if `asked`: the user named i2v.
 */
const I2VFace *host_plugin(Host *host, bool asked);

/** The last part of a path. */
const char *host_base_name(const char *path);

/** Whether any plugin has been loaded into this process. */
bool host_has_plugin(void);

/** Whether the user switched us off (I2V_DISABLE). */
bool host_disabled(void);

/** Whether requests may be sent before they are opened (I2V_AHEAD). */
bool host_sends_ahead(void);

/** Say one line on stderr if the user wants to see what we do (I2V_DEBUG). */
void host_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Say one line on stderr, the first in this process only. */
void host_say_once(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
