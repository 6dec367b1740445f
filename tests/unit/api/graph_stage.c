#include "api/graph_stage.h"

#include <jansson.h>
#include <stdarg.h>

#include "api/handlers.h"

static const struct cg_route routes[] = {
    {.method = "GET", .path = "/api/v1/tenants/{}/graph", .store = CG_ROUTE_READ, .handle = cg_api_graph},
    {.method = "GET", .path = "/api/v1/tenants/{}/graph/search", .store = CG_ROUTE_READ, .handle = cg_api_graph_search},
    {.method = "GET", .path = "/api/v1/tenants/{}/graph/diff", .store = CG_ROUTE_READ, .handle = cg_api_graph_diff},
    {.method = "GET",
     .path = "/api/v1/tenants/{}/graph/timeline",
     .store = CG_ROUTE_READ,
     .handle = cg_api_graph_timeline},
};

void graph_open(struct api_stage *stage) {
    api_init(stage, routes, sizeof routes / sizeof *routes);
    /* Columns that do not matter here are left out. */
    if (stage_on_postgres())
        stage_run(&stage->stage,
                  "ALTER TABLE chargeback_dimensions ALTER product_category SET DEFAULT '', ALTER product_type SET "
                  "DEFAULT '', ALTER identity_id SET DEFAULT '', ALTER cost_type SET DEFAULT '', ALTER env_id SET "
                  "DEFAULT ''");
}

/* ---- rows ---- */

static void run(struct api_stage *stage, const char *format, ...) CG_PRINTF(2, 3);

static void run(struct api_stage *stage, const char *format, ...) {
    char sql[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    cr_assert(length > 0 && (size_t)length < sizeof sql);
    stage_run(&stage->stage, sql);
}

/* A text in quotes, or NULL; one of some places, so that a call may have several. */
static const char *quoted(const char *text) {
    static char places[16][256];
    static size_t next;
    char *place = places[next++ % 16];
    snprintf(place, sizeof places[0], text ? "'%s'" : "NULL", text ? text : "");
    return place;
}

/* Stored with six digits of a fraction. */
static const char *moment(const char *text) {
    static char places[4][64];
    static size_t next;
    char *place = places[next++ % 4];
    if (!text)
        return "NULL";
    char stored[CG_TIME_TEXT_SIZE];
    snprintf(place, sizeof places[0], "'%s'", cg_time_format_micros(at(text), stored));
    return place;
}

void graph_resource(struct api_stage *stage, const char *id, const char *type, const char *name, const char *parent,
                    const char *created_at, const char *deleted_at) {
    run(stage,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, status, "
        "created_at, deleted_at) VALUES ('confluent_cloud', 'acme-org', %s, %s, %s, %s, '%s', %s, %s)",
        quoted(id), quoted(type), quoted(name), quoted(parent), deleted_at ? "deleted" : "active", moment(created_at),
        moment(deleted_at));
}

void graph_identity(struct api_stage *stage, const char *id, const char *name, const char *created_at,
                    const char *deleted_at) {
    run(stage,
        "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name, created_at, "
        "deleted_at) VALUES ('confluent_cloud', 'acme-org', %s, 'service_account', %s, %s, %s)",
        quoted(id), quoted(name), moment(created_at), moment(deleted_at));
}

void graph_tag(struct api_stage *stage, const char *type, const char *id, const char *key, const char *value) {
    run(stage,
        "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
        "('acme-org', %s, %s, %s, %s, 'me', '2026-01-01 00:00:00.000000')",
        quoted(type), quoted(id), quoted(key), quoted(value));
}

void graph_fact(struct api_stage *stage, const char *time, const char *env, const char *resource, const char *identity,
                const char *amount) {
    char stored[CG_TIME_TEXT_SIZE];
    cg_time_format_seconds(at(time), stored);
    run(stage,
        "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_category, product_type, "
        "identity_id, cost_type, env_id) SELECT 'confluent_cloud', 'acme-org', %s, 'KAFKA', 'KAFKA_BASE', %s, 'usage', "
        "%s WHERE NOT EXISTS (SELECT 1 FROM chargeback_dimensions WHERE resource_id IS NOT DISTINCT FROM %s AND "
        "identity_id = %s AND "
        "env_id = %s); "
        "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) SELECT '%s', dimension_id, '%s', "
        "'{}' FROM chargeback_dimensions WHERE tenant_id = 'acme-org' AND resource_id IS NOT DISTINCT FROM %s AND "
        "identity_id = %s AND "
        "env_id = %s",
        quoted(resource), quoted(identity), quoted(env), quoted(resource), quoted(identity), quoted(env), stored,
        amount, quoted(resource), quoted(identity), quoted(env));
}

void graph_topic_fact(struct api_stage *stage, const char *time, const char *cluster, const char *topic,
                      const char *amount) {
    char stored[CG_TIME_TEXT_SIZE];
    cg_time_format_seconds(at(time), stored);
    run(stage,
        "INSERT INTO topic_attribution_dimensions (ecosystem, tenant_id, env_id, cluster_resource_id, topic_name, "
        "product_category, product_type, attribution_method, resource_id) SELECT 'confluent_cloud', 'acme-org', "
        "'env-1', '%s', '%s', 'KAFKA', 'KAFKA_STORAGE', 'bytes_ratio', '%s:topic:%s' WHERE NOT EXISTS (SELECT 1 FROM "
        "topic_attribution_dimensions WHERE resource_id = '%s:topic:%s'); "
        "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount) SELECT '%s', dimension_id, '%s' FROM "
        "topic_attribution_dimensions WHERE resource_id = '%s:topic:%s'",
        cluster, topic, cluster, topic, cluster, topic, stored, amount, cluster, topic);
}

void graph_repeat(struct api_stage *stage, int first, int last, const char *sql) {
    run(stage,
        "CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM c WHERE i < %d) "
        "SELECT i FROM c",
        first, last);
    stage_run(&stage->stage, sql);
    stage_run(&stage->stage, "DROP TABLE n");
}

/* ---- short forms ---- */

static const char *text_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    cr_assert_not_null(value, "%s", key);
    return json_is_null(value) ? "-" : json_string_value(value);
}

