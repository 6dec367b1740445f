#include "config/connection.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNPARSABLE "Could not parse SQLAlchemy URL from given URL string"

/* A target as one line; "-" for what is absent. */
static void print(const struct cg_sql_target *target, char *buffer, size_t size) {
    int used = snprintf(buffer, size, "%s %s %s %s %u %s", target->scheme, target->user ? target->user : "-",
                        target->password ? target->password : "-", target->host ? target->host : "-",
                        (unsigned)target->port, target->database ? target->database : "-");
    for (size_t i = 0; i < target->query_count && used > 0 && (size_t)used < size; i++)
        used += snprintf(buffer + used, size - (size_t)used, " %s=%s", target->query[i].key, target->query[i].value);
}

static const struct {
    const char *text;
    const char *target;
    const char *error;
} cases[] = {
    {"sqlite:///rel.db", "sqlite - - - 0 rel.db", NULL},
    {"sqlite:////abs/x.db", "sqlite - - - 0 /abs/x.db", NULL},
    {"sqlite+pysqlite:///x.db", "sqlite - - - 0 x.db", NULL},
    {"sqlite:///my%20file.db", "sqlite - - - 0 my%20file.db", NULL},
    {"sqlite:///~/x.db", "sqlite - - - 0 ~/x.db", NULL},
    {"sqlite:///x.db?timeout=3", "sqlite - - - 0 x.db timeout=3", NULL},
    {"sqlite:///file:x.db?mode=rwc&uri=true", "sqlite - - - 0 file:x.db mode=rwc uri=true", NULL},
    {"sqlite://", "sqlite - - - 0 -", NULL},
    {"sqlite:///", "sqlite - - - 0 -", NULL},
    {"sqlite:///:memory:", "sqlite - - - 0 :memory:", NULL},
    {"sqlite:///a@b:c.db", "sqlite - - - 0 a@b:c.db", NULL},
    {"postgresql://u:p@h:5433/db", "postgresql u p h 5433 db", NULL},
    {"postgresql+psycopg2://u:p@h/db", "postgresql u p h 0 db", NULL},
    {"postgresql+psycopg://u@h/db", "postgresql u - h 0 db", NULL},
    {"postgres://h/db", "postgresql - - h 0 db", NULL},
    {"postgresql://u%40x:p%2Fq%25@h/db", "postgresql u@x p/q% h 0 db", NULL},
    {"postgresql://u:a+b@h/d%20b", "postgresql u a+b h 0 d%20b", NULL},
    {"postgresql://u:p:q/r?s@h/db", "postgresql u p:q/r?s h 0 db", NULL},
    {"postgresql://u:@h/db", "postgresql u  h 0 db", NULL},
    {"postgresql://:p@h/db", "postgresql  p h 0 db", NULL},
    {"postgresql://u:100%@h/db", "postgresql u 100% h 0 db", NULL},
    {"postgresql://u:p@[::1]:5432/db", "postgresql u p ::1 5432 db", NULL},
    {"postgresql://h", "postgresql - - h 0 -", NULL},
    {"postgresql://h:/db", "postgresql - - h 0 db", NULL},
    {"postgresql:///db?host=/run/pg&sslmode=require", "postgresql - - - 0 db host=/run/pg sslmode=require", NULL},
    {"postgresql://h/db?application_name=a+b%21&empty=&none&x=1&x=2",
     "postgresql - - h 0 db application_name=a b! x=1 x=2", NULL},
    {"mysql://h/db", "mysql - - h 0 db", NULL},
    {"SQLITE:///x", "SQLITE - - - 0 x", NULL},
    {"", NULL, UNPARSABLE},
    {"nonsense", NULL, UNPARSABLE},
    {"://x", NULL, UNPARSABLE},
    {"sqlite:/x.db", NULL, UNPARSABLE},
    {"sql-ite:///x", NULL, UNPARSABLE},
    {"postgresql://[::1/db", NULL, UNPARSABLE},
    {"postgresql://[::1]x/db", NULL, UNPARSABLE},
    {"postgresql://u:%00@h/db", NULL, UNPARSABLE},
    {"postgresql://u:%FF@h/db", NULL, UNPARSABLE},
    {"sqlite:///a\nb", NULL, UNPARSABLE},
    {"postgresql://h:x/db", NULL, "The port in the connection string should be a number up to 65535"},
    {"postgresql://h:65536/db", NULL, "The port in the connection string should be a number up to 65535"},
};

