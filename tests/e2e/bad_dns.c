/* i2v: preloaded by tests: a resolver that fails, says nothing, or knows names of a test
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Lookup(const char *, const char *, const struct addrinfo *,
                   struct addrinfo **);

/* BAD_DNS names a file of one word, which the test may change meanwhile: up, again,
 * noname, or hang. Returns how the look-up ends, or 1 while it does not. */
static int weather(const char *file)
{
    char word[16] = "up";
    FILE *stream = fopen(file, "re");

    if (stream) {
        if (fscanf(stream, "%15s", word) != 1)
            strcpy(word, "up");
        fclose(stream);
    }
    return !strcmp(word, "hang")     ? 1
           : !strcmp(word, "again")  ? EAI_AGAIN
           : !strcmp(word, "noname") ? EAI_NONAME
                                     : 0;
}

static bool is_ours(const char *node)
{
    size_t size = node ? strlen(node) : 0;

    return size > 5 && !strcmp(node + size - 5, ".test");
}

/* So that the test knows that a look-up began. */
static void note(const char *node)
{
    const char *log = getenv("BAD_DNS_LOG");
    FILE *stream = log ? fopen(log, "ae") : NULL;

    if (stream) {
        fprintf(stream, "%s\n", node);
        fclose(stream);
    }
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    Lookup *real = (Lookup *)(void *)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *file = getenv("BAD_DNS");
    int state;

    if (!file || !is_ours(node))
        return real(node, service, hints, result);
    note(node);
    while ((state = weather(file)) == 1)
        usleep(20000);
    return state ? state : real("127.0.0.1", service, hints, result);
}
