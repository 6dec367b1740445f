#include "engine/emit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "store/topics.h"

/* A date inside a cause, where another date would make it another sentence. */
#define ANY_DATE "<date>"

/* Emissions of one entry that failed for one cause. */
struct failure {
    uint64_t count;
    char first[CG_TIME_TEXT_SIZE]; /* the first one's date */
    const char *text;              /* the first one's cause */
    const char *pattern;           /* the cause with ANY_DATE in place of the date */
};

struct emission_work;

/* A kind of rows, and how an emitter gets those of one emission. */
struct pipeline {
    const char *name;
    int is_aggregated; /* as the entry wishes */
    /* Tells whether the emitter takes such rows. */
    int32_t (*is_taken)(const struct cg_emitter *emitter);
    cg_status (*send)(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error);
};

struct emission_work {
    const struct cg_emit_options *options;
    struct cg_runtime *runtime;
    struct cg_store *store;
    const struct cg_emitter_binding *binding;
    const struct pipeline *pipeline;
    int topics; /* the entry is one of the topic overlay */
    int monthly;
    const char *symbol;     /* what a crumb calls the entry */
    struct cg_arena *arena; /* of the entry */
    void *instance;
    struct cg_emit_result *result;
    struct failure failures[CG_EMIT_CAUSES];
    size_t failure_count;
    uint64_t other_failures;
};

/* ---- the module's functions ---- */

static void enter_again(const struct emission_work *work, const char *function) {
    cg_crumb_enter(work->runtime->crumb, "emitter", work->binding->module->name, work->symbol, function, NULL);
}

static void enter(const struct emission_work *work, const char *function) {
    cg_services_reset(work->binding->services);
    enter_again(work, function);
}

static void leave(const struct emission_work *work) {
    cg_crumb_leave(work->runtime->crumb);
}

static cg_status take_rows(void *user, const struct cg_emitted_row *const *rows, size_t count) {
    const struct emission_work *work = user;
    enter(work, "rows");
    cg_status status = work->binding->emitter->rows(work->instance, rows, count);
    leave(work);
    return status;
}

static cg_status take_topic_rows(void *user, const struct cg_emitted_topic_row *const *rows, size_t count) {
    const struct emission_work *work = user;
    enter(work, "topic_rows");
    cg_status status = work->binding->emitter->topic_rows(work->instance, rows, count);
    leave(work);
    return status;
}

static cg_status take_billing_rows(void *user, const struct cg_emitted_billing_row *const *rows, size_t count) {
    const struct emission_work *work = user;
    enter(work, "billing_rows");
    cg_status status = work->binding->emitter->billing_rows(work->instance, rows, count);
    leave(work);
    return status;
}

static cg_status take_resource_rows(void *user, const struct cg_emitted_resource *const *rows, size_t count) {
    const struct emission_work *work = user;
    enter(work, "resource_rows");
    cg_status status = work->binding->emitter->resource_rows(work->instance, rows, count);
    leave(work);
    return status;
}

static cg_status take_identity_rows(void *user, const struct cg_emitted_identity *const *rows, size_t count) {
    const struct emission_work *work = user;
    enter(work, "identity_rows");
    cg_status status = work->binding->emitter->identity_rows(work->instance, rows, count);
    leave(work);
    return status;
}

/* ---- what they are called with ---- */

static int32_t takes_chargebacks(const struct cg_emitter *emitter) {
    return emitter->rows != NULL;
}

static int32_t takes_topics(const struct cg_emitter *emitter) {
    return CG_HAS_MEMBER(emitter, struct cg_emitter, topic_rows) && emitter->topic_rows;
}

static int32_t takes_billing(const struct cg_emitter *emitter) {
    return CG_HAS_MEMBER(emitter, struct cg_emitter, billing_rows) && emitter->billing_rows;
}

static int32_t takes_resources(const struct cg_emitter *emitter) {
    return CG_HAS_MEMBER(emitter, struct cg_emitter, resource_rows) && emitter->resource_rows;
}

static int32_t takes_identities(const struct cg_emitter *emitter) {
    return CG_HAS_MEMBER(emitter, struct cg_emitter, identity_rows) && emitter->identity_rows;
}

static cg_status send_chargebacks(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    return cg_store_each_chargeback(work->store, start, end, work->binding->settings->aggregation, take_rows, work,
                                    error);
}

