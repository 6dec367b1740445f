/*
 * print.h - texts of modules and databases on a terminal: clean, and measured in characters, not in bytes.
 */
#ifndef CG_CLI_PRINT_H
#define CG_CLI_PRINT_H

#include <chitragupt/abi.h>
#include <stdio.h>

/** Prints `text` with '?' for control characters and for bytes that are no UTF-8. */
void cg_print_clean(FILE *out, const char *text);

/** The same, but the ends of lines stay. */
void cg_print_text(FILE *out, const char *text);

/** Prints exactly `width` (at least 1) characters: a shorter text is padded, a longer one is cut and ends in "…". */
void cg_print_cell(FILE *out, const char *text, size_t width);

/**
 * Prints a cell that must not be cut, because two texts could look the same: what is longer than `width` stands on a
 * line of its own, and the next line begins with as many blanks as there are columns up to the cell's end: `before` +
 * `width`.
 */
void cg_print_whole_cell(FILE *out, const char *text, size_t before, size_t width);

#endif
