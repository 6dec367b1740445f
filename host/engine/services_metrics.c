#include "engine/services_metrics.h"

#include "engine/services.h"
#include "engine/tenant_metrics.h"
#include "net/metrics_source.h"

/* Of the setting, when there is no tenant that has one. */
#define DEFAULT_STEP 3600

static int64_t step_seconds(const struct cg_host *host) {
    const struct cg_services *services = host->impl;
    const struct cg_tenant_metrics *metrics = services->shared.metrics;
    return metrics && metrics->tenant->metrics_step_seconds > 0 ? metrics->tenant->metrics_step_seconds : DEFAULT_STEP;
}

/* The source, or why there is none to ask. */
static cg_status find_source(struct cg_services *services, struct cg_metrics_source **ret) {
    struct cg_tenant_metrics *metrics = services->shared.metrics;
    if (!services->shared.net)
        return cg_error_set(&services->error, CG_INVALID,
                            "the metrics source is not asked while a configuration is checked");
    cg_status status = cg_tenant_metrics_get(metrics, ret, &services->error);
    if (status != CG_OK || *ret)
        return status;
    return cg_error_set(&services->error, CG_NOT_FOUND,
                        "the tenant has no metrics source; set plugin_settings.metrics");
}

static cg_status check_questions(struct cg_services *services, const struct cg_metrics_question *const *questions,
                                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct cg_metrics_question *question = questions[i];
        if (!question || !question->query || !question->query->key || !question->query->expression ||
            question->step_seconds < 0)
            return cg_error_set(&services->error, CG_INVALID, "question %zu to the metrics source is incomplete", i);
    }
    return CG_OK;
}

static void fill_requests(const struct cg_metrics_question *const *questions, size_t count,
                          struct cg_metrics_request *requests) {
    for (size_t i = 0; i < count; i++)
        requests[i] = (struct cg_metrics_request){.resource_id = questions[i]->resource_id,
                                                  .start = questions[i]->start,
                                                  .end = questions[i]->end,
                                                  .step_seconds = questions[i]->step_seconds,
                                                  .queries = &questions[i]->query,
                                                  .query_count = 1};
}

static cg_status make_answers(struct cg_services *services, const struct cg_metrics_request *requests, size_t count,
                              const struct cg_metrics_answer *const **ret) {
    struct cg_metrics_answer *answers = cg_arena_array(services->scratch, count, sizeof *answers);
    const struct cg_metrics_answer **list =
        cg_arena_array(services->scratch, count, sizeof(const struct cg_metrics_answer *));
    if (!answers || !list)
        return cg_error_no_memory(&services->error);
    for (size_t i = 0; i < count; i++) {
        const struct cg_metrics *result = requests[i].result;
        if (!result) /* each has one after a fetch that went well */
            return cg_error_set(&services->error, CG_PERMANENT, "question %zu to the metrics source has no answer", i);
        answers[i] = (struct cg_metrics_answer){.struct_size = sizeof answers[i],
                                                .status = requests[i].status,
                                                .series = result->series,
                                                .series_count = result->series_count,
                                                .ignored_points = result->ignored_points,
                                                .error = requests[i].error};
        list[i] = &answers[i];
    }
    *ret = list;
    return CG_OK;
}

static cg_status fetch(const struct cg_host *host, const struct cg_metrics_question *const *questions, size_t count,
                       const struct cg_metrics_answer *const **ret) {
    struct cg_services *services = host->impl;
    struct cg_metrics_source *source = NULL;
    cg_status status = find_source(services, &source);
    if (status == CG_OK)
        status = check_questions(services, questions, count);
    if (status != CG_OK)
        return status;
    struct cg_metrics_request *requests = cg_arena_array(services->scratch, count, sizeof *requests);
    if (!requests)
        return cg_error_no_memory(&services->error);
    fill_requests(questions, count, requests);
    status = cg_metrics_source_fetch(source, requests, count, services->scratch, &services->error);
    return status == CG_OK ? make_answers(services, requests, count, ret) : status;
}

const struct cg_metrics_api cg_metrics_api_table = {
    .struct_size = sizeof cg_metrics_api_table,
    .step_seconds = step_seconds,
    .fetch = fetch,
};
