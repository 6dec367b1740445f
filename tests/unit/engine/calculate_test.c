#include <stdlib.h>

#include "bench.h"
#include "engine/border.h"

#define DATE "2026-06-01"

/* Memory that runs out in the program while a module is at work: two of its functions are replaced when linking. */
static int out_of_memory;

/* Most texts the table of a set of rows ever had; others have theirs, so it counts while rows are added. */
static int counts_texts;
static uint32_t most_texts;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants these names */
void *__real_cg_arena_alloc(struct cg_arena *arena, size_t size);
void *__wrap_cg_arena_alloc(struct cg_arena *arena, size_t size);
void *__wrap_cg_arena_alloc(struct cg_arena *arena, size_t size) {
    return out_of_memory ? NULL : __real_cg_arena_alloc(arena, size);
}

cg_status __real_cg_intern_add(struct cg_intern *intern, const char *text, uint32_t *ret);
cg_status __wrap_cg_intern_add(struct cg_intern *intern, const char *text, uint32_t *ret);
cg_status __wrap_cg_intern_add(struct cg_intern *intern, const char *text, uint32_t *ret) {
    cg_status status = out_of_memory ? CG_NO_MEMORY : __real_cg_intern_add(intern, text, ret);
    if (counts_texts && status == CG_OK && *ret > most_texts)
        most_texts = *ret;
    return status;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- who is asked for what ---- */

/* What the resolver was asked about: "SERVICE/PRODUCT/RESOURCE/ENVIRONMENT" in one line each. */
static char asked[4096];

static cg_status resolve_noting(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                                const struct cg_resolution_sink *sink) {
    (void)self;
    const struct cg_identity identity = {.struct_size = sizeof identity, .id = context->product_type, .type = "t"};
    size_t used = strlen(asked);
    snprintf(asked + used, sizeof asked - used, "%s/%s/%s/%s\n", context->service_type, context->product_type,
             context->resource_id, context->env_id);
    return sink->add_active(sink, &identity);
}

static const struct cg_identity_resolver noting = {
    {sizeof noting, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "notes what it is asked",
    resolve_noting,
    NULL};

/* Gives everything to the only active identity. */
static cg_status allocate_active(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                 const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = context->resource_active.items[0]->id,
                               .amount = context->amount,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static const struct cg_allocator to_active = {
    {sizeof to_active, CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR},
    "the active one pays",
    allocate_active,
    NULL};

static const struct cg_service kafka = {.struct_size = sizeof kafka, .service_type = "kafka"};
static const struct cg_service flink = {.struct_size = sizeof flink, .service_type = "flink"};

static void bill_products(struct bench *bench) {
    const struct cg_billing_line lines[] = {
        line_of(DATE, "env-1", "r-1", "A", "1"), line_of(DATE, "env-1", "r-1", "B", "2"),
        line_of(DATE, "env-1", "r-1", "C", "3"), line_of(DATE, "env-1", "r-2", "A", "4"),
        line_of(DATE, "env-1", "r-2", "B", "5"), line_of(DATE, "env-2", "r-2", "B", "6"),
    };
    bench_bill(bench, DATE, lines, sizeof lines / sizeof *lines);
}

static const char who_pays[] =
    "SELECT d.resource_id || ' ' || d.product_type || ' ' || d.identity_id || ' ' || f.amount FROM chargeback_facts f "
    "JOIN chargeback_dimensions d USING (dimension_id) ORDER BY d.env_id, d.resource_id, d.product_type";

/* A service's own resolver answers once for its products, but not for those of another service. */
Test(calculate, an_answer_is_shared_among_the_products_of_a_service) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    bench_open(&bench);
    asked[0] = '\0';
    bench_bind(&bench, "A", &kafka, &to_active, &noting);
    bench_bind(&bench, "B", &kafka, &to_active, &noting);
    bench_bind(&bench, "C", &flink, &to_active, &noting);
    bill_products(&bench);
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s", bench.error.text);
    cr_assert_str_eq(asked, "kafka/A/r-1/env-1\nflink/C/r-1/env-1\nkafka/A/r-2/env-1\nkafka/B/r-2/env-2\n");
    assert_rows(&bench.stage, who_pays, "r-1 A A 1\nr-1 B A 2\nr-1 C C 3\nr-2 A A 4\nr-2 B A 5\nr-2 B B 6");
    bench_close(&bench);
}

/* An override is asked for each product type, because that may be all it looks at. */
Test(calculate, an_override_is_asked_for_every_product_type) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    bench_open(&bench);
    asked[0] = '\0';
    bench_bind(&bench, "A", &kafka, &to_active, &noting)->resolver_callee.overrides = 1;
    bench_bind(&bench, "B", &kafka, &to_active, &noting)->resolver_callee.overrides = 1;
    bench_bind(&bench, "C", &kafka, &to_active, &noting)->resolver_callee.overrides = 1;
    bill_products(&bench);
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s", bench.error.text);
    cr_assert_str_eq(asked, "kafka/A/r-1/env-1\nkafka/B/r-1/env-1\nkafka/C/r-1/env-1\nkafka/A/r-2/env-1\n"
                            "kafka/B/r-2/env-1\nkafka/B/r-2/env-2\n");
    assert_rows(&bench.stage, who_pays, "r-1 A A 1\nr-1 B B 2\nr-1 C C 3\nr-2 A A 4\nr-2 B B 5\nr-2 B B 6");
    bench_close(&bench);
}

/* ---- memory ---- */

static cg_status resolve_in_need(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                                 const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    out_of_memory = 1;
    (void)sink->put_text(sink, "m", "k", "text");
    out_of_memory = 0;
    return CG_OK;
}

static cg_status resolve_no_memory(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                                   const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    (void)sink;
    return CG_NO_MEMORY;
}

static cg_status allocate_in_need(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                  const struct cg_row_sink *rows) {
    out_of_memory = 1;
    (void)bench_allocator.allocate(self, context, rows);
    out_of_memory = 0;
    return CG_PERMANENT;
}

static cg_status allocate_no_memory(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                    const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    return CG_NO_MEMORY;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): the name of what is defined cannot stand in parentheses */
#define RESOLVER(name_, function_)                                                                    \
    static const struct cg_identity_resolver name_ = {                                                \
        {sizeof name_, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR}, \
        "",                                                                                           \
        function_,                                                                                    \
        NULL};

#define ALLOCATOR(name_, function_)            \
    static const struct cg_allocator name_ = { \
        {sizeof name_, CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR}, "", function_, NULL};
/* NOLINTEND(bugprone-macro-parentheses) */

RESOLVER(needy_resolver, resolve_in_need)
RESOLVER(poor_resolver, resolve_no_memory)
ALLOCATOR(needy_allocator, allocate_in_need)
ALLOCATOR(poor_allocator, allocate_no_memory)

static const struct {
    const char *name;
    const struct cg_allocator *allocator;
    const struct cg_identity_resolver *resolver;
    int fatal; /* the date fails, and nothing of it is written */
    const char *text;
} shortages[] = {
    {"the program's, for a resolver", &bench_allocator, &needy_resolver, 1, NULL},
    {"the program's, for an allocator", &needy_allocator, NULL, 1, NULL},
    {"a resolver's", &bench_allocator, &poor_resolver, 0, "identity resolver 'A' of module 'fake': out of memory"},
    {"an allocator's", &poor_allocator, NULL, 0, "allocator 'A' of module 'fake': out of memory"},
};

Test(calculate, only_a_modules_own_shortage_is_the_lines_business) {
    for (size_t i = 0; i < sizeof shortages / sizeof *shortages; i++) {
        struct bench bench;
        struct cg_date_outcome outcome = {0};
        bench_open(&bench);
        bench_bind(&bench, "A", &kafka, shortages[i].allocator, shortages[i].resolver);
        bench_bind(&bench, "B", &flink, &bench_allocator, NULL);
        const struct cg_billing_line lines[] = {line_of(DATE, "e", "r", "A", "1"), line_of(DATE, "e", "r", "B", "2")};
        bench_bill(&bench, DATE, lines, 2);
        cg_status status = bench_calculate(&bench, DATE, &outcome);
        if (shortages[i].fatal) {
            cr_assert_eq(status, CG_NO_MEMORY, "%s", shortages[i].name);
            cr_assert_str_eq(bench.errors, "", "%s", shortages[i].name);
            assert_rows(&bench.stage, "SELECT COUNT(*) FROM chargeback_facts", "0");
        } else {
            cr_assert_eq(status, CG_OK, "%s: %s", shortages[i].name, bench.error.text);
            cr_assert(strstr(bench.errors, shortages[i].text), "%s: %s", shortages[i].name, bench.errors);
            assert_rows(&bench.stage, who_pays, "r A UNALLOCATED 1\nr B owner 2");
        }
        bench_close(&bench);
    }
}

/* ---- what must not happen ---- */

Test(calculate, a_product_without_allocator_is_told) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    bench_open(&bench);
    bench_bind(&bench, "A", &kafka, NULL, NULL);
    const struct cg_billing_line lines[] = {line_of(DATE, "e", "r", "A", "1"), line_of(DATE, "e", "r", "X", "2")};
    bench_bill(&bench, DATE, lines, 2);
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s", bench.error.text);
    cr_assert_eq(outcome.failed_lines, 2);
    cr_assert(strstr(bench.errors, "A on r: module 'fake' gives this product type no allocator;"), "%s", bench.errors);
    cr_assert(strstr(bench.errors, "X on r: no service of ecosystem 'fake' handles this product type;"), "%s",
              bench.errors);
    bench_close(&bench);
}

