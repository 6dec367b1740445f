/* Built for a newer minor version, and cannot do without it. */
#include "parts.h"

RAW_REGISTER(.magic = CG_MODULE_MAGIC, .abi_major = CG_ABI_MAJOR, .abi_minor = CG_ABI_MINOR + 7,
             .struct_size = sizeof(struct cg_registration), .flags = CG_MODULE_NEEDS_MINOR, .kind = CG_KIND_OVERRIDES,
             .name = "needs_future_minor", SOUND_TEXTS)

EMPTY_ALLOCATOR(needs_future_minor_split)
