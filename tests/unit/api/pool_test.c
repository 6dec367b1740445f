#include "api/pool.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS 4u

struct work {
    struct cg_job job; /* first */
    atomic_int *gate;  /* the job runs until it opens; NULL: not at all */
    int done;
    int taken_back;
    int order;
};

static int finished;

static void work(struct cg_job *job) {
    const struct work *at = (struct work *)job;
    while (at->gate && !atomic_load(at->gate))
        usleep(500);
}

static void done(struct cg_job *job, int32_t taken_back) {
    struct work *at = (struct work *)job;
    at->done++;
    at->taken_back = taken_back;
    at->order = ++finished;
}

static void add(struct cg_pool *pool, struct work *at, size_t tenant, atomic_int *gate) {
    *at = (struct work){.job = {.work = work, .done = done, .tenant = tenant}, .gate = gate};
    cg_pool_add(pool, &at->job);
}

static void count(const struct cg_pool *pool, size_t waiting, size_t running) {
    size_t waits = 0;
    size_t runs = 0;
    cg_pool_count(pool, &waits, &runs);
    cr_assert_eq(waits, waiting, "%zu wait", waits);
    cr_assert_eq(runs, running, "%zu run", runs);
}

Test(pool, keeps_a_thread_for_other_tenants) {
    uv_loop_t loop;
    struct cg_pool *pool = NULL;
    struct work slow[8];
    struct work quick;
    atomic_int gate = 0;
    uv_loop_init(&loop);
    cr_assert_eq(cg_pool_new(&loop, THREADS, &pool), CG_OK);
    for (int i = 0; i < 8; i++)
        add(pool, &slow[i], 1, &gate);
    count(pool, 5, 3);
    add(pool, &quick, 2, NULL);
    count(pool, 5, 4);
    while (!quick.done)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(quick.order, 1, "although eight came before it");
    atomic_store(&gate, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(slow[i].done, 1);
    count(pool, 0, 0);
    cg_pool_free(pool);
    cr_assert_eq(uv_loop_close(&loop), 0);
}

Test(pool, writes_one_at_a_time_and_reads_beside_it) {
    uv_loop_t loop;
    struct cg_pool *pool = NULL;
    struct work writers[4];
    struct work other;
    struct work reader;
    atomic_int gate = 0;
    uv_loop_init(&loop);
    cr_assert_eq(cg_pool_new(&loop, THREADS, &pool), CG_OK);
    for (int i = 0; i < 4; i++) {
        writers[i] = (struct work){.job = {.work = work, .done = done, .tenant = 1, .writes = 1}, .gate = &gate};
        cg_pool_add(pool, &writers[i].job);
    }
    count(pool, 3, 1);
    other = (struct work){.job = {.work = work, .done = done, .tenant = 2, .writes = 1}, .gate = &gate};
    cg_pool_add(pool, &other.job);
    count(pool, 3, 2);
    add(pool, &reader, 1, NULL);
    while (!reader.done)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(reader.order, 1, "it waits for somebody who writes");
    atomic_store(&gate, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i + 1 < 4; i++)
        cr_assert_lt(writers[i].order, writers[i + 1].order);
    count(pool, 0, 0);
    cg_pool_free(pool);
    cr_assert_eq(uv_loop_close(&loop), 0);
}

Test(pool, takes_back_what_waits_and_not_what_runs) {
    uv_loop_t loop;
    struct cg_pool *pool = NULL;
    struct work first;
    struct work second;
    struct work third;
    atomic_int gate = 0;
    uv_loop_init(&loop);
    cr_assert_eq(cg_pool_new(&loop, 1, &pool), CG_OK);
    add(pool, &first, 1, &gate);
    add(pool, &second, 1, NULL);
    add(pool, &third, 1, NULL);
    cr_assert_eq(cg_pool_take_back(&first.job), 0);
    cr_assert_eq(cg_pool_take_back(&second.job), 1);
    cr_assert(second.done && second.taken_back);
    atomic_store(&gate, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert(first.done == 1 && !first.taken_back);
    cr_assert(third.done == 1 && !third.taken_back);
    cr_assert_eq(second.done, 1);
    cg_pool_free(pool);
    cr_assert_eq(uv_loop_close(&loop), 0);
}
