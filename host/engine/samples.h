/*
 * samples.h - what the metrics source knows of a date as a whole.
 *
 * A source that answers, but knows nothing any more of a date that it had samples for, is no reason to take the rows
 * away that were made of them: without samples they would be another, worse split of the same costs.
 */
#ifndef CG_ENGINE_SAMPLES_H
#define CG_ENGINE_SAMPLES_H

#include "net/metrics_source.h"

/** 1: an answer has a series. Requests must have been fetched; one that failed has none. */
int32_t cg_samples_found(const struct cg_metrics_request *requests, size_t count);

/** 1: something was asked for, and no answer has a series. Whether one failed is the caller's to look at. */
int32_t cg_samples_are_missing(const struct cg_metrics_request *requests, size_t count);

#endif
