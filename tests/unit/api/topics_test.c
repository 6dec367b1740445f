#include "api/cost_fixture.h"
#include "api/handlers.h"
#include "api/support.h"

static const struct cg_route routes[] = {
    {.method = "GET", .path = "/api/v1/tenants/{}/topic-attributions", .store = CG_ROUTE_READ, .handle = cg_api_topics},
    {.method = "GET",
     .path = "/api/v1/tenants/{}/topic-attributions/aggregate",
     .store = CG_ROUTE_READ,
     .handle = cg_api_topic_aggregate},
    {.method = "GET",
     .path = "/api/v1/tenants/{}/topic-attributions/dates",
     .store = CG_ROUTE_READ,
     .handle = cg_api_topic_dates},
    {.method = "POST",
     .path = "/api/v1/tenants/{}/topic-attributions/export",
     .store = CG_ROUTE_READ,
     .handle = cg_api_topic_export},
};

#define ROUTES (sizeof routes / sizeof *routes)

#define T "T/topic-attributions"
#define MARCH "start_date=2026-03-01&end_date=2026-03-03"

static void open_stage(struct api_stage *stage) {
    api_init(stage, routes, ROUTES);
    stage_run(&stage->stage, COST_TOPICS);
}

struct answer {
    const char *target;
    const char *wanted;
};

/* ---- rows ---- */

#define ROW(id, day, topic, amount)                                                                              \
    "{\"dimension_id\":" id                                                                                      \
    ",\"ecosystem\":\"confluent_cloud\",\"tenant_id\":\"acme-org\",\"timestamp\":\"2026-03-" day                 \
    "T00:00:00Z\",\"env_id\":\"env-1\",\"cluster_resource_id\":\"lkc-1\",\"topic_name\":\"" topic                \
    "\",\"product_category\":\"KAFKA\",\"product_type\":\"KAFKA_NETWORK_WRITE\",\"attribution_method\":\"bytes_" \
    "ratio\""                                                                                                    \
    ",\"amount\":\"" amount "\"}"

#define PAGE(items, total, page, size, pages) \
    "{\"items\":[" items "],\"total\":" total ",\"page\":" page ",\"page_size\":" size ",\"pages\":" pages "}"

#define EMPTY_PAGE PAGE("", "0", "1", "100", "0")
#define ORDERS \
    ROW("1", "01", "orders", "7.10") "," ROW("1", "02", "orders", "7.10") "," ROW("1", "03", "orders", "7.10")

