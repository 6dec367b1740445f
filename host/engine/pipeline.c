#include "engine/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "engine/tenant_store.h"
#include "net/metrics_source.h"
#include "store/runs.h"

/** Room for the errors of a run that its row keeps. */
#define MESSAGE_LIMIT 65536

/* Dates that had to do without some of their metrics: told once, when the run knows how many there are. */
struct metrics_outage {
    uint64_t dates;
    int64_t first;
    int64_t last;
    char reason[CG_ERROR_TEXT_SIZE]; /* of the first */
};

struct run {
    const struct cg_pipeline_options *options;
    struct cg_runtime *runtime;
    struct cg_observer observer; /* counts errors and passes them on */
    struct cg_tenant_store database;
    struct cg_store *store; /* of the database */
    struct cg_metrics_source *metrics;
    struct cg_arena *arena;
    struct cg_buf message; /* all errors, joined by "; " */
    int64_t run_id;
    int64_t now;
    int64_t start;
    int64_t end;
    struct metrics_outage outage;
    struct cg_pipeline_result result;
};

static void take_error(void *user, const char *text) {
    struct run *run = user;
    const struct cg_observer *outer = run->options->observer;
    run->result.errors++;
    if (run->message.status == CG_OK && run->message.length + strlen(text) + 2 < MESSAGE_LIMIT)
        cg_buf_printf(&run->message, "%s%s", run->message.length ? "; " : "", text);
    if (outer->error)
        outer->error(outer->user, text);
}

static void take_progress(void *user, const char *what, uint64_t done, uint64_t total) {
    struct run *run = user;
    if (run->options->observer->progress)
        run->options->observer->progress(run->options->observer->user, what, done, total);
}

static void note(struct run *run, const char *text) {
    if (run->options->observer->note)
        run->options->observer->note(run->options->observer->user, text);
}

static cg_status open_store(struct run *run, struct cg_error *error) {
    struct cg_runtime *runtime = run->runtime;
    cg_status status =
        cg_tenant_store_open(runtime->modules, runtime->tenant, &runtime->shared, 0, &run->database, error);
    run->store = run->database.store;
    return status;
}

static cg_status open_metrics(struct run *run, struct cg_error *error) {
    const struct cg_tenant_settings *tenant = run->runtime->tenant;
    if (!tenant->metrics.present)
        return CG_OK;
    struct cg_metrics_source_options options = {
        .url = tenant->metrics.url,
        .auth_type = tenant->metrics.auth_type,
        .username = tenant->metrics.username,
        .password = tenant->metrics.password,
        .bearer_token = tenant->metrics.bearer_token,
        .step_seconds = tenant->metrics_step_seconds,
        .workers = (uint32_t)tenant->metrics_prefetch_workers,
    };
    cg_status status =
        cg_metrics_source_new(run->runtime->shared.net, &options, run->runtime->shared.log, &run->metrics, error);
    return status == CG_OK ? CG_OK : cg_error_wrap(error, "metrics");
}

/* Looks for another run and inserts the row of this one under one lock, so that of two processes that start at the
 * same time only one goes on. */
