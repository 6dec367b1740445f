#include "api/cost_fixture.h"
#include "api/handlers.h"
#include "api/support.h"

#define ROUTE(path_, handle_) \
    { .method = "GET", .path = "/api/v1/tenants/{}" path_, .store = CG_ROUTE_READ, .handle = (handle_) }

static const struct cg_route routes[] = {
    ROUTE("/chargebacks", cg_api_chargebacks),
    ROUTE("/chargebacks/dates", cg_api_chargeback_dates),
    ROUTE("/chargebacks/allocation-issues", cg_api_allocation_issues),
    ROUTE("/chargebacks/{}", cg_api_dimension),
};

#define T "T/chargebacks"
#define DAY1 "start_date=2026-03-01&end_date=2026-03-01"
#define DAYS "start_date=2026-03-01&end_date=2026-03-03"

/* Two more days of what was not allocated well, and another tenant. */
#define MORE                                                                                                    \
    COST_FACT("5", "2026-03-02 00:00:00", "1.50")                                                               \
    COST_FACT("6", "2026-03-02 00:00:00", "5")                                                                  \
    COST_FACT("5", "2026-03-03 00:00:00", "1.50")                                                               \
    COST_FACT("6", "2026-03-03 00:00:00", "5")                                                                  \
    "INSERT INTO chargeback_dimensions VALUES (7, 'confluent_cloud', 'other', 'lkc-1', 'KAFKA', 'KAFKA_BASE', " \
    "'sa-1', 'usage', NULL, 'no_metrics_located', 'env-1');" COST_FACT("7", "2026-03-01 00:00:00", "99")        \
        COST_FACT("7", "2026-03-05 00:00:00", "99")

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, sizeof routes / sizeof *routes);
    stage_run(&stage->stage, COST_CHARGEBACKS);
}

#define PAGE(items, total, page, size, pages) \
    "{\"items\":[" items "],\"total\":" total ",\"page\":" page ",\"page_size\":" size ",\"pages\":" pages "}"
#define ALL(items, total) PAGE(items, total, "1", "100", "1")
#define NONE PAGE("", "0", "1", "100", "0")

#define ITEM(id, time, resource, category, product, identity, type, amount, method, detail, tags, metadata)       \
    "{\"dimension_id\":" id ",\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"timestamp\":\"" time \
    "T00:00:00Z\",\"resource_id\":" resource ",\"product_category\":\"" category "\",\"product_type\":\"" product \
    "\",\"identity_id\":\"" identity "\",\"cost_type\":\"" type "\",\"amount\":\"" amount                         \
    "\",\"allocation_method\":\"" method "\",\"allocation_detail\":\"" detail "\",\"tags\":{" tags                \
    "},\"metadata\":{" metadata "}}"

#define ENV "\"env_id\":\"env-1\""
#define PLATFORM "\"team\":\"platform\",\"owner\":\"alice\""
#define KAFKA(id, product, identity, type, amount, method)                                                      \
    ITEM(id, "2026-03-01", "\"lkc-1\"", "KAFKA", product, identity, type, amount, method, method "_allocation", \
         PLATFORM, ENV)

#define ROW1 KAFKA("1", "KAFKA_NUM_CKU", "sa-1", "usage", "7.2000", "usage_ratio")
#define ROW2 KAFKA("2", "KAFKA_NUM_CKU", "sa-2", "usage", "3.0000", "usage_ratio")
#define ROW3 KAFKA("3", "KAFKA_BASE", "sa-1", "shared", "3.333333333333333333", "even_split")
#define ROW4 KAFKA("4", "KAFKA_BASE", "sa-2", "shared", "3.333333333333333333", "even_split")
#define FLINK(time)                                                                                 \
    ITEM("5", time, "\"lfcp-1\"", "FLINK", "FLINK_NUM_CFU", "sa-2", "usage", "1.50", "usage_ratio", \
         "no_metrics_located", "\"team\":\"payments\"", ENV)
#define SUPPORT(time)                                                                               \
    ITEM("6", time, "null", "SUPPORT_CLOUD", "SUPPORT", "UNALLOCATED", "shared", "5", "even_split", \
         "no_identities_located", "", "")
#define ROW5 FLINK("2026-03-01")
#define ROW6 SUPPORT("2026-03-01")

struct answer {
    const char *target;
    const char *wanted;
};

