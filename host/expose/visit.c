#include "expose/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expose/listeners.h"

#define LOGGER "core.emitters.exposition"

/* Pieces that are made at once: the threads are also those of others. */
#define THREADS 2u

/* The same warning is not told again for so long, and another one not for so long: pages may have different ones. */
#define TELL_AGAIN_SECONDS 3600
#define TELL_ANOTHER_SECONDS 60

/* Headers of an answer. */
#define MOST_HEADERS 8

/* When everything is written, at most so many bytes come of a piece and the gzip's own. */
#define PIECE_LIMIT ((size_t)4 * 1024 * 1024)

struct cg_page_visit {
    struct cg_visitors *visitors;
    struct cg_expose_plan *plan;
    const struct cg_expose_site *site;
    struct cg_http_exchange *exchange; /* NULL: it has ended */
    struct cg_arena *arena;            /* of the question */
    struct cg_question question;
    char *known; /* If-None-Match */
    int head_only;
    struct cg_page_visit *next;
    uv_work_t work;
    int waiting; /* for a thread */
    int at_work; /* on one, or waiting */
    int streaming;
    int wanted; /* the server waits for a piece */
    int ready;  /* there is one */
    int32_t more;
    cg_status status;
    struct cg_error error;
    char tag[CG_SCAN_TAG_SIZE];
    struct timespec newest;
    size_t warned; /* warnings that were told */
    char warning[CG_SCAN_WARNING_SIZE];
    int unchanged; /* the client knows it already */
    struct cg_page *page;
    struct cg_gzip gzip;
    struct cg_buf text;
    struct cg_buf out;
};

static void free_visit(struct cg_page_visit *visit) {
    struct cg_visitors *visitors = visit->visitors;
    cg_page_free(visit->page);
    cg_gzip_close(&visit->gzip);
    cg_buf_done(&visit->text);
    cg_buf_done(&visit->out);
    cg_expose_plan_unref(visit->plan);
    cg_arena_free(visit->arena);
    free(visit);
    visitors->count--;
    if (visitors->idle)
        visitors->idle(visitors->user);
}

/* ---- short answers ---- */

static void answer_text(struct cg_http_exchange *exchange, uint32_t status, const char *allow, const char *text) {
    const struct cg_http_pair headers[] = {{"allow", allow},
                                           {"retry-after", status == 503 ? "1" : ""},
                                           {"content-type", *text ? "text/plain; charset=utf-8" : ""}};
    const struct cg_http_answer answer = {
        .status = status, .headers = headers, .header_count = 3, .body = text, .body_length = strlen(text)};
    (void)cg_http_answer(exchange, &answer, NULL, NULL);
}

/* Answers what is no question for a page. */
static int answer_other(struct cg_http_exchange *exchange) {
    const struct cg_http_request *request = cg_http_exchange_request(exchange);
    char text[160];
    const int get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (strcmp(request->method, "OPTIONS") == 0) {
        answer_text(exchange, 200, "OPTIONS,GET", "");
    } else if (!get) {
        (void)snprintf(text, sizeof text, "# HTTP 405 Method Not Allowed: %.40s; use OPTIONS or GET\n",
                       request->method);
        answer_text(exchange, 405, "OPTIONS,GET", text);
    } else if (strcmp(request->path, "/favicon.ico") == 0) {
        answer_text(exchange, 200, "", "");
    } else {
        return 0;
    }
    return 1;
}

/* ---- on a thread ---- */

static void note_warnings(struct cg_page_visit *visit, const struct cg_scan *scan) {
    if (scan->warnings && !visit->warned) {
        visit->warned = scan->warnings;
        memcpy(visit->warning, scan->warning, sizeof visit->warning);
    }
}

static cg_status make_piece(struct cg_page_visit *visit) {
    cg_buf_clear(&visit->out);
    do { /* what is squeezed may come to nothing yet */
        struct cg_buf *text = visit->question.gzip ? &visit->text : &visit->out;
        cg_buf_clear(text);
        cg_status status = cg_page_next(visit->page, text, &visit->more, &visit->error);
        note_warnings(visit, cg_page_scan(visit->page));
        if (status == CG_OK && visit->question.gzip &&
            (status = cg_gzip_add(&visit->gzip, text, !visit->more, &visit->out)) != CG_OK)
            cg_error_set(&visit->error, status, "a piece of the page cannot be compressed");
        if (status != CG_OK)
            return status;
    } while (visit->more && !visit->out.length);
    return CG_OK;
}