/* Each date brings texts of its own; what one calculation holds stays what the largest date needs. */
static cg_status allocate_new_text(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                   const struct cg_row_sink *rows) {
    (void)self;
    char detail[1024];
    memset(detail, 'x', sizeof detail - 1);
    snprintf(detail, 64, "%lld ", (long long)context->window_start);
    detail[strlen(detail)] = 'x';
    detail[sizeof detail - 1] = '\0';
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .allocation_detail = detail,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    counts_texts = 1;
    cg_status status = rows->add(rows, &row);
    counts_texts = 0;
    return status;
}

ALLOCATOR(new_text, allocate_new_text)

Test(calculate, texts_of_a_date_are_forgotten_with_it) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    struct cg_calculation *calculation = NULL;
    struct cg_calculation_options options = {.runtime = &bench.runtime, .observer = &bench.observer};
    bench_open(&bench);
    bench_bind(&bench, "A", &kafka, &new_text, NULL);
    options.store = bench.stage.store;
    most_texts = 0;
    assert_ok(&bench.stage, cg_store_run_start(bench.stage.store, at(DATE), &options.run_id, &bench.stage.error));
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK);
    for (int64_t day = 0; day < 20; day++) {
        char date[CG_TIME_TEXT_SIZE];
        cg_time_format_date(at(DATE) + day * DAY, date);
        const struct cg_billing_line line = line_of(date, "e", "r", "A", "1");
        bench_bill(&bench, date, &line, 1);
        cr_assert_eq(cg_calculate_date(calculation, at(date), 0, &outcome, &bench.error), CG_OK, "%s",
                     bench.error.text);
    }
    assert_rows(&bench.stage, "SELECT COUNT(DISTINCT allocation_detail) FROM chargeback_dimensions", "20");
    cr_assert_leq(most_texts, 4, "the texts of other dates are still there");
    cg_calculation_free(calculation);
    bench_close(&bench);
}

