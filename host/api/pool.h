/*
 * pool.h - work of requests on threads: a bounded number at once, in their order, and no tenant takes all threads.
 *
 * Of a tenant's jobs that write one runs at a time: a database has one writer, and whoever waits for it would only keep
 * a thread from those who read.
 *
 * The threads are libuv's. They run at a lower priority than the loop, so that a slow query never delays what the loop
 * answers by itself.
 */
#ifndef CG_API_POOL_H
#define CG_API_POOL_H

#include <uv.h>

#include "base/error.h"

struct cg_pool;

/** One piece of work; a member of whatever it is for. Zeroed to begin with. */
struct cg_job {
    void (*work)(struct cg_job *job);                     /**< on a thread */
    void (*done)(struct cg_job *job, int32_t taken_back); /**< on the loop; `taken_back` 1: it never ran */
    size_t tenant;                                        /**< jobs of one tenant share its part of the threads */
    int32_t writes; /**< 1: it writes to the tenant's database; of those, one runs at a time */
    /* The pool's own: */
    struct cg_pool *pool;
    struct cg_job *next;
    struct cg_job *previous;
    uv_work_t request;
    int32_t state;
};

/** Threads for a setting (api.threads; 0: chosen by the number of processors). */
uint32_t cg_pool_threads(int64_t setting);

/** A pool of at most `threads` jobs at once. Error: CG_NO_MEMORY. */
cg_status cg_pool_new(uv_loop_t *loop, uint32_t threads, struct cg_pool **ret);

/** Frees it; no job may be left. NULL is fine. */
void cg_pool_free(struct cg_pool *pool);

/** Has a job done. Everything but its first three members is the pool's until `done` was called. */
void cg_pool_add(struct cg_pool *pool, struct cg_job *job);

/** Takes a job back if it waits: `done` is called at once, with `taken_back`. 0: it runs already, or has ended. */
int32_t cg_pool_take_back(struct cg_job *job);

/** Jobs that wait and that run. */
void cg_pool_count(const struct cg_pool *pool, size_t *ret_waiting, size_t *ret_running);

#endif
