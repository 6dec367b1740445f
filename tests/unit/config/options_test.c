#include "config/options.h"

#include <criterion/criterion.h>
#include <string.h>

#include "loaded.h"

/* The settings of an imaginary ecosystem: every kind of option, every way to nest them. */
#define ENTRY(key_, type_, element_, flags_, default_, minimum_, choices_)                                             \
    &(const struct cg_option) {                                                                                        \
        sizeof(struct cg_option), (type_), (element_), (flags_), (key_), (default_), (minimum_), 0, (choices_), "help" \
    }

static const struct cg_option *const table[] = {
    ENTRY("cluster_id", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY, NULL, 0, NULL),
    ENTRY("broker_count", CG_OPTION_INT, 0, CG_OPTION_MIN, "3", 1, NULL),
    ENTRY("region", CG_OPTION_STRING, 0, CG_OPTION_NULLABLE, NULL, 0, NULL),
    ENTRY("cloud_api", CG_OPTION_SECTION, 0, 0, NULL, 0, NULL),
    ENTRY("cloud_api.url", CG_OPTION_URL, 0, 0, "https://api.example", 0, NULL),
    ENTRY("cloud_api.key", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("cloud_api.secret", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED | CG_OPTION_SECRET, NULL, 0, NULL),
    ENTRY("cost_model", CG_OPTION_SECTION, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("cost_model.rate", CG_OPTION_DECIMAL, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("cost_model.regions", CG_OPTION_MAP, CG_OPTION_SECTION, 0, "{}", 0, NULL),
    ENTRY("cost_model.regions.*.rate", CG_OPTION_DECIMAL, 0, CG_OPTION_NULLABLE, NULL, 0, NULL),
    ENTRY("overlay", CG_OPTION_SECTION, 0, 0, NULL, 0, NULL),
    ENTRY("overlay.enabled", CG_OPTION_BOOL, 0, 0, "false", 0, NULL),
    ENTRY("overlay.patterns", CG_OPTION_LIST, CG_OPTION_STRING, 0, "[__a, 'b-*']", 0, NULL),
    ENTRY("overlay.deep", CG_OPTION_SECTION, 0, 0, NULL, 0, NULL),
    ENTRY("overlay.deep.mode", CG_OPTION_CHOICE, 0, CG_OPTION_LOWER, "skip", 0, "skip|even_split"),
    ENTRY("overlay.methods", CG_OPTION_MAP, CG_OPTION_CHOICE, CG_OPTION_LOWER, "{}", 0, "x|y"),
    ENTRY("optional", CG_OPTION_SECTION, 0, CG_OPTION_NULLABLE, NULL, 0, NULL),
    ENTRY("optional.size", CG_OPTION_INT, 0, 0, "7", 0, NULL),
    ENTRY("bare", CG_OPTION_SECTION, 0, 0, NULL, 0, NULL),
    ENTRY("bare.x", CG_OPTION_INT, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("flink", CG_OPTION_LIST, CG_OPTION_SECTION, CG_OPTION_NULLABLE, NULL, 0, NULL),
    ENTRY("flink[].region_id", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("flink[].secret", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED | CG_OPTION_SECRET, NULL, 0, NULL),
    ENTRY("flink[].quantity", CG_OPTION_SECTION, 0, 0, NULL, 0, NULL),
    ENTRY("flink[].quantity.count", CG_OPTION_INT, 0, CG_OPTION_MIN, "1", 1, NULL),
    ENTRY("types", CG_OPTION_LIST, CG_OPTION_INT, CG_OPTION_NON_EMPTY | CG_OPTION_MIN, NULL, 1, NULL),
    ENTRY("matrix", CG_OPTION_LIST, CG_OPTION_LIST, 0, NULL, 0, NULL),
    ENTRY("matrix[]", CG_OPTION_LIST, CG_OPTION_INT, CG_OPTION_NON_EMPTY, NULL, 0, NULL),
    ENTRY("free", CG_OPTION_SCALAR, 0, 0, NULL, 0, NULL),
};

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))
#define OPTION_COUNT (sizeof table / sizeof(struct cg_option *))
#define HEAD "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings:\n"
#define GOOD HEAD "      cluster_id: c\n      cost_model: {rate: '0.5'}\n"
#define P "tenants.a.plugin_settings"

static const struct {
    const char *name;
    const char *text;
    const char *errors;
    const char *warnings;
} cases[] = {
    {"good", GOOD, "", ""},
    {"nothing given", HEAD "      min_refresh_gap_seconds: 1\n",
     "c.yaml:5: " P ".cluster_id: Field required\nc.yaml:5: " P ".cost_model: Field required\n", ""},
    {"wrong values",
     GOOD "      broker_count: 0\n      cloud_api: {url: 'http://api.example', key: 1}\n      region: []\n",
     "c.yaml:8: " P ".broker_count: Input should be greater than or equal to 1\n"
     "c.yaml:9: " P ".cloud_api.url: Input should be a URL that starts with https://; http:// would send credentials "
     "unencrypted and is accepted only for this machine (localhost, 127.0.0.0/8, [::1])\n"
     "c.yaml:9: " P ".cloud_api.key: Input should be a valid string\n"
     "c.yaml:9: " P ".cloud_api.secret: Field required\n"
     "c.yaml:10: " P ".region: Input should be a valid string\n",
     ""},
    {"a map of sections",
     HEAD
     "      cluster_id: c\n      cost_model:\n        rate: 1\n        regions: {eu: {rate: x, rat: 1}, aws.us: 3}\n",
     "c.yaml:9: " P ".cost_model.regions.eu.rate: Input should be a valid decimal\n"
     "c.yaml:9: " P ".cost_model.regions.aws.us: Input should be a valid dictionary\n",
     "c.yaml:9: " P ".cost_model.regions.eu: unknown key 'rat' is ignored; did you mean 'rate'?\n"},
    {"a list of sections",
     GOOD "      flink:\n        - {region_id: r, secret: s, colour: x}\n        - {}\n        - r\n",
     "c.yaml:10: " P ".flink.1.region_id: Field required\n"
     "c.yaml:10: " P ".flink.1.secret: Field required\n"
     "c.yaml:11: " P ".flink.2: Input should be a valid dictionary\n",
     "c.yaml:9: " P ".flink.0: unknown key 'colour' is ignored\n"},
    {"lists", GOOD "      types: []\n      matrix: [[1], [], [x], 3]\n",
     "c.yaml:8: " P ".types: List should have at least 1 item after validation, not 0\n"
     "c.yaml:9: " P ".matrix.1: List should have at least 1 item after validation, not 0\n"
     "c.yaml:9: " P ".matrix.2.0: Input should be a valid integer, unable to parse string as an integer\n"
     "c.yaml:9: " P ".matrix.3: Input should be a valid list\n",
     ""},
    {"elements", GOOD "      types: [1, 0, 2]\n      overlay: {methods: {A: X, B: z}}\n",
     "c.yaml:8: " P ".types.1: Input should be greater than or equal to 1\n"
     "c.yaml:9: " P ".overlay.methods.B: Input should be 'x' or 'y'\n",
     ""},
    {"nulls", GOOD "      region:\n      flink:\n      optional:\n      broker_count:\n      overlay:\n",
     "c.yaml:11: " P ".broker_count: Input should be a valid integer\n"
     "c.yaml:12: " P ".overlay: Input should be a valid dictionary\n",
     ""},
    {"free scalars", GOOD "      free: 2026-01-01\n",
     "c.yaml:8: " P ".free.float: Input should be a valid number\n"
     "c.yaml:8: " P ".free.int: Input should be a valid integer\n"
     "c.yaml:8: " P ".free.str: Input should be a valid string\n"
     "c.yaml:8: " P ".free.bool: Input should be a valid boolean\n",
     ""},
    {"unknown keys",
     GOOD "      clusterid: x\n      emiters: []\n      broker-count: 3\n      overlay: {enable: yes}\n", "",
     "c.yaml:8: " P ": unknown key 'clusterid' is ignored; did you mean 'cluster_id'?\n"
     "c.yaml:9: " P ": unknown key 'emiters' is ignored; did you mean 'emitters'?\n"
     "c.yaml:10: " P ": unknown key 'broker-count' is ignored; did you mean 'broker_count'?\n"
     "c.yaml:11: " P ".overlay: unknown key 'enable' is ignored; did you mean 'enabled'?\n"},
    {"given without members", GOOD "      bare: {}\n", "c.yaml:8: " P ".bare.x: Field required\n", ""},
};

Test(options, problems_of_a_modules_settings) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loaded loaded = load(cases[i].text, NULL);
        cr_assert_eq(loaded.status, CG_OK, "%s: %s", cases[i].name, cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), "", "%s: %s", cases[i].name, cg_buf_text(&loaded.warnings));
        cg_status status = cg_settings_apply_options(loaded.settings, &loaded.settings->tenants[0], table, OPTION_COUNT,
                                                     loaded.problems);
        refresh(&loaded);
        cr_expect_str_eq(cg_buf_text(&loaded.errors), cases[i].errors, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), cases[i].warnings, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.warnings));
        cr_expect_eq(status, *cases[i].errors ? CG_INVALID : CG_OK, "%s: status %d", cases[i].name, status);
        unload(&loaded);
    }
}

