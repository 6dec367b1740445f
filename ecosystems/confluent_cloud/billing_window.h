/*
 * The lines of one billing window. Items arrive page by page; items with the same key (day, environment, resource,
 * product type, product category) are the tiers of one line. Memory holds the lines, not the pages.
 */
#ifndef CCLOUD_BILLING_WINDOW_H
#define CCLOUD_BILLING_WINDOW_H

#include <chitragupt/host.h>
#include <jansson.h>

/** Most items of one window. */
#define CCLOUD_WINDOW_ITEMS_MAX UINT64_C(2000000)

struct ccloud_window;

/** An empty window [start, end) of UTC midnights, or NULL when out of memory. `host` is used to log. */
struct ccloud_window *ccloud_window_new(const struct cg_host *host, int64_t start, int64_t end);

/** Gives a window and its lines back. NULL is fine. */
void ccloud_window_free(struct ccloud_window *window);

/**
 * Adds a page's items; malformed ones are logged. Errors: CG_NO_MEMORY; CG_RANGE, when equal items add up to more
 * digits than a decimal has.
 */
cg_status ccloud_window_add(struct ccloud_window *window, const json_t *items);

/** The lines, in the order in which their first items came. They live as long as the window. Error: CG_NO_MEMORY. */
cg_status ccloud_window_lines(struct ccloud_window *window, const struct cg_billing_line *const **ret_lines,
                              size_t *ret_count);

/** Number of malformed items so far. */
uint64_t ccloud_window_malformed(const struct ccloud_window *window);

#endif
