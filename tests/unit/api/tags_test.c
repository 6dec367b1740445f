#include "api/support.h"

#include "api/handlers.h"

#define TENANT "/api/v1/tenants/{}"
#define ENTITY_TAGS TENANT "/entities/{}/{}/tags"

#define READ(path_, handle_) \
    { .method = "GET", .path = (path_), .store = CG_ROUTE_READ, .handle = (handle_) }
#define WRITE(method_, path_, flags_, handle_) \
    { .method = (method_), .path = (path_), .store = CG_ROUTE_WRITE, .flags = (flags_), .handle = (handle_) }

static const struct cg_route routes[] = {
    READ(ENTITY_TAGS, cg_api_entity_tags),
    WRITE("POST", ENTITY_TAGS, CG_ROUTE_BODY, cg_api_entity_tag_create),
    WRITE("PUT", ENTITY_TAGS "/{}", CG_ROUTE_BODY, cg_api_entity_tag_update),
    WRITE("DELETE", ENTITY_TAGS "/{}", 0, cg_api_entity_tag_delete),
    READ(TENANT "/tags", cg_api_tags),
    READ(TENANT "/tags/keys", cg_api_tag_keys),
    READ(TENANT "/tags/keys/{}/values", cg_api_tag_values),
};

#define ENTITIES                                                                                              \
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status, deleted_at) VALUES "    \
    "('confluent_cloud', 'acme-org', 'lkc-1', 'kafka_cluster', 'active', NULL), "                             \
    "('confluent_cloud', 'acme-org', 'lkc-gone', 'kafka_cluster', 'deleted', '2026-01-01 00:00:00.000000'), " \
    "('confluent_cloud', 'acme-org', 'crn://a/b=c d', 'connector', 'active', NULL);"                          \
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type) VALUES "                       \
    "('confluent_cloud', 'acme-org', 'sa-1', 'service_account')"

static void start(struct api_stage *stage) {
    api_init(stage, routes, sizeof routes / sizeof *routes);
    stage->now = at("2026-11-20T12:59:33.939902Z");
    stage_run(&stage->stage, ENTITIES);
}

static void add_tag(struct api_stage *stage, const char *type, const char *id, const char *key, const char *value) {
    char sql[1024];
    snprintf(sql, sizeof sql,
             "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
             "('acme-org', '%s', '%s', '%s', '%s', 'old', '2026-01-02 03:04:05.000000')",
             type, id, key, value);
    stage_run(&stage->stage, sql);
}

#define TYPE_REFUSED "{\"detail\":\"entity_type must be one of ['identity', 'resource']\"}"
#define GOOD "{\"tag_key\":\"bu\",\"tag_value\":\"retail\",\"created_by\":\"ui\"}"

/* What one request answers, on a database with ENTITIES and the tag resource/lkc-1/team=platform (tag_id 1). */
struct row {
    const char *method;
    const char *target;
    const char *body;
    uint32_t status;
    const char *answer;
};

static void check_rows(const struct row *rows, size_t count, const char *more) {
    for (size_t i = 0; i < count; i++) {
        struct api_stage stage;
        start(&stage);
        add_tag(&stage, "resource", "lkc-1", "team", "platform");
        if (more)
            stage_run(&stage.stage, more);
        const char *answer = api_call(&stage, rows[i].method, rows[i].target, rows[i].body);
        cr_assert_eq(stage.status, rows[i].status, "%s %s: %u %s", rows[i].method, rows[i].target, stage.status,
                     answer);
        cr_assert_str_eq(answer, rows[i].answer, "%s %s", rows[i].method, rows[i].target);
        api_done(&stage);
    }
}

/* ---- creating ---- */

#define CREATED(type_, id_, key_, value_)                                                         \
    "{\"tag_id\":2,\"tenant_id\":\"acme-org\",\"entity_type\":\"" type_ "\",\"entity_id\":\"" id_ \
    "\",\"tag_key\":\"" key_ "\",\"tag_value\":\"" value_                                         \
    "\",\"created_by\":\"ui\",\"created_at\":\"2026-11-20T12:59:33.939902Z\"}"

#define MISSING(key_, input_) \
    "{\"type\":\"missing\",\"loc\":[\"body\",\"" key_ "\"],\"msg\":\"Field required\",\"input\":" input_ "}"

