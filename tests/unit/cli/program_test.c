/* The program as a whole where no simulator is needed: results nobody gets, broken files, a stop at the wrong time. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/program.h"

#define PROGRAM CG_TEST_BINARY_DIR "/bin/chitragupt"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    struct cg_test_config config = {.url = "http://127.0.0.1:1"};
    cg_test_config_write(folder, &config);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(program, .init = start, .fini = stop);

#define RUN(result, ...) cg_test_program_run(folder, (const char *const[]){__VA_ARGS__, NULL}, (result))

/* ---- standard output that takes nothing ---- */

static const struct {
    const char *arguments;
    int exit_status; /* when the output is taken */
} printing[] = {
    {"--help", 0},
    {"--version", 0},
    {"plugins --help", 0},
    {"plugins", 0},
    {"plugins check config.yaml", 1},
    {"--config-file config.yaml --show-config", 0},
    {"--config-file config.yaml --validate", 0},
};

/* Runs a line of the shell in the folder. */
static void shell(const char *line, struct cg_test_result *ret) {
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    static const char *const environment[] = {"CC_SECRET=s", "PROM_TOKEN=t", NULL};
    struct cg_test_process_options options = {
        .argv = argv, .environment = environment, .directory = folder, .timeout_seconds = 120};
    cg_test_process_run(&options, ret);
}

Test(program, a_result_that_nobody_got_is_a_failure) {
    for (size_t i = 0; i < sizeof printing / sizeof *printing; i++) {
        static const char *const places[] = {"", " >/dev/full", " >&-"};
        for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
            struct cg_test_result result;
            char *line = cg_test_format("exec " PROGRAM " %s%s", printing[i].arguments, places[place]);
            shell(line, &result);
            int expected = place ? 1 : printing[i].exit_status;
            cr_expect_eq(result.exit_status, expected, "%s: %d\n%s", line, result.exit_status, result.err);
            if (place)
                cg_test_has(line, result.err, "chitragupt: standard output cannot be written: ");
            else
                cr_expect_neq(result.out[0], '\0', "%s", line);
            cg_test_result_done(&result);
            free(line);
        }
    }
}

Test(program, asked_for_help_it_helps) {
    static const char *const lines[][3] = {{"plugins", "--help"}, {"plugins", "check", "-h"}, {"report", "--help"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cg_test_result result;
        RUN(&result, lines[i][0], lines[i][1], lines[i][2]);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        cg_test_has(lines[i][0], result.out, "Usage:\n");
        cr_assert_str_eq(result.err, "");
        cg_test_result_done(&result);
    }
}

/* ---- --show-config ---- */

static const struct {
    const char *name;
    const char *from; /* replaced in the configuration */
    const char *to;
    const char *part;
} broken[] = {
    {"no YAML", "tenants:", "tenants: [", "config.yaml:"},
    {"unknown ecosystem", "ecosystem: confluent_cloud", "ecosystem: nowhere",
     "Unknown ecosystem 'nowhere'. Available: "},
    {"unknown emitter", "type: csv", "type: fax", "Unknown emitter type 'fax'. Available: csv"},
    {"bad number", "lookback_days: 40", "lookback_days: many", "lookback_days"},
};

Test(program, show_config_of_a_broken_file_says_what_is_wrong) {
    char *text = cg_test_file_read(folder, "config.yaml");
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct cg_test_result result;
        char *changed = cg_test_replace(text, broken[i].from, broken[i].to);
        cg_test_file_write(folder, "config.yaml", changed);
        RUN(&result, "--config-file", "config.yaml", "--show-config");
        cr_expect_eq(result.exit_status, 1, "%s: %d", broken[i].name, result.exit_status);
        cr_expect_str_eq(result.out, "", "%s", broken[i].name);
        cg_test_has(broken[i].name, result.err, "Config validation failed:\n");
        cg_test_has(broken[i].name, result.err, broken[i].part);
        cg_test_result_done(&result);
        free(changed);
    }
    free(text);
}

/* A bundled module whose place another one took is in use: nothing was refused. */
Test(program, replaced_modules_are_not_counted_as_refused) {
    char *text = cg_test_file_read(folder, "config.yaml");
    char *changed = cg_test_replace(text, "type: csv", "type: fax");
    char *extra = cg_test_format("plugins_path: mine\n%s", changed);
    cg_test_file_write(folder, "config.yaml", extra);
    cg_test_folder_make(folder, "mine");
    struct cg_test_result result;
    shell("cp " CG_TEST_BINARY_DIR "/lib/chitragupt/plugins/csv.so mine/csv.so && exec " PROGRAM
          " --config-file config.yaml --show-config",
          &result);
    cg_test_has("replaced", result.err, "takes its place");
    cg_test_has("replaced", result.err, "Unknown emitter type 'fax'. Available: csv, prometheus\n");
    cg_test_result_done(&result);
    free(extra);
    free(changed);
    free(text);
}

/* ---- report without a run ---- */

Test(program, a_report_before_the_first_run_says_to_run_first) {
    struct cg_test_result result;
    RUN(&result, "report", "--config-file", "config.yaml");
    cr_assert_eq(result.exit_status, 1);
    cr_assert_str_eq(result.err,
                     "chitragupt: report: tenant 'acme' has no database yet, so there is nothing to report; do a run "
                     "first: chitragupt --config-file config.yaml --run-once\n");
    cg_test_result_done(&result);
    cr_assert_eq(cg_test_folder_count(folder, ""), 1, "a report makes no database");
}

/* ---- report of what is there ---- */

