/*
 * Workers of one tenant are killed, crash, hang, and run out of memory or disk, in a service that also serves its API:
 * the other tenants and all clients notice nothing, the truth is told, and the next run makes everything good.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "chaos.h"
#include "support/db.h"
#include "support/disk.h"
#include "support/moment.h"
#include "support/program.h"

#define GAMMA 2 /* the tenant with the trouble */

#define OVERRIDE(name_) "      allocator_overrides: {KAFKA_NETWORK_READ: " name_ "}\n"
#define EMITTER(trouble_) \
    "        - type: trouble_emitter\n          name: first\n          params: {trouble: " trouble_ "}\n"

/* Readiness tells the truth so soon. */
#define TRUTH_MS 3000
#define WAIT_MS 30000

/* How often a worker is killed from outside. */
#define KILLS 5

static struct cg_chaos chaos;
static struct cg_test_load *load;

/* ---- looking ---- */

static long long last_row(const char *where) {
    char *sql = cg_test_format("SELECT COALESCE(MAX(id), 0) FROM pipeline_runs WHERE %s", where);
    long long id = cg_chaos_number(&chaos, "gamma", sql);
    free(sql);
    return id;
}

/* A row of the tenant after another one; returns its id. */
static long long wait_for_row(const char *what, const char *where, long long after) {
    long long began = cg_test_clock_ms();
    long long id = last_row(where);
    for (; id <= after; id = last_row(where)) {
        if (cg_test_clock_ms() - began > WAIT_MS) {
            char *log = cg_test_api_log(&chaos.api);
            size_t length = strlen(log);
            cr_assert_fail("%s: no run with %s:\n%s", what, where, log + (length > 5000 ? length - 5000 : 0));
        }
        cr_assert(cg_test_process_runs(&chaos.api.process, 10), "%s: the service has ended", what);
    }
    return id;
}

/* Readiness says of the tenant's last run what it should, soon. Returns how long that took. */
static long long wait_for_truth(const char *what, const char *status) {
    long long began = cg_test_clock_ms();
    char last[32] = "";
    while (cg_test_clock_ms() - began < TRUTH_MS) {
        json_t *gamma = cg_test_api_readiness(&chaos.api, "gamma");
        (void)snprintf(last, sizeof last, "%s", cg_test_json_text(gamma, "last_run_status"));
        json_decref(gamma);
        if (strcmp(last, status) == 0)
            return cg_test_clock_ms() - began;
        (void)usleep(50000);
    }
    cr_assert_fail("%s: readiness still says '%s', not '%s'", what, last, status);
    return 0;
}

/* Where runs follow each other quickly: readiness and the table agree at some moment, soon. */
static long long wait_for_agreement(const char *what) {
    static const char sql[] = "SELECT status FROM pipeline_runs ORDER BY id DESC LIMIT 1";
    long long began = cg_test_clock_ms();
    while (cg_test_clock_ms() - began < TRUTH_MS) {
        json_t *gamma = cg_test_api_readiness(&chaos.api, "gamma");
        sqlite3 *db = cg_test_db_open(chaos.folder, "gamma.db");
        char *status = cg_test_db_text(db, sql);
        int agree = strcmp(cg_test_json_text(gamma, "last_run_status"), status) == 0;
        cg_test_db_close(db);
        free(status);
        json_decref(gamma);
        if (agree)
            return cg_test_clock_ms() - began;
        (void)usleep(50000);
    }
    cr_assert_fail("%s: readiness and the table of runs never agree", what);
    return 0;
}

static long long completed_of_others(void) {
    static const char sql[] = "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'";
    return cg_chaos_number(&chaos, "acme", sql) + cg_chaos_number(&chaos, "beta", sql);
}

/* Runs of the other tenants have succeeded since. */
static void wait_for_others(const char *what, long long before) {
    for (int waited = 0; completed_of_others() <= before; waited++) {
        cr_assert_lt(waited, 500, "%s: the others did not go on", what);
        (void)usleep(10000);
    }
}

static int has_process(const struct cg_test_proc *found, size_t count, pid_t pid) {
    for (size_t i = 0; i < count; i++)
        if (found[i].pid == pid)
            return 1;
    return 0;
}

