#include "api/cost_fixture.h"
#include "api/handlers.h"
#include "api/support.h"

static const struct cg_route routes[] = {
    {.method = "POST",
     .path = "/api/v1/tenants/{}/export",
     .store = CG_ROUTE_READ,
     .flags = CG_ROUTE_BODY,
     .handle = cg_api_export},
};

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, 1);
    stage_run(&stage->stage, COST_CHARGEBACKS);
}

static const char *ask(struct api_stage *stage, const char *body) {
    return api_call(stage, "POST", "T/export", body);
}

#define MARCH "\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-03\""
#define DEFAULTS \
    "timestamp,resource_id,product_category,product_type,identity_id,cost_type,amount,allocation_method,tags\n"
#define DAY_ "2026-03-01 00:00:00+00:00"

struct answer {
    const char *body;
    const char *wanted;
};

static const struct answer answers[] = {
    {"{" MARCH "}", DEFAULTS DAY_
     ",,SUPPORT_CLOUD,SUPPORT,UNALLOCATED,shared,5,even_split,\n" DAY_
     ",lfcp-1,FLINK,FLINK_NUM_CFU,sa-2,usage,1.50,usage_ratio,team=payments\n" DAY_
     ",lkc-1,KAFKA,KAFKA_BASE,sa-1,shared,3.333333333333333333,even_split,team=platform;owner=alice\n" DAY_
     ",lkc-1,KAFKA,KAFKA_BASE,sa-2,shared,3.333333333333333333,even_split,team=platform;owner=alice\n" DAY_
     ",lkc-1,KAFKA,KAFKA_NUM_CKU,sa-1,usage,7.2000,usage_ratio,team=platform;owner=alice\n" DAY_
     ",lkc-1,KAFKA,KAFKA_NUM_CKU,sa-2,usage,3.0000,usage_ratio,team=platform;owner=alice\n"},
    {"{" MARCH ",\"columns\":[\"metadata\",\"allocation_detail\",\"tenant_id\",\"ecosystem\",\"amount\",\"amount\"],"
     "\"filters\":{\"cost_type\":\"shared\"}}",
     "metadata,allocation_detail,tenant_id,ecosystem,amount,amount\n"
     "{},no_identities_located,acme-org,confluent_cloud,5,5\n"
     "\"{\"\"env_id\"\":\"\"env-1\"\"}\",even_split_allocation,acme-org,confluent_cloud,3.333333333333333333,"
     "3.333333333333333333\n"
     "\"{\"\"env_id\"\":\"\"env-1\"\"}\",even_split_allocation,acme-org,confluent_cloud,3.333333333333333333,"
     "3.333333333333333333\n"},
    /* A row of one empty cell is written as two quotes. */
    {"{" MARCH ",\"columns\":[\"resource_id\"],\"filters\":{\"product_type\":\"SUPPORT\"}}", "resource_id\n\"\"\n"},
    {"{" MARCH ",\"columns\":[\"tags\",\"resource_id\"],\"filters\":{\"product_type\":\"SUPPORT\"}}",
     "tags,resource_id\n,\n"},
    {"{" MARCH
     ",\"columns\":[],\"filters\":{\"resource_id\":\"lkc-1\",\"identity_id\":\"sa-2\",\"cost_type\":\"usage\"}}",
     DEFAULTS DAY_ ",lkc-1,KAFKA,KAFKA_NUM_CKU,sa-2,usage,3.0000,usage_ratio,team=platform;owner=alice\n"},
    {"{" MARCH ",\"columns\":null,\"filters\":null,\"filters\":{\"resource_id\":\"\"},\"timezone\":null,\"more\":1}",
     DEFAULTS},
    {"{}", DEFAULTS DAY_ ",,SUPPORT_CLOUD,SUPPORT,UNALLOCATED,shared,5,even_split,\n"},
    {"{\"start_date\":\"2026-03-02\",\"end_date\":\"2026-03-03\"}", DEFAULTS},
};

Test(api_export, answers) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const char *text = ask(&stage, answers[i].body);
        cr_assert_eq(stage.status, 200, "%s: %s", answers[i].body, text);
        if (strcmp(answers[i].body, "{}") == 0) /* the last 30 days, which all of it lies in */
            cr_assert_eq(strncmp(text, answers[i].wanted, strlen(answers[i].wanted)), 0, "%s", text);
        else
            cr_assert_str_eq(text, answers[i].wanted, "%s", answers[i].body);
        cr_assert_str_eq(stage.content_type, "text/csv; charset=utf-8");
        cr_assert_str_eq(stage.headers, "content-disposition: attachment; filename=chargebacks.csv\n");
    }
    api_done(&stage);
}

struct refusal {
    const char *body;
    uint32_t status;
    const char *wanted; /* the whole body, or a part of it with status 422 */
};

