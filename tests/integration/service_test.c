/* The program as a service: signals, another configuration while it runs, limits, and what it tells its manager. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "support/db.h"
#include "support/proc.h"
#include "support/program.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/trouble"
#define EVERY_SECOND "features: {refresh_interval: 1}\n"
#define ECOSYSTEM "ecosystem of module 'trouble_ecosystem' "

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(service, .init = start, .fini = stop);

/* ---- configurations ---- */

#define HEAD(more_) "plugins_path: \"" MODULES "\"\n" more_ "tenants:\n"

/* `trouble` as the module knows it; `lines` are further ones of the tenant, indented by four. */
#define TENANT(name_, trouble_, lines_)                                       \
    "  " name_ ":\n    ecosystem: trouble_ecosystem\n    tenant_id: " name_   \
    "\n    storage: {connection_string: \"sqlite:///" name_ ".db\"}\n" lines_ \
    "    plugin_settings: {trouble: \"" trouble_ "\"}\n"

static void configure(const char *text) {
    cg_test_file_write(folder, "new.yaml", text);
    char path[2][CG_TEST_PATH_SIZE];
    cr_assert_eq(rename(cg_test_path(folder, "new.yaml", path[0]), cg_test_path(folder, "config.yaml", path[1])), 0);
}

/* ---- a service that runs ---- */

static size_t count_written(const struct cg_test_process *process, const char *part) {
    char *text = cg_test_process_log(process);
    size_t count = cg_test_occurrences(text, part);
    free(text);
    return count;
}

/* Waits until the program has written `part` so many times. */
static void wait_for(const struct cg_test_process *process, const char *part, size_t times) {
    for (int waited = 0; count_written(process, part) < times; waited += 10) {
        cr_assert(cg_test_process_runs(process, 10), "the program has ended before it wrote '%s'", part);
        cr_assert_lt(waited, 30000, "'%s' does not come", part);
    }
}

static void begin(const char *const *more, const char *const *environment, struct cg_test_process *ret) {
    const char *arguments[16] = {"--config-file", "config.yaml", "--quiet"};
    size_t count = 3;
    for (; more && *more; more++)
        arguments[count++] = *more;
    arguments[count] = NULL;
    cg_test_program_start(folder, arguments, environment, ret);
}

/* The sanitizer must leave the module's signals alone. */
static void begin_quietly(struct cg_test_process *ret) {
    cg_test_program_begin(folder, "--quiet", ret);
}

static void end(struct cg_test_process *process, int exit_status, struct cg_test_result *ret) {
    cg_test_process_signal(process, SIGTERM);
    cg_test_program_wait(process, ret);
    cr_assert_eq(ret->exit_status, exit_status, "%d, signal %d: %s", ret->exit_status, ret->signal, ret->err);
}

/* The first child of the program that is a worker, or 0. */
static pid_t worker_of(const struct cg_test_process *process) {
    char path[64];
    char line[64] = "";
    int child = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process->pid, (int)process->pid);
    FILE *children = fopen(path, "re");
    int found = children && fscanf(children, "%d", &child) == 1; /* NOLINT(cert-err34-c): the kernel writes it */
    if (children)
        (void)fclose(children);
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", child);
    FILE *command = found ? fopen(path, "re") : NULL;
    size_t length = command ? fread(line, 1, sizeof line - 1, command) : 0;
    if (command)
        (void)fclose(command);
    return length > sizeof "worker" && strcmp(line + length - sizeof "worker", "worker") == 0 ? child : 0;
}

static int exists(const char *name) {
    char path[CG_TEST_PATH_SIZE];
    return access(cg_test_path(folder, name, path), F_OK) == 0;
}

static long long number(const char *database, const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, database);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

