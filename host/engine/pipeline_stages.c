#include "engine/pipeline_stages.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "store/retention.h"
#include "store/runs.h"

#define LOGGER "core.engine.orchestrator"

/* Where the run is, for those who watch its row. A database that is locked for a while is no reason to end it, but one
 * that is out of reach is, or a row that another process has ended: that one works on the tenant now. */
static cg_status tell_stage(struct cg_pipeline_run *run, const char *stage, int64_t date, struct cg_error *error) {
    struct cg_error cause = {0};
    cg_status status = cg_store_run_progress(run->store, run->run_id, stage, date, &cause);
    if (status == CG_NOT_FOUND) {
        run->result.database_lost = 1;
        return cg_error_set(error, CG_TEMPORARY, "%s", cause.text);
    }
    if (status == CG_CANCELLED || cg_pipeline_run_is_cut_off(run, status))
        return cg_error_set(error, status, "%s", cause.text);
    if (status != CG_OK)
        cg_log_write(run->runtime->shared.log, LOGGER, CG_LOG_WARNING,
                     "pipeline_run_persistence_failed tenant_name=%s run_id=%lld stage=%s: %s",
                     run->runtime->tenant->name, (long long)run->run_id, stage, cause.text);
    return CG_OK;
}

/* A stage begins, or goes on with a date: for those who watch the run itself. */
static void begin_stage(const struct cg_pipeline_run *run, const char *stage, int64_t date) {
    if (run->options->observer->stage)
        run->options->observer->stage(run->options->observer->user, stage, date);
}

/* A date's failure ends the run only when the next date would fare the same. */
static cg_status tell_date_failure(struct cg_pipeline_run *run, const char *what, int64_t date,
                                   const struct cg_error *cause, struct cg_error *error) {
    char text[CG_TIME_TEXT_SIZE];
    char sentence[2 * CG_ERROR_TEXT_SIZE];
    if (cause->status == CG_CANCELLED || cause->status == CG_NO_MEMORY ||
        cg_pipeline_run_is_cut_off(run, cause->status))
        return cg_error_set(error, cause->status, "%s", cause->text);
    snprintf(sentence, sizeof sentence, "%s failed for date %s: %s", what, cg_time_format_date(date, text),
             cause->text);
    cg_pipeline_run_error(run, sentence);
    return CG_OK;
}

static cg_status stopped(struct cg_error *error) {
    return cg_error_set(error, CG_CANCELLED, "the run was stopped");
}

/* ---- what is kept ---- */

/* Whether an emitter puts the rows of a month into one emission. */
static int32_t sends_months(const struct cg_emitter_binding *bindings, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (cg_emit_is_monthly(bindings[i].settings))
            return 1;
    return 0;
}

/* What is to be kept. A month that may be sent again is kept until all of it is old: what was sent would be replaced by
 * what is left of it. */
static struct cg_retention retention_of(const struct cg_pipeline_run *run) {
    const struct cg_runtime *runtime = run->runtime;
    const struct cg_topic_attribution *topics = runtime->description.topics;
    return (struct cg_retention){
        .now = run->now,
        .days = runtime->tenant->retention_days,
        .topic_days = topics ? topics->retention_days : 0,
        .whole_months = sends_months(runtime->emitters, runtime->emitter_count),
        .whole_topic_months = sends_months(runtime->topic_emitters, runtime->topic_emitter_count),
        .cancelled = runtime->shared.cancelled,
    };
}

/* The first day whose topic rows retention leaves alone. */
static int64_t first_topic_day(const struct cg_pipeline_run *run) {
    const struct cg_retention retention = retention_of(run);
    int64_t first = cg_retention_first_topic(&retention);
    int64_t day = cg_time_day(first);
    return day < first ? day + CG_DAY_US : day;
}

/* ---- gather ---- */

