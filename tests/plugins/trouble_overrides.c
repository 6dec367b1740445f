/* Allocators for tests of the supervisor: they wait, hang, crash or eat memory; one has the longest name there can be.
 */
#include "parts.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cg_status allocate_wait(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    (void)self;
    (void)rows;
    while (!context->host->cancelled(context->host))
        (void)usleep(10000);
    return CG_CANCELLED;
}

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
    (void)raise(SIGSEGV);
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

/* Takes memory until there is no more, and cannot cope with that. */
static cg_status allocate_eat(const struct cg_allocator *self, const struct cg_allocation_context *context,
                              const struct cg_row_sink *rows) {
    const size_t size = (size_t)1024 * 1024;
    (void)self;
    (void)context;
    (void)rows;
    for (char *block = malloc(size); block; block = malloc(size))
        memset(block, 1, size);
    abort();
}

static cg_status allocate_error(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    (void)self;
    (void)rows;
    return context->host->set_error(context->host, CG_PERMANENT, "the test allocator fails on purpose");
}

CG_ALLOCATOR(trouble_wait, "answers when the run is to stop", allocate_wait, NULL)
CG_ALLOCATOR(trouble_abort, "calls abort()", allocate_abort, NULL)
CG_ALLOCATOR(trouble_segv, "raises SIGSEGV", allocate_segv, NULL)
CG_ALLOCATOR(trouble_hang, "never answers", allocate_hang, NULL)
CG_ALLOCATOR(trouble_eat, "takes all memory", allocate_eat, NULL)
CG_ALLOCATOR(trouble_error, "answers CG_PERMANENT", allocate_error, NULL)

/* 255 characters. */
CG_ALLOCATOR(
    trouble_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_name_long_nz,
    "calls abort()", allocate_abort, NULL)

CG_REGISTER(CG_KIND_OVERRIDES, "trouble_overrides", "1.0.0", "Overrides for tests of the supervisor", NULL, NULL, 0)
