/*
 * moment.h - dates and times of tests that last longer than a day.
 */
#ifndef CG_TEST_SUPPORT_MOMENT_H
#define CG_TEST_SUPPORT_MOMENT_H

/** Bytes of "YYYY-MM-DD" and of "YYYY-MM-DDTHH:MM:SSZ" with the NUL. */
#define CG_TEST_DATE_SIZE 11
#define CG_TEST_MOMENT_SIZE 21

/** The date `days` after `date` (before it, when negative); returns `buffer`. */
const char *cg_test_date_after(const char *date, long days, char buffer[CG_TEST_DATE_SIZE]);

/** Seconds since 1970 of "YYYY-MM-DDTHH:MM:SS", a blank in place of the T, and whatever follows; ends the test when it
 * is no such text. */
long long cg_test_moment(const char *text);

/** Milliseconds of the monotonic clock. */
long long cg_test_clock_ms(void);

#endif
