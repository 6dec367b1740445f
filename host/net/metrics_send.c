/* A job's way to the server and back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "net/http_internal.h"
#include "net/metrics_internal.h"
#include "net/metrics_reason.h"
#include "net/secret_file.h"

#define SECOND INT64_C(1000000)
#define LONGEST_EXPRESSION ((size_t)256 * 1024)

/* ---- ends ---- */

static void fail_job(struct cg_metrics_job *job, cg_status status, const char *text) {
    if (job->error)
        return; /* the first failure is told */
    job->status = status;
    job->error = cg_arena_string(job->fetch->arena, text);
    if (!job->error)
        job->fetch->status = CG_NO_MEMORY;
}

/* Nothing more comes: the answer is complete, or there is an error. */
static void finish_job(struct cg_metrics_job *job) {
    struct cg_metrics_fetch *fetch = job->fetch;
    job->done = true;
    if (!job->error && fetch->status == CG_OK && job->part_count) {
        if (cg_metrics_job_join(job, fetch->arena) == CG_OK)
            cg_metrics_notes_answer(fetch->source->notes, job->query, &job->answer);
        else
            fetch->status = CG_NO_MEMORY;
    }
    for (struct cg_metrics_waiter *waiter = job->waiters; waiter; waiter = waiter->next) {
        if (--waiter->group->left == 0)
            fetch->active--;
    }
    job->waiters = NULL;
}

/* ---- answers ---- */

static const char *method_of(const struct cg_metrics_part *part) {
    return part->by_get ? "GET" : "POST";
}

static void read_body(struct cg_metrics_part *part, const struct cg_http_response *response) {
    struct cg_metrics_fetch *fetch = part->job->fetch;
    struct cg_error error;
    cg_status status =
        cg_prometheus_parse(response->body, response->length, &part->question, fetch->arena, &part->answer, &error);
    if (status == CG_OK)
        return;
    struct cg_metrics_reason reason;
    if (status == CG_NO_MEMORY ||
        cg_metrics_reason_read(fetch->source->client, response->body, response->length, &reason) != CG_OK) {
        fetch->status = CG_NO_MEMORY;
        return;
    }
    if (reason.reported)
        cg_error_set(&error, status, "reports an error%s", reason.text);
    cg_error_wrap(&error, CG_METRICS_LABEL ": %s %s", method_of(part), fetch->source->path);
    fail_job(part->job, status, error.text);
}

static void read_failure(struct cg_metrics_job *job, const struct cg_http_response *response) {
    struct cg_metrics_fetch *fetch = job->fetch;
    struct cg_metrics_reason reason = {0};
    if (response->status == CG_CANCELLED || response->status == CG_NO_MEMORY) {
        fetch->status = response->status;
        return;
    }
    if (response->http_status &&
        cg_metrics_reason_read(fetch->source->client, response->body, response->length, &reason) != CG_OK) {
        fetch->status = CG_NO_MEMORY;
        return;
    }
    struct cg_error error;
    cg_error_set(&error, response->status, "%.*s%s", *reason.text ? 500 : 1000, response->error, reason.text);
    fail_job(job, response->status, error.text);
}

static cg_status send_part(struct cg_metrics_part *part);

/* A server that has no POST gets the query as GET, and all further ones. True when it was sent so. */
static bool falls_back(struct cg_metrics_part *part, const struct cg_http_response *response) {
    struct cg_metrics_source *source = part->job->fetch->source;
    if (part->by_get || (response->http_status != 405 && response->http_status != 501))
        return false;
    if (!source->use_get)
        cg_log_write(source->log, "net.metrics", CG_LOG_INFO,
                     "The metrics source does not take POST (HTTP %u); GET is used from now on", response->http_status);
    source->use_get = true;
    return send_part(part) == CG_OK;
}

static void on_response(void *user, const struct cg_http_response *response) {
    struct cg_metrics_part *part = user;
    struct cg_metrics_job *job = part->job;
    struct cg_metrics_fetch *fetch = job->fetch;
    bool nobody = response->status == CG_TEMPORARY && response->http_status == 0;
    fetch->gave_up = fetch->probing && nobody;
    fetch->probing = fetch->probing && nobody;
    fetch->source->unreachable = nobody;
    if (falls_back(part, response))
        return;
    if (response->status == CG_OK)
        read_body(part, response);
    else
        read_failure(job, response);
    if (--job->parts_left > 0)
        return;
    finish_job(job);
    cg_metrics_fetch_go_on(fetch);
}

