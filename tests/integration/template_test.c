/*
 * What the author of a plugin does: installs the SDK, builds the template and the example outside the tree, with CMake
 * and by hand, and runs the installed program with them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/db.h"
#include "support/program.h"

#define DAYS 5

/* The folder of a test, what is installed in it, and the variables that the shell commands below use. */
static char root[CG_TEST_PATH_SIZE];
static char *variables[9];

static void set(size_t index, const char *name, const char *value) {
    variables[index] = cg_test_format("%s=%s", name, value);
}

static void start(void) {
    (void)umask(022);
    cg_test_workdir_make(root);
    set(0, "ROOT", root);
    set(1, "SOURCE", CG_TEST_SOURCE_DIR);
    set(2, "BUILD", CG_TEST_BINARY_DIR);
    set(3, "CMAKE", CG_TEST_CMAKE);
    set(4, "CC", CG_TEST_COMPILER);
    set(5, "CFLAGS", CG_TEST_CFLAGS);
    set(6, "LIBRARIES", CG_TEST_LIBRARY_FOLDER);
    set(7, "CHITRAGUPT_NOW", CG_TEST_NOW);
}

static void stop(void) {
    cg_test_workdir_remove(root);
    for (size_t i = 0; variables[i]; i++)
        free(variables[i]);
}

TestSuite(sdk, .init = start, .fini = stop);

/* Runs commands of a shell in the test's folder; all must succeed. `ret_out` (NULL: nobody cares) is to be freed. */
static void shell(const char *commands, char **ret_out) {
    const char *const argv[] = {"/bin/sh", "-euc", commands, NULL};
    const char *environment[] = {variables[0],      variables[1], variables[2],
                                 variables[3],      variables[4], variables[5],
                                 variables[6],      variables[7], "PATH=/usr/local/bin:/usr/bin:/bin",
                                 "LDFLAGS",         "MAKEFLAGS",  "DESTDIR",
                                 "PKG_CONFIG_PATH", NULL};
    struct cg_test_process_options options = {
        .argv = argv, .environment = environment, .directory = root, .timeout_seconds = 300};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s\nended with %d:\n%.4000s\n%.8000s", commands, result.exit_status,
                 result.out, result.err);
    if (ret_out) {
        *ret_out = result.out;
        result.out = NULL;
    }
    cg_test_result_done(&result);
}

/* Installs program and SDK into `prefix`, and nothing else. */
static void install(void) {
    shell("$CMAKE --install $BUILD --prefix $ROOT/prefix --component sdk\n"
          "$CMAKE --install $BUILD --prefix $ROOT/prefix --component runtime\n"
          "test -x prefix/bin/chitragupt\n"
          "test -f prefix/include/chitragupt/plugin.h\n",
          NULL);
}

/* Copies a folder of the tree, as authors do, and builds it with CMake into `modules`. */
static void build_with_cmake(const char *folder) {
    char *commands = cg_test_format("cp -R $SOURCE/%s copy\n"
                                    "$CMAKE -S copy -B modules -G Ninja -DCMAKE_PREFIX_PATH=$ROOT/prefix\n"
                                    "$CMAKE --build modules -- -j 1\n",
                                    folder);
    shell(commands, NULL);
    free(commands);
}

/* What `plugins check` and `plugins --plugins-path` say about modules of the template. */
static void check_template_modules(void) {
    char *out = NULL;
    shell("prefix/bin/chitragupt plugins check modules/acme_flat_rate.so modules/acme_jsonl.so", &out);
    cg_test_has("plugins check", out, "acme_flat_rate 1.0.0");
    cg_test_has("plugins check", out, "acme_jsonl 1.0.0");
    free(out);
    shell("prefix/bin/chitragupt plugins --plugins-path modules", &out);
    cg_test_has("plugins", out, "acme_flat_rate 1.0.0");
    cg_test_has("plugins", out, "acme_jsonl 1.0.0");
    cg_test_has("plugins", out, "confluent_cloud");
    char *path = cg_test_format("%s/modules/acme_flat_rate.so", root);
    cg_test_has("plugins", out, path);
    free(path);
    free(out);
}

static const char flat_rate_config[] = "plugins_path: modules\n"
                                       "tenants:\n"
                                       "  machines:\n"
                                       "    ecosystem: acme_flat_rate\n"
                                       "    tenant_id: machines\n"
                                       "    lookback_days: 6\n"
                                       "    cutoff_days: 1\n"
                                       "    storage: {connection_string: \"sqlite:///machines.db\"}\n"
                                       "    plugin_settings:\n"
                                       "      resource_id: machine-1\n"
                                       "      daily_rate: \"10.00001\"\n"
                                       "      owners: [team-b, team-a, team-c]\n"
                                       "      emitters:\n"
                                       "        - {type: acme_jsonl, params: {output_dir: rows}}\n";

static void check_flat_rate_rows(void) {
    static const char sums_sql[] =
        "SELECT group_concat(date(f.timestamp) || ' ' || d.identity_id || ' ' || f.amount, '; ') FROM chargeback_facts "
        "f "
        "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id WHERE f.timestamp >= '2026-06-29' "
        "ORDER BY d.identity_id";
    sqlite3 *db = cg_test_db_open(root, "machines.db");
    cg_test_db_check(db);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM billing"), DAYS);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_facts"), 3 * DAYS);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_dimensions WHERE ecosystem <> 'acme_flat_rate' "
                                       "OR tenant_id <> 'machines' OR resource_id <> 'machine-1' "
                                       "OR product_type <> 'ACME_FLAT_RATE'"),
                 0);
    struct cg_decimal sum = cg_test_db_sum(db, "SELECT amount FROM chargeback_facts");
    struct cg_decimal wanted = cg_test_decimal("50.00005");
    cg_test_decimal_equal("five days", &sum, &wanted);
    char *last_day = cg_test_db_text(db, sums_sql);
    cr_assert_str_eq(last_day, "2026-06-29 team-a 3.33341; 2026-06-29 team-b 3.3333; 2026-06-29 team-c 3.3333", "%s",
                     last_day);
    free(last_day);
    cg_test_db_close(db);
}

