/* Which topics are stored, and which of them are gone. */
#include "topic_stage.h"

static struct topic_stage stage;

static void put_resource(const char *id, const char *type, const char *seen_at) {
    const struct cg_resource resource = {
        .struct_size = sizeof resource, .id = id, .type = type, .created_at = CG_TIME_NONE, .deleted_at = CG_TIME_NONE};
    assert_ok(&stage.bench.stage,
              cg_store_put_resource(stage.bench.stage.store, &resource, at(seen_at), &stage.bench.stage.error));
}

static void start(void) {
    topic_stage_open(&stage);
    put_resource("lkc-1", "kafka_cluster", "2026-02-01");
}

static void stop(void) {
    topic_stage_close(&stage);
}

TestSuite(topics_discovery, .init = start, .fini = stop);

static void sample(const char *cluster, const char *key, const char *topic, const char *time) {
    cr_assert_lt(stage.sample_count, TOPIC_SAMPLES);
    stage.samples[stage.sample_count++] = (struct topic_sample){cluster, key, topic, at(time), 0};
}

/* Topics with the ends of their lives, in order of their ids. */
#define TOPICS                                                                                                 \
    "SELECT resource_id || ' ' || display_name || ' ' || parent_id || ' ' || status || ' ' || "                \
    "coalesce(substr(created_at, 1, 10), '-') || ' ' || coalesce(substr(last_seen_at, 1, 10), '-') || ' ' || " \
    "coalesce(substr(deleted_at, 1, 10), '-') FROM resources WHERE resource_type = 'topic' ORDER BY resource_id"

#define AT_ELEVEN "2026-02-01T11:00:00"

Test(topics_discovery, the_topics_of_the_last_hour) {
    stage.now = at("2026-02-01T12:00:00") + 999999;
    sample("lkc-1", IN, "orders", AT_ELEVEN);
    sample("lkc-1", OUT, "orders", AT_ELEVEN);
    sample("lkc-1", OUT, "read-only", "2026-02-01T11:59:59");
    sample("lkc-1", RETAINED, "_schemas", AT_ELEVEN);
    sample("lkc-1", IN, "before", "2026-02-01T10:59:59");
    sample("lkc-1", IN, "after", "2026-02-01T12:00:00");
    sample("lkc-1", IN, NULL, AT_ELEVEN);
    sample("lkc-1", IN, "tab\tbed", AT_ELEVEN);
    sample("lkc-2", IN, "unasked", AT_ELEVEN);
    topic_stage_discover(&stage);
    cr_assert_str_eq(stage.asked, "lkc-1 2026-02-01 11:00:00 2026-02-01 12:00:00\n");
    cr_assert_eq(stage.result.topics_seen, 3);
    cr_assert_eq(stage.result.clusters_failed + stage.result.topics_deleted, 0);
    assert_rows(&stage.bench.stage, TOPICS,
                "lkc-1:topic:_schemas _schemas lkc-1 active 2026-02-01 2026-02-01 -\n"
                "lkc-1:topic:orders orders lkc-1 active 2026-02-01 2026-02-01 -\n"
                "lkc-1:topic:read-only read-only lkc-1 active 2026-02-01 2026-02-01 -");
}

Test(topics_discovery, absent_topics_are_deleted_after_three_days) {
    topic_stage_topic(&stage, "lkc-1", "fresh", "2026-01-29T12:00:00");
    topic_stage_topic(&stage, "lkc-1", "stale", "2026-01-29T11:59:59");
    topic_stage_topic(&stage, "lkc-1", "back", "2026-01-10");
    stage_run(&stage.bench.stage, "UPDATE resources SET status = 'deleted', deleted_at = '2026-01-15 00:00:00.000000' "
                                  "WHERE resource_id = 'lkc-1:topic:back'");
    sample("lkc-1", IN, "back", AT_ELEVEN);
    topic_stage_discover(&stage);
    cr_assert_eq(stage.result.topics_deleted, 1);
    assert_rows(&stage.bench.stage, TOPICS,
                "lkc-1:topic:back back lkc-1 active 2026-01-10 2026-02-01 -\n"
                "lkc-1:topic:fresh fresh lkc-1 active 2026-01-29 2026-01-29 -\n"
                "lkc-1:topic:stale stale lkc-1 deleted 2026-01-29 2026-01-29 2026-02-01");
}