/* ---- questions ---- */

/* Gives the client the secret that stands in its file now. */
static cg_status renew_secret(struct cg_metrics_source *source, struct cg_error *error) {
    char secret[CG_SECRET_FILE_SIZE];
    bool bearer = source->bearer_token_file != NULL;
    const char *path = bearer ? source->bearer_token_file : source->password_file;
    const char *what = bearer ? CG_METRICS_LABEL ": bearer_token_file" : CG_METRICS_LABEL ": password_file";
    if (!path)
        return CG_OK;
    cg_status status = cg_secret_file_read(path, what, secret, error);
    if (status == CG_OK) {
        status = bearer ? cg_http_client_set_bearer(source->client, secret)
                        : cg_http_client_set_password(source->client, secret);
        if (status == CG_INVALID)
            status = cg_error_set(error, CG_TEMPORARY, "%s '%.400s' has characters that an HTTP header cannot carry",
                                  what, path);
    }
    explicit_bzero(secret, sizeof secret);
    return status;
}

static void render(struct cg_buf *expression, const struct cg_metrics_job *job) {
    struct cg_metrics_source *source = job->fetch->source;
    bool placed = cg_metrics_render(expression, job->query, job->resource_id);
    if (placed || !job->resource_id || !job->query->filter_label || job->query->flags & CG_METRIC_LITERAL ||
        source->warned)
        return;
    source->warned = true;
    cg_log_write(source->log, "net.metrics", CG_LOG_WARNING,
                 "Expression '%s' has no {} placeholder for resource filter '%s'", job->query->expression,
                 job->query->filter_label);
}

static cg_status send_part(struct cg_metrics_part *part) {
    const struct cg_metrics_job *job = part->job;
    struct cg_metrics_source *source = job->fetch->source;
    char start[CG_TIME_TEXT_SIZE];
    char end[CG_TIME_TEXT_SIZE];
    char step[24];
    struct cg_buf expression;
    cg_buf_init(&expression, LONGEST_EXPRESSION);
    render(&expression, job);
    snprintf(step, sizeof step, "%" PRId64, job->step);
    const struct cg_http_param params[] = {
        {"query", cg_buf_text(&expression)},
        {"start", cg_time_format_iso(part->first * SECOND, start)},
        {"end", cg_time_format_iso(part->last * SECOND, end)},
        {"step", step},
    };
    const struct cg_http_client_request request = {.method = source->use_get ? "GET" : "POST",
                                                   .path = source->path,
                                                   .params = params,
                                                   .param_count = sizeof params / sizeof params[0],
                                                   .max_attempts = source->unreachable ? 1 : 0};
    part->by_get = source->use_get;
    cg_status status = expression.status == CG_OK ? CG_OK : expression.status;
    if (status == CG_OK)
        status = cg_http_client_send(source->client, &request, on_response, part);
    cg_buf_done(&expression);
    return status;
}

/* The parts that were sent come back; those that could not be sent count as answered. */
static cg_status send_parts(struct cg_metrics_job *job) {
    for (size_t i = 0; i < job->part_count; i++) {
        cg_status status = send_part(&job->parts[i]);
        if (status == CG_OK)
            continue;
        job->parts_left -= job->part_count - i;
        if (status == CG_NO_MEMORY)
            return status;
        fail_job(job, CG_INVALID, CG_METRICS_LABEL ": the query's expression is too long");
        break;
    }
    return CG_OK;
}

cg_status cg_metrics_job_start(struct cg_metrics_job *job) {
    struct cg_metrics_source *source = job->fetch->source;
    struct cg_error error = {0};
    if (job->fetch->gave_up) {
        fail_job(job, CG_TEMPORARY, CG_METRICS_LABEL ": nobody answers, so it was not asked again for this date");
        job->done = true;
        return CG_OK;
    }
    cg_status status = cg_metrics_job_cut(job, source->most_points, job->fetch->arena);
    if (status == CG_OK && job->part_count) {
        status = renew_secret(source, &error);
        if (status == CG_TEMPORARY) {
            fail_job(job, status, error.text);
            job->parts_left = 0;
            status = CG_OK;
        } else if (status == CG_OK) {
            status = send_parts(job);
        }
    } else if (status == CG_INVALID) {
        fail_job(job, status, CG_METRICS_LABEL ": the window is too long for its step, or lies before 1970");
        status = CG_OK;
    }
    job->done = job->parts_left == 0;
    return status;
}
