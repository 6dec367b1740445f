#include <math.h>

#include "net/metrics_source.h"

#include "bench.h"

#define DATE "2026-06-01"

/* ---- an ecosystem whose rows have origins ---- */

static int source;      /* its address stands for a metrics source */
static int fetch_fails; /* 1: it cannot be read */
static size_t fetches;  /* requests so far */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants this name */
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    (void)metrics;
    (void)error;
    fetches += count;
    for (size_t i = 0; i < count; i++) {
        requests[i].result = cg_arena_alloc(arena, sizeof *requests[i].result);
        cr_assert_not_null(requests[i].result);
        requests[i].result->flags = fetch_fails ? CG_METRICS_FETCH_FAILED : 0;
        requests[i].error = fetch_fails ? "no route" : NULL;
    }
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    if (strcmp(context->resource_id, "r-bad") == 0)
        return CG_PERMANENT;
    const struct cg_identity *found = context->find_identity(context, "u-1");
    return found ? sink->add_active(sink, found) : CG_OK;
}

static const struct cg_identity_resolver resolver = {
    {sizeof resolver, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "u-1",
    resolve,
    NULL};

/* All but one dollar to the active ones, one dollar to nobody, and two rows with one key. */
static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    struct cg_row row = {.struct_size = sizeof row,
                         .cost_type = CG_COST_USAGE,
                         .identity_id = "u-1",
                         .amount = number("0.25"),
                         .allocation_method = "m",
                         .chain_tier = 2,
                         .composition_index = 1,
                         .ratio = 0.25};
    (void)rows->add(rows, &row);
    row.chain_tier = 0;
    row.composition_index = CG_NO_INDEX;
    row.ratio = (double)NAN;
    (void)rows->add(rows, &row);
    row.identity_id = "rest";
    row.cost_type = CG_COST_SHARED;
    row.chain_tier = CG_NO_INDEX;
    row.ratio = 0;
    const struct cg_decimal half = number("0.5");
    cr_assert_eq(cg_decimal_subtract(&context->amount, &half, &row.amount), CG_OK);
    return rows->add(rows, &row);
}

static const struct cg_allocator allocator = {
    {sizeof allocator, CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR}, "", allocate, NULL};

static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
static const struct cg_metric_query bytes = {.struct_size = sizeof bytes, .key = "bytes", .expression = "b"};
static const struct cg_metric_query *const queries[] = {&bytes};
static const struct cg_product measured = {.struct_size = sizeof measured, .metric_count = 1, .metrics = queries};

static void open_date(struct bench *bench) {
    struct cg_billing_line lines[] = {
        line_of(DATE, "e", "r-1", "A", "10"),        line_of(DATE, "e", "r-1", "M", "3"),
        line_of(DATE, "e", "r-bad", "A", "4"),       line_of(DATE, "e", "r-odd", "A", "5"),
        line_of(DATE, "e", "r-2", "UNCLAIMED", "6"),
    };
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = "u-1",
                                         .type = "user",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    lines[3].granularity = "yearly";
    bench_open(bench);
    bench->metrics = (struct cg_metrics_source *)&source;
    bench_bind(bench, "A", &service, &allocator, &resolver);
    bench_bind(bench, "M", &service, &allocator, NULL)->product = &measured;
    bench->runtime.fallback = (struct cg_binding){
        .product_type = "",
        .allocator = &bench_allocator,
        .allocator_callee = {.module = &bench->module, .services = bench->runtime.services, .symbol = "fallback"}};
    fetch_fails = 0;
    assert_ok(&bench->stage, cg_store_put_identity(bench->stage.store, &identity, at(DATE), &bench->stage.error));
    bench_bill(bench, DATE, lines, sizeof lines / sizeof *lines);
}

/* ---- listening ---- */

struct story {
    char text[8192];
    size_t lines;
    size_t stop_after; /* 0: never */
};

/* Appends a sentence. */
#define SAY(story_, ...)                                                                   \
    do {                                                                                   \
        size_t used_ = strlen((story_)->text);                                             \
        (void)snprintf((story_)->text + used_, sizeof(story_)->text - used_, __VA_ARGS__); \
    } while (0)

static int same_key(const struct cg_fact *left, const struct cg_fact *right) {
    return strcmp(left->identity_id, right->identity_id) == 0 && strcmp(left->cost_type, right->cost_type) == 0;
}

