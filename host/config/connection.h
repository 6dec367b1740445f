/*
 * connection.h - database URLs: name[+driver]://[user[:password]@][host][:port][/database][?query].
 */
#ifndef CG_CONFIG_CONNECTION_H
#define CG_CONFIG_CONNECTION_H

#include <chitragupt/sql_driver.h>

#include "base/arena.h"
#include "base/error.h"

/** Longest connection string in bytes. */
#define CG_CONNECTION_MAX 8192u

/**
 * Parses a connection string into the arena. User and password are percent-decoded, host and database are taken
 * literally, the query is decoded like a form; pairs without a value are dropped. "postgres" is read as "postgresql";
 * the driver part is ignored. Errors: CG_INVALID with a sentence that shows no part of the text but its scheme,
 * CG_NO_MEMORY.
 */
cg_status cg_connection_parse(const char *text, struct cg_arena *arena, const struct cg_sql_target **ret,
                              struct cg_error *error);

/**
 * A text that two targets share exactly when they mean the same database: the resolved path of a file, or host, port
 * and name. It holds no password. NULL when out of memory.
 */
const char *cg_connection_identity(const struct cg_sql_target *target, struct cg_arena *arena);

#endif
