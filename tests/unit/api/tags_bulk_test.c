#include "api/support.h"

#include <stdlib.h>

#include "api/handlers.h"

#define WRITE(method_, path_, flags_, handle_) \
    { .method = (method_), .path = (path_), .store = CG_ROUTE_WRITE, .flags = (flags_), .handle = (handle_) }

static const struct cg_route routes[] = {
    WRITE("POST", "/api/v1/tenants/{}/tags/bulk", CG_ROUTE_BODY, cg_api_tags_bulk),
    WRITE("POST", "/api/v1/tenants/{}/tags/bulk-by-filter", CG_ROUTE_BODY, cg_api_tags_bulk_by_filter),
};

#define ROWS                                                                                                       \
    "SELECT entity_type || '/' || entity_id || '/' || tag_key || '=' || tag_value || ' ' || created_by FROM tags " \
    "ORDER BY tag_id"

static void start(struct api_stage *stage) {
    api_init(stage, routes, sizeof routes / sizeof *routes);
    stage_run(&stage->stage,
              "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
              "('acme-org', 'resource', 'r1', 'bu', 'old', 'somebody', '2026-01-02 03:04:05.000000')");
}

struct row {
    const char *body;
    uint32_t status;
    const char *answer;
    const char *rows; /* what is stored afterwards */
};

static void check_rows(const char *target, const struct row *rows, size_t count, const char *sql) {
    for (size_t i = 0; i < count; i++) {
        struct api_stage stage;
        start(&stage);
        if (*sql)
            stage_run(&stage.stage, sql);
        const char *answer = api_call(&stage, "POST", target, rows[i].body);
        cr_assert_eq(stage.status, rows[i].status, "%s: %u %s", rows[i].body, stage.status, answer);
        cr_assert_str_eq(answer, rows[i].answer, "%s", rows[i].body);
        cr_assert_str_eq(stage_rows(&stage.stage, ROWS), rows[i].rows, "%s", rows[i].body);
        api_done(&stage);
    }
}

/* ---- a list ---- */

#define ITEM(type_, id_, key_, value_) \
    "{\"entity_type\":\"" type_ "\",\"entity_id\":\"" id_ "\",\"tag_key\":\"" key_ "\",\"tag_value\":\"" value_ "\"}"
#define BODY(items_) "{\"items\":[" items_ "],\"created_by\":\"ui\"}"
#define COUNTS(created_, updated_, skipped_) \
    "{\"created_count\":" created_ ",\"updated_count\":" updated_ ",\"skipped_count\":" skipped_ "}"
#define OLD "resource/r1/bu=old somebody"
#define NO_OBJECT(place_, input_)                                                                                     \
    "{\"type\":\"model_attributes_type\",\"loc\":[\"body\"," place_ "],\"msg\":\"Input should be a valid dictionary " \
    "or object to extract fields from\",\"input\":" input_ "}"
#define MISSING(place_, input_) \
    "{\"type\":\"missing\",\"loc\":[\"body\"" place_ "],\"msg\":\"Field required\",\"input\":" input_ "}"

