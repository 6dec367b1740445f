#include "api/graph_stage.h"

#define NODE_TAIL "\"cross_references\":[],\"child_count\":null,\"child_total_cost\":null}"

/* ---- the tenant ---- */

Test(graph, root_as_it_is_written) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    assert_get(&stage, "T/graph", 200,
               "{\"nodes\":[{\"id\":\"acme-org\",\"resource_type\":\"tenant\",\"display_name\":\"acme-org\","
               "\"cost\":\"70.100000099999999998\",\"created_at\":null,\"deleted_at\":null,\"tags\":{},"
               "\"parent_id\":null,\"cloud\":null,\"region\":null,\"status\":\"active\"," NODE_TAIL ","
               "{\"id\":\"env-1\",\"resource_type\":\"environment\",\"display_name\":\"Production\","
               "\"cost\":\"55.100000099999999998\",\"created_at\":\"2026-01-01T00:00:00Z\",\"deleted_at\":null,"
               "\"tags\":{\"cost-center\":\"CC 7\"},\"parent_id\":null,\"cloud\":null,\"region\":null,"
               "\"status\":\"active\"," NODE_TAIL ","
               "{\"id\":\"acme-org:unassigned\",\"resource_type\":\"unassigned\",\"display_name\":\"Unassigned\","
               "\"cost\":\"15\",\"created_at\":null,\"deleted_at\":null,\"tags\":{},\"parent_id\":\"acme-org\","
               "\"cloud\":null,\"region\":null,\"status\":\"active\"," NODE_TAIL "],"
               "\"edges\":[{\"source\":\"acme-org\",\"target\":\"env-1\",\"relationship_type\":\"parent\","
               "\"cost\":null},{\"source\":\"acme-org\",\"target\":\"acme-org:unassigned\","
               "\"relationship_type\":\"parent\",\"cost\":null}]}");
    api_done(&stage);
}

Test(graph, empty_database) {
    struct api_stage stage;
    graph_open(&stage);
    graph_expect(&stage, "T/graph", "acme-org tenant \"acme-org\" 0\n", "");
    graph_expect(&stage, "T/graph?depth=3&expand=topics&start_date=2026-01-01&end_date=2026-02-01&timezone=",
                 "acme-org tenant \"acme-org\" 0\n", "");
    assert_get(&stage, "T/graph?focus=zzz", 404,
               "{\"detail\":\"\\\"Entity 'zzz' not found for tenant 'acme-org'\\\"\"}");
    assert_get(&stage, "T/graph?focus=", 404, "{\"detail\":\"\\\"Entity '' not found for tenant 'acme-org'\\\"\"}");
    api_done(&stage);
}

/* Whatever is charged where: the tenant costs the sum of all facts, and of what is shown below it. */
Test(graph, root_misses_no_cost) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "env-a", "environment", NULL, NULL, NULL, NULL);
    graph_resource(&stage, "env-dead", "environment", "Old", NULL, NULL, "2026-03-10");
    graph_resource(&stage, "env-late", "environment", "New", NULL, "2026-03-25", NULL);
    graph_resource(&stage, "env-free", "environment", "Free", NULL, NULL, NULL);
    graph_resource(&stage, "not-env", "kafka_cluster", "c", NULL, NULL, NULL);
    graph_fact(&stage, "2026-03-01", "env-a", "r", "sa-1", "1.25");
    graph_fact(&stage, "2026-03-31", "env-a", NULL, "sa-2", "0.0000000000000000001");
    graph_fact(&stage, "2026-03-01", "env-dead", "r", "sa-1", "2");
    graph_fact(&stage, "2026-03-01", "env-late", "r", "sa-1", "4");
    graph_fact(&stage, "2026-03-01", "env-unknown", "r", "sa-1", "8");
    graph_fact(&stage, "2026-03-01", "not-env", "r", "sa-1", "-3");
    graph_fact(&stage, "2026-03-01", "", NULL, "sa-1", "16");
    graph_fact(&stage, "2026-02-28", "env-a", "r", "sa-1", "1000");
    graph_fact(&stage, "2026-04-01", "env-a", "r", "sa-1", "1000");
    stage_run(&stage.stage, "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, env_id) VALUES "
                            "(900, 'confluent_cloud', 'other', 'env-a'), (901, 'other', 'acme-org', 'env-a'); "
                            "INSERT INTO chargeback_facts VALUES ('2026-03-01 00:00:00', 900, '77', '{}'), "
                            "('2026-03-01 00:00:00', 901, '77', '{}')");
    graph_expect(&stage, "T/graph",
                 "acme-org tenant \"acme-org\" 28.2500000000000000001\n"
                 "env-a environment \"-\" 1.2500000000000000001\n"
                 "env-free environment \"Free\" 0\n"
                 "acme-org:unassigned unassigned \"Unassigned\" 27\n",
                 NULL);
    graph_expect(&stage, "T/graph?at=2026-03-09T00:00:00Z",
                 "acme-org tenant \"acme-org\" 28.2500000000000000001\n"
                 "env-a environment \"-\" 1.2500000000000000001\n"
                 "env-dead environment \"Old\" 2 deleted\n"
                 "env-free environment \"Free\" 0\n"
                 "acme-org:unassigned unassigned \"Unassigned\" 25\n",
                 NULL);
    graph_expect(&stage, "T/graph?at=2026-03-25T00:00:00Z&start_date=2026-03-01&end_date=2026-03-30",
                 "acme-org tenant \"acme-org\" 28.25\n"
                 "env-a environment \"-\" 1.25\n"
                 "env-free environment \"Free\" 0\n"
                 "env-late environment \"New\" 4\n"
                 "acme-org:unassigned unassigned \"Unassigned\" 23\n",
                 NULL);
    api_done(&stage);
}

