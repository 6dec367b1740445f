/*
 * sample_set.h - the samples of one emission in memory: those with equal labels are one, their amounts added up.
 */
#ifndef CG_EXPOSE_SAMPLE_SET_H
#define CG_EXPOSE_SAMPLE_SET_H

#include <chitragupt/decimal.h>

#include "base/arena.h"
#include "base/error.h"

/** Most memory of a set, in bytes. */
#define CG_SAMPLE_SET_LIMIT ((size_t)64 * 1024 * 1024)

/** One sample. */
struct cg_sample {
    const char *labels; /**< as they stand on a page: {a="x",b="y"}; "" when there are none */
    uint32_t length;    /**< of `labels` */
    uint32_t family;
    struct cg_decimal amount;
};

/** Zeroed to begin with. */
struct cg_sample_set {
    struct cg_arena *arena; /**< of the labels */
    struct cg_sample *samples;
    size_t count;
    size_t room;
    uint32_t *slots; /**< a hash table: 1 + index of a sample, or 0 */
    size_t slot_count;
};

/** Empties the set and gives its memory back. */
void cg_sample_set_done(struct cg_sample_set *set);

/**
 * Adds an amount to the sample with these labels; they are copied. Errors: CG_RANGE (the sum has too many digits),
 * CG_PERMANENT (CG_SAMPLE_SET_LIMIT is reached), CG_NO_MEMORY.
 */
cg_status cg_sample_set_add(struct cg_sample_set *set, uint32_t family, const char *labels, size_t length,
                            const struct cg_decimal *amount, struct cg_error *error);

/** Puts the samples into the order of family and labels, byte by byte. Nothing can be added any more. */
void cg_sample_set_sort(struct cg_sample_set *set);

#endif
