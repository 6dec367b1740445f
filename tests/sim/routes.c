#include "routes.h"

#include <string.h>

struct route_row {
    const char *path;
    cg_sim_handler *get;
    cg_sim_handler *post;
    enum cg_sim_group group;
    bool below; /* paths below this one belong to it too */
};

static const struct route_row rows[] = {
    {"/api/v1/query_range", cg_sim_query_range, cg_sim_query_range, CG_SIM_GROUP_PROMETHEUS, false},
    {"/api/v1/query", cg_sim_query, cg_sim_query, CG_SIM_GROUP_PROMETHEUS, false},
    {"/-/ready", cg_sim_ready, NULL, CG_SIM_GROUP_OTHER, false},
    {"/__sim/faults", cg_sim_control_faults_get, cg_sim_control_faults_set, CG_SIM_GROUP_OTHER, false},
    {"/__sim/now", cg_sim_control_now_get, cg_sim_control_now_set, CG_SIM_GROUP_OTHER, false},
    {"/__sim/revise", NULL, cg_sim_control_revise, CG_SIM_GROUP_OTHER, false},
    {"/__sim/hide", NULL, cg_sim_control_hide, CG_SIM_GROUP_OTHER, false},
    {"/__sim/stats", cg_sim_control_stats, NULL, CG_SIM_GROUP_OTHER, false},
    {"/__sim/reset-stats", NULL, cg_sim_control_reset_stats, CG_SIM_GROUP_OTHER, false},
    {"/__sim/things", cg_sim_control_things, NULL, CG_SIM_GROUP_OTHER, false},
    {"/__sim/bill", cg_sim_control_bill, NULL, CG_SIM_GROUP_OTHER, false},
    {"/billing/v1/costs", cg_sim_costs, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/org/v2/organizations", cg_sim_organizations, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/org/v2/environments", cg_sim_environments, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/cmk/v2/clusters", cg_sim_clusters, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/iam/v2/service-accounts", cg_sim_service_accounts, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/iam/v2/users", cg_sim_users, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/iam/v2/api-keys", cg_sim_api_keys, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/iam/v2/identity-providers", cg_sim_identity_providers, NULL, CG_SIM_GROUP_CONFLUENT, true},
    {"/srcm/v3/clusters", cg_sim_registries, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/connect/v1/environments", cg_sim_connectors, NULL, CG_SIM_GROUP_CONFLUENT, true},
    {"/ksqldbcm/v2/clusters", cg_sim_ksqls, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/fcpm/v2/compute-pools", cg_sim_compute_pools, NULL, CG_SIM_GROUP_CONFLUENT, false},
    {"/sql/v1/organizations", cg_sim_statements, NULL, CG_SIM_GROUP_CONFLUENT, true},
};

static bool row_takes(const struct route_row *row, const char *path) {
    size_t len = strlen(row->path);
    return strncmp(path, row->path, len) == 0 && (path[len] == '\0' || (row->below && path[len] == '/'));
}

struct cg_sim_route cg_sim_route_find(const char *prefix, const char *method, const char *path) {
    struct cg_sim_route route = {.group = CG_SIM_GROUP_OTHER, .faults = true, .path = path};
    size_t prefix_len = strlen(prefix);
    const char *below = strncmp(path, prefix, prefix_len) == 0 ? path + prefix_len : NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct route_row *row = &rows[i];
        const char *mine = row->group == CG_SIM_GROUP_CONFLUENT ? below : path;
        if (mine == NULL || !row_takes(row, mine)) {
            continue;
        }
        route.known = true;
        route.group = row->group;
        route.path = mine;
        route.faults = strncmp(row->path, "/__sim/", 7) != 0;
        if (strcmp(method, "GET") == 0) {
            route.handler = row->get;
        } else if (strcmp(method, "POST") == 0) {
            route.handler = row->post;
        }
        break;
    }
    return route;
}
