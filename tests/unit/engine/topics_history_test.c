/* What becomes of topic rows when the metrics that they were computed with are gone. */
#include "topic_stage.h"

#define DAY_ONE "2026-01-01"
#define WRITE "KAFKA_NETWORK_WRITE"
#define READ "KAFKA_NETWORK_READ"
#define BASE "KAFKA_BASE"

/* The rows of lkc-1 and lkc-2 on the first day, as they are computed with metrics. */
#define BASE_ONE BASE " a 1.061656 even_split\n" BASE " b 1.0618 even_split\n"
#define BASE_TWO BASE " c 5.0000 even_split\n"
#define WRITE_ONE WRITE " a 8.0000 bytes_ratio\n" WRITE " b 2.0000 bytes_ratio"
#define ALL BASE_ONE BASE_TWO WRITE_ONE

/* And as they are without. */
#define BASE_WITHOUT BASE " a 2.123456 even_split\n"
#define WRITE_WITHOUT WRITE " a 10.0000 even_split"

static struct topic_stage stage;

static void stop(void) {
    topic_stage_close(&stage);
}

/* Only metrics know b. */
static void start(void) {
    topic_stage_open(&stage);
    stage.bench.tenant.metrics = (struct cg_metrics_settings){.present = 1, .url = "https://metrics.example"};
    topic_stage_topic(&stage, "lkc-1", "a", "2025-12-01");
    topic_stage_topic(&stage, "lkc-2", "c", "2025-12-01");
    topic_stage_sample(&stage, IN, "a", DAY_ONE "T01:00:00", 800);
    topic_stage_sample(&stage, IN, "b", DAY_ONE "T01:00:00", 200);
}

TestSuite(topics_history, .init = start, .fini = stop);

/* Four lines, of which one has no rule. */
static void bill(const char *write_cost) {
    const struct cg_billing_line lines[] = {
        line_of(DAY_ONE, "e", "lkc-1", BASE, "2.123456"), line_of(DAY_ONE, "e", "lkc-1", WRITE, write_cost),
        line_of(DAY_ONE, "e", "lkc-2", BASE, "5"), line_of(DAY_ONE, "e", "lkc-2", "KAFKA_REST", "3")};
    bench_bill(&stage.bench, DAY_ONE, lines, 4);
}

static void check_rows(const char *name, const char *wanted) {
    const char *rows = topic_stage_rows(&stage, DAY_ONE);
    cr_expect_str_eq(rows, wanted, "%s: %s", name, rows);
}

/* A date with its rows, of which the metrics source knows nothing any more. */
static void furnish(int with_samples) {
    const size_t count = stage.sample_count;
    if (!with_samples)
        stage.sample_count = 0;
    bill("10");
    topic_stage_date(&stage, DAY_ONE, 0);
    if (with_samples && count)
        check_rows("at first", ALL);
    stage.sample_count = 0;
    stage.fetches = 0;
}

/* ---- what changed meanwhile ---- */

static void change_topics(void) {
    topic_stage_topic(&stage, "lkc-1", "new", "2025-12-02");
}

static void change_rule(void) {
    topic_stage_rule(&stage, WRITE, "bytes_ratio", IN, OUT);
}

static void change_method(void) {
    topic_stage_rule(&stage, WRITE, "even_split", NULL, NULL);
}

static void change_patterns(void) {
    stage.overlay.exclude_patterns.count = 1;
}

static void change_url(void) {
    stage.bench.tenant.metrics.url = "https://elsewhere.example";
}

static void skip_without_metrics(void) {
    stage.overlay.flags = CG_TOPICS_SKIP_WITHOUT_METRICS;
}

static void add_rule(void) {
    topic_stage_rule(&stage, "KAFKA_REST", "bytes_ratio", IN, NULL);
}

static void remove_rule(void) {
    topic_stage_rule(&stage, BASE, NULL, NULL, NULL);
}

static void change_cost(void) {
    bill("11");
}

static void change_what_has_no_rule(void) {
    const struct cg_billing_line lines[] = {
        line_of(DAY_ONE, "e", "lkc-1", BASE, "2.123456"), line_of(DAY_ONE, "e", "lkc-1", WRITE, "10"),
        line_of(DAY_ONE, "e", "lkc-2", BASE, "5"), line_of(DAY_ONE, "e", "lkc-2", "KAFKA_REST", "4")};
    bench_bill(&stage.bench, DAY_ONE, lines, 4);
}

