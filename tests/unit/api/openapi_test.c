/*
 * The description of the API and the program agree: every route is described, everything described is a route, and the
 * description is whole in itself. What answers look like is compared with it by tests/integration/api_contract_test.c.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "api/embedded.h"
#include "api/router.h"

/* Longest path with its method. */
#define LINE 256

static json_t *root;

static void open_description(void) {
    json_error_t error;
    root = json_loadb(cg_embedded_openapi, cg_embedded_openapi_length, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "openapi.json, line %d: %s", error.line, error.text);
}

static void close_description(void) {
    json_decref(root);
}

TestSuite(api_openapi, .init = open_description, .fini = close_description);

static const char *text_of(const json_t *object, const char *key, const char *where) {
    const char *text = json_string_value(json_object_get(object, key));
    cr_assert(text && *text, "%s has no %s", where, key);
    return text;
}

/* ---- operations ---- */

struct operation {
    char line[LINE]; /* "GET /api/v1/tenants/{tenant_name}/status" */
    json_t *place;   /* the path's object */
    json_t *self;
};

/* Calls `use` with each operation; "parameters" of a path is none. */
static void each_operation(void (*use)(const struct operation *operation, void *user), void *user) {
    const char *path = NULL;
    json_t *place = NULL;
    json_object_foreach (json_object_get(root, "paths"), path, place) {
        const char *method = NULL;
        json_t *self = NULL;
        json_object_foreach (place, method, self) {
            struct operation operation = {.place = place, .self = self};
            if (strcmp(method, "parameters") == 0)
                continue;
            int length = snprintf(operation.line, LINE, "%s %s", method, path);
            cr_assert_lt(length, LINE);
            for (char *at = operation.line; *at && *at != ' '; at++)
                *at = (char)(*at - 'a' + 'A');
            use(&operation, user);
        }
    }
}

/* "GET /tenants/{tenant_name}/status" as the routes have it, with {}. */
static void without_names(const char *line, char *ret) {
    int inside = 0;
    for (; *line; line++) {
        if (*line == '}')
            inside = 0;
        if (!inside)
            *ret++ = *line;
        if (*line == '{')
            inside = 1;
    }
    *ret = '\0';
}

struct found {
    int32_t routes[CG_ROUTES_MAX];
};

static void find_route(const struct operation *operation, void *user) {
    struct found *found = user;
    char pattern[LINE];
    char line[LINE];
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    without_names(operation->line, pattern);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line, LINE, "%s %s", routes[i].method, routes[i].path);
        if (strcmp(line, pattern) != 0)
            continue;
        found->routes[i] = 1;
        return;
    }
    cr_assert_fail("openapi.json describes %s, which is no route", operation->line);
}

Test(api_openapi, describes_the_routes_and_nothing_else) {
    struct found found = {{0}};
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    each_operation(find_route, &found);
    for (size_t i = 0; i < count; i++)
        cr_expect(found.routes[i], "openapi.json does not describe %s %s", routes[i].method, routes[i].path);
}

/* ---- each operation says what it must ---- */

static const json_t *resolved(const json_t *object) {
    const char *reference = json_string_value(json_object_get(object, "$ref"));
    const json_t *at = root;
    char part[128];
    if (!reference)
        return object;
    cr_assert_eq(strncmp(reference, "#/", 2), 0, "the reference %s leads elsewhere", reference);
    for (const char *from = reference + 2; at && *from;) {
        size_t length = strcspn(from, "/");
        cr_assert_lt(length, sizeof part, "%s", reference);
        memcpy(part, from, length);
        part[length] = '\0';
        at = json_object_get(at, part);
        from += length + (from[length] == '/');
    }
    cr_assert_not_null(at, "the reference %s leads nowhere", reference);
    return at;
}

static int has_path_parameter(const json_t *list, const char *name, size_t length) {
    size_t index = 0;
    const json_t *item = NULL;
    json_array_foreach (list, index, item) {
        const json_t *parameter = resolved(item);
        const char *called = text_of(parameter, "name", "a parameter");
        if (strcmp(text_of(parameter, "in", called), "path") == 0 && strlen(called) == length &&
            strncmp(called, name, length) == 0)
            return json_is_true(json_object_get(parameter, "required"));
    }
    return 0;
}

