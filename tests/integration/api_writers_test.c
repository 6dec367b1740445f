/* Databases that cannot be written: no permission, another process that writes, no room. Whoever reads goes on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/disk.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"
#define GOOD "/api/v1/tenants/good"
#define TAGS ACME "/entities/resource/lkc-0/tags"
#define TAG "{\"tag_key\":\"team\",\"tag_value\":\"a\",\"created_by\":\"t\"}"
#define PAGE ACME "/chargebacks?start_date=2026-06-01&end_date=2026-06-30&page_size=1"

static char folder[CG_TEST_PATH_SIZE];
static char place[CG_TEST_PATH_SIZE]; /* of acme's database */
static struct cg_test_api api;

static void start(void) {
    cg_test_workdir_make(folder);
    cg_test_folder_make(folder, "place");
    cg_test_path(folder, "place", place);
}

static void stop(void) {
    (void)chmod(place, 0700);
    cg_test_disk_remove(place);
    cg_test_workdir_remove(folder);
}

TestSuite(api_writers, .init = start, .fini = stop);

#define CONFIG                                                                                                  \
    "tenants:\n  acme:\n    ecosystem: confluent_cloud\n    tenant_id: acme\n    storage: {connection_string: " \
    "\"sqlite:///place/acme.db\"}\n" CG_TEST_API_TENANT("good")

static void begin(const char *settings) {
    const struct cg_test_api_options options = {.config = CONFIG, .settings = settings};
    cg_test_api_start(folder, &options, &api);
}

/* Both databases with their tables and some rows. */
static void make_databases(void) {
    begin(NULL);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
    cr_assert_eq(cg_test_api_get(&api, GOOD "/tags", NULL), 200);
    cg_test_api_fill(place, "acme.db", "acme", 2, 24);
    cg_test_api_fill(folder, "good.db", "good", 2, 24);
    cg_test_api_stop(&api, 5, NULL);
}

