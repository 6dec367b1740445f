/*
 * substitution_fuzz.c - any bytes as a text with ${...}, as a .env file, as a connection string and as a URL.
 *
 * A text without "${" stays as it is; the length that is told is right; a result without references is stable; a parsed
 * connection string has an identity.
 */
#include <stdlib.h>
#include <string.h>

#include "config/coerce.h"
#include "config/connection.h"
#include "config/substitute.h"

#define RESULT_LIMIT ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds) {
    if (!holds)
        abort();
}

static void check_substitution(const char *text, size_t length, struct cg_arena *arena) {
    struct cg_environment *environment = cg_environment_new(0);
    struct cg_problems *problems = cg_problems_new();
    struct cg_substitution found = {0};
    require(environment && problems);
    require(cg_environment_set(environment, "A", "a value") == CG_OK);
    require(cg_environment_set(environment, "E", "") == CG_OK);
    cg_status status = cg_substitute_text(text, length, environment, RESULT_LIMIT, arena, &found);
    require(status == CG_OK || status == CG_RANGE);
    if (status == CG_OK) {
        require(found.changed || (found.length == length && memcmp(found.text, text, length) == 0));
        require(!found.changed || strstr(text, "${"));
        require(strlen(found.text) == found.length);
        require(found.missing_count == 0 || found.changed);
    }
    cg_dotenv_parse(text, length, ".env", environment, problems);
    cg_problems_free(problems);
    cg_environment_free(environment);
}

static void check_connection(const char *text, struct cg_arena *arena) {
    const struct cg_sql_target *target = NULL;
    struct cg_error error = {0};
    cg_status status = cg_connection_parse(text, arena, &target, &error);
    require((status == CG_OK) == (target != NULL));
    require(status == CG_OK || *error.text);
    if (!target)
        return;
    require(target->scheme && *target->scheme && target->port <= 65535);
    for (size_t i = 0; i < target->query_count; i++)
        require(target->query[i].key && target->query[i].value);
    const char *identity = cg_connection_identity(target, arena);
    const char *again = cg_connection_identity(target, arena);
    require(identity && again && strcmp(identity, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cg_arena *arena = cg_arena_new();
    require(arena != NULL);
    /* None of these texts can hold a NUL: YAML and the file reader refuse it before. */
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    const char *text = cg_arena_copy(arena, (const char *)data, end ? (size_t)(end - data) : size);
    require(text != NULL);
    check_substitution(text, strlen(text), arena);
    check_connection(text, arena);
    /* What is safe for credentials is a URL at all. */
    require(cg_url_secure_problem(text) != NULL || cg_url_problem(text) == NULL);
    cg_arena_free(arena);
    return 0;
}