static cg_status open_page(struct cg_page_visit *visit) {
    const struct cg_question *question = &visit->question;
    struct cg_scan scan = {0};
    cg_status status = cg_scan_new(visit->site->entries, visit->site->count,
                                   question->has_after ? &question->after : NULL, &scan, &visit->error);
    if (status != CG_OK)
        return status;
    memcpy(visit->tag, scan.tag, sizeof visit->tag);
    visit->newest = scan.newest;
    note_warnings(visit, &scan);
    visit->unchanged = cg_question_knows(visit->known, visit->tag);
    if (visit->unchanged || visit->head_only) {
        cg_scan_done(&scan);
        return CG_OK;
    }
    return cg_page_new(&scan, question->format, question->names, question->name_count, visit->visitors->open_files,
                       &visit->page, &visit->error);
}

/* Between listing and opening, a file may be replaced: then all of them are looked at again. */
static cg_status open_visit(struct cg_page_visit *visit) {
    cg_status status = open_page(visit);
    for (int tries = 0; status == CG_NOT_FOUND && tries < 5; tries++)
        status = open_page(visit);
    if (status == CG_OK && visit->page && visit->question.gzip && cg_gzip_open(&visit->gzip) != CG_OK)
        status = cg_error_no_memory(&visit->error);
    return status == CG_OK && visit->page ? make_piece(visit) : status;
}

