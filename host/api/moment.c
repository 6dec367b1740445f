#include "api/moment.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

#define SECOND INT64_C(1000000)
#define FIRST_YEAR0 (CG_TIME_FIRST - 366 * CG_DAY_US)

/* Beyond it a number counts milliseconds: some 600 years as seconds, some 8 months as milliseconds. */
#define MOST_SECONDS INT64_C(20000000000)

/* Years 0 are read to the end and told apart from texts that are no date at all. */
#define YEAR0 INT64_MIN

#define YEAR0_REASON "year 0 is out of range"
#define TOO_LATE "dates after 9999 are not supported as unix timestamps"
#define TOO_EARLY "dates before 0000 are not supported as unix timestamps"

static int is_digit(char character) {
    return character >= '0' && character <= '9';
}

/* Two digits at *at, moving behind them; -1 when they are not there. */
static int32_t take_pair(const char **at) {
    if (!is_digit((*at)[0]) || !is_digit((*at)[1]))
        return -1;
    int32_t value = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    *at += 2;
    return value;
}

/* Reads YYYY-MM-DD at *at and moves behind it. Answers NULL, or why it is no date. */
static const char *take_date(const char **at, int64_t *ret) {
    static const char separator[] = "invalid date separator, expected `-`";
    const char *text = *at;
    if (strnlen(text, 10) < 10)
        return "input is too short";
    int32_t century = take_pair(&text);
    int32_t year = century < 0 ? -1 : take_pair(&text);
    if (year < 0)
        return "invalid character in year";
    year += century * 100;
    if (*text++ != '-')
        return separator;
    int32_t month = take_pair(&text);
    if (month < 0)
        return "invalid character in month";
    if (*text++ != '-')
        return separator;
    int32_t day = take_pair(&text);
    if (day < 0)
        return "invalid character in day";
    if (month < 1 || month > 12)
        return "month value is outside expected range of 1-12";
    /* The year 0 is a leap year, like 2000. */
    if (cg_time_from_date(year ? year : 2000, month, day, ret) != CG_OK)
        return "day value is outside expected range";
    if (!year)
        *ret = YEAR0;
    *at = text;
    return NULL;
}

/* Reads what is behind a point or a comma, cut to microseconds. */
static const char *take_fraction(const char **at, int64_t *ret) {
    if (!is_digit(**at))
        return "second fraction digits missing after `.`";
    for (int64_t unit = SECOND / 10; is_digit(**at); (*at)++, unit /= 10)
        *ret += (**at - '0') * unit;
    return NULL;
}

/* Reads hh:mm[:ss[.fraction]] as microseconds since midnight. */
static const char *take_clock(const char **at, int64_t *ret) {
    if (strnlen(*at, 5) < 5)
        return "input is too short";
    int32_t hour = take_pair(at);
    if (hour < 0)
        return "invalid character in hour";
    if (*(*at)++ != ':')
        return "invalid time separator, expected `:`";
    int32_t minute = take_pair(at);
    if (minute < 0)
        return "invalid character in minute";
    if (hour > 23)
        return "hour value is outside expected range of 0-23";
    if (minute > 59)
        return "minute value is outside expected range of 0-59";
    *ret = (hour * 60 + minute) * 60 * SECOND;
    if (**at != ':')
        return NULL;
    (*at)++;
    int32_t second = take_pair(at);
    if (second < 0)
        return "invalid character in second";
    if (second > 59)
        return "second value is outside expected range of 0-59";
    *ret += second * SECOND;
    if (**at != '.' && **at != ',')
        return NULL;
    (*at)++;
    return take_fraction(at, ret);
}

/* Reads Z, z, +hh:mm or +hhmm up to the end; nothing there is no zone. */
static const char *take_zone(const char **at, int64_t *ret, int32_t *ret_has_zone) {
    static const char minus[] = "\xe2\x88\x92"; /* U+2212, the minus sign of typography */
    int64_t sign = 1;
    *ret_has_zone = **at != '\0';
    if (!**at)
        return NULL;
    if (**at == 'Z' || **at == 'z') {
        (*at)++;
        return **at ? "unexpected extra characters at the end of the input" : NULL;
    }
    if (strncmp(*at, minus, sizeof minus - 1) == 0) {
        sign = -1;
        *at += sizeof minus - 1;
    } else if (**at == '+' || **at == '-') {
        sign = **at == '-' ? -1 : 1;
        (*at)++;
    } else {
        return "invalid timezone sign";
    }
    int32_t hours = take_pair(at);
    if (hours < 0)
        return "invalid timezone hour";
    if (**at == ':')
        (*at)++;
    int32_t minutes = take_pair(at);
    if (minutes < 0)
        return "invalid timezone minute";
    if (minutes > 59)
        return "timezone minute value is outside expected range of 0-59";
    if (hours > 23)
        return "timezone offset must be less than 24 hours";
    *ret = sign * (hours * 60 + minutes) * 60 * SECOND;
    return **at ? "unexpected extra characters at the end of the input" : NULL;
}

