#include "net/metrics_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "net/http_internal.h"
#include "net/metrics_jobs.h"
#include "net/prometheus.h"

#define SECOND INT64_C(1000000)
#define LABEL "metrics source"
#define LONGEST_EXPRESSION ((size_t)256 * 1024)

struct cg_metrics_source {
    struct cg_http_client *client;
    const struct cg_log *log;
    const char *path;
    char step[24];
    uint32_t workers;
    bool unreachable; /* the last query found nobody, however often it was tried: the next ones are tried once */
    bool warned;      /* a filter without a place was told */
};

/* One request of a fetch while it is worked on. */
struct cg_metrics_group {
    struct cg_metrics_request *request;
    struct cg_metrics_job **jobs; /* one for each query */
    size_t left;                  /* answers that are still to come */
};

struct cg_metrics_fetch {
    struct cg_metrics_source *source;
    struct cg_arena *arena;
    struct cg_metrics_table table;
    struct cg_metrics_group *groups;
    size_t count;
    size_t next; /* the first group that was not started */
    uint32_t active;
    cg_status status; /* of the fetch as a whole */
    bool probing;     /* the source was gone when the last fetch ended, and has not answered since */
    bool gave_up;     /* it is still gone: what is left of this fetch fails at once */
};

/* ---- lifetime ---- */