/* The worker of a run that has come to its gather. */
static pid_t worker_at_work(const struct cg_test_process *process, const char *database) {
    static const char sql[] = "SELECT COUNT(*) FROM pipeline_runs WHERE stage = 'gathering' AND status = 'running'";
    for (int waited = 0; waited < 20000; waited += 20) {
        pid_t worker = worker_of(process);
        if (worker && exists(database) &&
            number(database, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'cg_dates'") && number(database, sql))
            return worker;
        cr_assert(cg_test_process_runs(process, 20), "the program has ended");
    }
    cr_assert_fail("no worker comes to its gather");
    return 0;
}

/* ---- reload ---- */

#define ACME TENANT("acme", "none", "")
#define RELOADED "INFO - Configuration reloaded: "
#define REFUSED "ERROR - Configuration not reloaded, the old one stays in effect: "

Test(service, a_valid_configuration_is_put_into_effect) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD(EVERY_SECOND) ACME TENANT("left", "none", ""));
    begin(NULL, NULL, &process);
    wait_for(&process, "Tenant left: gathered=", 1);
    configure(HEAD(EVERY_SECOND "logging: {level: DEBUG}\n") TENANT("acme", "none", "    cutoff_days: 3\n")
                  TENANT("other", "none", ""));
    cg_test_process_signal(&process, SIGHUP);
    wait_for(&process, RELOADED "2 tenants (added: other; removed: left; changed: acme; sections: logging)\n", 1);
    size_t left = count_written(&process, "Tenant left: gathered=");
    wait_for(&process, "Tenant other: gathered=", 2);
    cr_assert_eq(count_written(&process, "Tenant left: gathered="), left, "it is not in the file any more");
    cg_test_process_signal(&process, SIGHUP);
    wait_for(&process, RELOADED "nothing changed\n", 1);
    end(&process, 0, &result);
    cg_test_has("the service", result.err, "INFO - Received signal 15, shutting down...\n");
    cg_test_has("the service", result.err, "INFO - Chargeback engine worker stopped.\n");
    cg_test_has_not("the service", result.err, "ERROR");
    cg_test_result_done(&result);
}

static const struct {
    const char *name;
    const char *text;
    const char *first; /* of the line that says so */
    const char *more;  /* another line */
} refusals[] = {
    {"no YAML", "tenants: [", REFUSED "config.yaml:", "(1 problem)\n"},
    {"bad values", HEAD("features: {refresh_interval: 0, max_parallel_tenants: 65}\n") ACME,
     REFUSED "config.yaml:2: features.refresh_interval: ", "(2 problems)\n"},
    {"each has a line", HEAD("features: {refresh_interval: 0, max_parallel_tenants: 65}\n") ACME, REFUSED,
     "ERROR - Configuration: config.yaml:2: features.max_parallel_tenants: "},
    {"an ecosystem nobody has", HEAD("") "  acme:\n    ecosystem: nowhere\n    tenant_id: acme\n", REFUSED,
     "Unknown ecosystem 'nowhere'"},
    {"a problem that a module finds", HEAD("") TENANT("acme", "problem", ""), REFUSED,
     "it has a problem (1 problem)\n"},
    {"a check that crashes", HEAD("") ACME TENANT("bad", "abort in validate", ""), REFUSED,
     ECOSYSTEM "crashed (signal 6, Aborted) in validate() (1 problem)\n"},
    {"a variable that is not set", HEAD("") TENANT("acme", "${NOWHERE_TO_BE_FOUND}", ""), REFUSED,
     "NOWHERE_TO_BE_FOUND"},
};