/* Without any environment, what has no parent takes their place. */
Test(graph, root_of_a_tenant_without_environments) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "kafka-b", "cluster", "B", NULL, NULL, NULL);
    graph_resource(&stage, "kafka-a", "cluster", "A", NULL, NULL, NULL);
    graph_resource(&stage, "kafka-dead", "cluster", "D", NULL, NULL, "2026-01-01");
    graph_resource(&stage, "topic", "topic", "t", NULL, NULL, NULL);
    graph_resource(&stage, "broker", "broker", "1", "kafka-a", NULL, NULL);
    graph_fact(&stage, "2026-03-01", "", "kafka-a", "u", "1");
    graph_fact(&stage, "2026-03-01", "", "kafka-dead", "u", "2");
    graph_fact(&stage, "2026-03-01", "", "topic", "u", "4");
    graph_fact(&stage, "2026-03-01", "", "broker", "u", "8");
    graph_fact(&stage, "2026-03-01", "", NULL, "u", "16");
    graph_expect(&stage, "T/graph",
                 "acme-org tenant \"acme-org\" 31\n"
                 "kafka-a cluster \"A\" 1\n"
                 "kafka-b cluster \"B\" 0\n"
                 "acme-org:unassigned unassigned \"Unassigned\" 30\n",
                 "acme-org > kafka-a parent -\n"
                 "acme-org > kafka-b parent -\n"
                 "acme-org > acme-org:unassigned parent -\n");
    /* One environment, though it is gone, and they belong where they stand. */
    graph_resource(&stage, "env", "environment", "E", NULL, NULL, "2026-01-01");
    graph_expect(&stage, "T/graph",
                 "acme-org tenant \"acme-org\" 31\nacme-org:unassigned unassigned \"Unassigned\" 31\n", NULL);
    api_done(&stage);
}

Test(graph, root_of_very_many) {
    struct api_stage stage;
    graph_open(&stage);
    graph_repeat(&stage, 1, 1003,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) SELECT 'confluent_cloud', "
                 "'acme-org', printf('r%04d', i), 'cluster' FROM n; "
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id) SELECT i, "
                 "'confluent_cloud', 'acme-org', printf('r%04d', i) FROM n; "
                 "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', i, i, '{}' FROM n");
    const char *body = api_get(&stage, "T/graph");
    cr_assert_eq(stage.status, 200);
    cr_assert_not_null(strstr(body, "\"id\":\"acme-org:capped_resources\",\"resource_type\":\"capped_summary\","
                                    "\"display_name\":\"3 more resources\",\"cost\":\"6\""));
    cr_assert_not_null(strstr(body, "\"display_name\":\"acme-org\",\"cost\":\"503506\""));
    cr_assert_null(strstr(body, "\"r0003\""));
    cr_assert_not_null(strstr(body, "\"r0004\""));
    api_done(&stage);
}

/* ---- a cluster ---- */

