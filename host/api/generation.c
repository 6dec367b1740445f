#include <stdlib.h>
#include <string.h>

#include "api/private.h"

static cg_status read_tenants(struct cg_api_generation *generation) {
    const struct cg_settings *settings = generation->loan.settings;
    generation->tenants = calloc(settings->tenant_count + 1, sizeof *generation->tenants);
    if (!generation->tenants)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < settings->tenant_count; i++) {
        const struct cg_tenant_settings *tenant = &settings->tenants[i];
        generation->tenants[i] = (struct cg_api_tenant){
            .settings = tenant,
            .index = i,
            .topics_status = tenant->topics_status ? tenant->topics_status : "disabled",
            .topics_error = tenant->topics_error,
            .hourly = strcmp(tenant->chargeback_granularity, "hourly") == 0,
        };
    }
    return CG_OK;
}

static void free_generation(struct cg_api_generation *generation) {
    cg_stores_free(generation->stores);
    cg_auth_free(generation->auth);
    cg_kept_free(generation->kept);
    free(generation->tenants);
    free(generation);
}

cg_status cg_api_generation_new(struct cg_api *api, const struct cg_api_settings_loan *loan,
                                struct cg_api_generation **ret, struct cg_error *error) {
    struct cg_api_generation *generation = calloc(1, sizeof *generation);
    if (!generation)
        return cg_error_no_memory(error);
    generation->api = api;
    generation->loan = *loan;
    generation->references = 1;
    cg_status status = read_tenants(generation);
    if (status == CG_OK)
        status = cg_stores_new(loan->settings, api->options.modules, api->options.log,
                               cg_pool_threads(loan->settings->api.threads), &generation->stores);
    if (status == CG_OK)
        cg_stores_follow(generation->stores, api->current ? api->current->stores : NULL);
    if (status == CG_OK)
        status = cg_auth_new(&loan->settings->api, &generation->auth);
    if (status == CG_OK)
        status = cg_kept_new(&generation->kept);
    if (status != CG_OK) {
        free_generation(generation);
        return status == CG_NO_MEMORY ? cg_error_no_memory(error)
                                      : cg_error_set(error, status, "the system has no random numbers");
    }
    api->generation_count++;
    *ret = generation;
    return CG_OK;
}

struct cg_api_generation *cg_api_generation_ref(struct cg_api_generation *generation) {
    generation->references++;
    return generation;
}

/* Closing the last connection to a database may take a while, because its log is put into it. */
static void close_stores(struct cg_job *job) {
    struct cg_api_generation *generation =
        (struct cg_api_generation *)((char *)job - offsetof(struct cg_api_generation, ending));
    cg_stores_free(generation->stores);
    generation->stores = NULL;
}

static void on_closed(struct cg_job *job, int32_t taken_back) {
    struct cg_api_generation *generation =
        (struct cg_api_generation *)((char *)job - offsetof(struct cg_api_generation, ending));
    struct cg_api_settings_loan loan = generation->loan;
    (void)taken_back;
    generation->api->generation_count--;
    free_generation(generation);
    loan.release(loan.owner);
}

void cg_api_generation_unref(struct cg_api_generation *generation) {
    if (!generation || --generation->references > 0)
        return;
    generation->ending = (struct cg_job){.work = close_stores, .done = on_closed, .tenant = SIZE_MAX};
    cg_pool_add(generation->api->pool, &generation->ending);
}

const struct cg_api_tenant *cg_api_generation_tenant(const struct cg_api_generation *generation, const char *name) {
    const struct cg_settings *settings = generation->loan.settings;
    for (size_t i = 0; i < settings->tenant_count; i++)
        if (strcmp(settings->tenants[i].name, name) == 0)
            return &generation->tenants[i];
    return NULL;
}
