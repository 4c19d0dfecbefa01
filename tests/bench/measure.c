/* i2v: the bench: time, processor and memory of commands that are run in turn
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench-measure RUNS [NAME=VALUE...] COMMAND... [--vs [NAME=VALUE...] COMMAND...]
 *
 * Prints one JSON object: the median of each figure of the first command (a), of the
 * second (b), and, run by run, of b / a (ratio) and b - a (more). What they print is
 * thrown away but for errors; one that fails ends it with status 1. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RUNS = 2000 };

enum { WALL, CPU, RSS, FIGURES };

static const char *const names[FIGURES] = {"wall_s", "cpu_s", "rss_kib"};

typedef struct Command {
    char **words; ///< assignments first, then the program and its arguments
    double runs[FIGURES][MOST_RUNS];
} Command;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void become(char **words)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    for (; *words && strchr(*words, '='); words++)
        putenv(*words);
    if (*words)
        execvp(*words, words);
    fprintf(stderr, "bench-measure: %s: %s\n", *words ? *words : "no command",
            strerror(errno));
    _exit(127);
}

/* @return whether the command ended with status 0 */
static bool run(Command *command, int n)
{
    struct rusage usage;
    int status;
    double began = seconds();
    pid_t pid = fork();

    if (!pid)
        become(command->words);
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
        return false;
    command->runs[WALL][n] = seconds() - began;
    command->runs[CPU][n] = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    command->runs[RSS][n] = (double)usage.ru_maxrss;
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count)
{
    double sorted[MOST_RUNS];
    memcpy(sorted, values, (size_t)count * sizeof(*values));
    qsort(sorted, (size_t)count, sizeof(*sorted), compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void print(const char *name, const Command *command, int count)
{
    printf("\"%s\":{", name);
    for (int i = 0; i < FIGURES; i++)
        printf("%s\"%s\":%.6g", i ? "," : "", names[i], median(command->runs[i], count));
    printf("}");
}

static double divide(double a, double b)
{
    return a > 0 ? b / a : 0;
}

static double subtract(double a, double b)
{
    return b - a;
}

static void print_pairs(const char *name, double (*compare_pair)(double a, double b),
                        const Command *a, const Command *b, int count)
{
    printf(",\"%s\":{", name);
    for (int i = 0; i < FIGURES; i++) {
        double pairs[MOST_RUNS];
        for (int n = 0; n < count; n++)
            pairs[n] = compare_pair(a->runs[i][n], b->runs[i][n]);
        printf("%s\"%s\":%.6g", i ? "," : "", names[i], median(pairs, count));
    }
    printf("}");
}

int main(int argc, char **argv)
{
    static Command commands[2];
    int count = argc > 2 ? atoi(argv[1]) : 0, used = 1;

    if (count < 1 || count > MOST_RUNS) {
        fprintf(stderr, "usage: bench-measure RUNS [NAME=VALUE...] COMMAND... [--vs "
                        "[NAME=VALUE...] COMMAND...]\n");
        return 64;
    }
    commands[0].words = argv + 2;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--vs"))
            continue;
        argv[i] = NULL;
        commands[used++].words = argv + i + 1;
        break;
    }
    /* Once before, so that nobody pays for a cold cache; but what is to run once runs
     * once. */
    for (int n = count > 1 ? -1 : 0; n < count; n++)
        for (int i = 0; i < used; i++)
            if (!run(&commands[i], n < 0 ? 0 : n)) {
                fprintf(stderr, "bench-measure: %s failed\n", *commands[i].words);
                return 1;
            }
    printf("{");
    print("a", &commands[0], count);
    if (used > 1) {
        printf(",");
        print("b", &commands[1], count);
        print_pairs("ratio", divide, &commands[0], &commands[1], count);
        print_pairs("more", subtract, &commands[0], &commands[1], count);
    }
    printf("}\n");
    return 0;
}
