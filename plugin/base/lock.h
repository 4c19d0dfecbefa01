/* i2v: file locks between processes and threads
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LOCK_H
#define I2V_LOCK_H

#include <stdbool.h>

/**
 * Try to lock a file, which is made when it is not there; never waits. The lock ends with
 * this process at the latest, whatever children it leaves behind, and holds against its
 * own threads too. Thread-safe.
 * @return a descriptor for lock_release(), AVERROR(EAGAIN) while another has it, or
 *         another negative AVERROR
 */
int lock_try(const char *path);

/** Let others know of an interest in a file, beside whoever locks it: any number may have
 * one. Never waits. Thread-safe.
 * @return a descriptor for lock_release(), or a negative AVERROR */
int lock_share(const char *path);

/** Whether anybody has such an interest. Thread-safe. */
bool lock_is_shared(const char *path);

/** Let go; sets *lock to -1. Thread-safe. */
void lock_release(int *lock);

#endif
