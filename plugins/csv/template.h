/*
 * template.h - file names made from a pattern.
 *
 * A pattern is literal text with the placeholders {tenant_id} and {date}; "{{" and "}}" stand for one brace. Behind the
 * name may stand "!s", and behind that ":" and a format for texts: [[fill]<|>|^][0][width][.precision][s], as in
 * Python's format strings. Width and precision count characters, not bytes.
 */
#ifndef CSV_TEMPLATE_H
#define CSV_TEMPLATE_H

#include "problem.h"

/** Greatest width and precision; a file name cannot be longer. */
#define CSV_TEMPLATE_MAX_WIDTH 255

/**
 * Checks a pattern without values: braces, names, formats, and that it is no absolute path. Error: CG_INVALID with a
 * sentence in `problem` (CSV_PROBLEM_SIZE bytes).
 */
cg_status csv_template_check(const char *pattern, char *problem);

/**
 * Writes the file name for the values, with a NUL, into `buffer` of `size` bytes. Errors, with a sentence in `problem`:
 * CG_INVALID for a wrong pattern, a value that brings a "/" into the name, and a name or a part of it that values make
 * empty, "." or ".."; CG_RANGE when it does not fit. `buffer` is undefined then.
 */
cg_status csv_template_expand(const char *pattern, const char *tenant_id, const char *date, char *buffer, size_t size,
                              char *problem);

#endif
