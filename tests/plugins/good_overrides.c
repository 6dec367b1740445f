/* The smallest module: it only exports overrides. The same data that has no magic number is nobody's business. */
#include "parts.h"

CG_EXPORT extern const char good_overrides_text[64];
const char good_overrides_text[64] = "this is no descriptor";

CG_REGISTER(CG_KIND_OVERRIDES, "good_overrides", "1.2.3", "A sound module of overrides", NULL, NULL, 0)

EMPTY_ALLOCATOR(good_split)
EMPTY_ALLOCATOR(good_share)

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    (void)sink;
    return CG_OK;
}

CG_IDENTITY_RESOLVER(good_resolver, "finds nobody", resolve, NULL)
