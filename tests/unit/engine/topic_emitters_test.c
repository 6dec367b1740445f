/* Emitters of the topic overlay, from the configuration to their modules. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config/node.h"
#include "engine/check.h"
#include "engine/runtime.h"

#define BUNDLED CG_TEST_BINARY_DIR "/lib/chitragupt/plugins/"
#define OWN CG_TEST_BINARY_DIR "/tests/plugins/"

/* A tenant with some emitters of each kind, bound as a check binds it. */
struct fixture {
    struct cg_modules *modules;
    struct cg_problems *problems;
    struct cg_settings *settings;
    struct cg_runtime *runtime;
    struct cg_buf told; /* all problems, warnings too */
    cg_status status;
};

static void bind(struct fixture *fixture, const char *emitters, const char *topic_emitters) {
    static const char *const paths[] = {BUNDLED "sqlite.so",        BUNDLED "csv.so",
                                        BUNDLED "prometheus.so",    OWN "topics/topics_ecosystem.so",
                                        OWN "good/good_emitter.so", OWN "old/old_emitter.so"};
    struct cg_error error = {0};
    char text[4096];
    *fixture = (struct fixture){.problems = cg_problems_new()};
    cg_buf_init(&fixture->told, 65536);
    snprintf(text, sizeof text,
             "tenants:\n  acme:\n    ecosystem: topics_ecosystem\n    tenant_id: acme\n    storage:\n"
             "      connection_string: sqlite:////tmp/never-opened.db\n    plugin_settings:\n      emitters: %s\n"
             "      topic_attribution:\n        emitters: %s\n",
             emitters, topic_emitters);
    cr_assert_eq(cg_modules_open(paths, sizeof paths / sizeof *paths, NULL, &fixture->modules, &error), CG_OK, "%s",
                 error.text);
    cg_settings_load_text(text, strlen(text), "config.yaml", NULL, 0, fixture->problems, &fixture->settings);
    cr_assert_not_null(fixture->settings);
    cr_assert_eq(cg_check_options(fixture->settings, NULL, fixture->modules, fixture->problems), CG_OK);
    const struct cg_runtime_options options = {.settings = fixture->settings,
                                               .tenant = cg_settings_tenant(fixture->settings, "acme"),
                                               .modules = fixture->modules};
    fixture->status = cg_runtime_new(&options, fixture->problems, &fixture->runtime, &error);
    for (size_t i = 0; i < cg_problems_count(fixture->problems); i++) {
        const struct cg_problem *problem = cg_problems_at(fixture->problems, i);
        cg_buf_printf(&fixture->told, "%s%u %s: %s\n", problem->warning ? "warning " : "", problem->line, problem->path,
                      problem->text);
    }
}

static void release(struct fixture *fixture) {
    cg_runtime_free(fixture->runtime);
    cg_settings_free(fixture->settings);
    cg_problems_free(fixture->problems);
    cg_modules_free(fixture->modules);
    cg_buf_done(&fixture->told);
}

static const char *param(const struct cg_emitter_binding *binding, const char *key) {
    return cg_config_text(binding->settings->params, key, "none");
}

Test(topic_emitters, csv_has_defaults_of_its_own_there) {
    struct fixture fixture;
    bind(&fixture, "[{type: csv, params: {output_dir: out}}]",
         "[{type: csv}, {type: csv, aggregation: monthly, params: {output_dir: elsewhere, filename_template: x}}]");
    cr_assert_eq(fixture.status, CG_OK, "%s", cg_buf_text(&fixture.told));
    cr_assert_str_eq(cg_buf_text(&fixture.told), "");
    cr_assert_eq(fixture.runtime->emitter_count, 1);
    cr_assert_eq(fixture.runtime->topic_emitter_count, 2);
    const struct cg_emitter_binding *bindings = fixture.runtime->topic_emitters;
    cr_assert_str_eq(bindings[0].settings->name, "csv");
    cr_assert_str_eq(bindings[0].module->name, "csv");
    cr_assert_str_eq(param(&bindings[0], "output_dir"), "/tmp/topic_attribution");
    cr_assert_str_eq(param(&bindings[0], "filename_template"), "topic_attr_{tenant_id}_{date}.csv");
    cr_assert_str_eq(bindings[1].settings->name, "csv-2");
    cr_assert_str_eq(bindings[1].settings->aggregation, "monthly");
    cr_assert_str_eq(param(&bindings[1], "output_dir"), "elsewhere");
    cr_assert_str_eq(param(&bindings[1], "filename_template"), "x");
    cr_assert_str_eq(param(&fixture.runtime->emitters[0], "filename_template"), "{tenant_id}_{date}.csv");
    release(&fixture);
}

