/* i2v: what the unit tests share: the log, temporary directories, a still
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/intreadwrite.h>
#include <libavutil/log.h>

#include "request/options.h"
#include "request/request.h"

Said said;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The log */

static void append(char *to, size_t size, const char *format, va_list args)
{
    size_t have = strlen(to);
    vsnprintf(to + have, size - have, format, args);
}

static void listen(void *context, int level, const char *format, va_list args)
{
    (void)context;
    pthread_mutex_lock(&lock);
    if (level >= 0 && level <= AV_LOG_ERROR) {
        said.errors++;
        append(said.error, sizeof(said.error), format, args);
    } else if (level == AV_LOG_WARNING) {
        said.warnings++;
        append(said.warning, sizeof(said.warning), format, args);
    }
    pthread_mutex_unlock(&lock);
}

void said_clear(void)
{
    memset(&said, 0, sizeof(said));
}

void said_start(void)
{
    said_clear();
    av_log_set_callback(listen);
}

static int count_newlines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

void said_check(const char *what, const char *words, const char *file, int line)
{
    size_t size = strlen(said.error);
    char copy[512], *rest = copy, *word;

    if (said.errors != 1 || count_newlines(said.error) != 1 ||
        said.error[size - 1] != '\n')
        fail_case_at(file, line, "%s: %d errors were logged, not one line: \"%s\"", what,
                     said.errors, said.error);
    snprintf(copy, sizeof(copy), "%s", words);
    while ((word = strsep(&rest, "|")))
        if (!strstr(said.error, word))
            fail_case_at(file, line, "%s: there is no \"%s\" in \"%s\"", what, word,
                         said.error);
}

void said_check_silent(const char *what, const char *file, int line)
{
    if (said.errors)
        fail_case_at(file, line, "%s: an error was logged: \"%s\"", what, said.error);
}

/* The environment */

void clear_environment(void)
{
    static const char *const names[] = {
        "I2V_DEFAULTS",   "I2V_BASE_URL",   "I2V_STORE",       "I2V_LOG",
        "I2V_ALLOW_HTTP", "AIML_API_KEY",   "AIMLAPI_API_KEY", "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",  "HOME",           "http_proxy",      "https_proxy",
        "HTTPS_PROXY",    "all_proxy",      "ALL_PROXY",       "no_proxy",
        "NO_PROXY",       "XDG_CACHE_HOME", "I2V_API_KEY",     "I2V_STILLS",
        "I2V_PARALLEL",   "I2V_AHEAD",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
}

/* Files */

static char directory[64];
static pid_t owner;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_directory(void)
{
    if (getpid() == owner)
        nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *temp_dir(void)
{
    if (owner != getpid() && !directory[0]) {
        snprintf(directory, sizeof(directory), "/tmp/i2v-unit.XXXXXX");
        if (!mkdtemp(directory))
            abort();
        owner = getpid();
        atexit(remove_directory);
    }
    return directory;
}

const char *temp_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", temp_dir(), name);
    return path;
}

const char *temp_file(const char *name, const void *data, size_t size)
{
    const char *path = temp_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    return path;
}

const char *temp_text(const char *name, const char *text)
{
    return temp_file(name, text, strlen(text));
}

const char *temp_bmp(const char *name, int width, int height, uint8_t grey)
{
    size_t row = ((size_t)width * 3 + 3) & ~(size_t)3, size = 54 + row * (size_t)height;
    uint8_t *data = calloc(1, size);
    const char *path;

    if (!data)
        abort();
    memset(data + 54, grey, size - 54);
    data[0] = 'B';
    data[1] = 'M';
    AV_WL32(data + 2, (uint32_t)size);
    AV_WL32(data + 10, 54);
    AV_WL32(data + 14, 40);
    AV_WL32(data + 18, (uint32_t)width);
    AV_WL32(data + 22, (uint32_t)height);
    AV_WL16(data + 26, 1);
    AV_WL16(data + 28, 24);
    AV_WL32(data + 34, (uint32_t)(size - 54));
    path = temp_file(name, data, size);
    free(data);
    return path;
}

/* Requests */

int check_pairs(const char *url, const char *pairs, struct Request **request)
{
    AVDictionary *given = NULL;
    Options *options = NULL;
    char *copy = strdup(pairs), *rest = copy, *pair;

    while ((pair = strsep(&rest, "|"))) {
        char *value = strchr(pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        av_dict_set(&given, pair, value, 0);
    }
    free(copy);
    if (options_gather(url, &given, NULL, &options) < 0)
        fail_case("the options of %s are refused: %s", pairs, said.error);
    int ret = request_check(options, NULL, NULL, request);
    if (ret >= 0 && ((ret = request_check_gateway(*request, options, NULL)) < 0 ||
                     (ret = request_check_places(*request, options, NULL)) < 0))
        request_free(request);
    options_free(&options);
    av_dict_free(&given);
    return ret;
}

char *body_text(const Request *request, const char *image, const char *end_image)
{
    EngineBody body = {.stills = {{.field = request->image_field, .url = image},
                                  {.field = end_image ? request->end_image_field : NULL,
                                   .url = end_image}}};

    assert_int_equal(request->engine->body(request->fields, &body), 0);
    assert_int_equal(body.count, 1);
    return body.text;
}

/* Cases of tables */

void fail_case_at(const char *file, int line, const char *format, ...)
{
    va_list args;
    print_error("%s:%d: ", file, line);
    va_start(args, format);
    vprint_error(format, args);
    va_end(args);
    print_error("\n");
    _fail(file, line);
}

void check_text_at(const char *what, const char *got, const char *wanted,
                   const char *file, int line)
{
    if (got == wanted || (got && wanted && !strcmp(got, wanted)))
        return;
    fail_case_at(file, line, "%s: \"%s\" instead of \"%s\"", what, got ? got : "(null)",
                 wanted ? wanted : "(null)");
}

void check_number_at(const char *what, long long got, long long wanted, const char *file,
                     int line)
{
    if (got != wanted)
        fail_case_at(file, line, "%s: %lld instead of %lld", what, got, wanted);
}
