/*
 * bench.h - an ecosystem of a few functions, bound by hand, on a real database.
 *
 * A test fills `ecosystem` and `bindings` with functions of its own and calls the engine as a worker does.
 */
#ifndef CG_TEST_ENGINE_BENCH_H
#define CG_TEST_ENGINE_BENCH_H

#include "engine/calculate.h"
#include "engine/gather.h"
#include "store/support.h"

/** Most bindings of a bench. */
#define BENCH_BINDINGS 8

struct bench {
    struct stage stage;
    struct cg_module module;
    struct cg_ecosystem ecosystem;
    struct cg_tenant_settings tenant;
    struct cg_binding bindings[BENCH_BINDINGS];
    struct cg_runtime runtime;
    struct cg_observer observer;
    struct cg_metrics_source *metrics;      /**< or NULL, as it is at first */
    const struct cg_quarantine *quarantine; /**< one entry, or NULL, as it is at first */
    struct cg_error error;
    char errors[8192]; /**< what the observer was told, a line each */
};

/** An empty bench. It must not move. */
void bench_open(struct bench *bench);

/** Ends it and removes its files. */
void bench_close(struct bench *bench);

/** Binds a product type to an allocator and a resolver (or NULL) of a service; in ascending order of product types. */
struct cg_binding *bench_bind(struct bench *bench, const char *product_type, const struct cg_service *service,
                              const struct cg_allocator *allocator, const struct cg_identity_resolver *resolver);

/** Stores these lines as the whole bill of a date. */
void bench_bill(struct bench *bench, const char *date, const struct cg_billing_line *lines, size_t count);

/** What a calculation of this bench needs; starts the row of a run. */
struct cg_calculation_options bench_options(struct bench *bench, const char *date);

/** Calculates a date with a calculation of its own, whether it is current or not. */
cg_status bench_calculate(struct bench *bench, const char *date, struct cg_date_outcome *ret);

/** An allocator that gives everything to "owner". */
extern const struct cg_allocator bench_allocator;

#endif
