/* Connectors: who they log in to Kafka as, and the names they share. */
#ifndef CCLOUD_CONNECTORS_H
#define CCLOUD_CONNECTORS_H

#include "inventory_map.h"

/** The id of a connector: its own, else its name; NULL when it has neither. */
const char *ccloud_connector_id(const json_t *item, const struct ccloud_walk *walk);

/**
 * Maps everything but the id. Of its configuration, which may hold secrets, only the name, the class and the
 * credential's kind and public id are taken. The signature is that of all families. Answers NULL.
 */
const char *ccloud_connector_map(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped);

struct ccloud_connector_names;

/** An empty set of names, or NULL when out of memory. */
struct ccloud_connector_names *ccloud_connector_names_new(void);
/** NULL is fine. */
void ccloud_connector_names_free(struct ccloud_connector_names *names);

/**
 * Notes that the connector `name` of `cluster` goes by its name. Returns 1 the first time that a name is met on a
 * second cluster, else 0. The set is bounded: of many thousand such names the last ones are not noted.
 */
int ccloud_connector_names_clash(struct ccloud_connector_names *names, const char *name, const char *cluster);

#endif
