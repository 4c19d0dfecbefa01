/* i2v: what an executable file tells the kernel and the loader
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_LAUNCHER_BINARY_H
#define I2V_LAUNCHER_BINARY_H

#include <limits.h>
#include <stdbool.h>

typedef enum BinaryKind {
    BINARY_NONE,          ///< no ELF file, as a script is none, or not readable
    BINARY_DAMAGED,       ///< what it is made of lies outside of it, or is no program
    BINARY_OTHER_SIZE,    ///< of word
    BINARY_OTHER_MACHINE, ///< or byte order
    BINARY_OURS,          ///< such as we are; only then the rest is known
} BinaryKind;

typedef struct Binary {
    BinaryKind kind;
    char loader[PATH_MAX]; ///< the interpreter that the kernel starts; "" = none
    bool needs_any;        ///< libraries
    bool needs_others;     ///< libraries that may bring libavformat along
    unsigned avformat;     ///< major that it is linked to itself, 0 = none
} Binary;

/** Read a file. Whatever is in it, no byte outside of it is looked at. */
void binary_read(const char *path, Binary *binary);

/** The major in a name such as libavformat.so.59 or, as Python wheels rename it,
 * libavformat-1a2b3c.so.59; a path will do. @return 0 for any other library */
unsigned binary_avformat(const char *library);

/** The interpreter that was started for us. NULL where we are linked statically. */
const char *binary_own_loader(void);

#endif
