/* i2v: stills as they were encoded last, for the next request that sends the same
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <string.h>

#include <libavutil/common.h>

#include "still/parts.h"

/* A command may name one still a hundred times, and hardly a hundred stills. */
#define MOST_FILES 4
#define MOST_BYTES (16 << 20)

typedef struct Encoded {
    uint8_t digest[STILL_DIGEST_SIZE];
    /** Of a video's frame the digest alone does not tell how it is shown: that takes its
     * file, too. */
    bool image;
    StillIdentity identity;
    StillTarget target;
    StillFile file; ///< buf NULL = there is none
} Encoded;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Encoded latest[MOST_FILES]; // the last one first

static bool is_of(const Encoded *encoded, const Still *still, const StillTarget *target)
{
    return encoded->file.buf &&
           (encoded->image ||
            (*encoded->identity.text &&
             !strcmp(encoded->identity.text, still->known.identity.text))) &&
           encoded->target.width == target->width &&
           encoded->target.height == target->height &&
           encoded->target.fit == target->fit &&
           encoded->target.position == target->position &&
           !memcmp(encoded->digest, still->known.digest, sizeof(encoded->digest));
}

/* Under the lock. */
static const Encoded *find(const Still *still, const StillTarget *target)
{
    for (int i = 0; i < MOST_FILES; i++)
        if (is_of(&latest[i], still, target))
            return &latest[i];
    return NULL;
}

bool still_is_encoded(const Still *still, const StillTarget *target)
{
    pthread_mutex_lock(&lock);
    bool found = find(still, target);
    pthread_mutex_unlock(&lock);
    return found;
}

bool still_encoded_find(const Still *still, const StillTarget *target, StillFile *file)
{
    *file = (StillFile){0};
    pthread_mutex_lock(&lock);
    const Encoded *found = find(still, target);
    if (found) {
        *file = found->file;
        file->buf = av_buffer_ref(found->file.buf);
        if (!file->buf)
            *file = (StillFile){0};
    }
    pthread_mutex_unlock(&lock);
    return file->buf;
}

/* Under the lock: the first stays in any case. */
static void drop_surplus(void)
{
    size_t total = 0;

    for (int i = 0; i < MOST_FILES; i++) {
        total += latest[i].file.size;
        if (i && total > MOST_BYTES)
            still_file_clear(&latest[i].file);
    }
}

void still_encoded_keep(const Still *still, const StillTarget *target,
                        const StillFile *file)
{
    Encoded new = {.image = still->image, .target = *target, .file = *file};

    memcpy(new.digest, still->known.digest, sizeof(new.digest));
    new.identity = still->known.identity;
    if (!(new.file.buf = av_buffer_ref(file->buf)))
        return;
    pthread_mutex_lock(&lock);
    still_file_clear(&latest[MOST_FILES - 1].file);
    memmove(&latest[1], &latest[0], sizeof(latest) - sizeof(latest[0]));
    latest[0] = new;
    drop_surplus();
    pthread_mutex_unlock(&lock);
}
