#include "config/coerce.h"

#include <criterion/criterion.h>
#include <string.h>

#include "config/scalar.h"
#include "config/yaml.h"
#include "loaded.h"

#define INT_TEXT "Input should be a valid integer, unable to parse string as an integer"
#define BOOL_TEXT "Input should be a valid boolean, unable to interpret input"
#define DECIMAL_TYPE "Decimal input should be an integer, float, string or Decimal object"
#define URL_START "Input should be a URL that starts with https:// or http://"

static const struct cg_option integer = {.type = CG_OPTION_INT};
static const struct cg_option bounded = {
    .type = CG_OPTION_INT, .flags = CG_OPTION_MIN | CG_OPTION_MAX, .minimum = 1, .maximum = 30};
static const struct cg_option boolean = {.type = CG_OPTION_BOOL};
static const struct cg_option string = {.type = CG_OPTION_STRING};
static const struct cg_option lower = {.type = CG_OPTION_STRING, .flags = CG_OPTION_LOWER | CG_OPTION_NON_EMPTY};
static const struct cg_option decimal = {.type = CG_OPTION_DECIMAL};
static const struct cg_option share = {
    .type = CG_OPTION_DECIMAL, .flags = CG_OPTION_MIN | CG_OPTION_MAX, .minimum = 0, .maximum = 1};
static const struct cg_option choice = {.type = CG_OPTION_CHOICE, .choices = "a|b|c"};
static const struct cg_option two = {.type = CG_OPTION_CHOICE, .choices = "skip|even_split", .flags = CG_OPTION_LOWER};
static const struct cg_option one = {.type = CG_OPTION_CHOICE, .choices = "prometheus"};
static const struct cg_option scalar = {.type = CG_OPTION_SCALAR};