Test(graph, cluster_with_everything) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    graph_expect(&stage, "T/graph?focus=lkc-1",
                 "lkc-1 kafka_cluster \"orders-cluster\" 50.600000099999999998\n"
                 "lkc-1:topic:orders topic \"orders\" 21.30\n"
                 "lkc-1:topic:payments topic \"payments\" 1.5\n"
                 "sa-1 service_account \"orders-svc\" 50.300000099999999998\n"
                 "sa-2 service_account \"Payments 100%\" 0.3\n",
                 "lkc-1 > lkc-1:topic:orders parent -\n"
                 "lkc-1 > lkc-1:topic:payments parent -\n"
                 "lkc-1 > sa-1 charge 50.300000099999999998\n"
                 "lkc-1 > sa-2 charge 0.3\n"
                 "lkc-1 > lkc-1:topic:orders attribution 21.30\n"
                 "lkc-1 > lkc-1:topic:payments attribution 1.5\n");
    cr_assert_not_null(
        strstr(stage.body,
               "{\"id\":\"sa-2\",\"resource_type\":\"service_account\",\"display_name\":\"Payments 100%\","
               "\"cost\":\"0.3\",\"created_at\":\"2026-01-01T00:00:00Z\",\"deleted_at\":null,"
               "\"tags\":{\"team\":\"payments\"},\"parent_id\":null,\"cloud\":null,\"region\":null,"
               "\"status\":\"active\",\"cross_references\":[{\"resource_type\":\"flink_compute_pool\",\"items\":["
               "{\"id\":\"lfcp-1\",\"resource_type\":\"flink_compute_pool\",\"display_name\":\"pool\",\"cost\":\"4.5\"}"
               "],\"total_count\":1}],\"child_count\":null,\"child_total_cost\":null}"));
    api_done(&stage);
}

/* What costs something is shown, whether the inventory has it or not; what was never paid for is not. */
Test(graph, cluster_with_members_that_are_gone) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "dedicated_cluster", "C", NULL, NULL, NULL);
    graph_resource(&stage, "c:topic:dead", "topic", "dead", "c", NULL, "2026-03-05");
    graph_resource(&stage, "c:topic:free", "topic", "free", "c", NULL, NULL);
    graph_resource(&stage, "c:topic:unheard", "topic", "unheard", "c", NULL, "2026-02-01");
    graph_resource(&stage, "lcc-1", "connector", "sink", "c", NULL, NULL);
    graph_identity(&stage, "sa-dead", "was", NULL, "2026-03-05");
    graph_identity(&stage, "sa-idle", "idle", NULL, NULL);
    graph_identity(&stage, "sa-long-gone", "gone", NULL, "2026-02-01");
    graph_fact(&stage, "2026-03-01", "", "c", "sa-dead", "1");
    graph_fact(&stage, "2026-03-01", "", "c", "sa-lost", "2");
    graph_fact(&stage, "2026-03-01", "", "c", "UNALLOCATED", "0");
    graph_fact(&stage, "2026-02-01", "", "c", "sa-idle", "4");
    graph_fact(&stage, "2026-02-01", "", "c", "sa-long-gone", "8");
    graph_fact(&stage, "2026-02-01", "", "c", "sa-unheard", "8");
    graph_fact(&stage, "2026-03-01", "", "c", "", "16");
    graph_fact(&stage, "2026-03-01", "", "lcc-1", "sa-idle", "0.5");
    graph_topic_fact(&stage, "2026-03-01", "c", "dead", "0.25");
    graph_topic_fact(&stage, "2026-03-01", "c", "lost", "0.125");
    graph_topic_fact(&stage, "2026-02-01", "c", "forgotten", "1");
    graph_expect(&stage, "T/graph?focus=c",
                 "c dedicated_cluster \"C\" 19\n"
                 "c:topic:dead topic \"dead\" 0.25 deleted\n"
                 "c:topic:free topic \"free\" 0\n"
                 "c:topic:lost topic \"lost\" 0.125 deleted\n"
                 "lcc-1 connector \"sink\" 0.5\n"
                 "UNALLOCATED identity \"-\" 0 deleted\n"
                 "sa-dead service_account \"was\" 1 deleted\n"
                 "sa-idle service_account \"idle\" 0\n"
                 "sa-lost identity \"-\" 2 deleted\n",
                 "c > c:topic:dead parent -\n"
                 "c > c:topic:free parent -\n"
                 "c > c:topic:lost parent -\n"
                 "c > lcc-1 parent -\n"
                 "c > UNALLOCATED charge 0\n"
                 "c > sa-dead charge 1\n"
                 "c > sa-idle charge -\n"
                 "c > sa-lost charge 2\n"
                 "c > c:topic:dead attribution 0.25\n"
                 "c > c:topic:lost attribution 0.125\n");
    api_done(&stage);
}

