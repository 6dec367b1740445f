/*
 * metrics_text.h - families in the Prometheus text format, for /metrics.
 */
#ifndef CG_API_METRICS_TEXT_H
#define CG_API_METRICS_TEXT_H

#include "base/buf.h"

/** Appends what stands in front of a family's samples. `type` is "counter", "gauge" or "histogram". */
void cg_metrics_head(struct cg_buf *out, const char *name, const char *type, const char *help);

/** Appends a family of one sample without labels. */
void cg_metrics_one(struct cg_buf *out, const char *name, const char *type, const char *help, uint64_t value);

/** Appends a label's value: a backslash, a quote and a line's end are escaped. */
void cg_metrics_label(struct cg_buf *out, const char *text);

#endif
