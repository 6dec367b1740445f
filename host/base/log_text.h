/*
 * log_text.h - lines in a record format with %(field)s references.
 */
#ifndef CG_BASE_LOG_TEXT_H
#define CG_BASE_LOG_TEXT_H

#include "base/arena.h"
#include "base/log_line.h"

/** Most pieces of a format: literal texts and fields. */
#define CG_LOG_MAX_PARTS 64

/** A piece of a format. */
struct cg_log_part {
    int field;           /**< what stands here; 0: the literal */
    const char *literal; /**< in the arena */
    int width;           /**< negative: left-aligned */
    int precision;       /**< -1: none */
    int zero;            /**< 1: padded with zeros */
};

/** A format that was read. */
struct cg_log_format {
    struct cg_log_part parts[CG_LOG_MAX_PARTS];
    size_t part_count;
};

/** Reads a format; literals are copied into the arena. Errors: CG_INVALID (see cg_log_new), CG_NO_MEMORY. */
cg_status cg_log_format_parse(const char *format, struct cg_arena *arena, struct cg_log_format *ret);

/**
 * Writes an event, without the newline. The context goes behind the message, as " key=value" for each key that the
 * message has not. `started` is the time that %(relativeCreated)f counts from.
 */
void cg_log_write_text(const struct cg_log_format *format, const struct cg_log_event *event,
                       const struct timespec *started, struct cg_log_line *line);

#endif