/* `text` is YAML; exactly one of the others is set. */
static const struct {
    const struct cg_option *option;
    const char *text;
    const char *value;
    const char *problem;
} cases[] = {
    {&integer, "60", "60", NULL},
    {&integer, "60.0", "60", NULL},
    {&integer, "-3.0", "-3", NULL},
    {&integer, "1.0e+3", "1000", NULL},
    {&integer, "yes", "1", NULL},
    {&integer, "'60'", "60", NULL},
    {&integer, "' 60 '", "60", NULL},
    {&integer, "\"1\\n\"", "1", NULL},
    {&integer, "'60.0'", "60", NULL},
    {&integer, "' 6_0.00 '", "60", NULL},
    {&integer, "'1_000'", "1000", NULL},
    {&integer, "'+5'", "5", NULL},
    {&integer, "'-5'", "-5", NULL},
    {&integer, "'060'", "60", NULL},
    {&integer, "'-0'", "0", NULL},
    {&integer, "08", "8", NULL},
    {&integer, "'-9223372036854775808'", "-9223372036854775808", NULL},
    {&integer, "1.5", NULL, "Input should be a valid integer, got a number with a fractional part"},
    {&integer, "''", NULL, INT_TEXT},
    {&integer, "1e3", NULL, INT_TEXT},
    {&integer, "'60.'", NULL, INT_TEXT},
    {&integer, "'60.5'", NULL, INT_TEXT},
    {&integer, "'1__0'", NULL, INT_TEXT},
    {&integer, "'_1'", NULL, INT_TEXT},
    {&integer, "'1_'", NULL, INT_TEXT},
    {&integer, "'1.0_0'", NULL, INT_TEXT},
    {&integer, "'--1'", NULL, INT_TEXT},
    {&integer, "'+ 1'", NULL, INT_TEXT},
    {&integer, "'.0'", NULL, INT_TEXT},
    {&integer, "'0x10'", NULL, INT_TEXT},
    {&integer, "~", NULL, "Input should be a valid integer"},
    {&integer, "[1]", NULL, "Input should be a valid integer"},
    {&integer, "{}", NULL, "Input should be a valid integer"},
    {&integer, "2026-01-01", NULL, "Input should be a valid integer"},
    {&integer, ".inf", NULL, "Input should be a finite number"},
    {&integer, "9223372036854775808", NULL, "Input should be less than or equal to 9223372036854775807"},
    {&integer, "'-9223372036854775809'", NULL, "Input should be greater than or equal to -9223372036854775808"},
    {&integer, "1.0e+30", NULL, "Input should be less than or equal to 9223372036854775807"},
    {&bounded, "30", "30", NULL},
    {&bounded, "31", NULL, "Input should be less than or equal to 30"},
    {&bounded, "'31'", NULL, "Input should be less than or equal to 30"},
    {&bounded, "0", NULL, "Input should be greater than or equal to 1"},
    {&bounded, "99999999999999999999", NULL, "Input should be less than or equal to 30"},
    {&bounded, "-99999999999999999999", NULL, "Input should be greater than or equal to 1"},
    {&boolean, "true", "true", NULL},
    {&boolean, "0", "false", NULL},
    {&boolean, "1.0", "true", NULL},
    {&boolean, "0.0", "false", NULL},
    {&boolean, "'T'", "true", NULL},
    {&boolean, "'oFF'", "false", NULL},
    {&boolean, "y", "true", NULL},
    {&boolean, "'YES'", "true", NULL},
    {&boolean, "' true'", NULL, BOOL_TEXT},
    {&boolean, "''", NULL, BOOL_TEXT},
    {&boolean, "2", NULL, BOOL_TEXT},
    {&boolean, "2.0", NULL, BOOL_TEXT},
    {&boolean, "1.5", NULL, "Input should be a valid boolean"},
    {&boolean, ".nan", NULL, "Input should be a valid boolean"},
    {&boolean, "~", NULL, "Input should be a valid boolean"},
    {&boolean, "[]", NULL, "Input should be a valid boolean"},
    {&string, "abc", "abc", NULL},
    {&string, "'12'", "12", NULL},
    {&string, "''", "", NULL},
    {&string, "12", NULL, "Input should be a valid string"},
    {&string, "1.5", NULL, "Input should be a valid string"},
    {&string, "yes", NULL, "Input should be a valid string"},
    {&string, "2026-01-01", NULL, "Input should be a valid string"},
    {&string, "~", NULL, "Input should be a valid string"},
    {&string, "{}", NULL, "Input should be a valid string"},
    {&lower, "'  MiXed '", "mixed", NULL},
    {&lower, "'   '", NULL, "String should have at least 1 character"},
    {&decimal, "0.1", "0.1", NULL},
    {&decimal, "5", "5", NULL},
    {&decimal, "1.0", "1.0", NULL},
    {&decimal, "'0.42'", "0.42", NULL},
    {&decimal, "'0.4200'", "0.4200", NULL},
    {&decimal, "' 1.5 '", "1.5", NULL},
    {&decimal, "'1e5'", "1E+5", NULL},
    {&decimal, "1e-3", "0.001", NULL},
    {&decimal, "'.5'", "0.5", NULL},
    {&decimal, "'-.5'", "-0.5", NULL},
    {&decimal, "'5.'", "5", NULL},
    {&decimal, "'1_000.5'", "1000.5", NULL},
    {&decimal, "99999999999999999999", "99999999999999999999", NULL},
    {&decimal, "abc", NULL, "Input should be a valid decimal"},
    {&decimal, "''", NULL, "Input should be a valid decimal"},
    {&decimal, "'.'", NULL, "Input should be a valid decimal"},
    {&decimal, "'1.2.3'", NULL, "Input should be a valid decimal"},
    {&decimal, "'0x1'", NULL, "Input should be a valid decimal"},
    {&decimal, "'1e400'", NULL, "Input should be a decimal with at most 38 digits"},
    {&decimal, "'123456789012345678901234567890123456789'", NULL, "Input should be a decimal with at most 38 digits"},
    {&decimal, "'NaN'", NULL, "Input should be a finite number"},
    {&decimal, "'-inf'", NULL, "Input should be a finite number"},
    {&decimal, "Infinity", NULL, "Input should be a finite number"},
    {&decimal, "sNaN12", NULL, "Input should be a finite number"},
    {&decimal, "infin", NULL, "Input should be a valid decimal"},
    {&decimal, ".inf", NULL, "Input should be a finite number"},
    {&decimal, "yes", NULL, DECIMAL_TYPE},
    {&decimal, "~", NULL, DECIMAL_TYPE},
    {&decimal, "[]", NULL, DECIMAL_TYPE},
    {&decimal, "2026-01-01", NULL, DECIMAL_TYPE},
    {&share, "0.5", "0.5", NULL},
    {&share, "'1.00'", "1.00", NULL},
    {&share, "1.1", NULL, "Input should be less than or equal to 1"},
    {&share, "-0.1", NULL, "Input should be greater than or equal to 0"},
    {&choice, "b", "b", NULL},
    {&choice, "B", NULL, "Input should be 'a', 'b' or 'c'"},
    {&choice, "''", NULL, "Input should be 'a', 'b' or 'c'"},
    {&choice, "a|b", NULL, "Input should be 'a', 'b' or 'c'"},
    {&choice, "1", NULL, "Input should be 'a', 'b' or 'c'"},
    {&choice, "~", NULL, "Input should be 'a', 'b' or 'c'"},
    {&two, "' Even_Split '", "even_split", NULL},
    {&two, "x", NULL, "Input should be 'skip' or 'even_split'"},
    {&one, "x", NULL, "Input should be 'prometheus'"},
    {&scalar, "1", "1", NULL},
    {&scalar, "0.70", "0.7", NULL},
    {&scalar, "yes", "true", NULL},
    {&scalar, "'1'", "1", NULL},
    {&scalar, "~", NULL, "Input should be a valid number, string or boolean"},
    {&scalar, "[]", NULL, "Input should be a valid number, string or boolean"},
};

