/* i2v: unit tests of reading ffmpeg's command line
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"

enum { MAX_WORDS = 128, MEBIBYTE = 1 << 20 };

/* ---- memory that runs out: the linker puts these before the real ones ---- */

static int allocations_left = -1; ///< no limit

static bool refused(void)
{
    if (allocations_left < 0)
        return false;
    return allocations_left == 0 || !allocations_left--;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refused() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return refused() ? NULL : __real_reallocarray(old, count, size);
}

/* ---- what was read, as text ---- */

typedef struct Text {
    char text[8192];
    size_t size;
} Text;

__attribute__((format(printf, 2, 3))) static void put(Text *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    out->size += (size_t)vsnprintf(out->text + out->size, sizeof(out->text) - out->size,
                                   format, args);
    va_end(args);
    assert_true(out->size < sizeof(out->text));
}

/* An input is URL{name=value,name=value}, a filter is [filter:arguments]; "none" is a
 * command line that is understood and names no request, "-" one that is not. */
static void put_command(Text *out, const Command *command)
{
    if (!command) {
        put(out, "-");
        return;
    }
    for (int i = 0; i < command->nb_requests; i++) {
        const I2VNamed *named = &command->requests[i];

        put(out, "%s", i ? " " : "");
        if (named->filter) {
            put(out, "[%s:%s]", named->filter, named->text);
            continue;
        }
        put(out, "%s{", named->text);
        for (int j = 0; named->options && named->options[j]; j += 2)
            put(out, "%s%s=%s", j ? "," : "", named->options[j], named->options[j + 1]);
        put(out, "}");
    }
    if (!command->nb_requests)
        put(out, "none");
    if (command->missing)
        put(out, " missing %s", command->missing);
}

/* The words of a line stand between single blanks; '' is an empty one. */
static void split(char *line, char **words)
{
    int count = 0;

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        assert_true(count < MAX_WORDS - 1);
        words[count++] = strcmp(word, "''") ? word : word + 2;
    }
    words[count] = NULL;
}

static int read_line(const char *line, Command **command)
{
    static char copy[65536], before[65536];
    static char *words[MAX_WORDS];
    int ret;

    assert_true(strlen(line) < sizeof(copy));
    strcpy(copy, line);
    split(copy, words);
    memcpy(before, copy, sizeof(copy));
    ret = command_read(words, NULL, command, NULL);
    assert_memory_equal(before, copy, sizeof(copy));
    return ret;
}

static void check_line(const char *line, const char *wanted)
{
    Text got = {.size = 0};
    Command *command;

    check_number(line, read_line(line, &command), 0);
    put_command(&got, command);
    check_text(line, got.text, wanted);
    command_free(&command);
    assert_null(command);
    command_free(&command);
}

typedef struct Case {
    const char *line, *wanted;
} Case;

static void check_lines(const Case *cases)
{
    for (; cases->line; cases++)
        check_line(cases->line, cases->wanted);
}

/* ---- the cases ---- */

static const Case programs[] = {
    {"ffmpeg -f i2v -i a out", "a{}"},
    {"/usr/bin/ffmpeg -f i2v -i a out", "a{}"},
    {"./ffmpeg-7.1 -f i2v -i a out", "a{}"},
    {"ffmpeg5 -f i2v -i a out", "a{}"},
    {"ffmpeg_g -f i2v -i a out", "a{}"},
    {"/opt/ffprobe/ffmpeg -f i2v -i a out", "a{}"},
    {"ffmpeg", "none"},
    {"ffmpegthumbnailer -f i2v -i a out", "-"},
    {"ffmpegX -f i2v -i a out", "-"},
    {"ffprobe -f i2v -i a", "-"},
    {"ffplay -f i2v -i a", "-"},
    {"/opt/ffmpeg/python -f i2v -i a", "-"},
    {"myffmpeg -f i2v -i a out", "-"},
    {"FFMPEG -f i2v -i a out", "-"},
    {"ffmpe -f i2v -i a out", "-"},
    {"'' -f i2v -i a out", "-"},
    {NULL, NULL},
};

