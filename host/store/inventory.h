/*
 * inventory.h - resources and identities.
 *
 * Times are kept to the microsecond. Everything returned lives in the arena given. Lists are in ascending byte order of
 * their ids.
 */
#ifndef CG_STORE_INVENTORY_H
#define CG_STORE_INVENTORY_H

#include "store/store.h"

/**
 * Inserts or replaces a resource that was seen at `seen_at`: it becomes (again) active. A known created_at is kept when
 * the new one is CG_TIME_NONE. When only the time of the last sight differs, only that is written.
 */
cg_status cg_store_put_resource(struct cg_store *store, const struct cg_resource *resource, int64_t seen_at,
                                struct cg_error *error);

/** The same for an identity. */
cg_status cg_store_put_identity(struct cg_store *store, const struct cg_identity *identity, int64_t seen_at,
                                struct cg_error *error);

/** Identities whose life overlaps [start, end): created before end, not deleted at or before start. Without type
 * "system". */
cg_status cg_store_identities_in(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                 struct cg_identity_list *ret, struct cg_error *error);

/** Resources whose life overlaps [start, end), of the given type and parent (NULL: any). */
cg_status cg_store_resources_in(struct cg_store *store, int64_t start, int64_t end, const char *type,
                                const char *parent, struct cg_arena *arena, const struct cg_resource *const **ret,
                                size_t *ret_count, struct cg_error *error);

/** One row by id, dead or alive. CG_NOT_FOUND when there is none. */
cg_status cg_store_find_resource(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 const struct cg_resource **ret, struct cg_error *error);
cg_status cg_store_find_identity(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 const struct cg_identity **ret, struct cg_error *error);

/** Makes sure that the identity UNALLOCATED (type system, "Unallocated Costs") exists and is not deleted. */
cg_status cg_store_ensure_unallocated(struct cg_store *store, int64_t now, struct cg_error *error);

#endif
