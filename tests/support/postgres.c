#include "support/postgres.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "CG_TEST_POSTGRES"
#define FOLDER_IS_OURS "CG_TEST_POSTGRES_OWN"
#define SCRIPT CG_TEST_SOURCE_DIR "/tests/support/postgres.sh"

/* Returns whether the script worked; what it said is on the test's own standard error. */
static int script(const char *verb, const char *folder) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        const char *const argv[] = {SCRIPT, verb, folder, NULL};
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(SCRIPT, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Tests are processes of their own, and the runner of a program outlives them: it names the folder of a server that
 * the first of them starts, and stops it. */
ReportHook(PRE_ALL)(struct criterion_test_set *tests) {
    (void)tests;
    char folder[64];
    if (getenv(FOLDER))
        return;
    snprintf(folder, sizeof folder, "/tmp/cg-pg-own-XXXXXX");
    if (!mkdtemp(folder) || setenv(FOLDER, folder, 1) || setenv(FOLDER_IS_OURS, "1", 1))
        perror("postgres.c: a folder for a server");
}

static void remove_folder(const char *folder) {
    static const char *const names[] = {"cluster", "initdb", "lock", "log", "start", "url"};
    char path[CG_TEST_POSTGRES_URL_SIZE + 16];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats) {
    (void)stats;
    const char *folder = getenv(FOLDER);
    char path[CG_TEST_POSTGRES_URL_SIZE];
    if (!folder || !getenv(FOLDER_IS_OURS))
        return;
    snprintf(path, sizeof path, "%s/cluster", folder);
    if (access(path, F_OK) == 0)
        script("stop", folder);
    remove_folder(folder);
}

int cg_test_on_postgres(void) {
    const char *name = getenv("CG_TEST_DATABASE");
    return name && strcmp(name, "postgresql") == 0;
}

static void read_url(const char *folder, char url[CG_TEST_POSTGRES_URL_SIZE]) {
    char path[CG_TEST_POSTGRES_URL_SIZE + 16];
    snprintf(path, sizeof path, "%s/url", folder);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s cannot be opened", path);
    cr_assert_not_null(fgets(url, CG_TEST_POSTGRES_URL_SIZE, file));
    fclose(file);
    url[strcspn(url, "\n")] = '\0';
}

/* A connection whose answers depend neither on the server's settings nor on the environment. */
static PGconn *connect_to(const char *url) {
    PGconn *connection = PQconnectdb(url);
    cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
    PGresult *result = PQexec(connection, "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; "
                                          "SET client_min_messages = warning");
    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
    PQclear(result);
    return connection;
}

static PGresult *query(PGconn *connection, const char *sql) {
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(connection));
    return result;
}

static void execute(const char *url, const char *sql) {
    PGconn *connection = connect_to(url);
    PQclear(query(connection, sql));
    PQfinish(connection);
}

static const char *option(const PQconninfoOption *options, const char *keyword) {
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0 && options->val)
            return options->val;
    return "";
}

/* "postgresql://user:password@/postgres?host=..." of `admin` with another name of a database. */
static void describe(struct cg_test_postgres *database) {
    const char *marker = strstr(database->admin, "@/postgres?");
    cr_assert_not_null(marker, "an address of another form: %s", database->admin);
    int length = snprintf(database->url, sizeof database->url, "%.*s@/%s%s", (int)(marker - database->admin),
                          database->admin, database->name, marker + strlen("@/postgres"));
    cr_assert(length > 0 && (size_t)length < sizeof database->url);
    PQconninfoOption *options = PQconninfoParse(database->url, NULL);
    cr_assert_not_null(options);
    snprintf(database->user, sizeof database->user, "%s", option(options, "user"));
    snprintf(database->password, sizeof database->password, "%s", option(options, "password"));
    snprintf(database->host, sizeof database->host, "%s", option(options, "host"));
    snprintf(database->port, sizeof database->port, "%s", option(options, "port"));
    PQconninfoFree(options);
}

static void create(const char *admin, struct cg_test_postgres *ret) {
    unsigned long long random = 0;
    char sql[CG_TEST_POSTGRES_NAME_SIZE + 64];
    *ret = (struct cg_test_postgres){.name = ""};
    cr_assert_eq(getrandom(&random, sizeof random, 0), (ssize_t)sizeof random);
    snprintf(ret->name, sizeof ret->name, "cg_%d_%012llx", (int)getpid(), random & 0xFFFFFFFFFFFFULL);
    snprintf(ret->admin, sizeof ret->admin, "%s", admin);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", ret->name);
    execute(ret->admin, sql);
    describe(ret);
}

