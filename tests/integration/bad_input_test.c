/* Command lines, configurations and places that cannot be right: one sentence that helps, and nothing is touched. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

/* Most sentences of a case. */
#define SENTENCES 7

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    static const char *const options[] = {"--seed", "5", "--products", "plain", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    struct cg_test_config config = {.url = sim.url, .lookback_days = 4};
    cg_test_config_write(folder, &config);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(bad_input, .init = start, .fini = stop);

/* One wrong configuration: the usual one with `from` replaced by `to`. */
struct config_case {
    const char *name;
    const char *from; /* "" = `to` stands in front of the file */
    const char *to;
    const char *sentences[SENTENCES]; /* parts of standard error */
};

static const struct config_case config_cases[] = {
    {"missing variable",
     "\"${CC_SECRET}\"",
     "\"${CG_IT_NOT_SET}\"",
     {"config.yaml:12: tenants.acme.plugin_settings.ccloud_api.secret: ",
      "Required environment variable 'CG_IT_NOT_SET' is not set."}},
    {"wrong type",
     "lookback_days: 4",
     "lookback_days: many",
     {"config.yaml:5: tenants.acme.lookback_days: ", "Input should be a valid integer"}},
    {"section that is a list",
     "storage:\n",
     "storage: []\n    storages:\n",
     {"config.yaml:7: tenants.acme.storage: ", "Input should be a valid dictionary"}},
    {"number where a text belongs",
     "tenant_id: acme",
     "tenant_id: 12345",
     {"config.yaml:4: tenants.acme.tenant_id: ", "Input should be a valid string"}},
    {"a window that ends before it begins",
     "cutoff_days: 1",
     "cutoff_days: 4",
     {"tenants.acme", "lookback_days must be > cutoff_days"}},
    {"unknown ecosystem",
     "ecosystem: confluent_cloud",
     "ecosystem: confluent_clod",
     {"config.yaml:", "tenants.acme", "nknown ecosystem 'confluent_clod'", "confluent_cloud"}},
    {"unknown backend",
     "storage:\n",
     "storage:\n      backend: oracle\n",
     {"config.yaml:8: tenants.acme.storage.backend: ", "oracle"}},
    {"unknown database",
     "sqlite:///acme.db",
     "oracle://scott@db/x",
     {"config.yaml:8: tenants.acme.storage.connection_string: ", "no module serves 'oracle' databases"}},
    {"unknown emitter",
     "type: csv",
     "type: cvs",
     {"config.yaml:", "plugin_settings.emitters.0", "Unknown emitter type 'cvs'. Available: csv"}},
    {"emitter without its folder",
     "{output_dir: \"csv\"}",
     "{}",
     {"config.yaml:", "plugin_settings.emitters.0.params", "output_dir", "Field required"}},
    {"emitter finer than the rows",
     "- type: csv\n",
     "- type: csv\n          aggregation: hourly\n",
     {"config.yaml:", "requests aggregation 'hourly' which is finer than chargeback_granularity 'daily'"}},
    {"credentials without a kind",
     "auth_type: bearer",
     "auth_type: none",
     {"tenants.acme.plugin_settings.metrics: ", "credentials provided but auth_type is 'none'"}},
    {"basic without a password",
     "auth_type: bearer",
     "auth_type: basic",
     {"tenants.acme.plugin_settings.metrics: ", "username and password required for basic auth"}},
    {"override that nobody exports",
     "      emitters:\n",
     "      allocator_overrides: {KAFKA_BASE: my_allocator}\n      emitters:\n",
     {"config.yaml:19: tenants.acme.plugin_settings.allocator_overrides.KAFKA_BASE: ", "'my_allocator'"}},
    {"override in Python",
     "      emitters:\n",
     "      allocator_overrides: {KAFKA_BASE: \"my.module:allocator\"}\n      emitters:\n",
     {"config.yaml:19: tenants.acme.plugin_settings.allocator_overrides.KAFKA_BASE: ", "'my.module:allocator'",
      "symbol name"}},
    {"override of nothing",
     "      emitters:\n",
     "      allocator_overrides: {KAFKA_BAZE: x}\n      emitters:\n",
     {"config.yaml:19: tenants.acme.plugin_settings.allocator_overrides.KAFKA_BAZE: ", "KAFKA_BASE"}},
    {"ratios that are no whole",
     "      emitters:\n",
     "      allocator_params: {kafka_cku_usage_ratio: 0.6}\n      emitters:\n",
     {"config.yaml:", "kafka_cku_usage_ratio + kafka_cku_shared_ratio must sum to 1.0, got 0.9"}},
    {"broken YAML", "tenants:\n", "tenants: [\n", {"config.yaml:", "Malformed YAML in 'config.yaml': "}},
    {"two documents", "tenants:\n", "---\na: 1\n---\ntenants:\n", {"Malformed YAML in 'config.yaml': "}},
    {"no mapping", "tenants:\n", "- tenants\n- tenants:\n", {"config.yaml:1: ", "Input should be a valid dictionary"}},
    {"format of log lines without a field", "", "logging: {format: plain}\n", {"config.yaml:1: logging.format: "}},
    {"everything at once",
     "tenants:\n",
     "logging: {level: LOUD}\nfeatures: {refresh_interval: 0, max_parallel_tenants: x}\napi: {port: 70000}\ntenants:\n"
     "  empty: {}\n",
     {"config.yaml:1: logging.level: level must be one of ['CRITICAL', 'DEBUG', 'ERROR', ",
      "config.yaml:2: features.refresh_interval: Input should be greater than 0",
      "config.yaml:2: features.max_parallel_tenants: ",
      "config.yaml:3: api.port: Input should be less than or equal to 65535",
      "config.yaml:5: tenants.empty.ecosystem: Field required",
      "config.yaml:5: tenants.empty.tenant_id: Field required"}},
};

static void check_sentences(const char *name, const char *text, const char *const *sentences) {
    for (size_t i = 0; i < SENTENCES && sentences[i]; i++)
        cg_test_has(name, text, sentences[i]);
}

/* Writes the case's configuration in place of the usual one. */
static void write_case(const struct config_case *wrong, const char *usual) {
    char *text =
        *wrong->from ? cg_test_replace(usual, wrong->from, wrong->to) : cg_test_format("%s%s", wrong->to, usual);
    cr_assert_str_neq(text, usual, "%s: the configuration is as usual", wrong->name);
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
}

Test(bad_input, configurations) {
    static const char *const commands[] = {"--run-once", "--validate", "--emit-once"};
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *usual = cg_test_file_read(folder, "config.yaml");
    cr_assert_not_null(usual);
    for (size_t i = 0; i < sizeof config_cases / sizeof config_cases[0]; i++) {
        const struct config_case *wrong = &config_cases[i];
        write_case(wrong, usual);
        for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++) {
            const char *const arguments[] = {"--config-file", "config.yaml", commands[k], NULL};
            struct cg_test_result result;
            cg_test_program_run(folder, arguments, &result);
            cr_expect_eq(result.exit_status, 1, "%s, %s: %d, %s", wrong->name, commands[k], result.exit_status,
                         result.err);
            cr_expect_str_eq(result.out, "", "%s", wrong->name);
            check_sentences(wrong->name, result.err, wrong->sentences);
            cg_test_result_done(&result);
        }
        char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
        cg_test_dumps_equal(wrong->name, after, before);
        free(after);
    }
    free(before);
    free(usual);
}

