#include "explain_stage.h"

#include <chitragupt/models.h>
#include <stdlib.h>

#include "net/metrics_source.h"

#define DATE EXPLAIN_DATE

/* ---- metrics: two keys and two principals, of whom the inventory does not know one ---- */

int explain_fetch_fails;
int explain_many_series;

static int source; /* its address stands for a metrics source */

static const struct cg_metric_point points[] = {{0, 100}, {1, 200}, {2, 0.5}};
static const struct cg_field labels[][2] = {
    {{"kafka_id", "lkc-1", CG_FIELD_STRING, 0}, {"principal_id", "KEY1", CG_FIELD_STRING, 0}},
    {{"kafka_id", "lkc-1", CG_FIELD_STRING, 0}, {"principal_id", "sa-2", CG_FIELD_STRING, 0}},
    {{"kafka_id", "lkc-1", CG_FIELD_STRING, 0}, {"principal_id", "sa-9", CG_FIELD_STRING, 0}}};
static const struct cg_metric_series all_series[] = {
    {sizeof all_series[0], 2, "bytes_in", labels[0], points, 2},
    {sizeof all_series[0], 2, "bytes_in", labels[1], points, 1},
    {sizeof all_series[0], 2, "bytes_in", labels[1], points + 1, 1},
    {sizeof all_series[0], 2, "bytes_out", labels[2], points + 2, 1},
};

static cg_status answer(struct cg_metrics_request *request, struct cg_arena *arena) {
    struct cg_metrics *metrics = cg_arena_alloc(arena, sizeof *metrics);
    size_t count = explain_many_series ? 12 : 4;
    const struct cg_metric_series **list = cg_arena_array(arena, count, sizeof(const struct cg_metric_series *));
    cr_assert(metrics && list);
    for (size_t i = 0; i < count; i++) {
        struct cg_metric_series *one = cg_arena_alloc(arena, sizeof *one);
        struct cg_field *label = cg_arena_alloc(arena, sizeof *label);
        *one = all_series[explain_many_series ? 0 : i];
        *label = (struct cg_field){"principal_id", cg_arena_printf(arena, "sa-%02zu", i + 10), CG_FIELD_STRING, 0};
        if (explain_many_series) {
            one->labels = label;
            one->label_count = 1;
        }
        list[i] = one;
    }
    *metrics = (struct cg_metrics){.struct_size = sizeof *metrics, .series = list, .series_count = count};
    metrics->ignored_points = explain_many_series ? 3 : 0;
    if (explain_fetch_fails) {
        metrics->flags = CG_METRICS_FETCH_FAILED;
        metrics->series_count = 0;
        request->error = "POST /api/v1/query_range: no route to host";
    }
    request->result = metrics;
    return CG_OK;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants this name */
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    (void)metrics;
    (void)error;
    for (size_t i = 0; i < count; i++)
        (void)answer(&requests[i], arena);
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- who has to do with a cluster ---- */

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    struct cg_identity stranger = {.struct_size = sizeof stranger};
    const struct cg_identity *holder = context->find_identity(context, "sa-1");
    if (strcmp(context->resource_id, "lkc-1") != 0)
        return CG_OK;
    cg_identity_from_id("sa-9", &stranger);
    (void)sink->add_active(sink, holder);
    (void)sink->put_text(sink, "api_key_to_owner", "KEY1", "sa-1");
    (void)sink->put_number(sink, "stmt_owner_cfu", "sa-1", 2.5);
    if (context->metrics && !(context->metrics->flags & CG_METRICS_FETCH_FAILED)) {
        (void)sink->add_derived(sink, context->find_identity(context, "sa-2"));
        (void)sink->add_derived(sink, &stranger);
    }
    return CG_OK;
}