static struct cg_topics_options topics_options(const struct cg_pipeline_run *run) {
    int64_t first = first_topic_day(run);
    return (struct cg_topics_options){
        .runtime = run->runtime,
        .store = run->store,
        .metrics = run->metrics,
        .observer = &run->observer,
        .now = run->now,
        .start = first < run->start ? run->start
                 : first < run->end ? first
                                    : run->end,
        .end = run->end,
    };
}

static cg_status discover_topics(struct cg_pipeline_run *run, struct cg_error *error) {
    if (!run->runtime->description.topics)
        return CG_OK;
    struct cg_topics_options options = topics_options(run);
    return cg_topics_discover(&options, &run->result.topics, error);
}

cg_status cg_stage_gather(struct cg_pipeline_run *run, struct cg_error *error) {
    if (run->options->resume)
        return CG_OK;
    if (run->options->skip_gather) {
        cg_log_write(run->runtime->shared.log, LOGGER, CG_LOG_INFO,
                     "gather_completed dates_gathered=0 error_count=0 tenant_name=%s outcome=skipped",
                     run->runtime->tenant->name);
        return CG_OK;
    }
    struct cg_gather_options options = {
        .runtime = run->runtime,
        .store = run->store,
        .observer = &run->observer,
        .now = run->now,
        .start = run->start,
        .end = run->end,
    };
    begin_stage(run, CG_STAGE_GATHERING, CG_TIME_NONE);
    cg_status status = tell_stage(run, CG_STAGE_GATHERING, CG_TIME_NONE, error);
    if (status == CG_OK)
        status = cg_gather_run(&options, &run->result.gather, error);
    if (status == CG_OK)
        status = discover_topics(run, error);
    if (status != CG_OK) {
        run->result.gather_failed = status != CG_CANCELLED;
        return cg_error_wrap(error, "Gather phase failed");
    }
    if (run->options->observer->gathered)
        run->options->observer->gathered(run->options->observer->user, run->now);
    if (run->result.gather.malformed_lines) {
        char text[160];
        snprintf(text, sizeof text, "%llu billing items were malformed; they are kept as malformed_billing_... lines",
                 (unsigned long long)run->result.gather.malformed_lines);
        cg_pipeline_run_note(run, text);
    }
    return CG_OK;
}

/* ---- calculate ---- */

static void count_span(struct cg_date_span *span, int64_t date) {
    if (!span->dates++)
        span->first = date;
    span->last = date;
}

static void count_outage(struct cg_metrics_outage *outage, int64_t date, const struct cg_date_outcome *outcome) {
    if (!outage->span.dates)
        snprintf(outage->reason, sizeof outage->reason, "%s", outcome->metrics_error);
    outage->has_fallbacks |= outcome->unmeasured_lines != 0;
    count_span(&outage->span, date);
}

/* "1 date, 2026-03-01" or "3 dates between 2026-03-01 and 2026-03-07". */
static void format_span(const struct cg_date_span *span, char *text, size_t size) {
    char texts[2][CG_TIME_TEXT_SIZE];
    cg_time_format_date(span->first, texts[0]);
    cg_time_format_date(span->last, texts[1]);
    if (span->dates == 1)
        (void)snprintf(text, size, "1 date, %s", texts[0]);
    else
        (void)snprintf(text, size, "%llu dates between %s and %s", (unsigned long long)span->dates, texts[0], texts[1]);
}

#define SPAN_TEXT_SIZE ((size_t)2 * CG_TIME_TEXT_SIZE + 64)

/* One sentence for all dates whose metrics are gone: what changed, and what stays. */
static void tell_kept(struct cg_pipeline_run *run, const struct cg_date_span *kept, const char *changed,
                      const char *rows) {
    char span[SPAN_TEXT_SIZE];
    char sentence[SPAN_TEXT_SIZE + 320];
    if (!kept->dates)
        return;
    format_span(kept, span, sizeof span);
    (void)snprintf(sentence, sizeof sentence,
                   "%s changed, but the metrics of %s are not there any more; %s stay as they were calculated "
                   "(--recalculate=FROM..TO calculates them without metrics)",
                   changed, span, rows);
    cg_pipeline_run_note(run, sentence);
}