/* The example of 23 topics (0, 0, 2..22) and 24 identities: 0..22, and one of 100 that is not in the inventory. */
static void fill_large(struct api_stage *stage) {
    graph_resource(stage, "lkc-b", "kafka_cluster", "big", NULL, NULL, NULL);
    graph_repeat(stage, 0, 22,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id) "
                 "SELECT 'confluent_cloud', 'acme-org', printf('lkc-b:topic:t%02d', i), 'topic', printf('t%02d', i), "
                 "'lkc-b' FROM n; "
                 "INSERT INTO topic_attribution_dimensions (dimension_id, ecosystem, tenant_id, cluster_resource_id, "
                 "topic_name, resource_id) SELECT i + 100, 'confluent_cloud', 'acme-org', 'lkc-b', printf('t%02d', i), "
                 "printf('lkc-b:topic:t%02d', i) FROM n WHERE i > 1; "
                 "INSERT INTO topic_attribution_facts SELECT '2026-03-01 00:00:00', i + 100, i FROM n WHERE i > 1; "
                 "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type) SELECT 'confluent_cloud', "
                 "'acme-org', printf('sa-%02d', i), 'service_account' FROM n; "
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
                 "SELECT i + 100, 'confluent_cloud', 'acme-org', 'lkc-b', printf('sa-%02d', i) FROM n; "
                 "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', i + 100, i, '{}' FROM n");
    graph_fact(stage, "2026-03-01", "", "lkc-b", "sa-ghost", "100");
}

Test(graph, large_cluster) {
    struct api_stage stage;
    graph_open(&stage);
    fill_large(&stage);
    const char *grouped = "lkc-b kafka_cluster \"big\" 353\n"
                          "lkc-b:topic_group topic_group \"18 topics\" 152 [18 152]\n"
                          "lkc-b:topic:t22 topic \"t22\" 22\n"
                          "lkc-b:topic:t21 topic \"t21\" 21\n"
                          "lkc-b:topic:t20 topic \"t20\" 20\n"
                          "lkc-b:topic:t19 topic \"t19\" 19\n"
                          "lkc-b:topic:t18 topic \"t18\" 18\n"
                          "lkc-b:identity_group identity_group \"19 identities\" 171 [19 171]\n"
                          "sa-ghost identity \"-\" 100 deleted\n"
                          "sa-22 service_account \"-\" 22\n"
                          "sa-21 service_account \"-\" 21\n"
                          "sa-20 service_account \"-\" 20\n"
                          "sa-19 service_account \"-\" 19\n";
    graph_expect(&stage, "T/graph?focus=lkc-b", grouped,
                 "lkc-b > lkc-b:topic_group parent -\n"
                 "lkc-b > lkc-b:topic:t22 parent -\n"
                 "lkc-b > lkc-b:topic:t21 parent -\n"
                 "lkc-b > lkc-b:topic:t20 parent -\n"
                 "lkc-b > lkc-b:topic:t19 parent -\n"
                 "lkc-b > lkc-b:topic:t18 parent -\n"
                 "lkc-b > lkc-b:identity_group charge -\n"
                 "lkc-b > sa-ghost charge 100\n"
                 "lkc-b > sa-22 charge 22\n"
                 "lkc-b > sa-21 charge 21\n"
                 "lkc-b > sa-20 charge 20\n"
                 "lkc-b > sa-19 charge 19\n"
                 "lkc-b > lkc-b:topic:t22 attribution 22\n"
                 "lkc-b > lkc-b:topic:t21 attribution 21\n"
                 "lkc-b > lkc-b:topic:t20 attribution 20\n"
                 "lkc-b > lkc-b:topic:t19 attribution 19\n"
                 "lkc-b > lkc-b:topic:t18 attribution 18\n");
    graph_expect(&stage, "T/graph?focus=lkc-b&expand=resources", grouped, NULL);
    graph_expect(&stage, "T/graph?focus=lkc-b&expand=clusters&depth=3", grouped, NULL);
    api_get(&stage, "T/graph?focus=lkc-b&expand=topics");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"),
                     "lkc-b lkc-b:topic:t22 lkc-b:topic:t21 lkc-b:topic:t20 lkc-b:topic:t19 lkc-b:topic:t18 "
                     "lkc-b:topic:t17 lkc-b:topic:t16 lkc-b:topic:t15 lkc-b:topic:t14 lkc-b:topic:t13 lkc-b:topic:t12 "
                     "lkc-b:topic:t11 lkc-b:topic:t10 lkc-b:topic:t09 lkc-b:topic:t08 lkc-b:topic:t07 lkc-b:topic:t06 "
                     "lkc-b:topic:t05 lkc-b:topic:t04 lkc-b:topic:t03 lkc-b:topic:t02 lkc-b:zero_cost_topics "
                     "lkc-b:identity_group");
    cr_assert_not_null(strstr(graph_nodes(&stage), "lkc-b:zero_cost_topics zero_cost_summary \"2 others at $0\" 0 [2 0]"
                                                   "\nlkc-b:identity_group identity_group \"24 identities\" 0 [24 353]"
                                                   "\n"));
    api_get(&stage, "T/graph?focus=lkc-b&expand=identities");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"),
                     "lkc-b lkc-b:topic_group sa-ghost sa-22 sa-21 sa-20 sa-19 sa-18 sa-17 sa-16 sa-15 sa-14 sa-13 "
                     "sa-12 sa-11 sa-10 sa-09 sa-08 sa-07 sa-06 sa-05 sa-04 sa-03 sa-02 sa-01 "
                     "lkc-b:zero_cost_identities");
    cr_assert_not_null(strstr(graph_nodes(&stage), "lkc-b:topic_group topic_group \"23 topics\" 0 [23 252]\n"));
    cr_assert_not_null(strstr(graph_edges(&stage), "lkc-b > lkc-b:zero_cost_identities charge -\n"));
    api_done(&stage);
}

