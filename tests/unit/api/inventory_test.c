#include "api/handlers.h"
#include "api/support.h"

#define ROUTE(path_, handle_) \
    { .method = "GET", .path = "/api/v1/tenants/{}" path_, .store = CG_ROUTE_READ, .handle = (handle_) }

static const struct cg_route routes[] = {
    ROUTE("/resources", cg_api_resources),
    ROUTE("/identities", cg_api_identities),
    ROUTE("/inventory/summary", cg_api_inventory_summary),
};

#define SQL_TAG(type, id, key, value)                                                                          \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES " \
    "('acme-org', '" type "', '" id "', '" key "', '" value "', 'x', '2026-01-01 00:00:00.000000');"

#define JANUARY "'2026-01-01 00:00:00.000000'"
#define MARCH "'2026-03-01 00:00:00.000000'"

static const char fixture[] =
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, owner_id, "
    "status, cloud, region, created_at, metadata_json) VALUES ('confluent_cloud', 'acme-org', 'lkc-1', "
    "'kafka_cluster', 'orders-cluster', 'env-1', 'sa-1', 'active', 'aws', 'us-east-1', " JANUARY ", '{\"cku\": 2}');"
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, status, created_at, "
    "deleted_at, last_seen_at) VALUES "
    "('confluent_cloud', 'acme-org', 'env-1', 'environment', 'Production', 'active', " JANUARY ", NULL, NULL),"
    "('confluent_cloud', 'acme-org', 'env-2', 'environment', 'production', 'active', NULL, NULL, NULL),"
    "('confluent_cloud', 'acme-org', 'env-3', 'environment', NULL, 'deleted', " JANUARY ", " MARCH
    ", '2026-02-28 01:02:03.456789'),"
    "('confluent_cloud', 'other', 'env-4', 'environment', 'Production', 'active', NULL, NULL, NULL);"
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name, created_at, deleted_at, "
    "metadata_json) VALUES "
    "('confluent_cloud', 'acme-org', 'sa-1', 'service_account', 'orders-svc', " JANUARY ", NULL, NULL),"
    "('confluent_cloud', 'acme-org', 'sa-2', 'service_account', 'Payments 100%', " JANUARY
    ", NULL, '{\"foo\": \"bar\"}'),"
    "('confluent_cloud', 'acme-org', 'u-1', 'user', NULL, NULL, " MARCH
    ", '');" SQL_TAG("resource", "lkc-1", "team", "platform") SQL_TAG("resource", "env-1", "team", "ops")
        SQL_TAG("identity", "sa-2", "team", "payments") SQL_TAG("identity", "lkc-1", "team", "wrong");

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, sizeof routes / sizeof *routes);
    stage_run(&stage->stage, fixture);
}

#define PAGE(items, total, page, size, pages) \
    "{\"items\":[" items "],\"total\":" total ",\"page\":" page ",\"page_size\":" size ",\"pages\":" pages "}"
#define ALL(items, total) PAGE(items, total, "1", "100", "1")
#define NONE PAGE("", "0", "1", "100", "0")

#define RESOURCE(id, type, name, parent, owner, status, created, deleted, seen, metadata)                      \
    "{\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"resource_id\":\"" id                      \
    "\",\"resource_type\":\"" type "\",\"display_name\":" name ",\"parent_id\":" parent ",\"owner_id\":" owner \
    ",\"status\":\"" status "\",\"created_at\":" created ",\"deleted_at\":" deleted ",\"last_seen_at\":" seen  \
    ",\"metadata\":{" metadata "}}"

#define JAN "\"2026-01-01T00:00:00Z\""
#define MAR "\"2026-03-01T00:00:00Z\""
#define CLUSTER                                                                                                      \
    RESOURCE("lkc-1", "kafka_cluster", "\"orders-cluster\"", "\"env-1\"", "\"sa-1\"", "active", JAN, "null", "null", \
             "\"cku\":2,\"cloud\":\"aws\",\"region\":\"us-east-1\"")
