#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connection.h"
#include "database.h"

/* A server with a certificate of its own, and clients that look at it more or less closely. */

static void spawn_silently(char *const *arguments) {
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = 0;
    cr_assert_eq(posix_spawn_file_actions_init(&actions), 0);
    cr_assert_eq(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0), 0);
    cr_assert_eq(posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ), 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s fails", arguments[0]);
}

static void make_certificate(const char *folder, const char *name) {
    char key[128];
    char certificate[128];
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    snprintf(certificate, sizeof certificate, "%s/%s.crt", folder, name);
    char *const arguments[] = {(char[]){"openssl"},
                               (char[]){"req"},
                               (char[]){"-x509"},
                               (char[]){"-newkey"},
                               (char[]){"rsa:2048"},
                               (char[]){"-nodes"},
                               (char[]){"-days"},
                               (char[]){"2"},
                               (char[]){"-subj"},
                               (char[]){"/CN=localhost"},
                               (char[]){"-addext"},
                               (char[]){"subjectAltName=DNS:localhost"},
                               (char[]){"-keyout"},
                               key,
                               (char[]){"-out"},
                               certificate,
                               NULL};
    spawn_silently(arguments);
    cr_assert_eq(chmod(key, 0600), 0);
    struct passwd *owner = getpwnam("postgres");
    if (geteuid() == 0 && owner)
        cr_assert_eq(chown(key, owner->pw_uid, owner->pw_gid), 0);
}

struct look {
    const char *name;
    const char *mode;
    const char *authority; /* a file in the folder, or NULL */
    const char *host;
    cg_status status;
    const char *says;
};

static const struct look looks[] = {
    {"any certificate", "require", NULL, "localhost", CG_OK, NULL},
    {"the right one", "verify-full", "server.crt", "localhost", CG_OK, NULL},
    {"of another host", "verify-full", "server.crt", "elsewhere", CG_PERMANENT, "does not match"},
    {"of another host, not looked at", "verify-ca", "server.crt", "elsewhere", CG_OK, NULL},
    {"of an unknown authority", "verify-full", "other.crt", "localhost", CG_PERMANENT, "certificate verify failed"},
    {"without an authority", "verify-full", "missing.crt", "localhost", CG_PERMANENT, "missing.crt"},
};

static cg_status open_look(const struct look *look, const struct cg_test_postgres *database, unsigned port,
                           const char *folder, struct cg_sql_connection **ret) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, look->authority ? look->authority : "");
    const struct cg_field query[] = {
        {"hostaddr", "127.0.0.1", 0, 0}, {"sslmode", look->mode, 0, 0}, {"sslrootcert", path, 0, 0}};
    const struct cg_sql_target target = {.struct_size = sizeof target,
                                         .scheme = "postgresql",
                                         .host = look->host,
                                         .port = port,
                                         .user = database->user,
                                         .password = database->password,
                                         .database = database->name,
                                         .query = query,
                                         .query_count = look->authority ? 3 : 2};
    return the_driver()->open(NULL, &target, 0, ret);
}

static void remove_folder(const char *folder) {
    static const char *const names[] = {"server.key", "server.crt", "other.key", "other.crt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

Test(postgresql_tls, certificates) {
    char folder[] = "/tmp/cg-tls-XXXXXX";
    char options[512];
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chmod(folder, 0755), 0);
    make_certificate(folder, "server");
    make_certificate(folder, "other");
    snprintf(options, sizeof options, "-c ssl=on -c ssl_cert_file=%s/server.crt -c ssl_key_file=%s/server.key", folder,
             folder);
    cr_assert_eq(setenv("CG_TEST_POSTGRES_OPTIONS", options, 1), 0);
    struct cg_test_postgres_server server;
    struct cg_test_postgres database;
    cg_test_postgres_server_start(1, &server);
    cg_test_postgres_create_on(&server, &database);
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        const struct look *look = &looks[i];
        struct cg_sql_connection *connection = NULL;
        cg_status status = open_look(look, &database, server.port, folder, &connection);
        cr_assert_eq(status, look->status, "%s: %d %s", look->name, (int)status, the_driver()->error_text(connection));
        if (look->says) {
            assert_says(connection, "no encrypted connection", look->name);
            assert_says(connection, look->says, look->name);
        } else {
            cr_assert_str_eq(value_of(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), "1",
                             "%s", look->name);
        }
        the_driver()->close(connection);
    }
    cg_test_postgres_server_done(&server);
    remove_folder(folder);
}

Test(postgresql_tls, a_server_without_it) {
    static const struct look look = {"no TLS", "require", NULL, "localhost", CG_PERMANENT, NULL};
    struct cg_test_postgres_server server;
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = NULL;
    cg_test_postgres_server_start(1, &server);
    cg_test_postgres_create_on(&server, &database);
    cr_assert_eq(open_look(&look, &database, server.port, "/", &connection), CG_PERMANENT);
    assert_says(connection, "no encrypted connection", look.name);
    the_driver()->close(connection);
    cg_test_postgres_server_done(&server);
}
