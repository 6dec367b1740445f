#include "support.h"

#define TOPICS                                                                                                       \
    "SELECT resource_id || ' ' || coalesce(parent_id, '-') || ' ' || coalesce(display_name, '-') || ' ' || status "  \
    "|| ' ' || coalesce(created_at, '-') || ' ' || coalesce(deleted_at, '-') || ' ' || coalesce(last_seen_at, '-') " \
    "FROM resources WHERE resource_type = 'topic' ORDER BY 1"
#define LIVING "SELECT resource_id FROM resources WHERE deleted_at IS NULL ORDER BY 1"

static void put(struct stage *stage, const char *cluster, const char *topic, const char *now) {
    assert_ok(stage, cg_store_put_topic(stage->store, cluster, topic, at(now), &stage->error));
}

static uint64_t delete_absent(struct stage *stage, const char *cluster, const char *seen_before, const char *now) {
    uint64_t count = 99;
    assert_ok(stage,
              cg_store_delete_absent_topics(stage->store, cluster, at(seen_before), at(now), &count, &stage->error));
    return count;
}

Test(store_topic_resources, a_topic_as_it_is_stored) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    put(&stage, "lkc-1", "orders", "2026-02-01T10:00:00");
    assert_rows(&stage, TOPICS,
                "lkc-1:topic:orders lkc-1 orders active 2026-02-01 10:00:00.000000 - 2026-02-01 10:00:00.000000");
    assert_rows(&stage,
                "SELECT count(*) FROM resources WHERE owner_id IS NULL AND cloud IS NULL AND region IS NULL AND "
                "metadata_json IS NULL",
                "1");
    put(&stage, "lkc-1", "orders", "2026-02-01T11:00:00");
    assert_rows(&stage, TOPICS,
                "lkc-1:topic:orders lkc-1 orders active 2026-02-01 10:00:00.000000 - 2026-02-01 11:00:00.000000");
    cr_assert_eq(cg_store_put_topic(stage.store, "lkc-1", "", 0, &stage.error), CG_INVALID);
    cr_assert_eq(cg_store_put_topic(stage.store, NULL, "a", 0, &stage.error), CG_INVALID);
    /* Together with others it is part of their transaction. */
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    put(&stage, "lkc-1", "payments", "2026-02-01T11:00:00");
    cg_store_rollback(stage.store);
    assert_rows(&stage, LIVING, "lkc-1:topic:orders");
    stage_done(&stage);
}

Test(store_topic_resources, absent_topics_die_and_come_back) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    put(&stage, "lkc-1", "old", "2026-02-01");
    put(&stage, "lkc-1", "new", "2026-02-05");
    put(&stage, "lkc-2", "old", "2026-02-01");
    cr_assert_eq(delete_absent(&stage, "lkc-1", "2026-02-01", "2026-02-06"), 0);
    cr_assert_eq(delete_absent(&stage, "lkc-1", "2026-02-02", "2026-02-06"), 1);
    cr_assert_eq(delete_absent(&stage, "lkc-1", "2026-02-02", "2026-02-07"), 0);
    assert_rows(&stage, LIVING, "lkc-1:topic:new\nlkc-2:topic:old");
    assert_rows(&stage, TOPICS,
                "lkc-1:topic:new lkc-1 new active 2026-02-05 00:00:00.000000 - 2026-02-05 00:00:00.000000\n"
                "lkc-1:topic:old lkc-1 old deleted 2026-02-01 00:00:00.000000 2026-02-06 00:00:00.000000 2026-02-01 "
                "00:00:00.000000\n"
                "lkc-2:topic:old lkc-2 old active 2026-02-01 00:00:00.000000 - 2026-02-01 00:00:00.000000");
    put(&stage, "lkc-1", "old", "2026-02-08");
    assert_rows(&stage,
                "SELECT status || ' ' || created_at || ' ' || coalesce(deleted_at, '-') FROM resources WHERE "
                "resource_id = 'lkc-1:topic:old'",
                "active 2026-02-01 00:00:00.000000 -");
    stage_done(&stage);
}

/* The Python engine writes topics without any time. */
Test(store_topic_resources, topics_that_nobody_ever_saw) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage,
              "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, "
              "status) VALUES ('confluent_cloud', 't-1', 'lkc-1:topic:a', 'topic', 'a', 'lkc-1', 'active'), "
              "('confluent_cloud', 't-1', 'lkc-1:topic:b', 'topic', 'b', 'lkc-1', 'active'), "
              "('confluent_cloud', 't-1', 'lcc-1', 'connector', 'c', 'lkc-1', 'active'), "
              "('confluent_cloud', 't-2', 'lkc-1:topic:a', 'topic', 'a', 'lkc-1', 'active')");
    put(&stage, "lkc-1", "a", "2026-02-01");
    cr_assert_eq(delete_absent(&stage, "lkc-1", "2026-01-29", "2026-02-01"), 0);
    assert_rows(&stage,
                "SELECT tenant_id || ' ' || resource_id || ' ' || coalesce(created_at, '-') || ' ' || "
                "coalesce(last_seen_at, '-') FROM resources ORDER BY 1",
                "t-1 lcc-1 - -\nt-1 lkc-1:topic:a - 2026-02-01 00:00:00.000000\n"
                "t-1 lkc-1:topic:b - 2026-02-01 00:00:00.000000\nt-2 lkc-1:topic:a - -");
    /* Days later only one of them was seen again. */
    put(&stage, "lkc-1", "a", "2026-02-05");
    cr_assert_eq(delete_absent(&stage, "lkc-1", "2026-02-02", "2026-02-05"), 1);
    assert_rows(&stage, "SELECT tenant_id || ' ' || resource_id FROM resources WHERE deleted_at IS NOT NULL",
                "t-1 lkc-1:topic:b");
    stage_done(&stage);
}

Test(store_topic_resources, topics_go_with_their_cluster) {
    struct stage stage;
    uint64_t count = 0;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage,
              "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status, deleted_at) VALUES "
              "('confluent_cloud', 't-1', 'lkc-dead', 'kafka_cluster', 'deleted', '2026-02-01 00:00:00.000000'), "
              "('confluent_cloud', 't-1', 'lkc-live', 'kafka_cluster', 'active', NULL), "
              "('confluent_cloud', 't-2', 'lkc-live', 'kafka_cluster', 'deleted', '2026-02-01 00:00:00.000000')");
    put(&stage, "lkc-dead", "a", "2026-01-31");
    put(&stage, "lkc-dead", "b", "2026-02-03");
    put(&stage, "lkc-live", "a", "2026-01-31");
    put(&stage, "lkc-unknown", "a", "2026-01-31");
    assert_ok(&stage, cg_store_delete_orphaned_topics(stage.store, at("2026-02-02"), &count, &stage.error));
    cr_assert_eq(count, 2);
    /* Not even a topic with a wrong clock dies before it was born. */
    assert_rows(&stage,
                "SELECT resource_id || ' ' || status || ' ' || deleted_at FROM resources WHERE resource_type = 'topic' "
                "AND deleted_at IS NOT NULL ORDER BY 1",
                "lkc-dead:topic:a deleted 2026-02-02 00:00:00.000000\n"
                "lkc-dead:topic:b deleted 2026-02-03 00:00:00.000000");
    assert_ok(&stage, cg_store_delete_orphaned_topics(stage.store, at("2026-02-03"), &count, &stage.error));
    cr_assert_eq(count, 0);
    stage_done(&stage);
}