static const struct answer lists[] = {
    {T "?" MARCH "&page_size=1", PAGE(ROW("1", "01", "orders", "7.10"), "9", "1", "1", "9")},
    {T "?" MARCH "&page_size=4&page=2",
     PAGE(ROW("2", "02", "audit", "0.25") "," ROW("3", "02", "Order_s", "0.25") "," ROW(
              "1", "03", "orders", "7.10") "," ROW("2", "03", "audit", "0.25"),
          "9", "2", "4", "3")},
    {T "?" MARCH "&page=99", PAGE("", "9", "99", "100", "1")},
    {T "?start_date=2026-03-03&end_date=2026-03-03&topic_name=order",
     PAGE(ROW("1", "03", "orders", "7.10") "," ROW("3", "03", "Order_s", "0.25"), "2", "1", "100", "1")},
    /* Wildcards stand for themselves. */
    {T "?start_date=2026-03-03&end_date=2026-03-03&topic_name=R_S",
     PAGE(ROW("3", "03", "Order_s", "0.25"), "1", "1", "100", "1")},
    {T "?" MARCH "&topic_name=%25", EMPTY_PAGE},
    {T "?start_date=2026-03-03&end_date=2026-03-03&topic_name=&cluster_resource_id=KC-&page_size=1",
     PAGE(ROW("1", "03", "orders", "7.10"), "3", "1", "1", "3")},
    {T "?" MARCH "&cluster_resource_id=lkc-2", EMPTY_PAGE},
    {T "?" MARCH "&product_type=KAFKA", EMPTY_PAGE},
    {T "?" MARCH "&attribution_method=", EMPTY_PAGE},
    {T "?" MARCH "&product_type=KAFKA_NETWORK_WRITE&attribution_method=bytes_ratio&topic_name=orders",
     PAGE(ORDERS, "3", "1", "100", "1")},
    /* Tags are those of the topic's resource alone. */
    {T "?" MARCH "&tag_key=team", PAGE(ORDERS, "3", "1", "100", "1")},
    {T "?" MARCH "&tag_key=team&tag_value=orders", PAGE(ORDERS, "3", "1", "100", "1")},
    {T "?" MARCH "&tag_key=team&tag_value=nobody", EMPTY_PAGE},
    {T "?" MARCH "&tag_key=no/such%20key", EMPTY_PAGE},
    {T "?start_date=2026-03-03&end_date=2026-03-03&tag_value=nobody&page_size=1",
     PAGE(ROW("1", "03", "orders", "7.10"), "3", "1", "1", "3")},
    {T "?start_date=0001-01-02&end_date=0001-01-02", EMPTY_PAGE},
    {T "?start_date=9999-12-30&end_date=9999-12-30", EMPTY_PAGE},
    {T "?" MARCH "&page=9000000000000000&page_size=1000", PAGE("", "9", "9000000000000000", "1000", "1")},
};

Test(api_topics, rows) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_get(&stage, lists[i].target, 200, lists[i].wanted);
    api_done(&stage);
}

Test(api_topics, rows_refused) {
    struct api_stage stage;
    open_stage(&stage);
    assert_get(&stage, T "?start_date=2026-03-02&end_date=2026-03-01", 400,
               "{\"detail\":\"start_date must be <= end_date\"}");
    assert_get(&stage, T "?timezone=europe/berlin", 400, "{\"detail\":\"Unknown timezone: 'europe/berlin'\"}");
    assert_get(
        &stage, T "?page=0&page_size=1001", 422,
        "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"page\"],\"msg\":\"Input should be greater "
        "than or equal to 1\",\"input\":\"0\",\"ctx\":{\"ge\":1}},{\"type\":\"less_than_equal\",\"loc\":[\"query\","
        "\"page_size\"],\"msg\":\"Input should be less than or equal to 1000\",\"input\":\"1001\",\"ctx\":{\"le\":"
        "1000}}]}");
    api_done(&stage);
}

Test(api_topics, empty_database) {
    struct api_stage stage;
    api_init(&stage, routes, ROUTES);
    assert_get(&stage, T, 200, EMPTY_PAGE);
    assert_get(&stage, T "/dates", 200, "{\"dates\":[]}");
    assert_get(&stage, T "/aggregate", 200, "{\"buckets\":[],\"total_amount\":\"0\",\"total_rows\":0}");
    cr_assert_str_eq(api_call(&stage, "POST", T "/export", NULL),
                     "ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,product_category,"
                     "product_type,attribution_method,amount\n");
    api_done(&stage);
}

/* Another tenant of the same database is not seen. */
Test(api_topics, dates) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(
        &stage.stage,
        "INSERT INTO topic_attribution_dimensions VALUES (9, 'confluent_cloud', 'other', '', 'lkc-9', 't', 'KAFKA', "
        "'KAFKA_STORAGE', 'even_split', 'lkc-9:topic:t');" TOPIC_FACT("9", "2026-03-07 00:00:00", "1")
            TOPIC_FACT("9", "2026-03-01 00:00:00", "1"));
    assert_get(&stage, T "/dates", 200, "{\"dates\":[\"2026-03-01\",\"2026-03-02\",\"2026-03-03\"]}");
    assert_get(&stage, T "/aggregate?group_by=product_category&time_bucket=month", 200,
               "{\"buckets\":[{\"dimensions\":{\"product_category\":\"KAFKA\"},\"time_bucket\":\"2026-03\","
               "\"total_amount\":\"22.8000000000\",\"row_count\":9}],\"total_amount\":\"22.8000000000\","
               "\"total_rows\":9}");
    api_done(&stage);
}

