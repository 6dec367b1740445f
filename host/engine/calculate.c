#include "engine/calculate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/allocate.h"
#include "engine/window.h"
#include "net/metrics_source.h"

_Static_assert(CG_ERROR_TEXT_SIZE <= CG_ROWSET_DETAIL_BYTES + 1, "a sentence fits into the detail of a row");

struct cg_calculation {
    struct cg_calculation_options options;
    struct cg_arena *run_arena;  /* lives as long as the calculation */
    struct cg_arena *date_arena; /* emptied for every date */
    struct cg_intern *texts;
    struct cg_rowset rows;
    struct cg_identity_list everybody;
};

/* Lines that share resource and window, and so share metrics and identities. */
struct group {
    const char *resource_id;
    int64_t start;
    int64_t end;
    const struct cg_metric_query **queries; /* the union of what its lines need */
    size_t query_count;
    struct cg_metrics_request *request; /* or NULL */
};

/* Who lives in a window. A date has few windows, and mostly one; the last ones are kept. */
#define WINDOWS 16

struct window {
    int64_t start;
    int64_t end;
    const struct cg_identity **items; /* room for everybody */
    size_t count;
};

/* One line on its way. */
struct work {
    const struct cg_stored_line *stored;
    const struct cg_binding *binding; /* NULL: the fallback's */
    struct group *group;              /* NULL when the window is not known */
    struct cg_error window_error;
};

struct date_work {
    struct cg_calculation *calculation;
    int64_t date;
    struct work *lines;
    size_t line_count;
    struct group *groups;
    size_t group_count;
    struct cg_metrics_request *requests;
    size_t request_count;
    struct cg_line_attempt *attempts;
    size_t attempt_count;
    struct window windows[WINDOWS];
    size_t window_count; /* that were looked up; the place of one is its number modulo WINDOWS */
    int32_t own_failure; /* 1: a line failed for a reason that is the program's, not the line's */
    struct cg_date_outcome outcome;
};

cg_status cg_calculation_new(const struct cg_calculation_options *options, struct cg_calculation **ret,
                             struct cg_error *error) {
    struct cg_calculation *calculation = calloc(1, sizeof *calculation);
    if (!calculation)
        return cg_error_no_memory(error);
    calculation->options = *options;
    calculation->run_arena = cg_arena_new();
    calculation->date_arena = cg_arena_new();
    calculation->texts = cg_intern_new();
    cg_status status = CG_NO_MEMORY;
    if (calculation->run_arena && calculation->date_arena && calculation->texts) {
        cg_rowset_init(&calculation->rows, calculation->texts);
        /* Everybody who ever was: read once, filtered for each window. */
        status = cg_store_identities_in(options->store, CG_TIME_NONE, INT64_MAX, calculation->run_arena,
                                        &calculation->everybody, error);
    } else {
        cg_error_no_memory(error);
    }
    if (status != CG_OK) {
        cg_calculation_free(calculation);
        return status;
    }
    *ret = calculation;
    return CG_OK;
}

void cg_calculation_free(struct cg_calculation *calculation) {
    if (!calculation)
        return;
    cg_rowset_done(&calculation->rows);
    cg_intern_free(calculation->texts);
    cg_arena_free(calculation->date_arena);
    cg_arena_free(calculation->run_arena);
    free(calculation);
}

/* Who lives in a window: created before its end, not deleted before or at its start. The list lives until WINDOWS
 * others were asked for. */
static cg_status alive_in(struct date_work *work, int64_t start, int64_t end, struct cg_identity_list *ret) {
    const struct cg_identity_list *all = &work->calculation->everybody;
    for (size_t i = 0; i < WINDOWS && i < work->window_count; i++) {
        const struct window *known = &work->windows[i];
        if (known->start == start && known->end == end) {
            *ret = (struct cg_identity_list){known->items, known->count};
            return CG_OK;
        }
    }
    struct window *window = &work->windows[work->window_count % WINDOWS];
    if (!window->items)
        window->items = cg_arena_array(work->calculation->date_arena, all->count, sizeof(const struct cg_identity *));
    if (!window->items)
        return CG_NO_MEMORY;
    work->window_count++;
    window->start = start;
    window->end = end;
    window->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct cg_identity *identity = all->items[i];
        int born = identity->created_at == CG_TIME_NONE || identity->created_at < end;
        int gone = identity->deleted_at != CG_TIME_NONE && identity->deleted_at <= start;
        if (born && !gone)
            window->items[window->count++] = identity;
    }
    *ret = (struct cg_identity_list){window->items, window->count};
    return CG_OK;
}

static int same_group(const struct group *group, const char *resource_id, int64_t start, int64_t end) {
    return group->start == start && group->end == end && strcmp(group->resource_id, resource_id) == 0;
}

