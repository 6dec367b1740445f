/* Dates that have rows already when their metrics cannot be had. */
#include <chitragupt/models.h>

#include "engine/history.h"
#include "net/metrics_source.h"
#include "store/inputs.h"

#include "bench.h"

#define DATE "2026-06-02"

static struct bench bench;
static struct cg_date_outcome outcome;

/* ---- a metrics source of which resources fail, or are not known any more ---- */

static const char *failing;  /* resource that cannot be read; "*": all */
static const char *measured; /* resource that has samples; "*": all */
static size_t fetches;
static int source; /* its address stands for a source that nobody looks into */

static const struct cg_metric_point point = {.value = 1};
static const struct cg_metric_series one_series = {
    .struct_size = sizeof one_series, .key = "bytes", .points = &point, .point_count = 1};
static const struct cg_metric_series *const series = &one_series;

static int is_meant(const char *which, const char *resource) {
    return which && (*which == '*' || strcmp(which, resource) == 0);
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants this name */
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    (void)metrics;
    (void)error;
    fetches++;
    for (size_t i = 0; i < count; i++) {
        struct cg_metrics *result = cg_arena_alloc(arena, sizeof *result);
        cr_assert_not_null(result);
        result->struct_size = sizeof *result;
        requests[i].result = result;
        if (is_meant(failing, requests[i].resource_id)) {
            result->flags = CG_METRICS_FETCH_FAILED;
            requests[i].error = "no answer";
        } else if (is_meant(measured, requests[i].resource_id)) {
            result->series = &series;
            result->series_count = 1;
        }
    }
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- an ecosystem whose costs go by use, where it is known ---- */

static const char *who;         /* gets the smaller share */
static const char *method;      /* of a split by metrics */
static const char *broken_line; /* resource whose lines fail */

static cg_status add(const struct cg_row_sink *rows, const char *identity, const char *how, const char *detail,
                     struct cg_decimal amount) {
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = identity,
                               .amount = amount,
                               .allocation_method = how,
                               .allocation_detail = detail,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static cg_status by_use(const struct cg_allocator *self, const struct cg_allocation_context *context,
                        const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_metrics *metrics = context->metrics;
    struct cg_decimal rest = {0};
    if (is_meant(broken_line, context->line->resource_id))
        return CG_PERMANENT;
    if (metrics && (metrics->flags & CG_METRICS_FETCH_FAILED))
        return add(rows, "all", CG_METHOD_EVEN_SPLIT, CG_DETAIL_METRICS_FETCH_FAILED, context->amount);
    if (!metrics || !metrics->series_count)
        return add(rows, "all", CG_METHOD_EVEN_SPLIT, CG_DETAIL_NO_METRICS, context->amount);
    const struct cg_decimal one = number("1");
    cr_assert_eq(cg_decimal_subtract(&context->amount, &one, &rest), CG_OK);
    cg_status status = add(rows, "ann", method, CG_DETAIL_USAGE_RATIO, rest);
    return status == CG_OK ? add(rows, who, method, CG_DETAIL_USAGE_RATIO, one) : status;
}

static cg_status to_one(const struct cg_allocator *self, const struct cg_allocation_context *context,
                        const struct cg_row_sink *rows) {
    (void)self;
    return add(rows, who, CG_METHOD_DIRECT_OWNER, NULL, context->amount);
}

#define ALLOCATOR(name, function)                                                                            \
    static const struct cg_allocator name = {                                                                \
        {sizeof(struct cg_allocator), CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR}, \
        #name,                                                                                               \
        function,                                                                                            \
        NULL}
ALLOCATOR(usage, by_use);
ALLOCATOR(owner, to_one);

static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
static const struct cg_metric_query bytes = {.struct_size = sizeof bytes, .key = "bytes", .expression = "b"};
static const struct cg_metric_query *const queries[] = {&bytes};
static const struct cg_product product = {.struct_size = sizeof product, .metric_count = 1, .metrics = queries};

static void start(void) {
    failing = NULL;
    measured = "*";
    fetches = 0;
    who = "bob";
    method = CG_METHOD_USAGE_RATIO;
    broken_line = NULL;
    bench_open(&bench);
    bench.module.build_id = "b-1";
    bench.metrics = (struct cg_metrics_source *)&source;
    bench.tenant.metrics = (struct cg_metrics_settings){.present = 1, .url = "http://prom:9090", .auth_type = "none"};
    bench_bind(&bench, "M", &service, &usage, NULL)->product = &product;
    bench_bind(&bench, "P", &service, &owner, NULL);
}

static void stop(void) {
    bench_close(&bench);
}

TestSuite(history, .init = start, .fini = stop);

static void bill(const char *cost) {
    const struct cg_billing_line lines[] = {line_of(DATE, "e", "r-1", "M", cost), line_of(DATE, "e", "r-2", "M", "5"),
                                            line_of(DATE, "e", "r-3", "P", "2")};
    bench_bill(&bench, DATE, lines, 3);
}

static void calculate(int32_t force) {
    struct cg_calculation_options options = bench_options(&bench, DATE);
    struct cg_calculation *calculation = NULL;
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK, "%s", bench.error.text);
    outcome = (struct cg_date_outcome){0};
    cr_assert_eq(cg_calculate_date(calculation, at(DATE), force, &outcome, &bench.error), CG_OK, "%s",
                 bench.error.text);
    cg_calculation_free(calculation);
}

/* Another build and other people, as an update of the module brings them. */
static void change(void) {
    bench.module.build_id = "b-2";
    who = "rob";
}

static void check_rows(const char *name, const char *wanted) {
    static const char sql[] =
        "SELECT d.resource_id || ' ' || d.identity_id || ' ' || f.amount || ' ' || coalesce(d.allocation_method, '-') "
        "|| ' ' || coalesce(d.allocation_detail, '-') AS line FROM chargeback_facts f JOIN chargeback_dimensions d ON "
        "d.dimension_id = f.dimension_id ORDER BY d.resource_id, d.identity_id";
    cr_assert_str_eq(stage_rows(&bench.stage, sql), wanted, "%s: %s", name, stage_rows(&bench.stage, sql));
}

static void check_record(const char *name, const char *wanted) {
    cr_assert_str_eq(stage_rows(&bench.stage, "SELECT metrics_failed FROM cg_dates"), wanted, "%s: %s", name,
                     stage_rows(&bench.stage, "SELECT metrics_failed FROM cg_dates"));
}

#define USED " usage_ratio usage_ratio_allocation"
#define LOST " even_split metrics_fetch_failed"
#define NONE " even_split no_metrics_located"
#define ONE "r-1 ann 9" USED "\nr-1 bob 1" USED "\n"
#define TWO "r-2 ann 4" USED "\nr-2 bob 1" USED "\n"
#define ALL ONE TWO "r-3 bob 2 direct_owner -"
#define KEPT ONE TWO "r-3 rob 2 direct_owner -"

static void furnish(void) {
    bill("10");
    calculate(0);
    check_rows("at first", ALL);
    check_record("at first", "2");
}

/* ---- an outage ---- */

/* As long as it lasts, in however many runs; what asks for no metrics is as good as ever. */
Test(history, an_outage_takes_no_row_away) {
    furnish();
    change();
    failing = "*";
    for (int i = 0; i < 3; i++) {
        calculate(0);
        cr_assert(outcome.metrics_failed && outcome.kept_lines == 2 && !outcome.unmeasured_lines && !outcome.is_kept &&
                  outcome.changed == (i == 0));
        check_rows("outage", KEPT);
        check_record("outage", "3");
    }
    failing = NULL;
    calculate(0);
    cr_assert(!outcome.metrics_failed && !outcome.kept_lines && outcome.changed);
    check_rows("afterwards",
               "r-1 ann 9" USED "\nr-1 rob 1" USED "\nr-2 ann 4" USED "\nr-2 rob 1" USED "\nr-3 rob 2 direct_owner -");
    check_record("afterwards", "2");
    calculate(0);
    cr_assert(outcome.is_current);
    cr_assert_str_eq(bench.errors, "");
}

/* Rows that stay are the same calculation: emitters and topics have no work with them. */
Test(history, what_is_kept_is_not_calculated) {
    char before[128];
    furnish();
    snprintf(before, sizeof before, "%s", stage_rows(&bench.stage, "SELECT calculation_id FROM pipeline_state"));
    bench.module.build_id = "b-2";
    failing = "*";
    for (int32_t force = 0; force < 2; force++) {
        calculate(force);
        cr_assert(!outcome.changed && outcome.kept_lines == 2);
        assert_rows(&bench.stage, "SELECT calculation_id FROM pipeline_state", before);
    }
}

/* While the source fails nobody knows whether the metrics are gone; when it answers again, they are. */
Test(history, an_outage_does_not_make_history_forgotten) {
    furnish();
    change();
    failing = "*";
    calculate(0);
    failing = measured = NULL;
    calculate(0);
    cr_assert(!outcome.metrics_failed && outcome.kept_lines == 2 && !outcome.changed);
    check_rows("gone", KEPT);
    check_record("gone", "2");
    calculate(0);
    cr_assert(outcome.is_current);
    bench.module.build_id = "b-3";
    calculate(0);
    cr_assert(outcome.is_kept, "it is history from now on");
    /* By force it is another matter. */
    calculate(1);
    check_rows("by force", "r-1 all 10" NONE "\nr-2 all 5" NONE "\nr-3 rob 2 direct_owner -");
    check_record("by force", "0");
}

/* A cost that is not the same is split as it can be; when the metrics are gone, once more. */
Test(history, lines_that_changed_do_not_keep_theirs) {
    furnish();
    bill("11");
    failing = "*";
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && outcome.unmeasured_lines == 1 && outcome.changed);
    check_rows("outage", "r-1 all 11" LOST "\n" TWO "r-3 bob 2 direct_owner -");
    check_record("outage", "3");
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && !outcome.changed);
    failing = measured = NULL;
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && outcome.changed && !outcome.unmeasured_lines);
    check_rows("gone", "r-1 all 11" NONE "\n" TWO "r-3 bob 2 direct_owner -");
    check_record("gone", "2");
    calculate(0);
    cr_assert(outcome.is_current);
}

