#include "views/chargebacks.h"
#include "api/handlers.h"
#include "api/rows.h"
#include "views/allocation_issues.h"

/* ---- rows ---- */

static void add_tag(void *user, const char *key, const char *value) {
    struct cg_json *json = user;
    cg_json_key_text(json, key);
    cg_json_text(json, value);
}

static void add_row(struct cg_rows *rows, const struct cg_view_chargeback *row, const struct cg_row_tags *tags) {
    const struct cg_row_owner owner = {row->resource_id, row->identity_id};
    struct cg_json *json = &rows->json;
    cg_json_object(json);
    cg_json_put_int(json, "dimension_id", row->dimension_id);
    cg_rows_put_tenant(rows);
    cg_json_put_instant(json, "timestamp", row->timestamp);
    cg_json_put_text(json, "resource_id", row->resource_id);
    cg_json_put_text(json, "product_category", row->product_category);
    cg_json_put_text(json, "product_type", row->product_type);
    cg_json_put_text(json, "identity_id", row->identity_id);
    cg_json_put_text(json, "cost_type", row->cost_type);
    cg_json_put_text(json, "amount", row->amount);
    cg_json_put_text(json, "allocation_method", row->allocation_method);
    cg_json_put_text(json, "allocation_detail", row->allocation_detail);
    cg_json_key(json, "tags");
    cg_json_object(json);
    cg_row_tags_each(tags, &owner, add_tag, json);
    cg_json_object_end(json);
    cg_json_key(json, "metadata");
    cg_json_object(json);
    if (row->env_id && *row->env_id)
        cg_json_put_text(json, "env_id", row->env_id);
    cg_json_object_end(json);
    cg_json_object_end(json);
}

static cg_status reply_rows(struct cg_call *call, const struct cg_fact_set *set, const struct cg_page *place) {
    struct cg_view_chargeback_page page;
    struct cg_rows rows;
    cg_status status =
        cg_view_chargebacks(call->store, set, place->offset, place->page_size, call->arena, &page, &call->error);
    if (status != CG_OK)
        return status;
    cg_rows_begin(&rows, call);
    /* Rows may have thousands of tags each: what is too much is not written to its end. */
    for (size_t i = 0; i < page.count && call->reply.body.status == CG_OK; i++)
        add_row(&rows, &page.rows[i], page.tags);
    return cg_rows_end(&rows, place, page.total, CG_OK);
}

cg_status cg_api_chargebacks(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    const struct cg_fact_filter filters[] = {
        {.column = "identity_id", .value = cg_param_text(&params, "identity_id")},
        {.column = "product_type", .value = cg_param_text(&params, "product_type")},
        {.column = "resource_id", .value = cg_param_text(&params, "resource_id")},
        {.column = "cost_type", .value = cg_param_text(&params, "cost_type")},
    };
    struct cg_fact_set set = {
        .kind = CG_FACTS_CHARGEBACK,
        .filters = filters,
        .filter_count = sizeof filters / sizeof *filters,
        .tag_key = cg_param_text(&params, "tag_key"),
        .tag_value = cg_param_text(&params, "tag_value"),
    };
    struct cg_page page = cg_params_page(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &set.start, &set.end);
    return reply_rows(call, &set, &page);
}

cg_status cg_api_chargeback_dates(struct cg_call *call) {
    return cg_rows_dates(call, CG_FACTS_CHARGEBACK);
}

/* ---- allocation issues ---- */

static void add_issue(struct cg_json *json, const char *ecosystem, const struct cg_view_issue *issue) {
    cg_json_object(json);
    cg_json_put_text(json, "ecosystem", ecosystem);
    cg_json_put_text(json, "env_id", issue->env_id);
    cg_json_put_text(json, "resource_id", issue->resource_id);
    cg_json_put_text(json, "product_type", issue->product_type);
    cg_json_put_text(json, "identity_id", issue->identity_id);
    cg_json_put_text(json, "allocation_detail", issue->allocation_detail);
    cg_json_put_int(json, "row_count", issue->row_count);
    cg_json_put_decimal(json, "usage_cost", &issue->usage_cost);
    cg_json_put_decimal(json, "shared_cost", &issue->shared_cost);
    cg_json_put_decimal(json, "total_cost", &issue->total_cost);
    cg_json_object_end(json);
}

static cg_status reply_issues(struct cg_call *call, const struct cg_view_issue_filter *filter,
                              const struct cg_page *page) {
    struct cg_view_issue *issues = NULL;
    struct cg_rows rows;
    size_t count = 0;
    cg_status status = cg_view_issues(call->store, filter, call->arena, &issues, &count, &call->error);
    if (status != CG_OK)
        return status;
    int64_t total = (int64_t)count;
    int64_t start = page->offset < total ? page->offset : total;
    int64_t end = total - start < page->page_size ? total : start + page->page_size;
    cg_rows_begin(&rows, call);
    for (int64_t i = start; i < end; i++)
        add_issue(&rows.json, cg_store_ecosystem(call->store), &issues[i]);
    return cg_rows_end(&rows, page, total, CG_OK);
}

cg_status cg_api_allocation_issues(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    struct cg_view_issue_filter filter = {
        .identity_id = cg_param_text(&params, "identity_id"),
        .product_type = cg_param_text(&params, "product_type"),
        .resource_id = cg_param_text(&params, "resource_id"),
    };
    struct cg_page page = cg_params_page(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &filter.start, &filter.end);
    return reply_issues(call, &filter, &page);
}

/* ---- one dimension ---- */

cg_status cg_api_dimension(struct cg_call *call) {
    struct cg_params params;
    struct cg_json json;
    const struct cg_view_chargeback *row = NULL;
    cg_params_init(&params, call);
    int64_t id = cg_param_path_int(&params, 1, "dimension_id");
    if (!cg_params_fine(&params))
        return cg_reply_done(call);
    cg_status status = cg_view_dimension(call->store, id, call->arena, &row, &call->error);
    if (status != CG_OK)
        return status;
    if (!row)
        return cg_reply_detail(call, 404, "Dimension %lld not found", (long long)id);
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_int(&json, "dimension_id", row->dimension_id);
    cg_json_put_text(&json, "ecosystem", cg_store_ecosystem(call->store));
    cg_json_put_text(&json, "env_id", row->env_id);
    cg_json_put_text(&json, "tenant_id", cg_store_tenant_id(call->store));
    cg_json_put_text(&json, "resource_id", row->resource_id);
    cg_json_put_text(&json, "product_category", row->product_category);
    cg_json_put_text(&json, "product_type", row->product_type);
    cg_json_put_text(&json, "identity_id", row->identity_id);
    cg_json_put_text(&json, "cost_type", row->cost_type);
    cg_json_put_text(&json, "allocation_method", row->allocation_method);
    cg_json_put_text(&json, "allocation_detail", row->allocation_detail);
    cg_json_key(&json, "tags");
    cg_json_object(&json);
    cg_json_object_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}