static cg_status send_topics(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    return cg_store_each_topic_row(work->store, start, end, work->binding->settings->aggregation, take_topic_rows, work,
                                   error);
}

static cg_status send_billing(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    (void)end;
    return cg_store_each_billing_row(work->store, start, take_billing_rows, work, error);
}

static cg_status send_resources(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    (void)end;
    return cg_store_each_resource_at(work->store, start, take_resource_rows, work, error);
}

static cg_status send_identities(struct emission_work *work, int64_t start, int64_t end, struct cg_error *error) {
    (void)end;
    return cg_store_each_identity_at(work->store, start, take_identity_rows, work, error);
}

/* Of entries of `emitters`, in this order; and of those of the topic overlay. */
static const struct pipeline pipelines[] = {
    {CG_PIPELINE_CHARGEBACK, 1, takes_chargebacks, send_chargebacks},
    {CG_PIPELINE_BILLING, 0, takes_billing, send_billing},
    {CG_PIPELINE_RESOURCES, 0, takes_resources, send_resources},
    {CG_PIPELINE_IDENTITIES, 0, takes_identities, send_identities},
};
static const struct pipeline topic_pipelines[] = {{CG_PIPELINE_TOPICS, 1, takes_topics, send_topics}};

/* Sends the rows of [start, end), or none, as one emission. The sentence of a failure is the module's or the store's.
 */
static cg_status emit_span(struct emission_work *work, int64_t start, int64_t end, int32_t empty,
                           struct cg_error *error) {
    const struct cg_emitter *emitter = work->binding->emitter;
    char date[CG_TIME_TEXT_SIZE];
    struct cg_emission emission = {
        .struct_size = sizeof emission,
        .pipeline = work->pipeline->name,
        .date = cg_time_format_date(start, date),
        .date_time = start,
    };
    enter(work, "begin");
    cg_status status = emitter->begin(work->instance, &emission);
    leave(work);
    if (status != CG_OK)
        return cg_error_set(error, status, "%s", cg_services_error(work->binding->services, status));
    cg_error_clear(error);
    if (!empty)
        status = work->pipeline->send(work, start, end, error);
    if (status == CG_OK) {
        enter(work, "finish");
        status = emitter->finish(work->instance);
        leave(work);
    }
    if (status == CG_OK)
        return CG_OK;
    if (!error->text[0])
        cg_error_set(error, status, "%s", cg_services_error(work->binding->services, status));
    enter_again(work, "abort");
    emitter->abort(work->instance);
    leave(work);
    return status;
}

/* ---- failures ---- */

/* "tenant 'x': emitter 'csv' (module 'csv')" and what follows it; the topic overlay's are topic emitters. Rows that are
 * not what an entry is there for in the first place are named. */
static void tell(const struct emission_work *work, const char *format, ...) CG_PRINTF(2, 3);
static void tell(const struct emission_work *work, const char *format, ...) {
    char rest[2 * CG_ERROR_TEXT_SIZE];
    char text[3 * CG_ERROR_TEXT_SIZE];
    const struct cg_observer *observer = work->options->observer;
    const int named = work->pipeline && !work->pipeline->is_aggregated;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    (void)snprintf(text, sizeof text, "tenant '%s': %semitter '%s' (module '%s')%s%s%s%s", work->runtime->tenant->name,
                   work->topics ? "topic " : "", work->binding->settings->name, work->binding->module->name,
                   named ? ", pipeline '" : "", named ? work->pipeline->name : "", named ? "'" : "", rest);
    if (observer->error)
        observer->error(observer->user, text);
}

/* The cause without its date, or NULL when out of memory. */
static const char *pattern_of(struct cg_arena *arena, const char *cause, const char *date) {
    struct cg_buf buf;
    const char *found = NULL;
    cg_buf_init(&buf, 16 * CG_ERROR_TEXT_SIZE);
    for (; (found = strstr(cause, date)); cause = found + strlen(date)) {
        cg_buf_add(&buf, cause, (size_t)(found - cause));
        cg_buf_add_text(&buf, ANY_DATE);
    }
    cg_buf_add_text(&buf, cause);
    const char *pattern = buf.status == CG_OK ? cg_arena_string(arena, cg_buf_text(&buf)) : NULL;
    cg_buf_done(&buf);
    return pattern;
}

