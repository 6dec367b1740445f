/* Overrides: what they change, which are refused, and what becomes of a run in which one misbehaves. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

#define GOOD_MODULES CG_TEST_BINARY_DIR "/tests/plugins/good"
#define BAD_MODULES CG_TEST_BINARY_DIR "/tests/plugins/bad"
#define EXAMPLE_MODULES CG_TEST_BINARY_DIR "/examples/custom-allocator"

/* A second start has looked at the first within this time, however busy the machine is. */
#define LOOK_MS 30000

/* The product type of nearly every override here, and its lines in a dump. */
#define PRODUCT "KAFKA_NETWORK_READ"
#define ONE_OVERRIDE(symbol) "      allocator_overrides: {" PRODUCT ": \"" symbol "\"}\n"

/* Folders of the test: a run without overrides, one with them, and one with two modules that export the same symbol. */
static struct cg_test_sim sim;
static char root[CG_TEST_PATH_SIZE];
static char plain[CG_TEST_PATH_SIZE];
static char folder[CG_TEST_PATH_SIZE];
static char ambiguous[CG_TEST_PATH_SIZE];

/* Puts a module's file into a folder of modules. */
static void link_module(const char *modules, const char *source, const char *name) {
    char from[CG_TEST_PATH_SIZE];
    char to[CG_TEST_PATH_SIZE];
    cr_assert_eq(symlink(cg_test_path(source, name, from), cg_test_path(modules, name, to)), 0, "cannot make %s", to);
}

