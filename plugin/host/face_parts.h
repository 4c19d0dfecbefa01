/* i2v: what face.h says of requests, filters and graphs, for entry.c (inside host)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_FACE_PARTS_H
#define I2V_FACE_PARTS_H

#include "host/face.h"

int face_is_same(const I2VNamed *named, const char *url,
                 const struct AVDictionary *options);
int face_check_given(const struct AVDictionary *given);
int face_check_named(const I2VNamed *named);
int face_check_behind(const char *const *options);
int face_send_ahead(const I2VNamed *named, int count, const I2VInterrupt *interrupt);
const struct AVFilter *face_filter(int audio);
int face_fetch_source(const I2VNamed *named, const I2VInterrupt *interrupt, char **movie);
void face_release(char *movie);
void face_complain(const char *filter, const char *sentence);
void face_empty_graph(struct AVFilterGraph *graph);
void face_sort_ends(struct AVFilterInOut **list);
int face_create_source(struct AVFilterContext **ctx, const struct AVFilter *filter,
                       const char *name, const char *arguments,
                       struct AVFilterGraph *graph, const I2VInterrupt *interrupt);
struct AVFilterContext *face_alloc_source(struct AVFilterGraph *graph,
                                          const struct AVFilter *filter,
                                          const char *name);
int face_is_source(const struct AVFilterContext *ctx);
int face_init_source(struct AVFilterContext *ctx, const char *arguments,
                     struct AVDictionary **options, const I2VInterrupt *interrupt);

#endif
