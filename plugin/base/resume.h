/* i2v: what is known of the beginning of a file that is being fetched (inside base)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_RESUME_H
#define I2V_RESUME_H

#include "base/digest.h"
#include "base/reply.h"

/*
 * Beside a growing file lies a note: which version of the server's file it is of, and
 * the digest of its first bytes. It is written over in place after each piece, and
 * nothing is synced: it proves itself, since only bytes that have the noted digest are
 * gone on from. After a power cut, when either may be old, half there or zeros, they do
 * not have it, and so it takes no account of which boot it was written in.
 */

/** The most that a validator has, its NUL included. A longer one is none. */
#define RESUME_VALIDATOR_SIZE 160

typedef struct ResumeNote {
    char validator[RESUME_VALIDATOR_SIZE]; ///< for If-Range; "" = there is none
    int64_t size;                          ///< bytes that the server announced, -1 = none
    int64_t bytes;                         ///< that are there
    char digest[DIGEST_TEXT_SIZE];         ///< SHA-256 of these
} ResumeNote;

/** What an answer says by which its file can be told from another version of it: a strong
 * ETag, or a Last-Modified from before the answer (RFC 9110, 8.8). "" = nothing. */
void resume_validator(const HttpReply *reply, char validator[RESUME_VALIDATOR_SIZE]);

/** Whether an answer may be about the version of a note: it names it, or none. */
bool resume_is_same(const ResumeNote *note, const HttpReply *reply);

/** Read a note. @return whether there is one. Only with a validator it can be gone on
 * from; without one it still tells what is there */
bool resume_read(int fd, ResumeNote *note);

/** Write one. @return whether it could be; if not, what is there then still proves
 * itself, or does not */
bool resume_write(int fd, const ResumeNote *note);

#endif