static const struct row lists[] = {
    {BODY(
         ITEM("resource", "r1", "bu", "x") "," ITEM("resource", "r2", "bu", "x") "," ITEM("resource", "r2", "bu", "y")),
     200, COUNTS("1", "0", "2"), OLD "\nresource/r2/bu=x ui"},
    {"{\"items\":[" ITEM("resource", "r1", "bu", "x") "," ITEM("identity", "sa-1", "bu", "x") "," ITEM(
         "identity", "sa-1", "bu", "y") "],\"created_by\":\"ui\",\"override_existing\":true}",
     200, COUNTS("1", "2", "0"), "resource/r1/bu=x somebody\nidentity/sa-1/bu=y ui"},
    {"{\"items\":[" ITEM("resource", "r1", "bu", "x") "],\"created_by\":\"ui\",\"override_existing\":\"off\"}", 200,
     COUNTS("0", "0", "1"), OLD},
    {BODY(ITEM("resource", "r1", "bu", "x") "," ITEM("cluster", "r2", "bu", "x")), 422,
     "{\"detail\":\"Invalid entity_type 'cluster'\"}", OLD},
    {BODY(ITEM("", "r2", "bu", "x")), 422, "{\"detail\":\"Invalid entity_type ''\"}", OLD},
    {BODY(ITEM("resource", "r2", "bu", "x") "," ITEM("resource", "r2", "b u", "x")), 400,
     "{\"detail\":\"Invalid tag key format: 'b u'\"}", OLD},
    {BODY(""), 422,
     "{\"detail\":[{\"type\":\"too_short\",\"loc\":[\"body\",\"items\"],\"msg\":\"List should have at least 1 item "
     "after validation, not 0\",\"input\":[],\"ctx\":{\"field_type\":\"List\",\"min_length\":1,\"actual_length\":0}}]}",
     OLD},
    {"{\"items\":{},\"created_by\":\"ui\"}", 422,
     "{\"detail\":[{\"type\":\"list_type\",\"loc\":[\"body\",\"items\"],\"msg\":\"Input should be a valid list\","
     "\"input\":{}}]}",
     OLD},
    {"{}", 422, "{\"detail\":[" MISSING(",\"items\"", "{}") "," MISSING(",\"created_by\"", "{}") "]}", OLD},
    {"[]", 422,
     "{\"detail\":[{\"type\":\"model_attributes_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a valid dictionary "
     "or object to extract fields from\",\"input\":[]}]}",
     OLD},
    {NULL, 422, "{\"detail\":[" MISSING("", "null") "]}", OLD},
    {"{\"created_by\":\"ui\",\"items\":[7,{},\"x\",null,[]]}", 422,
     "{\"detail\":[" NO_OBJECT("\"items\",0", "7") "," MISSING(",\"items\",1,\"entity_type\"", "{}") "," MISSING(
         ",\"items\",1,\"entity_id\"",
         "{}") "," MISSING(",\"items\",1,\"tag_key\"",
                           "{}") "," MISSING(",\"items\",1,\"tag_value\"",
                                             "{}") "," NO_OBJECT("\"items\",2",
                                                                 "\"x\"") "," NO_OBJECT("\"items\",3",
                                                                                        "null") "," NO_OBJECT("\"items"
                                                                                                              "\",4",
                                                                                                              "[]") "]"
                                                                                                                    "}",
     OLD},
    {"{\"items\":[" ITEM("resource", "", "bu", "x\\u0000") "],\"override_existing\":5,\"created_by\":\"\"}", 422,
     "{\"detail\":[{\"type\":\"string_too_short\",\"loc\":[\"body\",\"items\",0,\"entity_id\"],\"msg\":\"String should "
     "have at least 1 character\",\"input\":\"\",\"ctx\":{\"min_length\":1}},{\"type\":\"value_error\",\"loc\":["
     "\"body\",\"items\",0,\"tag_value\"],\"msg\":\"Value error, the text must not hold control characters\","
     "\"input\":\"x\\u0000\",\"ctx\":{\"error\":\"the text must not hold control characters\"}},{\"type\":"
     "\"bool_parsing\",\"loc\":[\"body\",\"override_existing\"],\"msg\":\"Input should be a valid boolean, unable to "
     "interpret input\",\"input\":5},{\"type\":\"string_too_short\",\"loc\":[\"body\",\"created_by\"],\"msg\":\"String "
     "should have at least 1 character\",\"input\":\"\",\"ctx\":{\"min_length\":1}}]}",
     OLD},
};

Test(api_tags_bulk, lists) {
    check_rows("T/tags/bulk", lists, sizeof lists / sizeof *lists, "");
}