static void start(void) {
    static const char *const options[] = {"--days", "5", "--environments", "1", "--clusters", "3", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(root);
    cg_test_folder_make(root, "plain");
    cg_test_folder_make(root, "work");
    cg_test_path(root, "plain", plain);
    cg_test_path(root, "work", folder);
    cg_test_folder_make(root, "ambiguous");
    cg_test_path(root, "ambiguous", ambiguous);
    link_module(ambiguous, BAD_MODULES, "ambiguous_a.so");
    link_module(ambiguous, BAD_MODULES, "ambiguous_b.so");
    cg_test_config_write(plain, &(struct cg_test_config){.url = sim.url, .lookback_days = 6});
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(root);
}

TestSuite(overrides, .init = start, .fini = stop);

/* Writes the configuration of the run with overrides; lines of plugin_settings are indented by six. */
static void configure(const char *plugins_path, const char *tenant_lines, const char *settings) {
    cg_test_config_write(folder,
                         &(struct cg_test_config){.url = sim.url, .lookback_days = 6, .more_settings = settings});
    char *text = cg_test_file_read(folder, "config.yaml");
    char *tenant = cg_test_format("    cutoff_days: 1\n%s", tenant_lines);
    char *with_tenant = cg_test_replace(text, "    cutoff_days: 1\n", tenant);
    char *whole = cg_test_format("plugins_path: \"%s\"\n%s", plugins_path, with_tenant);
    cg_test_file_write(folder, "config.yaml", whole);
    free(text);
    free(tenant);
    free(with_tenant);
    free(whole);
}

/* What a dump says beside the lines that have `part`, and beside the digests of dates, which depend on all rows. */
static char *dump_without(const char *where, const char *part) {
    char *dump = cg_test_db_dump(where, CG_TEST_DATABASE);
    char *others = cg_test_dump_lines(dump, "", part);
    char *without_dates = cg_test_dump_lines(others, "", "cg_dates | ");
    char *rest = cg_test_dump_lines(without_dates, "", "cg_emissions | ");
    free(dump);
    free(others);
    free(without_dates);
    return rest;
}

static char *dump_of(const char *where, const char *product) {
    char *dump = cg_test_db_dump(where, CG_TEST_DATABASE);
    char *charged = cg_test_dump_lines(dump, "chargeback_facts | ", NULL);
    char *rows = cg_test_dump_lines(charged, product, NULL);
    free(dump);
    free(charged);
    return rows;
}

static void check_report(void) {
    static const char *const arguments[] = {"report", "--config-file", "config.yaml", NULL};
    struct cg_test_result result;
    cg_test_program_run(folder, arguments, &result);
    cr_assert_eq(result.exit_status, 0, "the books do not balance:\n%s%s", result.out, result.err);
    cg_test_result_done(&result);
}

/* The rows of `product` differ from those of the run without overrides, all others are the same. */
static void check_change(const char *product) {
    cg_test_run_well(plain);
    char *quoted = cg_test_format("'%s'", product);
    char *rows[2] = {dump_of(plain, quoted), dump_of(folder, quoted)};
    char *others[2] = {dump_without(plain, quoted), dump_without(folder, quoted)};
    cr_assert(*rows[0] && *rows[1], "there are no rows of %s", product);
    cr_assert_str_neq(rows[0], rows[1], "the override changed nothing");
    cg_test_dumps_equal("the lines of other products", others[1], others[0]);
    for (size_t i = 0; i < 2; i++) {
        free(rows[i]);
        free(others[i]);
    }
    free(quoted);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    cg_test_db_close(db);
    check_report();
}

static long long number(const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

/* Number of chargeback rows for which `condition` (over facts f and dimensions d) holds. */
static long long rows_where(const char *condition) {
    char *sql = cg_test_format("SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d "
                               "ON d.dimension_id = f.dimension_id WHERE %s",
                               condition);
    long long count = number(sql);
    free(sql);
    return count;
}

/* ---- overrides that work ---- */

Test(overrides, the_example_changes_its_product_alone) {
    struct cg_test_result result;
    configure(EXAMPLE_MODULES, "", ONE_OVERRIDE("acme_network_read"));
    cg_test_program_end(folder, "--run-once", 0, &result);
    check_change(PRODUCT);
    cg_test_result_done(&result);
}

Test(overrides, a_resolver_changes_its_product_alone) {
    struct cg_test_result result;
    configure(GOOD_MODULES, "", "      identity_resolution_overrides: {KAFKA_NUM_CKU: test_resolver}\n");
    cg_test_program_end(folder, "--run-once", 0, &result);
    check_change("KAFKA_NUM_CKU");
    cr_assert_gt(rows_where("d.identity_id = 'test-resolved' AND d.product_type = 'KAFKA_NUM_CKU'"), 0);
    cr_assert_eq(rows_where("d.identity_id = 'test-resolved' AND d.product_type <> 'KAFKA_NUM_CKU'"), 0);
    cg_test_result_done(&result);
}

Test(overrides, a_symbol_is_pinned_to_its_module) {
    struct cg_test_result result;
    configure(GOOD_MODULES, "", ONE_OVERRIDE("test_overrides:test_flip_allocator"));
    cg_test_program_end(folder, "--run-once", 0, &result);
    check_change(PRODUCT);
    cr_assert_gt(rows_where("d.product_type = '" PRODUCT "'"), 0);
    cr_assert_eq(rows_where("d.product_type = '" PRODUCT "' AND d.identity_id <> 'test-flip'"), 0);
    cg_test_result_done(&result);
}

/* Two modules export the symbol; the one that is named is called. It makes no row, and is blamed for it by name. */
Test(overrides, an_ambiguous_symbol_can_be_pinned) {
    struct cg_test_result result;
    configure(ambiguous, "", ONE_OVERRIDE("ambiguous_b:shared_split"));
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("standard error", result.err, "allocator 'shared_split' of module 'ambiguous_b': ");
    cg_test_has_not("standard error", result.err, "module 'ambiguous_a'");
    check_change(PRODUCT);
    cg_test_result_done(&result);
}

/* ---- overrides that are refused ---- */

static const struct {
    const char *name;
    const char *modules;
    const char *settings;
    const char *sentence;
} refused[] = {
    {"dotted Python path", GOOD_MODULES, ONE_OVERRIDE("acme.allocators.network_read"),
     "'acme.allocators.network_read' is a Python path; chitragupt loads compiled overrides: export a `const struct "
     "cg_allocator` with CG_ALLOCATOR(network_read, ...) from a shared object in plugins_path and write its symbol "
     "name, "
     "e.g. `network_read` or `module:network_read`"},
    {"Python path with a colon", GOOD_MODULES, ONE_OVERRIDE("acme.allocators:network_read"),
     "'acme.allocators:network_read' is a Python path"},
    {"unknown symbol", GOOD_MODULES, ONE_OVERRIDE("no_such_allocator"),
     "no loaded module exports an allocator 'no_such_allocator'; the allocators there are: "},
    {"unknown symbol of a module", GOOD_MODULES, ONE_OVERRIDE("test_overrides:no_such_allocator"),
     "the module 'test_overrides' exports no allocator 'no_such_allocator'"},
    {"unknown module", GOOD_MODULES, ONE_OVERRIDE("no_such_module:test_flip_allocator"),
     "'no_such_module:test_flip_allocator' names the module 'no_such_module', but no module of that name is loaded"},
    {"ambiguous symbol", ambiguous, ONE_OVERRIDE("shared_split"),
     "'shared_split' is exported by 2 modules; pin one with `module:symbol`: ambiguous_a:shared_split, "
     "ambiguous_b:shared_split"},
    {"resolver for an allocator", GOOD_MODULES, ONE_OVERRIDE("test_resolver"),
     "'test_resolver' of the module 'test_overrides' is an identity resolver, which belongs under "
     "identity_resolution_overrides; allocator_overrides needs an allocator"},
    {"allocator for a resolver", GOOD_MODULES,
     "      identity_resolution_overrides: {" PRODUCT ": test_flip_allocator}\n",
     "'test_flip_allocator' of the module 'test_overrides' is an allocator, which belongs under allocator_overrides; "
     "identity_resolution_overrides needs an identity resolver"},
    {"unknown product type", GOOD_MODULES, "      allocator_overrides: {KAFKA_NETWORK_RED: test_flip_allocator}\n",
     "nothing of ecosystem 'confluent_cloud' is called 'KAFKA_NETWORK_RED'. Product types: "},
    {"unknown product type of a resolver", GOOD_MODULES,
     "      identity_resolution_overrides: {KAFKA_NETWORK_RED: test_resolver}\n",
     "nothing of ecosystem 'confluent_cloud' is called 'KAFKA_NETWORK_RED'. Product types: "},
};

/* The line of a text that has `part`. */
static char *line_with(const char *text, const char *part) {
    const char *found = strstr(text, part);
    cr_assert_not_null(found);
    const char *first = found;
    while (first > text && first[-1] != '\n')
        first--;
    return strndup(first, (size_t)(found - first) + strcspn(found, "\n"));
}

Test(overrides, what_cannot_be_used_is_refused_before_anything_starts) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct cg_test_result results[2];
        char *lines[2];
        const char *name = refused[i].name;
        configure(refused[i].modules, "", refused[i].settings);
        cg_test_program_end(folder, "--validate", 1, &results[0]);
        cg_test_program_end(folder, "--run-once", 1, &results[1]);
        for (size_t k = 0; k < 2; k++) {
            cg_test_has(name, results[k].err, refused[i].sentence);
            lines[k] = line_with(results[k].err, refused[i].sentence);
            cg_test_has(name, lines[k], "config.yaml:");
            cg_test_has(name, lines[k], "tenants.acme.plugin_settings.");
        }
        cr_assert_str_eq(lines[0], lines[1], "%s: two sentences:\n%s\n%s", name, lines[0], lines[1]);
        cr_assert_eq(cg_test_folder_count(folder, ""), 1, "%s: something was written", name);
        for (size_t k = 0; k < 2; k++) {
            cg_test_result_done(&results[k]);
            free(lines[k]);
        }
    }
}