/* One wrong command line. */
static const struct {
    const char *name;
    const char *arguments[6];
    int exit_status;
    const char *sentences[SENTENCES];
} command_cases[] = {
    {"nothing", {NULL}, 2, {"error: --config-file is required"}},
    {"unknown option", {"--config-file", "config.yaml", "--bogus"}, 2, {"unrecognized option '--bogus'"}},
    {"option without its value", {"--config-file"}, 2, {"option '--config-file' requires an argument"}},
    {"unknown command", {"charge"}, 2, {"there is no command 'charge'", "--help"}},
    {"unknown mode", {"--config-file", "config.yaml", "--mode", "sideways"}, 2, {"'sideways'", "worker"}},
    {"missing configuration", {"--config-file", "nowhere.yaml", "--run-once"}, 1, {"nowhere.yaml", "no such file"}},
    {"folder as configuration", {"--config-file", ".", "--run-once"}, 1, {"'.'", "it is a directory"}},
    {"missing environment file",
     {"--config-file", "config.yaml", "--env-file", "nowhere.env", "--run-once"},
     1,
     {"nowhere.env", "no such file"}},
    {"folder as environment file",
     {"--config-file", "config.yaml", "--env-file", ".", "--run-once"},
     1,
     {"The environment file '.'", "directory"}},
    {"configuration of five MiB", {"--config-file", "huge.yaml", "--run-once"}, 1, {"huge.yaml", "too large"}},
    {"configuration that is no text", {"--config-file", "noise.yaml", "--run-once"}, 1, {"noise.yaml"}},
    {"module that is none", {"plugins", "check", "config.yaml"}, 1, {NULL}},
};

static void write_strange_files(void) {
    size_t size = (size_t)5 * 1024 * 1024;
    char *text = malloc(size + 1);
    cr_assert_not_null(text);
    memset(text, '#', size);
    text[size] = '\0';
    cg_test_file_write(folder, "huge.yaml", text);
    free(text);
    cg_test_file_write(folder, "noise.yaml", "tenants: \xff\xfe\x01\x02\n");
}

