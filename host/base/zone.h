/*
 * zone.h - time zones of the system's IANA database (TZif files, RFC 8536).
 *
 * The C library's zones belong to the whole process and to one of them at a time, so they are of no use to a server
 * whose clients name a zone each.
 */
#ifndef CG_BASE_ZONE_H
#define CG_BASE_ZONE_H

#include "base/arena.h"
#include "base/error.h"

struct cg_zone;

/**
 * The zone of a name of the database ("America/Denver", "UTC"), case-sensitive. Everything lives in the arena. Errors:
 * CG_NOT_FOUND (no such name, or one that could lead out of the database's folder), CG_INVALID (its file is damaged or
 * too large), CG_NO_MEMORY.
 */
cg_status cg_zone_find(const char *name, struct cg_arena *arena, const struct cg_zone **ret);

/** Seconds east of UTC that hold at a time. */
int64_t cg_zone_offset(const struct cg_zone *zone, int64_t time);

/**
 * The instant of midnight of a day in the zone (`day` is its midnight in UTC). A midnight that does not exist takes the
 * offset before the jump; one that comes twice is the first one.
 */
int64_t cg_zone_midnight(const struct cg_zone *zone, int64_t day);

/** Midnight, as if in UTC, of the day of the zone that `time` lies in. */
int64_t cg_zone_day(const struct cg_zone *zone, int64_t time);

#endif
