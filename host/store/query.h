/*
 * query.h - one use of a prepared statement.
 *
 * A query remembers its first failure; everything after it does nothing. So parameters are set one after another and
 * the status is looked at once. Every query that was started is ended by cg_query_run or cg_query_end.
 */
#ifndef CG_STORE_QUERY_H
#define CG_STORE_QUERY_H

#include "base/time.h"
#include "store/store.h"

/** Most parameters of one query that are times. */
#define CG_QUERY_TIMES 6

struct cg_query {
    struct cg_store *store;
    struct cg_sql_statement *statement; /**< NULL after a failed start */
    const char *doing;                  /**< for messages: "reading the identities" */
    struct cg_error *error;
    cg_status status;
    uint32_t time_count;
    char times[CG_QUERY_TIMES][CG_TIME_TEXT_SIZE];
};

/** Finds or prepares `sql`, which must live as long as the store and be the same pointer each time. Returns the status.
 */
cg_status cg_query_start(struct cg_query *query, struct cg_store *store, const char *sql, const char *doing,
                         struct cg_error *error);

/** Parameters count from 1. Texts are borrowed until the query ends; NULL is SQL NULL. */
void cg_query_text(struct cg_query *query, uint32_t index, const char *text);
void cg_query_int(struct cg_query *query, uint32_t index, int64_t value);
void cg_query_bool(struct cg_query *query, uint32_t index, int32_t value);
/** Times; CG_TIME_NONE is SQL NULL. Counted against CG_QUERY_TIMES until cg_query_again. */
void cg_query_seconds(struct cg_query *query, uint32_t index, int64_t time);
void cg_query_micros(struct cg_query *query, uint32_t index, int64_t time);
void cg_query_date(struct cg_query *query, uint32_t index, int64_t time);
/** Ecosystem and tenant id as parameters 1 and 2. */
void cg_query_tenant(struct cg_query *query);

/** Steps; true while there is a row. After false `status` tells whether it was the end. */
int32_t cg_query_row(struct cg_query *query);

/** Makes the query ready for other parameters; those not set again stay. */
void cg_query_again(struct cg_query *query);

/** Columns count from 0. The text's copy lives in `arena`; NULL for SQL NULL, or when out of memory (a failure). */
char *cg_query_copy(struct cg_query *query, uint32_t column, struct cg_arena *arena);
/** Valid until the next step. */
const char *cg_query_peek(struct cg_query *query, uint32_t column);
int64_t cg_query_number(struct cg_query *query, uint32_t column);
/** A time or a date; CG_TIME_NONE for SQL NULL. Another text is a failure. */
int64_t cg_query_time(struct cg_query *query, uint32_t column);
/** A decimal. Another text, or SQL NULL, is a failure. */
struct cg_decimal cg_query_decimal(struct cg_query *query, uint32_t column);

/** Records a failure found by the caller; returns the query's status. */
cg_status cg_query_fail(struct cg_query *query, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

/** Steps to the end, dropping rows, and ends the query. `ret_changes` may be NULL. */
cg_status cg_query_run(struct cg_query *query, int64_t *ret_changes);

/**
 * Like cg_query_run, for a statement without results: inside a transaction the database may answer later, and then a
 * failure is told by a later statement or the commit. For what is written row by row.
 */
cg_status cg_query_later(struct cg_query *query);

/** Ends the query and returns its status. */
cg_status cg_query_end(struct cg_query *query);

#endif