Test(history, lines_that_are_new_have_none) {
    const struct cg_billing_line lines[] = {line_of(DATE, "e", "r-1", "M", "10"), line_of(DATE, "f", "r-1", "M", "10"),
                                            line_of(DATE "T01:00:00", "e", "r-1", "M", "10"),
                                            line_of(DATE, "e", "r-3", "P", "2")};
    furnish();
    bench_bill(&bench, DATE, lines, 4);
    failing = "*";
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && outcome.unmeasured_lines == 2);
    check_rows("outage", "r-1 all 10" LOST "\nr-1 all 10" LOST "\nr-1 ann 9" USED "\nr-1 bob 1" USED
                         "\nr-3 bob 2 direct_owner -");
}

/* A date whose first metrics fail is what it always was. */
Test(history, a_date_without_rows_has_none) {
    failing = "*";
    bill("10");
    for (int i = 0; i < 2; i++) {
        calculate(0);
        cr_assert(outcome.metrics_failed && !outcome.kept_lines && outcome.unmeasured_lines == 2);
        check_rows("outage", "r-1 all 10" LOST "\nr-2 all 5" LOST "\nr-3 bob 2 direct_owner -");
        check_record("outage", "1");
    }
}

/* The one that answers has its metrics, or nobody knows of any: then they may be gone. */
Test(history, each_resource_has_an_outage_of_its_own) {
    furnish();
    change();
    failing = "r-2";
    calculate(0);
    cr_assert_eq(outcome.kept_lines, 1);
    check_rows("one of two", "r-1 ann 9" USED "\nr-1 rob 1" USED "\n" TWO "r-3 rob 2 direct_owner -");
    measured = NULL;
    calculate(0);
    cr_assert_eq(outcome.kept_lines, 2);
    check_record("the other is silent", "3");
}

