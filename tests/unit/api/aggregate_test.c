#include "api/cost_fixture.h"
#include "api/handlers.h"
#include "api/support.h"

static const struct cg_route routes[] = {
    {.method = "GET",
     .path = "/api/v1/tenants/{}/chargebacks/aggregate",
     .store = CG_ROUTE_READ,
     .handle = cg_api_aggregate},
};

#define T "T/chargebacks/aggregate"
#define MARCH "start_date=2026-03-01&end_date=2026-03-03"

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, 1);
    stage_run(&stage->stage, COST_CHARGEBACKS);
}

#define EMPTY "{\"buckets\":[],\"total_amount\":\"0\",\"usage_amount\":\"0\",\"shared_amount\":\"0\",\"total_rows\":0}"

Test(api_aggregate, empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    assert_get(&stage, T, 200, EMPTY);
    assert_get(&stage, T "?group_by=tag:team&time_bucket=hour", 200, EMPTY);
    api_done(&stage);
}

#define BUCKET(dimensions, time, total, usage, shared, rows)                                  \
    "{\"dimensions\":{" dimensions "},\"time_bucket\":\"" time "\",\"total_amount\":\"" total \
    "\",\"usage_amount\":\"" usage "\",\"shared_amount\":\"" shared "\",\"row_count\":" rows "}"

#define TOTALS(total, usage, shared, rows)                                                        \
    "],\"total_amount\":\"" total "\",\"usage_amount\":\"" usage "\",\"shared_amount\":\"" shared \
    "\",\"total_rows\":" rows "}"

#define ALL TOTALS("23.366666666666666666", "11.7000", "11.666666666666666666", "6")

struct answer {
    const char *target;
    const char *wanted;
};

static const struct answer answers[] = {
    /* By environment and team, by week: exact where the sums of doubles were "16.866666666666667". */
    {T "?" MARCH "&group_by=environment_id&group_by=tag:team&time_bucket=week",
     "{\"buckets\":[" BUCKET(
         "\"environment_id\":\"\",\"tag:team\":\"UNTAGGED\"", "2026-W08", "5", "0", "5",
         "1") "," BUCKET("\"environment_id\":\"env-1\",\"tag:team\":\"payments\"", "2026-W08", "1.50", "1.50", "0",
                         "1") "," BUCKET("\"environment_id\":\"env-1\",\"tag:team\":\"platform\"", "2026-W08",
                                         "16.866666666666666666", "10.2000", "6.666666666666666666", "4") ALL},
    {T "?" MARCH,
     "{\"buckets\":[" BUCKET("\"identity_id\":\"UNALLOCATED\"", "2026-03-01", "5", "0", "5", "1") "," BUCKET(
         "\"identity_id\":\"sa-1\"", "2026-03-01", "10.533333333333333333", "7.2000", "3.333333333333333333",
         "2") "," BUCKET("\"identity_id\":\"sa-2\"", "2026-03-01", "7.833333333333333333", "4.5000",
                         "3.333333333333333333", "3") ALL},
    /* Null comes first and is shown as "". A column given twice appears once. Columns come before tags. */
    {T "?" MARCH "&group_by=tag:owner&group_by=resource_id&group_by=resource_id&group_by=tag:owner&time_bucket=month",
     "{\"buckets\":[" BUCKET(
         "\"resource_id\":\"\",\"tag:owner\":\"UNTAGGED\"", "2026-03", "5", "0", "5",
         "1") "," BUCKET("\"resource_id\":\"lfcp-1\",\"tag:owner\":\"UNTAGGED\"", "2026-03", "1.50", "1.50", "0",
                         "1") "," BUCKET("\"resource_id\":\"lkc-1\",\"tag:owner\":\"alice\"", "2026-03",
                                         "16.866666666666666666", "10.2000", "6.666666666666666666", "4") ALL},
    {T "?" MARCH "&group_by=cost_type&time_bucket=hour",
     "{\"buckets\":[" BUCKET("\"cost_type\":\"shared\"", "2026-03-01T00:00:00", "11.666666666666666666", "0",
                             "11.666666666666666666", "3") "," BUCKET("\"cost_type\":\"usage\"", "2026-03-01T00:00:00",
                                                                      "11.7000", "11.7000", "0", "3") ALL},
    {T "?" MARCH "&group_by=product_category&group_by=product_type&group_by=allocation_method&identity_id=sa-1&"
       "cost_type=usage",
     "{\"buckets\":[" BUCKET("\"product_category\":\"KAFKA\",\"product_type\":\"KAFKA_NUM_CKU\","
                             "\"allocation_method\":\"usage_ratio\"",
                             "2026-03-01", "7.2000", "7.2000", "0", "1") TOTALS("7.2000", "7.2000", "0", "1")},
    /* The resource's tag hides the identity's. */
    {T "?" MARCH "&tag:team=payments&group_by=product_type",
     "{\"buckets\":[" BUCKET("\"product_type\":\"FLINK_NUM_CFU\"", "2026-03-01", "1.50", "1.50", "0", "1")
         TOTALS("1.50", "1.50", "0", "1")},
    /* Values are split at commas, blanks around them dropped; a key twice is one list; keys are all needed. */
    {T "?" MARCH "&tag:team=nobody,+platform+,&tag:team=,other&tag:owner=alice&tag:ignored=+,,&group_by=tag:team",
     "{\"buckets\":[" BUCKET("\"tag:team\":\"platform\"", "2026-03-01", "16.866666666666666666", "10.2000",
                             "6.666666666666666666", "4")
         TOTALS("16.866666666666666666", "10.2000", "6.666666666666666666", "4")},
    /* A row without the tag does not match, not even the word that stands for none. */
    {T "?" MARCH "&tag:team=UNTAGGED", EMPTY},
    {T "?" MARCH "&tag:team=platform&tag:owner=bob", EMPTY},
    {T "?" MARCH "&product_type=", EMPTY},
    {T "?" MARCH "&resource_id=lkc-1&product_type=SUPPORT", EMPTY},
    {T "?start_date=0001-01-02&end_date=0001-01-03", EMPTY},
    {T "?start_date=9999-12-01&end_date=9999-12-30", EMPTY},
};

