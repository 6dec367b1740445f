#include "engine/emit.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

struct emission_work {
    struct cg_runtime *runtime;
    struct cg_store *store;
    const struct cg_observer *observer;
    const struct cg_emitter_binding *binding;
    void *instance;
    struct cg_emit_result *result;
    uint64_t rows; /* of the date at hand */
};

static void enter(const struct emission_work *work, const char *function) {
    cg_services_reset(work->binding->services);
    cg_crumb_enter(work->runtime->crumb, "emitter", work->binding->module->name, work->binding->settings->name,
                   function, NULL);
}

static void leave(const struct emission_work *work) {
    cg_crumb_leave(work->runtime->crumb);
}

static cg_status take_rows(void *user, const struct cg_emitted_row *const *rows, size_t count) {
    struct emission_work *work = user;
    enter(work, "rows");
    cg_status status = work->binding->emitter->rows(work->instance, rows, count);
    leave(work);
    work->rows += count;
    return status;
}

/* Sends the rows of [start, end) as one emission. The sentence of a failure is the module's or the store's. */
static cg_status emit_span(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    const struct cg_emitter *emitter = work->binding->emitter;
    char date[CG_TIME_TEXT_SIZE];
    struct cg_emission emission = {
        .struct_size = sizeof emission,
        .pipeline = CG_PIPELINE_CHARGEBACK,
        .date = cg_time_format_date(start, date),
        .date_time = start,
    };
    work->rows = 0;
    enter(work, "begin");
    cg_status status = emitter->begin(work->instance, &emission);
    leave(work);
    if (status != CG_OK)
        return cg_error_set(error, status, "%s", cg_services_error(work->binding->services, status));
    cg_error_clear(error);
    status =
        cg_store_each_chargeback(work->store, start, end, work->binding->settings->aggregation, take_rows, work, error);
    if (status == CG_OK) {
        enter(work, "finish");
        status = emitter->finish(work->instance);
        leave(work);
    }
    if (status == CG_OK)
        return CG_OK;
    if (!error->text[0])
        cg_error_set(error, status, "%s", cg_services_error(work->binding->services, status));
    cg_crumb_enter(work->runtime->crumb, "emitter", work->binding->module->name, work->binding->settings->name, "abort",
                   NULL);
    emitter->abort(work->instance);
    leave(work);
    return status;
}

static int64_t month_start(int64_t date) {
    int32_t year = 0;
    int32_t month = 0;
    int64_t start = date;
    cg_time_to_date(date, &year, &month, NULL);
    cg_time_from_date(year, month, 1, &start);
    return start;
}

/* Emits dates[0..count), which form one emission, and records the outcome for each of them. */
static cg_status emit_dates(struct emission_work *work, const int64_t *dates, size_t count, int monthly,
                            struct cg_error *error) {
    int64_t start = monthly ? month_start(dates[0]) : dates[0];
    int64_t end = start + CG_DAY_US * (monthly ? cg_time_month_days(start) : 1);
    const char *name = work->binding->settings->name;
    struct cg_error cause = {0};
    cg_status outcome = emit_span(work, start, end, &cause);
    if (outcome != CG_OK) {
        char date[CG_TIME_TEXT_SIZE];
        char text[2 * CG_ERROR_TEXT_SIZE];
        snprintf(text, sizeof text, "tenant '%s': emitter '%s' (module '%s'), %s: %s", work->runtime->tenant->name,
                 name, work->binding->module->name, cg_time_format_date(start, date), cause.text);
        if (work->observer->error)
            work->observer->error(work->observer->user, text);
    }
    cg_status status = cg_store_begin(work->store, error);
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = cg_store_record_emission(work->store, name, CG_PIPELINE_CHARGEBACK, dates[i],
                                          outcome == CG_OK ? CG_EMISSION_EMITTED : CG_EMISSION_FAILED, error);
    if (status == CG_OK)
        status = cg_store_commit(work->store, error);
    else
        cg_store_rollback(work->store);
    *(outcome == CG_OK ? &work->result->emitted : &work->result->failed) += count;
    return status;
}

static cg_status emit_all(struct emission_work *work, const int64_t *dates, size_t count, struct cg_error *error) {
    const char *aggregation = work->binding->settings->aggregation;
    int monthly = aggregation && strcmp(aggregation, "monthly") == 0;
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK;) {
        size_t next = i + 1;
        while (monthly && next < count && month_start(dates[next]) == month_start(dates[i]))
            next++;
        status = emit_dates(work, dates + i, next - i, monthly, error);
        i = next;
        if (work->runtime->shared.cancelled && *work->runtime->shared.cancelled)
            return cg_error_set(error, CG_CANCELLED, "the run was stopped");
    }
    return status;
}

static cg_status emit_with(struct emission_work *work, int64_t now, struct cg_arena *arena, struct cg_error *error) {
    struct cg_runtime *runtime = work->runtime;
    const struct cg_emitter_settings *settings = work->binding->settings;
    int64_t not_before = CG_TIME_NONE;
    if (settings->has_lookback)
        not_before = cg_time_day(now) - settings->lookback_days * CG_DAY_US;
    int64_t *dates = NULL;
    size_t count = 0;
    cg_status status = cg_store_emission_dates(work->store, settings->name, CG_PIPELINE_CHARGEBACK, not_before, arena,
                                               &dates, &count, error);
    if (status != CG_OK || !count)
        return status;
    struct cg_emitter_spec spec = {
        .struct_size = sizeof spec,
        .name = settings->name,
        .tenant_name = runtime->tenant->name,
        .tenant_id = runtime->tenant->tenant_id,
        .ecosystem = runtime->module->name,
        .params = settings->params,
    };
    enter(work, "create");
    status = work->binding->emitter->create(&work->binding->services->host, &spec, &work->instance);
    leave(work);
    if (status != CG_OK) {
        char text[2 * CG_ERROR_TEXT_SIZE];
        snprintf(text, sizeof text, "tenant '%s': emitter '%s' (module '%s'): %s", runtime->tenant->name,
                 settings->name, work->binding->module->name, cg_services_error(work->binding->services, status));
        if (work->observer->error)
            work->observer->error(work->observer->user, text);
        work->result->failed += count;
        return CG_OK;
    }
    status = emit_all(work, dates, count, error);
    cg_crumb_enter(runtime->crumb, "emitter", work->binding->module->name, work->binding->settings->name, "destroy",
                   NULL);
    work->binding->emitter->destroy(work->instance);
    leave(work);
    return status;
}

cg_status cg_emit_run(struct cg_runtime *runtime, struct cg_store *store, const struct cg_observer *observer,
                      int64_t now, struct cg_emit_result *ret, struct cg_error *error) {
    struct cg_emit_result result = {0};
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return cg_error_no_memory(error);
    cg_status status = CG_OK;
    for (size_t i = 0; i < runtime->emitter_count && status == CG_OK; i++) {
        struct emission_work work = {
            .runtime = runtime,
            .store = store,
            .observer = observer,
            .binding = &runtime->emitters[i],
            .result = &result,
        };
        cg_arena_reset(arena);
        status = emit_with(&work, now, arena, error);
    }
    cg_arena_free(arena);
    *ret = result;
    return status;
}
