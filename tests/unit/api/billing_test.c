#include "api/handlers.h"
#include "api/support.h"

static const struct cg_route routes[] = {
    {.method = "GET", .path = "/api/v1/tenants/{}/billing", .store = CG_ROUTE_READ, .handle = cg_api_billing},
};

#define T "T/billing"
#define MARCH "start_date=2026-03-01&end_date=2026-03-03"

#define LINE(tenant, time, env, resource, product, category, cost, granularity, metadata)                \
    "INSERT INTO ccloud_billing (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, "   \
    "product_category, quantity, unit_price, total_cost, currency, granularity, metadata_json) VALUES "  \
    "('confluent_cloud', '" tenant "', '" time "', '" env "', '" resource "', '" product "', '" category \
    "', '24', '0.4250', '" cost "', 'USD', '" granularity "', " metadata ");"

#define DAILY(time, env, resource, product, cost) \
    LINE("acme-org", time, env, resource, product, "KAFKA", cost, "daily", "NULL")

#define LINES                                                                                                     \
    LINE("acme-org", "2026-03-01 00:00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "KAFKA", "10.2000", "daily",       \
         "'{\"tier\": 1, \"a\": {\"b\": [1, 2]}}'")                                                               \
    DAILY("2026-03-01 00:00:00", "env-1", "lkc-1", "KAFKA_STORAGE", "1E-7")                                       \
    DAILY("2026-03-01 00:00:00", "env-2", "lkc-0", "KAFKA_NUM_CKU", "0E-10")                                      \
    DAILY("2026-03-02 00:00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "1E+3")                                       \
    DAILY("2026-03-03 00:00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "-3.50")                                      \
    DAILY("2026-03-04 00:00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "4")                                          \
    LINE("acme-org", "2026-03-02 00:00:00", "env-1", "z\xc3\xbc\"\\", "SUPPORT", "SUPPORT_CLOUD", "5", "monthly", \
         "'no JSON'")                                                                                             \
    LINE("other", "2026-03-01 00:00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "KAFKA", "99", "daily", "NULL")

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, 1);
    stage_run(&stage->stage, LINES);
}

#define ITEM(time, resource, category, product, cost, granularity, metadata)                                \
    "{\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"timestamp\":\"" time                   \
    "\",\"resource_id\":\"" resource "\",\"product_category\":\"" category "\",\"product_type\":\"" product \
    "\",\"quantity\":\"24\",\"unit_price\":\"0.4250\",\"total_cost\":\"" cost                               \
    "\",\"currency\":\"USD\",\"granularity\":\"" granularity "\",\"metadata\":" metadata "}"

#define KAFKA(time, resource, product, cost) ITEM(time, resource, "KAFKA", product, cost, "daily", "{}")
#define FIRST                                                                           \
    ITEM("2026-03-01T00:00:00Z", "lkc-1", "KAFKA", "KAFKA_NUM_CKU", "10.2000", "daily", \
         "{\"tier\":1,\"a\":{\"b\":[1,2]}}")
#define SECOND_ITEM KAFKA("2026-03-01T00:00:00Z", "lkc-1", "KAFKA_STORAGE", "1E-7")
#define THIRD KAFKA("2026-03-01T00:00:00Z", "lkc-0", "KAFKA_NUM_CKU", "0E-10")
#define FOURTH KAFKA("2026-03-02T00:00:00Z", "lkc-1", "KAFKA_NUM_CKU", "1E+3")
#define FIFTH ITEM("2026-03-02T00:00:00Z", "z\xc3\xbc\\\"\\\\", "SUPPORT_CLOUD", "SUPPORT", "5", "monthly", "{}")
#define SIXTH KAFKA("2026-03-03T00:00:00Z", "lkc-1", "KAFKA_NUM_CKU", "-3.50")

#define PAGE(items, total, page, size, pages) \
    "{\"items\":[" items "],\"total\":" total ",\"page\":" page ",\"page_size\":" size ",\"pages\":" pages "}"

#define NONE PAGE("", "0", "1", "100", "0")

