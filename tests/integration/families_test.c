/*
 * What a complete listing does not show any more is marked as deleted; what could not be listed is not, and neither is
 * anything else because of it. Each family is its own judge.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"
#include "support/query.h"

#define BASE "base.db"

/* A family, where it is listed, and what a failure of the list ends. */
static const struct family {
    const char *kind;
    const char *path;
    int is_identity;
    int is_vital; /* without it nothing of a gather is kept */
} families[] = {
    {"environment", "/org/v2/environments", 0, 1},
    {"kafka_cluster", "/cmk/v2/clusters", 0, 1},
    {"schema_registry", "/srcm/v3/clusters", 0, 0},
    {"connector", "/connect/v1/environments", 0, 0},
    {"ksqldb_cluster", "/ksqldbcm/v2/clusters", 0, 0},
    {"flink_compute_pool", "/fcpm/v2/compute-pools", 0, 0},
    {"flink_statement", "/sql/v1/organizations", 0, 0},
    {"service_account", "/iam/v2/service-accounts", 1, 0},
    {"user", "/iam/v2/users", 1, 0},
    {"api_key", "/iam/v2/api-keys", 1, 0},
    {"identity_provider", "/iam/v2/identity-providers", 1, 0},
    {"identity_pool", "/iam/v2/identity-providers/", 1, 0},
};

#define FAMILIES (sizeof families / sizeof families[0])

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static json_t *things;
static unsigned minutes; /* of the clock at the last run: time goes on, or nobody could tell two listings apart */

/* A run some minutes after the one before; its exit status. */
static int run(char **ret_err) {
    minutes++;
    char *now = cg_test_format("2026-07-01T%02u:%02u:00Z", 12 + minutes / 60, minutes % 60);
    int exit_status = cg_test_run_at(folder, now, NULL, ret_err);
    free(now);
    return exit_status;
}

static void run_well(void) {
    char *err = NULL;
    int exit_status = run(&err);
    cr_assert_eq(exit_status, 0, "the run ended with %d:\n%.8000s", exit_status, err);
    free(err);
}

/* Writes the configuration for a database of this name. */
static void configure(const char *database, const char *tenant_settings) {
    char *connection = cg_test_format("sqlite:///%s", database);
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url,
                                                          .lookback_days = 4,
                                                          .database = connection,
                                                          .tenant_settings = tenant_settings,
                                                          .whole = 1});
    free(connection);
}