static json_t *parse(const struct api_stage *stage) {
    json_error_t error;
    json_t *answer = json_loads(stage->body, 0, &error);
    cr_assert_not_null(answer, "%s in %s", error.text, stage->body);
    return answer;
}

struct lines {
    char text[65536];
    size_t length;
};

static void say(struct lines *lines, const char *format, ...) CG_PRINTF(2, 3);

static void say(struct lines *lines, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(lines->text + lines->length, sizeof lines->text - lines->length, format, args);
    va_end(args);
    cr_assert(length >= 0 && (size_t)length < sizeof lines->text - lines->length);
    lines->length += (size_t)length;
}

const char *graph_nodes(const struct api_stage *stage) {
    static struct lines lines;
    json_t *answer = parse(stage);
    const json_t *nodes = json_object_get(answer, "nodes");
    lines.length = 0;
    lines.text[0] = '\0';
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const json_t *node = json_array_get(nodes, i);
        const json_t *count = json_object_get(node, "child_count");
        say(&lines, "%s %s \"%s\" %s", text_of(node, "id"), text_of(node, "resource_type"),
            text_of(node, "display_name"), text_of(node, "cost"));
        if (!json_is_null(count))
            say(&lines, " [%d %s]", (int)json_integer_value(count), text_of(node, "child_total_cost"));
        say(&lines, "%s\n", strcmp(text_of(node, "status"), "active") == 0 ? "" : " deleted");
    }
    json_decref(answer);
    return lines.text;
}

const char *graph_edges(const struct api_stage *stage) {
    static struct lines lines;
    json_t *answer = parse(stage);
    const json_t *edges = json_object_get(answer, "edges");
    lines.length = 0;
    lines.text[0] = '\0';
    for (size_t i = 0; i < json_array_size(edges); i++) {
        const json_t *edge = json_array_get(edges, i);
        say(&lines, "%s > %s %s %s\n", text_of(edge, "source"), text_of(edge, "target"),
            text_of(edge, "relationship_type"), text_of(edge, "cost"));
    }
    json_decref(answer);
    return lines.text;
}

const char *graph_column(const struct api_stage *stage, const char *list, const char *member) {
    static struct lines lines;
    json_t *answer = parse(stage);
    const json_t *items = json_object_get(answer, list);
    lines.length = 0;
    lines.text[0] = '\0';
    for (size_t i = 0; i < json_array_size(items); i++)
        say(&lines, "%s%s", i ? " " : "", text_of(json_array_get(items, i), member));
    json_decref(answer);
    return lines.text;
}

void graph_expect(struct api_stage *stage, const char *target, const char *nodes, const char *edges) {
    const char *body = api_get(stage, target);
    cr_assert_eq(stage->status, 200, "%s: %u %s", target, stage->status, body);
    cr_assert_str_eq(graph_nodes(stage), nodes, "%s:\n%s\nin place of\n%s", target, graph_nodes(stage), nodes);
    if (edges)
        cr_assert_str_eq(graph_edges(stage), edges, "%s:\n%s\nin place of\n%s", target, graph_edges(stage), edges);
}

/* ---- the examples ---- */

void graph_acme(struct api_stage *stage) {
    static const char *const shares[] = {"16.766666666666666666", "16.766666766666666666", "16.766666666666666666"};
    const char *created = "2026-01-01";
    graph_resource(stage, "env-1", "environment", "Production", NULL, created, NULL);
    graph_resource(stage, "lkc-1", "kafka_cluster", "orders-cluster", "env-1", created, NULL);
    graph_resource(stage, "lkc-1:topic:orders", "topic", "orders", "lkc-1", created, NULL);
    graph_resource(stage, "lkc-1:topic:payments", "topic", "payments", "lkc-1", created, NULL);
    graph_resource(stage, "lfcp-1", "flink_compute_pool", "pool", "env-1", created, NULL);
    graph_identity(stage, "sa-1", "orders-svc", created, NULL);
    graph_identity(stage, "sa-2", "Payments 100%", created, NULL);
    graph_tag(stage, "resource", "env-1", "cost-center", "CC 7");
    graph_tag(stage, "identity", "sa-2", "team", "payments");
    for (size_t i = 0; i < 3; i++) {
        char day[16];
        snprintf(day, sizeof day, "2026-03-%02zu", i + 1);
        graph_fact(stage, day, "env-1", "lkc-1", "sa-1", shares[i]);
        graph_fact(stage, day, "env-1", "lkc-1", "sa-2", "0.1");
        graph_fact(stage, day, "env-1", "lfcp-1", "sa-2", "1.5");
        graph_fact(stage, day, "", NULL, "UNALLOCATED", "5");
        graph_topic_fact(stage, day, "lkc-1", "orders", "7.10");
        graph_topic_fact(stage, day, "lkc-1", "payments", "0.5");
    }
}