/* Counts a failed emission among those with the same cause. */
static void note_failure(struct emission_work *work, int64_t start, const char *cause) {
    char date[CG_TIME_TEXT_SIZE];
    const char *pattern = pattern_of(work->arena, cause, cg_time_format_date(start, date));
    for (size_t i = 0; pattern && i < work->failure_count; i++) {
        if (strcmp(work->failures[i].pattern, pattern) == 0) {
            work->failures[i].count++;
            return;
        }
    }
    const char *text = work->failure_count < CG_EMIT_CAUSES ? cg_arena_string(work->arena, cause) : NULL;
    if (!pattern || !text) {
        work->other_failures++;
        return;
    }
    struct failure *failure = &work->failures[work->failure_count++];
    *failure = (struct failure){.count = 1, .text = text, .pattern = pattern};
    memcpy(failure->first, date, sizeof date);
}

/* One sentence for each cause. */
static void tell_failures(const struct emission_work *work) {
    const char *unit = work->monthly ? "month" : "date";
    for (size_t i = 0; i < work->failure_count; i++) {
        const struct failure *failure = &work->failures[i];
        if (failure->count == 1)
            tell(work, ", %s: %s", failure->first, failure->text);
        else
            tell(work, ": %llu %ss failed, the first %s: %s", (unsigned long long)failure->count, unit, failure->first,
                 failure->text);
    }
    if (work->other_failures)
        tell(work, ": %llu more %s%s failed for further causes", (unsigned long long)work->other_failures, unit,
             work->other_failures == 1 ? "" : "s");
}

int32_t cg_emit_is_monthly(const struct cg_emitter_settings *settings) {
    return settings->aggregation && strcmp(settings->aggregation, "monthly") == 0;
}

/* ---- dates ---- */

static int64_t month_start(int64_t date) {
    int32_t year = 0;
    int32_t month = 0;
    int64_t start = date;
    cg_time_to_date(date, &year, &month, NULL);
    cg_time_from_date(year, month, 1, &start);
    return start;
}

/* Writes down and counts what became of dates[0..count). */
static cg_status record(struct emission_work *work, const struct cg_emission_date *dates, size_t count, int emitted,
                        struct cg_error *error) {
    cg_status status = cg_store_begin(work->store, error);
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = cg_store_record_emission(work->store, work->binding->settings->name, work->pipeline->name, &dates[i],
                                          emitted ? CG_EMISSION_EMITTED : CG_EMISSION_FAILED, error);
    if (status == CG_OK)
        status = cg_store_commit(work->store, error);
    else
        cg_store_rollback(work->store);
    *(emitted ? &work->result->emitted : &work->result->failed) += count;
    return status;
}

/* Emits dates[0..count), which form one emission, and records the outcome for each of them. */
static cg_status emit_dates(struct emission_work *work, const struct cg_emission_date *dates, size_t count,
                            struct cg_error *error) {
    int64_t start = work->monthly ? month_start(dates[0].date) : dates[0].date;
    int64_t end = start + CG_DAY_US * (work->monthly ? cg_time_month_days(start) : 1);
    struct cg_error cause = {0};
    cg_status outcome = emit_span(work, start, end, !work->monthly && dates[0].withdrawn, &cause);
    if (outcome != CG_OK)
        note_failure(work, start, cg_store_sentence(work->runtime->tenant->name, cause.text));
    return record(work, dates, count, outcome == CG_OK, error);
}

static cg_status emit_all(struct emission_work *work, const struct cg_emission_date *dates, size_t count,
                          struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK;) {
        size_t next = i + 1;
        while (work->monthly && next < count && month_start(dates[next].date) == month_start(dates[i].date))
            next++;
        status = emit_dates(work, dates + i, next - i, error);
        i = next;
        if (cg_services_is_stopped(&work->runtime->shared))
            return cg_error_set(error, CG_CANCELLED, "the run was stopped");
    }
    return status;
}

/* ---- an entry ---- */