static const struct row creations[] = {
    {"POST", "T/entities/resource/lkc-1/tags", GOOD, 201, CREATED("resource", "lkc-1", "bu", "retail")},
    {"POST", "T/entities/identity/sa-1/tags", GOOD, 201, CREATED("identity", "sa-1", "bu", "retail")},
    {"POST", "T/entities/resource/lkc-gone/tags", GOOD, 201, CREATED("resource", "lkc-gone", "bu", "retail")},
    {"POST", "T/entities/resource/crn%3A%2F%2Fa%2Fb%3Dc%20d/tags", GOOD, 201,
     CREATED("resource", "crn://a/b=c d", "bu", "retail")},
    {"POST", "T/entities/resource/lkc-1/tags",
     "{\"tag_key\":\"Z\",\"tag_value\":\"\xc3\xa4 \\\"x\\\"\",\"created_by\":\"ui\",\"more\":1}", 201,
     CREATED("resource", "lkc-1", "Z", "\xc3\xa4 \\\"x\\\"")},
    {"POST", "T/entities/resource/lkc-1/tags", "{\"tag_key\":\"team\",\"tag_value\":\"x\",\"created_by\":\"ui\"}", 409,
     "{\"detail\":\"Tag key 'team' already exists on resource lkc-1\"}"},
    {"POST", "T/entities/resource/lkc-9/tags", GOOD, 404, "{\"detail\":\"Resource lkc-9 not found\"}"},
    {"POST", "T/entities/identity/lkc-1/tags", GOOD, 404, "{\"detail\":\"Identity lkc-1 not found\"}"},
    {"POST", "T/entities/resource/x%0Ay/tags", GOOD, 404, "{\"detail\":\"Resource x?y not found\"}"},
    {"POST", "T/entities/cluster/lkc-1/tags", GOOD, 422, TYPE_REFUSED},
    {"POST", "T/entities/Resource/lkc-1/tags", GOOD, 422, TYPE_REFUSED},
    /* The body is looked at before the type, the type before the key. */
    {"POST", "T/entities/cluster/lkc-1/tags", "{}", 422,
     "{\"detail\":[" MISSING("tag_key", "{}") "," MISSING("tag_value", "{}") "," MISSING("created_by", "{}") "]}"},
    {"POST", "T/entities/cluster/lkc-1/tags", "{\"tag_key\":\"-\",\"tag_value\":\"x\",\"created_by\":\"ui\"}", 422,
     TYPE_REFUSED},
    {"POST", "T/entities/resource/lkc-1/tags", NULL, 422,
     "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}]}"},
    {"POST", "T/entities/resource/lkc-1/tags", "{\"tag_value\":\"\",\"created_by\":5}", 422,
     "{\"detail\":[" MISSING(
         "tag_key",
         "{\"tag_value\":\"\",\"created_by\":5}") ",{\"type\":\"string_too_short\",\"loc\":[\"body\",\"tag_value\"],"
                                                  "\"msg\":\"String should have at least 1 character\",\"input\":\"\","
                                                  "\"ctx\":{\"min_length\":1}},{\"type\":\"string_type\",\"loc\":["
                                                  "\"body\",\"created_by\"],\"msg\":\"Input should be a valid "
                                                  "string\",\"input\":5}]}"},
    {"POST", "T/entities/resource/lkc-1/tags", "{\"tag_key\":\"a b\",\"tag_value\":\"x\",\"created_by\":\"ui\"}", 400,
     "{\"detail\":\"Invalid tag key format: 'a b'\"}"},
    {"POST", "T/entities/resource/nobody/tags", "{\"tag_key\":\"a/b\",\"tag_value\":\"x\",\"created_by\":\"ui\"}", 400,
     "{\"detail\":\"Invalid tag key format: 'a/b'\"}"},
    {"POST", "T/entities/resource/lkc-1/tags", "{\"tag_key\":\"it's\",\"tag_value\":\"x\",\"created_by\":\"ui\"}", 400,
     "{\"detail\":\"Invalid tag key format: \\\"it's\\\"\"}"},
    {"POST", "T/entities/resource/lkc-1/tags", "{\"tag_key\":\"team\\n\",\"tag_value\":\"x\",\"created_by\":\"ui\"}",
     422,
     "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"tag_key\"],\"msg\":\"Value error, the text must not "
     "hold control characters\",\"input\":\"team\\n\",\"ctx\":{\"error\":\"the text must not hold control "
     "characters\"}}]}"},
    {"POST", "T/entities/resource/lkc-1/tags",
     "{\"tag_key\":\"team\",\"tag_value\":\"x\\u0000y\",\"created_by\":\"ui\"}", 422,
     "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"tag_value\"],\"msg\":\"Value error, the text must not "
     "hold control characters\",\"input\":\"x\\u0000y\",\"ctx\":{\"error\":\"the text must not hold control "
     "characters\"}}]}"},
};

