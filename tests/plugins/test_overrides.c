/* Allocators and a resolver that misbehave on purpose, each in one way, for tests of whole runs. */
#include "parts.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static cg_status allocate_abort(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    abort();
}

static cg_status allocate_segv(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    raise(SIGSEGV);
    return CG_OK;
}

static cg_status allocate_hang(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    while (pause() != 0)
        continue;
    return CG_OK;
}

static cg_status allocate_error(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    (void)self;
    (void)rows;
    return context->host->set_error(context->host, CG_PERMANENT, "the test allocator fails on purpose");
}

static cg_status allocate_no_rows(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                  const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    return CG_OK;
}

static cg_status add_row(const struct cg_row_sink *rows, const char *identity_id, struct cg_decimal amount) {
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = identity_id,
                               .amount = amount,
                               .allocation_method = "test",
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static cg_status allocate_wrong_sum(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                    const struct cg_row_sink *rows) {
    (void)self;
    struct cg_decimal one = cg_decimal_from_int64(1);
    struct cg_decimal wrong;
    cg_status status = cg_decimal_add(&context->amount, &one, &wrong);
    return status == CG_OK ? add_row(rows, "test-wrong-sum", wrong) : status;
}

static cg_status allocate_flip(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    (void)self;
    return add_row(rows, "test-flip", context->amount);
}

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = "test-resolved",
                                         .type = "service_account",
                                         .display_name = "Resolved by a test",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    return sink->add_active(sink, &identity);
}

CG_ALLOCATOR(test_abort_allocator, "calls abort()", allocate_abort, NULL)
CG_ALLOCATOR(test_segv_allocator, "ends with SIGSEGV", allocate_segv, NULL)
CG_ALLOCATOR(test_hang_allocator, "never returns", allocate_hang, NULL)
CG_ALLOCATOR(test_error_allocator, "answers CG_PERMANENT", allocate_error, NULL)
CG_ALLOCATOR(test_no_rows_allocator, "makes no row", allocate_no_rows, NULL)
CG_ALLOCATOR(test_wrong_sum_allocator, "makes a row of one unit too much", allocate_wrong_sum, NULL)
CG_ALLOCATOR(test_flip_allocator, "gives everything to test-flip", allocate_flip, NULL)
CG_IDENTITY_RESOLVER(test_resolver, "makes test-resolved active", resolve, NULL)

CG_REGISTER(CG_KIND_OVERRIDES, "test_overrides", "1.0.0", "Overrides that misbehave on purpose", NULL, NULL, 0)
