/*
 * select.h - a statement put together from parts: filters that are given or not, columns that are asked for or not.
 *
 * Values are always parameters, never text of the statement. What is put together stays prepared with the store under
 * its text, so asking the same again costs no preparing; the statements that were not used for longest make room.
 *
 *     struct cg_select select;
 *     cg_select_init(&select, store);
 *     cg_select_add(&select, "SELECT tag_key FROM tags WHERE tenant_id = ");
 *     cg_select_text(&select, cg_store_tenant_id(store));
 *     struct cg_query query;
 *     cg_select_start(&select, &query, "reading the tags", error);
 *     while (cg_query_row(&query)) ...
 *     status = cg_query_end(&query);
 *     cg_select_done(&select);
 */
#ifndef CG_STORE_SELECT_H
#define CG_STORE_SELECT_H

#include "base/buf.h"
#include "store/query.h"

/** Most bytes of a statement and most parameters; more is CG_RANGE. */
#define CG_SELECT_LIMIT ((size_t)256 * 1024)
#define CG_SELECT_PARAMETERS 2000u

/** A statement under construction. The first failure stays; cg_select_start tells it. */
struct cg_select {
    struct cg_store *store;
    struct cg_buf sql;
    struct cg_arena *values; /**< texts of the parameters are copied here */
    struct cg_select_value *parameters;
    uint32_t count;
    uint32_t room;
    cg_status status;
};

/** Starts a statement; end it with cg_select_done, whatever happens in between. */
void cg_select_init(struct cg_select *select, struct cg_store *store);

/** Frees it. The query that was started from it must have ended. */
void cg_select_done(struct cg_select *select);

/** Appends SQL of the program's own. */
void cg_select_add(struct cg_select *select, const char *sql);

/** Appends a parameter with its value. NULL text and CG_TIME_NONE are SQL NULL. */
void cg_select_text(struct cg_select *select, const char *value);
void cg_select_int(struct cg_select *select, int64_t value);
void cg_select_seconds(struct cg_select *select, int64_t time);
void cg_select_micros(struct cg_select *select, int64_t time);

/** Appends ` AND <column> = ?` when there is a value. */
void cg_select_equal(struct cg_select *select, const char *column, const char *value);

/** Appends ` AND <column> >= ? AND <column> < ?` for times of whole seconds. */
void cg_select_range(struct cg_select *select, const char *column, int64_t start, int64_t end);

/** Appends `<ecosystem> = ? AND <tenant> = ?` for a table or alias, "d." or "". */
void cg_select_tenant(struct cg_select *select, const char *prefix);

/**
 * Appends a condition that `column` contains (or with `prefix` 1 begins with) `text`, without regard to the case of
 * ASCII letters; % and _ in `text` stand for themselves. More than 20,000 bytes are contained in nothing. Put " AND "
 * in front as needed.
 */
void cg_select_like(struct cg_select *select, const char *column, const char *text, int32_t prefix);

/** Appends ` COLLATE ...` so that texts are compared byte by byte on every database, for ORDER BY. */
void cg_select_bytewise(struct cg_select *select);

/**
 * 1 when the database is a server, not a file of this process: each statement costs a way there and back, which is more
 * than a row costs; who waits for a lock waits in a queue; and it knows lists as arrays.
 */
int32_t cg_store_has_server(const struct cg_store *store);

/** 1 when the database adds up many rows faster than they are read; only servers do. */
int32_t cg_store_adds_up(const struct cg_store *store);

/** Appends the time of a column, cut to the unit "hour", "day" or "month" of UTC. For databases that add up. */
void cg_select_truncated(struct cg_select *select, const char *unit, const char *column);

/** Appends a parameter that is the text "{1,2,...}", to be cast to an array. More than 256 MiB of it is CG_RANGE. This
 * and the next are for servers. */
void cg_select_numbers(struct cg_select *select, const int64_t *numbers, size_t count);

/** Appends a table with two columns of whole numbers, of `count` rows each. */
void cg_select_pairs(struct cg_select *select, const int64_t *left, const int64_t *right, size_t count);

/** Prepares (or finds) it and sets the parameters. Returns the query's status; end the query with cg_query_end. */
cg_status cg_select_start(struct cg_select *select, struct cg_query *query, const char *doing, struct cg_error *error);

/** Runs a statement whose answer is one whole number, a count or 0 and 1 for no and yes, and frees it. */
cg_status cg_select_number(struct cg_select *select, const char *doing, int64_t *ret, struct cg_error *error);

/** The tenant a store belongs to. */
const char *cg_store_ecosystem(const struct cg_store *store);
const char *cg_store_tenant_id(const struct cg_store *store);

/** "ccloud_billing" or "billing": where the lines of this tenant are. */
const char *cg_store_billing_table(const struct cg_store *store);

/** 1 when billing lines have an env_id. */
int32_t cg_store_has_environments(const struct cg_store *store);

#endif
