/*
 * topic_overlay.c - attributing one date: its lines, their topics, their rows, one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/samples.h"
#include "engine/topic_groups.h"
#include "engine/topic_history.h"
#include "engine/topic_inputs.h"
#include "engine/topic_lives.h"
#include "engine/topic_rows.h"
#include "engine/topic_split.h"
#include "engine/topic_usage.h"
#include "engine/topics.h"
#include "store/inputs.h"

#define LOGGER "core.engine.topic_overlay"

struct cg_topic_overlay {
    struct cg_topics_options options;
    struct cg_arena *run_arena;
    struct cg_arena *date_arena;   /* emptied for every date */
    struct cg_arena *window_arena; /* emptied for every window */
    struct cg_topic_rules rules;
    struct cg_topic_lives *lives;
    struct cg_topic_rows rows; /* of the date */
    unsigned char digest[CG_DIGEST_BYTES];
    int32_t told_given_up; /* 1: a date without metrics up to the retry limit was told */
    int32_t told_held;     /* 1: the same of one whose rows stay */
};

/* A date on its way. */
struct date_work {
    struct cg_topic_overlay *overlay;
    int64_t date;
    struct cg_topic_groups groups;
    struct cg_topic_group *pending;
    size_t pending_count;
    struct cg_line_attempt *attempts;
    size_t attempt_count;
    int32_t is_forced;
    int32_t has_history; /* 1: its rows were computed with metrics */
    int32_t is_beyond;   /* 1: the same, it is not forced, and the source knows nothing of the date any more */
    struct cg_topic_history history;
    int32_t history_read;
    size_t kept;        /* lines whose rows stay because their metrics are gone */
    size_t held;        /* lines whose rows stay because their metrics could not be read until the retry limit */
    size_t given_up;    /* lines without such rows */
    const char *reason; /* of the first of them */
};

cg_status cg_topic_overlay_new(const struct cg_topics_options *options, struct cg_topic_overlay **ret,
                               struct cg_error *error) {
    struct cg_topic_overlay *overlay = calloc(1, sizeof *overlay);
    if (!overlay)
        return cg_error_no_memory(error);
    overlay->options = *options;
    overlay->run_arena = cg_arena_new();
    overlay->date_arena = cg_arena_new();
    overlay->window_arena = cg_arena_new();
    overlay->lives = cg_topic_lives_new(options->store);
    cg_status status = CG_OK;
    if (!overlay->run_arena || !overlay->date_arena || !overlay->window_arena || !overlay->lives)
        status = cg_error_no_memory(error);
    else
        status = cg_topic_rules_init(&overlay->rules, options->runtime->description.topics, overlay->run_arena, error);
    if (status != CG_OK) {
        cg_topic_overlay_free(overlay);
        return status;
    }
    cg_topic_inputs_overlay(options->runtime, options->metrics != NULL, overlay->digest);
    *ret = overlay;
    return CG_OK;
}

void cg_topic_overlay_free(struct cg_topic_overlay *overlay) {
    if (!overlay)
        return;
    cg_topic_rows_done(&overlay->rows);
    cg_topic_lives_free(overlay->lives);
    cg_arena_free(overlay->window_arena);
    cg_arena_free(overlay->date_arena);
    cg_arena_free(overlay->run_arena);
    free(overlay);
}

/* ---- lines ---- */

/* The whole cost in one row that names no topic. */
static cg_status give_to_nobody(struct cg_topic_rows *rows, const char *method, struct cg_error *error) {
    return cg_topic_rows_add(rows, CG_TOPIC_NOBODY, method, &rows->line->total_cost, error);
}

/* Reads the rows of the date once, when somebody first needs them; they may tell more than the record does. */
static cg_status read_history(struct date_work *work, struct cg_error *error) {
    struct cg_topic_overlay *overlay = work->overlay;
    if (work->history_read)
        return CG_OK;
    cg_status status =
        cg_topic_history_read(overlay->options.store, work->date, overlay->date_arena, &work->history, error);
    if (status != CG_OK)
        return status;
    work->history_read = 1;
    if (!work->has_history)
        work->has_history = cg_topic_history_is_measured(&work->history, &overlay->rules);
    return CG_OK;
}