static void test_programs(void **state)
{
    char *nothing[] = {
        NULL,
    };
    Command *command;

    (void)state;
    check_lines(programs);
    assert_int_equal(command_read(nothing, NULL, &command, NULL), 0);
    assert_null(command);
    assert_int_equal(command_read(NULL, NULL, &command, NULL), 0);
    assert_null(command);
}

static const Case groups[] = {
    {"ffmpeg -f i2v -prompt x -duration 8 -i a -c:v libx264 out",
     "a{prompt=x,duration=8}"},
    {"ffmpeg -i i2v:a?prompt=x out", "i2v:a?prompt=x{}"},
    {"ffmpeg -prompt x -i i2v:a out", "i2v:a{prompt=x}"},
    {"ffmpeg -f i2v -i i2v:a?prompt=x out", "i2v:a?prompt=x{}"},
    {"ffmpeg -f i2v -image a -i '' out", "{image=a}"},
    {"ffmpeg -f i2v -i - out", "-{}"},
    {"ffmpeg -f i2v -i pipe:0 -i i2v:- out", "pipe:0{} i2v:-{}"},
    {"ffmpeg -f i2v -i -a out", "-a{}"},
    {"ffmpeg -f i2v -i -i out", "-i{}"},
    /* the format and the options are those of one input */
    {"ffmpeg -f i2v -prompt x -i a -i b.png out", "a{prompt=x} missing b.png"},
    {"ffmpeg -f i2v -prompt x -i a -f i2v -prompt y -i b out", "a{prompt=x} b{prompt=y}"},
    {"ffmpeg -f i2v -prompt x -i a -f i2v -i b out", "a{prompt=x} b{}"},
    {"ffmpeg -f i2v out -i i2v:a", "i2v:a{}"},
    {"ffmpeg -f i2v -prompt x out -f i2v -i a", "a{}"},
    {"ffmpeg -prompt x - -f i2v -i a out", "a{}"},
    {"ffmpeg -prompt x '' -f i2v -i a out", "a{}"},
    {"ffmpeg -i i2v:a -f i2v out", "i2v:a{}"},
    {"ffmpeg -prompt x -f i2v -dec 0:0 -i i2v:a out", "i2v:a{}"},
    {"ffmpeg -dec -i -f i2v -i a out", "a{}"},
    {"ffmpeg -f i2v -i a -take 2", "a{}"},
    /* the last of a name */
    {"ffmpeg -f i2v -f mov -i i2v:a out", "none"},
    {"ffmpeg -f mov -f i2v -i a out", "a{}"},
    {"ffmpeg -f:v i2v -i a out", "a{}"},
    {"ffmpeg -f i2v -f:x mov -i i2v:a out", "none"},
    {"ffmpeg -f i2v -prompt x -take 1 -prompt y -i a out", "a{prompt=y,take=1}"},
    {"ffmpeg -f i2v -prompt x -Prompt y -i a out", "a{prompt=x,Prompt=y}"},
    /* other formats */
    {"ffmpeg -f i2vx -i i2v:b -f '' -i i2v:c -i I2V:d out", "none"},
    {"ffmpeg -f I2V -i a -f LavFi -i i2v=b out", "a{} [i2v:b]"},
    {"ffmpeg -format i2v -i i2v:a out", "i2v:a{format=i2v}"},
    {"ffmpeg -fi2v -i i2v:a -i i2v:b out", "i2v:b{}"},
    {"ffmpeg -fi2v x -i a:b -i file:i2v:x out", "none"},
    {"ffmpeg -i i2v:a -f i2v -i b -i i2v:a out", "i2v:a{} b{} i2v:a{}"},
    {NULL, NULL},
};

static void test_groups(void **state)
{
    (void)state;
    check_lines(groups);
}