/* Everybody but the service itself has a parent that belongs to it. */
static void check_processes(const char *what) {
    struct cg_test_proc found[CG_TEST_MOST_PROCS];
    size_t count = cg_test_proc_find(chaos.mark, found);
    for (size_t i = 0; i < count; i++)
        if (found[i].pid != chaos.api.process.pid && !has_process(found, count, found[i].parent))
            cr_assert(!cg_test_proc_lives(found[i].pid), "%s: process %d with the parent %d is left behind", what,
                      (int)found[i].pid, (int)found[i].parent);
}

static void check_load(const char *what) {
    if (!cg_test_load_failures(load))
        return;
    struct cg_test_load_figures figures;
    cg_test_load_stop(load, &figures);
    cr_assert_fail("%s: %s", what, figures.first);
}

/* ---- beginning and end ---- */

static void begin(void) {
    static const char *const tenants[] = {"acme", "beta", NULL};
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    cg_chaos_launch(&chaos, "both");
    cg_test_api_await(&chaos.api);
    cg_chaos_wait_log(&chaos, "Tenant gamma: gathered=", 1);
    load = cg_test_load_start(&(struct cg_test_load_options){.tenants = tenants,
                                                             .resource = chaos.resource,
                                                             .port = chaos.api.port,
                                                             .readers = 2,
                                                             .writers = 1,
                                                             .pause_us = 15000});
}

