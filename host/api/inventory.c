#include <string.h>

#include "api/handlers.h"
#include "api/rows.h"
#include "views/inventory.h"

/* ---- rows ---- */

static void add_place(struct cg_json *json, void *user) {
    const struct cg_view_entity_row *row = user;
    if (row->cloud)
        cg_json_put_text(json, "cloud", row->cloud);
    if (row->region)
        cg_json_put_text(json, "region", row->region);
}

static void add_life(struct cg_json *json, const struct cg_view_entity_row *row) {
    cg_json_put_instant(json, "created_at", row->created_at);
    cg_json_put_instant(json, "deleted_at", row->deleted_at);
    cg_json_put_instant(json, "last_seen_at", row->last_seen_at);
}

static void add_resource(void *user, const struct cg_view_entity_row *row) {
    struct cg_rows *rows = user;
    struct cg_json *json = &rows->json;
    struct cg_view_entity_row place = *row;
    cg_json_object(json);
    cg_rows_put_tenant(rows);
    cg_json_put_text(json, "resource_id", row->id);
    cg_json_put_text(json, "resource_type", row->type);
    cg_json_put_text(json, "display_name", row->display_name);
    cg_json_put_text(json, "parent_id", row->parent_id);
    cg_json_put_text(json, "owner_id", row->owner_id);
    cg_json_put_text(json, "status", row->status);
    add_life(json, row);
    cg_json_key(json, "metadata");
    cg_json_metadata(json, row->metadata, add_place, &place);
    cg_json_object_end(json);
}

static void add_identity(void *user, const struct cg_view_entity_row *row) {
    struct cg_rows *rows = user;
    struct cg_json *json = &rows->json;
    cg_json_object(json);
    cg_rows_put_tenant(rows);
    cg_json_put_text(json, "identity_id", row->id);
    cg_json_put_text(json, "identity_type", row->type);
    cg_json_put_text(json, "display_name", row->display_name);
    add_life(json, row);
    cg_json_key(json, "metadata");
    cg_json_metadata(json, row->metadata, NULL, NULL);
    cg_json_object_end(json);
}

/* ---- what is asked for ---- */

/* When entities have to be alive. */
struct life {
    struct cg_instant active_at;
    struct cg_instant period_start;
    struct cg_instant period_end;
};

static struct life read_life(struct cg_params *params) {
    return (struct life){
        .active_at = cg_param_instant(params, "active_at"),
        .period_start = cg_param_instant(params, "period_start"),
        .period_end = cg_param_instant(params, "period_end"),
    };
}

/* 1 when fine, else the refusal was written. One bound of a period alone is checked but means nothing. */
static int32_t resolve_life(struct cg_call *call, const struct life *life, struct cg_view_entity_filter *filter) {
    int64_t active_at = life->active_at.time;
    int64_t start = life->period_start.time;
    int64_t end = life->period_end.time;
    if (!cg_instant_check(call, "active_at", &life->active_at) ||
        !cg_instant_check(call, "period_start", &life->period_start) ||
        !cg_instant_check(call, "period_end", &life->period_end))
        return 0;
    if (active_at != CG_TIME_NONE && (start != CG_TIME_NONE || end != CG_TIME_NONE)) {
        cg_reply_detail(call, 400, "Cannot combine active_at with period_start/period_end");
        return 0;
    }
    int32_t is_period = start != CG_TIME_NONE && end != CG_TIME_NONE;
    if (is_period && start > end) {
        cg_reply_detail(call, 400, "period_start must be <= period_end");
        return 0;
    }
    filter->active_at = active_at;
    filter->period_start = is_period ? start : CG_TIME_NONE;
    filter->period_end = is_period ? end : CG_TIME_NONE;
    return 1;
}

/* Searching, sorting and tags belong to lists without a time. */
static void read_plain(struct cg_params *params, struct cg_view_entity_filter *filter) {
    const char *order = cg_param_text(params, "sort_order");
    const char *search = cg_param_text(params, "search");
    if (filter->active_at != CG_TIME_NONE || filter->period_start != CG_TIME_NONE)
        return;
    filter->search = search && *search ? search : NULL;
    filter->sort_by = cg_param_text(params, "sort_by");
    filter->descending = order && strcmp(order, "desc") == 0;
    filter->tag_key = cg_param_text(params, "tag_key");
    filter->tag_value = cg_param_text(params, "tag_value");
}

static cg_status reply_list(struct cg_call *call, int32_t identities) {
    struct cg_params params;
    struct cg_rows rows;
    int64_t total = 0;
    cg_params_init(&params, call);
    struct cg_view_entity_filter filter = {
        .identities = identities,
        .type = cg_param_text(&params, identities ? "identity_type" : "resource_type"),
        .status = identities ? NULL : cg_param_text(&params, "status"),
    };
    struct life life = read_life(&params);
    struct cg_page page = cg_params_page(&params);
    if (!cg_params_fine(&params) || !resolve_life(call, &life, &filter))
        return cg_reply_done(call);
    read_plain(&params, &filter);
    cg_rows_begin(&rows, call);
    cg_status status = cg_view_entities(call->store, &filter, page.offset, page.page_size,
                                        identities ? add_identity : add_resource, &rows, &total, &call->error);
    return cg_rows_end(&rows, &page, total, status);
}

cg_status cg_api_resources(struct cg_call *call) {
    return reply_list(call, 0);
}

cg_status cg_api_identities(struct cg_call *call) {
    return reply_list(call, 1);
}

/* ---- counts ---- */

static void add_count(void *user, const struct cg_view_entity_count *count) {
    struct cg_json *json = user;
    cg_json_key_text(json, count->type);
    cg_json_object(json);
    cg_json_put_int(json, "total", count->total);
    cg_json_put_int(json, "active", count->active);
    cg_json_put_int(json, "deleted", count->deleted);
    cg_json_object_end(json);
}

cg_status cg_api_inventory_summary(struct cg_call *call) {
    struct cg_json json;
    cg_status status = cg_store_begin_read(call->store, &call->error);
    if (status != CG_OK)
        return status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_key(&json, "resource_counts");
    cg_json_object(&json);
    status = cg_view_entity_counts(call->store, 0, add_count, &json, &call->error);
    cg_json_object_end(&json);
    cg_json_key(&json, "identity_counts");
    cg_json_object(&json);
    if (status == CG_OK)
        status = cg_view_entity_counts(call->store, 1, add_count, &json, &call->error);
    cg_json_object_end(&json);
    cg_json_object_end(&json);
    cg_store_rollback(call->store);
    return status == CG_OK ? cg_reply_done(call) : status;
}
