/*
 * csv.h - chargeback and topic rows as CSV text (RFC 4180): CR LF after every line, quotes only where they are needed.
 */
#ifndef CSV_CSV_H
#define CSV_CSV_H

#include <chitragupt/emitter.h>

#include "file.h"

/** Appends the line with the column names of chargeback rows, or of topic rows. Errors as csv_file_write. */
cg_status csv_write_header(struct csv_file *file);
cg_status csv_write_topic_header(struct csv_file *file);

/** Appends one row; NULL is an empty field, the amount keeps its text. Errors as csv_file_write. */
cg_status csv_write_row(struct csv_file *file, const struct cg_emitted_row *row);
cg_status csv_write_topic_row(struct csv_file *file, const struct cg_emitted_topic_row *row);

#endif