/* Adds the queries of a product to its group, each key once. */
static cg_status add_queries(struct cg_arena *arena, struct group *group, const struct cg_product *product) {
    if (!product->metric_count)
        return CG_OK;
    const struct cg_metric_query **queries =
        cg_arena_array(arena, group->query_count + product->metric_count, sizeof(const struct cg_metric_query *));
    if (!queries)
        return CG_NO_MEMORY;
    size_t count = group->query_count;
    if (count)
        memcpy(queries, group->queries, count * sizeof(const struct cg_metric_query *));
    for (uint32_t i = 0; i < product->metric_count; i++) {
        size_t seen = 0;
        while (seen < count && strcmp(queries[seen]->key, product->metrics[i]->key) != 0)
            seen++;
        if (seen == count)
            queries[count++] = product->metrics[i];
    }
    group->queries = queries;
    group->query_count = count;
    return CG_OK;
}

/* Sorts lines into groups. Lines come by environment and resource, so a line's group is nearly always the last one. */
static cg_status make_groups(struct date_work *work, const struct cg_stored_line *lines, size_t count,
                             struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_runtime *runtime = calculation->options.runtime;
    struct cg_arena *arena = calculation->date_arena;
    work->lines = cg_arena_array(arena, count, sizeof *work->lines);
    work->groups = cg_arena_array(arena, count, sizeof *work->groups);
    work->attempts = cg_arena_array(arena, count, sizeof *work->attempts);
    work->line_count = count;
    if (!work->lines || !work->groups || !work->attempts)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const struct cg_billing_line *line = &lines[i].line;
        struct work *item = &work->lines[i];
        item->stored = &lines[i];
        item->binding = cg_runtime_find(runtime, line->product_type);
        int64_t end = 0;
        if (cg_window_end(runtime->tenant, line->granularity, line->timestamp, &end, &item->window_error) != CG_OK)
            continue;
        struct group *last = work->group_count ? &work->groups[work->group_count - 1] : NULL;
        if (!last || !same_group(last, line->resource_id, line->timestamp, end)) {
            last = &work->groups[work->group_count++];
            *last = (struct group){.resource_id = line->resource_id, .start = line->timestamp, .end = end};
        }
        item->group = last;
        if (item->binding && add_queries(arena, last, item->binding->product) != CG_OK)
            return cg_error_no_memory(error);
    }
    return CG_OK;
}

/* Asks the metrics source for all groups of the date at once. */
static cg_status fetch_metrics(struct date_work *work, struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    if (!calculation->options.metrics)
        return CG_OK;
    struct cg_arena *arena = calculation->date_arena;
    work->requests = cg_arena_array(arena, work->group_count, sizeof *work->requests);
    if (!work->requests)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < work->group_count; i++) {
        struct group *group = &work->groups[i];
        if (!group->query_count)
            continue;
        group->request = &work->requests[work->request_count++];
        *group->request = (struct cg_metrics_request){
            .resource_id = group->resource_id,
            .start = group->start,
            .end = group->end,
            .queries = group->queries,
            .query_count = group->query_count,
        };
    }
    if (!work->request_count)
        return CG_OK;
    cg_status status =
        cg_metrics_source_fetch(calculation->options.metrics, work->requests, work->request_count, arena, error);
    if (status != CG_OK)
        return status;
    char date[CG_TIME_TEXT_SIZE];
    cg_time_format_date(work->date, date);
    for (size_t i = 0; i < work->request_count; i++) {
        const struct cg_metrics_request *request = &work->requests[i];
        if (!(request->result->flags & CG_METRICS_FETCH_FAILED))
            continue;
        if (!work->outcome.metrics_failed)
            snprintf(work->outcome.metrics_error, sizeof work->outcome.metrics_error, "%s",
                     request->error ? request->error : "no reason given");
        work->outcome.metrics_failed = 1;
        cg_log_write(calculation->options.runtime->shared.log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "metrics_prefetch_failed tenant_name=%s tracking_date=%s resource_id=%s: %s",
                     calculation->options.runtime->tenant->name, date, request->resource_id,
                     request->error ? request->error : "no reason given");
    }
    return CG_OK;
}

