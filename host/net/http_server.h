/*
 * http_server.h - an HTTP listener on the event loop, hardened against its clients.
 *
 * One server is one listening socket and one libmicrohttpd daemon that is driven by the loop. A request is handed over
 * when all of it has arrived; it is answered at once or later, with a whole body or with a stream of pieces. Everything
 * happens on the loop's thread, and no function here waits.
 *
 * Limits keep the process up whatever clients do: connections (the ones that are idle for longest make room for new
 * ones), requests at work, sizes of header and body, seconds to send a request and to take an answer.
 */
#ifndef CG_NET_HTTP_SERVER_H
#define CG_NET_HTTP_SERVER_H

#include <uv.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"

struct cg_http_server;
struct cg_http_exchange; /**< one request and its answer */

/** A name and a value; both are NUL-terminated, in memory of their owner. */
struct cg_http_pair {
    const char *name;
    const char *value;
};

/** One request. Everything lives in the exchange's arena, until the exchange has ended. */
struct cg_http_request {
    const char *method; /**< "GET" */
    const char *target; /**< as it was sent */
    const char *path;   /**< as sent: percent-encoded, without the query and "http://host"; "/..." or "*" */
    const char *query;  /**< what is behind "?", as sent; "" when there is none */
    const struct cg_http_pair *headers; /**< in their order; names as they were sent */
    size_t header_count;
    const char *body; /**< may hold any byte; a NUL follows it */
    size_t body_length;
    int32_t has_body;   /**< 1: a Content-Length above 0, or chunks, announced one */
    const char *client; /**< address of the peer, "127.0.0.1" */
};

/** Pieces of a streamed body. Both functions are called on the loop's thread. */
struct cg_http_stream {
    void *user;
    /**
     * The client can take more: cg_http_stream_give is to be called once, now or later. Never called for a HEAD
     * request.
     */
    void (*want)(void *user, struct cg_http_exchange *exchange);
};

/** An answer; it is copied, except for `body`, see cg_http_answer. */
struct cg_http_answer {
    uint32_t status; /**< 200 to 599 */
    /** Sent in their order; Date, Content-Length, Transfer-Encoding, Connection and those without a value are not. */
    const struct cg_http_pair *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
    const struct cg_http_stream *stream; /**< in place of body and length, or NULL */
    int32_t close;                       /**< 1: the connection ends with this answer */
};

/** What is given to a server; texts are copied. Zero takes the default given in brackets. */
struct cg_http_server_options {
    int listen_fd;               /**< from cg_http_listen; the server closes it */
    const char *tls_certificate; /**< PEM, the chain; NULL: plain HTTP */
    const char *tls_key;         /**< PEM, secret */
    uint32_t connection_limit;   /**< open connections (4096, and never more than 7/8 of the descriptors) */
    uint32_t active_limit;       /**< requests handed over and not answered yet; beyond it 503 (256) */
    size_t header_limit;         /**< bytes of request line and headers; beyond it 431 or 414 (32 KiB) */
    /**
     * Bytes of a request's body (16 MiB). Beyond it 413: at once when Content-Length says so; chunks are read to their
     * end first, and when that is as much again, the connection is closed. Eight times as much is kept of all bodies
     * together, beyond it 503.
     */
    size_t body_limit;
    uint32_t idle_seconds;    /**< a connection without a request, or with half of its first line, is closed (10) */
    uint32_t request_seconds; /**< for headers, and again for the body, to arrive whole (30) */
    uint32_t answer_seconds;  /**< without the client taking at least 64 KiB of what there is for it (60) */
    const struct cg_log *log; /**< or NULL */
    int32_t held;             /**< 1: takes no connection before cg_http_server_go */
    void *user;
    /** A request has arrived. It is answered in the call or later, from the loop's thread. */
    void (*request)(void *user, struct cg_http_exchange *exchange);
    /**
     * An exchange has ended, well (`whole` 1) or not: the client went away (or only ended its side) or was too slow.
     * Called once for every exchange that was handed over, also for those that were never answered; the exchange is
     * gone afterwards. A client's leaving is noticed within half a second.
     */
    void (*ended)(void *user, struct cg_http_exchange *exchange, int32_t whole);
};

