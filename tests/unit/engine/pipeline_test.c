/* Whole runs in this process, with the real database and an ecosystem for tests. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/check.h"
#include "engine/pipeline.h"
#include "net/metrics_source.h"
#include "net/net.h"
#include "store/runs.h"

#define SQLITE CG_TEST_BINARY_DIR "/lib/chitragupt/plugins/sqlite.so"
#define PLUGINS CG_TEST_BINARY_DIR "/tests/plugins/"

/* ---- what the run calls, replaced when linking ---- */

static int database_is_locked;  /* progress cannot be written */
static int run_is_interrupted;  /* and the reason is that the run is to stop */
static int registers_in_one_go; /* looking for other runs and inserting ours: calls inside a transaction */
static size_t metrics_fail;     /* so many fetches fail */
static int has_samples;         /* the others are answered with something */

static const struct cg_metric_point known_point = {.value = 1};
static const struct cg_metric_series one_series = {
    .struct_size = sizeof one_series, .key = "bytes", .points = &known_point, .point_count = 1};
static const struct cg_metric_series *const known_series = &one_series;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants these names */
cg_status __real_cg_store_run_progress(struct cg_store *store, int64_t id, const char *stage, int64_t date,
                                       struct cg_error *error);
cg_status __wrap_cg_store_run_progress(struct cg_store *store, int64_t id, const char *stage, int64_t date,
                                       struct cg_error *error);
cg_status __wrap_cg_store_run_progress(struct cg_store *store, int64_t id, const char *stage, int64_t date,
                                       struct cg_error *error) {
    if (run_is_interrupted)
        return cg_error_set(error, CG_CANCELLED, "interrupted");
    if (database_is_locked)
        return cg_error_set(error, CG_TEMPORARY, "the database is locked");
    return __real_cg_store_run_progress(store, id, stage, date, error);
}

cg_status __real_cg_store_run_recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error);
cg_status __wrap_cg_store_run_recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error);
cg_status __wrap_cg_store_run_recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error) {
    struct cg_error inside = {0};
    registers_in_one_go += cg_store_begin(store, &inside) == CG_INVALID;
    return __real_cg_store_run_recover(store, now, ret_alive, error);
}

cg_status __real_cg_store_run_start(struct cg_store *store, int64_t now, int64_t *ret_id, struct cg_error *error);
cg_status __wrap_cg_store_run_start(struct cg_store *store, int64_t now, int64_t *ret_id, struct cg_error *error);
cg_status __wrap_cg_store_run_start(struct cg_store *store, int64_t now, int64_t *ret_id, struct cg_error *error) {
    struct cg_error inside = {0};
    registers_in_one_go += cg_store_begin(store, &inside) == CG_INVALID;
    return __real_cg_store_run_start(store, now, ret_id, error);
}

cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    (void)source;
    for (size_t i = 0; i < count; i++) {
        struct cg_metrics *result = cg_arena_alloc(arena, sizeof *result);
        if (!result)
            return cg_error_no_memory(error);
        result->struct_size = sizeof *result;
        result->flags = metrics_fail ? CG_METRICS_FETCH_FAILED : 0;
        result->series = &known_series;
        result->series_count = has_samples && !metrics_fail;
        requests[i].result = result;
        requests[i].error = metrics_fail ? cg_arena_printf(arena, "outage %zu", metrics_fail) : NULL;
    }
    metrics_fail -= metrics_fail > 0;
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- a tenant of the test ecosystem ---- */

struct fixture {
    char folder[64];
    char path[128];
    int log_fd;
    struct cg_log *log;
    struct cg_modules *modules;
    struct cg_problems *problems;
    struct cg_settings *settings;
    struct cg_runtime *runtime;
    struct cg_observer observer;
    char errors[16384];
    char notes[16384];
    char logged[16384];
    uv_loop_t loop;
    struct cg_net *net;
    volatile int32_t cancelled;
    struct cg_pipeline_result result;
    struct cg_error error;
};