/* One sentence for all dates with rows that wait for their metrics. */
static void tell_held(struct cg_pipeline_run *run) {
    char span[SPAN_TEXT_SIZE];
    char sentence[SPAN_TEXT_SIZE + 320];
    if (!run->held.dates)
        return;
    format_span(&run->held, span, sizeof span);
    (void)snprintf(sentence, sizeof sentence,
                   "metrics of %s could not be read; the rows of all their costs that are still the same stay as they "
                   "were calculated until a later run succeeds",
                   span);
    cg_pipeline_run_note(run, sentence);
}

/* One sentence for all dates: the log has a warning for each resource of each. */
static void tell_outage(struct cg_pipeline_run *run) {
    const struct cg_metrics_outage *outage = &run->outage;
    char span[SPAN_TEXT_SIZE];
    char sentence[2 * CG_ERROR_TEXT_SIZE];
    if (!outage->span.dates)
        return;
    format_span(&outage->span, span, sizeof span);
    snprintf(sentence, sizeof sentence,
             "the metrics source failed for %s; the first reason: %s; %s until a later run succeeds", span,
             outage->reason,
             outage->has_fallbacks ? "usage is split as metrics_fetch_failed" : "the rows made of them stay");
    cg_pipeline_run_error(run, sentence);
}

/* Whether a date was named on the command line. */
static int32_t is_forced(const struct cg_pipeline_run *run, int64_t date) {
    const struct cg_pipeline_options *options = run->options;
    if (!options->recalculate)
        return 0;
    if (options->recalculate_from == CG_TIME_NONE)
        return date >= run->start && date < run->end;
    return date >= options->recalculate_from && date <= options->recalculate_to;
}

/* Ascending dates. */
struct dates {
    int64_t *items;
    size_t count;
};

/* Looks for dates to work on in [start, end). */
typedef cg_status (*date_finder)(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                 int64_t **ret_dates, size_t *ret_count, struct cg_error *error);

static cg_status merge(struct cg_arena *arena, const struct dates *left, const struct dates *right, struct dates *ret,
                       struct cg_error *error) {
    struct dates all = {.items = cg_arena_array(arena, left->count + right->count + 1, sizeof *all.items)};
    if (!all.items)
        return cg_error_no_memory(error);
    size_t l = 0;
    size_t r = 0;
    while (l < left->count || r < right->count) {
        int take_left = r == right->count || (l < left->count && left->items[l] <= right->items[r]);
        int64_t next = take_left ? left->items[l++] : right->items[r++];
        if (!all.count || all.items[all.count - 1] != next)
            all.items[all.count++] = next;
    }
    *ret = all;
    return CG_OK;
}

/* The end of the named dates. The last day of the calendar has no next one that could be written as a text. */
static int64_t end_of_named(const struct cg_pipeline_options *options) {
    int64_t last = 0;
    (void)cg_time_from_date(9999, 12, 31, &last);
    return options->recalculate_to < last ? options->recalculate_to + CG_DAY_US : last;
}

/* The dates of the window from `start` on, and those that were named on the command line. */
static cg_status find_dates(struct cg_pipeline_run *run, date_finder find, int64_t start, struct dates *ret,
                            struct cg_error *error) {
    const struct cg_pipeline_options *options = run->options;
    struct dates window = {0};
    struct dates named = {0};
    cg_status status = find(run->store, start, run->end, run->arena, &window.items, &window.count, error);
    if (status == CG_OK && options->recalculate && options->recalculate_from != CG_TIME_NONE)
        status = find(run->store, options->recalculate_from, end_of_named(options), run->arena, &named.items,
                      &named.count, error);
    return status == CG_OK ? merge(run->arena, &window, &named, ret, error) : status;
}

