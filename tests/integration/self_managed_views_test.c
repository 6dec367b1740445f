/* What can be asked of a tenant whose bill is made of metrics, and what can be put in place of its parts. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "self_managed.h"
#include "support/api.h"

#define DAY "start_date=" METERED_LAST "&end_date=" METERED_LAST
#define TENANT_URL "/api/v1/tenants/" METERED_TENANT "/"

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed_views, .init = start, .fini = stop);

static const struct metered_config *usual(void) {
    static struct metered_config config;
    config = (struct metered_config){
        .ecosystem = "self_managed_kafka", .url = source.server.url, .settings = SELF_MANAGED_IN_REGION};
    return &config;
}

static void run(void) {
    metered_configure(folder, usual());
    free(metered_run(folder, 0));
}

/* ---- commands ---- */

static const char report_text[] = "  billed       89.39947427034750580787658691450\n"
                                  "  allocated    89.39947427034750580787658691450\n"
                                  "  unallocated   0                              \n"
                                  "  billed = allocated + unallocated: yes, to the last digit (40 billing lines, 130 "
                                  "rows, 10 days)\n";

static void ask(const char *const *arguments, struct cg_test_result *ret) {
    cg_test_program_run(folder, arguments, ret);
    cr_assert_eq(ret->exit_status, 0, "%s ended with %d:\n%s%s", arguments[0], ret->exit_status, ret->out, ret->err);
}

Test(self_managed_views, report_and_explain) {
    static const char *const report[] = {"report", "--config-file", "config.yaml", NULL};
    static const char *const explain[] = {
        "explain", "--config-file", "config.yaml", "--date", METERED_LAST, "--product", "SELF_KAFKA_NETWORK_INGRESS",
        NULL};
    static const char *const explained[] = {
        "quantity x price: 27.59474270325154066085815430 x 0.01 = 0.2759474270325154066085815430\n",
        "allocator: 'SELF_KAFKA_NETWORK_INGRESS' of module 'self_managed_kafka'",
        "identity resolver: 'kafka' of module 'self_managed_kafka'",
        "    bytes_in_per_principal: 4 series, 96 points\n"
        "      (no label): 20029629363\n"
        "      principal=alice: 7200000000\n"
        "      principal=bob: 2400000000\n"
        "      principal=zero: 0\n",
        "    rest below 0.0001: 0.0000474270325154066085815430, to alice\n",
        "  sum of 2 rows = cost: yes\n  stored: the same 2 rows",
    };
    struct cg_test_result result;
    run();
    ask(report, &result);
    cg_test_has("the report", result.out, report_text);
    cg_test_result_done(&result);
    ask(explain, &result);
    for (size_t i = 0; i < sizeof explained / sizeof explained[0]; i++)
        cg_test_has("explain", result.out, explained[i]);
    cg_test_result_done(&result);
}

static const char csv_text[] =
    "ecosystem,tenant_id,timestamp,resource_id,product_category,product_type,identity_id,cost_type,amount,"
    "allocation_method,allocation_detail\r\n"
#define ROW(product_, rest_) \
    "self_managed_kafka,t-1,2026-07-02T00:00:00+00:00,kafka-1,kafka,SELF_KAFKA_" product_ "," rest_ "\r\n"
    ROW("COMPUTE", "alice,usage,2.1600,even_split,") ROW("COMPUTE", "bob,usage,2.1600,even_split,")
        ROW("COMPUTE", "carol,usage,2.1600,even_split,") ROW("COMPUTE", "zero,usage,2.1600,even_split,")
            ROW("NETWORK_EGRESS", "alice,usage,0.0000,usage_ratio,usage_ratio_allocation")
                ROW("NETWORK_EGRESS", "bob,usage,0.0000,usage_ratio,usage_ratio_allocation")
                    ROW("NETWORK_EGRESS", "carol,usage,0.0000,usage_ratio,usage_ratio_allocation")
                        ROW("NETWORK_INGRESS",
                            "alice,usage,0.2069474270325154066085815430,usage_ratio,usage_ratio_allocation")
                            ROW("NETWORK_INGRESS", "bob,usage,0.0690,usage_ratio,usage_ratio_allocation")
                                ROW("STORAGE", "alice,usage,0.00600000000223517417907714845,even_split,")
                                    ROW("STORAGE", "bob,usage,0.0060,even_split,")
                                        ROW("STORAGE", "carol,usage,0.0060,even_split,")
                                            ROW("STORAGE", "zero,usage,0.0060,even_split,");

Test(self_managed_views, the_file_of_a_day) {
    char csv[CG_TEST_PATH_SIZE];
    run();
    cg_test_path(folder, METERED_CSV, csv);
    char *text = cg_test_file_read(csv, "t-1_" METERED_LAST ".csv");
    cr_assert_not_null(text);
    cr_assert_str_eq(text, csv_text);
    free(text);
}

/* ---- REST ---- */

