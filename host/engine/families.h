/*
 * families.h - what a gather listed of each family, and which families it listed completely.
 *
 * A family is a resource or identity type. What a complete listing did not show any more is deleted; a family that
 * could not be read, or that nobody reported, loses nothing.
 */
#ifndef CG_ENGINE_FAMILIES_H
#define CG_ENGINE_FAMILIES_H

#include "engine/border.h"
#include "engine/gather.h"

/** Most families of a gather: more is a broken module. */
#define CG_FAMILIES_MAX 10000u

struct cg_families;

/** An empty table, or NULL when out of memory. */
struct cg_families *cg_families_new(void);

/** NULL is fine. */
void cg_families_free(struct cg_families *families);

/** Counts a row that was handed over; `is_identity` 0: a resource. A name that is not fit is mended, as the types of
 * rows are. Errors: CG_RANGE (too many), CG_NO_MEMORY. */
cg_status cg_families_count(struct cg_families *families, const char *name, int32_t is_identity,
                            struct cg_error *error);

/** Takes a family's report; `status` CG_OK: listed completely. Errors as above, and CG_INVALID for a second report. */
cg_status cg_families_report(struct cg_families *families, const char *name, cg_status status, struct cg_error *error);

/**
 * Deletes what complete listings did not show, in one short transaction for each family that was reported since the
 * last call. Where nothing was handed over for a family, it stands for both resources and identities of that name.
 * Adds to `*deleted`. Errors: those of the store.
 */
cg_status cg_families_sweep(struct cg_families *families, const struct cg_gather_options *options, uint64_t *deleted,
                            struct cg_error *error);

#endif
