/*
 * log.h - one event, one line on stderr.
 *
 * A line has at most CG_LOG_LINE_SIZE bytes and is written with one write, which POSIX keeps whole up to that size even
 * on a pipe, so lines of host and workers never mix. Loggers have dotted names ("core.engine.orchestrator"); a level
 * set for a name holds for everything below it unless overridden.
 */
#ifndef CG_BASE_LOG_H
#define CG_BASE_LOG_H

#include <chitragupt/host.h>
#include <stdarg.h>

struct cg_log;

/** A level for a logger and what is below it. */
struct cg_log_level {
    const char *name;
    uint32_t level; /**< CG_LOG_ */
};

/** Longest line in bytes, newline included. */
#define CG_LOG_LINE_SIZE 4096

/** The default format. */
#define CG_LOG_FORMAT "%(asctime)s - %(name)s - %(levelname)s - %(message)s"

/**
 * A log that writes to `fd` (not closed). `format` is a record format with %(field)s references; `levels` may be NULL.
 * Everything is copied. Error: CG_INVALID when the format has no known %(field) or names an unknown one, CG_NO_MEMORY.
 */
cg_status cg_log_new(int fd, uint32_t level, const char *format, const struct cg_log_level *levels, size_t level_count,
                     struct cg_log **ret);

/** How a log writes. */
struct cg_log_setup {
    int32_t json;       /**< 0: lines in `format`; 1: one JSON object per line, and `format` is not used */
    uint32_t level;     /**< CG_LOG_ */
    const char *format; /**< see cg_log_new; must be valid with `json` too */
    const struct cg_log_level *levels; /**< or NULL */
    size_t level_count;
};

/** cg_log_new with either kind of output. */
cg_status cg_log_open(int fd, const struct cg_log_setup *setup, struct cg_log **ret);

/**
 * Makes an open log write in another way from now on; everything is copied. May be called while other threads write:
 * each line is written in the old way or in the new one. The errors of cg_log_new; the log then goes on as before.
 */
cg_status cg_log_reconfigure(struct cg_log *log, const struct cg_log_setup *setup);

/**
 * What every further line of this log is about: fields of a JSON line; in text "tenant_name=", "pipeline_run_id=" and
 * "stage=" behind messages that do not have the key themselves. Texts are copied, overlong ones cut; NULL, and a run
 * of 0, take the field away. Thread-safe. `log` NULL does nothing.
 */
void cg_log_set_tenant(struct cg_log *log, const char *tenant);
void cg_log_set_run(struct cg_log *log, int64_t run);
void cg_log_set_stage(struct cg_log *log, const char *stage);

/** Ends a log. NULL is fine. */
void cg_log_free(struct cg_log *log);

/**
 * Writes one event if its level is enabled for the logger `name`. `log` NULL writes nothing. Control characters
 * and bytes that are no UTF-8 are written as "\x0a"; a line that gets too long is cut and ends in "...". Thread-safe.
 */
void cg_log_write(const struct cg_log *log, const char *name, uint32_t level, const char *format, ...) CG_PRINTF(4, 5);

/** The same with the arguments of a function that was given them. */
void cg_log_writev(const struct cg_log *log, const char *name, uint32_t level, const char *format, va_list args)
    CG_PRINTF(4, 0);

/** True when an event would be written. */
int32_t cg_log_enabled(const struct cg_log *log, const char *name, uint32_t level);

/** CG_LOG_ value of "DEBUG".."CRITICAL" in any case, 0 for another text. */
uint32_t cg_log_level_parse(const char *text);

#endif
