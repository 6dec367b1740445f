/*
 * chaos.h - the scenario of the chaos tests: a simulator, a service with some tenants of it, a manager that listens.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_INTEGRATION_CHAOS_H
#define CG_TEST_INTEGRATION_CHAOS_H

#include <stdint.h>

#include "support/api.h"
#include "support/load.h"
#include "support/manager.h"
#include "support/proc.h"
#include "support/sim.h"

/** Modules of tests/plugins, as a plugins_path. */
#define CG_CHAOS_TROUBLE CG_TEST_BINARY_DIR "/tests/plugins/trouble"

#define CG_CHAOS_MOST_TENANTS 8

/** A tenant. NULL texts are empty. */
struct cg_chaos_tenant {
    const char *name;     /**< its database is `<name>.db`, its files are in `<name>-csv` */
    const char *lines;    /**< of the tenant, indented by four */
    const char *settings; /**< of plugin_settings, indented by six */
    const char *emitters; /**< entries, indented by eight */
    const char *database; /**< path of the database, NULL: `<name>.db` */
    int topics;           /**< 1: with topics */
    int absent;           /**< 1: not in the configuration now */
};

/** The whole. Zero it, set what is to be other than usual, then call cg_chaos_make. */
struct cg_chaos {
    const char *head;      /**< lines of the file besides `api`, `features` and `tenants`, or NULL */
    const char *features;  /**< further entries of `features`, indented by two, or NULL */
    const char *api_lines; /**< further ones of `api`, indented by two, or NULL */
    struct cg_chaos_tenant tenants[CG_CHAOS_MOST_TENANTS];
    size_t tenant_count;
    int tls;
    int bare;         /**< 1: no modules but those of the program */
    long watchdog_ms; /**< 0: nobody watches */

    struct cg_test_sim sim;
    struct cg_test_api api;
    struct cg_test_manager manager;
    char folder[CG_TEST_PATH_SIZE];
    char resource[128]; /**< a cluster of the inventory, after cg_chaos_first_runs */
    char mark[64];      /**< in the environment of everything that is started */
    uint64_t random;
};

/** The usual two tenants, `acme` with topics and `beta` without. */
void cg_chaos_usual(struct cg_chaos *chaos);

/** A folder, a simulator, a port, a manager. */
void cg_chaos_make(struct cg_chaos *chaos);

/** Ends and removes all of it; the service has ended. */
void cg_chaos_done(struct cg_chaos *chaos);

/** Puts the configuration in the place of the one that is there. */
void cg_chaos_write(const struct cg_chaos *chaos);

/** Starts the service in a mode, without waiting. */
void cg_chaos_launch(struct cg_chaos *chaos, const char *mode);

/** Waits until it has ended, however; its output must be free of secrets and reports of sanitizers. */
void cg_chaos_reap(struct cg_chaos *chaos, struct cg_test_result *ret);

/** One cycle without a service; it must go well. Afterwards `resource` is known. */
void cg_chaos_run(struct cg_chaos *chaos);

/** A revision of the bill of a random date of the window. */
void cg_chaos_revise(struct cg_chaos *chaos);

/**
 * Ends the test unless the tenants' databases and files are those of a run in an empty folder: all that counts but
 * tags, the history of revisions, and how often something was emitted. No run may be said to go on.
 */
void cg_chaos_compare(struct cg_chaos *chaos, const char *what);

/** Waits until the service has written `part` at least so many times, for 30 seconds. */
void cg_chaos_wait_log(const struct cg_chaos *chaos, const char *part, size_t times);

/** How often the service has written it so far. */
size_t cg_chaos_count_log(const struct cg_chaos *chaos, const char *part);

/** A number of a tenant's database. */
long long cg_chaos_number(const struct cg_chaos *chaos, const char *tenant, const char *sql);

/** A number from 0 to `below` - 1, the same ones in every run of a test. */
unsigned cg_chaos_draw(struct cg_chaos *chaos, unsigned below);

/** The number in a variable of the environment, or `usual`. */
unsigned cg_chaos_setting(const char *variable, unsigned usual);

/** A figure on standard error: "chaos: <name>: <text>". */
void cg_chaos_tell(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** What the load came to, as figures. */
void cg_chaos_tell_load(const char *name, const struct cg_test_load_figures *figures);

#endif
