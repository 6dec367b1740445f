#include "api/grouping.h"
#include "api/handlers.h"

static const struct cg_name columns[] = {
    {"allocation_method", NULL}, {"cost_type", NULL},    {"environment_id", "env_id"}, {"identity_id", NULL},
    {"product_category", NULL},  {"product_type", NULL}, {"resource_id", NULL},
};

#define COLUMNS (sizeof columns / sizeof *columns)

/* 1 when fine; else the refusal was written. */
static int32_t read_grouping(struct cg_call *call, struct cg_grouping *grouping) {
    if (!cg_grouping_filters(call, grouping) || !cg_grouping_read(call, grouping, columns, COLUMNS, "identity_id"))
        return 0;
    if (!grouping->unknown_count)
        return 1;
    const char *names[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        names[i] = columns[i].name;
    cg_reply_detail(call, 400, "group_by must be from %s, got invalid: %s", cg_names_list(call, names, COLUMNS),
                    cg_names_list(call, grouping->unknown, grouping->unknown_count));
    return 0;
}

static void put_sums(struct cg_json *json, const struct cg_aggregate_sums *sums, const char *rows) {
    cg_grouping_put_sum(json, "total_amount", &sums->total, 0);
    cg_grouping_put_sum(json, "usage_amount", &sums->usage, 0);
    cg_grouping_put_sum(json, "shared_amount", &sums->shared, 0);
    cg_json_put_int(json, rows, sums->rows);
}

cg_status cg_api_aggregate(struct cg_call *call) {
    struct cg_params params;
    struct cg_grouping grouping = {.names = NULL};
    struct cg_range range;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    int32_t unit = cg_bucket_unit(cg_param_text(&params, "time_bucket"));
    const struct cg_fact_filter filters[] = {
        {"identity_id", cg_param_text(&params, "identity_id"), 0},
        {"product_type", cg_param_text(&params, "product_type"), 0},
        {"resource_id", cg_param_text(&params, "resource_id"), 0},
        {"cost_type", cg_param_text(&params, "cost_type"), 0},
    };
    if (!cg_params_fine(&params) || !read_grouping(call, &grouping))
        return cg_reply_done(call);
    if (unit < 0)
        return cg_reply_detail(call, 400, "time_bucket must be one of ['day', 'hour', 'month', 'week']");
    if (!cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    struct cg_aggregate_question question = {
        .kind = CG_FACTS_CHARGEBACK,
        .bucket = (uint32_t)unit,
        .zone = call->tenant->hourly ? range.zone : NULL,
        .filters = filters,
        .filter_count = sizeof filters / sizeof *filters,
    };
    cg_range_facts(call, &range, &question.start, &question.end);
    return cg_grouping_reply(call, &grouping, &question, put_sums);
}
