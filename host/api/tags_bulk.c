/*
 * tags_bulk.c - many tags in one request: those of a list, or one for everything that was charged.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/tags.h"
#include "views/tags.h"

#define ITEMS_MOST 10000u

/* `errors` 1: with the list of errors, which has always been empty. */
static cg_status reply_counts(struct cg_call *call, const struct cg_tag_counts *counts, int32_t errors) {
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_int(&json, "created_count", counts->created);
    cg_json_put_int(&json, "updated_count", counts->updated);
    cg_json_put_int(&json, "skipped_count", counts->skipped);
    if (errors) {
        cg_json_key(&json, "errors");
        cg_json_list(&json);
        cg_json_list_end(&json);
    }
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

/* ---- a list ---- */

static void read_item(struct cg_params *params, json_t *items, size_t index, struct cg_tag *tag) {
    const struct cg_place list = {.key = "items"};
    const struct cg_place place = {.parent = &list, .index = index};
    json_t *item = json_array_get(items, index);
    if (!json_is_object(item)) {
        cg_body_problem(params, "model_attributes_type", &place,
                        "Input should be a valid dictionary or object to extract fields from", item, NULL);
        return;
    }
    tag->entity_type = cg_body_text(params, item, &place, "entity_type", 1, 0, SIZE_MAX);
    tag->entity_id = cg_body_text(params, item, &place, "entity_id", 1, 1, CG_TAG_ENTITY_MOST);
    tag->key = cg_body_text(params, item, &place, "tag_key", 1, 1, CG_TAG_KEY_MOST);
    tag->value = cg_body_text(params, item, &place, "tag_value", 1, 1, CG_TAG_VALUE_MOST);
}

/* 0 when the reply was written. */
static int32_t check_items(struct cg_call *call, const struct cg_tag *tags, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!cg_tag_entity_type_is_fine(tags[i].entity_type)) {
            cg_reply_detail(call, 422, "Invalid entity_type '%s'", tags[i].entity_type);
            return 0;
        }
        if (!cg_tag_key_check(call, tags[i].key))
            return 0;
    }
    return 1;
}

cg_status cg_api_tags_bulk(struct cg_call *call) {
    struct cg_params params;
    struct cg_tag_counts counts = {0};
    struct cg_tag *tags = NULL;
    int32_t overwrite = 0;
    cg_params_init(&params, call);
    json_t *body = cg_body_object(&params);
    json_t *items = body ? cg_body_list(&params, body, NULL, "items", 1, 1, ITEMS_MOST) : NULL;
    size_t count = json_array_size(items);
    if (count)
        tags = cg_arena_array(call->arena, count, sizeof *tags);
    if (count && !tags) {
        cg_params_fine(&params);
        return cg_error_no_memory(&call->error);
    }
    for (size_t i = 0; i < count; i++)
        read_item(&params, items, i, &tags[i]);
    if (body) {
        overwrite = cg_body_bool(&params, body, NULL, "override_existing", 0);
        const char *author = cg_body_text(&params, body, NULL, "created_by", 1, 1, CG_TAG_AUTHOR_MOST);
        for (size_t i = 0; i < count; i++) {
            tags[i].created_by = author;
            tags[i].created_at = call->now;
        }
    }
    if (!cg_params_fine(&params) || !check_items(call, tags, count))
        return cg_reply_done(call);
    cg_status status = cg_store_put_tags(call->store, tags, count, overwrite, &counts, &call->error);
    return status == CG_OK ? reply_counts(call, &counts, 0) : status;
}

/* ---- what was charged ---- */

/* What a request by filter asks for. */
struct wish {
    struct cg_range_given range;
    const char *identity_id; /* or NULL */
    const char *entity_type; /* or NULL: resources */
    struct cg_tag tag;       /* without an entity */
    int32_t overwrite;
};

/* 0 when the reply was written. */
static int32_t read_wish(struct cg_call *call, struct wish *ret) {
    struct cg_params params;
    cg_params_init(&params, call);
    *ret = (struct wish){.tag = {.created_at = call->now}};
    json_t *body = cg_body_object(&params);
    if (body) {
        ret->range = cg_body_range(&params, body);
        ret->identity_id = cg_body_text(&params, body, NULL, "identity_id", 0, 0, SIZE_MAX);
        ret->tag.key = cg_body_text(&params, body, NULL, "tag_key", 1, 1, CG_TAG_KEY_MOST);
        ret->tag.value = cg_body_text(&params, body, NULL, "display_name", 1, 1, CG_TAG_VALUE_MOST);
        ret->tag.created_by = cg_body_text(&params, body, NULL, "created_by", 1, 1, CG_TAG_AUTHOR_MOST);
        ret->overwrite = cg_body_bool(&params, body, NULL, "override_existing", 0);
        ret->entity_type = cg_body_text(&params, body, NULL, "entity_type", 0, 0, SIZE_MAX);
    }
    return cg_params_fine(&params);
}

/* Writes the tag on all entities. */
static cg_status tag_all(struct cg_call *call, const struct wish *wish, const struct cg_view_entity *entities,
                         size_t count, struct cg_tag_counts *ret) {
    struct cg_tag *tags = count ? cg_arena_array(call->arena, count, sizeof *tags) : NULL;
    if (count && !tags)
        return cg_error_no_memory(&call->error);
    for (size_t i = 0; i < count; i++) {
        tags[i] = wish->tag;
        tags[i].entity_type = entities[i].entity_type;
        tags[i].entity_id = entities[i].entity_id;
    }
    return cg_store_put_tags(call->store, tags, count, wish->overwrite, ret, &call->error);
}

cg_status cg_api_tags_bulk_by_filter(struct cg_call *call) {
    struct wish wish;
    struct cg_range range;
    struct cg_tag_counts counts = {0};
    struct cg_view_entity *entities = NULL;
    size_t count = 0;
    int64_t start = 0;
    int64_t end = 0;
    if (!read_wish(call, &wish) || !cg_range_resolve(call, &wish.range, &range))
        return cg_reply_done(call);
    if (wish.entity_type && !cg_tag_entity_type_is_fine(wish.entity_type))
        return cg_reply_detail(call, 422, "Invalid entity_type '%s'", wish.entity_type);
    if (!cg_tag_key_check(call, wish.tag.key))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &start, &end);
    int32_t identities = wish.entity_type && strcmp(wish.entity_type, CG_TAG_IDENTITY) == 0;
    cg_status status = cg_view_charged(call->store, start, end, wish.identity_id, identities, call->arena, &entities,
                                       &count, &call->error);
    if (status == CG_OK)
        status = tag_all(call, &wish, entities, count, &counts);
    return status == CG_OK ? reply_counts(call, &counts, 1) : status;
}
