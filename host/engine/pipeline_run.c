#include "engine/pipeline_run.h"

#include <string.h>

#include "base/time.h"
#include "engine/tenant_metrics.h"
#include "net/metrics_source.h"
#include "store/runs.h"

/** Room for the errors of a run that its row keeps. */
#define MESSAGE_LIMIT 65536

/** How often a process tells that it lives, in microseconds. */
#define LIFE_US (CG_RUN_LEASE_US / 10)

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
    cg_metrics_source_free(run->metrics);
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

/* Looks for another run and inserts the row of this one under one lock, so that of two processes that start at the
 * same time only one goes on. */
static cg_status register_run(struct cg_pipeline_run *run, struct cg_error *error) {
    int64_t alive = 0;
    int64_t id = 0;
    cg_status status = cg_store_begin(run->store, error);
    if (status != CG_OK)
        return status;
    status = cg_store_run_recover(run->store, run->now, &alive, error);
    if (status == CG_OK && alive)
        status = cg_error_set(error, CG_TEMPORARY, "run %lld of another process is still working on this tenant",
                              (long long)alive);
    if (status == CG_OK)
        status = cg_store_ensure_unallocated(run->store, run->now, error);
    if (status == CG_OK)
        status = cg_store_run_start(run->store, run->now, &id, error);
    if (status != CG_OK) {
        cg_store_rollback(run->store);
        return status;
    }
    status = cg_store_commit(run->store, error);
    if (status == CG_OK)
        run->run_id = id;
    return status;
}

cg_status cg_pipeline_run_start(struct cg_pipeline_run *run, struct cg_error *error) {
    const struct cg_pipeline_options *options = run->options;
    run->arena = cg_arena_new();
    if (!run->arena)
        return cg_error_no_memory(error);
    cg_status status = cg_pipeline_run_open(run, error);
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
