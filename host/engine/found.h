/*
 * found.h - single resources that were looked up on one date, and those that are not there.
 *
 * Resolvers ask for the same ones again for every line and every product of a resource, and where there is a server
 * each look waits for it.
 */
#ifndef CG_ENGINE_FOUND_H
#define CG_ENGINE_FOUND_H

#include <chitragupt/model.h>

#include "base/arena.h"

/** Most look-ups that are kept of a date. */
#define CG_FOUND_LIMIT 65536u

struct cg_found_one;

/** Look-ups in the date's arena. Starts zeroed; to be zeroed again when the arena is emptied. */
struct cg_found {
    struct cg_found_one **buckets; /**< NULL: nothing is kept yet */
    size_t count;
};

/** 1 when `id` was looked up before: `*ret` is its resource, or NULL for one that is not there. */
int32_t cg_found_get(const struct cg_found *found, const char *id, const struct cg_resource **ret);

/**
 * Keeps what a look-up gave; `resource` (NULL: there is none) lives in the same arena. Beyond the limit, or without
 * memory, it is only looked up again.
 */
void cg_found_keep(struct cg_found *found, struct cg_arena *arena, const char *id, const struct cg_resource *resource);

#endif
