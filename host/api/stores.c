#include "api/stores.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "engine/tenant_store.h"

/* How long a request waits to hear whether its answer is still good. */
#define PATIENCE_NS UINT64_C(20000000)

/* How long a request waits for somebody else to prepare a database. Mostly it is just opened, in milliseconds. */
#define PREPARE_PATIENCE_NS UINT64_C(1000000000)

struct cg_lent_store {
    struct cg_tenant_store opened;
    size_t tenant;
    int32_t write;
    struct cg_lent_store *next; /* while it is kept; the one given back last comes first */
};

struct tenant_state {
    int32_t prepared;              /* it was opened once since the start: its schema is ours */
    int32_t preparing;             /* somebody does that at the moment */
    int32_t asking;                /* somebody uses `watcher` at the moment */
    struct cg_lent_store *watcher; /* tells versions, and nothing else; versions of other connections are no use */
    int32_t renew;                 /* `watcher` is to be another one */
    int64_t seen;                  /* what the watcher told last */
    int64_t version;               /* our own number: another one whenever a watcher tells another one, or is new */
};

struct cg_stores {
    const struct cg_settings *settings;
    const struct cg_modules *modules;
    struct cg_services_shared shared;
    size_t keep;
    uv_mutex_t mutex; /* guards what is below */
    uv_cond_t asked;  /* somebody has done with a watcher, or with preparing */
    struct tenant_state *tenants;
    struct cg_lent_store *kept;
    size_t kept_count;
};

cg_status cg_stores_new(const struct cg_settings *settings, const struct cg_modules *modules, const struct cg_log *log,
                        size_t keep, struct cg_stores **ret) {
    struct cg_stores *stores = calloc(1, sizeof *stores);
    if (!stores)
        return CG_NO_MEMORY;
    stores->settings = settings;
    stores->modules = modules;
    stores->shared.log = log;
    stores->keep = keep;
    stores->tenants = calloc(settings->tenant_count + 1, sizeof *stores->tenants);
    int mutex = stores->tenants && uv_mutex_init(&stores->mutex) == 0;
    if (mutex && uv_cond_init(&stores->asked) == 0) {
        *ret = stores;
        return CG_OK;
    }
    if (mutex)
        uv_mutex_destroy(&stores->mutex);
    free(stores->tenants);
    free(stores);
    return CG_NO_MEMORY;
}

static int same_database(const struct cg_tenant_settings *left, const struct cg_tenant_settings *right) {
    return strcmp(left->connection_string, right->connection_string) == 0 &&
           strcmp(left->ecosystem, right->ecosystem) == 0 && strcmp(left->tenant_id, right->tenant_id) == 0;
}

void cg_stores_follow(struct cg_stores *stores, struct cg_stores *before) {
    if (!before)
        return;
    uv_mutex_lock(&before->mutex);
    for (size_t i = 0; i < stores->settings->tenant_count; i++)
        for (size_t k = 0; k < before->settings->tenant_count; k++)
            if (before->tenants[k].prepared &&
                same_database(&stores->settings->tenants[i], &before->settings->tenants[k]))
                stores->tenants[i].prepared = 1;
    uv_mutex_unlock(&before->mutex);
}

static void close_store(struct cg_lent_store *lent) {
    cg_tenant_store_close(&lent->opened);
    free(lent);
}

void cg_stores_free(struct cg_stores *stores) {
    if (!stores)
        return;
    while (stores->kept) {
        struct cg_lent_store *lent = stores->kept;
        stores->kept = lent->next;
        close_store(lent);
    }
    for (size_t i = 0; i < stores->settings->tenant_count; i++)
        if (stores->tenants[i].watcher)
            close_store(stores->tenants[i].watcher);
    uv_cond_destroy(&stores->asked);
    uv_mutex_destroy(&stores->mutex);
    free(stores->tenants);
    free(stores);
}

static cg_status open_store(const struct cg_stores *stores, size_t tenant, uint32_t flags, struct cg_tenant_store *ret,
                            struct cg_error *error) {
    return cg_tenant_store_open(stores->modules, &stores->settings->tenants[tenant], &stores->shared, flags, ret,
                                error);
}

/* Creates, adopts or migrates. A database that may only be read, and that needs nothing of that, is fine too. */
static cg_status prepare(const struct cg_stores *stores, size_t tenant, struct cg_error *error) {
    struct cg_tenant_store opened = {0};
    struct cg_error ignored = {0};
    cg_status status = open_store(stores, tenant, 0, &opened, error);
    if (status != CG_OK && open_store(stores, tenant, CG_STORE_READ_ONLY, &opened, &ignored) == CG_OK)
        status = CG_OK;
    if (status == CG_OK)
        cg_tenant_store_close(&opened);
    return status;
}

