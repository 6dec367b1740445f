/* How a scheduler comes by another configuration; see scheduler.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "run/scheduler_private.h"

#define LOGGER "workflow_runner"

/* ---- slots and rosters ---- */

static struct cg_slot *new_slot(struct cg_scheduler *scheduler, const struct cg_generation *generation, size_t index) {
    struct cg_slot *slot = calloc(1, sizeof *slot);
    if (slot)
        *slot = (struct cg_slot){
            .scheduler = scheduler,
            .index = index,
            .asked_at = CG_TIME_NONE,
            .stage_date = CG_TIME_NONE,
            .last_gather = CG_TIME_NONE,
            .known_run = -1,
            .known_since = cg_time_now(),
            .left_out = generation->left_out[index],
        };
    return slot;
}

static void free_slot(struct cg_slot *slot) {
    if (!slot)
        return;
    cg_tenant_job_free(slot->last_job);
    free(slot->last_failure);
    free(slot);
}

void cg_roster_done(struct cg_roster *roster) {
    if (!roster->generation)
        return;
    for (size_t i = 0; roster->slots && i < roster->generation->settings->tenant_count; i++)
        free_slot(roster->slots[i]);
    cg_generation_unref(roster->generation);
    cg_arena_free(roster->arena);
    *roster = (struct cg_roster){0};
}

cg_status cg_roster_init(struct cg_roster *roster, struct cg_scheduler *scheduler, struct cg_generation *generation) {
    const size_t count = generation->settings->tenant_count;
    struct cg_roster made = {.generation = cg_generation_ref(generation), .arena = cg_arena_new()};
    cg_status status = CG_NO_MEMORY;
    if (made.arena)
        made.slots = cg_arena_array(made.arena, count + 1, sizeof(struct cg_slot *));
    if (made.slots)
        status = cg_suspensions_init(&made.suspensions, generation->settings, scheduler->options.log, made.arena);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        made.slots[i] = new_slot(scheduler, generation, i);
        status = made.slots[i] ? CG_OK : CG_NO_MEMORY;
    }
    if (status != CG_OK) {
        cg_roster_done(&made);
        return status;
    }
    *roster = made;
    return CG_OK;
}

/* ---- tenants that stay ---- */

/* Whether the same run would be done for it as before. */
static int is_same(const struct cg_roster *before, size_t from, const struct cg_roster *after, size_t to) {
    return cg_config_same(before->generation->settings->tenants[from].node,
                          after->generation->settings->tenants[to].node);
}

/* A limit is the way to be rid of a run that hangs, so it holds for the one at work, too. */
static void keep_running(const struct cg_slot *slot, const struct cg_tenant_settings *settings,
                         const struct cg_log *log) {
    const int64_t seconds = settings->execution_timeout_seconds;
    const char *limit = "";
    if (seconds != cg_tenant_job_settings(slot->job)->execution_timeout_seconds)
        limit = seconds ? ", but ends when its new time limit is over" : ", without a time limit from now on";
    if (slot->outdated || *limit)
        cg_log_write(log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: the run at work goes on with the settings it began with%s; the next one has the new "
                     "ones",
                     settings->name, limit);
    cg_tenant_job_limit(slot->job, seconds);
}

/* What is known of a tenant goes on; of one that changed, only what it did. */
static void keep_tenant(struct cg_roster *before, size_t from, struct cg_roster *after, size_t to,
                        const struct cg_log *log) {
    const struct cg_tenant_settings *settings = &after->generation->settings->tenants[to];
    struct cg_slot *slot = before->slots[from];
    before->slots[from] = after->slots[to];
    after->slots[to] = slot;
    slot->index = to;
    slot->left_out = after->generation->left_out[to];
    if (!is_same(before, from, after, to)) {
        /* Runs under other settings, of whichever process, do not stand for one under these. */
        slot->known_run = -1;
        slot->known_since = cg_time_now();
        slot->last_gather = CG_TIME_NONE;
        slot->outdated = slot->state == CG_TENANT_RUNNING;
    } else if (cg_suspensions_keep(&after->suspensions, to, &before->suspensions, from) != CG_OK) {
        cg_log_write(log, LOGGER, CG_LOG_ERROR, "Tenant %s: out of memory, so it is not suspended any more",
                     settings->name);
    }
    if (slot->state == CG_TENANT_RUNNING)
        keep_running(slot, settings, log);
}

/* ---- tenants that go ---- */

/* A tenant that is not in the file any more has no turn, in a cycle or by itself, and nobody wants the one it has. */
static void let_go(struct cg_scheduler *scheduler, struct cg_slot **at, const char *name) {
    struct cg_slot *slot = *at;
    if (slot->state == CG_TENANT_WAITING) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: the run that waited is dropped, because the tenant is not configured any more", name);
        scheduler->cycle_left -= slot->member != 0;
    } else if (slot->state == CG_TENANT_RUNNING) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: the run at work is asked to stop, because the tenant is not configured any more",
                     name);
        *at = NULL;
        slot->departed = 1;
        slot->next = scheduler->departed;
        scheduler->departed = slot;
        cg_tenant_job_stop(slot->job);
    }
}

void cg_slot_forget(struct cg_slot *slot) {
    struct cg_scheduler *scheduler = slot->scheduler;
    struct cg_slot **at = &scheduler->departed;
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO, "Tenant %s: its last run has ended",
                 cg_tenant_job_settings(slot->job)->name);
    scheduler->cycle_left -= slot->member != 0;
    cg_tenant_job_free(slot->job);
    free_slot(slot);
}

int cg_slot_is_held(const struct cg_slot *slot) {
    const struct cg_scheduler *scheduler = slot->scheduler;
    const struct cg_tenant_settings *ours = &scheduler->now.generation->settings->tenants[slot->index];
    for (const struct cg_slot *other = scheduler->departed; other; other = other->next) {
        const struct cg_tenant_settings *theirs = cg_tenant_job_settings(other->job);
        if (strcmp(ours->name, theirs->name) == 0 ||
            (strcmp(ours->ecosystem, theirs->ecosystem) == 0 && strcmp(ours->tenant_id, theirs->tenant_id) == 0))
            return 1;
    }
    return 0;
}

/* ---- putting into effect ---- */

cg_status cg_scheduler_replace(struct cg_scheduler *scheduler, struct cg_generation *generation,
                               void (*applied)(void *user), void *user) {
    struct cg_roster before = scheduler->now;
    struct cg_roster after = {0};
    if (scheduler->stopping)
        return CG_TEMPORARY;
    if (cg_roster_init(&after, scheduler, generation) != CG_OK)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < generation->settings->tenant_count; i++) {
        size_t from = cg_generation_find(before.generation, generation->settings->tenants[i].name);
        if (from != SIZE_MAX)
            keep_tenant(&before, from, &after, i, scheduler->options.log);
    }
    for (size_t i = 0; i < before.generation->settings->tenant_count; i++)
        let_go(scheduler, &before.slots[i], before.generation->settings->tenants[i].name);
    scheduler->now = after;
    cg_scheduler_plan(scheduler);
    /* The old one goes last: who is told may still hold texts of it. */
    applied(user);
    cg_roster_done(&before);
    cg_scheduler_go_on(scheduler);
    return CG_OK;
}
