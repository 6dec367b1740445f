#include "api/rows.h"

#include "store/select.h"
#include "views/fact_dates.h"

void cg_rows_begin(struct cg_rows *rows, struct cg_call *call) {
    rows->call = call;
    cg_json_init(&rows->json, &call->reply.body);
    cg_json_object(&rows->json);
    cg_json_key(&rows->json, "items");
    cg_json_list(&rows->json);
}

void cg_rows_put_tenant(struct cg_rows *rows) {
    cg_json_put_text(&rows->json, "ecosystem", cg_store_ecosystem(rows->call->store));
    cg_json_put_text(&rows->json, "tenant_id", cg_store_tenant_id(rows->call->store));
}

cg_status cg_rows_end(struct cg_rows *rows, const struct cg_page *page, int64_t total, cg_status status) {
    struct cg_json *json = &rows->json;
    if (status != CG_OK)
        return status;
    cg_json_list_end(json);
    cg_json_put_int(json, "total", total);
    cg_json_put_int(json, "page", page->page);
    cg_json_put_int(json, "page_size", page->page_size);
    cg_json_put_int(json, "pages", total / page->page_size + (total % page->page_size != 0));
    cg_json_object_end(json);
    return cg_reply_done(rows->call);
}

cg_status cg_rows_dates(struct cg_call *call, uint32_t kind) {
    struct cg_json json;
    int64_t *dates = NULL;
    size_t count = 0;
    cg_status status = cg_view_fact_dates(call->store, kind, call->arena, &dates, &count, &call->error);
    if (status != CG_OK)
        return status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_key(&json, "dates");
    cg_json_list(&json);
    for (size_t i = 0; i < count; i++)
        cg_json_date(&json, dates[i]);
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}
