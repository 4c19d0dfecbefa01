/* i2v: what a program needs to play the clips of its command line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/needs.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>

#include "request/manifest.h"

/*
 * What clips are, as a rule. Each of these has options of its own, by which the help that
 * was asked for shows that it is there; only where they are not seen a list has to tell,
 * which would take the program another start.
 */
#define DEMUXER        "mov"
#define DEMUXER_OPTION "use_absolute_path"
#define VIDEO          "h264"
#define VIDEO_OPTION   "is_avc"
#define AUDIO          "aac"
#define AUDIO_OPTION   "dual_mono_mode"

/* @param option  by which the help shows it, or NULL
 * @param what    is missing where it is not there */
static int check_part(Program *program, ProgramList list, const char *name,
                      const char *option, Outcome *out, const char *what)
{
    static const int errors[PROGRAM_LISTS] = {
        [PROGRAM_FILTERS] = AVERROR_FILTER_NOT_FOUND,
        [PROGRAM_DEMUXERS] = AVERROR_DEMUXER_NOT_FOUND,
        [PROGRAM_DECODERS] = AVERROR_DECODER_NOT_FOUND,
    };
    int ret;

    if (option && program_shows(program, option))
        return 0;
    ret = program_ask_list(program, list, out);
    if (ret < 0 || program_lists(program, list, name) ||
        (list == PROGRAM_DECODERS && program_decodes(program, name)))
        return ret;
    return outcome_fail(out, FAILURE_REQUEST, errors[list],
                        "%s was built without %s; nothing sent.", program->name, what);
}

int needs_check(Program *program, const Command *command, Outcome *out)
{
    bool movie = false, amovie = false, input = false, film = false;
    int ret = check_part(program, PROGRAM_DEMUXERS, DEMUXER, DEMUXER_OPTION, out,
                         "the demuxer " DEMUXER ", which reads clips");

    for (int i = 0; i < command->nb_requests; i++) {
        const char *filter = command->requests[i].filter;
        film = film || strstr(command->requests[i].text, MANIFEST_SUFFIX);
        input = input || (!filter && program->kind == COMMAND_FFMPEG);
        movie = movie || (filter && *filter == 'i');
        amovie = amovie || (filter && *filter == 'a');
    }
    if (ret >= 0 && film)
        ret = check_part(program, PROGRAM_DEMUXERS, "concat", NULL, out,
                         "the demuxer concat, which plays films");
    if (ret >= 0 && movie)
        ret = check_part(program, PROGRAM_FILTERS, "movie", NULL, out,
                         "the filter movie, which plays the clip");
    if (ret >= 0 && amovie)
        ret = check_part(program, PROGRAM_FILTERS, "amovie", NULL, out,
                         "the filter amovie, which plays the clip");
    if (ret >= 0 && (movie || (input && (command->decoded & KIND_VIDEO))))
        ret = check_part(program, PROGRAM_DECODERS, VIDEO, VIDEO_OPTION, out,
                         "a decoder for " VIDEO ", which clips are in");
    if (ret >= 0 && (amovie || (input && (command->decoded & KIND_AUDIO))))
        ret = check_part(program, PROGRAM_DECODERS, AUDIO, AUDIO_OPTION, out,
                         "a decoder for " AUDIO ", which the sound of clips is in");
    return ret;
}
