/*
 * stand_in.h - an identity that a resolver made up itself, because the inventory has none: checked, and copied.
 *
 * Where identities follow from metrics it is stored with the date, so what the store would refuse is refused here: it
 * fails a line, and not the date.
 */
#ifndef CG_ENGINE_STAND_IN_H
#define CG_ENGINE_STAND_IN_H

#include <chitragupt/model.h>

#include "base/arena.h"
#include "base/error.h"

/**
 * Copies an identity with an id into the arena. Without a type its type is "unknown"; what is not clean in its display
 * name becomes '?'. CG_INVALID with a sentence ("it added the identity ..."): id or type are no names (see
 * engine/border.h), it has more than CG_GATHER_FIELDS fields, or they cannot be stored; CG_NO_MEMORY.
 */
cg_status cg_stand_in_take(struct cg_arena *arena, const struct cg_identity *identity, const struct cg_identity **ret,
                           struct cg_error *error);

#endif
