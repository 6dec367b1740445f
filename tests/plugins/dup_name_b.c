/* One of two modules with one name. */
#include "parts.h"

CG_REGISTER(CG_KIND_OVERRIDES, "dup_name", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(dup_name_split_b)
