#include "api/graph_stage.h"

/* `date cost` per point, separated by "; ". */
static const char *points(struct api_stage *stage, const char *target) {
    static char dates[1024];
    static char text[2048];
    size_t length = 0;
    api_get(stage, target);
    cr_assert_eq(stage->status, 200, "%s: %s", target, stage->body);
    snprintf(dates, sizeof dates, "%s", graph_column(stage, "points", "date"));
    const char *date = dates;
    const char *cost = graph_column(stage, "points", "cost");
    text[0] = '\0';
    while (*date) {
        int dated = (int)strcspn(date, " ");
        int costed = (int)strcspn(cost, " ");
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s %.*s", length ? "; " : "", dated, date,
                                   costed, cost);
        date += dated + (date[dated] == ' ');
        cost += costed + (cost[costed] == ' ');
    }
    return text;
}

Test(graph_timeline, as_it_is_written) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    assert_get(
        &stage, "T/graph/timeline?entity_id=lkc-1&start=2026-03-01&end=2026-03-04", 200,
        "{\"entity_id\":\"lkc-1\",\"points\":[{\"date\":\"2026-03-01\",\"cost\":\"16.866666666666666666\"},"
        "{\"date\":\"2026-03-02\",\"cost\":\"16.866666766666666666\"},"
        "{\"date\":\"2026-03-03\",\"cost\":\"16.866666666666666666\"},{\"date\":\"2026-03-04\",\"cost\":\"0\"}]}");
    api_done(&stage);
}

Test(graph_timeline, every_kind_of_entity) {
    static const struct {
        const char *id;
        const char *wanted;
    } cases[] = {
        {"env-1", "2026-02-28 0; 2026-03-01 18.366666666666666666; 2026-03-02 18.366666766666666666"},
        {"lkc-1", "2026-02-28 0; 2026-03-01 16.866666666666666666; 2026-03-02 16.866666766666666666"},
        {"lfcp-1", "2026-02-28 0; 2026-03-01 1.5; 2026-03-02 1.5"},
        {"sa-2", "2026-02-28 0; 2026-03-01 1.6; 2026-03-02 1.6"},
        {"lkc-1:topic:orders", "2026-02-28 0; 2026-03-01 7.10; 2026-03-02 7.10"},
        {"lkc-1:topic:quiet", "2026-02-28 0; 2026-03-01 0.25; 2026-03-02 0"},
    };
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    /* Nothing was attributed to this one, so it costs what was charged on it, as in the graph. */
    graph_resource(&stage, "lkc-1:topic:quiet", "topic", "quiet", "lkc-1", NULL, NULL);
    graph_fact(&stage, "2026-03-01", "env-2", "lkc-1:topic:quiet", "sa-3", "0.25");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[128];
        snprintf(target, sizeof target, "T/graph/timeline?entity_id=%s&start=2026-02-28&end=2026-03-02", cases[i].id);
        cr_assert_str_eq(points(&stage, target), cases[i].wanted, "%s: %s", cases[i].id, points(&stage, target));
    }
    api_done(&stage);
}

/* Facts of whole days stay on their day whatever the zone; facts within days lie on a day of the zone. */
Test(graph_timeline, zones) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "r", "thing", "R", NULL, NULL, NULL);
    graph_fact(&stage, "2026-03-01", "", "r", "u", "1");
    graph_fact(&stage, "2026-03-02", "", "r", "u", "2");
    graph_fact(&stage, "2026-03-03", "", "r", "u", "4");
    const char *target = "T/graph/timeline?entity_id=r&start=2026-03-01&end=2026-03-02&timezone=";
    char full[160];
    static const char *const names[] = {"", "Asia/Tokyo", "America/Denver", "Asia/Kolkata"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(full, sizeof full, "%s%s", target, names[i]);
        cr_assert_str_eq(points(&stage, full), "2026-03-01 1; 2026-03-02 2", "%s", full);
    }
    stage.tenant.hourly = 1;
    static const struct {
        const char *zone;
        const char *wanted;
    } cases[] = {
        {"", "2026-03-01 1; 2026-03-02 2"},
        {"Asia/Tokyo", "2026-03-01 1; 2026-03-02 2"},     /* 09:00 of the same day */
        {"America/Denver", "2026-03-01 2; 2026-03-02 4"}, /* 17:00 of the day before */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(full, sizeof full, "%s%s", target, cases[i].zone);
        cr_assert_str_eq(points(&stage, full), cases[i].wanted, "%s: %s", full, points(&stage, full));
    }
    api_done(&stage);
}

/* A day of 23 hours and one of 25 have all their facts. */
Test(graph_timeline, days_of_the_clock_change) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "r", "thing", "R", NULL, NULL, NULL);
    stage.tenant.hourly = 1;
    graph_repeat(&stage, 0, 95,
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id) SELECT 1, "
                 "'confluent_cloud', 'acme-org', 'r'; "
                 "INSERT INTO chargeback_facts SELECT datetime('2026-03-07', '+' || i || ' hours'), 1, '0.1', '{}' "
                 "FROM n; "
                 "INSERT INTO chargeback_facts SELECT datetime('2026-10-31', '+' || i || ' hours'), 1, '0.1', '{}' "
                 "FROM n");
    cr_assert_str_eq(
        points(&stage, "T/graph/timeline?entity_id=r&start=2026-03-07&end=2026-03-09&timezone=America/Denver"),
        "2026-03-07 2.4; 2026-03-08 2.3; 2026-03-09 2.4");
    cr_assert_str_eq(
        points(&stage, "T/graph/timeline?entity_id=r&start=2026-10-31&end=2026-11-02&timezone=America/Denver"),
        "2026-10-31 2.4; 2026-11-01 2.5; 2026-11-02 2.4");
    api_done(&stage);
}
