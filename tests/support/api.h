/*
 * api.h - chitragupt as it serves its REST API, for a test: started on a port of its own, asked, and ended.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_API_H
#define CG_TEST_SUPPORT_API_H

#include "support/http.h"
#include "support/program.h"

/** A server that runs. */
struct cg_test_api {
    struct cg_test_process process;
    unsigned port;
    int port_fd;        /* keeps the port for this test */
    char url[64];       /**< "http://127.0.0.1:PORT" */
    long long first_ms; /**< from the start to the first answer of /health */
};

/** How it is started. Zero is `--mode api` with two tenants, "acme" and "good", whose databases are of these names. */
struct cg_test_api_options {
    const char *mode;               /**< NULL: "api" */
    const char *settings;           /**< further lines of `api:`, indented by two, or NULL */
    const char *config;             /**< the rest of the configuration, or NULL */
    const char *const *arguments;   /**< further ones, or NULL */
    const char *const *environment; /**< changes, or NULL */
    int tls;                        /**< 1: it is asked by https */
    int crowd;                      /**< descriptors it may open; 0: as the test */
};

/** Lines of a configuration: a tenant of Confluent Cloud with its database. */
#define CG_TEST_API_TENANT(name_)                                              \
    "  " name_ ":\n    ecosystem: confluent_cloud\n    tenant_id: " name_ "\n" \
    "    storage: {connection_string: \"sqlite:///" name_ ".db\"}\n"

/** Takes a free port for this test; cg_test_api_start does it, too. */
void cg_test_api_reserve(struct cg_test_api *api, int tls);

/** Writes `folder`/config.yaml and starts the server without waiting for it. */
void cg_test_api_launch(const char *folder, const struct cg_test_api_options *options, struct cg_test_api *api);

/** The same, and waits until it answers. `api` is zeroed, or reserved. */
void cg_test_api_start(const char *folder, const struct cg_test_api_options *options, struct cg_test_api *api);

/** Waits until it answers. */
void cg_test_api_await(struct cg_test_api *api);

/** Asks it to end, which it must do with 0 within `seconds`; `ret` (may be NULL) is what it wrote. */
void cg_test_api_stop(struct cg_test_api *api, int seconds, struct cg_test_result *ret);

/** What it has written to standard error so far; the caller frees it. */
char *cg_test_api_log(const struct cg_test_api *api);

/** Sends a request whose `url` is a path of this server. */
void cg_test_api_ask(const struct cg_test_api *api, const struct cg_test_request *request, struct cg_test_answer *ret);

/** A GET; returns the status, and with `ret_body` (may be NULL) the body, to be freed. */
long cg_test_api_get(const struct cg_test_api *api, const char *path, char **ret_body);

/** A request with a body (may be NULL); returns the status, and with `ret_body` (may be NULL) the body, to be freed. */
long cg_test_api_send(const struct cg_test_api *api, const char *method, const char *path, const char *body,
                      char **ret_body);

/** A GET that must be answered with 200 and JSON. The caller decrefs. */
json_t *cg_test_api_json(const struct cg_test_api *api, const char *path);

/** What readiness tells of a tenant. The caller decrefs. */
json_t *cg_test_api_readiness(const struct cg_test_api *api, const char *tenant);

/** A figure of /metrics by the beginning of its line, e.g. "chitragupt_http_connections ". */
long long cg_test_api_figure(const struct cg_test_api *api, const char *line);

/** Waits until a figure is at most `most`, for ten seconds. */
void cg_test_api_settle(const struct cg_test_api *api, const char *line, long long most);

/** A line of /proc/PID/status in KiB, e.g. "VmHWM:". */
long cg_test_process_kib(const struct cg_test_process *process, const char *line);

/** Sets VmHWM back to what is used now. */
void cg_test_process_forget_peak(const struct cg_test_process *process);

/** 1 when the programs are slow because of a sanitizer. */
int cg_test_is_sanitized(void);

/**
 * Fills a database of this tenant, whose tables are there, with `dimensions` chargeback dimensions and a fact for each
 * in each of `hours` hours from 2026-06-01 on; every identity and resource is in the inventory, too.
 */
void cg_test_api_fill(const char *folder, const char *database, const char *tenant, unsigned dimensions,
                      unsigned hours);

#endif
