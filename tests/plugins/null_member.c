/* An ecosystem that cannot be created. */
#include "parts.h"

static const struct cg_ecosystem ecosystem = {.struct_size = sizeof ecosystem};

CG_REGISTER(CG_KIND_ECOSYSTEM, "null_member", "1.0.0", "An ecosystem without functions", &ecosystem, NULL, 0)
