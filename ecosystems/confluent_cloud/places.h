/* Where the Flink compute pools of one environment run: what its statements have to be asked of. */
#ifndef CCLOUD_PLACES_H
#define CCLOUD_PLACES_H

#include "inventory_map.h"
#include "regions.h"

/** One region in which an environment has pools. */
struct ccloud_place {
    struct ccloud_place *next;
    struct ccloud_region *region;
    int32_t has_others;                   /**< pools besides `pool` */
    char pool[CCLOUD_ID_MAX + 1];         /**< id of the first pool met */
    char organization[CCLOUD_ID_MAX + 1]; /**< "" while none of the pools has told it */
};

/**
 * Notes a pool whose statements can be read (`pool->key` is not NULL); what its region needs is opened. On failure
 * `text` (CCLOUD_TEXT_SIZE bytes) says why its statements cannot be read. Errors: CG_PERMANENT (its CRN does not tell
 * the organization; the pool is noted all the same), those of ccloud_regions_open.
 */
cg_status ccloud_places_add(struct ccloud_place **places, struct ccloud_regions *regions,
                            const struct ccloud_mapped *pool, char *text);

/** Gives the list back. */
void ccloud_places_done(struct ccloud_place **places);

#endif
