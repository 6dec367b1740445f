/* The API beside a worker that is in the middle of a run: it reads along and touches nothing. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/trouble"
#define ACME "/api/v1/tenants/acme"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_process worker;

/* A worker whose run waits for a file. */
static void start(void) {
    static const char *const arguments[] = {"--config-file", "worker.yaml", "--quiet", "--mode", "worker", NULL};
    cg_test_workdir_make(folder);
    cg_test_file_write(folder, "worker.yaml",
                       "plugins_path: \"" MODULES "\"\ntenants:\n  acme:\n    ecosystem: trouble_ecosystem\n"
                       "    tenant_id: acme\n    storage: {connection_string: \"sqlite:///acme.db\"}\n"
                       "    plugin_settings: {trouble: \"wait for a file\"}\n");
    cg_test_program_start(folder, arguments, NULL, &worker);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_beside, .init = start, .fini = stop);

/* The API has other modules and none of the worker's secrets: of its tenant it knows the database, and nothing else. */
static const struct cg_test_api_options options = {
    .config = "tenants:\n  acme:\n    ecosystem: trouble_ecosystem\n    tenant_id: acme\n    storage: "
              "{connection_string: \"sqlite:///acme.db\"}\n    plugin_settings: {trouble: \"${NOT_SET_HERE}\", "
              "ccloud_api: {key: \"${NOR_THIS}\", secret: \"${NOT_SET_HERE}\"}}\n" CG_TEST_API_TENANT("good")};