static const struct {
    const char *target;
    const char *wanted;
} answers[] = {
    {T "?" MARCH "&page_size=1", PAGE(FIRST, "6", "1", "1", "6")},
    {T "?" MARCH, PAGE(FIRST "," SECOND_ITEM "," THIRD "," FOURTH "," FIFTH "," SIXTH, "6", "1", "100", "1")},
    {T "?" MARCH "&page=2&page_size=4", PAGE(FIFTH "," SIXTH, "6", "2", "4", "2")},
    {T "?" MARCH "&page=3&page_size=4", PAGE("", "6", "3", "4", "2")},
    {T "?" MARCH "&page=9223372036854775&page_size=1000", PAGE("", "6", "9223372036854775", "1000", "1")},
    {T "?" MARCH "&page=+02.0+&page_size=%2B4", PAGE(FIFTH "," SIXTH, "6", "2", "4", "2")},
    {T "?" MARCH "&page=7&page=1&page_size=1", PAGE(FIRST, "6", "1", "1", "6")},
    {T "?" MARCH "&product_type=SUPPORT", PAGE(FIFTH, "1", "1", "100", "1")},
    {T "?" MARCH "&resource_id=lkc-0", PAGE(THIRD, "1", "1", "100", "1")},
    {T "?" MARCH "&resource_id=lkc-1&product_type=KAFKA_STORAGE&unknown=1", PAGE(SECOND_ITEM, "1", "1", "100", "1")},
    {T "?" MARCH "&resource_id=z%C3%BC%22%5C", PAGE(FIFTH, "1", "1", "100", "1")},
    {T "?" MARCH "&resource_id=", NONE},
    {T "?" MARCH "&product_type=kafka_storage", NONE},
    {T "?" MARCH "&resource_id=%27%20OR%201=1%20--", NONE},
    {T "?start_date=2026-03-02&end_date=2026-03-02&resource_id=lkc-1", PAGE(FOURTH, "1", "1", "100", "1")},
    /* What is no JSON object in the database does not break the answer. */
    {T "?start_date=2026-03-02&end_date=2026-03-02&product_type=SUPPORT", PAGE(FIFTH, "1", "1", "100", "1")},
    {T "?start_date=0001-01-01&end_date=9999-12-30&resource_id=lkc-0", PAGE(THIRD, "1", "1", "100", "1")},
    {T "?start_date=2027-01-01&end_date=2027-01-31", NONE},
    /* Daily and monthly lines belong to their day in UTC. */
    {T "?start_date=2026-03-02&end_date=2026-03-02&timezone=America/Denver",
     PAGE(FOURTH "," FIFTH, "2", "1", "100", "1")},
    {T "?start_date=2026-03-02&end_date=2026-03-02&timezone=Asia/Tokyo", PAGE(FOURTH "," FIFTH, "2", "1", "100", "1")},
};

Test(api_billing, lists) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_get(&stage, answers[i].target, 200, answers[i].wanted);
    api_done(&stage);
}

Test(api_billing, empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    assert_get(&stage, T, 200, NONE);
    api_done(&stage);
}

#define HOUR_LINE(hour) \
    LINE("acme-org", "2026-03-" hour ":00:00", "env-1", "lkc-1", "KAFKA_NUM_CKU", "KAFKA", "1", "hourly", "NULL")
#define HOUR_ITEM(time) ITEM("2026-03-" time ":00:00Z", "lkc-1", "KAFKA", "KAFKA_NUM_CKU", "1", "hourly", "{}")

/* Hours belong to the day of the zone; a daily line beside them still belongs to its own. */
Test(api_billing, hours_follow_the_zone) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    stage_run(&stage.stage, HOUR_LINE("02 06") HOUR_LINE("02 07") HOUR_LINE("03 06") HOUR_LINE("03 07")
                                DAILY("2026-03-02 00:00:00", "env-1", "lkc-2", "KAFKA_BASE", "2")
                                    DAILY("2026-03-03 00:00:00", "env-1", "lkc-2", "KAFKA_BASE", "3"));
    assert_get(
        &stage, T "?start_date=2026-03-02&end_date=2026-03-02&timezone=America/Denver", 200,
        PAGE(KAFKA("2026-03-02T00:00:00Z", "lkc-2", "KAFKA_BASE", "2") "," HOUR_ITEM("02T07") "," HOUR_ITEM("03T06"),
             "3", "1", "100", "1"));
    assert_get(
        &stage, T "?start_date=2026-03-02&end_date=2026-03-02", 200,
        PAGE(KAFKA("2026-03-02T00:00:00Z", "lkc-2", "KAFKA_BASE", "2") "," HOUR_ITEM("02T06") "," HOUR_ITEM("02T07"),
             "3", "1", "100", "1"));
    api_done(&stage);
}

