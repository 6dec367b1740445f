/*
 * service.h - the program while it serves: one loop that carries signals, cycles and whatever else was added to it.
 *
 * It begins with its parts (the REST API), so that a port is open early; then the configuration is checked in workers;
 * then the first cycle begins. SIGHUP reads the configuration again. SIGTERM and SIGINT end it: no new runs, workers
 * asked to stop, then the parts, then everything is closed. A second SIGINT ends the process at once.
 *
 * In mode `api` there is no scheduler, and no worker is ever started.
 */
#ifndef CG_CLI_SERVICE_H
#define CG_CLI_SERVICE_H

#include "cli/context.h"
#include "run/notify.h"
#include "run/scheduler.h"

struct cg_service_host;

/** Something else that lives on the loop. Every function may be NULL; all are called on the loop's thread. */
struct cg_service_part {
    void *user;
    /** Begins, before the checks. Returns an exit status; anything but CG_EXIT_OK ends the program with it, after a
     * sentence on standard error; `stop` is not called then. */
    int (*start)(void *user, struct cg_service_host *service);
    /** The configuration is checked, and the scheduler, if there is one, at work. */
    void (*ready)(void *user);
    /** The service is about to end: takes nothing new from outside. */
    void (*quiesce)(void *user);
    /** No run is going on any more: ends, closes its handles, and calls `stopped` once, perhaps before it returns. */
    void (*stop)(void *user, void (*stopped)(void *service), void *service);

    /** A new configuration is valid: can it be used (a new address be bound)? An error refuses the reload. */
    cg_status (*prepare)(void *user, struct cg_generation *next, struct cg_error *error);
    /** It is not put into effect after all, although `prepare` agreed. */
    void (*abandon)(void *user, struct cg_generation *next);
    /** It is in effect, from now on and without error. Who keeps the generation takes a reference. */
    void (*applied)(void *user, struct cg_generation *now);
};

/** Most parts. */
#define CG_SERVICE_PARTS 4

/** How reloads went, and which configuration is in effect. */
struct cg_service_look {
    uint64_t generation;      /**< number of the one in effect; 1 at the start */
    uint64_t reloads;         /**< that were put into effect, or found nothing changed */
    uint64_t refused;         /**< that were not */
    int64_t reloaded_at;      /**< the last of both, or CG_TIME_NONE */
    int32_t reload_succeeded; /**< the last one; 1 when there was none */
    int32_t reloading;        /**< one is going on */
    int32_t checked;          /**< 1: the start is over */
    int32_t stopping;
    int64_t started_at;
};

/**
 * A service for a context with valid settings and modules; both pointers are borrowed for its life. Error: NULL,
 * without memory or an event loop.
 */
struct cg_service_host *cg_service_new(struct cg_context *context, struct cg_notify *notify);

/** Adds a part, before cg_service_run. At most CG_SERVICE_PARTS. */
void cg_service_add(struct cg_service_host *service, const struct cg_service_part *part);

/** Serves until it is told to stop, or has nothing left to do. Returns the exit status. */
int cg_service_run(struct cg_service_host *service);

/** Frees it. NULL is fine. */
void cg_service_free(struct cg_service_host *service);

/* ---- for parts ---- */

uv_loop_t *cg_service_loop(struct cg_service_host *service);

/** The generation in effect, borrowed. */
struct cg_generation *cg_service_generation(struct cg_service_host *service);

/** NULL in mode `api`, and before the configuration is checked. */
struct cg_scheduler *cg_service_scheduler(struct cg_service_host *service);

/** Settings, log and modules of the start. */
struct cg_context *cg_service_context(struct cg_service_host *service);

void cg_service_look(const struct cg_service_host *service, struct cg_service_look *ret);

/** As SIGHUP: reads the configuration again, after the reload that may be going on. */
void cg_service_reload(struct cg_service_host *service);

/** As SIGTERM, with an exit status. */
void cg_service_stop(struct cg_service_host *service, int exit_status);

#endif
