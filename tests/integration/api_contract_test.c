/*
 * The REST API keeps what its description promises: everything that host/api/openapi.json describes is asked of a
 * server that runs, in good and bad ways (api_contract.json), and every answer is compared with the description
 * (tests/support/check_contract.py).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "support/api.h"
#include "support/db.h"
#include "support/postgres.h"
#include "support/program.h"

/* Debian's own, which finds its modules whatever else is installed. */
#define PYTHON "/usr/bin/python3"
#define CHECK CG_TEST_SOURCE_DIR "/tests/support/check_contract.py"
#define DESCRIPTION CG_TEST_SOURCE_DIR "/host/api/openapi.json"
#define REQUESTS CG_TEST_SOURCE_DIR "/tests/integration/api_contract.json"

#define CHECK_SECONDS 300
#define END_SECONDS 30

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_postgres database; /* with CG_TEST_DATABASE=postgresql */

static void start(void) {
    cg_test_workdir_make(folder);
    if (cg_test_on_postgres())
        cg_test_postgres_create(&database);
}

static void stop(void) {
    cg_test_postgres_drop(&database);
    cg_test_workdir_remove(folder);
}

TestSuite(api_contract, .init = start, .fini = stop);

/* ---- the server ---- */

static void configure(const char *url) {
    const char *name = cg_test_on_postgres() ? database.url : NULL;
    cg_test_config_write(folder, &(struct cg_test_config){.url = url, .whole = 1, .database = name});
}

/* The usual configuration; `tenants` are further ones, `settings` further lines of `api`. */
static void begin(const char *mode, const char *url, const char *tenants, const char *settings,
                  struct cg_test_api *ret) {
    configure(url);
    char *usual = cg_test_file_read(folder, "config.yaml");
    char *config = cg_test_format("%s%s", usual, tenants);
    *ret = (struct cg_test_api){.port = 0};
    cg_test_api_start(folder, &(struct cg_test_api_options){.mode = mode, .settings = settings, .config = config}, ret);
    free(usual);
    free(config);
}

static void end(struct cg_test_api *server) {
    cg_test_api_stop(server, END_SECONDS, NULL);
}

/* Each failure is a line. */
static void check(const struct cg_test_api *server, const char *situation, const char *file) {
    char path[CG_TEST_PATH_SIZE];
    struct cg_test_result result;
    const char *argv[] = {PYTHON, CHECK, server->url, DESCRIPTION, REQUESTS, situation, NULL, NULL, NULL};
    if (file) {
        argv[6] = "--database";
        argv[7] = cg_test_path(folder, file, path);
    }
    const struct cg_test_process_options options = {
        .argv = argv, .directory = folder, .timeout_seconds = CHECK_SECONDS};
    cg_test_process_run(&options, &result);
    cr_expect(result.exit_status == 0, "%s database:\n%.20000s%.4000s", situation, result.out, result.err);
    cg_test_result_done(&result);
}

Test(api_contract, of_an_empty_database) {
    struct cg_test_api server;
    begin("api", "http://127.0.0.1:1", "", "", &server);
    check(&server, "empty", NULL);
    end(&server);
}

Test(api_contract, of_a_filled_database) {
    static const char *const options[] = {"--seed", "7", "--days", "30", "--clusters", "2", "--principals", "6", NULL};
    struct cg_test_sim sim;
    struct cg_test_api server;
    cg_test_sim_start(options, &sim);
    configure(sim.url);
    cg_test_run_well(folder);
    cg_test_sim_stop(&sim);
    if (cg_test_on_postgres())
        cg_test_postgres_run(&database, cg_contract_odd_rows);
    else
        cg_test_db_execute(folder, CG_TEST_DATABASE, cg_contract_odd_rows);
    begin("api", sim.url, "", "", &server);
    check(&server, "filled", cg_test_on_postgres() ? NULL : CG_TEST_DATABASE);
    end(&server);
}

/* One tenant whose database is none: the others are told as they are, and no sum leaves it out. */
Test(api_contract, beside_a_broken_tenant) {
    struct cg_test_api server;
    cg_test_file_write(folder, "lame.db", "This is a file of text and no database at all, whatever its name says.\n");
    begin("api", "http://127.0.0.1:1",
          "  lame:\n    ecosystem: confluent_cloud\n    tenant_id: lame\n    storage:\n"
          "      connection_string: \"sqlite:///lame.db\"\n    plugin_settings:\n"
          "      ccloud_api: {key: " CG_TEST_SIM_KEY ", secret: \"${CC_SECRET}\"}\n"
          "      emitters: [{type: csv, params: {output_dir: lame}}]\n",
          "", &server);
    check(&server, "broken", NULL);
    end(&server);
}

Test(api_contract, with_accounts) {
    struct cg_test_api server;
    begin("api", "http://127.0.0.1:1", "",
          "  auth:\n    type: basic\n    users:\n"
          "      - {name: reader, password: reader-password-1, role: read}\n"
          "      - {name: writer, password: writer-password-1, role: write}\n",
          &server);
    check(&server, "accounts", NULL);
    end(&server);
}

/* With a worker beside it, requests start runs. */
Test(api_contract, beside_a_worker) {
    static const char *const options[] = {"--seed", "7", "--days", "10", "--clusters", "1", "--principals", "3", NULL};
    struct cg_test_sim sim;
    struct cg_test_api server;
    cg_test_sim_start(options, &sim);
    begin("both", sim.url, "", "", &server);
    check(&server, "both", NULL);
    end(&server);
    cg_test_sim_stop(&sim);
}
