#include "store/claim.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "store/private.h"

const char *cg_claim_name(const char *ecosystem, const char *tenant_id, char ret[CG_CLAIM_NAME_SIZE]) {
    int length = snprintf(ret, CG_CLAIM_NAME_SIZE, "run:%s/%s", ecosystem, tenant_id);
    if (length > 0 && length < CG_CLAIM_NAME_SIZE)
        return ret;
    unsigned char digest[crypto_generichash_BYTES];
    char text[2 * sizeof digest + 1];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    crypto_generichash_update(&state, (const unsigned char *)ecosystem, strlen(ecosystem) + 1);
    crypto_generichash_update(&state, (const unsigned char *)tenant_id, strlen(tenant_id));
    crypto_generichash_final(&state, digest, sizeof digest);
    snprintf(ret, CG_CLAIM_NAME_SIZE, "run:%s", sodium_bin2hex(text, sizeof text, digest, sizeof digest));
    return ret;
}

static int has_locks(const struct cg_sql_driver *driver) {
    return CG_HAS_MEMBER(driver, struct cg_sql_driver, unlock) && driver->lock && driver->unlock;
}

cg_status cg_store_claim(struct cg_store *store, int32_t *ret_held, struct cg_error *error) {
    char name[CG_CLAIM_NAME_SIZE];
    *ret_held = 0;
    if (!has_locks(store->driver))
        return CG_OK;
    cg_status status = store->driver->lock(store->connection, cg_claim_name(store->ecosystem, store->tenant_id, name));
    if (status != CG_OK)
        return cg_store_failed(store, status, "claiming the tenant", error);
    *ret_held = 1;
    return CG_OK;
}

void cg_store_release(struct cg_store *store) {
    char name[CG_CLAIM_NAME_SIZE];
    if (has_locks(store->driver))
        store->driver->unlock(store->connection, cg_claim_name(store->ecosystem, store->tenant_id, name));
}
