/* The invented organization: environments, clusters, people, keys and services, all of them derived from the seed. */
#ifndef CG_SIM_SCENARIO_H
#define CG_SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"
#include "options.h"

/** An index that points at nothing. */
#define CG_SIM_NONE SIZE_MAX

/** The end of what does not end, and a time at which everything is settled; seconds since 1970. */
#define CG_SIM_FOREVER INT64_MAX

/** What every listed thing has. */
struct cg_sim_entity {
    char id[CG_SIM_ID_SIZE];     /**< the provider's identifier */
    char name[CG_SIM_NAME_SIZE]; /**< what people call it */
    int64_t created;             /**< seconds since 1970, well before the bill unless there is a history */
    int64_t gone;                /**< seconds since 1970, or CG_SIM_FOREVER; not after `created`: it never was */
};

/** A Kafka cluster. */
struct cg_sim_cluster {
    struct cg_sim_entity entity;
    size_t environment;
    const char *cloud;  /**< as the provider writes it, not always in one case */
    const char *region; /**< likewise */
    unsigned cku;       /**< 0: not a dedicated cluster */
    bool has_metrics;
};

/** Who can produce and consume. */
enum cg_sim_principal_kind {
    CG_SIM_SERVICE_ACCOUNT,
    CG_SIM_USER,
    CG_SIM_POOL,
};

/** A service account, user or identity pool. */
struct cg_sim_principal {
    struct cg_sim_entity entity;
    enum cg_sim_principal_kind kind;
    size_t home;      /**< the cluster it uses most */
    size_t first_key; /**< index of its first API key */
    size_t key_count;
    size_t provider; /**< identity provider of a pool, else CG_SIM_NONE */
};

/** An API key; its name is its description. */
struct cg_sim_key {
    struct cg_sim_entity entity;
    size_t owner;         /**< principal, or CG_SIM_NONE */
    size_t cluster;       /**< the cluster it opens, or CG_SIM_NONE */
    const char *resource; /**< id of what it opens; borrowed from the scenario */
};

/** A Schema Registry. */
struct cg_sim_registry {
    struct cg_sim_entity entity;
    size_t environment;
};

/** How a connector says who it is. */
enum cg_sim_connector_auth {
    CG_SIM_AUTH_SERVICE_ACCOUNT,
    CG_SIM_AUTH_API_KEY,
    CG_SIM_AUTH_MASKED_KEY,
    CG_SIM_AUTH_UNKNOWN_KEY,
    CG_SIM_AUTH_IMPLIED, /**< no mode given, only a service account */
    CG_SIM_AUTH_NOTHING, /**< no mode and no credentials */
    CG_SIM_AUTH_COUNT,
};

/** A managed connector. */
struct cg_sim_connector {
    struct cg_sim_entity entity;
    size_t cluster;
    enum cg_sim_connector_auth auth;
    const char *credential; /**< service account or key; borrowed; may be NULL */
    bool custom;            /**< a custom plugin */
    bool without_id;        /**< listed without its id, so that its name counts */
    bool retired;           /**< billed, but no longer listed */
};

/** A ksqlDB cluster. */
struct cg_sim_ksql {
    struct cg_sim_entity entity;
    size_t cluster;
    size_t owner; /**< principal, or CG_SIM_NONE */
    unsigned csu;
    bool retired; /**< billed, but no longer listed */
};

/** A Flink compute pool. */
struct cg_sim_compute_pool {
    struct cg_sim_entity entity;
    size_t environment;
    const char *cloud;
    const char *region;
};

/** A Flink SQL statement. */
struct cg_sim_statement {
    struct cg_sim_entity entity; /**< the id is the statement's uid */
    size_t pool;
    size_t owner; /**< principal, or CG_SIM_NONE */
    const char *phase;
    bool nested; /**< the pool is written as `spec.compute_pool.id`, else as `spec.compute_pool_id` */
};

/** The whole organization. All arrays are owned; nothing in it changes after it was made. */
struct cg_sim_scenario {
    uint64_t seed;
    bool plain;
    size_t fixed_series;   /**< the option --series */
    size_t fixed_topics;   /**< the option --topics */
    size_t odd_samples;    /**< the option --odd-samples */
    int64_t history_from;  /**< seconds since 1970; when things come and go, see history.h */
    int64_t history_until; /**< not after `history_from`: there is no history */
    char organization[CG_SIM_ID_SIZE * 2];
    struct cg_sim_entity *environments;
    size_t environment_count;
    struct cg_sim_cluster *clusters;
    size_t cluster_count;
    struct cg_sim_principal *principals;
    size_t principal_count;
    struct cg_sim_entity *providers; /**< identity providers */
    size_t provider_count;
    struct cg_sim_key *keys; /**< keys of principals first, then keys without owner */
    size_t key_count;
    size_t owned_key_count;
    struct cg_sim_registry *registries; /**< one per environment */
    size_t registry_count;
    struct cg_sim_connector *connectors;
    size_t connector_count;
    struct cg_sim_ksql *ksqls;
    size_t ksql_count;
    struct cg_sim_compute_pool *pools;
    size_t pool_count;
    struct cg_sim_statement *statements;
    size_t statement_count;
};

/** Invents the organization; NULL when memory is short. Free with cg_sim_scenario_free(). */
struct cg_sim_scenario *cg_sim_scenario_new(const struct cg_sim_options *options);

/** Frees a scenario; NULL is fine. */
void cg_sim_scenario_free(struct cg_sim_scenario *scenario);

/** Index of the environment with this id, or CG_SIM_NONE. */
size_t cg_sim_environment_find(const struct cg_sim_scenario *scenario, const char *id);

/** Index of the cluster with this id, or CG_SIM_NONE. */
size_t cg_sim_cluster_find(const struct cg_sim_scenario *scenario, const char *id);

/** Index of the compute pool with this id, or CG_SIM_NONE. */
size_t cg_sim_compute_pool_find(const struct cg_sim_scenario *scenario, const char *id);

#endif