/* Connectors and brokers are no topics: they are judged and grouped by themselves. */
Test(graph, cluster_with_many_other_resources) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "cluster", "C", NULL, NULL, NULL);
    graph_resource(&stage, "c:topic:t", "topic", "t", "c", NULL, NULL);
    graph_identity(&stage, "sa-1", "one", NULL, NULL);
    graph_repeat(&stage, 1, 21,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id) SELECT "
                 "'confluent_cloud', 'acme-org', printf('lcc-%02d', i), 'connector', 'c' FROM n");
    for (int i = 1; i <= 6; i++) {
        char id[16];
        snprintf(id, sizeof id, "lcc-%02d", i);
        graph_fact(&stage, "2026-03-01", "", id, "sa-1", i == 6 ? "-7" : "1");
    }
    const char *rest = "lcc-01 connector \"-\" 1\nlcc-02 connector \"-\" 1\nlcc-03 connector \"-\" 1\n"
                       "lcc-04 connector \"-\" 1\nlcc-05 connector \"-\" 1\n";
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "c cluster \"C\" 0\nc:topic:t topic \"t\" 0\nc:resource_group resource_group \"16 resources\" -7 [16 -7]\n"
             "%s",
             rest);
    graph_expect(&stage, "T/graph?focus=c", wanted, NULL);
    cr_assert_not_null(strstr(stage.body, "\"parent_id\":\"c\""));
    snprintf(wanted, sizeof wanted,
             "c cluster \"C\" 0\nc:topic:t topic \"t\" 0\n%slcc-06 connector \"-\" -7\n"
             "c:zero_cost_resources zero_cost_summary \"15 others at $0\" 0 [15 0]\n",
             rest);
    graph_expect(&stage, "T/graph?focus=c&expand=resources", wanted, NULL);
    graph_expect(&stage, "T/graph?focus=c&expand=identities",
                 "c cluster \"C\" 0\nc:topic_group topic_group \"1 topics\" 0 [1 0]\n"
                 "c:resource_group resource_group \"21 resources\" 0 [21 -2]\n",
                 NULL);
    graph_expect(&stage, "T/graph?focus=c&expand=topics",
                 "c cluster \"C\" 0\nc:zero_cost_topics zero_cost_summary \"1 topics ($0)\" 0 [1 0]\n"
                 "c:resource_group resource_group \"21 resources\" 0 [21 -2]\n",
                 "c > c:zero_cost_topics parent -\nc > c:resource_group parent -\n");
    api_done(&stage);
}

