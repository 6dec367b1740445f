/*
 * tags.c - tags one by one, and lists of them.
 */
#include "api/tags.h"

#include <string.h>

#include "api/handlers.h"
#include "api/rows.h"
#include "store/select.h"
#include "views/tags.h"

int32_t cg_tag_key_check(struct cg_call *call, const char *key) {
    if (cg_tag_key_is_fine(key))
        return 1;
    cg_reply_detail(call, 400, "Invalid tag key format: %s", cg_call_quoted(call, key));
    return 0;
}

/* 1 when fine or not given; else the refusal was written. */
static int32_t check_type(struct cg_call *call, const char *entity_type) {
    if (!entity_type || cg_tag_entity_type_is_fine(entity_type))
        return 1;
    cg_reply_detail(call, 422, "entity_type must be one of ['identity', 'resource']");
    return 0;
}

/* ---- writing answers ---- */

static void put_tag(struct cg_json *json, const char *tenant_id, const struct cg_tag *tag) {
    cg_json_object(json);
    cg_json_put_int(json, "tag_id", tag->id);
    cg_json_put_text(json, "tenant_id", tenant_id);
    cg_json_put_text(json, "entity_type", tag->entity_type);
    cg_json_put_text(json, "entity_id", tag->entity_id);
    cg_json_put_text(json, "tag_key", tag->key);
    cg_json_put_text(json, "tag_value", tag->value);
    cg_json_put_text(json, "created_by", tag->created_by);
    cg_json_put_instant(json, "created_at", tag->created_at);
    cg_json_object_end(json);
}

static void add_tag(void *user, const struct cg_tag *tag) {
    struct cg_rows *rows = user;
    put_tag(&rows->json, cg_store_tenant_id(rows->call->store), tag);
}

static void add_text(void *user, const char *text) {
    cg_json_text(user, text);
}

static cg_status reply_tag(struct cg_call *call, uint32_t status, const struct cg_tag *tag) {
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    put_tag(&json, cg_store_tenant_id(call->store), tag);
    call->reply.status = status;
    return cg_reply_done(call);
}

/* ---- tags of one entity; the path is .../entities/{1: type}/{2: id}/tags[/{3: key}] ---- */

cg_status cg_api_entity_tags(struct cg_call *call) {
    struct cg_rows rows = {.call = call};
    if (!check_type(call, call->values[1]))
        return cg_reply_done(call);
    cg_json_init(&rows.json, &call->reply.body);
    cg_json_list(&rows.json);
    cg_status status = cg_view_entity_tags(call->store, call->values[1], call->values[2], add_tag, &rows, &call->error);
    cg_json_list_end(&rows.json);
    return status == CG_OK ? cg_reply_done(call) : status;
}

static cg_status reply_no_entity(struct cg_call *call) {
    const char *kind = strcmp(call->values[1], CG_TAG_RESOURCE) == 0 ? "Resource" : "Identity";
    return cg_reply_detail(call, 404, "%s %s not found", kind, call->values[2]);
}

/* Ends a write: what a refusal leaves behind is nothing. */
static cg_status leave(struct cg_call *call, cg_status status, int32_t written) {
    if (status == CG_OK && written)
        return cg_store_commit(call->store, &call->error);
    cg_store_rollback(call->store);
    return status;
}

/* The tag of a request to create one; 0 when the reply was written. */
static int32_t read_new_tag(struct cg_call *call, struct cg_tag *ret) {
    struct cg_params params;
    cg_params_init(&params, call);
    *ret = (struct cg_tag){.entity_type = call->values[1], .entity_id = call->values[2], .created_at = call->now};
    json_t *body = cg_body_object(&params);
    if (body) {
        ret->key = cg_body_text(&params, body, NULL, "tag_key", 1, 1, CG_TAG_KEY_MOST);
        ret->value = cg_body_text(&params, body, NULL, "tag_value", 1, 1, CG_TAG_VALUE_MOST);
        ret->created_by = cg_body_text(&params, body, NULL, "created_by", 1, 1, CG_TAG_AUTHOR_MOST);
    }
    return cg_params_fine(&params) && check_type(call, ret->entity_type) && cg_tag_key_check(call, ret->key);
}

cg_status cg_api_entity_tag_create(struct cg_call *call) {
    struct cg_tag tag;
    int32_t exists = 0;
    if (!read_new_tag(call, &tag))
        return cg_reply_done(call);
    cg_status status = cg_store_begin(call->store, &call->error);
    if (status != CG_OK)
        return status;
    status = cg_store_has_entity(call->store, tag.entity_type, tag.entity_id, &exists, &call->error);
    if (status == CG_OK && exists)
        status = cg_store_create_tag(call->store, &tag, &tag.id, &call->error);
    status = leave(call, status, tag.id != 0);
    if (status != CG_OK)
        return status;
    if (!exists)
        return reply_no_entity(call);
    if (!tag.id)
        return cg_reply_detail(call, 409, "Tag key '%s' already exists on %s %s", tag.key, tag.entity_type,
                               tag.entity_id);
    return reply_tag(call, 201, &tag);
}