/* An organization with two of everything; BASE knows all of it. */
static void start(void) {
    static const char *const options[] = {"--seed", "11",           "--days", "5", "--environments", "2", "--clusters",
                                          "4",      "--principals", "24",     NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    configure(BASE, NULL);
    run_well();
    things = cg_test_sim_ask(&sim, "/__sim/things", NULL);
}

static void stop(void) {
    json_decref(things);
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(families, .init = start, .fini = stop);

/* Makes a copy of BASE and configures it; the caller frees its name. */
static char *fresh_database(const char *name, const char *tenant_settings) {
    char *database = cg_test_format("%s.db", name);
    sqlite3 *db = cg_test_db_open(folder, BASE);
    cg_test_db_copy(db, folder, database);
    cg_test_db_close(db);
    configure(database, tenant_settings);
    return database;
}

/* The last thing of a kind: nothing else hangs on it. */
static const char *victim(const struct family *family) {
    const char *id = NULL;
    size_t index = 0;
    json_t *thing = NULL;
    json_array_foreach (json_object_get(things, "things"), index, thing)
        if (strcmp(cg_test_json_text(thing, "kind"), family->kind) == 0)
            id = cg_test_json_text(thing, "id");
    cr_assert_not_null(id, "there is no %s", family->kind);
    return id;
}

/* Hides everything of a kind, or lets it be seen again. Returns how much that is. */
static long long hide_all(const struct family *family, int hidden) {
    long long count = 0;
    size_t index = 0;
    json_t *thing = NULL;
    json_array_foreach (json_object_get(things, "things"), index, thing)
        if (strcmp(cg_test_json_text(thing, "kind"), family->kind) == 0) {
            cg_test_sim_hide(&sim, cg_test_json_text(thing, "id"), hidden);
            count++;
        }
    return count;
}

/* How many of a family are marked as deleted. */
static long long deleted_in(const char *database, const struct family *family) {
    sqlite3 *db = cg_test_db_open(folder, database);
    char *sql = family->is_identity
                    ? cg_test_format("SELECT COUNT(*) FROM identities WHERE identity_type = '%s' AND deleted_at IS NOT "
                                     "NULL",
                                     family->kind)
                    : cg_test_format("SELECT COUNT(*) FROM resources WHERE resource_type = '%s' AND deleted_at IS NOT "
                                     "NULL AND status = 'deleted'",
                                     family->kind);
    long long count = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    free(sql);
    return count;
}

/* When a thing was deleted, "" when it was not, and its status if it has one; the caller frees it. */
static char *state_of(const char *database, const struct family *family, const char *id) {
    sqlite3 *db = cg_test_db_open(folder, database);
    char *sql = family->is_identity ? cg_test_format("SELECT COALESCE(strftime('%%Y-%%m-%%d %%H:%%M:%%S', deleted_at), "
                                                     "'') FROM identities WHERE identity_id = '%s'",
                                                     id)
                                    : cg_test_format("SELECT status || COALESCE(strftime(' %%Y-%%m-%%d %%H:%%M:%%S', "
                                                     "deleted_at), '') FROM resources WHERE resource_id = '%s'",
                                                     id);
    char *text = cg_test_db_text(db, sql);
    cr_assert_not_null(text, "%s %s has no row", family->kind, id);
    cg_test_db_close(db);
    free(sql);
    return text;
}

/* A thing is there, or it went with the last run. */
static void check_state(const char *what, const char *database, const struct family *family, const char *id,
                        int is_gone) {
    char *state = state_of(database, family, id);
    char *deleted_at = cg_test_format("%s2026-07-01 %02u:%02u:00", family->is_identity ? "" : "deleted ",
                                      12 + minutes / 60, minutes % 60);
    const char *wanted = is_gone ? deleted_at : family->is_identity ? "" : "active";
    cr_assert_str_eq(state, wanted, "%s: %s %s is '%s' instead of '%s'", what, family->kind, id, state, wanted);
    free(deleted_at);
    free(state);
}

static void check_unallocated(const char *database) {
    sqlite3 *db = cg_test_db_open(folder, database);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM identities WHERE identity_id = 'UNALLOCATED' AND "
                                       "deleted_at IS NULL"),
                 1);
    cg_test_db_balance(db);
    cg_test_db_close(db);
}

/* ---- complete listings ---- */

Test(families, what_is_not_listed_is_gone_until_it_is_listed_again) {
    char *before = cg_test_db_dump(folder, BASE);
    char *inventory = cg_test_dump_lines(before, "confluent_cloud", "billing | ");
    for (size_t i = 0; i < FAMILIES; i++) {
        char *database = fresh_database(families[i].kind, NULL);
        const char *id = victim(&families[i]);
        cg_test_sim_hide(&sim, id, 1);
        run_well();
        check_state("hidden", database, &families[i], id, 1);
        if (families[i].is_identity)
            cr_assert_eq(deleted_in(database, &families[i]), 1, "%s", families[i].kind);
        check_unallocated(database);
        cg_test_sim_hide(&sim, id, 0);
        run_well();
        check_state("seen again", database, &families[i], id, 0);
        char *after = cg_test_db_dump(folder, database);
        char *lines = cg_test_dump_lines(after, "confluent_cloud", "billing | ");
        cg_test_dumps_equal(families[i].kind, lines, inventory);
        free(lines);
        free(after);
        free(database);
    }
    free(inventory);
    free(before);
}

/* ---- listings that fail ---- */