static sqlite3 *lock_database(void) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open_v2(cg_test_path(place, "acme.db", path), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void unlock_database(sqlite3 *db) {
    cr_assert_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    cg_test_db_close(db);
}

static void post(struct cg_test_answer *ret) {
    const struct cg_test_request request = {.url = TAGS, .body = TAG};
    cg_test_api_ask(&api, &request, ret);
}

static long long tags_there(void) {
    sqlite3 *db = cg_test_db_open(place, "acme.db");
    long long count = cg_test_db_number(db, "SELECT COUNT(*) FROM tags");
    cg_test_db_close(db);
    return count;
}

/* ---- another process writes ---- */

Test(api_writers, who_reads_does_not_wait_for_the_lock_and_who_writes_waits_no_longer_than_his_time) {
    struct cg_test_answer answer;
    make_databases();
    begin("  request_timeout_seconds: 2\n  threads: 4\n");
    sqlite3 *db = lock_database();
    const struct cg_test_request wanted = {.url = TAGS, .body = TAG};
    char *url = cg_test_format("%s%s", api.url, TAGS);
    struct cg_test_request request = wanted;
    struct cg_test_asking writers[8];
    request.url = url;
    for (size_t i = 0; i < 8; i++)
        cg_test_asking_begin(&writers[i], &request);
    for (int i = 0; i < 20; i++) {
        long long began = cg_test_clock_ms();
        cr_expect_eq(cg_test_api_get(&api, i % 2 ? PAGE : TAGS, NULL), 200);
        cr_expect_lt(cg_test_clock_ms() - began, 1000, "a read waits for the lock");
    }
    for (size_t i = 0; i < 8; i++) {
        cg_test_asking_end(&writers[i], &answer);
        cr_expect(answer.status == 503 || answer.status == 504, "%ld: %s", answer.status, answer.body);
        cr_expect_lt(answer.ms, 3000, "%lld ms", answer.ms);
        if (answer.status == 503) {
            cg_test_has("the answer", answer.body, "acme.db is being written by another process");
            cr_expect_str_eq(cg_test_answer_header(&answer, "retry-after"), "1");
        }
        cg_test_answer_done(&answer);
    }
    unlock_database(db);
    cr_expect_eq(tags_there(), 0, "a write that was refused is there");
    post(&answer);
    cr_expect_eq(answer.status, 201, "%s", answer.body);
    cg_test_answer_done(&answer);
    free(url);
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_writers, a_lock_that_lasts_is_told_after_five_seconds) {
    struct cg_test_answer answer;
    make_databases();
    begin(NULL);
    sqlite3 *db = lock_database();
    post(&answer);
    cr_expect_eq(answer.status, 503, "%s", answer.body);
    cg_test_has("the answer", answer.body, "database is locked");
    cr_expect_str_eq(cg_test_answer_header(&answer, "retry-after"), "1");
    cr_expect(answer.ms >= 4500 && answer.ms < 7000, "%lld ms", answer.ms);
    cg_test_answer_done(&answer);
    unlock_database(db);
    post(&answer);
    cr_expect_eq(answer.status, 201, "%s", answer.body);
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
}

/* The lock is given up about when the time of the request is over: what the answer says is what happened. */
Test(api_writers, what_is_answered_is_what_happened) {
    make_databases();
    begin("  request_timeout_seconds: 1\n");
    char *url = cg_test_format("%s%s", api.url, TAGS);
    const struct cg_test_request request = {.url = url, .body = TAG};
    for (int delay = 880; delay <= 1120; delay += 30) {
        struct cg_test_asking asking;
        struct cg_test_answer answer;
        sqlite3 *db = lock_database();
        cg_test_asking_begin(&asking, &request);
        (void)usleep((useconds_t)delay * 1000);
        unlock_database(db);
        cg_test_asking_end(&asking, &answer);
        long long count = tags_there();
        cr_expect(answer.status == 201 || answer.status == 503 || answer.status == 504, "%d ms: %ld", delay,
                  answer.status);
        cr_expect_eq(count, answer.status == 201, "%d ms: the answer is %ld, and there are %lld tags", delay,
                     answer.status, count);
        cg_test_answer_done(&answer);
        long removed = cg_test_api_send(&api, "DELETE", TAGS "/team", NULL, NULL);
        cr_expect_eq(removed, count ? 204 : 404, "%ld", removed);
    }
    free(url);
    cg_test_api_stop(&api, 5, NULL);
}

/* ---- no permission ---- */

/* Root may write everywhere. False when the program cannot be run as another user. */
static int become_another_user(void) {
    char path[CG_TEST_PATH_SIZE];
    if (geteuid() != 0)
        return 1;
    if (chown(folder, 65534, 65534) != 0 || chown(place, 65534, 65534) != 0 ||
        chown(cg_test_path(folder, "good.db", path), 65534, 65534) != 0 ||
        chown(cg_test_path(folder, "config.yaml", path), 65534, 65534) != 0 ||
        chown(cg_test_path(place, "acme.db", path), 65534, 65534) != 0)
        return 0;
    return setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 &&
           access(CG_TEST_BINARY_DIR "/bin/chitragupt", X_OK) == 0;
}

static const struct {
    const char *name;
    mode_t file;
    mode_t folder;
} modes[] = {{"a file", 0400, 0700}, {"a folder", 0600, 0500}, {"both", 0400, 0500}};

/* The files of the log got the mode of the database. */
static void allow_all(void) {
    static const char *const names[] = {"acme.db", "acme.db-wal", "acme.db-shm"};
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(chmod(place, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)chmod(cg_test_path(place, names[i], path), 0600);
}

static const char *const totals[] = {"\"total\":48,", "\"total\":49,", "\"total\":24,", "\"total\":25,"};

Test(api_writers, what_may_only_be_read_is_read) {
    char path[CG_TEST_PATH_SIZE];
    make_databases();
    if (!become_another_user()) {
        stop();
        cr_skip_test("the program cannot be started as a user with few rights");
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *name = modes[i].name;
        struct cg_test_answer answer;
        char *text = NULL;
        cr_assert_eq(chmod(cg_test_path(place, "acme.db", path), modes[i].file), 0);
        cr_assert_eq(chmod(place, modes[i].folder), 0);
        begin(NULL);
        cr_expect_eq(cg_test_api_get(&api, PAGE, &text), 200, "%s: %s", name, text);
        cg_test_has(name, text, totals[i]);
        free(text);
        json_t *acme = cg_test_api_readiness(&api, "acme");
        cr_expect(json_is_true(json_object_get(acme, "tables_ready")), "%s", name);
        json_decref(acme);
        post(&answer);
        cr_expect_eq(answer.status, 500, "%s: %ld", name, answer.status);
        cg_test_has(name, answer.body, "acme.db is read-only for this user; give it and its folder write permission");
        cg_test_answer_done(&answer);
        /* Somebody else may change it. */
        allow_all();
        cg_test_db_execute(place, "acme.db",
                           i % 2 ? "DELETE FROM chargeback_facts WHERE dimension_id = 1"
                                 : "INSERT INTO chargeback_facts (timestamp, dimension_id, amount) VALUES "
                                   "('2026-06-09 00:00:00.000000', 1, '1')");
        cr_assert(chmod(path, modes[i].file) == 0 && chmod(place, modes[i].folder) == 0);
        cr_expect_eq(cg_test_api_get(&api, PAGE, &text), 200, "%s: %s", name, text);
        cg_test_has(name, text, totals[i + 1]);
        free(text);
        cr_expect_eq(cg_test_api_send(&api, "POST", GOOD "/entities/resource/lkc-0/tags", TAG, NULL), i ? 409 : 201);
        allow_all();
        for (int tries = 0; tries < 3; tries++) { /* the log has the file's mode of that time */
            post(&answer);
            if (answer.status != 500)
                break;
            int is_log = strstr(answer.body, "acme.db-shm is read-only for this user") != NULL;
            cr_expect(is_log || strstr(answer.body, "Internal server error"), "%s", answer.body);
            allow_all();
            cg_test_answer_done(&answer);
        }
        cr_expect_eq(answer.status, 201, "%s, afterwards: %s", name, answer.body);
        cg_test_answer_done(&answer);
        cr_expect_eq(cg_test_api_send(&api, "DELETE", TAGS "/team", NULL, NULL), 204);
        cg_test_api_stop(&api, 5, NULL);
    }
}

/* ---- no room ---- */

Test(api_writers, a_full_disk_is_told_and_passes) {
    if (!cg_test_disk_make(place, "2m")) {
        stop();
        cr_skip_test("this user may not mount a tmpfs, not even in a namespace of its own");
    }
    struct cg_test_answer answer;
    make_databases();
    begin(NULL);
    cr_assert_eq(cg_test_api_get(&api, PAGE, NULL), 200);
    char *filler = malloc(4 * 1024 * 1024 + 1);
    cr_assert_not_null(filler);
    memset(filler, 'x', 4 * 1024 * 1024);
    filler[4 * 1024 * 1024] = '\0';
    FILE *stream = fopen(cg_test_path(place, "filler", (char[CG_TEST_PATH_SIZE]){0}), "we");
    cr_assert_not_null(stream);
    (void)fputs(filler, stream); /* as much as there is room for */
    (void)fclose(stream);
    free(filler);
    post(&answer);
    cr_expect_eq(answer.status, 500, "%ld", answer.status);
    json_t *root = cg_test_answer_json(&answer, 500);
    char *line = cg_test_format("error_id=%s: ", cg_test_json_text(root, "error_id"));
    char *log = cg_test_api_log(&api);
    const char *told = strstr(log, line);
    cr_expect(told && strstr(told, "full"), "%s", log);
    cg_test_answer_done(&answer);
    cr_expect_eq(cg_test_api_get(&api, PAGE, NULL), 200);
    cr_expect_eq(cg_test_api_send(&api, "POST", GOOD "/entities/resource/lkc-0/tags", TAG, NULL), 201);
    cr_assert_eq(unlink(cg_test_path(place, "filler", (char[CG_TEST_PATH_SIZE]){0})), 0);
    post(&answer);
    cr_expect_eq(answer.status, 201, "%s", answer.body);
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
    json_decref(root);
    free(line);
    free(log);
}
