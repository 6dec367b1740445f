#include "config/substitute.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "loaded.h"

static const struct {
    const char *text;
    const char *result;
    const char *missing; /* names joined by blanks */
    const char *empty;
} cases[] = {
    {"${A}", "valA", "", NULL},
    {"${NOPE}", NULL, "NOPE", NULL},
    {"${NOPE:-d}", "d", "", NULL},
    {"${NOPE:-}", "", "", NULL},
    {"${EMPTY}", "", "", "EMPTY"},
    {"${EMPTY:-d}", "", "", "EMPTY"},
    {"pre${A}post${NOPE:-z}", "prevalApostz", "", NULL},
    {"${NOPE:-a}b}", "ab}", "", NULL},
    {"${NOPE:-${A}}", "${A}", "", NULL},
    {"${A:-${B}}", "valA}", "", NULL},
    {"${WITH}", "x${A}y", "", NULL},
    {"$${A}", "$valA", "", NULL},
    {"\\${A}", "\\valA", "", NULL},
    {"${}", "${}", "", NULL},
    {"${A:x}", "${A:x}", "", NULL},
    {"${:-x}", "${:-x}", "", NULL},
    {"${NOPE", "${NOPE", "", NULL},
    {"$A", "$A", "", NULL},
    {"%{A}", "%{A}", "", NULL},
    {"${NOPE:-x:-y}", "x:-y", "", NULL},
    {"${NOPE:-http://h:1/p?q=1}", "http://h:1/p?q=1", "", NULL},
    {"${ A }", NULL, " A ", NULL},
    {"${NOPE-d}", NULL, "NOPE-d", NULL},
    {"${NOPE?err}", NULL, "NOPE?err", NULL},
    {"${A B}", NULL, "A B", NULL},
    {"${ONE}${TWO}${ONE}", NULL, "ONE TWO", NULL},
    {"${A${B}", NULL, "A${B", NULL},
    {"${NOPE:-a\nb}", "${NOPE:-a\nb}", "", NULL},
    {"${NOPE:-a\nb}${A}", "${NOPE:-a\nb}valA", "", NULL},
    {"${A:${A}", "${A:valA", "", NULL},
    {"$", "$", "", NULL},
    {"${", "${", "", NULL},
    {"", "", "", NULL},
    {"none", "none", "", NULL},
};

static struct cg_environment *variables(void) {
    struct cg_environment *environment = cg_environment_new(0);
    cr_assert_not_null(environment);
    cg_environment_set(environment, "A", "valA");
    cg_environment_set(environment, "EMPTY", "");
    cg_environment_set(environment, "WITH", "x${A}y");
    cg_environment_set(environment, "BYTES", "\xC3\x28");
    cg_environment_set(environment, "LONG", "0123456789");
    return environment;
}

Test(substitute, one_text) {
    struct cg_environment *environment = variables();
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_substitution found = {0};
        cr_assert_eq(cg_substitute_text(cases[i].text, strlen(cases[i].text), environment, 1000, arena, &found), CG_OK);
        struct cg_buf missing;
        cg_buf_init(&missing, 1000);
        for (size_t k = 0; k < found.missing_count; k++)
            cg_buf_printf(&missing, "%s%s", k ? " " : "", found.missing[k]);
        cr_expect_str_eq(cg_buf_text(&missing), cases[i].missing, "%s: missing '%s'", cases[i].text,
                         cg_buf_text(&missing));
        cg_buf_done(&missing);
        if (cases[i].result)
            cr_expect_str_eq(found.text, cases[i].result, "%s: '%s'", cases[i].text, found.text);
        if (cases[i].empty)
            cr_expect(found.empty_variable && strcmp(found.empty_variable, cases[i].empty) == 0, "%s", cases[i].text);
        else
            cr_expect_null(found.empty_variable, "%s", cases[i].text);
    }
    cg_arena_free(arena);
    cg_environment_free(environment);
}

Test(substitute, limits_and_encoding) {
    struct cg_environment *environment = variables();
    struct cg_arena *arena = cg_arena_new();
    struct cg_substitution found = {0};
    cr_expect_eq(cg_substitute_text("${LONG}${LONG}", 14, environment, 20, arena, &found), CG_OK);
    cr_expect_eq(cg_substitute_text("${LONG}${LONG}", 14, environment, 19, arena, &found), CG_RANGE);
    cr_expect_eq(cg_substitute_text("${BYTES}", 8, environment, 100, arena, &found), CG_OK);
    cr_expect_str_eq(found.not_utf8, "BYTES");
    cg_arena_free(arena);
    cg_environment_free(environment);
}

