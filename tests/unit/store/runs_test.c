#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define RUN                                                                                                           \
    "SELECT id || ' ' || tenant_name || ' ' || status || ' ' || started_at || ' ' || coalesce(ended_at, '-') || ' ' " \
    "|| dates_gathered || dates_calculated || rows_written || ' ' || coalesce(error_message, '-') || ' ' || "         \
    "coalesce(stage, '-') || ' ' || coalesce(\"current_date\", '-') FROM pipeline_runs ORDER BY id"

Test(store_runs, a_run_from_start_to_end) {
    struct stage stage;
    int64_t id = 0;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_run_start(stage.store, at("2026-02-01T08:00:00.5"), &id, &stage.error));
    assert_rows(&stage, RUN, "1 acme running 2026-02-01 08:00:00.500000 - 000 - - -");
    assert_ok(&stage, cg_store_run_progress(stage.store, id, CG_STAGE_CALCULATING, at("2026-01-10"), &stage.error));
    assert_rows(&stage, RUN, "1 acme running 2026-02-01 08:00:00.500000 - 000 - calculating 2026-01-10");
    assert_ok(&stage, cg_store_run_progress(stage.store, id, CG_STAGE_GATHERING, CG_TIME_NONE, &stage.error));
    assert_rows(&stage, RUN, "1 acme running 2026-02-01 08:00:00.500000 - 000 - gathering -");
    const struct cg_run_result result = {CG_RUN_COMPLETED, 1, 2, 3, NULL};
    assert_ok(&stage, cg_store_run_finish(stage.store, id, at("2026-02-01T09:00:00"), &result, &stage.error));
    assert_rows(&stage, RUN, "1 acme completed 2026-02-01 08:00:00.500000 2026-02-01 09:00:00.000000 123 - - -");
    assert_rows(&stage, "SELECT count(*) FROM cg_run_owners", "0");
    /* It has ended; a late report changes nothing. */
    assert_ok(&stage, cg_store_run_fail(stage.store, id, at("2026-02-01T10:00:00"), "killed", &stage.error));
    assert_rows(&stage, "SELECT status FROM pipeline_runs", "completed");
    cr_assert_eq(cg_store_run_finish(stage.store, 99, 0, &result, &stage.error), CG_NOT_FOUND);
    stage_done(&stage);
}

Test(store_runs, a_sign_of_life) {
    struct stage stage;
    int64_t id = 0;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_run_start(stage.store, at("2026-02-01"), &id, &stage.error));
    assert_ok(&stage, cg_store_run_progress(stage.store, id, CG_STAGE_GATHERING, CG_TIME_NONE, &stage.error));
    stage_run(&stage, "UPDATE cg_run_owners SET seen_at = '2026-02-01 00:00:00.000000'");
    assert_ok(&stage, cg_store_run_touch(stage.store, id, &stage.error));
    assert_rows(&stage, "SELECT count(*) FROM cg_run_owners WHERE seen_at > '2026-02-01 00:00:00.000000'", "1");
    assert_rows(&stage, "SELECT stage FROM pipeline_runs", "gathering");
    const struct cg_run_result result = {.status = CG_RUN_COMPLETED};
    assert_ok(&stage, cg_store_run_finish(stage.store, id, at("2026-02-02"), &result, &stage.error));
    assert_ok(&stage, cg_store_run_touch(stage.store, id, &stage.error));
    assert_rows(&stage, "SELECT COUNT(*) FROM cg_run_owners", "0");
    stage_done(&stage);
}

