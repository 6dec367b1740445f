/* What a process that only reads databases does without. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "loaded.h"

/* A tenant with these lines below `plugin_settings`, which begins at line 5. */
#define PLUGIN(lines_) "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings:\n" lines_
#define UNSET(variable_)                                                                                \
    "Required environment variable '" variable_ "' is not set. Set the variable or provide a default: " \
    "${VAR:-default}\n"

static const struct {
    const char *name;
    const char *text;
    const char *errors;
    const char *warnings;
} cases[] = {
    {"nothing is missing", PLUGIN("      x: y\n"), "", ""},
    {"credentials",
     PLUGIN("      key: ${KEY}\n      list: [{secret: '${SECRET}'}, 'a${B}c']\n"
            "      metrics: {url: '${URL}', auth_type: basic, username: u, password: '${PASS}'}\n"),
     "", ""},
    {"a bearer token", PLUGIN("      metrics: {url: 'http://p', auth_type: bearer, bearer_token: '${T}'}\n"), "", ""},
    {"how to identify oneself", PLUGIN("      metrics: {url: 'http://p', auth_type: '${A}', password: '${T}'}\n"), "",
     ""},
    {"numbers and choices",
     PLUGIN("      metrics_step_seconds: ${STEP}\n      min_refresh_gap_seconds: ${GAP}\n"
            "      granularity_durations: {weekly: '${HOURS}'}\n      chargeback_granularity: ${G}\n"
            "      emitters: [{type: '${TYPE}', name: '${NAME}', aggregation: '${AGG}', lookback_days: '${DAYS}'}]\n"),
     "", ""},
    {"the switch of topics",
     PLUGIN("      topic_attribution:\n        enabled: ${TOPICS}\n        retention_days: ${D}\n"), "",
     "c.yaml:7: tenants.a.plugin_settings.topic_attribution.enabled: " UNSET("TOPICS")},
    {"the whole of topics", PLUGIN("      topic_attribution: ${TOPICS}\n"), "",
     "c.yaml:6: tenants.a.plugin_settings.topic_attribution: " UNSET("TOPICS")},
    {"other errors are warnings",
     PLUGIN("      metrics: {url: 'http://p', auth_type: basic}\n      metrics_step_seconds: 0\n      emitters: x\n"),
     "",
     "c.yaml:6: tenants.a.plugin_settings.metrics: username and password required for basic auth\n"
     "c.yaml:7: tenants.a.plugin_settings.metrics_step_seconds: Input should be greater than 0\n"
     "c.yaml:8: tenants.a.plugin_settings.emitters: Input should be a valid list\n"},
    {"no section", "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings: ${ALL}\n", "",
     "c.yaml:5: tenants.a.plugin_settings: " UNSET("ALL")},
    {"a list for a section", "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings: []\n", "",
     "c.yaml:5: tenants.a.plugin_settings: Input should be a valid dictionary or instance of PluginSettingsBase\n"},

    {"the database is needed",
     "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    storage: {connection_string: '${DB}'}\n",
     "c.yaml:5: tenants.a.storage.connection_string: " UNSET("DB"), ""},
    {"the tenant is needed", "tenants:\n  a:\n    ecosystem: ${E}\n    tenant_id: 7\n",
     "c.yaml:3: tenants.a.ecosystem: " UNSET("E") "c.yaml:4: tenants.a.tenant_id: Input should be a valid string\n",
     ""},
    {"the api is needed", "api: {host: '${HOST}', port: 0}\n",
     "c.yaml:1: api.host: " UNSET("HOST") "c.yaml:1: api.port: Input should be greater than or equal to 1\n", ""},
    {"only that place", "x: {tenants: {a: {plugin_settings: {k: '${K}'}}}}\n",
     "c.yaml:1: x.tenants.a.plugin_settings.k: " UNSET("K"), ""},
    {"nor one that is deeper", "tenants: {a: {ecosystem: e, tenant_id: t, y: {plugin_settings: {k: '${K}'}}}}\n",
     "c.yaml:1: tenants.a.y.plugin_settings.k: " UNSET("K"), ""},
    {"nor one that is higher", "tenants: {plugin_settings: {ecosystem: e, tenant_id: '${K}'}}\n",
     "c.yaml:1: tenants.plugin_settings.tenant_id: " UNSET("K"), ""},
};