/* A date and a time of day with or without an offset. */
struct written {
    int64_t day; /* or YEAR0 */
    int64_t clock;
    int64_t offset;
    int32_t has_zone;
};

static const char *read_datetime(const char *text, struct written *ret) {
    const char *reason = take_date(&text, &ret->day);
    if (reason)
        return reason;
    if (!*text)
        return "input is too short";
    if (!strchr("Tt_ ", *text))
        return "invalid datetime separator, expected `T`, `t`, `_` or space";
    text++;
    reason = take_clock(&text, &ret->clock);
    return reason ? reason : take_zone(&text, &ret->offset, &ret->has_zone);
}

/* Whether a text is [sign] digits [. digits] with at least one digit. */
static int is_number(const char *text) {
    size_t digits = 0;
    text += *text == '+' || *text == '-';
    for (; is_digit(*text); text++)
        digits++;
    text += *text == '.';
    for (; is_digit(*text); text++)
        digits++;
    return digits && !*text;
}

/* Reads a number of seconds or milliseconds, with its fraction cut to microseconds towards zero. */
static const char *read_number(const char *text, int64_t *ret) {
    int negative = *text == '-';
    int64_t whole = 0;
    int64_t fraction = 0;
    text += *text == '+' || *text == '-';
    for (; is_digit(*text); text++)
        if (whole <= CG_TIME_LAST)
            whole = whole * 10 + (*text - '0');
    text += *text == '.';
    for (int64_t unit = SECOND / 10; is_digit(*text); text++, unit /= 10)
        fraction += (*text - '0') * unit;
    int64_t time = 0;
    if (whole > CG_TIME_LAST / 1000)
        return negative ? TOO_EARLY : TOO_LATE;
    if (whole > MOST_SECONDS || (whole == MOST_SECONDS && fraction))
        time = whole * 1000 + fraction / 1000;
    else
        time = whole * SECOND + fraction;
    time = negative ? -time : time;
    if (time < FIRST_YEAR0)
        return TOO_EARLY;
    if (time > CG_TIME_LAST)
        return TOO_LATE;
    *ret = time < CG_TIME_FIRST ? YEAR0 : time;
    return NULL;
}

/* Fills in a problem whose message ends in its reason. */
static int32_t fail(struct cg_moment_problem *problem, const char *type, const char *wanted, const char *reason) {
    problem->type = type;
    snprintf(problem->reason, sizeof problem->reason, "%s", reason);
    snprintf(problem->message, sizeof problem->message, "Input should be a valid %s, %s", wanted, reason);
    return 0;
}

int32_t cg_moment_date(const char *text, int64_t *ret, struct cg_moment_problem *problem) {
    struct written written = {0};
    const char *reason = NULL;
    const char *end = text;
    if (is_number(text)) {
        reason = read_number(text, &written.day);
        if (!reason && written.day != YEAR0)
            written.clock = written.day - cg_time_day(written.day);
    } else {
        reason = take_date(&end, &written.day);
        if (!reason && *end)
            reason = read_datetime(text, &written);
    }
    if (reason)
        return fail(problem, "date_from_datetime_parsing", "date or datetime", reason);
    if (written.clock) {
        *problem = (struct cg_moment_problem){
            .type = "date_from_datetime_inexact",
            .message = "Datetimes provided to dates should have zero time - e.g. be exact dates",
        };
        return 0;
    }
    if (written.day == YEAR0)
        return fail(problem, "date_parsing", "date in the format YYYY-MM-DD", YEAR0_REASON);
    *ret = written.day;
    return 1;
}

/* A text that is no date and time may be a date alone; else what is wrong with that date is told. */
static const char *read_date_alone(const char *text, struct written *ret) {
    *ret = (struct written){0};
    const char *reason = take_date(&text, &ret->day);
    if (!reason && *text)
        reason = "unexpected extra characters at the end of the input";
    return reason;
}

int32_t cg_moment_instant(const char *text, int64_t *ret, int32_t *ret_has_zone, struct cg_moment_problem *problem) {
    struct written written = {0};
    const char *reason = NULL;
    if (is_number(text)) {
        written.has_zone = 1;
        reason = read_number(text, &written.day);
    } else if (read_datetime(text, &written)) {
        reason = read_date_alone(text, &written);
    }
    if (reason)
        return fail(problem, "datetime_from_date_parsing", "datetime or date", reason);
    if (written.day == YEAR0)
        return fail(problem, "datetime_parsing", "datetime", YEAR0_REASON);
    int64_t time = written.day + written.clock - written.offset;
    if (time < CG_TIME_FIRST)
        return fail(problem, "datetime_parsing", "datetime", YEAR0_REASON);
    if (time > CG_TIME_LAST)
        return fail(problem, "datetime_parsing", "datetime", "year 10000 is out of range");
    *ret = time;
    *ret_has_zone = written.has_zone;
    return 1;
}
