/*
 * value.h - from the server's texts to those that every database gives.
 */
#ifndef CG_POSTGRESQL_VALUE_H
#define CG_POSTGRESQL_VALUE_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include <chitragupt/error.h>

/** What is to be done with a column's texts. */
#define CG_PG_PLAIN 0u
#define CG_PG_BOOLEAN 1u /**< "1" and "0" */
#define CG_PG_TIME 2u    /**< UTC without a zone; with a fraction of six digits, or none */
#define CG_PG_NUMBER 3u  /**< as cg_decimal_format writes it */

/** Room for the text of a value that is not plain, with its NUL. */
#define CG_PG_VALUE_SIZE 128

/** The kind of a column by the number of its type. */
uint32_t cg_pg_value_kind(Oid type);

/**
 * Writes the text of a value that is not plain and its NUL into `buffer` (CG_PG_VALUE_SIZE bytes); `*ret` is its
 * length. CG_RANGE: a number with more digits than a decimal has; CG_INVALID: none at all, such as NaN.
 */
cg_status cg_pg_value(uint32_t kind, const char *text, size_t length, char *buffer, size_t *ret);

#endif
