/* How a scheduler comes by another configuration; see scheduler.h. */
#include <stdint.h>
#include <stdlib.h>

#include "base/time.h"
#include "run/scheduler_private.h"

#define LOGGER "workflow_runner"

cg_status cg_roster_init(struct cg_roster *roster, struct cg_scheduler *scheduler, struct cg_generation *generation) {
    const size_t count = generation->settings->tenant_count;
    struct cg_roster made = {.generation = generation, .arena = cg_arena_new()};
    if (!made.arena)
        return CG_NO_MEMORY;
    made.slots = cg_arena_array(made.arena, count + 1, sizeof *made.slots);
    if (!made.slots ||
        cg_suspensions_init(&made.suspensions, generation->settings, scheduler->options.log, made.arena) != CG_OK) {
        cg_arena_free(made.arena);
        return CG_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        made.slots[i] = (struct cg_slot){
            .scheduler = scheduler,
            .index = i,
            .asked_at = CG_TIME_NONE,
            .stage_date = CG_TIME_NONE,
            .last_gather = CG_TIME_NONE,
            .known_run = -1,
            .known_since = cg_time_now(),
            .left_out = generation->left_out[i],
        };
    cg_generation_ref(generation);
    *roster = made;
    return CG_OK;
}

void cg_roster_done(struct cg_roster *roster) {
    if (!roster->generation)
        return;
    for (size_t i = 0; i < roster->generation->settings->tenant_count; i++) {
        cg_tenant_job_free(roster->slots[i].last_job);
        free(roster->slots[i].last_failure);
    }
    cg_generation_unref(roster->generation);
    cg_arena_free(roster->arena);
    *roster = (struct cg_roster){0};
}

/* Whether the same run would be done for it as before. */
static int is_same(const struct cg_roster *before, size_t from, const struct cg_roster *after, size_t to) {
    return cg_config_same(before->generation->settings->tenants[from].node,
                          after->generation->settings->tenants[to].node);
}

/* What is known of a tenant goes on; of one that changed, only what it did. */
static void keep_tenant(struct cg_roster *before, size_t from, struct cg_roster *after, size_t to,
                        const struct cg_log *log) {
    struct cg_slot *old = &before->slots[from];
    struct cg_slot *slot = &after->slots[to];
    const int same = is_same(before, from, after, to);
    slot->state = old->state;
    slot->origin = old->origin;
    slot->ticket = old->ticket;
    slot->asked_at = old->asked_at;
    slot->has_last = old->has_last;
    slot->last = old->last;
    slot->last_job = old->last_job;
    slot->last_failure = old->last_failure;
    slot->last_origin = old->last_origin;
    slot->totals = old->totals;
    slot->not_before = old->not_before;
    slot->busy_since = old->busy_since;
    slot->retries = old->retries;
    old->last_job = NULL;
    old->last_failure = NULL;
    old->state = CG_TENANT_IDLE;
    if (!same)
        return;
    /* Runs under other settings, of whichever process, do not stand for one under these. */
    slot->known_run = old->known_run;
    slot->known_since = old->known_since;
    slot->last_gather = old->last_gather;
    if (cg_suspensions_keep(&after->suspensions, to, &before->suspensions, from) != CG_OK)
        cg_log_write(log, LOGGER, CG_LOG_ERROR, "Tenant %s: out of memory, so it is not suspended any more",
                     after->generation->settings->tenants[to].name);
}

/* A tenant that is not in the file any more has no turn, in a cycle or by itself. */
static void release(struct cg_scheduler *scheduler, struct cg_slot *slot, const char *name) {
    if (slot->state != CG_TENANT_WAITING)
        return;
    cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                 "Tenant %s: the run that waited is dropped, because the tenant is not configured any more", name);
    if (slot->origin == CG_ORIGIN_SCHEDULE)
        scheduler->cycle_left--;
    slot->state = CG_TENANT_IDLE;
}

void cg_scheduler_apply(struct cg_scheduler *scheduler) {
    struct cg_roster before = scheduler->now;
    struct cg_roster *after = &scheduler->next;
    for (size_t i = 0; i < after->generation->settings->tenant_count; i++) {
        size_t from = cg_generation_find(before.generation, after->generation->settings->tenants[i].name);
        if (from != SIZE_MAX)
            keep_tenant(&before, from, after, i, scheduler->options.log);
    }
    for (size_t i = 0; i < before.generation->settings->tenant_count; i++)
        release(scheduler, &before.slots[i], before.generation->settings->tenants[i].name);
    scheduler->now = scheduler->next;
    scheduler->next = (struct cg_roster){0};
    scheduler->replacing = 0;
    cg_scheduler_plan(scheduler);
    /* The old one goes last: who is told may still hold texts of it. */
    scheduler->applied(scheduler->applied_user);
    cg_roster_done(&before);
}

cg_status cg_scheduler_replace(struct cg_scheduler *scheduler, struct cg_generation *generation,
                               void (*applied)(void *user), void *user) {
    if (scheduler->replacing || scheduler->stopping)
        return CG_TEMPORARY;
    if (cg_roster_init(&scheduler->next, scheduler, generation) != CG_OK)
        return CG_NO_MEMORY;
    scheduler->replacing = 1;
    scheduler->applied = applied;
    scheduler->applied_user = user;
    cg_scheduler_go_on(scheduler);
    return CG_OK;
}