/* ---- windows ---- */

static cg_status allocate_counting(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                   const struct cg_row_sink *rows) {
    (void)self;
    char detail[32];
    snprintf(detail, sizeof detail, "%zu", context->tenant_period.count);
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .allocation_detail = detail,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

ALLOCATOR(counting, allocate_counting)

/* More windows than are kept at a time, each with its own number of identities, and the first one met again. */
Test(calculate, every_window_has_its_own_people) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    struct cg_billing_line lines[26];
    bench_open(&bench);
    bench_bind(&bench, "A", &kafka, &counting, NULL);
    for (int hour = 0; hour < 24; hour++) {
        char id[16];
        snprintf(id, sizeof id, "u-%02d", hour);
        struct cg_identity identity = {.struct_size = sizeof identity,
                                       .id = id,
                                       .type = "user",
                                       .created_at = at(DATE) + hour * HOUR,
                                       .deleted_at = CG_TIME_NONE};
        assert_ok(&bench.stage,
                  cg_store_put_identity(bench.stage.store, &identity, at("2026-07-01"), &bench.stage.error));
        lines[hour] = line_of(DATE, "e", "hour", "A", "1");
        lines[hour].timestamp += hour * HOUR;
        lines[hour].granularity = "hourly";
    }
    lines[24] = line_of(DATE, "e", "a", "A", "1");
    lines[25] = line_of(DATE, "e", "z", "A", "1");
    bench_bill(&bench, DATE, lines, 26);
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s: %s", bench.error.text, bench.errors);
    assert_rows(&bench.stage,
                "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) WHERE "
                "d.resource_id = 'hour' AND CAST(d.allocation_detail AS INTEGER) = CAST(substr(f.timestamp, 12, 2) AS "
                "INTEGER) + 1",
                "24");
    assert_rows(&bench.stage,
                "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) WHERE "
                "d.resource_id <> 'hour' AND d.allocation_detail = '24'",
                "2");
    bench_close(&bench);
}

