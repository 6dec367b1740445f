/* One of two modules that export the same symbol. */
#include "parts.h"

CG_REGISTER(CG_KIND_OVERRIDES, "ambiguous_a", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(shared_split)
