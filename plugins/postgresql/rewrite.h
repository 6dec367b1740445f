/*
 * rewrite.h - from the SQL that databases share to PostgreSQL's.
 */
#ifndef CG_POSTGRESQL_REWRITE_H
#define CG_POSTGRESQL_REWRITE_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include <chitragupt/error.h>

/** Most places in a statement where a parameter stands. */
#define CG_PG_MAX_PLACES 65535u

/**
 * A statement in PostgreSQL's words. Every place where ?N stands is a parameter of its own there, $1, $2, ... from left
 * to right, so that the server finds a type for each; cg_sum(x) is the sum of x as numeric.
 */
struct cg_pg_sql {
    char *text;
    uint32_t *numbers; /**< N of each place, from 1 */
    Oid *types;        /**< of each place: text where the server could not tell, else 0 */
    uint32_t places;
    uint32_t highest; /**< greatest N */
};

/** CG_INVALID: a quote or comment does not end, or a parameter has no number from 1 on. CG_RANGE, CG_NO_MEMORY. */
cg_status cg_pg_rewrite(const char *sql, struct cg_pg_sql *ret);

void cg_pg_sql_done(struct cg_pg_sql *sql);

#endif
