/*
 * aggregate_bucket.h - the hour, day, week or month that a time lies in.
 */
#ifndef CG_VIEWS_AGGREGATE_BUCKET_H
#define CG_VIEWS_AGGREGATE_BUCKET_H

#include "base/time.h"
#include "base/zone.h"

/** Units. */
#define CG_BUCKET_HOUR 0u  /**< 2026-03-02T13:00:00 */
#define CG_BUCKET_DAY 1u   /**< 2026-03-02 */
#define CG_BUCKET_WEEK 2u  /**< 2026-W08: weeks begin on Monday, days before the first Monday are week 00 */
#define CG_BUCKET_MONTH 3u /**< 2026-03 */

/** Size of a bucket's text. */
#define CG_BUCKET_TEXT_SIZE 48

/**
 * A number for the bucket of `time`; later buckets have greater numbers. With a zone, days, weeks and
 * months are those of the zone.
 */
int64_t cg_bucket_of(uint32_t unit, int64_t time, const struct cg_zone *zone);

/** Writes the text of such a number. */
void cg_bucket_format(uint32_t unit, int64_t bucket, char *buffer);

#endif