static const struct answer lists[] = {
    {T "?" DAY1 "&page=5&page_size=1", PAGE(ROW5, "6", "5", "1", "6")},
    {T "?" DAY1, ALL(ROW1 "," ROW2 "," ROW3 "," ROW4 "," ROW5 "," ROW6, "6")},
    {T "?" DAY1 "&page=2&page_size=4", PAGE(ROW5 "," ROW6, "6", "2", "4", "2")},
    {T "?" DAY1 "&page=3&page_size=4", PAGE("", "6", "3", "4", "2")},
    {T "?" DAY1 "&page=9223372036854775&page_size=1000", PAGE("", "6", "9223372036854775", "1000", "1")},
    {T "?" DAY1 "&identity_id=sa-1", ALL(ROW1 "," ROW3, "2")},
    {T "?" DAY1 "&product_type=KAFKA_BASE&identity_id=sa-2", ALL(ROW4, "1")},
    {T "?" DAY1 "&resource_id=lfcp-1", ALL(ROW5, "1")},
    {T "?" DAY1 "&cost_type=shared&page_size=2", PAGE(ROW3 "," ROW4, "3", "1", "2", "2")},
    {T "?" DAY1 "&cost_type=nonsense", NONE},
    {T "?" DAY1 "&resource_id=", NONE},
    {T "?" DAY1 "&identity_id=sa-1%27%20OR%20%271%27=%271", NONE},
    {T "?" DAY1 "&identity_id=SA-1", NONE},
    {T "?" DAYS "&resource_id=lfcp-1", ALL(FLINK("2026-03-01") "," FLINK("2026-03-02") "," FLINK("2026-03-03"), "3")},
    {T "?start_date=2026-03-02&end_date=2026-03-03",
     ALL(FLINK("2026-03-02") "," SUPPORT("2026-03-02") "," FLINK("2026-03-03") "," SUPPORT("2026-03-03"), "4")},
    /* A tag counts as it is shown: the resource's hides the identity's. */
    {T "?" DAY1 "&tag_key=team", ALL(ROW1 "," ROW2 "," ROW3 "," ROW4 "," ROW5, "5")},
    {T "?" DAY1 "&tag_key=team&tag_value=platform", ALL(ROW1 "," ROW2 "," ROW3 "," ROW4, "4")},
    {T "?" DAY1 "&tag_key=team&tag_value=payments", ALL(ROW5, "1")},
    {T "?" DAY1 "&tag_key=owner&identity_id=sa-1", ALL(ROW1 "," ROW3, "2")},
    {T "?" DAY1 "&tag_key=team&tag_value=Payments", NONE},
    {T "?" DAY1 "&tag_key=team&tag_value=", NONE},
    {T "?" DAY1 "&tag_key=", NONE},
    {T "?" DAY1 "&tag_key=a%20b/%C3%A9%22%27&tag_value=%25", NONE},
    {T "?" DAY1 "&tag_value=payments&identity_id=sa-1", ALL(ROW1 "," ROW3, "2")},
    /* Daily facts belong to their day in UTC. */
    {T "?" DAY1 "&timezone=America/Denver&identity_id=sa-1", ALL(ROW1 "," ROW3, "2")},
    {T "?start_date=2026-02-28&end_date=2026-02-28&timezone=America/Denver", NONE},
    {T "?start_date=0001-01-01&end_date=9999-12-30&product_type=KAFKA_NUM_CKU", ALL(ROW1 "," ROW2, "2")},
    {T "?start_date=2027-01-01&end_date=2027-12-31", NONE},
};

/* The same with and without another tenant in the database, which changes how facts are counted. */
Test(api_chargebacks, lists) {
    struct api_stage stage;
    open_stage(&stage);
    assert_get(&stage, T "?" DAYS, 200, ALL(ROW1 "," ROW2 "," ROW3 "," ROW4 "," ROW5 "," ROW6, "6"));
    stage_run(&stage.stage, MORE);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_get(&stage, lists[i].target, 200, lists[i].wanted);
    stage_run(&stage.stage, "DELETE FROM chargeback_facts WHERE dimension_id = 7;"
                            "DELETE FROM chargeback_dimensions WHERE dimension_id = 7");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_get(&stage, lists[i].target, 200, lists[i].wanted);
    api_done(&stage);
}

Test(api_chargebacks, empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    assert_get(&stage, T, 200, NONE);
    assert_get(&stage, T "?tag_key=team&tag_value=x&cost_type=usage", 200, NONE);
    assert_get(&stage, T "/dates", 200, "{\"dates\":[]}");
    assert_get(&stage, T "/allocation-issues", 200, NONE);
    assert_get(&stage, T "/1", 404, "{\"detail\":\"Dimension 1 not found\"}");
    api_done(&stage);
}