/* Tells what happened to a line, and gives its whole cost to nobody, with the reason. */
static cg_status fall_back(struct date_work *work, const struct work *item, const struct cg_error *cause,
                           struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_billing_line *line = &item->stored->line;
    const struct cg_tenant_settings *tenant = calculation->options.runtime->tenant;
    int64_t attempts = item->stored->allocation_attempts;
    if (attempts < tenant->allocation_retry_limit)
        attempts++;
    char date[CG_TIME_TEXT_SIZE];
    char text[2 * CG_ERROR_TEXT_SIZE];
    snprintf(text, sizeof text, "tenant '%s': %s, %s on %s: %s; its cost is UNALLOCATED", tenant->name,
             cg_time_format_date(line->timestamp, date), line->product_type, line->resource_id, cause->text);
    if (calculation->options.observer->error)
        calculation->options.observer->error(calculation->options.observer->user, text);
    struct cg_error detail = {0};
    cg_error_set(&detail, cause->status, "Failed after %lld attempts: %s", (long long)attempts, cause->text);
    cg_rowset_drop(&calculation->rows);
    cg_error_clear(&calculation->rows.error);
    struct cg_row row = {
        .struct_size = sizeof row,
        .cost_type = CG_COST_SHARED,
        .identity_id = CG_IDENTITY_UNALLOCATED,
        .amount = line->total_cost,
        .allocation_method = "ALLOCATION_FAILED",
        .allocation_detail = detail.text,
        .chain_tier = CG_NO_INDEX,
        .composition_index = CG_NO_INDEX,
    };
    if (calculation->rows.sink.add(&calculation->rows.sink, &row) != CG_OK)
        return cg_error_set(error, calculation->rows.error.status, "%s", calculation->rows.error.text);
    work->outcome.failed_lines++;
    if (attempts != item->stored->allocation_attempts)
        work->attempts[work->attempt_count++] = (struct cg_line_attempt){line, attempts};
    return CG_OK;
}

/* What lines that follow each other share: one resource, environment and window, and one service. The answer of an
 * override is for one product type, because that may be all its author looked at. */
struct shared_answer {
    const struct group *group;
    const struct cg_service *service;
    const struct cg_identity_resolver *resolver;
    const char *product_type; /* NULL: any of the service */
    const char *env_id;
    struct cg_identity_list tenant_period;
    struct cg_resolution resolution;
    cg_status status;
    struct cg_error error;
};

static int is_answered(const struct shared_answer *shared, const struct work *item) {
    const struct cg_billing_line *line = &item->stored->line;
    return shared->group == item->group && shared->status == CG_OK && shared->service == item->binding->service &&
           shared->resolver == item->binding->resolver && strcmp(shared->env_id, line->env_id) == 0 &&
           (!shared->product_type || strcmp(shared->product_type, line->product_type) == 0);
}

static cg_status resolve_for(struct date_work *work, const struct work *item, struct shared_answer *shared) {
    struct cg_calculation *calculation = work->calculation;
    const struct group *group = item->group;
    const struct cg_billing_line *line = &item->stored->line;
    if (is_answered(shared, item))
        return CG_OK;
    *shared = (struct shared_answer){
        .group = group,
        .service = item->binding->service,
        .resolver = item->binding->resolver,
        .product_type = item->binding->resolver_callee.overrides ? line->product_type : NULL,
        .env_id = line->env_id,
    };
    if (alive_in(work, group->start, group->end, &shared->tenant_period) != CG_OK) {
        work->own_failure = 1;
        shared->status = cg_error_no_memory(&shared->error);
        return shared->status;
    }
    struct cg_resolve_question question = {
        .runtime = calculation->options.runtime,
        .store = calculation->options.store,
        .arena = calculation->date_arena,
        .binding = item->binding,
        .line = line,
        .window_end = group->end,
        .tenant_period = &shared->tenant_period,
        .everybody = &calculation->everybody,
        .metrics = group->request ? group->request->result : NULL,
    };
    shared->status = cg_resolve(&question, &shared->resolution, &work->own_failure, &shared->error);
    return shared->status;
}

/* A callee that brought an earlier worker down must not get this line again. */
static cg_status check_quarantine(const struct cg_calculation *calculation, const struct cg_callee *callee,
                                  const char *what, const struct cg_billing_line *line, struct cg_error *error) {
    const struct cg_calculation_options *options = &calculation->options;
    if (!options->quarantine_count)
        return CG_OK;
    struct cg_crumb_line key = {0};
    cg_crumb_line_of(line, &key);
    for (size_t i = 0; i < options->quarantine_count; i++) {
        const struct cg_quarantine *entry = &options->quarantine[i];
        if (strcmp(entry->module, callee->module->name) != 0 || strcmp(entry->symbol, callee->symbol) != 0)
            continue;
        if (entry->whole_symbol || memcmp(&entry->line, &key, sizeof key) == 0)
            return cg_error_set(error, CG_PERMANENT, "%s '%s' of module '%s' %s", what, callee->symbol,
                                callee->module->name, entry->reason);
    }
    return CG_OK;
}

