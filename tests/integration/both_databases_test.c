/*
 * A tenant on SQLite and one on PostgreSQL, with the same runs behind them, cannot be told apart: not by their rows,
 * not by what commands say, and not by any answer of the REST API.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"
#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"

/* Debian's own, which finds its modules whatever else is installed. */
#define PYTHON "/usr/bin/python3"
#define CHECK CG_TEST_SOURCE_DIR "/tests/support/check_contract.py"
#define DESCRIPTION CG_TEST_SOURCE_DIR "/host/api/openapi.json"
#define REQUESTS CG_TEST_SOURCE_DIR "/tests/integration/api_contract.json"

#define CHECK_SECONDS 300
#define END_SECONDS 30

/* Folders of their own, since everything else has the same names. */
static char file_folder[CG_TEST_PATH_SIZE];
static char server_folder[CG_TEST_PATH_SIZE];
static struct cg_test_postgres database;

static void start(void) {
    cg_test_workdir_make(file_folder);
    cg_test_workdir_make(server_folder);
    cg_test_postgres_create(&database);
}

static void stop(void) {
    cg_test_postgres_drop(&database);
    cg_test_workdir_remove(file_folder);
    cg_test_workdir_remove(server_folder);
}

TestSuite(both_databases, .init = start, .fini = stop);

static void configure(const char *url) {
    cg_test_config_write(file_folder, &(struct cg_test_config){.url = url, .whole = 1});
    cg_test_config_write(server_folder, &(struct cg_test_config){.url = url, .whole = 1, .database = database.url});
}

static void run_both(void) {
    cg_test_run_well(file_folder);
    cg_test_run_well(server_folder);
}

/* ---- what a database is free in ---- */

/*
 * A number that a database gives: PostgreSQL numbers dimensions in blocks, so there are gaps between those of different
 * dates, and a tag that was there already has cost a number. Digests of a date's rows are made of such numbers. They
 * grow in both, so nothing comes in another order; and nothing else may differ.
 */
static const char *const numbers[] = {"\\\"dimension_id\\\":", "\\\"tag_id\\\":", "/chargebacks/"};

/* Length of what is in front of a number of the database's own here; 0: nothing is. */
static size_t before_number(const char *at) {
    if (*at != '\\' && *at != '/')
        return 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strncmp(at, numbers[i], strlen(numbers[i])) == 0)
            return strlen(numbers[i]);
    return 0;
}

static size_t before_digest(const char *at) {
    return *at == '\'' && strspn(at + 1, "0123456789abcdef") == 64 ? 1 : 0;
}

/* Writes one sign for the characters of `set` behind each place that `before` finds. The texts have millions of bytes,
 * so each byte moves once. */
static void hide(char *text, size_t (*before)(const char *at), const char *set) {
    char *to = text;
    for (const char *at = text; *at;) {
        size_t length = before(at);
        size_t hidden = length ? strspn(at + length, set) : 0;
        length += length ? 0 : 1;
        memmove(to, at, length);
        to += length;
        at += length + hidden;
        if (hidden)
            *to++ = '#';
    }
    *to = '\0';
}

static void hide_numbers(char *text) {
    hide(text, before_number, "0123456789");
}

static void hide_digests(char *text) {
    hide(text, before_digest, "0123456789abcdef");
}

/* Texts that may be NULL come last on one and first on the other, so the order of rows says nothing. */
static void check_rows(const char *what) {
    char *file = cg_test_db_dump(file_folder, CG_TEST_DATABASE);
    char *server = cg_test_postgres_dump(&database);
    hide_digests(file);
    hide_digests(server);
    char *sorted_file = cg_test_dump_sorted(file);
    char *sorted_server = cg_test_dump_sorted(server);
    cg_test_dumps_equal(what, sorted_server, sorted_file);
    free(file);
    free(server);
    free(sorted_file);
    free(sorted_server);
}

/* ---- every route ---- */