/* A body with `count` items; `odd` of them (an index) has another key. Free it. */
static char *many(size_t count, size_t odd, const char *odd_key) {
    size_t room = count * 100 + 200;
    char *body = malloc(room);
    cr_assert_not_null(body);
    size_t used = (size_t)snprintf(body, room, "{\"created_by\":\"ui\",\"override_existing\":true,\"items\":[");
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(body + used, room - used,
                                 "%s{\"entity_type\":\"resource\",\"entity_id\":\"r%zu\",\"tag_key\":\"%s\","
                                 "\"tag_value\":\"v\"}",
                                 i ? "," : "", i, i == odd ? odd_key : "bu");
    snprintf(body + used, room - used, "]}");
    return body;
}

Test(api_tags_bulk, ten_thousand_and_one_more, .timeout = 120) {
    struct api_stage stage;
    start(&stage);
    char *body = many(10000, SIZE_MAX, NULL);
    cr_assert_str_eq(api_call(&stage, "POST", "T/tags/bulk", body), COUNTS("9999", "1", "0"));
    cr_assert_str_eq(api_call(&stage, "POST", "T/tags/bulk", body), COUNTS("0", "10000", "0"));
    free(body);
    body = many(10001, SIZE_MAX, NULL);
    const char *answer = api_call(&stage, "POST", "T/tags/bulk", body);
    cr_assert_eq(stage.status, 422);
    cr_assert_not_null(strstr(answer, "\"msg\":\"List should have at most 10000 items after validation, not 10001\""),
                       "%s", answer);
    cr_assert_not_null(strstr(answer, "\"ctx\":{\"field_type\":\"List\",\"max_length\":10000,\"actual_length\":10001}"),
                       "%s", answer);
    cr_assert_leq(stage.body_length, 1000);
    free(body);
    assert_rows(&stage.stage, "SELECT count(*) FROM tags", "10000");
    api_done(&stage);
}

Test(api_tags_bulk, ten_thousand_wrong_items_are_answered_shortly) {
    struct api_stage stage;
    static char body[10000 * 3 + 100];
    size_t used = (size_t)snprintf(body, sizeof body, "{\"items\":[");
    for (size_t i = 0; i < 10000; i++)
        used += (size_t)snprintf(body + used, sizeof body - used, "%s{}", i ? "," : "");
    snprintf(body + used, sizeof body - used, "]}");
    start(&stage);
    const char *answer = api_call(&stage, "POST", "T/tags/bulk", body);
    cr_assert_eq(stage.status, 422);
    json_t *parsed = json_loads(answer, 0, NULL);
    cr_assert_eq(json_array_size(json_object_get(parsed, "detail")), 100);
    json_decref(parsed);
    api_done(&stage);
}

Test(api_tags_bulk, a_wrong_item_at_the_end_or_a_failure_leaves_nothing) {
    struct api_stage stage;
    start(&stage);
    char *body = many(1000, 999, "not fine");
    api_call(&stage, "POST", "T/tags/bulk", body);
    cr_assert_eq(stage.status, 400, "%s", stage.body);
    free(body);
    assert_rows(&stage.stage, ROWS, OLD);
    stage_refuse(&stage.stage, "INSERT", "tags", "entity_id", "r500", "a failure half-way");
    body = many(1000, SIZE_MAX, NULL);
    api_call(&stage, "POST", "T/tags/bulk", body);
    cr_assert_eq(stage.status, 500, "%s", stage.body);
    assert_rows(&stage.stage, ROWS, OLD);
    stage_allow(&stage.stage, "tags");
    cr_assert_str_eq(api_call(&stage, "POST", "T/tags/bulk", body), COUNTS("999", "1", "0"));
    free(body);
    api_done(&stage);
}

static const struct {
    size_t length; /* of entity_id, in characters of three bytes */
    uint32_t status;
} ids[] = {{500, 200}, {501, 422}, {10000, 422}};