/* What was seen beside an outage is seen, and what the outage left is nothing to keep. */
Test(history, samples_beside_an_outage_are_history_too) {
    failing = "r-2";
    bill("10");
    calculate(0);
    cr_assert(!outcome.kept_lines && outcome.unmeasured_lines == 1);
    check_rows("outage", ONE "r-2 all 5" LOST "\nr-3 bob 2 direct_owner -");
    check_record("outage", "3");
    change();
    failing = measured = NULL;
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && !outcome.unmeasured_lines);
    check_rows("gone", ONE "r-2 all 5" NONE "\nr-3 rob 2 direct_owner -");
    check_record("gone", "2");
}

/* ---- what tells that there were metrics ---- */

static const struct {
    const char *name;
    const char *method;
    const char *sql;
    int32_t force;
    uint64_t kept;
} stages[] = {
    {"nothing", CG_METHOD_USAGE_RATIO, NULL, 0, 2},
    {"by force", CG_METHOD_USAGE_RATIO, NULL, 1, 2},
    {"no record", CG_METHOD_USAGE_RATIO, "DELETE FROM cg_dates", 0, 2},
    {"no record, by force", CG_METHOD_USAGE_RATIO, "DELETE FROM cg_dates", 1, 2},
    {"a record that tells nothing", CG_METHOD_USAGE_RATIO, "UPDATE cg_dates SET metrics_failed = 0", 0, 2},
    {"calculated by somebody else", CG_METHOD_USAGE_RATIO, "UPDATE pipeline_state SET calculation_id = 'x'", 0, 2},
    {"a method of a module", "mine", NULL, 0, 2},
    {"a method of a module, calculated by somebody else", "mine", "UPDATE pipeline_state SET calculation_id = 'x'", 0,
     2},
    {"a method of a module, and no record", "mine", "DELETE FROM cg_dates", 0, 0},
    {"a row changed", CG_METHOD_USAGE_RATIO, "UPDATE chargeback_facts SET amount = '5' WHERE amount = '4'", 0, 1},
    {"a row damaged", CG_METHOD_USAGE_RATIO, "UPDATE chargeback_facts SET amount = 'x' WHERE amount = '4'", 0, 1},
    {"a row less", CG_METHOD_USAGE_RATIO, "DELETE FROM chargeback_facts WHERE amount = '4'", 0, 1},
    {"all rows", CG_METHOD_USAGE_RATIO, "DELETE FROM chargeback_facts", 0, 0},
    {"a kind of cost that there is not", CG_METHOD_USAGE_RATIO,
     "UPDATE chargeback_dimensions SET cost_type = 'odd' WHERE resource_id = 'r-2'", 0, 1},
    {"rows without a resource", CG_METHOD_USAGE_RATIO,
     "UPDATE chargeback_dimensions SET resource_id = NULL WHERE resource_id = 'r-2'", 0, 1},
};

