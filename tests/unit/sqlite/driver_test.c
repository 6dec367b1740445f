#include <sys/stat.h>
#include <unistd.h>

#include "connection.h"
#include "database.h"

struct setting {
    const char *sql;
    const char *writer;
    const char *reader;
};

static const struct setting settings[] = {
    {"PRAGMA journal_mode", "wal", "wal"},   {"PRAGMA synchronous", "1", "1"},  {"PRAGMA temp_store", "2", "2"},
    {"PRAGMA cache_size", "-8192", "-2048"}, {"PRAGMA foreign_keys", "0", "0"}, {"PRAGMA query_only", "0", "1"},
};

Test(sqlite_driver, registers_itself) {
    const struct cg_registration *registration = cg_plugin_register_sqlite();
    cr_assert_eq(registration->magic, CG_MODULE_MAGIC);
    cr_assert_eq(registration->kind, CG_KIND_SQL_DRIVER);
    cr_assert_str_eq(registration->name, "sqlite");
    cr_assert_eq(the_driver()->schemes.count, 1);
    cr_assert_str_eq(the_driver()->schemes.items[0], "sqlite");
}

Test(sqlite_driver, settings_of_connections) {
    const char *folder = new_folder();
    struct cg_sql_connection *connection = NULL;
    for (int reader = 0; reader < 2; reader++) {
        cr_assert_eq(open_file(folder, "a.db", reader ? CG_SQL_READ_ONLY : CG_SQL_CREATE, &connection, NULL), CG_OK);
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
            cr_assert_str_eq(value_of(connection, settings[i].sql), reader ? settings[i].reader : settings[i].writer,
                             "%s", settings[i].sql);
        cr_assert_eq(connection->busy_ms, 5000);
        the_driver()->close(connection);
    }
    remove_folder(folder);
}

Test(sqlite_driver, creates_missing_folders_for_the_owner_alone) {
    const char *folder = new_folder();
    char path[PATH_MAX];
    struct stat found;
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "x/y/a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    the_driver()->close(connection);
    snprintf(path, sizeof path, "%s/x/y", folder);
    cr_assert_eq(stat(path, &found), 0);
    cr_assert_eq(found.st_mode & 0777, 0700);
    remove_folder(folder);
}

struct place {
    const char *name;
    const char *database;
    struct cg_field query[3];
    size_t query_count;
    const char *refusal; /* a part of the sentence, or NULL */
    int busy_ms;
};

static const struct place places[] = {
    {"empty path", "", {{0}}, 0, "names no file", 0},
    {"no path", NULL, {{0}}, 0, "names no file", 0},
    {"memory", ":memory:", {{0}}, 0, "in memory keeps nothing", 0},
    {"memory by URI", "file::memory:", {{"uri", "true", 0, 0}}, 1, "in memory keeps nothing", 0},
    {"memory by mode", "file:x", {{"uri", "true", 0, 0}, {"mode", "memory", 0, 0}}, 2, "in memory keeps nothing", 0},
    {"timeout", "a.db", {{"timeout", "3", 0, 0}}, 1, NULL, 3000},
    {"fraction", "a.db", {{"timeout", "0.5", 0, 0}}, 1, NULL, 500},
    {"bad timeout", "a.db", {{"timeout", "soon", 0, 0}}, 1, "timeout=soon", 0},
    {"negative timeout", "a.db", {{"timeout", "-1", 0, 0}}, 1, "timeout=-1", 0},
    {"URI", "file:a.db", {{"mode", "rwc", 0, 0}, {"uri", "true", 0, 0}}, 2, NULL, 5000},
    {"URI of a missing file", "file:b.db", {{"mode", "rw", 0, 0}, {"uri", "true", 0, 0}}, 2, "unable to open", 0},
    {"unknown key", "a.db", {{"colour", "red", 0, 0}}, 1, NULL, 5000},
};

Test(sqlite_driver, places) {
    const char *folder = new_folder();
    cr_assert_eq(chdir(folder), 0);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct place *place = &places[i];
        const struct cg_sql_target target = {.struct_size = sizeof target,
                                             .scheme = "sqlite",
                                             .database = place->database,
                                             .query = place->query,
                                             .query_count = place->query_count};
        struct cg_sql_connection *connection = NULL;
        cg_status status = the_driver()->open(NULL, &target, CG_SQL_CREATE, &connection);
        cr_assert_eq(status != CG_OK, place->refusal != NULL, "%s: %s", place->name,
                     the_driver()->error_text(connection));
        if (place->refusal)
            cr_assert_not_null(strstr(the_driver()->error_text(connection), place->refusal), "%s: %s", place->name,
                               the_driver()->error_text(connection));
        else
            cr_assert_eq(connection->busy_ms, place->busy_ms, "%s", place->name);
        the_driver()->close(connection);
    }
    remove_folder(folder);
}

Test(sqlite_driver, values_go_in_and_come_out) {
    const char *folder = new_folder();
    const struct cg_sql_driver *driver = the_driver();
    struct cg_sql_connection *connection = NULL;
    struct cg_sql_statement *statement = NULL;
    size_t length = 9;
    int32_t found = 0;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    cr_assert_eq(driver->execute(connection, "CREATE TABLE t (a TEXT, b INTEGER, c BOOLEAN, d TEXT); SELECT 1"), CG_OK);
    cr_assert_eq(driver->table_exists(connection, "t", &found), CG_OK);
    cr_assert_eq(found, 1);
    cr_assert_eq(driver->table_exists(connection, "u", &found), CG_OK);
    cr_assert_eq(found, 0);
    cr_assert_eq(driver->prepare(connection, "INSERT INTO t VALUES (?1, ?2, ?3, ?4) RETURNING a, b, c, d", &statement),
                 CG_OK);
    cr_assert_eq(driver->bind_text(statement, 1, "h\xc3\xa9", 3), CG_OK);
    cr_assert_eq(driver->bind_int(statement, 2, INT64_MAX), CG_OK);
    cr_assert_eq(driver->bind_bool(statement, 3, 7), CG_OK);
    cr_assert_eq(driver->bind_text(statement, 4, NULL, 0), CG_OK);
    cr_assert_eq(driver->step(statement), CG_SQL_ROW);
    cr_assert_str_eq(driver->column_text(statement, 0, &length), "h\xc3\xa9");
    cr_assert_eq(length, 3);
    cr_assert_eq(driver->column_int(statement, 1), INT64_MAX);
    cr_assert_eq(driver->column_int(statement, 2), 1);
    cr_assert_null(driver->column_text(statement, 3, &length));
    cr_assert_eq(driver->step(statement), CG_SQL_DONE);
    cr_assert_eq(driver->changes(connection), 1);
    driver->reset(statement);
    cr_assert_eq(driver->bind_text(statement, 1, "a\0b", 3), CG_INVALID);
    cr_assert_not_null(strstr(driver->error_text(connection), "NUL"));
    driver->finalize(statement);
    driver->close(connection);
    remove_folder(folder);
}

Test(sqlite_driver, rollback_is_fine_outside_a_transaction) {
    const char *folder = new_folder();
    const struct cg_sql_driver *driver = the_driver();
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    driver->rollback(connection);
    cr_assert_eq(driver->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(driver->execute(connection, "CREATE TABLE t (a)"), CG_OK);
    driver->rollback(connection);
    cr_assert_eq(driver->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
    cr_assert_str_eq(value_of(connection, "SELECT count(*) FROM sqlite_master"), "0");
    cr_assert_eq(driver->commit(connection), CG_OK);
    driver->close(connection);
    remove_folder(folder);
}
