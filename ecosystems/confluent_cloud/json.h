/*
 * Reading the provider's JSON. A member that is null is the same as one that is absent; so is one of another type than
 * asked for, unless the function says otherwise.
 */
#ifndef CCLOUD_JSON_H
#define CCLOUD_JSON_H

#include <chitragupt/decimal.h>
#include <jansson.h>

/**
 * Parses a whole body. Numbers too great for JSON libraries (integers beyond 64 bits, exponents beyond a double) arrive
 * as strings with the same text, so that no digit is lost and one such number does not make the whole body unreadable.
 * NULL on failure, with a cause like "line 1, column 7: '}' expected" in `error`; out of memory leaves `error` empty.
 */
json_t *ccloud_json_parse(const char *body, size_t length, char *error, size_t error_size);

/** The member `key` of an object, or NULL when `object` is no object or the member is absent or null. */
json_t *ccloud_json_get(const json_t *object, const char *key);

/** Like ccloud_json_get, but NULL too when the member is not an object. */
json_t *ccloud_json_object(const json_t *object, const char *key);

/** The text of a string member, or NULL. */
const char *ccloud_json_text(const json_t *object, const char *key);

/** The text of a string member that is not empty, or NULL. */
const char *ccloud_json_filled(const json_t *object, const char *key);

/**
 * A number: an integer keeps its digits, a real becomes the shortest text that reads back as the same double, a string
 * is taken digit for digit. Errors: CG_INVALID (not a number), CG_RANGE (it does not fit).
 */
cg_status ccloud_json_decimal(const json_t *value, struct cg_decimal *ret);

/** "an object", "a list", "a string", ... for messages. */
const char *ccloud_json_kind(const json_t *value);

/** The length of the longest beginning of `text` with at most `most` bytes that does not cut a UTF-8 character. */
int ccloud_clip(const char *text, int most);

#endif
