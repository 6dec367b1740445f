#include "engine/gather.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/families.h"
#include "engine/gather_batch.h"

/* Most lines of one span: more is a broken module. */
#define MOST_LINES ((size_t)10000000)

struct gatherer {
    struct cg_gather gather; /* what the module gets; its impl points back here */
    const struct cg_gather_options *options;
    struct cg_gather_result result;
    struct cg_gather_batch batch;
    struct cg_families *families;
    unsigned char *covered; /* one for each day of the window: 1 when its bill was handed over */
    size_t day_count;
    /* Why something was refused. It ends the gather, whatever the module makes of the answer. */
    struct cg_error error;
};

static struct gatherer *gatherer_of(const struct cg_gather *gather) {
    return gather->impl;
}

static cg_status flush(struct gatherer *gatherer) {
    return cg_gather_batch_flush(&gatherer->batch, &gatherer->error);
}

static cg_status take_resource(const struct cg_gather *gather, const struct cg_resource *resource) {
    struct gatherer *gatherer = gatherer_of(gather);
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    cg_status status = cg_gather_batch_resource(&gatherer->batch, resource, &gatherer->error);
    if (status == CG_OK)
        status = cg_families_count(gatherer->families, resource->type, 0, &gatherer->error);
    gatherer->result.resources += status == CG_OK;
    return status;
}

static cg_status take_identity(const struct cg_gather *gather, const struct cg_identity *identity) {
    struct gatherer *gatherer = gatherer_of(gather);
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    cg_status status = cg_gather_batch_identity(&gatherer->batch, identity, &gatherer->error);
    if (status == CG_OK)
        status = cg_families_count(gatherer->families, identity->type, 1, &gatherer->error);
    gatherer->result.identities += status == CG_OK;
    return status;
}

static cg_status take_family(const struct cg_gather *gather, const char *family, cg_status status, const char *text) {
    struct gatherer *gatherer = gatherer_of(gather);
    const struct cg_observer *observer = gatherer->options->observer;
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    if (!family || !*family)
        return cg_error_set(&gatherer->error, CG_INVALID, "a family was reported without a name");
    cg_status taken = cg_families_report(gatherer->families, family, status, &gatherer->error);
    if (taken != CG_OK)
        return taken;
    if (status != CG_OK) {
        struct cg_error sentence = {0};
        gatherer->result.failed_families++;
        cg_error_set(&sentence, status, "Handler %s gather failed: %s", family, text ? text : cg_status_text(status));
        if (observer->error)
            observer->error(observer->user, sentence.text);
    }
    return flush(gatherer);
}

/* The span of a call must be whole days of the window that was asked for. `what` happened in it. */
static cg_status check_span(const struct gatherer *gatherer, const char *what, int64_t start, int64_t end,
                            struct cg_error *error) {
    const struct cg_gather_options *options = gatherer->options;
    char texts[2][CG_TIME_TEXT_SIZE];
    cg_time_format_date(options->start, texts[0]);
    cg_time_format_date(options->end, texts[1]);
    if (start < options->start || end > options->end || start >= end)
        return cg_error_set(error, CG_INVALID,
                            "%s for the span from %lld to %lld, which is no part of the window from %s to %s "
                            "(exclusive)",
                            what, (long long)start, (long long)end, texts[0], texts[1]);
    if (start % CG_DAY_US != 0 || end % CG_DAY_US != 0)
        return cg_error_set(error, CG_INVALID,
                            "%s for the span from %lld to %lld, which does not begin and end at midnight (UTC)", what,
                            (long long)start, (long long)end);
    return CG_OK;
}

