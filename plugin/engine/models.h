/* i2v: what each known model takes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_MODELS_H
#define I2V_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct AVBPrint;

/** Most values a model offers of one thing, with the end of the list. */
#define MODEL_CHOICES 17
#define MODEL_RULES   4

/** No clip with a size_field is longer than this in one direction against the other. */
#define MODEL_MAX_RATIO 8.0

/** The pixels of a clip, and so of its still, at one resolution and aspect ratio. */
typedef struct ModelSize {
    const char *resolution;
    const char *aspect_ratio;
    int width, height;
} ModelSize;

typedef enum ModelAudio {
    MODEL_AUDIO_ALWAYS,
    MODEL_AUDIO_NEVER,
    MODEL_AUDIO_ON,      ///< can be switched, on by default
    MODEL_AUDIO_OFF,     ///< can be switched, off by default
    MODEL_AUDIO_UNKNOWN, ///< nothing is said of it, and there is no switch
} ModelAudio;

typedef enum ModelFieldType {
    MODEL_TEXT,
    MODEL_URL,
    MODEL_INTEGER,
    MODEL_NUMBER,
    MODEL_BOOL,
    MODEL_LIST,
    MODEL_OBJECT,
    MODEL_ANY, ///< what its schema says
} ModelFieldType;

/** A further field of a model's requests, beside those that options of every model set.
 */
typedef struct ModelField {
    const char *name;
    ModelFieldType type;
    double min, max;          ///< of a number; 0 and 0 = any
    int longest;              ///< characters of a text or items of a list, 0 = any
    const char *const *words; ///< the only values, as text, ends with NULL; NULL = any
    const char *value;        ///< what the model takes by default, NULL = not said
} ModelField;

/** When a field is given (or has one of these values), another may only have these.
 * Alternatives are separated by |. */
typedef struct ModelRule {
    const char *when;
    const char *is; ///< NULL = whatever it is
    const char *field;
    const char *only;
} ModelRule;

/** One model, of the table or of a schema: data, no code. Lists end with 0 or NULL, a
 * table of models with one without a name. */
typedef struct Model {
    const char *name;
    const char *alias; ///< another name of the same, or NULL
    const char *image_field;
    const char *end_image_field; ///< NULL: takes no last frame
    bool needs_end_image;
    const char *ratio_field;    ///< that carries the aspect ratio
    const char *duration_field; ///< that carries the length; NULL = "duration"
    const char *size_field;     ///< that carries the size, WIDTHxHEIGHT, in place of
                                ///< resolution and ratio, or NULL
    int size_step;              ///< pixels of which each side is a multiple there
    const char *audio_field;    ///< that switches the audio, or NULL
    ModelAudio audio;
    int longest_prompt; ///< characters, 0 = not said
    const char
        *prompt_instead; ///< a field that may stand in place of the prompt, or NULL

    int durations[MODEL_CHOICES]; ///< seconds; or
    int shortest, longest;        ///< every whole number from .. to; all 0: no such field
    int duration;                 ///< default, seconds
    const char *resolutions[MODEL_CHOICES];
    const char *resolution; ///< default, NULL = left to the model
    int side; ///< pixels of the clip's shorter side where there is no resolution, as far
              ///< as its page's sample shows; 0 = not known
    int rate; ///< frames a second by default, 0 = not known
    const char *aspect_ratios[MODEL_CHOICES]; ///< empty: the clip follows the still
    const char *follows;      ///< the aspect ratio that means "as the still", or NULL
    const ModelSize *sizes;   ///< where they do not follow from resolution and ratio, or
                              ///< NULL
    bool exact;               ///< the still must have exactly the clip's size
    int min_side;             ///< pixels of the still's shorter side, at least
    double max_ratio;         ///< of the still's longer side to the shorter, 0 = any
    int64_t max_bytes;        ///< of the still, 0 = not said
    const ModelField *fields; ///< ends with one without a name; NULL = none
    ModelRule rules[MODEL_RULES];
    int latency;             ///< seconds that a generation was seen to take, 0 = not said
    const cJSON *schema;     ///< of its requests, as the service has it, or NULL
    const struct Model *row; ///< of the table, where that has the model, too
    bool takes_no_prompt;
} Model;

/** The row of a model by its name, with or without the developer in front, or its alias;
 * NULL when it is not in the table. */
const Model *model_find(const Model *models, const char *name);

/** A further field by its name, or NULL. */
const ModelField *model_field(const Model *model, const char *name);

/* A still's field may be a path, "keyframes.frame0.url", or a list of one still,
 * "image_urls[]". */

/** Whether the first part of a path is this field. */
bool model_path_is(const char *path, const char *name);

/** The first part of a path, cut to fit. */
void model_path_field(const char *path, char *name, size_t size);

/** Whether it is from its schema alone: what it does by default is left to it. */
bool model_is_learned(const Model *model);

/** Whether a clip may have this length. */
bool model_takes_duration(const Model *model, int seconds);

/** Pixels of the shorter side that the name of a resolution stands for, 0 = not known. */
int model_short_side(const char *resolution);

/** Read an aspect ratio, "16:9". @return whether it is one */
bool model_parse_ratio(const char *text, double *ratio);

/** The size at a resolution and aspect ratio. @return whether the model has one */
bool model_size(const Model *model, const char *resolution, const char *aspect_ratio,
                int *width, int *height);

/** Whether a text is a size, "832x480", that a model with a size_field takes.
 * @param width,height  set to it */
bool model_parse_size(const Model *model, const char *text, int *width, int *height);

/**
 * The size that a model with a size_field makes of a resolution, which is a size or the
 * name of a shorter side, and a ratio.
 * @return false for what is neither
 */
bool model_frame(const Model *model, const char *resolution, double ratio, int *width,
                 int *height);

/** The supported aspect ratio nearest to a still's, the landscape one of two equally
 * near; the one that follows the still where there is one; NULL when the model takes
 * none. What a schema adds to those of the table is chosen by the option alone: the same
 * request stays the same. */
const char *model_nearest_ratio(const Model *model, int width, int height);

/* For people: "4, 8 or 12", added to a list. */

void model_list_names(const char *const *names, struct AVBPrint *list);

/** The lengths of its clips in seconds; nothing when they are left to it. */
void model_list_durations(const Model *model, struct AVBPrint *list);

/** What a further field takes: "a number from 0 to 1". */
void model_list_values(const ModelField *field, struct AVBPrint *list);

/** The name of a field's type, for people; static. */
const char *model_type_name(ModelFieldType type);

#endif
