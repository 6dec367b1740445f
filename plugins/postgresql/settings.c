#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

/* Most settings of one connection string. */
#define MOST 64

/*
 * Said by the server's command line of the session, where the last word counts. A client that is gone without a word is
 * noticed after some 20 seconds, and its locks go with it. A plan that is made once takes a year for a day, and goes on
 * reading a table from front to back that was empty when it was made.
 */
#define USUAL                                                                                               \
    "-c lock_timeout=5000 -c tcp_keepalives_idle=8 -c tcp_keepalives_interval=4 -c tcp_keepalives_count=3 " \
    "-c tcp_user_timeout=20000 -c jit=off -c plan_cache_mode=force_custom_plan"
#define NEEDED "-c TimeZone=UTC -c DateStyle=ISO,YMD -c standard_conforming_strings=on"
#define READING " -c default_transaction_read_only=on"

struct setting {
    const char *keyword;
    const char *value;
};

/* In force unless the connection string says something else. */
static const struct setting usual[] = {
    {"fallback_application_name", "chitragupt"},
    {"connect_timeout", "10"},
    {"keepalives_idle", "8"},
    {"keepalives_interval", "4"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "20000"},
};

/* What no connection string may change. */
static const char *const own[] = {"client_encoding", "replication"};

static int is_own(const char *key) {
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], key) == 0)
            return 1;
    return 0;
}

static int is_known(const PQconninfoOption *options, const char *key) {
    for (; options->keyword; options++)
        if (strcmp(options->keyword, key) == 0)
            return !options->dispchar || *options->dispchar != 'D' || strcmp(key, "options") == 0 ||
                   strncmp(key, "keepalives", 10) == 0 || strncmp(key, "tcp_", 4) == 0;
    return 0;
}

static char **find(struct cg_sql_connection *connection, const char *keyword) {
    for (size_t i = 0; connection->keywords[i]; i++)
        if (strcmp(connection->keywords[i], keyword) == 0)
            return &connection->values[i];
    return NULL;
}

static cg_status add(struct cg_sql_connection *connection, const char *keyword, const char *value) {
    size_t count = 0;
    while (connection->keywords[count])
        count++;
    if (count >= MOST)
        return cg_pg_say(connection, CG_INVALID, "the connection string has more than %d settings", MOST);
    char *key = strdup(keyword);
    connection->values[count] = strdup(value);
    connection->keywords[count] = key;
    if (key && connection->values[count])
        return CG_OK;
    return cg_pg_no_memory(connection);
}

static cg_status add_parts(struct cg_sql_connection *connection, const struct cg_sql_target *target) {
    char port[16];
    snprintf(port, sizeof port, "%u", (unsigned)target->port);
    const struct setting parts[] = {{"host", target->host},
                                    {"port", target->port ? port : NULL},
                                    {"dbname", target->database},
                                    {"user", target->user},
                                    {"password", target->password}};
    cg_status status = CG_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == CG_OK; i++)
        if (parts[i].value)
            status = add(connection, parts[i].keyword, parts[i].value);
    return status;
}

/* A password with an '@' that is not percent-encoded ends there, and its rest is taken for a host, which messages name.
 */
static cg_status check_place(struct cg_sql_connection *connection, const struct cg_sql_target *target) {
    const char *host = target->host ? target->host : "";
    const char *name = target->database ? target->database : "";
    const char *at = strchr(name, '@');
    if (!strchr(host, '@') && !(at && strchr(at, '/')))
        return CG_OK;
    return cg_pg_say(connection, CG_INVALID,
                     "the connection string has an '@' too many; in a user or a password it is written %%40");
}

/* libpq leaves this one to whoever waits. */
static int is_seconds(const char *text) {
    size_t length = strlen(text);
    return length > 0 && length <= 5 && strspn(text, "0123456789") == length && strtol(text, NULL, 10) <= 86400;
}

