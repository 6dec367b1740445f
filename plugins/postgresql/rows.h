/*
 * rows.h - rows on their way from the server to whoever steps through them: in memory, and what is too much for it in a
 * file without a name.
 */
#ifndef CG_POSTGRESQL_ROWS_H
#define CG_POSTGRESQL_ROWS_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <chitragupt/error.h>

/** Bytes of rows after which reading on waits until they were taken. */
#define CG_PG_ROWS_BATCH ((size_t)256 * 1024)
/** Bytes of rows that are kept in memory; what comes behind them goes to a file. */
#define CG_PG_ROWS_MEMORY ((size_t)4 * 1024 * 1024)

/** A growing piece of memory, taken from at its start. */
struct cg_pg_bytes {
    char *data;
    size_t start;
    size_t end;
    size_t room;
};

struct cg_pg_cell {
    const char *text; /**< NULL: SQL NULL */
    size_t length;
};

/** Zeroed: without rows. */
struct cg_pg_rows {
    uint32_t columns;
    uint32_t *kinds; /**< of the columns, see value.h */
    struct cg_pg_bytes waiting;
    struct cg_pg_bytes row; /**< the one that was taken last */
    struct cg_pg_cell *cells;
    int fd; /**< of the file; 0: none */
    struct cg_pg_bytes unwritten;
    off_t written;
    off_t read;
    char reason[160]; /**< of a failure: the file, or a value that is no number */
};

/** Forgets all rows; columns and memory of a usual size stay. */
void cg_pg_rows_clear(struct cg_pg_rows *rows);

/** Frees everything. */
void cg_pg_rows_done(struct cg_pg_rows *rows);

/** Learns the columns of a result, unless they are known already. */
cg_status cg_pg_rows_columns(struct cg_pg_rows *rows, const PGresult *result);

/** Adds the rows of a result. CG_NO_MEMORY, or CG_PERMANENT and CG_RANGE with a `reason`. */
cg_status cg_pg_rows_add(struct cg_pg_rows *rows, const PGresult *result);

/** Bytes of rows that wait in memory. */
size_t cg_pg_rows_size(const struct cg_pg_rows *rows);

/** Takes the next row into `cells`; `*ret` is 0 when there is none. */
cg_status cg_pg_rows_take(struct cg_pg_rows *rows, int *ret);

#endif
