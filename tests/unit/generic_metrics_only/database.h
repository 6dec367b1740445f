/* The database server that the tests are about. */
#ifndef GENERIC_DATABASE_H
#define GENERIC_DATABASE_H

#include "generic.h"
#include "metered_stage.h"

const struct cg_registration *cg_plugin_register_generic_metrics_only(void);

#define DISCOVERY "group by (datname) (pg_up)"

#define IDENTITIES                                                                                            \
    {"cluster_id", "pg-1", 0}, {"metrics.url", "http://prom:9090", 0}, {"identity_source.source", "both", 0}, \
        {"identity_source.label", "datname", 0}, {"identity_source.discovery_query", DISCOVERY, 0},           \
        {"identity_source.static_identities.0.identity_id", "st1", 0},                                        \
        {"identity_source.static_identities.0.identity_type", "team", 0},                                     \
        {"identity_source.static_identities.1.identity_id", "app2", 0},                                       \
        {"identity_source.static_identities.1.identity_type", "team", 0}, {                                   \
        "identity_source.static_identities.1.team", "core", 0                                                 \
    }

#define COST(place_, name_, rate_, type_, strategy_)                                                     \
    {"cost_types." place_ ".name", name_, 0}, {"cost_types." place_ ".product_category", "postgres", 0}, \
        {"cost_types." place_ ".rate", rate_, CG_CONFIG_DECIMAL},                                        \
        {"cost_types." place_ ".cost_quantity.type", type_, 0}, {                                        \
        "cost_types." place_ ".allocation_strategy", strategy_, 0                                        \
    }
#define FIXED(place_, count_) \
    { "cost_types." place_ ".cost_quantity.count", count_, CG_CONFIG_INT }
#define QUERY(place_, query_) \
    { "cost_types." place_ ".cost_quantity.query", query_, 0 }
#define BY(place_, query_, label_)                           \
    {"cost_types." place_ ".allocation_query", query_, 0}, { \
        "cost_types." place_ ".allocation_label", label_, 0  \
    }

#define SIZE "pg_size_bytes"
#define NET "increase(pg_bytes_total[1h])"
#define USE "sum by (datname) (increase(pg_bytes_total[1h]))"
#define USERS "sum by (usr) (x{})"

/** Two servers, their disks, their network, and one thing more. */
#define DATABASE                                                                                             \
    IDENTITIES, COST("0", "PG_COMPUTE", "0.50", "fixed", "even_split"), FIXED("0", "2"),                     \
        COST("1", "PG_STORAGE", "0.0001", "storage_gib", "even_split"), QUERY("1", SIZE),                    \
        COST("2", "PG_NET", "0.03", "network_gib", "usage_ratio"), QUERY("2", NET), BY("2", USE, "datname"), \
        COST("3", "PG_NET2", "1", "fixed", "usage_ratio"), FIXED("3", "1"), BY("3", USERS, "usr")

#endif