/* Gives the line at hand the rows that it has, if the date's came of metrics. */
static cg_status keep_line(struct date_work *work, int32_t *ret_kept, struct cg_error *error) {
    *ret_kept = 0;
    if (work->is_forced)
        return CG_OK;
    cg_status status = read_history(work, error);
    if (status != CG_OK || !work->has_history)
        return status;
    return cg_topic_history_keep(&work->history, &work->overlay->rows, ret_kept, error);
}

/* Splits one line over the topics of its window. `weights` and `amounts` have room for all of them. */
static cg_status split_line(struct cg_topic_overlay *overlay, const struct cg_topic_line *line,
                            const struct cg_topic_usage *usage, double *weights, struct cg_decimal *amounts,
                            struct cg_error *error) {
    const struct cg_topic_method *method = line->method;
    const struct cg_decimal *cost = &line->stored->line.total_cost;
    const char *name = method->name;
    cg_status status = CG_OK;
    if (!usage->count)
        return give_to_nobody(&overlay->rows, CG_TOPIC_METHOD_NO_TOPICS, error);
    if (method->measure_count) {
        cg_topic_usage_weigh(usage, method, weights);
        status = cg_topic_split(cost, weights, usage->count, overlay->window_arena, amounts, error);
        if (status == CG_NOT_FOUND && (overlay->rules.overlay->flags & CG_TOPICS_SKIP_WITHOUT_METRICS))
            return give_to_nobody(&overlay->rows, CG_TOPIC_METHOD_NO_METRICS, error);
        if (status == CG_NOT_FOUND)
            name = CG_TOPIC_METHOD_EVEN;
    }
    if (!method->measure_count || status == CG_NOT_FOUND)
        status = cg_topic_split(cost, NULL, usage->count, overlay->window_arena, amounts, error);
    for (size_t i = 0; i < usage->count && status == CG_OK; i++)
        status = cg_topic_rows_add(&overlay->rows, usage->names[i], name, &amounts[i], error);
    return status;
}

static cg_status split_window(struct date_work *work, const struct cg_topic_window *window,
                              const struct cg_topic_usage *usage, struct cg_error *error) {
    struct cg_topic_overlay *overlay = work->overlay;
    double *weights = cg_arena_array(overlay->window_arena, usage->count, sizeof *weights);
    struct cg_decimal *amounts = cg_arena_array(overlay->window_arena, usage->count, sizeof *amounts);
    if (!weights || !amounts)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < window->line_count; i++) {
        int32_t kept = 0;
        cg_status status = CG_OK;
        cg_topic_rows_begin(&overlay->rows, &window->lines[i].stored->line);
        if (work->is_beyond)
            status = keep_line(work, &kept, error);
        if (status == CG_OK && !kept)
            status = split_line(overlay, &window->lines[i], usage, weights, amounts, error);
        if (status == CG_OK)
            status = cg_topic_rows_check(&overlay->rows, error);
        work->kept += kept != 0;
        if (status != CG_OK)
            return status;
    }
    return CG_OK;
}

/* ---- windows ---- */

static int has_failed(const struct cg_topic_window *window) {
    return window->request && (window->request->result->flags & CG_METRICS_FETCH_FAILED);
}

static cg_status attribute_window(struct date_work *work, const struct cg_topic_cluster *cluster,
                                  const struct cg_topic_window *window, struct cg_error *error) {
    struct cg_topic_overlay *overlay = work->overlay;
    const struct cg_runtime *runtime = overlay->options.runtime;
    const struct cg_metrics *metrics = window->request ? window->request->result : NULL;
    const char *const *known = NULL;
    size_t known_count = 0;
    uint64_t ignored = 0;
    struct cg_topic_usage usage = {0};
    cg_arena_reset(overlay->window_arena);
    cg_status status = cg_topic_lives_in(overlay->lives, cluster->id, window->start, window->end, overlay->window_arena,
                                         &known, &known_count, error);
    if (status == CG_OK)
        status = cg_topic_usage_read(overlay->rules.overlay, metrics, known, known_count, overlay->window_arena, &usage,
                                     &ignored, error);
    if (status != CG_OK)
        return cg_error_wrap(error, "topics of %s", cluster->id);
    if (ignored)
        cg_log_write(runtime->shared.log, LOGGER, CG_LOG_WARNING,
                     "topic_series_ignored tenant_name=%s cluster=%s count=%llu: they name no usable topic",
                     runtime->tenant->name, cluster->id, (unsigned long long)ignored);
    return split_window(work, window, &usage, error);
}