static const char empty[] = "plugins_path: " CG_TEST_BINARY_DIR "/tests/plugins/trouble\n"
                            "tenants:\n"
                            "  acme:\n"
                            "    ecosystem: trouble_ecosystem\n"
                            "    tenant_id: acme\n"
                            "    lookback_days: 40\n"
                            "    cutoff_days: 1\n"
                            "    storage:\n"
                            "      connection_string: \"sqlite:///acme.db\"\n";

#define LONG_ID "User:CN=billing-exporter,OU=payments,O=example, account "

/* Rows as an older program may have left them: with an escape sequence, letters of two bytes, and two long identities
 * that differ at their end only. */
static const char rows[] =
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, product_type, identity_id, "
    "product_category, "
    "cost_type) VALUES (1, 'trouble_ecosystem', 'acme', 'STORAGE', char(27) || '[2Jsa', '', 'usage'), "
    "(2, 'trouble_ecosystem', 'acme', 'STORAGE', 'J\xc3\xbcrgen', '', 'usage'), "
    "(3, 'trouble_ecosystem', 'acme', 'STORAGE', '" LONG_ID "1', '', 'usage'), "
    "(4, 'trouble_ecosystem', 'acme', 'STORAGE', '" LONG_ID "2', '', 'usage');"
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount) VALUES ('2026-06-01 00:00:00.000000', 1, '4'), "
    "('2026-06-01 00:00:00.000000', 2, '3'), ('2026-06-01 00:00:00.000000', 3, '2'), "
    "('2026-06-01 00:00:00.000000', 4, '1')";

#define BLANKS "                                            " /* 44, the widest column */

static const char table[] = "  IDENTITY                                      NAME   PRODUCT   AMOUNT\n"
                            "  ?[2Jsa                                               STORAGE    4\n"
                            "  J\xc3\xbcrgen                                               STORAGE    3\n"
                            "  " LONG_ID "1\n"
                            "  " BLANKS "         STORAGE    2\n"
                            "  " LONG_ID "2\n"
                            "  " BLANKS "         STORAGE    1\n";

Test(program, a_report_is_clean_and_aligned_and_tells_identities_apart) {
    struct cg_test_result result;
    char path[CG_TEST_PATH_SIZE];
    cg_test_file_write(folder, "config.yaml", empty);
    RUN(&result, "--config-file", "config.yaml", "--run-once");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
    shell("exec " PROGRAM " report --config-file config.yaml >/dev/full", &result);
    cr_expect_eq(result.exit_status, 1);
    cg_test_has("a report nobody got", result.err, "standard output cannot be written: ");
    cg_test_result_done(&result);

    sqlite3 *db = NULL;
    char *problem = NULL;
    cr_assert_eq(sqlite3_open(cg_test_path(folder, "acme.db", path), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, rows, NULL, NULL, &problem), SQLITE_OK, "%s", problem);
    sqlite3_close(db);
    RUN(&result, "report", "--config-file", "config.yaml");
    cr_expect_eq(result.exit_status, 1, "nothing was billed");
    cg_test_has("the report", result.out, table);
    cg_test_has("the report", result.out, "billed = allocated + unallocated: NO");
    cg_test_result_done(&result);
}

/* ---- a stop while the configuration is checked ---- */

static const struct {
    const char *option;
    int signal;
    int exit_status;
} stops[] = {
    {"--validate", SIGINT, 1}, {"--run-once", SIGTERM, 1}, {"--emit-once", SIGINT, 1}, {"--quiet", SIGTERM, 0}};

/* True once the process `pid` has a child that is a worker: the program listens to signals before it starts one. */
static int has_worker(pid_t pid) {
    char path[64];
    char line[64];
    int found = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *children = fopen(path, "re");
    int child = 0;
    while (!found && children && fscanf(children, "%d", &child) == 1) {
        (void)snprintf(path, sizeof path, "/proc/%d/cmdline", child);
        FILE *command = fopen(path, "re");
        size_t length = command ? fread(line, 1, sizeof line, command) : 0;
        found = length > sizeof "worker" && memcmp(line + length - sizeof "worker", "worker", sizeof "worker") == 0;
        if (command)
            (void)fclose(command);
    }
    if (children)
        (void)fclose(children);
    return found;
}

Test(program, a_stop_during_the_check_is_no_verdict) {
    enum { COUNT = sizeof stops / sizeof *stops };
    struct cg_test_process processes[COUNT];
    char *hanging = cg_test_format("%s    plugin_settings:\n      trouble: hang in validate\n", empty);
    cg_test_file_write(folder, "config.yaml", hanging);
    free(hanging);
    /* All at once, because a check that hangs is given some time before it is killed. */
    for (size_t i = 0; i < COUNT; i++)
        cg_test_program_start(folder, (const char *const[]){"--config-file", "config.yaml", stops[i].option, NULL},
                              NULL, &processes[i]);
    for (size_t i = 0; i < COUNT; i++) {
        while (!has_worker(processes[i].pid))
            cr_assert(cg_test_process_runs(&processes[i], 20), "%s ended by itself", stops[i].option);
        cr_assert_eq(kill(processes[i].pid, stops[i].signal), 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct cg_test_result result;
        cg_test_program_wait(&processes[i], &result);
        cr_expect_eq(result.exit_status, stops[i].exit_status, "%s: exit status %d, signal %d\n%s", stops[i].option,
                     result.exit_status, result.signal, result.err);
        cg_test_has(stops[i].option, result.err, "stopped before the configuration was checked to its end\n");
        cg_test_has_not(stops[i].option, result.err, "validation failed");
        cg_test_has_not(stops[i].option, result.out, "Config is valid");
        cg_test_result_done(&result);
    }
}
