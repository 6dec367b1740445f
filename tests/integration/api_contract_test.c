/*
 * The REST API keeps what its description promises: everything that host/api/openapi.json describes is asked of a
 * server that runs, in good and bad ways (api_contract.json), and every answer is compared with the description
 * (tests/support/check_contract.py).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/db.h"
#include "support/program.h"

/* Debian's own, which finds its modules whatever else is installed. */
#define PYTHON "/usr/bin/python3"
#define CHECK CG_TEST_SOURCE_DIR "/tests/support/check_contract.py"
#define DESCRIPTION CG_TEST_SOURCE_DIR "/host/api/openapi.json"
#define REQUESTS CG_TEST_SOURCE_DIR "/tests/integration/api_contract.json"

#define CHECK_SECONDS 300
#define END_SECONDS 30

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_contract, .init = start, .fini = stop);

/* ---- the server ---- */

/* The usual configuration; `tenants` are further ones, `settings` further lines of `api`. */
static void begin(const char *mode, const char *url, const char *tenants, const char *settings,
                  struct cg_test_api *ret) {
    cg_test_config_write(folder, &(struct cg_test_config){.url = url, .whole = 1});
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
static void check(const struct cg_test_api *server, const char *situation, const char *database) {
    char path[CG_TEST_PATH_SIZE];
    struct cg_test_result result;
    const char *argv[] = {PYTHON, CHECK, server->url, DESCRIPTION, REQUESTS, situation, NULL, NULL, NULL};
    if (database) {
        argv[6] = "--database";
        argv[7] = cg_test_path(folder, database, path);
    }
    const struct cg_test_process_options options = {
        .argv = argv, .directory = folder, .timeout_seconds = CHECK_SECONDS};
    cg_test_process_run(&options, &result);
    cr_expect(result.exit_status == 0, "%s database:\n%.20000s%.4000s", situation, result.out, result.err);
    cg_test_result_done(&result);
}

/* ---- what is in the database ---- */

#define KEY "'confluent_cloud', 'acme'"

/* Beside what a run leaves: what other versions, other programs and unlucky days leave. */
static const char odd_rows[] =
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, status, "
    "created_at, deleted_at, metadata_json) VALUES "
    "(" KEY ", 'odd-1', 'connector', '\xc3\x9cn\xc3\xaf"
    "c\xc3\xb6"
    "d\xc3\xa9 \"odd\" \\ <b>', 'lkc-odd', 'deleted', '2026-01-01 00:00:00.000001', '2026-06-20 01:02:03.000004', "
    "'{\"b\": [1, 2.50, {\"x\": null}], \"a\": \"\xe2\x98\x83\"}'), "
    "(" KEY ", 'odd-2', 'Odd Type/%', NULL, NULL, 'active', NULL, NULL, 'no JSON'), "
    "(" KEY ", 'odd/3 %41', 'connector', '', 'nowhere', 'deleted', NULL, NULL, ''), "
    "(" KEY ", 'lkc-odd', 'kafka_cluster', NULL, NULL, 'active', NULL, NULL, NULL);"
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, status) "
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250) "
    "SELECT " KEY ", 'lkc-odd:topic:t' || i, 'topic', 't' || i, 'lkc-odd', 'active' FROM n;"
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, metadata_json) VALUES "
    "(" KEY ", 'odd who', 'service_account', '{\"odd\": true}');"
    "INSERT INTO ccloud_billing (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, "
    "product_category, quantity, unit_price, total_cost, currency, granularity, metadata_json) VALUES "
    "(" KEY ", '2026-06-15 00:00:00', '', 'odd-1', 'ODD', 'ODD', '0E-10', '1E+3', '1E-7', 'USD', 'daily', '[1]'), "
    "(" KEY ", '2026-06-16 00:00:00', '', 'odd-1', 'PROMO_CREDIT', 'SUPPORT', '1', '-25.5', '-25.5000', 'USD', "
    "'daily', NULL), "
    "(" KEY ", '2020-06-15 00:00:00', '', 'odd-1', 'ODD', 'ODD', '1', '1', '1', 'EUR', 'monthly', NULL);"
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, "
    "product_type, identity_id, cost_type, allocation_method, allocation_detail, env_id) VALUES "
    "(900001, " KEY ", NULL, 'ODD', 'ODD', 'odd-who', 'usage', NULL, NULL, ''), "
    "(900002, " KEY ", 'odd-1', 'ODD', 'ODD', 'odd-who', 'shared', 'even_split', 'no_identities_located', 'env-x'), "
    "(900003, " KEY ", 'lkc-odd', 'ODD', 'ODD', 'odd-who', 'usage', 'terminal', 'metrics_fetch_failed', '');"
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount) VALUES "
    "('2026-06-15 00:00:00', 900001, '0E-10'), ('2026-06-16 00:00:00', 900001, '1E+2'), "
    "('2026-06-15 00:00:00', 900002, '-1E-7'), ('2026-06-15 00:00:00', 900003, '12.345678901234567890');"
    "INSERT INTO topic_attribution_dimensions (dimension_id, ecosystem, tenant_id, env_id, cluster_resource_id, "
    "topic_name, product_category, product_type, attribution_method, resource_id) "
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
    "SELECT 900000 + i, " KEY ", '', 'lkc-odd', 't' || i, 'ODD', 'ODD', 'bytes_ratio', 'lkc-odd:topic:t' || i FROM n;"
    "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount) "
    "SELECT '2026-06-15 00:00:00', dimension_id, '0.' || dimension_id FROM topic_attribution_dimensions "
    "WHERE dimension_id > 900000;";

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
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url, .whole = 1});
    cg_test_run_well(folder);
    cg_test_sim_stop(&sim);
    cg_test_db_execute(folder, CG_TEST_DATABASE, odd_rows);
    begin("api", sim.url, "", "", &server);
    check(&server, "filled", CG_TEST_DATABASE);
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