static cg_status try_line(struct date_work *work, const struct work *item, struct shared_answer *shared,
                          struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_runtime *runtime = calculation->options.runtime;
    const struct cg_billing_line *line = &item->stored->line;
    if (!item->group)
        return cg_error_set(error, item->window_error.status, "%s", item->window_error.text);
    const struct cg_binding *binding = item->binding ? item->binding : &runtime->fallback;
    if (!binding->allocator && item->binding)
        return cg_error_set(error, CG_PERMANENT, "module '%s' gives this product type no allocator",
                            runtime->module->name);
    if (!binding->allocator)
        return cg_error_set(error, CG_PERMANENT, "no service of ecosystem '%s' handles this product type",
                            runtime->module->name);
    struct cg_allocate_request request = {
        .runtime = runtime,
        .binding = binding,
        .line = line,
        .window_end = item->group->end,
        .metrics = item->binding && item->group->request ? item->group->request->result : NULL,
        .rows = &calculation->rows,
    };
    if (item->binding) {
        cg_status status = check_quarantine(calculation, &binding->resolver_callee, "identity resolver", line, error);
        if (status != CG_OK)
            return status;
        if (resolve_for(work, item, shared) != CG_OK) {
            *error = shared->error;
            return work->own_failure
                       ? error->status
                       : cg_error_wrap(error, "identity resolver '%s' of module '%s'", binding->resolver_callee.symbol,
                                       binding->resolver_callee.module->name);
        }
        request.tenant_period = shared->tenant_period;
        request.resolution = &shared->resolution;
    }
    cg_status status = check_quarantine(calculation, &binding->allocator_callee, "allocator", line, error);
    if (status == CG_OK)
        status = cg_allocate(&request, error);
    /* The set of rows ran out of memory; when the module itself did, that is the line's business. */
    if (calculation->rows.error.status == CG_NO_MEMORY) {
        work->own_failure = 1;
        return cg_error_no_memory(error);
    }
    return status;
}

/* A stop is the run's business; whatever else a module answers is the line's, also "cancelled" when nobody cancelled.
 */
static int is_stopped(const struct cg_runtime *runtime) {
    return runtime->shared.cancelled && *runtime->shared.cancelled;
}

static cg_status calculate_lines(struct date_work *work, struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    int has_environments = (calculation->options.runtime->ecosystem->flags & CG_ECOSYSTEM_HAS_ENVIRONMENTS) != 0;
    struct shared_answer shared = {0};
    cg_rowset_clear(&calculation->rows);
    for (size_t i = 0; i < work->line_count; i++) {
        const struct work *item = &work->lines[i];
        const struct cg_billing_line *line = &item->stored->line;
        cg_rowset_begin(&calculation->rows, line, has_environments ? line->env_id : "");
        struct cg_error cause = {0};
        cg_status status = try_line(work, item, &shared, &cause);
        if (is_stopped(calculation->options.runtime))
            return cg_error_set(error, CG_CANCELLED, "the run was stopped");
        if (status != CG_OK && work->own_failure)
            return cg_error_set(error, status, "%s", cause.text);
        if (status != CG_OK) {
            status = fall_back(work, item, &cause, error);
            if (status != CG_OK)
                return status;
        } else if (item->stored->allocation_attempts) {
            work->attempts[work->attempt_count++] = (struct cg_line_attempt){line, 0};
        }
    }
    return CG_OK;
}

/* Forgets everything about the date before, so that memory depends on the largest date, not on their number. */
static cg_status forget(struct cg_calculation *calculation, struct cg_error *error) {
    struct cg_intern *texts = cg_intern_new();
    if (!texts)
        return cg_error_no_memory(error);
    cg_rowset_clear(&calculation->rows);
    calculation->rows.texts = texts;
    cg_intern_free(calculation->texts);
    calculation->texts = texts;
    cg_arena_reset(calculation->date_arena);
    return CG_OK;
}

cg_status cg_calculate_date(struct cg_calculation *calculation, int64_t date, struct cg_date_outcome *ret,
                            struct cg_error *error) {
    const struct cg_calculation_options *options = &calculation->options;
    struct date_work work = {.calculation = calculation, .date = date};
    struct cg_stored_line *lines = NULL;
    size_t count = 0;
    cg_status status = forget(calculation, error);
    if (status == CG_OK)
        status = cg_store_lines_of(options->store, date, calculation->date_arena, &lines, &count, error);
    if (status == CG_OK)
        status = make_groups(&work, lines, count, error);
    if (status == CG_OK)
        status = fetch_metrics(&work, error);
    if (status == CG_OK)
        status = calculate_lines(&work, error);
    if (status != CG_OK)
        return status;
    struct cg_date_result result = {
        .date = date,
        .facts = calculation->rows.facts,
        .fact_count = calculation->rows.count,
        .attempts = work.attempts,
        .attempt_count = work.attempt_count,
        .run_id = options->run_id,
        .now = cg_time_now(),
        .metrics_failed = work.outcome.metrics_failed,
    };
    status = cg_store_write_date(options->store, &result, &work.outcome.rows, &work.outcome.changed, error);
    if (status == CG_OK)
        *ret = work.outcome;
    return status;
}
