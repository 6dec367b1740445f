#include "engine/gather.h"

#include <stdio.h>
#include <string.h>

/** Rows written in one transaction. */
#define BATCH_ROWS 500

struct gatherer {
    struct cg_gather gather; /* what the module gets; its impl points back here */
    const struct cg_gather_options *options;
    struct cg_gather_result result;
    struct cg_error error; /* why the store refused something */
    size_t pending;        /* rows in the open transaction */
};

static struct gatherer *gatherer_of(const struct cg_gather *gather) {
    return gather->impl;
}

/* Ends the open batch. */
static cg_status flush(struct gatherer *gatherer) {
    if (!gatherer->pending)
        return CG_OK;
    gatherer->pending = 0;
    return cg_store_commit(gatherer->options->store, &gatherer->error);
}

/* Opens a batch if none is open; ends it when it is full. */
static cg_status count_row(struct gatherer *gatherer) {
    return ++gatherer->pending >= BATCH_ROWS ? flush(gatherer) : CG_OK;
}

static cg_status open_batch(struct gatherer *gatherer) {
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    return gatherer->pending ? CG_OK : cg_store_begin(gatherer->options->store, &gatherer->error);
}

static cg_status fail_batch(struct gatherer *gatherer, cg_status status) {
    cg_store_rollback(gatherer->options->store);
    gatherer->pending = 0;
    return status;
}

static int has_text(const char *text) {
    return text && *text;
}

static cg_status take_resource(const struct cg_gather *gather, const struct cg_resource *resource) {
    struct gatherer *gatherer = gatherer_of(gather);
    if (resource->struct_size < sizeof *resource || !has_text(resource->id) || !has_text(resource->type))
        return gather->host->set_error(gather->host, CG_INVALID, "a gathered resource has no id or no type");
    cg_status status = open_batch(gatherer);
    if (status != CG_OK)
        return status;
    status = cg_store_put_resource(gatherer->options->store, resource, gatherer->options->now, &gatherer->error);
    if (status != CG_OK)
        return fail_batch(gatherer, status);
    gatherer->result.resources++;
    return count_row(gatherer);
}

static cg_status take_identity(const struct cg_gather *gather, const struct cg_identity *identity) {
    struct gatherer *gatherer = gatherer_of(gather);
    if (identity->struct_size < sizeof *identity || !has_text(identity->id) || !has_text(identity->type))
        return gather->host->set_error(gather->host, CG_INVALID, "a gathered identity has no id or no type");
    cg_status status = open_batch(gatherer);
    if (status != CG_OK)
        return status;
    status = cg_store_put_identity(gatherer->options->store, identity, gatherer->options->now, &gatherer->error);
    if (status != CG_OK)
        return fail_batch(gatherer, status);
    gatherer->result.identities++;
    return count_row(gatherer);
}

static cg_status take_family(const struct cg_gather *gather, const char *family, cg_status status, const char *text) {
    struct gatherer *gatherer = gatherer_of(gather);
    const struct cg_observer *observer = gatherer->options->observer;
    if (status != CG_OK) {
        char sentence[CG_ERROR_TEXT_SIZE];
        gatherer->result.failed_families++;
        snprintf(sentence, sizeof sentence, "Handler %s gather failed: %s", family,
                 text ? text : cg_status_text(status));
        if (observer->error)
            observer->error(observer->user, sentence);
    }
    return flush(gatherer);
}

static cg_status take_billing(const struct cg_gather *gather, int64_t start, int64_t end,
                              const struct cg_billing_line *const *lines, size_t count) {
    struct gatherer *gatherer = gatherer_of(gather);
    const struct cg_gather_options *options = gatherer->options;
    if (gatherer->error.status != CG_OK)
        return gatherer->error.status;
    if (start < options->start || end > options->end || start >= end)
        return gather->host->set_error(gather->host, CG_INVALID, "a billing window lies outside of what was asked for");
    cg_status status = flush(gatherer);
    struct cg_billing_change change = {0};
    if (status == CG_OK)
        status =
            cg_store_replace_billing(options->store, start, end, lines, count, options->now, &change, &gatherer->error);
    if (status != CG_OK)
        return status;
    gatherer->result.billing.inserted += change.inserted;
    gatherer->result.billing.updated += change.updated;
    gatherer->result.billing.deleted += change.deleted;
    gatherer->result.billing.unchanged += change.unchanged;
    gatherer->result.billing.revised += change.revised;
    for (size_t i = 0; i < count; i++)
        gatherer->result.malformed_lines += (lines[i]->flags & CG_LINE_MALFORMED) != 0;
    return CG_OK;
}

static void take_progress(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total) {
    const struct cg_observer *observer = gatherer_of(gather)->options->observer;
    if (observer->progress)
        observer->progress(observer->user, what, done, total);
}

/* Calls one of the ecosystem's two gather functions and finds the sentence of a failure. */
static cg_status call(struct gatherer *gatherer, cg_status (*function)(void *, const struct cg_gather *),
                      const char *name, struct cg_error *error) {
    struct cg_runtime *runtime = gatherer->options->runtime;
    cg_services_reset(runtime->services);
    cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", name, NULL);
    cg_status status = function(runtime->instance, &gatherer->gather);
    cg_crumb_leave(runtime->crumb);
    cg_status flushed = flush(gatherer);
    /* What the store refused counts, even if the module did not look at the answer. */
    if (gatherer->error.status != CG_OK || flushed != CG_OK) {
        *error = gatherer->error;
        return error->status;
    }
    if (status == CG_OK)
        return CG_OK;
    return cg_error_set(error, status, "%s", cg_services_error(runtime->services, status));
}

cg_status cg_gather_run(const struct cg_gather_options *options, struct cg_gather_result *ret, struct cg_error *error) {
    struct cg_runtime *runtime = options->runtime;
    struct gatherer gatherer = {.options = options};
    gatherer.gather = (struct cg_gather){
        .struct_size = sizeof gatherer.gather,
        .impl = &gatherer,
        .host = &runtime->services->host,
        .now = options->now,
        .billing_start = options->start,
        .billing_end = options->end,
        .resource = take_resource,
        .identity = take_identity,
        .family = take_family,
        .billing = take_billing,
        .progress = take_progress,
    };
    cg_status status = call(&gatherer, runtime->ecosystem->gather_inventory, "gather_inventory", error);
    if (status == CG_OK && options->start < options->end)
        status = call(&gatherer, runtime->ecosystem->gather_billing, "gather_billing", error);
    if (status == CG_OK)
        status = cg_store_mark_gathered(options->store, options->start, options->end, error);
    *ret = gatherer.result;
    return status;
}
