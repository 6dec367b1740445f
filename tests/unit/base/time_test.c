#include "base/time.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MARK INT64_C(-42)
#define FIRST INT64_C(-62135596800000000) /* 0001-01-01 */
#define LAST INT64_C(253402300799999999)  /* 9999-12-31T23:59:59.999999 */

/* ---- days ---- */

static const struct {
    const char *text;
    int32_t year, month, day;
    int32_t month_days;
    int64_t time;
} days[] = {
    {"1970-01-01", 1970, 1, 1, 31, 0},
    {"1969-12-31", 1969, 12, 31, 31, INT64_C(-86400000000)},
    {"2026-01-31", 2026, 1, 31, 31, INT64_C(1769817600000000)},
    {"2026-02-28", 2026, 2, 28, 28, INT64_C(1772236800000000)},
    {"2026-03-01", 2026, 3, 1, 31, INT64_C(1772323200000000)},
    {"2026-04-30", 2026, 4, 30, 30, INT64_C(1777507200000000)},
    {"2024-02-29", 2024, 2, 29, 29, INT64_C(1709164800000000)},
    {"2000-02-29", 2000, 2, 29, 29, INT64_C(951782400000000)},
    {"1900-02-28", 1900, 2, 28, 28, INT64_C(-2203977600000000)},
    {"1900-03-01", 1900, 3, 1, 31, INT64_C(-2203891200000000)},
    {"2100-02-28", 2100, 2, 28, 28, INT64_C(4107456000000000)},
    {"0001-01-01", 1, 1, 1, 31, FIRST},
    {"9999-12-31", 9999, 12, 31, 31, INT64_C(253402214400000000)},
};

Test(time, days_as_texts_and_numbers) {
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int64_t time = MARK;
        char text[CG_TIME_TEXT_SIZE];
        int32_t year = 0;
        int32_t month = 0;
        int32_t day = 0;
        cr_assert_eq(cg_time_parse_date(days[i].text, &time), CG_OK, "%s", days[i].text);
        cr_assert_eq(time, days[i].time, "%s: %lld", days[i].text, (long long)time);
        cr_assert_eq(cg_time_from_date(days[i].year, days[i].month, days[i].day, &time), CG_OK, "%s", days[i].text);
        cr_assert_eq(time, days[i].time, "%s: %lld", days[i].text, (long long)time);
        cr_assert_str_eq(cg_time_format_date(time, text), days[i].text);
        cr_assert_str_eq(cg_time_format_date(time + CG_DAY_US - 1, text), days[i].text, "last moment: %s", text);
        cg_time_to_date(time, &year, &month, &day);
        cr_assert(year == days[i].year && month == days[i].month && day == days[i].day, "%s", days[i].text);
        cr_assert_eq(cg_time_month_days(time), days[i].month_days, "%s", days[i].text);
    }
}

/* Every day of 400 years follows the one before it. */
Test(time, the_calendar_has_no_gap) {
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected = INT64_C(946684800000000); /* 2000-01-01 */
    for (int32_t year = 2000; year < 2400; year++) {
        int32_t leap = year % 4 == 0 && (year % 100 != 0 || year == 2000);
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= lengths[month - 1] + (leap && month == 2); day++) {
                int64_t time = MARK;
                int32_t found[3];
                cr_assert_eq(cg_time_from_date(year, month, day, &time), CG_OK);
                cr_assert_eq(time, expected, "%d-%d-%d", (int)year, (int)month, (int)day);
                cg_time_to_date(time, &found[0], &found[1], &found[2]);
                cr_assert(found[0] == year && found[1] == month && found[2] == day, "%d-%d-%d", (int)year, (int)month,
                          (int)day);
                expected += CG_DAY_US;
            }
        }
    }
}

static const struct {
    int32_t year, month, day;
} no_days[] = {
    {2026, 2, 29}, {2024, 2, 30}, {1900, 2, 29},        {2100, 2, 29},        {2026, 4, 31},
    {2026, 0, 1},  {2026, 13, 1}, {2026, 1, 0},         {2026, 1, 32},        {0, 1, 1},
    {10000, 1, 1}, {-1, 1, 1},    {2026, INT32_MIN, 1}, {2026, 1, INT32_MAX},
};

