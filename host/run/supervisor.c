#include "run/supervisor.h"

#include <stdlib.h>
#include <string.h>

/** How often the wish to stop is looked at, in milliseconds. */
#define STOP_POLL_MS 100

struct tenant_turn {
    struct cg_supervision *supervision;
    size_t index;
    struct cg_tenant_job *job; /* from its start on */
    int running;
};

struct cg_supervision {
    uv_loop_t *loop;
    struct cg_supervisor_options options;
    const char *kind;
    struct cg_problems *problems;
    void (*finished)(void *user, const struct cg_report *report);
    void *user;
    struct tenant_turn *turns;
    struct cg_report report;
    struct cg_arena *arena;
    size_t next; /* first tenant that was not started */
    size_t running;
    int stopping;
    uv_timer_t timer; /* ends the whole, so that `finished` always comes from the loop */
};

static void on_closed(uv_handle_t *handle) {
    struct cg_supervision *supervision = handle->data;
    supervision->finished(supervision->user, &supervision->report);
}

/* ---- callbacks of jobs ---- */

static void on_progress(void *user, const char *what, int64_t done, int64_t total) {
    struct tenant_turn *turn = user;
    const struct cg_supervisor_observer *observer = &turn->supervision->options.observer;
    if (observer->progress)
        observer->progress(observer->user, turn->index, what, done, total);
}

static void on_text(void *user, const char *text) {
    struct tenant_turn *turn = user;
    const struct cg_supervisor_observer *observer = &turn->supervision->options.observer;
    if (observer->text)
        observer->text(observer->user, turn->index, text);
}

static void start_waiting(struct cg_supervision *supervision);

static void on_finished(void *user, const struct cg_tenant_report *report) {
    struct tenant_turn *turn = user;
    struct cg_supervision *supervision = turn->supervision;
    const struct cg_supervisor_observer *observer = &supervision->options.observer;
    supervision->report.tenants[turn->index] = *report;
    turn->running = 0;
    supervision->running--;
    if (observer->finished)
        observer->finished(observer->user, turn->index);
    start_waiting(supervision);
}

/* ---- starting ---- */

static void start_job(struct cg_supervision *supervision, struct tenant_turn *turn) {
    const struct cg_supervisor_options *options = &supervision->options;
    struct cg_tenant_report *report = &supervision->report.tenants[turn->index];
    struct cg_error error = {0};
    struct cg_tenant_job_options job = {
        .generation = options->generation,
        .tenant = turn->index,
        .kind = supervision->kind,
        .program = options->program,
        .log = options->log,
        .recalculate = options->recalculate,
        .recalculate_from = options->recalculate_from,
        .recalculate_to = options->recalculate_to,
        .question = options->question,
        .problems = supervision->problems,
        .callbacks = {.user = turn, .progress = on_progress, .text = on_text, .finished = on_finished},
    };
    report->started = 1;
    if (cg_tenant_job_start(supervision->loop, &job, &turn->job, &error) == CG_OK) {
        turn->running = 1;
        supervision->running++;
        return;
    }
    report->status = error.status;
    report->error = cg_arena_string(supervision->arena, error.text);
    cg_log_write(options->log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s",
                 options->generation->settings->tenants[turn->index].name, error.text);
}

static void start_tenant(struct cg_supervision *supervision, struct tenant_turn *turn) {
    const struct cg_generation *generation = supervision->options.generation;
    const char *only = supervision->options.only_tenant;
    if (only && strcmp(only, generation->settings->tenants[turn->index].name) != 0)
        return;
    if (!generation->left_out[turn->index]) {
        start_job(supervision, turn);
        return;
    }
    struct cg_tenant_report *report = &supervision->report.tenants[turn->index];
    report->started = 1;
    report->status = CG_PERMANENT;
    report->error = generation->left_out[turn->index];
}