Test(graph, cluster_of_more_than_can_be_expanded) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "kafka_cluster", "C", NULL, NULL, NULL);
    graph_repeat(
        &stage, 1, 203,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id) SELECT "
        "'confluent_cloud', 'acme-org', printf('t%03d', i), 'topic', 'c' FROM n; "
        "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
        "SELECT i, 'confluent_cloud', 'acme-org', 'c', printf('u%03d', i) FROM n UNION ALL "
        "SELECT i + 1000, 'confluent_cloud', 'acme-org', printf('t%03d', i), 'x' FROM n; "
        "INSERT INTO chargeback_facts SELECT $time('2026-03-01 00:00:00'), i, CASE i WHEN 1 THEN '0.00' WHEN 2 THEN "
        "'-5' ELSE '0.5' END, '{}' FROM n UNION ALL SELECT $time('2026-03-01 00:00:00'), i + 1000, '0.25', '{}' "
        "FROM n");
    api_get(&stage, "T/graph?focus=c&expand=topics");
    cr_assert_not_null(strstr(graph_nodes(&stage), "t200 topic \"-\" 0.25\n"
                                                   "c:capped_topics capped_summary \"3 more topics\" 0.75 [3 0.75]\n"
                                                   "c:identity_group identity_group \"203 identities\" 0 [203 95.50]"
                                                   "\n"),
                       "%s", graph_nodes(&stage));
    api_get(&stage, "T/graph?focus=c&expand=identities");
    cr_assert_not_null(strstr(graph_nodes(&stage),
                              "u202 identity \"-\" 0.5 deleted\n"
                              "c:capped_identities capped_summary \"2 more identities\" -4.50 [2 -4.50]\n"
                              "c:zero_cost_identities zero_cost_summary \"1 others at $0\" 0 [1 0]\n"),
                       "%s", graph_nodes(&stage));
    api_done(&stage);
}

/* ---- other resources ---- */

Test(graph, resource_by_levels) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    graph_resource(&stage, "lkc-dead", "kafka_cluster", "dead", "env-1", NULL, "2026-03-20T12:00:00");
    graph_resource(&stage, "below-dead", "topic", "x", "lkc-dead", NULL, NULL);
    const char *one = "env-1 environment \"Production\" 55.100000099999999998\n"
                      "lfcp-1 flink_compute_pool \"pool\" 4.5\n"
                      "lkc-1 kafka_cluster \"orders-cluster\" 50.600000099999999998\n";
    char two[512];
    snprintf(two, sizeof two,
             "%slkc-1:topic:orders topic \"orders\" 21.30\nlkc-1:topic:payments topic \"payments\" 1.5\n", one);
    graph_expect(&stage, "T/graph?focus=env-1", one, "env-1 > lfcp-1 parent -\nenv-1 > lkc-1 parent -\n");
    graph_expect(&stage, "T/graph?focus=env-1&depth=2&expand=resources", two,
                 "env-1 > lfcp-1 parent -\nenv-1 > lkc-1 parent -\nlkc-1 > lkc-1:topic:orders parent -\n"
                 "lkc-1 > lkc-1:topic:payments parent -\n");
    graph_expect(&stage, "T/graph?focus=env-1&depth=3", two, NULL);
    /* A topic costs the same wherever it is looked at. */
    graph_expect(&stage, "T/graph?focus=lkc-1:topic:orders", "lkc-1:topic:orders topic \"orders\" 21.30\n", "");
    /* The focus itself is shown dead or alive, and what is below it if it was alive then. */
    graph_expect(&stage, "T/graph?focus=lkc-dead&at=2026-03-20T12:00:00Z",
                 "lkc-dead kafka_cluster \"dead\" 0 deleted\nbelow-dead topic \"x\" 0\n", NULL);
    api_get(&stage, "T/graph?focus=env-1&at=2026-03-20T11:59:59.999999Z");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"), "env-1 lfcp-1 lkc-1 lkc-dead");
    api_done(&stage);
}

Test(graph, environment_below_a_resource_costs_what_is_charged_on_itself) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "org", "organization", "Org", NULL, NULL, NULL);
    graph_resource(&stage, "env-1", "environment", "E", "org", NULL, NULL);
    graph_fact(&stage, "2026-03-01", "env-1", "lkc", "u", "1");
    graph_fact(&stage, "2026-03-01", "env-1", "env-1", "u", "2");
    graph_expect(&stage, "T/graph?focus=org", "org organization \"Org\" 0\nenv-1 environment \"E\" 2\n", NULL);
    graph_expect(&stage, "T/graph?focus=env-1", "env-1 environment \"E\" 3\n", NULL);
    api_done(&stage);
}

