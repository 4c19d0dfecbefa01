/* i2v: what the kernel knows of a connection
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_SOCKET_H
#define I2V_SOCKET_H

/** What the peer's TCP has of all that was written to a connection. */
typedef enum SocketPeer {
    SOCKET_BEHIND, ///< not all yet
    SOCKET_HAS_ALL,
    SOCKET_CLOSED, ///< it has closed its side, or reset the connection: it takes no more
} SocketPeer;

/**
 * How far the peer is.
 * @param sockets  those that were made for the connection, of which one was connected
 * @param port     the local port of that one, 0 = not known
 * @return SOCKET_HAS_ALL also where that cannot be told. Thread-safe
 */
SocketPeer socket_peer(const int *sockets, int count, long port);

#endif
