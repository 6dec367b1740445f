#include "views/billing.h"
#include "api/handlers.h"
#include "api/rows.h"

static void add_line(void *user, const struct cg_view_line *line) {
    struct cg_rows *rows = user;
    struct cg_json *json = &rows->json;
    cg_json_object(json);
    cg_rows_put_tenant(rows);
    cg_json_put_instant(json, "timestamp", line->timestamp);
    cg_json_put_text(json, "resource_id", line->resource_id);
    cg_json_put_text(json, "product_category", line->product_category);
    cg_json_put_text(json, "product_type", line->product_type);
    cg_json_put_text(json, "quantity", line->quantity);
    cg_json_put_text(json, "unit_price", line->unit_price);
    cg_json_put_text(json, "total_cost", line->total_cost);
    cg_json_put_text(json, "currency", line->currency);
    cg_json_put_text(json, "granularity", line->granularity);
    cg_json_key(json, "metadata");
    cg_json_metadata(json, line->metadata, NULL, NULL);
    cg_json_object_end(json);
}

cg_status cg_api_billing(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    struct cg_rows rows;
    int64_t total = 0;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    struct cg_view_billing_filter filter = {
        .product_type = cg_param_text(&params, "product_type"),
        .resource_id = cg_param_text(&params, "resource_id"),
    };
    struct cg_page page = cg_params_page(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    filter.start = range.start;
    filter.end = range.end;
    filter.hourly_start = range.zone_start;
    filter.hourly_end = range.zone_end;
    cg_rows_begin(&rows, call);
    cg_status status =
        cg_view_billing(call->store, &filter, page.offset, page.page_size, add_line, &rows, &total, &call->error);
    return cg_rows_end(&rows, &page, total, status);
}