/* Rows as the database has them: those with one key, which follow each other here, are added up. */
static cg_status list_rows(void *user, const struct cg_line_story *line) {
    struct story *story = user;
    struct cg_decimal sum = {0};
    for (size_t i = 0; i < line->row_count; i++) {
        const struct cg_fact *fact = line->rows[i].fact;
        char amount[CG_DECIMAL_TEXT_SIZE];
        cr_assert_eq(fact->timestamp, line->stored->line.timestamp);
        cr_assert_eq(cg_decimal_add(&sum, &fact->amount, &sum), CG_OK);
        if (i + 1 < line->row_count && same_key(fact, line->rows[i + 1].fact))
            continue;
        cg_decimal_format(&sum, amount);
        sum = (struct cg_decimal){0};
        SAY(story, "%s%s %s %s %s %s %s %s", story->text[0] ? "\n" : "", fact->resource_id, fact->product_type,
            fact->identity_id, fact->cost_type, fact->allocation_method ? fact->allocation_method : "-",
            fact->allocation_detail ? fact->allocation_detail : "-", amount);
    }
    return CG_OK;
}

static cg_status tell_all(void *user, const struct cg_line_story *line) {
    struct story *story = user;
    story->lines++;
    SAY(story, "%s %s of '%s' window %s, %zu alive, %s, %s, source %d, %zu rows, %s\n", line->stored->line.resource_id,
        line->stored->line.product_type, line->binding->product_type,
        line->window_end == CG_TIME_NONE ? "unknown" : "known", line->tenant_period.count,
        line->resolution ? line->resolution->active.count == 1 ? "one active" : "none active" : "nobody asked",
        !line->request                                           ? "no metrics"
        : line->request->result->flags & CG_METRICS_FETCH_FAILED ? line->request->error
                                                                 : "metrics",
        line->has_metrics_source, line->row_count, line->failure ? line->failure : "fine");
    for (size_t i = 0; i < line->row_count; i++)
        SAY(story, " tier %d part %d ratio %g\n", line->rows[i].chain_tier, line->rows[i].composition_index,
            line->rows[i].ratio);
    return story->stop_after == story->lines ? CG_NOT_FOUND : CG_OK;
}

static cg_status tell(struct bench *bench, cg_story_teller teller, struct story *story) {
    struct cg_calculation_options options = bench_options(bench, DATE);
    struct cg_calculation *calculation = NULL;
    story->text[0] = '\0';
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench->error), CG_OK, "%s", bench->error.text);
    cg_status status = cg_calculate_tell(calculation, at(DATE), NULL, teller, story, &bench->error);
    cg_calculation_free(calculation);
    return status;
}

static const char stored_rows[] =
    "SELECT d.resource_id || ' ' || d.product_type || ' ' || d.identity_id || ' ' || d.cost_type || ' ' || "
    "COALESCE(d.allocation_method, '-') || ' ' || COALESCE(d.allocation_detail, '-') || ' ' || f.amount "
    "FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) "
    "ORDER BY d.resource_id, d.product_type, d.identity_id DESC";

static const char rows_of_date[] =
    "r-1 A u-1 usage m - 0.50\n"
    "r-1 A rest shared m - 9.5\n"
    "r-1 M u-1 usage m - 0.50\n"
    "r-1 M rest shared m - 2.5\n"
    "r-2 UNCLAIMED owner usage - - 6\n"
    "r-bad A UNALLOCATED shared ALLOCATION_FAILED Failed after 1 attempts: identity resolver 'A' of module 'fake': "
    "failed without a reason 4\n"
    "r-odd A UNALLOCATED shared ALLOCATION_FAILED Failed after 1 attempts: Unknown billing granularity: 'yearly' 5";

Test(tell, its_rows_are_those_that_are_written) {
    struct bench bench;
    struct story story = {.lines = 0};
    struct cg_date_outcome outcome = {0};
    open_date(&bench);
    cr_assert_eq(tell(&bench, list_rows, &story), CG_OK, "%s", bench.error.text);
    cr_assert_str_eq(story.text, rows_of_date, "before the date is written");
    assert_rows(&bench.stage, stored_rows, "");
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s", bench.error.text);
    assert_rows(&bench.stage, stored_rows, rows_of_date);
    cr_assert_eq(tell(&bench, list_rows, &story), CG_OK, "%s", bench.error.text);
    cr_assert_str_eq(story.text, rows_of_date, "afterwards");
    bench_close(&bench);
}