static const struct cg_identity_resolver resolver = {
    {sizeof resolver, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "holders of keys, and who shows in the metrics",
    resolve,
    NULL};

/* ---- a chain as ecosystems have them ---- */

static cg_status split_usage(const struct cg_allocation_context *context, struct cg_split split, size_t *ret_rows) {
    struct cg_usage *usage = cg_usage_new(context->host);
    cr_assert_not_null(usage);
    if (context->metrics) {
        (void)cg_usage_add_metric(usage, context, "bytes_in", "principal_id", "api_key_to_owner");
        (void)cg_usage_add_metric(usage, context, "bytes_out", "principal_id", "api_key_to_owner");
    }
    split.cost_type = CG_COST_USAGE;
    return cg_model_usage(&split, usage, ret_rows);
}

static cg_status split_even(const struct cg_identity_list *people, const char *detail, struct cg_split split,
                            size_t *ret_rows) {
    struct cg_text_list ids;
    (void)cg_ids_of(split.host, people, &ids);
    split.detail = detail;
    return cg_model_even(&split, &ids, ret_rows);
}

/* By usage, else even shares of the active, else of everybody, else the resource. */
static cg_status run_chain(const struct cg_allocation_context *context, struct cg_split split) {
    size_t rows = 0;
    split.chain_tier = 0;
    cg_status status = split_usage(context, split, &rows);
    if (status == CG_OK && !rows) {
        split.chain_tier = 1;
        status = split_even(&context->merged_active, CG_DETAIL_NO_METRICS, split, &rows);
    }
    if (status == CG_OK && !rows) {
        split.chain_tier = 2;
        status = split_even(&context->tenant_period, CG_DETAIL_NO_ACTIVE_IDENTITIES, split, &rows);
    }
    if (status == CG_OK && !rows) {
        split.chain_tier = 3;
        split.detail = CG_DETAIL_NO_IDENTITIES;
        status = cg_model_terminal(&split, context->line->resource_id, &rows);
    }
    return status;
}

static cg_status allocate_chain(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    (void)self;
    return run_chain(context, cg_split_of(context, rows));
}

static cg_status allocate_cku(const struct cg_allocator *self, const struct cg_allocation_context *context,
                              const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_decimal ratios[] = {number("0.7"), number("0.3")};
    struct cg_decimal parts[2];
    size_t made = 0;
    cg_status status = cg_compose(context->host, &context->amount, ratios, 2, parts);
    struct cg_split split = cg_split_of(context, rows);
    split.amount = parts[0];
    split.composition_index = 0;
    if (status == CG_OK)
        status = run_chain(context, split);
    split.amount = parts[1];
    split.composition_index = 1;
    split.chain_tier = 0;
    return status == CG_OK ? split_even(&context->merged_active, NULL, split, &made) : status;
}

static cg_status allocate_nobody(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                 const struct cg_row_sink *rows) {
    (void)self;
    struct cg_split split = cg_split_of(context, rows);
    size_t made = 0;
    split.chain_tier = 1;
    split.detail = CG_DETAIL_NO_IDENTITIES;
    return cg_model_terminal(&split, CG_IDENTITY_UNALLOCATED, &made);
}

static cg_status allocate_badly(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    (void)self;
    (void)rows;
    return context->host->set_error(context->host, CG_PERMANENT, "the price list\nis gone");
}

/* Two thirds, one third, rounded its own way. */
static cg_status allocate_own(const struct cg_allocator *self, const struct cg_allocation_context *context,
                              const struct cg_row_sink *rows) {
    (void)self;
    struct cg_row row = {.struct_size = sizeof row,
                         .cost_type = CG_COST_USAGE,
                         .identity_id = "team-a",
                         .amount = number("3.34"),
                         .allocation_method = "two_thirds",
                         .chain_tier = CG_NO_INDEX,
                         .composition_index = CG_NO_INDEX};
    (void)rows->add(rows, &row);
    row.identity_id = "team-b";
    (void)cg_decimal_subtract(&context->amount, &row.amount, &row.amount);
    return rows->add(rows, &row);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): the name of what is defined cannot stand in parentheses */
#define ALLOCATOR(name_, description_, function_)                                             \
    static const struct cg_allocator name_ = {                                                \
        {sizeof name_, CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR}, \
        description_,                                                                         \
        function_,                                                                            \
        NULL};
/* NOLINTEND(bugprone-macro-parentheses) */

ALLOCATOR(chain, "by bytes, else shared", allocate_chain)
ALLOCATOR(cku, "a part by bytes, a part shared", allocate_cku)
ALLOCATOR(nobody, "", allocate_nobody)
ALLOCATOR(broken, "breaks", allocate_badly)
ALLOCATOR(own, "the teams' own rule", allocate_own)

static const struct cg_service kafka = {.struct_size = sizeof kafka, .service_type = "kafka"};
static const struct cg_metric_query bytes_in = {
    .struct_size = sizeof bytes_in, .key = "bytes_in", .expression = "i", .filter_label = "kafka_id"};
static const struct cg_metric_query bytes_out = {
    .struct_size = sizeof bytes_out, .key = "bytes_out", .expression = "o", .filter_label = "kafka_id"};
static const struct cg_metric_query *const queries[] = {&bytes_in, &bytes_out};
static const struct cg_product measured = {.struct_size = sizeof measured, .metric_count = 2, .metrics = queries};

/* ---- a tenant with a line of each kind ---- */

static const char config[] = "tenants:\n"
                             "  acme:\n"
                             "    ecosystem: fake\n"
                             "    tenant_id: t-1\n"
                             "    storage: {connection_string: \"sqlite:///a.db\"}\n"
                             "    plugin_settings:\n"
                             "      allocator_overrides:\n"
                             "        OVERRIDDEN: \"fake:acme_own\"\n"
                             "      identity_resolution_overrides:\n"
                             "        kafka: acme_people\n";

static void put_identity(struct bench *bench, const char *id, const char *type, const char *name) {
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = id,
                                         .type = type,
                                         .display_name = name,
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    assert_ok(&bench->stage, cg_store_put_identity(bench->stage.store, &identity, at(DATE), &bench->stage.error));
}

static void put_people(struct bench *bench) {
    const struct cg_resource cluster = {.struct_size = sizeof cluster,
                                        .id = "lkc-1",
                                        .type = "kafka_cluster",
                                        .display_name = "Orders",
                                        .created_at = CG_TIME_NONE,
                                        .deleted_at = CG_TIME_NONE};
    put_identity(bench, "sa-1", "service_account", "Orders\x1b[31m app");
    put_identity(bench, "sa-2", "service_account", "Billing app");
    put_identity(bench, "u-1", "user", NULL);
    assert_ok(&bench->stage, cg_store_put_resource(bench->stage.store, &cluster, at(DATE), &bench->stage.error));
}

static void bind_all(struct bench *bench) {
    bench_bind(bench, "BROKEN", &kafka, &broken, &resolver);
    bench_bind(bench, "CKU", &kafka, &cku, &resolver)->product = &measured;
    bench_bind(bench, "EVERYBODY", &kafka, &chain, NULL);
    bench_bind(bench, "NETWORK", &kafka, &chain, &resolver)->product = &measured;
    bench_bind(bench, "NOBODY", &kafka, &nobody, NULL);
    struct cg_binding *overridden = bench_bind(bench, "OVERRIDDEN", &kafka, &own, &resolver);
    overridden->allocator_callee.overrides = 1;
    overridden->allocator_callee.symbol = "acme_own";
    overridden->resolver_callee.overrides = 1;
    overridden->resolver_callee.symbol = "acme_people";
}

static void bill(struct bench *bench) {
    static const struct cg_field tiers[] = {
        {"original_amount", "10.5", CG_FIELD_STRING, 0},
        {"tiers", "[{\"price\": \"0.05\", \"quantity\": \"100\"}, {\"price\": \"0.04\", \"quantity\": \"125\"}]",
         CG_FIELD_JSON, 0}};
    struct cg_billing_line lines[] = {
        line_of(DATE, "env-1", "lkc-1", "BROKEN", "4"),     line_of(DATE, "env-1", "lkc-1", "CKU", "10"),
        line_of(DATE, "env-1", "lkc-1", "EVERYBODY", "10"), line_of(DATE, "env-1", "lkc-1", "NETWORK", "10.00005"),
        line_of(DATE, "env-1", "lkc-1", "NOBODY", "2"),     line_of(DATE, "env-1", "lkc-1", "OVERRIDDEN", "5.00"),
        line_of(DATE, "env-1", "lkc-1", "UNCLAIMED", "1"),
    };
    lines[3].quantity = number("225");
    lines[3].unit_price = number("0.05");
    lines[3].fields = tiers;
    lines[3].field_count = 2;
    bench_bill(bench, DATE, lines, sizeof lines / sizeof *lines);
}

void explain_stage_open(struct explain_stage *stage, int with_people) {
    struct bench *bench = &stage->bench;
    setenv("CHITRAGUPT_NOW", "2026-07-01T12:00:00Z", 1);
    explain_fetch_fails = 0;
    explain_many_series = 0;
    stage->status = CG_OK;
    bench_open(bench);
    bench->module.version = "1.2.3";
    bench->module.build_id = "0a1b";
    bench->metrics = (struct cg_metrics_source *)&source;
    stage->problems = cg_problems_new();
    cr_assert_eq(
        cg_settings_load_text(config, sizeof config - 1, "config.yaml", NULL, 0, stage->problems, &stage->settings),
        CG_OK);
    const struct cg_tenant_settings *tenant = &stage->settings->tenants[0];
    bench->runtime.settings = stage->settings;
    bench->tenant.allocator_overrides = tenant->allocator_overrides;
    bench->tenant.allocator_override_count = tenant->allocator_override_count;
    bench->tenant.identity_overrides = tenant->identity_overrides;
    bench->tenant.identity_override_count = tenant->identity_override_count;
    bench->tenant.metrics.url = "http://user:secret@prometheus:9090/prom?token=secret#secret";
    if (with_people)
        put_people(bench);
    bind_all(bench);
    bill(bench);
}

void explain_stage_close(struct explain_stage *stage) {
    cg_settings_free(stage->settings);
    cg_problems_free(stage->problems);
    bench_close(&stage->bench);
}

/* ---- asking ---- */

static cg_status take(void *user, const char *text, size_t length) {
    struct explain_stage *stage = user;
    cr_assert_eq(text[length - 1], '\n', "whole lines");
    cr_assert_lt(stage->used + length, sizeof stage->text);
    memcpy(stage->text + stage->used, text, length);
    stage->used += length;
    stage->text[stage->used] = '\0';
    return stage->status;
}

cg_status explain_stage_ask(struct explain_stage *stage, const struct cg_explain_question *question) {
    struct bench *bench = &stage->bench;
    struct cg_explain_question asked = *question;
    if (!asked.date)
        asked.date = at(DATE);
    stage->used = 0;
    stage->text[0] = '\0';
    return cg_explain(&bench->runtime, bench->stage.store, bench->metrics, &asked, take, stage, &stage->lines,
                      &bench->error);
}
