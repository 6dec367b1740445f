#include "config/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

#include "loaded.h"

/* A tree as one line: {key: value, ...}, [item, ...], strings quoted. */
static void print(const struct cg_config *node, struct cg_buf *buf) {
    if (node->type == CG_CONFIG_MAP || node->type == CG_CONFIG_LIST) {
        cg_buf_add_char(buf, node->type == CG_CONFIG_MAP ? '{' : '[');
        for (uint32_t i = 0; i < node->count; i++) {
            cg_buf_add_text(buf, i ? ", " : "");
            if (node->items[i]->key)
                cg_buf_printf(buf, "%s: ", node->items[i]->key);
            print(node->items[i], buf);
        }
        cg_buf_add_char(buf, node->type == CG_CONFIG_MAP ? '}' : ']');
    } else if (node->type == CG_CONFIG_STRING) {
        cg_buf_printf(buf, "'%s'", node->text);
    } else {
        cg_buf_add_text(buf, node->type == CG_CONFIG_NULL ? "null" : node->text);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *tree;    /* NULL: malformed */
    const char *problem; /* line of the first problem, or NULL */
} cases[] = {
    {"empty", "", "null", NULL},
    {"comment", "# nothing\n", "null", NULL},
    {"null document", "null\n", "null", NULL},
    {"empty document", "---\n...\n", "null", NULL},
    {"byte order mark",
     "\xEF\xBB\xBF"
     "a: 1\n",
     "{a: 1}", NULL},
    {"quoted", "a: '1'\nb: \"x\\ty\"\n", "{a: '1', b: 'x\ty'}", NULL},
    {"block texts", "a: |\n  x\n  y\nb: >\n  x\n  y\n", "{a: 'x\ny\n', b: 'x y\n'}", NULL},
    {"variable", "p: ${P:-9090}\n", "{p: '${P:-9090}'}", NULL},
    {"explicit start", "%YAML 1.1\n---\na: 1\n", "{a: 1}", NULL},
    {"flow", "{a: [1, 2, {b: c}]}", "{a: [1, 2, {b: 'c'}]}", NULL},
    {"alias", "a: &x {k: 1}\nb: *x\n", "{a: {k: 1}, b: {k: 1}}", NULL},
    {"alias of a scalar", "a: &x 5\nb: [*x, *x]\n", "{a: 5, b: [5, 5]}", NULL},
    {"alias as a key", "a: &x k\n*x : 1\n", "{a: 'k', k: 1}", NULL},
    {"anchor again", "a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}", NULL},
    {"merge", "a: &x {k: 1, m: 2}\nb:\n  <<: *x\n  m: 3\n", "{a: {k: 1, m: 2}, b: {k: 1, m: 3}}", NULL},
    {"merge behind", "a: &x {k: 1}\nb:\n  k: 3\n  <<: *x\n", "{a: {k: 1}, b: {k: 3}}", NULL},
    {"merge of a list", "<<: [{a: 1}, {a: 2, c: 3}]\nd: 4\n", "{a: 1, c: 3, d: 4}", NULL},
    {"merge in a merge", "a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n",
     "{a: {k: 1}, b: {k: 1, l: 2}, c: {k: 1, l: 2}}", NULL},
    {"quoted merge key", "'<<': 3\n", "{<<: 3}", NULL},
    {"tags", "a: !!str 1\nb: !!int '2'\nc: !!map {}\nd: !!seq []\n", "{a: '1', b: 2, c: {}, d: []}", NULL},
    {"keys of other types", "1: a\ntrue: b\n~: c\n", "{1: 'a', true: 'b', null: 'c'}", NULL},
    {"keys of two types", "1: a\n'1': b\n", "{1: 'a', 1: 'b'}", NULL},
    {"duplicate", "a: 1\nb: 2\na: 3\n", "{a: 3, b: 2}",
     "c.yaml:3: a: this key stands here more than once; the last one counts"},
    {"duplicate below", "l:\n- a: 1\n  a: 2\n", "{l: [{a: 2}]}",
     "c.yaml:3: l.0.a: this key stands here more than once; the last one counts"},
    {"two documents", "a: 1\n---\nb: 2\n", NULL,
     "c.yaml:2: Malformed YAML in 'c.yaml': expected a single document in the stream (line 2, column 1)"},
    {"unknown tag", "a: !secret x\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': unknown tag; quote a text that starts with '!' (line 1, column 4)"},
    {"python tag", "a: !!python/object/apply:os.system [ls]\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': unknown tag; quote a text that starts with '!' (line 1, column 4)"},
    {"set", "a: !!set {x}\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': unknown tag; quote a text that starts with '!' (line 1, column 4)"},
    {"wrong tag", "a: !!int x\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': the value is not what its tag says (line 1, column 4)"},
    {"no anchor", "a: *hunter2\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': an alias has no anchor; quote a text that starts with '*' (line 1, column "
     "4)"},
    {"endless alias", "a: &x [*x]\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': an alias refers to a value that it is a part of (line 1, column 8)"},
    {"endless map", "a: &x {b: *x}\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': an alias refers to a value that it is a part of (line 1, column 11)"},
    {"merge of a scalar", "<<: 3\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': the merge key '<<' wants a mapping or a list of mappings (line 1, column "
     "1)"},
    {"merge of scalars", "<<: [{}, 3]\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': the merge key '<<' wants a mapping or a list of mappings (line 1, column "
     "1)"},
    {"list as a key", "? [1]\n: 2\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': a key is a list or a mapping (line 1, column 3)"},
    {"NUL", "a: \"x\\0y\"\n", NULL,
     "c.yaml:1: Malformed YAML in 'c.yaml': a text contains a NUL character (line 1, column 4)"},
    {"variable in flow style", "api: {port: ${P}}\n", NULL, NULL},
    {"tab", "\ta: 1\n", NULL, NULL},
    {"unclosed", "a: [1\n", NULL, NULL},
    {"unclosed quote", "a: 'x\n", NULL, NULL},
    {"bad indent", "a: 1\n  b: 2\n", NULL, NULL},
    {"bad UTF-8", "a: \xC3\x28\n", NULL, NULL},
    {"UTF-16",
     "\xFF\xFE"
     "a",
     NULL, NULL},
    {"control character", "a: \x01\n", NULL, NULL},
};

Test(yaml, texts_and_trees) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_document *document = new_document();
        struct cg_config *root = NULL;
        struct cg_buf buf;
        cg_buf_init(&buf, 10000);
        document->problems = cg_problems_new();
        cg_status status = cg_yaml_parse(document, cases[i].text, strlen(cases[i].text), &root);
        cr_expect_eq(status, cases[i].tree ? CG_OK : CG_INVALID, "%s: status %d", cases[i].name, status);
        if (status == CG_OK)
            print(root, &buf);
        if (cases[i].tree)
            cr_expect_str_eq(cg_buf_text(&buf), cases[i].tree, "%s: %s", cases[i].name, cg_buf_text(&buf));
        cg_buf_clear(&buf);
        cg_problems_format(document->problems, status == CG_OK, &buf);
        if (cases[i].problem)
            cr_expect(strncmp(cg_buf_text(&buf), cases[i].problem, strlen(cases[i].problem)) == 0, "%s: %s",
                      cases[i].name, cg_buf_text(&buf));
        else if (cases[i].tree)
            cr_expect_str_eq(cg_buf_text(&buf), "", "%s: %s", cases[i].name, cg_buf_text(&buf));
        else
            cr_expect_not_null(strstr(cg_buf_text(&buf), "Malformed YAML in 'c.yaml': "), "%s: %s", cases[i].name,
                               cg_buf_text(&buf));
        cg_buf_done(&buf);
        cg_problems_free(document->problems);
        free_document(document);
    }
}

Test(yaml, nodes_know_their_place) {
    static const char text[] = "a:\n  b:\n    - 1\n    - c: 2\nd: >\n  folded\n  text\ne: 1\n";
    struct cg_document *document = new_document();
    struct cg_config *root = NULL;
    cr_assert_eq(cg_yaml_parse(document, text, sizeof text - 1, &root), CG_OK);
    static const struct {
        const char *path;
        uint32_t line;
        uint32_t column;
    } places[] = {{"a", 1, 1},       {"a.b", 2, 3}, {"a.b.0", 3, 7}, {"a.b.1", 4, 7},
                  {"a.b.1.c", 4, 7}, {"d", 5, 1},   {"e", 8, 1}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct cg_config *node = cg_config_get(root, places[i].path);
        cr_assert_not_null(node);
        cr_expect_eq(node->line, places[i].line, "%s: line %u", places[i].path, node->line);
        cr_expect_eq(node->column, places[i].column, "%s: column %u", places[i].path, node->column);
    }
    free_document(document);
}
