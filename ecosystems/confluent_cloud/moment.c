#include "moment.h"

#include <stdio.h>

#define SECOND_US INT64_C(1000000)
#define DAYS_PER_ERA 146097
/* Days between 0000-03-01 and 1970-01-01. */
#define EPOCH_DAYS 719468

/* Conversions between civil dates and day numbers after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms":
 * years begin in March, eras have 400 years. */
static int64_t days_from_civil(int32_t year, int32_t month, int32_t day) {
    int32_t shifted = month <= 2 ? year - 1 : year;
    int32_t era = shifted / 400;
    int32_t year_of_era = shifted - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * DAYS_PER_ERA + day_of_era - EPOCH_DAYS;
}

static int32_t days_in_month(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 ? leap : 0);
}

/* Reads `least` to `most` digits and moves on; -1 when there are fewer. */
static int32_t read_digits(const char **at, int least, int most) {
    int32_t value = 0;
    int count = 0;
    while (count < most && **at >= '0' && **at <= '9') {
        value = value * 10 + (**at - '0');
        (*at)++;
        count++;
    }
    return count < least ? -1 : value;
}

/* Reads one character of `set` and moves on; 0 when there is another one. */
static char read_one(const char **at, const char *set) {
    for (; *set != '\0'; set++) {
        if (**at == *set) {
            (*at)++;
            return *set;
        }
    }
    return '\0';
}

/* Reads a date whose month and day have at least `least` digits. */
static cg_status read_day(const char **at, int least, int64_t *ret_time) {
    int32_t year = read_digits(at, 4, 4);
    if (year < 1 || read_one(at, "-") == '\0') {
        return CG_INVALID;
    }
    int32_t month = read_digits(at, least, 2);
    if (month < 1 || month > 12 || read_one(at, "-") == '\0') {
        return CG_INVALID;
    }
    int32_t day = read_digits(at, least, 2);
    if (day < 1 || day > days_in_month(year, month)) {
        return CG_INVALID;
    }
    *ret_time = days_from_civil(year, month, day) * CG_DAY_US;
    return CG_OK;
}

/* Reads `HH:MM[:SS[.fraction]]` as microseconds since midnight. */
static cg_status read_clock(const char **at, int64_t *ret_us) {
    int32_t hour = read_digits(at, 2, 2);
    if (hour < 0 || hour > 23 || read_one(at, ":") == '\0') {
        return CG_INVALID;
    }
    int32_t minute = read_digits(at, 2, 2);
    if (minute < 0 || minute > 59) {
        return CG_INVALID;
    }
    int64_t micros = ((int64_t)hour * 3600 + (int64_t)minute * 60) * SECOND_US;
    if (read_one(at, ":") != '\0') {
        int32_t second = read_digits(at, 2, 2);
        if (second < 0 || second > 59) {
            return CG_INVALID;
        }
        micros += second * SECOND_US;
        if (read_one(at, ".,") != '\0') {
            int64_t unit = SECOND_US / 10;
            int32_t digit = read_digits(at, 1, 1);
            if (digit < 0) {
                return CG_INVALID;
            }
            for (; digit >= 0; digit = read_digits(at, 1, 1)) {
                micros += digit * unit;
                unit /= 10;
            }
        }
    }
    *ret_us = micros;
    return CG_OK;
}

/* Reads the zone up to the end of the text as what to subtract to get UTC. */
static cg_status read_zone(const char **at, int64_t *ret_us) {
    *ret_us = 0;
    if (read_one(at, "Zz") == '\0' && **at != '\0') {
        char sign = read_one(at, "+-");
        int32_t hours = sign == '\0' ? -1 : read_digits(at, 2, 2);
        if (hours < 0 || hours > 23) {
            return CG_INVALID;
        }
        int32_t minutes = 0;
        if (read_one(at, ":") != '\0' || **at != '\0') {
            minutes = read_digits(at, 2, 2);
        }
        if (minutes < 0 || minutes > 59) {
            return CG_INVALID;
        }
        *ret_us = ((int64_t)hours * 3600 + (int64_t)minutes * 60) * SECOND_US * (sign == '-' ? -1 : 1);
    }
    return **at == '\0' ? CG_OK : CG_INVALID;
}

cg_status ccloud_moment_parse(const char *text, int64_t *ret_time) {
    const char *at = text;
    int64_t day = 0;
    int64_t clock = 0;
    int64_t zone = 0;
    if (read_day(&at, 2, &day) != CG_OK) {
        return CG_INVALID;
    }
    if (*at != '\0') {
        if (read_one(&at, "Tt ") == '\0' || read_clock(&at, &clock) != CG_OK || read_zone(&at, &zone) != CG_OK) {
            return CG_INVALID;
        }
    }
    *ret_time = day + clock - zone;
    return CG_OK;
}

cg_status ccloud_day_parse(const char *text, int64_t *ret_time) {
    const char *at = text;
    int64_t day = 0;
    if (read_day(&at, 1, &day) != CG_OK || *at != '\0') {
        return CG_INVALID;
    }
    *ret_time = day;
    return CG_OK;
}

void ccloud_day_format(int64_t time, char buffer[CCLOUD_DAY_SIZE]) {
    int64_t days = time / CG_DAY_US - (time % CG_DAY_US < 0 ? 1 : 0) + EPOCH_DAYS;
    int64_t era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    /* The ranges are those of the years 1 to 9999; the remainders only tell the compiler so. */
    (void)snprintf(buffer, CCLOUD_DAY_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
                   (unsigned)day % 100);
}
