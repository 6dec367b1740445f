/* Identities for ids that are in no table. */
#include <chitragupt/identity.h>

#include <string.h>

static const struct kind {
    const char *prefix;
    const char *type;
    const char *display_name;
} kinds[] = {
    {"sa", "service_account", "Unknown service_account"},
    {"u", "user", "Unknown user"},
    {"pool", "identity_pool", "Unknown identity_pool"},
};

void cg_identity_from_id(const char *id, struct cg_identity *ret) {
    *ret = (struct cg_identity){.struct_size = sizeof *ret,
                                .id = id,
                                .type = "unknown",
                                .display_name = "Unknown unknown",
                                .created_at = CG_TIME_NONE,
                                .deleted_at = CG_TIME_NONE};
    size_t length = strcspn(id, "-");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].prefix) == length && memcmp(kinds[i].prefix, id, length) == 0) {
            ret->type = kinds[i].type;
            ret->display_name = kinds[i].display_name;
            return;
        }
    }
}
