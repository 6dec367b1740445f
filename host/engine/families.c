#include "engine/families.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "store/sweep.h"

/* One family. Counts are by kind: resources, identities. */
struct family {
    uint64_t seen[2];
    int32_t reported;
    int32_t complete;
    int32_t swept;
    int32_t reserved;
};

struct cg_families {
    struct cg_intern *names; /* the number of a name is the place of its family, from 1 */
    struct family *items;
    size_t room;
    const char *last_name; /* of the row counted last: most rows follow others of their family */
    struct family *last;
};

struct cg_families *cg_families_new(void) {
    struct cg_families *families = calloc(1, sizeof *families);
    if (!families)
        return NULL;
    families->names = cg_intern_new();
    if (families->names)
        return families;
    free(families);
    return NULL;
}

void cg_families_free(struct cg_families *families) {
    if (!families)
        return;
    cg_intern_free(families->names);
    free(families->items);
    free(families);
}

/* Room for one more family. */
static cg_status make_room(struct cg_families *families) {
    size_t known = cg_intern_count(families->names);
    if (known < families->room)
        return CG_OK;
    size_t room = families->room ? families->room * 2 : 32;
    struct family *grown = realloc(families->items, room * sizeof *grown);
    if (!grown)
        return CG_NO_MEMORY;
    families->items = grown;
    families->room = room;
    families->last = NULL;
    return CG_OK;
}

/* The family, made when it is new; NULL and an error when it cannot be. */
static struct family *find(struct cg_families *families, const char *name, struct cg_error *error) {
    uint32_t number = 0;
    char fit[CG_BORDER_WORD_BYTES + 1];
    if (families->last && strcmp(families->last_name, name) == 0)
        return families->last;
    /* As the types of rows are, so that what is reported is what was seen. */
    name = cg_border_name(name, CG_BORDER_WORD_BYTES, fit);
    uint32_t known = cg_intern_count(families->names);
    if (make_room(families) != CG_OK || cg_intern_add(families->names, name, &number) != CG_OK) {
        cg_error_no_memory(error);
        return NULL;
    }
    if (number > known)
        families->items[number - 1] = (struct family){.reported = 0};
    if (number > CG_FAMILIES_MAX) {
        cg_error_set(error, CG_RANGE, "more than %u families were gathered", CG_FAMILIES_MAX);
        return NULL;
    }
    families->last_name = cg_intern_text(families->names, number);
    families->last = &families->items[number - 1];
    return families->last;
}

cg_status cg_families_count(struct cg_families *families, const char *name, int32_t is_identity,
                            struct cg_error *error) {
    struct family *family = find(families, name, error);
    if (!family)
        return error->status;
    family->seen[is_identity != 0]++;
    return CG_OK;
}

cg_status cg_families_report(struct cg_families *families, const char *name, cg_status status, struct cg_error *error) {
    struct family *family = find(families, name, error);
    if (!family)
        return error->status;
    if (family->reported)
        return cg_error_set(error, CG_INVALID, "the family '%s' was reported a second time", name);
    family->reported = 1;
    family->complete = status == CG_OK;
    return CG_OK;
}

/* An empty listing, and what followed from it, is told: it is rare, and may be the provider's mistake. */
static void tell(const struct cg_gather_options *options, const struct cg_sweep *sweep, const struct cg_swept *swept) {
    const struct cg_log *log = options->runtime->shared.log;
    const char *what = sweep->is_identity ? "identities" : "resources";
    if (sweep->seen)
        return;
    if (swept->spared)
        cg_log_write(log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "Zero %s:%s gathered but %" PRIu64 " active — skipping %s:%s deletion (consecutive: %" PRId64 ")",
                     what, sweep->family, swept->spared, what, sweep->family, swept->empty_gathers);
    else if (swept->deleted)
        cg_log_write(log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "Zero %s:%s gathered for %" PRId64 " consecutive runs — proceeding with deletion", what,
                     sweep->family, swept->empty_gathers);
}

static cg_status sweep_kind(const struct cg_gather_options *options, const char *name, int32_t is_identity,
                            uint64_t seen, uint64_t *deleted, struct cg_error *error) {
    const struct cg_tenant_settings *tenant = options->runtime->tenant;
    const struct cg_sweep sweep = {
        .family = name,
        .is_identity = is_identity,
        .seen = seen,
        .threshold = tenant->has_deletion_threshold ? tenant->zero_gather_deletion_threshold : CG_SWEEP_TRUST,
        .seen_before = options->now,
        .now = options->now,
    };
    struct cg_swept swept = {0};
    cg_status status = cg_store_sweep(options->store, &sweep, &swept, error);
    if (status != CG_OK)
        return status;
    tell(options, &sweep, &swept);
    *deleted += swept.deleted;
    return CG_OK;
}

cg_status cg_families_sweep(struct cg_families *families, const struct cg_gather_options *options, uint64_t *deleted,
                            struct cg_error *error) {
    const uint32_t count = cg_intern_count(families->names);
    for (uint32_t number = 1; number <= count; number++) {
        struct family *family = &families->items[number - 1];
        if (!family->complete || family->swept)
            continue;
        family->swept = 1;
        for (int32_t kind = 0; kind <= 1; kind++) {
            if (!family->seen[kind] && family->seen[!kind])
                continue;
            cg_status status =
                sweep_kind(options, cg_intern_text(families->names, number), kind, family->seen[kind], deleted, error);
            if (status != CG_OK)
                return status;
        }
    }
    return CG_OK;
}
