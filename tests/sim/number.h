/* Exact decimals, calendar days, instants, and the hash that every invented number of the simulator comes from. */
#ifndef CG_SIM_NUMBER_H
#define CG_SIM_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An exact amount of money or quantity in units of 10^-18; about 170 million million million at most. */
__extension__ typedef __int128 cg_sim_units;

/** Bytes enough for every text of cg_sim_units_format(). */
#define CG_SIM_UNITS_SIZE 48

/** Bytes of `YYYY-MM-DD` and its NUL. */
#define CG_SIM_DAY_SIZE 11

/** `mantissa` * 10^-`scale` (scale 0..18) in units. */
cg_sim_units cg_sim_units_make(int64_t mantissa, unsigned scale);

/** The exact product of two scaled numbers; `a_scale` + `b_scale` must not exceed 18. */
cg_sim_units cg_sim_units_product(int64_t a, unsigned a_scale, int64_t b, unsigned b_scale);

/** `value` * `factor` rounded half away from zero to 18 decimals; false when it does not fit. */
bool cg_sim_units_times(cg_sim_units value, cg_sim_units factor, cg_sim_units *ret_value);

/**
 * Reads a plain decimal text (`-12.340`): an optional sign, digits, at most 18 decimals, less than 10^15.
 * Returns false for anything else.
 */
bool cg_sim_units_parse(const char *text, cg_sim_units *ret_value);

/** Writes the shortest plain decimal text of `value` (no trailing zeros, no `-0`) and returns its length. */
size_t cg_sim_units_format(cg_sim_units value, char out[CG_SIM_UNITS_SIZE]);

/** Number of significant digits of a text made by cg_sim_units_format(), without zeros at either end; 0 for zero. */
size_t cg_sim_digits_count(const char *text, size_t len);

/** Days since 1970-01-01 of a valid date (year 1970..9999). */
int64_t cg_sim_day_make(int64_t year, int64_t month, int64_t day);

/** Reads a padded `YYYY-MM-DD`; false when it is anything else or no real date. */
bool cg_sim_day_parse(const char *text, int64_t *ret_day);

/** Writes a day as `YYYY-MM-DD`. */
void cg_sim_day_format(int64_t day, char out[CG_SIM_DAY_SIZE]);

/** Day of the week, 0 = Monday. */
unsigned cg_sim_day_weekday(int64_t day);

/**
 * Reads an instant as RFC 3339 (`2026-06-01T00:00:00+00:00`, `Z`, fractions) or as Unix seconds with optional fraction.
 * The result is in milliseconds since 1970; false when the text is neither.
 */
bool cg_sim_instant_parse(const char *text, int64_t *ret_ms);

/** The hash of a value within a chain: start with the seed, then feed index, day and so on. Well mixed, stateless. */
uint64_t cg_sim_hash(uint64_t chain, uint64_t value);

/** The hash of a string within a chain. */
uint64_t cg_sim_hash_string(uint64_t chain, const char *string);

#endif
