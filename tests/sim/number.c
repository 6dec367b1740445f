#include "number.h"

#include <string.h>

#include "text.h"

/* 10^18, the number of units in one. */
static const int64_t units_per_one = 1000000000000000000;

static int64_t power_of_ten(unsigned exponent) {
    int64_t power = 1;
    while (exponent-- > 0) {
        power *= 10;
    }
    return power;
}

cg_sim_units cg_sim_units_make(int64_t mantissa, unsigned scale) {
    return (cg_sim_units)mantissa * power_of_ten(18 - scale);
}

cg_sim_units cg_sim_units_product(int64_t a, unsigned a_scale, int64_t b, unsigned b_scale) {
    return (cg_sim_units)a * b * power_of_ten(18 - a_scale - b_scale);
}

bool cg_sim_units_times(cg_sim_units value, cg_sim_units factor, cg_sim_units *ret_value) {
    /* Dropping the factor's trailing zeros keeps the product small enough for 128 bits. */
    int64_t divisor = units_per_one;
    while (divisor > 1 && factor % 10 == 0) {
        factor /= 10;
        divisor /= 10;
    }
    cg_sim_units product = 0;
    if (__builtin_mul_overflow(value, factor, &product)) {
        return false;
    }
    cg_sim_units half = product < 0 ? -(divisor / 2) : divisor / 2;
    *ret_value = divisor == 1 ? product : (product + half) / divisor;
    return true;
}

bool cg_sim_units_parse(const char *text, cg_sim_units *ret_value) {
    bool negative = *text == '-';
    text += *text == '-' || *text == '+' ? 1 : 0;
    size_t whole = strspn(text, "0123456789");
    size_t decimals = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t len = whole + (text[whole] == '.' ? 1 + decimals : 0);
    if (whole == 0 || whole > 15 || decimals > 18 || text[len] != '\0' || (text[whole] == '.' && decimals == 0)) {
        return false;
    }
    cg_sim_units value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '.') {
            value = value * 10 + (text[i] - '0');
        }
    }
    value *= power_of_ten(18 - (unsigned)decimals);
    *ret_value = negative ? -value : value;
    return true;
}

size_t cg_sim_units_format(cg_sim_units value, char out[CG_SIM_UNITS_SIZE]) {
    size_t at = 0;
    if (value < 0) {
        out[at++] = '-';
        value = -value;
    }
    cg_sim_units whole = value / units_per_one;
    uint64_t decimals = (uint64_t)(value % units_per_one);
    if (whole >= units_per_one) {
        at += cg_sim_u64_format((uint64_t)(whole / units_per_one), out + at);
        uint64_t low = (uint64_t)(whole % units_per_one);
        for (int64_t place = units_per_one / 10; place > 0; place /= 10) {
            out[at++] = (char)('0' + (int)(low / (uint64_t)place % 10));
        }
    } else {
        at += cg_sim_u64_format((uint64_t)whole, out + at);
    }
    if (decimals != 0) {
        out[at++] = '.';
        for (uint64_t place = (uint64_t)units_per_one / 10; decimals != 0; place /= 10) {
            out[at++] = (char)('0' + (int)(decimals / place));
            decimals %= place;
        }
    }
    out[at] = '\0';
    return at;
}

size_t cg_sim_digits_count(const char *text, size_t len) {
    size_t first = len;
    size_t last = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '1' && text[i] <= '9') {
            first = i < first ? i : first;
            last = i + 1;
        }
    }
    if (first >= last) {
        return 0;
    }
    return last - first - (memchr(text + first, '.', last - first) == NULL ? 0 : 1);
}