Test(reader, starts_without_what_it_has_no_use_for) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load_as_reader(cases[i].text, NULL);
        cr_expect_str_eq(cg_buf_text(&loaded.errors), cases[i].errors, "%s: errors:\n%s", cases[i].name,
                         cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings),
                         *cases[i].errors ? cg_buf_text(&loaded.warnings) : cases[i].warnings, "%s: warnings:\n%s",
                         cases[i].name, cg_buf_text(&loaded.warnings));
        cr_expect_eq(loaded.status == CG_OK, !*cases[i].errors, "%s: %d", cases[i].name, (int)loaded.status);
        unload(&loaded);
    }
}

/* Whoever works on tenants needs all of it. */
Test(reader, others_do_not) {
    struct loaded loaded = load(PLUGIN("      key: ${KEY}\n"), NULL);
    cr_assert_eq(loaded.status, CG_INVALID);
    cr_assert_str_eq(cg_buf_text(&loaded.errors), "c.yaml:6: tenants.a.plugin_settings.key: " UNSET("KEY"));
    unload(&loaded);
}

Test(reader, a_value_that_is_not_known_is_there) {
    static const char *const variables[] = {"SET=value", NULL};
    struct loaded loaded = load_as_reader(PLUGIN("      key: ${KEY}\n      set: ${SET}\n"), variables);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_config *settings = loaded.settings->tenants[0].plugin_settings;
    cr_assert_str_eq(cg_config_text(settings, "key", ""), "${KEY}");
    cr_assert_str_eq(cg_config_text(settings, "set", ""), "value");
    unload(&loaded);
}

/* Whatever stands there, what is read of a tenant has its defaults. */
Test(reader, no_section_is_an_empty_one) {
    static const char *const wrong[] = {"[]", "~", "x", "7", "'${ALL}'", "[{a: b}]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[128];
        snprintf(text, sizeof text, "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: %s}}\n", wrong[i]);
        struct loaded loaded = load_as_reader(text, NULL);
        cr_assert_eq(loaded.status, CG_OK, "%s: %s", wrong[i], cg_buf_text(&loaded.errors));
        const struct cg_tenant_settings *tenant = &loaded.settings->tenants[0];
        cr_assert_str_eq(tenant->chargeback_granularity, "daily", "%s", wrong[i]);
        cr_assert_eq(cg_settings_duration(tenant, "daily"), 24, "%s", wrong[i]);
        cr_assert_eq(tenant->emitter_count, 0, "%s", wrong[i]);
        cr_assert_eq(cg_problems_warnings(loaded.problems), 1, "%s", wrong[i]);
        unload(&loaded);
    }
}

/* The texts of each tenant, for its status. */
Test(reader, errors_are_remembered_by_tenant) {
    struct loaded loaded = load_as_reader(
        "tenants:\n"
        "  a: {ecosystem: e, tenant_id: t, storage: {connection_string: 'sqlite:///a'}, plugin_settings: "
        "{metrics_step_seconds: x, metrics: {url: 'http://p', password: y}}}\n"
        "  b: {ecosystem: e, tenant_id: t, plugin_settings: {metrics_step_seconds: 0}}\n",
        NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    static const struct {
        size_t tenant;
        const char *text;
    } expected[] = {
        {0, "Input should be a valid integer, unable to parse string as an integer"},
        {0, "Value error, credentials provided but auth_type is 'none'"},
        {1, "Input should be greater than 0"},
    };
    const struct cg_config_lenient *error = loaded.settings->document->first_lenient;
    for (size_t i = 0; i < 3; i++, error = error->next) {
        cr_assert_not_null(error);
        cr_assert_eq(error->tenant, loaded.settings->tenants[expected[i].tenant].node);
        cr_assert_str_eq(error->text, expected[i].text);
    }
    cr_assert_null(error);
    unload(&loaded);
}
