#include "run/job.h"

#include <string.h>

#include "run/json.h"

static json_t *write_quarantine(const struct cg_quarantine *entry) {
    json_t *object = json_object();
    cg_json_set_text(object, "module", entry->module);
    cg_json_set_text(object, "symbol", entry->symbol);
    cg_json_set_text(object, "reason", entry->reason);
    cg_json_set_integer(object, "whole_symbol", entry->whole_symbol);
    cg_json_set_integer(object, "timestamp", entry->line.timestamp);
    cg_json_set_text(object, "env_id", entry->line.env_id);
    cg_json_set_text(object, "resource_id", entry->line.resource_id);
    cg_json_set_text(object, "product_type", entry->line.product_type);
    cg_json_set_text(object, "product_category", entry->line.product_category);
    return object;
}

static json_t *write_question(const struct cg_explain_question *question) {
    json_t *object = json_object();
    cg_json_set_integer(object, "date", question->date);
    cg_json_set_text(object, "resource_id", question->resource_id);
    cg_json_set_text(object, "identity_id", question->identity_id);
    cg_json_set_text(object, "product_type", question->product_type);
    return object;
}

cg_status cg_job_write(const struct cg_job *job, struct cg_buf *line) {
    json_t *object = json_object();
    json_t *modules = json_array();
    json_t *quarantine = json_array();
    for (size_t i = 0; i < job->module_count; i++)
        json_array_append_new(modules, json_string(job->modules[i]));
    for (size_t i = 0; i < job->quarantine_count; i++)
        json_array_append_new(quarantine, write_quarantine(&job->quarantine[i]));
    cg_json_set_text(object, "kind", job->kind);
    cg_json_set_text(object, "tenant", job->tenant);
    cg_json_set_text(object, "config_file", job->config_file);
    cg_json_set_text(object, "env_file", job->env_file);
    cg_json_set_text(object, "message", job->message);
    cg_json_set_integer(object, "resume", job->resume);
    cg_json_set_integer(object, "resume_after", job->resume_after);
    cg_json_set_integer(object, "dead_run", job->dead_run);
    cg_json_set_integer(object, "skip_gather", job->skip_gather);
    cg_json_set_integer(object, "recalculate", job->recalculate);
    cg_json_set_integer(object, "recalculate_from", job->recalculate_from);
    cg_json_set_integer(object, "recalculate_to", job->recalculate_to);
    cg_json_set_integer(object, "since_run", job->since_run);
    cg_json_set_integer(object, "since_time", job->since_time);
    cg_json_set_integer(object, "fresh_us", job->fresh_us);
    cg_json_set_integer(object, "emit_topics", job->emit_topics);
    if (strcmp(job->kind, CG_JOB_EXPLAIN) == 0)
        json_object_set_new(object, "explain", write_question(&job->explain));
    json_object_set_new(object, "modules", modules);
    json_object_set_new(object, "quarantine", quarantine);
    return cg_json_write_line(object, line);
}

static cg_status read_modules(const json_t *list, struct cg_arena *arena, struct cg_job *job) {
    job->module_count = json_array_size(list);
    const char **modules = cg_arena_array(arena, job->module_count + 1, sizeof *modules);
    if (!modules)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < job->module_count; i++) {
        modules[i] = cg_arena_string(arena, json_string_value(json_array_get(list, i)));
        if (!modules[i])
            return CG_INVALID;
    }
    job->modules = modules;
    return CG_OK;
}

static cg_status read_quarantine(const json_t *list, struct cg_arena *arena, struct cg_job *job) {
    job->quarantine_count = json_array_size(list);
    struct cg_quarantine *entries = cg_arena_array(arena, job->quarantine_count + 1, sizeof *entries);
    if (!entries)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < job->quarantine_count; i++) {
        const json_t *object = json_array_get(list, i);
        const char *env_id = json_string_value(json_object_get(object, "env_id"));
        struct cg_billing_line line = {
            .timestamp = cg_json_integer(object, "timestamp", 0),
            .env_id = env_id ? env_id : "",
            .resource_id = json_string_value(json_object_get(object, "resource_id")),
            .product_type = json_string_value(json_object_get(object, "product_type")),
            .product_category = json_string_value(json_object_get(object, "product_category")),
        };
        entries[i].module = cg_json_get_text(object, "module", arena);
        entries[i].symbol = cg_json_get_text(object, "symbol", arena);
        entries[i].reason = cg_json_get_text(object, "reason", arena);
        entries[i].whole_symbol = (int32_t)cg_json_integer(object, "whole_symbol", 0);
        if (!entries[i].module || !entries[i].symbol || !entries[i].reason)
            return CG_INVALID;
        cg_crumb_line_of(&line, &entries[i].line);
    }
    job->quarantine = entries;
    return CG_OK;
}

/* A job that explains says what; no other has a question. */
static cg_status read_question(const json_t *object, struct cg_arena *arena, struct cg_job *job) {
    if (!job->kind || strcmp(job->kind, CG_JOB_EXPLAIN) != 0)
        return CG_OK;
    job->explain = (struct cg_explain_question){
        .date = cg_json_integer(object, "date", CG_TIME_NONE),
        .resource_id = cg_json_get_text(object, "resource_id", arena),
        .identity_id = cg_json_get_text(object, "identity_id", arena),
        .product_type = cg_json_get_text(object, "product_type", arena),
    };
    return job->explain.date == CG_TIME_NONE ? CG_INVALID : CG_OK;
}

cg_status cg_job_read(const char *line, size_t length, struct cg_arena *arena, struct cg_job *ret,
                      struct cg_error *error) {
    json_error_t where;
    json_t *object = json_loadb(line, length, 0, &where);
    if (!json_is_object(object)) {
        json_decref(object);
        return cg_error_set(error, CG_INVALID, "the job is not a JSON object: %s", where.text);
    }
    struct cg_job job = {
        .kind = cg_json_get_text(object, "kind", arena),
        .tenant = cg_json_get_text(object, "tenant", arena),
        .config_file = cg_json_get_text(object, "config_file", arena),
        .env_file = cg_json_get_text(object, "env_file", arena),
        .message = cg_json_get_text(object, "message", arena),
        .resume = (int32_t)cg_json_integer(object, "resume", 0),
        .resume_after = cg_json_integer(object, "resume_after", CG_TIME_NONE),
        .dead_run = cg_json_integer(object, "dead_run", 0),
        .skip_gather = (int32_t)cg_json_integer(object, "skip_gather", 0),
        .recalculate = (int32_t)cg_json_integer(object, "recalculate", 0),
        .recalculate_from = cg_json_integer(object, "recalculate_from", CG_TIME_NONE),
        .recalculate_to = cg_json_integer(object, "recalculate_to", CG_TIME_NONE),
        .since_run = cg_json_integer(object, "since_run", -1),
        .since_time = cg_json_integer(object, "since_time", CG_TIME_NONE),
        .fresh_us = cg_json_integer(object, "fresh_us", 0),
        .emit_topics = (int32_t)cg_json_integer(object, "emit_topics", 0),
    };
    cg_status status = read_modules(json_object_get(object, "modules"), arena, &job);
    if (status == CG_OK)
        status = read_quarantine(json_object_get(object, "quarantine"), arena, &job);
    if (status == CG_OK)
        status = read_question(json_object_get(object, "explain"), arena, &job);
    if (status == CG_OK && (!job.kind || !job.tenant || !job.config_file))
        status = CG_INVALID;
    json_decref(object);
    if (status != CG_OK)
        return cg_error_set(error, status, "the job is incomplete");
    *ret = job;
    return CG_OK;
}