Test(substitute, many_unfinished_references_are_read_in_one_go) {
    static const char *const pieces[] = {"${", "${a", "${a:", "${a:-", "${a:-x\n", "${a:x ", "${:}"};
    struct cg_environment *environment = variables();
    const size_t size = (size_t)2 * 1024 * 1024;
    char *text = malloc(size + 1);
    cr_assert_not_null(text);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        const size_t length = strlen(pieces[i]);
        for (size_t at = 0; at < size; at++)
            text[at] = pieces[i][at % length];
        for (int end = 0; end < 2; end++) {
            struct cg_arena *arena = cg_arena_new();
            struct cg_substitution found = {0};
            text[size - 1] = end ? '}' : ' ';
            cr_expect_eq(cg_substitute_text(text, size, environment, 2 * size, arena, &found), CG_OK, "%s", pieces[i]);
            cg_arena_free(arena);
        }
    }
    free(text);
    cg_environment_free(environment);
}

static const struct {
    const char *text;
    size_t length;
    int32_t valid;
} encodings[] = {
    {"", 0, 1},
    {"abc", 3, 1},
    {"\xC3\xA9", 2, 1},
    {"\xC3", 1, 0},
    {"\xC0\x80", 2, 0},
    {"\xE2\x82\xAC", 3, 1},
    {"\xED\xA0\x80", 3, 0},
    {"\xF0\x9F\x98\x80", 4, 1},
    {"\xF4\x90\x80\x80", 4, 0},
    {"\x80", 1, 0},
    {"\xE0\x80\x80", 3, 0},
    {"\xFF", 1, 0},
    {"\xF0\x80\x80\x80", 4, 0},
    {"a\0b", 3, 1},
    {"\xE2\x82", 2, 0},
    {"\xF0\x9F\x98", 3, 0},
};

Test(substitute, utf8) {
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        cr_expect_eq(cg_utf8_valid(encodings[i].text, encodings[i].length), encodings[i].valid, "case %zu", i);
}

Test(substitute, every_missing_variable_of_a_file_is_told_with_its_place) {
    struct loaded loaded = load("logging:\n"
                                "  level: ${LEVEL}\n"
                                "unheard_of: [1, {x: \"${DEEP} and ${A}\"}]\n"
                                "api: {port: \"${P:-9090}\"}\n"
                                "tenants:\n"
                                "  a:\n"
                                "    ecosystem: e\n"
                                "    tenant_id: ${ID}\n"
                                "    ${KEY}: x\n"
                                "  # ${COMMENT}\n",
                                (const char *const[]){"A=1", NULL});
    cr_expect_eq(loaded.status, CG_INVALID);
    cr_expect_str_eq(
        cg_buf_text(&loaded.errors),
        "c.yaml:2: logging.level: Required environment variable 'LEVEL' is not set. Set the variable or "
        "provide a default: ${VAR:-default}\n"
        "c.yaml:3: unheard_of.1.x: Required environment variable 'DEEP' is not set. Set the variable or "
        "provide a default: ${VAR:-default}\n"
        "c.yaml:8: tenants.a.tenant_id: Required environment variable 'ID' is not set. Set the variable or "
        "provide a default: ${VAR:-default}\n",
        "%s", cg_buf_text(&loaded.errors));
    unload(&loaded);
}

Test(substitute, the_result_is_a_string_that_is_coerced) {
    struct loaded loaded = load("api: {port: \"${P:-9090}\", enable_cors: \"${C}\"}\n"
                                "features:\n"
                                "  refresh_interval: ${R:-60}\n"
                                "tenants: {a: {ecosystem: e, tenant_id: \"${N}\", plugin_settings: "
                                "{allocator_params: {x: \"${N}\"}}}}\n",
                                (const char *const[]){"C=yes", "N=7", NULL});
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_expect_eq(loaded.settings->api.port, 9090);
    cr_expect_eq(loaded.settings->api.enable_cors, 1);
    cr_expect_eq(loaded.settings->refresh_interval, 60);
    cr_expect_str_eq(loaded.settings->tenants[0].tenant_id, "7");
    const struct cg_config *param = cg_config_get(loaded.settings->tenants[0].allocator_params, "x");
    cr_expect_eq(cg_config_type(param), CG_CONFIG_STRING);
    unload(&loaded);
}