Test(tell, every_line_has_its_story) {
    struct bench bench;
    struct story story = {.lines = 0};
    open_date(&bench);
    cr_assert_eq(tell(&bench, tell_all, &story), CG_OK, "%s", bench.error.text);
    cr_assert_str_eq(story.text,
                     "r-1 A of 'A' window known, 1 alive, one active, metrics, source 1, 3 rows, fine\n"
                     " tier 2 part 1 ratio 0.25\n tier 0 part -1 ratio 0\n tier -1 part -1 ratio 0\n"
                     "r-1 M of 'M' window known, 1 alive, nobody asked, metrics, source 1, 3 rows, fine\n"
                     " tier 2 part 1 ratio 0.25\n tier 0 part -1 ratio 0\n tier -1 part -1 ratio 0\n"
                     "r-2 UNCLAIMED of '' window known, 0 alive, nobody asked, no metrics, source 1, 1 rows, "
                     "fine\n tier -1 part -1 ratio 0\n"
                     "r-bad A of 'A' window known, 1 alive, nobody asked, no metrics, source 1, 1 rows, "
                     "identity resolver 'A' of module 'fake': failed without a reason\n"
                     " tier -1 part -1 ratio 0\n"
                     "r-odd A of 'A' window unknown, 0 alive, nobody asked, no metrics, source 1, 1 rows, "
                     "Unknown billing granularity: 'yearly'\n tier -1 part -1 ratio 0\n");
    cr_assert_str_eq(bench.errors, "", "failures are part of the stories alone");
    fetch_fails = 1;
    cr_assert_eq(tell(&bench, tell_all, &story), CG_OK, "%s", bench.error.text);
    cr_assert(strstr(story.text, "r-1 M of 'M' window known, 1 alive, nobody asked, no route,"), "%s", story.text);
    bench.metrics = NULL;
    cr_assert_eq(tell(&bench, tell_all, &story), CG_OK, "%s", bench.error.text);
    cr_assert(strstr(story.text, "nobody asked, no metrics, source 0,"), "%s", story.text);
    bench_close(&bench);
}

Test(tell, nothing_is_written_and_the_teller_may_end_it) {
    struct bench bench;
    struct story story = {.stop_after = 2};
    struct cg_calculation *calculation = NULL;
    static char version[65536];
    open_date(&bench);
    struct cg_calculation_options options = bench_options(&bench, DATE);
    snprintf(version, sizeof version, "%s", stage_rows(&bench.stage, stage_changes()));
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK);
    cr_assert_eq(cg_calculate_tell(calculation, at(DATE), NULL, list_rows, &(struct story){.lines = 0}, &bench.error),
                 CG_OK);
    cr_assert_eq(cg_calculate_tell(calculation, at(DATE), NULL, tell_all, &story, &bench.error), CG_NOT_FOUND);
    cr_assert_eq(story.lines, 2);
    cr_assert_str_eq(bench.error.text, "");
    cg_calculation_free(calculation);
    assert_rows(&bench.stage, stage_changes(), version);
    bench_close(&bench);
}

/* Counts the lines of the bill, and wants one resource. */
static int32_t only_one(void *user, const struct cg_billing_line *line) {
    struct story *story = user;
    story->lines++;
    return strcmp(line->resource_id, "r-2") == 0;
}

Test(tell, lines_that_are_not_wanted_are_left_alone) {
    struct bench bench;
    struct story story = {.lines = 0};
    struct cg_calculation *calculation = NULL;
    open_date(&bench);
    struct cg_calculation_options options = bench_options(&bench, DATE);
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK);
    fetches = 0;
    cr_assert_eq(cg_calculate_tell(calculation, at(DATE), only_one, list_rows, &story, &bench.error), CG_OK);
    cr_assert_str_eq(story.text, "r-2 UNCLAIMED owner usage - - 6");
    cr_assert_eq(story.lines, 5, "each line is asked about once");
    cr_assert_eq(fetches, 0, "no metrics are asked for lines that nobody wants");
    cg_calculation_free(calculation);
    bench_close(&bench);
}
