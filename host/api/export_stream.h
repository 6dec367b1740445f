/*
 * export_stream.h - facts as CSV, streamed: a header line, then a line for each fact.
 *
 * Cells of a dimension are written once and copied for each of its facts. NULL is an empty cell, metadata is JSON, tags
 * are "k=v;k2=v2" with a backslash in front of ; = and \ within a key or value. Cells that a spreadsheet would take for
 * a formula get an apostrophe in front (csv.h), except for amounts, which are numbers and may begin with a minus.
 */
#ifndef CG_API_EXPORT_STREAM_H
#define CG_API_EXPORT_STREAM_H

#include "api/call.h"
#include "views/export.h"

/** What a cell shows, besides the texts of the dimension (CG_EXPORT_RESOURCE_ID and so on). */
#define CG_EXPORT_ECOSYSTEM 100u
#define CG_EXPORT_TENANT_ID 101u
#define CG_EXPORT_TIMESTAMP 102u
#define CG_EXPORT_AMOUNT 103u
#define CG_EXPORT_TAGS 104u
#define CG_EXPORT_METADATA 105u

/** Most columns of an export; one may come several times. */
#define CG_EXPORT_COLUMNS 100u

struct cg_export_column {
    const char *name; /**< in the header line; static */
    uint32_t source;
};

/**
 * Makes the call's reply a stream. The columns and `disposition`, a header's value, must live as long as the program;
 * the list of pointers to columns is copied. `separator` stands between date and time, 'T' or ' '.
 */
cg_status cg_export_stream(struct cg_call *call, const struct cg_export_question *question,
                           const struct cg_export_column *const *columns, size_t count, const char *disposition,
                           char separator);

#endif