static cg_status add_query(struct cg_sql_connection *connection, const struct cg_sql_target *target,
                           const PQconninfoOption *options) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < target->query_count && status == CG_OK; i++) {
        const char *key = target->query[i].key;
        if (is_own(key))
            return cg_pg_say(connection, CG_INVALID,
                             "the connection string sets '%.60s', which chitragupt sets itself; leave it out", key);
        if (!is_known(options, key))
            return cg_pg_say(connection, CG_INVALID,
                             "the connection string sets '%.60s', which is no setting of a PostgreSQL connection (such "
                             "as sslmode, sslrootcert, connect_timeout, options)",
                             key);
        if (strcmp(key, "connect_timeout") == 0 && !is_seconds(target->query[i].value))
            return cg_pg_say(connection, CG_INVALID,
                             "the connection string sets connect_timeout=%.40s; expected whole seconds up to 86400",
                             target->query[i].value);
        if (find(connection, key))
            return cg_pg_say(connection, CG_INVALID, "the connection string sets '%.60s' twice; set it once", key);
        status = add(connection, key, target->query[i].value);
    }
    return status;
}

/* libpq encrypts if the server likes to, and looks at no certificate, unless sslmode says more. Who names a file of
 * certificates believes that it is used. */
static cg_status check_tls(struct cg_sql_connection *connection, const PQconninfoOption *options) {
    static const char *const lax[] = {"disable", "allow", "prefer"};
    char **given = find(connection, "sslmode");
    const char *mode = given ? *given : NULL;
    if (!find(connection, "sslrootcert"))
        return CG_OK;
    for (; options->keyword && !mode; options++)
        if (strcmp(options->keyword, "sslmode") == 0)
            mode = options->val;
    for (size_t i = 0; mode && i < sizeof lax / sizeof lax[0]; i++)
        if (strcmp(mode, lax[i]) == 0)
            return cg_pg_say(connection, CG_INVALID,
                             "the connection string sets sslrootcert, but with sslmode=%s no certificate is looked at; "
                             "add sslmode=verify-full (or verify-ca)",
                             lax[i]);
    return CG_OK;
}

/* The settings of the session: usual ones, those of the connection string, and those that everything builds on. */
static cg_status add_options(struct cg_sql_connection *connection) {
    char **given = find(connection, "options");
    int is_reader = (connection->flags & CG_SQL_READ_ONLY) != 0;
    char *options = NULL;
    if (asprintf(&options, "%s %s %s%s", USUAL, given ? *given : "", NEEDED, is_reader ? READING : "") < 0)
        return cg_pg_no_memory(connection);
    if (given) {
        free(*given);
        *given = options;
        return CG_OK;
    }
    cg_status status = add(connection, "options", options);
    free(options);
    return status;
}

static cg_status name_place(struct cg_sql_connection *connection) {
    char **host = find(connection, "host");
    char **name = find(connection, "dbname");
    char **user = find(connection, "user");
    const char *database = name ? *name : user ? *user : "";
    int length = host ? asprintf(&connection->place, "the database '%.100s' at %.200s", database, *host)
                      : asprintf(&connection->place, "the database '%.100s'", database);
    if (length >= 0)
        return CG_OK;
    connection->place = NULL;
    return cg_pg_no_memory(connection);
}

cg_status cg_pg_settings_init(struct cg_sql_connection *connection, const struct cg_sql_target *target) {
    connection->keywords = calloc(MOST + 1, sizeof *connection->keywords);
    connection->values = calloc(MOST + 1, sizeof *connection->values);
    PQconninfoOption *options = PQconndefaults();
    cg_status status = CG_OK;
    if (!connection->keywords || !connection->values || !options)
        status = cg_pg_no_memory(connection);
    if (status == CG_OK)
        status = check_place(connection, target);
    if (status == CG_OK)
        status = add_parts(connection, target);
    if (status == CG_OK)
        status = add_query(connection, target, options);
    if (status == CG_OK)
        status = check_tls(connection, options);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && status == CG_OK; i++)
        if (!find(connection, usual[i].keyword))
            status = add(connection, usual[i].keyword, usual[i].value);
    if (status == CG_OK)
        status = add(connection, "client_encoding", "UTF8");
    if (status == CG_OK)
        status = add_options(connection);
    if (status == CG_OK)
        status = name_place(connection);
    PQconninfoFree(options);
    return status;
}

void cg_pg_settings_done(struct cg_sql_connection *connection) {
    for (size_t i = 0; connection->keywords && connection->values && i < MOST; i++) {
        free(connection->keywords[i]);
        if (connection->values[i])
            explicit_bzero(connection->values[i], strlen(connection->values[i]));
        free(connection->values[i]);
    }
    free(connection->keywords);
    free(connection->values);
    free(connection->place);
    connection->keywords = NULL;
    connection->values = NULL;
    connection->place = NULL;
}