Test(options, defaults_become_nodes) {
    struct loaded loaded = load(GOOD "      flink: [{region_id: r, secret: s}]\n", NULL);
    cr_assert_eq(loaded.status, CG_OK);
    struct cg_tenant_settings *tenant = &loaded.settings->tenants[0];
    /* Twice, because a second look must find what the first one left. */
    for (int i = 0; i < 2; i++)
        cr_assert_eq(cg_settings_apply_options(loaded.settings, tenant, table, OPTION_COUNT, loaded.problems), CG_OK);
    const struct cg_config *settings = tenant->plugin_settings;
    static const struct {
        const char *path;
        uint32_t type;
        const char *text;
    } expected[] = {
        {"broker_count", CG_CONFIG_INT, "3"},
        {"region", CG_CONFIG_NULL, "-"},
        {"cloud_api.url", CG_CONFIG_STRING, "https://api.example"},
        {"cloud_api.key", CG_CONFIG_NULL, "-"},
        {"cost_model.rate", CG_CONFIG_DECIMAL, "0.5"},
        {"cost_model.regions", CG_CONFIG_MAP, "-"},
        {"overlay.enabled", CG_CONFIG_BOOL, "false"},
        {"overlay.patterns.0", CG_CONFIG_STRING, "__a"},
        {"overlay.patterns.1", CG_CONFIG_STRING, "b-*"},
        {"overlay.deep.mode", CG_CONFIG_STRING, "skip"},
        {"optional", CG_CONFIG_NULL, "-"},
        {"bare", CG_CONFIG_NULL, "-"},
        {"flink.0.quantity.count", CG_CONFIG_INT, "1"},
        {"matrix", CG_CONFIG_NULL, "-"},
    };
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct cg_config *node = cg_config_get(settings, expected[i].path);
        cr_expect_eq(cg_config_type(node), expected[i].type, "%s: type %u", expected[i].path, cg_config_type(node));
        cr_expect_str_eq(cg_config_text(node, "", "-"), expected[i].text, "%s", expected[i].path);
    }
    cr_expect_eq(cg_config_count(cg_config_get(settings, "overlay")), 4);
    cr_expect(cg_config_get(settings, "flink.0.secret")->flags & CG_NODE_SECRET);
    cr_expect_eq(cg_config_line(settings, "overlay.deep.mode"), 5);
    unload(&loaded);
}