#define ENV1 RESOURCE("env-1", "environment", "\"Production\"", "null", "null", "active", JAN, "null", "null", "")
#define ENV2 RESOURCE("env-2", "environment", "\"production\"", "null", "null", "active", "null", "null", "null", "")
#define ENV3 \
    RESOURCE("env-3", "environment", "null", "null", "null", "deleted", JAN, MAR, "\"2026-02-28T01:02:03.456789Z\"", "")

#define IDENTITY(id, type, name, created, deleted, metadata)                                                         \
    "{\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"identity_id\":\"" id                            \
    "\",\"identity_type\":\"" type "\",\"display_name\":" name ",\"created_at\":" created ",\"deleted_at\":" deleted \
    ",\"last_seen_at\":null,\"metadata\":{" metadata "}}"
#define SA1 IDENTITY("sa-1", "service_account", "\"orders-svc\"", JAN, "null", "")
#define SA2 IDENTITY("sa-2", "service_account", "\"Payments 100%\"", JAN, "null", "\"foo\":\"bar\"")
#define U1 IDENTITY("u-1", "user", "null", "null", MAR, "")

#define R "T/resources"
#define I "T/identities"

struct answer {
    const char *target;
    const char *wanted;
};

static const struct answer plain[] = {
    {R "?resource_type=kafka_cluster&page_size=1", PAGE(CLUSTER, "1", "1", "1", "1")},
    {R, ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?page=2&page_size=3", PAGE(CLUSTER, "4", "2", "3", "2")},
    {R "?page=3&page_size=3", PAGE("", "4", "3", "3", "2")},
    {R "?page=9223372036854775&page_size=1000", PAGE("", "4", "9223372036854775", "1000", "1")},
    {R "?resource_type=environment&status=deleted", ALL(ENV3, "1")},
    {R "?resource_type=", NONE},
    {R "?status=Active", NONE},
    {R "?search=ORDERS", ALL(CLUSTER, "1")},
    {R "?search=lkc", ALL(CLUSTER, "1")},
    {R "?search=product", ALL(ENV1 "," ENV2, "2")},
    {R "?search=", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?search=%25", NONE},
    {R "?search=_", NONE},
    {R "?search=%5C", NONE},
    {R "?search=%27%20OR%201=1", NONE},
    {R "?sort_by=display_name", ALL(ENV3 "," ENV1 "," CLUSTER "," ENV2, "4")},
    {R "?sort_by=display_name&sort_order=desc", ALL(ENV2 "," CLUSTER "," ENV1 "," ENV3, "4")},
    {R "?sort_by=resource_id&sort_order=desc", ALL(CLUSTER "," ENV3 "," ENV2 "," ENV1, "4")},
    {R "?sort_by=resource_type&sort_order=desc", ALL(CLUSTER "," ENV1 "," ENV2 "," ENV3, "4")},
    {R "?sort_by=status", ALL(ENV1 "," ENV2 "," CLUSTER "," ENV3, "4")},
    {R "?sort_by=status&sort_order=DESC", ALL(ENV1 "," ENV2 "," CLUSTER "," ENV3, "4")},
    {R "?sort_by=metadata_json&sort_order=up", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?sort_by=resource_id;DROP%20TABLE%20resources", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?sort_by=", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?tag_key=team", ALL(ENV1 "," CLUSTER, "2")},
    {R "?tag_key=team&tag_value=platform&search=cluster", ALL(CLUSTER, "1")},
    {R "?tag_key=team&tag_value=wrong", NONE},
    {R "?tag_key=Team", NONE},
    {R "?tag_key=", NONE},
    {R "?tag_value=platform", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    /* One bound of a period alone means nothing. */
    {R "?period_start=2027-01-01T00:00:00Z&search=lkc", ALL(CLUSTER, "1")},
    {R "?period_end=1999-01-01T00:00:00Z&tag_key=team&tag_value=ops", ALL(ENV1, "1")},
    {I "?search=payments", ALL(SA2, "1")},
    {I, ALL(SA1 "," SA2 "," U1, "3")},
    {I "?search=100%25", ALL(SA2, "1")},
    {I "?identity_type=user", ALL(U1, "1")},
    {I "?status=deleted", ALL(SA1 "," SA2 "," U1, "3")},
    {I "?sort_by=display_name", ALL(U1 "," SA2 "," SA1, "3")},
    {I "?sort_by=display_name&sort_order=desc", ALL(SA1 "," SA2 "," U1, "3")},
    {I "?sort_by=identity_type&sort_order=desc", ALL(U1 "," SA1 "," SA2, "3")},
    {I "?sort_by=status&sort_order=desc", ALL(U1 "," SA2 "," SA1, "3")},
    {I "?tag_key=team&tag_value=payments", ALL(SA2, "1")},
    {I "?tag_key=team", ALL(SA2, "1")},
};

static const struct answer alive[] = {
    {R "?active_at=2026-01-01T00:00:00Z", ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {R "?active_at=2025-12-31T23:59:59.999999Z", ALL(ENV2, "1")},
    {R "?active_at=2026-02-28T23:59:59.999999Z&resource_type=environment", ALL(ENV1 "," ENV2 "," ENV3, "3")},
    {R "?active_at=2026-03-01T00:00:00Z&resource_type=environment&page_size=1", PAGE(ENV1, "2", "1", "1", "2")},
    {R "?active_at=2026-02-28T19:00:00-05:00&resource_type=environment", ALL(ENV1 "," ENV2, "2")},
    {R "?active_at=2026-02-28T00:00:00Z&status=deleted", ALL(ENV3, "1")},
    /* Searching, sorting and tags do not go with a time. */
    {R "?active_at=2026-03-01T00:00:00Z&search=lkc&sort_order=desc&tag_key=team&tag_value=x",
     ALL(ENV1 "," ENV2 "," CLUSTER, "3")},
    {R "?active_at=0001-01-01T00:00:00Z", ALL(ENV2, "1")},
    {R "?active_at=9999-12-31T23:59:59Z", ALL(ENV1 "," ENV2 "," CLUSTER, "3")},
    {R "?period_start=2026-03-01T00:00:00Z&period_end=2026-03-02T00:00:00Z&resource_type=environment",
     ALL(ENV1 "," ENV2 "," ENV3, "3")},
    {R "?period_start=2026-03-01T00:00:00.000001Z&period_end=2026-03-02T00:00:00Z&resource_type=environment",
     ALL(ENV1 "," ENV2, "2")},
    {R "?period_start=2025-01-01T00:00:00Z&period_end=2026-01-01T00:00:00Z", ALL(ENV2, "1")},
    {R "?period_start=2026-02-01T00:00:00Z&period_end=2026-02-01T00:00:00Z&search=x",
     ALL(ENV1 "," ENV2 "," ENV3 "," CLUSTER, "4")},
    {I "?active_at=2026-03-01T00:00:00Z", ALL(SA1 "," SA2, "2")},
    {I "?active_at=2025-06-01T00:00:00Z&identity_type=user", ALL(U1, "1")},
    {I "?period_start=2026-03-01T00:00:00Z&period_end=2026-04-01T00:00:00Z", ALL(SA1 "," SA2 "," U1, "3")},
};

static void check(const struct answer *answers, size_t count) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < count; i++)
        assert_get(&stage, answers[i].target, 200, answers[i].wanted);
    api_done(&stage);
}

Test(api_inventory, plain_lists) {
    check(plain, sizeof plain / sizeof *plain);
}

Test(api_inventory, lists_of_a_time) {
    check(alive, sizeof alive / sizeof *alive);
}

Test(api_inventory, summary) {
    struct api_stage stage;
    open_stage(&stage);
    assert_get(
        &stage, "T/inventory/summary", 200,
        "{\"resource_counts\":{\"environment\":{\"total\":3,\"active\":2,\"deleted\":1},\"kafka_cluster\":{\"total\""
        ":1,\"active\":1,\"deleted\":0}},\"identity_counts\":{\"service_account\":{\"total\":2,\"active\":2,"
        "\"deleted\":0},\"user\":{\"total\":1,\"active\":0,\"deleted\":1}}}");
    api_done(&stage);
}

Test(api_inventory, empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    assert_get(&stage, R, 200, NONE);
    assert_get(&stage, I "?active_at=2026-03-01T00:00:00Z", 200, NONE);
    assert_get(&stage, "T/inventory/summary", 200, "{\"resource_counts\":{},\"identity_counts\":{}}");
    api_done(&stage);
}

/* Whatever is stored comes out as JSON. */
Test(api_inventory, odd_values) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    stage_run(
        &stage.stage,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, status, cloud, "
        "metadata_json) VALUES ('confluent_cloud', 'acme-org', 'a\"b', 't\"\n', 'Zo\xc3\xab %_', 'active', 'gcp', "
        "'[1]')");
    static const char item[] = RESOURCE("a\\\"b", "t\\\"\\n", "\"Zo\xc3\xab %_\"", "null", "null", "active", "null",
                                        "null", "null", "\"cloud\":\"gcp\"");
    char wanted[1024];
    snprintf(wanted, sizeof wanted, ALL("%s", "1"), item);
    assert_get(&stage, R "?search=%25_", 200, wanted);
    assert_get(&stage, R "?search=ZO%C3%AB", 200, wanted);
    /* One rule for case on every database: that of ASCII. */
    assert_get(&stage, R "?search=ZO%C3%8B", 200, NONE);
    assert_get(&stage, "T/inventory/summary", 200,
               "{\"resource_counts\":{\"t\\\"\\n\":{\"total\":1,\"active\":1,\"deleted\":0}},\"identity_counts\":{}}");
    api_done(&stage);
}

#define DETAIL(text) "{\"detail\":\"" text "\"}"
#define NEEDS_ZONE(name) DETAIL(name " must include timezone (e.g., 2026-02-24T00:00:00Z)")
#define Z "T00:00:00Z"

static const struct {
    const char *query;
    const char *wanted;
} refusals[] = {
    {"?active_at=2026-02-24", NEEDS_ZONE("active_at")},
    {"?active_at=2026-02-24T00:00:00", NEEDS_ZONE("active_at")},
    {"?period_start=2026-02-24", NEEDS_ZONE("period_start")},
    {"?period_end=2026-02-24", NEEDS_ZONE("period_end")},
    {"?active_at=2026-02-24" Z "&period_start=2026-02-24" Z,
     DETAIL("Cannot combine active_at with period_start/period_end")},
    {"?active_at=2026-02-24" Z "&period_end=2026-02-24" Z,
     DETAIL("Cannot combine active_at with period_start/period_end")},
    {"?active_at=2026-02-24" Z "&period_start=2026-02-25" Z "&period_end=2026-02-24" Z,
     DETAIL("Cannot combine active_at with period_start/period_end")},
    {"?period_start=2026-02-25" Z "&period_end=2026-02-24" Z, DETAIL("period_start must be <= period_end")},
};

Test(api_inventory, refusals) {
    static const char *const paths[] = {R, I};
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals * 2; i++) {
        char target[256];
        snprintf(target, sizeof target, "%s%s", paths[i % 2], refusals[i / 2].query);
        assert_get(&stage, target, 400, refusals[i / 2].wanted);
    }
    static const char *const unreadable[] = {
        "?active_at=x", "?active_at=",  "?period_start=2026-02-30T00:00:00Z", "?period_end=2026-02-24T25:00:00Z",
        "?page=0",      "?page_size=0", "?page=99999999999999999999999"};
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
        char target[256];
        snprintf(target, sizeof target, R "%s", unreadable[i]);
        api_get(&stage, target);
        cr_assert_eq(stage.status, 422, "%s: %u %s", target, stage.status, stage.body);
    }
    api_done(&stage);
}

Test(api_inventory, long_values) {
    static const char *const names[] = {"resource_type", "status", "search", "tag_key", "tag_key=team&tag_value"};
    static char target[32000];
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int length = snprintf(target, sizeof target, R "?%s=", names[i]);
        memset(target + length, 'x', 10000);
        target[length + 10000] = '\0';
        assert_get(&stage, target, 200, NONE);
    }
    /* Longer than a pattern may be. */
    int length = snprintf(target, sizeof target, R "?search=");
    memset(target + length, '_', 30000);
    target[length + 30000] = '\0';
    assert_get(&stage, target, 200, NONE);
    api_done(&stage);
}
