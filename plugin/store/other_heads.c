/* i2v: how long the head of a container other than MP4 says that its file is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/other_heads.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/intreadwrite.h>

/* IDs of EBML (RFC 8794) and Matroska (RFC 9559). */
#define EBML_HEAD    0x1A45DFA3
#define EBML_SEGMENT 0x18538067

/* The head of an EBML file is some 40 bytes long. */
#define HEAD_SIZE 4096

/* A number of EBML, whose first byte says how many belong to it.
 * @return how many, 0 when it is none or not known */
static int read_number(const uint8_t *at, const uint8_t *end, uint64_t *number)
{
    int length = 1;

    if (at >= end || !*at)
        return 0;
    while (!(*at & 0x80 >> (length - 1)))
        length++;
    if (end - at < length)
        return 0;
    *number = *at & (0xffu >> length);
    for (int i = 1; i < length; i++)
        *number = *number << 8 | at[i];
    return *number == (UINT64_C(1) << 7 * length) - 1 ? 0 : length;
}

/* The end of an element whose ID has four bytes; *content is where it begins. */
static uint64_t element_end(const uint8_t *head, size_t at, size_t size, uint32_t id,
                            size_t *content)
{
    uint64_t length;
    int bytes = at + 4 < size && AV_RB32(head + at) == id
                    ? read_number(head + at + 4, head + size, &length)
                    : 0;

    *content = at + 4 + (size_t)bytes;
    return bytes ? *content + length : 0;
}

bool announced_more(const char *path)
{
    uint8_t head[HEAD_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t got = fd < 0 || fstat(fd, &st) < 0 ? -1 : pread(fd, head, sizeof(head), 0);
    size_t size = got < 0 ? 0 : (size_t)got, content;
    uint64_t end = element_end(head, 0, size, EBML_HEAD, &content);

    if (fd >= 0)
        close(fd);
    if (end && end < size)
        end = element_end(head, (size_t)end, size, EBML_SEGMENT, &content);
    else if (size >= 12 && !memcmp(head, "RIFF", 4) && !memcmp(head + 8, "AVI ", 4))
        end = AV_RL32(head + 4) + UINT64_C(8);
    return size && end > (uint64_t)st.st_size;
}