/* ---- allocators that misbehave ---- */

static const struct misbehaviour {
    const char *symbol;
    const char *settings;
    const char *reason; /* in the detail of every row, after symbol and module */
    long long runs;     /* rows of pipeline_runs: one for each worker */
} misbehaviours[] = {
    {"test_abort_allocator", ONE_OVERRIDE("test_abort_allocator"), " crashed (signal 6, Aborted)", 4},
    {"test_segv_allocator", ONE_OVERRIDE("test_segv_allocator"), " crashed (signal 11, Segmentation fault)", 4},
    {"test_wrong_sum_allocator", ONE_OVERRIDE("test_wrong_sum_allocator"), ": its 1 rows sum to ", 1},
    {"test_no_rows_allocator", ONE_OVERRIDE("test_no_rows_allocator"), ": its 0 rows sum to 0, but the line costs ", 1},
    {"test_error_allocator", ONE_OVERRIDE("test_error_allocator"), ": the test allocator fails on purpose", 1},
};

static void check_fallback(const struct misbehaviour *item) {
    static const char product[] = "d.product_type = '" PRODUCT "'";
    char *wanted = cg_test_format("%s AND d.identity_id = 'UNALLOCATED' AND d.allocation_method = 'ALLOCATION_FAILED' "
                                  "AND d.allocation_detail LIKE '%%allocator ''%s'' of module ''test_overrides''%s%%'",
                                  product, item->symbol, item->reason);
    long long lines = number("SELECT COUNT(*) FROM ccloud_billing WHERE product_type = '" PRODUCT "'");
    cr_assert_gt(lines, 3, "there are too few lines");
    cr_assert_eq(rows_where(product), lines, "%s: not one row for each line", item->symbol);
    cr_assert_eq(rows_where(wanted), lines, "%s: not all rows say why", item->symbol);
    free(wanted);
}

