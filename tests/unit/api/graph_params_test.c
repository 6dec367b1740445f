#include "api/graph_stage.h"

#define PROBLEM(type_, name_, msg_, input_, ctx_)                                            \
    "{\"detail\":[{\"type\":\"" type_ "\",\"loc\":[\"query\",\"" name_ "\"],\"msg\":\"" msg_ \
    "\",\"input\":" input_ ctx_ "}]}"
#define CHOICES "'topics', 'identities', 'resources' or 'clusters'"

static const struct {
    const char *target;
    uint32_t status;
    const char *body;
} refusals[] = {
    {"T/graph?expand=all", 422,
     PROBLEM("literal_error", "expand", "Input should be " CHOICES, "\"all\"",
             ",\"ctx\":{\"expected\":\"" CHOICES "\"}")},
    {"T/graph?expand=", 422,
     PROBLEM("literal_error", "expand", "Input should be " CHOICES, "\"\"", ",\"ctx\":{\"expected\":\"" CHOICES "\"}")},
    {"T/graph?depth=0", 422,
     PROBLEM("greater_than_equal", "depth", "Input should be greater than or equal to 1", "\"0\"",
             ",\"ctx\":{\"ge\":1}")},
    {"T/graph?depth=4", 422,
     PROBLEM("less_than_equal", "depth", "Input should be less than or equal to 3", "\"4\"", ",\"ctx\":{\"le\":3}")},
    {"T/graph?depth=two", 422,
     PROBLEM("int_parsing", "depth", "Input should be a valid integer, unable to parse string as an integer", "\"two\"",
             "")},
    {"T/graph?at=2026-03-01", 400, "{\"detail\":\"at must include timezone (e.g., 2026-02-24T00:00:00Z)\"}"},
    {"T/graph?at=2026-03-01T00:00:00", 400, "{\"detail\":\"at must include timezone (e.g., 2026-02-24T00:00:00Z)\"}"},
    {"T/graph?start_date=2026-03-02&end_date=2026-03-01&timezone=No/Where", 400,
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {"T/graph?start_date=2026-03-01&timezone=No/Where", 400, "{\"detail\":\"Unknown timezone: 'No/Where'\"}"},
    {"T/graph?focus=zzz&start_date=2026-03-01&timezone=../x", 400, "{\"detail\":\"Unknown timezone: '../x'\"}"},
    {"T/graph?focus=it's", 404, "{\"detail\":\"'Entity \\\"it\\\\'s\\\" not found for tenant \\\\'acme-org\\\\''\"}"},
    {"T/graph?focus=%27%3B%20DROP%20TABLE%20resources%3B--", 404, NULL},
    {"T/graph?focus=%25", 404, "{\"detail\":\"\\\"Entity '%' not found for tenant 'acme-org'\\\"\"}"},
    {"T/graph/search", 422, PROBLEM("missing", "q", "Field required", "null", "")},
    {"T/graph/search?q=", 422,
     PROBLEM("string_too_short", "q", "String should have at least 1 character", "\"\"",
             ",\"ctx\":{\"min_length\":1}")},
    {"T/graph/diff?from_start=2026-03-01&from_end=2026-03-02&to_start=2026-03-03", 422,
     PROBLEM("missing", "to_end", "Field required", "null", "")},
    {"T/graph/diff?from_start=2026-03-02&from_end=2026-03-01&to_start=2026-03-03&to_end=2026-03-03", 400,
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {"T/graph/diff?from_start=2026-03-01&from_end=2026-03-01&to_start=2026-03-03&to_end=2026-03-02", 400,
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {"T/graph/diff?from_start=2026-03-01&from_end=2026-03-01&to_start=2026-03-03&to_end=2026-03-03&timezone=x", 400,
     "{\"detail\":\"Unknown timezone: 'x'\"}"},
    {"T/graph/diff?from_start=2026-03-01&from_end=2026-03-01&to_start=2026-03-03&to_end=2026-03-03&focus=zzz", 404,
     "{\"detail\":\"\\\"Entity 'zzz' not found for tenant 'acme-org'\\\"\"}"},
    {"T/graph/timeline?start=2026-03-01&end=2026-03-02", 422,
     PROBLEM("missing", "entity_id", "Field required", "null", "")},
    {"T/graph/timeline?entity_id=x&start=2026-03-01", 422, PROBLEM("missing", "end", "Field required", "null", "")},
    {"T/graph/timeline?entity_id=x&start=2026-03-02&end=2026-03-01", 400,
     "{\"detail\":\"start_date must be <= end_date\"}"},
    {"T/graph/timeline?entity_id=zzz&start=2026-03-01&end=2026-03-02", 404,
     "{\"detail\":\"\\\"Entity 'zzz' not found for tenant 'acme-org'\\\"\"}"},
    {"T/graph/timeline?entity_id=&start=2026-03-01&end=2026-03-02", 404,
     "{\"detail\":\"\\\"Entity '' not found for tenant 'acme-org'\\\"\"}"},
    {"T/graph/timeline?entity_id=x&start=1900-01-01&end=2026-03-02", 400,
     "{\"detail\":\"The timeline has more than 36525 days; choose a shorter range\"}"},
};

Test(graph_params, refusals) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *body = api_get(&stage, refusals[i].target);
        cr_assert_eq(stage.status, refusals[i].status, "%s: %u %s", refusals[i].target, stage.status, body);
        if (refusals[i].body)
            cr_assert_str_eq(body, refusals[i].body, "%s: %s", refusals[i].target, body);
    }
    api_done(&stage);
}

/* Nothing that is asked for is an error of ours. */
Test(graph_params, hostile) {
    static const char *const targets[] = {
        "T/graph?at=0001-01-01T00:00:00Z",
        "T/graph?at=9999-12-31T23:59:59.999999Z",
        "T/graph?at=99999999999999999999",
        "T/graph?at=-1",
        "T/graph?at=9999-12-31T23:59:59-23:59",
        "T/graph?depth=99999999999999999999999999",
        "T/graph?start_date=0001-01-01",
        "T/graph?start_date=0001-01-01&end_date=9999-12-30",
        "T/graph?end_date=9999-12-31",
        "T/graph?end_date=0001-01-01",
        "T/graph?start_date=0001-01-01&end_date=0001-01-01&timezone=Asia/Tokyo",
        "T/graph?start_date=9999-12-31&end_date=9999-12-31&timezone=America/Denver",
        "T/graph?timezone=../../etc/passwd",
        "T/graph?focus=%ff%fe",
        "T/graph?focus=a%00b",
        "T/graph/search?q=%25",
        "T/graph/search?q=%ff",
        "T/graph/search?q=%27",
        "T/graph/search?q=%5C",
        "T/graph/diff?from_start=0001-01-01&from_end=9999-12-31&to_start=9999-12-31&to_end=9999-12-31",
        "T/graph/diff?from_start=0001-01-01&from_end=9999-12-30&to_start=0001-01-01&to_end=9999-12-30",
        "T/graph/timeline?entity_id=env-1&start=0001-01-01&end=9999-12-31",
        "T/graph/timeline?entity_id=env-1&start=9999-12-30&end=9999-12-30",
        "T/graph/timeline?entity_id=env-1&start=0001-01-01&end=0001-01-02&timezone=Asia/Tokyo",
    };
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    for (int32_t hourly = 0; hourly < 2; hourly++) {
        stage.tenant.hourly = hourly;
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
            const char *body = api_get(&stage, targets[i]);
            cr_assert(stage.status == 200 || stage.status == 400 || stage.status == 404 || stage.status == 422,
                      "%s: %u %s", targets[i], stage.status, body);
        }
    }
    api_done(&stage);
}

