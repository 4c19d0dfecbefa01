/* i2v: the engine openai, as its files share it (inside engine)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_OPENAI_H
#define I2V_OPENAI_H

/*
 * The Videos API in OpenAI's style, as servers of one's own speak it: vLLM-Omni, SGLang
 * Diffusion, FastVideo, TensorRT-LLM, and gateways before them such as LiteLLM. A create
 * call is a form with the still as a file, an id is good for as long as its server lives,
 * and a clip is at the server itself.
 */

#include "engine/engine.h"

extern const Engine openai;

extern const Model openai_any_model;

/** Rows of the list on a page: the most that every server gives. */
#define OPENAI_LIST_ROWS 100

/** Read a generation from an answer's body; url is NULL where it names none.
 * @return 0, AVERROR_INVALIDDATA for what is none, AVERROR(ENOMEM) */
int openai_parse_job(const char *body, size_t size, EngineJob *job);

/** Read the answer to a DELETE. @return 0, AVERROR_INVALIDDATA for what is none */
int openai_parse_deleted(const char *body, size_t size, EngineAnswer *answer);

/** Read a page of the list. @param query  NULL: it need only be one
 * @return 0, AVERROR_INVALIDDATA, AVERROR(ENOMEM) */
int openai_parse_rows(const char *body, size_t size, const EngineQuery *query,
                      EngineAnswer *answer);

/** As of struct Engine. */
int openai_body(const cJSON *fields, EngineBody *body);

#endif