Test(api_tags, creating) {
    check_rows(creations, sizeof creations / sizeof *creations, NULL);
}

static const struct {
    size_t key;
    size_t value;
    size_t author;
    uint32_t status;
} lengths[] = {
    {63, 500, 100, 201}, {64, 1, 1, 400},  {100, 1, 1, 400},   {101, 1, 1, 422},
    {1, 501, 1, 422},    {1, 1, 101, 422}, {10000, 1, 1, 422}, {1, 10000, 10000, 422},
};

Test(api_tags, lengths_count_characters) {
    struct api_stage stage;
    static char body[80000];
    start(&stage);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t used = (size_t)snprintf(body, sizeof body, "{\"tag_key\":\"");
        for (size_t j = 0; j < lengths[i].key; j++)
            body[used++] = 'k';
        used += (size_t)snprintf(body + used, sizeof body - used, "\",\"tag_value\":\"");
        for (size_t j = 0; j < lengths[i].value; j++)
            used += (size_t)snprintf(body + used, sizeof body - used, "\xe2\x82\xac");
        used += (size_t)snprintf(body + used, sizeof body - used, "\",\"created_by\":\"");
        for (size_t j = 0; j < lengths[i].author; j++)
            used += (size_t)snprintf(body + used, sizeof body - used, "\xc3\xa4");
        snprintf(body + used, sizeof body - used, "\"}");
        const char *answer = api_call(&stage, "POST", "T/entities/resource/lkc-1/tags", body);
        cr_assert_eq(stage.status, lengths[i].status, "%zu: %u %s", i, stage.status, answer);
        cr_assert_leq(stage.body_length, 3000, "%zu", i);
    }
    assert_rows(&stage.stage,
                "SELECT count(*) || ' ' || max(length(tag_key)) || ' ' || max(length(tag_value)) FROM tags",
                "1 63 500");
    api_done(&stage);
}

Test(api_tags, another_media_type) {
    struct api_stage stage;
    start(&stage);
    const char *answer = api_call_as(&stage, "POST", "T/entities/resource/lkc-1/tags", "text/plain", GOOD);
    cr_assert_eq(stage.status, 422);
    cr_assert_str_eq(answer,
                     "{\"detail\":[{\"type\":\"model_attributes_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a "
                     "valid dictionary or object to extract fields from\",\"input\":\"{\\\"tag_key\\\":\\\"bu\\\","
                     "\\\"tag_value\\\":\\\"retail\\\",\\\"created_by\\\":\\\"ui\\\"}\"}]}");
    api_call_as(&stage, "POST", "T/entities/resource/lkc-1/tags", "application/merge-patch+json; charset=utf-8", GOOD);
    cr_assert_eq(stage.status, 201);
    api_done(&stage);
}

/* ---- changing and removing ---- */

#define ODD_TAGS                                                                                               \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES " \
    "('acme-org', 'resource', 'lkc-1', 'a/b', 'x', 'old', '2026-01-02 03:04:05.000000'),"                      \
    "('acme-org', 'resource', 'lkc-1', 'team\n', 'x', 'old', '2026-01-02 03:04:05.000000'),"                   \
    "('acme-org', 'resource', 'lkc-1', ' 100 % ', 'x', 'old', '2026-01-02 03:04:05.000000'),"                  \
    "('acme-org', 'resource', 'removed', 'team', 'x', 'old', '2026-01-02 03:04:05.000000'),"                   \
    "('acme-org', 'identity', 'removed', 'team', 'x', 'old', '2026-01-02 03:04:05.000000')"

#define CHANGED(number_, type_, id_, key_)                                                                  \
    "{\"tag_id\":" number_ ",\"tenant_id\":\"acme-org\",\"entity_type\":\"" type_ "\",\"entity_id\":\"" id_ \
    "\",\"tag_key\":\"" key_ "\",\"tag_value\":\"new\",\"created_by\":\"old\",\"created_at\":"              \
    "\"2026-01-02T03:04:05Z\"}"

