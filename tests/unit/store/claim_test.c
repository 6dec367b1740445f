/* Of several stores one works on a tenant. On SQLite, which has no locks, with a driver that has them in files. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/claim.h"
#include "support.h"

/* ---- locks in files ---- */

#define MOST_LOCKS 8

static struct lock {
    struct cg_sql_connection *connection;
    int fd;
} locks[MOST_LOCKS];

static char folder[PATH_MAX / 2];

static cg_status lock_file(struct cg_sql_connection *connection, const char *name) {
    char path[PATH_MAX];
    size_t at = 0;
    snprintf(path, sizeof path, "%s/lock-%zu", folder, strlen(name));
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        cr_assert_eq(errno, EWOULDBLOCK);
        close(fd);
        return CG_TEMPORARY;
    }
    while (locks[at].connection)
        at++;
    locks[at] = (struct lock){connection, fd};
    return CG_OK;
}

static void unlock_file(struct cg_sql_connection *connection, const char *name) {
    (void)name;
    for (size_t i = 0; i < MOST_LOCKS; i++)
        if (locks[i].connection == connection) {
            close(locks[i].fd);
            locks[i] = (struct lock){0};
        }
}

static void close_and_unlock(struct cg_sql_connection *connection) {
    unlock_file(connection, NULL);
    stage_driver()->close(connection);
}

/* The driver, with locks. */
static const struct cg_sql_driver *locking_driver(const struct stage *stage) {
    static struct cg_sql_driver driver;
    const struct cg_sql_driver *usual = stage_driver();
    if (CG_HAS_MEMBER(usual, struct cg_sql_driver, unlock) && usual->lock)
        return usual;
    snprintf(folder, sizeof folder, "%s", stage->folder);
    driver = *usual;
    driver.struct_size = sizeof driver;
    driver.close = close_and_unlock;
    driver.lock = lock_file;
    driver.unlock = unlock_file;
    return &driver;
}

static struct cg_store *open_store(struct stage *stage, const char *tenant_id) {
    const struct cg_store_key key = {"confluent_cloud", tenant_id, "acme", 1};
    struct cg_store *store = NULL;
    assert_ok(stage, cg_store_open(locking_driver(stage), NULL, &stage->target, &key, 0, stage->logger, &store,
                                   &stage->error));
    return store;
}

static void done(struct stage *stage) {
    char path[PATH_MAX];
    for (size_t i = 0; i < 256; i++) {
        snprintf(path, sizeof path, "%s/lock-%zu", stage->folder, i);
        if (*stage->folder)
            unlink(path);
    }
    stage_done(stage);
}

/* ---- the claim ---- */

Test(store_claim, one_has_it) {
    struct stage stage;
    int32_t held = 0;
    stage_init(&stage);
    struct cg_store *first = open_store(&stage, "t-1");
    struct cg_store *second = open_store(&stage, "t-1");
    struct cg_store *other = open_store(&stage, "t-10");
    assert_ok(&stage, cg_store_claim(first, &held, &stage.error));
    cr_assert_eq(held, 1);
    cr_assert_eq(cg_store_claim(second, &held, &stage.error), CG_TEMPORARY);
    cr_assert_eq(held, 0);
    cr_assert_not_null(strstr(stage.error.text, "tenant 'acme': claiming the tenant: "), "%s", stage.error.text);
    assert_ok(&stage, cg_store_claim(other, &held, &stage.error));
    cg_store_release(first);
    assert_ok(&stage, cg_store_claim(second, &held, &stage.error));
    cr_assert_eq(cg_store_claim(first, &held, &stage.error), CG_TEMPORARY);
    cg_store_close(second);
    held = 0;
    for (int i = 0; i < 200 && !held; i++) {
        (void)cg_store_claim(first, &held, &stage.error);
        (void)usleep(10000);
    }
    cr_assert_eq(held, 1, "%s", stage.error.text);
    cg_store_close(first);
    cg_store_close(other);
    done(&stage);
}