/* Creates an instance, emits, ends it. */
static cg_status emit_due(struct emission_work *work, const struct cg_emission_date *dates, size_t count,
                          struct cg_error *error) {
    const struct cg_emitter_settings *settings = work->binding->settings;
    struct cg_emitter_spec spec = {
        .struct_size = sizeof spec,
        .name = settings->name,
        .tenant_name = work->runtime->tenant->name,
        .tenant_id = work->runtime->tenant->tenant_id,
        .ecosystem = work->runtime->module->name,
        .params = settings->params,
    };
    enter(work, "create");
    cg_status status = work->binding->emitter->create(&work->binding->services->host, &spec, &work->instance);
    leave(work);
    if (status != CG_OK) {
        tell(work, ": %s", cg_services_error(work->binding->services, status));
        return record(work, dates, count, 0, error);
    }
    status = emit_all(work, dates, count, error);
    tell_failures(work);
    enter_again(work, "destroy");
    work->binding->emitter->destroy(work->instance);
    leave(work);
    return status;
}

/* Why the entry must not be called, or NULL. A quarantine names it as a crumb does, which cuts long names. */
static const char *quarantine_of(const struct emission_work *work) {
    struct cg_crumb crumb = {0};
    cg_crumb_enter(&crumb, "emitter", work->binding->module->name, work->symbol, "", NULL);
    for (size_t i = 0; i < work->options->quarantine_count; i++) {
        const struct cg_quarantine *entry = &work->options->quarantine[i];
        if (entry->whole_symbol && strcmp(entry->module, crumb.module) == 0 && strcmp(entry->symbol, crumb.symbol) == 0)
            return entry->reason;
    }
    return NULL;
}

/* Emits the entry's rows of a kind. */
static cg_status emit_pipeline(struct emission_work *work, int quarantined, struct cg_error *error) {
    const struct cg_emitter_settings *settings = work->binding->settings;
    int64_t not_before = CG_TIME_NONE;
    if (settings->has_lookback)
        not_before = cg_time_day(work->options->now) - settings->lookback_days * CG_DAY_US;
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    cg_status status = cg_store_emission_dates(work->store, settings->name, work->pipeline->name, not_before,
                                               work->arena, &dates, &count, error);
    if (status != CG_OK || !count)
        return status;
    return quarantined ? record(work, dates, count, 0, error) : emit_due(work, dates, count, error);
}

/* Emits all that the entry takes; each kind of rows is on its own, as entries are. */
static cg_status emit_entry(const struct emission_work *pattern, const struct pipeline *kinds, size_t count,
                            struct cg_error *error) {
    cg_status status = CG_OK;
    const char *quarantine = quarantine_of(pattern);
    /* Even without dates that are due: it may have crashed when it was ended. */
    if (quarantine)
        tell(pattern, " %s", quarantine);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        if (!kinds[i].is_taken(pattern->binding->emitter))
            continue;
        struct emission_work work = *pattern;
        work.pipeline = &kinds[i];
        work.monthly = kinds[i].is_aggregated && cg_emit_is_monthly(pattern->binding->settings);
        status = emit_pipeline(&work, quarantine != NULL, error);
    }
    return status;
}

/* ---- all entries ---- */

static cg_status emit_list(struct emission_work *pattern, const struct cg_emitter_binding *bindings, size_t count,
                           const struct pipeline *kinds, size_t kind_count, struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        const char *name = bindings[i].settings->name;
        struct emission_work work = *pattern;
        work.binding = &bindings[i];
        cg_arena_reset(work.arena);
        work.symbol = work.topics ? cg_arena_printf(work.arena, CG_TOPIC_EMITTER_SYMBOL "%s", name) : name;
        status = work.symbol ? emit_entry(&work, kinds, kind_count, error) : cg_error_no_memory(error);
    }
    return status;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

cg_status cg_emit_run(const struct cg_emit_options *options, struct cg_emit_result *ret, struct cg_error *error) {
    struct cg_runtime *runtime = options->runtime;
    struct cg_emit_result result = {0};
    struct emission_work work = {
        .options = options,
        .runtime = runtime,
        .store = options->store,
        .arena = cg_arena_new(),
        .result = &result,
    };
    cg_status status = work.arena ? CG_OK : cg_error_no_memory(error);
    if (status == CG_OK)
        status = emit_list(&work, runtime->emitters, runtime->emitter_count, pipelines, COUNT(pipelines), error);
    work.topics = 1;
    if (status == CG_OK && options->topics)
        status = emit_list(&work, runtime->topic_emitters, runtime->topic_emitter_count, topic_pipelines,
                           COUNT(topic_pipelines), error);
    cg_arena_free(work.arena);
    *ret = result;
    return status;
}
