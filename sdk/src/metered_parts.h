/*
 * metered_parts.h - what the files of the metered bill share.
 *
 * Private to the helper library.
 */
#ifndef CHITRAGUPT_SDK_METERED_PARTS_H
#define CHITRAGUPT_SDK_METERED_PARTS_H

#include <chitragupt/metered.h>

/** A compensated sum that grows. Zero-initialise before use. */
struct cg_metered_total {
    double sum;
    double lost;
    size_t count; /**< of values */
};

/** Adds a value; one that is not finite is left out. */
void cg_metered_total_add(struct cg_metered_total *total, double value);

double cg_metered_total_of(const struct cg_metered_total *total);

/** What one product's query said of one day. */
struct cg_metered_reading {
    struct cg_metered_total total; /**< of a size: of its sums by time */
    cg_status status;              /**< CG_OK, or why the day could not be read */
    const char *error;             /**< the sentence for it, in scratch memory, or NULL */
};

/**
 * Adds an answer's samples to the readings of `day_count` days from `start` on; samples of other times are left out.
 * Error: CG_NO_MEMORY with a sentence.
 */
cg_status cg_metered_read(const struct cg_host *host, const struct cg_metered_product *product,
                          const struct cg_metrics_answer *answer, int64_t start, struct cg_metered_reading *readings,
                          size_t day_count);

/**
 * Fills `ret` with the line of a product for one day; `reading` is NULL for CG_METERED_FIXED. Error: CG_RANGE when a
 * number does not fit.
 */
cg_status cg_metered_line(const struct cg_metered_bill *bill, const struct cg_metered_product *product,
                          const struct cg_metered_reading *reading, int64_t day, struct cg_billing_line *ret);

#endif
