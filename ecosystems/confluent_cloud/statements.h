/* Flink SQL statements. */
#ifndef CCLOUD_STATEMENTS_H
#define CCLOUD_STATEMENTS_H

#include "inventory_map.h"

/**
 * The id of a statement: its uid, else its name, else one that follows from its pool and content, in `mapped->text`.
 * NULL when out of memory.
 */
const char *ccloud_statement_id(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped);

/** Maps everything but the id. The signature is that of all families. Answers NULL. */
const char *ccloud_statement_map(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped);

#endif
