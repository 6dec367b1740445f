/* A growable text buffer with the few ways of adding to it that hot JSON bodies need. */
#ifndef CG_SIM_TEXT_H
#define CG_SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A growable buffer. Zero-initialised is empty and valid.
 * After a failed allocation `failed` stays true and every later addition is ignored, so that a producer needs to look
 * only once, at the end.
 */
struct cg_sim_text {
    char *data;  /**< owned; always NUL-terminated when not NULL */
    size_t len;  /**< bytes in use, without the NUL */
    size_t cap;  /**< bytes allocated */
    bool failed; /**< an allocation failed */
};

/** Frees the buffer and makes it empty again. */
void cg_sim_text_done(struct cg_sim_text *text);

/** Empties the buffer, keeps its memory, forgets a failure. */
void cg_sim_text_clear(struct cg_sim_text *text);

/** Makes room for `more` further bytes and a NUL. Returns false when memory is short. */
bool cg_sim_text_reserve(struct cg_sim_text *text, size_t more);

/** Adds `len` bytes. */
void cg_sim_text_add(struct cg_sim_text *text, const char *bytes, size_t len);

/** Adds a NUL-terminated string as it is. */
void cg_sim_text_puts(struct cg_sim_text *text, const char *string);

/** Adds one character. */
void cg_sim_text_putc(struct cg_sim_text *text, char c);

/** Adds a decimal number. */
void cg_sim_text_put_u64(struct cg_sim_text *text, uint64_t value);

/** Adds a decimal number with its sign. */
void cg_sim_text_put_i64(struct cg_sim_text *text, int64_t value);

/** Adds `string` as a JSON string with its quotes; NULL becomes `null`. */
void cg_sim_text_json(struct cg_sim_text *text, const char *string);

/** Adds `,"name":` followed by `string` as a JSON string; the comma is left out after an opening brace. */
void cg_sim_text_field(struct cg_sim_text *text, const char *name, const char *string);

/** Adds `string` percent-encoded for a query value. */
void cg_sim_text_urlencode(struct cg_sim_text *text, const char *string);

/** Adds printf-formatted text of at most 1000 bytes. */
void cg_sim_text_printf(struct cg_sim_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Writes `value` in decimal at `out` (20 bytes are enough, no NUL) and returns the number of bytes. */
size_t cg_sim_u64_format(uint64_t value, char *out);

/**
 * Writes the standard base64 form of `len` bytes, NUL-terminated.
 * `size` is the room at `out`; returns false when it is too small (4 * ceil(len / 3) + 1 bytes are needed).
 */
bool cg_sim_base64_encode(const unsigned char *bytes, size_t len, char *out, size_t size);

/** Decodes standard base64 into exactly `len` bytes; returns false for any other length or character. */
bool cg_sim_base64_decode(const char *string, unsigned char *ret_bytes, size_t len);

/**
 * Looks `name` up in an urlencoded string (`a=1&b=x%20y`) and decodes its first value into `ret_value`
 * (NUL-terminated). Returns false when it is absent, malformed, holds a NUL, or does not fit into `size` bytes.
 */
bool cg_sim_form_get(const char *encoded, const char *name, char *ret_value, size_t size);

/** Tells whether `name` occurs in an urlencoded string at all. */
bool cg_sim_form_has(const char *encoded, const char *name);

#endif
