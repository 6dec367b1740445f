#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Longest wait for a lock that can be asked for: one day. */
#define MAX_BUSY_SECONDS 86400

static int is_true(const char *text) {
    static const char *const words[] = {"1", "true", "True", "TRUE", "yes", "on", "t", "y"};
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0)
            return 1;
    return 0;
}

static const char *query_value(const struct cg_sql_target *target, const char *key) {
    const char *value = NULL;
    for (size_t i = 0; i < target->query_count; i++)
        if (strcmp(target->query[i].key, key) == 0)
            value = target->query[i].value;
    return value;
}

/* Keywords of Python's sqlite3.connect that have no meaning here. */
static int is_foreign_keyword(const char *key) {
    static const char *const keys[] = {"detect_types", "isolation_level", "check_same_thread", "cached_statements"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return 1;
    return 0;
}

static int is_own_key(const char *key) {
    return strcmp(key, "timeout") == 0 || strcmp(key, "uri") == 0 || is_foreign_keyword(key);
}

static cg_status read_timeout(struct cg_sqlite_place *place, const char *value, char *text, size_t size) {
    place->busy_ms = CG_SQLITE_BUSY_MS;
    if (!value)
        return CG_OK;
    struct cg_decimal seconds;
    struct cg_decimal longest = cg_decimal_from_int64(MAX_BUSY_SECONDS);
    if (cg_decimal_parse(value, strlen(value), &seconds) != CG_OK ||
        (seconds.negative && !cg_decimal_is_zero(&seconds)) || cg_decimal_compare(&seconds, &longest) > 0) {
        snprintf(text, size, "the SQLite connection string has timeout=%.40s; expected seconds from 0 to %d", value,
                 MAX_BUSY_SECONDS);
        return CG_INVALID;
    }
    place->busy_ms = (int)(cg_decimal_to_double(&seconds) * 1000.0);
    return CG_OK;
}

/* Appends to a string of known room. */
static char *append(char *end, const char *text) {
    size_t length = strlen(text);
    memcpy(end, text, length + 1);
    return end + length;
}

/* The URI with those query keys that are SQLite's own. */
static char *make_uri(const struct cg_sql_target *target) {
    size_t room = strlen(target->database) + 1;
    for (size_t i = 0; i < target->query_count; i++)
        room += 3 * (strlen(target->query[i].key) + (target->query[i].value ? strlen(target->query[i].value) : 0)) + 4;
    char *uri = malloc(room);
    char *escaped = malloc(room);
    if (!uri || !escaped) {
        free(uri);
        free(escaped);
        return NULL;
    }
    char *end = append(uri, target->database);
    char separator[2] = {strchr(uri, '?') ? '&' : '?', '\0'};
    for (size_t i = 0; i < target->query_count; i++) {
        const struct cg_field *field = &target->query[i];
        if (is_own_key(field->key) || cg_uri_escape(field->key, escaped, room) != CG_OK)
            continue;
        end = append(append(end, separator), escaped);
        if (cg_uri_escape(field->value ? field->value : "", escaped, room) == CG_OK)
            end = append(append(end, "="), escaped);
        separator[0] = '&';
    }
    free(escaped);
    return uri;
}

/* The folder that `path` lies in; *ret NULL when it names none. */
static cg_status directory_of(const char *path, char **ret) {
    const char *slash = strrchr(path, '/');
    *ret = NULL;
    if (!slash || slash == path)
        return CG_OK;
    *ret = strndup(path, (size_t)(slash - path));
    return *ret ? CG_OK : CG_NO_MEMORY;
}

static int is_memory(const struct cg_sql_target *target, int is_uri) {
    if (strcmp(target->database, ":memory:") == 0)
        return 1;
    const char *mode = query_value(target, "mode");
    return is_uri && (strstr(target->database, ":memory:") || strstr(target->database, "mode=memory") ||
                      (mode && strcmp(mode, "memory") == 0));
}

static cg_status place_uri(struct cg_sqlite_place *place, const struct cg_sql_target *target) {
    place->name = make_uri(target);
    if (!place->name)
        return CG_NO_MEMORY;
    const char *path = target->database + strlen("file:");
    /* "file://host/path": the path starts at the third slash. Encoded paths are left to SQLite. */
    if (strncmp(path, "//", 2) == 0) {
        path = strchr(path + 2, '/');
        if (!path)
            return CG_OK;
    }
    if (strpbrk(path, "%?#"))
        return CG_OK;
    return directory_of(path, &place->directory);
}

cg_status cg_sqlite_place_init(struct cg_sqlite_place *place, const struct cg_host *host,
                               const struct cg_sql_target *target, char *text, size_t size) {
    *place = (struct cg_sqlite_place){0};
    if (!target->database || !*target->database) {
        snprintf(text, size, "the SQLite connection string names no file; write sqlite:///data/chargeback.db");
        return CG_INVALID;
    }
    place->is_uri = is_true(query_value(target, "uri")) && strncmp(target->database, "file:", 5) == 0;
    if (is_memory(target, place->is_uri)) {
        snprintf(text, size,
                 "an SQLite database in memory keeps nothing between runs; name a file, such as "
                 "sqlite:///data/chargeback.db");
        return CG_INVALID;
    }
    cg_status status = read_timeout(place, query_value(target, "timeout"), text, size);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < target->query_count && !place->is_uri; i++)
        if (!is_own_key(target->query[i].key) && host)
            host->log(host, CG_LOG_WARNING, "The key '%s' of the SQLite connection string is not known and is ignored",
                      target->query[i].key);
    if (place->is_uri) {
        status = place_uri(place, target);
    } else {
        place->name = strdup(target->database);
        status = place->name ? directory_of(target->database, &place->directory) : CG_NO_MEMORY;
    }
    if (status != CG_OK)
        cg_sqlite_place_done(place);
    return status;
}

void cg_sqlite_place_done(struct cg_sqlite_place *place) {
    free(place->name);
    free(place->directory);
    *place = (struct cg_sqlite_place){0};
}

int cg_sqlite_make_directory(const char *directory) {
    struct stat found;
    if (stat(directory, &found) == 0)
        return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    char *path = strdup(directory);
    if (!path)
        return ENOMEM;
    int failure = 0;
    for (char *slash = path + 1; failure == 0; slash++) {
        slash += strcspn(slash, "/");
        char saved = *slash;
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            failure = errno;
        *slash = saved;
        if (!saved)
            break;
    }
    free(path);
    return failure;
}