#define PROBLEM(type, name, message, input, context)                                                                  \
    "{\"type\":\"" type "\",\"loc\":[\"query\",\"" name "\"],\"msg\":\"" message "\",\"input\":\"" input "\"" context \
    "}"
#define PROBLEMS(list) "{\"detail\":[" list "]}"

static const struct {
    const char *target;
    uint32_t status;
    const char *wanted;
} refusals[] = {
    {T "?page=0&page_size=1001", 422,
     PROBLEMS(PROBLEM("greater_than_equal", "page", "Input should be greater than or equal to 1", "0",
                      ",\"ctx\":{\"ge\":1}") "," PROBLEM("less_than_equal", "page_size",
                                                         "Input should be less than or equal to 1000", "1001",
                                                         ",\"ctx\":{\"le\":1000}"))},
    {T "?page=1.5", 422,
     PROBLEMS(PROBLEM("int_parsing", "page", "Input should be a valid integer, unable to parse string as an integer",
                      "1.5", ""))},
    {T "?start_date=2026-03-02&end_date=2026-03-01", 400, "{\"detail\":\"start_date must be <= end_date\"}"},
    {T "?timezone=../x", 400, "{\"detail\":\"Unknown timezone: '../x'\"}"},
};

Test(api_billing, refusals) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_get(&stage, refusals[i].target, refusals[i].status, refusals[i].wanted);
    /* Numbers beyond all bounds. */
    static const char *const pages[] = {"99999999999999999999999999", "9223372036854775807", "-9223372036854775808",
                                        "-99999999999999999999999999"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char target[128];
        snprintf(target, sizeof target, T "?page=%s", pages[i]);
        api_get(&stage, target);
        cr_assert_eq(stage.status, 422, "%s: %u", target, stage.status);
    }
    api_done(&stage);
}

Test(api_billing, long_values) {
    struct api_stage stage;
    static char target[10200] = T "?" MARCH "&resource_id=";
    open_stage(&stage);
    memset(target + strlen(target), 'x', 10000);
    assert_get(&stage, target, 200, NONE);
    api_done(&stage);
}

/* Tenants of other ecosystems have lines without environments in another table. */
Test(api_billing, the_other_table) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    cg_store_close(stage.stage.store);
    const struct cg_store_key key = {"self_managed_kafka", "acme-org", "acme", 0};
    cr_assert_eq(
        cg_store_open(stage_driver(), NULL, &stage.stage.target, &key, 0, NULL, &stage.stage.store, &stage.stage.error),
        CG_OK, "%s", stage.stage.error.text);
    stage_run(&stage.stage, LINES
              "INSERT INTO billing (ecosystem, tenant_id, timestamp, resource_id, product_type, product_category, "
              "quantity, unit_price, total_cost) VALUES ('self_managed_kafka', 'acme-org', "
              "'2026-03-01 00:00:00', 'kafka-1', 'SELF_KAFKA_COMPUTE', 'KAFKA', '24', '0.4250', '7.200')");
    assert_get(
        &stage, T "?" MARCH, 200,
        PAGE("{\"ecosystem\":\"self_managed_kafka\",\"tenant_id\":\"acme-org\",\"timestamp\":\"2026-03-01T00:00:00Z"
             "\",\"resource_id\":\"kafka-1\",\"product_category\":\"KAFKA\",\"product_type\":\"SELF_KAFKA_COMPUTE\""
             ",\"quantity\":\"24\",\"unit_price\":\"0.4250\",\"total_cost\":\"7.200\",\"currency\":\"USD\","
             "\"granularity\":\"daily\",\"metadata\":{}}",
             "1", "1", "100", "1"));
    api_done(&stage);
}
