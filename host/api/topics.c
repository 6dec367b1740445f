#include "api/export_stream.h"
#include "api/grouping.h"
#include "api/handlers.h"
#include "api/rows.h"
#include "views/topic_rows.h"

/* ---- rows ---- */

static void add_row(void *user, const struct cg_topic_row *row) {
    struct cg_rows *rows = user;
    struct cg_json *json = &rows->json;
    cg_json_object(json);
    cg_json_put_int(json, "dimension_id", row->dimension_id);
    cg_rows_put_tenant(rows);
    cg_json_put_instant(json, "timestamp", row->timestamp);
    cg_json_put_text(json, "env_id", row->env_id);
    cg_json_put_text(json, "cluster_resource_id", row->cluster_resource_id);
    cg_json_put_text(json, "topic_name", row->topic_name);
    cg_json_put_text(json, "product_category", row->product_category);
    cg_json_put_text(json, "product_type", row->product_type);
    cg_json_put_text(json, "attribution_method", row->attribution_method);
    cg_json_put_text(json, "amount", row->amount);
    cg_json_object_end(json);
}

cg_status cg_api_topics(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    struct cg_rows rows;
    int64_t total = 0;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    const struct cg_fact_filter filters[] = {
        {"cluster_resource_id", cg_param_text(&params, "cluster_resource_id"), 1},
        {"topic_name", cg_param_text(&params, "topic_name"), 1},
        {"product_type", cg_param_text(&params, "product_type"), 0},
        {"attribution_method", cg_param_text(&params, "attribution_method"), 0},
    };
    struct cg_fact_set set = {
        .kind = CG_FACTS_TOPIC,
        .filters = filters,
        .filter_count = sizeof filters / sizeof *filters,
        .tag_key = cg_param_text(&params, "tag_key"),
        .tag_value = cg_param_text(&params, "tag_value"),
    };
    struct cg_page page = cg_params_page(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &set.start, &set.end);
    cg_rows_begin(&rows, call);
    cg_status status =
        cg_view_topic_rows(call->store, &set, page.offset, page.page_size, add_row, &rows, &total, &call->error);
    return cg_rows_end(&rows, &page, total, status);
}

/* ---- aggregate ---- */

/* Sums of topics have always had ten decimals; exact ones may need more. */
#define PLACES 10

static const struct cg_name columns[] = {
    {"cluster_resource_id", NULL}, {"topic_name", NULL},         {"product_type", NULL},
    {"product_category", NULL},    {"attribution_method", NULL}, {"env_id", NULL},
};

static void put_sums(struct cg_json *json, const struct cg_aggregate_sums *sums, const char *rows) {
    cg_grouping_put_sum(json, "total_amount", &sums->total, PLACES);
    cg_json_put_int(json, rows, sums->rows);
}

cg_status cg_api_topic_aggregate(struct cg_call *call) {
    struct cg_params params;
    struct cg_grouping grouping = {.names = NULL};
    struct cg_range range;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    int32_t unit = cg_bucket_unit(cg_param_text(&params, "time_bucket"));
    const struct cg_fact_filter filters[] = {
        {"cluster_resource_id", cg_param_text(&params, "cluster_resource_id"), 1},
        {"topic_name", cg_param_text(&params, "topic_name"), 1},
        {"product_type", cg_param_text(&params, "product_type"), 0},
    };
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range) || !cg_grouping_filters(call, &grouping) ||
        !cg_grouping_read(call, &grouping, columns, sizeof columns / sizeof *columns, "topic_name"))
        return cg_reply_done(call);
    struct cg_aggregate_question question = {
        .kind = CG_FACTS_TOPIC,
        .bucket = unit < 0 ? CG_BUCKET_DAY : (uint32_t)unit,
        .zone = call->tenant->hourly ? range.zone : NULL,
        .filters = filters,
        .filter_count = sizeof filters / sizeof *filters,
    };
    cg_range_facts(call, &range, &question.start, &question.end);
    return cg_grouping_reply(call, &grouping, &question, put_sums);
}

/* ---- dates ---- */

cg_status cg_api_topic_dates(struct cg_call *call) {
    return cg_rows_dates(call, CG_FACTS_TOPIC);
}

/* ---- export ---- */

static const struct cg_export_column exported[] = {
    {"ecosystem", CG_EXPORT_ECOSYSTEM},
    {"tenant_id", CG_EXPORT_TENANT_ID},
    {"timestamp", CG_EXPORT_TIMESTAMP},
    {"env_id", CG_EXPORT_ENV_ID},
    {"cluster_resource_id", CG_EXPORT_CLUSTER_RESOURCE_ID},
    {"topic_name", CG_EXPORT_TOPIC_NAME},
    {"product_category", CG_EXPORT_PRODUCT_CATEGORY},
    {"product_type", CG_EXPORT_PRODUCT_TYPE},
    {"attribution_method", CG_EXPORT_ATTRIBUTION_METHOD},
    {"amount", CG_EXPORT_AMOUNT},
};

#define EXPORTED (sizeof exported / sizeof *exported)

cg_status cg_api_topic_export(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    struct cg_export_question question = {.kind = CG_FACTS_TOPIC};
    const struct cg_export_column *list[EXPORTED];
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &question.start, &question.end);
    for (size_t i = 0; i < EXPORTED; i++)
        list[i] = &exported[i];
    return cg_export_stream(call, &question, list, EXPORTED, "attachment; filename=topic_attributions.csv", 'T');
}
