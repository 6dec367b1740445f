/*
 * log_json.h - events as JSON objects.
 */
#ifndef CG_BASE_LOG_JSON_H
#define CG_BASE_LOG_JSON_H

#include "base/log_line.h"

/**
 * Writes an event as one JSON object, without the newline: time (UTC, microseconds), level, logger, message, the fields
 * of the context that are known, process. Always valid JSON: control characters are escaped, bytes that are no UTF-8
 * become U+FFFD, and a message that does not fit ends in "..." behind a whole character.
 */
void cg_log_write_json(const struct cg_log_event *event, struct cg_log_line *line);

#endif