Test(store_runs, a_long_message_is_cut_between_characters) {
    struct stage stage;
    int64_t id = 0;
    static char message[3 * 2100 + 1];
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i + 1 < sizeof message; i++)
        message[i] = "\xe2\x82\xac"[i % 3];
    assert_ok(&stage, cg_store_run_start(stage.store, 0, &id, &stage.error));
    assert_ok(&stage, cg_store_run_fail(stage.store, id, 0, message, &stage.error));
    assert_rows(&stage,
                stage_on_postgres() ? "SELECT status || ' ' || length(error_message) || ' ' || "
                                      "octet_length(error_message) FROM pipeline_runs"
                                    : "SELECT status || ' ' || length(error_message) || ' ' || "
                                      "length(CAST(error_message AS BLOB)) FROM pipeline_runs",
                "failed 2000 6000");
    stage_done(&stage);
}

/* Starts a run in a child process, which then waits to be killed. */
static pid_t start_elsewhere(struct stage *stage) {
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        int64_t id = 0;
        stage->store = NULL;
        if (stage_try(stage, 1, 0) != CG_OK ||
            cg_store_run_start(stage->store, at("2026-02-01"), &id, &stage->error) != CG_OK)
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

#define ORPHANED "Orphaned — process restarted before completion"

Test(store_runs, the_living_are_left_alone_and_the_dead_are_buried) {
    struct stage stage;
    int64_t alive = -1;
    stage_init(&stage);
    stage_open(&stage);
    pid_t child = start_elsewhere(&stage);
    stage_run(&stage, "INSERT INTO pipeline_runs (tenant_name, started_at, status) VALUES "
                      "('acme', '2026-01-01 00:00:00.000000', 'running'), "
                      "('other', '2026-01-01 00:00:00.000000', 'running')");
    assert_ok(&stage, cg_store_run_recover(stage.store, at("2026-02-02"), &alive, &stage.error));
    cr_assert_eq(alive, 1);
    assert_rows(&stage, "SELECT id || status FROM pipeline_runs ORDER BY id", "1running\n2failed\n3running");

    /* Dead, but not yet collected by its parent: dead all the same. */
    cr_assert_eq(kill(child, SIGKILL), 0);
    siginfo_t info;
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_ok(&stage, cg_store_run_recover(stage.store, at("2026-02-02"), &alive, &stage.error));
    cr_assert_eq(alive, 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    assert_rows(&stage, "SELECT status || ' ' || ended_at || ' ' || error_message FROM pipeline_runs WHERE id = 1",
                "failed 2026-02-02 00:00:00.000000 " ORPHANED);
    cr_assert_not_null(
        strstr(stage_log(&stage), "INFO Cleaned up orphaned 'running' PipelineRun for tenant acme (id=1)"));
    stage_done(&stage);
}

struct owner {
    const char *name;
    const char *sql;
    int alive;
};

static const struct owner owners[] = {
    {"this process", "SELECT 1", 1},
    {"another process got its number", "UPDATE cg_run_owners SET process_start = '1'", 0},
    {"before the machine started again", "UPDATE cg_run_owners SET boot = 'earlier'", 0},
    {"elsewhere, reported just now", "UPDATE cg_run_owners SET machine = 'far', seen_at = '2026-02-01 23:55:00.000000'",
     1},
    {"elsewhere, silent for long", "UPDATE cg_run_owners SET machine = 'far', seen_at = '2026-02-01 23:49:00.000000'",
     0},
    {"not known", "DELETE FROM cg_run_owners", 0},
};

Test(store_runs, owners) {
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        struct stage stage;
        int64_t id = 0;
        int64_t alive = -1;
        stage_init(&stage);
        stage_open(&stage);
        assert_ok(&stage, cg_store_run_start(stage.store, at("2026-02-01"), &id, &stage.error));
        stage_run(&stage, owners[i].sql);
        assert_ok(&stage, cg_store_run_recover(stage.store, at("2026-02-02"), &alive, &stage.error));
        cr_assert_eq(alive, owners[i].alive ? id : 0, "%s", owners[i].name);
        cr_assert_str_eq(stage_rows(&stage, "SELECT status FROM pipeline_runs"), owners[i].alive ? "running" : "failed",
                         "%s", owners[i].name);
        stage_done(&stage);
    }
}