/* Waits, with the mutex held, until nobody is at it or the time is over. */
static void wait_for(struct cg_stores *stores, const int32_t *busy, uint64_t patience_ns) {
    uint64_t give_up = uv_hrtime() + patience_ns;
    for (uint64_t now = uv_hrtime(); *busy && now < give_up; now = uv_hrtime())
        uv_cond_timedwait(&stores->asked, &stores->mutex, give_up - now);
}

/* What is left to do about a database that must have been opened once. */
enum preparation { PREPARE_NOTHING, PREPARE_NOW, PREPARE_LATER };

/* Waits for whoever is at it, but not for ever, since adopting a large database takes minutes. */
static enum preparation begin_preparing(struct cg_stores *stores, size_t tenant) {
    struct tenant_state *state = &stores->tenants[tenant];
    enum preparation answer = PREPARE_NOW;
    uv_mutex_lock(&stores->mutex);
    wait_for(stores, &state->preparing, PREPARE_PATIENCE_NS);
    if (state->prepared)
        answer = PREPARE_NOTHING;
    else if (state->preparing)
        answer = PREPARE_LATER;
    else
        state->preparing = 1;
    uv_mutex_unlock(&stores->mutex);
    return answer;
}

/* Once per database and start, by one thread. */
static cg_status prepare_once(struct cg_stores *stores, size_t tenant, struct cg_error *error) {
    struct tenant_state *state = &stores->tenants[tenant];
    switch (begin_preparing(stores, tenant)) {
    case PREPARE_NOTHING:
        return CG_OK;
    case PREPARE_LATER:
        return cg_error_set(error, CG_TEMPORARY, "tenant '%s': its database is being prepared; try again in a moment",
                            stores->settings->tenants[tenant].name);
    case PREPARE_NOW:
        break;
    }
    cg_status status = prepare(stores, tenant, error);
    uv_mutex_lock(&stores->mutex);
    state->preparing = 0;
    state->prepared = status == CG_OK;
    uv_cond_broadcast(&stores->asked);
    uv_mutex_unlock(&stores->mutex);
    return status;
}

/* `write` -1: whatever it is for. */
static struct cg_lent_store *find_kept(struct cg_stores *stores, size_t tenant, int32_t write) {
    struct cg_lent_store *found = NULL;
    uv_mutex_lock(&stores->mutex);
    for (struct cg_lent_store **at = &stores->kept; *at && !found; at = found ? at : &(*at)->next)
        if ((*at)->tenant == tenant && (write < 0 || (*at)->write == write)) {
            found = *at;
            *at = found->next;
            stores->kept_count--;
        }
    uv_mutex_unlock(&stores->mutex);
    return found;
}

/* One that was kept may belong to a file that was replaced meanwhile. */
static struct cg_lent_store *take_kept(struct cg_stores *stores, size_t tenant, int32_t write) {
    struct cg_lent_store *lent = NULL;
    while ((lent = find_kept(stores, tenant, write)) != NULL) {
        struct cg_error ignored = {0};
        int64_t version = 0;
        if (cg_store_data_version(lent->opened.store, &version, &ignored) != CG_PERMANENT)
            return lent;
        close_store(lent);
    }
    return NULL;
}

static cg_status open_prepared(struct cg_stores *stores, size_t tenant, int32_t write, struct cg_tenant_store *ret,
                               struct cg_error *error) {
    cg_status status = prepare_once(stores, tenant, error);
    if (status != CG_OK)
        return status;
    status = open_store(stores, tenant, write ? 0 : CG_STORE_READ_ONLY, ret, error);
    if (status != CG_OK) {
        uv_mutex_lock(&stores->mutex);
        stores->tenants[tenant].prepared = 0; /* it may be gone, and come back in another shape */
        uv_mutex_unlock(&stores->mutex);
    }
    return status;
}

