#include "engine/pipeline_run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "engine/tenant_metrics.h"
#include "store/claim.h"
#include "store/runs.h"

/** Room for the errors of a run that its row keeps. */
#define MESSAGE_LIMIT 65536

/** How often a process tells that it lives, in microseconds. */
#define LIFE_US (CG_RUN_SILENCE_US / 6)

/** How long a claim is waited for that may have belonged to this run's own dead worker, or to a process that has just
 * ended, and how often it is asked for, in milliseconds: a server needs a moment to notice. */
#define CLAIM_RESUME_MS 10000
#define CLAIM_MS 300
#define CLAIM_STEP_MS 50

void cg_pipeline_run_error(struct cg_pipeline_run *run, const char *text) {
    const struct cg_observer *outer = run->options->observer;
    run->result.errors++;
    if (run->message.status == CG_OK && run->message.length + strlen(text) + 2 < MESSAGE_LIMIT)
        cg_buf_printf(&run->message, "%s%s", run->message.length ? "; " : "", text);
    if (outer->error)
        outer->error(outer->user, text);
}

void cg_pipeline_run_note(struct cg_pipeline_run *run, const char *text) {
    if (run->options->observer->note)
        run->options->observer->note(run->options->observer->user, text);
}

int cg_pipeline_run_is_stopped(const struct cg_pipeline_run *run) {
    return cg_services_is_stopped(&run->runtime->shared);
}

/* ---- the observer that modules' and stages' texts pass through ---- */

static void take_error(void *user, const char *text) {
    cg_pipeline_run_error(user, text);
}

static void take_note(void *user, const char *text) {
    cg_pipeline_run_note(user, text);
}

/* A gather may ask its provider for longer than other machines wait for news. That a locked database does not take
 * them now and then does no harm. */
static void tell_life(struct cg_pipeline_run *run) {
    struct cg_error error = {0};
    int64_t now = cg_time_now();
    if (!run->run_id || (now >= run->told_life && now - run->told_life < LIFE_US))
        return;
    run->told_life = now;
    (void)cg_store_run_touch(run->store, run->run_id, &error);
}

static void take_progress(void *user, const char *what, uint64_t done, uint64_t total) {
    struct cg_pipeline_run *run = user;
    tell_life(run);
    if (run->options->observer->progress)
        run->options->observer->progress(run->options->observer->user, what, done, total);
}

/* ---- life ---- */

void cg_pipeline_run_init(struct cg_pipeline_run *run, const struct cg_pipeline_options *options) {
    const struct cg_tenant_settings *tenant = options->runtime->tenant;
    int64_t now = cg_time_now();
    *run = (struct cg_pipeline_run){
        .options = options,
        .runtime = options->runtime,
        .observer = {.user = run, .error = take_error, .progress = take_progress, .note = take_note},
        .now = now,
        .told_life = now,
    };
    /* What retention would delete at the end of the run is not gathered at its start. */
    int64_t days = tenant->lookback_days < tenant->retention_days ? tenant->lookback_days : tenant->retention_days;
    run->start = cg_time_day(run->now - days * CG_DAY_US);
    run->end = cg_time_day(run->now - tenant->cutoff_days * CG_DAY_US);
    if (run->start > run->end)
        run->start = run->end;
    cg_buf_init(&run->message, MESSAGE_LIMIT);
}

void cg_pipeline_run_done(struct cg_pipeline_run *run) {
    cg_tenant_metrics_close(run->runtime);
    if (run->claimed)
        cg_store_release(run->store);
    cg_tenant_store_close(&run->database);
    cg_arena_free(run->arena);
    cg_buf_done(&run->message);
}

cg_status cg_pipeline_run_open(struct cg_pipeline_run *run, struct cg_error *error) {
    struct cg_runtime *runtime = run->runtime;
    cg_status status =
        cg_tenant_store_open(runtime->modules, runtime->tenant, &runtime->shared, 0, &run->database, error);
    run->store = run->database.store;
    return status;
}

/* ---- others ---- */

/* Somebody else works on the tenant. */
static cg_status leave_to(struct cg_pipeline_run *run, struct cg_error *error) {
    struct cg_run_holder holder = {0};
    char who[sizeof holder.machine + 64] = "another process";
    cg_status status = cg_store_run_holder(run->store, &holder, error);
    if (status != CG_OK)
        return status;
    run->result.elsewhere = CG_ELSEWHERE_BUSY;
    run->result.other_run = holder.run ? holder.run - 1 : holder.last_run;
    if (holder.pid)
        (void)snprintf(who, sizeof who, "process %lld on machine %s (run %lld)", (long long)holder.pid, holder.machine,
                       (long long)holder.run);
    return cg_error_set(error, CG_TEMPORARY, "it is being worked on by %s", who);
}

static void wait_a_step(void) {
    const struct timespec step = {.tv_nsec = CLAIM_STEP_MS * 1000000L};
    (void)nanosleep(&step, NULL);
}

cg_status cg_pipeline_run_claim(struct cg_pipeline_run *run, int32_t after_death, struct cg_error *error) {
    const int patience = after_death ? CLAIM_RESUME_MS : CLAIM_MS;
    cg_status status = cg_store_claim(run->store, &run->claimed, error);
    for (int waited = 0; status == CG_TEMPORARY && waited < patience && !cg_pipeline_run_is_stopped(run);
         waited += CLAIM_STEP_MS) {
        wait_a_step();
        cg_error_clear(error);
        status = cg_store_claim(run->store, &run->claimed, error);
    }
    if (status != CG_TEMPORARY)
        return status;
    cg_error_clear(error);
    return leave_to(run, error);
}

