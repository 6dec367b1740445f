/* One of its options has a type that does not exist. */
#include "parts.h"

static const struct cg_option first = {
    .struct_size = sizeof first, .type = CG_OPTION_STRING, .key = "first", .help = "A text."};
static const struct cg_option second = {.struct_size = sizeof second, .type = 99, .key = "second", .help = "A riddle."};
static const struct cg_option *const options[] = {&first, &second};

CG_REGISTER(CG_KIND_OVERRIDES, "bad_option", "1.0.0", "A test module", NULL, options, 2)

EMPTY_ALLOCATOR(bad_option_split)
