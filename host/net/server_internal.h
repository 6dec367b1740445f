/*
 * server_internal.h - the inner parts of the HTTP listener: connections carry exchanges, the loop drives the daemon.
 *
 * libmicrohttpd reads and writes the sockets; everything with a deadline, a limit or an order is ours, because it
 * watches neither suspended connections nor a client that sends or takes a byte now and then.
 */
#ifndef CG_NET_SERVER_INTERNAL_H
#define CG_NET_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "net/http_server.h"

/** The logger of the listener. */
#define CG_SERVER_LOGGER "core.api.server"

/** Handles of a server on the loop. */
#define CG_SERVER_HANDLES 4u

/** What a connection is at. Each phase has a list, in the order in which connections entered it. */
enum cg_server_phase {
    CG_SERVER_IDLE,      /**< no request, or only a part of its first line */
    CG_SERVER_ARRIVING,  /**< a request has begun and is not whole */
    CG_SERVER_WORKING,   /**< the application has to answer, or to give the next piece of a stream */
    CG_SERVER_ANSWERING, /**< the client has to take what there is */
    CG_SERVER_BROKEN,    /**< shut down; libmicrohttpd is about to notice */
    CG_SERVER_PHASES,
};

/** One connection. */
struct cg_server_connection {
    struct cg_server_connection *next;
    struct cg_server_connection *previous;
    struct cg_http_server *server;
    struct MHD_Connection *mhd;
    struct cg_http_exchange *exchange; /**< the one that is under way, or NULL */
    enum cg_server_phase phase;
    int fd;
    uint64_t since; /**< loop time in ms when the phase began or when the client last took enough */
    uint64_t taken; /**< bytes the client had acknowledged then; UINT64_MAX: not looked at yet */
    uint64_t requests;
    bool gone; /**< when it was last looked at in this phase, its client had gone; only for those who are idle */
    char client[INET6_ADDRSTRLEN]; /**< "" until it is asked for */
};

/** A list of connections. */
struct cg_server_list {
    struct cg_server_connection *first;
    struct cg_server_connection *last;
};

struct cg_http_server {
    uv_loop_t *loop;
    struct cg_http_server_options options; /**< with limits filled in; listen_fd, certificate and key are not used */
    struct MHD_Daemon *daemon;
    uv_poll_t poll;   /**< the daemon's epoll descriptor has something */
    uv_idle_t idle;   /**< the daemon has work that no descriptor tells of */
    uv_timer_t pause; /**< the same, when it goes on for long */
    uv_timer_t tick;  /**< deadlines */
    uint32_t handles; /**< that are open */
    uint32_t turns;   /**< turns in a row in which the daemon had work left, but nothing came or went */
    uint64_t taken;   /**< what clients had taken when the last of those turns was over */
    bool running;     /**< the daemon is at work further up the stack */
    bool again;       /**< a connection was resumed; the daemon has to be run */
    bool in_place;    /**< libmicrohttpd's parser is the one that server_layout.c knows */
    bool quiesced;
    bool closing;
    bool stopped; /**< the daemon is gone */
    void (*done)(void *user);
    void *done_user;
    struct cg_server_list lists[CG_SERVER_PHASES];
    uint32_t connections;
    uint32_t broken; /**< those of them in CG_SERVER_BROKEN */
    uint32_t room;   /**< places kept free for newcomers */
    size_t open;     /**< exchanges handed over that have not ended */
    size_t body_bytes;
    struct cg_http_server_counts counts;
    char start_text[256]; /**< what the daemon said first while it was started */
};

/** A refusal that the listener makes itself. */
struct cg_server_refusal {
    unsigned status; /**< 0: none */
    const char *detail;
};

/** One request and its answer; in its own arena. */
struct cg_http_exchange {
    struct cg_server_connection *connection;
    struct cg_http_server *server;
    struct cg_arena *arena;
    struct cg_http_request request;
    void *user;
    const char *sent_target; /**< where the target lies in libmicrohttpd's buffer */
    char *body;
    size_t body_capacity;
    size_t body_dropped; /**< bytes read and not kept, because the request is going to be refused */
    struct cg_server_refusal refusal;
    bool head_seen;
    bool unframed; /**< HTTP/1.0: the end of a streamed body is the end of the connection */
    bool handed_over;
    bool answered;
    bool suspended;
    bool broken;
    struct MHD_Response *response; /**< ready to be queued */
    unsigned status;
    void (*release)(void *user);
    void *release_user;
    struct cg_http_stream stream;
    char *piece; /**< given and not taken yet: piece[piece_taken..piece_length) */
    size_t piece_capacity;
    size_t piece_length;
    size_t piece_taken;
    bool wanted; /**< the stream was asked for a piece and has not given it */
    int32_t last;
};

/* ---- server_daemon.c ---- */

/** Starts libmicrohttpd. `listen_fd` is the daemon's, also on failure. Errors as cg_http_server_new. */
cg_status cg_server_daemon_start(struct cg_http_server *server, const struct cg_http_server_options *options,
                                 struct cg_error *error);

/* ---- server_loop.c ---- */

/** Puts the daemon on the loop, and starts it unless it is held. Error: CG_PERMANENT; then no handle is open. */
cg_status cg_server_loop_open(struct cg_http_server *server, struct cg_error *error);

