/* i2v: a scripted HTTP server on loopback for the unit tests
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SEEN 64

struct Server {
    const ServerScript *script;
    int fd, port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    int count;
    ServerSeen seen[MAX_SEEN];
};

/* Read up to the end of the head; what came of the body is counted. */
static bool read_head(int fd, ServerSeen *seen)
{
    size_t have = 0;
    char *end = NULL;
    while (!end && have < sizeof(seen->head) - 1) {
        ssize_t got = recv(fd, seen->head + have, sizeof(seen->head) - 1 - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
        seen->head[have] = '\0';
        end = strstr(seen->head, "\r\n\r\n");
    }
    if (!end)
        return false;
    end += 4;
    seen->body = have - (size_t)(end - seen->head);
    *end = '\0';
    return true;
}

static void read_body(int fd, ServerSeen *seen)
{
    const char *length = strcasestr(seen->head, "\r\nContent-Length:");
    char buffer[65536];
    ssize_t got = 1;
    seen->announced = length ? strtol(length + 17, NULL, 10) : -1;
    while (got > 0 && seen->announced > (long)seen->body) {
        got = recv(fd, buffer, sizeof(buffer), 0);
        if (got > 0)
            seen->body += (size_t)got;
    }
}

static bool send_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

static void wait_for_close(int fd)
{
    char buffer[4096];
    while (recv(fd, buffer, sizeof(buffer), 0) > 0)
        ;
}

static void answer(int fd, const Server *server, const ServerSeen *seen)
{
    char filler[4096], path[256] = "";
    const ServerScript *script = server->script;

    sscanf(seen->head, "%*s %255s", path);
    while (script->path && strcmp(script->path, path))
        script++;
    const char *reply = script->path ? script->reply
                                     : "HTTP/1.1 404 Not Found\r\n"
                                       "Content-Length: 0\r\n\r\n";
    if (!reply) {
        wait_for_close(fd);
        return;
    }
    memset(filler, 'x', sizeof(filler));
    /* One request a connection: behind the status line, the rest is the script's. */
    const char *rest = strstr(reply, "\r\n") + 2;
    bool going = send_all(fd, reply, (size_t)(rest - reply)) &&
                 send_all(fd, "Connection: close\r\n", 19) &&
                 send_all(fd, rest, strlen(rest));
    for (size_t left = script->path ? script->filler : 0; going && left;) {
        size_t piece = left < sizeof(filler) ? left : sizeof(filler);
        going = send_all(fd, filler, piece);
        left -= piece;
    }
    shutdown(fd, SHUT_WR);
}

static void serve(Server *server, int fd)
{
    ServerSeen seen = {.announced = -1};
    if (read_head(fd, &seen)) {
        read_body(fd, &seen);
        if (seen.announced <= (long)seen.body)
            answer(fd, server, &seen);
    }
    wait_for_close(fd);
    close(fd);
    pthread_mutex_lock(&server->lock);
    if (server->count < MAX_SEEN)
        server->seen[server->count++] = seen;
    pthread_cond_broadcast(&server->news);
    pthread_mutex_unlock(&server->lock);
}

static void *run(void *opaque)
{
    Server *server = opaque;
    int fd;
    while ((fd = accept(server->fd, NULL, NULL)) >= 0)
        serve(server, fd);
    return NULL;
}

Server *server_start(const ServerScript *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    Server *server = calloc(1, sizeof(*server));

    if (!server)
        abort();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->script = script;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->fd < 0 ||
        bind(server->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(server->fd, 16) < 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &size) < 0)
        abort();
    server->port = ntohs(address.sin_port);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->news, NULL);
    if (pthread_create(&server->thread, NULL, run, server))
        abort();
    return server;
}

void server_stop(Server **server)
{
    Server *s = *server;
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->news);
    free(s);
    *server = NULL;
}

int server_port(const Server *server)
{
    return server->port;
}

int server_count(Server *server, int least)
{
    pthread_mutex_lock(&server->lock);
    while (server->count < least)
        pthread_cond_wait(&server->news, &server->lock);
    int count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const ServerSeen *server_seen(const Server *server, int number)
{
    return &server->seen[number];
}