static void change_row(void) {
    change_topics();
    stage_run(&stage.bench.stage, "UPDATE topic_attribution_facts SET amount = '8.0001' WHERE amount = '8.0000'");
}

static void damage_row(void) {
    change_topics();
    stage_run(&stage.bench.stage, "UPDATE topic_attribution_facts SET amount = 'much' WHERE amount = '8.0000'");
}

/* As of a database that somebody else wrote. */
static void lose_record(void) {
    change_topics();
    stage_run(&stage.bench.stage, "DELETE FROM cg_topic_dates");
}

/* As it was before anybody recorded whether there were samples. */
static void weaken_record(void) {
    change_topics();
    stage_run(&stage.bench.stage, "UPDATE cg_topic_dates SET metrics_failed = 0");
}

/* Chargeback rows that changed, as new identities change them. */
static void calculate_again(void) {
    stage_run(&stage.bench.stage, "UPDATE pipeline_state SET calculation_id = 'another'");
}

static void remove_source(void) {
    stage.bench.metrics = NULL;
}

/* The source knows one series still, so it knows the date. */
static void keep_one_sample(void) {
    change_topics();
    topic_stage_sample(&stage, OUT, "a", DAY_ONE "T23:00:00", 1);
}

static const struct {
    const char *name;
    void (*change)(void);
    int32_t never_measured; /* 1: nor were there samples when the rows were computed */
    int32_t force;
    int32_t is_kept;
    const char *rows;
    size_t fetches;
} vanished[] = {
    {"topics", change_topics, 0, 0, 1, ALL, 1},
    {"a rule", change_rule, 0, 0, 1, ALL, 1},
    {"a method", change_method, 0, 0, 1, ALL, 1},
    {"patterns", change_patterns, 0, 0, 1, ALL, 1},
    {"another source", change_url, 0, 0, 1, ALL, 1},
    {"what is done without metrics", skip_without_metrics, 0, 0, 1, ALL, 1},
    {"the chargeback rows", calculate_again, 0, 0, 1, ALL, 1},
    {"the record", lose_record, 0, 0, 1, ALL, 1},
    {"what the record says of metrics", weaken_record, 0, 0, 1, ALL, 1},
    {"a line without a rule", change_what_has_no_rule, 0, 0, 1, ALL, 1},
    {"a rule more", add_rule, 0, 0, 1, ALL "\nKAFKA_REST c 3.0000 even_split", 1},
    {"a rule less", remove_rule, 0, 0, 1, WRITE_ONE, 1},
    {"a cost", change_cost, 0, 0, 1, BASE_ONE BASE_TWO WRITE " a 11.0000 even_split", 1},
    {"a row", change_row, 0, 0, 1, BASE_ONE BASE_TWO WRITE " a 5.0000 even_split\n" WRITE " new 5.0000 even_split", 1},
    {"a damaged row", damage_row, 0, 0, 1,
     BASE_ONE BASE_TWO WRITE " a 5.0000 even_split\n" WRITE " new 5.0000 even_split", 1},
    {"no source at all", remove_source, 0, 0, 0, BASE_WITHOUT BASE_TWO WRITE_WITHOUT, 0},
    {"another source, by force", change_url, 0, 1, 0, BASE_WITHOUT BASE_TWO WRITE_WITHOUT, 1},
    {"another source, and there never were samples", change_url, 1, 0, 0, BASE_WITHOUT BASE_TWO WRITE_WITHOUT, 1},
    {"topics, and one series is left", keep_one_sample, 0, 0, 0,
     BASE " a 1.061656 even_split\n" BASE " new 1.0618 even_split\n" BASE_TWO WRITE " a 5.0000 even_split\n" WRITE
          " new 5.0000 even_split",
     1},
};

Test(topics_history, rows_outlive_their_metrics) {
    /* A new database takes its time on a server: some of each sort will do there. */
    const size_t step = stage_on_postgres() ? 4 : 1;
    for (size_t i = 0; i < sizeof vanished / sizeof *vanished; i += step) {
        const char *name = vanished[i].name;
        stop();
        start();
        furnish(!vanished[i].never_measured);
        vanished[i].change();
        topic_stage_date(&stage, DAY_ONE, vanished[i].force);
        cr_expect_eq(stage.outcome.is_kept, vanished[i].is_kept, "%s", name);
        cr_expect_not(stage.outcome.pending, "%s", name);
        check_rows(name, vanished[i].rows);
        if (strcmp(vanished[i].rows, ALL) == 0)
            cr_expect_not(stage.outcome.changed, "%s", name);
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_expect(stage.outcome.is_current, "%s: again", name);
        cr_expect_eq(stage.fetches, vanished[i].fetches, "%s", name);
    }
}