/* The metrics did not come until the retry limit. */
static cg_status give_up_window(struct date_work *work, const struct cg_topic_window *window, struct cg_error *error) {
    struct cg_topic_rows *rows = &work->overlay->rows;
    cg_status status = CG_OK;
    if (!work->given_up && !work->held)
        work->reason = window->request->error;
    for (size_t i = 0; i < window->line_count && status == CG_OK; i++) {
        int32_t kept = 0;
        cg_topic_rows_begin(rows, &window->lines[i].stored->line);
        status = keep_line(work, &kept, error);
        if (status == CG_OK && !kept)
            status = give_to_nobody(rows, CG_TOPIC_METHOD_FAILED, error);
        if (status == CG_OK)
            status = cg_topic_rows_check(rows, error);
        work->held += kept != 0;
        work->given_up += !kept;
    }
    return status;
}

/* ---- clusters ---- */

static void log_failure(const struct date_work *work, const struct cg_topic_cluster *cluster,
                        const struct cg_topic_window *window) {
    const struct cg_runtime *runtime = work->overlay->options.runtime;
    char date[CG_TIME_TEXT_SIZE];
    cg_log_write(runtime->shared.log, LOGGER, CG_LOG_WARNING,
                 "topic_metrics_failed tenant_name=%s tracking_date=%s cluster=%s: %s", runtime->tenant->name,
                 cg_time_format_date(work->date, date), cluster->id,
                 window->request->error ? window->request->error : "no reason given");
}

/* Counts the attempts of a window's lines; answers whether one of them may be tried again. */
static int count_attempts(struct date_work *work, const struct cg_topic_window *window) {
    int64_t limit = work->overlay->options.runtime->tenant->topic_attribution_retry_limit;
    int again = 0;
    for (size_t i = 0; i < window->line_count; i++) {
        const struct cg_stored_line *stored = window->lines[i].stored;
        int64_t attempts = stored->topic_attribution_attempts;
        if (!has_failed(window))
            attempts = 0;
        else if (attempts < limit)
            attempts++;
        if (attempts != stored->topic_attribution_attempts)
            work->attempts[work->attempt_count++] = (struct cg_line_attempt){&stored->line, attempts};
        again |= has_failed(window) && attempts < limit;
    }
    return again;
}

/* A cluster waits as a whole: of its rows none are written while a window of it does. */
static cg_status attribute_cluster(struct date_work *work, const struct cg_topic_cluster *cluster,
                                   struct cg_error *error) {
    int again = 0;
    for (size_t i = 0; i < cluster->window_count; i++) {
        if (has_failed(&cluster->windows[i]))
            log_failure(work, cluster, &cluster->windows[i]);
        again |= count_attempts(work, &cluster->windows[i]);
    }
    if (again) {
        work->pending[work->pending_count++] = (struct cg_topic_group){cluster->env_id, cluster->id};
        return CG_OK;
    }
    cg_status status = CG_OK;
    for (size_t i = 0; i < cluster->window_count && status == CG_OK; i++) {
        const struct cg_topic_window *window = &cluster->windows[i];
        status =
            has_failed(window) ? give_up_window(work, window, error) : attribute_window(work, cluster, window, error);
    }
    return status;
}

/* ---- dates ---- */

/* One sentence in a run: the log has a warning for each cluster of each date. */
static void tell_unread(const struct date_work *work, size_t lines, const char *where, int32_t *told) {
    const struct cg_topic_overlay *overlay = work->overlay;
    const struct cg_tenant_settings *tenant = overlay->options.runtime->tenant;
    const struct cg_observer *observer = overlay->options.observer;
    char date[CG_TIME_TEXT_SIZE];
    char text[2 * CG_ERROR_TEXT_SIZE];
    if (!lines || *told || !observer->error)
        return;
    *told = 1;
    snprintf(text, sizeof text,
             "tenant '%s': the metrics of topics could not be read for %s in %lld runs, so %zu lines of it stay %s "
             "(the log names further dates); the reason: %s",
             tenant->name, cg_time_format_date(work->date, date), (long long)tenant->topic_attribution_retry_limit,
             lines, where, work->reason ? work->reason : "none given");
    observer->error(observer->user, text);
}

