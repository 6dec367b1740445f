#include "engine/stand_in.h"

#include "base/text.h"
#include "engine/border.h"
#include "engine/gather_batch.h"
#include "store/metadata.h"

static cg_status check_shape(const struct cg_identity *identity, struct cg_error *error) {
    if (!cg_text_is_clean(identity->id, CG_BORDER_IDENTITY_BYTES))
        return cg_error_set(error, CG_INVALID, "it added the identity '%.60s', the id of which " CG_BORDER_UNFIT,
                            identity->id, CG_BORDER_IDENTITY_BYTES);
    if (identity->type && !*identity->type)
        return cg_error_set(error, CG_INVALID, "it added the identity '%.60s' with an empty type", identity->id);
    if (identity->type && !cg_text_is_clean(identity->type, CG_BORDER_WORD_BYTES))
        return cg_error_set(error, CG_INVALID, "it added the identity '%.60s', the type of which " CG_BORDER_UNFIT,
                            identity->id, CG_BORDER_WORD_BYTES);
    if (identity->field_count > CG_GATHER_FIELDS)
        return cg_error_set(error, CG_INVALID,
                            "it added the identity '%.60s' with %lu metadata fields, at most %d are taken",
                            identity->id, (unsigned long)identity->field_count, CG_GATHER_FIELDS);
    return CG_OK;
}

static cg_status check_metadata(const struct cg_identity *identity, struct cg_error *error) {
    if (!identity->field_count)
        return CG_OK;
    struct cg_buf buf;
    const char *text = NULL;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    cg_status status = cg_metadata_write(&buf, identity->fields, identity->field_count, &text);
    cg_buf_done(&buf);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        return cg_error_set(error, CG_INVALID,
                            "it added the identity '%.60s', the metadata of which cannot be stored: %s", identity->id,
                            status == CG_RANGE ? "it is longer than 1 MiB" : "a value is not what its kind says");
    return CG_OK;
}

static int32_t copy_fields(struct cg_arena *arena, const struct cg_identity *identity, struct cg_identity *copy) {
    if (!identity->field_count || !identity->fields)
        return 1;
    struct cg_field *fields = cg_arena_array(arena, identity->field_count, sizeof *fields);
    if (!fields)
        return 0;
    for (uint32_t i = 0; i < identity->field_count; i++) {
        const struct cg_field *field = &identity->fields[i];
        fields[i] = (struct cg_field){.key = cg_arena_string(arena, field->key ? field->key : ""),
                                      .value = cg_arena_string(arena, field->value),
                                      .kind = field->kind};
        if (!fields[i].key || (field->value && !fields[i].value))
            return 0;
    }
    copy->fields = fields;
    copy->field_count = identity->field_count;
    return 1;
}

static const struct cg_identity *copy_identity(struct cg_arena *arena, const struct cg_identity *identity) {
    struct cg_identity *copy = cg_arena_alloc(arena, sizeof *copy);
    char *label = cg_arena_string(arena, identity->display_name);
    if (!copy || (identity->display_name && !label))
        return NULL;
    if (label)
        cg_text_replace(label, '?');
    *copy = (struct cg_identity){
        .struct_size = sizeof *copy,
        .id = cg_arena_string(arena, identity->id),
        .type = cg_arena_string(arena, identity->type ? identity->type : "unknown"),
        .display_name = label,
        .created_at = identity->created_at,
        .deleted_at = identity->deleted_at,
    };
    return copy->id && copy->type && copy_fields(arena, identity, copy) ? copy : NULL;
}

cg_status cg_stand_in_take(struct cg_arena *arena, const struct cg_identity *identity, const struct cg_identity **ret,
                           struct cg_error *error) {
    cg_status status = check_shape(identity, error);
    if (status != CG_OK)
        return status;
    const struct cg_identity *copy = copy_identity(arena, identity);
    if (!copy)
        return cg_error_no_memory(error);
    status = check_metadata(copy, error);
    if (status == CG_OK)
        *ret = copy;
    return status;
}
