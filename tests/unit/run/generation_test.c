/* What a configuration is made of, and when two of them differ. */
#include "run/generation.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/workdir.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    cr_assert_eq(chdir(folder), 0);
}

static void stop(void) {
    cr_assert_eq(chdir("/"), 0);
    cg_test_workdir_remove(folder);
}

TestSuite(generation, .init = start, .fini = stop);

#define TENANT(name_, more_)                                                                                          \
    "  " name_ ": {ecosystem: e, tenant_id: t" name_ ", storage: {connection_string: 'sqlite:///" name_ ".db'}" more_ \
    "}\n"

/* A generation of a file with this text and a .env file ("" = none). */
static struct cg_generation *load(const char *text, const char *env) {
    struct cg_problems *problems = cg_problems_new();
    struct cg_snapshot *snapshot = NULL;
    struct cg_settings *settings = NULL;
    struct cg_generation *generation = NULL;
    cg_test_file_write(folder, "config.yaml", text);
    (void)unlink(".env");
    if (*env)
        cg_test_file_write(folder, ".env", env);
    cr_assert_eq(cg_snapshot_take("config.yaml", NULL, problems, &snapshot), CG_OK);
    cr_assert_eq(cg_snapshot_load(snapshot, 0, problems, &settings), CG_OK, "%s: %s", text,
                 cg_problems_count(problems) ? cg_problems_at(problems, 0)->text : "?");
    cr_assert_eq(cg_generation_new(snapshot, settings, NULL, 0, &generation), CG_OK);
    cg_problems_free(problems);
    return generation;
}

/* ---- snapshots ---- */

Test(generation, reads_what_was_there) {
    struct cg_generation *generation = load("tenants:\n" TENANT("a", ", lookback_days: '${DAYS}'"), "DAYS=17\n");
    struct cg_problems *problems = cg_problems_new();
    struct cg_settings *again = NULL;
    cg_test_file_write(folder, "config.yaml", "tenants: [");
    cg_test_file_write(folder, ".env", "DAYS=18\n");
    cr_assert_eq(generation->settings->tenants[0].lookback_days, 17);
    cr_assert_str_eq(generation->settings->env_file, ".env");
    cr_assert_str_eq(generation->settings->file, "config.yaml");
    cr_assert_eq(cg_snapshot_load(generation->snapshot, 0, problems, &again), CG_OK);
    cr_assert_eq(again->tenants[0].lookback_days, 17);
    cg_settings_free(again);
    cg_problems_free(problems);
    cg_generation_unref(generation);
}

Test(generation, nobody_can_change_what_workers_read) {
    struct cg_generation *generation = load("tenants: {}\n", "A=b\n");
    cr_assert_lt(write(generation->snapshot->config_fd, "x", 1), 0);
    cr_assert_lt(pwrite(generation->snapshot->env_fd, "x", 1, 0), 0);
    cr_assert_neq(ftruncate(generation->snapshot->config_fd, 0), 0);
    cr_assert(fcntl(generation->snapshot->config_fd, F_GETFD) & FD_CLOEXEC);
    cg_generation_unref(generation);
}

static const struct {
    const char *name;
    const char *config_file;
    const char *env_file;
    const char *text;
} missing[] = {
    {"no file", "nowhere.yaml", NULL, "The configuration file 'nowhere.yaml' cannot be loaded: there is no such file."},
    {"no .env", "config.yaml", "nowhere.env",
     "The environment file 'nowhere.env' cannot be loaded: there is no such file."},
    {"a folder", ".", NULL, "The configuration file '.' cannot be loaded: it is a directory."},
};

Test(generation, a_file_that_cannot_be_read_is_a_problem) {
    cg_test_file_write(folder, "config.yaml", "tenants: {}\n");
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct cg_problems *problems = cg_problems_new();
        struct cg_snapshot *snapshot = NULL;
        cr_assert_eq(cg_snapshot_take(missing[i].config_file, missing[i].env_file, problems, &snapshot), CG_INVALID);
        cr_assert_eq(cg_problems_errors(problems), 1, "%s", missing[i].name);
        cr_assert_str_eq(cg_problems_at(problems, 0)->text, missing[i].text);
        cg_problems_free(problems);
    }
}

/* ---- references ---- */

