/*
 * The host process is killed again and again while clients read and write: nothing that was answered is lost, no tenant
 * is worked on twice at a time, nobody is left behind, and in the end the books are those of a quiet life.
 *
 * CG_CHAOS_RESTARTS: how often; CG_CHAOS_SEED: other moments.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"

#ifdef __SANITIZE_ADDRESS__
#define RESTARTS 5
#else
#define RESTARTS 10
#endif

/* A life lasts so long at most, from the first answer on; every fifth one ends before that. */
#define LONGEST_LIFE_MS 1300
#define LONGEST_YOUTH_MS 40

/* Workers die with their host process; this is the time for the kernel, and for looking. */
#define LONGEST_AFTERLIFE_MS 1000

#define ORPHANED "Orphaned — process restarted before completion"

static struct cg_chaos chaos;

/* What was seen while the service was disturbed. */
struct seen {
    size_t looks;
    size_t workers;       /* looks with a worker that has a database open */
    size_t interrupted;   /* kills that met one */
    long long afterlife;  /* ms, longest */
    long long answer_ms;  /* until the first 200, longest */
    long long answers_ms; /* all together */
    long long runs[2];    /* of each tenant: the last row that a living process owned */
    pid_t owners[2];
};

/* ---- while it lives ---- */

/* No tenant has two workers at its database. */
static size_t look_at_workers(struct seen *seen) {
    struct cg_test_proc found[CG_TEST_MOST_PROCS];
    size_t count = cg_test_proc_find(chaos.mark, found);
    size_t all = 0;
    for (size_t t = 0; t < chaos.tenant_count; t++) {
        size_t holders = 0;
        char *path = cg_test_format("%s/%s.db", chaos.folder, chaos.tenants[t].name);
        for (size_t i = 0; i < count; i++)
            holders += found[i].worker && cg_test_proc_holds(found[i].pid, path) && cg_test_proc_lives(found[i].pid);
        cr_assert_leq(holders, 1, "%zu workers have the database of %s open", holders, chaos.tenants[t].name);
        all += holders;
        free(path);
    }
    seen->workers += all > 0;
    return all;
}

/* At most one run of a tenant is owned by a living process, and nobody buries one alive. */
static void look_at_runs(struct seen *seen, size_t tenant) {
    char name[64];
    (void)snprintf(name, sizeof name, "%s.db", chaos.tenants[tenant].name);
    sqlite3 *db = cg_test_db_open(chaos.folder, name);
    char *owners = cg_test_db_text(db, "SELECT group_concat(r.id || ' ' || o.pid) FROM pipeline_runs r JOIN "
                                       "cg_run_owners o ON o.run_id = r.id WHERE r.status = 'running'");
    size_t living = 0;
    for (const char *at = owners; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : "") {
        char *end = NULL;
        long long run = strtoll(at, &end, 10);
        pid_t pid = (pid_t)strtol(end, NULL, 10);
        if (!cg_test_proc_lives(pid))
            continue;
        living++;
        seen->runs[tenant] = run;
        seen->owners[tenant] = pid;
    }
    cr_assert_leq(living, 1, "%zu runs of %s go on: %s", living, name, owners);
    free(owners);
    char *sql = cg_test_format("SELECT COUNT(*) FROM pipeline_runs WHERE id = %lld AND error_message = '" ORPHANED "'",
                               seen->runs[tenant]);
    if (seen->runs[tenant] && cg_test_proc_lives(seen->owners[tenant]) && cg_test_db_number(db, sql)) {
        (void)usleep(200000); /* somebody who has just been killed may still be seen */
        cr_assert(!cg_test_proc_lives(seen->owners[tenant]), "run %lld of %s was given up while its process %d lives",
                  seen->runs[tenant], name, (int)seen->owners[tenant]);
    }
    free(sql);
    cg_test_db_close(db);
}

static void look_for(struct seen *seen, long long milliseconds) {
    long long until = cg_test_clock_ms() + milliseconds;
    while (cg_test_clock_ms() < until) {
        long long left = until - cg_test_clock_ms();
        (void)look_at_workers(seen);
        for (size_t i = 0; i < chaos.tenant_count; i++)
            look_at_runs(seen, i);
        seen->looks++;
        cr_assert(cg_test_process_runs(&chaos.api.process, left > 10 ? 10 : (int)left), "the service has ended");
    }
}

/* ---- one life ---- */

static void kill_host(struct seen *seen, const char *what) {
    struct cg_test_result result;
    seen->interrupted += look_at_workers(seen) > 0;
    cr_assert_eq(kill(chaos.api.process.pid, SIGKILL), 0);
    long long afterlife = cg_test_proc_silence(chaos.mark, 0, LONGEST_AFTERLIFE_MS);
    cr_assert_geq(afterlife, 0, "%s: somebody is left behind", what);
    if (afterlife > seen->afterlife)
        seen->afterlife = afterlife;
    cg_chaos_reap(&chaos, &result);
    cr_assert_eq(result.signal, SIGKILL, "%s: it had ended with %d: %s", what, result.exit_status, result.err);
    cg_test_has_not(what, result.err, "CRITICAL");
    cg_test_result_done(&result);
}

