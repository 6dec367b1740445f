/* Built for the next major version of the ABI. */
#include "parts.h"

RAW_REGISTER(.magic = CG_MODULE_MAGIC, .abi_major = CG_ABI_MAJOR + 1, .struct_size = sizeof(struct cg_registration),
             .kind = CG_KIND_OVERRIDES, .name = "future_major", SOUND_TEXTS)
