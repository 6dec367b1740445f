#include "api/visit.h"

/*
 * A piece is made on a thread, given to the server on the loop, and the next one is made meanwhile:
 * memory holds two pieces, and a slow client holds a connection to the database but no thread.
 */

static cg_status next_piece(struct cg_visit *visit) {
    struct cg_reply *reply = &visit->call.reply;
    cg_buf_clear(&reply->body);
    cg_status status = reply->stream.next(reply->stream.state, &reply->body, &visit->more, &visit->call.error);
    if (status == CG_OK)
        status = reply->body.status;
    if (status == CG_OK && visit->squeeze &&
        (status = cg_squeeze_piece(visit->squeeze, &reply->body, !visit->more)) != CG_OK)
        cg_error_set(&visit->call.error, status, "a piece of the export cannot be compressed");
    return status;
}

cg_status cg_visit_piece(struct cg_visit *visit) {
    cg_status status = CG_OK;
    do /* what is squeezed may come to nothing yet */
        status = next_piece(visit);
    while (status == CG_OK && visit->more && !visit->call.reply.body.length);
    return status;
}

static void make_piece(struct cg_job *job) {
    struct cg_visit *visit = (struct cg_visit *)job;
    visit->status = cg_visit_piece(visit);
    if (visit->status != CG_OK || !visit->more)
        cg_visit_let_go(visit);
}

static void finish(struct cg_visit *visit, int32_t well) {
    visit->api->streams--;
    visit->streaming = 0;
    cg_visit_count(visit, well ? 200 : 0);
    cg_visit_free(visit);
}

static void on_piece(struct cg_job *job, int32_t taken_back);

static void start_piece(struct cg_visit *visit) {
    visit->in_job = 1;
    visit->job.work = make_piece;
    visit->job.done = on_piece;
    cg_pool_add(visit->api->pool, &visit->job);
}

static void give_piece(struct cg_visit *visit) {
    const struct cg_buf *body = &visit->call.reply.body;
    int32_t last = visit->status != CG_OK ? -1 : !visit->more;
    visit->wanted = 0;
    visit->ready = 0;
    if (last < 0)
        cg_log_write(visit->api->options.log, CG_API_LOGGER, CG_LOG_ERROR, "an export was broken off: %s",
                     visit->call.error.text);
    if (visit->exchange && last) /* nothing of the exchange is ours from here on */
        *cg_http_exchange_user(visit->exchange) = NULL;
    if (visit->exchange)
        cg_http_stream_give(visit->exchange, cg_buf_text(body), body->length, last);
    if (last)
        finish(visit, last == 1);
    else if (visit->exchange)
        start_piece(visit); /* while the client takes this one */
}

static void on_piece(struct cg_job *job, int32_t taken_back) {
    struct cg_visit *visit = (struct cg_visit *)job;
    visit->in_job = 0;
    if (!visit->exchange) { /* the client went away meanwhile */
        finish(visit, 0);
        return;
    }
    if (taken_back)
        visit->status = cg_error_set(&visit->call.error, CG_CANCELLED, "the program is being stopped");
    visit->ready = 1;
    if (visit->wanted)
        give_piece(visit);
}

static void on_want(void *user, struct cg_http_exchange *exchange) {
    struct cg_visit *visit = user;
    (void)exchange;
    visit->wanted = 1;
    if (visit->ready)
        give_piece(visit);
    else if (!visit->in_job)
        start_piece(visit);
}

void cg_visit_stream(struct cg_visit *visit) {
    struct cg_http_stream stream = {.user = visit, .want = on_want};
    visit->api->streams++;
    visit->streaming = 1;
    visit->ready = 1;
    visit->deadline = 0;
    cg_visit_send(visit, &stream);
}