static void check_path_parameters(const struct operation *operation) {
    for (const char *at = strchr(operation->line, '{'); at; at = strchr(at + 1, '{')) {
        size_t length = strcspn(at + 1, "}");
        cr_expect(has_path_parameter(json_object_get(operation->place, "parameters"), at + 1, length) ||
                      has_path_parameter(json_object_get(operation->self, "parameters"), at + 1, length),
                  "%s does not describe {%.*s}", operation->line, (int)length, at + 1);
    }
}

static int is_tag(const char *name) {
    size_t index = 0;
    const json_t *tag = NULL;
    json_array_foreach (json_object_get(root, "tags"), index, tag)
        if (strcmp(text_of(tag, "name", "a tag"), name) == 0)
            return 1;
    return 0;
}

static void check_operation(const struct operation *operation, void *user) {
    json_t *ids = user;
    const char *id = text_of(operation->self, "operationId", operation->line);
    const char *tag = json_string_value(json_array_get(json_object_get(operation->self, "tags"), 0));
    const char *status = NULL;
    json_t *response = NULL;
    cr_expect(!json_object_get(ids, id), "two operations are called %s", id);
    json_object_set_new(ids, id, json_true());
    (void)text_of(operation->self, "summary", operation->line);
    cr_expect(tag && is_tag(tag), "%s has no tag of the list", operation->line);
    check_path_parameters(operation);
    cr_expect_gt(json_object_size(json_object_get(operation->self, "responses")), 1, "%s", operation->line);
    json_object_foreach (json_object_get(operation->self, "responses"), status, response) {
        cr_expect(strlen(status) == 3, "%s: status %s", operation->line, status);
        (void)text_of(resolved(response), "description", operation->line);
    }
}

Test(api_openapi, says_of_each_operation_what_it_must) {
    json_t *ids = json_object();
    cr_assert_str_eq(text_of(json_object_get(root, "info"), "title", "info"), "Chitragupta API");
    cr_assert_str_eq(text_of(root, "openapi", "the description"), "3.1.0");
    each_operation(check_operation, ids);
    json_decref(ids);
}

/* ---- references ---- */

static void collect(const json_t *value, json_t *used) {
    const char *key = NULL;
    json_t *member = NULL;
    size_t index = 0;
    const char *reference = json_string_value(json_object_get(value, "$ref"));
    if (reference) {
        (void)resolved(value);
        json_object_set_new(used, reference, json_true());
    }
    if (json_is_object(value))
        json_object_foreach ((json_t *)(uintptr_t)value, key, member)
            collect(member, used);
    json_array_foreach (value, index, member)
        collect(member, used);
}

Test(api_openapi, uses_all_of_its_parts_and_no_others) {
    json_t *used = json_object();
    const char *kind = NULL;
    json_t *parts = NULL;
    collect(root, used);
    json_object_foreach (json_object_get(root, "components"), kind, parts) {
        const char *name = NULL;
        json_t *part = NULL;
        if (strcmp(kind, "securitySchemes") == 0)
            continue;
        json_object_foreach (parts, name, part) {
            char reference[LINE];
            (void)snprintf(reference, LINE, "#/components/%s/%s", kind, name);
            cr_expect(json_object_get(used, reference), "nothing uses %s", reference);
        }
    }
    json_decref(used);
}

/* ---- both files ---- */

Test(api_openapi, neither_file_needs_anything_from_elsewhere) {
    static const char *const elsewhere[] = {"http://", "https://", "src=\"//", "href=\"//", "@import"};
    static const char *const unsafe[] = {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        cr_expect_null(strstr(cg_embedded_openapi, elsewhere[i]), "openapi.json has %s", elsewhere[i]);
        cr_expect_null(strstr(cg_embedded_docs, elsewhere[i]), "docs.html has %s", elsewhere[i]);
    }
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        cr_expect_null(strstr(cg_embedded_docs, unsafe[i]), "docs.html has %s", unsafe[i]);
}
