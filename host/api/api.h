/*
 * api.h - the REST API: a listener, the routes, the databases behind them.
 *
 * Everything here is called on the loop's thread. Requests that read or write a database run on threads with
 * connections of their own, so a slow one never delays another that needs none. A configuration is taken over as a
 * whole: requests at work finish with the one they began with.
 */
#ifndef CG_API_API_H
#define CG_API_API_H

#include <uv.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "module/modules.h"

struct cg_api;
struct cg_api_candidate; /**< a configuration that could be taken over */

/** What became of the wish to run a tenant. */
enum cg_api_trigger {
    CG_API_TRIGGER_STARTED,
    CG_API_TRIGGER_BUSY_API,      /**< a run that a request started is not finished */
    CG_API_TRIGGER_BUSY_SCHEDULE, /**< a cycle is at it */
    CG_API_TRIGGER_SUSPENDED,
    CG_API_TRIGGER_STARTING, /**< the configuration is still being checked */
    CG_API_TRIGGER_STOPPING
};

/** What this process does for a tenant. Texts live until the loop turns again. */
struct cg_api_look {
    int32_t running;
    int32_t waiting;     /**< 1: a run is to come */
    int32_t held;        /**< 1: the next one waits for the end of one that was told to stop */
    const char *stage;   /**< "gathering", ...; NULL: not told yet */
    int64_t date;        /**< or CG_TIME_NONE */
    const char *failure; /**< why it is suspended, or NULL */
    int32_t unrecorded;  /**< 1: its last run failed and could not write that down, for instance on a full disk */
};

/** The runs of this process, for an API beside a worker; all NULL without one. */
struct cg_api_hooks {
    void *user;
    enum cg_api_trigger (*trigger)(void *user, const char *tenant);
    void (*look)(void *user, const char *tenant, struct cg_api_look *ret);
    /** Appends metric families in the Prometheus text format. May be given without the others. */
    void (*metrics)(void *user, struct cg_buf *out);
};

/** Everything is borrowed and outlives the API. */
struct cg_api_options {
    uv_loop_t *loop;
    const char *mode;    /**< "api" or "both" */
    const char *version; /**< of the program */
    const struct cg_modules *modules;
    const struct cg_log *log;
    struct cg_api_hooks hooks;
};

/** Settings that live until `release` is called with `owner`, once nobody uses them any more. */
struct cg_api_settings_loan {
    const struct cg_settings *settings;
    void *owner;
    void (*release)(void *owner);
};

/** An API that does not listen yet. Error: CG_NO_MEMORY. */
cg_status cg_api_new(const struct cg_api_options *options, struct cg_api **ret);

/**
 * Makes everything ready that can fail: the address if it is another one, certificate, limits. Nothing changes for
 * clients. The loan is taken over only on success. Errors: CG_TEMPORARY (the address cannot be bound), CG_INVALID,
 * CG_NO_MEMORY, each with a sentence.
 */
cg_status cg_api_prepare(struct cg_api *api, const struct cg_api_settings_loan *loan, struct cg_api_candidate **ret,
                         struct cg_error *error);

/** Takes a candidate over; it cannot fail. */
void cg_api_apply(struct cg_api *api, struct cg_api_candidate *candidate);

/** Forgets a candidate. NULL is fine. */
void cg_api_abandon(struct cg_api_candidate *candidate);

/** The port in use, 0 before the first cg_api_apply. */
uint16_t cg_api_port(const struct cg_api *api);

/** Takes no further request; what is at work goes on for ten seconds at most, then it is interrupted. */
void cg_api_drain(struct cg_api *api);

/** Ends it; `done` is called from the loop when nothing is left of it. Drains first if that was not done. */
void cg_api_close(struct cg_api *api, void (*done)(void *user), void *user);

#endif
