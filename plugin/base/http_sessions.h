/* i2v: the TLS sessions of this process (inside base)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_HTTP_SESSIONS_H
#define I2V_HTTP_SESSIONS_H

#include <curl/curl.h>

/**
 * What libcurl shares between exchanges on different connections, so that a further
 * connection to a server resumes the TLS session of one before instead of negotiating
 * anew. Lives as long as the process. Thread-safe.
 * @return for CURLOPT_SHARE, or NULL: without memory, or in the child of a fork(), which
 * may have been made while another thread had its lock
 */
CURLSH *http_sessions(void);

#endif
