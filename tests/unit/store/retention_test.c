#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/inputs.h"
#include "store/retention.h"
#include "support.h"

#define NOW "2026-06-10T12:34:56.789"
/* Ten days before: what is older than the midnight of May 31 goes, runs that ended before 12:34:56.789 of it. */
#define DAYS 10

static cg_status retain(struct stage *stage, int64_t topic_days, uint64_t *ret_deleted) {
    const struct cg_retention retention = {.now = at(NOW), .days = DAYS, .topic_days = topic_days};
    return cg_store_retain(stage->store, &retention, ret_deleted, &stage->error);
}

static void assert_retained(struct stage *stage, int64_t topic_days, uint64_t wanted) {
    uint64_t deleted = 9999;
    assert_ok(stage, retain(stage, topic_days, &deleted));
    cr_assert_eq(deleted, wanted, "%llu rows were deleted", (unsigned long long)deleted);
}

/* A date with a line, a row, and a record of its emission. */
static void furnish_day(struct stage *stage, const char *date, const char *identity) {
    const struct cg_billing_line line = line_of(date, "e", "r", "A", "1");
    const struct cg_fact fact = fact_of(date, "e", "r", "A", identity, "1");
    stage_bill(stage, date, &line, 1);
    assert_ok(stage, stage_write(stage, date, &fact, 1, NULL));
    const struct cg_emission_date sent = {.date = at(date), .rows = "rows"};
    assert_ok(stage, cg_store_record_emission(stage->store, "csv", CG_PIPELINE_CHARGEBACK, &sent, CG_EMISSION_EMITTED,
                                              &stage->error));
}

static void open_stage(struct stage *stage) {
    stage_init(stage);
    stage_open(stage);
}

Test(store_retention, dates_go_with_everything_about_them) {
    struct stage stage;
    open_stage(&stage);
    furnish_day(&stage, "2026-05-29", "old");
    furnish_day(&stage, "2026-05-30", "both");
    furnish_day(&stage, "2026-05-31", "both");
    furnish_day(&stage, "2026-06-01", "new");
    /* Costs that were revised. */
    const struct cg_billing_line revised[] = {line_of("2026-05-30", "e", "r", "A", "2"),
                                              line_of("2026-05-31", "e", "r", "A", "2")};
    stage_bill(&stage, "2026-05-30", &revised[0], 1);
    stage_bill(&stage, "2026-05-31", &revised[1], 1);
    stage_run(&stage,
              "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, product_category, product_type, identity_id, "
              "cost_type) VALUES ('confluent_cloud', 't-1', '', '', 'unused', ''), "
              "('confluent_cloud', 't-2', '', '', 'of somebody else', '')");
    /* Two dates: state, line, row, two records of emission, one of ours; two revisions; two dimensions. */
    assert_retained(&stage, 0, 2 * 6 + 2 + 2);
    assert_rows(&stage, "SELECT tracking_date FROM pipeline_state ORDER BY 1", "2026-05-31\n2026-06-01");
    assert_rows(&stage, "SELECT timestamp FROM ccloud_billing ORDER BY 1", "2026-05-31 00:00:00\n2026-06-01 00:00:00");
    assert_rows(&stage, "SELECT timestamp FROM chargeback_facts ORDER BY 1",
                "2026-05-31 00:00:00\n2026-06-01 00:00:00");
    assert_rows(&stage, "SELECT identity_id FROM chargeback_dimensions ORDER BY 1", "both\nnew\nof somebody else");
    assert_rows(&stage, "SELECT date FROM emission_records ORDER BY 1", "2026-05-31\n2026-06-01");
    assert_rows(&stage, "SELECT date FROM cg_emissions ORDER BY 1", "2026-05-31\n2026-06-01");
    assert_rows(&stage, "SELECT tracking_date FROM cg_dates ORDER BY 1", "2026-05-31\n2026-06-01");
    assert_rows(&stage, "SELECT tracking_date FROM cg_date_revisions ORDER BY 1", "2026-05-31");
    assert_rows(&stage, "SELECT timestamp FROM cg_billing_revisions ORDER BY 1", "2026-05-31 00:00:00");
    assert_retained(&stage, 0, 0);
    /* A deleted dimension is made again when it is needed. */
    furnish_day(&stage, "2026-06-02", "old");
    assert_rows(&stage,
                "SELECT d.identity_id FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) WHERE "
                "f.timestamp LIKE '2026-06-02%'",
                "old");
    stage_done(&stage);
}