static void end(const char *name) {
    struct cg_test_load_figures figures;
    struct cg_test_result result;
    cg_test_load_stop(load, &figures);
    cg_test_process_signal(&chaos.api.process, SIGTERM);
    cg_chaos_reap(&chaos, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_geq(cg_test_proc_silence(chaos.mark, 0, 1000), 0, "somebody is left behind");
    cg_chaos_run(&chaos);
    cg_chaos_compare(&chaos, name);
    cr_assert_gt(cg_test_load_check(load, chaos.folder), 0);
    cg_chaos_tell_load(name, &figures);
    cg_test_load_free(load);
    cg_test_result_done(&result);
    cg_chaos_done(&chaos);
}

static void make(void) {
    cg_chaos_usual(&chaos);
    chaos.tenants[chaos.tenant_count++] = (struct cg_chaos_tenant){.name = "gamma"};
    cg_chaos_make(&chaos);
}

/* ---- troubles ---- */

struct trouble {
    const char *name;
    const char *lines;
    const char *settings;
    const char *emitters;
    const char *sentence; /* of the row, or, if `completed`, of the log */
    int completed;        /* 1: what fails comes after the run proper */
    int recovers;         /* 1: another worker does the rest at once */
};

static void reload(void) {
    size_t before = cg_chaos_count_log(&chaos, "Configuration reloaded: ");
    cg_chaos_write(&chaos);
    cg_test_process_signal(&chaos.api.process, SIGHUP);
    cg_chaos_wait_log(&chaos, "Configuration reloaded: ", before + 1);
}

static void configure(const struct trouble *trouble) {
    chaos.tenants[GAMMA].lines = trouble->lines;
    chaos.tenants[GAMMA].settings = trouble->settings;
    chaos.tenants[GAMMA].emitters = trouble->emitters;
}

/* Waits for the trouble; returns the last row that tells of it. */
static long long see_trouble(const struct trouble *trouble, long long last) {
    char *where = NULL;
    if (trouble->completed) {
        cg_chaos_wait_log(&chaos, trouble->sentence, 1);
        where = cg_test_format("status = 'completed'");
    } else {
        where = cg_test_format("status = 'failed' AND ended_at IS NOT NULL AND error_message LIKE '%%%s%%'",
                               trouble->sentence);
    }
    last = wait_for_row(trouble->name, where, last);
    free(where);
    return last;
}

#define OUTDATED "Tenant gamma: the run at work goes on with the settings it began with"
#define ENDED "Tenant gamma: gathered="

static void make_good(const struct trouble *trouble, long long last) {
    const char *what = trouble->name;
    /* The time limit stays: a reload that takes it away takes it from a run that hangs just then, too. */
    const struct trouble none = {.name = "none", .lines = trouble->lines};
    const size_t outdated = cg_chaos_count_log(&chaos, OUTDATED);
    configure(&none);
    reload();
    /* One that is at work has the trouble to its end. */
    const size_t more = cg_chaos_count_log(&chaos, OUTDATED) - outdated;
    cg_chaos_wait_log(&chaos, ENDED, cg_chaos_count_log(&chaos, ENDED) + 1 + more);
    (void)wait_for_row(what, "status = 'completed'", last);
    long long after = wait_for_truth(what, "completed");
    cr_assert_lt(after, TRUTH_MS);
}

static void suffer(const struct trouble *trouble) {
    long long last = last_row("1");
    long long others = completed_of_others();
    cg_chaos_revise(&chaos);
    configure(trouble);
    reload();
    last = see_trouble(trouble, last);
    long long took = trouble->completed || trouble->recovers ? wait_for_agreement(trouble->name)
                                                             : wait_for_truth(trouble->name, "failed");
    cr_assert_geq(cg_chaos_count_log(&chaos, "gamma"), 1, "%s: the log does not name the tenant", trouble->name);
    check_processes(trouble->name);
    make_good(trouble, last);
    wait_for_others(trouble->name, others);
    check_processes(trouble->name);
    check_load(trouble->name);
    cg_chaos_tell(trouble->name, "told by readiness after %lld ms", took);
}

static const struct trouble crashes[] = {
    {.name = "abort in an allocator",
     .settings = OVERRIDE("trouble_abort"),
     .sentence = "''trouble_abort'' of module ''trouble_overrides'' crashed (signal 6, Aborted) while it worked on",
     .recovers = 1},
    {.name = "segmentation fault in an allocator",
     .settings = OVERRIDE("trouble_segv"),
     .sentence = "''trouble_segv'' of module ''trouble_overrides'' crashed (signal 11, Segmentation fault) while it "
                 "worked on",
     .recovers = 1},
#ifndef __SANITIZE_ADDRESS__
    {.name = "an allocator that takes all memory",
     .settings = OVERRIDE("trouble_eat"),
     .sentence = "''trouble_eat'' of module ''trouble_overrides'' crashed (signal 6, Aborted) because the worker ran "
                 "out of its memory of 96 MiB (features.worker_memory_mib) while it worked on",
     .recovers = 1},
#endif
    {.name = "abort in an emitter",
     .emitters = EMITTER("abort"),
     .sentence = "emitter 'first' of module 'trouble_emitter' crashed (signal 6, Aborted) in rows()",
     .completed = 1},
};

Test(chaos_workers, crash) {
#ifndef __SANITIZE_ADDRESS__
    chaos.features = "  worker_memory_mib: 96\n";
#endif
    make();
    begin();
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        suffer(&crashes[i]);
    /* What the emitter with the trouble has left is no difference that counts. */
    cg_test_db_execute(chaos.folder, "gamma.db", "DELETE FROM emission_records WHERE emitter_name = 'first'");
    end("crashes");
}

/* Somebody else kills a worker at work. */
static void kill_worker(unsigned number) {
    static const char sql[] = "SELECT COALESCE(MAX(o.pid), 0) FROM pipeline_runs r JOIN cg_run_owners o ON o.run_id = "
                              "r.id WHERE r.status = 'running'";
    long long last = last_row("status <> 'running'");
    long long others = completed_of_others();
    pid_t pid = 0;
    char *what = cg_test_format("SIGKILL %u", number);
    cg_chaos_revise(&chaos);
    for (int killed = 0; !killed;) {
        pid = (pid_t)cg_chaos_number(&chaos, "gamma", sql);
        if (pid)
            (void)usleep(1000 * cg_chaos_draw(&chaos, 60));
        killed = pid && cg_test_proc_lives(pid) && kill(pid, SIGKILL) == 0;
        cr_assert(cg_test_process_runs(&chaos.api.process, 1), "the service has ended");
    }
    /* It may have told its result already; then it has merely ended badly, and its row is what it was. */
    long long row = wait_for_row(what, "status <> 'running'", last);
    (void)wait_for_row(what, "status = 'completed'", row - 1);
    (void)wait_for_truth(what, "completed");
    wait_for_others(what, others);
    check_processes(what);
    check_load(what);
    free(what);
}

Test(chaos_workers, are_killed) {
    make();
    begin();
    for (unsigned i = 0; i < KILLS; i++)
        kill_worker(i);
    long long told = cg_chaos_number(&chaos, "gamma",
                                     "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND ended_at IS NOT "
                                     "NULL AND error_message LIKE '%crashed (signal 9, Killed)%'");
    long long others = cg_chaos_number(&chaos, "gamma",
                                       "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message "
                                       "NOT LIKE '%crashed (signal 9, Killed)%'");
    cr_assert(told >= 1 && others == 0, "%lld rows tell of the kill, %lld of something else", told, others);
    cg_chaos_tell("workers killed from outside", "%d, %lld of them in the middle of a run", KILLS, told);
    end("kills");
}

/* The wish to stop, TERM, ten seconds of grace, KILL. */
Test(chaos_workers, hang) {
    static const struct trouble hanging = {
        .name = "an allocator that never answers",
        .lines = "    tenant_execution_timeout_seconds: 3\n",
        .settings = OVERRIDE("trouble_hang"),
        .sentence = "Execution timed out after 3s: allocator ''trouble_hang'' of module ''trouble_overrides'' was "
                    "running",
    };
    make();
    begin();
    suffer(&hanging);
    end("a hanging worker");
}

/* ---- disk ---- */

/* Leaves so much room on the tenant's disk. */
static void leave_room(const char *place, unsigned long kib) {
    struct statvfs found;
    cr_assert_eq(statvfs(place, &found), 0);
    unsigned long used = (found.f_blocks - found.f_bfree) * found.f_frsize / 1024;
    char *size = cg_test_format("%luk", used + kib);
    cg_test_disk_resize(place, size);
    free(size);
}

/* A run that could not even be recorded has failed all the same. Where nobody has the database open, SQLite needs some
 * room to read it, too; then that is the problem. */
static void check_readiness_without_room(const char *what) {
    json_t *gamma = cg_test_api_readiness(&chaos.api, "gamma");
    const char *problem = json_string_value(json_object_get(gamma, "problem"));
    int ready = json_is_true(json_object_get(gamma, "tables_ready"));
    if (problem)
        cg_chaos_tell(what, "readiness says: %s", problem);
    cr_assert(ready || problem, "%s: readiness does not say why it is not ready", what);
    json_decref(gamma);
    if (ready)
        (void)wait_for_truth(what, "failed");
}

static void fill_disk(const char *place, unsigned long kib) {
    static const char sql[] = "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'";
    char *what = cg_test_format("%lu KiB left", kib);
    size_t told = cg_chaos_count_log(&chaos, "full");
    long long others = completed_of_others();
    for (int i = 0; i < 6; i++)
        cg_chaos_revise(&chaos);
    leave_room(place, kib);
    cg_chaos_wait_log(&chaos, "full", told + 1);
    check_readiness_without_room(what);
    cg_test_disk_resize(place, "64m");
    long long completed = cg_chaos_number(&chaos, "gamma", sql);
    for (int waited = 0; cg_chaos_number(&chaos, "gamma", sql) <= completed; waited++) {
        cr_assert_lt(waited, 1000, "%s: no run succeeds afterwards", what);
        (void)usleep(10000);
    }
    (void)wait_for_truth(what, "completed");
    wait_for_others(what, others);
    check_processes(what);
    check_load(what);
    free(what);
}

Test(chaos_workers, have_no_room) {
    static const unsigned long rooms[] = {0, 64, 256};
    char place[CG_TEST_PATH_SIZE];
    make();
    cg_test_folder_make(chaos.folder, "small");
    cg_test_path(chaos.folder, "small", place);
    chaos.tenants[GAMMA].database = "small/gamma.db";
    if (!cg_test_disk_make(place, "64m")) {
        cg_chaos_done(&chaos);
        cr_skip_test("this user may not mount a tmpfs, not even in a namespace of its own");
    }
    begin();
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        fill_disk(place, rooms[i]);
    end("a full disk");
    cg_test_disk_remove(place);
}
