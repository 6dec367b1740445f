#include "places.h"

#include "crn.h"
#include "json.h"
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of an id and of a CRN that a sentence quotes. */
#define MOST_QUOTED_ID 64
#define MOST_QUOTED_CRN 192

cg_status ccloud_places_add(struct ccloud_place **places, struct ccloud_regions *regions,
                            const struct ccloud_mapped *pool, char *text) {
    const char *id = pool->resource.id;
    const char *crn = cg_field_value(pool->fields, pool->resource.field_count, "crn");
    struct ccloud_region *region = NULL;
    char organization[CCLOUD_ID_MAX + 1] = "";
    cg_status status = ccloud_regions_open(regions, pool->key, pool->cloud, pool->region, &region, text);
    if (status != CG_OK) {
        return status;
    }
    struct ccloud_place *place = *places;
    while (place != NULL && place->region != region) {
        place = place->next;
    }
    if (place == NULL) {
        place = calloc(1, sizeof *place);
        if (place == NULL) {
            (void)snprintf(text, CCLOUD_TEXT_SIZE, "There was not enough memory to read Flink statements.");
            return CG_NO_MEMORY;
        }
        place->region = region;
        (void)snprintf(place->pool, sizeof place->pool, "%s", id);
        place->next = *places;
        *places = place;
    }
    place->has_others = place->has_others || strcmp(place->pool, id) != 0;
    if (!ccloud_crn_value(crn, "organization", organization, sizeof organization)) {
        crn = crn == NULL ? "" : crn;
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Flink compute pool '%.*s' has a CRN missing the 'organization' segment (crn='%.*s'). Cannot "
                       "determine org_id for Flink Statements API call.",
                       ccloud_clip(id, MOST_QUOTED_ID), id, ccloud_clip(crn, MOST_QUOTED_CRN), crn);
        return CG_PERMANENT;
    }
    if (place->organization[0] == '\0') {
        (void)snprintf(place->organization, sizeof place->organization, "%s", organization);
    }
    return CG_OK;
}

void ccloud_places_done(struct ccloud_place **places) {
    while (*places != NULL) {
        struct ccloud_place *next = (*places)->next;
        free(*places);
        *places = next;
    }
}
