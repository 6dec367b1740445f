#include "api/overview.h"

#include <stdlib.h>
#include <string.h>

#include "api/private.h"
#include "base/time.h"

/* How long those who ask wait for a tenant that cannot be looked at. */
#define PATIENCE_MS 2000

/* One look at one tenant. A job that is slow outlives the round that began it, and keeps others from being begun. */
struct look {
    struct cg_job job; /* first */
    struct cg_overview *overview;
    struct cg_api_generation *generation;
    size_t tenant;
    uint64_t round;
    uint64_t batch;
    struct cg_arena *arena; /* texts of `found` */
    struct cg_overview_tenant found;
};

struct entry {
    struct cg_overview_tenant tenant;
    struct cg_arena *arena; /* its texts, or NULL */
    int32_t busy;           /* a look is under way */
};

struct cg_overview {
    struct cg_api *api;
    struct entry *entries;
    size_t count;
    uint64_t round;     /* goes up when everything is to be forgotten */
    uint64_t batch;     /* goes up with each look at all */
    size_t under_way;   /* looks of the latest batch: nobody waits for one that an earlier batch left behind */
    uint64_t looked_at; /* on the loop's clock; 0: never */
    struct cg_overview_waiter *waiters;
};

static const struct cg_overview_tenant unknown = {.problem = "it was not looked at yet"};

cg_status cg_overview_new(struct cg_api *api, struct cg_overview **ret) {
    struct cg_overview *overview = calloc(1, sizeof *overview);
    if (!overview)
        return CG_NO_MEMORY;
    overview->api = api;
    *ret = overview;
    return CG_OK;
}

static void forget(struct cg_overview *overview) {
    for (size_t i = 0; i < overview->count; i++)
        cg_arena_free(overview->entries[i].arena);
    free(overview->entries);
    overview->entries = NULL;
    overview->count = 0;
}

void cg_overview_free(struct cg_overview *overview) {
    if (!overview)
        return;
    forget(overview);
    free(overview);
}

static void call_waiters(struct cg_overview *overview) {
    struct cg_overview_waiter *waiter = NULL;
    while ((waiter = overview->waiters)) {
        overview->waiters = waiter->next;
        waiter->ready(waiter);
    }
}

void cg_overview_leave(struct cg_overview *overview, const struct cg_overview_waiter *waiter) {
    struct cg_overview_waiter **at = &overview->waiters;
    while (*at && *at != waiter)
        at = &(*at)->next;
    if (*at)
        *at = waiter->next;
}

void cg_overview_reset(struct cg_overview *overview) {
    size_t count = overview->api->current->loan.settings->tenant_count;
    struct cg_overview_waiter *waiter = overview->waiters;
    struct cg_overview_waiter *next = NULL;
    overview->waiters = NULL;
    forget(overview);
    overview->round++;
    overview->under_way = 0;
    overview->looked_at = 0;
    overview->entries = calloc(count + 1, sizeof *overview->entries);
    overview->count = overview->entries ? count : 0;
    for (; waiter; waiter = next) {
        next = waiter->next;
        cg_overview_look(overview, 0, waiter);
    }
}

/* ---- one look ---- */

static cg_status read_tenant(struct look *look, struct cg_error *error) {
    struct cg_lent_store *lent = NULL;
    cg_status status = cg_stores_take(look->generation->stores, look->tenant, 0, &lent, error);
    if (status != CG_OK)
        return status;
    status = cg_view_progress(cg_lent_store(lent), &look->found.progress, error);
    if (status == CG_OK)
        status = cg_store_run_latest(cg_lent_store(lent), cg_time_now(), look->arena, &look->found.run, error);
    cg_stores_give_back(look->generation->stores, lent, status != CG_OK);
    if (status == CG_PERMANENT)
        cg_stores_forget(look->generation->stores, look->tenant);
    return status;
}

static void work(struct cg_job *job) {
    struct look *look = (struct look *)job;
    struct cg_error error = {0};
    cg_status status = read_tenant(look, &error);
    look->found.looked = 1;
    look->found.ready = status == CG_OK;
    if (status != CG_OK)
        look->found.problem = cg_arena_string(look->arena, error.text);
}

/* A problem is told once, not every two seconds. */
static void tell(const struct cg_overview *overview, const struct entry *entry, const struct look *look) {
    const char *before = entry->tenant.problem ? entry->tenant.problem : "";
    const char *name = look->generation->loan.settings->tenants[look->tenant].name;
    if (look->found.problem && strcmp(before, look->found.problem) != 0)
        cg_log_write(overview->api->options.log, CG_API_LOGGER, CG_LOG_WARNING,
                     "backend_prepare_failed tenant_name=%s: %s", name, cg_store_sentence(name, look->found.problem));
}

static void done(struct cg_job *job, int32_t taken_back) {
    struct look *look = (struct look *)job;
    struct cg_overview *overview = look->overview;
    int current = look->round == overview->round && look->tenant < overview->count;
    if (current) {
        struct entry *entry = &overview->entries[look->tenant];
        entry->busy = 0;
        overview->under_way -= look->batch == overview->batch;
        if (!taken_back) {
            tell(overview, entry, look);
            cg_arena_free(entry->arena);
            entry->arena = look->arena;
            entry->tenant = look->found;
            look->arena = NULL;
        }
    }
    cg_arena_free(look->arena);
    cg_api_generation_unref(look->generation);
    free(look);
    if (current && !overview->under_way)
        call_waiters(overview);
}

static void start_look(struct cg_overview *overview, size_t tenant) {
    struct look *look = calloc(1, sizeof *look);
    struct cg_arena *arena = look ? cg_arena_new() : NULL;
    if (!arena) { /* what is known stays as it is */
        free(look);
        return;
    }
    *look = (struct look){
        .job = {.work = work, .done = done, .tenant = tenant},
        .overview = overview,
        .generation = cg_api_generation_ref(overview->api->current),
        .tenant = tenant,
        .round = overview->round,
        .batch = overview->batch,
        .arena = arena,
    };
    overview->entries[tenant].busy = 1;
    overview->under_way++;
    cg_pool_add(overview->api->pool, &look->job);
}

void cg_overview_look(struct cg_overview *overview, uint64_t fresh_ms, struct cg_overview_waiter *waiter) {
    uint64_t now = uv_now(overview->api->options.loop);
    int fresh = overview->looked_at && now - overview->looked_at < fresh_ms && !overview->under_way;
    if (fresh || !overview->count) {
        waiter->ready(waiter);
        return;
    }
    waiter->deadline = now + PATIENCE_MS;
    waiter->next = overview->waiters;
    overview->waiters = waiter;
    if (!overview->under_way || now - overview->looked_at >= PATIENCE_MS) {
        overview->looked_at = now ? now : 1;
        overview->batch++;
        overview->under_way = 0;
        for (size_t i = 0; i < overview->count; i++)
            if (!overview->entries[i].busy)
                start_look(overview, i);
    }
    if (!overview->under_way) /* nothing could be started */
        call_waiters(overview);
}

void cg_overview_tick(struct cg_overview *overview) {
    uint64_t now = uv_now(overview->api->options.loop);
    for (struct cg_overview_waiter **at = &overview->waiters; *at;) {
        struct cg_overview_waiter *waiter = *at;
        if (now < waiter->deadline) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->ready(waiter);
        at = &overview->waiters; /* the list may be another one now */
    }
}

const struct cg_overview_tenant *cg_overview_tenant(const struct cg_overview *overview, size_t index) {
    return index < overview->count && overview->entries[index].tenant.looked ? &overview->entries[index].tenant
                                                                             : &unknown;
}