static cg_status read_lines(struct date_work *work, struct cg_error *error) {
    struct cg_topic_overlay *overlay = work->overlay;
    struct cg_stored_line *lines = NULL;
    size_t count = 0;
    cg_status status =
        cg_store_lines_of(overlay->options.store, work->date, overlay->date_arena, &lines, &count, error);
    if (status == CG_OK)
        status = cg_topic_groups_make(overlay->options.runtime, &overlay->rules, lines, count, overlay->date_arena,
                                      &work->groups, error);
    if (status != CG_OK)
        return status;
    work->pending = cg_arena_array(overlay->date_arena, work->groups.cluster_count, sizeof *work->pending);
    work->attempts = cg_arena_array(overlay->date_arena, work->groups.line_count, sizeof *work->attempts);
    return work->pending && work->attempts ? CG_OK : cg_error_no_memory(error);
}

/* What the source knows of the date, and whether it has rows to be kept when that is nothing. */
static cg_status look_back(struct date_work *work, struct cg_error *error) {
    if (work->is_forced || !cg_samples_are_missing(work->groups.requests, work->groups.request_count))
        return CG_OK;
    cg_status status = work->has_history ? CG_OK : read_history(work, error);
    work->is_beyond = work->has_history;
    return status;
}

static cg_status attribute(struct date_work *work, struct cg_error *error) {
    struct cg_topic_overlay *overlay = work->overlay;
    cg_status status =
        cg_topic_groups_fetch(&work->groups, &overlay->rules, overlay->options.metrics, overlay->date_arena, error);
    cg_topic_rows_clear(&overlay->rows);
    if (status == CG_OK)
        status = look_back(work, error);
    for (size_t i = 0; i < work->groups.cluster_count && status == CG_OK; i++)
        status = attribute_cluster(work, &work->groups.clusters[i], error);
    return status;
}

static cg_status write_date(const struct date_work *work, const char *digest, struct cg_topic_outcome *ret,
                            struct cg_error *error) {
    const struct cg_topic_overlay *overlay = work->overlay;
    const int is_pending = work->pending_count != 0;
    const int has_old_rows = is_pending || work->kept || work->held;
    struct cg_topic_result result = {
        .date = work->date,
        .facts = overlay->rows.items,
        .fact_count = overlay->rows.count,
        .pending = work->pending,
        .pending_count = work->pending_count,
        .attempts = work->attempts,
        .attempt_count = work->attempt_count,
        .metrics_seen =
            cg_samples_found(work->groups.requests, work->groups.request_count) || (work->has_history && has_old_rows),
        .inputs_digest = digest,
        .questions = "",
        .now = overlay->options.now,
    };
    struct cg_topic_outcome outcome = {.is_kept = work->kept && !is_pending, .pending = is_pending};
    cg_status status = cg_store_write_topics(overlay->options.store, &result, &outcome.rows, &outcome.changed, error);
    if (status == CG_OK)
        *ret = outcome;
    return status;
}

cg_status cg_topic_overlay_date(struct cg_topic_overlay *overlay, int64_t date, int32_t force,
                                struct cg_topic_outcome *ret, struct cg_error *error) {
    struct date_work work = {.overlay = overlay, .date = date, .is_forced = force};
    struct cg_date_inputs inputs = {0};
    char digest[CG_DIGEST_TEXT_SIZE];
    cg_arena_reset(overlay->date_arena);
    cg_status status = read_lines(&work, error);
    if (status == CG_OK)
        status =
            cg_topic_inputs_date(overlay->digest, &work.groups, overlay->lives, overlay->options.now, digest, error);
    if (status == CG_OK)
        status = cg_store_topic_inputs(overlay->options.store, date, overlay->date_arena, &inputs, error);
    if (status == CG_OK && !force && inputs.known && strcmp(inputs.digest, digest) == 0) {
        *ret = (struct cg_topic_outcome){.is_current = 1};
        return CG_OK;
    }
    work.has_history = inputs.metrics_seen;
    if (status == CG_OK)
        status = attribute(&work, error);
    if (status == CG_OK)
        status = write_date(&work, digest, ret, error);
    if (status != CG_OK)
        return status;
    tell_unread(&work, work.given_up, "under " CG_TOPIC_NOBODY " as " CG_TOPIC_METHOD_FAILED, &overlay->told_given_up);
    tell_unread(&work, work.held, "as they were split when they could be read", &overlay->told_held);
    return CG_OK;
}