/* Circles end, also the one of a resource that is its own parent. */
Test(graph, circles) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "a", "thing", "a", "c", NULL, NULL);
    graph_resource(&stage, "b", "thing", "b", "a", NULL, NULL);
    graph_resource(&stage, "c", "thing", "c", "b", NULL, NULL);
    graph_resource(&stage, "self", "thing", "s", "self", NULL, NULL);
    graph_resource(&stage, "cluster", "cluster", "k", "cluster", NULL, NULL);
    graph_expect(&stage, "T/graph?focus=a&depth=3", "a thing \"a\" 0\nb thing \"b\" 0\nc thing \"c\" 0\n",
                 "a > b parent -\nb > c parent -\n");
    graph_expect(&stage, "T/graph?focus=self&depth=3", "self thing \"s\" 0\n", "");
    graph_expect(&stage, "T/graph?focus=cluster", "cluster cluster \"k\" 0\n", "");
    api_done(&stage);
}

Test(graph, many_resources_on_several_levels) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "e", "folder", "E", NULL, NULL, NULL);
    graph_resource(&stage, "m", "folder", "M", "e", NULL, NULL);
    graph_repeat(&stage, 1, 25,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id) SELECT "
                 "'confluent_cloud', 'acme-org', printf('x%02d', i), 'thing', CASE WHEN i < 23 THEN 'm' ELSE 'e' END "
                 "FROM n; "
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
                 "SELECT i, 'confluent_cloud', 'acme-org', printf('x%02d', i), 'u' FROM n; "
                 "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', i, i / 10, '{}' FROM n");
    graph_expect(&stage, "T/graph?focus=e&depth=2",
                 "e folder \"E\" 0\n"
                 "e:resource_group resource_group \"21 resources\" 12 [21 12]\n"
                 "x20 thing \"-\" 2\nx21 thing \"-\" 2\nx22 thing \"-\" 2\nx23 thing \"-\" 2\nx24 thing \"-\" 2\n",
                 "e > e:resource_group parent -\n"
                 "e > x20 parent -\ne > x21 parent -\ne > x22 parent -\ne > x23 parent -\ne > x24 parent -\n");
    api_get(&stage, "T/graph?focus=e&depth=2&expand=topics");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"), "e e:resource_group x20 x21 x22 x23 x24");
    api_get(&stage, "T/graph?focus=e&depth=2&expand=resources");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"),
                     "e x20 x21 x22 x23 x24 x25 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 e:zero_cost_resources");
    cr_assert_not_null(strstr(graph_nodes(&stage), "zero_cost_summary \"10 others at $0\" 0 [10 0]"));
    api_done(&stage);
}

/* ---- identities ---- */

Test(graph, identity_pays_for_resources) {
    struct api_stage stage;
    graph_open(&stage);
    graph_acme(&stage);
    graph_resource(&stage, "dead", "kafka_cluster", "dead", NULL, NULL, "2026-03-02");
    graph_resource(&stage, "before", "ksqldb", "k", NULL, NULL, NULL);
    graph_fact(&stage, "2026-03-01", "env-1", "dead", "sa-2", "100");
    graph_fact(&stage, "2026-03-01", "env-1", "unknown", "sa-2", "100");
    graph_fact(&stage, "2026-03-01", "env-1", NULL, "sa-2", "100");
    graph_fact(&stage, "2026-02-01", "env-1", "before", "sa-2", "100");
    graph_expect(&stage, "T/graph?focus=sa-2&depth=3",
                 "sa-2 service_account \"Payments 100%\" 4.8\n"
                 "before ksqldb \"k\" 0\n"
                 "lfcp-1 flink_compute_pool \"pool\" 4.5\n"
                 "lkc-1 kafka_cluster \"orders-cluster\" 0.3\n",
                 "before > sa-2 charge -\nlfcp-1 > sa-2 charge 4.5\nlkc-1 > sa-2 charge 0.3\n");
    cr_assert_null(strstr(stage.body, "total_count"));
    api_done(&stage);
}

