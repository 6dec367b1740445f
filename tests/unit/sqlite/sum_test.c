#include "database.h"

struct sum {
    const char *name;
    const char *rows; /* after SELECT cg_sum(v) FROM */
    const char *wanted;
    const char *failure; /* a part of the sentence, or NULL */
};

static const struct sum sums[] = {
    {"no rows", "(SELECT 1 AS v WHERE 0)", "0", NULL},
    {"only NULL", "(SELECT NULL AS v)", "0", NULL},
    {"binary fractions", "(SELECT '0.1' AS v UNION ALL SELECT '0.2')", "0.3", NULL},
    {"places are kept", "(SELECT '1.00' AS v UNION ALL SELECT '2.5')", "3.50", NULL},
    {"18 decimals", "(SELECT '0.123456789012345678' AS v UNION ALL SELECT '99999999999999999999.000000000000000001')",
     "99999999999999999999.123456789012345679", NULL},
    {"they cancel out", "(SELECT '1E+3' AS v UNION ALL SELECT '-1000')", "0", NULL},
    {"small", "(SELECT '1E-10' AS v UNION ALL SELECT '1E-10')", "2E-10", NULL},
    {"NULL among them", "(SELECT '1.5' AS v UNION ALL SELECT NULL UNION ALL SELECT '2')", "3.5", NULL},
    {"not a number", "(SELECT '1' AS v UNION ALL SELECT 'NaN')", NULL, "'NaN' cannot be added up"},
    {"too long", "(SELECT '1E+30' AS v UNION ALL SELECT '1E-20')", NULL, "more than 38 digits"},
};

Test(sqlite_sum, exact_sums) {
    const char *folder = new_folder();
    const struct cg_sql_driver *driver = the_driver();
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        char sql[512];
        struct cg_sql_statement *statement = NULL;
        snprintf(sql, sizeof sql, "SELECT cg_sum(v) FROM %s", sums[i].rows);
        cr_assert_eq(driver->prepare(connection, sql, &statement), CG_OK, "%s", sums[i].name);
        cg_status status = driver->step(statement);
        if (sums[i].failure) {
            cr_assert_eq(status, CG_PERMANENT, "%s", sums[i].name);
            cr_assert_not_null(strstr(driver->error_text(connection), sums[i].failure), "%s: %s", sums[i].name,
                               driver->error_text(connection));
        } else {
            cr_assert_eq(status, CG_SQL_ROW, "%s", sums[i].name);
            cr_assert_str_eq(driver->column_text(statement, 0, NULL), sums[i].wanted, "%s", sums[i].name);
        }
        driver->finalize(statement);
    }
    driver->close(connection);
    remove_folder(folder);
}

Test(sqlite_sum, many_rows_with_18_decimals) {
    const char *folder = new_folder();
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_file(folder, "a.db", CG_SQL_CREATE, &connection, NULL), CG_OK);
    /* 1 + ... + 100000 = 5000050000 units of the last place. */
    const char *sum = value_of(connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                                           "100000) SELECT cg_sum(printf('0.%018d', i)) FROM n");
    cr_assert_str_eq(sum, "5.000050000E-9");
    the_driver()->close(connection);
    remove_folder(folder);
}
