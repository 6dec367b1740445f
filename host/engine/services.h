/*
 * services.h - the host's services as one module sees them: the struct cg_host behind an instance.
 *
 * One services object for each module in use: it gives log lines the module's name, keeps the sentence of its last
 * error, and owns the scratch memory of the call that is running.
 */
#ifndef CG_ENGINE_SERVICES_H
#define CG_ENGINE_SERVICES_H

#include <chitragupt/host.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"

struct cg_net;
struct cg_tenant_metrics;

/** What all services of a worker share. */
struct cg_services_shared {
    const struct cg_log *log;
    struct cg_net *net;                /**< NULL: HTTP calls answer CG_INVALID (checks open no connection) */
    const volatile int32_t *cancelled; /**< non-zero once the run is to stop */
    struct cg_tenant_metrics *metrics; /**< what cg_host.metrics asks; NULL: nothing. A runtime puts its own here */
};

struct cg_services {
    struct cg_host host; /**< what the module gets; its impl points back here */
    struct cg_services_shared shared;
    const char *module; /**< name of the module, borrowed */
    char logger[96];    /**< "plugins.<module>" */
    struct cg_arena *scratch;
    struct cg_error error;
};

/** True once the run is to stop. */
int32_t cg_services_is_stopped(const struct cg_services_shared *shared);

/** Creates the services for a module. `module` and what `shared` points to outlive them. Error: CG_NO_MEMORY. */
cg_status cg_services_new(const struct cg_services_shared *shared, const char *module, struct cg_services **ret);

/** Ends them. NULL is fine. */
void cg_services_free(struct cg_services *services);

/** Forgets the last error and the scratch memory: the next call into the module starts clean. */
void cg_services_reset(struct cg_services *services);

/** The sentence that goes with `status`: what the module set, else a general one. */
const char *cg_services_error(const struct cg_services *services, cg_status status);

/** A word or two for a status that came without a sentence. */
const char *cg_status_text(cg_status status);

#endif
