/* i2v: the stand-in gateway: the command that is run against it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATEWAY_COMMAND_H
#define GATEWAY_COMMAND_H

#include "gateway.h"

#include <signal.h>
#include <sys/types.h>

/* Exit statuses as of env(1). */
enum { STATUS_NOT_EXECUTED = 126, STATUS_NOT_FOUND = 127 };

/* Starts gateway->command with the variables that lead i2v to this gateway, and this mask
 * of blocked signals. 0 and *pid, or the exit status after a message on stderr. */
int command_start(const Gateway *gateway, const sigset_t *mask, pid_t *pid);

/* Hands on what somebody sent to this process alone. What a terminal sends, it sends to
 * the command as well. */
void command_signal(pid_t pid, const siginfo_t *info);

/* Whether it has ended, and with which status: its own, or 128 and the signal. */
int command_ended(pid_t pid, int *status);

#endif
