/*
 * rights.h - what this user may do with the files of a database, and whether they are still the same.
 */
#ifndef CG_SQLITE_RIGHTS_H
#define CG_SQLITE_RIGHTS_H

#include "connection.h"
#include "place.h"

/** CG_PERMANENT with a sentence when the file, its folder or the files of its log may not be written. */
cg_status cg_sqlite_check_rights(struct cg_sql_connection *connection);

/**
 * Whether a database that could not be opened for reading (`code`) can be as one that nobody changes: it lies in a
 * folder where this user can make no log, and it has none. Then `*ret_name` is its URI, to be freed, and the connection
 * remembers what the file looks like.
 */
int cg_sqlite_lies_still(struct cg_sql_connection *connection, int code, const struct cg_sqlite_place *place,
                         char **ret_name);

/**
 * CG_PERMANENT with a sentence when the file was removed, another one was put in its place, or it was changed although
 * it was opened as one that nobody changes.
 */
cg_status cg_sqlite_check_place(struct cg_sql_connection *connection);

#endif