/* ---- aggregate ---- */

#define BUCKET(dimensions, time, total, rows)                                                                          \
    "{\"dimensions\":{" dimensions "},\"time_bucket\":\"" time "\",\"total_amount\":\"" total "\",\"row_count\":" rows \
    "}"
#define TOTALS(total, rows) "],\"total_amount\":\"" total "\",\"total_rows\":" rows "}"
#define NOTHING "{\"buckets\":[" TOTALS("0", "0")

static const struct answer aggregates[] = {
    {T "/aggregate?" MARCH "&group_by=env_id&group_by=tag:team&time_bucket=month",
     "{\"buckets\":[" BUCKET("\"env_id\":\"env-1\",\"tag:team\":\"UNTAGGED\"", "2026-03", "1.5000000000",
                             "6") "," BUCKET("\"env_id\":\"env-1\",\"tag:team\":\"orders\"", "2026-03", "21.3000000000",
                                             "3") TOTALS("22.8000000000", "9")},
    {T "/aggregate?" MARCH "&time_bucket=week",
     "{\"buckets\":[" BUCKET("\"topic_name\":\"Order_s\"", "2026-W08", "0.2500000000", "1") "," BUCKET(
         "\"topic_name\":\"audit\"", "2026-W08", "0.2500000000",
         "1") "," BUCKET("\"topic_name\":\"orders\"", "2026-W08", "7.1000000000",
                         "1") "," BUCKET("\"topic_name\":\"Order_s\"", "2026-W09", "0.5000000000",
                                         "2") "," BUCKET("\"topic_name\":\"audit\"", "2026-W09", "0.5000000000",
                                                         "2") "," BUCKET("\"topic_name\":\"orders\"", "2026-W09",
                                                                         "14.2000000000", "2")
         TOTALS("22.8000000000", "9")},
    /* Unknown columns are dropped, an unknown bucket is a day. */
    {T "/aggregate?" MARCH "&group_by=foo&group_by=identity_id&time_bucket=year",
     "{\"buckets\":[" BUCKET("", "2026-03-01", "7.6000000000", "3") "," BUCKET(
         "", "2026-03-02", "7.6000000000", "3") "," BUCKET("", "2026-03-03", "7.6000000000", "3")
         TOTALS("22.8000000000", "9")},
    {T "/aggregate?" MARCH "&group_by=cluster_resource_id&group_by=product_type&group_by=product_category&"
       "group_by=attribution_method&topic_name=AUD&time_bucket=month",
     "{\"buckets\":[" BUCKET("\"cluster_resource_id\":\"lkc-1\",\"product_type\":\"KAFKA_NETWORK_WRITE\","
                             "\"product_category\":\"KAFKA\",\"attribution_method\":\"bytes_ratio\"",
                             "2026-03", "0.7500000000", "3") TOTALS("0.7500000000", "3")},
    {T "/aggregate?" MARCH "&tag:team=orders&time_bucket=month",
     "{\"buckets\":[" BUCKET("\"topic_name\":\"orders\"", "2026-03", "21.3000000000", "3")
         TOTALS("21.3000000000", "3")},
    {T "/aggregate?" MARCH "&tag:team=nobody", NOTHING},
    {T "/aggregate?" MARCH "&cluster_resource_id=lkc_", NOTHING},
    {T "/aggregate?" MARCH "&product_type=kafka_network_write", NOTHING},
};

Test(api_topics, aggregate) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
        assert_get(&stage, aggregates[i].target, 200, aggregates[i].wanted);
    api_done(&stage);
}

