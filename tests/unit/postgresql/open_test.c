#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "database.h"

/* Databases that cannot be opened, and what is said of it. */

enum { MOST_FIELDS = 4 };

struct refusal {
    const char *name;
    const char *user;
    const char *password; /* NULL: the right one */
    const char *host;
    const char *database; /* NULL: the one that is there */
    struct cg_field query[MOST_FIELDS];
    size_t query_count;
    uint32_t port;
    cg_status status;
    const char *says;
};

/* The socket's folder and port are added to the query of those without a host of their own. */
static const struct refusal refusals[] = {
    {.name = "wrong password",
     .password = "open sesame",
     .status = CG_PERMANENT,
     .says = "refused the user or the password"},
    {.name = "no such role",
     .user = "nobody",
     .password = "open sesame",
     .status = CG_PERMANENT,
     .says = "refused the user or the password"},
    {.name = "no such database", .database = "nowhere", .status = CG_NOT_FOUND, .says = "create it first"},
    {.name = "name with a connection string in it",
     .database = "host=elsewhere password=open",
     .status = CG_NOT_FOUND,
     .says = "create it first"},
    {.name = "closed port", .host = "127.0.0.1", .port = 1, .status = CG_TEMPORARY, .says = "cannot be reached"},
    {.name = "no such host", .host = "nowhere.invalid", .status = CG_TEMPORARY, .says = "cannot be reached"},
    {.name = "the end of a password as the host",
     .host = "open sesame@127.0.0.1",
     .status = CG_INVALID,
     .says = "written %40"},
    {.name = "the end of a password as host and database",
     .host = "open",
     .database = "open sesame@127.0.0.1/d",
     .status = CG_INVALID,
     .says = "written %40"},
    {.name = "no such socket", .host = "/nowhere", .status = CG_TEMPORARY, .says = "cannot be reached"},
    {.name = "unknown setting",
     .query = {{"colour", "red", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "'colour', which is no setting"},
    {.name = "setting of ours",
     .query = {{"client_encoding", "LATIN1", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "'client_encoding', which chitragupt sets itself"},
    {.name = "a setting twice",
     .query = {{"sslmode", "disable", 0, 0}, {"sslmode", "require", 0, 0}},
     .query_count = 2,
     .status = CG_INVALID,
     .says = "'sslmode' twice"},
    {.name = "the host twice",
     .host = "127.0.0.1",
     .query = {{"host", "10.0.0.1", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "'host' twice"},
    {.name = "a bad value",
     .query = {{"sslmode", "sometimes", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "sslmode"},
    {.name = "no number",
     .query = {{"connect_timeout", "soon", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "connect_timeout"},
    {.name = "an authority that nobody would look at",
     .query = {{"sslrootcert", "/nowhere/ca.pem", 0, 0}},
     .query_count = 1,
     .status = CG_INVALID,
     .says = "add sslmode=verify-full"},
    {.name = "an authority, and a mode that does not look at it",
     .query = {{"sslrootcert", "/nowhere/ca.pem", 0, 0}, {"sslmode", "allow", 0, 0}},
     .query_count = 2,
     .status = CG_INVALID,
     .says = "with sslmode=allow no certificate"},
    {.name = "a bad option",
     .query = {{"options", "-c colour=red", 0, 0}},
     .query_count = 1,
     .status = CG_PERMANENT,
     .says = "colour"},
    {.name = "no TLS where it is wanted",
     .host = "127.0.0.1",
     .port = 1,
     .query = {{"sslmode", "verify-full", 0, 0}, {"sslrootcert", "/nowhere/ca.pem", 0, 0}},
     .query_count = 2,
     .status = CG_TEMPORARY,
     .says = "cannot be reached"},
};

static cg_status try_refusal(const struct refusal *refusal, const struct cg_test_postgres *database,
                             struct cg_sql_connection **ret) {
    struct cg_field query[MOST_FIELDS + 2];
    size_t count = refusal->query_count;
    memcpy(query, refusal->query, sizeof refusal->query);
    if (!refusal->host) {
        query[count++] = (struct cg_field){"host", database->host, 0, 0};
        query[count++] = (struct cg_field){"port", database->port, 0, 0};
    }
    const struct cg_sql_target target = {.struct_size = sizeof target,
                                         .scheme = "postgresql",
                                         .port = refusal->port,
                                         .host = refusal->host,
                                         .user = refusal->user ? refusal->user : database->user,
                                         .password = refusal->password ? refusal->password : database->password,
                                         .database = refusal->database ? refusal->database : database->name,
                                         .query = query,
                                         .query_count = count};
    return the_driver()->open(NULL, &target, CG_SQL_CREATE, ret);
}

Test(postgresql_open, refusals) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *refusal = &refusals[i];
        struct cg_sql_connection *connection = NULL;
        cg_status status = try_refusal(refusal, &database, &connection);
        cr_assert_not_null(connection, "%s", refusal->name);
        cr_assert_eq(status, refusal->status, "%s: %d %s", refusal->name, (int)status,
                     the_driver()->error_text(connection));
        assert_says(connection, refusal->says, refusal->name);
        cr_assert_null(strstr(the_driver()->error_text(connection), "open sesame"), "%s", refusal->name);
        cr_assert_null(strstr(the_driver()->error_text(connection), database.password), "%s", refusal->name);
        the_driver()->close(connection);
    }
    cg_test_postgres_drop(&database);
}

Test(postgresql_open, more_connections_than_the_server_takes) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    char sql[256];
    snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" CONNECTION LIMIT 1", database.name);
    cg_test_postgres_run(&database, sql);
    struct cg_sql_connection *one = NULL;
    struct cg_sql_connection *other = NULL;
    cg_status status = CG_TEMPORARY;
    /* Whoever set the limit may not be gone yet. */
    for (int i = 0; i < 100 && status == CG_TEMPORARY; i++) {
        the_driver()->close(one);
        status = open_with(&database, 0, NULL, NULL, &one);
        usleep(10000);
    }
    cr_assert_eq(status, CG_OK);
    cr_assert_eq(open_with(&database, 0, NULL, NULL, &other), CG_TEMPORARY);
    assert_says(other, "too many connections", "the second");
    the_driver()->close(other);
    the_driver()->close(one);
    cg_test_postgres_drop(&database);
}

Test(postgresql_open, a_server_that_says_nothing) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listener, 4), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    const struct cg_field query[] = {{"connect_timeout", "2", 0, 0}};
    const struct cg_sql_target target = {.struct_size = sizeof target,
                                         .scheme = "postgresql",
                                         .host = "127.0.0.1",
                                         .port = ntohs(address.sin_port),
                                         .user = "u",
                                         .password = "open sesame",
                                         .database = "d",
                                         .query = query,
                                         .query_count = 1};
    struct cg_sql_connection *connection = NULL;
    time_t start = time(NULL);
    cr_assert_eq(the_driver()->open(NULL, &target, 0, &connection), CG_TEMPORARY);
    cr_assert_lt(time(NULL) - start, 8);
    assert_says(connection, "did not answer in time", "silence");
    the_driver()->close(connection);
    close(listener);
}
