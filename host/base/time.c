#include "base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

int64_t cg_time_now(void) {
    const char *fixed = getenv("CHITRAGUPT_NOW");
    int64_t time = 0;
    if (fixed && cg_time_parse(fixed, &time) == CG_OK)
        return time;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t floor_div(int64_t value, int64_t divisor) {
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

int64_t cg_time_day(int64_t time) {
    int64_t into_day = time % CG_DAY_US;
    if (into_day < 0)
        into_day += CG_DAY_US;
    return time < INT64_MIN + into_day ? INT64_MIN : time - into_day;
}

static int32_t month_length(int32_t year, int32_t month) {
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; the year starts in March so that the leap day is its last.
 */
static int64_t days_from_civil(int32_t year, int32_t month, int32_t day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

cg_status cg_time_from_date(int32_t year, int32_t month, int32_t day, int64_t *ret) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
        return CG_INVALID;
    *ret = days_from_civil(year, month, day) * CG_DAY_US;
    return CG_OK;
}

void cg_time_to_date(int64_t time, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day) {
    int64_t days = floor_div(time, CG_DAY_US) + 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    if (ret_day)
        *ret_day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
    if (ret_month)
        *ret_month = (int32_t)month;
    if (ret_year)
        *ret_year = (int32_t)(year_of_era + era * 400 + (month <= 2));
}

int32_t cg_time_month_days(int64_t time) {
    int32_t year = 0;
    int32_t month = 0;
    cg_time_to_date(time, &year, &month, NULL);
    return month_length(year, month);
}

size_t cg_times_before(const int64_t *times, size_t count, int64_t limit) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Reads exactly `digits` digits at *text and moves behind them; -1 when they are not there. */
static int32_t take_number(const char **text, int digits) {
    int32_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)(*text)[i]))
            return -1;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += digits;
    return value;
}

static int take_char(const char **text, char wanted) {
    if (**text != wanted)
        return 0;
    (*text)++;
    return 1;
}

static cg_status take_date(const char **text, int64_t *ret) {
    int32_t year = take_number(text, 4);
    if (year < 0 || !take_char(text, '-'))
        return CG_INVALID;
    int32_t month = take_number(text, 2);
    if (month < 0 || !take_char(text, '-'))
        return CG_INVALID;
    int32_t day = take_number(text, 2);
    return day < 0 ? CG_INVALID : cg_time_from_date(year, month, day, ret);
}

cg_status cg_time_parse_date(const char *text, int64_t *ret) {
    int64_t time = 0;
    if (take_date(&text, &time) != CG_OK || *text)
        return CG_INVALID;
    *ret = time;
    return CG_OK;
}

/* Reads hh:mm[:ss[.fraction]]. */
static cg_status take_clock(const char **text, int64_t *ret) {
    int32_t hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take_char(text, ':'))
        return CG_INVALID;
    int32_t minute = take_number(text, 2);
    if (minute < 0 || minute > 59)
        return CG_INVALID;
    int32_t second = 0;
    int64_t fraction = 0;
    if (take_char(text, ':')) {
        second = take_number(text, 2);
        if (second < 0 || second > 59)
            return CG_INVALID;
        if (take_char(text, '.')) {
            if (!isdigit((unsigned char)**text))
                return CG_INVALID;
            for (int64_t unit = SECOND_US / 10; isdigit((unsigned char)**text); (*text)++, unit /= 10)
                fraction += (**text - '0') * unit;
        }
    }
    *ret = ((hour * 60 + minute) * INT64_C(60) + second) * SECOND_US + fraction;
    return CG_OK;
}

/* Reads a zone and gives its offset to UTC. */
static cg_status take_zone(const char **text, int64_t *ret) {
    *ret = 0;
    if (!**text || take_char(text, 'Z') || take_char(text, 'z'))
        return CG_OK;
    int64_t sign = 1;
    if (take_char(text, '-'))
        sign = -1;
    else if (!take_char(text, '+'))
        return CG_INVALID;
    int32_t hours = take_number(text, 2);
    int32_t minutes = 0;
    if (take_char(text, ':') || **text)
        minutes = take_number(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return CG_INVALID;
    *ret = sign * (hours * 60 + minutes) * 60 * SECOND_US;
    return CG_OK;
}

cg_status cg_time_parse(const char *text, int64_t *ret) {
    int64_t date = 0;
    int64_t clock = 0;
    int64_t offset = 0;
    if (take_date(&text, &date) != CG_OK)
        return CG_INVALID;
    if (*text) {
        if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' '))
            return CG_INVALID;
        if (take_clock(&text, &clock) != CG_OK || take_zone(&text, &offset) != CG_OK || *text)
            return CG_INVALID;
    }
    int64_t time = date + clock - offset;
    if (time < CG_TIME_FIRST || time > CG_TIME_LAST)
        return CG_INVALID;
    *ret = time;
    return CG_OK;
}

char *cg_time_format_date(int64_t time, char *buffer) {
    int32_t year = 0;
    int32_t month = 0;
    int32_t day = 0;
    cg_time_to_date(time, &year, &month, &day);
    snprintf(buffer, CG_TIME_TEXT_SIZE, "%04d-%02d-%02d", year, month, day);
    return buffer;
}

/* The date, `separator`, the clock without fraction. */
static int format_clock(int64_t time, char separator, char *buffer) {
    cg_time_format_date(time, buffer);
    int64_t seconds = floor_div(time - cg_time_day(time), SECOND_US);
    size_t length = strlen(buffer);
    return (int)length + snprintf(buffer + length, CG_TIME_TEXT_SIZE - length, "%c%02d:%02d:%02d", separator,
                                  (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

char *cg_time_format_seconds(int64_t time, char *buffer) {
    format_clock(time, ' ', buffer);
    return buffer;
}

char *cg_time_format_micros(int64_t time, char *buffer) {
    int length = format_clock(time, ' ', buffer);
    int64_t fraction = time % SECOND_US;
    if (fraction < 0)
        fraction += SECOND_US;
    snprintf(buffer + length, CG_TIME_TEXT_SIZE - (size_t)length, ".%06d", (int)fraction);
    return buffer;
}

char *cg_time_format_iso(int64_t time, char *buffer) {
    int length = format_clock(time, 'T', buffer);
    snprintf(buffer + length, CG_TIME_TEXT_SIZE - (size_t)length, "+00:00");
    return buffer;
}
