#include "scheduled.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALARM_MS 10000

struct cg_generation *scheduled_generation_of(struct scheduled *test, const char *text) {
    struct cg_problems *problems = cg_problems_new();
    struct cg_snapshot *snapshot = NULL;
    struct cg_settings *loaded = NULL;
    struct cg_generation *generation = NULL;
    cg_test_file_write(test->folder, "config.yaml", text);
    cr_assert_eq(cg_snapshot_take("config.yaml", NULL, problems, &snapshot), CG_OK);
    cr_assert_eq(cg_snapshot_load(snapshot, 0, problems, &loaded), CG_OK, "%s",
                 cg_problems_count(problems) ? cg_problems_at(problems, 0)->text : "?");
    cr_assert_eq(cg_generation_new(snapshot, loaded, NULL, 0, &generation), CG_OK);
    cg_problems_free(problems);
    return generation;
}

struct cg_generation *scheduled_generation(struct scheduled *test, const char *head, const char *names,
                                           const char *settings) {
    char *text = cg_test_format("%s\ntenants:%s\n", head, *names ? "" : " {}");
    for (const char *name = names; *name; name++) {
        char *longer = cg_test_format("%s  %c: {ecosystem: e, tenant_id: %c, gather_failure_threshold: 2,\n"
                                      "      storage: {connection_string: 'sqlite:///%c.db'},\n"
                                      "      plugin_settings: {%s}}\n",
                                      text, *name, *name, *name, settings);
        free(text);
        text = longer;
    }
    struct cg_generation *generation = scheduled_generation_of(test, text);
    free(text);
    return generation;
}

/* ---- what is told ---- */

static void on_run_finished(void *user, size_t tenant, enum cg_run_origin origin,
                            const struct cg_tenant_report *report) {
    struct scheduled *test = user;
    struct cg_scheduler_totals totals;
    cr_assert_lt(test->ends, SCHEDULED_ENDS);
    test->ended[test->ends].tenant = tenant;
    test->ended[test->ends].origin = origin;
    test->ended[test->ends].started = report->started;
    test->ended[test->ends].elsewhere = report->elsewhere;
    test->ended[test->ends].good = cg_report_is_good(report);
    (void)snprintf(test->ended[test->ends].error, sizeof test->ended[0].error, "%s",
                   report->error ? report->error : "");
    test->ends++;
    cg_scheduler_totals(test->scheduler, &totals);
    if (report->started && totals.running + 1 > test->most_running)
        test->most_running = totals.running + 1;
}

static void on_cycle_finished(void *user) {
    struct scheduled *test = user;
    test->cycles++;
}

void scheduled_applied(void *user) {
    struct scheduled *test = user;
    test->applied++;
}

static void on_stopped(void *user) {
    struct scheduled *test = user;
    cg_scheduler_free(test->scheduler);
    test->scheduler = NULL;
    test->stopped = 1;
}

static void on_alarm(uv_timer_t *timer) {
    struct scheduled *test = timer->data;
    test->late = 1;
}

/* ---- life ---- */

void scheduled_begin(struct scheduled *test, const char *head, const char *names, const char *settings, int once) {
    *test = (struct scheduled){.log_fd = memfd_create("log", MFD_CLOEXEC)};
    cg_test_workdir_make(test->folder);
    cr_assert_eq(chdir(test->folder), 0);
    cr_assert_eq(cg_log_new(test->log_fd, CG_LOG_DEBUG, "%(levelname)s %(message)s", NULL, 0, &test->log), CG_OK);
    cr_assert_eq(uv_loop_init(&test->loop), 0);
    uv_timer_init(&test->loop, &test->alarm);
    test->alarm.data = test;
    struct cg_generation *generation = scheduled_generation(test, head, names, settings);
    const struct cg_scheduler_options options = {
        .loop = &test->loop,
        .generation = generation,
        .log = test->log,
        .program = CG_TEST_BINARY_DIR "/tests/bin/fake_worker",
        .once = once,
        .look_again_ms = 50,
        .callbacks = {.user = test, .run_finished = on_run_finished, .cycle_finished = on_cycle_finished},
    };
    cr_assert_eq(cg_scheduler_new(&options, &test->scheduler), CG_OK);
    cg_generation_unref(generation);
}

void scheduled_end(struct scheduled *test) {
    if (test->scheduler)
        cg_scheduler_stop(test->scheduler, on_stopped, test);
    uv_close((uv_handle_t *)&test->alarm, NULL);
    uv_run(&test->loop, UV_RUN_DEFAULT);
    cr_assert(test->stopped, "it has not stopped");
    cr_assert_eq(uv_loop_close(&test->loop), 0, "something is open");
    cg_log_free(test->log);
    (void)close(test->log_fd);
    cr_assert_eq(chdir("/"), 0);
    cg_test_workdir_remove(test->folder);
}

void scheduled_say(const struct scheduled *test, const char *tenant, const char *what) {
    char path[2][CG_TEST_PATH_SIZE];
    cg_test_file_write(test->folder, "saying", what);
    cr_assert_eq(rename(cg_test_path(test->folder, "saying", path[0]), cg_test_path(test->folder, tenant, path[1])), 0);
}

/* ---- waiting ---- */

static void turn(struct scheduled *test) {
    uv_timer_start(&test->alarm, on_alarm, ALARM_MS, 0);
    uv_run(&test->loop, UV_RUN_ONCE);
    cr_assert(!test->late, "it takes too long; the log says:\n%s", scheduled_logged(test));
}

void scheduled_wait(struct scheduled *test, const size_t *value, size_t least) {
    while (*value < least)
        turn(test);
    uv_timer_stop(&test->alarm);
}

void scheduled_wait_state(struct scheduled *test, size_t tenant, enum cg_tenant_state state, const char *stage) {
    struct cg_tenant_look look;
    cr_assert_eq(cg_scheduler_look(test->scheduler, tenant, &look), CG_OK);
    while (look.state != state || (stage && (!look.stage || strcmp(look.stage, stage) != 0))) {
        turn(test);
        cr_assert_eq(cg_scheduler_look(test->scheduler, tenant, &look), CG_OK);
    }
    uv_timer_stop(&test->alarm);
}

void scheduled_busy(struct scheduled *test, size_t tenant, const char *name, const char *what) {
    scheduled_say(test, name, what);
    cr_assert_eq(cg_scheduler_trigger(test->scheduler, tenant), CG_TRIGGER_STARTED);
    scheduled_wait_state(test, tenant, CG_TENANT_RUNNING, "gathering");
}

const char *scheduled_asked(struct scheduled *test) {
    char *text = cg_test_file_read(test->folder, "log");
    (void)snprintf(test->text, sizeof test->text, "%s", text ? text : "");
    free(text);
    return test->text;
}

const char *scheduled_logged(struct scheduled *test) {
    ssize_t length = pread(test->log_fd, test->text, sizeof test->text - 1, 0);
    test->text[length > 0 ? length : 0] = '\0';
    return test->text;
}