static void take_error(void *user, const char *text) {
    struct fixture *fixture = user;
    size_t used = strlen(fixture->errors);
    snprintf(fixture->errors + used, sizeof fixture->errors - used, "%s\n", text);
}

static void take_note(void *user, const char *text) {
    struct fixture *fixture = user;
    size_t used = strlen(fixture->notes);
    snprintf(fixture->notes + used, sizeof fixture->notes - used, "%s\n", text);
}

static void load(struct fixture *fixture, const char *ecosystem, const char *settings) {
    char text[2048];
    static const char *const paths[] = {SQLITE, PLUGINS "good/test_ecosystem.so", PLUGINS "old/old_ecosystem.so",
                                        PLUGINS "old/old_emitter.so"};
    snprintf(text, sizeof text,
             "tenants:\n  acme:\n    ecosystem: %s\n    tenant_id: acme\n    lookback_days: 6\n"
             "    cutoff_days: 1\n    storage:\n      connection_string: \"sqlite:///%s\"\n    plugin_settings:\n%s",
             ecosystem, fixture->path, settings);
    cr_assert_eq(cg_modules_open(paths, 4, fixture->log, &fixture->modules, &fixture->error), CG_OK, "%s",
                 fixture->error.text);
    struct cg_buf problems;
    cg_buf_init(&problems, 65536);
    cg_settings_load_text(text, strlen(text), "config.yaml", NULL, 0, fixture->problems, &fixture->settings);
    if (fixture->settings)
        cg_check_options(fixture->settings, NULL, fixture->modules, fixture->problems);
    cg_problems_format(fixture->problems, 0, &problems);
    cr_assert_eq(cg_problems_errors(fixture->problems), 0, "%s", cg_buf_text(&problems));
    cg_buf_done(&problems);
}

static void open_fixture_of(struct fixture *fixture, const char *ecosystem, const char *settings) {
    *fixture = (struct fixture){.folder = "/tmp/cg-pipeline-XXXXXX"};
    cr_assert_not_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/a.db", fixture->folder);
    fixture->log_fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_eq(cg_log_new(fixture->log_fd, CG_LOG_INFO, "%(levelname)s %(message)s", NULL, 0, &fixture->log), CG_OK);
    fixture->problems = cg_problems_new();
    cr_assert_eq(uv_loop_init(&fixture->loop), 0);
    cr_assert_eq(cg_net_new(&fixture->loop, fixture->log, &fixture->net, &fixture->error), CG_OK);
    load(fixture, ecosystem, settings);
    const struct cg_runtime_options options = {
        .settings = fixture->settings,
        .tenant = cg_settings_tenant(fixture->settings, "acme"),
        .modules = fixture->modules,
        .shared = {.log = fixture->log, .net = fixture->net, .cancelled = &fixture->cancelled},
    };
    cr_assert_eq(cg_runtime_new(&options, fixture->problems, &fixture->runtime, &fixture->error), CG_OK, "%s",
                 fixture->error.text);
    fixture->observer = (struct cg_observer){.user = fixture, .error = take_error, .note = take_note};
}

static void open_fixture(struct fixture *fixture, const char *settings) {
    open_fixture_of(fixture, "test_ecosystem", settings);
}

static void close_fixture(struct fixture *fixture) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    cg_runtime_free(fixture->runtime);
    cg_net_free(fixture->net);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    uv_loop_close(&fixture->loop);
    cg_settings_free(fixture->settings);
    cg_problems_free(fixture->problems);
    cg_modules_free(fixture->modules);
    cg_log_free(fixture->log);
    close(fixture->log_fd);
    for (size_t i = 0; i < 3; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s%s", fixture->path, suffixes[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
}

static cg_status run(struct fixture *fixture) {
    const struct cg_pipeline_options options = {.runtime = fixture->runtime, .observer = &fixture->observer};
    fixture->errors[0] = '\0';
    fixture->notes[0] = '\0';
    cg_error_clear(&fixture->error);
    cg_status status = cg_pipeline_run(&options, &fixture->result, &fixture->error);
    ssize_t length = pread(fixture->log_fd, fixture->logged, sizeof fixture->logged - 1, 0);
    fixture->logged[length > 0 ? length : 0] = '\0';
    return status;
}

