/* A configuration in which everything that can be secret is marked: no command, no log and no report repeats a mark. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

/* Part of every secret below. */
#define MARK "m4rk3d"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];

static const char *const environment[] = {"API_PASSWORD=" MARK "-password", "API_TOKEN=" MARK "-token-of-16-signs",
                                          NULL};

/* Everything that the simulator does not ask for: users, tokens, TLS. */
static const char more[] = "logging: {level: DEBUG, output: %s}\n"
                           "api:\n"
                           "  auth:\n"
                           "    type: basic\n"
                           "    file: users\n"
                           "    users:\n"
                           "      - {name: ann, password: \"${API_PASSWORD}\", role: write}\n"
                           "      - {name: bob, password: " MARK "-in-the-clear}\n"
                           "    tokens: [{name: eve, token: \"${API_TOKEN}\"}]\n"
                           "  tls: {certificate: c.pem, key: k.pem}\n";

/* Puts the sections in front of the usual configuration. */
static void write_config(const char *output) {
    char *text = cg_test_file_read(folder, "usual.yaml");
    char *first = cg_test_format(more, output);
    char *all = cg_test_format("%s%s", first, text);
    cg_test_file_write(folder, "config.yaml", all);
    free(all);
    free(first);
    free(text);
}

static void start(void) {
    static const char *const options[] = {"--seed", "23", NULL};
    char *text = NULL;
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    struct cg_test_config config = {.url = sim.url, .lookback_days = 4, .whole = 1};
    cg_test_config_write(folder, &config);
    text = cg_test_file_read(folder, "config.yaml");
    cg_test_file_write(folder, "usual.yaml", text);
    free(text);
    cg_test_file_write(folder, "c.pem", "-----BEGIN CERTIFICATE-----\n" MARK "\n-----END CERTIFICATE-----\n");
    cg_test_file_write(folder, "k.pem", "-----BEGIN PRIVATE KEY-----\n" MARK "\n-----END PRIVATE KEY-----\n");
    write_config("text");
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(secrets, .init = start, .fini = stop);

/* Runs the program; neither stream has a mark, nor, as everywhere, a secret of the simulator. */
static void run(const char *what, const char *option, int exit_status, struct cg_test_result *ret) {
    const char *const arguments[] = {"--config-file", "config.yaml", "--quiet", option, NULL};
    struct cg_test_process process;
    cg_test_program_start(folder, arguments, environment, &process);
    cg_test_program_wait(&process, ret);
    cg_test_has_not(what, ret->out, MARK);
    cg_test_has_not(what, ret->err, MARK);
    cr_assert_eq(ret->exit_status, exit_status, "%s: %d\n%s", what, ret->exit_status, ret->err);
}

static void write_users(const char *text) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_file_write(folder, "users", text);
    char *command = cg_test_format("chmod 600 '%s'", cg_test_path(folder, "users", path));
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    struct cg_test_result result;
    cg_test_process_run(&(struct cg_test_process_options){.argv = argv}, &result);
    cr_assert_eq(result.exit_status, 0);
    cg_test_result_done(&result);
    free(command);
}

#define HASH "$argon2id$v=19$m=65536,t=2,p=1$WbIXMG0TJ+KENOjrQGH8Fw$pCgIvMwXSi+wt7vwECtY0RuCy8pfW1r2ad0i9Mxj3Ks"

Test(secrets, do_not_show) {
    struct cg_test_result result;
    write_users("carl:read:" HASH "\n");
    run("shown settings", "--show-config", 0, &result);
    json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    json_t *users = json_object_get(json_object_get(json_object_get(root, "api"), "auth"), "users");
    cr_assert_eq(json_array_size(users), 2, "%s", result.out);
    cr_assert_str_eq(cg_test_json_text(json_array_get(users, 0), "name"), "ann");
    cr_assert_str_eq(cg_test_json_text(json_array_get(users, 0), "password"), "**********");
    json_decref(root);
    cg_test_result_done(&result);
    run("valid settings", "--validate", 0, &result);
    cg_test_result_done(&result);
}

Test(secrets, do_not_show_in_what_is_wrong) {
    struct cg_test_result result;
    write_users("carl:read:" MARK "\n" MARK "\neve:" MARK ":" HASH "\n");
    cg_test_file_write(folder, "k.pem", MARK "\n");
    run("wrong files", "--validate", 1, &result);
    cg_test_has("wrong files", result.err, "users:1: Input should be a hash that `chitragupt hash password` printed");
    cg_test_has("wrong files", result.err, "users:2: this line is not of the form name:role:hash");
    cg_test_has("wrong files", result.err, "users:3: The role, between the colons, should be 'read' or 'write'");
    cg_test_has("wrong files", result.err, "api.tls.key: The file 'k.pem' cannot be used: ");
    cg_test_result_done(&result);
}

/* Every line is one JSON object; those of the worker say what they are about. */
static void check_lines(const char *text) {
    size_t lines = 0;
    size_t staged = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        json_error_t error;
        json_t *line = json_loadb(at, length, JSON_REJECT_DUPLICATES, &error);
        cr_assert(json_is_object(line), "%s: %.*s", error.text, (int)length, at);
        lines++;
        if (json_object_get(line, "stage")) {
            cr_assert_str_eq(cg_test_json_text(line, "tenant"), CG_TEST_TENANT);
            cr_assert_gt(json_integer_value(json_object_get(line, "run")), 0, "%.*s", (int)length, at);
            staged++;
        }
        json_decref(line);
        at += length + (at[length] == '\n');
    }
    cr_assert_gt(lines, 5, "%s", text);
    cr_assert_gt(staged, 0, "%s", text);
}

Test(secrets, do_not_show_in_a_log_of_everything) {
    struct cg_test_result result;
    write_users("carl:read:" HASH "\n");
    run("a run", "--run-once", 0, &result);
    cg_test_has("a run", result.err, " DEBUG ");
    cg_test_has("a run", result.err, " tenant_name=acme pipeline_run_id=1 stage=gathering\n");
    cg_test_result_done(&result);
    write_config("json");
    cg_test_sim_faults(&sim, "");
    run("a run with JSON lines", "--run-once", 0, &result);
    cg_test_has("a run with JSON lines", result.err, "api.auth.tokens: it has no effect");
    check_lines(result.err);
    cg_test_result_done(&result);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_has_not("the database", dump, MARK);
    free(dump);
}
