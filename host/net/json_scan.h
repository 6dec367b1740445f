/*
 * json_scan.h - a strict JSON reader that copies nothing.
 *
 * The caller walks the document; texts are ranges of it. It accepts exactly RFC 8259 in UTF-8 (no lone surrogates), at
 * most CG_JSON_DEPTH deep. A function that answers false has met something else than it was asked for; the document is
 * then at fault or of another shape, and the position is somewhere inside it.
 */
#ifndef CG_NET_JSON_SCAN_H
#define CG_NET_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/** Deepest nesting that is read. */
#define CG_JSON_DEPTH 64

/** Where the reader stands. */
struct cg_json_scan {
    const char *at;
    const char *end;
};

/** A string without its quotes, or a number, as it stands in the document. */
struct cg_json_text {
    const char *data;
    size_t length;
    bool escaped; /**< has backslash sequences */
};

/** Steps over blanks and tells the next byte, '\0' at the end. */
char cg_json_peek(struct cg_json_scan *scan);

/** Steps over blanks and over `character`, if that comes next. */
bool cg_json_take(struct cg_json_scan *scan, char character);

/** Reads a string. */
bool cg_json_string(struct cg_json_scan *scan, struct cg_json_text *ret);

/** Reads a number. */
bool cg_json_number(struct cg_json_scan *scan, struct cg_json_text *ret);

/** Reads any value and drops it. */
bool cg_json_skip(struct cg_json_scan *scan);

/**
 * Steps to the next item of a list, or past its end; `*first` is true before the first one. Call it after "[" was
 * taken. `*ret_more` tells whether there is an item.
 */
bool cg_json_next_item(struct cg_json_scan *scan, bool *first, bool *ret_more);

/** The same for an object, after "{"; the member's name is read too, and its value comes next. */
bool cg_json_next_member(struct cg_json_scan *scan, bool *first, bool *ret_more, struct cg_json_text *ret_name);

/** True when nothing but blanks is left. */
bool cg_json_at_end(struct cg_json_scan *scan);

/** Writes the text behind a string to `buffer` of at least `text->length` bytes and returns how many it took; no NUL is
 * added. */
size_t cg_json_unescape(const struct cg_json_text *text, char *buffer);

/** True when a string stands for `word`. */
bool cg_json_equals(const struct cg_json_text *text, const char *word);

#endif
