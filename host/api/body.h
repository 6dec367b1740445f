/*
 * body.h - members of a JSON body, checked; problems go to the same list as those of the query (params.h).
 */
#ifndef CG_API_BODY_H
#define CG_API_BODY_H

#include "api/params.h"

/** Where in the body a value is, for `loc`: ["body","items",0,"tag_key"]. Built on the stack, parent by parent. */
struct cg_place {
    const struct cg_place *parent; /**< NULL: "body" itself */
    const char *key;               /**< or NULL: the element `index` of a list */
    size_t index;
};

/** The body as an object, or NULL and a problem (missing, no object, another media type). */
json_t *cg_body_object(struct cg_params *params);

/**
 * A text of `least` to `most` characters, without control characters. NULL and a problem when it is missing (with
 * `needed`) or wrong; NULL alone when it is not needed and absent or null.
 */
const char *cg_body_text(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                         int32_t needed, size_t least, size_t most);

/** The same for a value whose place is known: an element of a list, a member of an object with free names. */
const char *cg_body_value(struct cg_params *params, json_t *value, const struct cg_place *place, size_t least,
                          size_t most);

/** A boolean, also written as 0/1, "yes"/"no", "on"/"off", "true"/"false". */
int32_t cg_body_bool(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                     int32_t otherwise);

/** A date; CG_TIME_NONE when it is absent, null or wrong. */
int64_t cg_body_date(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key);

/** start_date, end_date and timezone of the body. */
struct cg_range_given cg_body_range(struct cg_params *params, json_t *object);

/** A list, or NULL when it is absent or null (a problem with `needed`) or wrong; with bounds of its length. */
json_t *cg_body_list(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                     int32_t needed, size_t least, size_t most);

/** An object with free names, or NULL when it is absent, null or wrong. */
json_t *cg_body_map(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key);

/**
 * Adds a problem with this place (NULL: the body itself). `input` is the rejected value (or the object that lacks one);
 * it is echoed cut. Beyond 100 problems they are only counted.
 */
void cg_body_problem(struct cg_params *params, const char *type, const struct cg_place *place, const char *message,
                     json_t *input, const char *context);

#endif
