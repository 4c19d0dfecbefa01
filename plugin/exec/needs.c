/* i2v: what a program needs to play the clips of its command line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/needs.h"

#include <string.h>

#include <libavutil/common.h>
#include <libavutil/error.h>

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

/* Whether the program copies all streams of a kind, or leaves them out. */
static bool decodes_none(char *const *words, const Command *command, char kind)
{
    const char copies[][8] = {
        "-c", "-codec", {'-', 'c', ':', kind}, {'-', kind, 'c', 'o', 'd', 'e', 'c'}};
    const char without[] = {'-', kind, 'n', 0};

    for (int i = 0; words[i]; i++) {
        if (!command_is_option(command, i))
            continue;
        if (!strcmp(words[i], without))
            return true;
        for (size_t j = 0; j < FF_ARRAY_ELEMS(copies); j++)
            if (!strncmp(words[i], copies[j], sizeof(copies[j])) &&
                !strcmp(words[i + 1], "copy"))
                return true;
    }
    return false;
}

static int lacks(const Program *program, Outcome *out, int error, const char *what)
{
    return outcome_fail(out, FAILURE_REQUEST, error,
                        "%s was built without %s; nothing sent.", program->name, what);
}

static int check_demuxer(Program *program, Outcome *out)
{
    int ret = program_shows(program, DEMUXER_OPTION)
                  ? 1
                  : program_ask_list(program, PROGRAM_DEMUXERS, out);

    if (ret || program_lists(program, PROGRAM_DEMUXERS, DEMUXER))
        return FFMIN(ret, 0);
    return lacks(program, out, AVERROR_DEMUXER_NOT_FOUND,
                 "the demuxer " DEMUXER ", which reads clips");
}

/* @param option  of the decoder */
static int check_decoder(Program *program, const char *codec, const char *option,
                         Outcome *out, const char *what)
{
    int ret = program_shows(program, option)
                  ? 1
                  : program_ask_list(program, PROGRAM_DECODERS, out);

    if (ret || program_decodes(program, codec))
        return FFMIN(ret, 0);
    return lacks(program, out, AVERROR_DECODER_NOT_FOUND, what);
}

static int check_filter(Program *program, const char *filter, Outcome *out,
                        const char *what)
{
    int ret = program_ask_list(program, PROGRAM_FILTERS, out);

    if (ret < 0 || program_lists(program, PROGRAM_FILTERS, filter))
        return ret;
    return lacks(program, out, AVERROR_FILTER_NOT_FOUND, what);
}

int needs_check(Program *program, char *const *words, const Command *command,
                Outcome *out)
{
    bool movie = false, amovie = false, input = false;
    int ret = check_demuxer(program, out);

    for (int i = 0; i < command->nb_requests; i++) {
        const char *filter = command->requests[i].filter;
        input = input || (!filter && program->kind == COMMAND_FFMPEG);
        movie = movie || (filter && *filter == 'i');
        amovie = amovie || (filter && *filter == 'a');
    }
    if (ret >= 0 && movie)
        ret =
            check_filter(program, "movie", out, "the filter movie, which plays the clip");
    if (ret >= 0 && amovie)
        ret = check_filter(program, "amovie", out,
                           "the filter amovie, which plays the clip");
    if (ret >= 0 && (movie || (input && !decodes_none(words, command, 'v'))))
        ret = check_decoder(program, VIDEO, VIDEO_OPTION, out,
                            "a decoder for " VIDEO ", which clips are in");
    if (ret >= 0 && (amovie || (input && !decodes_none(words, command, 'a'))))
        ret = check_decoder(program, AUDIO, AUDIO_OPTION, out,
                            "a decoder for " AUDIO ", which the sound of clips is in");
    return ret;
}
