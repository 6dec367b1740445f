/*
 * number.h - numbers of a measurement as text, whatever the locale.
 */
#ifndef CG_NET_NUMBER_H
#define CG_NET_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest text that is read as a number. */
#define CG_NUMBER_LENGTH 400

/**
 * Reads all `length` bytes ("12", "-1.5e-3", ".5") as the nearest double, ties to even. False when the text is no
 * number, is not finite ("NaN", "+Inf", "1e999") or is longer than CG_NUMBER_LENGTH; `*ret` is then unchanged.
 */
bool cg_number_parse(const char *text, size_t length, double *ret);

/** Reads all `length` bytes as seconds and gives microseconds, exactly; further digits are cut off. False as above. */
bool cg_number_parse_seconds(const char *text, size_t length, int64_t *ret_us);

#endif
