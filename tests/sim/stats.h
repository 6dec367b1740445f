/* What was asked of the simulator: counts per path, and how fast the requests came. */
#ifndef CG_SIM_STATS_H
#define CG_SIM_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/** The three groups of requests that clients throttle separately. */
enum cg_sim_group {
    CG_SIM_GROUP_CONFLUENT,
    CG_SIM_GROUP_PROMETHEUS,
    CG_SIM_GROUP_OTHER,
    CG_SIM_GROUP_COUNT,
};

/** Who asks: the credentials that the provider limits one by one. */
enum cg_sim_credential {
    CG_SIM_CREDENTIAL_ORGANIZATION, /**< --key */
    CG_SIM_CREDENTIAL_FLINK,        /**< --flink-key */
    CG_SIM_CREDENTIAL_COUNT,        /**< any other, or none */
};

/** Counters; opaque. */
struct cg_sim_stats;

/** New counters, all 0; NULL when memory is short. */
struct cg_sim_stats *cg_sim_stats_new(void);

/** Frees the counters; NULL is fine. */
void cg_sim_stats_free(struct cg_sim_stats *stats);

/** Sets everything to 0 but the number of requests under way. */
void cg_sim_stats_reset(struct cg_sim_stats *stats);

/** Counts a request that arrived at `at_ns` (monotonic). */
void cg_sim_stats_begin(struct cg_sim_stats *stats, enum cg_sim_group group, enum cg_sim_credential credential,
                        const char *path, uint64_t at_ns);

/** Counts the end of a request. */
void cg_sim_stats_end(struct cg_sim_stats *stats, enum cg_sim_group group);

/** Counts a fired fault of the kind with this number (below 16). */
void cg_sim_stats_fault(struct cg_sim_stats *stats, size_t kind);

/** Counts a reply with this HTTP status. */
void cg_sim_stats_status(struct cg_sim_stats *stats, unsigned status);

/** Writes all counters as a JSON object; `kind_names` has `kind_count` names of fault kinds. */
void cg_sim_stats_put(const struct cg_sim_stats *stats, const char *const *kind_names, size_t kind_count,
                      struct cg_sim_text *text);

#endif