/* Where facts lie within a day, a day is one of the zone. */
Test(api_chargebacks, hours_follow_the_zone) {
    struct api_stage stage;
    open_stage(&stage);
    stage.tenant.hourly = 1;
    assert_get(&stage, T "?" DAY1 "&timezone=America/Denver", 200, NONE);
    assert_get(&stage, T "?start_date=2026-02-28&end_date=2026-02-28&timezone=America/Denver&identity_id=sa-1", 200,
               ALL(ROW1 "," ROW3, "2"));
    assert_get(&stage, T "?start_date=2026-03-01&end_date=2026-03-01&timezone=Asia/Kolkata&identity_id=sa-1", 200,
               ALL(ROW1 "," ROW3, "2"));
    assert_get(&stage, T "/allocation-issues?" DAY1 "&timezone=America/Denver", 200, NONE);
    api_done(&stage);
}

/* Odd texts come out as they went in; numbers as they are stored. */
Test(api_chargebacks, odd_values) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    stage_run(&stage.stage,
              "INSERT INTO chargeback_dimensions VALUES (9, 'confluent_cloud', 'acme-org', 'a\"\\\n\xc3\xa9', '', '', "
              "'', '', NULL, NULL, '');" COST_FACT("9", "2026-03-01 13:00:00", "-1E-7")
                  COST_TAG("identity", "", "k \"\xc3\xa9/", "v\n") COST_TAG("resource", "a\"\\\n\xc3\xa9", "z", "1")
                      COST_TAG("resource", "a\"\\\n\xc3\xa9", "a", "2"));
    assert_get(&stage, T "?" DAY1, 200,
               ALL("{\"dimension_id\":9,\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"timestamp\":"
                   "\"2026-03-01T13:00:00Z\",\"resource_id\":\"a\\\"\\\\\\n\xc3\xa9\",\"product_category\":\"\","
                   "\"product_type\":\"\",\"identity_id\":\"\",\"cost_type\":\"\",\"amount\":\"-1E-7\","
                   "\"allocation_method\":null,\"allocation_detail\":null,\"tags\":{\"k \\\"\xc3\xa9/\":\"v\\n\","
                   "\"z\":\"1\",\"a\":\"2\"},\"metadata\":{}}",
                   "1"));
    api_done(&stage);
}

/* ---- days ---- */

Test(api_chargebacks, dates) {
    struct api_stage stage;
    open_stage(&stage);
    assert_get(&stage, T "/dates", 200, "{\"dates\":[\"2026-03-01\"]}");
    assert_get(&stage, T "/dates?start_date=2030-01-01&x=y", 200, "{\"dates\":[\"2026-03-01\"]}");
    stage_run(&stage.stage, MORE);
    assert_get(&stage, T "/dates", 200, "{\"dates\":[\"2026-03-01\",\"2026-03-02\",\"2026-03-03\"]}");
    stage_run(&stage.stage, COST_FACT("1", "2026-03-02 23:00:00", "1") COST_FACT("1", "9999-12-31 23:00:00", "1")
                                COST_FACT("1", "0001-01-01 00:00:00", "1"));
    assert_get(&stage, T "/dates", 200,
               "{\"dates\":[\"0001-01-01\",\"2026-03-01\",\"2026-03-02\",\"2026-03-03\",\"9999-12-31\"]}");
    api_done(&stage);
}

/* ---- allocation issues ---- */

#define ISSUE(env, resource, product, identity, detail, rows, usage, shared, total)                                 \
    "{\"ecosystem\":\"confluent_cloud\",\"env_id\":\"" env "\",\"resource_id\":" resource                           \
    ",\"product_type\":\"" product "\",\"identity_id\":\"" identity "\",\"allocation_detail\":\"" detail            \
    "\",\"row_count\":" rows ",\"usage_cost\":\"" usage "\",\"shared_cost\":\"" shared "\",\"total_cost\":\"" total \
    "\"}"

#define SUPPORT_ISSUE(rows, cost) \
    ISSUE("", "null", "SUPPORT", "UNALLOCATED", "no_identities_located", rows, "0", cost, cost)
#define FLINK_ISSUE(rows, cost) \
    ISSUE("env-1", "\"lfcp-1\"", "FLINK_NUM_CFU", "sa-2", "no_metrics_located", rows, cost, "0", cost)