/** What a server has to do at the moment, and did so far. */
struct cg_http_server_counts {
    uint32_t connections;
    uint32_t active; /**< exchanges handed over and not answered */
    uint64_t accepted;
    uint64_t refused;  /**< requests answered with 503 because of active_limit */
    uint64_t evicted;  /**< connections without a whole request closed to make room */
    uint64_t too_slow; /**< connections closed because the client was */
};

/**
 * Opens a listening socket (close-on-exec, non-blocking, address reused). `host` is a name or an address, "0.0.0.0" and
 * "::" are every interface; port 0 takes any free one. `*ret_port` is the port in use. Error: CG_TEMPORARY with a
 * sentence that names address, port and cause ("the address is in use"), CG_INVALID for a host that cannot be resolved.
 */
cg_status cg_http_listen(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port, struct cg_error *error);

/**
 * Starts serving, unless it is held. Takes over `listen_fd`, also on failure. TLS is 1.2 or later. Several servers may
 * listen on duplicates of one descriptor, so that a new one takes over before the old one is quiesced. Errors:
 * CG_INVALID (certificate or key cannot be used, in one sentence without their text), CG_PERMANENT, CG_NO_MEMORY.
 */
cg_status cg_http_server_new(uv_loop_t *loop, const struct cg_http_server_options *options, struct cg_http_server **ret,
                             struct cg_error *error);

/** Begins to take connections; for a server that was made with `held`, once. What came meanwhile is still waiting. */
void cg_http_server_go(struct cg_http_server *server);

/**
 * Takes no further connection, and closes every idle one; exchanges at work go on, their connections end with them. A
 * connection that came within the last second may still send its first request in another one, so a server that is
 * replaced should not be closed before its count of connections is 0, or two seconds have passed.
 */
void cg_http_server_quiesce(struct cg_http_server *server);

/** Exchanges that were handed over and have not ended. */
size_t cg_http_server_open(const struct cg_http_server *server);

/**
 * Breaks off what is left (`ended` is called for it, in this call) and frees the server; `done` (may be NULL) is called
 * from the loop when all its handles are closed. From within a callback of the server it takes effect when that has
 * returned. NULL server is fine, then `done` is called at once.
 */
void cg_http_server_close(struct cg_http_server *server, void (*done)(void *user), void *user);

/** Counters. */
void cg_http_server_count(const struct cg_http_server *server, struct cg_http_server_counts *ret);

/* ---- one exchange, from the moment it is handed over until `ended` ---- */

/** The request. */
const struct cg_http_request *cg_http_exchange_request(const struct cg_http_exchange *exchange);

/** Memory that lives as long as the exchange. */
struct cg_arena *cg_http_exchange_arena(struct cg_http_exchange *exchange);

/** A pointer of the user's, NULL at first. */
void **cg_http_exchange_user(struct cg_http_exchange *exchange);

/** A header's value by name, in any case, or NULL; the first one if it came twice. */
const char *cg_http_request_header(const struct cg_http_request *request, const char *name);

/**
 * Answers. `release` frees `body` with `release_user` when it was sent or given up, before `ended` is called (NULL: the
 * body is copied now); so a body may also lie in the exchange's arena, with a `release` that does nothing. A HEAD
 * request gets the headers only. Date, Content-Length and Connection are added. One answer per exchange; the exchange
 * does not end in this call.
 *
 * Errors: CG_NO_MEMORY, the connection is closed and `release` was called; CG_INVALID, the status is none, or a header
 * cannot be sent (a line's end in it): the client gets a 500 and `release` was called, or there was an answer before.
 */
cg_status cg_http_answer(struct cg_http_exchange *exchange, const struct cg_http_answer *answer,
                         void (*release)(void *user), void *release_user);

/**
 * Gives the next piece of a stream that was wanted; `data` is copied, it is empty only with `last`. `last` 1 ends the
 * body well; -1 breaks it off (the piece is not sent): the connection is aborted, so that the client can tell that
 * something is missing.
 */
void cg_http_stream_give(struct cg_http_exchange *exchange, const void *data, size_t length, int32_t last);

#endif