static cg_status check_lines(const struct cg_billing_line *const *lines, size_t count, struct cg_error *error) {
    const size_t smallest = offsetof(struct cg_billing_line, field_count) + sizeof lines[0]->field_count;
    if (count && !lines)
        return cg_error_set(error, CG_INVALID, "%zu billing lines were handed over, but the lines are NULL", count);
    if (count > MOST_LINES)
        return cg_error_set(error, CG_INVALID, "%zu billing lines were handed over at once, at most %zu are taken",
                            count, MOST_LINES);
    for (size_t i = 0; i < count; i++) {
        if (!lines[i])
            return cg_error_set(error, CG_INVALID, "billing line %zu of %zu is NULL", i + 1, count);
        if (lines[i]->struct_size < smallest)
            return cg_error_set(error, CG_INVALID,
                                "billing line %zu has %lu bytes, at least %zu are needed (struct_size)", i + 1,
                                (unsigned long)lines[i]->struct_size, smallest);
        cg_status status = cg_gather_check_fields("a billing line", lines[i]->fields, lines[i]->field_count, error);
        if (status != CG_OK)
            return status;
    }
    return CG_OK;
}

static cg_status take_billing(const struct cg_gather *gather, int64_t start, int64_t end,
                              const struct cg_billing_line *const *lines, size_t count) {
    struct gatherer *gatherer = gatherer_of(gather);
    const struct cg_gather_options *options = gatherer->options;
    struct cg_error *error = &gatherer->error;
    if (error->status != CG_OK)
        return error->status;
    cg_status status = check_span(gatherer, "billing lines were handed over", start, end, error);
    if (status == CG_OK)
        status = check_lines(lines, count, error);
    if (status == CG_OK)
        status = flush(gatherer);
    const struct cg_billing_line *const *fit = NULL;
    if (status == CG_OK)
        status = cg_border_lines(gatherer->batch.arena, &gatherer->batch.mended, lines, count, &fit, error);
    struct cg_billing_change change = {0};
    if (status == CG_OK)
        status = cg_store_replace_billing(options->store, start, end, fit, count, options->now, &change, error);
    if (fit)
        cg_arena_reset(gatherer->batch.arena);
    if (status != CG_OK)
        return status;
    gatherer->result.billing.inserted += change.inserted;
    gatherer->result.billing.updated += change.updated;
    gatherer->result.billing.deleted += change.deleted;
    gatherer->result.billing.unchanged += change.unchanged;
    gatherer->result.billing.revised += change.revised;
    gatherer->result.billing.revised_dates += change.revised_dates;
    for (size_t i = 0; i < count; i++)
        gatherer->result.malformed_lines += (lines[i]->flags & CG_LINE_MALFORMED) != 0;
    for (int64_t day = start; day < end; day += CG_DAY_US)
        gatherer->covered[(day - options->start) / CG_DAY_US] = 1;
    return CG_OK;
}

static cg_status take_keep(const struct cg_gather *gather, int64_t start, int64_t end, cg_status status,
                           const char *text) {
    struct gatherer *gatherer = gatherer_of(gather);
    const struct cg_observer *observer = gatherer->options->observer;
    struct cg_error sentence = {0};
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    cg_status taken = check_span(gatherer, "stored lines were to be kept", start, end, &gatherer->error);
    if (taken != CG_OK)
        return taken;
    for (int64_t day = start; day < end; day += CG_DAY_US)
        gatherer->covered[(day - gatherer->options->start) / CG_DAY_US] = 1;
    if (status == CG_OK)
        return CG_OK;
    gatherer->result.failed_families++;
    cg_error_set(&sentence, status, "%s", text ? text : cg_status_text(status));
    if (observer->error)
        observer->error(observer->user, sentence.text);
    return CG_OK;
}

static void take_progress(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total) {
    const struct cg_observer *observer = gatherer_of(gather)->options->observer;
    if (observer->progress)
        observer->progress(observer->user, what, done, total);
}

/* Calls one of the ecosystem's two gather functions and finds the sentence of a failure. What the families that it
 * listed completely did not show any more is deleted when all of it went well. */
