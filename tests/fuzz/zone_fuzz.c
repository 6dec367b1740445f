/*
 * Feeds any bytes to the reader of time zone files. Whatever it accepts answers questions without contradicting itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "base/zone_file.h"

#define SECOND INT64_C(1000000)
#define FIRST_DAY INT64_C(-719162) /* 0001-01-01 */
#define LAST_DAY INT64_C(2932896)  /* 9999-12-31 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
    if (!truth)
        abort();
}

static void check_time(const struct cg_zone *zone, int64_t time) {
    int64_t offset = cg_zone_offset(zone, time);
    require(offset > -CG_ZONE_OFFSET_LIMIT && offset < CG_ZONE_OFFSET_LIMIT);
    int64_t day = cg_zone_day(zone, time);
    require(day % (86400 * SECOND) == 0 && day <= time + offset * SECOND &&
            time + offset * SECOND - day < 86400 * SECOND);
}

/* A midnight that the clock shows is in its day; another one is jumped over. */
static void check_day(const struct cg_zone *zone, int64_t day) {
    int64_t midnight = cg_zone_midnight(zone, day);
    require(midnight > day - CG_ZONE_OFFSET_LIMIT * SECOND && midnight < day + CG_ZONE_OFFSET_LIMIT * SECOND);
    check_time(zone, midnight);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cg_arena *arena = cg_arena_new();
    char *copy = malloc(size ? size : 1);
    const struct cg_zone *zone = NULL;
    require(arena && copy);
    if (size)
        memcpy(copy, data, size);
    cg_status status = cg_zone_file_read(copy, size, arena, &zone);
    free(copy); /* nothing may point into it */
    require(status == CG_OK || status == CG_INVALID);
    require((status == CG_OK) == (zone != NULL));
    for (int64_t day = FIRST_DAY; zone && day <= LAST_DAY; day += 36511)
        check_day(zone, day * 86400 * SECOND);
    for (size_t i = 0; zone && i < zone->count; i++) {
        if (zone->times[i] < FIRST_DAY * 86400 || zone->times[i] > LAST_DAY * 86400)
            continue;
        check_time(zone, zone->times[i] * SECOND);
        check_time(zone, zone->times[i] * SECOND - 1);
        check_day(zone, cg_zone_day(zone, zone->times[i] * SECOND));
    }
    cg_arena_free(arena);
    return 0;
}
