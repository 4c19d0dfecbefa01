/* i2v: memory that runs out, for the unit tests: what the plugin takes from libavutil,
 * and cJSON's own SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_MEMORY_H
#define I2V_UNIT_MEMORY_H

#include <stdbool.h>

/** Take cJSON's memory into account. The linker does so with libavutil's: see
 * i2v_unit_memory_test() in CMakeLists.txt. */
void memory_hook_json(void);

/** Grant `n` allocations and refuse the next one, with ENOMEM; all behind it are granted
 * again. */
void memory_refuse(int n);

/** Whether one has been refused since memory_refuse(); from here on none is. */
bool memory_was_refused(void);

#endif