/* Nothing has the key: because there is no such entity, or because it has other tags. */
static cg_status reply_no_tag(struct cg_call *call, int32_t exists) {
    if (!exists)
        return reply_no_entity(call);
    return cg_reply_detail(call, 404, "Tag key '%s' not found on %s %s", call->values[3], call->values[1],
                           call->values[2]);
}

cg_status cg_api_entity_tag_update(struct cg_call *call) {
    struct cg_params params;
    struct cg_tag tag = {.entity_type = call->values[1], .entity_id = call->values[2], .key = call->values[3]};
    int32_t found = 0;
    int32_t exists = 0;
    cg_params_init(&params, call);
    json_t *body = cg_body_object(&params);
    if (body)
        tag.value = cg_body_text(&params, body, NULL, "tag_value", 1, 1, CG_TAG_VALUE_MOST);
    if (!cg_params_fine(&params) || !check_type(call, tag.entity_type))
        return cg_reply_done(call);
    cg_status status = cg_store_begin(call->store, &call->error);
    if (status != CG_OK)
        return status;
    status = cg_store_update_tag(call->store, &tag, call->arena, &found, &call->error);
    if (status == CG_OK && !found)
        status = cg_store_has_entity(call->store, tag.entity_type, tag.entity_id, &exists, &call->error);
    status = leave(call, status, found);
    if (status != CG_OK)
        return status;
    return found ? reply_tag(call, 200, &tag) : reply_no_tag(call, exists);
}

cg_status cg_api_entity_tag_delete(struct cg_call *call) {
    const char *type = call->values[1];
    const char *id = call->values[2];
    int32_t found = 0;
    int32_t exists = 0;
    if (!check_type(call, type))
        return cg_reply_done(call);
    cg_status status = cg_store_begin(call->store, &call->error);
    if (status != CG_OK)
        return status;
    status = cg_store_delete_tag(call->store, type, id, call->values[3], &found, &call->error);
    if (status == CG_OK && !found)
        status = cg_store_has_entity(call->store, type, id, &exists, &call->error);
    status = leave(call, status, found);
    if (status != CG_OK)
        return status;
    if (!found)
        return reply_no_tag(call, exists);
    call->reply.status = 204;
    return cg_reply_done(call);
}

/* ---- lists ---- */

cg_status cg_api_tags(struct cg_call *call) {
    struct cg_params params;
    struct cg_rows rows;
    int64_t total = 0;
    cg_params_init(&params, call);
    struct cg_page page = cg_params_page(&params);
    struct cg_view_tag_filter filter = {
        .entity_type = cg_param_text(&params, "entity_type"),
        .key_part = cg_param_text(&params, "tag_key"),
    };
    if (!cg_params_fine(&params) || !check_type(call, filter.entity_type))
        return cg_reply_done(call);
    cg_rows_begin(&rows, call);
    cg_status status =
        cg_view_tags(call->store, &filter, page.offset, page.page_size, add_tag, &rows, &total, &call->error);
    return cg_rows_end(&rows, &page, total, status);
}

/* Lists of texts, {"keys":[...]}. */
static void begin_texts(struct cg_json *json, struct cg_call *call, const char *name) {
    cg_json_init(json, &call->reply.body);
    cg_json_object(json);
    cg_json_key(json, name);
    cg_json_list(json);
}

static cg_status end_texts(struct cg_json *json, struct cg_call *call, cg_status status) {
    cg_json_list_end(json);
    cg_json_object_end(json);
    return status == CG_OK ? cg_reply_done(call) : status;
}

cg_status cg_api_tag_keys(struct cg_call *call) {
    struct cg_params params;
    struct cg_json json;
    cg_params_init(&params, call);
    const char *type = cg_param_text(&params, "entity_type");
    if (!cg_params_fine(&params) || !check_type(call, type))
        return cg_reply_done(call);
    begin_texts(&json, call, "keys");
    return end_texts(&json, call, cg_view_tag_keys(call->store, type, add_text, &json, &call->error));
}

/* Keys that older versions accepted are served as long as they are there. */
static cg_status check_key(struct cg_call *call, const char *key, int32_t *ret_fine) {
    *ret_fine = cg_tag_key_is_fine(key);
    cg_status status = *ret_fine ? CG_OK : cg_view_has_tag_key(call->store, key, ret_fine, &call->error);
    if (status == CG_OK && !*ret_fine)
        cg_reply_detail(call, 400, "Invalid tag_key format: %s", cg_call_quoted(call, key));
    return status;
}

cg_status cg_api_tag_values(struct cg_call *call) {
    struct cg_params params;
    struct cg_json json;
    int32_t fine = 0;
    const char *key = call->values[1];
    cg_params_init(&params, call);
    const char *type = cg_param_text(&params, "entity_type");
    const char *beginning = cg_param_text(&params, "q");
    if (!cg_params_fine(&params) || !check_type(call, type))
        return cg_reply_done(call);
    cg_status status = check_key(call, key, &fine);
    if (status != CG_OK || !fine)
        return status == CG_OK ? cg_reply_done(call) : status;
    begin_texts(&json, call, "values");
    return end_texts(&json, call, cg_view_tag_values(call->store, key, type, beginning, add_text, &json, &call->error));
}
