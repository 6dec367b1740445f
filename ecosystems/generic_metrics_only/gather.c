/* What is gathered: the system itself, who uses it, and the bill. */
#include "generic.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)
/* A series is visible for five minutes after its last sample, so that this step misses none. */
#define DISCOVERY_STEP INT64_C(300)

static cg_status put_cluster(const struct generic *self, const struct cg_gather *gather) {
    const struct cg_resource cluster = {.struct_size = sizeof cluster,
                                        .id = self->cluster_id,
                                        .type = "cluster",
                                        .display_name = self->display_name,
                                        .created_at = CG_TIME_NONE,
                                        .deleted_at = CG_TIME_NONE};
    cg_status status = gather->resource(gather, &cluster);
    return status == CG_OK ? gather->family(gather, "cluster", CG_OK, NULL) : status;
}

/* Who showed in the last hour. A query that fails makes the gather partial and leaves `ret` empty. */
static cg_status discover(const struct generic *self, const struct cg_gather *gather, struct cg_text_list *ret) {
    const struct cg_host *host = gather->host;
    int64_t now = gather->now - gather->now % SECOND_US;
    const struct cg_metrics_answer *const *answers = NULL;
    if (cg_metered_source(host) == NULL) {
        return host->set_error(host, CG_INVALID, "There is no metrics source; set plugin_settings.metrics.");
    }
    const struct cg_metrics_question question = {.struct_size = sizeof question,
                                                 .query = &self->discovery,
                                                 .start = now - HOUR_US,
                                                 .end = now,
                                                 .step_seconds = DISCOVERY_STEP};
    const struct cg_metrics_question *const list[] = {&question};
    cg_status status = host->metrics->fetch(host, list, 1, &answers);
    if (status != CG_OK) {
        return status;
    }
    if (answers[0]->status != CG_OK) {
        return gather->family(gather, "generic", answers[0]->status, answers[0]->error);
    }
    status = cg_metered_values(host, answers[0], self->label, ret);
    if (status == CG_OK && ret->count == 0) {
        host->log(
            host, CG_LOG_WARNING,
            "identity_source.discovery_query found nobody in the last hour: it gave %zu series, none of them with "
            "the label '%s'; check the query and identity_source.label.",
            answers[0]->series_count, self->label);
    }
    return status;
}

cg_status generic_gather_inventory(void *instance, const struct cg_gather *gather) {
    const struct generic *self = instance;
    struct cg_text_list found = {NULL, 0};
    cg_status status = put_cluster(self, gather);
    if (status == CG_OK && self->people.from_metrics) {
        status = discover(self, gather, &found);
    }
    return status == CG_OK ? cg_metered_people_gather(gather, &self->people, &found) : status;
}

cg_status generic_gather_billing(void *instance, const struct cg_gather *gather) {
    const struct generic *self = instance;
    const struct cg_metered_bill bill = {.tenant_id = self->tenant->tenant_id,
                                         .resource_id = self->cluster_id,
                                         .currency = "USD",
                                         .no_data = " -- skipping",
                                         .products = self->bill,
                                         .product_count = self->cost_count};
    return cg_metered_gather(gather, &bill);
}
