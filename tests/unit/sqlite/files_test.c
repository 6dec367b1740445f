/* Files that are removed, replaced, or may only be read, and waits for a lock that are given up. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "database.h"

static struct cg_sql_connection *open_with_table(const char *folder, const char *name) {
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, name, CG_SQL_CREATE, &connection, NULL), CG_OK);
    cr_assert_eq(the_driver()->execute(connection, "CREATE TABLE IF NOT EXISTS t (a TEXT)"), CG_OK);
    return connection;
}

static const char *path_of(const char *folder, const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const struct {
    const char *name;
    int replaced;
} fates[] = {{"removed", 0}, {"replaced", 1}};

Test(sqlite_files, one_that_is_gone_is_not_written_and_not_current) {
    const struct cg_sql_driver *driver = the_driver();
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        const char *folder = new_folder();
        int64_t version = 0;
        struct cg_sql_connection *connection = open_with_table(folder, "a.db");
        cr_assert_eq(driver->data_version(connection, &version), CG_OK);
        cr_assert_eq(driver->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
        driver->rollback(connection);
        if (fates[i].replaced) {
            char other[PATH_MAX];
            driver->close(open_with_table(folder, "x"));
            snprintf(other, sizeof other, "%s/x", folder);
            cr_assert_eq(rename(other, path_of(folder, "a.db")), 0);
        } else {
            cr_assert_eq(unlink(path_of(folder, "a.db")), 0);
        }
        cr_assert_eq(driver->data_version(connection, &version), CG_PERMANENT, "%s", fates[i].name);
        cr_assert_not_null(strstr(driver->error_text(connection), "was removed or replaced by another file"));
        cr_assert_eq(driver->begin(connection, CG_SQL_BEGIN_WRITE), CG_PERMANENT, "%s", fates[i].name);
        cr_assert_eq(driver->begin(connection, CG_SQL_BEGIN_READ), CG_OK, "who reads may end what he began");
        driver->rollback(connection);
        driver->close(connection);
        remove_folder(folder);
    }
}

struct waiter {
    struct cg_sql_connection *connection;
    cg_status status;
};

static void *wait_for_lock(void *user) {
    struct waiter *waiter = user;
    waiter->status = the_driver()->begin(waiter->connection, CG_SQL_BEGIN_WRITE);
    return NULL;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

Test(sqlite_files, a_wait_for_a_lock_ends_with_an_interrupt) {
    const struct cg_sql_driver *driver = the_driver();
    const char *folder = new_folder();
    struct cg_sql_connection *first = open_with_table(folder, "a.db");
    struct waiter waiter = {.connection = open_with_table(folder, "a.db")};
    pthread_t thread;
    cr_assert_eq(driver->begin(first, CG_SQL_BEGIN_WRITE), CG_OK);
    long long began = now_ms();
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_lock, &waiter), 0);
    int ended = 0;
    while (!ended && now_ms() - began < 3000) { /* one that comes too early has no effect */
        driver->interrupt(waiter.connection);
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 20000000;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
        ended = pthread_timedjoin_np(thread, NULL, &soon) == 0;
    }
    cr_assert(ended, "it waits although it was interrupted");
    cr_assert(waiter.status == CG_TEMPORARY || waiter.status == CG_CANCELLED, "%d", (int)waiter.status);
    cr_assert_eq(driver->commit(first), CG_OK);
    cr_assert_eq(driver->begin(waiter.connection, CG_SQL_BEGIN_WRITE), CG_OK, "the interrupt is over");
    driver->rollback(waiter.connection);
    driver->close(first);
    driver->close(waiter.connection);
    remove_folder(folder);
}

Test(sqlite_files, a_folder_that_may_only_be_read) {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        cr_skip_test("needs an ordinary user");
    const struct cg_sql_driver *driver = the_driver();
    const char *folder = new_folder();
    char text[1024] = "";
    int64_t version = 0;
    struct cg_sql_connection *connection = NULL;
    driver->close(open_with_table(folder, "a.db"));
    cr_assert_eq(chmod(folder, 0500), 0);
    cr_assert_eq(open_file(folder, "a.db", 0, &connection, text), CG_PERMANENT);
    cr_assert_not_null(strstr(text, "give it and its folder write permission"), "%s", text);
    driver->close(connection);
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_READ_ONLY, &connection, text), CG_OK, "%s", text);
    cr_assert_str_eq(value_of(connection, "SELECT count(*) FROM t"), "0");
    cr_assert_eq(driver->data_version(connection, &version), CG_OK);
    cr_assert_eq(chmod(folder, 0700), 0);
    struct cg_sql_connection *writer = open_with_table(folder, "a.db");
    cr_assert_eq(driver->execute(writer, "INSERT INTO t VALUES ('x')"), CG_OK);
    cr_assert_eq(driver->data_version(connection, &version), CG_PERMANENT, "there is a log now");
    driver->close(writer);
    cr_assert_eq(driver->data_version(connection, &version), CG_PERMANENT, "the file is another one now");
    driver->close(connection);
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_READ_ONLY, &connection, text), CG_OK, "%s", text);
    cr_assert_str_eq(value_of(connection, "SELECT count(*) FROM t"), "1");
    driver->close(connection);
    remove_folder(folder);
}
