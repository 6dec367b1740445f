/* What becomes of topic rows while the metrics cannot be read, and when they never can. */
#include "topic_stage.h"

#define DAY_ONE "2026-01-01"
#define DAY_TWO "2026-01-02"
#define WRITE "KAFKA_NETWORK_WRITE"
#define BASE "KAFKA_BASE"

static struct topic_stage stage;

static void start(void) {
    topic_stage_open(&stage);
    topic_stage_topic(&stage, "lkc-1", "a", "2025-12-01");
    topic_stage_topic(&stage, "lkc-2", "b", "2025-12-01");
}

static void stop(void) {
    topic_stage_close(&stage);
}

TestSuite(topics_outage, .init = start, .fini = stop);

/* Two lines of lkc-1, and one of lkc-2. */
static void bill(const char *date) {
    const struct cg_billing_line lines[] = {line_of(date, "e", "lkc-1", BASE, "2.123456"),
                                            line_of(date, "e", "lkc-1", WRITE, "10"),
                                            line_of(date, "e", "lkc-2", BASE, "5")};
    bench_bill(&stage.bench, date, lines, 3);
}

static void check_rows(const char *name, const char *wanted) {
    const char *rows = topic_stage_rows(&stage, DAY_ONE);
    cr_assert_str_eq(rows, wanted, "%s: %s", name, rows);
}

/* Counters of lkc-1's lines and of lkc-2's, and whether the date is marked. */
static void check_state(const char *name, const char *wanted) {
    char text[128];
    size_t used = (size_t)snprintf(text, sizeof text, "%s",
                                   stage_rows(&stage.bench.stage,
                                              "SELECT group_concat(CAST(topic_attribution_attempts AS text), ' ') "
                                              "FROM (SELECT topic_attribution_attempts FROM "
                                              "ccloud_billing ORDER BY resource_id, product_type) attempts"));
    snprintf(text + used, sizeof text - used, " %s",
             stage_rows(&stage.bench.stage, "SELECT topic_attribution_calculated FROM pipeline_state"));
    cr_assert_str_eq(text, wanted, "%s: %s", name, text);
}

/* An outage of lkc-1 in run after run: the cluster waits twice, then its cost stays with nobody. */
static const struct {
    int32_t pending;
    int32_t changed;
    uint64_t rows;
    const char *state;
    const char *texts;
} runs[] = {
    {1, 1, 1, "1 1 0 0", BASE " b 5.0000 even_split"},
    {1, 0, 1, "2 2 0 0", BASE " b 5.0000 even_split"},
    {0, 1, 3, "3 3 0 1",
     BASE " __UNATTRIBUTED__ 2.123456 ATTRIBUTION_FAILED\n" BASE " b 5.0000 even_split\n" WRITE
          " __UNATTRIBUTED__ 10 ATTRIBUTION_FAILED"},
};

Test(topics_outage, it_is_tried_three_times) {
    bill(DAY_ONE);
    stage.outage = "lkc-1";
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "run %zu", i + 1);
        cr_assert_str_eq(stage.bench.errors, "", "%s: %s", name, stage.bench.errors);
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert_eq(stage.outcome.pending, runs[i].pending, "%s", name);
        cr_assert_eq(stage.outcome.changed, runs[i].changed, "%s", name);
        cr_assert_eq(stage.outcome.rows, runs[i].rows, "%s", name);
        cr_assert_not(stage.outcome.is_current, "%s", name);
        check_state(name, runs[i].state);
        check_rows(name, runs[i].texts);
    }
    cr_assert_str_eq(stage.bench.errors,
                     "tenant 'acme': the metrics of topics could not be read for 2026-01-01 in 3 runs, so 2 lines of "
                     "it stay under __UNATTRIBUTED__ as ATTRIBUTION_FAILED (the log names further dates); the reason: "
                     "no answer for lkc-1\n",
                     "%s", stage.bench.errors);
    cr_assert_not_null(strstr(stage_log(&stage.bench.stage), "WARNING topic_metrics_failed tenant_name=acme "
                                                             "tracking_date=2026-01-01 cluster=lkc-1: no answer for "
                                                             "lkc-1\n"),
                       "%s", stage.bench.stage.log);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current, "what was given up is not looked at again");
    cr_assert_eq(stage.fetches, 3);
}

Test(topics_outage, counters_go_back_when_the_metrics_do) {
    bill(DAY_ONE);
    stage.outage = "*";
    topic_stage_date(&stage, DAY_ONE, 0);
    topic_stage_date(&stage, DAY_ONE, 0);
    check_state("outage", "2 2 2 0");
    check_rows("outage", "");
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.pending);
    check_state("afterwards", "0 0 0 1");
    check_rows("afterwards",
               BASE " a 2.123456 even_split\n" BASE " b 5.0000 even_split\n" WRITE " a 10.0000 even_split");
}

Test(topics_outage, a_forced_date_gets_over_what_was_given_up) {
    bill(DAY_ONE);
    stage.bench.tenant.topic_attribution_retry_limit = 1;
    stage.outage = "*";
    topic_stage_date(&stage, DAY_ONE, 0);
    check_state("one run is all", "1 1 1 1");
    topic_stage_date(&stage, DAY_ONE, 1);
    check_state("counters end at the limit", "1 1 1 1");
    cr_assert_not(stage.outcome.changed);
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 1);
    check_state("forced", "0 0 0 1");
    check_rows("forced", BASE " a 2.123456 even_split\n" BASE " b 5.0000 even_split\n" WRITE " a 10.0000 even_split");
}

