/* i2v: any manifest is read, and a line asks for the same a second time
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "request/manifest.h"

long fuzz_good;

static char *parse(ManifestLine *line)
{
    AVDictionary *options;
    char *said = NULL;

    if (manifest_parse(line, NULL, &options) < 0)
        return NULL;
    FUZZ_CHECK(line->id && *line->id && line->name);
    FUZZ_CHECK(av_dict_get_string(options, &said, '=', ' ') >= 0);
    av_dict_free(&options);
    return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ManifestLine *lines;
    int count;

    av_log_set_level(AV_LOG_QUIET);
    if (manifest_read(fuzz_file(data, size), NULL, NULL, &lines, &count) < 0)
        return 0;
    for (int i = 0; i < count; i++) {
        char *once = parse(&lines[i]), *twice = parse(&lines[i]);

        FUZZ_CHECK(once ? twice && !strcmp(once, twice) : !twice);
        fuzz_good += !!once;
        free(once);
        free(twice);
    }
    manifest_free(&lines, count);
    return 0;
}