static const struct answer issues[] = {
    /* Exact where the sum of doubles was "4.5". */
    {T "/allocation-issues?" DAYS, ALL(SUPPORT_ISSUE("3", "15") "," FLINK_ISSUE("3", "4.50"), "2")},
    {T "/allocation-issues?" DAYS "&page=2&page_size=1", PAGE(FLINK_ISSUE("3", "4.50"), "2", "2", "1", "2")},
    {T "/allocation-issues?" DAYS "&page=3&page_size=1", PAGE("", "2", "3", "1", "2")},
    {T "/allocation-issues?" DAYS "&page=9223372036854775&page_size=1000",
     PAGE("", "2", "9223372036854775", "1000", "1")},
    {T "/allocation-issues?" DAY1 "&timezone=Asia/Tokyo",
     ALL(SUPPORT_ISSUE("1", "5") "," FLINK_ISSUE("1", "1.50"), "2")},
    {T "/allocation-issues?" DAYS "&identity_id=sa-2", ALL(FLINK_ISSUE("3", "4.50"), "1")},
    {T "/allocation-issues?" DAYS "&product_type=SUPPORT", ALL(SUPPORT_ISSUE("3", "15"), "1")},
    {T "/allocation-issues?" DAYS "&resource_id=lfcp-1", ALL(FLINK_ISSUE("3", "4.50"), "1")},
    {T "/allocation-issues?" DAYS "&resource_id=", NONE},
    {T "/allocation-issues?" DAYS "&identity_id=sa-1", NONE},
    {T "/allocation-issues?start_date=2020-01-01&end_date=2020-12-31", NONE},
};

Test(api_chargebacks, allocation_issues) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage, MORE);
    for (size_t i = 0; i < sizeof issues / sizeof *issues; i++)
        assert_get(&stage, issues[i].target, 200, issues[i].wanted);
    api_done(&stage);
}

#define ISSUE_ROW(id, resource, product, identity, type, amount)                      \
    COST_DIMENSION(id, resource, "KAFKA", product, identity, type, "NULL", "'x'", "") \
    COST_FACT(id, "2026-03-01 00:00:00", amount)

/* Sums are of all digits; those of one group come from several dimensions; equal sums are in the order of texts. */
Test(api_chargebacks, allocation_issues_in_order) {
    struct api_stage stage;
    api_init(&stage, routes, sizeof routes / sizeof *routes);
    stage_run(&stage.stage,
              ISSUE_ROW("1", "'r'", "P", "b", "usage", "0.1") ISSUE_ROW("2", "'r'", "P", "b", "shared", "0.2")
                  ISSUE_ROW("3", "'r'", "P", "b", "strange", "10000000000000000000.000000000000000001")
                      ISSUE_ROW("4", "'r'", "P", "a", "usage", "-1") ISSUE_ROW("5", "NULL", "P", "z", "usage", "3.0")
                          ISSUE_ROW("6", "'a'", "P", "z", "usage", "3")
                              ISSUE_ROW("7", "'a'", "B", "z", "shared", "3.00"));
    assert_get(
        &stage, T "/allocation-issues?" DAY1, 200,
        ALL(ISSUE("", "\"r\"", "P", "b", "x", "3", "0.1", "0.2", "10000000000000000000.300000000000000001") "," ISSUE(
                "", "null", "P", "z", "x", "1", "3.0", "0",
                "3.0") "," ISSUE("", "\"a\"", "B", "z", "x", "1", "0", "3.00",
                                 "3.00") "," ISSUE("", "\"a\"", "P", "z", "x", "1", "3", "0",
                                                   "3") "," ISSUE("", "\"r\"", "P", "a", "x", "1", "-1", "0", "-1"),
            "5"));
    api_done(&stage);
}

/* ---- one dimension ---- */

#define DIMENSION1                                                                                                 \
    "{\"dimension_id\":1,\"ecosystem\":\"confluent_cloud\",\"env_id\":\"env-1\",\"tenant_id\":\"acme-org\","       \
    "\"resource_id\":\"lkc-1\",\"product_category\":\"KAFKA\",\"product_type\":\"KAFKA_NUM_CKU\",\"identity_id\":" \
    "\"sa-1\",\"cost_type\":\"usage\",\"allocation_method\":\"usage_ratio\",\"allocation_detail\":"                \
    "\"usage_ratio_allocation\",\"tags\":{}}"