Test(history, whatever_is_recorded) {
    /* A new database takes its time on a server: some of each sort will do there. */
    const size_t step = stage_on_postgres() ? 3 : 1;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i += step) {
        stop();
        start();
        method = stages[i].method;
        bill("10");
        calculate(0);
        if (stages[i].sql)
            stage_run(&bench.stage, stages[i].sql);
        change();
        failing = "*";
        calculate(stages[i].force);
        cr_expect_eq(outcome.kept_lines, stages[i].kept, "%s", stages[i].name);
        cr_expect_eq(outcome.unmeasured_lines, 2 - stages[i].kept, "%s", stages[i].name);
        assert_rows(&bench.stage, "SELECT metrics_failed FROM cg_dates", stages[i].kept ? "3" : "1");
        /* What was ordered is not forgotten. */
        failing = NULL;
        calculate(0);
        cr_expect(!outcome.is_current && !outcome.kept_lines, "%s", stages[i].name);
    }
}

/* Rows of somebody else's program are history too, when the metrics are gone at its first sight. */
Test(history, rows_of_another_program_outlive_their_metrics) {
    furnish();
    stage_run(&bench.stage, "DELETE FROM cg_dates");
    change();
    measured = NULL;
    calculate(0);
    cr_assert(outcome.kept_lines == 2 && !outcome.is_kept && !outcome.metrics_failed);
    check_rows("gone", KEPT);
    calculate(0);
    cr_assert(outcome.is_current);
    stage_run(&bench.stage, "DELETE FROM cg_dates");
    calculate(1);
    check_rows("by force", "r-1 all 10" NONE "\nr-2 all 5" NONE "\nr-3 rob 2 direct_owner -");
}