static cg_status set_auth(const struct cg_metrics_source_options *options, struct cg_http_options *http,
                          struct cg_error *error) {
    const char *type = options->auth_type ? options->auth_type : "none";
    if (strcmp(type, "basic") == 0) {
        http->username = options->username ? options->username : "";
        http->password = options->password;
    } else if (strcmp(type, "bearer") == 0) {
        http->bearer_token = options->bearer_token;
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

cg_status cg_metrics_source_new(struct cg_net *net, const struct cg_metrics_source_options *options,
                                const struct cg_log *log, struct cg_metrics_source **ret, struct cg_error *error) {
    struct cg_http_options http = {
        .struct_size = sizeof http, .base_url = options->url, .label = LABEL, .max_attempts = 4, .max_in_flight = 20};
    struct cg_http_tuning tuning = {0};
    if (options->tuning)
        tuning = *options->tuning;
    tuning.allow_plain_http = true;
    tuning.ignore_query = true;
    cg_status status = set_auth(options, &http, error);
    if (status != CG_OK)
        return status;
    struct cg_metrics_source *source = calloc(1, sizeof *source);
    if (!source)
        return cg_error_no_memory(error);
    status = cg_http_client_new_tuned(net, &http, &tuning, &source->client, error);
    if (status != CG_OK) {
        free(source);
        return status;
    }
    source->log = log;
    source->path = api_path(source->client->address.base);
    source->workers = options->workers ? options->workers : 4;
    snprintf(source->step, sizeof source->step, "%" PRId64, options->step_seconds > 0 ? options->step_seconds : 3600);
    *ret = source;
    return CG_OK;
}

void cg_metrics_source_free(struct cg_metrics_source *source) {
    if (!source)
        return;
    cg_http_client_free(source->client);
    free(source);
}

struct cg_http_stats cg_metrics_source_stats(const struct cg_metrics_source *source) {
    return cg_http_client_stats(source->client);
}

/* ---- answers ---- */

static void start_groups(struct cg_metrics_fetch *fetch);

static void fail_job(struct cg_metrics_job *job, const char *text) {
    job->error = cg_arena_string(job->fetch->arena, text);
    if (!job->error)
        job->fetch->status = CG_NO_MEMORY;
}

static void finish_job(struct cg_metrics_job *job) {
    job->done = true;
    for (struct cg_metrics_waiter *waiter = job->waiters; waiter; waiter = waiter->next) {
        if (--waiter->group->left == 0)
            job->fetch->active--;
    }
    job->waiters = NULL;
}

static void read_body(struct cg_metrics_job *job, const struct cg_http_response *response) {
    struct cg_metrics_fetch *fetch = job->fetch;
    struct cg_error error;
    cg_status status = cg_prometheus_parse(response->body, response->length, job->query, job->start, job->end,
                                           fetch->arena, &job->series, &job->series_count, &job->ignored, &error);
    if (status == CG_NO_MEMORY) {
        fetch->status = CG_NO_MEMORY;
    } else if (status != CG_OK) {
        cg_error_wrap(&error, LABEL ": POST %s", fetch->source->path);
        fail_job(job, error.text);
    }
}

static void read_failure(struct cg_metrics_job *job, const struct cg_http_response *response) {
    struct cg_metrics_fetch *fetch = job->fetch;
    char type[48];
    if (response->status == CG_CANCELLED || response->status == CG_NO_MEMORY) {
        fetch->status = response->status;
        return;
    }
    if (response->http_status && cg_prometheus_error_type(response->body, response->length, type, sizeof type)) {
        struct cg_error error;
        cg_error_set(&error, response->status, "%.900s (%s)", response->error, type);
        fail_job(job, error.text);
        return;
    }
    fail_job(job, response->error);
}

static void on_response(void *user, const struct cg_http_response *response) {
    struct cg_metrics_job *job = user;
    struct cg_metrics_fetch *fetch = job->fetch;
    bool nobody = response->status == CG_TEMPORARY && response->http_status == 0;
    fetch->gave_up = fetch->probing && nobody;
    fetch->probing = fetch->probing && nobody;
    fetch->source->unreachable = nobody;
    if (response->status == CG_OK)
        read_body(job, response);
    else
        read_failure(job, response);
    finish_job(job);
    start_groups(fetch);
}

/* ---- questions ---- */

static cg_status send_job(struct cg_metrics_job *job) {
    struct cg_metrics_source *source = job->fetch->source;
    char start[CG_TIME_TEXT_SIZE];
    char end[CG_TIME_TEXT_SIZE];
    struct cg_buf expression;
    cg_buf_init(&expression, LONGEST_EXPRESSION);
    bool placed = cg_metrics_render(&expression, job->query, job->resource_id);
    if (!placed && job->resource_id && !source->warned) {
        source->warned = true;
        cg_log_write(source->log, "net.metrics", CG_LOG_WARNING,
                     "Expression '%s' has no {} placeholder for resource filter '%s'", job->query->expression,
                     job->query->filter_label);
    }
    /* The server includes both ends, but a sample at `end` belongs to the next window. */
    const struct cg_http_param params[] = {
        {"query", cg_buf_text(&expression)},
        {"start", cg_time_format_iso(job->start, start)},
        {"end", cg_time_format_iso(job->end - SECOND, end)},
        {"step", source->step},
    };
    const struct cg_http_client_request request = {.method = "POST",
                                                   .path = source->path,
                                                   .params = params,
                                                   .param_count = sizeof params / sizeof params[0],
                                                   .max_attempts = source->unreachable ? 1 : 0};
    cg_status status = expression.status == CG_OK ? CG_OK : expression.status;
    if (status == CG_OK)
        status = cg_http_client_send(source->client, &request, on_response, job);
    cg_buf_done(&expression);
    return status;
}

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
                                          .end = request->end};
    bool is_new = false;
    struct cg_metrics_job *job = cg_metrics_table_get(&fetch->table, &wanted, fetch->arena, &is_new);
    if (!job)
        return CG_NO_MEMORY;
    group->jobs[index] = job;
    if (is_new && fetch->gave_up) {
        fail_job(job, LABEL ": nobody answers, so it was not asked again for this date");
        job->done = true;
    } else if (is_new && request->start < request->end) {
        cg_status status = send_job(job);
        if (status == CG_NO_MEMORY)
            return status;
        if (status != CG_OK) {
            fail_job(job, LABEL ": the query's expression is too long");
            job->done = true;
        }
    } else if (is_new) {
        job->done = true; /* an empty window has no samples */
    }
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
static void start_groups(struct cg_metrics_fetch *fetch) {
    while (fetch->status == CG_OK && fetch->active < fetch->source->workers && fetch->next < fetch->count)
        fetch->status = start_group(fetch, &fetch->groups[fetch->next++]);
}

/* ---- results ---- */

static cg_status fill_series(const struct cg_metrics_group *group, struct cg_metrics *metrics, struct cg_arena *arena) {
    size_t count = 0;
    for (size_t i = 0; i < group->request->query_count; i++)
        count += group->jobs[i]->series_count;
    const struct cg_metric_series **series = cg_arena_array(arena, count, sizeof(const struct cg_metric_series *));
    if (!series)
        return CG_NO_MEMORY;
    metrics->series = series;
    for (size_t i = 0; i < group->request->query_count; i++) {
        const struct cg_metrics_job *job = group->jobs[i];
        for (size_t j = 0; j < job->series_count; j++)
            series[metrics->series_count++] = job->series[j];
        metrics->ignored_points += job->ignored;
    }
    return CG_OK;
}

static cg_status fill_result(const struct cg_metrics_group *group, struct cg_arena *arena) {
    struct cg_metrics_request *request = group->request;
    struct cg_metrics *metrics = cg_arena_alloc(arena, sizeof *metrics);
    const struct cg_metrics_job *failed = NULL;
    if (!metrics)
        return CG_NO_MEMORY;
    metrics->struct_size = sizeof *metrics;
    for (size_t i = 0; i < request->query_count && !failed; i++)
        failed = group->jobs[i]->error ? group->jobs[i] : NULL;
    const char *error = NULL;
    if (failed) {
        metrics->flags = CG_METRICS_FETCH_FAILED;
        error = cg_arena_printf(arena, "query %s%s%.200s: %s", failed->query->key, failed->resource_id ? " of " : "",
                                failed->resource_id ? failed->resource_id : "", failed->error);
        if (!error)
            return CG_NO_MEMORY;
    } else if (fill_series(group, metrics, arena) != CG_OK) {
        return CG_NO_MEMORY;
    }
    request->result = metrics;
    request->error = error;
    return CG_OK;
}

static void unset_results(struct cg_metrics_request *requests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        requests[i].result = NULL;
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
    start_groups(&fetch);
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
        return cg_error_set(error, CG_CANCELLED, LABEL ": cancelled");
    return cg_error_no_memory(error);
}