Test(topics_discovery, a_cluster_that_cannot_be_asked_loses_nothing) {
    put_resource("lkc-2", "kafka_cluster", "2026-02-01");
    topic_stage_topic(&stage, "lkc-1", "stale", "2026-01-01");
    topic_stage_topic(&stage, "lkc-2", "stale", "2026-01-01");
    sample("lkc-1", IN, "new", AT_ELEVEN);
    sample("lkc-2", IN, "new", AT_ELEVEN);
    stage.outage = "lkc-1";
    topic_stage_discover(&stage);
    cr_assert_eq(stage.result.clusters_failed, 1);
    cr_assert_eq(stage.result.topics_seen, 1);
    cr_assert_str_eq(stage.notes, "the topics of lkc-1 could not be discovered: no answer for lkc-1\n");
    cr_assert_str_eq(stage.bench.errors, "");
    cr_assert_not_null(strstr(stage_log(&stage.bench.stage),
                              "WARNING topic_discovery_failed tenant_name=acme cluster=lkc-1: no answer for lkc-1\n"));
    assert_rows(&stage.bench.stage, TOPICS,
                "lkc-1:topic:stale stale lkc-1 active 2026-01-01 2026-01-01 -\n"
                "lkc-2:topic:new new lkc-2 active 2026-02-01 2026-02-01 -\n"
                "lkc-2:topic:stale stale lkc-2 deleted 2026-01-01 2026-01-01 2026-02-01");
}

Test(topics_discovery, only_live_clusters_are_asked) {
    put_resource("lkc-dead", "kafka_cluster", "2026-01-01");
    put_resource("lsrc-1", "schema_registry", "2026-02-01");
    stage_run(&stage.bench.stage, "UPDATE resources SET status = 'deleted', deleted_at = '2026-01-15 00:00:00.000000' "
                                  "WHERE resource_id = 'lkc-dead'");
    topic_stage_topic(&stage, "lkc-dead", "orphan", "2026-02-01T11:59:00");
    topic_stage_topic(&stage, "lkc-1", "kept", "2026-02-01T11:59:00");
    topic_stage_discover(&stage);
    cr_assert_str_eq(stage.asked, "lkc-1 2026-02-01 11:00:00 2026-02-01 12:00:00\n");
    cr_assert_eq(stage.result.topics_deleted, 1);
    assert_rows(&stage.bench.stage, TOPICS,
                "lkc-1:topic:kept kept lkc-1 active 2026-02-01 2026-02-01 -\n"
                "lkc-dead:topic:orphan orphan lkc-dead deleted 2026-02-01 2026-02-01 2026-02-01");
}

/* The stage's source fails the test when a transaction is open while it is asked. */
Test(topics_discovery, many_clusters_and_topics_go_in_pieces) {
    static char names[TOPIC_SAMPLES][16];
    for (size_t i = 2; i <= 130; i++) {
        char id[16];
        snprintf(id, sizeof id, "lkc-%zu", i);
        put_resource(id, "kafka_cluster", "2026-02-01");
    }
    for (size_t i = 0; i < TOPIC_SAMPLES; i++) {
        snprintf(names[i], sizeof names[i], "t%zu", i);
        sample("lkc-1", IN, names[i], AT_ELEVEN);
    }
    topic_stage_discover(&stage);
    cr_assert_eq(stage.fetches, 3);
    cr_assert_eq(stage.requests, 130);
    cr_assert_eq(stage.result.topics_seen, TOPIC_SAMPLES);
    assert_rows(&stage.bench.stage, "SELECT COUNT(*) FROM resources WHERE resource_type = 'topic'", "512");
}

/* The lines of two days in the window, and of one before it. */
static void bill_days(void) {
    static const char *const dates[] = {"2025-12-31", "2026-01-05", "2026-01-06"};
    for (size_t i = 0; i < 3; i++) {
        const struct cg_billing_line line = line_of(dates[i], "e", "lkc-1", "KAFKA_BASE", "1");
        bench_bill(&stage.bench, dates[i], &line, 1);
    }
}

#define DUE "SELECT tracking_date || ' ' || topic_overlay_gathered FROM pipeline_state ORDER BY tracking_date"

Test(topics_discovery, dates_are_due_also_when_every_cluster_failed) {
    bill_days();
    stage.outage = "*";
    topic_stage_discover(&stage);
    assert_rows(&stage.bench.stage, DUE, "2025-12-31 0\n2026-01-05 1\n2026-01-06 1");
}

Test(topics_discovery, without_a_metrics_source_dates_are_due_all_the_same) {
    bill_days();
    stage.bench.metrics = NULL;
    topic_stage_discover(&stage);
    cr_assert_eq(stage.fetches, 0);
    assert_rows(&stage.bench.stage, DUE, "2025-12-31 0\n2026-01-05 1\n2026-01-06 1");
}

Test(topics_discovery, a_stop_ends_it) {
    static volatile int32_t cancelled = 1;
    struct cg_topics_options options = {.runtime = &stage.bench.runtime,
                                        .store = stage.bench.stage.store,
                                        .metrics = stage.bench.metrics,
                                        .observer = &stage.bench.observer,
                                        .now = stage.now,
                                        .start = at("2026-01-01"),
                                        .end = at("2026-02-01")};
    bill_days();
    stage.bench.runtime.shared.cancelled = &cancelled;
    cr_assert_eq(cg_topics_discover(&options, &stage.result, &stage.bench.error), CG_CANCELLED);
    cr_assert_eq(stage.fetches, 0);
    assert_rows(&stage.bench.stage, DUE, "2025-12-31 0\n2026-01-05 0\n2026-01-06 0");
}
