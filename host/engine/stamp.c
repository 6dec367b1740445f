#include "engine/stamp.h"

#include <string.h>

#include "base/time.h"

void cg_stamp_put_fields(struct cg_digest *digest, const struct cg_field *fields, size_t count) {
    cg_digest_int(digest, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        cg_digest_text(digest, fields[i].key);
        cg_digest_text(digest, fields[i].value);
        cg_digest_int(digest, fields[i].kind);
    }
}

void cg_stamp_identity(const struct cg_identity *identity, struct cg_stamp *ret) {
    struct cg_digest digest;
    cg_digest_start(&digest, "identity");
    cg_digest_text(&digest, identity->id);
    cg_digest_text(&digest, identity->type);
    cg_digest_text(&digest, identity->display_name);
    cg_digest_int(&digest, identity->created_at);
    cg_stamp_put_fields(&digest, identity->fields, identity->field_count);
    cg_digest_end(&digest, ret->digest);
    ret->created_at = identity->created_at;
    ret->deleted_at = identity->deleted_at;
}

void cg_stamp_resource(const struct cg_resource *resource, struct cg_stamp *ret) {
    const char *const texts[] = {resource->id,       resource->type,  resource->display_name, resource->parent_id,
                                 resource->owner_id, resource->cloud, resource->region};
    struct cg_digest digest;
    cg_digest_start(&digest, "resource");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cg_digest_text(&digest, texts[i]);
    cg_digest_int(&digest, resource->created_at);
    cg_stamp_put_fields(&digest, resource->fields, resource->field_count);
    cg_digest_end(&digest, ret->digest);
    ret->created_at = resource->created_at;
    ret->deleted_at = resource->deleted_at;
}

int32_t cg_life_overlaps(int64_t created_at, int64_t deleted_at, int64_t start, int64_t end) {
    int born = created_at == CG_TIME_NONE || created_at < end;
    int gone = deleted_at != CG_TIME_NONE && deleted_at <= start;
    return born && !gone;
}

int32_t cg_stamp_lives(const struct cg_stamp *stamp, int64_t start, int64_t end) {
    return cg_life_overlaps(stamp->created_at, stamp->deleted_at, start, end);
}

void cg_stamp_put(struct cg_digest *digest, const struct cg_stamp *stamp, int64_t end) {
    unsigned char record[CG_DIGEST_BYTES + sizeof(int64_t)];
    int64_t deleted_at = stamp->deleted_at < end ? stamp->deleted_at : CG_TIME_NONE;
    memcpy(record, stamp->digest, CG_DIGEST_BYTES);
    memcpy(record + CG_DIGEST_BYTES, &deleted_at, sizeof deleted_at);
    cg_digest_bytes(digest, record, sizeof record);
}

void cg_stamp_put_open_window(struct cg_digest *digest, int64_t end, int64_t now) {
    if (end > now)
        cg_digest_int(digest, cg_time_day(now));
}
