/*
 * topic_lives.h - which topics of a cluster lived in a window, as the inventory knows them.
 *
 * A cluster's topics are read once, when it is first asked for. Who lives in a window depends on two numbers, how many
 * were created before its end and how many were deleted before its start, so a digest is kept until those change: from
 * one date to the next they hardly ever do.
 */
#ifndef CG_ENGINE_TOPIC_LIVES_H
#define CG_ENGINE_TOPIC_LIVES_H

#include "base/digest.h"
#include "store/store.h"

struct cg_topic_lives;

/** Nothing read yet; `store` outlives it. NULL when out of memory. */
struct cg_topic_lives *cg_topic_lives_new(struct cg_store *store);

/** NULL is fine. */
void cg_topic_lives_free(struct cg_topic_lives *lives);

/**
 * The names of a cluster's topics whose life overlaps [start, end), in an order that does not change. The array lives
 * in `arena`, the names as long as `lives`. Errors: CG_NO_MEMORY, those of the store.
 */
cg_status cg_topic_lives_in(struct cg_topic_lives *lives, const char *cluster_id, int64_t start, int64_t end,
                            struct cg_arena *arena, const char *const **ret_names, size_t *ret_count,
                            struct cg_error *error);

/** The digest of these names. Errors as above. */
cg_status cg_topic_lives_digest(struct cg_topic_lives *lives, const char *cluster_id, int64_t start, int64_t end,
                                unsigned char ret[CG_DIGEST_BYTES], struct cg_error *error);

#endif
