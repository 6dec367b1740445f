/*
 * shared.h - several hosts that work, and several that serve, on tenants with a PostgreSQL database each.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_INTEGRATION_SHARED_H
#define CG_TEST_INTEGRATION_SHARED_H

#include <stdint.h>

#include "support/api.h"
#include "support/postgres.h"
#include "support/proc.h"
#include "support/sim.h"

#define CG_SHARED_TENANTS 4
#define CG_SHARED_WORKERS 3
#define CG_SHARED_APIS 2
#define CG_SHARED_HOSTS (CG_SHARED_WORKERS + CG_SHARED_APIS)

/** A host process; those that serve come after those that work. */
struct cg_shared_host {
    struct cg_test_process process;
    struct cg_test_api api; /**< its port, if it serves */
    int runs;               /**< 1: it was started, and not ended by the test */
    long long again_ms;     /**< when it is started again after it was ended */
};

struct cg_shared {
    struct cg_test_sim sim;
    char folder[CG_TEST_PATH_SIZE];
    char mark[64]; /**< in the environment of everything that is started */
    struct cg_test_postgres databases[CG_SHARED_TENANTS];
    struct cg_shared_host hosts[CG_SHARED_HOSTS];
    uint64_t random;
    unsigned revisions;          /**< of the bill */
    long long sessions_ended_ms; /**< when the test last ended sessions of a database */
    unsigned answers;            /**< of those that serve */
    unsigned refused;            /**< of those, soon after such a blow */
    unsigned truths;             /**< answers that were compared with the table of runs */
};

/** Simulator, databases with the first runs in them, configurations; and in each database a record of every date that
 * is computed from then on. */
void cg_shared_make(struct cg_shared *shared);

/** Ends and removes all of it. */
void cg_shared_done(struct cg_shared *shared);

/** Starts all hosts, and waits until those that serve answer. */
void cg_shared_start(struct cg_shared *shared);

/** Ends one that works: SIGKILL, or SIGTERM, after which it must end well. */
void cg_shared_end_host(struct cg_shared *shared, size_t host, int number);

/** Starts those again that were ended a while ago; the others must still be there. */
void cg_shared_restart(struct cg_shared *shared);

/** Stops all hosts, which must end well, and does one last cycle. */
void cg_shared_stop(struct cg_shared *shared);

/** Changes the bill of one date for all tenants. */
void cg_shared_revise(struct cg_shared *shared);

/** Asks every serving host for everything that it should know; its status must be what the table of runs says. */
void cg_shared_ask(struct cg_shared *shared);

/** The run of a tenant that is at work, and the process it belongs to; or 0. */
long long cg_shared_running(const struct cg_shared *shared, size_t tenant, long long *ret_pid);

/** The newest run of a tenant, or 0; and whether a run is completed. */
long long cg_shared_newest(const struct cg_shared *shared, size_t tenant);
int cg_shared_is_completed(const struct cg_shared *shared, size_t tenant, long long run);

/** Sums over all databases. */
struct cg_shared_books {
    long long runs;
    long long completed;
    long long orphaned;
    long long stopped;
    long long computed; /**< dates, since cg_shared_make */
    long long repeated; /**< of those, how many more often than their bill changed */
    long long overlaps; /**< moments at which a tenant had two runs with a living process */
};

void cg_shared_books(const struct cg_shared *shared, struct cg_shared_books *ret);

/** Ends the test unless each database is that of a run in a new one. */
void cg_shared_compare(struct cg_shared *shared);

/** The ends of all logs; never freed. */
const char *cg_shared_logs(const struct cg_shared *shared);

/** A number from 0 to `below` - 1, the same ones in every run of a test. */
unsigned cg_shared_draw(struct cg_shared *shared, unsigned below);

/** The number in a variable of the environment, or `usual`. */
unsigned cg_shared_setting(const char *variable, unsigned usual);

/** A figure on standard error: "shared: <name>: <text>". */
void cg_shared_tell(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
