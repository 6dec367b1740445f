#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "old.h"

/* Facts of an old database that takes a while. */
#define FACTS "100000"
#define KILLS 12
#define PROCESSES 4

static void make_large(struct stage *stage, const char *facts) {
    char sql[512];
    stage_init(stage);
    old_make(stage, "028");
    stage_run(stage, "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, identity_id) "
                     "WITH RECURSIVE s (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM s WHERE n < 1099) "
                     "SELECT n, 'confluent_cloud', 't-1', 'lkc-9', 'u-' || n FROM s");
    snprintf(sql, sizeof sql,
             "INSERT INTO chargeback_facts WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < "
             "%s - 1) SELECT date('2026-01-12', '+' || (n / 1000) || ' days') || ' 00:00:00.000000', 100 + n %% 1000, "
             "'12.345678', '{}' FROM s",
             facts);
    stage_run(stage, sql);
}

static void check_done(struct stage *stage) {
    assert_rows(stage, "SELECT version_num FROM alembic_version", "032");
    assert_rows(stage, "SELECT count(*) FROM chargeback_facts WHERE dimension_id >= 100 AND length(timestamp) = 19",
                FACTS);
    assert_rows(stage, stage_soundness(), "ok");
}

static void check_untouched(struct stage *stage) {
    assert_rows(stage, "SELECT version_num FROM alembic_version", "028");
    assert_rows(stage, "SELECT count(*) FROM chargeback_facts WHERE dimension_id >= 100 AND length(timestamp) = 26",
                FACTS);
    assert_rows(stage, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'cg!_%' ESCAPE '!'", "0");
    assert_rows(stage, stage_soundness(), "ok");
}

Test(store_adopt_large, a_killed_adoption_changes_nothing, .timeout = 110) {
    struct stage stage;
    size_t untouched = 0;
    make_large(&stage, FACTS);
    for (long i = 0; i < KILLS; i++) {
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0)
            _exit(stage_try(&stage, 1, 0) == CG_OK ? 0 : 1);
        const struct timespec pause = {0, i * 50000000 + 1000000};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int state = 0;
        cr_assert_eq(waitpid(child, &state, 0), child);
        cr_assert(WIFSIGNALED(state) || WEXITSTATUS(state) == 0, "the adoption failed");
        if (strcmp(stage_rows(&stage, "SELECT version_num FROM alembic_version"), "032") == 0)
            break;
        check_untouched(&stage);
        untouched++;
    }
    cr_assert_gt(untouched, 0);
    stage_open(&stage);
    check_done(&stage);
    stage_done(&stage);
}

Test(store_adopt_large, two_processes_adopt_one_database, .timeout = 110) {
    struct stage stage;
    pid_t children[PROCESSES];
    /* Much shorter than the adoption: whoever comes second has to come again. */
    const struct cg_field query[] = {{.key = "timeout", .value = "0.1"}};
    make_large(&stage, FACTS);
    const struct cg_sql_target target = {
        .struct_size = sizeof target, .scheme = "sqlite", .database = stage.path, .query = query, .query_count = 1};
    const struct cg_store_key key = {"confluent_cloud", "t-1", "acme", 1};
    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        cr_assert_geq(children[i], 0);
        if (children[i] != 0)
            continue;
        cg_status status =
            cg_store_open(stage_driver(), NULL, &target, &key, 0, stage.logger, &stage.store, &stage.error);
        if (status != CG_OK)
            fprintf(stderr, "%s\n", stage.error.text);
        _exit(status == CG_OK ? 0 : 1);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int state = 0;
        cr_assert_eq(waitpid(children[i], &state, 0), children[i]);
        cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "process %zu could not open the database", i);
    }
    check_done(&stage);
    const char *log = stage_log(&stage);
    const char *first = strstr(log, "brought from revision");
    cr_assert_not_null(first, "%s", log);
    cr_assert_null(strstr(first + 1, "brought from revision"), "%s", log);
    stage_done(&stage);
}

