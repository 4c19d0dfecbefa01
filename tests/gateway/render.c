/* i2v: the stand-in gateway: the clips: a slow zoom over the still and a tone of the
 * prompt, rendered by ffmpeg in the background.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Part of the digest: another look, another number. */
#define RENDERER       "i2v-gateway 2"
#define RENDER_SECONDS 300
#define TONES          16

static const char *prompt_of(const Job *job)
{
    const char *prompt =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(job->fields, "prompt"));

    return prompt ? prompt : "";
}

/* Hz, of its prompt; few, so that clips of many prompts are rendered once. 0 = silence */
static int tone_of(const Job *job)
{
    char digest[DIGEST_TEXT];
    unsigned long value;

    if (!job->audio)
        return 0;
    sha256_text(prompt_of(job), strlen(prompt_of(job)), digest);
    digest[8] = 0;
    value = strtoul(digest, NULL, 16);
    return 200 + 50 * (int)(value % TONES);
}

void render_digest(Job *job)
{
    char digest[DIGEST_TEXT];
    char *all =
        text_format("%s\n%s\n%d %d %d %d %d", RENDERER, job->image.digest, job->width,
                    job->height, job->duration, tone_of(job), job->rate);

    sha256_text(all, strlen(all), digest);
    free(job->digest);
    job->digest = checked_strdup(digest);
    free(all);
}

int render_run(const JobList *list, const char *const argv[], const Job *job)
{
    Buffer output = {0}, errors = {0};
    int status = run_child(argv, &output, &errors, RENDER_SECONDS, list->stop);

    if (status && !*list->stop)
        fprintf(stderr, "i2v-gateway: job %d: ffmpeg ended with %d: %s\n", job->number,
                status, errors.data ? errors.data : "");
    buffer_free(&output);
    buffer_free(&errors);
    return status;
}

/* Since FFmpeg 7 an encoder goes by the pictures, before by its own options. */
#define COLOURS \
    "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"

/* Every second picture is the one before: half the zooming, and next to nothing to
 * encode. The first picture is the still itself. */
static char *picture_filter(const Job *job)
{
    int pictures = (job->duration * job->rate + 1) / 2;

    return text_format("scale=%d:%d:force_original_aspect_ratio=increase:"
                       "out_color_matrix=bt709:out_range=tv,crop=%d:%d,format=yuv420p,"
                       "setsar=1,zoompan=z='1+0.08*on/%d':d=%d:s=%dx%d:fps=%d/2:"
                       "x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2',fps=%d,"
                       "tpad=stop_mode=clone:stop=4," COLOURS,
                       job->width, job->height, job->width, job->height, pictures,
                       pictures, job->width, job->height, job->rate, job->rate);
}

/* The arguments of ffmpeg, put together piece by piece. */
typedef struct Arguments {
    const char *words[64];
    int count;
} Arguments;

static void add_arguments(Arguments *arguments, const char *const words[])
{
    for (int i = 0; words[i] && arguments->count < 63; i++)
        arguments->words[arguments->count++] = words[i];
}

static void add_inputs(Arguments *arguments, const char *still, const char *tone)
{
    const char *const picture[] = {"ffmpeg", "-v",       "error", "-nostdin",
                                   "-y",     "-threads", "1",     "-filter_threads",
                                   "1",      "-i",       still,   NULL};
    const char *const sound[] = {"-f",    "lavfi", "-i",    tone,   "-map",
                                 "0:v:0", "-map",  "1:a:0", "-c:a", "aac",
                                 "-ac",   "2",     "-b:a",  "96k",  NULL};

    add_arguments(arguments, picture);
    if (tone)
        add_arguments(arguments, sound);
}

static void add_output(Arguments *arguments, const char *filter, const char *length,
                       const char *file)
{
    const char *const picture[] = {"-map_metadata", "-1",      "-vf",     filter,
                                   "-c:v",          "libx264", "-preset", "ultrafast",
                                   "-crf",          "28",      "-g",      "30",
                                   "-threads",      "1",       NULL};
    const char *const colour[] = {
        "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709",
        "-color_range",     "tv",    NULL};
    const char *const container[] = {"-t",       length,      "-movflags", "+faststart",
                                     "-fflags",  "+bitexact", "-flags:v",  "+bitexact",
                                     "-flags:a", "+bitexact", "-f",        "mp4",
                                     file,       NULL};

    add_arguments(arguments, picture);
    add_arguments(arguments, colour);
    add_arguments(arguments, container);
}

static int render_file(const JobList *list, const Job *job, const char *file)
{
    char *still = text_format("%s/%s", list->directory, job->image.file);
    char *filter = picture_filter(job);
    char *length = text_format("%d", job->duration);
    char *tone = NULL;
    Arguments arguments = {0};
    int status;

    if (job->audio)
        tone = text_format("sine=frequency=%d:sample_rate=48000:duration=%d",
                           tone_of(job), job->duration);
    add_inputs(&arguments, still, tone);
    add_output(&arguments, filter, length, file);
    status = render_run(list, arguments.words, job);
    free(still);
    free(filter);
    free(length);
    free(tone);
    return status;
}

char *render_part_name(const char *file)
{
    return text_format("%s.%ld.part", file, (long)getpid());
}

static int render(const JobList *list, const Job *job)
{
    char *clip = job_path(list, job, "clip", ".mp4");
    char *part = render_part_name(clip);
    char *cached =
        list->cache ? text_format("%s/%s.mp4", list->cache, job->digest) : NULL;
    int status = 0;

    if (access(clip, R_OK) && (!cached || copy_file_atomic(cached, clip))) {
        status = render_file(list, job, part) || rename(part, clip) ? -1 : 0;
        if (status)
            unlink(part);
        else if (cached && copy_file_atomic(clip, cached))
            fprintf(stderr, "i2v-gateway: cannot write %s: %s\n", cached,
                    strerror(errno));
    }
    free(clip);
    free(part);
    free(cached);
    return status;
}

static void *work(void *opaque)
{
    JobList *list = opaque;

    pthread_mutex_lock(&list->lock);
    for (;;) {
        Job *job;
        int status;

        while (!*list->stop && list->next_render == list->nb_jobs)
            pthread_cond_wait(&list->changed, &list->lock);
        if (*list->stop)
            break;
        job = list->jobs[list->next_render++];
        if (job->fail_name)
            continue; /* nobody will ever see it */
        pthread_mutex_unlock(&list->lock);
        status = render(list, job);
        pthread_mutex_lock(&list->lock);
        job->render = status ? RENDER_FAILED : RENDER_DONE;
    }
    pthread_mutex_unlock(&list->lock);
    return NULL;
}

int render_start(JobList *list)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = processors < 1 ? 1 : processors > 4 ? 4 : (int)processors;

    while (list->nb_workers < wanted &&
           !pthread_create(&list->workers[list->nb_workers], NULL, work, list))
        list->nb_workers++;
    if (list->nb_workers)
        return 0;
    fputs("i2v-gateway: cannot start a thread\n", stderr);
    return -1;
}

void render_stop(JobList *list)
{
    pthread_mutex_lock(&list->lock);
    pthread_cond_broadcast(&list->changed);
    pthread_mutex_unlock(&list->lock);
    while (list->nb_workers)
        pthread_join(list->workers[--list->nb_workers], NULL);
}
