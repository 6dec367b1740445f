#include "engine/gather_batch.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A row while it is copied: the first thing that goes wrong stays. */
struct copying {
    struct cg_gather_batch *batch;
    const char *what; /* "resource" or "identity" */
    struct cg_error *error;
    cg_status status;
};

cg_status cg_gather_batch_init(struct cg_gather_batch *batch, struct cg_store *store, int64_t seen_at,
                               struct cg_error *error) {
    *batch = (struct cg_gather_batch){.store = store, .seen_at = seen_at, .arena = cg_arena_new()};
    return batch->arena ? CG_OK : cg_error_no_memory(error);
}

void cg_gather_batch_done(struct cg_gather_batch *batch) {
    cg_arena_free(batch->arena);
    batch->arena = NULL;
    batch->count = 0;
}

static cg_status write_rows(struct cg_gather_batch *batch, struct cg_error *error) {
    cg_status status = cg_store_begin(batch->store, error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < batch->count && status == CG_OK; i++) {
        const struct cg_gather_row *row = &batch->rows[i];
        status = row->resource ? cg_store_put_resource(batch->store, row->resource, batch->seen_at, error)
                               : cg_store_put_identity(batch->store, row->identity, batch->seen_at, error);
    }
    if (status == CG_OK)
        return cg_store_commit(batch->store, error);
    cg_store_rollback(batch->store);
    return status;
}

cg_status cg_gather_batch_flush(struct cg_gather_batch *batch, struct cg_error *error) {
    if (!batch->count)
        return CG_OK;
    cg_status status = write_rows(batch, error);
    batch->count = 0;
    batch->bytes = 0;
    cg_arena_reset(batch->arena);
    return status;
}

cg_status cg_gather_check_fields(const char *what, const struct cg_field *fields, size_t count,
                                 struct cg_error *error) {
    if (count > CG_GATHER_FIELDS)
        return cg_error_set(error, CG_INVALID, "%s has %zu metadata fields, at most %d are taken", what, count,
                            CG_GATHER_FIELDS);
    if (count && !fields)
        return cg_error_set(error, CG_INVALID, "%s has %zu metadata fields, but its fields are NULL", what, count);
    for (size_t i = 0; i < count; i++)
        if (!fields[i].key)
            return cg_error_set(error, CG_INVALID, "%s has a metadata field without key", what);
    return CG_OK;
}

static const char *copy_text(struct copying *copying, const char *text) {
    if (!text || copying->status != CG_OK)
        return NULL;
    size_t length = strnlen(text, CG_GATHER_TEXT_BYTES + 1);
    if (length > CG_GATHER_TEXT_BYTES) {
        copying->status = cg_error_set(copying->error, CG_INVALID, "a gathered %s has a text of more than %zu bytes",
                                       copying->what, CG_GATHER_TEXT_BYTES);
        return NULL;
    }
    const char *copy = cg_arena_copy(copying->batch->arena, text, length);
    if (!copy)
        copying->status = cg_error_no_memory(copying->error);
    copying->batch->bytes += length;
    return copy;
}

/* A text of the row, fit for the databases: `what` it is to "the resource" or "the identity". */
static const char *copy_name(struct copying *copying, const char *what, const char *text, size_t limit) {
    struct cg_gather_batch *batch = copying->batch;
    char whole[64];
    if (!text || copying->status != CG_OK)
        return NULL;
    snprintf(whole, sizeof whole, "%s of the %s", what, copying->what);
    const char *name = cg_border_mend(batch->arena, &batch->mended, whole, text, limit);
    const char *copy = name == text ? cg_arena_string(batch->arena, text) : name;
    if (!copy) {
        copying->status = cg_error_no_memory(copying->error);
        return NULL;
    }
    batch->bytes += strlen(copy);
    return copy;
}

/* A text for people: what is not clean becomes '?'. */
static const char *copy_label(struct copying *copying, const char *text) {
    const char *copy = copy_text(copying, text);
    if (!copy || cg_text_is_clean(copy, CG_GATHER_TEXT_BYTES))
        return copy;
    char *clean = cg_arena_string(copying->batch->arena, copy);
    if (!clean) {
        copying->status = cg_error_no_memory(copying->error);
        return NULL;
    }
    char what[64];
    snprintf(what, sizeof what, "display name of the %s", copying->what);
    cg_text_replace(clean, '?');
    cg_border_count(&copying->batch->mended, what, clean);
    return clean;
}