static void on_work(uv_work_t *work) {
    struct cg_page_visit *visit = work->data;
    /* Of this thread alone; where that is refused, reading competes with the loop on equal terms. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), visit->visitors->priority);
    visit->status = visit->streaming ? make_piece(visit) : open_visit(visit);
}

/* ---- on the loop ---- */

static void on_done(uv_work_t *work, int status);

static void start_waiting(struct cg_visitors *visitors) {
    while (visitors->first && visitors->running < THREADS) {
        struct cg_page_visit *visit = visitors->first;
        visitors->first = visit->next;
        visit->waiting = 0;
        visitors->running++;
        visit->work.data = visit;
        uv_queue_work(visitors->loop, &visit->work, on_work, on_done); /* fails without a function only */
    }
}

static void start_work(struct cg_page_visit *visit) {
    struct cg_visitors *visitors = visit->visitors;
    visit->at_work = 1;
    visit->waiting = 1;
    visit->next = NULL;
    if (visitors->first)
        visitors->last->next = visit;
    else
        visitors->first = visit;
    visitors->last = visit;
    start_waiting(visitors);
}

static void tell_warning(struct cg_page_visit *visit) {
    struct cg_visitors *visitors = visit->visitors;
    const int64_t now = (int64_t)(uv_now(visitors->loop) / 1000);
    if (!visit->warned || !*visit->warning)
        return;
    const int again = strcmp(visitors->told, visit->warning) == 0;
    if (*visitors->told && now - visitors->told_at < (again ? TELL_AGAIN_SECONDS : TELL_ANOTHER_SECONDS))
        return;
    visitors->told_at = now;
    memcpy(visitors->told, visit->warning, sizeof visitors->told);
    if (visit->warned > 1)
        cg_log_write(visitors->log, LOGGER, CG_LOG_WARNING, "%s (%zu more are left out)", visit->warning,
                     visit->warned - 1);
    else
        cg_log_write(visitors->log, LOGGER, CG_LOG_WARNING, "%s", visit->warning);
    *visit->warning = '\0';
}

/* The visit ends; what is left of the exchange is the server's. */
static void leave(struct cg_page_visit *visit) {
    if (visit->exchange)
        *cg_http_exchange_user(visit->exchange) = NULL;
    free_visit(visit);
}

static void give_piece(struct cg_page_visit *visit) {
    struct cg_http_exchange *exchange = visit->exchange;
    const int32_t last = visit->status != CG_OK ? -1 : !visit->more;
    visit->wanted = 0;
    visit->ready = 0;
    if (last < 0)
        cg_log_write(visit->visitors->log, LOGGER, CG_LOG_ERROR, "a page of samples was broken off: %s",
                     visit->error.text);
    if (last)
        *cg_http_exchange_user(exchange) = NULL;
    cg_http_stream_give(exchange, cg_buf_text(&visit->out), visit->out.length, last);
    if (!last)
        start_work(visit); /* while the client takes this one */
    else {
        visit->exchange = NULL;
        free_visit(visit);
    }
}

static void on_want(void *user, struct cg_http_exchange *exchange) {
    struct cg_page_visit *visit = user;
    (void)exchange;
    visit->wanted = 1;
    if (visit->ready)
        give_piece(visit);
}

static void answer_page(struct cg_page_visit *visit) {
    char newest[48];
    const struct cg_http_stream stream = {.user = visit, .want = on_want};
    const int streams = visit->page != NULL;
    (void)snprintf(newest, sizeof newest, "%lld.%09ld", (long long)visit->newest.tv_sec, visit->newest.tv_nsec);
    const struct cg_http_pair headers[MOST_HEADERS] = {
        {"content-type", visit->unchanged ? "" : visit->question.type},
        {"etag", visit->tag},
        {"cache-control", "no-cache"},
        {"vary", "Accept, Accept-Encoding"},
        {"x-chitragupt-emitted", visit->newest.tv_sec > 0 ? newest : ""},
        {"content-encoding", streams && visit->question.gzip ? "gzip" : ""},
    };
    const struct cg_http_answer answer = {
        .status = visit->unchanged ? 304 : 200,
        .headers = headers,
        .header_count = MOST_HEADERS - 2,
        .stream = streams ? &stream : NULL,
    };
    struct cg_http_exchange *exchange = visit->exchange;
    visit->streaming = streams;
    visit->ready = streams;
    if (!streams) {
        *cg_http_exchange_user(exchange) = NULL;
        visit->exchange = NULL;
    }
    (void)cg_http_answer(exchange, &answer, NULL, NULL);
    if (!streams)
        free_visit(visit);
}

static void answer_failure(struct cg_page_visit *visit) {
    char text[CG_ERROR_TEXT_SIZE + 64];
    const int busy = visit->status == CG_NOT_FOUND || visit->status == CG_TEMPORARY;
    cg_log_write(visit->visitors->log, LOGGER, CG_LOG_ERROR, "samples cannot be shown: %s", visit->error.text);
    (void)snprintf(text, sizeof text, "# samples cannot be shown at the moment; the log says why\n");
    answer_text(visit->exchange, busy ? 503 : 500, "", text);
    leave(visit);
}

static void on_done(uv_work_t *work, int status) {
    struct cg_page_visit *visit = work->data;
    struct cg_visitors *visitors = visit->visitors;
    (void)status; /* nothing is cancelled */
    visitors->running--;
    visit->at_work = 0;
    start_waiting(visitors);
    tell_warning(visit);
    if (!visit->exchange) { /* the client went away meanwhile */
        free_visit(visit);
    } else if (!visit->streaming) {
        if (visit->status == CG_OK)
            answer_page(visit);
        else
            answer_failure(visit);
    } else {
        visit->ready = 1;
        if (visit->wanted)
            give_piece(visit);
    }
}

static struct cg_page_visit *new_visit(struct cg_visitors *visitors, struct cg_http_exchange *exchange) {
    struct cg_page_visit *visit = calloc(1, sizeof *visit);
    struct cg_arena *arena = visit ? cg_arena_new() : NULL;
    if (!arena) {
        free(visit);
        return NULL;
    }
    visit->visitors = visitors;
    visit->exchange = exchange;
    visit->arena = arena;
    cg_buf_init(&visit->text, PIECE_LIMIT);
    cg_buf_init(&visit->out, PIECE_LIMIT);
    return visit;
}

void cg_page_visit_begin(struct cg_visitors *visitors, struct cg_expose_plan *plan, const struct cg_expose_site *site,
                         struct cg_http_exchange *exchange) {
    const struct cg_http_request *request = cg_http_exchange_request(exchange);
    char text[CG_ERROR_TEXT_SIZE + 8];
    if (answer_other(exchange))
        return;
    struct cg_page_visit *visit = visitors->count < CG_EXPOSE_PAGES ? new_visit(visitors, exchange) : NULL;
    if (!visit) {
        answer_text(exchange, 503, "", "# too many pages are being read; try again\n");
        return;
    }
    visitors->count++;
    visit->plan = cg_expose_plan_ref(plan);
    visit->site = site;
    visit->head_only = strcmp(request->method, "HEAD") == 0;
    visit->known = cg_arena_string(visit->arena, cg_http_request_header(request, "if-none-match"));
    cg_status status = cg_question_read(request, visit->arena, &visit->question, &visit->error);
    if (status == CG_OK) {
        *cg_http_exchange_user(exchange) = visit;
        start_work(visit);
        return;
    }
    (void)snprintf(text, sizeof text, "# %s\n", visit->error.text);
    answer_text(exchange, status == CG_INVALID ? 400 : 500, "", text);
    free_visit(visit);
}

static void stop_waiting(struct cg_page_visit *visit) {
    struct cg_visitors *visitors = visit->visitors;
    struct cg_page_visit *before = NULL;
    for (struct cg_page_visit *at = visitors->first; at != visit; at = at->next)
        before = at;
    *(before ? &before->next : &visitors->first) = visit->next;
    if (visitors->last == visit)
        visitors->last = before;
}

void cg_page_visit_ended(struct cg_http_exchange *exchange) {
    struct cg_page_visit *visit = *cg_http_exchange_user(exchange);
    if (!visit)
        return;
    visit->exchange = NULL;
    if (visit->waiting)
        stop_waiting(visit);
    else if (visit->at_work)
        return; /* it is freed when the thread is done */
    free_visit(visit);
}
