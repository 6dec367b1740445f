/*
 * problems.h - everything that is wrong with a configuration, collected so that a person can mend it in one go.
 *
 * A list owns its texts. It is kept in file order: files in the order in which they first had a problem, then by line.
 * It stores at most CG_PROBLEMS_MAX problems and counts the rest. Control characters and bytes that are no UTF-8 become
 * blanks in texts and paths, so that a value from the outside cannot move the cursor or forge a line. Not thread-safe.
 */
#ifndef CG_CONFIG_PROBLEMS_H
#define CG_CONFIG_PROBLEMS_H

#include "base/buf.h"

/** Most problems a list stores. */
#define CG_PROBLEMS_MAX 1000

/** Longest text of a problem in bytes; longer ones are cut. */
#define CG_PROBLEM_TEXT_MAX 1024

/** One thing that is wrong. Lives as long as its list. */
struct cg_problem {
    int32_t warning;  /**< 1: the program can go on; 0: it cannot */
    const char *file; /**< as given by the user, never NULL */
    uint32_t line;    /**< from 1; 0 = unknown */
    const char *path; /**< dotted key path; "" = the file as a whole */
    const char *text; /**< one sentence without secrets */
};

struct cg_problems;

/** An empty list, or NULL when out of memory. */
struct cg_problems *cg_problems_new(void);

/** Ends a list. NULL is fine. */
void cg_problems_free(struct cg_problems *problems);

/**
 * Adds a problem; everything is copied. One that is already in the list, word for word, is not added again. `problems`
 * NULL does nothing. When memory runs out the problem is still counted.
 */
void cg_problems_add(struct cg_problems *problems, int32_t warning, const char *file, uint32_t line, const char *path,
                     const char *format, ...) CG_PRINTF(6, 7);

/** Number of errors (warnings), those that did not fit into the list included. */
size_t cg_problems_errors(const struct cg_problems *problems);
size_t cg_problems_warnings(const struct cg_problems *problems);

/** Number of stored problems, and the one at `index` (NULL beyond the end). */
size_t cg_problems_count(const struct cg_problems *problems);
const struct cg_problem *cg_problems_at(const struct cg_problems *problems, size_t index);

/** True when the list stores no further problems: costly hints need not be computed any more. */
int32_t cg_problems_full(const struct cg_problems *problems);

/**
 * Appends one line per error (`warnings` 0) or per warning (1): "config.yaml:12: tenants.a.lookback_days: Input should
 * be ...", without line or path where there is none, and at the end how many more there are. Returns the buffer's
 * status.
 */
cg_status cg_problems_format(const struct cg_problems *problems, int32_t warnings, struct cg_buf *buf);

#endif