static const Case values[] = {
    {"ffmpeg -metadata title=-f -f i2v -i a out", "a{}"},
    {"ffmpeg -metadata -i -f i2v -i a out", "a{}"},
    {"ffmpeg -metadata -f i2v -i i2v:a out", "i2v:a{}"},
    {"ffmpeg -metadata:s:v:0 -y -f i2v -i a out", "a{}"},
    {"ffmpeg -metadata -- -f i2v -i a out", "a{}"},
    {"ffmpeg -metadata -h -f i2v -i a out", "a{}"},
    {"ffmpeg -f i2v -prompt -i -i a out", "a{prompt=-i}"},
    {"ffmpeg -f i2v -prompt -y -i a out", "a{prompt=-y}"},
    {"ffmpeg -f i2v -prompt '' -i a out", "a{prompt=}"},
    {"ffmpeg -f -f -i i2v:a out", "none"},
    {"ffmpeg -itsoffset -1 -f i2v -i a out", "a{itsoffset=-1}"},
    {"ffmpeg -ss -0.5 -sseof -3 -t 2 -to 4 -f i2v -i a out",
     "a{ss=-0.5,sseof=-3,t=2,to=4}"},
    {"ffmpeg -stream_loop -1 -f i2v -i a out", "a{stream_loop=-1}"},
    /* what ffmpeg calls otherwise for a demuxer */
    {"ffmpeg -s 64x36 -pix_fmt:v rgb24 -ar 8000 -ac 1 -f i2v -i a -s 2x2 out",
     "a{video_size=64x36,pixel_format=rgb24,sample_rate=8000}"},
    {"ffmpeg -v error -loglevel +repeat -f i2v -i a out", "a{v=error,loglevel=+repeat}"},
    {"ffmpeg -f i2v -i a -map -0:v -map 0:a? -disposition:a:0 default -bsf:v x out",
     "a{}"},
    {"ffmpeg -f i2v -i a -c copy -target pal-dvd -vpre x -fpre y -pre:v z out", "a{}"},
    {"ffmpeg -dump_attachment:t -i -f i2v -i a -attach -i out",
     "a{dump_attachment:t=-i}"},
    {"ffmpeg -copypriorss:v 1 -f i2v -i a out", "a{copypriorss:v=1}"},
    {"ffmpeg -seek_timestamp 1 -reinit_filter 0 -copytb 1 -f i2v -i a out",
     "a{seek_timestamp=1,reinit_filter=0,copytb=1}"},
    {"ffmpeg -vf -i -af -f -filter:v i2v=x -filter_script:v y -f i2v -i a out",
     "a{vf=-i,af=-f,filter:v=i2v=x,filter_script:v=y}"},
    {"ffmpeg -f i2v -i a -vf i2v=b -af ai2v=c out", "a{}"},
    {"ffmpeg -/vf -i -/af none -/filter:v x -f i2v -i a out", "a{}"},
    {"ffmpeg -no_window 1 -noise_reduction 2 -nothing 3 -f i2v -i a out",
     "a{no_window=1,noise_reduction=2,nothing=3}"},
    {"ffmpeg -yes 1 -ny 2 -restart 3 -vn2 4 -f i2v -i a out",
     "a{yes=1,ny=2,restart=3,vn2=4}"},
    /* behind -- the next word is an output, whatever it looks like */
    {"ffmpeg -f i2v -- -i i2v:a", "none"},
    {"ffmpeg -f i2v -- -i -i i2v:a out", "i2v:a{}"},
    {"ffmpeg -- -- -y -f i2v -i a out", "a{}"},
    {"ffmpeg -- out -f i2v -i a out", "a{}"},
    {"ffmpeg -f i2v -i a --", "a{}"},
    {"ffmpeg -f i2v -i -- out", "--{}"},
    /* not understood */
    {"ffmpeg -f i2v -i a -i", "-"},
    {"ffmpeg -f i2v -i a -c:v", "-"},
    {"ffmpeg -f i2v -i a -prompt", "-"},
    {"ffmpeg -f i2v -i a -dec", "-"},
    {"ffmpeg -f i2v -i a -/vf", "-"},
    {"ffmpeg -f i2v -i a -/filter_complex", "-"},
    {"ffmpeg -/f i2v -i a out", "-"},
    {"ffmpeg -/y x -f i2v -i a out", "-"},
    {"ffmpeg -/i x -f i2v -i a out", "-"},
    {"ffmpeg -/autorotate x -f i2v -i a out", "-"},
    {"ffmpeg -/prompt x -f i2v -i a out", "-"},
    {"ffmpeg -//vf x -f i2v -i a out", "-"},
    {"ffmpeg -/ x -f i2v -i a out", "-"},
    {NULL, NULL},
};

static void test_values(void **state)
{
    (void)state;
    check_lines(values);
}

