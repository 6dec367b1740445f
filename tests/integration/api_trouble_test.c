/* A tenant whose database is in trouble, beside one that is well: who asks the other one notices nothing. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"
#define GOOD "/api/v1/tenants/good"
#define RANGE "?start_date=2026-06-01&end_date=2026-06-30"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_trouble, .init = start, .fini = stop);

/* ---- what everybody may expect ---- */

static void fill_good(void) {
    cr_assert_eq(cg_test_api_get(&api, GOOD "/tags", NULL), 200);
    cg_test_api_fill(folder, "good.db", "good", 3, 24);
}

/* The healthy tenant answers, and so do readiness and the list of tenants, at once and about both. */
static void check_the_other(const char *what) {
    char *text = NULL;
    long long began = cg_test_clock_ms();
    cr_expect_eq(cg_test_api_get(&api, GOOD "/chargebacks" RANGE "&page_size=1", &text), 200, "%s", what);
    cg_test_has(what, text, "\"total\":72,");
    free(text);
    json_t *good = cg_test_api_readiness(&api, "good");
    cr_expect(json_is_true(json_object_get(good, "tables_ready")) && json_is_null(json_object_get(good, "problem")),
              "%s: the healthy tenant is not ready", what);
    json_decref(good);
    cr_expect_eq(cg_test_api_get(&api, "/api/v1/tenants", &text), 200, "%s", what);
    cg_test_has(what, text, "\"tenant_name\":\"acme\"");
    cg_test_has(what, text, "\"tenant_name\":\"good\"");
    free(text);
    cr_expect_lt(cg_test_clock_ms() - began, 1500, "%s: the others had to wait", what);
}

/* Readiness is kept for two seconds; then it knows. */
static void wait_for_problem(const char *what, const char *problem) {
    for (int waited = 0;; waited += 100) {
        json_t *acme = cg_test_api_readiness(&api, "acme");
        const char *text = json_string_value(json_object_get(acme, "problem"));
        int ready = json_is_true(json_object_get(acme, "tables_ready"));
        int found = problem ? !ready && text && strstr(text, problem) : ready && !text;
        if (found || waited > 5000)
            cr_expect(found, "%s: readiness says '%s'", what, text ? text : "ready");
        json_decref(acme);
        if (found || waited > 5000)
            return;
        (void)usleep(100000);
    }
}

/* ---- troubles ---- */

