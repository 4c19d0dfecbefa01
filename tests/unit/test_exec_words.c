/* i2v: unit tests of the command line that an ffmpeg gets which cannot be hosted
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include <libavutil/mem.h>

#include "command/command.h"
#include "exec/words.h"

enum { MAX_WORDS = 256, MAX_LINE = 65536, FFMPEG_4 = 58, FFMPEG_5 = 59, FFMPEG_7 = 61 };

/* ---- what is made of a line, as text ---- */

/* A word in '…' may hold blanks. */
static void split(char *line, char **words)
{
    int count = 0;

    while (*line) {
        char end = *line == '\'' ? '\'' : ' ';

        line += end == '\'';
        assert_true(count < MAX_WORDS - 1);
        words[count++] = line;
        line += strcspn(line, (char[]){end, 0});
        if (*line)
            *line++ = '\0';
        line += strspn(line, " ");
    }
    words[count] = NULL;
}

/* Inputs become /0.mp4 and so on by the number of their request, sources movie=0. */
static char **stand_ins(const Command *command)
{
    char **with = av_calloc((size_t)command->nb_requests + 1, sizeof(*with));

    assert_non_null(with);
    for (int i = 0; i < command->nb_requests; i++) {
        with[i] = malloc(32);
        assert_non_null(with[i]);
        snprintf(with[i], 32, command->requests[i].filter ? "%d" : "/%d.mp4", i);
    }
    return with;
}

/* What is in the file that a word names, /dev/fd/N. */
static void print_file(const char *name, char *out, size_t size)
{
    FILE *file = fopen(name, "r");
    size_t got;

    assert_non_null(file);
    got = fread(out, 1, size - 1, file);
    out[got] = '\0';
    fclose(file);
    close(atoi(name + strlen("/dev/fd/")));
}

static void print_words(char *const *words, char out[MAX_LINE])
{
    size_t size = 0;

    *out = '\0';
    for (; *words; words++) {
        char text[4096];

        if (!strncmp(*words, "/dev/fd/", 8))
            print_file(*words, text, sizeof(text));
        else
            snprintf(text, sizeof(text), "%s", *words);
        size +=
            (size_t)snprintf(out + size, MAX_LINE - size, "%s%s", size ? " " : "", text);
        assert_true(size < MAX_LINE);
    }
}

/* The new line; "-WORD WHY" where it is not understood, "=" where it is the program's
 * own to judge. */
static void rewrite(char *const *words, unsigned major, char out[MAX_LINE])
{
    const CommandDialect dialect = {.avformat_major = major};
    CommandProblem problem = {0};
    Command *command;
    char **run = NULL, **with;

    assert_int_equal(command_read(words, &dialect, &command, &problem), 0);
    assert_non_null(command);
    if (problem.why) {
        snprintf(out, MAX_LINE, "-%s %s", problem.word, problem.why);
    } else if (command->is_final || !command->nb_requests) {
        strcpy(out, "=");
    } else {
        with = stand_ins(command);
        assert_int_equal(words_rewrite(words, command, with, &run), 0);
        print_words(run, out);
        for (int i = 0; i < command->nb_requests; i++)
            free(with[i]);
        av_free(with);
    }
    /* Words that were made stay with the process that runs; here they are told by not
     * being among the old. */
    for (int i = 0; run && run[i]; i++) {
        bool old = false;
        for (int j = 0; words[j]; j++)
            old = old || words[j] == run[i];
        if (!old)
            av_free(run[i]);
    }
    av_free(run);
    command_free(&command);
}

typedef struct Case {
    const char *line, *wanted;
} Case;

static void check_lines(const Case *cases, unsigned major)
{
    static char copy[MAX_LINE], got[MAX_LINE];
    char *words[MAX_WORDS];

    for (; cases->line; cases++) {
        strcpy(copy, cases->line);
        split(copy, words);
        rewrite(words, major, got);
        check_text(cases->line, got, cases->wanted);
    }
}

/* ---- the cases ---- */