#define NEW "{\"tag_value\":\"new\"}"

static const struct row changes[] = {
    {"PUT", "T/entities/resource/lkc-1/tags/team", NEW, 200, CHANGED("1", "resource", "lkc-1", "team")},
    {"PUT", "T/entities/resource/lkc-1/tags/a%2Fb", NEW, 200, CHANGED("2", "resource", "lkc-1", "a/b")},
    {"PUT", "T/entities/resource/lkc-1/tags/team%0A", NEW, 200, CHANGED("3", "resource", "lkc-1", "team\\n")},
    {"PUT", "T/entities/resource/lkc-1/tags/%20100%20%25%20", NEW, 200, CHANGED("4", "resource", "lkc-1", " 100 % ")},
    {"PUT", "T/entities/resource/removed/tags/team", NEW, 200, CHANGED("5", "resource", "removed", "team")},
    {"PUT", "T/entities/identity/removed/tags/team", NEW, 200, CHANGED("6", "identity", "removed", "team")},
    {"PUT", "T/entities/resource/lkc-1/tags/bu", NEW, 404, "{\"detail\":\"Tag key 'bu' not found on resource lkc-1\"}"},
    {"PUT", "T/entities/identity/sa-1/tags/team", NEW, 404,
     "{\"detail\":\"Tag key 'team' not found on identity sa-1\"}"},
    {"PUT", "T/entities/resource/removed/tags/bu", NEW, 404, "{\"detail\":\"Resource removed not found\"}"},
    {"PUT", "T/entities/identity/nobody/tags/team", NEW, 404, "{\"detail\":\"Identity nobody not found\"}"},
    {"PUT", "T/entities/x/lkc-1/tags/team", NEW, 422, TYPE_REFUSED},
    {"PUT", "T/entities/x/lkc-1/tags/team", "{}", 422, "{\"detail\":[" MISSING("tag_value", "{}") "]}"},
    {"PUT", "T/entities/resource/lkc-1/tags/team", NULL, 422,
     "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}]}"},
    {"DELETE", "T/entities/resource/lkc-1/tags/team", NULL, 204, ""},
    {"DELETE", "T/entities/resource/lkc-1/tags/a%2Fb", NULL, 204, ""},
    {"DELETE", "T/entities/resource/lkc-1/tags/team%0a", NULL, 204, ""},
    {"DELETE", "T/entities/resource/removed/tags/team", NULL, 204, ""},
    {"DELETE", "T/entities/resource/lkc-1/tags/bu", NULL, 404,
     "{\"detail\":\"Tag key 'bu' not found on resource lkc-1\"}"},
    {"DELETE", "T/entities/resource/removed/tags/bu", NULL, 404, "{\"detail\":\"Resource removed not found\"}"},
    {"DELETE", "T/entities/identity/nobody/tags/team", NULL, 404, "{\"detail\":\"Identity nobody not found\"}"},
    {"DELETE", "T/entities/x/lkc-1/tags/team", NULL, 422, TYPE_REFUSED},
};

Test(api_tags, changing_and_removing) {
    check_rows(changes, sizeof changes / sizeof *changes, ODD_TAGS);
}

Test(api_tags, what_is_written_is_what_is_read) {
    struct api_stage stage;
    start(&stage);
    api_call(&stage, "POST", "T/entities/resource/lkc-1/tags", GOOD);
    cr_assert_eq(stage.status, 201);
    stage.now = at("2026-12-24T00:00:00Z");
    api_call(&stage, "PUT", "T/entities/resource/lkc-1/tags/bu", NEW);
    cr_assert_eq(stage.status, 200);
    assert_get(&stage, "T/entities/resource/lkc-1/tags", 200,
               "[{\"tag_id\":1,\"tenant_id\":\"acme-org\",\"entity_type\":\"resource\",\"entity_id\":\"lkc-1\","
               "\"tag_key\":\"bu\",\"tag_value\":\"new\",\"created_by\":\"ui\",\"created_at\":"
               "\"2026-11-20T12:59:33.939902Z\"}]");
    api_call(&stage, "DELETE", "T/entities/resource/lkc-1/tags/bu", NULL);
    cr_assert_eq(stage.status, 204);
    assert_get(&stage, "T/entities/resource/lkc-1/tags", 200, "[]");
    assert_rows(&stage.stage, "SELECT count(*) FROM tags", "0");
    api_done(&stage);
}

