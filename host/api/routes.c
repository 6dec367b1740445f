#include "api/handlers.h"
#include "api/portal.h"
#include "api/router.h"
#include "api/self.h"

#define TENANT "/api/v1/tenants/{}"
#define ENTITY_TAGS TENANT "/entities/{}/{}/tags"

#define NO_STORE(method_, path_, handle_) \
    { method_, path_, CG_ROUTE_NO_STORE, 0, handle_ }
#define OPEN(path_, handle_) \
    { "GET", path_, CG_ROUTE_NO_STORE, CG_ROUTE_OPEN, handle_ }
#define READ(path_, handle_) \
    { "GET", path_, CG_ROUTE_READ, 0, handle_ }
#define KEEP(path_, handle_) \
    { "GET", path_, CG_ROUTE_READ, CG_ROUTE_KEEP, handle_ }
#define WRITE(method_, path_, flags_, handle_) \
    { method_, path_, CG_ROUTE_WRITE, flags_, handle_ }

/* The first path that fits wins, so names stand before values. Operations of one path stand together. */
static const struct cg_route routes[] = {
    OPEN("/health", cg_api_health),
    NO_STORE("GET", "/metrics", cg_api_metrics),
    OPEN("/openapi.json", cg_api_openapi),
    OPEN("/docs", cg_api_docs),
    OPEN("/redoc", cg_api_docs),
    NO_STORE("GET", "/api/v1/readiness", cg_api_readiness),
    NO_STORE("GET", "/api/v1/tenants", cg_api_tenant_list),
    READ(TENANT "/status", cg_api_tenant_status),
    KEEP(TENANT "/billing", cg_api_billing),
    KEEP(TENANT "/chargebacks", cg_api_chargebacks),
    KEEP(TENANT "/chargebacks/dates", cg_api_chargeback_dates),
    KEEP(TENANT "/chargebacks/allocation-issues", cg_api_allocation_issues),
    KEEP(TENANT "/chargebacks/aggregate", cg_api_aggregate),
    KEEP(TENANT "/chargebacks/{}", cg_api_dimension),
    KEEP(TENANT "/resources", cg_api_resources),
    KEEP(TENANT "/identities", cg_api_identities),
    KEEP(TENANT "/inventory/summary", cg_api_inventory_summary),
    READ(ENTITY_TAGS, cg_api_entity_tags),
    WRITE("POST", ENTITY_TAGS, CG_ROUTE_BODY, cg_api_entity_tag_create),
    WRITE("PUT", ENTITY_TAGS "/{}", CG_ROUTE_BODY, cg_api_entity_tag_update),
    WRITE("DELETE", ENTITY_TAGS "/{}", 0, cg_api_entity_tag_delete),
    KEEP(TENANT "/tags", cg_api_tags),
    KEEP(TENANT "/tags/keys", cg_api_tag_keys),
    READ(TENANT "/tags/keys/{}/values", cg_api_tag_values),
    WRITE("POST", TENANT "/tags/bulk", CG_ROUTE_BODY, cg_api_tags_bulk),
    WRITE("POST", TENANT "/tags/bulk-by-filter", CG_ROUTE_BODY, cg_api_tags_bulk_by_filter),
    NO_STORE("POST", TENANT "/pipeline/run", cg_api_pipeline_run),
    READ(TENANT "/pipeline/status", cg_api_pipeline_status),
    {"POST", TENANT "/export", CG_ROUTE_READ, CG_ROUTE_BODY, cg_api_export},
    KEEP(TENANT "/topic-attributions", cg_api_topics),
    KEEP(TENANT "/topic-attributions/aggregate", cg_api_topic_aggregate),
    KEEP(TENANT "/topic-attributions/dates", cg_api_topic_dates),
    {"POST", TENANT "/topic-attributions/export", CG_ROUTE_READ, 0, cg_api_topic_export},
    READ(TENANT "/graph", cg_api_graph),
    KEEP(TENANT "/graph/search", cg_api_graph_search),
    KEEP(TENANT "/graph/diff", cg_api_graph_diff),
    KEEP(TENANT "/graph/timeline", cg_api_graph_timeline),
    /* The Billing Portal's. */
    NO_STORE("GET", "/", cg_api_portal_root),
    OPEN("/healthz", cg_api_portal_health),
    {"GET", "/api/v1/costs/summary", CG_ROUTE_ALL_TENANTS, 0, cg_api_portal_costs},
    NO_STORE("POST", "/api/v1/costs/collect", cg_api_portal_collect),
    {"GET", "/api/v1/dimensions/{}", CG_ROUTE_ALL_TENANTS, 0, cg_api_portal_dimensions},
};

_Static_assert(sizeof routes / sizeof *routes <= CG_ROUTES_MAX, "each route has its counters");

const struct cg_route *cg_routes(size_t *ret_count) {
    *ret_count = sizeof routes / sizeof *routes;
    return routes;
}