static cg_status call(struct gatherer *gatherer, cg_status (*function)(void *, const struct cg_gather *),
                      const char *name, struct cg_error *error) {
    struct cg_runtime *runtime = gatherer->options->runtime;
    cg_services_reset(runtime->services);
    cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", name, NULL);
    cg_status status = function(runtime->instance, &gatherer->gather);
    cg_crumb_leave(runtime->crumb);
    if (gatherer->error.status == CG_OK)
        flush(gatherer);
    if (gatherer->error.status != CG_OK) {
        *error = gatherer->error;
        return error->status;
    }
    if (status == CG_OK)
        return cg_families_sweep(gatherer->families, gatherer->options, &gatherer->result.deleted, error);
    return cg_error_set(error, status, "%s", cg_services_error(runtime->services, status));
}

/* A day nobody spoke of would keep its old lines, or none, and nobody would notice. */
static cg_status check_coverage(const struct gatherer *gatherer, struct cg_error *error) {
    size_t first = 0;
    size_t missing = 0;
    for (size_t i = gatherer->day_count; i-- > 0;)
        if (!gatherer->covered[i]) {
            first = i;
            missing++;
        }
    if (!missing)
        return CG_OK;
    char date[CG_TIME_TEXT_SIZE];
    char others[64] = "";
    if (missing > 1)
        snprintf(others, sizeof others, " and %zu other days", missing - 1);
    cg_time_format_date(gatherer->options->start + (int64_t)first * CG_DAY_US, date);
    return cg_error_set(error, CG_PERMANENT,
                        "module '%s' handed over no bill for %s%s, although its gather_billing() answered that all was "
                        "read; a day without cost is handed over as an empty span",
                        gatherer->options->runtime->module->name, date, others);
}

/* Somebody wrote what was mended, or the module cut it in the middle of a character: its author should know. */
static void tell_mended(const struct gatherer *gatherer) {
    const struct cg_runtime *runtime = gatherer->options->runtime;
    const struct cg_border_mended *mended = &gatherer->batch.mended;
    if (mended->count)
        cg_log_write(runtime->shared.log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "module '%s' handed over %" PRIu64 " names that hold control characters, are no UTF-8 or are too "
                     "long; they are stored with '?' in place of what is not clean, the first is now %s",
                     runtime->module->name, mended->count, mended->first);
}

static cg_status run(struct gatherer *gatherer, struct cg_error *error) {
    const struct cg_gather_options *options = gatherer->options;
    const struct cg_ecosystem *ecosystem = options->runtime->ecosystem;
    cg_status status = call(gatherer, ecosystem->gather_inventory, "gather_inventory", error);
    if (status == CG_OK && options->start < options->end) {
        status = call(gatherer, ecosystem->gather_billing, "gather_billing", error);
        if (status == CG_OK)
            status = check_coverage(gatherer, error);
    }
    if (status == CG_OK)
        status = cg_store_mark_gathered(options->store, options->start, options->end, error);
    return status;
}

cg_status cg_gather_run(const struct cg_gather_options *options, struct cg_gather_result *ret, struct cg_error *error) {
    struct gatherer *gatherer = calloc(1, sizeof *gatherer);
    if (!gatherer)
        return cg_error_no_memory(error);
    gatherer->options = options;
    gatherer->gather = (struct cg_gather){
        .struct_size = sizeof gatherer->gather,
        .impl = gatherer,
        .host = &options->runtime->services->host,
        .now = options->now,
        .billing_start = options->start,
        .billing_end = options->end,
        .resource = take_resource,
        .identity = take_identity,
        .family = take_family,
        .billing = take_billing,
        .progress = take_progress,
        .keep = take_keep,
    };
    gatherer->day_count = options->start < options->end ? (size_t)((options->end - options->start) / CG_DAY_US) : 0;
    gatherer->covered = calloc(gatherer->day_count + 1, 1);
    gatherer->families = cg_families_new();
    cg_status status = cg_gather_batch_init(&gatherer->batch, options->store, options->now, error);
    if (status == CG_OK)
        status = gatherer->covered && gatherer->families ? run(gatherer, error) : cg_error_no_memory(error);
    *ret = gatherer->result;
    tell_mended(gatherer);
    cg_gather_batch_done(&gatherer->batch);
    cg_families_free(gatherer->families);
    free(gatherer->covered);
    free(gatherer);
    return status;
}
