/*
 * child.h - one worker process as the host process sees it: its pipes, its deadline, its end.
 */
#ifndef CG_RUN_CHILD_H
#define CG_RUN_CHILD_H

#include <uv.h>

#include "engine/crumb.h"
#include "run/event.h"
#include "run/job.h"

struct cg_child;

/** How a worker ended. */
struct cg_child_end {
    int64_t exit_status;
    int32_t signal;               /**< 0: it exited */
    int32_t timed_out;            /**< 1: its time was over before its result arrived */
    int32_t delivered;            /**< 1: its result event arrived */
    int32_t ended_by_us;          /**< 1: it was asked to stop or killed, here */
    const struct cg_crumb *crumb; /**< what it was doing */
};

/** Called from the loop. `end` is called once, when the process is gone and everything it wrote was read, or two
 * seconds after its end if somebody else holds its pipe; then the child is freed. */
struct cg_child_callbacks {
    void *user;
    void (*event)(void *user, const struct cg_event *event);
    void (*end)(void *user, const struct cg_child_end *end);
};

/** What to start. Everything is borrowed for the call, but for `callbacks.user`. */
struct cg_child_options {
    const char *program;
    const struct cg_job *job;
    int config_fd;      /**< what the worker inherits as CG_CONFIG_FD */
    int env_fd;         /**< and as CG_ENV_FD, or -1 */
    int64_t timeout_us; /**< 0 = none */
    struct cg_child_callbacks callbacks;
};

/** Starts a worker for a job, in a process group of its own, which is killed when the worker has ended. Once its result
 * is there, it has ten seconds to leave. A result that comes from inside a module is none. Errors: CG_NO_MEMORY,
 * CG_PERMANENT with a sentence; no callback then. */
cg_status cg_child_start(uv_loop_t *loop, const struct cg_child_options *options, struct cg_child **ret,
                         struct cg_error *error);

/** Sets another time limit, in microseconds from now; 0 = none. Returns 1, or 0 when that comes too late: it was asked
 * to stop, has told its result or is gone. */
int cg_child_limit(struct cg_child *child, int64_t timeout_us);

/** Asks it to stop, by a signal and in its crumb; kills it after a grace of ten seconds. */
void cg_child_stop(struct cg_child *child);

#endif
