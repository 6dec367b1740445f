/* The regional Flink APIs: one client for each region, cloud and key, opened for one gather. */
#ifndef CCLOUD_REGIONS_H
#define CCLOUD_REGIONS_H

#include "ccloud.h"
#include "flink_keys.h"
#include "paging.h"

/** Most regions that are asked in one gather. */
#define CCLOUD_REGIONS_MAX 256u

/** One region's API. */
struct ccloud_region {
    struct ccloud_region *next;
    const struct ccloud_flink_key *key;
    char cloud[CCLOUD_PLACE_SIZE];
    char region[CCLOUD_PLACE_SIZE];
    char credential[2 * CCLOUD_PLACE_SIZE + 96]; /**< what `session.credential` points to */
    struct ccloud_session session;
};

/** The open ones. */
struct ccloud_regions {
    const struct ccloud_instance *instance;
    struct ccloud_region *first;
    uint32_t count;
};

/**
 * The region's API; it is opened when it is asked for first. Its address is flink.<region>.<cloud>.confluent.cloud,
 * unless the key has one of its own. Lives until ccloud_regions_done. On failure `text` (CCLOUD_TEXT_SIZE bytes) has a
 * sentence. Errors: CG_INVALID (names that cannot be part of a host's name, a base_url that is none), CG_PERMANENT (too
 * many regions), CG_NO_MEMORY.
 */
cg_status ccloud_regions_open(struct ccloud_regions *regions, const struct ccloud_flink_key *key, const char *cloud,
                              const char *region, struct ccloud_region **ret, char *text);

/** Ends all their listings without further requests: each ends with CG_CANCELLED. */
void ccloud_regions_stop(struct ccloud_regions *regions);

/** Waits until all their requests were called back. Error: that of the first client whose wait failed. */
cg_status ccloud_regions_wait(struct ccloud_regions *regions);

/** Closes all; unfinished requests are called back with CG_CANCELLED first. */
void ccloud_regions_done(struct ccloud_regions *regions);

#endif
