/*
 * json.h - writing an answer as compact JSON, in the order in which it is told, without building a tree.
 *
 * Commas are put by themselves. Texts are escaped as JSON wants it and no further: non-ASCII characters stay as they
 * are; a byte that is no UTF-8 becomes U+FFFD. A failure stays in the buffer, so it is looked at once, at the end.
 */
#ifndef CG_API_JSON_H
#define CG_API_JSON_H

#include <chitragupt/decimal.h>

#include "base/buf.h"

struct cg_json {
    struct cg_buf *out;
    int32_t comma; /**< 1: something stands before the next value of this list or object */
};

/** A writer at the end of `out`. */
void cg_json_init(struct cg_json *json, struct cg_buf *out);

/** Brackets. */
void cg_json_object(struct cg_json *json);
void cg_json_object_end(struct cg_json *json);
void cg_json_list(struct cg_json *json);
void cg_json_list_end(struct cg_json *json);

/** The name of the next value of an object. `key` is plain ASCII without quotes, or use cg_json_key_text. */
void cg_json_key(struct cg_json *json, const char *key);
void cg_json_key_text(struct cg_json *json, const char *key);

/** Values. NULL text is null. */
void cg_json_text(struct cg_json *json, const char *text);
void cg_json_text_n(struct cg_json *json, const char *text, size_t length);
void cg_json_int(struct cg_json *json, int64_t value);
void cg_json_bool(struct cg_json *json, int32_t value);
void cg_json_null(struct cg_json *json);

/** JSON that is known to be valid, as it is; NULL or "" is `otherwise` ("{}"). */
void cg_json_raw(struct cg_json *json, const char *text, const char *otherwise);

/** "2026-03-01T00:00:00Z", with six digits of a fraction when there is one; CG_TIME_NONE is null. */
void cg_json_instant(struct cg_json *json, int64_t time);

/** "2026-03-01"; CG_TIME_NONE is null. */
void cg_json_date(struct cg_json *json, int64_t time);

/** An exact decimal as a string, in plain notation without an exponent, with the digits it has. */
void cg_json_decimal(struct cg_json *json, const struct cg_decimal *value);

/** A member of an object: key and value at once. */
void cg_json_put_text(struct cg_json *json, const char *key, const char *text);
void cg_json_put_int(struct cg_json *json, const char *key, int64_t value);
void cg_json_put_bool(struct cg_json *json, const char *key, int32_t value);
void cg_json_put_null(struct cg_json *json, const char *key);
void cg_json_put_instant(struct cg_json *json, const char *key, int64_t time);
void cg_json_put_date(struct cg_json *json, const char *key, int64_t time);
void cg_json_put_decimal(struct cg_json *json, const char *key, const struct cg_decimal *value);

/** A stored text of metadata: valid JSON objects compactly and with the keys in their order, anything else as {}. Keys
 * that `more` writes follow, if it is given. */
void cg_json_metadata(struct cg_json *json, const char *stored, void (*more)(struct cg_json *json, void *user),
                      void *user);

#endif