Test(service, a_configuration_with_errors_is_not) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD(EVERY_SECOND) ACME);
    begin_quietly(&process);
    wait_for(&process, "Tenant acme: gathered=", 1);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        configure(refusals[i].text);
        cg_test_process_signal(&process, SIGHUP);
        wait_for(&process, REFUSED, i + 1);
        wait_for(&process, refusals[i].first, 1);
        wait_for(&process, refusals[i].more, 1);
    }
    wait_for(&process, "Tenant acme: gathered=", count_written(&process, "Tenant acme: gathered=") + 1);
    configure(HEAD(EVERY_SECOND "unknown_key: 1\n") ACME TENANT("other", "none", ""));
    cg_test_process_signal(&process, SIGHUP);
    wait_for(&process, RELOADED "2 tenants (added: other; removed: none; changed: none", 1);
    cr_assert_eq(count_written(&process, "WARNING - Configuration: config.yaml:3: "), 1, "the unknown key is told");
    end(&process, 0, &result);
    cr_assert_eq(cg_test_occurrences(result.err, REFUSED), sizeof refusals / sizeof *refusals, "%s", result.err);
    cr_assert_eq(cg_test_occurrences(result.err, RELOADED), 1, "%s", result.err);
    cg_test_result_done(&result);
}

Test(service, modules_stay_those_of_the_start) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") ACME);
    begin(NULL, NULL, &process);
    wait_for(&process, "Tenant acme: gathered=", 1);
    cg_test_folder_make(folder, "mine");
    configure("plugins_path: mine\ntenants:\n" ACME);
    cg_test_process_signal(&process, SIGHUP);
    wait_for(&process,
             "WARNING - plugins_path changed from '" MODULES "' to 'mine': the modules stay those of the start", 1);
    wait_for(&process, RELOADED "1 tenants (added: none; removed: none; changed: none; sections: plugins_path)", 1);
    end(&process, 0, &result);
    cg_test_result_done(&result);
}

/* A run that hangs, of a tenant whose runs have no time limit. */
#define HUNG "    tenant_execution_timeout_seconds: 0\n"

Test(service, runs_at_work_do_not_hold_a_reload) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("features: {max_parallel_tenants: 2}\n") TENANT("acme", "wait for a file", HUNG)
                  TENANT("other", "none", ""));
    begin(NULL, NULL, &process);
    pid_t worker = worker_at_work(&process, "acme.db");
    configure(HEAD("features: {max_parallel_tenants: 2, refresh_interval: 1}\n") TENANT(
        "acme", "wait for a file", HUNG "    cutoff_days: 3\n") TENANT("other", "none", "    cutoff_days: 3\n"));
    for (int i = 0; i < 10; i++)
        cg_test_process_signal(&process, SIGHUP);
    wait_for(&process, RELOADED "2 tenants (added: none; removed: none; changed: acme, other; sections: features)", 1);
    wait_for(&process, "INFO - Tenant acme: the run at work goes on with the settings it began with; the next one", 1);
    wait_for(&process, "WARNING - Tenant acme: its run takes longer than the refresh interval, so the other", 1);
    wait_for(&process, "Tenant other: gathered=", 3);
    cr_assert_eq(count_written(&process, "Tenant acme: gathered="), 0);
    cr_assert_eq(kill(worker, 0), 0, "the worker was not disturbed");
    cg_test_file_write(folder, "go", "");
    wait_for(&process, "Tenant acme: gathered=", 2);
    end(&process, 0, &result);
    cr_assert_lt(cg_test_occurrences(result.err, RELOADED), 10, "signals meanwhile are one: %s", result.err);
    cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE error_message LIKE 'Orphaned%'"), 0);
    cg_test_result_done(&result);
}

Test(service, a_reload_ends_a_run_that_hangs) {
    static const struct {
        const char *name;
        const char *config;
        const char *told;
    } ways[] = {
        {"another time limit", HEAD("") TENANT("acme", "wait for a file", "    tenant_execution_timeout_seconds: 1\n"),
         "ERROR - Tenant acme timed out after 1s"},
        {"without the tenant", HEAD("") TENANT("other", "none", ""), "INFO - Tenant acme: its last run has ended"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct cg_test_process process;
        struct cg_test_result result;
        cg_test_workdir_remove(folder);
        cg_test_workdir_make(folder);
        configure(HEAD("") TENANT("acme", "wait for a file", HUNG));
        begin(NULL, NULL, &process);
        pid_t worker = worker_at_work(&process, "acme.db");
        configure(ways[i].config);
        cg_test_process_signal(&process, SIGHUP);
        wait_for(&process, ways[i].told, 1);
        cr_assert(cg_test_proc_ends(worker), "%s: the worker is still there", ways[i].name);
        end(&process, 0, &result);
        cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 1, "%s: %s",
                     ways[i].name, result.err);
        cg_test_has_not(ways[i].name, result.err, "left open");
        cg_test_result_done(&result);
    }
}