Test(time, days_that_do_not_exist) {
    for (size_t i = 0; i < sizeof no_days / sizeof *no_days; i++) {
        int64_t time = MARK;
        cr_assert_eq(cg_time_from_date(no_days[i].year, no_days[i].month, no_days[i].day, &time), CG_INVALID,
                     "%d-%d-%d", (int)no_days[i].year, (int)no_days[i].month, (int)no_days[i].day);
        cr_assert_eq(time, MARK);
    }
}

Test(time, parts_may_be_left_out) {
    int32_t month = 0;
    cg_time_to_date(0, NULL, NULL, NULL);
    cg_time_to_date(INT64_C(1772236800000000), NULL, &month, NULL);
    cr_assert_eq(month, 2);
}

static const struct {
    int64_t time;
    int64_t day;
} starts[] = {
    {0, 0},
    {1, 0},
    {CG_DAY_US - 1, 0},
    {CG_DAY_US, CG_DAY_US},
    {-1, -CG_DAY_US},
    {-CG_DAY_US, -CG_DAY_US},
    {-CG_DAY_US - 1, -2 * CG_DAY_US},
    {INT64_C(1769864709000123), INT64_C(1769817600000000)},
    {LAST, INT64_C(253402214400000000)},
    {INT64_MAX, INT64_MAX - INT64_MAX % CG_DAY_US},
    {INT64_MIN, INT64_MIN},
};

Test(time, start_of_the_day) {
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        cr_assert_eq(cg_time_day(starts[i].time), starts[i].day, "%lld: %lld", (long long)starts[i].time,
                     (long long)cg_time_day(starts[i].time));
}

/* ---- ISO 8601 ---- */

static const struct {
    const char *text;
    int64_t time;
} good[] = {
    {"2026-01-31", INT64_C(1769817600000000)},
    {"2026-01-31T13:05", INT64_C(1769864700000000)},
    {"2026-01-31T13:05:09", INT64_C(1769864709000000)},
    {"2026-01-31 13:05:09", INT64_C(1769864709000000)},
    {"2026-01-31t13:05:09z", INT64_C(1769864709000000)},
    {"2026-01-31T13:05:09Z", INT64_C(1769864709000000)},
    {"2026-01-31T13:05Z", INT64_C(1769864700000000)},
    {"2026-01-31T13:05:09.5", INT64_C(1769864709500000)},
    {"2026-01-31T13:05:09.000123", INT64_C(1769864709000123)},
    {"2026-01-31T13:05:09.000123999Z", INT64_C(1769864709000123)},
    {"2026-01-31T13:05:09.00000000000000000000000000001Z", INT64_C(1769864709000000)},
    {"2026-01-31T00:30:00+05:30", INT64_C(1769799600000000)},
    {"2026-01-31T00:30:00-0830", INT64_C(1769850000000000)},
    {"2026-01-31T23:00:00-02", INT64_C(1769907600000000)},
    {"2026-01-31T13:05:09.25+00:00", INT64_C(1769864709250000)},
    {"1969-12-31T23:59:59.999999", -1},
    {"0001-01-01T00:00:00", FIRST},
    {"0001-01-01T01:00:00+01:00", FIRST},
    {"9999-12-31T23:59:59.999999", LAST},
    {"9999-12-31T22:59:59.999999-01:00", LAST},
};

Test(time, reads_iso_8601) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t time = MARK;
        cr_assert_eq(cg_time_parse(good[i].text, &time), CG_OK, "%s", good[i].text);
        cr_assert_eq(time, good[i].time, "%s: %lld", good[i].text, (long long)time);
    }
}