static const Case inputs[] = {
    {"ffmpeg -f i2v -prompt x -duration 8 -i a -c:v libx264 out",
     "ffmpeg -i /0.mp4 -c:v libx264 out"},
    {"ffmpeg -y -ss 1 -f i2v -itsoffset 2 -prompt x -stream_loop 1 -i a -ss 2 out",
     "ffmpeg -y -ss 1 -itsoffset 2 -stream_loop 1 -i /0.mp4 -ss 2 out"},
    {"ffmpeg -i i2v:a?prompt=x -map 0 out", "ffmpeg -i /0.mp4 -map 0 out"},
    {"ffmpeg -f i2v -prompt -i -i -a out", "ffmpeg -i /0.mp4 out"},
    /* the last of a name counts for us, and all of them go */
    {"ffmpeg -prompt x -f mov -prompt y -f i2v -i a out", "ffmpeg -i /0.mp4 out"},
    /* what is of another file stays */
    {"ffmpeg -f i2v -prompt x -i a -f mov -i b -f mp4 out",
     "ffmpeg -i /0.mp4 -f mov -i b -f mp4 out"},
    {"ffmpeg -f lavfi -i null -f i2v -prompt x -i a -f i2v out",
     "ffmpeg -f lavfi -i null -i /0.mp4 -f i2v out"},
    {"ffmpeg -f mov -i i2v:a -i i2v:b out", "ffmpeg -f mov -i i2v:a -i /0.mp4 out"},
    {"ffmpeg -i i2v:a -i i2v:b -metadata title=i2v:a -i out",
     "ffmpeg -i /0.mp4 -i /1.mp4 -metadata title=i2v:a -i out"},
    /* what restricts a caller would restrict the clip */
    {"ffmpeg -protocol_whitelist i2v,https -f i2v -i https://a out",
     "ffmpeg -i /0.mp4 out"},
    {"ffmpeg -report -f i2v -autorotate 0 -i a -- -o", "ffmpeg -report -autorotate 0 -i "
                                                       "/0.mp4 -- -o"},
    {"ffmpeg -i a out", "="},
    {"ffmpeg -f i2v -prompt x -i a -h full", "="},
    {"ffmpeg -demuxers -i i2v:a", "="},
    {NULL, NULL},
};

static void test_inputs(void **state)
{
    (void)state;
    check_lines(inputs, FFMPEG_5);
}

/* The same words, by the version that gets them. */
static void test_versions(void **state)
{
    static const char line[] = "ffmpeg -autorotate -i i2v:a -f i2v -i b out";
    static const char isync[] = "ffmpeg -isync -f i2v -i i2v:a -i c out";

    (void)state;
    check_lines((Case[]){{line, "ffmpeg -autorotate -i i2v:a -i /0.mp4 out"},
                         {isync, "ffmpeg -isync -i /0.mp4 -i c out"},
                         {NULL, NULL}},
                FFMPEG_4);
    check_lines((Case[]){{line, "ffmpeg -autorotate -i i2v:a -i /0.mp4 out"},
                         {isync, "ffmpeg -isync -f i2v -i /0.mp4 -i c out"},
                         {NULL, NULL}},
                FFMPEG_5);
    check_lines(
        (Case[]){{line, "ffmpeg -autorotate -i /0.mp4 -i /1.mp4 out"}, {NULL, NULL}},
        FFMPEG_7);
}

static const Case graphs[] = {
    {"ffmpeg -filter_complex 'i2v=a:prompt=x,scale=2:2[v];[0:v]null' -i b.png out",
     "ffmpeg -filter_complex movie='0',scale=2:2[v];[0:v]null -i b.png out"},
    {"ffmpeg -lavfi i2v=a;ai2v=b -f i2v -i c -vf i2v=d,[in]overlay -af volume=1 out",
     "ffmpeg -lavfi movie='0';amovie='1' -i /2.mp4 -vf movie='3',[in]overlay -af volume=1 "
     "out"},
    {"ffmpeg -f lavfi -i i2v=a -filter:a:0 ai2v=b out",
     "ffmpeg -f lavfi -i movie='0' -filter:a:0 amovie='1' out"},
    {"ffmpeg -f lavfi -graph i2v=a -i x out",
     "ffmpeg -f lavfi -graph movie='0' -i x out"},
    {"ffmpeg -filter_complex_script graph -i c out",
     "ffmpeg -filter_complex_script i2v@y=z:prompt=q[a]\n -i c out"},
    {"ffmpeg -/filter_complex graph -f lavfi -graph_file graph -i x out", ""},
    {"ffprobe -f lavfi i2v=a", "ffprobe -f lavfi movie='0'"},
    /* one that goes unused must not be bought */
    {"ffmpeg -i a.png -vf i2v=a -vf null out", "--vf stands twice, once with i2v in it"},
    {"ffmpeg -i a.png -filter:v null -vf i2v=a out",
     "--vf stands twice, once with i2v in it"},
    {"ffmpeg -i a.png -vf null -vf null -af ai2v=a out",
     "ffmpeg -i a.png -vf null -vf null -af amovie='0' out"},
    {"ffmpeg -i a.png -vf i2v=a one -vf i2v=b two",
     "ffmpeg -i a.png -vf movie='0' one -vf movie='1' two"},
    {NULL, NULL},
};

static void test_graphs(void **state)
{
    char directory[] = "/tmp/i2v-exec-XXXXXX", here[4096];
    Case cases[sizeof(graphs) / sizeof(graphs[0])];
    FILE *file;

    (void)state;
    memcpy(cases, graphs, sizeof(cases));
    cases[4].wanted = "ffmpeg -filter_complex_script movie@y='0'[a]\n -i c out";
    cases[5].wanted = "ffmpeg -/filter_complex movie@y='0'[a]\n -f lavfi -graph_file "
                      "movie@y='1'[a]\n -i x out";
    assert_non_null(getcwd(here, sizeof(here)));
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    file = fopen("graph", "w");
    assert_non_null(file);
    fputs("i2v@y=z:prompt=q[a]\n", file);
    fclose(file);
    check_lines(cases, FFMPEG_7);
    unlink("graph");
    assert_int_equal(chdir(here), 0);
    rmdir(directory);
}