/* One date; its failure is told, and does not keep the next from being calculated. */
static cg_status calculate_one(struct cg_pipeline_run *run, struct cg_calculation *calculation, int64_t date,
                               struct cg_error *error) {
    struct cg_error cause = {0};
    struct cg_date_outcome outcome = {0};
    begin_stage(run, CG_STAGE_CALCULATING, date);
    cg_status status = cg_calculate_date(calculation, date, is_forced(run, date), &outcome, &cause);
    if (status != CG_OK)
        return tell_date_failure(run, "Calculate", date, &cause, error);
    if (outcome.is_kept)
        count_span(&run->kept, date);
    if (outcome.kept_lines)
        count_span(outcome.metrics_failed ? &run->held : &run->partly, date);
    if (outcome.is_current || outcome.is_kept) {
        run->result.dates_current++;
        return CG_OK;
    }
    run->result.dates_calculated++;
    run->result.dates_changed += outcome.changed != 0;
    run->result.rows_written += outcome.rows;
    if (outcome.metrics_failed)
        count_outage(&run->outage, date, &outcome);
    if (run->options->observer->date_done)
        run->options->observer->date_done(run->options->observer->user, date, outcome.rows, outcome.changed);
    return tell_stage(run, CG_STAGE_CALCULATING, date, error);
}

static cg_status calculate_all(struct cg_pipeline_run *run, const struct dates *dates, size_t first,
                               struct cg_error *error) {
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
    begin_stage(run, CG_STAGE_CALCULATING, CG_TIME_NONE);
    cg_status status = tell_stage(run, CG_STAGE_CALCULATING, CG_TIME_NONE, error);
    if (status == CG_OK)
        status = cg_calculation_new(&options, &calculation, error);
    for (size_t i = first; i < dates->count && status == CG_OK; i++) {
        status =
            cg_pipeline_run_is_stopped(run) ? stopped(error) : calculate_one(run, calculation, dates->items[i], error);
        run->observer.progress(run, "dates", i + 1, dates->count);
    }
    cg_calculation_free(calculation);
    return status;
}

cg_status cg_stage_calculate(struct cg_pipeline_run *run, struct cg_error *error) {
    struct dates dates = {0};
    cg_status status = find_dates(run, cg_store_dates_to_calculate, run->start, &dates, error);
    if (status != CG_OK)
        return status;
    size_t first = 0;
    while (run->options->resume && first < dates.count && dates.items[first] <= run->options->resume_after)
        first++;
    run->result.dates_pending = dates.count - first;
    for (size_t i = 0; i < dates.count && !run->options->skip_gather; i++)
        run->result.dates_gathered += dates.items[i] >= run->start && dates.items[i] < run->end;
    status = calculate_all(run, &dates, first, error);
    run->result.dates_pending -= run->result.dates_current;
    tell_outage(run);
    tell_held(run);
    tell_kept(run, &run->kept, "settings, modules or identities", "the rows");
    tell_kept(run, &run->partly, "settings, modules, identities or bills",
              "the rows of all costs that are still the same");
    return status;
}

/* ---- topics ---- */

static cg_status attribute_one(struct cg_pipeline_run *run, struct cg_topic_overlay *overlay, int64_t date,
                               struct cg_error *error) {
    struct cg_topics_result *result = &run->result.topics;
    struct cg_error cause = {0};
    struct cg_topic_outcome outcome = {0};
    begin_stage(run, CG_STAGE_TOPIC_OVERLAY, date);
    cg_status status = cg_topic_overlay_date(overlay, date, is_forced(run, date), &outcome, &cause);
    if (status != CG_OK)
        return tell_date_failure(run, "Topic overlay", date, &cause, error);
    if (outcome.is_kept)
        count_span(&run->topic_kept, date);
    if (outcome.is_current || (outcome.is_kept && !outcome.changed)) {
        result->dates_current++;
        return CG_OK;
    }
    result->dates_attributed += !outcome.pending;
    result->dates_pending += outcome.pending != 0;
    result->dates_changed += outcome.changed != 0;
    result->rows += outcome.rows;
    return tell_stage(run, CG_STAGE_TOPIC_OVERLAY, date, error);
}