Test(api_aggregate, answers) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_get(&stage, answers[i].target, 200, answers[i].wanted);
    api_done(&stage);
}

#define COLUMNS                                                                                                \
    "['allocation_method', 'cost_type', 'environment_id', 'identity_id', 'product_category', 'product_type', " \
    "'resource_id']"

static const struct answer refusals[] = {
    {T "?tag:a.b=x&group_by=tag:c.d&group_by=foo&time_bucket=year&start_date=2026-03-02&end_date=2026-03-01",
     "{\"detail\":\"Invalid tag key format: 'a.b'\"}"},
    {T "?group_by=foo&group_by=tag:c.d&time_bucket=year", "{\"detail\":\"Invalid tag key format in group_by: 'c.d'\"}"},
    {T "?group_by=tag:", "{\"detail\":\"Invalid tag key format in group_by: ''\"}"},
    {T "?tag:=x", "{\"detail\":\"Invalid tag key format: ''\"}"},
    {T "?tag:it's=x", "{\"detail\":\"Invalid tag key format: \\\"it's\\\"\"}"},
    {T "?tag:team%0A=x", "{\"detail\":\"Invalid tag key format: 'team\\\\n'\"}"},
    {T "?group_by=foo&group_by=identity_id&group_by=bar&group_by=foo&time_bucket=year",
     "{\"detail\":\"group_by must be from " COLUMNS ", got invalid: ['bar', 'foo']\"}"},
    {T "?group_by=identity_id,resource_id",
     "{\"detail\":\"group_by must be from " COLUMNS ", got invalid: ['identity_id,resource_id']\"}"},
    {T "?group_by=", "{\"detail\":\"group_by must be from " COLUMNS ", got invalid: ['']\"}"},
    {T "?group_by=env_id", "{\"detail\":\"group_by must be from " COLUMNS ", got invalid: ['env_id']\"}"},
    {T "?time_bucket=year&start_date=2026-03-02&end_date=2026-03-01",
     "{\"detail\":\"time_bucket must be one of ['day', 'hour', 'month', 'week']\"}"},
    {T "?time_bucket=", "{\"detail\":\"time_bucket must be one of ['day', 'hour', 'month', 'week']\"}"},
    {T "?start_date=2026-03-02&end_date=2026-03-01&timezone=Nowhere",
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {T "?timezone=Nowhere", "{\"detail\":\"Unknown timezone: 'Nowhere'\"}"},
    {T "?timezone=../x", "{\"detail\":\"Unknown timezone: '../x'\"}"},
};

Test(api_aggregate, refusals) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_get(&stage, refusals[i].target, 400, refusals[i].wanted);
    cr_assert_not_null(
        strstr(api_get(&stage, T "?start_date=2026-3-1&group_by=foo"), "\"loc\":[\"query\",\"start_date\"]"));
    cr_assert_eq(stage.status, 422);
    api_done(&stage);
}

