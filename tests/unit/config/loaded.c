#include "loaded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_LIMIT ((size_t)4 * 1024 * 1024)

void refresh(struct loaded *loaded) {
    cg_buf_clear(&loaded->errors);
    cg_buf_clear(&loaded->warnings);
    cr_assert_eq(cg_problems_format(loaded->problems, 0, &loaded->errors), CG_OK);
    cr_assert_eq(cg_problems_format(loaded->problems, 1, &loaded->warnings), CG_OK);
}

static struct loaded load_flags(const char *text, size_t length, uint32_t flags, const char *const *variables) {
    struct loaded loaded = {.problems = cg_problems_new(), .environment = cg_environment_new(0)};
    cr_assert(loaded.problems && loaded.environment);
    for (; variables && *variables; variables++) {
        const char *equals = strchr(*variables, '=');
        char *name = strndup(*variables, (size_t)(equals - *variables));
        cr_assert_eq(cg_environment_set(loaded.environment, name, equals + 1), CG_OK);
        free(name);
    }
    cg_buf_init(&loaded.errors, OUTPUT_LIMIT);
    cg_buf_init(&loaded.warnings, OUTPUT_LIMIT);
    loaded.status =
        cg_settings_load_text(text, length, "c.yaml", loaded.environment, flags, loaded.problems, &loaded.settings);
    cr_assert_eq(loaded.status == CG_OK, loaded.settings != NULL);
    refresh(&loaded);
    return loaded;
}

struct loaded load_bytes(const char *text, size_t length, const char *const *variables) {
    return load_flags(text, length, 0, variables);
}

struct loaded load_as_reader(const char *text, const char *const *variables) {
    return load_flags(text, strlen(text), CG_SETTINGS_READER, variables);
}

struct loaded load(const char *text, const char *const *variables) {
    return load_bytes(text, strlen(text), variables);
}

void unload(struct loaded *loaded) {
    cg_settings_free(loaded->settings);
    cg_problems_free(loaded->problems);
    cg_environment_free(loaded->environment);
    cg_buf_done(&loaded->errors);
    cg_buf_done(&loaded->warnings);
}

struct cg_document *new_document(void) {
    struct cg_arena *arena = cg_arena_new();
    cr_assert_not_null(arena);
    struct cg_document *document = cg_arena_alloc(arena, sizeof *document);
    cr_assert_not_null(document);
    *document = (struct cg_document){.arena = arena, .file = "c.yaml"};
    return document;
}

void free_document(struct cg_document *document) {
    cg_arena_free(document->arena);
}