/* A run in which `family` cannot be listed and one of it and one of `other` are hidden. */
static void check_failure(const struct family *family, const struct family *other, int http_status) {
    char *name = cg_test_format("%s-%d", family->kind, http_status);
    char *database = fresh_database(name, NULL);
    char *faults = cg_test_format("{\"match\":\"%s\",\"kind\":\"status\",\"status\":%d}", family->path, http_status);
    char *said = family->is_vital ? cg_test_format("Gather phase failed: ")
                                  : cg_test_format("Handler %s gather failed: ", family->kind);
    const char *ids[2] = {victim(family), victim(other)};
    char *err = NULL;
    cg_test_sim_hide(&sim, ids[0], 1);
    cg_test_sim_hide(&sim, ids[1], 1);
    cg_test_sim_faults(&sim, faults);
    cr_assert_eq(run(&err), 1, "%s: %s", name, err);
    cg_test_has(name, err, said);
    check_state(name, database, family, ids[0], 0);
    cr_assert_eq(deleted_in(database, family), 0, "%s", name);
    check_state(name, database, other, ids[1], !family->is_vital);
    check_unallocated(database);
    sqlite3 *db = cg_test_db_open(folder, database);
    char *message = cg_test_db_text(db, "SELECT error_message FROM pipeline_runs ORDER BY id DESC LIMIT 1");
    cg_test_has(name, message ? message : "", said);
    cg_test_db_close(db);

    /* The next complete listing makes up for it. */
    cg_test_sim_faults(&sim, "");
    run_well();
    check_state(name, database, family, ids[0], 1);
    if (family->is_vital)
        check_state(name, database, other, ids[1], 1);
    cg_test_sim_hide(&sim, ids[0], 0);
    cg_test_sim_hide(&sim, ids[1], 0);
    free(message);
    free(err);
    free(said);
    free(faults);
    free(database);
    free(name);
}

/* One that has nothing to do with the other: neither is listed below the other one. */
static const struct family *stranger(const struct family *family) {
    return strcmp(family->kind, "user") == 0 ? &families[2] : &families[8];
}

Test(families, what_cannot_be_listed_is_not_gone) {
    static const int statuses[] = {403, 404};
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t k = 0; k < sizeof statuses / sizeof statuses[0]; k++)
            check_failure(&families[i], stranger(&families[i]), statuses[k]);
}

/* Services that do not answer, each in a run of its own; all at once, because trying again takes a minute. */
Test(families, what_does_not_answer_is_not_gone) {
    static const size_t silent[] = {3, 4, 6, 9};
    enum { COUNT = sizeof silent / sizeof silent[0] };
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    static const char *const options[] = {"--seed", "11",           "--days", "5", "--environments", "2", "--clusters",
                                          "4",      "--principals", "24",     NULL};
    struct cg_test_process processes[COUNT];
    struct cg_test_sim sims[COUNT];
    char *databases[COUNT];
    struct cg_test_sim usual = sim;
    minutes++;
    char *clock = cg_test_format("CHITRAGUPT_NOW=2026-07-01T12:%02u:00Z", minutes);
    const char *const environment[] = {clock, NULL};
    for (size_t i = 0; i < COUNT; i++) {
        const struct family *family = &families[silent[i]];
        cg_test_sim_start(options, &sims[i]);
        sim = sims[i];
        char *faults = cg_test_format("{\"match\":\"%s\",\"kind\":\"stall\",\"seconds\":1}", family->path);
        cg_test_sim_faults(&sim, faults);
        cg_test_sim_hide(&sim, victim(family), 1);
        cg_test_sim_hide(&sim, victim(stranger(family)), 1);
        char *name = cg_test_format("silent-%s", family->kind);
        databases[i] = fresh_database(name, NULL);
        cg_test_program_start(folder, arguments, environment, &processes[i]);
        /* The configuration is read at the start; the next run has another one. */
        for (int tries = 0; tries < 600 && cg_test_process_runs(&processes[i], 50); tries++) {
            json_t *stats = cg_test_sim_ask(&sim, "/__sim/stats", NULL);
            json_int_t requests = json_integer_value(json_object_get(json_object_get(stats, "confluent"), "requests"));
            json_decref(stats);
            if (requests > 0)
                break;
        }
        free(name);
        free(faults);
    }
    sim = usual;
    free(clock);
    for (size_t i = 0; i < COUNT; i++) {
        const struct family *family = &families[silent[i]];
        struct cg_test_result result;
        cg_test_program_wait(&processes[i], &result);
        cr_assert_eq(result.exit_status, 1, "%s: %s", family->kind, result.err);
        char *said = cg_test_format("Handler %s gather failed: ", family->kind);
        cg_test_has(family->kind, result.err, said);
        check_state("silent", databases[i], family, victim(family), 0);
        cr_assert_eq(deleted_in(databases[i], family), 0, "%s", family->kind);
        check_state("silent", databases[i], stranger(family), victim(stranger(family)), 1);
        check_unallocated(databases[i]);
        free(said);
        free(databases[i]);
        cg_test_result_done(&result);
        cg_test_sim_stop(&sims[i]);
    }
}

