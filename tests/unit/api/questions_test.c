/* What becomes of questions to a database that does not answer, and of answers that come too late. */
#include "api/elsewhere.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "api/self.h"

#define QUESTIONS 8u

static struct cg_tenant_settings tenant = {
    .name = "acme", .ecosystem = "e", .tenant_id = "acme", .connection_string = "nothing:///at/all"};
static struct cg_settings settings = {.tenants = &tenant, .tenant_count = 1};

/* ---- questions ---- */

static atomic_int gate;

/* It has the only thread until the gate opens, as a database that hangs would. */
static void hang(struct cg_job *job) {
    (void)job;
    while (!atomic_load(&gate))
        usleep(500);
}

static void forget(struct cg_job *job, int32_t taken_back) {
    (void)job;
    (void)taken_back;
}

static void on_told(void *user, int32_t busy) {
    cr_assert_eq(busy, 0);
    (*(size_t *)user)++;
}

static void on_tick(uv_timer_t *timer) {
    cg_elsewhere_tick(timer->data);
}

static size_t waiting(const struct cg_pool *pool) {
    size_t waits = 0;
    size_t runs = 0;
    cg_pool_count(pool, &waits, &runs);
    return waits;
}

Test(questions, questions_to_which_nobody_listens_do_not_wait_for_a_thread, .timeout = 60) {
    static struct cg_api api;
    static struct cg_api_generation generation;
    struct cg_job hung = {.work = hang, .done = forget, .tenant = 1};
    struct cg_elsewhere *questions[QUESTIONS];
    uv_loop_t loop;
    uv_timer_t tick;
    size_t told = 0;
    cr_assert_eq(uv_loop_init(&loop), 0);
    api.options.loop = &loop;
    cr_assert_eq(cg_pool_new(&loop, 1, &api.pool), CG_OK);
    generation = (struct cg_api_generation){.api = &api, .loan = {.settings = &settings}, .references = 1};
    cr_assert_eq(cg_stores_new(&settings, NULL, NULL, 1, &generation.stores), CG_OK);
    cg_pool_add(api.pool, &hung);
    for (size_t i = 0; i < QUESTIONS; i++) {
        questions[i] = cg_elsewhere_ask(&generation, 0, on_told, &told);
        cr_assert_not_null(questions[i]);
    }
    cr_assert_eq(waiting(api.pool), QUESTIONS);
    for (size_t i = 0; i < QUESTIONS / 2; i++)
        cg_elsewhere_drop(questions[i]);
    cr_assert_eq(waiting(api.pool), QUESTIONS / 2);
    cr_assert_eq(told, 0);
    uv_timer_init(&loop, &tick);
    tick.data = &api;
    uv_timer_start(&tick, on_tick, 50, 50);
    while (told < QUESTIONS / 2)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(waiting(api.pool), 0);
    cr_assert_null(api.questions);
    cr_assert_eq(generation.references, 1);
    atomic_store(&gate, 1);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(told, QUESTIONS / 2);
    cg_stores_free(generation.stores);
    cg_pool_free(api.pool);
    cr_assert_eq(uv_loop_close(&loop), 0);
}

/* ---- answers ---- */

static struct cg_api_look looked;
static enum cg_api_trigger triggered;

static enum cg_api_trigger on_trigger(void *user, const char *name) {
    (void)user;
    (void)name;
    return triggered;
}

static void on_look(void *user, const char *name, struct cg_api_look *ret) {
    (void)user;
    (void)name;
    *ret = looked;
}

static const struct {
    const char *name;
    struct cg_api_look look; /* at the time of the answer */
    enum cg_api_trigger trigger;
    int32_t busy;
    int32_t asks;
    uint32_t status;
} answers[] = {
    {"nobody works on it", {0}, CG_API_TRIGGER_STARTED, 0, 1, 202},
    {"another process does", {0}, CG_API_TRIGGER_STARTED, 1, 1, 200},
    {"this one has begun meanwhile, for a client", {.running = 1}, CG_API_TRIGGER_BUSY_API, 1, 0, 409},
    {"so it has for a client, and waits", {.waiting = 1}, CG_API_TRIGGER_BUSY_API, 1, 0, 409},
    {"this one has begun meanwhile, by its schedule", {.running = 1}, CG_API_TRIGGER_BUSY_SCHEDULE, 1, 0, 200},
    {"this one waits for the end of its own", {.held = 1}, CG_API_TRIGGER_STARTED, 1, 0, 202},
    {"it was suspended meanwhile", {.failure = "no"}, CG_API_TRIGGER_SUSPENDED, 1, 0, 409},
};

Test(questions, a_run_of_this_process_is_no_other_one) {
    static struct cg_api api = {.options.hooks = {.trigger = on_trigger, .look = on_look}};
    const struct cg_api_tenant acme = {.settings = &tenant};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct cg_call call = {.api = &api,
                               .tenant = &acme,
                               .arena = cg_arena_new(),
                               .busy_elsewhere = answers[i].busy,
                               .reply = {.status = 200}};
        call.values[0] = "acme";
        cg_buf_init(&call.reply.body, CG_REPLY_LIMIT);
        looked = answers[i].look;
        triggered = answers[i].trigger;
        cr_assert_eq(cg_api_pipeline_asks(&call), answers[i].asks, "%s", answers[i].name);
        cr_assert_eq(cg_api_pipeline_run(&call), CG_OK, "%s", answers[i].name);
        cr_assert_eq(call.reply.status, answers[i].status, "%s: %u %s", answers[i].name, call.reply.status,
                     cg_buf_text(&call.reply.body));
        cg_call_done(&call);
        cg_arena_free(call.arena);
    }
}