Test(topics_history, a_date_of_which_nothing_changed_is_not_asked_for) {
    furnish(1);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current && !stage.outcome.is_kept);
    cr_assert_eq(stage.fetches, 0);
}

/* Not once, but as often as something changes. */
Test(topics_history, rows_stay_again_and_again) {
    void (*const steps[])(void) = {change_topics, change_patterns, change_url, change_method, calculate_again};
    furnish(1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        steps[i]();
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert(stage.outcome.is_kept && !stage.outcome.changed, "step %zu", i);
        check_rows("step by step", ALL);
    }
    topic_stage_date(&stage, DAY_ONE, 1);
    cr_assert_not(stage.outcome.is_kept);
    change_rule();
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_kept, "what was forced is not history any more");
}

Test(topics_history, costs_of_zero_and_clusters_without_topics_keep_theirs) {
    const struct cg_billing_line lines[] = {
        line_of(DAY_ONE, "e", "lkc-1", WRITE, "10"), line_of(DAY_ONE, "e", "lkc-1", READ, "0"),
        line_of(DAY_ONE, "e", "lkc-3", WRITE, "7"), line_of(DAY_ONE, "f", "lkc-3", WRITE, "-0.5")};
    bench_bill(&stage.bench, DAY_ONE, lines, 4);
    topic_stage_date(&stage, DAY_ONE, 0);
    char *before = strdup(topic_stage_rows(&stage, DAY_ONE));
    cr_assert_not_null(strstr(before, READ " a 0.0000 even_split\n"), "%s", before);
    cr_assert_not_null(strstr(before, WRITE " __UNATTRIBUTED__ 7 no_topics_located"), "%s", before);
    stage.sample_count = 0;
    change_topics();
    topic_stage_topic(&stage, "lkc-3", "late", "2025-12-02");
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_expect(stage.outcome.is_kept && !stage.outcome.changed);
    check_rows("zero and nobody", before);
    free(before);
}

/* A rule without measures may have a name of its own. */
Test(topics_history, rows_of_rules_without_measures_need_no_metrics) {
    topic_stage_rule(&stage, BASE, "per_topic", NULL, NULL);
    furnish(0);
    change_topics();
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_kept);
    check_rows("without measures",
               BASE " a 1.061656 per_topic\n" BASE " new 1.0618 per_topic\n" BASE " c 5.0000 per_topic\n" WRITE
                    " a 5.0000 even_split\n" WRITE " new 5.0000 even_split");
}

/* What was given up is no history. */
Test(topics_history, rows_of_an_outage_do_not_outlive_it) {
    stage.bench.tenant.topic_attribution_retry_limit = 1;
    stage.outage = "lkc-2";
    bill("10");
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("given up", BASE_ONE BASE " __UNATTRIBUTED__ 5 ATTRIBUTION_FAILED\n" WRITE_ONE);
    stage.outage = NULL;
    stage.sample_count = 0;
    change_topics();
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_kept && stage.outcome.changed);
    check_rows("afterwards", ALL);
}

Test(topics_history, a_date_without_lines_keeps_nothing) {
    furnish(1);
    bench_bill(&stage.bench, DAY_ONE, NULL, 0);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_kept);
    cr_assert_eq(stage.fetches, 0);
    check_rows("withdrawn", "");
}

/* ---- an error is no answer ---- */

/* While the source fails nobody knows whether the metrics are gone; when it answers again, they are. */
Test(topics_history, an_outage_does_not_make_history_forgotten) {
    furnish(1);
    change_topics();
    stage.outage = "*";
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.pending && !stage.outcome.is_kept);
    check_rows("outage", ALL);
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_kept && !stage.outcome.changed && !stage.outcome.pending);
    check_rows("gone", ALL);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current);
    cr_assert_eq(stage.fetches, 2);
}

