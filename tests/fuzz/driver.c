/* i2v: feeds a fuzzer without libFuzzer: the files of its corpus as they are, and then a
 * counted, seeded lot of inputs that are made of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <dirent.h>

enum { MOST = 1 << 16 };

typedef struct Input {
    uint8_t data[MOST];
    size_t size;
} Input;

static uint64_t state;
static Input *files;
static size_t nb_files;

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % limit);
}

static void cut(Input *input, size_t at, size_t size)
{
    if (size > input->size - at)
        size = input->size - at;
    input->size -= size;
    memmove(input->data + at, input->data + at + size, input->size - at);
}

static void insert(Input *input, size_t at, const uint8_t *data, size_t size)
{
    if (size > MOST - input->size)
        return;
    memmove(input->data + at + size, input->data + at, input->size - at);
    memcpy(input->data + at, data, size);
    input->size += size;
}

/* A number that is on the edge of something, in either order of bytes. */
static void put_number(Input *input, size_t at)
{
    static const uint32_t numbers[] = {
        0, 1, 8, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
    };
    uint32_t number = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
    size_t size = (size_t)1 << below(3), little = below(2);

    for (size_t i = 0; i < size && at + i < input->size; i++)
        input->data[at + i] = (uint8_t)(number >> 8 * (little ? i : size - 1 - i));
}

static void change(Input *input)
{
    size_t at = below(input->size + 1);
    const Input *other = &files[below(nb_files)];
    size_t from = below(other->size + 1), size = below(32);

    switch (below(5)) {
    case 0:
        put_number(input, at);
        break;
    case 1:
        cut(input, at, size);
        break;
    case 2:
        if (at < input->size)
            input->data[at] = (uint8_t)below(256);
        break;
    case 3:
        if (at < input->size)
            input->data[at] ^= (uint8_t)(1 << below(8));
        break;
    default:
        insert(input, at, other->data + from,
               size < other->size - from ? size : other->size - from);
    }
}

/* Behind the last byte nothing may be read. */
static void feed(const Input *input)
{
    uint8_t *data = malloc(input->size ? input->size : 1);

    if (!data)
        abort();
    memcpy(data, input->data, input->size);
    LLVMFuzzerTestOneInput(data, input->size);
    free(data);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of their names, so that the inputs are the same everywhere. */
static void read_files(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_file, alphasort);

    if (count < 1 || !(files = calloc((size_t)count, sizeof(*files))))
        abort();
    for (int i = 0; i < count; i++) {
        char path[4096];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (!(file = fopen(path, "r")))
            abort();
        files[nb_files].size = fread(files[nb_files].data, 1, MOST, file);
        nb_files++;
        fclose(file);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    static Input input;
    long count;

    if (argc != 4) {
        fprintf(stderr, "usage: %s COUNT SEED CORPUS\n", argv[0]);
        return 2;
    }
    count = atol(argv[1]);
    state = strtoull(argv[2], NULL, 10) ^ 0x9E3779B97F4A7C15u;
    read_files(argv[3]);
    for (size_t i = 0; i < nb_files; i++)
        feed(&files[i]);
    for (long i = 0; i < count; i++) {
        const Input *file = &files[below(nb_files)];

        input.size = file->size;
        memcpy(input.data, file->data, file->size);
        for (size_t changes = below(4) + 1; changes; changes--)
            change(&input);
        feed(&input);
    }
    free(files);
    printf("%ld inputs of %zu files, %ld good\n", count, nb_files, fuzz_good);
    /* Inputs of one kind alone would prove little. */
    return fuzz_good < count / 50 || fuzz_good > count * 49 / 50;
}