Test(store_retention, the_table_without_environments) {
    struct stage stage;
    stage_init(&stage);
    assert_ok(&stage, stage_try(&stage, 0, 0));
    const struct cg_billing_line line = line_of("2026-05-30T23:00:00", "", "r", "A", "1");
    const struct cg_billing_line young = line_of("2026-05-31", "", "r", "A", "1");
    stage_bill(&stage, "2026-05-30", &line, 1);
    stage_bill(&stage, "2026-05-31", &young, 1);
    assert_retained(&stage, 0, 2);
    assert_rows(&stage, "SELECT timestamp FROM billing", "2026-05-31 00:00:00");
    stage_done(&stage);
}

/* Other bounds for topic rows: to the second, rounded up; what is known of the dates stays as long as their state. */
Test(store_retention, topic_rows_have_a_time_of_their_own) {
    static const char *const times[] = {"2026-05-30T12:00:00", "2026-06-05T12:34:56", "2026-06-05T12:34:57"};
    struct stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < 3; i++) {
        char date[16];
        char topic[16];
        snprintf(date, sizeof date, "%.10s", times[i]);
        snprintf(topic, sizeof topic, "t%zu", i);
        struct cg_topic_fact facts[] = {topic_of(times[i], topic, "W", "1"),
                                        topic_of("2026-06-05T12:34:56", "t1", "W", "1")};
        assert_ok(&stage, stage_attribute(&stage, date, facts, i == 2 ? 2 : 1, NULL));
        const struct cg_emission_date sent = {.date = at(date), .rows = "rows"};
        assert_ok(&stage, cg_store_record_emission(stage.store, "csv", CG_PIPELINE_TOPICS, &sent, CG_EMISSION_EMITTED,
                                                   &stage.error));
    }
    /* The overlay is off: nothing but the state goes. */
    assert_retained(&stage, 0, 1);
    assert_rows(&stage, "SELECT count(*) FROM topic_attribution_facts", "3");
    /* Kept longer than anything else. */
    assert_retained(&stage, 30, 0);
    /* Five days: two rows, their dimensions, and what is known of the first date, which has no state any more. */
    assert_retained(&stage, 5, 2 + 2 + 3);
    assert_rows(&stage, "SELECT timestamp FROM topic_attribution_facts", "2026-06-05 12:34:57");
    assert_rows(&stage, "SELECT topic_name FROM topic_attribution_dimensions", "t2");
    assert_rows(&stage, "SELECT tracking_date FROM cg_topic_dates", "2026-06-05");
    assert_rows(&stage, "SELECT date FROM emission_records", "2026-06-05");
    assert_rows(&stage, "SELECT date FROM cg_emissions", "2026-06-05");
    /* The row that is left goes too; the date is neither unknown now nor due. */
    const struct cg_retention later = {.now = at("2026-06-10T12:34:56.790") + SECOND, .days = DAYS, .topic_days = 5};
    uint64_t deleted = 0;
    assert_ok(&stage, cg_store_retain(stage.store, &later, &deleted, &stage.error));
    cr_assert_eq(deleted, 2);
    assert_rows(&stage, "SELECT count(*) FROM cg_topic_dates", "1");
    struct cg_emission_date *due = NULL;
    size_t count = 9;
    assert_ok(&stage, cg_store_emission_dates(stage.store, "csv", CG_PIPELINE_TOPICS, CG_TIME_NONE, stage.arena, &due,
                                              &count, &stage.error));
    cr_assert_eq(count, 0);
    stage_done(&stage);
}

/* What is sent by the month stays until all of the month is old; the bounds lie in May. */
Test(store_retention, months_go_as_a_whole) {
    static const char *const dates[] = {"2026-04-30", "2026-05-01", "2026-05-30"};
    struct stage stage;
    struct cg_retention retention = {
        .now = at(NOW), .days = DAYS, .topic_days = DAYS, .whole_months = 1, .whole_topic_months = 1};
    uint64_t deleted = 0;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        const struct cg_topic_fact fact = topic_of(dates[i], "t", "W", "1");
        furnish_day(&stage, dates[i], "x");
        assert_ok(&stage, stage_attribute(&stage, dates[i], &fact, 1, NULL));
    }
    cr_assert_eq(cg_retention_first_topic(&retention), at("2026-05-01"));
    assert_ok(&stage, cg_store_retain(stage.store, &retention, &deleted, &stage.error));
    assert_rows(&stage, "SELECT DISTINCT date(timestamp) FROM chargeback_facts ORDER BY 1", "2026-05-01\n2026-05-30");
    assert_rows(&stage, "SELECT DISTINCT date(timestamp) FROM topic_attribution_facts ORDER BY 1",
                "2026-05-01\n2026-05-30");
    assert_rows(&stage, "SELECT tracking_date FROM pipeline_state ORDER BY 1", "2026-05-01\n2026-05-30");
    assert_rows(&stage, "SELECT tracking_date FROM cg_topic_dates ORDER BY 1", "2026-05-01\n2026-05-30");
    retention.whole_months = 0;
    assert_ok(&stage, cg_store_retain(stage.store, &retention, &deleted, &stage.error));
    assert_rows(&stage, "SELECT COUNT(*) FROM chargeback_facts", "0");
    assert_rows(&stage, "SELECT COUNT(*) FROM topic_attribution_facts", "2");
    stage_done(&stage);
}