static const char *const bad[] = {
    "",
    " ",
    "2026",
    "2026-01",
    "2026-01-",
    "2026-1-31",
    "2026-01-3",
    "2026-01-32",
    "2026-02-29",
    "26-01-31",
    "02026-01-31",
    "+2026-01-31",
    "2026/01/31",
    "20260131",
    " 2026-01-31",
    "2026-01-31 ",
    "2026-01-31x",
    "2026-01-31T",
    "2026-01-31T13",
    "2026-01-31T13:",
    "2026-01-31T13:0",
    "2026-01-31T1:05",
    "2026-01-31T13:05:",
    "2026-01-31T13:05:9",
    "2026-01-31T24:00:00",
    "2026-01-31T13:60:00",
    "2026-01-31T13:05:60",
    "2026-01-31T13:05:09.",
    "2026-01-31T13:05:09.Z",
    "2026-01-31T13:05:09,5",
    "2026-01-31T13:05:09X",
    "2026-01-31T13:05:09ZZ",
    "2026-01-31T13:05:09Z ",
    "2026-01-31T13:05:09+",
    "2026-01-31T13:05:09+1",
    "2026-01-31T13:05:09+01:",
    "2026-01-31T13:05:09+01:0",
    "2026-01-31T13:05:09+01:60",
    "2026-01-31T13:05:09+24:00",
    "2026-01-31T13:05:09+01:00:00",
    "2026-01-31T-3:05:09",
    "2026-01-31T13:05:09 UTC",
    "2026-01-31Z",
    "0000-01-01",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-01-31",
    "now",
};

Test(time, refuses_anything_else) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t time = MARK;
        cr_assert_eq(cg_time_parse(bad[i], &time), CG_INVALID, "'%s'", bad[i]);
        cr_assert_eq(cg_time_parse_date(bad[i], &time), CG_INVALID, "'%s'", bad[i]);
        cr_assert_eq(time, MARK, "'%s' wrote a result", bad[i]);
    }
}

Test(time, a_date_has_no_clock) {
    int64_t time = MARK;
    cr_assert_eq(cg_time_parse_date("2026-01-31T00:00:00Z", &time), CG_INVALID);
    cr_assert_eq(time, MARK);
}

/* ---- texts ---- */

static const struct {
    int64_t time;
    const char *seconds, *micros, *iso;
} texts[] = {
    {0, "1970-01-01 00:00:00", "1970-01-01 00:00:00.000000", "1970-01-01T00:00:00+00:00"},
    {-1, "1969-12-31 23:59:59", "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59+00:00"},
    {-1000000, "1969-12-31 23:59:59", "1969-12-31 23:59:59.000000", "1969-12-31T23:59:59+00:00"},
    {INT64_C(1769864709000123), "2026-01-31 13:05:09", "2026-01-31 13:05:09.000123", "2026-01-31T13:05:09+00:00"},
    {INT64_C(1769864709999999), "2026-01-31 13:05:09", "2026-01-31 13:05:09.999999", "2026-01-31T13:05:09+00:00"},
    {FIRST, "0001-01-01 00:00:00", "0001-01-01 00:00:00.000000", "0001-01-01T00:00:00+00:00"},
    {LAST, "9999-12-31 23:59:59", "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59+00:00"},
};

Test(time, writes_texts_that_read_back) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[CG_TIME_TEXT_SIZE];
        int64_t time = MARK;
        cr_assert_str_eq(cg_time_format_seconds(texts[i].time, text), texts[i].seconds);
        cr_assert_str_eq(cg_time_format_iso(texts[i].time, text), texts[i].iso);
        cr_assert_str_eq(cg_time_format_micros(texts[i].time, text), texts[i].micros);
        cr_assert_eq(cg_time_parse(text, &time), CG_OK, "%s", text);
        cr_assert_eq(time, texts[i].time, "%s", text);
    }
}

/* Times that no text can stand for still fit the buffer. */
Test(time, the_ends_of_the_number_line_fit) {
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[CG_TIME_TEXT_SIZE];
        cr_assert_lt(strlen(cg_time_format_micros(ends[i], text)), (size_t)CG_TIME_TEXT_SIZE);
        cr_assert_lt(strlen(cg_time_format_iso(ends[i], text)), (size_t)CG_TIME_TEXT_SIZE);
    }
}

/* ---- the clock ---- */

Test(time, the_clock_can_be_held) {
    cr_assert_eq(setenv("CHITRAGUPT_NOW", "2026-07-01T12:00:00Z", 1), 0);
    cr_assert_eq(cg_time_now(), INT64_C(1782907200000000));
    cr_assert_eq(setenv("CHITRAGUPT_NOW", "soon", 1), 0);
    cr_assert_gt(cg_time_now(), INT64_C(1700000000000000), "a text that is no time does not count");
    cr_assert_eq(unsetenv("CHITRAGUPT_NOW"), 0);
    int64_t before = cg_time_now();
    cr_assert_geq(cg_time_now(), before);
}