Test(options, a_nullable_section_is_completed_when_it_is_given) {
    struct loaded loaded = load(GOOD "      optional: {}\n", NULL);
    struct cg_tenant_settings *tenant = &loaded.settings->tenants[0];
    cr_assert_eq(cg_settings_apply_options(loaded.settings, tenant, table, OPTION_COUNT, loaded.problems), CG_OK);
    cr_expect_eq(cg_config_integer(tenant->plugin_settings, "optional.size", 0), 7);
    unload(&loaded);
}

static const struct cg_option *const params[] = {
    ENTRY("output_dir", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED, NULL, 0, NULL),
    ENTRY("filename_template", CG_OPTION_STRING, 0, 0, "{tenant_id}_{date}.csv", 0, NULL),
};

Test(options, parameters_of_an_emitter) {
    struct loaded loaded =
        load(GOOD "      emitters: [{type: csv, params: {output_dir: /x}}, {type: csv, params: {dir: x}}]\n", NULL);
    cr_assert_eq(loaded.status, CG_OK);
    struct cg_emitter_settings *emitters = loaded.settings->tenants[0].emitters;
    cr_expect_eq(cg_settings_apply_emitter_options(loaded.settings, &emitters[0], params, 2, loaded.problems), CG_OK);
    cr_expect_str_eq(cg_config_text(emitters[0].params, "filename_template", ""), "{tenant_id}_{date}.csv");
    cr_expect_eq(cg_settings_apply_emitter_options(loaded.settings, &emitters[1], params, 2, loaded.problems),
                 CG_INVALID);
    refresh(&loaded);
    cr_expect_str_eq(cg_buf_text(&loaded.errors), "c.yaml:8: " P ".emitters.1.params.output_dir: Field required\n");
    cr_expect_str_eq(cg_buf_text(&loaded.warnings),
                     "c.yaml:8: " P ".emitters.1.params: unknown key 'dir' is ignored\n");
    unload(&loaded);
}