/* Each day is a file, each row a line. */
static void check_flat_rate_files(void) {
    char folder[CG_TEST_PATH_SIZE];
    cg_test_path(root, "rows", folder);
    cr_assert_eq(cg_test_folder_count(folder, ""), DAYS, "there are not %d files", DAYS);
    char *text = cg_test_file_read(folder, "2026-06-25.jsonl");
    cr_assert_not_null(text);
    size_t lines = 0;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
        lines++;
    cr_assert_eq(lines, 3, "%s", text);
    cg_test_has("the first day", text,
                "{\"tenant_id\":\"machines\",\"resource_id\":\"machine-1\",\"product_type\":\"ACME_FLAT_RATE\","
                "\"identity_id\":\"team-a\",");
    cg_test_has("the first day", text, "\"amount\":\"3.33341\"");
    free(text);
}

/* Runs a tenant of the template's ecosystem, twice: the second run changes nothing. */
static void run_template(void) {
    cg_test_file_write(root, "config.yaml", flat_rate_config);
    shell("mkdir rows\n"
          "prefix/bin/chitragupt --config-file config.yaml --validate\n"
          "prefix/bin/chitragupt --config-file config.yaml --run-once\n",
          NULL);
    check_flat_rate_rows();
    check_flat_rate_files();
    char *out = NULL;
    shell("prefix/bin/chitragupt --config-file config.yaml --run-once\n"
          "prefix/bin/chitragupt report --config-file config.yaml",
          &out);
    check_flat_rate_rows();
    cg_test_has("the report", out, "yes, to the last digit");
    free(out);
}

Test(sdk, the_template_builds_with_cmake) {
    install();
    build_with_cmake("sdk/template");
    shell("$CMAKE -E chdir modules ctest --output-on-failure", NULL);
    check_template_modules();
    run_template();
    /* Installed beside the bundled modules they need no plugins_path. */
    char *out = NULL;
    shell("$CMAKE --install modules --prefix $ROOT/prefix\n"
          "prefix/bin/chitragupt plugins",
          &out);
    cg_test_has("plugins", out, "prefix/lib/chitragupt/plugins/acme_flat_rate.so");
    free(out);
}

Test(sdk, the_template_builds_by_hand) {
    install();
    shell("export PKG_CONFIG_PATH=$ROOT/prefix/$LIBRARIES/pkgconfig\n"
          "mkdir modules\n"
          "for name in acme_flat_rate acme_jsonl; do\n"
          "    $CC -std=c17 -O2 -fPIC -fvisibility=hidden $CFLAGS $(pkg-config --cflags chitragupt-plugin) -shared \\\n"
          "        -Wl,-z,now,-z,nodelete,-z,defs,--exclude-libs,ALL -o modules/$name.so \\\n"
          "        $SOURCE/sdk/template/$name.c $(pkg-config --libs chitragupt-plugin)\n"
          "done\n"
          "test $(pkg-config --variable=plugindir chitragupt-plugin | xargs realpath) = "
          "$ROOT/prefix/lib/chitragupt/plugins\n",
          NULL);
    check_template_modules();
    run_template();
}

Test(sdk, the_example_builds_with_cmake) {
    static const char *const options[] = {"--days", "31", "--environments", "1", "--clusters", "2", NULL};
    struct cg_test_sim sim;
    char *out = NULL;
    install();
    build_with_cmake("examples/custom-allocator");
    shell("prefix/bin/chitragupt plugins check modules/acme_allocators.so", &out);
    cg_test_has("plugins check", out, "acme_allocators 1.0.0");
    cg_test_has("plugins check", out, "acme_network_read");
    free(out);
    cg_test_sim_start(options, &sim);
    char *settings = cg_test_format("ACME_PLUGINS=./modules\nCCLOUD_URL=%s\nCCLOUD_KEY=%s\nCCLOUD_SECRET=%s\n"
                                    "PROM_URL=%s\n",
                                    sim.url, CG_TEST_SIM_KEY, CG_TEST_SIM_SECRET, sim.url);
    cg_test_file_write(root, ".env", settings);
    free(settings);
    /* The simulators of tests ask for a token, which the example has no need of. */
    char *config = cg_test_file_read(root, "copy/config.yaml");
    char *with_token = cg_test_replace(
        config, "        type: prometheus\n",
        "        type: prometheus\n        auth_type: bearer\n        bearer_token: " CG_TEST_SIM_TOKEN "\n");
    cg_test_file_write(root, "copy/config.yaml", with_token);
    free(config);
    free(with_token);
    shell("chmod 600 .env\n"
          "prefix/bin/chitragupt --config-file copy/config.yaml --env-file .env --run-once\n"
          "prefix/bin/chitragupt report --config-file copy/config.yaml --env-file .env",
          &out);
    cg_test_has("the report", out, "yes, to the last digit");
    free(out);
    cg_test_sim_stop(&sim);
}
