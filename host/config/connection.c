#include "config/connection.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/substitute.h"

/* ---- decoding ---- */

static int32_t hex_value(char character) {
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

/* Percent-decodes into the arena. CG_INVALID when the result is no text. */
static cg_status decode(const char *text, size_t length, int32_t plus_is_blank, struct cg_arena *arena,
                        const char **ret) {
    char *decoded = cg_arena_alloc(arena, length + 1);
    if (!decoded)
        return CG_NO_MEMORY;
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        char character = text[i];
        if (character == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            character = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else if (character == '+' && plus_is_blank) {
            character = ' ';
        }
        decoded[out++] = character;
    }
    if (memchr(decoded, '\0', out) || !cg_utf8_valid(decoded, out))
        return CG_INVALID;
    *ret = decoded;
    return CG_OK;
}

/* ---- parts of the URL ---- */

struct parser {
    const char *at;
    struct cg_arena *arena;
    struct cg_sql_target *target;
};

static int32_t is_word(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
}

static cg_status parse_scheme(struct parser *parser) {
    const char *start = parser->at;
    size_t length = 0;
    while (is_word(start[length]))
        length++;
    const char *end = start + length;
    while (is_word(*end) || *end == '+')
        end++;
    if (length == 0 || strncmp(end, "://", 3) != 0)
        return CG_INVALID;
    const char *scheme = cg_arena_copy(parser->arena, start, length);
    if (!scheme)
        return CG_NO_MEMORY;
    parser->target->scheme = strcmp(scheme, "postgres") == 0 ? "postgresql" : scheme;
    parser->at = end + 3;
    return CG_OK;
}

/*
 * [user[:password]@]: the user reaches to the first ":" or "/", the password to the next "@". Without such a password
 * the user ends at the last "@" before a ":" or "/".
 */
static cg_status parse_credentials(struct parser *parser) {
    const char *start = parser->at;
    const size_t run = strcspn(start, ":/");
    const char *user_end = NULL;
    const char *end = NULL;
    if (start[run] == ':') {
        end = strchr(start + run + 1, '@');
        user_end = start + run;
    }
    if (!end) {
        user_end = end = memrchr(start, '@', run);
        if (!end)
            return CG_OK;
    }
    cg_status status = decode(start, (size_t)(user_end - start), 0, parser->arena, &parser->target->user);
    if (status == CG_OK && user_end < end)
        status = decode(user_end + 1, (size_t)(end - user_end - 1), 0, parser->arena, &parser->target->password);
    parser->at = end + 1;
    return status;
}

static cg_status parse_port(struct parser *parser) {
    uint32_t port = 0;
    if (*parser->at != ':')
        return CG_OK;
    parser->at++;
    for (; *parser->at && *parser->at != '/' && *parser->at != '?'; parser->at++) {
        if (*parser->at < '0' || *parser->at > '9')
            return CG_RANGE;
        port = port * 10 + (uint32_t)(*parser->at - '0');
        if (port > 65535)
            return CG_RANGE;
    }
    parser->target->port = port;
    return CG_OK;
}

static cg_status parse_host(struct parser *parser) {
    const char *start = parser->at;
    size_t length = strcspn(start, "/:?");
    if (*start == '[') {
        start++;
        length = strcspn(start, "]/?");
        if (start[length] != ']')
            return CG_INVALID;
        parser->at = start + length + 1;
        if (*parser->at && !strchr(":/?", *parser->at))
            return CG_INVALID;
    } else {
        parser->at = start + length;
    }
    if (length > 0) {
        parser->target->host = cg_arena_copy(parser->arena, start, length);
        if (!parser->target->host)
            return CG_NO_MEMORY;
    }
    return parse_port(parser);
}

static cg_status parse_database(struct parser *parser) {
    if (*parser->at != '/')
        return CG_OK;
    parser->at++;
    size_t length = strcspn(parser->at, "?");
    if (length > 0) {
        parser->target->database = cg_arena_copy(parser->arena, parser->at, length);
        if (!parser->target->database)
            return CG_NO_MEMORY;
    }
    parser->at += length;
    return CG_OK;
}

/* One "key=value"; nothing is added for a pair without key or value. */
static cg_status parse_pair(struct parser *parser, const char *start, size_t length, struct cg_field *fields,
                            size_t *count) {
    const char *equals = memchr(start, '=', length);
    if (!equals || equals == start || equals + 1 == start + length)
        return CG_OK;
    struct cg_field *field = &fields[*count];
    cg_status status = decode(start, (size_t)(equals - start), 1, parser->arena, &field->key);
    if (status == CG_OK)
        status = decode(equals + 1, length - (size_t)(equals + 1 - start), 1, parser->arena, &field->value);
    if (status == CG_OK)
        (*count)++;
    return status;
}

static cg_status parse_query(struct parser *parser) {
    if (*parser->at != '?')
        return CG_OK;
    parser->at++;
    size_t most = 1;
    for (const char *at = parser->at; *at; at++)
        most += *at == '&';
    struct cg_field *fields = cg_arena_array(parser->arena, most, sizeof *fields);
    if (!fields)
        return CG_NO_MEMORY;
    size_t count = 0;
    cg_status status = CG_OK;
    while (*parser->at && status == CG_OK) {
        size_t length = strcspn(parser->at, "&");
        status = parse_pair(parser, parser->at, length, fields, &count);
        parser->at += length;
        if (*parser->at == '&')
            parser->at++;
    }
    parser->target->query = fields;
    parser->target->query_count = count;
    return status;
}

cg_status cg_connection_parse(const char *text, struct cg_arena *arena, const struct cg_sql_target **ret,
                              struct cg_error *error) {
    static cg_status (*const steps[])(struct parser *) = {parse_scheme, parse_credentials, parse_host, parse_database,
                                                          parse_query};
    const size_t length = strlen(text);
    cg_status status = length > CG_CONNECTION_MAX ? CG_INVALID : CG_OK;
    for (const char *at = text; *at && status == CG_OK; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            status = CG_INVALID;
    struct cg_sql_target *target = cg_arena_alloc(arena, sizeof *target);
    if (!target)
        return cg_error_no_memory(error);
    target->struct_size = sizeof *target;
    struct parser parser = {.at = text, .arena = arena, .target = target};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == CG_OK; i++)
        status = steps[i](&parser);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status == CG_RANGE)
        return cg_error_set(error, CG_INVALID, "The port in the connection string should be a number up to 65535");
    if (status != CG_OK || *parser.at)
        return cg_error_set(error, CG_INVALID, "Could not parse SQLAlchemy URL from given URL string");
    *ret = target;
    return CG_OK;
}