Test(api_tags, a_locked_database_is_no_failure_of_ours, .timeout = 60) {
    struct api_stage stage;
    start(&stage);
    stage_lock(&stage.stage);
    api_call(&stage, "POST", "T/entities/resource/lkc-1/tags", GOOD);
    cr_assert_eq(stage.status, 503, "%s", stage.body);
    /* Readers do not wait. */
    assert_get(&stage, "T/entities/resource/lkc-1/tags", 200, "[]");
    stage_unlock(&stage.stage);
    api_call(&stage, "POST", "T/entities/resource/lkc-1/tags", GOOD);
    cr_assert_eq(stage.status, 201, "%s", stage.body);
    api_done(&stage);
}

/* ---- lists ---- */

#define EMPTY_PAGE "{\"items\":[],\"total\":0,\"page\":1,\"page_size\":100,\"pages\":0}"

Test(api_tags, an_empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    assert_get(&stage, "T/tags", 200, EMPTY_PAGE);
    assert_get(&stage, "T/tags?entity_type=resource&tag_key=x", 200, EMPTY_PAGE);
    assert_get(&stage, "T/tags/keys", 200, "{\"keys\":[]}");
    assert_get(&stage, "T/tags/keys/team/values", 200, "{\"values\":[]}");
    assert_get(&stage, "T/entities/resource/nobody/tags", 200, "[]");
    api_done(&stage);
}

static void add_some(struct api_stage *stage) {
    add_tag(stage, "resource", "lkc-1", "team", "platform");
    add_tag(stage, "identity", "sa-1", "team", "Payments");
    add_tag(stage, "resource", "lkc-1", "cost_center", "42");
    add_tag(stage, "resource", "lkc-2", "a/b", "100%");
    stage_run(&stage->stage,
              "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
              "('other-org', 'resource', 'lkc-1', 'secret', 'theirs', 'they', '2026-01-02 03:04:05.000000')");
}

#define OLD(number_, type_, id_, key_, value_)                                                              \
    "{\"tag_id\":" number_ ",\"tenant_id\":\"acme-org\",\"entity_type\":\"" type_ "\",\"entity_id\":\"" id_ \
    "\",\"tag_key\":\"" key_ "\",\"tag_value\":\"" value_                                                   \
    "\",\"created_by\":\"old\",\"created_at\":\"2026-01-02T03:04:05Z\"}"
#define TAG1 OLD("1", "resource", "lkc-1", "team", "platform")
#define TAG2 OLD("2", "identity", "sa-1", "team", "Payments")
#define TAG3 OLD("3", "resource", "lkc-1", "cost_center", "42")
#define TAG4 OLD("4", "resource", "lkc-2", "a/b", "100%")

#define PAGE(items_, total_, page_, size_, pages_) \
    "{\"items\":[" items_ "],\"total\":" total_ ",\"page\":" page_ ",\"page_size\":" size_ ",\"pages\":" pages_ "}"

