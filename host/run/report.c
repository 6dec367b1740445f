#include "run/report.h"

int cg_report_is_good(const struct cg_tenant_report *report) {
    return report->started && report->status == CG_OK && !report->counters.errors;
}

void cg_counters_add(struct cg_event_counters *sum, const struct cg_event_counters *more) {
    sum->gathered = more->gathered > sum->gathered ? more->gathered : sum->gathered;
    sum->pending = more->pending > sum->pending ? more->pending : sum->pending;
    sum->calculated += more->calculated;
    sum->changed += more->changed;
    sum->rows += more->rows;
    sum->errors += more->errors;
    sum->emitted += more->emitted;
    sum->current += more->current;
    sum->topic_dates += more->topic_dates;
    sum->topic_rows += more->topic_rows;
    sum->deleted += more->deleted;
    sum->retired += more->retired;
}