#define DIMENSION6                                                                                              \
    "{\"dimension_id\":6,\"ecosystem\":\"confluent_cloud\",\"env_id\":\"\",\"tenant_id\":\"acme-org\","         \
    "\"resource_id\":null,\"product_category\":\"SUPPORT_CLOUD\",\"product_type\":\"SUPPORT\",\"identity_id\":" \
    "\"UNALLOCATED\",\"cost_type\":\"shared\",\"allocation_method\":\"even_split\",\"allocation_detail\":"      \
    "\"no_identities_located\",\"tags\":{}}"

static const struct {
    const char *path;
    uint32_t status;
    const char *wanted;
} dimensions[] = {
    {"/1", 200, DIMENSION1},
    {"/6", 200, DIMENSION6},
    {"/+1.0", 200, DIMENSION1},
    {"/9999", 404, "{\"detail\":\"Dimension 9999 not found\"}"},
    {"/7", 404, "{\"detail\":\"Dimension 7 not found\"}"}, /* another tenant's */
    {"/-1", 404, "{\"detail\":\"Dimension -1 not found\"}"},
    {"/2147483648", 404, "{\"detail\":\"Dimension 2147483648 not found\"}"},
    {"/9223372036854775807", 404, "{\"detail\":\"Dimension 9223372036854775807 not found\"}"},
    {"/9223372036854775808", 422,
     "{\"detail\":[{\"type\":\"less_than_equal\",\"loc\":[\"path\",\"dimension_id\"],\"msg\":\"Input should be less "
     "than or equal to "
     "9223372036854775807\",\"input\":\"9223372036854775808\",\"ctx\":{\"le\":9223372036854775807}}]}"},
    {"/-9223372036854775809", 422,
     "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"path\",\"dimension_id\"],\"msg\":\"Input should be "
     "greater than or equal to -9223372036854775808\",\"input\":\"-9223372036854775809\",\"ctx\":{\"ge\":"
     "-9223372036854775808}}]}"},
    {"/x", 422,
     "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"path\",\"dimension_id\"],\"msg\":\"Input should be a valid "
     "integer, unable to parse string as an integer\",\"input\":\"x\"}]}"},
};

Test(api_chargebacks, dimensions) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage, MORE);
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
        char target[64];
        snprintf(target, sizeof target, T "%s", dimensions[i].path);
        assert_get(&stage, target, dimensions[i].status, dimensions[i].wanted);
    }
    api_done(&stage);
}

/* ---- what is refused ---- */

static const struct {
    const char *query;
    uint32_t status;
    const char *wanted; /* how the answer starts */
} refusals[] = {
    {"?start_date=2026-03-02&end_date=2026-03-01", 400, "{\"detail\":\"start_date must be <= end_date\"}"},
    {"?timezone=../x", 400, "{\"detail\":\"Unknown timezone: '../x'\"}"},
    {"?end_date=9999-12-31", 400, "{\"detail\":\"start_date and end_date must be days that lie"},
    {"?page=0", 422, "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"page\"]"},
    {"?page_size=1001", 422, "{\"detail\":[{\"type\":\"less_than_equal\",\"loc\":[\"query\",\"page_size\"]"},
    {"?page=18446744073709551617", 422, "{\"detail\":[{\"type\":\"less_than_equal\",\"loc\":[\"query\",\"page\"]"},
    {"?start_date=2026-13-01&page=x&timezone=nowhere", 422, "{\"detail\":[{\"type\":\"date_"},
};

Test(api_chargebacks, refusals) {
    static const char *const paths[] = {T, T "/allocation-issues"};
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals * 2; i++) {
        char target[128];
        const char *wanted = refusals[i / 2].wanted;
        snprintf(target, sizeof target, "%s%s", paths[i % 2], refusals[i / 2].query);
        const char *answer = api_get(&stage, target);
        cr_assert_eq(stage.status, refusals[i / 2].status, "%s: %s", target, answer);
        cr_assert_eq(strncmp(answer, wanted, strlen(wanted)), 0, "%s: %s", target, answer);
    }
    assert_get(&stage, "/api/v1/tenants/nope/chargebacks", 404, "{\"detail\":\"Tenant 'nope' not found\"}");
    api_done(&stage);
}

Test(api_chargebacks, long_values) {
    static const char *const names[] = {"identity_id", "product_type", "resource_id",
                                        "cost_type",   "tag_key",      "tag_key=team&tag_value"};
    static char target[10200];
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int length = snprintf(target, sizeof target, T "?" DAY1 "&%s=", names[i]);
        memset(target + length, 'x', 10000);
        target[length + 10000] = '\0';
        assert_get(&stage, target, 200, NONE);
    }
    api_done(&stage);
}
