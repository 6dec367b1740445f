#include "resolvers.h"

static const struct {
    const char *id;
    const char *type;
    const char *display_name;
} sentinels[CCLOUD_SENTINEL_COUNT] = {
    [CCLOUD_SENTINEL_CONNECTOR_UNKNOWN] = {"connector_credentials_unknown", "connector_credentials",
                                           "Connector Credentials Unknown"},
    [CCLOUD_SENTINEL_CONNECTOR_KEY_NOT_FOUND] = {"connector_api_key_not_found", "connector_credentials",
                                                 "Connector Credentials Unknown"},
    [CCLOUD_SENTINEL_CONNECTOR_ITSELF] = {NULL, "connector_credentials", "Connector Credentials Unknown"},
    [CCLOUD_SENTINEL_CONNECTOR_MASKED] = {"connector_credentials_masked", "connector_credentials",
                                          "Connector Credentials Masked"},
    [CCLOUD_SENTINEL_CONNECTOR_KEY_MASKED] = {"connector_api_key_masked", "connector_credentials",
                                              "Connector Credentials Masked"},
    [CCLOUD_SENTINEL_KSQLDB_DELETED] = {"ksqldb_deleted_when_calc_started", "ksqldb_credentials",
                                        "ksqlDB Deleted When Calculation Started"},
    [CCLOUD_SENTINEL_KSQLDB_OWNER_UNKNOWN] = {CCLOUD_KSQLDB_OWNER_UNKNOWN, "ksqldb_credentials",
                                              "ksqlDB Owner Unknown"},
    [CCLOUD_SENTINEL_FLINK_OWNER_UNKNOWN] = {"flink_stmt_owner_unknown", "flink_statement_owner",
                                             "Flink Statement Owner Unknown"},
};

void ccloud_sentinel(enum ccloud_sentinel sentinel, const char *id, struct cg_identity *ret) {
    *ret = (struct cg_identity){.struct_size = sizeof *ret,
                                .id = sentinels[sentinel].id != NULL ? sentinels[sentinel].id : id,
                                .type = sentinels[sentinel].type,
                                .display_name = sentinels[sentinel].display_name,
                                .created_at = CG_TIME_NONE,
                                .deleted_at = CG_TIME_NONE};
}

cg_status ccloud_add_sentinel(const struct cg_resolution_sink *sink, enum ccloud_sentinel sentinel, const char *id) {
    struct cg_identity identity;
    ccloud_sentinel(sentinel, id, &identity);
    return sink->add_active(sink, &identity);
}

cg_status ccloud_add_active(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                            const char *id) {
    struct cg_identity stand_in;
    const struct cg_identity *identity = context->find_identity(context, id);
    if (identity == NULL) {
        cg_identity_from_id(id, &stand_in);
        identity = &stand_in;
    }
    return sink->add_active(sink, identity);
}

static const char *given(const char *text) {
    return text == NULL || text[0] == '\0' ? NULL : text;
}

const char *ccloud_field_text(const struct cg_field *fields, size_t count, const char *key) {
    return given(cg_field_value(fields, count, key));
}

const char *ccloud_owner_of(const struct cg_resource *resource) {
    const char *owner = given(resource->owner_id);
    return owner != NULL ? owner : ccloud_field_text(resource->fields, resource->field_count, "owner_id");
}
