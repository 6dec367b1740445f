#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cg_status cg_pg_say(struct cg_sql_connection *connection, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    /* The analyzer of Clang 14 loses va_start when it inlines this function. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(connection->text, sizeof connection->text, format, args);
    va_end(args);
    return status;
}

cg_status cg_pg_no_memory(struct cg_sql_connection *connection) {
    return cg_pg_say(connection, CG_NO_MEMORY, "out of memory");
}

void cg_pg_line(const char *message, char *buffer, size_t size) {
    size_t length = strcspn(message, "\n");
    while (length > 0 && (message[length - 1] == ' ' || message[length - 1] == '\r'))
        length--;
    length = length < size ? length : size - 1;
    memcpy(buffer, message, length);
    buffer[length] = '\0';
}

/* What a state of the server, or the class that its first two letters name, means for the caller. */
struct meaning {
    const char *state;
    cg_status status;
    const char *sentence; /* before the server's words; NULL: only these */
};

static const struct meaning meanings[] = {
    {"55P03", CG_TEMPORARY, "database is locked"},
    {"40001", CG_TEMPORARY, "database is locked"},
    {"40P01", CG_TEMPORARY, "database is locked"},
    {"53100", CG_PERMANENT, "the disk of the database server is full"},
    {"53200", CG_TEMPORARY, "the database server is out of memory"},
    {"53300", CG_TEMPORARY, "the database server has too many connections"},
    {"53400", CG_PERMANENT, "a limit of the database server is reached"},
    {"57014", CG_TEMPORARY, "the query was stopped by the database server"},
    {"25P02", CG_PERMANENT, "a statement of this transaction failed before"},
    {"25P03", CG_TEMPORARY, "the database server ended the session"},
    {"57P05", CG_TEMPORARY, "the database server ended the session"},
    {"57P03", CG_TEMPORARY, "the database server does not take connections now"},
    {"57P", CG_TEMPORARY, "the database server ended the session"},
    {"08", CG_TEMPORARY, "the connection to the database failed"},
    {"25006", CG_PERMANENT, "the database was opened for reading only"},
    {"22P05", CG_PERMANENT,
     "a text has characters that the encoding of the database lacks; it has to be one with ENCODING 'UTF8'"},
    {"26000", CG_PERMANENT,
     "a prepared statement is gone; a pooler in front of the database server must run in session mode"},
    {"22021", CG_PERMANENT, "a text is not valid UTF-8"},
    {"42501", CG_PERMANENT, "the database user lacks a right"},
    {"58", CG_PERMANENT, "the database server has trouble with its files"},
    {"XX001", CG_PERMANENT, "the database is damaged; restore it from a copy"},
    {"XX002", CG_PERMANENT, "the database is damaged; restore it from a copy"},
    {"3D000", CG_NOT_FOUND, "there is no such database; create it first"},
    {"28", CG_PERMANENT, "the database server refused the user or the password"},
    {"0A000", CG_PERMANENT, NULL},
};

static const struct meaning *meaning_of(const char *state) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
            return &meanings[i];
    return NULL;
}

/* Whether no further command can follow on this session. */
static int ends_session(const char *state) {
    return (strncmp(state, "57P", 3) == 0 && strcmp(state, "57P03") != 0) || strncmp(state, "08", 2) == 0 ||
           strcmp(state, "25P03") == 0;
}

static cg_status say_state(struct cg_sql_connection *connection, const char *state, const char *message,
                           const char *detail) {
    const struct meaning *meaning = meaning_of(state);
    char line[CG_PG_TEXT_SIZE / 2];
    char more[CG_PG_TEXT_SIZE / 4] = "";
    cg_pg_line(message, line, sizeof line);
    if (detail)
        cg_pg_line(detail, more, sizeof more);
    const char *opening = detail ? "; " : "";
    cg_status status = meaning ? meaning->status : CG_PERMANENT;
    if (meaning && meaning->sentence)
        return cg_pg_say(connection, status, "%s (%s: %s%s%s)", meaning->sentence, connection->place, line, opening,
                         more);
    return cg_pg_say(connection, status, "%s%s%s (SQLSTATE %s)", line, opening, more, state);
}

cg_status cg_pg_answer(struct cg_sql_connection *connection, const PGresult *result) {
    if (!result) {
        if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD)
            return cg_pg_lose(connection, NULL);
        return cg_pg_no_memory(connection);
    }
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC:
        return CG_OK;
    case PGRES_PIPELINE_ABORTED:
        return cg_pg_say(connection, CG_PERMANENT, "a statement of this transaction failed before");
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        return cg_pg_lose(connection, "the statement copies data, which is not supported");
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR:
        break;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state) {
        char line[CG_PG_TEXT_SIZE / 2];
        cg_pg_line(PQresultErrorMessage(result), line, sizeof line);
        if (connection->pg && PQstatus(connection->pg) == CONNECTION_OK)
            return cg_pg_say(connection, CG_PERMANENT, "%s", *line ? line : "the database's answer makes no sense");
        return cg_pg_lose(connection, line);
    }
    if (ends_session(state))
        return cg_pg_lose(connection, message);
    if (strcmp(state, "57014") == 0 && atomic_load(&connection->interrupts) != connection->seen)
        return cg_pg_say(connection, CG_CANCELLED, "the query was interrupted");
    return say_state(connection, state, message ? message : "unknown error",
                     PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
}

/* Every state has a digit, and no word for how bad it is. */
static int is_state(const char *text) {
    int digits = 0;
    for (int i = 0; i < 5; i++) {
        int is_digit = text[i] >= '0' && text[i] <= '9';
        if (!is_digit && !(text[i] >= 'A' && text[i] <= 'Z'))
            return 0;
        digits += is_digit;
    }
    return digits > 0 && text[5] == ':' && text[6] == ' ';
}

/* The state in a verbose message, "FATAL:  28P01: password ...", whatever the language. NULL when there is none. */
static const char *find_state(const char *message) {
    for (const char *at = strchr(message, ':'); at; at = strchr(at + 1, ':')) {
        const char *text = at + 1 + strspn(at + 1, " ");
        if (text > at + 1 && strlen(text) > 7 && is_state(text))
            return text;
    }
    return NULL;
}

cg_status cg_pg_refused(struct cg_sql_connection *connection, PGconn *pg, int in_tls) {
    const char *message = PQerrorMessage(pg);
    const char *found = find_state(message);
    char line[CG_PG_TEXT_SIZE / 2];
    if (found) {
        char state[6];
        memcpy(state, found, 5);
        state[5] = '\0';
        return say_state(connection, state, found + 7, NULL);
    }
    cg_pg_line(message, line, sizeof line);
    if (strncmp(line, "invalid ", strlen("invalid ")) == 0)
        return cg_pg_say(connection, CG_INVALID, "the connection string of %s is wrong: %s", connection->place, line);
    if (in_tls || strstr(message, "SSL") || strstr(message, "certificate"))
        return cg_pg_say(connection, CG_PERMANENT, "no encrypted connection could be made to %s: %s", connection->place,
                         line);
    return cg_pg_say(connection, CG_TEMPORARY, "the database server of %s cannot be reached: %s", connection->place,
                     line);
}
