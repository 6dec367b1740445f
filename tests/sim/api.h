/* What passes between the HTTP side and the handlers: one request, one reply, and the world both live in. */
#ifndef CG_SIM_API_H
#define CG_SIM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bill.h"
#include "options.h"
#include "scenario.h"
#include "text.h"

struct cg_sim_faults;
struct cg_sim_stats;

/** Most ids that POST /__sim/hide keeps hidden. */
#define CG_SIM_MOST_HIDDEN 1024

/** Everything a handler may look at. One thread only. */
struct cg_sim_world {
    const struct cg_sim_options *options;
    const struct cg_sim_scenario *scenario;
    struct cg_sim_bill *bill;
    struct cg_sim_faults *faults;
    struct cg_sim_stats *stats;
    char hidden[CG_SIM_MOST_HIDDEN][CG_SIM_ID_SIZE * 2]; /**< ids that are not listed */
    size_t hidden_count;
    int64_t now;         /**< the clock of the provider, seconds since 1970 */
    uint64_t generation; /**< goes up with every change that makes older replies wrong */
};

/** One request. All strings are NUL-terminated and borrowed for the call. */
struct cg_sim_request {
    const char *path;  /**< decoded, without the prefix of the Confluent API */
    const char *query; /**< what followed the question mark, undecoded; "" when nothing did */
    const char *body;  /**< body of a POST; "" when there is none */
    const char *url;   /**< scheme, host and undecoded path, for links to further pages */
    bool repeat_token; /**< a fault asks for the same page token for ever */
};

/** One reply. */
struct cg_sim_reply {
    unsigned status;          /**< HTTP status */
    const char *content_type; /**< constant text */
    struct cg_sim_text body;
    bool cacheable; /**< the same request gives the same bytes until the generation changes */
};

/** A handler fills a reply that begins as 200, application/json, empty. */
typedef void cg_sim_handler(struct cg_sim_world *world, const struct cg_sim_request *request,
                            struct cg_sim_reply *reply);

/** Makes the reply an error in the form of the Confluent API. */
void cg_sim_reply_error(struct cg_sim_reply *reply, unsigned status, const char *detail);

/** Makes the reply an error in the form of the Prometheus API. */
void cg_sim_reply_prom_error(struct cg_sim_reply *reply, unsigned status, const char *type, const char *detail);

/** Tells whether the id was hidden with POST /__sim/hide. */
bool cg_sim_world_hides(const struct cg_sim_world *world, const char *id);

/** Handlers of the Confluent API, for paths without the prefix. */
cg_sim_handler cg_sim_organizations;
cg_sim_handler cg_sim_environments;
cg_sim_handler cg_sim_clusters;
cg_sim_handler cg_sim_service_accounts;
cg_sim_handler cg_sim_users;
cg_sim_handler cg_sim_api_keys;
cg_sim_handler cg_sim_identity_providers; /**< also the pools below a provider */
cg_sim_handler cg_sim_registries;
cg_sim_handler cg_sim_connectors;
cg_sim_handler cg_sim_ksqls;
cg_sim_handler cg_sim_compute_pools;
cg_sim_handler cg_sim_statements;
cg_sim_handler cg_sim_costs;

/** Handlers of the Prometheus API. */
cg_sim_handler cg_sim_query_range;
cg_sim_handler cg_sim_query;
cg_sim_handler cg_sim_ready;

/** Handlers below /__sim/. */
cg_sim_handler cg_sim_control_faults_get;
cg_sim_handler cg_sim_control_faults_set;
cg_sim_handler cg_sim_control_now_get;
cg_sim_handler cg_sim_control_now_set;
cg_sim_handler cg_sim_control_revise;
cg_sim_handler cg_sim_control_hide;
cg_sim_handler cg_sim_control_stats;
cg_sim_handler cg_sim_control_reset_stats;
cg_sim_handler cg_sim_control_bill;
cg_sim_handler cg_sim_control_things;

#endif
