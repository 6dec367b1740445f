/*
 * metrics_notes.h - what a user should know of the answers of a metrics source, told once.
 *
 * A label that is missing and a warning of the server are told when they are first met; queries that never had series,
 * and samples that were left out, when the source ends.
 */
#ifndef CG_NET_METRICS_NOTES_H
#define CG_NET_METRICS_NOTES_H

#include "base/log.h"
#include "net/prometheus.h"

struct cg_metrics_notes;

/** Without notes yet. `log` may be NULL. NULL when out of memory. */
struct cg_metrics_notes *cg_metrics_notes_new(const struct cg_log *log);

/** Tells what is left to tell. NULL is fine. */
void cg_metrics_notes_free(struct cg_metrics_notes *notes);

/** Takes notice of an answer to `query`. What there is no memory for is not told. */
void cg_metrics_notes_answer(struct cg_metrics_notes *notes, const struct cg_metric_query *query,
                             const struct cg_prometheus_answer *answer);

#endif