Test(store_adopt_large, a_full_disk_changes_nothing, .timeout = 110) {
    struct stage stage;
    struct rlimit old;
    make_large(&stage, FACTS);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit limit = {16 * 1024 * 1024, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cg_status status = stage_try(&stage, 1, 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    cr_assert_eq(status, CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "the disk is full"), "%s", stage.error.text);
    cr_assert_not_null(strstr(stage.error.text, "bringing the table"), "%s", stage.error.text);
    check_untouched(&stage);
    stage_open(&stage);
    check_done(&stage);
    stage_done(&stage);
}

/* Most memory of a process that adopts so many facts, in KiB. */
static long memory_for(const char *facts) {
    struct stage stage;
    struct rusage usage;
    int state = 0;
    make_large(&stage, facts);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0)
        _exit(stage_try(&stage, 1, 0) == CG_OK ? 0 : 1);
    cr_assert_eq(wait4(child, &state, 0, &usage), child);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "the database could not be opened");
    stage_done(&stage);
    return usage.ru_maxrss;
}

Test(store_adopt_large, memory_does_not_grow_with_the_rows, .timeout = 110) {
#if defined(__SANITIZE_ADDRESS__)
    cr_skip_test("measures the memory of the program itself");
#endif
    long some = memory_for("100000");
    long many = memory_for("500000");
    cr_assert_lt(many - some, 6 * 1024, "%ld KiB became %ld KiB", some, many);
}

/* A driver that fails once, at one of its calls. */
static struct cg_sql_driver failing;
static size_t calls_left;

static cg_status next_call(void) {
    return calls_left-- == 0 ? CG_PERMANENT : CG_OK;
}

static cg_status failing_execute(struct cg_sql_connection *connection, const char *sql) {
    cg_status status = next_call();
    return status == CG_OK ? stage_driver()->execute(connection, sql) : status;
}

static cg_status failing_prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret) {
    cg_status status = next_call();
    return status == CG_OK ? stage_driver()->prepare(connection, sql, ret) : status;
}

static cg_status failing_step(struct cg_sql_statement *statement) {
    cg_status status = next_call();
    return status == CG_OK ? stage_driver()->step(statement) : status;
}

static cg_status failing_commit(struct cg_sql_connection *connection) {
    cg_status status = next_call();
    return status == CG_OK ? stage_driver()->commit(connection) : status;
}

static cg_status failing_exists(struct cg_sql_connection *connection, const char *table, int32_t *ret) {
    cg_status status = next_call();
    return status == CG_OK ? stage_driver()->table_exists(connection, table, ret) : status;
}

Test(store_adopt_large, a_failure_of_any_call_changes_nothing, .timeout = 110) {
    static char before[65536];
    static const char all[] = "SELECT name || coalesce(sql, '') FROM sqlite_master UNION ALL SELECT timestamp || "
                              "dimension_id || amount FROM chargeback_facts UNION ALL SELECT timestamp || resource_id "
                              "|| total_cost FROM billing UNION ALL SELECT version_num FROM alembic_version";
    struct stage stage;
    cg_status status = CG_PERMANENT;
    size_t calls = 0;
    stage_init(&stage);
    old_make(&stage, "003");
    const struct cg_sql_target target = {.struct_size = sizeof target, .scheme = "sqlite", .database = stage.path};
    const struct cg_store_key key = {"confluent_cloud", "t-1", "acme", 1};
    snprintf(before, sizeof before, "%s", stage_rows(&stage, all));
    failing = *stage_driver();
    failing.execute = failing_execute;
    failing.prepare = failing_prepare;
    failing.step = failing_step;
    failing.commit = failing_commit;
    failing.table_exists = failing_exists;
    for (; status != CG_OK; calls++) {
        calls_left = calls;
        status = cg_store_open(&failing, NULL, &target, &key, 0, NULL, &stage.store, &stage.error);
        if (status == CG_OK)
            break;
        cr_assert_eq(status, CG_PERMANENT, "call %zu: %s", calls, stage.error.text);
        assert_rows(&stage, all, before);
        cr_assert_lt(calls, 2000);
    }
    cr_assert_gt(calls, 100);
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    cr_assert_str_eq(old_content(&stage), old_wanted);
    stage_done(&stage);
}
