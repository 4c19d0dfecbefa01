/* i2v: feeds the fuzzer without libFuzzer: a counted, seeded lot of inputs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz_filtergraph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

static uint64_t state;

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % limit);
}

typedef struct Input {
    uint8_t data[MOST];
    size_t size;
} Input;

static void append(Input *input, const char *data, size_t size)
{
    if (size > MOST - input->size)
        size = MOST - input->size;
    memcpy(input->data + input->size, data, size);
    input->size += size;
}

static const char *const pieces[] = {
    "i2v",     "ai2v",  "i2v", "i2vx",     "movie", "null", "sws_flags=", "prompt",
    "s=dv+da", "@shot", "@",   "=",        "=",     "=",    "[",          "]",
    "[v]",     "[a]",   "'",   "'",        "\\",    "\\",   "\\'",        "'\\''",
    ",",       ",",     ";",   ";",        ":",     " ",    "\n",         "\t",
    "\r",      "x.png", "a b", "\xC3\xA9", "\xFF",  "''",   "' '",
};

static const char *const seeds[] = {
    "i2v=a.png:prompt='Rain, then sun':duration=8:s=dv+da[v][a]",
    "[0:v][0:a][v1][a1]concat=n=2:v=1:a=1[v][a];i2v@one=x.png:prompt='it'\\''s'[v1]",
    " sws_flags=bicubic+accurate_rnd;\n i2v = x.png [v];\n[v] scale = 1:2 ,\n null",
    "drawtext=text='i2v=a,b;c',ai2v=a\\,b\\;c\\[d\\]:prompt=\\\\'x\\\\'[a] ; [a] anull",
    "[a]split[b][c];[b]ai2v@'x=y'=' lead and trail ',[c]null;",
    "nullsrc,'i2v'=x\\ ,i2v,ai2v@=,i2v",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void append_pieces(Input *input, size_t count)
{
    while (count--) {
        const char *piece = pieces[below(COUNT(pieces))];

        append(input, piece, strlen(piece));
    }
}

/* Filters as a person would write them, with anything in their arguments. */
static void append_chain(Input *input)
{
    static const char *const heads[] = {"i2v",     "ai2v",  "null",
                                        "[a] i2v", "i2v@x", "'ai2v'"};
    static const char *const tails[] = {"[v]", " [v] [w]", "", "\n"};

    for (size_t i = below(6) + 1; i; i--) {
        const char *head = heads[below(COUNT(heads))], *tail = tails[below(COUNT(tails))];

        append(input, head, strlen(head));
        if (below(4)) {
            append(input, "='", 2);
            append_pieces(input, below(4));
            append(input, "'", 1);
        }
        append(input, tail, strlen(tail));
        append(input, i == 1 ? "" : below(2) ? "," : ";", i != 1);
    }
}

/* Bytes taken out, put in and changed. */
static void mutate(Input *input)
{
    for (size_t i = below(6) + 1; i && input->size; i--) {
        size_t at = below(input->size);
        const char *piece = pieces[below(COUNT(pieces))];

        switch (below(3)) {
        case 0:
            memmove(input->data + at, input->data + at + 1, --input->size - at);
            break;
        case 1:
            input->data[at] = (uint8_t)piece[0];
            break;
        default:
            if (input->size == MOST)
                break;
            memmove(input->data + at + 1, input->data + at, input->size++ - at);
            input->data[at] = (uint8_t)piece[0];
        }
    }
}

static void make_input(Input *input)
{
    size_t kind = below(4);

    input->size = 0;
    if (!kind) {
        append_pieces(input, below(30));
    } else if (kind == 1) {
        append_chain(input);
    } else {
        const char *seed = seeds[below(COUNT(seeds))];

        append(input, seed, strlen(seed));
        if (below(8))
            mutate(input);
    }
    for (size_t i = below(4); i; i--) {
        append(input, "", 1);
        append_pieces(input, below(8));
    }
}

int main(int argc, char **argv)
{
    static Input input;
    long count = argc > 1 ? atol(argv[1]) : 1000;
    const FuzzSeen *seen = &fuzz_seen;

    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    state ^= 0x9E3779B97F4A7C15u;
    for (long i = 0; i < count; i++) {
        make_input(&input);
        LLVMFuzzerTestOneInput(input.data, input.size);
    }
    printf("%ld inputs: %ld refused, %ld without a source, %ld rewritten\n", count,
           seen->refused, seen->plain, seen->rewritten);
    /* Inputs of one kind alone would prove little. */
    return seen->refused < count / 10 || seen->plain < count / 20 ||
           seen->rewritten < count / 5;
}
