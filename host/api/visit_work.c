#include <sodium.h>
#include <string.h>

#include "api/json.h"
#include "api/visit.h"
#include "base/time.h"

/* ---- failures ---- */

/* A random UUID, by which a line of the log and an answer find each other. */
static void make_error_id(char text[40]) {
    unsigned char id[16];
    randombytes_buf(id, sizeof id);
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    char hex[33];
    sodium_bin2hex(hex, sizeof hex, id, sizeof id);
    snprintf(text, 40, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void fail_with_id(struct cg_visit *visit, const char *detail) {
    struct cg_call *call = &visit->call;
    struct cg_json json;
    char id[40];
    make_error_id(id);
    cg_log_write(visit->api->options.log, "core.api.exception_handler", CG_LOG_ERROR,
                 "request_failed method=%s path=%s error_id=%s: %s", call->request->method, call->request->path, id,
                 call->error.text);
    cg_buf_clear(&call->reply.body);
    call->reply.status = 500;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "detail", detail);
    cg_json_put_text(&json, "error_id", id);
    cg_json_object_end(&json);
}

void cg_visit_fail(struct cg_visit *visit, cg_status status) {
    struct cg_call *call = &visit->call;
    if (call->reply.stream.end)
        call->reply.stream.end(call->reply.stream.state);
    call->reply.stream = (struct cg_reply_stream){0};
    call->reply.header_count = 0;
    call->reply.content_type = "application/json";
    if (status == CG_CANCELLED) {
        cg_reply_detail(call, 504, "Request exceeded %llds timeout",
                        (long long)visit->generation->loan.settings->api.request_timeout_seconds);
    } else if (status == CG_TEMPORARY || status == CG_NO_MEMORY) {
        cg_log_write(visit->api->options.log, CG_API_LOGGER, CG_LOG_WARNING, "request_refused method=%s path=%s: %s",
                     call->request->method, call->request->path, call->error.text);
        cg_reply_header(call, "retry-after", "1");
        cg_reply_detail(call, 503, "%s", call->error.text);
    } else if (status == CG_RANGE) {
        cg_reply_detail(call, 400, "%s", call->error.text);
    } else {
        fail_with_id(visit, call->store ? "Internal server error" : call->error.text);
    }
}

/* ---- the store ---- */

static cg_status take_store(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    struct cg_lent_store *lent = NULL;
    int32_t write = visit->match.route->store == CG_ROUTE_WRITE;
    cg_status status = cg_stores_take(visit->generation->stores, call->tenant->index, write, &lent, &call->error);
    if (status != CG_OK)
        return status;
    uv_mutex_lock(&visit->mutex);
    visit->lent = lent;
    int32_t interrupted = visit->interrupted;
    uv_mutex_unlock(&visit->mutex);
    call->store = cg_lent_store(lent);
    return interrupted ? cg_error_set(&call->error, CG_CANCELLED, "the request was given up") : CG_OK;
}

/* After such an error nobody knows what state a connection is in. */
static int32_t is_broken(cg_status status) {
    return status == CG_PERMANENT || status == CG_CANCELLED;
}

void cg_visit_give_back(struct cg_visit *visit, cg_status status) {
    struct cg_stores *stores = visit->generation->stores;
    const struct cg_api_tenant *tenant = visit->call.tenant;
    uv_mutex_lock(&visit->mutex);
    struct cg_lent_store *lent = visit->lent;
    visit->lent = NULL;
    uv_mutex_unlock(&visit->mutex);
    if (status == CG_PERMANENT && tenant)
        cg_stores_forget(stores, tenant->index);
    cg_stores_give_back(stores, lent, is_broken(status));
}

void cg_visit_let_go(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    struct cg_reply_stream *stream = &call->reply.stream;
    if (stream->end)
        stream->end(stream->state);
    *stream = (struct cg_reply_stream){.next = stream->next}; /* by which a streamed reply is known */
    json_decref(call->body);                                  /* may be large, so not on the loop */
    call->body = NULL;
    cg_visit_give_back(visit, visit->status);
}

static struct cg_visit *visit_of(struct cg_call *call) {
    return (struct cg_visit *)((char *)call - offsetof(struct cg_visit, call));
}

size_t cg_call_tenant_count(const struct cg_call *call) {
    const struct cg_visit *visit = (const struct cg_visit *)((const char *)call - offsetof(struct cg_visit, call));
    return visit->generation->loan.settings->tenant_count;
}

cg_status cg_call_with_tenant(struct cg_call *call, size_t index, cg_status (*use)(struct cg_call *call, void *user),
                              void *user) {
    struct cg_visit *visit = visit_of(call);
    call->tenant = &visit->generation->tenants[index];
    cg_status status = take_store(visit);
    if (status == CG_OK)
        status = use(call, user);
    cg_visit_give_back(visit, status);
    call->store = NULL;
    call->tenant = NULL;
    return status;
}

void cg_visit_interrupt(struct cg_visit *visit) {
    uv_mutex_lock(&visit->mutex);
    visit->interrupted = 1;
    if (visit->lent)
        cg_store_interrupt(cg_lent_store(visit->lent));
    uv_mutex_unlock(&visit->mutex);
}

/* ---- the work ---- */

/* The first piece comes before the headers, so that what is wrong with it can still be told by a status. */
static cg_status first_piece(struct cg_visit *visit) {
    visit->squeeze = cg_accepts_gzip(&visit->request) ? cg_squeeze_new() : NULL;
    if (visit->squeeze) /* without memory it goes out as it is */
        cg_reply_header(&visit->call, "content-encoding", "gzip");
    return cg_visit_piece(visit);
}

/* What the answer follows from, besides the database: the request, what the client takes, and the day, for ranges that
 * end today. */
static int32_t find_kept(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    char day[CG_TIME_TEXT_SIZE];
    if (!(visit->match.route->flags & CG_ROUTE_KEEP) ||
        cg_stores_version(visit->generation->stores, call->tenant->index, &visit->version) != CG_OK)
        return 0;
    visit->question = cg_arena_printf(visit->arena, "%s %d %s", cg_time_format_date(call->now, day),
                                      cg_accepts_gzip(&visit->request), visit->request.target);
    visit->found = visit->question && cg_kept_find(visit->generation->kept, visit->question, visit->version, call);
    return visit->found;
}

static cg_status handle(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    int32_t go = 1;
    cg_status status = cg_call_prepare(call, &visit->match, &go);
    if (status != CG_OK || !go)
        return status;
    if (visit->match.route->store == CG_ROUTE_ALL_TENANTS)
        return visit->match.route->handle(call);
    if (!cg_visit_has_tenant(visit))
        return cg_reply_done(call);
    if (find_kept(visit))
        return CG_OK;
    status = take_store(visit);
    if (status == CG_OK)
        status = visit->match.route->handle(call);
    if (status == CG_OK && call->reply.stream.next)
        status = first_piece(visit);
    return status;
}

void cg_visit_work(struct cg_job *job) {
    struct cg_visit *visit = (struct cg_visit *)job;
    struct cg_call *call = &visit->call;
    visit->status = handle(visit);
    if (visit->status != CG_OK)
        cg_visit_fail(visit, visit->status);
    if (!call->reply.stream.next || !visit->more)
        cg_visit_let_go(visit);
    if (visit->found)
        return;
    cg_reply_encode(call);
    if (visit->question)
        cg_kept_put(visit->generation->kept, visit->question, visit->version, call);
}
