#include "rewrite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct statement {
    const char *sql;
    const char *text; /* NULL: refused */
    const char *numbers;
    cg_status status;
};

static const struct statement statements[] = {
    {"SELECT 1", "SELECT 1", "", CG_OK},
    {"SELECT ?1, ?2", "SELECT $1, $2", "1 2", CG_OK},
    {"SELECT ?2, ?1, ?2", "SELECT $1, $2, $3", "2 1 2", CG_OK},
    {"SELECT ?12", "SELECT $1", "12", CG_OK},
    {"WHERE ?1 IS NULL OR a = ?1", "WHERE $1 IS NULL OR a = $2", "1t 1", CG_OK},
    {"WHERE ?1 is not null", "WHERE $1 is not null", "1t", CG_OK},
    {"WHERE ?1 ISNULL", "WHERE $1 ISNULL", "1", CG_OK},
    {"SELECT '?1', \"?2\", ?3", "SELECT '?1', \"?2\", $1", "3", CG_OK},
    {"SELECT 'it''s ?1', ?1", "SELECT 'it''s ?1', $1", "1", CG_OK},
    {"SELECT 'a\\', ?1", "SELECT 'a\\', $1", "1", CG_OK},
    {"SELECT 1 -- ?1\n, ?1", "SELECT 1 -- ?1\n, $1", "1", CG_OK},
    {"SELECT /* ?1 /* ?2 */ ?3 */ ?4", "SELECT /* ?1 /* ?2 */ ?3 */ $1", "4", CG_OK},
    {"SELECT cg_sum(a)", "SELECT COALESCE(sum(CAST(a AS numeric)), 0)", "", CG_OK},
    {"SELECT CG_SUM ( f(a, ?1) ), b", "SELECT COALESCE(sum(CAST( f(a, $1)  AS numeric)), 0), b", "1", CG_OK},
    {"cg_sum(CASE WHEN (a) THEN ')' END)", "COALESCE(sum(CAST(CASE WHEN (a) THEN ')' END AS numeric)), 0)", "", CG_OK},
    {"cg_sum(a) FILTER (WHERE (b))", "COALESCE(sum(CAST(a AS numeric)) FILTER (WHERE (b)), 0)", "", CG_OK},
    {"(cg_sum(a) + cg_sum(b))", "(COALESCE(sum(CAST(a AS numeric)), 0) + COALESCE(sum(CAST(b AS numeric)), 0))", "",
     CG_OK},
    {"cg_sum((SELECT cg_sum(a)))", "COALESCE(sum(CAST((SELECT COALESCE(sum(CAST(a AS numeric)), 0)) AS numeric)), 0)",
     "", CG_OK},
    {"my_cg_sum(a), cg_summary(b), cg_sum", "my_cg_sum(a), cg_summary(b), cg_sum", "", CG_OK},
    {"'cg_sum(a)' ))", "'cg_sum(a)' ))", "", CG_OK},
    {"SELECT 'open", NULL, "", CG_INVALID},
    {"SELECT \"open", NULL, "", CG_INVALID},
    {"SELECT /* open", NULL, "", CG_INVALID},
    {"SELECT ?", NULL, "", CG_INVALID},
    {"SELECT ?0", NULL, "", CG_INVALID},
    {"SELECT ?-1", NULL, "", CG_INVALID},
    {"SELECT ?65536", NULL, "", CG_RANGE},
    {"SELECT ?99999999999999999999999", NULL, "", CG_RANGE},
    {"cg_sum(a", NULL, "", CG_INVALID},
};

Test(postgresql_rewrite, statements) {
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        const struct statement *statement = &statements[i];
        struct cg_pg_sql sql = {0};
        cr_assert_eq(cg_pg_rewrite(statement->sql, &sql), statement->status, "%s", statement->sql);
        if (!statement->text)
            continue;
        char numbers[64] = "";
        size_t length = 0;
        uint32_t highest = 0;
        for (uint32_t at = 0; at < sql.places; at++) {
            length += (size_t)snprintf(numbers + length, sizeof numbers - length, "%s%u%s", at ? " " : "",
                                       (unsigned)sql.numbers[at], sql.types[at] ? "t" : "");
            highest = sql.numbers[at] > highest ? sql.numbers[at] : highest;
        }
        cr_assert_str_eq(sql.text, statement->text, "%s", statement->sql);
        cr_assert_str_eq(numbers, statement->numbers, "%s", statement->sql);
        cr_assert_eq(sql.highest, highest, "%s", statement->sql);
        cg_pg_sql_done(&sql);
    }
}

Test(postgresql_rewrite, sums_inside_of_sums_have_an_end) {
    char text[256] = "";
    for (size_t i = 0; i < 20; i++)
        memcpy(text + i * 7, "cg_sum(", 8);
    struct cg_pg_sql sql = {0};
    cr_assert_eq(cg_pg_rewrite(text, &sql), CG_RANGE);
}

Test(postgresql_rewrite, more_parameters_than_a_statement_may_have) {
    size_t size = (CG_PG_MAX_PLACES + 1) * 3 + 1;
    char *text = malloc(size);
    cr_assert_not_null(text);
    for (size_t i = 0; i < CG_PG_MAX_PLACES + 1; i++)
        memcpy(text + i * 3, "?1,", 3);
    text[size - 1] = '\0';
    struct cg_pg_sql sql = {0};
    cr_assert_eq(cg_pg_rewrite(text, &sql), CG_RANGE);
    text[CG_PG_MAX_PLACES * 3] = '\0';
    cr_assert_eq(cg_pg_rewrite(text, &sql), CG_OK);
    cr_assert_eq(sql.places, CG_PG_MAX_PLACES);
    cg_pg_sql_done(&sql);
    free(text);
}