static void check_misbehaviour(const struct misbehaviour *item) {
    struct cg_test_result result;
    configure(GOOD_MODULES, "", item->settings);
    cg_test_program_end(folder, "--run-once", 1, &result);
    check_change(PRODUCT);
    check_fallback(item);
    char *callee = cg_test_format("allocator '%s' of module 'test_overrides'%s", item->symbol, item->reason);
    char *line = line_with(result.err, "tenant 'acme': 2026-06-2");
    cg_test_has(item->symbol, line, ", " PRODUCT " on lkc-");
    cg_test_has(item->symbol, line, callee);
    cg_test_has(item->symbol, line, "its cost is UNALLOCATED");
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), item->runs, "%s: not %lld workers", item->symbol,
                 item->runs);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs WHERE status <> 'failed'"), 0, "%s", item->symbol);
    free(line);
    free(callee);
    cg_test_result_done(&result);
}

Test(overrides, an_allocator_that_aborts) {
    check_misbehaviour(&misbehaviours[0]);
}

Test(overrides, an_allocator_that_segfaults) {
    check_misbehaviour(&misbehaviours[1]);
}

Test(overrides, an_allocator_with_a_wrong_sum) {
    check_misbehaviour(&misbehaviours[2]);
}

Test(overrides, an_allocator_without_rows) {
    check_misbehaviour(&misbehaviours[3]);
}

Test(overrides, an_allocator_with_an_error) {
    check_misbehaviour(&misbehaviours[4]);
}

/* Without the override the next run makes everything good. */
Test(overrides, a_crash_leaves_nothing_behind) {
    struct cg_test_result result;
    configure(GOOD_MODULES, "", misbehaviours[0].settings);
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_result_done(&result);
    configure(GOOD_MODULES, "", "");
    cg_test_run_well(folder);
    cg_test_run_well(plain);
    /* These files were written twice, which their records tell. */
    char *dumps[2] = {dump_without(plain, "emission_records | "), dump_without(folder, "emission_records | ")};
    cg_test_dumps_equal("after the crashes", dumps[1], dumps[0]);
    free(dumps[0]);
    free(dumps[1]);
}

/* ---- workers that do not come back ---- */

/* The worker of a host process once it runs an allocator: the database has a run by then, and it stays. */
static pid_t hanging_worker(const struct cg_test_process *process, pid_t after) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process->pid, (int)process->pid);
    for (int waited = 0; waited < 20000; waited += 20) {
        FILE *stream = fopen(path, "re");
        cr_assert_not_null(stream, "the program has ended");
        int pid = 0;
        int found = fscanf(stream, "%d", &pid); /* NOLINT(cert-err34-c): the kernel writes it */
        (void)fclose(stream);
        char database[CG_TEST_PATH_SIZE];
        int started = access(cg_test_path(folder, CG_TEST_DATABASE, database), F_OK) == 0;
        if (found == 1 && pid != after && started &&
            number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'cg_dates'") &&
            number("SELECT COUNT(*) FROM pipeline_runs WHERE stage = 'calculating' AND status = 'running'"))
            return pid;
        cr_assert(cg_test_process_runs(process, 20), "the program has ended");
    }
    cr_assert_fail("no worker came to calculate");
    return 0;
}

/* Nobody has this number any more, at the latest after a while. */
static void check_gone(pid_t pid) {
    char path[64];
    char state = 'X';
    for (int waited = 0; waited < 5000 && state != 'Z'; waited += 20) {
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *stream = fopen(path, "re");
        if (!stream)
            return;
        if (fscanf(stream, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z'; /* it went while it was read */
        (void)fclose(stream);
        (void)usleep(20000);
    }
    cr_assert_eq(state, 'Z', "the worker %d is still there", (int)pid);
}

static void check_failed_run(const char *message) {
    char *sql =
        cg_test_format("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message LIKE '%s%%' "
                       "AND ended_at IS NOT NULL AND stage IS NULL",
                       message);
    cr_assert_eq(number(sql), 1, "no run says '%s'", message);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 1);
    free(sql);
}

Test(overrides, an_allocator_that_hangs_is_timed_out) {
    static const char words[] = "Execution timed out after 2s: allocator 'test_hang_allocator' of module "
                                "'test_overrides' was running while it worked on 2026-06-2";
    struct cg_test_process process;
    struct cg_test_result result;
    configure(GOOD_MODULES, "    tenant_execution_timeout_seconds: 2\n", ONE_OVERRIDE("test_hang_allocator"));
    cg_test_program_begin(folder, "--run-once", &process);
    pid_t worker = hanging_worker(&process, 0);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 1, "%s", result.err);
    cg_test_has("standard error", result.err, words);
    cg_test_has("standard error", result.err, "tenant 'acme'");
    check_gone(worker);
    check_failed_run("Execution timed out after 2s: allocator ''test_hang_allocator'' of module ''test_overrides''");
    cg_test_result_done(&result);
}

