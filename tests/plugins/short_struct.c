/* The registration says it is shorter than any that ever was. */
#include "parts.h"

RAW_REGISTER(.magic = CG_MODULE_MAGIC, .abi_major = CG_ABI_MAJOR, .abi_minor = CG_ABI_MINOR,
             .struct_size = offsetof(struct cg_registration, factory), .kind = CG_KIND_OVERRIDES,
             .name = "short_struct", SOUND_TEXTS)