/* ---- identity ---- */

static const char *query_value(const struct cg_sql_target *target, const char *key) {
    for (size_t i = 0; i < target->query_count; i++)
        if (strcmp(target->query[i].key, key) == 0)
            return target->query[i].value;
    return NULL;
}

/* The absolute path without ".", ".." and doubled slashes, by the text alone. */
static const char *normalise(const char *path, struct cg_arena *arena) {
    char *result = cg_arena_alloc(arena, strlen(path) + 2);
    if (!result)
        return NULL;
    size_t used = 0;
    while (*path) {
        size_t length = strcspn(path, "/");
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (used > 0 && result[--used] != '/')
                ;
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            result[used++] = '/';
            memcpy(result + used, path, length);
            used += length;
        }
        path += length + (path[length] == '/');
    }
    result[used] = '\0';
    return used ? result : "/";
}

/* The path with symbolic links resolved as far as it exists: the file, or its directory. */
static const char *resolve(const char *path, struct cg_arena *arena) {
    char real[PATH_MAX];
    char *working = *path == '/' ? NULL : getcwd(NULL, 0);
    const char *absolute = *path == '/' ? path : cg_arena_printf(arena, "%s/%s", working ? working : "", path);
    free(working);
    if (!absolute)
        return NULL;
    if (realpath(absolute, real))
        return cg_arena_string(arena, real);
    const char *slash = strrchr(absolute, '/');
    const char *directory = cg_arena_copy(arena, absolute, (size_t)(slash - absolute) + 1);
    if (!directory)
        return NULL;
    if (realpath(directory, real))
        absolute = cg_arena_printf(arena, "%s/%s", real, slash + 1);
    return absolute ? normalise(absolute, arena) : NULL;
}

/* The file behind a SQLite target: a plain path, or a URI when the query says so. */
static const char *file_of(const struct cg_sql_target *target, struct cg_arena *arena) {
    const char *path = target->database;
    const char *is_uri = query_value(target, "uri");
    if (!is_uri || strcasecmp(is_uri, "true") != 0 || strncmp(path, "file:", 5) != 0)
        return path;
    path += 5;
    if (strncmp(path, "//", 2) == 0) {
        const char *slash = strchr(path + 2, '/');
        path = slash ? slash : path;
    }
    const char *decoded = path;
    return decode(path, strcspn(path, "?#"), 0, arena, &decoded) == CG_NO_MEMORY ? NULL : decoded;
}

/* The port in use, as text where the query gives it. NULL when out of memory. */
static const char *port_of(const struct cg_sql_target *target, struct cg_arena *arena) {
    const char *text = query_value(target, "port");
    if (!target->port && text)
        return text;
    const uint32_t usual = strcmp(target->scheme, "postgresql") == 0 ? 5432 : 0;
    return cg_arena_printf(arena, "%u", (unsigned)(target->port ? target->port : usual));
}

static const char *server_identity(const struct cg_sql_target *target, struct cg_arena *arena) {
    const char *host = target->host ? target->host : query_value(target, "host");
    const char *name = target->database ? target->database : query_value(target, "dbname");
    const char *port = port_of(target, arena);
    const char *user = target->user ? target->user : "";
    if (!port)
        return NULL;
    char *place = cg_arena_string(arena, host ? host : "localhost");
    for (char *at = place; at && *place != '/' && *at; at++) /* a name, not a socket's directory */
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    if (!place)
        return NULL;
    return cg_arena_printf(arena, "%s|%s|%s|%s", target->scheme, place, port, name ? name : user);
}

const char *cg_connection_identity(const struct cg_sql_target *target, struct cg_arena *arena) {
    if (strcmp(target->scheme, "sqlite") != 0)
        return server_identity(target, arena);
    if (!target->database || strcmp(target->database, ":memory:") == 0)
        return "sqlite|:memory:";
    const char *file = file_of(target, arena);
    const char *path = file ? resolve(file, arena) : NULL;
    return path ? cg_arena_printf(arena, "sqlite|%s", path) : NULL;
}
