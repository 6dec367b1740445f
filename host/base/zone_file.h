/*
 * zone_file.h - what is in a zone's file (TZif versions 1 to 4; RFC 8536, RFC 9636).
 */
#ifndef CG_BASE_ZONE_FILE_H
#define CG_BASE_ZONE_FILE_H

#include "base/arena.h"
#include "base/zone_rule.h"

/** Largest file; those of the database have some 3 KiB. */
#define CG_ZONE_FILE_LIMIT ((size_t)64 * 1024)

struct cg_zone {
    size_t count;             /**< changes that are written down, ascending */
    const int64_t *times;     /**< seconds since 1970-01-01T00:00:00Z */
    const int32_t *offsets;   /**< from that time on, seconds east of UTC */
    int32_t first;            /**< the offset before the first change */
    struct cg_zone_rule rule; /**< for times after the last change; without changes when there is none */
};

/**
 * Reads a file. Error: CG_INVALID (no such file, damaged, larger than the limit, or its clock counts leap seconds),
 * CG_NO_MEMORY.
 */
cg_status cg_zone_file_read(const void *data, size_t length, struct cg_arena *arena, const struct cg_zone **ret);

#endif