/* The check of the new configuration hangs in a module; its worker has ten seconds to stop. */
Test(service, a_stop_ends_a_reload_too) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") ACME);
    begin(NULL, NULL, &process);
    wait_for(&process, "Tenant acme: gathered=", 1);
    configure(HEAD("") TENANT("acme", "hang in validate", ""));
    cg_test_process_signal(&process, SIGHUP);
    while (!worker_of(&process))
        cr_assert(cg_test_process_runs(&process, 10), "the program has ended");
    end(&process, 0, &result);
    cg_test_has_not("the service", result.err, "Configuration");
    cg_test_has_not("the service", result.err, "left open");
    cg_test_result_done(&result);
}

/* Entries of /proc/PID/fd. */
static size_t descriptors_of(const struct cg_test_process *process) {
    char path[64];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)process->pid);
    DIR *dir = opendir(path);
    cr_assert_not_null(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count;
}

Test(service, a_hundred_reloads_leave_nothing_behind) {
    static const char *const texts[] = {HEAD(EVERY_SECOND) ACME,
                                        HEAD(EVERY_SECOND) TENANT("acme", "none", "    cutoff_days: 3\n")};
    struct cg_test_process process;
    struct cg_test_result result;
    size_t before = 0;
    size_t after = 0;
    configure(texts[0]);
    begin(NULL, NULL, &process);
    wait_for(&process, "Tenant acme: gathered=", 1);
    for (size_t i = 1; i <= 100; i++) {
        configure(texts[i % 2]);
        cg_test_process_signal(&process, SIGHUP);
        wait_for(&process, RELOADED, i);
        if (i == 10)
            before = descriptors_of(&process);
    }
    /* A run may be at work at either moment: it has five descriptors for a while. */
    for (int waited = 0; waited < 3000 && (after = descriptors_of(&process)) > before; waited += 20)
        (void)usleep(20000);
    cr_assert_leq(after, before, "descriptors are left open");
    end(&process, 0, &result);
    cg_test_has_not("the service", result.err, "left open");
    cg_test_result_done(&result);
}

/* ---- the end ---- */

Test(service, a_second_interrupt_ends_it_at_once) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") TENANT("acme", "hang in gather", ""));
    begin_quietly(&process);
    pid_t worker = worker_at_work(&process, "acme.db");
    cg_test_process_signal(&process, SIGINT);
    wait_for(&process, "Received signal 2, shutting down...", 1);
    cg_test_process_signal(&process, SIGTERM);
    wait_for(&process, "Received signal 15, shutting down...", 1);
    cr_assert(cg_test_process_runs(&process, 200), "the worker has ten seconds");
    cg_test_process_signal(&process, SIGINT);
    cr_assert(!cg_test_process_runs(&process, 2000), "it still runs");
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 130);
    cr_assert(cg_test_proc_ends(worker), "the worker is still there");
    cg_test_has("the end", result.err, "Shutdown requested — 1 tenant(s) did not complete\n");
    cg_test_result_done(&result);
}

Test(service, no_worker_outlives_it) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") TENANT("acme", "hang in gather", ""));
    begin_quietly(&process);
    pid_t worker = worker_at_work(&process, "acme.db");
    cr_assert_eq(kill(process.pid, SIGKILL), 0);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.signal, SIGKILL);
    cr_assert(cg_test_proc_ends(worker), "the worker is still there");
    cg_test_result_done(&result);
}