static int64_t number(const struct fixture *fixture, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static void change(const struct fixture *fixture, const char *sql) {
    sqlite3 *db = NULL;
    char *text = NULL;
    cr_assert_eq(sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &text), SQLITE_OK, "%s", text);
    sqlite3_close(db);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *found = strstr(text, part); found; found = strstr(found + 1, part))
        count++;
    return count;
}

static void start(void) {
    setenv("CHITRAGUPT_NOW", "2026-07-01T12:00:00Z", 1);
}

TestSuite(pipeline, .init = start);

#define SOUND "      misbehave: \"\"\n"

/* ---- tests ---- */

Test(pipeline, looking_for_other_runs_and_starting_ours_are_one_transaction) {
    struct fixture fixture;
    open_fixture(&fixture, SOUND);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_eq(registers_in_one_go, 2);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    close_fixture(&fixture);
}

Test(pipeline, progress_that_cannot_be_written_is_a_warning) {
    struct fixture fixture;
    database_is_locked = 1;
    open_fixture(&fixture, SOUND);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_eq(fixture.result.dates_calculated, 5);
    cr_assert_str_eq(fixture.errors, "");
    cr_assert_eq(count_of(fixture.logged, "WARNING pipeline_run_persistence_failed tenant_name=acme run_id=1 stage="),
                 7, "%s", fixture.logged);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    close_fixture(&fixture);
}

Test(pipeline, progress_that_is_interrupted_ends_the_run) {
    struct fixture fixture;
    run_is_interrupted = 1;
    open_fixture(&fixture, SOUND);
    cr_assert_eq(run(&fixture), CG_CANCELLED, "%s", fixture.error.text);
    cr_assert_eq(fixture.result.dates_calculated, 0);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 1);
    close_fixture(&fixture);
}

/* ---- metrics ---- */

#define MEASURED "      misbehave: measured\n      metrics: {url: \"http://127.0.0.1:1\"}\n"

static const struct {
    size_t failing;
    const char *errors;
} outages[] = {
    {0, ""},
    {1, "the metrics source failed for 1 date, 2026-06-25; the first reason: outage 1; usage is split as "
        "metrics_fetch_failed until a later run succeeds\n"},
    {4, "the metrics source failed for 4 dates between 2026-06-25 and 2026-06-28; the first reason: outage 4; "
        "usage is split as metrics_fetch_failed until a later run succeeds\n"},
};

/* However long it lasts, the run has one error; each date is marked and warned about in the log. */
Test(pipeline, an_outage_of_the_metrics_is_one_error) {
    for (size_t i = 0; i < sizeof outages / sizeof *outages; i++) {
        struct fixture fixture;
        metrics_fail = outages[i].failing;
        open_fixture(&fixture, MEASURED);
        cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
        cr_assert_str_eq(fixture.errors, outages[i].errors);
        cr_assert_eq(fixture.result.errors, outages[i].failing > 0);
        cr_assert_eq(count_of(fixture.logged, "WARNING metrics_prefetch_failed tenant_name=acme"), outages[i].failing);
        cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM cg_dates WHERE metrics_failed = 1"),
                     (int64_t)outages[i].failing);
        close_fixture(&fixture);
    }
}

#define HELD                                                                                         \
    "metrics of 2 dates between 2026-06-25 and 2026-06-26 could not be read; the rows of all their " \
    "costs that are still the same stay as they were calculated until a later run succeeds\n"

