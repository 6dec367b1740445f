/*
 * http_client.h - requests to one base URL with one credential.
 *
 * A client starts its requests in the order in which they were queued, never faster than its least interval and never
 * more at once than its limit. Time-outs, connection failures and the statuses 408, 425, 429 and 5xx are tried again,
 * after what the server asks for or a growing delay; a 429 holds back the whole client. Redirects are not followed.
 * Texts name method and path, never a query, a body or a secret.
 *
 * The environment counts as it does for other programs: HTTPS_PROXY, HTTP_PROXY (in lower case), ALL_PROXY and
 * NO_PROXY, except that loopback hosts are never reached through a proxy; SSL_CERT_FILE and SSL_CERT_DIR replace the
 * system's authorities.
 */
#ifndef CG_NET_HTTP_CLIENT_H
#define CG_NET_HTTP_CLIENT_H

#include <stdbool.h>

#include <chitragupt/host.h>

#include "net/net.h"

/** The client of <chitragupt/host.h>. */
struct cg_http_client;

/** A header of every request, see cg_header_problem. */
struct cg_http_header {
    const char *name;
    const char *value; /**< perhaps a secret */
};

/** Whom a client trusts and how it shows who it is. Paths of PEM files; each may be NULL. */
struct cg_http_tls {
    const char *ca_file;                 /**< these authorities and no others */
    const char *client_certificate_file; /**< with the certificates between it and its authority */
    const char *client_key_file;         /**< NULL: the key is in the certificate's file */
    const char *client_key_password;     /**< secret */
};

/** What only the host sets. Zero means the default given here. Strings are copied. */
struct cg_http_tuning {
    bool allow_plain_http;      /**< "http" to any host; else only to loopback hosts */
    bool keep_query;            /**< a query in the base URL goes with every request; else it is an error */
    int64_t backoff_us;         /**< delay before the first retry, doubled for each further one; default 2 s */
    int64_t least_pause_us;     /**< least delay when the server asked for one, or for a 429; default 1 s */
    int64_t budget_us;          /**< no retry starts later than this after a request's first attempt; default 15 min */
    int64_t connect_timeout_us; /**< default 10 s */
    int64_t stall_us; /**< an answer that stands still this long is given up, in whole seconds; default 10 s */
    struct cg_http_tls tls;
    const struct cg_http_header *headers;
    size_t header_count;
};

/** One request. Everything is copied. */
struct cg_http_client_request {
    const char *method; /**< "GET" or "POST" */
    const char *path;   /**< starts with "/", already percent-encoded, without query; appended to the base URL */
    const struct cg_http_param *params; /**< query of a GET, form of a POST */
    size_t param_count;
    uint32_t max_attempts; /**< 0: the client's */
};

/** What a client did so far. */
struct cg_http_stats {
    uint64_t requests; /**< attempts started */
    uint64_t retries;  /**< those of them that repeated a request */
    uint64_t bytes;    /**< of bodies received, after decompression */
};

/**
 * A client. `options` is copied, `tuning` may be NULL. Errors: CG_INVALID with a sentence (URL, plain http, a token
 * that cannot be sent), CG_NO_MEMORY.
 */
cg_status cg_http_client_new_tuned(struct cg_net *net, const struct cg_http_options *options,
                                   const struct cg_http_tuning *tuning, struct cg_http_client **ret,
                                   struct cg_error *error);

/** The same without tuning: what modules get. */
cg_status cg_http_client_new(struct cg_net *net, const struct cg_http_options *options, struct cg_http_client **ret,
                             struct cg_error *error);

/** Ends a client; unfinished requests are called back with CG_CANCELLED first. Also from its own callback. NULL is
 * fine. */
void cg_http_client_free(struct cg_http_client *client);

/**
 * Puts a secret in place of the one that was, for all attempts that start from now on: the password of a client with a
 * user name, or its bearer token. Errors: CG_INVALID when it cannot be sent, CG_NO_MEMORY; nothing is changed then.
 */
cg_status cg_http_client_set_password(struct cg_http_client *client, const char *password);
cg_status cg_http_client_set_bearer(struct cg_http_client *client, const char *token);

/**
 * Queues a request; `done` is called exactly once, from the loop. Errors: CG_INVALID (method, path, a parameter without
 * name or value, a client being closed), CG_NO_MEMORY; then `done` is not called.
 */
cg_status cg_http_client_send(struct cg_http_client *client, const struct cg_http_client_request *request,
                              cg_http_done done, void *user);

/** cg_http_client_send for a GET: `get` of struct cg_http_api. */
cg_status cg_http_client_get(struct cg_http_client *client, const char *path, const struct cg_http_param *params,
                             size_t param_count, cg_http_done done, void *user);

/**
 * Runs the loop until no request of `client` is pending. Returns CG_OK, CG_CANCELLED after cg_net_cancel, or CG_INVALID
 * when called from inside a callback.
 */
cg_status cg_http_client_wait(struct cg_http_client *client);

/** Counters since the client was made. */
struct cg_http_stats cg_http_client_stats(const struct cg_http_client *client);

#endif