Test(service, a_stop_in_a_run_is_a_good_end) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") TENANT("acme", "wait for a stop", ""));
    begin(NULL, NULL, &process);
    (void)worker_at_work(&process, "acme.db");
    end(&process, 0, &result);
    cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message LIKE "
                                   "'%the run was stopped%'"),
                 1);
    cg_test_result_done(&result);
}

/* ---- modes ---- */

Test(service, the_api_alone_starts_no_worker) {
    static const char *const mode[] = {"--mode", "api", "--run-once", NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD("") TENANT("acme", "abort in validate", ""));
    begin(mode, NULL, &process);
    cr_assert(cg_test_process_runs(&process, 1000), "it has ended");
    configure(HEAD("") TENANT("acme", "hang in validate", "") ACME);
    configure(HEAD("") TENANT("other", "hang in validate", ""));
    cg_test_process_signal(&process, SIGHUP);
    wait_for(&process, RELOADED "1 tenants (added: other; removed: acme; changed: none)", 1);
    end(&process, 0, &result);
    cg_test_has_not("the service", result.err, "crashed");
    cg_test_has_not("the service", result.err, "engine worker");
    cr_assert_eq(cg_test_folder_count(folder, ".db"), 0);
    cg_test_result_done(&result);
}

static const struct {
    const char *trouble;
    int exit_status;
} once[] = {{"none", 0}, {"bad exit", 1}};

Test(service, both_stay_after_one_cycle) {
    static const char *const mode[] = {"--mode", "both", "--run-once", NULL};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        struct cg_test_process process;
        struct cg_test_result result;
        char *text = cg_test_replace(HEAD(EVERY_SECOND) ACME, "none", once[i].trouble);
        configure(text);
        begin(mode, NULL, &process);
        wait_for(&process, "Tenant acme: gathered=", 1);
        cr_assert(cg_test_process_runs(&process, 1300), "it has ended");
        end(&process, once[i].exit_status, &result);
        cr_assert_eq(cg_test_occurrences(result.err, "Tenant acme: gathered="), 1, "%s", result.err);
        cg_test_result_done(&result);
        free(text);
    }
}

/* ---- limits ---- */

Test(service, a_gather_is_not_repeated_within_its_gap) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure(HEAD(EVERY_SECOND) ACME);
    begin(NULL, NULL, &process);
    wait_for(&process, "gather_completed dates_gathered=0 error_count=0 tenant_name=acme outcome=skipped", 2);
    end(&process, 0, &result);
    cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 0);
    cg_test_result_done(&result);
}

/* One gives up when it is asked, the other one is killed ten seconds later. */
Test(service, a_time_out_is_in_the_log_and_in_the_row) {
    struct cg_test_result result;
    configure(HEAD("") TENANT("acme", "wait for a stop", "    tenant_execution_timeout_seconds: 2\n")
                  TENANT("other", "hang in gather", "    tenant_execution_timeout_seconds: 3\n"));
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("the log", result.err, "ERROR - Tenant acme timed out after 2s\n");
    cg_test_has("the log", result.err, "ERROR - Tenant other timed out after 3s\n");
    cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message = "
                                   "'Execution timed out after 2s'"),
                 1);
    cr_assert_eq(number("other.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message = "
                                    "'Execution timed out after 3s: ecosystem of module ''trouble_ecosystem'' was "
                                    "running in gather_inventory()'"),
                 1);
    cg_test_result_done(&result);
}

#ifndef __SANITIZE_ADDRESS__
#define RAN_OUT "ran out of its memory of 64 MiB (features.worker_memory_mib)"

static const struct {
    const char *trouble;
    const char *sentence;
} hungry[] = {
    {"eat memory", "the worker " RAN_OUT},
    {"eat memory and crash",
     ECOSYSTEM "crashed (signal 6, Aborted) because the worker " RAN_OUT " in gather_inventory()"},
};