Test(bad_input, command_lines) {
    write_strange_files();
    size_t files = cg_test_folder_count(folder, "");
    for (size_t i = 0; i < sizeof command_cases / sizeof command_cases[0]; i++) {
        struct cg_test_result result;
        cg_test_program_run(folder, command_cases[i].arguments, &result);
        cr_assert_eq(result.exit_status, command_cases[i].exit_status, "%s: %d, %s", command_cases[i].name,
                     result.exit_status, result.err);
        check_sentences(command_cases[i].name, result.err, command_cases[i].sentences);
        cg_test_result_done(&result);
        cr_assert_eq(cg_test_folder_count(folder, ""), files, "%s left something behind", command_cases[i].name);
    }
}

Test(bad_input, tenants_that_share_a_database) {
    static const char *const spellings[] = {"acme.db", "./acme.db", "csv/../acme.db"};
    char *usual = cg_test_file_read(folder, "config.yaml");
    cr_assert_not_null(usual);
    cg_test_folder_make(folder, CG_TEST_CSV);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char *second = cg_test_replace(strstr(usual, "  acme:"), "acme:", "second:");
        char *spelled = cg_test_replace(second, "acme.db", spellings[i]);
        char *both = cg_test_format("%s%s", usual, spelled);
        cg_test_file_write(folder, "config.yaml", both);
        char *err = NULL;
        cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s: %s", spellings[i], err);
        cg_test_has(spellings[i], err, "tenants 'acme' and 'second' share the same storage connection_string");
        cr_assert_eq(cg_test_folder_count(folder, ".db"), 0, "%s: a database was made", spellings[i]);
        free(err);
        free(both);
        free(spelled);
        free(second);
    }
    free(usual);
}

/* A key that nobody knows is most likely a slip of the pen: the run goes on, and says which one was meant. */
Test(bad_input, unknown_keys_are_warned_about) {
    static const char *const sentences[] = {
        "config.yaml:6: tenants.acme: unknown key 'retention_day' is ignored; did you mean 'retention_days'?",
        "tenants.acme.plugin_settings.ccloud_api: unknown key 'base_ulr' is ignored; did you mean 'base_url'?",
        "plugin_settings: unknown key 'metrics_step_second' is ignored; did you mean 'metrics_step_seconds'?",
        "unknown key 'tennants' is ignored; did you mean 'tenants'?"};
    static const char *const commands[] = {"--validate", "--run-once"};
    char *usual = cg_test_file_read(folder, "config.yaml");
    cr_assert_not_null(usual);
    char *texts[3];
    texts[0] = cg_test_replace(usual, "    cutoff_days: 1\n", "    retention_day: 9\n    cutoff_days: 1\n");
    texts[1] = cg_test_replace(texts[0], "        key: ", "        base_ulr: x\n        key: ");
    texts[2] = cg_test_replace(texts[1], "      emitters:\n", "      metrics_step_second: 60\n      emitters:\n");
    char *strange = cg_test_format("%stennants: {}\n", texts[2]);
    cg_test_file_write(folder, "config.yaml", strange);
    for (size_t i = 0; i < 2; i++) {
        const char *const arguments[] = {"--config-file", "config.yaml", commands[i], NULL};
        struct cg_test_result result;
        cg_test_program_run(folder, arguments, &result);
        cr_assert_eq(result.exit_status, 0, "%s: %s", commands[i], result.err);
        for (size_t k = 0; k < sizeof sentences / sizeof sentences[0]; k++)
            cg_test_has(commands[i], result.err, sentences[k]);
        cg_test_result_done(&result);
    }
    free(strange);
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
    free(usual);
}

Test(bad_input, emitters_that_overwrite_each_other_are_warned_about) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--validate", NULL};
    char *usual = cg_test_file_read(folder, "config.yaml");
    cr_assert_not_null(usual);
    const char *entry = strstr(usual, "        - type: csv\n");
    cr_assert_not_null(entry);
    char *twice = cg_test_format("%s%s", usual, entry);
    cg_test_file_write(folder, "config.yaml", twice);
    struct cg_test_result result;
    cg_test_program_run(folder, arguments, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_has("twins", result.err, "emitters 'csv' and 'csv-2' have the same params");
    cg_test_result_done(&result);
    free(twice);
    free(usual);
}

