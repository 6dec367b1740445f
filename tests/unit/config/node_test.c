#include "config/node.h"

#include <criterion/criterion.h>
#include <string.h>

#include "config/yaml.h"
#include "loaded.h"

static const char text[] = "name: x\n"
                           "count: 12\n"
                           "on: yes\n"
                           "ratio: 0.50\n"
                           "written: \"1.25\"\n"
                           "none:\n"
                           "list:\n"
                           "  - {id: first}\n"
                           "  - id: second\n"
                           "    size: 3\n"
                           "a.b:\n"
                           "  c.d: dotted\n"
                           "a:\n"
                           "  b:\n"
                           "    e: nested\n"
                           "huge: 9223372036854775808\n"
                           "lost: .nan\n";

static struct cg_config *parse(struct cg_document *document) {
    struct cg_config *root = NULL;
    cr_assert_eq(cg_yaml_parse(document, text, sizeof text - 1, &root), CG_OK);
    document->root = root;
    return root;
}

static const struct {
    const char *path;
    uint32_t type;
    const char *shown; /* text, "-" for absent */
    int64_t integer;   /* -7 for none */
    cg_status decimal;
    const char *number;
    uint32_t line;
} cases[] = {
    {"name", CG_CONFIG_STRING, "x", -7, CG_INVALID, NULL, 1},
    {"count", CG_CONFIG_INT, "12", 12, CG_OK, "12", 2},
    {"true", CG_CONFIG_BOOL, "true", 1, CG_INVALID, NULL, 3},
    {"ratio", CG_CONFIG_DECIMAL, "0.5", -7, CG_OK, "0.5", 4},
    {"written", CG_CONFIG_STRING, "1.25", -7, CG_OK, "1.25", 5},
    {"none", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 6},
    {"list", CG_CONFIG_LIST, "-", -7, CG_INVALID, NULL, 7},
    {"list.0", CG_CONFIG_MAP, "-", -7, CG_INVALID, NULL, 8},
    {"list.1.id", CG_CONFIG_STRING, "second", -7, CG_INVALID, NULL, 9},
    {"list.1.size", CG_CONFIG_INT, "3", 3, CG_OK, "3", 10},
    {"list.2", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 7},
    {"list.x", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 7},
    {"list.1.id.x", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 9},
    {"a.b.c.d", CG_CONFIG_STRING, "dotted", -7, CG_INVALID, NULL, 12},
    {"a.b.e", CG_CONFIG_STRING, "nested", -7, CG_INVALID, NULL, 15},
    {"absent", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 1},
    {"list.99999999999999999999", CG_CONFIG_NULL, "-", -7, CG_NOT_FOUND, NULL, 7},
    {"huge", CG_CONFIG_INT, "9223372036854775808", INT64_MAX, CG_INVALID, NULL, 16},
    {"lost", CG_CONFIG_DECIMAL, ".nan", -7, CG_INVALID, NULL, 17},
};

Test(node, answers_by_path) {
    struct cg_document *document = new_document();
    const struct cg_config *root = parse(document);
    const struct cg_config_api *api = &cg_config_api_table;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = cases[i].path;
        struct cg_decimal number = {0};
        char buffer[CG_DECIMAL_TEXT_SIZE];
        cr_expect_eq(api->type(api->get(root, path)), cases[i].type, "%s: type", path);
        cr_expect_str_eq(api->text(root, path, "-"), cases[i].shown, "%s: text", path);
        cr_expect_eq(api->integer(root, path, -7), cases[i].integer, "%s: integer", path);
        cr_expect_eq(api->decimal(root, path, &number), cases[i].decimal, "%s: decimal", path);
        if (cases[i].number) {
            cg_decimal_format(&number, buffer);
            cr_expect_str_eq(buffer, cases[i].number, "%s: number", path);
        }
        cr_expect_eq(cg_config_line(root, path), cases[i].line, "%s: line %u", path, cg_config_line(root, path));
    }
    cr_expect_eq(api->get(root, ""), root);
    free_document(document);
}

Test(node, members_and_items_in_file_order) {
    struct cg_document *document = new_document();
    const struct cg_config *root = parse(document);
    const struct cg_config_api *api = &cg_config_api_table;
    cr_expect_eq(api->count(root), 11);
    cr_expect_str_eq(api->key_at(root, 0), "name");
    cr_expect_str_eq(api->key_at(root, 7), "a.b");
    cr_expect_null(api->key_at(root, 11));
    cr_expect_null(api->at(root, 11));
    const struct cg_config *list = api->get(root, "list");
    cr_expect_eq(api->count(list), 2);
    cr_expect_null(api->key_at(list, 0));
    cr_expect_eq(api->count(api->at(list, 0)), 1);
    cr_expect_eq(api->count(api->get(root, "name")), 0);
    cr_expect_eq(api->count(NULL), 0);
    cr_expect_eq(api->type(NULL), CG_CONFIG_NULL);
    cr_expect_str_eq(api->text(NULL, "x", "fallback"), "fallback");
    cr_expect_str_eq(cg_config_path(api->get(root, "list.1.size")), "list.1.size");
    cr_expect_str_eq(cg_config_path(root), "");
    cr_expect_eq(cg_config_mutable(list), list);
    free_document(document);
}

Test(node, problems_of_modules_get_their_place) {
    struct cg_document *document = new_document();
    const struct cg_config *root = parse(document);
    const struct cg_config *list = cg_config_get(root, "list");
    cg_config_api_table.problem(NULL, list, "1.size", "nobody listens");
    document->problems = cg_problems_new();
    cg_config_api_table.problem(NULL, list, "1.size", "too %s", "small");
    cg_config_api_table.problem(NULL, list, "1.colour", "missing");
    cg_config_api_table.problem(NULL, list, "", "short");
    struct cg_buf buf;
    cg_buf_init(&buf, 1000);
    cr_assert_eq(cg_problems_format(document->problems, 0, &buf), CG_OK);
    cr_expect_str_eq(cg_buf_text(&buf),
                     "c.yaml:7: list: short\n"
                     "c.yaml:9: list.1.colour: missing\n"
                     "c.yaml:10: list.1.size: too small\n",
                     "%s", cg_buf_text(&buf));
    cg_buf_done(&buf);
    cg_problems_free(document->problems);
    free_document(document);
}

Test(node, shown_values_are_short_and_never_secret) {
    struct cg_document *document = new_document();
    char buffer[CG_CONFIG_SHOWN_SIZE];
    struct cg_config *node = cg_config_new(document, CG_CONFIG_STRING, 1, 1);
    cg_config_set_string(node, "abc", 3);
    cr_expect_str_eq(cg_config_shown(node, buffer), "'abc'");
    char lengthy[300];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    cg_config_set_string(node, lengthy, sizeof lengthy - 1);
    cr_expect_lt(strlen(cg_config_shown(node, buffer)), CG_CONFIG_SHOWN_SIZE);
    cr_expect_not_null(strstr(buffer, "xxx...'"));
    cg_config_set_string(node, "abc", 3);
    node->flags = CG_NODE_SUBSTITUTED;
    cr_expect_null(strstr(cg_config_shown(node, buffer), "abc"));
    node->flags = CG_NODE_SECRET;
    cr_expect_null(strstr(cg_config_shown(node, buffer), "abc"));
    free_document(document);
}
