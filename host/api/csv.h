/*
 * csv.h - cells of a CSV file (RFC 4180 with "\n" as the end of a line).
 */
#ifndef CG_API_CSV_H
#define CG_API_CSV_H

#include "base/buf.h"

/**
 * Appends a text as a cell: in quotes when it holds a comma, a quote, CR or LF. What a spreadsheet would take for a
 * formula, a text that begins with = + - @ TAB or CR, gets an apostrophe in front.
 */
void cg_csv_add_text(struct cg_buf *out, const char *text, size_t length);

#endif