/* Who is dead by now lived in the windows before. */
Test(calculate, the_dead_belong_to_the_windows_they_lived_in) {
    struct bench bench;
    struct cg_date_outcome outcome = {0};
    const struct cg_billing_line line = line_of(DATE, "e", "r", "A", "1");
    bench_open(&bench);
    bench_bind(&bench, "A", &kafka, &counting, NULL);
    stage_run(&bench.stage,
              "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, deleted_at) VALUES "
              "('confluent_cloud', 't-1', 'before', 'user', '2026-06-01 00:00:00.000000'), "
              "('confluent_cloud', 't-1', 'within', 'user', '2026-06-01 00:00:00.000001'), "
              "('confluent_cloud', 't-1', 'after', 'user', '2026-07-01 00:00:00.000000')");
    bench_bill(&bench, DATE, &line, 1);
    cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s", bench.error.text);
    assert_rows(&bench.stage, "SELECT allocation_detail FROM chargeback_dimensions", "2");
    bench_close(&bench);
}

/* ---- hostile texts ---- */

/* 'x' in an order that no compression shortens; as long as a database's keys may not be. */
static const char *noise(size_t length) {
    static char text[4096];
    uint32_t state = 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 1103515245u + 12345u;
        text[i] = (char)('!' + (state >> 16) % 90);
    }
    text[length] = '\0';
    return text;
}

static cg_status ask_for_odd_resource(const struct cg_identity_resolver *self,
                                      const struct cg_resolution_context *context,
                                      const struct cg_resolution_sink *sink) {
    (void)self;
    (void)sink;
    (void)context->find_resource(context, "r-\xff");
    return CG_OK;
}

static cg_status list_odd_type(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                               const struct cg_resolution_sink *sink) {
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    (void)self;
    (void)sink;
    (void)context->list_resources(context, "\xc3(", NULL, &items, &count);
    return CG_OK;
}

static cg_status ask_for_long_identity(const struct cg_identity_resolver *self,
                                       const struct cg_resolution_context *context,
                                       const struct cg_resolution_sink *sink) {
    (void)self;
    (void)sink;
    (void)context->find_identity(context, noise(4000));
    return CG_OK;
}

static cg_status add_odd_identity(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                                  const struct cg_resolution_sink *sink) {
    const struct cg_identity identity = {.struct_size = sizeof identity, .id = "p\xff", .type = "principal"};
    (void)self;
    (void)context;
    (void)sink->add_derived(sink, &identity);
    return CG_OK;
}

static cg_status add_odd_text(const struct cg_row_sink *rows, const struct cg_allocation_context *context,
                              const char *identity, const char *detail) {
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = identity,
                               .amount = context->amount,
                               .allocation_detail = detail,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    (void)rows->add(rows, &row);
    return CG_OK;
}

static cg_status allocate_odd(const struct cg_allocator *self, const struct cg_allocation_context *context,
                              const struct cg_row_sink *rows) {
    (void)self;
    return add_odd_text(rows, context, "p\xff", NULL);
}