/* The range is looked at first, then filters, then groups. */
static const struct answer refusals[] = {
    {T "/aggregate?tag:a.b=x&group_by=tag:c.d&start_date=2026-03-02&end_date=2026-03-01",
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {T "/aggregate?tag:a.b=x&group_by=tag:c.d&timezone=x", "{\"detail\":\"Unknown timezone: 'x'\"}"},
    {T "/aggregate?tag:a.b=x&group_by=tag:c.d", "{\"detail\":\"Invalid tag key format: 'a.b'\"}"},
    {T "/aggregate?tag:ab=x&group_by=tag:c.d", "{\"detail\":\"Invalid tag key format in group_by: 'c.d'\"}"},
};

Test(api_topics, aggregate_refused) {
    struct api_stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_get(&stage, refusals[i].target, 400, refusals[i].wanted);
    api_done(&stage);
}

/* At least ten decimals, more where the sum has more, none for zero. */
Test(api_topics, decimals) {
    struct api_stage stage;
    open_stage(&stage);
    stage_run(&stage.stage,
              "DELETE FROM topic_attribution_facts;" TOPIC_FACT("1", "2026-03-01 00:00:00", "1E-12")
                  TOPIC_FACT("2", "2026-03-01 00:00:00", "2.50") TOPIC_FACT("2", "2026-03-02 00:00:00", "-2.50")
                      TOPIC_FACT("3", "2026-03-01 00:00:00", "12345678901234567890123456789012345.5")
                          TOPIC_FACT("3", "2026-03-02 00:00:00", "-12345678901234567890123456789012345.5"));
    assert_get(&stage, T "/aggregate?" MARCH "&time_bucket=month", 200,
               "{\"buckets\":[" BUCKET("\"topic_name\":\"Order_s\"", "2026-03", "0", "2") "," BUCKET(
                   "\"topic_name\":\"audit\"", "2026-03", "0", "2") "," BUCKET("\"topic_name\":\"orders\"", "2026-03",
                                                                               "0.000000000001", "1")
                   TOTALS("0.000000000001", "5"));
    assert_get(&stage, T "/aggregate?start_date=2026-03-02&end_date=2026-03-02&topic_name=Order_s", 200,
               "{\"buckets\":[" BUCKET("\"topic_name\":\"Order_s\"", "2026-03-02",
                                       "-12345678901234567890123456789012345.5", "1")
                   TOTALS("-12345678901234567890123456789012345.5", "1"));
    api_done(&stage);
}

/* ---- export ---- */

#define LINE(day, topic, amount)                                                                               \
    "confluent_cloud,acme-org,2026-03-" day "T00:00:00+00:00,env-1,lkc-1," topic ",KAFKA,KAFKA_NETWORK_WRITE," \
    "bytes_ratio," amount "\n"

Test(api_topics, export) {
    struct api_stage stage;
    open_stage(&stage);
    const char *text = api_call(&stage, "POST", T "/export?start_date=2026-03-02&end_date=2026-03-03", NULL);
    cr_assert_eq(stage.status, 200, "%s", text);
    cr_assert_str_eq(text, "ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,product_category,"
                           "product_type,attribution_method,amount\n" LINE("02", "orders", "7.10")
                               LINE("03", "orders", "7.10") LINE("02", "audit", "0.25") LINE("03", "audit", "0.25")
                                   LINE("02", "Order_s", "0.25") LINE("03", "Order_s", "0.25"));
    cr_assert_str_eq(stage.content_type, "text/csv; charset=utf-8");
    cr_assert_str_eq(stage.headers, "content-disposition: attachment; filename=topic_attributions.csv\n");
    /* A body is ignored. */
    cr_assert_str_eq(
        api_call_as(&stage, "POST", T "/export?start_date=2026-03-03&end_date=2026-03-02", "text/plain", "no JSON"),
        "{\"detail\":\"start_date must be <= end_date\"}");
    cr_assert_str_eq(stage.headers, "");
    api_done(&stage);
}