static const struct cg_field *copy_fields(struct copying *copying, const struct cg_field *fields, size_t count) {
    if (!count || copying->status != CG_OK)
        return NULL;
    char what[64];
    snprintf(what, sizeof what, "a gathered %s", copying->what);
    copying->status = cg_gather_check_fields(what, fields, count, copying->error);
    if (copying->status != CG_OK)
        return NULL;
    struct cg_field *copies = cg_arena_array(copying->batch->arena, count, sizeof *copies);
    if (!copies) {
        copying->status = cg_error_no_memory(copying->error);
        return NULL;
    }
    copying->batch->bytes += count * sizeof *copies;
    for (size_t i = 0; i < count; i++) {
        copies[i].key = copy_text(copying, fields[i].key);
        copies[i].value = copy_text(copying, fields[i].value);
        copies[i].kind = fields[i].kind;
    }
    return copies;
}

/* Takes the row the copy of which is ready, and writes the batch when it is full. */
static cg_status add(struct copying *copying, const struct cg_resource *resource, const struct cg_identity *identity) {
    struct cg_gather_batch *batch = copying->batch;
    if (copying->status != CG_OK)
        return copying->status;
    batch->rows[batch->count++] = (struct cg_gather_row){.resource = resource, .identity = identity};
    if (batch->count == CG_GATHER_BATCH_ROWS || batch->bytes >= CG_GATHER_BATCH_BYTES)
        return cg_gather_batch_flush(batch, copying->error);
    return CG_OK;
}

static cg_status check_size(const char *what, uint32_t size, size_t smallest, struct cg_error *error) {
    if (size >= smallest)
        return CG_OK;
    return cg_error_set(error, CG_INVALID, "a gathered %s has %lu bytes, at least %zu are needed (struct_size)", what,
                        (unsigned long)size, smallest);
}

static cg_status check_names(const char *what, const char *id, const char *type, struct cg_error *error) {
    if (id && *id && type && *type)
        return CG_OK;
    return cg_error_set(error, CG_INVALID, "a gathered %s has no id or no type", what);
}

cg_status cg_gather_batch_resource(struct cg_gather_batch *batch, const struct cg_resource *resource,
                                   struct cg_error *error) {
    static const char what[] = "resource";
    if (!resource)
        return cg_error_set(error, CG_INVALID, "a gathered %s is NULL", what);
    cg_status status = check_size(what, resource->struct_size,
                                  offsetof(struct cg_resource, fields) + sizeof(const struct cg_field *), error);
    if (status == CG_OK)
        status = check_names(what, resource->id, resource->type, error);
    if (status != CG_OK)
        return status;
    struct cg_resource *copy = cg_arena_alloc(batch->arena, sizeof *copy);
    if (!copy)
        return cg_error_no_memory(error);
    struct copying copying = {.batch = batch, .what = what, .error = error};
    *copy = (struct cg_resource){
        .struct_size = sizeof *copy,
        .field_count = resource->field_count,
        .id = copy_name(&copying, "id", resource->id, CG_BORDER_RESOURCE_BYTES),
        .type = copy_name(&copying, "type", resource->type, CG_BORDER_WORD_BYTES),
        .display_name = copy_label(&copying, resource->display_name),
        .parent_id = copy_name(&copying, "parent", resource->parent_id, CG_BORDER_RESOURCE_BYTES),
        .owner_id = copy_name(&copying, "owner", resource->owner_id, CG_BORDER_IDENTITY_BYTES),
        .cloud = copy_name(&copying, "cloud", resource->cloud, CG_BORDER_WORD_BYTES),
        .region = copy_name(&copying, "region", resource->region, CG_BORDER_WORD_BYTES),
        .created_at = resource->created_at,
        .deleted_at = resource->deleted_at,
        .fields = copy_fields(&copying, resource->fields, resource->field_count),
    };
    return add(&copying, copy, NULL);
}

cg_status cg_gather_batch_identity(struct cg_gather_batch *batch, const struct cg_identity *identity,
                                   struct cg_error *error) {
    static const char what[] = "identity";
    if (!identity)
        return cg_error_set(error, CG_INVALID, "a gathered %s is NULL", what);
    cg_status status = check_size(what, identity->struct_size,
                                  offsetof(struct cg_identity, fields) + sizeof(const struct cg_field *), error);
    if (status == CG_OK)
        status = check_names(what, identity->id, identity->type, error);
    if (status != CG_OK)
        return status;
    struct cg_identity *copy = cg_arena_alloc(batch->arena, sizeof *copy);
    if (!copy)
        return cg_error_no_memory(error);
    struct copying copying = {.batch = batch, .what = what, .error = error};
    *copy = (struct cg_identity){
        .struct_size = sizeof *copy,
        .field_count = identity->field_count,
        .id = copy_name(&copying, "id", identity->id, CG_BORDER_IDENTITY_BYTES),
        .type = copy_name(&copying, "type", identity->type, CG_BORDER_WORD_BYTES),
        .display_name = copy_label(&copying, identity->display_name),
        .created_at = identity->created_at,
        .deleted_at = identity->deleted_at,
        .fields = copy_fields(&copying, identity->fields, identity->field_count),
    };
    return add(&copying, NULL, copy);
}
