#include "api/graph_stage.h"

#include <jansson.h>

#define DAYS "from_start=2026-03-01&from_end=2026-03-01&to_start=2026-03-02&to_end=2026-03-03"

/* `id before after delta percent status` per line. */
static const char *changes(struct api_stage *stage, const char *target) {
    static char text[8192];
    static const char *const keys[] = {"id", "cost_before", "cost_after", "cost_delta", "pct_change", "status"};
    size_t length = 0;
    api_get(stage, target);
    cr_assert_eq(stage->status, 200, "%s: %s", target, stage->body);
    json_t *answer = json_loads(stage->body, 0, NULL);
    const json_t *nodes = json_object_get(answer, "nodes");
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(nodes); i++)
        for (size_t j = 0; j < 6; j++) {
            const char *value = json_string_value(json_object_get(json_array_get(nodes, i), keys[j]));
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s%s", value ? value : "-", j < 5 ? " " : "\n");
            cr_assert_lt(length, sizeof text);
        }
    json_decref(answer);
    return text;
}

Test(graph_diff, as_it_is_written) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    assert_get(&stage, "T/graph/diff?focus=lkc-1:topic:orders&" DAYS, 200,
               "{\"nodes\":[{\"id\":\"lkc-1:topic:orders\",\"resource_type\":\"topic\",\"display_name\":\"orders\","
               "\"parent_id\":\"lkc-1\",\"cost_before\":\"7.10\",\"cost_after\":\"14.20\",\"cost_delta\":\"7.10\","
               "\"pct_change\":\"100\",\"status\":\"changed\"}]}");
    api_done(&stage);
}

Test(graph_diff, root) {
    struct api_stage stage;
    graph_open(&stage);
    cr_assert_str_eq(changes(&stage, "T/graph/diff?" DAYS), "acme-org 0 0 0 - unchanged\n");
    graph_acme(&stage);
    cr_assert_str_eq(changes(&stage, "T/graph/diff?" DAYS),
                     "acme-org 23.366666666666666666 46.733333433333333332 23.366666766666666666 "
                     "100.0000004279600570613409415 changed\n"
                     "acme-org:unassigned 5 10 5 100 changed\n"
                     "env-1 18.366666666666666666 36.733333433333333332 18.366666766666666666 "
                     "100.0000005444646098003629764 changed\n");
    api_done(&stage);
}

/* Everything that lived at some time of a period, or was paid for in it, is in it. */
Test(graph_diff, lives_overlap_with_the_periods) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "kafka_cluster", "C", NULL, NULL, "2026-03-02T06:00:00");
    graph_resource(&stage, "t-died", "topic", "died", "c", NULL, "2026-03-01T12:00:00");
    graph_resource(&stage, "t-died-at-start", "topic", "x", "c", NULL, "2026-03-01");
    graph_resource(&stage, "t-died-at-end", "topic", "x", "c", NULL, "2026-03-02");
    graph_resource(&stage, "t-born", "topic", "born", "c", "2026-03-03T23:59:59", NULL);
    graph_resource(&stage, "t-too-late", "topic", "x", "c", "2026-03-04", NULL);
    graph_resource(&stage, "t-stays", "topic", "stays", "c", NULL, NULL);
    graph_identity(&stage, "u-died", "U", NULL, "2026-03-01T12:00:00");
    graph_fact(&stage, "2026-03-01", "", "t-died", "x", "3");
    graph_fact(&stage, "2026-03-01", "", "c", "u-died", "0.5");
    graph_fact(&stage, "2026-03-01", "", "t-stays", "x", "2");
    graph_fact(&stage, "2026-03-02", "", "t-stays", "x", "1.50");
    cr_assert_str_eq(changes(&stage, "T/graph/diff?focus=c&" DAYS), "c 0.5 0 -0.5 -100 changed\n"
                                                                    "t-born 0 0 0 - new\n"
                                                                    "t-died 3 0 -3 - deleted\n"
                                                                    "t-died-at-end 0 0 0 - deleted\n"
                                                                    "t-stays 2 1.50 -0.50 -25.00 changed\n"
                                                                    "u-died 0.5 0 -0.5 - deleted\n");
    api_done(&stage);
}

Test(graph_diff, levels_and_equal_periods) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    const char *same = "from_start=2026-03-01&from_end=2026-03-02&to_start=2026-03-01&to_end=2026-03-02";
    char target[256];
    snprintf(target, sizeof target, "T/graph/diff?focus=env-1&depth=2&%s", same);
    cr_assert_str_eq(changes(&stage, target),
                     "env-1 36.733333433333333332 36.733333433333333332 0.000000000000000000 0 unchanged\n"
                     "lfcp-1 3.0 3.0 0.0 0 unchanged\n"
                     "lkc-1 33.733333433333333332 33.733333433333333332 0.000000000000000000 0 unchanged\n"
                     "lkc-1:topic:orders 14.20 14.20 0.00 0 unchanged\n"
                     "lkc-1:topic:payments 1.0 1.0 0.0 0 unchanged\n");
    snprintf(target, sizeof target, "T/graph/diff?focus=sa-2&%s", same);
    cr_assert_str_eq(changes(&stage, target),
                     "lfcp-1 3.0 3.0 0.0 0 unchanged\nlkc-1 0.2 0.2 0.0 0 unchanged\nsa-2 3.2 3.2 0.0 0 unchanged\n");
    api_done(&stage);
}

/* Everything is told one by one, as long as it is not more than anybody can read. */
Test(graph_diff, no_groups_but_a_limit) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "kafka_cluster", "C", NULL, NULL, NULL);
    graph_repeat(&stage, 1, 9999,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id) SELECT "
                 "'confluent_cloud', 'acme-org', printf('t%05d', i), 'topic', 'c' FROM n");
    api_get(&stage, "T/graph/diff?focus=c&" DAYS);
    cr_assert_eq(stage.status, 200, "%s", stage.body);
    cr_assert_not_null(strstr(stage.body, "\"t09999\""));
    graph_resource(&stage, "one-more", "connector", NULL, "c", NULL, NULL);
    assert_get(&stage, "T/graph/diff?focus=c&" DAYS, 400,
               "{\"detail\":\"The graph has more than 10000 nodes; choose a focus with less below it\"}");
    stage_run(&stage.stage, "UPDATE resources SET resource_type = 'thing', parent_id = NULL");
    assert_get(&stage, "T/graph/diff?" DAYS, 400,
               "{\"detail\":\"The graph has more than 10000 nodes; choose a focus\"}");
    api_done(&stage);
}