static void remove_database(void) {
    static const char *const names[] = {"acme.db", "acme.db-wal", "acme.db-shm"};
    char path[CG_TEST_PATH_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(cg_test_path(folder, names[i], path));
}

/* Closing the last connection puts the log into the file, so that it can be spoilt. */
static void write_bytes(long offset, const char *bytes, size_t length, long cut) {
    char path[CG_TEST_PATH_SIZE];
    int fd = open(cg_test_path(folder, "acme.db", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert(length == 0 || pwrite(fd, bytes, length, offset) == (ssize_t)length);
    cr_assert(!cut || ftruncate(fd, cut) == 0);
    (void)close(fd);
}

static void no_database(void) {
    static const char text[] = "This is a text, and not a database at all, however often it is read as one. "
                               "It has to be longer than a hundred bytes, since that is the length of a header.";
    remove_database();
    write_bytes(0, text, sizeof text, sizeof text);
}

static void a_folder(void) {
    remove_database();
    cg_test_folder_make(folder, "acme.db");
}

static void damaged_header(void) {
    write_bytes(100, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, 0);
}

static void cut_in_half(void) {
    write_bytes(0, "", 0, 6 * 4096 + 17);
}

static void newer_schema(void) {
    cg_test_db_execute(folder, "acme.db", "INSERT INTO cg_schema (version) VALUES (99)");
}

static void unknown_revision(void) {
    cg_test_db_execute(folder, "acme.db", "UPDATE alembic_version SET version_num = '999'");
}

static void two_revisions(void) {
    cg_test_db_execute(folder, "acme.db", "INSERT INTO alembic_version VALUES ('031')");
}

static void missing_table(void) {
    cg_test_db_execute(folder, "acme.db", "DROP TABLE chargeback_facts");
}

static void end_folder(void) {
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(rmdir(cg_test_path(folder, "acme.db", path)), 0);
}

static const struct {
    const char *name;
    void (*make)(void); /* of a database that is fine and has the tables */
    const char *sentence;
    void (*end)(void); /* or NULL: the file is removed */
} troubles[] = {
    {"a file that is no database", no_database, "acme.db is not a database", NULL},
    {"a folder in its place", a_folder, "acme.db", end_folder},
    {"damaged first page", damaged_header, "damaged", NULL},
    {"cut in half", cut_in_half, "damaged", NULL},
    {"own tables of a newer release", newer_schema, "newer release of chitragupt (own tables of version 99", NULL},
    {"a revision nobody knows", unknown_revision, "the revision '999', which this release does not know", NULL},
    {"two revisions", two_revisions, "alembic_version of the database has 2 rows", NULL},
    {"a table is missing", missing_table, "no table 'chargeback_facts'", NULL},
};

static void make_database(void) {
    struct cg_test_api maker = {0};
    const struct cg_test_api_options options = {0};
    remove_database();
    cg_test_api_start(folder, &options, &maker);
    cr_assert_eq(cg_test_api_get(&maker, ACME "/tags", NULL), 200);
    cg_test_api_fill(folder, "acme.db", "acme", 2, 24);
    cg_test_api_stop(&maker, 5, NULL);
}

Test(api_trouble, at_the_start) {
    const struct cg_test_api_options options = {0};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        const char *name = troubles[i].name;
        char *text = NULL;
        make_database();
        troubles[i].make();
        (void)unlink(cg_test_path(folder, "good.db", (char[CG_TEST_PATH_SIZE]){0}));
        cg_test_api_start(folder, &options, &api);
        fill_good();
        cr_expect_eq(cg_test_api_get(&api, ACME "/chargebacks" RANGE, &text), 500, "%s: %s", name, text);
        cg_test_has(name, text, troubles[i].sentence);
        cg_test_has(name, text, "\"error_id\":\"");
        free(text);
        cr_expect_eq(cg_test_api_send(&api, "POST", ACME "/tags/bulk", "{\"items\":[],\"created_by\":\"t\"}", NULL),
                     500, "%s", name);
        check_the_other(name);
        wait_for_problem(name, troubles[i].sentence);
        if (troubles[i].end)
            troubles[i].end();
        remove_database();
        cr_expect_eq(cg_test_api_get(&api, ACME "/chargebacks" RANGE, &text), 200, "%s: %s", name, text);
        cg_test_has(name, text, "\"total\":0,");
        free(text);
        wait_for_problem(name, NULL);
        check_the_other(name);
        char *log = cg_test_api_log(&api);
        const char *told = strstr(log, "backend_prepare_failed tenant_name=acme");
        cr_expect(told && !strstr(told + 1, "backend_prepare_failed tenant_name=acme"), "%s: told once: %s", name, log);
        cr_expect(!strstr(log, "tenant_name=acme: tenant 'acme'"), "%s: named once: %s", name, log);
        free(log);
        cg_test_api_stop(&api, 5, NULL);
    }
}

/* ---- nothing there ---- */

Test(api_trouble, missing_files_and_folders_are_made) {
    const struct cg_test_api_options options = {
        .config = "tenants:\n  acme:\n    ecosystem: confluent_cloud\n    tenant_id: acme\n    storage: "
                  "{connection_string: \"sqlite:///some/where/deep/acme.db\"}\n" CG_TEST_API_TENANT("good")};
    static const char *const empty[][2] = {
        {ACME "/chargebacks", "{\"items\":[],\"total\":0,\"page\":1,\"page_size\":100,\"pages\":0}"},
        {ACME "/status", "\"states\":[]"},
        {ACME "/chargebacks/dates", "{\"dates\":[]}"},
        {ACME "/tags/keys", "{\"keys\":[]}"},
        {ACME "/pipeline/status", "\"last_run\":null"},
        {ACME "/graph/search?q=a", "{\"results\":[]}"},
    };
    struct stat found;
    char path[CG_TEST_PATH_SIZE];
    cg_test_api_start(folder, &options, &api);
    fill_good();
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        char *text = NULL;
        cr_expect_eq(cg_test_api_get(&api, empty[i][0], &text), 200, "%s: %s", empty[i][0], text);
        cg_test_has(empty[i][0], text, empty[i][1]);
        free(text);
    }
    wait_for_problem("an empty database", NULL);
    check_the_other("an empty database");
    cr_assert_eq(stat(cg_test_path(folder, "some/where/deep", path), &found), 0);
    cr_expect_eq(found.st_mode & 0777, 0700);
    cg_test_api_stop(&api, 5, NULL);
}

/* ---- while it runs ---- */

static long total(void) {
    json_t *page = cg_test_api_json(&api, ACME "/chargebacks" RANGE "&page_size=1");
    long value = (long)json_integer_value(json_object_get(page, "total"));
    json_decref(page);
    return value;
}

/* A copy in place of the database, as somebody would restore it: its log goes with it. */
static void put_in_place(const char *name) {
    char from[CG_TEST_PATH_SIZE];
    char to[CG_TEST_PATH_SIZE];
    remove_database();
    cr_assert_eq(rename(cg_test_path(folder, name, from), cg_test_path(folder, "acme.db", to)), 0);
}

Test(api_trouble, a_database_that_is_replaced_is_noticed) {
    const struct cg_test_api_options options = {0};
    const char tag[] = "{\"tag_key\":\"team\",\"tag_value\":\"a\",\"created_by\":\"t\"}";
    make_database();
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cg_test_db_copy(db, folder, "copy.db");
    cg_test_db_close(db);
    cg_test_db_execute(folder, "copy.db", "DELETE FROM chargeback_facts WHERE timestamp > '2026-06-01 00:30'");
    cg_test_api_start(folder, &options, &api);
    fill_good();
    for (int i = 0; i < 3; i++) /* connections are kept, and so is the answer */
        cr_assert_eq(total(), 48);
    cr_assert_eq(cg_test_api_send(&api, "POST", ACME "/entities/resource/lkc-0/tags", tag, NULL), 201);
    put_in_place("copy.db");
    cr_assert_eq(total(), 2, "the answer is from the file before");
    cr_assert_eq(total(), 2);
    cr_assert_eq(cg_test_api_send(&api, "POST", ACME "/entities/resource/lkc-0/tags", tag, NULL), 201,
                 "the tag was in the file before");
    cr_assert_eq(cg_test_api_send(&api, "POST", ACME "/entities/resource/lkc-0/tags", tag, NULL), 409);
    db = cg_test_db_open(folder, "acme.db");
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM tags"), 1, "what was written is not in the file");
    cg_test_db_check(db);
    cg_test_db_close(db);
    remove_database();
    cr_assert_eq(total(), 0, "the answer is from a file that is gone");
    cr_assert_eq(cg_test_api_send(&api, "POST", ACME "/entities/resource/lkc-0/tags", tag, NULL), 404,
                 "there is no resource in the new file");
    check_the_other("a database that was replaced");
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_trouble, a_database_that_breaks_while_it_is_used_is_known_and_forgotten) {
    const struct cg_test_api_options options = {0};
    char *text = NULL;
    make_database();
    cg_test_api_start(folder, &options, &api);
    fill_good();
    cr_assert_eq(total(), 48);
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cg_test_db_copy(db, folder, "copy.db");
    cg_test_db_close(db);
    no_database();
    cr_assert_eq(cg_test_api_get(&api, ACME "/chargebacks" RANGE "&page_size=1", &text), 500, "%s", text);
    cg_test_has("the answer", text, "is not a database");
    free(text);
    wait_for_problem("while it runs", "is not a database");
    check_the_other("while it runs");
    put_in_place("copy.db");
    cr_assert_eq(total(), 48);
    wait_for_problem("afterwards", NULL);
    check_the_other("afterwards");
    cg_test_api_stop(&api, 5, NULL);
}