/* Rows that went because they were old are wanted back when they are to be kept longer. */
Test(store_retention, topic_rows_that_went_are_not_current) {
    static const char *const dates[] = {"2026-06-04", "2026-06-05", "2026-06-06"};
    struct stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < 3; i++) {
        const struct cg_topic_fact fact = topic_of(dates[i], "t", "W", "1");
        const struct cg_topic_result result = {.date = at(dates[i]),
                                               .facts = &fact,
                                               .fact_count = 1,
                                               .inputs_digest = "digest",
                                               .questions = "",
                                               .now = at(dates[i])};
        uint64_t rows = 0;
        int32_t changed = 0;
        assert_ok(&stage, cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error));
    }
    /* Rows of the first two days go; what they were when they were sent stays known. */
    assert_retained(&stage, 5, 2);
    assert_rows(&stage, "SELECT date(timestamp) FROM topic_attribution_facts", "2026-06-06");
    assert_rows(&stage, "SELECT COUNT(*) FROM cg_topic_dates WHERE rows_digest <> ''", "3");
    for (size_t i = 0; i < 3; i++) {
        struct cg_date_inputs inputs;
        assert_ok(&stage, cg_store_topic_inputs(stage.store, at(dates[i]), stage.arena, &inputs, &stage.error));
        cr_assert_eq(inputs.known, i == 2, "%s", dates[i]);
    }
    assert_retained(&stage, 5, 0);
    stage_done(&stage);
}

Test(store_retention, what_is_long_gone_goes_with_its_tags) {
    struct stage stage;
    open_stage(&stage);
    stage_run(&stage,
              "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status, deleted_at) VALUES "
              "('confluent_cloud', 't-1', 'gone', 'x', 'deleted', '2026-05-30 23:59:59.999999'), "
              "('confluent_cloud', 't-1', 'just gone', 'x', 'deleted', '2026-05-31 00:00:00.000000'), "
              "('confluent_cloud', 't-1', 'alive', 'x', 'active', NULL), "
              "('confluent_cloud', 't-2', 'gone', 'x', 'deleted', '2026-01-01 00:00:00.000000'); "
              "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, deleted_at) VALUES "
              "('confluent_cloud', 't-1', 'gone too', 'user', '2026-01-01 00:00:00.000000'), "
              "('confluent_cloud', 't-1', 'alive', 'user', NULL); "
              "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
              "('t-1', 'resource', 'gone', 'a', '1', '', '2026-01-01 00:00:00.000000'), ('t-1', 'resource', 'gone', "
              "'b', '2', '', '2026-01-01 00:00:00.000000'), "
              "('t-1', 'resource', 'just gone', 'a', '3', '', '2026-01-01 00:00:00.000000'), ('t-1', 'identity', "
              "'gone', 'a', '4', '', '2026-01-01 00:00:00.000000'), "
              "('t-1', 'identity', 'gone too', 'a', '5', '', '2026-01-01 00:00:00.000000'), ('t-1', 'resource', 'never "
              "seen', 'a', '6', '', '2026-01-01 00:00:00.000000'), "
              "('t-2', 'resource', 'gone', 'a', '7', '', '2026-01-01 00:00:00.000000')");
    assert_retained(&stage, 0, 1 + 2 + 1 + 1);
    assert_rows(&stage, "SELECT tenant_id || ' ' || resource_id FROM resources ORDER BY 1",
                "t-1 alive\nt-1 just gone\nt-2 gone");
    assert_rows(&stage, "SELECT identity_id FROM identities", "alive");
    assert_rows(&stage, "SELECT tag_value FROM tags ORDER BY 1", "3\n4\n6\n7");
    stage_done(&stage);
}

