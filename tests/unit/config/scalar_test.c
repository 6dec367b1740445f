#include <criterion/criterion.h>
#include <string.h>

#include "config/scalar.h"
#include "loaded.h"

static const struct {
    const char *text;
    uint32_t type;
    const char *shown; /* canonical text */
    uint32_t flags;
} cases[] = {
    {"", CG_CONFIG_NULL, "", 0},
    {"~", CG_CONFIG_NULL, "", 0},
    {"null", CG_CONFIG_NULL, "", 0},
    {"NULL", CG_CONFIG_NULL, "", 0},
    {"nULL", CG_CONFIG_STRING, "nULL", 0},
    {"yes", CG_CONFIG_BOOL, "true", 0},
    {"Off", CG_CONFIG_BOOL, "false", 0},
    {"TRUE", CG_CONFIG_BOOL, "true", 0},
    {"TrUe", CG_CONFIG_STRING, "TrUe", 0},
    {"y", CG_CONFIG_STRING, "y", 0},
    {"N", CG_CONFIG_STRING, "N", 0},
    {"0", CG_CONFIG_INT, "0", 0},
    {"-0", CG_CONFIG_INT, "0", 0},
    {"+12", CG_CONFIG_INT, "12", 0},
    {"1_000", CG_CONFIG_INT, "1000", 0},
    {"-1_", CG_CONFIG_INT, "-1", 0},
    {"_1", CG_CONFIG_STRING, "_1", 0},
    {"010", CG_CONFIG_INT, "8", 0},
    {"-010", CG_CONFIG_INT, "-8", 0},
    {"0_7", CG_CONFIG_INT, "7", 0},
    {"0_", CG_CONFIG_INT, "0", 0},
    {"00", CG_CONFIG_INT, "0", 0},
    {"08", CG_CONFIG_STRING, "08", 0},
    {"0o17", CG_CONFIG_STRING, "0o17", 0},
    {"0x1F", CG_CONFIG_INT, "31", 0},
    {"0x_f", CG_CONFIG_INT, "15", 0},
    {"0x_", CG_CONFIG_STRING, "0x_", 0},
    {"0b101", CG_CONFIG_INT, "5", 0},
    {"-0b1", CG_CONFIG_INT, "-1", 0},
    {"0b_", CG_CONFIG_STRING, "0b_", 0},
    {"0b2", CG_CONFIG_STRING, "0b2", 0},
    {"1:30", CG_CONFIG_INT, "90", 0},
    {"-1:30", CG_CONFIG_INT, "-90", 0},
    {"190:20:30", CG_CONFIG_INT, "685230", 0},
    {"1:60", CG_CONFIG_STRING, "1:60", 0},
    {"1:", CG_CONFIG_STRING, "1:", 0},
    {"9223372036854775807", CG_CONFIG_INT, "9223372036854775807", 0},
    {"-9223372036854775808", CG_CONFIG_INT, "-9223372036854775808", 0},
    {"9223372036854775808", CG_CONFIG_INT, "9223372036854775808", CG_NODE_TOO_LARGE},
    {"9223372036854775807:0", CG_CONFIG_INT, "9223372036854775807:0", CG_NODE_TOO_LARGE},
    {"1.", CG_CONFIG_DECIMAL, "1.0", CG_NODE_FLOAT},
    {".5", CG_CONFIG_DECIMAL, "0.5", CG_NODE_FLOAT},
    {"-.5", CG_CONFIG_STRING, "-.5", 0},
    {"0.1", CG_CONFIG_DECIMAL, "0.1", CG_NODE_FLOAT},
    {"0.10", CG_CONFIG_DECIMAL, "0.1", CG_NODE_FLOAT},
    {"-0.25", CG_CONFIG_DECIMAL, "-0.25", CG_NODE_FLOAT},
    {"1.0e+3", CG_CONFIG_DECIMAL, "1000.0", CG_NODE_FLOAT},
    {"1.5E-3", CG_CONFIG_DECIMAL, "0.0015", CG_NODE_FLOAT},
    {"1.e+3", CG_CONFIG_DECIMAL, "1000.0", CG_NODE_FLOAT},
    {"1._5", CG_CONFIG_DECIMAL, "1.5", CG_NODE_FLOAT},
    {"685_230.15", CG_CONFIG_DECIMAL, "685230.15", CG_NODE_FLOAT},
    {"1:30.5", CG_CONFIG_DECIMAL, "90.5", CG_NODE_FLOAT},
    {"-1:30.5", CG_CONFIG_DECIMAL, "-90.5", CG_NODE_FLOAT},
    {"1e3", CG_CONFIG_STRING, "1e3", 0},
    {"1.0e3", CG_CONFIG_STRING, "1.0e3", 0},
    {".e+3", CG_CONFIG_STRING, ".e+3", 0},
    {"._", CG_CONFIG_STRING, "._", 0},
    {".", CG_CONFIG_STRING, ".", 0},
    {"+", CG_CONFIG_STRING, "+", 0},
    {"1,000", CG_CONFIG_STRING, "1,000", 0},
    {"1.2.3", CG_CONFIG_STRING, "1.2.3", 0},
    {".inf", CG_CONFIG_DECIMAL, ".inf", CG_NODE_FLOAT | CG_NODE_NOT_FINITE},
    {"-.Inf", CG_CONFIG_DECIMAL, "-.Inf", CG_NODE_FLOAT | CG_NODE_NOT_FINITE},
    {".NaN", CG_CONFIG_DECIMAL, ".NaN", CG_NODE_FLOAT | CG_NODE_NOT_FINITE},
    {"-.nan", CG_CONFIG_STRING, "-.nan", 0},
    {"1.0e+999", CG_CONFIG_DECIMAL, "1.0e+999", CG_NODE_FLOAT | CG_NODE_NOT_FINITE},
    {"1.0e+300", CG_CONFIG_DECIMAL, "1.0e+300", CG_NODE_FLOAT | CG_NODE_TOO_LARGE},
    {"2026-01-01", CG_CONFIG_STRING, "2026-01-01", CG_NODE_DATE},
    {"2026-1-1", CG_CONFIG_STRING, "2026-1-1", 0},
    {"2026-1-1 1:02:03", CG_CONFIG_STRING, "2026-1-1 1:02:03", CG_NODE_DATE},
    {"2026-01-01T00:00:00Z", CG_CONFIG_STRING, "2026-01-01T00:00:00Z", CG_NODE_DATE},
    {"2026-01-01 00:00:00.5 +01:30", CG_CONFIG_STRING, "2026-01-01 00:00:00.5 +01:30", CG_NODE_DATE},
    {"2026-01-01T00:00", CG_CONFIG_STRING, "2026-01-01T00:00", 0},
    {"2026-01-01x", CG_CONFIG_STRING, "2026-01-01x", 0},
    {"plain", CG_CONFIG_STRING, "plain", 0},
};