static const Case probes[] = {
    {"ffprobe -v error -f i2v -prompt x still.png", "ffprobe -v error /0.mp4"},
    {"ffprobe still.png -show_format -f i2v -prompt x -of json",
     "ffprobe /0.mp4 -show_format -of json"},
    {"ffprobe -i i2v:a?prompt=x -show_streams", "ffprobe -i /0.mp4 -show_streams"},
    {"ffprobe -unit -f i2v -- -a", "ffprobe -unit -- /0.mp4"},
    {"ffprobe -show_entries format=duration -o out i2v:a",
     "ffprobe -show_entries "
     "format=duration -o out /0.mp4"},
    {"ffprobe -nopretty -select_streams v i2v:a", "ffprobe -nopretty -select_streams v "
                                                  "/0.mp4"},
    {"ffprobe a.mp4 -show_format", "="},
    {"ffprobe -sections i2v:a", "="},
    {"ffprobe i2v:a b", "-b is a second input"},
    {"ffprobe i2v:a -show_entries", "--show_entries has no value behind it"},
    {NULL, NULL},
};

static void test_probes(void **state)
{
    (void)state;
    check_lines(probes, FFMPEG_5);
}

static const Case problems[] = {
    {"ffmpeg -f i2v -i a -c", "--c has no value behind it"},
    {"ffmpeg -/prompt file -f i2v -i a out", "--/prompt reads its value from a file"},
    {"ffmpeg -/y -f i2v -i a out", "--/y takes no value"},
    {"ffmpeg -i i2v:a -filter_complex_script /nowhere out",
     "--filter_complex_script names no regular file that can be read"},
    {"ffmpeg -f lavfi -graph null -graph_file g -i x -i i2v:a out",
     "--i has both -graph and -graph_file"},
    {NULL, NULL},
};

static void test_problems(void **state)
{
    (void)state;
    check_lines(problems, FFMPEG_7);
    /* Before 7 that is the name of an option, which there is none of. */
    check_lines((Case[]){{"ffmpeg -/filter_complex i2v=a -i i2v:b out",
                          "ffmpeg -/filter_complex i2v=a -i /0.mp4 out"},
                         {NULL, NULL}},
                FFMPEG_5);
}

/* ---- FFmpeg's own documentation ---- */

/* Where an input may be named by us: no -f of its own stands before it. */
static bool may_be_ours(char *const *words, int input)
{
    for (int i = input - 2; i > 0 && strcmp(words[i], "-i"); i--)
        if (!strcmp(words[i], "-f"))
            return false;
    return true;
}

static void print_with(char *const *words, int input, const char *const *before,
                       const char *name, char out[MAX_LINE], char **list)
{
    int count = 0;

    for (int i = 0; words[i]; i++) {
        for (int j = 0; i == input - 1 && before && before[j]; j++)
            list[count++] = (char *)before[j];
        list[count++] = i == input ? (char *)name : words[i];
    }
    list[count] = NULL;
    if (out)
        print_words(list, out);
}

/* Each input of a command in turn is made one of ours; all else is as it was. */
static int check_document(const char *line, char *const *words)
{
    static const char *const ours[] = {"-f", "i2v", "-prompt", "-y -i", NULL};
    static char wanted[MAX_LINE], got[MAX_LINE];
    char *list[MAX_WORDS * 2];
    int checked = 0;

    rewrite(words, FFMPEG_5, got);
    check_text(line, got, "=");
    for (int i = 1; words[i]; i++) {
        if (strcmp(words[i - 1], "-i") || !may_be_ours(words, i))
            continue;
        print_with(words, i, NULL, "/0.mp4", wanted, list);
        print_with(words, i, ours, "still.png", NULL, list);
        rewrite(list, FFMPEG_5, got);
        check_text(line, got, wanted);
        checked++;
    }
    return checked;
}

static void test_documents(void **state)
{
    const char *path = getenv("I2V_COMMANDS");
    char line[MAX_LINE];
    int lines = 0, checked = 0;
    FILE *file = path ? fopen(path, "r") : NULL;

    (void)state;
    if (!file)
        skip();
    while (fgets(line, sizeof(line), file)) {
        wordexp_t words;

        line[strcspn(line, "\n")] = '\0';
        if (wordexp(line, &words, WRDE_NOCMD))
            continue;
        /* Some go on in a line of their own. */
        if (words.we_wordc < MAX_WORDS && !strcmp(words.we_wordv[0], "ffmpeg") &&
            words.we_wordv[words.we_wordc - 1][0] != '-') {
            checked += check_document(line, words.we_wordv);
            lines++;
        }
        wordfree(&words);
    }
    fclose(file);
    print_message("%d commands, %d inputs\n", lines, checked);
    assert_true(lines > 100 && checked > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),   cmocka_unit_test(test_versions),
        cmocka_unit_test(test_graphs),   cmocka_unit_test(test_probes),
        cmocka_unit_test(test_problems), cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
