#include "api/moment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define PARSING "date_from_datetime_parsing"
#define INSTANT "datetime_from_date_parsing"
#define INEXACT "date_from_datetime_inexact"

#define SHORT "input is too short"
#define YEAR "invalid character in year"
#define MONTH "invalid character in month"
#define DAY "invalid character in day"
#define DASH "invalid date separator, expected `-`"
#define MONTHS "month value is outside expected range of 1-12"
#define DAYS "day value is outside expected range"
#define SEPARATOR "invalid datetime separator, expected `T`, `t`, `_` or space"
#define EXTRA "unexpected extra characters at the end of the input"
#define YEAR0 "year 0 is out of range"
#define LATE "dates after 9999 are not supported as unix timestamps"
#define EARLY "dates before 0000 are not supported as unix timestamps"

/* ---- dates ---- */

struct date_row {
    const char *text;
    const char *date; /* or NULL: `type` and `reason` */
    const char *type;
    const char *reason; /* "" for none */
};

static const struct date_row dates[] = {
    {"2026-03-01", "2026-03-01", NULL, NULL},
    {"0001-01-01", "0001-01-01", NULL, NULL},
    {"9999-12-31", "9999-12-31", NULL, NULL},
    {"2024-02-29", "2024-02-29", NULL, NULL},
    {"2000-02-29", "2000-02-29", NULL, NULL},
    {"1900-02-29", NULL, PARSING, DAYS},
    {"2026-02-29", NULL, PARSING, DAYS},
    {"2026-04-31", NULL, PARSING, DAYS},
    {"2026-01-00", NULL, PARSING, DAYS},
    {"2026-01-32", NULL, PARSING, DAYS},
    {"2026-13-01", NULL, PARSING, MONTHS},
    {"2026-00-01", NULL, PARSING, MONTHS},
    {"0000-01-01", NULL, "date_parsing", YEAR0},
    {"0000-02-29", NULL, "date_parsing", YEAR0},
    {"0000-02-30", NULL, PARSING, DAYS},
    {"0000-01-01T00:00", NULL, "date_parsing", YEAR0},
    {"0000-01-01T00:01", NULL, INEXACT, ""},
    {"10000-01-01", NULL, PARSING, DASH},
    {"", NULL, PARSING, SHORT},
    {"2026-03", NULL, PARSING, SHORT},
    {"2026-3-1", NULL, PARSING, SHORT},
    {"2026-03-0", NULL, PARSING, SHORT},
    {"yesterday", NULL, PARSING, SHORT},
    {"2026/03/01", NULL, PARSING, DASH},
    {"2026-03/01", NULL, PARSING, DASH},
    {"x026-03-01", NULL, PARSING, YEAR},
    {"202x-03-01", NULL, PARSING, YEAR},
    {" 2026-03-01", NULL, PARSING, YEAR},
    {"-2026-03-01", NULL, PARSING, YEAR},
    {"2026-x3-01", NULL, PARSING, MONTH},
    {"2026-3-01-", NULL, PARSING, MONTH},
    {"2026-03-x1", NULL, PARSING, DAY},
    {"2026-03-1\n", NULL, PARSING, DAY},
    {"\xef\xbc\x92"
     "026-03-01",
     NULL, PARSING, YEAR},
    /* Date-times of exactly midnight, whatever the offset. */
    {"2026-03-01T00:00", "2026-03-01", NULL, NULL},
    {"2026-03-01t00:00:00", "2026-03-01", NULL, NULL},
    {"2026-03-01_00:00:00.000000", "2026-03-01", NULL, NULL},
    {"2026-03-01 00:00:00,0", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00.0000009Z", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00Z", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00z", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00+05:30", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00-0530", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00+23:59", "2026-03-01", NULL, NULL},
    {"2026-03-01T00:00:00\xe2\x88\x92"
     "05:00",
     "2026-03-01", NULL, NULL},
    {"0001-01-01T00:00:00+23:59", "0001-01-01", NULL, NULL},
    {"2026-03-01T00:00:01", NULL, INEXACT, ""},
    {"2026-03-01T23:59", NULL, INEXACT, ""},
    {"2026-03-01T00:00:00.000001", NULL, INEXACT, ""},
    {"2026-03-01T", NULL, PARSING, SHORT},
    {"2026-03-01T00:0", NULL, PARSING, SHORT},
    {"2026-03-01 ", NULL, PARSING, SHORT},
    {"2026-03-01x", NULL, PARSING, SEPARATOR},
    {"2026-03-01\n", NULL, PARSING, SEPARATOR},
    {"2026-03-01X00:00", NULL, PARSING, SEPARATOR},
    {"2026-03-01T0x:00", NULL, PARSING, "invalid character in hour"},
    {"2026-03-01T00x00", NULL, PARSING, "invalid time separator, expected `:`"},
    {"2026-03-01T00:x0", NULL, PARSING, "invalid character in minute"},
    {"2026-03-01T24:00", NULL, PARSING, "hour value is outside expected range of 0-23"},
    {"2026-03-01T23:60", NULL, PARSING, "minute value is outside expected range of 0-59"},
    {"2026-03-01T00:00:", NULL, PARSING, "invalid character in second"},
    {"2026-03-01T23:59:60", NULL, PARSING, "second value is outside expected range of 0-59"},
    {"2026-03-01T00:00:00.", NULL, PARSING, "second fraction digits missing after `.`"},
    {"2026-03-01T00:00:00.x", NULL, PARSING, "second fraction digits missing after `.`"},
    {"2026-03-01T00:00x", NULL, PARSING, "invalid timezone sign"},
    {"2026-03-01T00:00 Z", NULL, PARSING, "invalid timezone sign"},
    {"2026-03-01T00:00 05:30", NULL, PARSING, "invalid timezone sign"},
    {"2026-03-01T00:00+", NULL, PARSING, "invalid timezone hour"},
    {"2026-03-01T00:00+5", NULL, PARSING, "invalid timezone hour"},
    {"2026-03-01T00:00+05", NULL, PARSING, "invalid timezone minute"},
    {"2026-03-01T00:00+05:3x", NULL, PARSING, "invalid timezone minute"},
    {"2026-03-01T00:00+05:60", NULL, PARSING, "timezone minute value is outside expected range of 0-59"},
    {"2026-03-01T00:00+24:00", NULL, PARSING, "timezone offset must be less than 24 hours"},
    {"2026-03-01T00:00Zx", NULL, PARSING, EXTRA},
    {"2026-03-01T00:00+05:300", NULL, PARSING, EXTRA},
    /* Numbers of seconds, and of milliseconds beyond 20,000,000,000. */
    {"0", "1970-01-01", NULL, NULL},
    {"-0", "1970-01-01", NULL, NULL},
    {"00000000000000000000000000000000086400", "1970-01-02", NULL, NULL},
    {"+86400", "1970-01-02", NULL, NULL},
    {"-86400", "1969-12-31", NULL, NULL},
    {"1772323200", "2026-03-01", NULL, NULL},
    {"1772323200.", "2026-03-01", NULL, NULL},
    {"1772323200.000", "2026-03-01", NULL, NULL},
    {"1772323200000", "2026-03-01", NULL, NULL},
    {"19999958400", "2603-10-11", NULL, NULL},
    {"20000044800", NULL, INEXACT, ""},
    {"20000044800000", "2603-10-12", NULL, NULL},
    {"253402214400000", "9999-12-31", NULL, NULL},
    {"-62135596800000", "0001-01-01", NULL, NULL},
    {"-62135683200000", NULL, "date_parsing", YEAR0},
    {"-62167219200000", NULL, "date_parsing", YEAR0},
    {"-62167219200001", NULL, PARSING, EARLY},
    {"253402300800000", NULL, PARSING, LATE},
    {"2026", NULL, INEXACT, ""},
    {"20260301", NULL, INEXACT, ""},
    {"1772323201", NULL, INEXACT, ""},
    {"-1", NULL, INEXACT, ""},
    {"1772323200.5", NULL, INEXACT, ""},
    {"9223372036854775807", NULL, PARSING, LATE},
    {"9223372036854775808", NULL, PARSING, LATE},
    {"-9223372036854775808", NULL, PARSING, EARLY},
    {"99999999999999999999999999999999", NULL, PARSING, LATE},
    {"1e3", NULL, PARSING, SHORT},
    {"1_000", NULL, PARSING, SHORT},
    {"+", NULL, PARSING, SHORT},
    {".", NULL, PARSING, SHORT},
    {"--1", NULL, PARSING, SHORT},
    {"nan", NULL, PARSING, SHORT},
};