void cg_test_postgres_create(struct cg_test_postgres *ret) {
    char admin[CG_TEST_POSTGRES_URL_SIZE];
    char path[CG_TEST_POSTGRES_URL_SIZE];
    const char *folder = getenv(FOLDER);
    cr_assert_not_null(folder, "there is no folder for a server");
    snprintf(path, sizeof path, "%s/url", folder);
    if (access(path, F_OK) != 0 || getenv(FOLDER_IS_OURS))
        cr_assert(script("start", folder), "the server cannot be started");
    read_url(folder, admin);
    create(admin, ret);
}

void cg_test_postgres_create_on(const struct cg_test_postgres_server *server, struct cg_test_postgres *ret) {
    create(server->url, ret);
}

void cg_test_postgres_drop(struct cg_test_postgres *database) {
    char sql[CG_TEST_POSTGRES_NAME_SIZE + 64];
    if (!*database->name)
        return;
    snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", database->name);
    execute(database->admin, sql);
    *database = (struct cg_test_postgres){.name = ""};
}

void cg_test_postgres_run(const struct cg_test_postgres *database, const char *sql) {
    execute(database->url, sql);
}

char *cg_test_postgres_rows(const struct cg_test_postgres *database, const char *sql) {
    char *text = NULL;
    size_t length = 0;
    PGconn *connection = connect_to(database->url);
    PGresult *result = query(connection, sql);
    FILE *out = open_memstream(&text, &length);
    cr_assert_not_null(out);
    for (int i = 0; i < PQntuples(result); i++)
        fprintf(out, "%s%s", i ? "\n" : "", PQgetisnull(result, i, 0) ? "NULL" : PQgetvalue(result, i, 0));
    cr_assert_eq(fclose(out), 0);
    PQclear(result);
    PQfinish(connection);
    return text;
}

long long cg_test_postgres_number(const struct cg_test_postgres *database, const char *sql) {
    char *text = cg_test_postgres_rows(database, sql);
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    cr_assert(*text && !*end && errno == 0, "%s: '%s' is no number", sql, text);
    free(text);
    return number;
}

/* The server's own processes, such as autovacuum, are in that view too, and only a superuser may end them. */
int cg_test_postgres_kill(const struct cg_test_postgres *database) {
    char sql[CG_TEST_POSTGRES_NAME_SIZE + 192];
    snprintf(sql, sizeof sql,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND "
             "backend_type = 'client backend' AND pid <> pg_backend_pid()",
             database->name);
    PGconn *connection = connect_to(database->admin);
    PGresult *result = query(connection, sql);
    int count = PQntuples(result);
    PQclear(result);
    PQfinish(connection);
    return count;
}

static unsigned find_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* The script reads the port from the environment, which no other thread of a test changes. */
static int script_on(const char *verb, const struct cg_test_postgres_server *server) {
    char port[16];
    snprintf(port, sizeof port, "%u", server->port);
    if (server->port)
        cr_assert_eq(setenv("CG_TEST_POSTGRES_PORT", port, 1), 0);
    int done = script(verb, server->folder);
    unsetenv("CG_TEST_POSTGRES_PORT");
    return done;
}

void cg_test_postgres_server_start(int with_tcp, struct cg_test_postgres_server *ret) {
    *ret = (struct cg_test_postgres_server){.port = with_tcp ? find_port() : 0};
    snprintf(ret->folder, sizeof ret->folder, "/tmp/cg-pg-own-XXXXXX");
    cr_assert_not_null(mkdtemp(ret->folder));
    cr_assert(script_on("start", ret), "the server cannot be started");
    read_url(ret->folder, ret->url);
}

void cg_test_postgres_server_kill(struct cg_test_postgres_server *server) {
    cr_assert(script_on("kill", server), "the server cannot be stopped");
}

void cg_test_postgres_server_again(struct cg_test_postgres_server *server) {
    cr_assert(script_on("start", server), "the server cannot be started again");
}

void cg_test_postgres_server_done(struct cg_test_postgres_server *server) {
    cr_assert(script_on("stop", server), "the server cannot be stopped");
    remove_folder(server->folder);
}