static void tell_pending(struct cg_pipeline_run *run) {
    char text[160];
    if (!run->result.topics.dates_pending)
        return;
    snprintf(text, sizeof text, "%llu date%s of the topic overlay wait%s for metrics that could not be read",
             (unsigned long long)run->result.topics.dates_pending, run->result.topics.dates_pending == 1 ? "" : "s",
             run->result.topics.dates_pending == 1 ? "s" : "");
    cg_pipeline_run_error(run, text);
}

cg_status cg_stage_topics(struct cg_pipeline_run *run, struct cg_error *error) {
    if (!run->runtime->description.topics)
        return CG_OK;
    struct dates dates = {0};
    struct cg_topics_options options = topics_options(run);
    struct cg_topic_overlay *overlay = NULL;
    begin_stage(run, CG_STAGE_TOPIC_OVERLAY, CG_TIME_NONE);
    cg_status status = find_dates(run, cg_store_dates_to_attribute, options.start, &dates, error);
    if (status == CG_OK)
        status = tell_stage(run, CG_STAGE_TOPIC_OVERLAY, CG_TIME_NONE, error);
    if (status == CG_OK)
        status = cg_topic_overlay_new(&options, &overlay, error);
    /* Rows of earlier dates would only be written to be deleted, and a month of which one date is left to be sent. */
    const int64_t first_day = first_topic_day(run);
    size_t first = 0;
    while (first < dates.count && dates.items[first] < first_day)
        first++;
    for (size_t i = first; i < dates.count && status == CG_OK; i++) {
        status = cg_pipeline_run_is_stopped(run) ? stopped(error) : attribute_one(run, overlay, dates.items[i], error);
        run->observer.progress(run, "topic dates", i + 1 - first, dates.count - first);
    }
    cg_topic_overlay_free(overlay);
    tell_pending(run);
    tell_kept(run, &run->topic_kept, "settings, modules, topics or bills",
              "the topic rows of all costs that are still the same");
    return status;
}

/* ---- emit ---- */

cg_status cg_stage_emit(struct cg_pipeline_run *run, int32_t topics, struct cg_error *error) {
    struct cg_emit_options options = {
        .runtime = run->runtime,
        .store = run->store,
        .observer = &run->observer,
        .quarantine = run->options->quarantine,
        .quarantine_count = run->options->quarantine_count,
        .now = run->now,
        .topics = topics,
    };
    begin_stage(run, CG_STAGE_EMITTING, CG_TIME_NONE);
    return cg_emit_run(&options, &run->result.emit, error);
}

/* ---- retain ---- */

cg_status cg_stage_retain(struct cg_pipeline_run *run, struct cg_error *error) {
    const struct cg_tenant_settings *tenant = run->runtime->tenant;
    const struct cg_retention retention = retention_of(run);
    begin_stage(run, CG_STAGE_RETENTION, CG_TIME_NONE);
    cg_status status = cg_store_retain(run->store, &retention, &run->result.rows_retired, error);
    char date[CG_TIME_TEXT_SIZE];
    if (run->result.rows_retired)
        cg_log_write(run->runtime->shared.log, "workflow_runner", CG_LOG_INFO,
                     "Tenant %s: retention cleanup deleted %llu records (before %s)", tenant->name,
                     (unsigned long long)run->result.rows_retired,
                     cg_time_format_date(cg_retention_first_day(&retention), date));
    return status == CG_OK ? CG_OK : cg_error_wrap(error, "retention cleanup failed");
}
