/*
 * log_line.h - a line of the log while it is put together: bounded, and made of whole characters.
 */
#ifndef CG_BASE_LOG_LINE_H
#define CG_BASE_LOG_LINE_H

#include <time.h>

#include "base/log.h"

/** Longest texts of a context in bytes, NUL included. */
#define CG_LOG_TENANT_SIZE 1025
#define CG_LOG_STAGE_SIZE 64

/** What lines are about; empty texts and a run of 0 are not known. */
struct cg_log_context {
    char tenant[CG_LOG_TENANT_SIZE];
    char stage[CG_LOG_STAGE_SIZE];
    int64_t run;
};

/** One event. */
struct cg_log_event {
    const char *name; /**< of the logger */
    uint32_t level;
    const char *message;
    struct timespec time;
    const struct cg_log_context *context;
};

/** A line of at most CG_LOG_LINE_SIZE bytes, its newline included. */
struct cg_log_line {
    char text[CG_LOG_LINE_SIZE];
    size_t used;
    size_t short_used; /**< how much of it leaves room for "...", in whole characters */
    size_t reserved;   /**< bytes at the end that are kept free, besides the newline */
    int cut;           /**< 1: something did not fit, and nothing is added any more */
};

/** Empties a line. */
void cg_log_line_start(struct cg_log_line *line);

/** Appends bytes, all or none of them. */
void cg_log_line_put(struct cg_log_line *line, const char *bytes, size_t length);

/** Appends "..." in the place of what did not fit, if there was such; the line then takes bytes again. */
void cg_log_line_mark_cut(struct cg_log_line *line);

/** Name of a CG_LOG_ level: "WARNING". */
const char *cg_log_level_name(uint32_t level);

#endif
