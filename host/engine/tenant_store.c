#include "engine/tenant_store.h"

#include <string.h>

#include "store/select.h"

static cg_status open_as(const struct cg_module *driver, const struct cg_tenant_settings *tenant,
                         int32_t has_environments, const struct cg_services_shared *shared, uint32_t flags,
                         struct cg_tenant_store *ret, struct cg_error *error) {
    struct cg_store_key key = {
        .ecosystem = tenant->ecosystem,
        .tenant_id = tenant->tenant_id,
        .tenant_name = tenant->name,
        .has_environments = has_environments,
    };
    struct cg_tenant_store opened = {0};
    if (strcmp(tenant->partitioning, "monthly") == 0)
        flags |= CG_STORE_MONTHLY;
    else if (strcmp(tenant->partitioning, "none") == 0)
        flags |= CG_STORE_UNPARTITIONED;
    if (cg_services_new(shared, driver->name, &opened.services) != CG_OK)
        return cg_error_no_memory(error);
    cg_status status = cg_store_open(driver->registration->factory, &opened.services->host, tenant->storage, &key,
                                     flags, shared->log, &opened.store, error);
    if (status != CG_OK) {
        cg_services_free(opened.services);
        return status;
    }
    *ret = opened;
    return CG_OK;
}

/* Whether the tenant has lines in the table of ecosystems with environments. */
static cg_status look_for_environments(struct cg_store *store, int32_t *ret, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "SELECT 1 FROM ccloud_billing WHERE ecosystem = ?1 AND tenant_id = ?2 LIMIT 1",
                   "looking for billing lines", error);
    cg_query_tenant(&query);
    *ret = cg_query_row(&query);
    return cg_query_end(&query);
}

/* Without its module, the rows tell which kind of ecosystem it is. */
static cg_status open_by_rows(const struct cg_module *driver, const struct cg_tenant_settings *tenant,
                              const struct cg_services_shared *shared, uint32_t flags, struct cg_tenant_store *ret,
                              struct cg_error *error) {
    struct cg_tenant_store opened = {0};
    int32_t has_environments = 0;
    cg_status status = open_as(driver, tenant, 1, shared, flags, &opened, error);
    if (status != CG_OK)
        return status;
    status = look_for_environments(opened.store, &has_environments, error);
    if (status == CG_OK && has_environments) {
        *ret = opened;
        return CG_OK;
    }
    cg_tenant_store_close(&opened);
    return status == CG_OK ? open_as(driver, tenant, 0, shared, flags, ret, error) : status;
}

cg_status cg_tenant_store_open(const struct cg_modules *modules, const struct cg_tenant_settings *tenant,
                               const struct cg_services_shared *shared, uint32_t flags, struct cg_tenant_store *ret,
                               struct cg_error *error) {
    const struct cg_module *ecosystem = cg_modules_find(modules, CG_KIND_ECOSYSTEM, tenant->ecosystem);
    const struct cg_module *driver = cg_modules_find_sql_driver(modules, tenant->storage->scheme);
    if (!driver)
        return cg_error_set(error, CG_INVALID, "no module serves '%s' databases", tenant->storage->scheme);
    if (!ecosystem)
        return open_by_rows(driver, tenant, shared, flags, ret, error);
    const struct cg_ecosystem *factory = ecosystem->registration->factory;
    return open_as(driver, tenant, (factory->flags & CG_ECOSYSTEM_HAS_ENVIRONMENTS) != 0, shared, flags, ret, error);
}

void cg_tenant_store_close(struct cg_tenant_store *tenant_store) {
    cg_store_close(tenant_store->store);
    cg_services_free(tenant_store->services);
    *tenant_store = (struct cg_tenant_store){0};
}