static void start_waiting(struct cg_supervision *supervision) {
    size_t limit = (size_t)supervision->options.generation->settings->max_parallel_tenants;
    while (supervision->next < supervision->report.count && supervision->running < limit && !supervision->stopping)
        start_tenant(supervision, &supervision->turns[supervision->next++]);
    if (!supervision->running && !uv_is_closing((uv_handle_t *)&supervision->timer))
        uv_close((uv_handle_t *)&supervision->timer, on_closed);
}

static cg_status prepare(struct cg_supervision *supervision) {
    size_t count = supervision->options.generation->settings->tenant_count;
    supervision->arena = cg_arena_new();
    if (!supervision->arena)
        return CG_NO_MEMORY;
    supervision->turns = cg_arena_array(supervision->arena, count + 1, sizeof *supervision->turns);
    supervision->report.tenants = cg_arena_array(supervision->arena, count + 1, sizeof *supervision->report.tenants);
    if (!supervision->turns || !supervision->report.tenants)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        supervision->turns[i] = (struct tenant_turn){.supervision = supervision, .index = i};
    supervision->report.count = count;
    return CG_OK;
}

cg_status cg_supervision_start(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                               struct cg_problems *problems, void (*finished)(void *user, const struct cg_report *),
                               void *user, struct cg_supervision **ret) {
    struct cg_supervision *supervision = calloc(1, sizeof *supervision);
    if (!supervision)
        return CG_NO_MEMORY;
    supervision->loop = loop;
    supervision->options = *options;
    supervision->kind = kind;
    supervision->problems = problems;
    supervision->finished = finished;
    supervision->user = user;
    if (prepare(supervision) != CG_OK) {
        cg_arena_free(supervision->arena);
        free(supervision);
        return CG_NO_MEMORY;
    }
    cg_generation_ref(options->generation);
    uv_timer_init(loop, &supervision->timer);
    supervision->timer.data = supervision;
    start_waiting(supervision);
    *ret = supervision;
    return CG_OK;
}

void cg_supervision_stop(struct cg_supervision *supervision) {
    supervision->stopping = 1;
    for (size_t i = 0; i < supervision->report.count; i++)
        if (supervision->turns[i].running)
            cg_tenant_job_stop(supervision->turns[i].job);
}

void cg_supervision_free(struct cg_supervision *supervision) {
    if (!supervision)
        return;
    for (size_t i = 0; i < supervision->report.count; i++)
        cg_tenant_job_free(supervision->turns[i].job);
    cg_generation_unref(supervision->options.generation);
    cg_arena_free(supervision->arena);
    free(supervision);
}

/* ---- at once ---- */

struct turning {
    struct cg_supervision *supervision;
    const volatile int32_t *stop;
    int finished;
};

static void on_all_finished(void *user, const struct cg_report *report) {
    struct turning *turning = user;
    (void)report;
    turning->finished = 1;
}

static void on_stop_poll(uv_timer_t *timer) {
    struct turning *turning = timer->data;
    if (turning->stop && *turning->stop && !turning->finished)
        cg_supervision_stop(turning->supervision);
}

static void on_poll_closed(uv_handle_t *handle) {
    handle->data = NULL;
}

cg_status cg_supervise(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                       const volatile int32_t *stop, struct cg_problems *problems,
                       struct cg_supervision **ret_supervision, struct cg_report *ret, struct cg_error *error) {
    struct turning turning = {.stop = stop};
    uv_timer_t poll;
    *ret = (struct cg_report){0};
    *ret_supervision = NULL;
    if (cg_supervision_start(loop, options, kind, problems, on_all_finished, &turning, &turning.supervision) != CG_OK)
        return cg_error_no_memory(error);
    uv_timer_init(loop, &poll);
    poll.data = &turning;
    uv_timer_start(&poll, on_stop_poll, STOP_POLL_MS, STOP_POLL_MS);
    /* Others may live on this loop, so it is turned only until these have ended. */
    while (!turning.finished)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&poll, on_poll_closed);
    while (poll.data)
        uv_run(loop, UV_RUN_NOWAIT);
    *ret = turning.supervision->report;
    *ret_supervision = turning.supervision;
    return CG_OK;
}