/* Keys that differ in punctuation only, as group and as filter. */
Test(api_aggregate, tag_keys_that_look_alike) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage,
              COST_TAG("resource", "lkc-1", "cost-center", "a") COST_TAG("resource", "lkc-1", "cost_center", "b"));
    assert_get(&stage,
               T "?" MARCH "&group_by=tag:cost-center&group_by=tag:cost_center&tag:cost-center=a&tag:cost_center=b&"
                 "cost_type=usage",
               200,
               "{\"buckets\":[" BUCKET("\"tag:cost-center\":\"a\",\"tag:cost_center\":\"b\"", "2026-03-01", "10.2000",
                                       "10.2000", "0", "2") TOTALS("10.2000", "10.2000", "0", "2"));
    api_done(&stage);
}

/* A text of `count` times `piece`, in the arena; %zu in it is the number of the piece. */
static const char *repeated(struct api_stage *stage, const char *start, const char *piece, size_t count) {
    struct cg_buf buf;
    cg_buf_init(&buf, 1 << 20);
    cg_buf_add_text(&buf, start);
    for (size_t i = 0; i < count; i++) {
        const char *number = strchr(piece, '#');
        cg_buf_add(&buf, piece, number ? (size_t)(number - piece) : strlen(piece));
        if (number)
            cg_buf_printf(&buf, "%zu%s", i, number + 1);
    }
    const char *text = cg_arena_string(stage->stage.arena, cg_buf_text(&buf));
    cg_buf_done(&buf);
    return text;
}

Test(api_aggregate, hostile_parameters) {
    struct api_stage stage;
    open_stage(&stage);
    const char *few = repeated(&stage, T "?" MARCH "&group_by=cost_type", "&group_by=tag:k#&tag:team=v#", 50);
    assert_get(&stage, few, 200, EMPTY);
    const char *groups = repeated(&stage, T "?" MARCH, "&group_by=tag:k#", 51);
    assert_get(&stage, groups, 400, "{\"detail\":\"At most 50 tag keys can be used in one request\"}");
    const char *filters = repeated(&stage, T "?" MARCH, "&tag:k#=v", 51);
    assert_get(&stage, filters, 400, "{\"detail\":\"At most 50 tag keys can be used in one request\"}");
    const char *values = repeated(&stage, T "?" MARCH "&tag:owner=alice", ",v#", 4000);
    cr_assert_not_null(strstr(api_get(&stage, values), "\"total_rows\":4"), "%s", stage.body);
    const char *values_of_many = repeated(&stage, T "?" MARCH, "&tag:k#=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", 50);
    assert_get(&stage, values_of_many, 200, EMPTY);
    const char *value = repeated(&stage, T "?" MARCH "&identity_id=", "x", 10000);
    assert_get(&stage, value, 200, EMPTY);
    const char *key = repeated(&stage, T "?" MARCH "&group_by=tag:", "x", 10000);
    api_get(&stage, key);
    cr_assert_eq(stage.status, 400);
    cr_assert_lt(strlen(stage.body), 1200);
    const char *words = repeated(&stage, T "?" MARCH, "&group_by=w#", 2000);
    api_get(&stage, words);
    cr_assert_eq(stage.status, 400);
    api_get(&stage, T "?" MARCH "&tag:%FF=x");
    cr_assert_neq(stage.status, 200);
    api_done(&stage);
}

