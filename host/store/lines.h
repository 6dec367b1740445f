/*
 * lines.h - billing lines as columns: the order, and one statement for each change.
 */
#ifndef CG_STORE_LINES_H
#define CG_STORE_LINES_H

#include "store/facts.h"

/** A line as its columns have it, key first. */
struct cg_line_row {
    int64_t timestamp;
    const char *env_id; /**< "" in the table without environments */
    const char *resource_id;
    const char *product_type;
    const char *product_category;
    const char *quantity;
    const char *unit_price;
    const char *total_cost;
    const char *currency;
    const char *granularity;
    const char *metadata_json; /**< or NULL */
    int64_t attempts[2];       /**< by CG_ATTEMPTS_ */
};

/** The counters of a line. */
#define CG_ATTEMPTS_ALLOCATION 0u
#define CG_ATTEMPTS_TOPICS 1u

/** Order of two keys: timestamp, env_id, resource_id, product_type, product_category, by bytes. */
int cg_line_row_compare(const struct cg_line_row *left, const struct cg_line_row *right);

/** True when everything but the key and the counters is equal. */
int cg_line_row_same(const struct cg_line_row *left, const struct cg_line_row *right);

/** Rows of [start, end) in that order, in `arena`. */
cg_status cg_line_rows_read(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                            const struct cg_line_row *const **ret, size_t *ret_count, struct cg_error *error);

/** Single changes. An update sets both attempt counters to 0. */
cg_status cg_line_row_insert(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error);
cg_status cg_line_row_update(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error);
cg_status cg_line_row_delete(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error);

/** Writes one of the counters of these lines. CG_NOT_FOUND: there is no such line. */
cg_status cg_lines_count_attempts(struct cg_store *store, uint32_t counter, const struct cg_line_attempt *attempts,
                                  size_t count, struct cg_error *error);

#endif