/* A place below a regular file cannot be written to by anybody, root included. */
static const struct {
    const char *name;
    const char *database; /* NULL = the usual one */
    const char *csv_folder;
    const char *plugins;
    int exit_status;
    const char *sentences[SENTENCES];
} place_cases[] = {
    {"database below a file",
     "sqlite:///config.yaml/acme.db",
     NULL,
     NULL,
     1,
     {"tenant 'acme': opening the database: ", "config.yaml", "Not a directory"}},
    {"database that is none",
     "sqlite:///config.yaml",
     NULL,
     NULL,
     1,
     {"tenant 'acme'", "config.yaml is not a database"}},
    {"database that is a folder", "sqlite:///.", NULL, NULL, 1, {"tenant 'acme': opening the database: "}},
    {"database where nothing can be made", "sqlite:////proc/1/acme.db", NULL, NULL, 1, {"tenant 'acme'", "/proc/1"}},
    {"CSV files below a file",
     NULL,
     "config.yaml/csv",
     NULL,
     1,
     {"tenant 'acme': emitter 'csv' (module 'csv'): 3 dates failed, the first 2026-06-27: ", "config.yaml/csv",
      "Not a directory"}},
    {"CSV files where nothing can be made", NULL, "/proc/1/csv", NULL, 1, {"emitter 'csv'", "/proc/1/csv"}},
    {"modules below a file", NULL, NULL, "config.yaml", 0, {"plugins_path 'config.yaml'", "Not a directory"}},
    {"modules nowhere", NULL, NULL, "nowhere", 0, {"plugins_path 'nowhere'", "the directory does not exist"}},
    {"modules that others can change", NULL, NULL, "open", 0, {"everybody may write to its directory", "open"}},
};

Test(bad_input, places) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_folder_make(folder, "open");
    cr_assert_eq(chmod(cg_test_path(folder, "open", path), 0777), 0);
    cg_test_file_write(path, "stranger.so", "no module\n");
    for (size_t i = 0; i < sizeof place_cases / sizeof place_cases[0]; i++) {
        struct cg_test_config config = {.url = sim.url,
                                        .lookback_days = 4,
                                        .database = place_cases[i].database,
                                        .csv_folder = place_cases[i].csv_folder};
        cg_test_config_write(folder, &config);
        if (place_cases[i].plugins) {
            char *usual = cg_test_file_read(folder, "config.yaml");
            char *text = cg_test_format("plugins_path: %s\n%s", place_cases[i].plugins, usual);
            cg_test_file_write(folder, "config.yaml", text);
            free(text);
            free(usual);
        }
        char *config_before = cg_test_file_read(folder, "config.yaml");
        char *err = NULL;
        int exit_status = cg_test_run_once(folder, &err);
        cr_assert_eq(exit_status, place_cases[i].exit_status, "%s: %d, %s", place_cases[i].name, exit_status, err);
        check_sentences(place_cases[i].name, err, place_cases[i].sentences);
        char *config_after = cg_test_file_read(folder, "config.yaml");
        cr_assert_str_eq(config_after, config_before, "%s: the file in the way was changed", place_cases[i].name);
        free(config_before);
        free(config_after);
        free(err);
    }
    /* Where files could not be written the rows are in the database all the same. */
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT date(timestamp)) FROM chargeback_facts"), 3);
    cg_test_db_close(db);
}

/* Folders without permissions; root is not stopped by them. */
Test(bad_input, places_without_permission) {
    char path[CG_TEST_PATH_SIZE];
    if (geteuid() == 0) {
        stop(); /* a skipped test is not cleaned up after */
        cr_skip_test("root may write everywhere");
    }
    cg_test_folder_make(folder, "closed");
    cr_assert_eq(chmod(cg_test_path(folder, "closed", path), 0), 0);
    struct cg_test_config config = {.url = sim.url, .lookback_days = 4, .database = "sqlite:///closed/acme.db"};
    cg_test_config_write(folder, &config);
    char *err = NULL;
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("closed database", err, "tenant 'acme': opening the database: ");
    free(err);
    config = (struct cg_test_config){.url = sim.url, .lookback_days = 4, .csv_folder = "closed/csv"};
    cg_test_config_write(folder, &config);
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("closed CSV folder", err, "Permission denied");
    free(err);
    config = (struct cg_test_config){.url = sim.url, .lookback_days = 4};
    cg_test_config_write(folder, &config);
    char *usual = cg_test_file_read(folder, "config.yaml");
    char *text = cg_test_format("plugins_path: closed\n%s", usual);
    cg_test_file_write(folder, "config.yaml", text);
    cr_assert_eq(cg_test_run_once(folder, &err), 0, "%s", err);
    cg_test_has("closed plugin folder", err, "closed");
    cg_test_has("closed plugin folder", err, "Permission denied");
    free(err);
    free(text);
    free(usual);
    cr_assert_eq(chmod(path, 0700), 0);
}