Test(graph_params, long_values) {
    static const char *const targets[] = {"T/graph?focus=",
                                          "T/graph/search?q=",
                                          "T/graph?expand=",
                                          "T/graph?at=",
                                          "T/graph?start_date=2026-03-01&timezone=",
                                          "T/graph/timeline?start=2026-03-01&end=2026-03-01&entity_id="};
    static const char letters[] = "a_'\\";
    static char target[32000];
    struct api_stage stage;
    graph_open(&stage);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        for (size_t j = 0; j < sizeof letters - 1; j++) {
            size_t length = strlen(targets[i]);
            memset(target, letters[j], sizeof target - 1);
            memcpy(target, targets[i], length);
            api_get(&stage, target);
            cr_assert_lt(stage.status, 500, "%s%c: %u", targets[i], letters[j], stage.status);
        }
    api_done(&stage);
}

/* Without dates the zone plays no part; with them it moves nothing for facts of whole days. */
Test(graph_params, zones) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    graph_expect(&stage, "T/graph?focus=sa-2&timezone=No/Where",
                 "sa-2 service_account \"Payments 100%\" 4.8\nlfcp-1 flink_compute_pool \"pool\" 4.5\n"
                 "lkc-1 kafka_cluster \"orders-cluster\" 0.3\n",
                 NULL);
    const char *daily = "sa-2 service_account \"Payments 100%\" 3.2\nlfcp-1 flink_compute_pool \"pool\" 3.0\n"
                        "lkc-1 kafka_cluster \"orders-cluster\" 0.2\n";
    graph_expect(&stage, "T/graph?focus=sa-2&start_date=2026-03-01&end_date=2026-03-02", daily, NULL);
    graph_expect(&stage, "T/graph?focus=sa-2&start_date=2026-03-01&end_date=2026-03-02&timezone=America/Denver", daily,
                 NULL);
    stage.tenant.hourly = 1;
    graph_fact(&stage, "2026-03-01T06:00:00", "env-1", "lkc-1", "sa-2", "10");
    graph_fact(&stage, "2026-03-01T07:00:00", "env-1", "lkc-1", "sa-2", "100");
    graph_fact(&stage, "2026-03-03T06:00:00", "env-1", "lkc-1", "sa-2", "1000");
    graph_fact(&stage, "2026-03-03T07:00:00", "env-1", "lkc-1", "sa-2", "10000");
    graph_expect(&stage, "T/graph?focus=sa-2&start_date=2026-03-01&end_date=2026-03-02&timezone=America/Denver",
                 "sa-2 service_account \"Payments 100%\" 1103.2\nlfcp-1 flink_compute_pool \"pool\" 3.0\n"
                 "lkc-1 kafka_cluster \"orders-cluster\" 1100.2\n",
                 NULL);
    api_done(&stage);
}

/* The period is the month of `at`, and what is shown is what lived at that time. */
Test(graph_params, month_of_at) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "r", "thing", "R", NULL, "2026-06-01", NULL);
    graph_fact(&stage, "2024-02-29T23:59:59", "", "r", "u", "1");
    graph_fact(&stage, "2024-03-01", "", "r", "u", "2");
    graph_fact(&stage, "2024-02-01", "", "r", "u", "4");
    graph_fact(&stage, "2024-01-31", "", "r", "u", "8");
    graph_expect(&stage, "T/graph?focus=r&at=2024-02-29T12:00:00Z", "r thing \"R\" 5\n", NULL);
    graph_expect(&stage, "T/graph?focus=r&at=2024-02-29T22:00:00-02:00", "r thing \"R\" 2\n", NULL);
    stage.now = at("2024-01-31T00:00:00");
    graph_expect(&stage, "T/graph?focus=r", "r thing \"R\" 8\n", NULL);
    graph_expect(&stage, "T/graph?focus=r&end_date=2024-02-01", "r thing \"R\" 12\n", NULL);
    api_done(&stage);
}
