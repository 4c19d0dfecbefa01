/* i2v: the TLS sessions of this process
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/http_sessions.h"

#include <pthread.h>

static CURLSH *sessions;
static pthread_mutex_t locks[CURL_LOCK_DATA_LAST];

static void lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *opaque)
{
    (void)easy;
    (void)access;
    (void)opaque;
    pthread_mutex_lock(&locks[data]);
}

static void unlock(CURL *easy, curl_lock_data data, void *opaque)
{
    (void)easy;
    (void)opaque;
    pthread_mutex_unlock(&locks[data]);
}

static void forget_in_child(void)
{
    sessions = NULL;
}

static void set_up(void)
{
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&locks[i], NULL);
    if (pthread_atfork(NULL, NULL, forget_in_child) || !(sessions = curl_share_init()))
        return;
    curl_share_setopt(sessions, CURLSHOPT_LOCKFUNC, lock);
    curl_share_setopt(sessions, CURLSHOPT_UNLOCKFUNC, unlock);
    curl_share_setopt(sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

CURLSH *http_sessions(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, set_up);
    return sessions;
}
