#include "net/metrics_source.h"

#include <stdlib.h>
#include <string.h>

#include "net/http_internal.h"
#include "net/metrics_internal.h"

/* Prometheus refuses a query with more points. */
#define MOST_POINTS 11000u

/* ---- lifetime ---- */

static bool given(const char *text) {
    return text && *text;
}

/* A secret that stands in a file is put in when the first request is sent. */
static cg_status set_auth(const struct cg_metrics_source_options *options, struct cg_http_options *http,
                          struct cg_error *error) {
    const char *type = options->auth_type ? options->auth_type : "none";
    if (strcmp(type, "basic") == 0) {
        http->username = options->username ? options->username : "";
        http->password = given(options->password_file) ? NULL : options->password;
    } else if (strcmp(type, "bearer") == 0) {
        http->bearer_token = given(options->bearer_token_file) ? NULL : options->bearer_token;
    } else if (strcmp(type, "none") != 0) {
        return cg_error_set(error, CG_INVALID, "auth_type \"%.40s\" is not one of none, basic, bearer", type);
    }
    return CG_OK;
}

/* The place of range queries below the URL, which may already name the API. */
static const char *api_path(const char *base) {
    static const char api[] = "/api/v1";
    size_t length = strlen(base);
    if (length >= sizeof api - 1 && strcmp(base + length - (sizeof api - 1), api) == 0)
        return "/query_range";
    return "/api/v1/query_range";
}

static cg_status open_client(struct cg_metrics_source *source, struct cg_net *net,
                             const struct cg_metrics_source_options *options, struct cg_error *error) {
    struct cg_http_options http = {.struct_size = sizeof http,
                                   .base_url = options->url,
                                   .label = CG_METRICS_LABEL,
                                   .max_attempts = 4,
                                   .timeout_us = options->timeout_us,
                                   .max_in_flight =
                                       options->max_concurrent_requests ? options->max_concurrent_requests : 20};
    struct cg_http_tuning tuning = {0};
    if (options->tuning)
        tuning = *options->tuning;
    tuning.allow_plain_http = true;
    tuning.keep_query = true;
    tuning.tls = options->tls;
    tuning.headers = options->headers;
    tuning.header_count = options->header_count;
    cg_status status = set_auth(options, &http, error);
    if (status == CG_OK)
        status = cg_http_client_new_tuned(net, &http, &tuning, &source->client, error);
    if (status == CG_OK && source->bearer_token_file && source->client->username)
        return cg_error_set(error, CG_INVALID, "the URL has a user name, so a bearer token cannot be sent");
    return status;
}

/* The file that the secret in use stands in. */
static cg_status copy_files(struct cg_metrics_source *source, const struct cg_metrics_source_options *options) {
    const char *type = options->auth_type ? options->auth_type : "none";
    const char *file = NULL;
    char **place = &source->password_file;
    if (strcmp(type, "basic") == 0) {
        file = options->password_file;
    } else if (strcmp(type, "bearer") == 0) {
        file = options->bearer_token_file;
        place = &source->bearer_token_file;
    }
    if (!given(file))
        return CG_OK;
    *place = strdup(file);
    return *place ? CG_OK : CG_NO_MEMORY;
}

cg_status cg_metrics_source_new(struct cg_net *net, const struct cg_metrics_source_options *options,
                                const struct cg_log *log, struct cg_metrics_source **ret, struct cg_error *error) {
    struct cg_metrics_source *source = calloc(1, sizeof *source);
    if (!source)
        return cg_error_no_memory(error);
    cg_status status = copy_files(source, options);
    source->notes = cg_metrics_notes_new(log);
    if (status != CG_OK || !source->notes)
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        status = open_client(source, net, options, error);
    if (status != CG_OK) {
        cg_metrics_source_free(source);
        return status;
    }
    source->log = log;
    source->path = api_path(source->client->address.base);
    source->workers = options->workers ? options->workers : 4;
    source->step = options->step_seconds > 0 ? options->step_seconds : 3600;
    source->most_points = options->max_points_per_query ? options->max_points_per_query : MOST_POINTS;
    source->use_get = options->use_get;
    *ret = source;
    return CG_OK;
}

void cg_metrics_source_free(struct cg_metrics_source *source) {
    if (!source)
        return;
    cg_http_client_free(source->client);
    cg_metrics_notes_free(source->notes);
    free(source->password_file);
    free(source->bearer_token_file);
    free(source);
}

int64_t cg_metrics_source_step(const struct cg_metrics_source *source) {
    return source->step;
}

struct cg_http_stats cg_metrics_source_stats(const struct cg_metrics_source *source) {
    return cg_http_client_stats(source->client);
}

/* ---- groups ---- */

static cg_status add_waiter(struct cg_metrics_job *job, struct cg_metrics_group *group) {
    struct cg_metrics_waiter *waiter = cg_arena_alloc(job->fetch->arena, sizeof *waiter);
    if (!waiter)
        return CG_NO_MEMORY;
    *waiter = (struct cg_metrics_waiter){.next = job->waiters, .group = group};
    job->waiters = waiter;
    group->left++;
    return CG_OK;
}

static cg_status start_query(struct cg_metrics_fetch *fetch, struct cg_metrics_group *group, size_t index) {
    const struct cg_metrics_request *request = group->request;
    const struct cg_metric_query *query = request->queries[index];
    const struct cg_metrics_job wanted = {.fetch = fetch,
                                          .query = query,
                                          .resource_id = query->filter_label ? request->resource_id : NULL,
                                          .start = request->start,
                                          .end = request->end,
                                          .step =
                                              request->step_seconds > 0 ? request->step_seconds : fetch->source->step};
    bool is_new = false;
    struct cg_metrics_job *job = cg_metrics_table_get(&fetch->table, &wanted, fetch->arena, &is_new);
    if (!job)
        return CG_NO_MEMORY;
    group->jobs[index] = job;
    cg_status status = is_new ? cg_metrics_job_start(job) : CG_OK;
    if (status != CG_OK)
        return status;
    return job->done ? CG_OK : add_waiter(job, group);
}

