/* The descriptor of an override says it is shorter than any that ever was. */
#include "parts.h"

CG_EXPORT extern const struct cg_allocator override_bad_size_split;
const struct cg_allocator override_bad_size_split = {.header = {.struct_size = sizeof(struct cg_override_header),
                                                                .magic = CG_OVERRIDE_MAGIC,
                                                                .kind = CG_OVERRIDE_ALLOCATOR,
                                                                .abi_major = CG_ABI_MAJOR,
                                                                .abi_minor = CG_ABI_MINOR},
                                                     .description = "too short"};

CG_REGISTER(CG_KIND_OVERRIDES, "override_bad_size", "1.0.0", "A test module", NULL, NULL, 0)
