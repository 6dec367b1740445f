/* Built for a newer minor version, whose structs are longer; it can do without what is new, so it loads. */
#include "parts.h"

struct newer_registration {
    struct cg_registration known;
    const char *added;
};

static const struct newer_registration registration = {.known = {.magic = CG_MODULE_MAGIC,
                                                                 .abi_major = CG_ABI_MAJOR,
                                                                 .abi_minor = CG_ABI_MINOR + 7,
                                                                 .struct_size = sizeof(struct newer_registration),
                                                                 .kind = CG_KIND_OVERRIDES,
                                                                 .name = "future_minor",
                                                                 SOUND_TEXTS},
                                                       .added = "what this program does not know"};

const struct cg_registration *cg_plugin_register(void) {
    return &registration.known;
}

EMPTY_ALLOCATOR(future_minor_split)