static const struct refusal refusals[] = {
    {"{\"start_date\":\"2026-03-02\",\"end_date\":\"2026-03-01\",\"columns\":[\"x\"],\"filters\":{\"tag\":\"x\"}}", 400,
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {"{\"timezone\":\"x\",\"columns\":[\"x\"],\"filters\":{\"tag\":\"x\"}}", 400,
     "{\"detail\":\"Unknown timezone: 'x'\"}"},
    {"{\"columns\":[\"x\",\"amount\",\"a\",\"x\"],\"filters\":{\"tag\":\"x\"}}", 400,
     "{\"detail\":\"Invalid columns: ['a', 'x']\"}"},
    {"{\"columns\":[\"amount\"],\"filters\":{\"tag\":\"x\",\"cost_type\":\"usage\",\"a\":\"\"}}", 400,
     "{\"detail\":\"Invalid filter keys: ['a', 'tag']\"}"},
    {"{\"columns\":[\"env_id\"]}", 400, "{\"detail\":\"Invalid columns: ['env_id']\"}"},
    {"{\"columns\":\"amount\",\"filters\":{\"tag\":\"x\"}}", 422,
     "{\"type\":\"list_type\",\"loc\":[\"body\",\"columns\"],\"msg\":\"Input should be a valid list\""},
    {"{\"columns\":[\"amount\",7]}", 422,
     "{\"type\":\"string_type\",\"loc\":[\"body\",\"columns\",1],\"msg\":\"Input should be a valid "
     "string\",\"input\":7}"},
    {"{\"filters\":[]}", 422, "{\"type\":\"dict_type\",\"loc\":[\"body\",\"filters\"]"},
    {"{\"filters\":{\"cost_type\":null}}", 422,
     "{\"type\":\"string_type\",\"loc\":[\"body\",\"filters\",\"cost_type\"]"},
    {"{\"start_date\":\"x\",\"columns\":7}", 422, "\"loc\":[\"body\",\"start_date\"]"},
    {"[]", 422, "\"type\":\"model_attributes_type\""},
    {NULL, 422, "\"type\":\"missing\",\"loc\":[\"body\"]"},
};

Test(api_export, refusals) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        const char *text = ask(&stage, refusal->body);
        cr_assert_eq(stage.status, refusal->status, "%s: %u %s", refusal->body, stage.status, text);
        if (refusal->status == 422)
            cr_assert_not_null(strstr(text, refusal->wanted), "%s: %s", refusal->body, text);
        else
            cr_assert_str_eq(text, refusal->wanted, "%s", refusal->body);
        cr_assert_str_eq(stage.headers, "");
    }
    api_done(&stage);
}

Test(api_export, too_many_columns) {
    struct api_stage stage;
    struct cg_buf body;
    open_stage(&stage);
    for (int count = 100; count < 102; count++) {
        cg_buf_init(&body, 1 << 20);
        cg_buf_add_text(&body, "{\"columns\":[");
        for (int i = 0; i < count; i++)
            cg_buf_add_text(&body, i ? ",\"amount\"" : "\"amount\"");
        cg_buf_add_text(&body, "]}");
        ask(&stage, cg_buf_text(&body));
        cr_assert_eq(stage.status, count == 100 ? 200 : 422, "%d: %s", count, stage.body);
        cg_buf_done(&body);
    }
    cr_assert_not_null(strstr(stage.body, "List should have at most 100 items after validation, not 101"));
    api_done(&stage);
}

/* Cells that a spreadsheet would compute, separators within tags, quotes, and amounts that only look dangerous. */
Test(api_export, odd_texts) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage,
              "DELETE FROM chargeback_facts; DELETE FROM tags;" COST_DIMENSION("11", "'=1+1'", "+K", "@P\"q", "-sa,\n1",
                                                                               "\tusage", "'\rm'", "NULL", "e\"1")
                  COST_FACT("11", "2026-03-01 00:00:00", "-1E-7") COST_TAG("identity", "-sa,\n1", "-a;b", "=c\\d")
                      COST_TAG("resource", "=1+1", "k=", ""));
    cr_assert_str_eq(ask(&stage, "{" MARCH ",\"columns\":[\"resource_id\",\"product_category\",\"product_type\","
                                 "\"identity_id\",\"cost_type\",\"allocation_method\",\"allocation_detail\",\"amount\","
                                 "\"tags\",\"metadata\"]}"),
                     "resource_id,product_category,product_type,identity_id,cost_type,allocation_method,"
                     "allocation_detail,amount,tags,metadata\n"
                     "'=1+1,'+K,\"'@P\"\"q\",\"'-sa,\n1\",'\tusage,\"'\rm\",,-1E-7,'-a\\;b=\\=c\\\\d;k\\==,"
                     "\"{\"\"env_id\"\":\"\"e\\\"\"1\"\"}\"\n");
    /* What is no number is a text like any other. */
    stage_run(&stage.stage, "UPDATE chargeback_facts SET amount = '=cmd' WHERE dimension_id = 11");
    cr_assert_str_eq(ask(&stage, "{" MARCH ",\"columns\":[\"amount\"]}"), "amount\n'=cmd\n");
    api_done(&stage);
}