#define LINE(product_, quantity_, price_, cost_)                                                              \
    "{\"ecosystem\":\"self_managed_kafka\",\"tenant_id\":\"t-1\",\"timestamp\":\"2026-07-02T00:00:00Z\","     \
    "\"resource_id\":\"kafka-1\",\"product_category\":\"kafka\",\"product_type\":\"SELF_KAFKA_" product_ "\"" \
    ",\"quantity\":\"" quantity_ "\",\"unit_price\":\"" price_ "\",\"total_cost\":\"" cost_                   \
    "\",\"currency\":\"USD\",\"granularity\":\"daily\",\"metadata\":{}}"
#define BUCKET(id_, amount_, rows_)                                                                            \
    "{\"dimensions\":{\"identity_id\":\"" id_ "\"},\"time_bucket\":\"2026-07-02\",\"total_amount\":\"" amount_ \
    "\",\"usage_amount\":\"" amount_ "\",\"shared_amount\":\"0\",\"row_count\":" rows_ "}"

static const struct {
    const char *path;
    const char *wanted; /* the whole body, or with `is_part` a part of it */
    int is_part;
} routes[] = {
    {"billing?" DAY,
     "{\"items\":[" LINE("COMPUTE", "72.0", "0.12", "8.640") "," LINE("NETWORK_EGRESS", "48.0", "0", "0.0") "," LINE(
         "NETWORK_INGRESS", "27.59474270325154066085815430", "0.01",
         "0.2759474270325154066085815430") "," LINE("STORAGE", "240.0000000223517417907714845", "0.0001",
                                                    "0.02400000000223517417907714845") "],\"total\":4,\"page\":1,"
                                                                                       "\"page_size\":100,\"pages\":1}",
     0},
    {"billing?start_date=" METERED_FIRST "&end_date=" METERED_LAST "&page_size=1", "\"total\":40,", 1},
    {"chargebacks?" DAY "&product_type=SELF_KAFKA_NETWORK_INGRESS&identity_id=bob",
     "\"cost_type\":\"usage\",\"amount\":\"0.0690\",\"allocation_method\":\"usage_ratio\",\"allocation_detail\":"
     "\"usage_ratio_allocation\",\"tags\":{},\"metadata\":{}}],\"total\":1,",
     1},
    {"chargebacks?start_date=" METERED_FIRST "&end_date=" METERED_LAST "&page_size=1", "\"total\":130,", 1},
    {"chargebacks/aggregate?" DAY "&group_by=identity_id&time_bucket=day",
     "{\"buckets\":[" BUCKET("alice", "2.37294742703475058078765869145", "4") "," BUCKET(
         "bob", "2.2350",
         "4") "," BUCKET("carol", "2.1660",
                         "3") "," BUCKET("zero", "2.1660",
                                         "2") "],\"total_amount\":\"8.93994742703475058078765869145\",\"usage_"
                                              "amount\":\"8.93994742703475058078765869145\",\"shared_amount\":\"0\","
                                              "\"total_rows\":13}",
     0},
    {"inventory/summary",
     "{\"resource_counts\":{\"broker\":{\"total\":3,\"active\":3,\"deleted\":0},\"cluster\":{\"total\":1,\"active\":1,"
     "\"deleted\":0},\"topic\":{\"total\":2,\"active\":2,\"deleted\":0}},\"identity_counts\":{\"principal\":{\"total\":"
     "4,\"active\":4,\"deleted\":0},\"system\":{\"total\":1,\"active\":1,\"deleted\":0}}}",
     0},
    {"resources?resource_type=cluster", "\"metadata\":{\"broker_count\":3,\"region\":\"us-west-2\"}}],\"total\":1,", 1},
    {"resources?resource_type=topic",
     "\"resource_id\":\"kafka-1:topic:orders\",\"resource_type\":\"topic\","
     "\"display_name\":\"orders\",\"parent_id\":\"kafka-1\"",
     1},
    {"identities?page_size=2", "\"metadata\":{\"raw_principal\":\"alice\",\"team\":\"UNASSIGNED\"}}],\"total\":5,", 1},
};

Test(self_managed_views, routes) {
    run();
    struct cg_test_api api = {0};
    char *text = metered_config_text(usual());
    cg_test_api_start(folder, &(struct cg_test_api_options){.config = text}, &api);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        char *path = cg_test_format(TENANT_URL "%s", routes[i].path);
        char *body = NULL;
        cr_assert_eq(cg_test_api_get(&api, path, &body), 200, "%s: %s", path, body);
        if (routes[i].is_part)
            cg_test_has(path, body, routes[i].wanted);
        else
            cr_assert_str_eq(body, routes[i].wanted, "%s:\n%s\ninstead of\n%s", path, body, routes[i].wanted);
        free(body);
        free(path);
    }
    cg_test_api_stop(&api, 20, NULL);
    free(text);
}

/* ---- in place of parts ---- */

