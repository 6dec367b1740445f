/*
 * sim.h - the simulator as a test sees it: started on a free port, told what to do, asked what it billed.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_SIM_H
#define CG_TEST_SUPPORT_SIM_H

#include <jansson.h>

#include "support/process.h"
#include "support/workdir.h"

/** The credentials every simulator of a test asks for: API key and secret, those of its regional Flink side, and the
 * bearer token of its Prometheus side. Secrets and token must never be seen in an output. */
#define CG_TEST_SIM_KEY "SIMKEY"
#define CG_TEST_SIM_SECRET "s3cr3t-of-the-simulator"
#define CG_TEST_SIM_FLINK_KEY "FLINKKEY"
#define CG_TEST_SIM_FLINK_SECRET "fl1nk-secret-of-the-simulator"
#define CG_TEST_SIM_TOKEN "t0ken-of-the-simulator"

/** A simulator that runs. */
struct cg_test_sim {
    struct cg_test_process process;
    char folder[CG_TEST_PATH_SIZE];
    unsigned port;
    char url[64]; /**< "http://127.0.0.1:PORT" */
};

/**
 * Starts cg-sim with `options` (NULL-terminated, or NULL) on a free port and waits until it answers. `--end 2026-07-01`
 * and the credentials above come first.
 */
void cg_test_sim_start(const char *const *options, struct cg_test_sim *ret);

/** Ends it. */
void cg_test_sim_stop(struct cg_test_sim *sim);

/** Sends `body` (NULL: GET) to a path below the simulator; the answer must be 200 and JSON. The caller decrefs. */
json_t *cg_test_sim_ask(const struct cg_test_sim *sim, const char *path, const char *body);

/** Puts fault rules in place of those before, as for POST /__sim/faults; "" takes all away. `rules` is the list's text
 * without its brackets. */
void cg_test_sim_faults(const struct cg_test_sim *sim, const char *rules);

/** Changes the bill of a date, as for POST /__sim/revise. */
void cg_test_sim_revise(const struct cg_test_sim *sim, const char *body);

/** Sets the provider's clock, e.g. to "2026-03-01T12:00:00Z". */
void cg_test_sim_now(const struct cg_test_sim *sim, const char *now);

/** Takes a thing out of the lists, or lets it be seen again. */
void cg_test_sim_hide(const struct cg_test_sim *sim, const char *id, int hidden);

/** The exact bill of [start, end), dates as YYYY-MM-DD. The caller decrefs. */
json_t *cg_test_sim_bill(const struct cg_test_sim *sim, const char *start, const char *end);

/** A text member of a JSON object; it must be there. */
const char *cg_test_json_text(const json_t *object, const char *key);

#endif