/** Has the daemon run from now on. */
void cg_server_loop_start(struct cg_http_server *server);

/** The daemon has work: it is run in this turn of the loop or, when it is running, again. */
void cg_server_loop_wake(struct cg_http_server *server);

/** Deadlines are looked at from now on, until there is no connection; with `soon`, the first time in a moment. */
void cg_server_loop_watch(struct cg_http_server *server, bool soon);

/** Stops the daemon, closes the handles and frees the server; now, or when the daemon has returned. */
void cg_server_loop_close(struct cg_http_server *server);

/* ---- server_connections.c ---- */

/** MHD_NotifyConnectionCallback. */
void cg_server_connection_notify(void *user, struct MHD_Connection *mhd, void **record,
                                 enum MHD_ConnectionNotificationCode code);

/** The record of a connection, or NULL when there was no memory for it. */
struct cg_server_connection *cg_server_connection_of(struct MHD_Connection *mhd);

/** Enters a phase, from now. */
void cg_server_connection_enter(struct cg_server_connection *connection, enum cg_server_phase phase);

/** Shuts the connection down; what it carries ends when the daemon notices. */
void cg_server_connection_break(struct cg_server_connection *connection);

/** The peer will see a reset instead of an end. */
void cg_server_connection_reset(struct cg_server_connection *connection);

/** Address of the peer, "" when it is not known. */
const char *cg_server_connection_client(struct cg_server_connection *connection);

/** Closes what does not keep its deadline. */
void cg_server_connections_expire(struct cg_http_server *server);

/** Bytes that the clients which are being answered have taken; it changes while answers flow. */
uint64_t cg_server_connections_taken(const struct cg_http_server *server);

/** Closes connections without a request; those that just came may still send their first one. */
void cg_server_connections_drain(struct cg_http_server *server);

/** Ends every suspension, so that the daemon may be stopped. */
void cg_server_connections_abandon(struct cg_http_server *server);

/* ---- server_request.c ---- */

/** Uri log callback of MHD: a request begins. */
void *cg_server_request_begin(void *user, const char *target, struct MHD_Connection *mhd);

/** MHD_AccessHandlerCallback. */
enum MHD_Result cg_server_request_serve(void *user, struct MHD_Connection *mhd, const char *url, const char *method,
                                        const char *version, const char *data, size_t *size, void **state);

/** MHD_RequestCompletedCallback. */
void cg_server_request_completed(void *user, struct MHD_Connection *mhd, void **state,
                                 enum MHD_RequestTerminationCode code);

/* ---- server_check.c ---- */

/** Takes the target apart: path and query of the request. False when it is none that a server is asked for. */
bool cg_server_check_target(struct cg_http_request *request, struct cg_arena *arena);

/**
 * Reads what the headers say of the body, and refuses what could be read in two ways. `version` is "HTTP/1.1" or
 * another. `*ret_length` is what Content-Length says, 0 without one.
 */
struct cg_server_refusal cg_server_check_headers(struct cg_http_request *request, const char *version,
                                                 uint64_t *ret_length);

/** True for a name of a method or a header. */
bool cg_server_check_token(const char *text);

/** True for a value that a header can carry. */
bool cg_server_check_value(const char *text);

/* ---- server_layout.c ---- */

/**
 * True when nothing was lost between the parts of the request's header. `method` and `version` are libmicrohttpd's, the
 * headers not yet changed. To be asked only while cg_http_server.in_place is set.
 */
bool cg_server_layout_is_whole(const struct cg_http_exchange *exchange, const char *method, const char *version,
                               size_t header_size);

/* ---- server_exchange.c ---- */

/** An exchange for the request that begins with `target`, or NULL. */
struct cg_http_exchange *cg_server_exchange_new(struct cg_server_connection *connection, const char *target);

/** Ends it: the application is told if it was handed over. */
void cg_server_exchange_end(struct cg_http_exchange *exchange, bool whole);

/** Keeps a part of the body. False when there is no memory. */
bool cg_server_exchange_add_body(struct cg_http_exchange *exchange, const char *data, size_t length);

/** Forgets the body. */
void cg_server_exchange_drop_body(struct cg_http_exchange *exchange);

/** Suspends the connection until there is an answer or a piece. Only from a callback of its own. */
void cg_server_exchange_suspend(struct cg_http_exchange *exchange);

/** The opposite, from anywhere; nothing happens when it is not suspended. */
void cg_server_exchange_resume(struct cg_http_exchange *exchange);

/* ---- server_answer.c ---- */

/** Gives the answer that is ready to libmicrohttpd. */
enum MHD_Result cg_server_answer_queue(struct cg_http_exchange *exchange);

/** Answers with a refusal. */
enum MHD_Result cg_server_answer_refuse(struct cg_http_exchange *exchange, struct cg_server_refusal refusal);

/** Calls the release function of the answer's body, once. */
void cg_server_answer_release(struct cg_http_exchange *exchange);

/* ---- server_stream.c ---- */

/** The response of a streamed answer, or NULL. */
struct MHD_Response *cg_server_stream_response(struct cg_http_exchange *exchange);

#endif
