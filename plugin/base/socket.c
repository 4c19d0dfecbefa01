/* i2v: what the kernel knows of a connection
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/socket.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* @return -1 for what is not connected by IP */
static long local_port(int socket)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } name;
    socklen_t size = sizeof(name);

    if (getsockname(socket, &name.any, &size) < 0)
        return -1;
    return name.any.sa_family == AF_INET    ? ntohs(name.in.sin_port)
           : name.any.sa_family == AF_INET6 ? ntohs(name.in6.sin6_port)
                                            : -1;
}

SocketPeer socket_peer(const int *sockets, int count, long port)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    int left = 0;

    for (int i = 0; i < count; i++) {
        if (port <= 0 || local_port(sockets[i]) != port ||
            ioctl(sockets[i], SIOCOUTQ, &left))
            continue;
        if (!getsockopt(sockets[i], IPPROTO_TCP, TCP_INFO, &info, &size) &&
            info.tcpi_state != TCP_ESTABLISHED)
            return SOCKET_CLOSED;
        return left ? SOCKET_BEHIND : SOCKET_HAS_ALL;
    }
    return SOCKET_HAS_ALL;
}
