/*
 * tenant_store.h - a tenant's database, found from its settings and the modules' registrations alone.
 *
 * No function of the ecosystem's module is called for it, so reading a database does not depend on how that module
 * fares.
 */
#ifndef CG_ENGINE_TENANT_STORE_H
#define CG_ENGINE_TENANT_STORE_H

#include "config/settings.h"
#include "engine/services.h"
#include "module/modules.h"
#include "store/store.h"

/** A store and the services its driver lives on. */
struct cg_tenant_store {
    struct cg_store *store;
    struct cg_services *services;
};

/**
 * Opens the database of a tenant. `flags` as for cg_store_open. An ecosystem that no module serves is no hindrance: the
 * rows tell where its lines are. `ret` is set only on success; end it with cg_tenant_store_close. Errors: CG_INVALID
 * when no module serves the database, those of cg_store_open.
 */
cg_status cg_tenant_store_open(const struct cg_modules *modules, const struct cg_tenant_settings *tenant,
                               const struct cg_services_shared *shared, uint32_t flags, struct cg_tenant_store *ret,
                               struct cg_error *error);

/** Closes it. A zeroed one is fine. */
void cg_tenant_store_close(struct cg_tenant_store *tenant_store);

#endif
