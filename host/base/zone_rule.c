#include "base/zone_rule.h"

#include <string.h>

#define HOUR 3600
#define DAY INT64_C(86400)

/* ---- reading ---- */

struct reader {
    const char *at;
    const char *end;
};

static int32_t peek(const struct reader *reader) {
    return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static int32_t take(struct reader *reader, char character) {
    if (peek(reader) != character)
        return 0;
    reader->at++;
    return 1;
}

static int32_t is_digit(int32_t character) {
    return character >= '0' && character <= '9';
}

static int32_t is_letter(int32_t character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/* A whole number of [least, most], of at most three digits. */
static int32_t take_number(struct reader *reader, int32_t least, int32_t most, int32_t *ret) {
    int32_t value = 0;
    int32_t digits = 0;
    for (; digits < 3 && is_digit(peek(reader)); digits++)
        value = value * 10 + (*reader->at++ - '0');
    *ret = value;
    return digits > 0 && value >= least && value <= most;
}

/* The name of a time: three letters or more, or other characters in angle brackets. */
static int32_t take_name(struct reader *reader) {
    int32_t quoted = take(reader, '<');
    const char *start = reader->at;
    for (;;) {
        int32_t next = peek(reader);
        if (!is_letter(next) && !(quoted && (is_digit(next) || next == '+' || next == '-')))
            break;
        reader->at++;
    }
    return reader->at - start >= 3 && (!quoted || take(reader, '>'));
}

/* [+-]hh[:mm[:ss]] */
static int32_t take_time(struct reader *reader, int32_t hours_limit, int32_t *ret) {
    int32_t sign = take(reader, '-') ? -1 : 1;
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (sign > 0)
        take(reader, '+');
    if (!take_number(reader, 0, hours_limit, &hours))
        return 0;
    if (take(reader, ':')) {
        if (!take_number(reader, 0, 59, &minutes))
            return 0;
        if (take(reader, ':') && !take_number(reader, 0, 59, &seconds))
            return 0;
    }
    *ret = sign * (hours * HOUR + minutes * 60 + seconds);
    return 1;
}

/* Offsets are written as what has to be added to local time: positive numbers are west. */
static int32_t take_offset(struct reader *reader, int32_t *ret) {
    int32_t west = 0;
    if (!take_time(reader, 24, &west))
        return 0;
    *ret = -west;
    return 1;
}

static int32_t take_day(struct reader *reader, struct cg_zone_moment *moment) {
    if (take(reader, 'M')) {
        moment->form = CG_ZONE_DAY_WEEK;
        return take_number(reader, 1, 12, &moment->month) && take(reader, '.') &&
               take_number(reader, 1, 5, &moment->week) && take(reader, '.') && take_number(reader, 0, 6, &moment->day);
    }
    moment->form = take(reader, 'J') ? CG_ZONE_DAY_JULIAN : CG_ZONE_DAY_PLAIN;
    return take_number(reader, moment->form == CG_ZONE_DAY_JULIAN ? 1 : 0, 365, &moment->day);
}

static int32_t take_moment(struct reader *reader, struct cg_zone_moment *moment) {
    *moment = (struct cg_zone_moment){.time = 2 * HOUR};
    return take(reader, ',') && take_day(reader, moment) &&
           (!take(reader, '/') || take_time(reader, 167, &moment->time));
}

cg_status cg_zone_rule_parse(const char *text, size_t length, struct cg_zone_rule *ret) {
    struct reader reader = {text, text + length};
    struct cg_zone_rule rule = {0};
    if (!take_name(&reader) || !take_offset(&reader, &rule.standard))
        return CG_INVALID;
    rule.summer = rule.standard;
    if (reader.at < reader.end) {
        rule.changes = 1;
        rule.summer = rule.standard + HOUR;
        if (!take_name(&reader) || (peek(&reader) != ',' && !take_offset(&reader, &rule.summer)) ||
            !take_moment(&reader, &rule.start) || !take_moment(&reader, &rule.end) || reader.at != reader.end)
            return CG_INVALID;
    }
    *ret = rule;
    return CG_OK;
}

/* ---- the calendar ---- */

static int64_t floor_div(int64_t value, int64_t divisor) {
    return value / divisor - (value % divisor < 0);
}

static int32_t is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to January 1. */
static int64_t year_start(int64_t year) {
    int64_t before = year - 1;
    return before * 365 + floor_div(before, 4) - floor_div(before, 100) + floor_div(before, 400) - 719162;
}

static int64_t year_of(int64_t days) {
    int64_t year = 1970 + floor_div(days * 400, 146097);
    while (year_start(year) > days)
        year--;
    while (year_start(year + 1) <= days)
        year++;
    return year;
}

static int64_t month_start(int64_t year, int32_t month) {
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    return year_start(year) + before[month - 1] + (month > 2 && is_leap(year));
}

/* Days from 1970-01-01 to the day of a change. */
static int64_t day_of(const struct cg_zone_moment *moment, int64_t year) {
    if (moment->form == CG_ZONE_DAY_PLAIN)
        return year_start(year) + moment->day;
    if (moment->form == CG_ZONE_DAY_JULIAN)
        return year_start(year) + moment->day - 1 + (moment->day >= 60 && is_leap(year));
    int64_t first = month_start(year, moment->month);
    int64_t next = moment->month == 12 ? year_start(year + 1) : month_start(year, moment->month + 1);
    int64_t weekday = first + 4 - floor_div(first + 4, 7) * 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (moment->day - weekday + 7) % 7 + (moment->week - 1) * 7;
    return day < next ? day : day - 7;
}

/* ---- changes ---- */

struct search {
    const struct cg_zone_rule *rule;
    int64_t time; /* nothing later counts */
    int32_t found;
    struct cg_zone_change change;
};

static void offer(struct search *search, int64_t time, int32_t before, int32_t after) {
    if (time > search->time || (search->found && time < search->change.time))
        return;
    /* Summer time that ends when it starts again never ends. */
    if (search->found && time == search->change.time)
        before = after = search->rule->summer;
    search->change = (struct cg_zone_change){time, before, after};
    search->found = 1;
}

int32_t cg_zone_rule_last(const struct cg_zone_rule *rule, int64_t time, struct cg_zone_change *ret) {
    struct search search = {.rule = rule, .time = time};
    if (!rule->changes)
        return 0;
    /* The time of a change may lie a week outside of its year. */
    int64_t year = year_of(floor_div(time, DAY));
    for (int64_t each = year - 2; each <= year + 1; each++) {
        offer(&search, day_of(&rule->start, each) * DAY + rule->start.time - rule->standard, rule->standard,
              rule->summer);
        offer(&search, day_of(&rule->end, each) * DAY + rule->end.time - rule->summer, rule->summer, rule->standard);
    }
    *ret = search.change;
    return 1;
}