/* The proleptic Gregorian calendar counted in eras of 400 years that begin on the first of March. */
int64_t cg_sim_day_make(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void day_split(int64_t day, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day) {
    day += 719468;
    int64_t era = day / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * shifted_month + 2) / 5 + 1;
    *ret_month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

/* Reads exactly `count` digits; -1 when they are not there. */
static int64_t digits_read(const char *text, size_t count) {
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Reads the ten characters of a date at the head of `text`. */
static bool day_head_parse(const char *text, int64_t *ret_day) {
    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    int64_t year = digits_read(text, 4);
    int64_t month = digits_read(text + 5, 2);
    int64_t day = digits_read(text + 8, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int64_t number = cg_sim_day_make(year, month, day);
    int64_t back_year = 0;
    int64_t back_month = 0;
    int64_t back_day = 0;
    day_split(number, &back_year, &back_month, &back_day);
    if (back_month != month || back_day != day) {
        return false;
    }
    *ret_day = number;
    return true;
}

bool cg_sim_day_parse(const char *text, int64_t *ret_day) {
    return strnlen(text, 11) == 10 && day_head_parse(text, ret_day);
}

void cg_sim_day_format(int64_t day, char out[CG_SIM_DAY_SIZE]) {
    int64_t parts[3] = {0};
    day_split(day, &parts[0], &parts[1], &parts[2]);
    static const int64_t places[8] = {1000, 100, 10, 1, 10, 1, 10, 1};
    static const size_t part_of[8] = {0, 0, 0, 0, 1, 1, 2, 2};
    size_t at = 0;
    for (size_t i = 0; i < 8; i++) {
        if (i == 4 || i == 6) {
            out[at++] = '-';
        }
        out[at++] = (char)('0' + (int)(parts[part_of[i]] / places[i] % 10));
    }
    out[at] = '\0';
}

unsigned cg_sim_day_weekday(int64_t day) {
    return (unsigned)((day + 3) % 7);
}

/* Reads a fraction (`.123456`) as milliseconds and moves the cursor past it. */
static int64_t fraction_read(const char **cursor) {
    const char *at = *cursor;
    if (*at != '.') {
        return 0;
    }
    int64_t ms = 0;
    int64_t place = 100;
    for (at++; *at >= '0' && *at <= '9'; at++) {
        ms += (*at - '0') * place;
        place /= 10;
    }
    *cursor = at;
    return ms;
}

static bool seconds_parse(const char *text, int64_t *ret_ms) {
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || whole > 11) {
        return false;
    }
    int64_t ms = digits_read(text, whole) * 1000;
    const char *at = text + whole;
    ms += fraction_read(&at);
    if (*at != '\0') {
        return false;
    }
    *ret_ms = ms;
    return true;
}

bool cg_sim_instant_parse(const char *text, int64_t *ret_ms) {
    int64_t day = 0;
    if (!day_head_parse(text, &day)) {
        return seconds_parse(text, ret_ms);
    }
    if (strnlen(text, 20) < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
        return false;
    }
    int64_t hour = digits_read(text + 11, 2);
    int64_t minute = digits_read(text + 14, 2);
    int64_t second = digits_read(text + 17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
        return false;
    }
    const char *at = text + 19;
    int64_t ms = fraction_read(&at);
    int64_t offset = 0;
    if (strcmp(at, "Z") != 0) {
        if (strnlen(at, 7) != 6 || (at[0] != '+' && at[0] != '-') || at[3] != ':') {
            return false;
        }
        int64_t hours = digits_read(at + 1, 2);
        int64_t minutes = digits_read(at + 4, 2);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return false;
        }
        offset = (hours * 60 + minutes) * (at[0] == '-' ? -60 : 60);
    }
    *ret_ms = (day * 86400 + hour * 3600 + minute * 60 + second - offset) * 1000 + ms;
    return *ret_ms >= 0;
}

uint64_t cg_sim_hash(uint64_t chain, uint64_t value) {
    /* splitmix64 of the chain with the value folded in */
    uint64_t mixed = chain + 0x9e3779b97f4a7c15U * (value + 1);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

uint64_t cg_sim_hash_string(uint64_t chain, const char *string) {
    for (; *string != '\0'; string++) {
        chain = cg_sim_hash(chain, (unsigned char)*string);
    }
    return chain;
}