static void check_message(const char *text, const struct cg_moment_problem *problem, const char *type,
                          const char *reason, const char *wanted) {
    cr_assert_str_eq(problem->type, type, "'%s': %s", text, problem->type);
    cr_assert_str_eq(problem->reason, reason, "'%s': %s", text, problem->reason);
    if (!*reason) {
        cr_assert_str_eq(problem->message, "Datetimes provided to dates should have zero time - e.g. be exact dates",
                         "'%s'", text);
        return;
    }
    char message[256];
    snprintf(message, sizeof message, "Input should be a valid %s, %s", wanted, reason);
    cr_assert_str_eq(problem->message, message, "'%s': %s", text, problem->message);
}

Test(api_moment, dates) {
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        const struct date_row *row = &dates[i];
        struct cg_moment_problem problem = {0};
        char text[CG_TIME_TEXT_SIZE];
        int64_t time = 0;
        int32_t fine = cg_moment_date(row->text, &time, &problem);
        cr_assert_eq(fine, row->date != NULL, "'%s': %s", row->text, problem.message);
        if (row->date) {
            cr_assert_str_eq(cg_time_format_date(time, text), row->date, "'%s': %s", row->text, text);
            cr_assert_eq(time, cg_time_day(time), "'%s'", row->text);
        } else {
            check_message(row->text, &problem, row->type, row->reason,
                          strcmp(row->type, "date_parsing") == 0 ? "date in the format YYYY-MM-DD"
                                                                 : "date or datetime");
        }
    }
}