Test(service, a_worker_that_eats_its_memory_says_so) {
    for (size_t i = 0; i < sizeof hungry / sizeof *hungry; i++) {
        struct cg_test_result result;
        char *text = cg_test_replace(HEAD("features: {worker_memory_mib: 64}\n") ACME TENANT("other", "none", ""),
                                     "acme.db\"}\n    plugin_settings: {trouble: \"none\"",
                                     "acme.db\"}\n    plugin_settings: {trouble: \"TROUBLE\"");
        char *whole = cg_test_replace(text, "TROUBLE", hungry[i].trouble);
        configure(whole);
        cg_test_program_end(folder, "--run-once", 1, &result);
        cg_test_has(hungry[i].trouble, result.err, hungry[i].sentence);
        cg_test_has_not(hungry[i].trouble, result.err, "tenant 'other'");
        cg_test_result_done(&result);
        sqlite3 *db = cg_test_db_open(folder, "acme.db");
        cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND "
                                           "error_message LIKE '%" RAN_OUT "%'"),
                     (long long)i + 1, "%s", hungry[i].trouble);
        cg_test_db_close(db);
        free(text);
        free(whole);
    }
}
#endif

/* ---- its manager ---- */

static char heard[65536];

/* Adds what has come to `heard`. */
static void hear(int fd) {
    size_t length = strlen(heard);
    for (;;) {
        ssize_t count = recv(fd, heard + length, sizeof heard - length - 2, 0);
        if (count <= 0)
            break;
        length += (size_t)count;
        heard[length++] = '\n';
        heard[length] = '\0';
    }
}

static void wait_to_hear(int fd, const char *part, size_t times) {
    for (int waited = 0; cg_test_occurrences(heard, part) < times; waited += 10) {
        cr_assert_lt(waited, 20000, "'%s' does not come:\n%s", part, heard);
        (void)usleep(10000);
        hear(fd);
    }
}

static int has_variable(pid_t pid, const char *name) {
    char path[64];
    static char text[65536];
    (void)snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    FILE *stream = fopen(path, "re");
    cr_assert_not_null(stream);
    size_t length = fread(text, 1, sizeof text - 1, stream);
    (void)fclose(stream);
    text[length] = '\0';
    for (const char *entry = text; entry < text + length; entry += strlen(entry) + 1)
        if (strncmp(entry, name, strlen(name)) == 0)
            return 1;
    return 0;
}

Test(service, its_manager_hears_how_it_is) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct cg_test_process process;
    struct cg_test_result result;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char *path = cg_test_format("%s/notify", folder);
    char *variable = cg_test_format("NOTIFY_SOCKET=%s", path);
    const char *const environment[] = {variable, "WATCHDOG_USEC=200000", "WATCHDOG_PID", NULL};
    cr_assert(fd >= 0 && strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    configure(HEAD(EVERY_SECOND) TENANT("acme", "wait for a file", ""));
    begin(NULL, environment, &process);
    wait_to_hear(fd, "STATUS=Checking the configuration\n", 1);
    wait_to_hear(fd, "READY=1\n", 1);
    pid_t worker = worker_at_work(&process, "acme.db");
    cr_assert(!has_variable(worker, "NOTIFY_SOCKET") && !has_variable(worker, "WATCHDOG_"));
    cg_test_file_write(folder, "go", "");
    wait_to_hear(fd, "WATCHDOG=1\n", 5);
    cg_test_process_signal(&process, SIGHUP);
    wait_to_hear(fd, "RELOADING=1\nMONOTONIC_USEC=", 1);
    wait_to_hear(fd, "READY=1\n", 2);
    cr_assert_eq(cg_test_occurrences(heard, "STOPPING=1"), 0);
    end(&process, 0, &result);
    hear(fd);
    cr_assert_eq(cg_test_occurrences(heard, "STOPPING=1\n"), 1, "%s", heard);
    cg_test_result_done(&result);
    (void)close(fd);
    free(variable);
    free(path);
}