static cg_status allocate_long(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    char detail[98];
    (void)self;
    memset(detail, 'd', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    return add_odd_text(rows, context, noise(1024), detail);
}

/* The longest sentence there is: the row that stands in for the line is as long as one can be. */
static cg_status allocate_with_long_words(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                          const struct cg_row_sink *rows) {
    (void)self;
    (void)rows;
    return context->host->set_error(context->host, CG_PERMANENT, "%s", noise(4000));
}

static cg_status allocate_longest(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                  const struct cg_row_sink *rows) {
    char detail[97];
    (void)self;
    memset(detail, 'd', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    return add_odd_text(rows, context, noise(1024), detail);
}

RESOLVER(odd_resource, ask_for_odd_resource)
RESOLVER(odd_type, list_odd_type)
RESOLVER(long_identity, ask_for_long_identity)
RESOLVER(odd_identity, add_odd_identity)
ALLOCATOR(odd_row, allocate_odd)
ALLOCATOR(long_row, allocate_long)
ALLOCATOR(long_words, allocate_with_long_words)
ALLOCATOR(longest_row, allocate_longest)

static const struct {
    const char *name;
    const struct cg_allocator *allocator;
    const struct cg_identity_resolver *resolver;
    const char *reason; /* NULL: the line is fine */
} hostile[] = {
    {"asks for a resource", &bench_allocator, &odd_resource,
     "identity resolver 'A' of module 'fake': it asked for the resource 'r-?', which holds control"},
    {"lists resources", &bench_allocator, &odd_type,
     "identity resolver 'A' of module 'fake': it asked for the resources of type '?(', which holds control"},
    {"asks for an identity", &bench_allocator, &long_identity,
     "identity resolver 'A' of module 'fake': it asked for the identity '"},
    {"adds an identity", &bench_allocator, &odd_identity,
     "identity resolver 'A' of module 'fake': it added the identity 'p?', the id of which holds control"},
    {"charges an identity", &odd_row, NULL,
     "allocator 'A' of module 'fake': a row's identity holds control characters or is no UTF-8"},
    {"makes a long row", &long_row, NULL,
     "allocator 'A' of module 'fake': a row's identity, method and detail have together more than 1120 bytes"},
    {"fails with a long sentence", &long_words, NULL, "allocator 'A' of module 'fake': "},
    {"makes the longest row", &longest_row, NULL, NULL},
};

/* On either database the line falls back, with a reason that names whose fault it is, and its date is as ever; also
 * when the line's own key is as long as one can be, and identities are stored with the date. */
Test(calculate, a_hostile_text_is_the_lines_business) {
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct bench bench;
        struct cg_date_outcome outcome = {0};
        char names[4][CG_BORDER_RESOURCE_BYTES + 1];
        bench_open(&bench);
        bench.ecosystem.flags |= CG_ECOSYSTEM_MEASURED_IDENTITIES;
        struct cg_billing_line lines[] = {line_of(DATE, "e", "r", names[3], "1"), line_of(DATE, "e", "r", "B", "2")};
        for (size_t k = 0; k < 4; k++) {
            const size_t length = k ? CG_BORDER_WORD_BYTES : CG_BORDER_RESOURCE_BYTES;
            memcpy(names[k], noise(length), length + 1);
            names[k][0] = 'A';
            names[k][1] = (char)('0' + k);
        }
        struct cg_binding *binding = bench_bind(&bench, names[3], &kafka, hostile[i].allocator, hostile[i].resolver);
        binding->allocator_callee.symbol = "A";
        binding->resolver_callee.symbol = "A";
        bench_bind(&bench, "B", &flink, &bench_allocator, NULL);
        lines[0].resource_id = names[0];
        lines[0].env_id = names[1];
        lines[0].product_category = names[2];
        bench_bill(&bench, DATE, lines, 2);
        cr_assert_eq(bench_calculate(&bench, DATE, &outcome), CG_OK, "%s: %s", hostile[i].name, bench.error.text);
        cr_assert_eq(outcome.failed_lines, hostile[i].reason != NULL, "%s", hostile[i].name);
        if (hostile[i].reason)
            cr_assert(strstr(bench.errors, hostile[i].reason), "%s: %s", hostile[i].name, bench.errors);
        assert_rows(&bench.stage,
                    "SELECT substr(d.product_type, 1, 1) || ' ' || f.amount FROM chargeback_facts f JOIN "
                    "chargeback_dimensions d USING (dimension_id) WHERE d.identity_id = 'UNALLOCATED' OR d.identity_id "
                    "= 'owner' OR "
                    "length(d.identity_id) = 1024 ORDER BY d.product_type",
                    "A 1\nB 2");
        bench_close(&bench);
    }
}
