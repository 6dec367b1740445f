/*
 * place.h - from a connection string's parts to what sqlite3_open_v2 is given.
 */
#ifndef CG_SQLITE_PLACE_H
#define CG_SQLITE_PLACE_H

#include <chitragupt/sql_driver.h>

/** Milliseconds to wait for a lock when the connection string does not say. */
#define CG_SQLITE_BUSY_MS 5000

/** Where the database is. Strings are the owner's to free with cg_sqlite_place_done. */
struct cg_sqlite_place {
    char *name;      /**< path, or "file:" URI */
    char *directory; /**< of the file, or NULL when it is the working directory or cannot be told */
    int is_uri;
    int busy_ms;
};

/**
 * Reads `target`. Query keys: `timeout` (seconds), `uri` (true: `database` is a URI that gets the other keys), the
 * keywords of Python's driver that change nothing here; other ones are ignored with a warning. Errors: CG_INVALID with
 * a sentence in `text` (`size` bytes), CG_NO_MEMORY.
 */
cg_status cg_sqlite_place_init(struct cg_sqlite_place *place, const struct cg_host *host,
                               const struct cg_sql_target *target, char *text, size_t size);

/** Frees the strings. */
void cg_sqlite_place_done(struct cg_sqlite_place *place);

/** Creates a directory and its missing parents with mode 0700. Returns 0 or an errno. */
int cg_sqlite_make_directory(const char *directory);

#endif
