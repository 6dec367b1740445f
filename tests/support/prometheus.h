/*
 * prometheus.h - a real Prometheus: filled from an OpenMetrics text, on a free port, with or without credentials and
 * TLS.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_PROMETHEUS_H
#define CG_TEST_SUPPORT_PROMETHEUS_H

#include <jansson.h>
#include <stdint.h>

#include "support/process.h"
#include "support/workdir.h"

/** Who may ask a server with `basic_auth`. The password must never be seen in an output. */
#define CG_TEST_PROMETHEUS_USER "prom"
#define CG_TEST_PROMETHEUS_PASSWORD "passw0rd-of-prometheus"

/** What its client's key file is encrypted with when there is one. */
#define CG_TEST_PROMETHEUS_KEY_PASSWORD "passw0rd-of-the-key"

/** What to start. Zero: an empty server without credentials, over plain http. */
struct cg_test_prometheus_options {
    const char *metrics; /**< OpenMetrics text with timestamps, "# EOF" at its end; it becomes blocks; or NULL */
    const char *blocks;  /**< folder with TSDB blocks that the server works on, e.g. of a collector; or NULL: its own */
    const char *prefix;  /**< "/prom": everything is below that path; or NULL */
    int basic_auth;      /**< 1: only CG_TEST_PROMETHEUS_USER is served */
    int tls;             /**< 1: https with a certificate for 127.0.0.1 of an authority of its own */
    int client_certificate;       /**< 1: and only who shows a certificate of that authority is served */
    const char *const *arguments; /**< further ones, NULL-terminated, or NULL */
};

/** A server that runs. */
struct cg_test_prometheus {
    struct cg_test_process process;
    struct cg_test_prometheus_options options;
    char folder[CG_TEST_PATH_SIZE];
    unsigned port;
    char url[128]; /**< "http://127.0.0.1:PORT", with the prefix */
    /* Paths of PEM files; there with `tls`. */
    char ca_file[CG_TEST_PATH_SIZE];
    char client_certificate_file[CG_TEST_PATH_SIZE];
    char client_key_file[CG_TEST_PATH_SIZE];
    char client_locked_key_file[CG_TEST_PATH_SIZE]; /**< the same key under CG_TEST_PROMETHEUS_KEY_PASSWORD */
};

/** Starts a server and waits until it answers queries. The options are borrowed until it is stopped. */
void cg_test_prometheus_start(const struct cg_test_prometheus_options *options, struct cg_test_prometheus *ret);

/** Ends it; its blocks go with its folder. */
void cg_test_prometheus_stop(struct cg_test_prometheus *prometheus);

/** Writes an OpenMetrics text as TSDB blocks below `folder`. A text that promtool refuses ends the test. */
void cg_test_prometheus_fill(const char *folder, const char *metrics);

/** The "result" of an instant query at `time` (Unix seconds), which must succeed. The caller decrefs. */
json_t *cg_test_prometheus_query(const struct cg_test_prometheus *prometheus, const char *expression, int64_t time);

/** The value of an instant query that answers exactly one sample, as the server writes it. The caller frees. */
char *cg_test_prometheus_value(const struct cg_test_prometheus *prometheus, const char *expression, int64_t time);

#endif
