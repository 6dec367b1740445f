/*
 * fallback.h - a line that nothing else could be done with: its whole cost goes to nobody, with the reason.
 */
#ifndef CG_ENGINE_FALLBACK_H
#define CG_ENGINE_FALLBACK_H

#include "engine/rowset.h"

/** Method of its row. */
#define CG_FALLBACK_METHOD "ALLOCATION_FAILED"

/**
 * Puts one row in the place of those of the line at hand; its detail is "Failed after `attempts` attempts: `cause`".
 * Error: CG_NO_MEMORY.
 */
cg_status cg_fallback_row(struct cg_rowset *rows, const struct cg_billing_line *line, int64_t attempts,
                          const struct cg_error *cause, struct cg_error *error);

#endif