Test(overrides, a_run_that_hangs_can_be_stopped) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(GOOD_MODULES, "", ONE_OVERRIDE("test_hang_allocator"));
    cg_test_program_begin(folder, "--run-once", &process);
    pid_t worker = hanging_worker(&process, 0);
    (void)usleep(300000); /* the stage is told before the first line is allocated */
    (void)kill(process.pid, SIGTERM);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 1, "%s", result.err);
    cg_test_has("standard error", result.err, "The run was stopped: allocator 'test_hang_allocator' of module");
    cg_test_has_not("standard error", result.err, "crashed");
    check_gone(worker);
    check_failed_run("The run was stopped: allocator ''test_hang_allocator''");
    cg_test_result_done(&result);
}

/* The killer may have meant somebody else, so the allocator gets its line once more. Then it is left out. */
Test(overrides, a_worker_that_is_killed_tries_once_more) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(GOOD_MODULES, "", ONE_OVERRIDE("test_hang_allocator"));
    cg_test_program_begin(folder, "--run-once", &process);
    pid_t worker = 0;
    for (int i = 0; i < 2; i++) {
        worker = hanging_worker(&process, worker);
        (void)usleep(300000); /* the stage is told before the first line is allocated */
        (void)kill(worker, SIGKILL);
    }
    worker = hanging_worker(&process, worker);
    (void)kill(process.pid, SIGKILL);
    cg_test_program_wait(&process, &result);
    check_gone(worker);
    char *first = line_with(result.err, "crashed (signal 9, Killed)");
    const char *rest = strstr(result.err, first) + strlen(first);
    cg_test_has("the first kill", first, "'test_hang_allocator' of module 'test_overrides'");
    cg_test_has("the first kill", first, "; a new worker tries again");
    cg_test_has("the second kill", rest, "; a new worker goes on without it");
    free(first);
    cg_test_result_done(&result);
}

Test(overrides, a_second_start_beside_a_running_one_waits) {
    struct cg_test_process processes[2];
    struct cg_test_result results[2];
    configure(GOOD_MODULES, "", ONE_OVERRIDE("test_hang_allocator"));
    cg_test_program_begin(folder, "--run-once", &processes[0]);
    pid_t worker = hanging_worker(&processes[0], 0);
    cg_test_program_begin(folder, "--run-once", &processes[1]);
    cg_test_process_wait_log(&processes[1], "; this process looks again every few seconds", LOOK_MS);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 1, "the second start has a run");
    (void)kill(processes[1].pid, SIGTERM);
    cg_test_program_wait(&processes[1], &results[1]);
    (void)kill(processes[0].pid, SIGKILL);
    cg_test_program_wait(&processes[0], &results[0]);
    check_gone(worker);
    configure(GOOD_MODULES, "", "");
    cg_test_run_well(folder);
    check_report();
    cg_test_result_done(&results[0]);
    cg_test_result_done(&results[1]);
}

/* ---- a module that cannot be loaded ---- */

Test(overrides, a_module_that_crashes_is_one_warning) {
    struct cg_test_result result;
    char modules[CG_TEST_PATH_SIZE];
    cg_test_folder_make(root, "modules");
    cg_test_path(root, "modules", modules);
    link_module(modules, BAD_MODULES, "crash_in_register.so");
    link_module(modules, GOOD_MODULES, "test_overrides.so");
    configure(modules, "", ONE_OVERRIDE("test_flip_allocator"));
    cg_test_program_end(folder, "--run-once", 0, &result);
    check_change(PRODUCT);
    cr_assert_eq(cg_test_occurrences(result.err, "crash_in_register.so"), 1, "%s", result.err);
    char *line = line_with(result.err, "crash_in_register.so");
    cg_test_has("the warning", line, "WARNING");
    cg_test_has("the warning", line, "in register()");
    free(line);
    cg_test_result_done(&result);
}