cg_status cg_stores_take(struct cg_stores *stores, size_t tenant, int32_t write, struct cg_lent_store **ret,
                         struct cg_error *error) {
    struct cg_lent_store *lent = take_kept(stores, tenant, write);
    if (lent) {
        *ret = lent;
        return CG_OK;
    }
    lent = calloc(1, sizeof *lent);
    if (!lent)
        return cg_error_no_memory(error);
    lent->tenant = tenant;
    lent->write = write;
    uv_mutex_lock(&stores->mutex);
    int32_t was_prepared = stores->tenants[tenant].prepared;
    uv_mutex_unlock(&stores->mutex);
    cg_status status = open_prepared(stores, tenant, write, &lent->opened, error);
    if (was_prepared && status != CG_OK && status != CG_TEMPORARY) { /* another database may be in its place */
        cg_error_clear(error);
        status = open_prepared(stores, tenant, write, &lent->opened, error);
    }
    if (status != CG_OK) {
        free(lent);
        return status;
    }
    *ret = lent;
    return CG_OK;
}

struct cg_store *cg_lent_store(struct cg_lent_store *lent) {
    return lent->opened.store;
}

/* Puts it in front; answers the one that was kept for longest when they are too many. */
static struct cg_lent_store *keep(struct cg_stores *stores, struct cg_lent_store *lent) {
    struct cg_lent_store *dropped = NULL;
    uv_mutex_lock(&stores->mutex);
    lent->next = stores->kept;
    stores->kept = lent;
    stores->kept_count++;
    if (stores->kept_count > stores->keep) {
        struct cg_lent_store **at = &stores->kept;
        while ((*at)->next)
            at = &(*at)->next;
        dropped = *at;
        *at = NULL;
        stores->kept_count--;
    }
    uv_mutex_unlock(&stores->mutex);
    return dropped;
}

void cg_stores_give_back(struct cg_stores *stores, struct cg_lent_store *lent, int32_t broken) {
    if (!lent)
        return;
    if (broken) {
        close_store(lent);
        return;
    }
    cg_store_rollback(lent->opened.store);
    struct cg_lent_store *dropped = keep(stores, lent);
    if (dropped)
        close_store(dropped);
}

/* One asks at a time, for some microseconds. Only where a database is locked does it take longer: then whoever comes
 * does without. */
static int32_t begin_asking(struct cg_stores *stores, size_t tenant) {
    struct tenant_state *state = &stores->tenants[tenant];
    uv_mutex_lock(&stores->mutex);
    wait_for(stores, &state->asking, PATIENCE_NS);
    int32_t free_to_ask = !state->asking;
    if (free_to_ask)
        state->asking = 1;
    uv_mutex_unlock(&stores->mutex);
    return free_to_ask;
}

/* Numbers of two watchers cannot be compared, so whatever a new one tells is news. */
static cg_status ask_watcher(struct cg_stores *stores, size_t tenant) {
    struct tenant_state *state = &stores->tenants[tenant];
    struct cg_error error = {0};
    int64_t seen = 0;
    cg_status status = CG_OK;
    uv_mutex_lock(&stores->mutex);
    int32_t renew = state->renew;
    state->renew = 0;
    uv_mutex_unlock(&stores->mutex);
    if (renew && state->watcher) {
        close_store(state->watcher);
        state->watcher = NULL;
    }
    int32_t is_new = !state->watcher;
    if (is_new)
        status = cg_stores_take(stores, tenant, 0, &state->watcher, &error);
    if (status == CG_OK && state->watcher)
        status = cg_store_data_version(cg_lent_store(state->watcher), &seen, &error);
    if (status == CG_OK && (is_new || seen != state->seen))
        state->version++;
    state->seen = seen;
    if (status != CG_OK && status != CG_NOT_FOUND && state->watcher) {
        close_store(state->watcher);
        state->watcher = NULL;
    }
    return status;
}

cg_status cg_stores_version(struct cg_stores *stores, size_t tenant, int64_t *ret) {
    struct tenant_state *state = &stores->tenants[tenant];
    if (!begin_asking(stores, tenant))
        return CG_TEMPORARY;
    cg_status status = ask_watcher(stores, tenant);
    if (status == CG_OK)
        *ret = state->version;
    uv_mutex_lock(&stores->mutex);
    state->asking = 0;
    uv_cond_broadcast(&stores->asked);
    uv_mutex_unlock(&stores->mutex);
    return status;
}

void cg_stores_forget(struct cg_stores *stores, size_t tenant) {
    struct cg_lent_store *lent = NULL;
    while ((lent = find_kept(stores, tenant, -1)) != NULL)
        close_store(lent);
    uv_mutex_lock(&stores->mutex);
    if (!stores->tenants[tenant].asking && stores->tenants[tenant].watcher) {
        lent = stores->tenants[tenant].watcher;
        stores->tenants[tenant].watcher = NULL;
    } else {
        stores->tenants[tenant].renew = 1;
    }
    uv_mutex_unlock(&stores->mutex);
    if (lent)
        close_store(lent);
}