Test(generation, lives_as_long_as_somebody_holds_it) {
    struct cg_generation *generation = load("tenants:\n" TENANT("a", ""), "");
    cr_assert_eq(cg_generation_ref(generation), generation);
    cg_generation_unref(generation);
    cr_assert_str_eq(generation->settings->tenants[0].name, "a");
    cr_assert_eq(cg_generation_find(generation, "a"), 0);
    cr_assert_eq(cg_generation_find(generation, "b"), SIZE_MAX);
    cg_generation_unref(generation);
    cg_generation_unref(NULL);
}

/* ---- differences ---- */

#define TWO "tenants:\n" TENANT("a", "") TENANT("b", "")

static const struct {
    const char *name;
    const char *before;
    const char *after;
    const char *env; /* of `after`; that of `before` is "DAYS=17" */
    size_t count;
    const char *added;
    const char *removed;
    const char *changed;
    const char *sections;
} pairs[] = {
    {"the same", TWO, TWO, "DAYS=17\n", 0, "none", "none", "none", ""},
    {"comments and order", TWO, "# a comment\ntenants:\n" TENANT("b", "") TENANT("a", ""), "DAYS=17\n", 0, "none",
     "none", "none", ""},
    {"added", TWO, TWO TENANT("c", "") TENANT("d", ""), "DAYS=17\n", 2, "c, d", "none", "none", ""},
    {"removed", TWO, "tenants:\n" TENANT("b", ""), "DAYS=17\n", 1, "none", "a", "none", ""},
    {"changed", TWO, "tenants:\n" TENANT("a", ", cutoff_days: 3") TENANT("b", ""), "DAYS=17\n", 1, "none", "none", "a",
     ""},
    {"the default written down", TWO, "tenants:\n" TENANT("a", ", cutoff_days: 5") TENANT("b", ""), "DAYS=17\n", 0,
     "none", "none", "none", ""},
    {"a variable", "tenants:\n" TENANT("a", ", lookback_days: '${DAYS}'"),
     "tenants:\n" TENANT("a", ", lookback_days: '${DAYS}'"), "DAYS=18\n", 1, "none", "none", "a", ""},
    {"another section", TWO, "features: {refresh_interval: 5}\nlogging: {level: DEBUG}\n" TWO, "DAYS=17\n", 2, "none",
     "none", "none", "features, logging"},
    {"everything", TWO, "features: {refresh_interval: 5}\ntenants:\n" TENANT("b", ", cutoff_days: 3") TENANT("c", ""),
     "DAYS=17\n", 4, "c", "a", "b", "features"},
};

Test(generation, tells_what_differs) {
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct cg_generation *before = load(pairs[i].before, "DAYS=17\n");
        struct cg_generation *after = load(pairs[i].after, pairs[i].env);
        struct cg_generation_difference difference;
        cr_assert_eq(cg_generation_compare(before, after, &difference), CG_OK, "%s", pairs[i].name);
        cr_expect_eq(difference.count, pairs[i].count, "%s: %zu", pairs[i].name, difference.count);
        cr_expect_str_eq(cg_buf_text(&difference.added), pairs[i].added, "%s", pairs[i].name);
        cr_expect_str_eq(cg_buf_text(&difference.removed), pairs[i].removed, "%s", pairs[i].name);
        cr_expect_str_eq(cg_buf_text(&difference.changed), pairs[i].changed, "%s", pairs[i].name);
        cr_expect_str_eq(cg_buf_text(&difference.sections), pairs[i].sections, "%s", pairs[i].name);
        cg_generation_difference_done(&difference);
        cg_generation_unref(before);
        cg_generation_unref(after);
    }
}

/* Many long names do not make a line without end. */
Test(generation, a_list_of_names_is_bounded) {
    struct cg_generation *before = load("tenants: {}\n", "");
    char *text = cg_test_format("tenants:\n");
    for (int i = 0; i < 200; i++) {
        char *longer = cg_test_format("%s  tenant_with_a_long_name_%d: {ecosystem: e, tenant_id: t%d, storage: "
                                      "{connection_string: 'sqlite:///%d.db'}}\n",
                                      text, i, i, i);
        free(text);
        text = longer;
    }
    struct cg_generation *after = load(text, "");
    struct cg_generation_difference difference;
    cr_assert_eq(cg_generation_compare(before, after, &difference), CG_OK);
    cr_assert_eq(difference.count, 200);
    cr_assert_lt(difference.added.length, 2049);
    cg_generation_difference_done(&difference);
    cg_generation_unref(before);
    cg_generation_unref(after);
    free(text);
}