/* Dates that are to be computed again lose nothing by an outage, and are tried again by the next run. */
Test(pipeline, an_outage_of_the_metrics_leaves_rows_as_they_are) {
    struct fixture fixture;
    has_samples = 1;
    open_fixture(&fixture, MEASURED);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM cg_dates WHERE metrics_failed = 2"), 5);
    change(&fixture, "UPDATE cg_dates SET inputs_digest = 'another build'");
    metrics_fail = 2;
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_str_eq(fixture.errors,
                     "the metrics source failed for 2 dates between 2026-06-25 and 2026-06-26; the first reason: "
                     "outage 2; the rows made of them stay until a later run succeeds\n");
    cr_assert_str_eq(fixture.notes, HELD);
    cr_assert(fixture.result.dates_calculated == 5 && fixture.result.dates_changed == 0 && fixture.result.errors == 1);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM cg_dates WHERE metrics_failed = 3"), 2);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert(fixture.result.dates_calculated == 2 && fixture.result.dates_changed == 0);
    cr_assert_str_eq(fixture.errors, "");
    cr_assert_str_eq(fixture.notes, "");
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM cg_dates WHERE metrics_failed = 2"), 5);
    close_fixture(&fixture);
}

/* What stays is what sums to its cost; the rest is told as ever. */
Test(pipeline, an_outage_of_the_metrics_beside_rows_that_do_not_sum) {
    struct fixture fixture;
    has_samples = 1;
    open_fixture(&fixture, MEASURED);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    change(&fixture, "UPDATE chargeback_facts SET amount = '77' WHERE timestamp < '2026-06-26'; "
                     "UPDATE cg_dates SET inputs_digest = 'another build'");
    metrics_fail = 2;
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_str_eq(fixture.errors,
                     "the metrics source failed for 2 dates between 2026-06-25 and 2026-06-26; the first reason: "
                     "outage 2; usage is split as metrics_fetch_failed until a later run succeeds\n");
    cr_assert_str_eq(fixture.notes, "metrics of 1 date, 2026-06-26 could not be read; the rows of all their costs that "
                                    "are still the same stay as they were calculated until a later run succeeds\n");
    close_fixture(&fixture);
}

/* A date whose record is lost has its history by its rows and by what is recorded of metrics. */
Test(pipeline, rows_of_dates_that_somebody_else_calculated_outlive_their_metrics) {
    struct fixture fixture;
    has_samples = 1;
    open_fixture(&fixture, MEASURED);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    change(&fixture, "UPDATE pipeline_state SET calculation_id = 'theirs' WHERE tracking_date = '2026-06-25'; "
                     "UPDATE cg_dates SET inputs_digest = 'another build' WHERE tracking_date = '2026-06-26'");
    has_samples = 0;
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_str_eq(fixture.errors, "");
    cr_assert_str_eq(fixture.notes,
                     "settings, modules or identities changed, but the metrics of 1 date, 2026-06-26 are not there any "
                     "more; the rows stay as they were calculated (--recalculate=FROM..TO calculates them without "
                     "metrics)\n"
                     "settings, modules, identities or bills changed, but the metrics of 1 date, 2026-06-25 are not "
                     "there any more; the rows of all costs that are still the same stay as they were calculated "
                     "(--recalculate=FROM..TO calculates them without metrics)\n");
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM cg_dates WHERE metrics_failed = 2"), 5);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_eq(fixture.result.dates_current, 5);
    cr_assert_str_eq(fixture.notes, "");
    close_fixture(&fixture);
}

/* ---- modules of the first ABI ---- */

Test(pipeline, modules_of_abi_1_0_work) {
    struct fixture fixture;
    open_fixture_of(&fixture, "old_ecosystem", "      emitters: [{type: old_emitter}]\n");
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_str_eq(fixture.errors, "");
    cr_assert_null(fixture.runtime->description.topics);
    cr_assert_eq(fixture.result.dates_calculated, 5);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM chargeback_facts WHERE amount = '2'"), 5);
    cr_assert_eq(number(&fixture, "SELECT COUNT(*) FROM emission_records WHERE status = 'emitted'"), 5);
    cr_assert_eq(run(&fixture), CG_OK, "%s", fixture.error.text);
    cr_assert_eq(fixture.result.dates_current, 5);
    close_fixture(&fixture);
}