/* Starts a process that claims the tenant and begins a run, and then waits to be killed. */
static pid_t start_elsewhere(struct stage *stage) {
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        int64_t id = 0;
        int32_t held = 0;
        struct cg_store *store = open_store(stage, "t-1");
        if (cg_store_claim(store, &held, &stage->error) != CG_OK || !held ||
            cg_store_run_start(store, at("2026-02-01"), &id, &stage->error) != CG_OK)
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    char byte = 0;
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

Test(store_claim, goes_on_with_the_death_of_its_process) {
    struct stage stage;
    struct cg_run_holder holder;
    int32_t held = 0;
    stage_init(&stage);
    struct cg_store *store = open_store(&stage, "t-1");
    pid_t child = start_elsewhere(&stage);
    cr_assert_eq(cg_store_claim(store, &held, &stage.error), CG_TEMPORARY);
    assert_ok(&stage, cg_store_run_holder(store, &holder, &stage.error));
    cr_assert(holder.run == 1 && holder.last_run == 1 && holder.pid == child && *holder.machine, "%lld %lld",
              (long long)holder.run, (long long)holder.pid);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    for (int i = 0; i < 200 && !held; i++) {
        (void)cg_store_claim(store, &held, &stage.error);
        (void)usleep(10000);
    }
    cr_assert_eq(held, 1, "%s", stage.error.text);
    cg_store_close(store);
    done(&stage);
}

Test(store_claim, sqlite_has_none) {
    struct stage stage;
    int32_t held = 1;
    stage_init(&stage);
    if (!stage_on_postgres()) {
        stage_open(&stage);
        assert_ok(&stage, cg_store_claim(stage.store, &held, &stage.error));
        cr_assert_eq(held, 0);
        cg_store_release(stage.store);
    }
    stage_done(&stage);
}

Test(store_claim, names) {
    char names[4][CG_CLAIM_NAME_SIZE];
    char long_id[400];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    cr_assert_str_eq(cg_claim_name("confluent_cloud", "t-1", names[0]), "run:confluent_cloud/t-1");
    cg_claim_name("e", long_id, names[0]);
    cg_claim_name("f", long_id, names[1]);
    cg_claim_name("e", long_id + 1, names[2]);
    cg_claim_name("e", long_id, names[3]);
    cr_assert_lt(strlen(names[0]), 200);
    cr_assert_str_eq(names[0], names[3]);
    cr_assert_str_neq(names[0], names[1]);
    cr_assert_str_neq(names[0], names[2]);
    /* The longest that is not shortened. */
    long_id[200 - strlen("run:e/")] = '\0';
    cr_assert_eq(strlen(cg_claim_name("e", long_id, names[0])), 200);
    cr_assert_eq(strncmp(names[0], "run:e/xxx", 9), 0);
}

/* ---- what follows from it for rows ---- */

Test(store_claim, who_has_it_buries_the_living) {
    struct stage stage;
    int64_t id = 0;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_run_start(stage.store, at("2026-02-01"), &id, &stage.error));
    stage_run(&stage, "INSERT INTO pipeline_runs (tenant_name, started_at, status, dates_gathered, dates_calculated, "
                      "rows_written) VALUES ('other', '2026-01-01 00:00:00.000000', 'running', 0, 0, 0)");
    assert_ok(&stage, cg_store_run_bury(stage.store, at("2026-02-02"), &stage.error));
    assert_rows(&stage, "SELECT tenant_name || ' ' || status FROM pipeline_runs ORDER BY id",
                "acme failed\nother running");
    assert_rows(&stage, "SELECT error_message FROM pipeline_runs WHERE status = 'failed'", CG_RUN_ORPHANED);
    assert_rows(&stage, "SELECT count(*) FROM cg_run_owners", "0");

    /* Its process learns of it, and what is written stays. */
    const struct cg_run_result result = {.status = CG_RUN_COMPLETED};
    cr_assert_eq(cg_store_run_progress(stage.store, id, CG_STAGE_CALCULATING, CG_TIME_NONE, &stage.error),
                 CG_NOT_FOUND);
    cr_assert_str_eq(stage.error.text, "tenant 'acme': run 1 was declared dead by another process");
    cr_assert_eq(cg_store_run_finish(stage.store, id, at("2026-02-02"), &result, &stage.error), CG_NOT_FOUND);
    assert_rows(&stage, "SELECT status FROM pipeline_runs WHERE tenant_name = 'acme'", "failed");
    stage_done(&stage);
}