Test(store_retention, runs_that_nobody_asks_for) {
    struct stage stage;
    open_stage(&stage);
    stage_run(&stage, "INSERT INTO pipeline_runs (id, tenant_name, started_at, ended_at, status) VALUES "
                      "(1, 'acme', '2026-01-01 00:00:00.000000', '2026-01-01 01:00:00.000000', 'completed'), "
                      "(2, 'acme', '2026-01-02 00:00:00.000000', '2026-01-02 01:00:00.000000', 'completed'), "
                      "(3, 'acme', '2026-01-03 00:00:00.000000', NULL, 'running'), "
                      "(4, 'other', '2026-01-03 00:00:00.000000', '2026-01-03 01:00:00.000000', 'completed'), "
                      "(5, 'acme', '2026-05-31 12:00:00.000000', '2026-05-31 12:34:56.789000', 'completed'), "
                      "(6, 'acme', '2026-01-05 00:00:00.000000', '2026-01-05 01:00:00.000000', 'failed'), "
                      "(7, 'acme', '2026-01-06 00:00:00.000000', '2026-01-06 01:00:00.000000', 'failed'); "
                      "INSERT INTO cg_run_owners VALUES (1, 'm', 'b', 1, '', '2026-01-01 00:00:00.000000'), (2, 'm', "
                      "'b', 1, '', '2026-01-01 00:00:00.000000'), "
                      "(4, 'm', 'b', 1, '', '2026-01-01 00:00:00.000000'); "
                      "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, calculation_run_id) VALUES "
                      "('confluent_cloud', 't-1', '2026-06-01', 2), ('confluent_cloud', 't-1', '2026-01-01', 6)");
    /* The old state, the two runs that no date refers to any more, and an owner. */
    assert_retained(&stage, 0, 1 + 2 + 1);
    assert_rows(&stage, "SELECT id FROM pipeline_runs ORDER BY 1", "2\n3\n4\n5\n7");
    assert_rows(&stage, "SELECT run_id FROM cg_run_owners ORDER BY 1", "2\n4");
    stage_done(&stage);
}

Test(store_retention, what_is_refused) {
    struct stage stage;
    static const struct cg_retention wrong[] = {
        {.days = 0}, {.days = -1}, {.days = 1, .topic_days = -1}, {.days = INT64_MAX}};
    uint64_t deleted = 9;
    open_stage(&stage);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_eq(cg_store_retain(stage.store, &wrong[i], &deleted, &stage.error), CG_INVALID, "case %zu", i);
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    cr_assert_eq(retain(&stage, 0, &deleted), CG_INVALID);
    cr_assert_eq(deleted, 0);
    stage_done(&stage);
}

/* ---- a large table ---- */

/* Rows of so many dimensions at so many hours. */
static void furnish_many(struct stage *stage, int dimensions, int hours) {
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
        "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_category, product_type, "
        "identity_id, cost_type, env_id) SELECT 'confluent_cloud', 't-1', 'lkc-' || i %% 100, 'KAFKA', 'A', "
        "'sa-' || i, 'usage', 'env-1' FROM n; "
        "WITH RECURSIVE h(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM h WHERE i < %d) "
        "INSERT INTO chargeback_facts SELECT %s, d.dimension_id, '0.1', '{}' FROM h, chargeback_dimensions d; COMMIT",
        dimensions, hours,
        stage_on_postgres() ? "timestamptz '2025-01-01 00:00:00' + h.i * interval '1 hour'"
                            : "datetime('2025-01-01', '+' || h.i || ' hours')");
    stage_run(stage, sql);
}

Test(store_retention, a_stop_between_two_steps_keeps_what_was_done) {
    struct stage stage;
    volatile int32_t cancelled = 1;
    const struct cg_retention retention = {.now = at(NOW), .days = DAYS, .cancelled = &cancelled};
    uint64_t deleted = 9;
    open_stage(&stage);
    furnish_many(&stage, 10000, 2);
    cr_assert_eq(cg_store_retain(stage.store, &retention, &deleted, &stage.error), CG_CANCELLED);
    cr_assert_eq(deleted, 0);
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts", "20000");
    cancelled = 0;
    assert_ok(&stage, cg_store_retain(stage.store, &retention, &deleted, &stage.error));
    cr_assert_eq(deleted, 30000);
    stage_done(&stage);
}

static volatile int32_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

/* Writes every few milliseconds until the other end of `stop_fd` is closed; the number of writes, or -1. */
static int write_now_and_then(struct stage *stage, int ready_fd, int stop_fd) {
    int writes = 0;
    int64_t run = 0;
    stage->store = NULL;
    if (stage_try(stage, 1, 0) != CG_OK || cg_store_run_start(stage->store, 0, &run, &stage->error) != CG_OK ||
        write(ready_fd, "r", 1) != 1)
        return -1;
    struct pollfd end = {.fd = stop_fd};
    for (; poll(&end, 1, 5) == 0; writes++)
        if (cg_store_run_progress(stage->store, run, CG_STAGE_CALCULATING, at("2026-01-01"), &stage->error) != CG_OK)
            return -1;
    cg_store_close(stage->store);
    return writes;
}

