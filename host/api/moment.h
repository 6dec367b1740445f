/*
 * moment.h - dates and points in time as clients write them, in a query and in a body alike.
 *
 * What is accepted is wide on purpose, because scripts rely on it; what is refused says why. Years are 1 to 9999.
 */
#ifndef CG_API_MOMENT_H
#define CG_API_MOMENT_H

#include <stdint.h>

/** Why a text is no date or no point in time; both texts are ASCII. */
struct cg_moment_problem {
    const char *type;  /**< "date_from_datetime_parsing"; static */
    char message[160]; /**< "Input should be a valid date or datetime, input is too short" */
    char reason[96];   /**< "input is too short": `error` of the problem's context; "" when it has no context */
};

/**
 * Midnight, as if in UTC, of a day: YYYY-MM-DD; or a date and a time of exactly 00:00 whose offset is ignored; or whole
 * seconds (or milliseconds, beyond 20,000,000,000 either way) since 1970 that are a midnight in UTC. Answers 1, or 0
 * with `*problem` filled in.
 */
int32_t cg_moment_date(const char *text, int64_t *ret, struct cg_moment_problem *problem);

/**
 * A point in time in UTC: a date, a separator (T, t, _ or a blank), hours and minutes, and optionally seconds, a
 * fraction (cut to microseconds) and an offset (Z, z, +hh:mm, +hhmm); or a number of seconds (or milliseconds) since
 * 1970; or a date alone. `*ret_has_zone` is 0 for a date alone and for a time without an offset; they are read as UTC.
 * Answers 1, or 0 with `*problem` filled in.
 */
int32_t cg_moment_instant(const char *text, int64_t *ret, int32_t *ret_has_zone, struct cg_moment_problem *problem);

#endif
