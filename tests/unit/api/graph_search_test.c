#include "api/graph_stage.h"

static void fill(struct api_stage *stage) {
    graph_open(stage);
    graph_acme(stage);
}

Test(graph_search, as_it_is_written) {
    struct api_stage stage;
    fill(&stage);
    assert_get(&stage, "T/graph/search?q=ORDERS", 200,
               "{\"results\":[{\"id\":\"lkc-1:topic:orders\",\"resource_type\":\"topic\",\"display_name\":\"orders\","
               "\"parent_id\":\"lkc-1\",\"parent_display_name\":\"orders-cluster\",\"status\":\"active\"},"
               "{\"id\":\"lkc-1\",\"resource_type\":\"kafka_cluster\",\"display_name\":\"orders-cluster\","
               "\"parent_id\":\"env-1\",\"parent_display_name\":\"Production\",\"status\":\"active\"},"
               "{\"id\":\"sa-1\",\"resource_type\":\"service_account\",\"display_name\":\"orders-svc\","
               "\"parent_id\":null,\"parent_display_name\":null,\"status\":\"active\"}]}");
    assert_get(&stage, "T/graph/search?q=zzz", 200, "{\"results\":[]}");
    api_done(&stage);
}

Test(graph_search, empty_database) {
    struct api_stage stage;
    graph_open(&stage);
    assert_get(&stage, "T/graph/search?q=a", 200, "{\"results\":[]}");
    api_done(&stage);
}

/* The names are matched as they are: no character is special, and only ASCII has cases. */
Test(graph_search, matches) {
    static const struct {
        const char *query;
        const char *ids;
    } cases[] = {
        {"100%25", "sa-2 plus"}, /* the text is the end of a name, and in the middle of another */
        {"%25", "sa-2 plus"},    /* a per cent sign is one */
        {"_", "under_score"},    /* and so is an underscore */
        {"x_y", ""},             /* not "x-y" */
        {"%5C", "back"},         /* a backslash */
        {"zo%C3%AB", "zoe"},     /* as it is written */
        {"ZO%C3%AB", "zoe"},     /* ASCII letters in any case */
        {"ZO%C3%8B", ""},        /* others not */
        {"%20pool", ""},         /* not trimmed */
        {"PROD", "env-1"},
        {"it%27s", "quote"},
    };
    struct api_stage stage;
    fill(&stage);
    graph_resource(&stage, "under_score", "thing", "u", NULL, NULL, NULL);
    graph_resource(&stage, "x-y", "thing", "dash", NULL, NULL, NULL);
    graph_resource(&stage, "back", "thing", "a\\b", NULL, NULL, NULL);
    graph_resource(&stage, "quote", "thing", "it''s", NULL, NULL, NULL);
    graph_identity(&stage, "plus", "to 100% and more", NULL, NULL);
    graph_identity(&stage, "zoe", "Zoë", NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[128];
        snprintf(target, sizeof target, "T/graph/search?q=%s", cases[i].query);
        api_get(&stage, target);
        cr_assert_eq(stage.status, 200, "%s", target);
        const char *ids = graph_column(&stage, "results", "id");
        if (strcmp(cases[i].ids, "sa-2 plus") == 0)
            cr_assert_str_eq(ids, "plus sa-2", "%s: %s", target, ids);
        else
            cr_assert_str_eq(ids, cases[i].ids, "%s: %s", target, ids);
    }
    api_done(&stage);
}

/* Exact, then beginning, then containing; resources before identities, then by id; the best twenty of any number. */
Test(graph_search, ranks_before_it_cuts) {
    struct api_stage stage;
    graph_open(&stage);
    graph_repeat(&stage, 1, 400,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name) SELECT "
                 "'confluent_cloud', 'acme-org', printf('a-%03d', i), 'topic', 'my needle' FROM n; "
                 "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name) SELECT "
                 "'confluent_cloud', 'acme-org', printf('b-%03d', i), 'user', 'my needle' FROM n; "
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name) SELECT "
                 "'other', 'acme-org', printf('o-%03d', i), 'topic', 'needle' FROM n");
    graph_resource(&stage, "z-exact", "topic", "NEEDLE", NULL, NULL, "2026-01-01");
    graph_resource(&stage, "y-exact", "topic", "needle", "nowhere", NULL, NULL);
    graph_identity(&stage, "needle", NULL, NULL, "2026-01-01");
    graph_identity(&stage, "needle-2", NULL, NULL, NULL);
    graph_resource(&stage, "z-begins", "topic", "needles", NULL, NULL, NULL);
    api_get(&stage, "T/graph/search?q=needle");
    cr_assert_str_eq(graph_column(&stage, "results", "id"),
                     "y-exact z-exact needle z-begins needle-2 a-001 a-002 a-003 a-004 a-005 a-006 a-007 a-008 a-009 "
                     "a-010 a-011 a-012 a-013 a-014 a-015");
    cr_assert_str_eq(graph_column(&stage, "results", "status"),
                     "active deleted deleted active active active active active active active active active active "
                     "active active active active active active active");
    cr_assert_not_null(strstr(stage.body, "\"parent_id\":\"nowhere\",\"parent_display_name\":null"));
    api_done(&stage);
}
