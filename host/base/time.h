/*
 * time.h - UTC days and times as text and numbers. A time is microseconds since 1970-01-01T00:00:00Z.
 */
#ifndef CG_BASE_TIME_H
#define CG_BASE_TIME_H

#include <chitragupt/error.h>

/** The first and the last time of the years 1 to 9999, which is what can be written down. */
#define CG_TIME_FIRST INT64_C(-62135596800000000) /**< 0001-01-01T00:00:00 */
#define CG_TIME_LAST INT64_C(253402300799999999)  /**< 9999-12-31T23:59:59.999999 */

/** Size of the longest text below with its NUL. */
#define CG_TIME_TEXT_SIZE 40

/** Current time; with the environment variable CHITRAGUPT_NOW set to an ISO time, always that one (replays, tests). */
int64_t cg_time_now(void);

/** Start of the UTC day that `time` lies in. */
int64_t cg_time_day(int64_t time);

/** Midnight of a calendar day. Error: CG_INVALID when there is no such day in years 1..9999. */
cg_status cg_time_from_date(int32_t year, int32_t month, int32_t day, int64_t *ret);

/** Year, month 1..12 and day 1..31 of a time; each may be NULL. */
void cg_time_to_date(int64_t time, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);

/** Days in the month that `time` lies in. */
int32_t cg_time_month_days(int64_t time);

/** How many of the ascending times lie before `limit`. */
size_t cg_times_before(const int64_t *times, size_t count, int64_t limit);

/** Reads exactly "YYYY-MM-DD". */
cg_status cg_time_parse_date(const char *text, int64_t *ret);

/**
 * Reads ISO 8601: a date, or date and time joined by "T" or a blank, with an optional fraction and zone ("Z", "+hh:mm",
 * "+hhmm", "+hh"); no zone is UTC. Fractions are cut to microseconds. Error: CG_INVALID, also when the zone moves the
 * time out of the years 1..9999.
 */
cg_status cg_time_parse(const char *text, int64_t *ret);

/** Writes and returns `buffer` (CG_TIME_TEXT_SIZE bytes). */
char *cg_time_format_date(int64_t time, char *buffer);    /**< 2026-01-31 */
char *cg_time_format_seconds(int64_t time, char *buffer); /**< 2026-01-31 13:05:09, fraction cut */
char *cg_time_format_micros(int64_t time, char *buffer);  /**< 2026-01-31 13:05:09.000123 */
char *cg_time_format_iso(int64_t time, char *buffer);     /**< 2026-01-31T13:05:09+00:00, fraction cut */

#endif
