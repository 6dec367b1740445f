/*
 * host.h - what the host offers to a module.
 *
 * A module links nothing of the host; it gets a pointer to this table with every call that may need it. The table lives
 * as long as the instance it was given to. All functions are [run] unless they say otherwise.
 *
 * Since ABI 1.0; cg_host.metrics and cg_host.exposition since 1.3.
 */
#ifndef CHITRAGUPT_HOST_H
#define CHITRAGUPT_HOST_H

#include <chitragupt/metrics.h>

CG_BEGIN_DECLS

struct cg_host;
struct cg_exposition_api;

/** Log levels. */
#define CG_LOG_DEBUG 10u
#define CG_LOG_INFO 20u
#define CG_LOG_WARNING 30u
#define CG_LOG_ERROR 40u
#define CG_LOG_CRITICAL 50u

/* ---- settings ---- */

/** A node of the validated settings. Opaque; lives as long as the table it came with. */
struct cg_config;

#define CG_CONFIG_NULL 0u
#define CG_CONFIG_BOOL 1u
#define CG_CONFIG_INT 2u
#define CG_CONFIG_DECIMAL 3u
#define CG_CONFIG_STRING 4u
#define CG_CONFIG_LIST 5u
#define CG_CONFIG_MAP 6u

/**
 * Reads settings. A path is keys joined by dots, list positions as numbers from 0: "flink.0.region_id". Scalars already
 * have the type and default of the module's option table. Everything returned is owned by the host and lives as long as
 * the table. Thread: [any].
 */
struct cg_config_api {
    uint32_t struct_size;
    uint32_t reserved;

    /** The node at `path` below `node` ("" = `node` itself), or NULL when absent. */
    const struct cg_config *(*get)(const struct cg_config *node, const char *path);

    /** CG_CONFIG_ type of the node; NULL is CG_CONFIG_NULL. */
    uint32_t (*type)(const struct cg_config *node);

    /** Members of a map or items of a list; 0 for anything else. */
    size_t (*count)(const struct cg_config *node);

    /** The member or item at `index`, in file order, or NULL. */
    const struct cg_config *(*at)(const struct cg_config *node, size_t index);

    /** The key of a map's member at `index`, or NULL. */
    const char *(*key_at)(const struct cg_config *node, size_t index);

    /** Text of the scalar at `path`, or `fallback` when absent or null. Numbers and booleans answer their text. */
    const char *(*text)(const struct cg_config *node, const char *path, const char *fallback);

    /** Integer (or boolean as 0/1) at `path`, or `fallback` when absent, null or no integer. */
    int64_t (*integer)(const struct cg_config *node, const char *path, int64_t fallback);

    /** Number at `path`. CG_NOT_FOUND when absent or null, CG_INVALID when it is no number. */
    cg_status (*decimal)(const struct cg_config *node, const char *path, struct cg_decimal *ret);

    /**
     * Only inside a factory's `validate`: reports that the setting at `path` below `node` ("" = `node`) is wrong. The
     * host adds file, line, tenant and key path. All problems of a file are shown at once. Never put a secret into the
     * text.
     */
    void (*problem)(const struct cg_host *host, const struct cg_config *node, const char *path, const char *format, ...)
        CG_PRINTF(4, 5);
};

/* ---- HTTP ---- */

/** A client for one base URL and one credential. Opaque, owned by the module until `close`. */
struct cg_http_client;

/** How a client behaves. Strings are copied by `open`. Zero means the default given here. */
struct cg_http_options {
    uint32_t struct_size;
    uint32_t max_attempts; /**< tries of one request, the first included; default 6 */
    const char
        *base_url; /**< required: "https://host[:port][/prefix]"; a path prefix is kept; http only for loopback */
    const char *username;     /**< HTTP Basic, or NULL */
    const char *password;     /**< secret, or NULL */
    const char *bearer_token; /**< secret, or NULL */
    const char *label;        /**< how messages call the other side, e.g. "Confluent Cloud"; default: the host name */
    int64_t min_interval_us;  /**< least time between two request starts of this credential; 0 = none */
    int64_t timeout_us;       /**< of one attempt; default 30 s */
    uint64_t max_body_bytes;  /**< a longer answer is an error; default 64 MiB */
    uint32_t max_in_flight;   /**< concurrent requests; default 6 */
    uint32_t reserved;
};

