/*
 * value_text.h - an exact amount as the text of a sample: the shortest text of the nearest double.
 *
 * It is written as clients of Prometheus write it: at least one decimal place, positive numbers from 1000000 on with an
 * exponent of at least two digits: 2.0, -12345678.9, 1e+06, 1.23456789e+07, 1.2345678901234568e-07.
 */
#ifndef CG_EXPOSE_VALUE_TEXT_H
#define CG_EXPOSE_VALUE_TEXT_H

#include <chitragupt/decimal.h>

/** Room for a text with its NUL. */
#define CG_VALUE_TEXT_SIZE 40

/** Writes the text; returns its length. */
size_t cg_value_text(const struct cg_decimal *value, char text[CG_VALUE_TEXT_SIZE]);

#endif