/* Each has to be followed by an input to be seen as one that takes none. */
static const char *const valueless[] = {
    "accurate_seek",
    "an",
    "auto_conversion_filters",
    "benchmark",
    "benchmark_all",
    "bitexact",
    "copy_unknown",
    "copyinkf",
    "copyts",
    "debug_ts",
    "deinterlace",
    "display_hflip",
    "display_vflip",
    "dn",
    "dump",
    "find_stream_info",
    "fix_sub_duration",
    "fix_sub_duration_heartbeat",
    "force_fps",
    "hex",
    "hide_banner",
    "ignore_unknown",
    "intra",
    "n",
    "print_graphs",
    "psnr",
    "qphist",
    "re",
    "recast_media",
    "report",
    "same_quant",
    "sameq",
    "shortest",
    "sn",
    "start_at_zero",
    "stats",
    "stdin",
    "vn",
    "vstats",
    "xerror",
    "y",
    "y:anything",
    "copyinkf:v:0",
    "noautorotate",
    "noautorotate:0",
    "noautoscale:v",
    "noisync",
    "nostdin",
    "nostats",
    "noaccurate_seek",
    "nocopyinkf:v",
    "noy",
    "non",
};

/* What prints something and ends, and what takes a value in one version alone. */
static const char *const unclear[] = {
    "-help",   "?",           "L",          "bsfs",       "buildconf",    "codecs",
    "colors",  "decoders",    "demuxers",   "devices",    "dispositions", "encoders",
    "filters", "formats",     "h",          "help",       "hwaccels",     "layouts",
    "license", "muxers",      "pix_fmts",   "protocols",  "sinks",        "sources",
    "version", "sample_fmts", "autorotate", "isync",      "autoscale",    "autorotate:0",
    "isync:0", "autoscale:v", "h:x",        "autorotate:"};

static void test_valueless(void **state)
{
    char line[256];

    (void)state;
    for (size_t i = 0; i < sizeof(valueless) / sizeof(*valueless); i++) {
        snprintf(line, sizeof(line), "ffmpeg -%s -i i2v:a out", valueless[i]);
        check_line(line, "i2v:a{}");
        snprintf(line, sizeof(line), "ffmpeg -f i2v -%s -i a -%s", valueless[i],
                 valueless[i]);
        check_line(line, "a{}");
        snprintf(line, sizeof(line), "ffmpeg -%sx -i i2v:a -f i2v -i b out",
                 valueless[i]);
        if (!strchr(valueless[i], ':'))
            check_line(line, "b{}");
    }
    for (size_t i = 0; i < sizeof(unclear) / sizeof(*unclear); i++) {
        snprintf(line, sizeof(line), "ffmpeg -%s 0 -f i2v -i a out", unclear[i]);
        check_line(line, "-");
        snprintf(line, sizeof(line), "ffmpeg -f i2v -i a out -%s", unclear[i]);
        check_line(line, "-");
        snprintf(line, sizeof(line), "ffmpeg -metadata -%s -f i2v -i a out", unclear[i]);
        check_line(line, "a{}");
    }
}