static int is_there(const char *sql) {
    char path[CG_TEST_PATH_SIZE];
    if (access(cg_test_path(folder, "acme.db", path), F_OK) != 0)
        return 0;
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    int found = cg_test_db_number(db, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'cg_families'") > 0 &&
                cg_test_db_number(db, sql) > 0;
    cg_test_db_close(db);
    return found;
}

static void wait_for(const char *sql) {
    for (int waited = 0; !is_there(sql); waited += 20) {
        cr_assert(cg_test_process_runs(&worker, 20), "the worker has ended");
        cr_assert_lt(waited, 20000, "%s", sql);
    }
}

#define AT_WORK "SELECT COUNT(*) FROM pipeline_runs WHERE stage = 'gathering' AND status = 'running'"

/* Every column of the runs and of who does them, but for the sign of life. */
static char *rows(void) {
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    char *text = cg_test_db_text(
        db, "SELECT group_concat(id || '|' || tenant_name || '|' || started_at || '|' || COALESCE(ended_at, '-') || "
            "'|' || status || '|' || COALESCE(error_message, '-') || '|' || COALESCE(stage, '-') || '|' || "
            "COALESCE(pid, 0) || '|' || COALESCE(process_start, '-'), ';') FROM pipeline_runs LEFT JOIN cg_run_owners "
            "ON run_id = id");
    cg_test_db_close(db);
    return text;
}

static void check_running(const struct cg_test_api *api) {
    json_t *acme = cg_test_api_readiness(api, "acme");
    cr_expect(json_is_true(json_object_get(acme, "tables_ready")));
    cr_expect(json_is_true(json_object_get(acme, "pipeline_running")));
    cr_expect_str_eq(cg_test_json_text(acme, "pipeline_stage"), "gathering");
    cr_expect_str_eq(cg_test_json_text(acme, "last_run_status"), "running");
    json_decref(acme);
    json_t *status = cg_test_api_json(api, ACME "/pipeline/status");
    cr_expect(json_is_true(json_object_get(status, "is_running")));
    cr_expect(json_is_null(json_object_get(status, "last_result")));
    json_decref(status);
}

static void end_worker(void) {
    struct cg_test_result result;
    cg_test_process_signal(&worker, SIGTERM);
    cg_test_program_wait(&worker, &result);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
}

Test(api_beside, a_run_is_seen_and_not_touched) {
    wait_for(AT_WORK);
    char *before = rows();
    for (int i = 0; i < 5; i++) {
        struct cg_test_api api = {0};
        char *text = NULL;
        cg_test_api_start(folder, &options, &api);
        check_running(&api);
        cr_expect_eq(cg_test_api_send(&api, "POST", ACME "/pipeline/run", NULL, &text), 400, "%s", text);
        cg_test_has("a trigger", text,
                    "Pipeline trigger requires 'both' mode \xe2\x80\x94 no WorkflowRunner is configured");
        free(text);
        cr_expect_eq(cg_test_api_get(&api, ACME "/chargebacks", NULL), 200);
        cr_expect_eq(cg_test_api_get(&api, ACME "/graph", NULL), 200);
        cg_test_api_stop(&api, 5, NULL);
        char *after = rows();
        cr_expect_str_eq(after, before, "%d", i);
        free(after);
    }
    struct cg_test_api api = {0};
    cg_test_api_start(folder, &options, &api);
    check_running(&api);
    cg_test_file_write(folder, "go", "");
    wait_for("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'");
    json_t *status = cg_test_api_json(&api, ACME "/pipeline/status");
    cr_expect(json_is_false(json_object_get(status, "is_running")));
    cr_expect(json_is_object(json_object_get(status, "last_result")));
    json_decref(status);
    (void)usleep(2100000); /* readiness is kept for two seconds */
    json_t *acme = cg_test_api_readiness(&api, "acme");
    cr_expect(json_is_false(json_object_get(acme, "pipeline_running")));
    cr_expect_str_eq(cg_test_json_text(acme, "last_run_status"), "completed");
    json_decref(acme);
    cg_test_api_stop(&api, 5, NULL);
    end_worker();
    free(before);
}

/* Whoever was killed cannot say so; its row still says that it runs, and that is not the API's to change. */
Test(api_beside, a_run_that_was_killed_is_told_as_failed) {
    struct cg_test_api api = {0};
    struct cg_test_result result;
    wait_for(AT_WORK);
    char *before = rows();
    cg_test_process_signal(&worker, SIGKILL);
    cg_test_process_wait(&worker, &result);
    cg_test_result_done(&result);
    cg_test_api_start(folder, &options, &api);
    for (int waited = 0;; waited += 200) { /* the worker's own child dies with it, a moment later */
        json_t *acme = cg_test_api_readiness(&api, "acme");
        int failed = json_is_false(json_object_get(acme, "pipeline_running")) &&
                     strcmp(cg_test_json_text(acme, "last_run_status"), "failed") == 0;
        json_decref(acme);
        if (failed)
            break;
        cr_assert_lt(waited, 8000, "the run is still told as running");
        (void)usleep(200000);
    }
    json_t *status = cg_test_api_json(&api, ACME "/pipeline/status");
    cr_expect(json_is_false(json_object_get(status, "is_running")));
    json_decref(status);
    cg_test_api_stop(&api, 5, NULL);
    char *after = rows();
    cr_expect_str_eq(after, before);
    free(after);
    free(before);
}

/* A tag is written while the run is at work: neither disturbs the other. */
Test(api_beside, tags_are_written_during_a_run) {
    struct cg_test_api api = {0};
    wait_for(AT_WORK);
    cg_test_db_execute(folder, "acme.db",
                       "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) VALUES "
                       "('trouble_ecosystem', 'acme', 'r-1', 'thing')");
    cg_test_api_start(folder, &options, &api);
    for (int i = 0; i < 50; i++) {
        char *body = cg_test_format("{\"tag_key\":\"k%d\",\"tag_value\":\"v\",\"created_by\":\"t\"}", i);
        long status = cg_test_api_send(&api, "POST", ACME "/entities/resource/r-1/tags", body, NULL);
        cr_expect_eq(status, 201, "%ld", status);
        if (i == 25)
            cg_test_file_write(folder, "go", "");
        free(body);
    }
    wait_for("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'");
    cg_test_api_stop(&api, 5, NULL);
    end_worker();
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM tags"), 50);
    cg_test_db_check(db);
    cg_test_db_close(db);
}
