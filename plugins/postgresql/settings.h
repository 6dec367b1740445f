/*
 * settings.h - from a connection string's parts to what libpq is told.
 */
#ifndef CG_POSTGRESQL_SETTINGS_H
#define CG_POSTGRESQL_SETTINGS_H

#include "connection.h"

/**
 * Fills the connection's keywords, values and place. CG_INVALID with a sentence: a key of the query is unknown, is
 * chitragupt's own to set, or says again what the string said before.
 */
cg_status cg_pg_settings_init(struct cg_sql_connection *connection, const struct cg_sql_target *target);

/** Forgets them; secrets are overwritten. */
void cg_pg_settings_done(struct cg_sql_connection *connection);

#endif