/* Asks a server everything, as the contract's test does, and returns what it asked and heard, a line each. */
static char *hear(const char *folder, const char *situation) {
    struct cg_test_api server = {.port = 0};
    struct cg_test_result result;
    char *config = cg_test_file_read(folder, "config.yaml");
    cg_test_api_start(folder, &(struct cg_test_api_options){.config = config}, &server);
    const char *const argv[] = {PYTHON, CHECK, server.url, DESCRIPTION, REQUESTS, situation, "--record", "heard", NULL};
    const struct cg_test_process_options options = {
        .argv = argv, .directory = folder, .timeout_seconds = CHECK_SECONDS};
    cg_test_process_run(&options, &result);
    cr_expect(result.exit_status == 0, "%s in %s:\n%.20000s%.4000s", situation, folder, result.out, result.err);
    cg_test_result_done(&result);
    cg_test_api_stop(&server, END_SECONDS, NULL);
    /* The port is in it. */
    cg_test_file_write(folder, "config.yaml", config);
    free(config);
    char *heard = cg_test_file_read(folder, "heard");
    hide_numbers(heard);
    return heard;
}

/* Counters and times of the process itself. */
static const char *const own_business[] = {"[\"GET\", \"/metrics\"", "[\"HEAD\", \"/metrics\""};

static int is_own_business(const char *line) {
    for (size_t i = 0; i < sizeof own_business / sizeof *own_business; i++)
        if (strncmp(line, own_business[i], strlen(own_business[i])) == 0)
            return 1;
    return 0;
}

/* Every line is one request and its answer; the first difference between two is shown with what surrounds it. */
static size_t compare(const char *situation, const char *got, const char *wanted) {
    size_t compared = 0;
    unsigned differences = 0;
    while (*got || *wanted) {
        size_t length = strcspn(got, "\n");
        size_t wanted_length = strcspn(wanted, "\n");
        size_t same = 0;
        while (same < length && same < wanted_length && got[same] == wanted[same])
            same++;
        if (!is_own_business(got) && (same < length || same < wanted_length) && ++differences <= 10) {
            size_t from = same > 150 ? same - 150 : 0;
            cr_expect_fail("%s: %.150s\nanswers on PostgreSQL  ...%.400s\ninstead of             ...%.400s", situation,
                           got, cg_test_format("%.*s", (int)(length - from), got + from),
                           cg_test_format("%.*s", (int)(wanted_length - from), wanted + from));
        }
        got += length + (got[length] != '\0');
        wanted += wanted_length + (wanted[wanted_length] != '\0');
        compared++;
    }
    cr_expect_eq(differences, 0, "%s: %u of %zu answers differ", situation, differences, compared);
    return compared;
}

static void check_answers(const char *situation, size_t least) {
    char *wanted = hear(file_folder, situation);
    char *got = hear(server_folder, situation);
    size_t compared = compare(situation, got, wanted);
    cr_expect_geq(compared, least, "%s: %zu answers are too few", situation, compared);
    free(wanted);
    free(got);
}

Test(both_databases, answers_of_an_empty_one) {
    configure("http://127.0.0.1:1");
    check_answers("empty", 500);
}

Test(both_databases, rows_and_answers_after_the_same_runs, .timeout = 300) {
    static const char *const options[] = {"--seed", "7", "--days", "30", "--clusters", "2", "--principals", "6", NULL};
    struct cg_test_sim sim;
    cg_test_sim_start(options, &sim);
    configure(sim.url);
    run_both();
    check_rows("after a run");
    cg_test_sim_revise(&sim, "{\"date\":\"2026-06-20\",\"factor\":\"1.10\",\"add\":\"0.37\"}");
    run_both();
    check_rows("after a revision");
    cg_test_sim_stop(&sim);
    cg_test_db_execute(file_folder, CG_TEST_DATABASE, cg_contract_odd_rows);
    cg_test_postgres_run(&database, cg_contract_odd_rows);
    check_answers("filled", 1000);
    check_rows("after all that was asked");
}

/* ---- commands ---- */