/** One query parameter; the host percent-encodes both. Frozen. */
struct cg_http_param {
    const char *name;
    const char *value;
};

/** What came of a request. Borrowed for the callback. */
struct cg_http_response {
    uint32_t struct_size;
    cg_status status;     /**< CG_OK exactly for HTTP 200..299 with a complete body */
    uint32_t http_status; /**< 0 when there was no answer */
    uint32_t attempts;
    const char *body; /**< `length` bytes, then a NUL; "" when there is none */
    size_t length;
    const char
        *error; /**< when status is not CG_OK: one sentence with method, path and cause, without secrets; else NULL */
};

/** Called exactly once per request, from inside `wait`. It may start further requests. */
typedef void (*cg_http_done)(void *user, const struct cg_http_response *response);

/** Requests over the host's event loop: concurrent, throttled, retried. */
struct cg_http_api {
    uint32_t struct_size;
    uint32_t reserved;

    /** Creates a client. Errors: CG_INVALID (URL), CG_NO_MEMORY. */
    cg_status (*open)(const struct cg_host *host, const struct cg_http_options *options, struct cg_http_client **ret);

    /** Ends a client; its unfinished requests are called back with CG_CANCELLED first. NULL is fine. */
    void (*close)(struct cg_http_client *client);

    /**
     * Queues `GET base_url path ? params`. `path` starts with "/" and is already percent-encoded where needed
     * (cg_uri_escape). Time-outs, connection failures, 408, 425, 429 and 5xx are retried with backoff, Retry-After
     * honoured. Errors: CG_INVALID, CG_NO_MEMORY; then `done` is not called.
     */
    cg_status (*get)(struct cg_http_client *client, const char *path, const struct cg_http_param *params,
                     size_t param_count, cg_http_done done, void *user);

    /** Runs the loop until every queued request of `client`, also those queued meanwhile, was called back. */
    cg_status (*wait)(struct cg_http_client *client);
};

/* ---- the table ---- */

struct cg_host {
    uint32_t struct_size;
    uint32_t reserved;
    void *impl; /**< the host's own */

    const struct cg_config_api *config;
    const struct cg_http_api *http;

    /** One event, one line, no newline at its end, no secret. Thread: [any]. */
    void (*log)(const struct cg_host *host, uint32_t level, const char *format, ...) CG_PRINTF(3, 4);

    /** Stores the sentence that goes with a status the module is about to return, and returns `status`. */
    cg_status (*set_error)(const struct cg_host *host, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

    /** Current time; the run's clock, which tests may hold still. */
    int64_t (*now)(const struct cg_host *host);

    /**
     * Zeroed memory, aligned for any type, that lives until the call in which it was asked for returns to the host (for
     * an ecosystem's gather calls: until the gather call returns). NULL when out of memory.
     */
    void *(*scratch)(const struct cg_host *host, size_t size);

    /** Non-zero when the run is to stop; long loops ask now and then and return CG_CANCELLED. */
    int32_t (*cancelled)(const struct cg_host *host);

    /** A further group of services by id ("chitragupt.<name>/<n>"), or NULL when this host has none. */
    const void *(*extension)(const struct cg_host *host, const char *id);

    const struct cg_metrics_api *metrics;       /**< since ABI 1.3 */
    const struct cg_exposition_api *exposition; /**< see exposition.h; since ABI 1.3 */
};

/**
 * Percent-encodes everything but letters, digits and "-._~" of `text` into `buffer` of `size` bytes, NUL included.
 * Error: CG_RANGE when it does not fit. Source: RFC 3986, section 2.3. Thread: [any].
 */
cg_status cg_uri_escape(const char *text, char *buffer, size_t size);

CG_END_DECLS

#endif
