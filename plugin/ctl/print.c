/* i2v: the command: results on standard output
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/print.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

int ctl_print_line(const char *line, const char *what, Outcome *out)
{
    if (puts(line) >= 0 && !fflush(stdout))
        return 0;
    return outcome_fail(out, FAILURE_STORE, AVERROR(EIO), "Cannot print the %s %s: %s.",
                        what, line, av_err2str(AVERROR(errno)));
}

int ctl_print_json(cJSON *json)
{
    char *text = json ? cJSON_Print(json) : NULL;
    int ret = text ? 0 : AVERROR(ENOMEM);

    if (text)
        puts(text);
    cJSON_free(text);
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
