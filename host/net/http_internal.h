/*
 * http_internal.h - the inner parts of an HTTP client: exchanges wait, transfers carry them, outcomes judge them.
 */
#ifndef CG_NET_HTTP_INTERNAL_H
#define CG_NET_HTTP_INTERNAL_H

#include "base/buf.h"
#include "net/http_address.h"
#include "net/http_client.h"
#include "net/net_internal.h"

/** Bytes of a response's header that are read. */
#define CG_HTTP_HEADER_MAX ((size_t)64 * 1024)

/** Bytes kept of the body of an answer that is an error. */
#define CG_HTTP_ERROR_BODY_MAX ((size_t)64 * 1024)

/** One request in a client's care, in one piece of memory. */
struct cg_http_client_exchange {
    struct cg_http_client_exchange *next;
    cg_http_done done;
    void *user;
    uint32_t attempts;
    uint32_t max_attempts;
    int64_t due;      /**< monotonic time at which a retry may start */
    int64_t deadline; /**< monotonic time after which no retry starts; set by the first attempt */
    const char *method;
    const char *path;
    const char *url;
    const char *body; /**< form of a POST; NULL for a GET */
    size_t body_length;
    char text[];
};

/** Why our own callbacks ended a transfer. */
enum cg_http_stop {
    CG_HTTP_STOP_NONE,
    CG_HTTP_STOP_BODY,   /**< the body is too long */
    CG_HTTP_STOP_HEADER, /**< the header is too long */
    CG_HTTP_STOP_MEMORY,
};

/** An easy handle with its buffer; carries one attempt after the other. */
struct cg_http_transfer {
    struct cg_net_transfer base;
    struct cg_http_transfer *next; /**< in the list of idle or of busy ones */
    struct cg_http_client *client;
    struct cg_http_client_exchange *exchange;
    CURL *easy;
    struct cg_buf body;
    size_t header_bytes;
    bool header_complete; /**< libcurl takes a header that breaks off for a whole answer */
    uint32_t credential;  /**< which of the client's credentials it was given */
    bool body_started;
    bool body_dropped; /**< an error answer's body beyond CG_HTTP_ERROR_BODY_MAX is not kept */
    enum cg_http_stop stop;
    char error[CURL_ERROR_SIZE];
};

struct cg_http_client {
    struct cg_net *net;
    struct cg_net_member member;
    uv_timer_t timer;
    struct cg_http_address address;
    struct cg_http_options options; /**< its strings are not used; see the members below */
    struct cg_http_tuning tuning;
    struct curl_slist *headers; /**< those of the tuning, as lines */
    char *label;
    char *username;
    char *password;
    char *bearer_token;
    char *tls_texts[4];                      /**< what tuning.tls points to */
    uint32_t credential;                     /**< counts changes of the secrets */
    struct cg_http_client_exchange *queue;   /**< to be started, in order */
    struct cg_http_client_exchange **tail;   /**< where the queue's next one goes */
    struct cg_http_client_exchange *waiting; /**< to be tried again, the earliest first */
    struct cg_http_transfer *busy;
    struct cg_http_transfer *idle;
    uint32_t in_flight;
    size_t pending;       /**< requests whose callback is still to come */
    int64_t next_start;   /**< no attempt starts earlier than this, */
    int64_t paused_until; /**< nor than this */
    uint32_t holds;       /**< functions further up the stack that still use the client */
    bool closing;
    struct cg_http_stats stats;
};

/** What came of one attempt. */
struct cg_http_outcome {
    cg_status status;
    uint32_t http_status; /**< 0 when there was no complete answer */
    bool transient;
    int64_t asked_us; /**< delay that the server asked for, or -1 */
    struct cg_error error;
};

/** Monotonic microseconds. */
int64_t cg_http_clock(void);

/** A transfer for `client`, idle, or NULL when out of memory. */
struct cg_http_transfer *cg_http_transfer_new(struct cg_http_client *client);

/** Ends a transfer that carries nothing. NULL is fine. */
void cg_http_transfer_free(struct cg_http_transfer *transfer);

/** Starts an attempt. Error: CG_NO_MEMORY. */
cg_status cg_http_transfer_start(struct cg_http_transfer *transfer, struct cg_http_client_exchange *exchange);

/** Takes the transfer out of the multi handle; the exchange is the caller's. */
void cg_http_transfer_stop(struct cg_http_transfer *transfer);

/** Gives a buffer to an idle transfer for its next answer, or frees it when it grew large. */
void cg_http_transfer_keep(struct cg_http_transfer *transfer, struct cg_buf *body);

/** Checks and copies what a client is opened with. On an error the client must still be unconfigured. */
cg_status cg_http_client_configure(struct cg_http_client *client, const struct cg_http_options *options,
                                   const struct cg_http_tuning *tuning, struct cg_error *error);

/** Wipes and frees the copies. */
void cg_http_client_unconfigure(struct cg_http_client *client);

/** An exchange for a checked request. Errors: CG_INVALID, CG_NO_MEMORY. */
cg_status cg_http_exchange_new(const struct cg_http_client *client, const struct cg_http_client_request *request,
                               struct cg_http_client_exchange **ret);

/** Called when an attempt has ended; takes the exchange further. */
void cg_http_client_finished(struct cg_http_transfer *transfer, CURLcode code);

/** Judges an attempt that ended with `code`. */
void cg_http_outcome_read(const struct cg_http_transfer *transfer, CURLcode code, struct cg_http_outcome *ret);

#endif