static void await(struct seen *seen) {
    cg_test_api_await(&chaos.api);
    seen->answers_ms += chaos.api.first_ms;
    if (chaos.api.first_ms > seen->answer_ms)
        seen->answer_ms = chaos.api.first_ms;
}

static void live_and_die(struct seen *seen, unsigned number) {
    char *what = cg_test_format("life %u", number);
    cg_chaos_revise(&chaos);
    if (number % 5 == 4) {
        cg_chaos_launch(&chaos, "both");
        (void)usleep(1000 * cg_chaos_draw(&chaos, LONGEST_YOUTH_MS));
        kill_host(seen, what);
    }
    cg_chaos_launch(&chaos, "both");
    await(seen);
    look_for(seen, cg_chaos_draw(&chaos, LONGEST_LIFE_MS));
    kill_host(seen, what);
    free(what);
}

/* ---- the end ---- */

/* Every run that did not end well says that its process died. */
static long long check_runs(const char *tenant) {
    static const char others[] = "SELECT COUNT(*) FROM pipeline_runs WHERE status NOT IN ('completed', 'failed') OR "
                                 "ended_at IS NULL OR (status = 'failed' AND error_message <> '" ORPHANED "')";
    cr_assert_eq(cg_chaos_number(&chaos, tenant, others), 0, "%s: runs that ended otherwise", tenant);
    return cg_chaos_number(&chaos, tenant, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'");
}

/* A last life without disturbance: the service itself finds what the dead have left. */
static void live_in_peace(struct seen *seen) {
    struct cg_test_result result;
    size_t cycles = 2;
    cg_chaos_launch(&chaos, "both");
    await(seen);
    cg_chaos_wait_log(&chaos, "Tenant acme: gathered=", cycles);
    cg_chaos_wait_log(&chaos, "Tenant beta: gathered=", cycles);
    json_t *readiness = cg_test_api_json(&chaos.api, "/api/v1/readiness");
    cr_assert_str_eq(cg_test_json_text(readiness, "status"), "ready");
    json_decref(readiness);
    cg_test_process_signal(&chaos.api.process, SIGTERM);
    cg_chaos_reap(&chaos, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
    cr_assert_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_STOPPING), 1);
    cg_chaos_run(&chaos); /* the stop may have come in the middle of one more */
}

/* A stopped run is no orphan. */
static void forgive_the_stop(void) {
    for (size_t i = 0; i < chaos.tenant_count; i++) {
        char *name = cg_test_format("%s.db", chaos.tenants[i].name);
        cg_test_db_execute(chaos.folder, name,
                           "DELETE FROM pipeline_runs WHERE status = 'failed' AND error_message LIKE '%was stopped%'");
        free(name);
    }
}

Test(chaos_host, is_killed_again_and_again) {
    static const char *const tenants[] = {"acme", "beta", NULL};
    const unsigned restarts = cg_chaos_setting("CG_CHAOS_RESTARTS", RESTARTS);
    struct cg_test_load_figures figures;
    struct seen seen = {0};
    cg_chaos_usual(&chaos);
    cg_chaos_make(&chaos);
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    struct cg_test_load *load = cg_test_load_start(&(struct cg_test_load_options){.tenants = tenants,
                                                                                  .resource = chaos.resource,
                                                                                  .port = chaos.api.port,
                                                                                  .readers = 4,
                                                                                  .writers = 2,
                                                                                  .pause_us = 8000,
                                                                                  .triggers = 1,
                                                                                  .excused = 1});
    for (unsigned i = 0; i < restarts; i++)
        live_and_die(&seen, i);
    cg_test_load_stop(load, &figures);
    live_in_peace(&seen);
    forgive_the_stop();
    cg_chaos_compare(&chaos, "after many deaths");
    long long orphans = check_runs("acme") + check_runs("beta");
    size_t tags = cg_test_load_check(load, chaos.folder);
    cr_assert_eq(figures.errors + figures.late, 0, "%zu answers were 5xx, %zu late; %s", figures.errors, figures.late,
                 figures.first);
    cr_assert(figures.good > restarts && figures.written > restarts, "there was no load");
    cg_chaos_tell("restarts", "%u, %zu of them met a worker at its database; %lld orphaned runs, all told as such",
                  restarts, seen.interrupted, orphans);
    cg_chaos_tell("first 200 after a restart", "%lld ms on average, %lld ms at most (under load)",
                  seen.answers_ms / (restarts + 1), seen.answer_ms);
    cg_chaos_tell("longest life of a worker after its host", "%lld ms", seen.afterlife);
    cg_chaos_tell("looks at workers and runs", "%zu, %zu of them saw a worker; never two of one tenant", seen.looks,
                  seen.workers);
    cg_chaos_tell_load("load during restarts", &figures);
    cg_chaos_tell("tags looked for in the end", "%zu, none lost", tags);
    cg_test_load_free(load);
    cg_chaos_done(&chaos);
}