Test(api_tags_bulk, long_ids) {
    struct api_stage stage;
    static char body[31000];
    start(&stage);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        size_t used = (size_t)snprintf(body, sizeof body,
                                       "{\"created_by\":\"ui\",\"items\":[{\"entity_type\":"
                                       "\"resource\",\"tag_key\":\"k\",\"tag_value\":\"v\","
                                       "\"entity_id\":\"");
        for (size_t j = 0; j < ids[i].length; j++)
            used += (size_t)snprintf(body + used, sizeof body - used, "\xe2\x82\xac");
        snprintf(body + used, sizeof body - used, "\"}]}");
        api_call(&stage, "POST", "T/tags/bulk", body);
        cr_assert_eq(stage.status, ids[i].status, "%zu: %u %s", ids[i].length, stage.status, stage.body);
    }
    api_done(&stage);
}

/* ---- by filter ---- */

/* "Today" is 2026-03-20: the last 30 days begin on 2026-02-18. */
#define FACTS                                                                                                \
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, " \
    "product_type, identity_id, cost_type) VALUES "                                                          \
    "(1, 'confluent_cloud', 'acme-org', 'r2', 'KAFKA', 'A', 'sa-1', 'usage'),"                               \
    "(2, 'confluent_cloud', 'acme-org', 'r1', 'KAFKA', 'A', 'sa-2', 'usage'),"                               \
    "(3, 'confluent_cloud', 'acme-org', NULL, 'SUPPORT', 'C', 'UNALLOCATED', 'shared'),"                     \
    "(4, 'confluent_cloud', 'other-org', 'theirs', 'KAFKA', 'A', 'sa-1', 'usage'),"                          \
    "(5, 'confluent_cloud', 'acme-org', 'early', 'KAFKA', 'A', 'sa-1', 'usage');"                            \
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES "                      \
    "('2026-03-01 00:00:00', 1, '1', '{}'), ('2026-03-02 00:00:00', 1, '1', '{}'),"                          \
    "('2026-03-01 00:00:00', 2, '1', '{}'), ('2026-03-20 00:00:00', 3, '1', '{}'),"                          \
    "('2026-03-01 00:00:00', 4, '1', '{}'), ('2026-02-17 00:00:00', 5, '1', '{}')"

#define WISH(more_) "{\"tag_key\":\"bu\",\"display_name\":\"x\",\"created_by\":\"ui\"" more_ "}"
#define ANSWER(created_, updated_, skipped_) \
    "{\"created_count\":" created_ ",\"updated_count\":" updated_ ",\"skipped_count\":" skipped_ ",\"errors\":[]}"

