#include "api/elsewhere.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/claim.h"
#include "store/runs.h"

/* How long somebody waits for a database that does not answer. */
#define PATIENCE_MS 2000

struct cg_elsewhere {
    struct cg_job job; /* first */
    struct cg_api_generation *generation;
    struct cg_elsewhere *next; /* in api->questions */
    size_t tenant;
    uint64_t deadline;                      /* on the loop's clock, milliseconds */
    void (*told)(void *user, int32_t busy); /* NULL: was told, or dropped */
    void *user;
    int32_t busy; /* the job's */
};

/* ---- on a thread ---- */

/* Of a run that has not ended, the row tells whether its process lives, as far as that can be seen from here; the lock
 * tells it for certain. Whoever begins a run just then tries more than once, so to take the lock for a moment is fine.
 */
static cg_status look(struct cg_store *store, struct cg_arena *arena, int32_t *ret_busy, int32_t *ret_locked,
                      struct cg_error *error) {
    struct cg_run_row run = {0};
    int32_t held = 0;
    cg_status status = cg_store_run_latest(store, cg_time_now(), arena, &run, error);
    if (status != CG_OK || !run.found || !run.status || strcmp(run.status, CG_RUN_RUNNING) != 0)
        return status;
    status = cg_store_claim(store, &held, error);
    *ret_locked = held || status == CG_TEMPORARY;
    *ret_busy = status == CG_TEMPORARY || (status == CG_OK && !held && run.alive);
    if (held)
        cg_store_release(store);
    return status == CG_TEMPORARY ? CG_OK : status;
}

static void work(struct cg_job *job) {
    struct cg_elsewhere *question = (struct cg_elsewhere *)job;
    struct cg_stores *stores = question->generation->stores;
    struct cg_lent_store *lent = NULL;
    struct cg_error error = {0};
    int32_t locked = 0;
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return;
    cg_status status = cg_stores_take(stores, question->tenant, 0, &lent, &error);
    if (status == CG_OK)
        status = look(cg_lent_store(lent), arena, &question->busy, &locked, &error);
    /* A connection that had a lock is not as others are. */
    cg_stores_give_back(stores, lent, status != CG_OK || locked);
    if (status == CG_PERMANENT)
        cg_stores_forget(stores, question->tenant);
    cg_arena_free(arena);
}

/* ---- on the loop ---- */

static void tell(struct cg_elsewhere *question, int32_t busy) {
    void (*told)(void *user, int32_t busy) = question->told;
    question->told = NULL;
    if (told)
        told(question->user, busy);
}

static void done(struct cg_job *job, int32_t taken_back) {
    struct cg_elsewhere *question = (struct cg_elsewhere *)job;
    struct cg_elsewhere **at = &question->generation->api->questions;
    (void)taken_back;
    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    tell(question, question->busy);
    cg_api_generation_unref(question->generation);
    free(question);
}

struct cg_elsewhere *cg_elsewhere_ask(struct cg_api_generation *generation, size_t tenant,
                                      void (*told)(void *user, int32_t busy), void *user) {
    struct cg_api *api = generation->api;
    struct cg_elsewhere *question = calloc(1, sizeof *question);
    if (!question)
        return NULL;
    *question = (struct cg_elsewhere){
        .job = {.work = work, .done = done, .tenant = tenant},
        .generation = cg_api_generation_ref(generation),
        .next = api->questions,
        .tenant = tenant,
        .deadline = uv_now(api->options.loop) + PATIENCE_MS,
        .told = told,
        .user = user,
    };
    api->questions = question;
    cg_pool_add(api->pool, &question->job);
    return question;
}

void cg_elsewhere_drop(struct cg_elsewhere *question) {
    if (!question)
        return;
    question->told = NULL;
    (void)cg_pool_take_back(&question->job);
}

static struct cg_elsewhere *find_overdue(const struct cg_api *api) {
    struct cg_elsewhere *question = api->questions;
    while (question && (!question->told || uv_now(api->options.loop) < question->deadline))
        question = question->next;
    return question;
}

/* One that waits for a thread is taken back, or a database that hangs would collect questions to which nobody listens.
 * Whoever is told may ask again. */
void cg_elsewhere_tick(struct cg_api *api) {
    struct cg_elsewhere *question = NULL;
    while ((question = find_overdue(api)))
        if (!cg_pool_take_back(&question->job))
            tell(question, 0);
}
