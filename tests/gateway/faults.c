/* i2v: the stand-in gateway: the fault script: which line applies to which request.
 * What each fault means is in faultkinds.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"
#include "faultkinds.h"
#include "util.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Rule {
    Endpoint endpoint;
    long long first, last; /* occurrences, counted from 1 */
    double seconds;        /* above 0: instead, everything this long after loading */
    char *fault;
} Rule;

struct FaultSet {
    pthread_mutex_t lock;
    char *path;
    struct timespec changed;
    off_t size;
    ino_t inode;
    Rule *rules;
    size_t nb_rules;
    int64_t loaded_us;
    long long seen[NB_ENDPOINTS];
};

static const char *const endpoint_names[NB_ENDPOINTS] = {
    "create", "poll", "logs", "download", "models", "cancel", "other"};

const char *endpoint_name(Endpoint endpoint)
{
    return endpoint_names[endpoint];
}

static void free_rules(Rule *rules, size_t nb_rules)
{
    for (size_t i = 0; i < nb_rules; i++)
        free(rules[i].fault);
    free(rules);
}

static int parse_which(const char *which, Rule *rule)
{
    char *copy = checked_strdup(which), *dash = strchr(copy, '-');
    size_t length = strlen(copy);
    int status = -1;

    rule->seconds = 0;
    rule->last = INT64_MAX;
    if (!strcmp(copy, "*")) {
        rule->first = 1;
        status = 0;
    } else if (length > 1 && copy[length - 1] == 's') {
        copy[length - 1] = 0;
        status = parse_number(copy, 0.001, 1e6, &rule->seconds);
    } else if (dash) {
        *dash = 0;
        status = parse_integer(copy, 1, INT32_MAX, &rule->first);
        if (!status && dash[1])
            status = parse_integer(dash + 1, rule->first, INT32_MAX, &rule->last);
    } else {
        status = parse_integer(copy, 1, INT32_MAX, &rule->first);
        rule->last = rule->first;
    }
    free(copy);
    return status;
}

/* One line without its comment: 1 for a rule, 0 for nothing on it, -1 for a mistake. */
static int parse_line(char *line, Rule *rule, char **why)
{
    char *endpoint = next_word(&line), *which = next_word(&line);
    Plan scratch;
    int at = 0;

    if (!endpoint)
        return 0;
    while (at < ENDPOINT_OTHER && strcmp(endpoint, endpoint_names[at]))
        at++;
    if (at == ENDPOINT_OTHER) {
        *why = text_format("unknown endpoint '%s'", endpoint);
        return -1;
    }
    rule->endpoint = (Endpoint)at;
    if (!which || parse_which(which, rule)) {
        *why = text_format("'%s' is not 1, 2-4, 3-, * or 10s", which ? which : "");
        return -1;
    }
    line += strspn(line, " \t\r");
    plan_init(&scratch);
    *why = plan_apply(&scratch, rule->endpoint, line);
    plan_free(&scratch);
    if (*why)
        return -1;
    rule->fault = checked_strdup(line);
    return 1;
}

/* A '#' starts a comment at the start of a line or after white space, so that URLs and
 * messages may hold one. */
static void cut_comment(char *line)
{
    for (char *at = line; (at = strchr(at, '#')); at++)
        if (at == line || at[-1] == ' ' || at[-1] == '\t') {
            *at = 0;
            return;
        }
}

static int parse_script(const char *text, Rule **rules, size_t *nb_rules, char **problem)
{
    char *copy = checked_strdup(text), *next = copy, *line, *why = NULL;
    size_t count = 0;
    int number = 0, status = 0;

    *rules = NULL;
    while (status >= 0 && (line = strsep(&next, "\n"))) {
        Rule rule = {0};

        number++;
        cut_comment(line);
        status = parse_line(line, &rule, &why);
        if (status <= 0)
            continue;
        *rules = checked_realloc(*rules, (count + 1) * sizeof(**rules));
        (*rules)[count++] = rule;
    }
    free(copy);
    *nb_rules = count;
    if (status >= 0)
        return 0;
    free_rules(*rules, count);
    *problem = text_format("fault script, line %d: %s", number, why);
    free(why);
    return -1;
}

FaultSet *faults_new(const char *path)
{
    FaultSet *set = checked_alloc(sizeof(*set));

    pthread_mutex_init(&set->lock, NULL);
    set->path = path ? checked_strdup(path) : NULL;
    set->loaded_us = now_us();
    return set;
}

void faults_free(FaultSet *set)
{
    if (!set)
        return;
    free_rules(set->rules, set->nb_rules);
    pthread_mutex_destroy(&set->lock);
    free(set->path);
    free(set);
}

int faults_replace(FaultSet *set, const char *text, char **problem)
{
    Rule *rules, *old;
    size_t nb_rules, nb_old;

    if (parse_script(text, &rules, &nb_rules, problem))
        return -1;
    pthread_mutex_lock(&set->lock);
    old = set->rules;
    nb_old = set->nb_rules;
    set->rules = rules;
    set->nb_rules = nb_rules;
    set->loaded_us = now_us();
    memset(set->seen, 0, sizeof(set->seen));
    pthread_mutex_unlock(&set->lock);
    free_rules(old, nb_old);
    return 0;
}

int faults_refresh(FaultSet *set, char **problem)
{
    Buffer text = {0};
    struct stat now;
    int changed, status;

    if (!set->path)
        return 0;
    if (stat(set->path, &now)) {
        *problem = text_format("cannot read %s: %s", set->path, strerror(errno));
        return -1;
    }
    pthread_mutex_lock(&set->lock);
    changed = now.st_mtim.tv_sec != set->changed.tv_sec ||
              now.st_mtim.tv_nsec != set->changed.tv_nsec || now.st_size != set->size ||
              now.st_ino != set->inode;
    set->changed = now.st_mtim;
    set->size = now.st_size;
    set->inode = now.st_ino;
    pthread_mutex_unlock(&set->lock);
    if (!changed)
        return 0;
    if (read_file(set->path, &text)) {
        *problem = text_format("cannot read %s: %s", set->path, strerror(errno));
        buffer_free(&text);
        return -1;
    }
    status = faults_replace(set, text.data, problem);
    buffer_free(&text);
    return status;
}

void faults_take(FaultSet *set, Endpoint endpoint, Plan *plan)
{
    int64_t age;
    long long seen;

    plan_init(plan);
    pthread_mutex_lock(&set->lock);
    seen = ++set->seen[endpoint];
    age = now_us() - set->loaded_us;
    for (size_t i = 0; i < set->nb_rules; i++) {
        const Rule *rule = &set->rules[i];

        if (rule->endpoint != endpoint)
            continue;
        if (rule->seconds > 0 ? (double)age < rule->seconds * 1e6
                              : seen >= rule->first && seen <= rule->last)
            free(plan_apply(plan, endpoint, rule->fault));
    }
    pthread_mutex_unlock(&set->lock);
}
