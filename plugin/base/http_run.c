/* i2v: one exchange from start to end
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/http.h"

#include <libavutil/error.h>

#include "base/compat.h"

int http_run(const HttpRequest *request, const AVIOInterruptCB *interrupt,
             HttpReply *reply)
{
    HttpExchange *exchange = NULL;
    Http *http = http_alloc();

    *reply = (HttpReply){.error = AVERROR(ENOMEM)};
    reply_clear_fields(reply);
    if (http)
        reply->error = http_start(http, request, &exchange);
    while (reply->error >= 0 && !http_reply(exchange))
        reply->error = i2v_interrupted(interrupt) ? AVERROR(EINTR) : http_drive(http, 50);
    if (exchange && http_reply(exchange))
        http_take_reply(exchange, reply);
    http_end(&exchange);
    http_free(&http);
    return reply->error;
}
