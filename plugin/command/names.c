/* i2v: the options of ffmpeg and ffprobe, by their names
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/names.h"

#include <string.h>

/*
 * What ffmpeg makes of a word is decided by split_commandline() in fftools/cmdutils.c:
 * a name of its own table (options[] in fftools/ffmpeg_opt.c, CMDUTILS_COMMON_OPTIONS in
 * cmdutils.h and later opt_common.h) takes a value or takes none. Any other name has to
 * be an AVOption, which takes a value, or `no` and a switch of the table. With a name
 * that is neither ffmpeg ends before it opens anything, so it does not matter how we read
 * that. The lists are the names of FFmpeg 4.3.7, 5.1.9, 7.0.1, 7.1.5 and 9.0.2 and of
 * trees between 5.1 and 6.0 and between 7.1 and 8.0. In none of them is one of these,
 * with or without `no` before it, the name of an AVOption that the table does not hide.
 * ffprobe does the same by parse_options(), with the table of fftools/ffprobe.c.
 */

/* OPT_BOOL, and functions without HAS_ARG (OPT_FUNC_ARG since 7.0). */
static const char ffmpeg_switches[] =
    "accurate_seek an auto_conversion_filters benchmark benchmark_all bitexact "
    "copy_unknown copyinkf copyts debug_ts deinterlace display_hflip display_vflip dn "
    "dump find_stream_info fix_sub_duration fix_sub_duration_heartbeat force_fps hex "
    "hide_banner ignore_unknown intra n print_graphs psnr qphist re recast_media report "
    "same_quant sameq shortest sn start_at_zero stats stdin vn vstats xerror y";

static const char ffprobe_switches[] =
    "analyze_frames bitexact byte_binary_prefix count_frames count_packets "
    "find_stream_info hide_banner pretty prefix private report sexagesimal show_chapters "
    "show_data show_error show_format show_frames show_library_versions show_packets "
    "show_pixel_formats show_private_data show_program_version show_programs "
    "show_stream_groups show_streams show_versions unit";

/* A switch in one version; in another it takes a value. */
static const char before_7[] = "autorotate autoscale"; ///< takes one before 7.0
static const char since_5[] = "isync";                 ///< takes one since 5.1

/* libavformat of FFmpeg 4, 5 and 7 */
enum { MAJOR_4 = 58, MAJOR_5 = 59, MAJOR_7 = 61 };

const unsigned names_times[3] = {MAJOR_4, MAJOR_5, MAJOR_7};

/* Of the table, and the name of an AVOption too, which it hides. */
static const char hiding[] =
    "ab ac apply_cropping ar aspect b bits_per_raw_sample ch_layout channel_layout "
    "metadata passlogfile profile streamid time_base top";

/* OPT_EXIT: the program prints something and opens nothing. */
static const char final[] =
    "-help ? L bsfs buildconf codecs colors decoders demuxers devices dispositions "
    "encoders filters formats h help hwaccels layouts license muxers pix_fmts protocols "
    "sample_fmts sinks sources version";

/* OPT_OUTPUT without OPT_INPUT: ffmpeg refuses one that stands before an input. */
static const char of_outputs[] =
    "ab absf af aframes apad apre aq aspect atag attach autoscale b "
    "chroma_intra_matrix copyinkf copypriorss dframes disposition enc_time_base filter "
    "filter_script fix_sub_duration_heartbeat force_fps force_key_frames fpre fps_mode "
    "fpsmax frames fs inter_matrix intra_matrix map map_channel map_chapters "
    "map_metadata max_muxing_queue_size metadata muxdelay muxing_queue_data_threshold "
    "muxpreload pass passlogfile pre profile program q qscale rc_override "
    "shortest shortest_buf_duration spre stag stats_enc_post stats_enc_post_fmt "
    "stats_enc_pre stats_enc_pre_fmt stats_mux_pre stats_mux_pre_fmt stream_group "
    "streamid target time_base timecode timestamp vbsf vf vframes vpre";

CommandProgram names_program(char *const *words)
{
    static const struct {
        const char *name;
        CommandProgram program;
    } programs[] = {{"ffmpeg", COMMAND_FFMPEG},
                    {"ffprobe", COMMAND_FFPROBE},
                    {"ffplay", COMMAND_FFPLAY}};
    const char *path = words && words[0] ? words[0] : "";
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        size_t size = strlen(programs[i].name);
        char next = strncmp(name, programs[i].name, size) ? 'a' : name[size];

        if (!((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')))
            return programs[i].program;
    }
    return COMMAND_OTHER;
}

bool names_has(const char *names, const char *option)
{
    for (size_t size; (size = strcspn(names, " ")); names += size + (names[size] == ' '))
        if (!strncmp(option, names, size) && (!option[size] || option[size] == ':'))
            return true;
    return false;
}

/* Whether an option that takes a value in some versions only takes none in this one. */
static bool is_switch_now(const CommandDialect *dialect, const char *option)
{
    return names_has(before_7, option) ? dialect->avformat_major >= MAJOR_7
                                       : dialect->avformat_major < MAJOR_5;
}

OptionKind names_kind(CommandProgram program, const CommandDialect *dialect,
                      const char *name)
{
    bool is_ffmpeg = program == COMMAND_FFMPEG;
    const char *switches = is_ffmpeg ? ffmpeg_switches : ffprobe_switches;
    const char *positive = strncmp(name, "no", 2) ? name : name + 2;
    bool changed = is_ffmpeg && (names_has(before_7, name) || names_has(since_5, name));

    if (names_has(final, name) || (!is_ffmpeg && names_has("sections", name)))
        return OPTION_FINAL;
    if (names_has(switches, name) || names_has(switches, positive))
        return OPTION_SWITCH;
    if (changed && !dialect)
        return OPTION_UNCLEAR;
    if (changed)
        return is_switch_now(dialect, name) ? OPTION_SWITCH : OPTION_VALUED;
    return is_ffmpeg && (names_has(before_7, positive) || names_has(since_5, positive))
               ? OPTION_SWITCH
               : OPTION_VALUED;
}

const char *names_of_format(const char *name)
{
    return names_has("s", name)         ? "video_size"
           : names_has("pix_fmt", name) ? "pixel_format"
           : names_has("ar", name)      ? "sample_rate"
                                        : NULL;
}

bool names_is_of_outputs(const char *name)
{
    return names_has(of_outputs, name);
}

bool names_reads_files(const CommandDialect *dialect)
{
    return !dialect || dialect->avformat_major >= MAJOR_7;
}

bool names_hides(const char *name)
{
    return names_has(hiding, name);
}

bool names_wants_stats(char *const *words)
{
    CommandProgram program = names_program(words);
    bool wants = true;

    if (program != COMMAND_FFMPEG && program != COMMAND_FFPLAY)
        return true;
    while (*++words)
        if (!strcmp(*words, "-stats") || !strcmp(*words, "-nostats"))
            wants = (*words)[1] == 's';
    return wants;
}