static const struct {
    const char *name;
    const char *settings;
    const char *rows;
} overrides[] = {
    {"allocator", "      allocator_overrides: {SELF_KAFKA_COMPUTE: \"test_overrides:test_flip_allocator\"}\n",
     "SELF_KAFKA_COMPUTE test-flip usage test - 8.640\nSELF_KAFKA_NETWORK_EGRESS alice usage"},
    {"resolver", "      identity_resolution_overrides: {kafka: test_resolver}\n",
     "SELF_KAFKA_COMPUTE test-resolved shared even_split no_active_identities_located 8.6400\n"
     "SELF_KAFKA_NETWORK_EGRESS alice usage"},
};

Test(self_managed_views, overrides) {
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        char *database = cg_test_format("%s.db", overrides[i].name);
        char *settings = cg_test_format(SELF_MANAGED_IN_REGION "%s", overrides[i].settings);
        struct metered_config config = *usual();
        config.settings = settings;
        config.database = database;
        char *text = metered_config_text(&config);
        char *whole = cg_test_format("plugins_path: \"" CG_TEST_BINARY_DIR "/tests/plugins/good\"\n%s", text);
        cg_test_file_write(folder, "config.yaml", whole);
        free(metered_run(folder, 0));
        sqlite3 *db = cg_test_db_open(folder, database);
        char *rows = metered_rows(db, METERED_LAST);
        cg_test_has(overrides[i].name, rows, overrides[i].rows);
        metered_every_day(db, self_managed_lines, rows);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(rows);
        free(whole);
        free(text);
        free(settings);
        free(database);
    }
}

/* ---- a database of the Python engine ---- */

/* Tables of this program's own are taken away, and days are as the Python engine left them: one before the window, with
 * its 25 hours of network, and one inside of it. */
static const char python_days[] =
    "DELETE FROM billing; DELETE FROM chargeback_facts; DELETE FROM chargeback_dimensions; DELETE FROM pipeline_state;"
    "DELETE FROM emission_records; DELETE FROM pipeline_runs;"
    "INSERT INTO billing (ecosystem, tenant_id, timestamp, resource_id, product_type, product_category, quantity, "
    "unit_price, total_cost, currency, granularity, metadata_json) VALUES "
#define PYTHON_LINE(day_)                                                                                   \
    "('self_managed_kafka', 't-1', '" day_ " 00:00:00', 'kafka-1', 'SELF_KAFKA_NETWORK_INGRESS', 'kafka', " \
    "'28.74452364922035485506057739', '0.01', '0.2874452364922035485506057739', 'USD', 'daily', '{}')"
    PYTHON_LINE("2026-06-10") "," PYTHON_LINE(
        METERED_FIRST) ";"
                       "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, "
                       "product_category, "
                       "product_type, identity_id, cost_type, allocation_method, allocation_detail, env_id) VALUES (1, "
                       "'self_managed_kafka', 't-1', 'kafka-1', 'kafka', 'SELF_KAFKA_NETWORK_INGRESS', 'alice', "
                       "'usage', 'usage_ratio', "
                       "'usage_ratio_allocation', '');"
                       "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES "
                       "('2026-06-10 00:00:00', 1, '0.2874', '[]'), ('" METERED_FIRST " 00:00:00', 1, '0.2874', '[]');"
                       "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, "
                       "resources_gathered, "
                       "chargeback_calculated) VALUES ('self_managed_kafka', 't-1', '2026-06-10', 1, 1, 1), "
                       "('self_managed_kafka', "
                       "'t-1', '" METERED_FIRST "', 1, 1, 1);";

static void leave_as_python(void) {
    run();
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    char *drop = cg_test_db_text(db, "SELECT group_concat('DROP TABLE ' || name, ';') FROM sqlite_master WHERE type = "
                                     "'table' AND name GLOB 'cg_*'");
    cg_test_db_close(db);
    cg_test_db_execute(folder, METERED_DATABASE, drop);
    cg_test_db_execute(folder, METERED_DATABASE, python_days);
    free(drop);
}

Test(self_managed_views, takes_over_a_database_of_the_python_engine) {
    char csv[CG_TEST_PATH_SIZE];
    leave_as_python();
    cg_test_workdir_remove(cg_test_path(folder, METERED_CSV, csv));
    run();
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    cg_test_db_check(db);
    metered_equal("the day before the window", metered_lines(db, "2026-06-10"),
                  "SELF_KAFKA_NETWORK_INGRESS 28.74452364922035485506057739 0.01 0.2874452364922035485506057739\n");
    metered_equal("its rows", metered_rows(db, "2026-06-10"),
                  "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2874\n");
    metered_equal("the first day of the window", metered_lines(db, METERED_FIRST), self_managed_lines);
    metered_equal("its rows", metered_rows(db, METERED_FIRST), self_managed_rows);
    metered_equal("the last day of the window", metered_rows(db, METERED_LAST), self_managed_rows);
    char *revision = cg_test_db_text(db, "SELECT old_cost || ' ' || new_cost FROM cg_billing_revisions WHERE "
                                         "product_type = 'SELF_KAFKA_NETWORK_INGRESS'");
    cr_assert_str_eq(revision, "0.2874452364922035485506057739 0.2759474270325154066085815430");
    free(revision);
    cg_test_db_close(db);
}
