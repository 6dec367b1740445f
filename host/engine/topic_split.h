/*
 * topic_split.h - one cost over several topics, to the last digit.
 *
 * See <chitragupt/topics.h> for the arithmetic. Topics without a share get 0.0000; nothing of the remainder goes to
 * them.
 */
#ifndef CG_ENGINE_TOPIC_SPLIT_H
#define CG_ENGINE_TOPIC_SPLIT_H

#include <chitragupt/decimal.h>

#include "base/arena.h"
#include "base/error.h"

/**
 * Splits `cost` over `count` (not 0) topics in ascending order of their names. `weights` has a finite number for each,
 * 0 for no share; NULL: all shares are equal. The amounts go to `ret_amounts`. CG_NOT_FOUND, without a text: the
 * weights sum to 0, or to nothing that a share can be taken of. CG_RANGE: the cost does not fit. CG_NO_MEMORY.
 */
cg_status cg_topic_split(const struct cg_decimal *cost, const double *weights, size_t count, struct cg_arena *arena,
                         struct cg_decimal *ret_amounts, struct cg_error *error);

/** A sum of numbers; what each addition loses is added up apart. Starts zeroed. */
struct cg_topic_total {
    double sum;
    double lost;
};

/** Adds a number. */
void cg_topic_total_add(struct cg_topic_total *total, double number);

/** The sum so far; not finite when it was too much. */
double cg_topic_total_of(const struct cg_topic_total *total);

#endif
