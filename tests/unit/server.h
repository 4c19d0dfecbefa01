/* i2v: a scripted HTTP server on loopback for the unit tests
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_UNIT_SERVER_H
#define I2V_UNIT_SERVER_H

#include <stddef.h>

/** What the server got in one request. */
typedef struct ServerSeen {
    char head[4096]; ///< request line and headers
    size_t body;     ///< bytes of body that arrived
    long announced;  ///< Content-Length, -1 when there was none
} ServerSeen;

/** A path and what is sent for it, as it stands but for a Connection: close; NULL =
 * nothing, the connection stays open until the client leaves. */
typedef struct ServerScript {
    const char *path;
    const char *reply;
    size_t filler; ///< so many further bytes 'x' behind it
} ServerScript;

typedef struct Server Server;

/** Start on a free port. The script must outlive the server. Ends with a path of NULL. */
Server *server_start(const ServerScript *script);

/** Stop, once every connection has been closed by its client. */
void server_stop(Server **server);

int server_port(const Server *server);

/** Requests so far, counting those that never became complete, once their connections
 * have ended. Waits for `least` of them. */
int server_count(Server *server, int least);

/** A request by its number, 0 = the first. */
const ServerSeen *server_seen(const Server *server, int number);

#endif