int32_t cg_pipeline_run_is_cut_off(struct cg_pipeline_run *run, cg_status status) {
    struct cg_error error = {0};
    if (status == CG_OK || status == CG_CANCELLED || status == CG_NO_MEMORY || cg_pipeline_run_is_stopped(run))
        return 0;
    if (!run->store)
        return status == CG_TEMPORARY;
    if (!run->claimed && !run->result.gather_failed)
        return 0;
    status = cg_store_run_touch(run->store, run->run_id, &error);
    if (!run->claimed)
        return status == CG_TEMPORARY;
    return status != CG_OK && status != CG_CANCELLED && status != CG_NO_MEMORY;
}

static int32_t is_young(const struct cg_pipeline_run *run, const struct cg_run_row *other) {
    const struct cg_pipeline_options *options = run->options;
    /* The time is one of another machine: what seems to lie ahead has ended just now. */
    const int64_t age = run->now > other->ended_at ? run->now - other->ended_at : 0;
    if (options->since_run >= 0 ? other->id <= options->since_run : other->ended_at <= options->since_time)
        return 0;
    return age < options->fresh_us;
}

/* Whether a run of another process stands for this one. */
static cg_status look_for_other(struct cg_pipeline_run *run, struct cg_error *error) {
    struct cg_run_row other = {0};
    if (!run->options->fresh_us || run->options->resume)
        return CG_OK;
    cg_status status = cg_store_run_newest(run->store, run->arena, &other, error);
    if (status != CG_OK || !cg_run_had_its_turn(&other) || !is_young(run, &other))
        return status;
    const int well = strcmp(other.status, CG_RUN_COMPLETED) == 0;
    run->result.elsewhere = CG_ELSEWHERE_DONE;
    run->result.other_run = other.id;
    run->result.other_ended_at = other.ended_at;
    cg_error_set(error, well ? CG_OK : CG_PERMANENT, "run %lld of another process has done it%s%s", (long long)other.id,
                 well ? "" : ", with errors: ", well || !other.error_message ? "" : other.error_message);
    return CG_TEMPORARY;
}

/* Looks for another run and inserts the row of this one under one lock, so that of two processes that start at the
 * same time only one goes on. */
static cg_status register_run(struct cg_pipeline_run *run, struct cg_error *error) {
    int64_t alive = 0;
    int64_t id = 0;
    cg_status status = cg_store_begin(run->store, error);
    if (status != CG_OK)
        return status;
    status = run->claimed ? cg_store_run_bury(run->store, run->now, error)
                          : cg_store_run_recover(run->store, run->now, &alive, error);
    if (status == CG_OK && alive)
        status = leave_to(run, error);
    if (status == CG_OK)
        status = look_for_other(run, error);
    if (status == CG_OK)
        status = cg_store_ensure_unallocated(run->store, run->now, error);
    if (status == CG_OK)
        status = cg_store_run_start(run->store, run->now, &id, error);
    if (run->result.elsewhere == CG_ELSEWHERE_DONE) {
        /* What was cleaned up is kept; that it could not be is no matter. */
        struct cg_error ignored = {0};
        (void)cg_store_commit(run->store, &ignored);
        return status;
    }
    if (status != CG_OK) {
        cg_store_rollback(run->store);
        return status;
    }
    status = cg_store_commit(run->store, error);
    if (status == CG_OK)
        run->run_id = id;
    return status;
}

/* ---- beginning and end of the row ---- */

cg_status cg_pipeline_run_start(struct cg_pipeline_run *run, struct cg_error *error) {
    const struct cg_pipeline_options *options = run->options;
    run->arena = cg_arena_new();
    if (!run->arena)
        return cg_error_no_memory(error);
    cg_status status = cg_pipeline_run_open(run, error);
    if (status == CG_OK)
        status = cg_pipeline_run_claim(run, options->resume, error);
    if (status == CG_OK)
        status = cg_tenant_metrics_open(run->runtime, &run->metrics, error);
    if (status == CG_OK && options->resume && options->dead_run)
        status = cg_store_run_fail(run->store, options->dead_run, run->now, options->crash, error);
    if (status == CG_OK)
        status = register_run(run, error);
    if (status == CG_OK && options->observer->run_started)
        options->observer->run_started(options->observer->user, run->run_id);
    return status;
}

cg_status cg_pipeline_run_finish(struct cg_pipeline_run *run, cg_status status, struct cg_error *error) {
    if (!run->run_id)
        return status;
    struct cg_run_result result = {
        .status = run->result.errors ? CG_RUN_FAILED : CG_RUN_COMPLETED,
        .dates_gathered = (int64_t)run->result.dates_gathered,
        .dates_calculated = (int64_t)run->result.dates_calculated,
        .rows_written = (int64_t)run->result.rows_written,
        .error_message = run->result.errors ? cg_buf_text(&run->message) : NULL,
    };
    struct cg_error second = {0};
    cg_status recorded = cg_store_run_finish(run->store, run->run_id, cg_time_now(), &result, &second);
    if (status == CG_OK && recorded != CG_OK) {
        *error = second;
        return recorded;
    }
    return status;
}
