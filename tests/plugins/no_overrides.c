/* A module of overrides that exports data, but no override. */
#include "parts.h"

CG_EXPORT extern const char no_overrides_text[64];
const char no_overrides_text[64] = "this is no descriptor";

CG_REGISTER(CG_KIND_OVERRIDES, "no_overrides", "1.0.0", "A test module", NULL, NULL, 0)