static const Case graphs[] = {
    {"ffmpeg -filter_complex i2v=a:prompt=x[v] -map [v] out", "[i2v:a:prompt=x]"},
    {"ffmpeg -lavfi ai2v=a out", "[ai2v:a]"},
    {"ffmpeg -filter_complex i2v out", "[i2v:]"},
    {"ffmpeg -filter_complex:x i2v@shot=a;ai2v=b,volume=2 out", "[i2v:a] [ai2v:b]"},
    {"ffmpeg -filter_complex scale=2:2 -lavfi i2v=a -filter_complex i2v=b out",
     "[i2v:a] [i2v:b]"},
    {"ffmpeg -f lavfi -i i2v=a:prompt=x out", "[i2v:a:prompt=x]"},
    {"ffmpeg -f lavfi -i i2v=a;ai2v=b -i i2v:c out", "[i2v:a] [ai2v:b] i2v:c{}"},
    {"ffmpeg -f lavfi -graph i2v=a -i i2v=b out", "[i2v:a]"},
    {"ffmpeg -f lavfi -graph i2v=a -graph i2v=b -i x out", "[i2v:b]"},
    {"ffmpeg -f i2v -graph i2v=a -i b out", "b{graph=i2v=a}"},
    {"ffmpeg -graph i2v=a out -f lavfi -i i2v=b out", "[i2v:b]"},
    {"ffmpeg -f lavfi -i testsrc=d=1 out", "none"},
    {"ffmpeg -f lavfi out -i i2v=a", "none missing i2v=a"},
    {"ffmpeg -i i2v=a -i file:b out", "none missing i2v=a"},
    /* a graph is no option of the input that it stands before */
    {"ffmpeg -f i2v -filter_complex i2v=b -i a out", "[i2v:b] a{}"},
    {"ffmpeg -f i2v -prompt x -i a -filter_complex [0]i2v=b out", "a{prompt=x} [i2v:b]"},
    /* in the order of the command line */
    {"ffmpeg -f i2v -i a -lavfi i2v=b;i2v=c -f lavfi -i ai2v=d -i i2v:e -lavfi i2v=f out",
     "a{} [i2v:b] [i2v:c] [ai2v:d] i2v:e{} [i2v:f]"},
    /* what libavfilter refuses is for whoever fetches to say */
    {"ffmpeg -f i2v -i a -lavfi i2v=b,[ out", "a{} [i2v:b]"},
    {"ffmpeg -f i2v -i a -lavfi [,i2v=b out", "a{}"},
    {"ffmpeg -f i2v -i a -lavfi scale=',[ -f lavfi -i '' out", "a{}"},
    /* scripts */
    {"ffmpeg -filter_complex_script graph.txt -i i2v:c out",
     "[i2v:a:prompt=x] [ai2v:b] i2v:c{}"},
    {"ffmpeg -/filter_complex graph.txt out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -/lavfi:x graph.txt out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -/filter_complex file:graph.txt out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -/filter_complex ./a:b.txt out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -/filter_complex file:a:b.txt out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -/filter_complex largest.txt out", "[i2v:a]"},
    {"ffmpeg -/filter_complex a:b.txt out", "-"},
    {"ffmpeg -f lavfi -graph_file graph.txt -i x out", "[i2v:a:prompt=x] [ai2v:b]"},
    {"ffmpeg -f lavfi -graph_file graph.txt -graph i2v=a -i x out", "-"},
    {"ffmpeg -f lavfi -graph_file none.txt -i x out", "-"},
    {"ffmpeg -f mov -graph_file none.txt -i x out", "none"},
    {"ffmpeg -vf none -filter_script:v none.txt -i i2v:a out",
     "i2v:a{vf=none,filter_script:v=none.txt}"},
    {"ffmpeg -i i2v:a -/filter_complex none.txt out", "-"},
    {"ffmpeg -i i2v:a -filter_complex_script none.txt out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex . out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex pipe out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex pipe: out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex nul.txt out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex larger.txt out", "-"},
    {"ffmpeg -i i2v:a -/filter_complex open.txt out", "i2v:a{} [i2v:a]"},
    {NULL, NULL},
};

static void test_graphs(void **state)
{
    (void)state;
    check_lines(graphs);
}

/* Exactly what ffmpeg hands to libavfilter. */
static void test_descriptions(void **state)
{
    static const char *const has[] = {"i2v=a", "[0]null[x]", "sine", "testsrc",
                                      "i2v=a:prompt=x[v];\n\nai2v=b [a]\n"};
    static const char *const has_not[] = {"",     "i2v",    "i2v=a ",    "null",
                                          "name", "testsr", "graph.txt", "scale=2:2"};
    Command *command;

    (void)state;
    assert_int_equal(read_line("ffmpeg -filter_complex i2v=a -lavfi [0]null[x] -f lavfi "
                               "-i sine -f lavfi -graph testsrc -i name -/filter_complex "
                               "graph.txt -vf scale=2:2 out",
                               &command),
                     0);
    assert_non_null(command);
    for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++)
        if (!command_has_graph(command, has[i]))
            fail_case("\"%s\" is not there", has[i]);
    for (size_t i = 0; i < sizeof(has_not) / sizeof(*has_not); i++)
        if (command_has_graph(command, has_not[i]))
            fail_case("\"%s\" is there", has_not[i]);
    command_free(&command);
}

