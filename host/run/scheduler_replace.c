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

/* Whether it is the same one in the database, whatever it is called. */
static int is_same_tenant(const struct cg_tenant_settings *left, const struct cg_tenant_settings *right) {
    return strcmp(left->ecosystem, right->ecosystem) == 0 && strcmp(left->tenant_id, right->tenant_id) == 0;
}

/* What is known of a tenant is kept by its name. One that works, and is another one now, is stopped like one that is
 * gone: nobody wants what it does, and somebody else may be that tenant now. */
static int stays(const struct cg_roster *before, size_t from, const struct cg_tenant_settings *now) {
    if (from == SIZE_MAX)
        return 0;
    return before->slots[from]->state != CG_TENANT_RUNNING ||
           is_same_tenant(&before->generation->settings->tenants[from], now);
}

/* Whether the same run would be done for it as before. */
static int is_same(const struct cg_roster *before, size_t from, const struct cg_roster *after, size_t to) {
    return cg_config_same(before->generation->settings->tenants[from].node,
                          after->generation->settings->tenants[to].node);
}

/* A limit is the way to be rid of a run that hangs, so it holds for the one at work, too. */
static void keep_running(struct cg_slot *slot, const struct cg_tenant_settings *settings, const struct cg_log *log) {
    const int64_t seconds = settings->execution_timeout_seconds;
    const char *limit = "";
    if (cg_tenant_job_limit(slot->job, seconds))
        limit = seconds ? ", but ends when its new time limit is over" : ", without a time limit from now on";
    slot->outdated = 1;
    cg_log_write(log, LOGGER, CG_LOG_INFO,
                 "Tenant %s: the run at work goes on with the settings it began with%s; the next one has the new ones",
                 settings->name, limit);
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
        if (slot->state == CG_TENANT_RUNNING)
            keep_running(slot, settings, log);
    } else if (cg_suspensions_keep(&after->suspensions, to, &before->suspensions, from) != CG_OK) {
        cg_log_write(log, LOGGER, CG_LOG_ERROR, "Tenant %s: out of memory, so it is not suspended any more",
                     settings->name);
    }
}

/* ---- tenants that go ---- */

/* A tenant that is not in the file any more has no turn, in a cycle or by itself, and nobody wants the one it has.
 * `renewed`: there is another one with its name, which goes on with its counters, since they may not go back. */
static void let_go(struct cg_scheduler *scheduler, struct cg_slot **at, const char *name, struct cg_slot *renewed) {
    struct cg_slot *slot = *at;
    if (slot->state == CG_TENANT_WAITING) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: the run that waited is dropped, because the tenant is not configured any more", name);
        scheduler->cycle_left -= slot->member != 0;
    } else if (slot->state == CG_TENANT_RUNNING) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: the run at work is asked to stop, because the tenant %s", name,
                     renewed ? "has another ecosystem or tenant_id now" : "is not configured any more");
        if (renewed)
            renewed->totals = slot->totals;
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
        if (strcmp(ours->name, theirs->name) == 0 || is_same_tenant(ours, theirs))
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
        if (stays(&before, from, &generation->settings->tenants[i]))
            keep_tenant(&before, from, &after, i, scheduler->options.log);
    }
    for (size_t i = 0; i < before.generation->settings->tenant_count; i++) {
        const char *name = before.generation->settings->tenants[i].name;
        size_t to = cg_generation_find(generation, name);
        let_go(scheduler, &before.slots[i], name, to == SIZE_MAX ? NULL : after.slots[to]);
    }
    scheduler->now = after;
    cg_scheduler_plan(scheduler);
    /* The old one goes last: who is told may still hold texts of it. */
    applied(user);
    cg_roster_done(&before);
    cg_scheduler_go_on(scheduler);
    return CG_OK;
}
