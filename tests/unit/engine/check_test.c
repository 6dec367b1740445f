/* Options of modules, and whether costs are attributed to topics: for those who work on tenants, and for readers. */
#include "engine/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define BUNDLED CG_TEST_BINARY_DIR "/lib/chitragupt/plugins/"
#define NEEDS_METRICS                                                                                              \
    "topic_attribution.enabled=True requires a configured metrics source; set plugin_settings.metrics or disable " \
    "topic_attribution"
#define UNSET(variable_) \
    "Required environment variable '" variable_ "' is not set. Set the variable or provide a default: ${VAR:-default}"
#define CLOUD "ecosystem: confluent_cloud, tenant_id: t"
#define KEYS "ccloud_api: {key: k, secret: s}"

static struct cg_modules *modules;
static struct cg_problems *problems;
static struct cg_settings *settings;

static void start(void) {
    static const char *const paths[] = {BUNDLED "sqlite.so", BUNDLED "csv.so", BUNDLED "confluent_cloud.so"};
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, 3, NULL, &modules, &error), CG_OK, "%s", error.text);
}

static void stop(void) {
    cg_modules_free(modules);
}

TestSuite(check, .init = start, .fini = stop);

/* Loads tenants in flow style, and checks them. */
static void load(const char *tenants, uint32_t flags) {
    struct cg_environment *environment = cg_environment_new(0);
    char text[4096];
    problems = cg_problems_new();
    settings = NULL;
    snprintf(text, sizeof text, "tenants:\n  a: {%s}\n", tenants);
    cg_settings_load_text(text, strlen(text), "c.yaml", environment, flags, problems, &settings);
    if (settings)
        cr_assert_eq(cg_check_options(settings, NULL, modules, problems), CG_OK);
    cg_environment_free(environment);
}

static void unload(void) {
    cg_settings_free(settings);
    cg_problems_free(problems);
}

static const struct {
    const char *name;
    const char *tenant;
    const char *status; /* of a reader */
    const char *error;
    size_t warnings;
} readers[] = {
    {"nothing said", CLOUD ", plugin_settings: {" KEYS "}", "disabled", NULL, 0},
    {"off", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: false}}", "disabled", NULL, 0},
    {"off in a text", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: 'no'}}", "disabled", NULL, 0},
    {"off with errors", CLOUD ", plugin_settings: {topic_attribution: {enabled: false}}", "disabled", NULL, 1},
    {"on", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: true}, metrics: {url: 'http://p'}}",
     "enabled", NULL, 0},
    {"on without credentials",
     CLOUD ", plugin_settings: {ccloud_api: {key: '${KEY}', secret: '${SECRET}'}, topic_attribution: {enabled: true}, "
           "metrics: {url: '${URL}', auth_type: bearer, bearer_token: '${T}'}}",
     "enabled", NULL, 0},
    {"on without metrics", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: true}}", "config_error",
     "Value error, " NEEDS_METRICS, 1},
    {"on with wrong keys",
     CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: true, retention_days: 0}, metrics_step_seconds: "
           "x, metrics: {url: 'http://p', auth_type: basic}}",
     "config_error",
     "Input should be a valid integer, unable to parse string as an integer; Value error, username and password "
     "required for basic auth; Input should be greater than or equal to 1",
     3},
    {"on without an account",
     CLOUD ", plugin_settings: {topic_attribution: {enabled: true}, metrics: {url: 'http://p'}}", "config_error",
     "Field required", 1},
    {"not said whether", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: '${TOPICS}'}}",
     "config_error", UNSET("TOPICS"), 1},
    {"no word that says so", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: perhaps}}",
     "config_error", "Input should be a valid boolean, unable to interpret input", 1},
    {"nothing at all", CLOUD ", plugin_settings: {" KEYS ", topic_attribution: '${TOPICS}'}", "config_error",
     UNSET("TOPICS") /* and that it is no section is not told again */, 1},
    {"not even a section", CLOUD ", plugin_settings: '${ALL}'", "config_error", UNSET("ALL") "; Field required", 2},
    {"null", CLOUD ", plugin_settings: ~", "config_error",
     "Input should be a valid dictionary or instance of PluginSettingsBase; Field required", 2},
    {"an ecosystem that is not here", "ecosystem: e, tenant_id: t", "disabled", NULL, 1},
    {"one that is not here, on", "ecosystem: e, tenant_id: t, plugin_settings: {topic_attribution: {enabled: 1}}",
     "enabled", NULL, 1},
    {"one that is not here, on in words",
     "ecosystem: e, tenant_id: t, plugin_settings: {topic_attribution: {enabled: 'off'}}", "enabled", NULL, 1},
    {"one that is not here, empty", "ecosystem: e, tenant_id: t, plugin_settings: {topic_attribution: {enabled: ''}}",
     "disabled", NULL, 1},
    {"an emitter that is not here",
     CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: true}, metrics: {url: 'http://p'}, emitters: "
           "[{type: fax}]}",
     "enabled", NULL, 0},
};