Test(options, a_further_list_of_emitters) {
    struct loaded loaded =
        load(GOOD "      overlay:\n        emitters:\n          - {type: csv}\n          - {type: csv}\n"
                  "      bad: [{type: csv, aggregation: hourly, color: x}, {}]\n",
             NULL);
    cr_assert_eq(loaded.status, CG_OK);
    const struct cg_config *settings = loaded.settings->tenants[0].plugin_settings;
    struct cg_emitter_settings *emitters = NULL;
    size_t count = 9;
    cr_expect_eq(cg_settings_read_emitters(loaded.settings, NULL, "daily", loaded.problems, &emitters, &count), CG_OK);
    cr_expect_eq(count, 0);
    const struct cg_config *list = cg_config_get(settings, "overlay.emitters");
    cr_assert_eq(cg_settings_read_emitters(loaded.settings, list, "daily", loaded.problems, &emitters, &count), CG_OK);
    cr_expect_eq(count, 2);
    cr_expect_str_eq(emitters[1].name, "csv-2");
    cr_expect_eq(cg_config_type(emitters[1].params), CG_CONFIG_MAP);
    list = cg_config_get(settings, "bad");
    cr_expect_eq(cg_settings_read_emitters(loaded.settings, list, "daily", loaded.problems, &emitters, &count),
                 CG_INVALID);
    refresh(&loaded);
    cr_expect_str_eq(cg_buf_text(&loaded.errors), "c.yaml:12: " P ".bad.1.type: Field required\n", "%s",
                     cg_buf_text(&loaded.errors));
    cr_expect_str_eq(cg_buf_text(&loaded.warnings), "c.yaml:12: " P ".bad.0: unknown key 'color' is ignored\n");
    unload(&loaded);
}

Test(options, problems_of_a_modules_own_rules) {
    struct loaded loaded = load(GOOD, NULL);
    const struct cg_config *settings = loaded.settings->tenants[0].plugin_settings;
    cg_settings_collect(loaded.settings, loaded.problems);
    cg_config_api_table.problem(NULL, settings, "cost_model.rate", "is %s", "odd");
    cg_settings_collect(loaded.settings, NULL);
    cg_config_api_table.problem(NULL, settings, "cost_model.rate", "nobody listens");
    refresh(&loaded);
    cr_expect_str_eq(cg_buf_text(&loaded.errors), "c.yaml:7: " P ".cost_model.rate: is odd\n");
    unload(&loaded);
}

static const struct {
    const char *left;
    const char *right;
    size_t distance;
} distances[] = {
    {"", "", 0},       {"a", "", 1},       {"abc", "abc", 0},        {"abc", "abd", 1},
    {"abc", "acb", 1}, {"abc", "ab", 1},   {"kitten", "sitting", 3}, {"ab", "ba", 1},
    {"abcd", "", 4},   {"x", "abcdef", 6},
};

Test(options, edit_distance) {
    for (size_t i = 0; i < COUNT(distances); i++) {
        size_t distance = cg_edit_distance(distances[i].left, distances[i].right, 10);
        cr_expect_eq(distance, distances[i].distance, "%s %s: %zu", distances[i].left, distances[i].right, distance);
    }
    cr_expect_eq(cg_edit_distance("kitten", "sitting", 1), 2);
    char lengthy[200];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    cr_expect_eq(cg_edit_distance("x", lengthy, 5), 6);
}