Test(scalar, plain_scalars_are_typed_as_yaml_1_1) {
    struct cg_document *document = new_document();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_config *node = cg_config_new(document, CG_CONFIG_NULL, 1, 1);
        cr_assert_eq(cg_scalar_plain(node, cases[i].text, strlen(cases[i].text)), CG_OK);
        cr_expect_eq(node->type, cases[i].type, "'%s': type %u", cases[i].text, node->type);
        cr_expect_str_eq(node->text, cases[i].shown, "'%s': '%s'", cases[i].text, node->text);
        cr_expect_eq(node->flags, cases[i].flags, "'%s': flags %u", cases[i].text, node->flags);
    }
    free_document(document);
}

static const struct {
    const char *tag;
    const char *text;
    cg_status status;
    uint32_t type;
    const char *shown;
} tagged[] = {
    {"tag:yaml.org,2002:str", "12", CG_OK, CG_CONFIG_STRING, "12"},
    {"tag:yaml.org,2002:str", "2026-01-01", CG_OK, CG_CONFIG_STRING, "2026-01-01"},
    {"tag:yaml.org,2002:int", "12", CG_OK, CG_CONFIG_INT, "12"},
    {"tag:yaml.org,2002:int", "abc", CG_INVALID, 0, NULL},
    {"tag:yaml.org,2002:float", "3", CG_OK, CG_CONFIG_DECIMAL, "3.0"},
    {"tag:yaml.org,2002:float", "3.5", CG_OK, CG_CONFIG_DECIMAL, "3.5"},
    {"tag:yaml.org,2002:bool", "on", CG_OK, CG_CONFIG_BOOL, "true"},
    {"tag:yaml.org,2002:null", "x", CG_OK, CG_CONFIG_NULL, ""},
    {"tag:yaml.org,2002:timestamp", "2026-01-01", CG_OK, CG_CONFIG_STRING, "2026-01-01"},
    {"tag:yaml.org,2002:timestamp", "x", CG_INVALID, 0, NULL},
    {"tag:yaml.org,2002:binary", "eA==", CG_NOT_FOUND, 0, NULL},
    {"tag:yaml.org,2002:python/object:os.system", "x", CG_NOT_FOUND, 0, NULL},
    {"!own", "x", CG_NOT_FOUND, 0, NULL},
};

Test(scalar, tags_force_a_type) {
    struct cg_document *document = new_document();
    for (size_t i = 0; i < sizeof tagged / sizeof *tagged; i++) {
        struct cg_config *node = cg_config_new(document, CG_CONFIG_NULL, 1, 1);
        cg_status status = cg_scalar_tagged(node, tagged[i].tag, tagged[i].text, strlen(tagged[i].text));
        cr_expect_eq(status, tagged[i].status, "%s %s: status %d", tagged[i].tag, tagged[i].text, status);
        if (status != CG_OK)
            continue;
        cr_expect_eq(node->type, tagged[i].type, "%s %s: type %u", tagged[i].tag, tagged[i].text, node->type);
        cr_expect_str_eq(node->text, tagged[i].shown, "%s %s: '%s'", tagged[i].tag, tagged[i].text, node->text);
    }
    free_document(document);
}