/* ---- lines that failed, and dates that wait ---- */

Test(history, what_failed_is_tried_again) {
    broken_line = "r-1";
    bill("10");
    calculate(0);
    assert_rows(&bench.stage, "SELECT allocation_attempts FROM ccloud_billing ORDER BY resource_id", "1\n0\n0");
    broken_line = NULL;
    failing = "*";
    calculate(0);
    cr_assert(outcome.kept_lines == 1 && outcome.unmeasured_lines == 1);
    check_rows("outage", "r-1 all 10" LOST "\n" TWO "r-3 bob 2 direct_owner -");
    assert_rows(&bench.stage, "SELECT allocation_attempts FROM ccloud_billing ORDER BY resource_id", "0\n0\n0");
    /* And what did not fail is not called. */
    broken_line = "r-2";
    calculate(0);
    cr_assert_eq(outcome.failed_lines, 0);
}

/* Also when it is not in the window any more. */
Test(history, a_date_that_keeps_rows_waits_for_its_metrics) {
    int64_t *dates = NULL;
    size_t count = 0;
    furnish();
    assert_ok(&bench.stage, cg_store_dates_to_calculate(bench.stage.store, at(DATE) + 9 * DAY, at(DATE) + 10 * DAY,
                                                        bench.stage.arena, &dates, &count, &bench.stage.error));
    cr_assert_eq(count, 0);
    change();
    failing = "*";
    calculate(0);
    assert_ok(&bench.stage, cg_store_dates_to_calculate(bench.stage.store, at(DATE) + 9 * DAY, at(DATE) + 10 * DAY,
                                                        bench.stage.arena, &dates, &count, &bench.stage.error));
    cr_assert(count == 1 && dates[0] == at(DATE));
}

/* The rows stay the same calculation, and yet topics that could not be measured up to their limit can be, now. */
Test(history, topics_are_split_again_when_the_metrics_are_back) {
    static const char due[] = "SELECT topic_attribution_calculated FROM pipeline_state";
    static const struct cg_topic_attribution topics = {.struct_size = sizeof topics};
    for (int has_topics = 0; has_topics < 2; has_topics++) {
        stop();
        start();
        bench.runtime.description.topics = has_topics ? &topics : NULL;
        furnish();
        stage_run(&bench.stage, "UPDATE pipeline_state SET topic_attribution_calculated = TRUE");
        bench.module.build_id = "b-2";
        failing = "*";
        calculate(0);
        assert_rows(&bench.stage, due, "1");
        failing = NULL;
        calculate(0);
        cr_assert_not(outcome.changed);
        assert_rows(&bench.stage, due, has_topics ? "0" : "1");
        stage_run(&bench.stage, "UPDATE pipeline_state SET topic_attribution_calculated = TRUE");
        bench.module.build_id = "b-3";
        calculate(0);
        assert_rows(&bench.stage, due, "1");
    }
}

/* ---- what is told ---- */

static cg_status count_rows(void *user, const struct cg_line_story *story) {
    size_t *rows = user;
    *rows += story->row_count;
    return CG_OK;
}

/* A story is that of the metrics as they are now. */
Test(history, what_is_told_keeps_nothing) {
    struct cg_calculation *calculation = NULL;
    size_t rows = 0;
    furnish();
    struct cg_calculation_options options = bench_options(&bench, DATE);
    failing = "*";
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK);
    cr_assert_eq(cg_calculate_tell(calculation, at(DATE), NULL, count_rows, &rows, &bench.error), CG_OK);
    cg_calculation_free(calculation);
    cr_assert_eq(rows, 3);
    check_rows("told", ALL);
}