/* Hourly facts of a zone's day. */
Test(api_export, zone) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage, "DELETE FROM chargeback_facts;" COST_FACT("1", "2026-03-08 06:00:00", "1")
                                COST_FACT("1", "2026-03-08 07:00:00", "2") COST_FACT("1", "2026-03-09 05:59:59", "4")
                                    COST_FACT("1", "2026-03-09 06:00:00", "8"));
    const char *body = "{\"start_date\":\"2026-03-08\",\"end_date\":\"2026-03-08\",\"timezone\":\"America/Denver\","
                       "\"columns\":[\"amount\",\"timestamp\"]}";
    stage.tenant.hourly = 1;
    cr_assert_str_eq(ask(&stage, body), "amount,timestamp\n2,2026-03-08 07:00:00+00:00\n4,2026-03-09 05:59:59+00:00\n");
    stage.tenant.hourly = 0;
    cr_assert_str_eq(ask(&stage, body), "amount,timestamp\n1,2026-03-08 06:00:00+00:00\n2,2026-03-08 07:00:00+00:00\n");
    api_done(&stage);
}

/* A reply is given in pieces; a failure between them is told, and the store can be used afterwards. */
Test(api_export, pieces) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage,
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO "
              "chargeback_facts SELECT datetime('2026-03-02', '+' || i || ' seconds'), 1, i || '.5', '{}' "
              "FROM n");
    struct cg_arena *arena = cg_arena_new();
    struct cg_http_request request = {.method = "POST", .body = "{}", .body_length = 2};
    struct cg_call call = {.request = &request,
                           .arena = arena,
                           .now = stage.now,
                           .tenant = &stage.tenant,
                           .store = stage.stage.store,
                           .body = json_object()};
    cg_buf_init(&call.reply.body, CG_REPLY_LIMIT);
    cr_assert_eq(cg_api_export(&call), CG_OK, "%s", call.error.text);
    int32_t more = 1;
    size_t pieces = 0;
    size_t bytes = 0;
    for (; more; pieces++) {
        cg_buf_clear(&call.reply.body);
        cr_assert_eq(call.reply.stream.next(call.reply.stream.state, &call.reply.body, &more, &call.error), CG_OK, "%s",
                     call.error.text);
        cr_assert_lt(call.reply.body.length, 70000);
        bytes += call.reply.body.length;
        if (pieces == 2) /* seen by nobody who has begun before */
            stage_run(&stage.stage, "UPDATE chargeback_facts SET amount = '1'");
    }
    cr_assert_gt(pieces, 5);
    cr_assert_gt(bytes, 5000 * 90);
    call.reply.stream.end(call.reply.stream.state);
    json_decref(call.body);
    cg_buf_done(&call.reply.body);
    cg_arena_free(arena);
    ask(&stage, "{\"columns\":[\"amount\"],\"filters\":{\"identity_id\":\"sa-1\",\"cost_type\":\"usage\"}}");
    cr_assert_eq(strncmp(stage.body, "amount\n1\n1\n", 11), 0);
    cr_assert_eq(stage.body_length, 7 + 2 * 5001);
    api_done(&stage);
}

/* SQLite keeps times as texts, PostgreSQL as times. */
Test(api_export, damaged_time) {
    struct api_stage stage;
    open_stage(&stage);
    if (stage_on_postgres()) {
        api_done(&stage);
        return;
    }
    stage_run(&stage.stage, "UPDATE chargeback_facts SET timestamp = '2026-03-01 x' WHERE dimension_id = 5");
    struct cg_arena *arena = cg_arena_new();
    struct cg_http_request request = {.method = "POST", .body = "{}", .body_length = 2};
    struct cg_call call = {.request = &request,
                           .arena = arena,
                           .now = stage.now,
                           .tenant = &stage.tenant,
                           .store = stage.stage.store,
                           .body = json_object()};
    int32_t more = 1;
    cg_buf_init(&call.reply.body, CG_REPLY_LIMIT);
    cr_assert_eq(cg_api_export(&call), CG_OK, "%s", call.error.text);
    cr_assert_eq(call.reply.stream.next(call.reply.stream.state, &call.reply.body, &more, &call.error), CG_PERMANENT);
    cr_assert_not_null(strstr(call.error.text, "'2026-03-01 x' where a time was expected"), "%s", call.error.text);
    call.reply.stream.end(call.reply.stream.state);
    json_decref(call.body);
    cg_buf_done(&call.reply.body);
    cg_arena_free(arena);
    api_done(&stage);
}