Test(connection, strings) {
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct cg_sql_target *target = NULL;
        struct cg_error error = {0};
        char buffer[512];
        cg_status status = cg_connection_parse(cases[i].text, arena, &target, &error);
        cr_expect_eq(status, cases[i].error ? CG_INVALID : CG_OK, "%s: status %d", cases[i].text, status);
        if (target && cases[i].target) {
            print(target, buffer, sizeof buffer);
            cr_expect_str_eq(buffer, cases[i].target, "%s: %s", cases[i].text, buffer);
            cr_expect_eq(target->struct_size, sizeof *target);
        }
        if (cases[i].error)
            cr_expect_str_eq(error.text, cases[i].error, "%s: %s", cases[i].text, error.text);
    }
    cg_arena_free(arena);
}

static const struct {
    const char *left;
    const char *right;
    int same;
} pairs[] = {
    {"sqlite:///d.db", "sqlite:///./d.db", 1},
    {"sqlite:///d.db", "sqlite:///sub/../d.db", 1},
    {"sqlite:///d.db", "sqlite+pysqlite:///d.db?timeout=3", 1},
    {"sqlite:///d.db", "sqlite:///e.db", 0},
    {"sqlite:///d.db", "sqlite:////d.db", 0},
    {"sqlite:///none/a/../d.db", "sqlite:///none//./d.db", 1},
    {"sqlite:///d.db", "sqlite:///file:d.db?uri=true", 1},
    {"sqlite:///a b.db", "sqlite:///file:a%20b.db?uri=true", 1},
    {"sqlite:///d.db", "sqlite:///file:d.db", 0},
    {"sqlite:///link/d.db", "sqlite:///sub/d.db", 1},
    {"sqlite:///link.db", "sqlite:///real.db", 1},
    {"sqlite://", "sqlite:///:memory:", 1},
    {"postgresql://h/d", "postgresql+psycopg2://u:p@H:5432/d?sslmode=require", 1},
    {"postgresql://h/d", "postgresql://h:5433/d", 0},
    {"postgresql://h/d", "postgresql://h/e", 0},
    {"postgresql://h/d", "postgresql://g/d", 0},
    {"postgresql:///d", "postgresql://localhost/d", 1},
    {"postgresql:///d?host=/run/a", "postgresql:///d?host=/run/b", 0},
    {"postgresql:///d?host=/run/a", "postgresql:///d?host=/run/A", 0},
    {"postgresql://h:6000/d", "postgresql:///?host=h&port=6000&dbname=d", 1},
    {"postgresql://u@h", "postgresql://h/u", 1},
    {"postgresql://h/d", "sqlite:///d", 0},
};

Test(connection, identities) {
    char folder[] = "/tmp/cg_config_identity_XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir("sub", 0700), 0);
    cr_assert_eq(symlink("sub", "link"), 0);
    FILE *file = fopen("real.db", "w");
    cr_assert_not_null(file);
    fclose(file);
    cr_assert_eq(symlink("real.db", "link.db"), 0);
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct cg_sql_target *left = NULL;
        const struct cg_sql_target *right = NULL;
        cr_assert_eq(cg_connection_parse(pairs[i].left, arena, &left, NULL), CG_OK, "%s", pairs[i].left);
        cr_assert_eq(cg_connection_parse(pairs[i].right, arena, &right, NULL), CG_OK, "%s", pairs[i].right);
        const char *one = cg_connection_identity(left, arena);
        const char *two = cg_connection_identity(right, arena);
        cr_expect_eq(strcmp(one, two) == 0, pairs[i].same, "%s (%s) and %s (%s)", pairs[i].left, one, pairs[i].right,
                     two);
    }
    cg_arena_free(arena);
}
