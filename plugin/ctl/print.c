/* i2v: the command: results on standard output
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/print.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/avstring.h>
#include <libavutil/bprint.h>
#include <libavutil/mem.h>

int ctl_print_line(const char *line, const char *what, Outcome *out)
{
    if (puts(line) >= 0 && !fflush(stdout))
        return 0;
    return outcome_fail(out, FAILURE_STORE, AVERROR(EIO), "Cannot print the %s %s: %s.",
                        what, line, av_err2str(AVERROR(errno)));
}

/* A control character that JSON leaves as it is and a terminal may obey. */
static bool is_obeyed(int32_t code)
{
    return code >= 0x7f && code < 0xa0;
}

char *ctl_json_text(const cJSON *json, bool formatted)
{
    char *printed = formatted ? cJSON_Print(json) : cJSON_PrintUnformatted(json);
    const uint8_t *at = (const uint8_t *)printed;
    const uint8_t *end = at ? at + strlen(printed) : NULL;
    AVBPrint text;
    char *whole = NULL;

    av_bprint_init(&text, 0, AV_BPRINT_SIZE_UNLIMITED);
    while (at < end) {
        const uint8_t *start = at;
        int32_t code;
        if (av_utf8_decode(&code, &at, end, 0) < 0) { /* of a damaged ledger */
            at = start + 1;
            av_bprintf(&text, "\\ufffd");
        } else if (is_obeyed(code)) {
            av_bprintf(&text, "\\u%04x", (unsigned)code);
        } else {
            av_bprint_append_data(&text, (const char *)start, (unsigned)(at - start));
        }
    }
    bool made = printed && av_bprint_is_complete(&text);
    cJSON_free(printed);
    av_bprint_finalize(&text, made ? &whole : NULL);
    return whole;
}

int ctl_print_json(cJSON *json)
{
    char *text = json ? ctl_json_text(json, true) : NULL;
    int ret = text ? 0 : AVERROR(ENOMEM);

    if (text)
        puts(text);
    av_free(text);
    cJSON_Delete(json);
    return ret;
}

void ctl_print_begin(void)
{
    signal(SIGPIPE, SIG_DFL);
}

int ctl_print_end(const char *what, Outcome *out)
{
    if (!fflush(stdout) && !ferror(stdout))
        return 0;
    return outcome_fail(out, FAILURE_STORE, AVERROR(EIO), "Cannot print the %s: %s.",
                        what, av_err2str(AVERROR(errno ? errno : EIO)));
}