/* ---- nothing left ---- */

/* Empty listings one after the other, and after how many of them everything is gone. */
static const struct {
    const char *name;
    const char *settings;
    int gone_after; /* 0 = never */
} thresholds[] = {
    {"absent", NULL, 1},
    {"never", "    zero_gather_deletion_threshold: -1\n", 0},
    {"one", "    zero_gather_deletion_threshold: 1\n", 1},
    {"three", "    zero_gather_deletion_threshold: 3\n", 3},
};

static void check_threshold(size_t index, const struct family *family) {
    const char *name = thresholds[index].name;
    char *case_name = cg_test_format("threshold-%s-%s", name, family->kind);
    char *database = fresh_database(case_name, thresholds[index].settings);
    long long all = hide_all(family, 1);
    cr_assert_gt(all, 1, "there are %lld of %s", all, family->kind);
    for (int run = 1; run <= 4; run++) {
        long long wanted = thresholds[index].gone_after && run >= thresholds[index].gone_after ? all : 0;
        run_well();
        long long gone = deleted_in(database, family);
        cr_assert_eq(gone, wanted, "%s: %lld instead of %lld are gone after %d empty listings", case_name, gone, wanted,
                     run);
    }
    check_unallocated(database);
    (void)hide_all(family, 0);
    run_well();
    cr_assert_eq(deleted_in(database, family), 0, "%s: not all came back", case_name);
    free(database);
    free(case_name);
}

Test(families, empty_listings_are_believed_as_the_threshold_says) {
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        check_threshold(i, &families[8]);
        check_threshold(i, &families[4]);
    }
}

/* Two empty listings, one that is not, two more: the count began anew. */
Test(families, a_listing_with_something_ends_the_count) {
    const struct family *users = &families[8];
    char *database = fresh_database("count", thresholds[3].settings);
    (void)hide_all(users, 1);
    run_well();
    run_well();
    cr_assert_eq(deleted_in(database, users), 0);
    cg_test_sim_hide(&sim, victim(users), 0);
    run_well();
    long long others = deleted_in(database, users);
    cr_assert_eq(others, hide_all(users, 1) - 1, "%lld are gone", others);
    run_well();
    run_well();
    check_state("counted anew", database, users, victim(users), 0);
    run_well();
    check_state("the third", database, users, victim(users), 1);
    check_unallocated(database);
    free(database);
}

/* A failure is not an empty listing: it does not count. */
Test(families, a_failure_does_not_count) {
    const struct family *users = &families[8];
    char *database = fresh_database("failures", thresholds[3].settings);
    long long all = hide_all(users, 1);
    run_well();
    run_well();
    cg_test_sim_faults(&sim, "{\"match\":\"/iam/v2/users\",\"kind\":\"status\",\"status\":404}");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(run(NULL), 1);
        cr_assert_eq(deleted_in(database, users), 0);
    }
    cg_test_sim_faults(&sim, "");
    run_well();
    cr_assert_eq(deleted_in(database, users), all);
    free(database);
}
