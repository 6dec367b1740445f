#include "api/pool.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How much nicer the threads are than the loop. */
#define NICE 5

enum { IDLE, WAITING, RUNNING };

struct cg_pool {
    uv_loop_t *loop;
    uint32_t threads;
    uint32_t per_tenant; /* jobs of one tenant at once, while others wait */
    int priority;        /* of the threads */
    struct cg_job *first;
    struct cg_job *last;
    size_t waiting;
    size_t running;
    struct cg_job *at_work; /* a list of those that run */
};

uint32_t cg_pool_threads(int64_t setting) {
    if (setting > 0)
        return (uint32_t)setting;
    unsigned processors = uv_available_parallelism();
    return processors < 2 ? 4 : processors > 8 ? 16 : processors * 2;
}

cg_status cg_pool_new(uv_loop_t *loop, uint32_t threads, struct cg_pool **ret) {
    struct cg_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return CG_NO_MEMORY;
    pool->loop = loop;
    pool->threads = threads ? threads : 1;
    pool->per_tenant = threads > 3 ? threads - threads / 4 : threads > 1 ? threads - 1 : 1;
    pool->priority = getpriority(PRIO_PROCESS, 0) + NICE;
    *ret = pool;
    return CG_OK;
}

void cg_pool_free(struct cg_pool *pool) {
    free(pool);
}

static void unlink_job(struct cg_job **first, struct cg_job **last, struct cg_job *job) {
    if (job->previous)
        job->previous->next = job->next;
    else
        *first = job->next;
    if (job->next)
        job->next->previous = job->previous;
    else if (last)
        *last = job->previous;
    job->next = job->previous = NULL;
}

static void on_work(uv_work_t *request) {
    struct cg_job *job = request->data;
    /* Of this thread alone; where that is refused, the queries compete with the loop on equal terms. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), job->pool->priority);
    job->work(job);
}

static void start_waiting(struct cg_pool *pool);

static void on_done(uv_work_t *request, int status) {
    struct cg_job *job = request->data;
    struct cg_pool *pool = job->pool;
    (void)status; /* nothing that was queued is cancelled */
    pool->running--;
    unlink_job(&pool->at_work, NULL, job);
    job->state = IDLE;
    start_waiting(pool);
    job->done(job, 0);
}

static void start(struct cg_pool *pool, struct cg_job *job) {
    unlink_job(&pool->first, &pool->last, job);
    pool->waiting--;
    pool->running++;
    job->state = RUNNING;
    job->next = pool->at_work;
    if (job->next)
        job->next->previous = job;
    pool->at_work = job;
    job->request.data = job;
    uv_queue_work(pool->loop, &job->request, on_work, on_done); /* fails without a function only */
}

/* Whether the tenant has a thread for one more job, and this one need not wait for another that writes. */
static int32_t may_run(const struct cg_pool *pool, const struct cg_job *job) {
    uint32_t count = 0;
    int32_t written = 0;
    for (const struct cg_job *other = pool->at_work; other; other = other->next)
        if (other->tenant == job->tenant) {
            count++;
            written |= other->writes;
        }
    return count < pool->per_tenant && !(written && job->writes);
}

static void start_waiting(struct cg_pool *pool) {
    struct cg_job *job = pool->first;
    while (job && pool->running < pool->threads) {
        struct cg_job *next = job->next;
        if (may_run(pool, job))
            start(pool, job);
        job = next;
    }
}

void cg_pool_add(struct cg_pool *pool, struct cg_job *job) {
    job->pool = pool;
    job->state = WAITING;
    job->next = NULL;
    job->previous = pool->last;
    if (pool->last)
        pool->last->next = job;
    else
        pool->first = job;
    pool->last = job;
    pool->waiting++;
    start_waiting(pool);
}

int32_t cg_pool_take_back(struct cg_job *job) {
    if (job->state != WAITING)
        return 0;
    unlink_job(&job->pool->first, &job->pool->last, job);
    job->pool->waiting--;
    job->state = IDLE;
    job->done(job, 1);
    return 1;
}

void cg_pool_count(const struct cg_pool *pool, size_t *ret_waiting, size_t *ret_running) {
    *ret_waiting = pool->waiting;
    *ret_running = pool->running;
}