static cg_status register_run(struct run *run, struct cg_error *error) {
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

/* Opens everything and inserts the row of the run. */
static cg_status start(struct run *run, struct cg_error *error) {
    const struct cg_pipeline_options *options = run->options;
    run->arena = cg_arena_new();
    if (!run->arena)
        return cg_error_no_memory(error);
    cg_status status = open_store(run, error);
    if (status == CG_OK)
        status = open_metrics(run, error);
    if (status == CG_OK && options->resume && options->dead_run)
        status = cg_store_run_fail(run->store, options->dead_run, run->now, options->crash, error);
    if (status == CG_OK)
        status = register_run(run, error);
    if (status == CG_OK && options->observer->run_started)
        options->observer->run_started(options->observer->user, run->run_id);
    return status;
}

static int is_stopped(const struct run *run) {
    const volatile int32_t *cancelled = run->runtime->shared.cancelled;
    return cancelled && *cancelled;
}

/* Where the run is, for those who watch its row. A database that is locked for a while is no reason to end it. */
static cg_status tell_stage(struct run *run, const char *stage, int64_t date, struct cg_error *error) {
    struct cg_error cause = {0};
    cg_status status = cg_store_run_progress(run->store, run->run_id, stage, date, &cause);
    if (status == CG_CANCELLED)
        return cg_error_set(error, status, "%s", cause.text);
    if (status != CG_OK)
        cg_log_write(run->runtime->shared.log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "pipeline_run_persistence_failed tenant_name=%s run_id=%lld stage=%s: %s",
                     run->runtime->tenant->name, (long long)run->run_id, stage, cause.text);
    return CG_OK;
}

static cg_status gather(struct run *run, struct cg_error *error) {
    if (run->options->resume)
        return CG_OK;
    struct cg_gather_options options = {
        .runtime = run->runtime,
        .store = run->store,
        .observer = &run->observer,
        .now = run->now,
        .start = run->start,
        .end = run->end,
    };
    cg_status status = tell_stage(run, CG_STAGE_GATHERING, CG_TIME_NONE, error);
    if (status == CG_OK)
        status = cg_gather_run(&options, &run->result.gather, error);
    if (status != CG_OK)
        return cg_error_wrap(error, "Gather phase failed");
    if (run->result.gather.malformed_lines) {
        char text[160];
        snprintf(text, sizeof text, "%llu billing items were malformed; they are kept as malformed_billing_... lines",
                 (unsigned long long)run->result.gather.malformed_lines);
        note(run, text);
    }
    return CG_OK;
}

static void count_outage(struct metrics_outage *outage, int64_t date, const char *reason) {
    if (!outage->dates++) {
        outage->first = date;
        snprintf(outage->reason, sizeof outage->reason, "%s", reason);
    }
    outage->last = date;
}

/* One sentence for all dates: the log has a warning for each resource of each. */
static void tell_outage(struct run *run) {
    const struct metrics_outage *outage = &run->outage;
    char texts[2][CG_TIME_TEXT_SIZE];
    char span[2 * CG_TIME_TEXT_SIZE + 64];
    char sentence[2 * CG_ERROR_TEXT_SIZE];
    if (!outage->dates)
        return;
    cg_time_format_date(outage->first, texts[0]);
    cg_time_format_date(outage->last, texts[1]);
    if (outage->dates == 1)
        snprintf(span, sizeof span, "1 date, %s", texts[0]);
    else
        snprintf(span, sizeof span, "%llu dates between %s and %s", (unsigned long long)outage->dates, texts[0],
                 texts[1]);
    snprintf(sentence, sizeof sentence,
             "the metrics source failed for %s; the first reason: %s; usage is split as metrics_fetch_failed "
             "until a later run succeeds",
             span, outage->reason);
    take_error(run, sentence);
}

/* One date; its failure is told, and does not keep the next from being calculated. */
static cg_status calculate_one(struct run *run, struct cg_calculation *calculation, int64_t date,
                               struct cg_error *error) {
    char text[CG_TIME_TEXT_SIZE];
    struct cg_error cause = {0};
    struct cg_date_outcome outcome = {0};
    cg_status status = tell_stage(run, CG_STAGE_CALCULATING, date, error);
    if (status != CG_OK)
        return status;
    status = cg_calculate_date(calculation, date, &outcome, &cause);
    if (status == CG_CANCELLED || status == CG_NO_MEMORY)
        return cg_error_set(error, status, "%s", cause.text);
    if (status != CG_OK) {
        char sentence[2 * CG_ERROR_TEXT_SIZE];
        snprintf(sentence, sizeof sentence, "Calculate failed for date %s: %s", cg_time_format_date(date, text),
                 cause.text);
        take_error(run, sentence);
        return CG_OK;
    }
    run->result.dates_calculated++;
    run->result.dates_changed += outcome.changed != 0;
    run->result.rows_written += outcome.rows;
    if (outcome.metrics_failed)
        count_outage(&run->outage, date, outcome.metrics_error);
    if (run->options->observer->date_done)
        run->options->observer->date_done(run->options->observer->user, date, outcome.rows, outcome.changed);
    return CG_OK;
}

static cg_status calculate(struct run *run, struct cg_error *error) {
    int64_t *dates = NULL;
    size_t count = 0;
    cg_status status = cg_store_dates_to_calculate(run->store, run->start, run->end, run->arena, &dates, &count, error);
    if (status != CG_OK)
        return status;
    size_t first = 0;
    while (run->options->resume && first < count && dates[first] <= run->options->resume_after)
        first++;
    run->result.dates_pending = count - first;
    for (size_t i = 0; i < count; i++)
        run->result.dates_gathered += dates[i] >= run->start && dates[i] < run->end;
    struct cg_calculation_options options = {
        .runtime = run->runtime,
        .store = run->store,
        .metrics = run->metrics,
        .observer = &run->observer,
        .quarantine = run->options->quarantine,
        .quarantine_count = run->options->quarantine_count,
        .run_id = run->run_id,
    };
    struct cg_calculation *calculation = NULL;
    status = cg_calculation_new(&options, &calculation, error);
    for (size_t i = first; i < count && status == CG_OK; i++) {
        if (is_stopped(run)) {
            status = cg_error_set(error, CG_CANCELLED, "the run was stopped");
            break;
        }
        status = calculate_one(run, calculation, dates[i], error);
        take_progress(run, "dates", i + 1, count);
    }
    cg_calculation_free(calculation);
    tell_outage(run);
    return status;
}

/* Records how the run ended. */
static cg_status finish(struct run *run, cg_status status, struct cg_error *error) {
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

static cg_status emit(struct run *run, struct cg_error *error) {
    struct cg_emit_options options = {
        .runtime = run->runtime,
        .store = run->store,
        .observer = &run->observer,
        .quarantine = run->options->quarantine,
        .quarantine_count = run->options->quarantine_count,
        .now = run->now,
    };
    cg_status status = cg_emit_run(&options, &run->result.emit, error);
    if (status != CG_OK)
        take_error(run, error->text);
    return status;
}

static int may_emit(const struct run *run, cg_status status) {
    return run->run_id && status != CG_CANCELLED && status != CG_NO_MEMORY && !is_stopped(run);
}

static void init(struct run *run, const struct cg_pipeline_options *options) {
    const struct cg_tenant_settings *tenant = options->runtime->tenant;
    *run = (struct run){
        .options = options,
        .runtime = options->runtime,
        .observer = {.user = run, .error = take_error, .progress = take_progress},
        .now = cg_time_now(),
    };
    run->start = cg_time_day(run->now - tenant->lookback_days * CG_DAY_US);
    run->end = cg_time_day(run->now - tenant->cutoff_days * CG_DAY_US);
    cg_buf_init(&run->message, MESSAGE_LIMIT);
}

static void done(struct run *run) {
    cg_metrics_source_free(run->metrics);
    cg_tenant_store_close(&run->database);
    cg_arena_free(run->arena);
    cg_buf_done(&run->message);
}

cg_status cg_pipeline_run(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                          struct cg_error *error) {
    struct run run;
    init(&run, options);
    cg_status status = start(&run, error);
    if (status == CG_OK)
        status = gather(&run, error);
    if (status == CG_OK)
        status = calculate(&run, error);
    if (status != CG_OK)
        take_error(&run, error->text);
    /* What emitters make of the rows is not part of the run's record: they have records of their own. Rows of earlier
     * runs, and of dates that went well, do not wait for what failed. */
    status = finish(&run, status, error);
    if (may_emit(&run, status)) {
        struct cg_error second = {0};
        cg_status emitted = emit(&run, status == CG_OK ? error : &second);
        status = status == CG_OK ? emitted : status;
    }
    done(&run);
    *ret = run.result;
    return status;
}

cg_status cg_pipeline_emit(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                           struct cg_error *error) {
    struct run run;
    init(&run, options);
    cg_status status = open_store(&run, error);
    if (status == CG_OK)
        status = emit(&run, error);
    else
        take_error(&run, error->text);
    done(&run);
    *ret = run.result;
    return status;
}
