/* i2v: what the kernel knows of a connection
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SOCKET_H
#define I2V_SOCKET_H

#include <stdbool.h>

/**
 * Whether the peer's TCP has acknowledged all that was written to a connection.
 * @param sockets  those that were made for it, of which one was connected
 * @param port     the local port of that one, 0 = not known
 * @return true also where that cannot be told. Thread-safe
 */
bool socket_is_acknowledged(const int *sockets, int count, long port);

#endif