static const struct row filters[] = {
    {WISH(""), 200, ANSWER("2", "0", "1"), OLD "\nresource/r2/bu=x ui\nidentity/UNALLOCATED/bu=x ui"},
    {WISH(",\"override_existing\":\"yes\""), 200, ANSWER("2", "1", "0"),
     "resource/r1/bu=x somebody\nresource/r2/bu=x ui\nidentity/UNALLOCATED/bu=x ui"},
    {WISH(",\"start_date\":\"2026-02-17\",\"end_date\":\"2026-02-17\",\"timezone\":\"\""), 200, ANSWER("1", "0", "0"),
     OLD "\nresource/early/bu=x ui"},
    {WISH(",\"end_date\":1772409600"), 200, ANSWER("2", "0", "1"), OLD "\nresource/early/bu=x ui\nresource/r2/bu=x ui"},
    /* Daily facts belong to their day, whatever the zone. */
    {WISH(",\"start_date\":\"2026-03-02\",\"end_date\":\"2026-03-02\",\"timezone\":\"America/Denver\""), 200,
     ANSWER("1", "0", "0"), OLD "\nresource/r2/bu=x ui"},
    {WISH(",\"identity_id\":\"sa-1\""), 200, ANSWER("1", "0", "0"), OLD "\nresource/r2/bu=x ui"},
    {WISH(",\"identity_id\":\"nobody\""), 200, ANSWER("0", "0", "0"), OLD},
    {WISH(",\"identity_id\":null,\"start_date\":null"), 200, ANSWER("2", "0", "1"),
     OLD "\nresource/r2/bu=x ui\nidentity/UNALLOCATED/bu=x ui"},
    {WISH(",\"entity_type\":\"resource\",\"identity_id\":\"sa-2\""), 200, ANSWER("0", "0", "1"), OLD},
    {WISH(",\"entity_type\":\"identity\""), 200, ANSWER("3", "0", "0"),
     OLD "\nidentity/sa-1/bu=x ui\nidentity/sa-2/bu=x ui\nidentity/UNALLOCATED/bu=x ui"},
    {WISH(",\"entity_type\":\"identity\",\"identity_id\":\"sa-1\""), 200, ANSWER("1", "0", "0"),
     OLD "\nidentity/sa-1/bu=x ui"},
    {WISH(",\"entity_type\":\"cluster\""), 422, "{\"detail\":\"Invalid entity_type 'cluster'\"}", OLD},
    {WISH(",\"start_date\":\"2026-03-02\",\"end_date\":\"2026-03-01\",\"timezone\":\"Nowhere\""), 400,
     "{\"detail\":\"start_date must be <= end_date\"}", OLD},
    {WISH(",\"timezone\":\"Nowhere\""), 400, "{\"detail\":\"Unknown timezone: 'Nowhere'\"}", OLD},
    {WISH(",\"timezone\":\"../x\""), 400, "{\"detail\":\"Unknown timezone: '../x'\"}", OLD},
    {WISH(",\"start_date\":\"0001-01-01\",\"end_date\":\"9999-12-30\""), 200, ANSWER("3", "0", "1"),
     OLD "\nresource/early/bu=x ui\nresource/r2/bu=x ui\nidentity/UNALLOCATED/bu=x ui"},
    {"{\"tag_key\":\"b u\",\"display_name\":\"x\",\"created_by\":\"ui\"}", 400,
     "{\"detail\":\"Invalid tag key format: 'b u'\"}", OLD},
    {"{}", 422,
     "{\"detail\":[" MISSING(",\"tag_key\"", "{}") "," MISSING(",\"display_name\"", "{}") "," MISSING(",\"created_by\"",
                                                                                                      "{}") "]}",
     OLD},
    {WISH(",\"start_date\":\"2026-3-1\",\"end_date\":true"), 422,
     "{\"detail\":[{\"type\":\"date_from_datetime_parsing\",\"loc\":[\"body\",\"start_date\"],\"msg\":\"Input should "
     "be a valid date or datetime, input is too short\",\"input\":\"2026-3-1\",\"ctx\":{\"error\":\"input is too "
     "short\"}},{\"type\":\"date_type\",\"loc\":[\"body\",\"end_date\"],\"msg\":\"Input should be a valid date\","
     "\"input\":true}]}",
     OLD},
    {NULL, 422, "{\"detail\":[" MISSING("", "null") "]}", OLD},
};

Test(api_tags_bulk, by_filter) {
    check_rows("T/tags/bulk-by-filter", filters, sizeof filters / sizeof *filters, FACTS);
}

Test(api_tags_bulk, hourly_facts_belong_to_the_day_of_the_zone) {
    struct api_stage stage;
    start(&stage);
    stage.tenant.hourly = 1;
    stage_run(&stage.stage, FACTS ";INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES "
                                  "('2026-03-10 05:00:00', 5, '1', '{}')");
    /* 05:00 UTC is the evening before in Denver. */
    cr_assert_str_eq(api_call(&stage, "POST", "T/tags/bulk-by-filter",
                              WISH(",\"start_date\":\"2026-03-09\",\"end_date\":\"2026-03-09\",\"timezone\":"
                                   "\"America/Denver\"")),
                     ANSWER("1", "0", "0"));
    assert_rows(&stage.stage, ROWS, OLD "\nresource/early/bu=x ui");
    api_done(&stage);
}

Test(api_tags_bulk, nothing_found_writes_nothing) {
    struct api_stage stage;
    start(&stage);
    /* Not even a lock is taken. */
    stage_lock(&stage.stage);
    cr_assert_str_eq(api_call(&stage, "POST", "T/tags/bulk-by-filter", WISH("")), ANSWER("0", "0", "0"));
    stage_unlock(&stage.stage);
    api_done(&stage);
}
