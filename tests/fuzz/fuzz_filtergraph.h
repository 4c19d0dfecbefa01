/* i2v: the entry of the fuzzer, and what it saw
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FUZZ_FILTERGRAPH_H
#define I2V_FUZZ_FILTERGRAPH_H

#include <stddef.h>
#include <stdint.h>

/** How many inputs were of each kind. */
typedef struct FuzzSeen {
    long refused, plain, rewritten;
} FuzzSeen;

extern FuzzSeen fuzz_seen;

/** A description, and after a NUL the new arguments of its sources, NULs between. Does
 * not return when something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
