#include "engine/tenant_store.h"

cg_status cg_tenant_store_open(const struct cg_modules *modules, const struct cg_tenant_settings *tenant,
                               const struct cg_services_shared *shared, uint32_t flags, struct cg_tenant_store *ret,
                               struct cg_error *error) {
    const struct cg_module *ecosystem = cg_modules_find(modules, CG_KIND_ECOSYSTEM, tenant->ecosystem);
    if (!ecosystem)
        return cg_error_set(error, CG_INVALID, "the ecosystem '%s' is not loaded", tenant->ecosystem);
    const struct cg_module *driver = cg_modules_find_sql_driver(modules, tenant->storage->scheme);
    if (!driver)
        return cg_error_set(error, CG_INVALID, "no module serves '%s' databases", tenant->storage->scheme);
    const struct cg_ecosystem *factory = ecosystem->registration->factory;
    struct cg_store_key key = {
        .ecosystem = ecosystem->name,
        .tenant_id = tenant->tenant_id,
        .tenant_name = tenant->name,
        .has_environments = (factory->flags & CG_ECOSYSTEM_HAS_ENVIRONMENTS) != 0,
    };
    struct cg_tenant_store opened = {0};
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

void cg_tenant_store_close(struct cg_tenant_store *tenant_store) {
    cg_store_close(tenant_store->store);
    cg_services_free(tenant_store->services);
    *tenant_store = (struct cg_tenant_store){0};
}
