#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "database.h"

static void write_file(const char *folder, const char *name, const char *text, size_t size) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static struct cg_sql_connection *open_with_table(const char *folder) {
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    cr_assert_eq(the_driver()->execute(connection, "CREATE TABLE IF NOT EXISTS t (a TEXT)"), CG_OK);
    return connection;
}

Test(sqlite_failure, a_text_file_is_no_database) {
    const char *folder = new_folder();
    char text[1024] = "";
    char garbage[4096];
    struct cg_sql_connection *connection = NULL;
    memset(garbage, 'x', sizeof garbage);
    write_file(folder, "a.db", garbage, sizeof garbage);
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, text), CG_PERMANENT);
    cr_assert_not_null(strstr(text, "is not a database"), "%s", text);
    cr_assert_not_null(strstr(text, folder), "%s", text);
    the_driver()->close(connection);
    remove_folder(folder);
}

Test(sqlite_failure, a_folder_is_no_database) {
    char text[1024] = "";
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file("/", "tmp", CG_SQL_CREATE, &connection, text), CG_PERMANENT);
    cr_assert_not_null(strstr(text, "unable to open database file"), "%s", text);
    the_driver()->close(connection);
}

Test(sqlite_failure, a_missing_file_is_not_created_unless_asked) {
    const char *folder = new_folder();
    char text[1024] = "";
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_READ_ONLY | CG_SQL_CREATE, &connection, text), CG_NOT_FOUND);
    cr_assert_not_null(strstr(text, "No such file or directory"), "%s", text);
    the_driver()->close(connection);
    remove_folder(folder);
}

Test(sqlite_failure, the_folder_cannot_be_made) {
    const char *folder = new_folder();
    char text[1024] = "";
    struct cg_sql_connection *connection = NULL;
    write_file(folder, "x", "", 0);
    cr_assert_eq(open_file(folder, "x/y/a.db", CG_SQL_CREATE, &connection, text), CG_PERMANENT);
    cr_assert_not_null(strstr(text, "cannot be created"), "%s", text);
    the_driver()->close(connection);
    remove_folder(folder);
}

Test(sqlite_failure, another_writer_holds_the_lock) {
    const char *folder = new_folder();
    const struct cg_sql_driver *driver = the_driver();
    struct cg_sql_connection *first = open_with_table(folder);
    struct cg_sql_connection *second = open_with_table(folder);
    cr_assert_eq(driver->execute(second, "PRAGMA busy_timeout=50"), CG_OK);
    cr_assert_eq(driver->begin(first, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(driver->begin(second, CG_SQL_BEGIN_WRITE), CG_TEMPORARY);
    cr_assert_eq(strncmp(driver->error_text(second), "database is locked", 18), 0);
    cr_assert_eq(driver->commit(first), CG_OK);
    cr_assert_eq(driver->begin(second, CG_SQL_BEGIN_WRITE), CG_OK);
    driver->rollback(second);
    driver->close(first);
    driver->close(second);
    remove_folder(folder);
}

Test(sqlite_failure, a_reader_writes_nothing) {
    const char *folder = new_folder();
    struct cg_sql_connection *reader = NULL;
    the_driver()->close(open_with_table(folder));
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_READ_ONLY, &reader, NULL), CG_OK);
    cr_assert_eq(the_driver()->execute(reader, "INSERT INTO t VALUES ('x')"), CG_PERMANENT);
    cr_assert_not_null(strstr(the_driver()->error_text(reader), "cannot be written"));
    the_driver()->close(reader);
    remove_folder(folder);
}

Test(sqlite_failure, a_file_without_write_permission) {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        cr_skip_test("needs an ordinary user");
    const char *folder = new_folder();
    char path[PATH_MAX];
    char text[1024] = "";
    struct cg_sql_connection *connection = NULL;
    the_driver()->close(open_with_table(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
    cr_assert_eq(chmod(path, 0400), 0);
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, text), CG_PERMANENT);
    cr_assert_not_null(strstr(text, "is read-only for this user"), "%s", text);
    the_driver()->close(connection);
    remove_folder(folder);
}

static const char fill[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                           "INSERT INTO t SELECT printf('%0200d', i) FROM n";

Test(sqlite_failure, the_file_has_no_room_for_more_pages) {
    const char *folder = new_folder();
    struct cg_sql_connection *connection = open_with_table(folder);
    cr_assert_eq(the_driver()->execute(connection, "PRAGMA max_page_count=50"), CG_OK);
    cr_assert_eq(the_driver()->execute(connection, fill), CG_PERMANENT);
    cr_assert_not_null(strstr(the_driver()->error_text(connection), "the disk is full"));
    cr_assert_not_null(strstr(the_driver()->error_text(connection), folder));
    cr_assert_str_eq(value_of(connection, "SELECT count(*) FROM t"), "0");
    the_driver()->close(connection);
    remove_folder(folder);
}

Test(sqlite_failure, the_system_writes_no_more) {
    const char *folder = new_folder();
    struct cg_sql_connection *connection = open_with_table(folder);
    struct rlimit old;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit limit = {256 * 1024, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cg_status status = the_driver()->execute(connection, fill);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    cr_assert_eq(status, CG_PERMANENT);
    cr_assert_not_null(strstr(the_driver()->error_text(connection), "the disk is full"), "%s",
                       the_driver()->error_text(connection));
    the_driver()->rollback(connection);
    cr_assert_str_eq(value_of(connection, "SELECT count(*) FROM t"), "0");
    the_driver()->close(connection);
    remove_folder(folder);
}

static void *interrupt_soon(void *connection) {
    const struct timespec pause = {0, 50 * 1000 * 1000};
    for (int i = 0; i < 20; i++) {
        nanosleep(&pause, NULL);
        the_driver()->interrupt(connection);
    }
    return NULL;
}

Test(sqlite_failure, a_query_is_interrupted_from_another_thread) {
    const char *folder = new_folder();
    struct cg_sql_connection *connection = open_with_table(folder);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, connection), 0);
    cg_status status = the_driver()->execute(
        connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    cr_assert_eq(status, CG_CANCELLED);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_not_null(strstr(the_driver()->error_text(connection), "interrupted"));
    the_driver()->close(connection);
    remove_folder(folder);
}