static const uint32_t result_types[] = {
    [CG_OPTION_STRING] = CG_CONFIG_STRING,   [CG_OPTION_INT] = CG_CONFIG_INT,       [CG_OPTION_BOOL] = CG_CONFIG_BOOL,
    [CG_OPTION_DECIMAL] = CG_CONFIG_DECIMAL, [CG_OPTION_CHOICE] = CG_CONFIG_STRING,
};

Test(coerce, table) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_document *document = new_document();
        struct cg_config *node = NULL;
        const char *problem = NULL;
        const struct cg_option *option = cases[i].option;
        cr_assert_eq(cg_yaml_parse(document, cases[i].text, strlen(cases[i].text), &node), CG_OK, "%s", cases[i].text);
        const struct cg_config before = *node;
        cg_status status = cg_coerce(node, option->type, option, 0, &problem);
        cr_expect_eq(status, cases[i].problem ? CG_INVALID : CG_OK, "type %u, %s: status %d %s", option->type,
                     cases[i].text, status, problem ? problem : "");
        if (status == CG_OK && cases[i].value) {
            cr_expect_str_eq(node->text, cases[i].value, "type %u, %s: %s", option->type, cases[i].text, node->text);
            if (option->type != CG_OPTION_SCALAR)
                cr_expect_eq(node->type, result_types[option->type], "type %u, %s", option->type, cases[i].text);
        }
        if (status == CG_INVALID && cases[i].problem) {
            cr_expect_str_eq(problem, cases[i].problem, "type %u, %s: %s", option->type, cases[i].text, problem);
            cr_expect_eq(memcmp(&before, node, sizeof before), 0, "%s: changed", cases[i].text);
        }
        free_document(document);
    }
}

Test(coerce, rules_of_the_programs_own_options) {
    struct cg_document *document = new_document();
    struct cg_config *node = cg_config_new(document, CG_CONFIG_NULL, 1, 1);
    const char *problem = NULL;
    cr_assert_eq(cg_config_set_integer(node, 0), CG_OK);
    cr_expect_eq(cg_coerce(node, CG_OPTION_INT, &bounded, CG_COERCE_POSITIVE, &problem), CG_INVALID);
    cr_expect_str_eq(problem, "Input should be greater than 0");
    cr_expect_eq(cg_coerce(node, CG_OPTION_STRING, &string, CG_COERCE_PATH, &problem), CG_INVALID);
    cr_expect_str_eq(problem, "Input is not a valid path for <class 'pathlib.Path'>");
    free_document(document);
}

/* 0: refused; 1: fine for metrics only; 2: fine where credentials go. */
static const struct {
    const char *url;
    int fine;
} urls[] = {
    {"https://api.example", 2},
    {"HTTPS://api.example:443/x?y=1#z", 2},
    {"https://[2001:db8::1]:8443/", 2},
    {"http://localhost", 2},
    {"http://LOCALHOST:9090/x", 2},
    {"http://127.0.0.1:1", 2},
    {"http://127.255.0.1", 2},
    {"http://[::1]:9090", 2},
    {"http://prom:9090", 1},
    {"http://10.0.0.1", 1},
    {"http://128.0.0.1", 1},
    {"http://127.1", 1},
    {"http://127.0.0.1.evil.example", 1},
    {"http://localhost.evil.example", 1},
    {"http://[::2]", 1},
    {"http://localhost@evil.example", 1},
    {"http://localhost:80@evil.example", 1},
    {"http://u:p@localhost", 1},
    {"http://evil.example\\@localhost", 0},
    {"https://a b", 0},
    {"https://\xC3\xA9.example", 0},
    {"https://", 0},
    {"https:///path", 0},
    {"https://:80", 0},
    {"https://h:0", 0},
    {"https://h:65536", 0},
    {"https://h:8x", 0},
    {"https://h:", 0},
    {"https://[::1", 0},
    {"https://[]", 0},
    {"https://[::1]x", 0},
    {"ftp://h", 0},
    {"h:9090", 0},
    {"//h", 0},
    {"${PROM}", 0},
    {"", 0},
};

Test(coerce, urls) {
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        cr_expect_eq(cg_url_problem(urls[i].url) == NULL, urls[i].fine >= 1, "%s", urls[i].url);
        cr_expect_eq(cg_url_secure_problem(urls[i].url) == NULL, urls[i].fine >= 2, "%s", urls[i].url);
    }
    cr_expect_str_eq(cg_url_problem("h:9090"), URL_START);
}
