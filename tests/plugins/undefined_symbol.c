/* Calls a function that nobody has. */
#include "parts.h"

void nobody_has_this_function(void);

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    nobody_has_this_function();
    return CG_OK;
}

CG_ALLOCATOR(undefined_symbol_split, "calls what is not there", allocate, NULL)

CG_REGISTER(CG_KIND_OVERRIDES, "undefined_symbol", "1.0.0", "A test module", NULL, NULL, 0)
