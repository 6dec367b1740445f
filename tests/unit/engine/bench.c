#include "bench.h"

#include <string.h>

static void take_error(void *user, const char *text) {
    struct bench *bench = user;
    size_t used = strlen(bench->errors);
    snprintf(bench->errors + used, sizeof bench->errors - used, "%s\n", text);
}

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

const struct cg_allocator bench_allocator = {
    {sizeof(struct cg_allocator), CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR},
    "the owner pays",
    allocate,
    NULL};

void bench_open(struct bench *bench) {
    *bench = (struct bench){0};
    stage_init(&bench->stage);
    stage_open(&bench->stage);
    bench->module.name = "fake";
    bench->ecosystem =
        (struct cg_ecosystem){.struct_size = sizeof bench->ecosystem, .flags = CG_ECOSYSTEM_HAS_ENVIRONMENTS};
    bench->tenant = (struct cg_tenant_settings){.name = "acme", .tenant_id = "t-1", .allocation_retry_limit = 3};
    bench->observer = (struct cg_observer){.user = bench, .error = take_error};
    bench->runtime = (struct cg_runtime){.tenant = &bench->tenant,
                                         .module = &bench->module,
                                         .ecosystem = &bench->ecosystem,
                                         .bindings = bench->bindings,
                                         .shared = {.log = bench->stage.logger}};
    cr_assert_eq(cg_services_new(&bench->runtime.shared, "fake", &bench->runtime.services), CG_OK);
}

void bench_close(struct bench *bench) {
    cg_services_free(bench->runtime.services);
    stage_done(&bench->stage);
}

struct cg_binding *bench_bind(struct bench *bench, const char *product_type, const struct cg_service *service,
                              const struct cg_allocator *allocator, const struct cg_identity_resolver *resolver) {
    static const struct cg_product product = {.struct_size = sizeof product};
    struct cg_callee callee = {.module = &bench->module, .services = bench->runtime.services, .symbol = product_type};
    struct cg_binding *binding = &bench->bindings[bench->runtime.binding_count++];
    cr_assert_leq(bench->runtime.binding_count, BENCH_BINDINGS);
    *binding = (struct cg_binding){.product_type = product_type,
                                   .service = service,
                                   .product = &product,
                                   .allocator = allocator,
                                   .allocator_callee = callee,
                                   .resolver = resolver,
                                   .resolver_callee = callee};
    return binding;
}

void bench_bill(struct bench *bench, const char *date, const struct cg_billing_line *lines, size_t count) {
    const struct cg_billing_line *list[64];
    cr_assert_leq(count, 64);
    for (size_t i = 0; i < count; i++)
        list[i] = &lines[i];
    cr_assert_eq(cg_store_replace_billing(bench->stage.store, at(date), at(date) + DAY, list, count, at(date), NULL,
                                          &bench->error),
                 CG_OK, "%s", bench->error.text);
}

struct cg_calculation_options bench_options(struct bench *bench, const char *date) {
    struct cg_calculation_options options = {.runtime = &bench->runtime,
                                             .store = bench->stage.store,
                                             .metrics = bench->metrics,
                                             .observer = &bench->observer,
                                             .quarantine = bench->quarantine,
                                             .quarantine_count = bench->quarantine ? 1 : 0};
    assert_ok(&bench->stage, cg_store_run_start(bench->stage.store, at(date), &options.run_id, &bench->stage.error));
    return options;
}

cg_status bench_calculate(struct bench *bench, const char *date, struct cg_date_outcome *ret) {
    struct cg_calculation_options options = bench_options(bench, date);
    struct cg_calculation *calculation = NULL;
    cg_status status = cg_calculation_new(&options, &calculation, &bench->error);
    if (status == CG_OK)
        status = cg_calculate_date(calculation, at(date), 1, ret, &bench->error);
    cg_calculation_free(calculation);
    return status;
}
