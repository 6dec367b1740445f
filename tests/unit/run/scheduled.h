/*
 * scheduled.h - a scheduler with workers that only pretend, for its tests.
 *
 * Each test has a folder of its own, in which it works; `scheduled_say` tells the worker of a tenant what to do.
 */
#ifndef CG_TEST_UNIT_RUN_SCHEDULED_H
#define CG_TEST_UNIT_RUN_SCHEDULED_H

#include "run/scheduler.h"
#include "support/workdir.h"

/** Ends of runs that are remembered. */
#define SCHEDULED_ENDS 64

struct scheduled {
    uv_loop_t loop;
    struct cg_scheduler *scheduler;
    struct cg_log *log;
    int log_fd;
    char folder[CG_TEST_PATH_SIZE];
    char text[65536]; /* of the log, or of the workers' */
    size_t cycles;
    size_t ends;
    struct {
        size_t tenant;
        enum cg_run_origin origin;
        int32_t started;
        int32_t good;
        int32_t elsewhere;
        char error[256];
    } ended[SCHEDULED_ENDS];
    size_t most_running; /* at once, as seen when a run ended */
    int applied;
    int stopped;
    uv_timer_t alarm; /* a test that waits for something that does not come fails */
    int late;
};

/** Tenants "a", "b" ... by name; `head` goes to the top, `settings` to each tenant's plugin_settings, in flow style. */
struct cg_generation *scheduled_generation(struct scheduled *test, const char *head, const char *names,
                                           const char *settings);

/** The same from the text of a whole file. */
struct cg_generation *scheduled_generation_of(struct scheduled *test, const char *text);

/** A scheduler that has not started; `once` as in its options. */
void scheduled_begin(struct scheduled *test, const char *head, const char *names, const char *settings, int once);

/** Stops it, and closes the loop, which must be empty then. */
void scheduled_end(struct scheduled *test);

/** Tells the worker of a tenant what to do. */
void scheduled_say(const struct scheduled *test, const char *tenant, const char *what);

/** Turns the loop until `*value` is at least `least`, for at most ten seconds. */
void scheduled_wait(struct scheduled *test, const size_t *value, size_t least);

/** Turns it until the tenant is in this state. */
void scheduled_wait_state(struct scheduled *test, size_t tenant, enum cg_tenant_state state, const char *stage);

/** Triggers a run of the tenant `name` that does `what` ("hold", "deaf") until it is told otherwise, and waits until
 * its worker is at it. */
void scheduled_busy(struct scheduled *test, size_t tenant, const char *name, const char *what);

/** What the workers were asked, "a\nb skip\n", and what was logged. */
const char *scheduled_asked(struct scheduled *test);
const char *scheduled_logged(struct scheduled *test);

/** For cg_scheduler_replace; `user` is the struct scheduled. */
void scheduled_applied(void *user);

#endif
