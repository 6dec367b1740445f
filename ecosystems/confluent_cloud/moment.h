/* Points in time as the provider writes them. */
#ifndef CCLOUD_MOMENT_H
#define CCLOUD_MOMENT_H

#include <chitragupt/error.h>

/** Bytes of a day's text with its NUL. */
#define CCLOUD_DAY_SIZE 16

/**
 * Reads an ISO 8601 time: `YYYY-MM-DD`, or `YYYY-MM-DD` `T` `HH:MM[:SS[.fraction]]` with `Z`, an offset (`+02`,
 * `+0200`,
 * `+02:00`) or no zone, which is UTC. A blank may stand for the T; digits beyond microseconds are cut. Error:
 * CG_INVALID.
 */
cg_status ccloud_moment_parse(const char *text, int64_t *ret_time);

/** Reads a day, `2026-06-01` or unpadded `2026-6-1`, as its UTC midnight. Error: CG_INVALID. */
cg_status ccloud_day_parse(const char *text, int64_t *ret_time);

/** Writes the UTC day of `time` as `YYYY-MM-DD`. `time` must lie in the years 1 to 9999. */
void ccloud_day_format(int64_t time, char buffer[CCLOUD_DAY_SIZE]);

#endif
