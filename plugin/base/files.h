/* i2v: small files: read whole, write whole or not at all
 *
 * What returns a number returns a negative AVERROR when it fails, and 0 or what it says
 * otherwise. Nothing is logged but by files_read_text().
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FILES_H
#define I2V_FILES_H

#include <stddef.h>
#include <sys/types.h>

#include <libavformat/avio.h>

#include "base/outcome.h"

/** Read a file whatever is in it, NULs among it; free *data with av_free().
 * @param max   bytes that are read of it at most
 * @param size  that were read; a NUL that is not counted is behind them
 * @return 0, with *data NULL when there is no such file; AVERROR_INVALIDDATA when it is
 * none; or another AVERROR */
int files_read_bytes(const char *path, size_t max, char **data, size_t *size);

/**
 * Read a text file named by an option.
 * @param max     bytes it may have
 * @param option  the option, for the error sentence
 * @param text    NUL-terminated, without a NUL inside; free with av_free()
 * @return 0, or a negative AVERROR after one sentence on `out`
 */
int files_read_text(const char *path, size_t max, const char *option, Outcome *out,
                    char **text);

/**
 * Open a file, which is made where there is none, and closed to others: mode 0600, or
 * 0660 in a directory that is shared, which is to say that it is setgid and its group may
 * write it.
 * @param flags  of open(), without O_CREAT and O_CLOEXEC
 * @return a descriptor
 */
int files_open(const char *path, int flags);

/**
 * Read what comes next of an open file or stream, waiting for it.
 * @param interrupt  ends the wait, may be NULL
 * @return bytes, 0 at the end, AVERROR(EINTR) interrupted, or another negative AVERROR
 */
int files_read_some(int fd, void *to, size_t room, const AVIOInterruptCB *interrupt);

/** Make a directory, closed to others, where there is none: mode 0700, or 2770 in one
 * that is shared. */
int files_make_directory(const char *path);

/**
 * Write a file atomically and durably: a temporary file beside it, fsync, rename, fsync
 * of the directory. Its mode is that of files_open(). The temporary file is always
 * PATH.tmp, so the caller must be the only writer: he holds a lock. The old file is
 * untouched when it fails.
 */
int files_write(const char *path, const void *data, size_t size);

/**
 * Create a temporary file beside `path`, for files_publish() to rename.
 * @param mode  of which the umask takes its part; 0600 is that of files_open()
 * @param name  of the file; set on success, and files_publish() frees it
 * @return a descriptor
 */
int files_create_beside(const char *path, mode_t mode, char **name);

/**
 * Close what files_create_beside() made, and with `ret` not negative flush it and rename
 * it to `path`; else remove it.
 * @return `ret`, or the negative AVERROR of what failed here
 */
int files_publish(int fd, char *name, const char *path, int ret);

/** Write all of it to an open file. @return 0 or a negative AVERROR */
int files_put(int fd, const char *data, size_t size);

/** Copy what is left of one open file to another. @return 0 or a negative AVERROR */
int files_copy_bytes(int in, int out);

/** Copy a file as files_write() writes one, but with the mode that the umask gives a new
 * file, and others may write it too. */
int files_copy(const char *from, const char *to);

/** Write a file as files_copy() does.
 * @param mode  of which the umask takes its part */
int files_save(const char *path, const void *data, size_t size, mode_t mode);

/** Whether two names are those of one file. */
bool files_are_same(const char *one, const char *other);

/** Find out by doing whether a file could be created beside `path`, and that path itself
 * is no directory, device or pipe. */
int files_check_writable(const char *path);

/** Flush a file's directory, so that a rename in it survives a power cut. */
int files_sync_directory(const char *path);

/** NAME in the directory that a variable as XDG_DATA_HOME gives, else in one below the
 * home directory; free with av_free(). @return NULL when there is neither, or without
 * memory */
char *files_home_path(const char *variable, const char *below_home, const char *name);

#endif