Test(graph, identity_that_pays_for_many) {
    struct api_stage stage;
    graph_open(&stage);
    graph_identity(&stage, "u", "U", NULL, "2026-01-01");
    graph_repeat(&stage, 1, 25,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) SELECT 'confluent_cloud', "
                 "'acme-org', printf('x%02d', i), 'kafka_cluster' FROM n; "
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
                 "SELECT i, 'confluent_cloud', 'acme-org', printf('x%02d', i), 'u' FROM n; "
                 "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', i, i - 2, '{}' FROM n");
    graph_expect(&stage, "T/graph?focus=u&expand=resources",
                 "u service_account \"U\" 275 deleted\n"
                 "u:cluster_group cluster_group \"20 clusters\" 170 [20 170]\n"
                 "x25 kafka_cluster \"-\" 23\nx24 kafka_cluster \"-\" 22\nx23 kafka_cluster \"-\" 21\n"
                 "x22 kafka_cluster \"-\" 20\nx21 kafka_cluster \"-\" 19\n",
                 "u:cluster_group > u charge -\nx25 > u charge 23\nx24 > u charge 22\nx23 > u charge 21\n"
                 "x22 > u charge 20\nx21 > u charge 19\n");
    api_get(&stage, "T/graph?focus=u&expand=clusters");
    cr_assert_str_eq(graph_column(&stage, "nodes", "id"),
                     "u x25 x24 x23 x22 x21 x20 x19 x18 x17 x16 x15 x14 x13 x12 x11 x10 x09 x08 x07 x06 x05 x04 x03 "
                     "x01 u:zero_cost_clusters");
    cr_assert_not_null(strstr(graph_edges(&stage), "u:zero_cost_clusters > u charge -\n"));
    api_done(&stage);
}

Test(graph, cross_references) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "c", "kafka_cluster", "C", NULL, NULL, NULL);
    graph_identity(&stage, "u", "U", NULL, NULL);
    graph_fact(&stage, "2026-03-01", "", "c", "u", "1");
    graph_repeat(&stage, 1, 7,
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status) SELECT "
                 "'confluent_cloud', 'acme-org', printf('x%d', i), 'kafka_cluster', 'deleted' FROM n; "
                 "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
                 "SELECT i + 100, 'confluent_cloud', 'acme-org', printf('x%d', i), 'u' FROM n; "
                 "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', i + 100, i / 2, '{}' FROM n");
    graph_resource(&stage, "b", "ksqldb", "B", NULL, NULL, NULL);
    graph_fact(&stage, "2026-03-01", "", "b", "u", "0.5");
    graph_fact(&stage, "2026-03-01", "", "unknown", "u", "0.5");
    graph_fact(&stage, "2026-03-01", "", NULL, "u", "0.5");
    graph_resource(&stage, "idle", "ksqldb", "I", NULL, NULL, NULL);
    graph_fact(&stage, "2026-02-01", "", "idle", "u", "0.5");
    api_get(&stage, "T/graph?focus=c");
    const char *references = strstr(stage.body, "\"cross_references\":[{");
    cr_assert_not_null(references);
    const char *wanted =
        "\"cross_references\":[{\"resource_type\":\"ksqldb\",\"items\":[{\"id\":\"b\",\"resource_type\":\"ksqldb\","
        "\"display_name\":\"B\",\"cost\":\"0.5\"}],\"total_count\":1},{\"resource_type\":\"kafka_cluster\",\"items\":["
        "{\"id\":\"x6\",\"resource_type\":\"kafka_cluster\",\"display_name\":null,\"cost\":\"3\"},"
        "{\"id\":\"x7\",\"resource_type\":\"kafka_cluster\",\"display_name\":null,\"cost\":\"3\"},"
        "{\"id\":\"x4\",\"resource_type\":\"kafka_cluster\",\"display_name\":null,\"cost\":\"2\"},"
        "{\"id\":\"x5\",\"resource_type\":\"kafka_cluster\",\"display_name\":null,\"cost\":\"2\"},"
        "{\"id\":\"x2\",\"resource_type\":\"kafka_cluster\",\"display_name\":null,\"cost\":\"1\"}],"
        "\"total_count\":7}],";
    cr_assert_eq(strncmp(references, wanted, strlen(wanted)), 0, "%s", references);
    api_done(&stage);
}

/* A resource wins over an identity of the same id. */
Test(graph, focus_is_a_resource_first) {
    struct api_stage stage;
    graph_open(&stage);
    graph_resource(&stage, "same", "thing", "resource", NULL, NULL, NULL);
    graph_identity(&stage, "same", "identity", NULL, NULL);
    graph_expect(&stage, "T/graph?focus=same", "same thing \"resource\" 0\n", "");
    api_done(&stage);
}