static cg_status start_group(struct cg_metrics_fetch *fetch, struct cg_metrics_group *group) {
    size_t count = group->request->query_count;
    group->jobs = cg_arena_array(fetch->arena, count, sizeof(struct cg_metrics_job *));
    if (!group->jobs)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        cg_status status = start_query(fetch, group, i);
        if (status != CG_OK)
            return status;
    }
    if (group->left > 0)
        fetch->active++;
    return CG_OK;
}

/* Keeps as many groups going as there are workers. */
void cg_metrics_fetch_go_on(struct cg_metrics_fetch *fetch) {
    while (fetch->status == CG_OK && fetch->active < fetch->source->workers && fetch->next < fetch->count)
        fetch->status = start_group(fetch, &fetch->groups[fetch->next++]);
}

/* ---- results ---- */

/* A series of another query that asks the same under another key. */
static const struct cg_metric_series *rename_series(const struct cg_metric_series *series, const char *key,
                                                    struct cg_arena *arena) {
    if (strcmp(series->key, key) == 0)
        return series;
    struct cg_metric_series *copy = cg_arena_alloc(arena, sizeof *copy);
    if (copy) {
        *copy = *series;
        copy->key = key;
    }
    return copy;
}

static cg_status fill_series(const struct cg_metrics_group *group, struct cg_metrics *metrics, struct cg_arena *arena) {
    size_t count = 0;
    for (size_t i = 0; i < group->request->query_count; i++)
        count += group->jobs[i]->answer.count;
    const struct cg_metric_series **series = cg_arena_array(arena, count, sizeof(const struct cg_metric_series *));
    if (!series)
        return CG_NO_MEMORY;
    metrics->series = series;
    for (size_t i = 0; i < group->request->query_count; i++) {
        const struct cg_prometheus_answer *answer = &group->jobs[i]->answer;
        for (size_t j = 0; j < answer->count; j++) {
            const struct cg_metric_series *named =
                rename_series(answer->series[j], group->request->queries[i]->key, arena);
            if (!named)
                return CG_NO_MEMORY;
            series[metrics->series_count++] = named;
        }
        metrics->ignored_points += answer->ignored;
    }
    return CG_OK;
}

static cg_status fill_result(const struct cg_metrics_group *group, struct cg_arena *arena) {
    struct cg_metrics_request *request = group->request;
    struct cg_metrics *metrics = cg_arena_alloc(arena, sizeof *metrics);
    const struct cg_metrics_job *failed = NULL;
    const char *key = NULL;
    if (!metrics)
        return CG_NO_MEMORY;
    metrics->struct_size = sizeof *metrics;
    for (size_t i = 0; i < request->query_count && !failed; i++) {
        failed = group->jobs[i]->error ? group->jobs[i] : NULL;
        key = request->queries[i]->key;
    }
    const char *error = NULL;
    if (failed) {
        metrics->flags = CG_METRICS_FETCH_FAILED;
        struct cg_error sentence;
        cg_error_set(&sentence, failed->status, "query %.100s%s%.200s: %s", key, failed->resource_id ? " of " : "",
                     failed->resource_id ? failed->resource_id : "", failed->error);
        error = cg_arena_string(arena, sentence.text);
        if (!error)
            return CG_NO_MEMORY;
    } else if (fill_series(group, metrics, arena) != CG_OK) {
        return CG_NO_MEMORY;
    }
    request->result = metrics;
    request->status = failed ? failed->status : CG_OK;
    request->error = error;
    return CG_OK;
}

static void unset_results(struct cg_metrics_request *requests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        requests[i].result = NULL;
        requests[i].status = CG_OK;
        requests[i].error = NULL;
    }
}

static cg_status prepare(struct cg_metrics_fetch *fetch, struct cg_metrics_request *requests) {
    size_t queries = 0;
    fetch->groups = cg_arena_array(fetch->arena, fetch->count, sizeof *fetch->groups);
    if (!fetch->groups)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < fetch->count; i++) {
        fetch->groups[i].request = &requests[i];
        queries += requests[i].query_count;
    }
    return cg_metrics_table_init(&fetch->table, queries, fetch->arena);
}

cg_status cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests, size_t count,
                                  struct cg_arena *arena, struct cg_error *error) {
    struct cg_metrics_fetch fetch = {.source = source, .arena = arena, .count = count};
    unset_results(requests, count);
    if (source->client->net->inside > 0)
        return cg_error_set(error, CG_INVALID, "metrics were asked for from inside a callback of the event loop");
    fetch.status = prepare(&fetch, requests);
    fetch.probing = source->unreachable;
    cg_metrics_fetch_go_on(&fetch);
    /* Whatever happened, what was sent refers to this frame until it was answered. */
    cg_status waited = cg_http_client_wait(source->client);
    if (fetch.status == CG_OK)
        fetch.status = waited;
    for (size_t i = 0; i < count && fetch.status == CG_OK; i++)
        fetch.status = fill_result(&fetch.groups[i], arena);
    if (fetch.status == CG_OK)
        return CG_OK;
    unset_results(requests, count);
    if (fetch.status == CG_CANCELLED)
        return cg_error_set(error, CG_CANCELLED, CG_METRICS_LABEL ": cancelled");
    return cg_error_no_memory(error);
}