/* ---- instants ---- */

struct instant_row {
    const char *text;
    const char *time; /* in UTC, or NULL: `type` and `reason` */
    int32_t has_zone;
    const char *type;
    const char *reason;
};

static const struct instant_row instants[] = {
    {"2026-02-24T00:00:00Z", "2026-02-24 00:00:00.000000", 1, NULL, NULL},
    {"2026-02-24T00:00:00z", "2026-02-24 00:00:00.000000", 1, NULL, NULL},
    {"2026-02-24t01:02Z", "2026-02-24 01:02:00.000000", 1, NULL, NULL},
    {"2026-02-24_01:02:03Z", "2026-02-24 01:02:03.000000", 1, NULL, NULL},
    {"2026-02-24 01:02:03+00:00", "2026-02-24 01:02:03.000000", 1, NULL, NULL},
    {"2026-02-24T00:00:00+05:30", "2026-02-23 18:30:00.000000", 1, NULL, NULL},
    {"2026-02-24T00:00:00-0530", "2026-02-24 05:30:00.000000", 1, NULL, NULL},
    {"2026-02-24T00:00:00-00:00", "2026-02-24 00:00:00.000000", 1, NULL, NULL},
    {"2026-02-24T00:00:00.1234567Z", "2026-02-24 00:00:00.123456", 1, NULL, NULL},
    {"2026-02-24T23:59:59.9999999Z", "2026-02-24 23:59:59.999999", 1, NULL, NULL},
    {"2026-02-24T00:00:00.5", "2026-02-24 00:00:00.500000", 0, NULL, NULL},
    {"2026-02-24T00:00", "2026-02-24 00:00:00.000000", 0, NULL, NULL},
    {"2026-02-24", "2026-02-24 00:00:00.000000", 0, NULL, NULL},
    {"2024-02-29T12:00Z", "2024-02-29 12:00:00.000000", 1, NULL, NULL},
    {"0", "1970-01-01 00:00:00.000000", 1, NULL, NULL},
    {"-1.5", "1969-12-31 23:59:58.500000", 1, NULL, NULL},
    {"1772323201", "2026-03-01 00:00:01.000000", 1, NULL, NULL},
    {"1772323201.1234567", "2026-03-01 00:00:01.123456", 1, NULL, NULL},
    {"1772323201500", "2026-03-01 00:00:01.500000", 1, NULL, NULL},
    {"1772323201500.25", "2026-03-01 00:00:01.500250", 1, NULL, NULL},
    {"20000000000", "2603-10-11 11:33:20.000000", 1, NULL, NULL},
    {"20000000000.5", "1970-08-20 11:33:20.000500", 1, NULL, NULL},
    {"20000000001", "1970-08-20 11:33:20.001000", 1, NULL, NULL},
    {"-20000000001", "1969-05-14 12:26:39.999000", 1, NULL, NULL},
    {"253402300799999.9999", "9999-12-31 23:59:59.999999", 1, NULL, NULL},
    {"0001-01-01T00:00:00Z", "0001-01-01 00:00:00.000000", 1, NULL, NULL},
    {"9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999", 1, NULL, NULL},
    {"0001-01-01T00:00:00+00:01", NULL, 0, "datetime_parsing", YEAR0},
    {"9999-12-31T23:59:00-00:01", NULL, 0, "datetime_parsing", "year 10000 is out of range"},
    {"0000-12-31T23:59:59-05:00", NULL, 0, "datetime_parsing", YEAR0},
    {"0000-01-01", NULL, 0, "datetime_parsing", YEAR0},
    {"-62135596800001", NULL, 0, "datetime_parsing", YEAR0},
    {"253402300800000", NULL, 0, INSTANT, LATE},
    {"-62167219200001", NULL, 0, INSTANT, EARLY},
    {"", NULL, 0, INSTANT, SHORT},
    {"now", NULL, 0, INSTANT, SHORT},
    {"2026-13-01T00:00:00Z", NULL, 0, INSTANT, MONTHS},
    {"2026-02-30T00:00:00Z", NULL, 0, INSTANT, DAYS},
    {"x026-02-24T00:00:00Z", NULL, 0, INSTANT, YEAR},
    {"2026-02-2xT00:00:00Z", NULL, 0, INSTANT, DAY},
    {"2026/02/24T00:00:00Z", NULL, 0, INSTANT, DASH},
    {"2026-02-24T24:00:00Z", NULL, 0, INSTANT, EXTRA},
    {"2026-02-24T00:00:00 05:30", NULL, 0, INSTANT, EXTRA},
    {"2026-02-24T", NULL, 0, INSTANT, EXTRA},
};