/* Facts of an hour each: days of the zone, hours of UTC. A daily tenant has no use for the zone. */
Test(api_aggregate, days_of_a_zone) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage, "DELETE FROM chargeback_facts;" COST_FACT("1", "2026-03-08 06:00:00", "1")
                                COST_FACT("1", "2026-03-08 07:00:00", "2") COST_FACT("1", "2026-03-09 05:00:00", "4")
                                    COST_FACT("1", "2026-03-09 06:00:00", "8"));
    const char *target = T "?start_date=2026-03-07&end_date=2026-03-09&timezone=America/Denver";
    /* The 8th of March has 23 hours there. */
    stage.tenant.hourly = 1;
    assert_get(&stage, target, 200,
               "{\"buckets\":[" BUCKET("\"identity_id\":\"sa-1\"", "2026-03-07", "1", "1", "0", "1") "," BUCKET(
                   "\"identity_id\":\"sa-1\"", "2026-03-08", "6", "6", "0",
                   "2") "," BUCKET("\"identity_id\":\"sa-1\"", "2026-03-09", "8", "8", "0", "1")
                   TOTALS("15", "15", "0", "4"));
    stage.tenant.hourly = 0;
    assert_get(&stage, target, 200,
               "{\"buckets\":[" BUCKET("\"identity_id\":\"sa-1\"", "2026-03-08", "3", "3", "0", "2") "," BUCKET(
                   "\"identity_id\":\"sa-1\"", "2026-03-09", "12", "12", "0", "2") TOTALS("15", "15", "0", "4"));
    stage.tenant.hourly = 1;
    assert_get(&stage, T "?start_date=2026-03-08&end_date=2026-03-08&timezone=America/Denver&time_bucket=hour", 200,
               "{\"buckets\":[" BUCKET("\"identity_id\":\"sa-1\"", "2026-03-08T07:00:00", "2", "2", "0",
                                       "1") "," BUCKET("\"identity_id\":\"sa-1\"", "2026-03-09T05:00:00", "4", "4", "0",
                                                       "1") TOTALS("6", "6", "0", "2"));
    api_done(&stage);
}

Test(api_aggregate, odd_amounts) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage,
              "DELETE FROM chargeback_facts;" COST_FACT("1", "2026-03-01 00:00:00", "1E-10")
                  COST_FACT("2", "2026-03-01 00:00:00", "1E+3") COST_FACT("3", "2026-03-01 00:00:00", "-0.50")
                      COST_FACT("4", "2026-03-01 00:00:00", "0.5"));
    assert_get(&stage, T "?" MARCH "&group_by=product_category", 200,
               "{\"buckets\":[" BUCKET("\"product_category\":\"KAFKA\"", "2026-03-01", "1000.0000000001",
                                       "1000.0000000001", "0", "4")
                   TOTALS("1000.0000000001", "1000.0000000001", "0", "4"));
    stage_run(&stage.stage, COST_FACT("5", "2026-03-01 00:00:00", "NaN"));
    cr_assert_not_null(strstr(api_get(&stage, T "?" MARCH), "'NaN' where a decimal number was expected"), "%s",
                       stage.body);
    cr_assert_eq(stage.status, 500);
    stage_run(&stage.stage, "UPDATE chargeback_facts SET amount = '1E+35' WHERE dimension_id = 5");
    cr_assert_not_null(strstr(api_get(&stage, T "?" MARCH "&group_by=cost_type"), "more than 38 digits"), "%s",
                       stage.body);
    cr_assert_eq(stage.status, 500);
    api_done(&stage);
}