Test(topic_emitters, samples_of_both_lists_are_shown_on_one_page) {
    struct fixture fixture;
    bind(&fixture, "[{type: prometheus}]", "[{type: prometheus}]");
    cr_assert_eq(fixture.status, CG_OK, "%s", cg_buf_text(&fixture.told));
    cr_assert_str_eq(cg_buf_text(&fixture.told), "");
    cr_assert_eq(fixture.runtime->topic_emitter_count, 1);
    release(&fixture);
}

Test(topic_emitters, none_are_fine) {
    struct fixture fixture;
    bind(&fixture, "[]", "[]");
    cr_assert_eq(fixture.status, CG_OK, "%s", cg_buf_text(&fixture.told));
    cr_assert_eq(fixture.runtime->topic_emitter_count, 0);
    release(&fixture);
}

static const struct {
    const char *name;
    const char *emitters;
    const char *topic_emitters;
    cg_status status;
    const char *told; /* a part of it */
} cases[] = {
    {"an unknown type", "[]", "[{type: teleprinter}]", CG_INVALID,
     "10 tenants.acme.plugin_settings.topic_attribution.emitters.0: Unknown emitter type 'teleprinter'. Available: "
     "csv, good_emitter, old_emitter"},
    {"a module that takes no topics", "[{type: good_emitter}]", "[{type: csv}, {type: good_emitter}]", CG_INVALID,
     "10 tenants.acme.plugin_settings.topic_attribution.emitters.1.type: emitter type 'good_emitter' takes no topic "
     "rows; only a module with topic_rows (plugin ABI 1.1) can stand here\n"},
    {"a module that was built before there were topics", "[{type: old_emitter}]", "[{type: old_emitter}]", CG_INVALID,
     "10 tenants.acme.plugin_settings.topic_attribution.emitters.0.type: emitter type 'old_emitter' takes no topic "
     "rows; only a module with topic_rows (plugin ABI 1.1) can stand here\n"},
    {"params of the wrong type", "[]", "[{type: csv, params: {output_dir: [1]}}]", CG_INVALID,
     "topic_attribution.emitters.0.params.output_dir"},
    {"params that the module refuses", "[]", "[{type: csv, params: {filename_template: '{weather}.csv'}}]", CG_INVALID,
     "topic_attribution.emitters.0.params.filename_template: the placeholder {weather} is unknown"},
    {"an unknown param", "[]", "[{type: csv, params: {outputdir: x}}]", CG_OK,
     "warning 10 tenants.acme.plugin_settings.topic_attribution.emitters.0.params: unknown key 'outputdir' is ignored; "
     "did you mean 'output_dir'?"},
    {"a name given twice", "[]", "[{type: csv, name: a}, {type: csv, name: a}]", CG_INVALID,
     "topic_attribution.emitters.1.name: Emitter name 'a' is used more than once"},
    {"no entry", "[]", "[7]", CG_INVALID, "topic_attribution.emitters.0: "},
    {"twins", "[]", "[{type: csv}, {type: csv}]", CG_OK,
     "warning 10 tenants.acme.plugin_settings.topic_attribution.emitters.1: emitters 'csv' and 'csv-2' have the same "
     "params"},
    {"a twin in the other list",
     "[{type: csv, name: a, params: {output_dir: /tmp/topic_attribution, "
     "filename_template: 'topic_attr_{tenant_id}_{date}.csv'}}]",
     "[{type: csv, name: b}]", CG_OK,
     "warning 10 tenants.acme.plugin_settings.topic_attribution.emitters.0: emitter 'b' has the same params as 'a' of "
     "plugin_settings.emitters, so each writes over what the other wrote"},
    {"twins on a page", "[{type: prometheus}, {type: prometheus}]", "[]", CG_OK,
     "warning 8 tenants.acme.plugin_settings.emitters.1: emitters 'prometheus' and 'prometheus-2' have the same "
     "params, "
     "so one page shows their samples twice; remove one of them, or give it another port\n"},
    {"an address of a page", "[]", "[{type: prometheus, params: {address: 'localhost:80'}}]", CG_INVALID,
     "topic_attribution.emitters.0.params.address: 'localhost:80' is not an address to listen at: it is no IPv6 "
     "address; when it ends with a port, write that as `port`\n"},
};

Test(topic_emitters, what_is_wrong_is_told_with_its_place) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        bind(&fixture, cases[i].emitters, cases[i].topic_emitters);
        cr_assert_eq(fixture.status, cases[i].status, "%s: %s", cases[i].name, cg_buf_text(&fixture.told));
        cr_assert_not_null(strstr(cg_buf_text(&fixture.told), cases[i].told), "%s: %s", cases[i].name,
                           cg_buf_text(&fixture.told));
        release(&fixture);
    }
}
