/* The name is none that a configuration could use. */
#include "parts.h"

CG_REGISTER(CG_KIND_OVERRIDES, "Bad-Name", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(bad_name_split)