Test(api_moment, instants) {
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        const struct instant_row *row = &instants[i];
        struct cg_moment_problem problem = {0};
        char text[CG_TIME_TEXT_SIZE];
        int64_t time = 0;
        int32_t has_zone = -1;
        int32_t fine = cg_moment_instant(row->text, &time, &has_zone, &problem);
        cr_assert_eq(fine, row->time != NULL, "'%s': %s", row->text, problem.message);
        cr_assert_eq(has_zone, row->time ? row->has_zone : -1, "'%s'", row->text);
        if (row->time)
            cr_assert_str_eq(cg_time_format_micros(time, text), row->time, "'%s': %s", row->text, text);
        else
            check_message(row->text, &problem, row->type, row->reason,
                          strcmp(row->type, "datetime_parsing") == 0 ? "datetime" : "datetime or date");
    }
}

/* ---- long texts ---- */

static const struct {
    char filler;
    const char *start;
    int32_t is_date;
    int32_t is_instant;
    const char *reason; /* of the date */
} long_texts[] = {
    {'9', "", 0, 0, LATE},
    {'9', "-", 0, 0, EARLY},
    {'0', "", 1, 1, NULL},
    {'0', "1772323200.", 1, 1, NULL},
    {'0', "2026-03-01T00:00:00.", 1, 1, NULL},
    {'9', "2026-03-01T00:00:00.", 0, 1, ""},
    {'x', "", 0, 0, YEAR},
    {' ', "2026-03-01", 0, 0, "invalid character in hour"},
    {'\xff', "2026-03-01T00:00", 0, 0, "invalid timezone sign"},
};

Test(api_moment, ten_thousand_characters) {
    for (size_t i = 0; i < sizeof long_texts / sizeof *long_texts; i++) {
        struct cg_moment_problem problem = {0};
        char *text = malloc(10001);
        int64_t time = 0;
        int32_t has_zone = 0;
        cr_assert_not_null(text);
        memset(text, long_texts[i].filler, 10000);
        memcpy(text, long_texts[i].start, strlen(long_texts[i].start));
        text[10000] = '\0';
        cr_assert_eq(cg_moment_date(text, &time, &problem), long_texts[i].is_date, "%zu: %s", i, problem.message);
        if (!long_texts[i].is_date)
            cr_assert_str_eq(problem.reason, long_texts[i].reason, "%zu: %s", i, problem.reason);
        cr_assert_eq(cg_moment_instant(text, &time, &has_zone, &problem), long_texts[i].is_instant, "%zu: %s", i,
                     problem.message);
        free(text);
    }
}
