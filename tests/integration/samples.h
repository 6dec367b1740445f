/*
 * samples.h - the program with a Prometheus emitter, as tests of its page start it.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TESTS_SAMPLES_H
#define CG_TESTS_SAMPLES_H

#include "support/api.h"

/** A service with the REST API on one port and samples on another. */
struct samples {
    struct cg_test_api api;  /**< of the REST API */
    struct cg_test_api page; /**< of the samples: port and URL only */
};

/** Takes free ports, once for a test; they stay the same when the service is started again. */
void samples_reserve(struct samples *samples);

/**
 * Writes config.yaml: the usual tenant, both ports, a Prometheus emitter into `metrics` with further `params` (", x:
 * 1", or ""), and `more` entries of emitters, indented by eight.
 */
void samples_configure(const struct samples *samples, const char *folder, const char *sim_url, const char *params,
                       const char *more);

/** Starts `--mode both` with config.yaml, and waits until both ports answer. */
void samples_start(struct samples *samples, const char *folder);

/** Ends it well; the ports stay reserved. `ret` (may be NULL) is what it wrote. */
void samples_stop(struct samples *samples, struct cg_test_result *ret);

/** Gives the ports back. */
void samples_release(struct samples *samples);

/** A GET of a page with an Accept header (or NULL); the answer is to be ended. */
void samples_get(const struct samples *samples, const char *path, const char *accept, struct cg_test_answer *ret);

/** How the names of all families begin. */
#define SAMPLES_PREFIX "chitragupta_"

/** What asks for OpenMetrics. */
#define SAMPLES_OPENMETRICS "Accept: application/openmetrics-text; version=1.0.0"

/** Reads the service's log until it has `part` so many times. */
void samples_await(const struct samples *samples, const char *part, size_t times);

#endif