Test(check, readers) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        load(readers[i].tenant, CG_SETTINGS_READER);
        cr_assert_not_null(settings, "%s", readers[i].name);
        const struct cg_tenant_settings *tenant = &settings->tenants[0];
        cr_expect_str_eq(tenant->topics_status, readers[i].status, "%s: %s", readers[i].name, tenant->topics_status);
        cr_expect(tenant->topics_error == readers[i].error ||
                      (tenant->topics_error && readers[i].error && strcmp(tenant->topics_error, readers[i].error) == 0),
                  "%s: %s", readers[i].name, tenant->topics_error);
        cr_expect_eq(cg_problems_errors(problems), 0, "%s", readers[i].name);
        cr_expect_eq(cg_problems_warnings(problems), readers[i].warnings, "%s: %zu", readers[i].name,
                     cg_problems_warnings(problems));
        unload();
    }
}

/* What readers do not do without. */
static const struct {
    const char *name;
    const char *tenant;
    const char *text;
} needed[] = {
    {"a driver", CLOUD ", storage: {connection_string: 'postgresql://h/d'}, plugin_settings: {" KEYS "}",
     "no module serves 'postgresql' databases; `chitragupt plugins` lists what was found"},
    {"a database", CLOUD ", storage: {connection_string: '${DB}'}", UNSET("DB")},
};

Test(check, only_some_databases_have_partitions) {
    load(CLOUD ", storage: {connection_string: 'sqlite:///a.db', partitioning: monthly}, plugin_settings: {" KEYS "}",
         CG_SETTINGS_READER);
    cr_assert_eq(cg_problems_errors(problems), 1);
    const struct cg_problem *problem = cg_problems_at(problems, 0);
    cr_assert_str_eq(problem->path, "tenants.a.storage.partitioning");
    cr_assert_eq(problem->line, 2);
    cr_assert_str_eq(problem->text, "a 'sqlite' database has no partitions; leave the key out, or write 'none'");
    unload();
}

Test(check, readers_need_their_databases) {
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        load(needed[i].tenant, CG_SETTINGS_READER);
        cr_assert_eq(cg_problems_errors(problems), 1, "%s", needed[i].name);
        cr_assert_str_eq(cg_problems_at(problems, 0)->text, needed[i].text);
        unload();
    }
}

/* A warning of a reader is an error for whoever works on the tenant. */
Test(check, workers) {
    static const struct {
        const char *tenant;
        const char *status;
        size_t errors;
    } workers[] = {
        {CLOUD ", plugin_settings: {" KEYS ", topic_attribution: {enabled: true}, metrics: {url: 'http://p'}}",
         "enabled", 0},
        {CLOUD ", plugin_settings: {" KEYS "}", "disabled", 0},
        {CLOUD ", plugin_settings: {topic_attribution: {enabled: true}}", "enabled", 1},
        {"ecosystem: e, tenant_id: t", "disabled", 1},
        {CLOUD ", plugin_settings: {" KEYS ", emitters: [{type: fax}]}", "disabled", 1},
    };
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        load(workers[i].tenant, 0);
        cr_assert_not_null(settings, "%zu", i);
        cr_expect_str_eq(settings->tenants[0].topics_status, workers[i].status, "%zu", i);
        cr_expect_null(settings->tenants[0].topics_error, "%zu", i);
        cr_expect_eq(cg_problems_errors(problems), workers[i].errors, "%zu: %zu", i, cg_problems_errors(problems));
        unload();
    }
}