static const Case missing[] = {
    {"ffmpeg -i no.mp4 -i no2.mp4 out", "none missing no.mp4"},
    {"ffmpeg -i there.mp4 -i no2.mp4 out", "none missing no2.mp4"},
    {"ffmpeg -i there.mp4 out", "none"},
    {"ffmpeg -i nodir/x -i i2v:a out", "i2v:a{} missing nodir/x"},
    {"ffmpeg -f i2v -i a -i no.mp4 out", "a{} missing no.mp4"},
    {"ffmpeg -i dangling out", "none missing dangling"},
    {"ffmpeg -i -i out", "none missing -i"},
    {"ffmpeg -i there.mp4/x -i . out", "none"},
    {"ffmpeg -f mov -i no.mp4 out", "none"},
    {"ffmpeg -f i2v -i no.png out", "no.png{}"},
    {"ffmpeg -i '' -i - -i no:x -i http://no -i no%d.png -i no*.png out", "none"},
    {"ffmpeg -i no?.png -i no[1] -i no] -i no{1 -i no} out", "none"},
    {"ffmpeg no.mp4 -metadata no.mp4 -i there.mp4 no.mp4", "none"},
    {NULL, NULL},
};

static void test_missing(void **state)
{
    (void)state;
    check_lines(missing);
}

/* Many words, and a long one. */
static void test_long(void **state)
{
    enum { COUNT = 2000 };
    static char program[] = "ffmpeg", input[] = "-i", yes[] = "-y", url[] = "i2v:a";
    static char long_word[100000];
    char **words = calloc(3 * COUNT + 4, sizeof(*words));
    int at = 0;
    Command *command;

    (void)state;
    assert_non_null(words);
    memset(long_word, 'x', sizeof(long_word) - 1);
    memcpy(long_word, "i2v:", 4);
    words[at++] = program;
    words[at++] = input;
    words[at++] = long_word;
    for (int i = 0; i < COUNT; i++) {
        words[at++] = yes;
        words[at++] = input;
        words[at++] = url;
    }
    assert_int_equal(command_read(words, NULL, &command, NULL), 0);
    assert_int_equal(command->nb_requests, COUNT + 1);
    assert_string_equal(command->requests[0].text, long_word);
    command_free(&command);
    free(words);
}

/* Whichever allocation fails: -ENOMEM, and nothing is left (the sanitizer looks). */
static void test_memory(void **state)
{
    Command *command;
    int ret = -ENOMEM, tries = 0;

    (void)state;
    for (; ret == -ENOMEM && tries < 200; tries++) {
        allocations_left = tries;
        ret = read_line("ffmpeg -f i2v -prompt x -take 2 -i a -lavfi i2v=b;ai2v=c "
                        "-/lavfi graph.txt -f lavfi -i i2v=d -prompt y",
                        &command);
        allocations_left = -1;
        if (ret < 0) {
            assert_int_equal(ret, -ENOMEM);
            assert_null(command);
        }
    }
    assert_int_equal(ret, 0);
    assert_in_range(tries, 8, 199);
    command_free(&command);
}

/* ---- the files ---- */

static void write_script(const char *name, size_t size)
{
    static char text[MEBIBYTE + 1];

    memset(text, ' ', size);
    memcpy(text, "i2v=a", 5);
    temp_file(name, text, size);
}

static int make_files(void **state)
{
    static const char graph[] = "i2v=a:prompt=x[v];\n\nai2v=b [a]\n";

    (void)state;
    if (chdir(temp_dir()) < 0)
        return -1;
    temp_text("there.mp4", "");
    temp_text("graph.txt", graph);
    temp_text("a:b.txt", graph);
    temp_text("open.txt", "i2v='a");
    temp_file("nul.txt", "i2v=a\0;i2v=b", 12);
    write_script("largest.txt", MEBIBYTE);
    write_script("larger.txt", MEBIBYTE + 1);
    return symlink("nowhere", "dangling") < 0 || mkfifo("pipe", 0600) < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_valueless),
        cmocka_unit_test(test_graphs),   cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_missing),  cmocka_unit_test(test_long),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, make_files, NULL);
}