static const struct {
    const char *target;
    uint32_t status;
    const char *answer;
} lists[] = {
    {"T/tags", 200, PAGE(TAG1 "," TAG2 "," TAG3 "," TAG4, "4", "1", "100", "1")},
    {"T/tags?page_size=3", 200, PAGE(TAG1 "," TAG2 "," TAG3, "4", "1", "3", "2")},
    {"T/tags?page_size=3&page=2", 200, PAGE(TAG4, "4", "2", "3", "2")},
    {"T/tags?page=3", 200, PAGE("", "4", "3", "100", "1")},
    {"T/tags?page=9223372036854775&page_size=1000", 200, PAGE("", "4", "9223372036854775", "1000", "1")},
    {"T/tags?entity_type=identity", 200, PAGE(TAG2, "1", "1", "100", "1")},
    {"T/tags?tag_key=EA", 200, PAGE(TAG1 "," TAG2, "2", "1", "100", "1")},
    {"T/tags?tag_key=_", 200, PAGE(TAG3, "1", "1", "100", "1")},
    {"T/tags?tag_key=%25", 200, PAGE("", "0", "1", "100", "0")},
    {"T/tags?tag_key=", 200, PAGE(TAG1 "," TAG2 "," TAG3 "," TAG4, "4", "1", "100", "1")},
    {"T/tags?tag_key=secret", 200, PAGE("", "0", "1", "100", "0")},
    {"T/tags?tag_key=%27%29%20OR%201%3D1--", 200, PAGE("", "0", "1", "100", "0")},
    {"T/tags?entity_type=cluster", 422, TYPE_REFUSED},
    {"T/tags?entity_type=", 422, TYPE_REFUSED},
    {"T/tags?page=0&page_size=1001&entity_type=cluster", 422,
     "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"page\"],\"msg\":\"Input should be greater "
     "than or equal to 1\",\"input\":\"0\",\"ctx\":{\"ge\":1}},{\"type\":\"less_than_equal\",\"loc\":[\"query\","
     "\"page_size\"],\"msg\":\"Input should be less than or equal to 1000\",\"input\":\"1001\",\"ctx\":{\"le\":1000}}]"
     "}"},
    {"T/tags/keys", 200, "{\"keys\":[\"a/b\",\"cost_center\",\"team\"]}"},
    {"T/tags/keys?entity_type=identity", 200, "{\"keys\":[\"team\"]}"},
    {"T/tags/keys?entity_type=x", 422, TYPE_REFUSED},
    {"T/tags/keys/team/values", 200, "{\"values\":[\"Payments\",\"platform\"]}"},
    {"T/tags/keys/team/values?entity_type=resource", 200, "{\"values\":[\"platform\"]}"},
    {"T/tags/keys/team/values?q=PAY", 200, "{\"values\":[\"Payments\"]}"},
    {"T/tags/keys/team/values?q=ay", 200, "{\"values\":[]}"},
    {"T/tags/keys/team/values?q=", 200, "{\"values\":[\"Payments\",\"platform\"]}"},
    {"T/tags/keys/team/values?entity_type=x", 422, TYPE_REFUSED},
    {"T/tags/keys/unknown/values", 200, "{\"values\":[]}"},
    {"T/tags/keys/secret/values", 200, "{\"values\":[]}"},
    /* Odd keys that are there are served, others refused. */
    {"T/tags/keys/a%2Fb/values", 200, "{\"values\":[\"100%\"]}"},
    {"T/tags/keys/a%2Fc/values", 400, "{\"detail\":\"Invalid tag_key format: 'a/c'\"}"},
    {"T/tags/keys/team%0A/values", 400, "{\"detail\":\"Invalid tag_key format: 'team\\\\n'\"}"},
    {"T/tags/keys/-/values?entity_type=identity", 400, "{\"detail\":\"Invalid tag_key format: '-'\"}"},
    {"T/entities/resource/lkc-1/tags", 200, "[" TAG1 "," TAG3 "]"},
    {"T/entities/resource/lkc-2/tags", 200, "[" TAG4 "]"},
    {"T/entities/identity/sa-1/tags", 200, "[" TAG2 "]"},
    {"T/entities/identity/lkc-1/tags", 200, "[]"},
    {"T/entities/resource/%C3%A4%0A/tags", 200, "[]"},
    {"T/entities/topic/lkc-1/tags", 422, TYPE_REFUSED},
    {"/api/v1/tenants/nope/tags", 404, "{\"detail\":\"Tenant 'nope' not found\"}"},
};

Test(api_tags, lists) {
    struct api_stage stage;
    start(&stage);
    add_some(&stage);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_get(&stage, lists[i].target, lists[i].status, lists[i].answer);
    api_done(&stage);
}

Test(api_tags, texts_of_10000_characters) {
    struct api_stage stage;
    static char target[10100];
    static const char *const shapes[] = {"T/entities/resource/%s/tags", "T/tags?tag_key=%s",
                                         "T/tags/keys/team/values?q=%s"};
    static char filler[10001];
    memset(filler, 'x', 10000);
    start(&stage);
    add_some(&stage);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const char *gap = strstr(shapes[i], "%s");
        snprintf(target, sizeof target, "%.*s%s%s", (int)(gap - shapes[i]), shapes[i], filler, gap + 2);
        api_get(&stage, target);
        cr_assert_eq(stage.status, 200, "%s", stage.body);
    }
    snprintf(target, sizeof target, "T/tags/keys/%s/values", filler);
    api_get(&stage, target);
    cr_assert_eq(stage.status, 400, "%s", stage.body);
    cr_assert_leq(stage.body_length, 1100);
    snprintf(target, sizeof target, "T/entities/resource/lkc-1/tags/%s", filler);
    api_call(&stage, "DELETE", target, NULL);
    cr_assert_eq(stage.status, 404, "%s", stage.body);
    api_done(&stage);
}