struct turn {
    const char *name;
    const char *status;
    const char *message; /* NULL: none */
    int ended;
    int had_its_turn;
};

static const struct turn turns[] = {
    {"well", CG_RUN_COMPLETED, NULL, 1, 1},
    {"with an error", CG_RUN_FAILED, "Gather phase failed: no", 1, 1},
    {"a crash", CG_RUN_FAILED, "module x crashed (signal 11)", 1, 1},
    {"its process was gone", CG_RUN_FAILED, CG_RUN_ORPHANED, 1, 0},
    {"stopped", CG_RUN_FAILED, "the run was stopped", 1, 0},
    {"stopped after an error", CG_RUN_FAILED, "Calculate failed for date 2026-01-01: no; the run was stopped", 1, 0},
    {"stopped in a module", CG_RUN_FAILED, "The run was stopped in module x", 1, 0},
    {"at work", CG_RUN_RUNNING, NULL, 0, 0},
};

Test(store_claim, turns) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_run_row row;
    assert_ok(&stage, cg_store_run_newest(stage.store, stage.arena, &row, &stage.error));
    cr_assert_eq(row.found, 0);
    cr_assert_eq(cg_run_had_its_turn(&row), 0);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        int64_t id = 0;
        /* Each seems to be older than the one before: numbers count. */
        int64_t now = at("2026-02-01") - (int64_t)i * HOUR;
        const struct cg_run_result result = {.status = turns[i].status, .error_message = turns[i].message};
        assert_ok(&stage, cg_store_run_start(stage.store, now, &id, &stage.error));
        if (turns[i].ended)
            assert_ok(&stage, cg_store_run_finish(stage.store, id, now + SECOND, &result, &stage.error));
        assert_ok(&stage, cg_store_run_newest(stage.store, stage.arena, &row, &stage.error));
        cr_assert(row.found && row.id == id, "%s", turns[i].name);
        cr_assert_eq(row.ended_at, turns[i].ended ? now + SECOND : CG_TIME_NONE, "%s", turns[i].name);
        cr_assert_eq(cg_run_had_its_turn(&row), turns[i].had_its_turn, "%s", turns[i].name);
    }
    stage_done(&stage);
}

struct silence {
    const char *name;
    const char *sql;
    int alive;
};

static const struct silence silences[] = {
    {"this process", "UPDATE cg_run_owners SET seen_at = '2026-01-01 00:00:00.000000'", 1},
    {"elsewhere, two minutes ago", "UPDATE cg_run_owners SET machine = 'far', seen_at = '2026-02-01 23:58:00.000000'",
     1},
    {"elsewhere, four minutes ago", "UPDATE cg_run_owners SET machine = 'far', seen_at = '2026-02-01 23:56:00.000000'",
     0},
};

/* What readers are told is a shorter patience than what a takeover without a lock needs. */
Test(store_claim, readers_are_told_of_silence_soon) {
    struct stage stage;
    int64_t id = 0;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_run_start(stage.store, at("2026-02-01"), &id, &stage.error));
    for (size_t i = 0; i < sizeof silences / sizeof *silences; i++) {
        struct cg_run_row row;
        stage_run(&stage, silences[i].sql);
        assert_ok(&stage, cg_store_run_latest(stage.store, at("2026-02-02"), stage.arena, &row, &stage.error));
        cr_assert_eq(row.alive, silences[i].alive, "%s", silences[i].name);
        cr_assert_eq(row.id, id);
    }
    stage_done(&stage);
}
