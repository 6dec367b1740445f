#include "store/history.h"

#include <string.h>

#include "store/once.h"
#include "store/spelling.h"

/* The one revision with a name instead of a number, and the number before it. */
#define NAMED CG_HISTORY_ENVIRONMENT_BILLING
#define BEFORE_NAMED 5

/* The newest number that is known. */
#define LAST 32

int32_t cg_history_position(const char *revision) {
    if (strcmp(revision, NAMED) == 0)
        return BEFORE_NAMED + 1;
    if (strlen(revision) != 3 || strspn(revision, "0123456789") != 3)
        return 0;
    int32_t number = (revision[0] - '0') * 100 + (revision[1] - '0') * 10 + (revision[2] - '0');
    if (number > LAST)
        return 0;
    return number > BEFORE_NAMED ? number + 1 : number;
}

cg_status cg_history_check_billing(struct cg_store *store, const struct cg_ddl_columns *columns,
                                   struct cg_error *error) {
    struct cg_buf buf;
    const char *stranger = NULL;
    if (!cg_ddl_has_column(columns, "metadata_json"))
        return CG_OK;
    struct cg_arena *arena = cg_arena_new();
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_add_text(&buf, "SELECT ecosystem FROM " CG_TABLE_BILLING " WHERE ecosystem <> ?1 AND COALESCE(");
    cg_spelling_add(&buf, cg_spelling_of(store->driver->dialect)->env_id, "", "metadata_json");
    cg_buf_add_text(&buf, ", '') <> '' LIMIT 1");
    cg_status status = CG_OK;
    if (arena && buf.status == CG_OK)
        status = cg_once_text(store, cg_buf_text(&buf), store->ecosystem, "looking for other ecosystems", arena,
                              &stranger, error);
    else
        status = cg_error_no_memory(error);
    if (status == CG_OK && stranger)
        status = cg_store_error(store, error, CG_PERMANENT,
                                "the table 'billing' of the old database holds lines of the ecosystem '%.60s' while "
                                "the tenant's is '%s'; open it once with a tenant of that ecosystem",
                                stranger, store->ecosystem);
    cg_buf_done(&buf);
    cg_arena_free(arena);
    return status;
}

/* The greatest environments are collected first, each with one look into billing for all dimensions of a resource. */
cg_status cg_history_fill_environments(struct cg_store *store, struct cg_error *error) {
    static const char *const statements[] = {
        "CREATE TABLE cg_old_environments (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, "
        "resource_id VARCHAR NOT NULL, env_id VARCHAR NOT NULL, PRIMARY KEY (ecosystem, tenant_id, resource_id))",
        "INSERT INTO cg_old_environments (ecosystem, tenant_id, resource_id, env_id) "
        "SELECT ecosystem, tenant_id, resource_id, MAX(env_id) FROM " CG_TABLE_ENVIRONMENT_BILLING
        " GROUP BY ecosystem, tenant_id, resource_id",
        "UPDATE chargeback_dimensions SET env_id = COALESCE((SELECT e.env_id FROM cg_old_environments e WHERE "
        "e.ecosystem = chargeback_dimensions.ecosystem AND e.tenant_id = chargeback_dimensions.tenant_id AND "
        "e.resource_id = chargeback_dimensions.resource_id), '') WHERE env_id = ''",
        "DROP TABLE cg_old_environments",
    };
    cg_status status = CG_OK;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0] && status == CG_OK; i++)
        status = cg_ddl_execute(store, statements[i], "giving dimensions their environment", error);
    return status;
}

cg_status cg_history_name_topics(struct cg_store *store, struct cg_error *error) {
    return cg_ddl_execute(store,
                          "UPDATE topic_attribution_dimensions SET resource_id = cluster_resource_id || ':topic:' || "
                          "topic_name WHERE resource_id = ''",
                          "giving topics their resource id", error);
}

cg_status cg_history_drop_labels(struct cg_store *store, int64_t *ret_rows, struct cg_error *error) {
    int32_t found = 0;
    *ret_rows = 0;
    cg_status status = cg_ddl_exists(store, "custom_tags", &found, error);
    if (status != CG_OK || !found)
        return status;
    status = cg_once_number(store, "SELECT COUNT(*) FROM custom_tags", NULL, "counting custom_tags", ret_rows, error);
    if (status == CG_OK)
        status = cg_ddl_execute(store, "DROP TABLE custom_tags", "dropping custom_tags", error);
    return status;
}