static pid_t start_writer(struct stage *stage, int *ret_stop) {
    int ready[2];
    int end[2];
    char byte = 0;
    cr_assert_eq(pipe(ready), 0);
    cr_assert_eq(pipe(end), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        close(end[1]);
        int writes = write_now_and_then(stage, ready[1], end[0]);
        _exit(writes < 0 ? 255 : writes > 100 ? 100 : writes);
    }
    close(ready[1]);
    close(end[0]);
    cr_assert_eq(read(ready[0], &byte, 1), 1, "the writer did not start");
    close(ready[0]);
    *ret_stop = end[1];
    return child;
}

/* Each statement that deletes is refused once: what is left is neither to be calculated nor to be emitted. */
Test(store_retention, a_failure_in_between_leaves_nothing_to_do) {
    static const char *const tables[] = {"ccloud_billing", "chargeback_facts", "chargeback_dimensions",
                                         "emission_records", "cg_emissions"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct stage stage;
        uint64_t deleted = 0;
        int64_t *dates = NULL;
        struct cg_emission_date *due = NULL;
        size_t count = 9;
        open_stage(&stage);
        furnish_day(&stage, "2026-05-29", "x");
        stage_run(&stage, "UPDATE pipeline_state SET resources_gathered = TRUE, chargeback_calculated = FALSE; "
                          "UPDATE cg_emissions SET rows_digest = (SELECT rows_digest FROM cg_dates)");
        stage_refuse(&stage, "DELETE", tables[i], NULL, NULL, "no");
        cr_assert_eq(retain(&stage, 0, &deleted), CG_PERMANENT, "%s", tables[i]);
        cr_assert_gt(deleted, 0, "%s", tables[i]);
        assert_ok(&stage, cg_store_dates_to_calculate(stage.store, at("2026-06-01"), at("2026-06-10"), stage.arena,
                                                      &dates, &count, &stage.error));
        cr_assert_eq(count, 0, "%s: %zu dates to calculate", tables[i], count);
        assert_ok(&stage, cg_store_emission_dates(stage.store, "csv", CG_PIPELINE_CHARGEBACK, CG_TIME_NONE, stage.arena,
                                                  &due, &count, &stage.error));
        cr_assert_eq(count, 0, "%s: %zu dates to emit", tables[i], count);
        stage_allow(&stage, tables[i]);
        assert_ok(&stage, retain(&stage, 0, &deleted));
        assert_rows(&stage,
                    "SELECT (SELECT count(*) FROM ccloud_billing) + (SELECT count(*) FROM chargeback_facts) + "
                    "(SELECT count(*) FROM emission_records) + (SELECT count(*) FROM cg_emissions) + "
                    "(SELECT count(*) FROM cg_dates) + (SELECT count(*) FROM pipeline_state)",
                    "0");
        stage_done(&stage);
    }
}

Test(store_retention, a_million_rows_go_in_steps_and_others_write_between, .timeout = 300) {
    struct stage stage;
    struct cg_retention retention = {.now = at(NOW), .days = DAYS, .cancelled = &stopped};
    const struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    uint64_t deleted = 0;
    uint64_t before = 0;
    int stop_fd = -1;
    int state = 0;
    open_stage(&stage);
    furnish_many(&stage, 100, 10000);
    signal(SIGALRM, stop);
    cr_assert_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    cr_assert_eq(cg_store_retain(stage.store, &retention, &before, &stage.error), CG_CANCELLED);
    cr_assert(before > 0 && before < 1000000, "%llu", (unsigned long long)before);
    cr_assert(stage_on_postgres() || before % CG_RETENTION_STEP == 0, "%llu", (unsigned long long)before);
    retention.cancelled = NULL;
    pid_t child = start_writer(&stage, &stop_fd);
    assert_ok(&stage, cg_store_retain(stage.store, &retention, &deleted, &stage.error));
    close(stop_fd);
    cr_assert_eq(before + deleted, 1000100);
    cr_assert_eq(waitpid(child, &state, 0), child);
    /* None of them gave up waiting for the lock. */
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) >= 20 && WEXITSTATUS(state) <= 100, "%d writes",
              WEXITSTATUS(state));
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts", "0");
    assert_rows(&stage, "SELECT count(*) FROM chargeback_dimensions", "0");
    stage_done(&stage);
}
