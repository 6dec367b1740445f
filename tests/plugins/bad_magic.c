/* The registration does not begin with the magic number. */
#include "parts.h"

RAW_REGISTER(.magic = 0x12345678u, .abi_major = CG_ABI_MAJOR, .abi_minor = CG_ABI_MINOR,
             .struct_size = sizeof(struct cg_registration), .kind = CG_KIND_OVERRIDES, .name = "bad_magic", SOUND_TEXTS)