/* Rows of even splits do not tell that only metrics knew one of the topics, but that is recorded. */
Test(topics_history, even_splits_over_measured_topics_are_history_too) {
    static const char *const outages[] = {NULL, "*", NULL};
    const struct cg_billing_line line = line_of(DAY_ONE, "e", "lkc-1", BASE, "2.123456");
    static const char rows[] = BASE " a 1.061656 even_split\n" BASE " b 1.0618 even_split";
    bench_bill(&stage.bench, DAY_ONE, &line, 1);
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("at first", rows);
    stage.sample_count = 0;
    for (size_t i = 0; i < sizeof outages / sizeof *outages; i++) {
        stage.outage = outages[i];
        if (i < 2)
            topic_stage_topic(&stage, "lkc-1", i ? "newer" : "new", "2025-12-02");
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert_eq(stage.outcome.is_kept, !outages[i], "step %zu", i);
        check_rows("afterwards", rows);
    }
}

/* What is to be computed by force and has to wait, has its rows as long as it waits. */
Test(topics_history, force_in_an_outage_does_not_make_history_forgotten) {
    static const char rows[] = BASE " a 1.061656 even_split\n" BASE " b 1.0618 even_split";
    const struct cg_billing_line line = line_of(DAY_ONE, "e", "lkc-1", BASE, "2.123456");
    bench_bill(&stage.bench, DAY_ONE, &line, 1);
    topic_stage_date(&stage, DAY_ONE, 0);
    stage.sample_count = 0;
    stage.outage = "*";
    topic_stage_date(&stage, DAY_ONE, 1);
    cr_assert(stage.outcome.pending);
    check_rows("outage", rows);
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_kept);
    check_rows("gone", rows);
    topic_stage_date(&stage, DAY_ONE, 1);
    cr_assert_not(stage.outcome.is_kept);
    check_rows("by force", BASE " a 2.123456 even_split");
}

/* The cluster that answers has nothing to say, which may be because its metrics are gone. */
Test(topics_history, what_answers_beside_an_outage_keeps_its_rows) {
    furnish(1);
    topic_stage_topic(&stage, "lkc-2", "new", "2025-12-02");
    stage.outage = "lkc-1";
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.pending && !stage.outcome.is_kept && !stage.outcome.changed);
    check_rows("outage", ALL);
    /* It was not gone. */
    topic_stage_sample(&stage, IN, "a", DAY_ONE "T01:00:00", 1);
    stage.outage = NULL;
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_not(stage.outcome.is_kept);
    check_rows("answered", BASE_WITHOUT BASE " c 2.5000 even_split\n" BASE " new 2.5000 even_split\n" WRITE
                                             " a 10.0000 bytes_ratio");
}

/* Whatever other clusters have of metrics, and whatever is recorded. */
Test(topics_history, an_outage_up_to_the_limit_takes_nothing_away) {
    stage.bench.tenant.topic_attribution_retry_limit = 2;
    furnish(1);
    weaken_record();
    bill("11");
    topic_stage_sample(&stage, OUT, "c", DAY_ONE "T01:00:00", 1);
    stage.samples[0].cluster = "lkc-2";
    stage.outage = "lkc-1";
    for (int run = 1; run <= 2; run++) {
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert_eq(stage.outcome.pending, run < 2);
        check_rows("outage", run < 2 ? ALL : BASE_ONE BASE_TWO WRITE " __UNATTRIBUTED__ 11 ATTRIBUTION_FAILED");
    }
    cr_assert_str_eq(stage.bench.errors,
                     "tenant 'acme': the metrics of topics could not be read for 2026-01-01 in 2 runs, so 1 lines of "
                     "it stay under __UNATTRIBUTED__ as ATTRIBUTION_FAILED (the log names further dates); the reason: "
                     "no answer for lkc-1\n"
                     "tenant 'acme': the metrics of topics could not be read for 2026-01-01 in 2 runs, so 1 lines of "
                     "it stay as they were split when they could be read (the log names further dates); the reason: "
                     "no answer for lkc-1\n",
                     "%s", stage.bench.errors);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current);
    /* By force it is another matter. */
    topic_stage_date(&stage, DAY_ONE, 1);
    check_rows("by force", BASE " __UNATTRIBUTED__ 2.123456 ATTRIBUTION_FAILED\n" BASE_TWO WRITE
                                " __UNATTRIBUTED__ 11 ATTRIBUTION_FAILED");
}