/* What a command answers in both folders must be the same. */
static void check_command(const char *const *arguments) {
    struct cg_test_result file;
    struct cg_test_result server;
    cg_test_program_run(file_folder, arguments, &file);
    cg_test_program_run(server_folder, arguments, &server);
    cr_expect_eq(file.exit_status, 0, "%s: %d: %s", arguments[0], file.exit_status, file.err);
    cr_expect_eq(server.exit_status, file.exit_status, "%s: %d: %s", arguments[0], server.exit_status, server.err);
    cr_expect(strlen(file.out) > 100, "%s says only '%s'", arguments[0], file.out);
    cr_expect_str_eq(server.out, file.out, "%s", arguments[0]);
    cg_test_result_done(&file);
    cg_test_result_done(&server);
}

/* A run in which nothing changed writes nothing that counts, and sends nothing. */
static void check_unchanged_run(void) {
    static const char changes[] =
        "SELECT string_agg(relname || ' ' || n_tup_ins || ' ' || n_tup_upd || ' ' || n_tup_del, ', ' ORDER BY relname) "
        "FROM pg_stat_user_tables WHERE relname LIKE '%_facts%' OR relname LIKE '%_dimensions' OR relname = "
        "'ccloud_billing' OR relname = 'cg_dates' OR relname = 'emission_records'";
    char *log = NULL;
    char *before = cg_test_postgres_rows(&database, changes);
    cr_assert_eq(cg_test_run_once(server_folder, &log), 0, "%s", log);
    cg_test_has("an unchanged run", log, "rows=0");
    char *after = cg_test_postgres_rows(&database, changes);
    cr_expect_str_eq(after, before);
    free(before);
    free(after);
    free(log);
}

static void check_files(const char *name) {
    char path[CG_TEST_PATH_SIZE];
    char *command = cg_test_format("%s/%s", server_folder, name);
    const char *const argv[] = {"/usr/bin/diff", "-r", "-q", cg_test_path(file_folder, name, path), command, NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = file_folder, .timeout_seconds = 60};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_expect_eq(result.exit_status, 0, "files in %s differ: %.2000s", name, result.out);
    cg_test_result_done(&result);
    free(command);
}

/* The main path: a run, files of emitters, a run in which nothing changed, what is told of it. */
Test(both_databases, runs_files_and_commands, .timeout = 300) {
    static const char *const sim_options[] = {"--seed", "11",           "--days", "20", "--clusters",
                                              "2",      "--principals", "5",      NULL};
    static const char *const report[] = {"report", "--config-file", "config.yaml", NULL};
    static const char *const explain[] = {"explain", "--config-file", "config.yaml", "--date", "2026-06-20", NULL};
    struct cg_test_sim sim;
    cg_test_sim_start(sim_options, &sim);
    configure(sim.url);
    run_both();
    check_files(CG_TEST_CSV);
    check_files(CG_TEST_TOPICS);
    check_unchanged_run();
    check_command(report);
    check_command(explain);
    check_rows("after everything");
    cg_test_sim_stop(&sim);
}

/* ---- a process that is killed ---- */

#define KILLS 20

/* Runs are killed at moments that are spread over a whole one; the last one does the rest. */
Test(both_databases, killed_runs_leave_the_same_rows, .timeout = 300) {
    static const char *const sim_options[] = {"--seed",       "5", "--days", "20", "--clusters", "2",
                                              "--principals", "5", NULL};
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    struct cg_test_sim sim;
    unsigned killed = 0;
    cg_test_sim_start(sim_options, &sim);
    configure(sim.url);
    long long began = cg_test_clock_ms();
    cg_test_run_well(file_folder);
    long long whole_ms = cg_test_clock_ms() - began;
    for (int i = 0; i < KILLS; i++) {
        struct cg_test_process process;
        struct cg_test_result result;
        cg_test_program_start(server_folder, arguments, NULL, &process);
        (void)cg_test_process_runs(&process, (int)(whole_ms * (i + 1) / KILLS));
        cg_test_process_signal(&process, SIGKILL);
        cg_test_program_wait(&process, &result);
        killed += result.signal == SIGKILL;
        cg_test_result_done(&result);
    }
    cr_expect_geq(killed, 5, "only %u of %d runs were killed", killed, KILLS);
    cg_test_run_well(server_folder);
    check_rows("after kills");
    check_files(CG_TEST_CSV);
    check_files(CG_TEST_TOPICS);
    cg_test_sim_stop(&sim);
}