Test(topics_outage, a_cluster_that_waits_keeps_its_rows) {
    bill(DAY_ONE);
    topic_stage_date(&stage, DAY_ONE, 0);
    topic_stage_topic(&stage, "lkc-1", "late", "2025-12-02");
    topic_stage_topic(&stage, "lkc-2", "later", "2025-12-02");
    stage.outage = "lkc-1";
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.pending);
    check_rows("waiting", BASE " a 2.123456 even_split\n" BASE " b 2.5000 even_split\n" BASE
                               " later 2.5000 even_split\n" WRITE " a 10.0000 even_split");
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_current);
    check_rows("afterwards",
               BASE " a 1.061656 even_split\n" BASE " late 1.0618 even_split\n" BASE " b 2.5000 even_split\n" BASE
                    " later 2.5000 even_split\n" WRITE " a 5.0000 even_split\n" WRITE " late 5.0000 even_split");
}

/* What a date follows from says nothing while it waits, even if it is what the rows were written with. */
Test(topics_outage, a_date_that_waits_is_not_current) {
    bill(DAY_ONE);
    topic_stage_date(&stage, DAY_ONE, 0);
    stage.outage = "lkc-1";
    topic_stage_date(&stage, DAY_ONE, 1);
    cr_assert(stage.outcome.pending && !stage.outcome.changed);
    check_state("waiting", "1 1 0 0");
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_current);
    check_state("afterwards", "0 0 0 1");
}

Test(topics_outage, lines_without_a_rule_are_never_given_up) {
    topic_stage_rule(&stage, BASE, NULL, NULL, NULL);
    stage.bench.tenant.topic_attribution_retry_limit = 1;
    bill(DAY_ONE);
    stage.outage = "*";
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("disabled", WRITE " __UNATTRIBUTED__ 10 ATTRIBUTION_FAILED");
    check_state("disabled", "0 1 0 1");
}

/* Lines of one cluster that were tried differently often wait for the last of them. */
Test(topics_outage, a_line_that_came_later_has_all_its_tries) {
    bill(DAY_ONE);
    stage_run(&stage.bench.stage,
              "UPDATE ccloud_billing SET topic_attribution_attempts = 2 WHERE product_type = '" BASE "'");
    stage.outage = "lkc-1";
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.pending);
    check_state("first", "3 1 0 0");
    topic_stage_date(&stage, DAY_ONE, 0);
    check_state("second", "3 2 0 0");
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.pending);
    check_state("third", "3 3 0 1");
}

/* Every window is a question of its own, but a cluster's rows are written together. */
Test(topics_outage, windows_of_one_cluster_wait_for_each_other) {
    struct cg_billing_line lines[] = {line_of(DAY_ONE "T00:00:00", "e", "lkc-1", BASE, "1"),
                                      line_of(DAY_ONE "T01:00:00", "e", "lkc-1", BASE, "2")};
    lines[0].granularity = "hourly";
    lines[1].granularity = "hourly";
    bench_bill(&stage.bench, DAY_ONE, lines, 2);
    stage.outage_start = at(DAY_ONE "T01:00:00");
    stage.outage = "lkc-1";
    for (int run = 1; run <= 3; run++) {
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert_eq(stage.outcome.pending, run < 3);
        check_rows("windows",
                   run < 3 ? "" : BASE " __UNATTRIBUTED__ 2 ATTRIBUTION_FAILED\n" BASE " a 1.0000 even_split");
    }
    assert_rows(&stage.bench.stage, "SELECT topic_attribution_attempts FROM ccloud_billing ORDER BY timestamp", "0\n3");
}

Test(topics_outage, what_is_given_up_is_told_once_in_a_run) {
    struct cg_topics_options options = {.runtime = &stage.bench.runtime,
                                        .store = stage.bench.stage.store,
                                        .metrics = stage.bench.metrics,
                                        .observer = &stage.bench.observer,
                                        .now = stage.now};
    struct cg_topic_overlay *overlay = NULL;
    bill(DAY_ONE);
    bill(DAY_TWO);
    stage.bench.tenant.topic_attribution_retry_limit = 1;
    stage.outage = "*";
    cr_assert_eq(cg_topic_overlay_new(&options, &overlay, &stage.bench.error), CG_OK);
    cr_assert_eq(cg_topic_overlay_date(overlay, at(DAY_ONE), 0, &stage.outcome, &stage.bench.error), CG_OK);
    cr_assert_eq(cg_topic_overlay_date(overlay, at(DAY_TWO), 0, &stage.outcome, &stage.bench.error), CG_OK);
    cg_topic_overlay_free(overlay);
    const char *end = strchr(stage.bench.errors, '\n');
    cr_assert(end && !end[1], "%s", stage.bench.errors);
    cr_assert_not_null(strstr(stage_log(&stage.bench.stage), "tracking_date=2026-01-02"), "%s", stage.bench.stage.log);
}
