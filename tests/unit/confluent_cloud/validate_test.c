#include "options.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#define PARAMS(text_) "{\"allocator_params\": {" text_ "}}"
#define TOPICS(text_) "{\"topic_attribution\": {" text_ "}}"
#define SUM "allocator_params kafka_cku_usage_ratio + kafka_cku_shared_ratio must sum to 1.0, got "
#define NO_NAME(key_, name_)                       \
    ": metric_name_overrides['" key_ "']: '" name_ \
    "' is no metric name; expected at most 255 letters, digits, '_' and ':', the first of them no digit\n"
#define LONG16 "xxxxxxxxxxxxxxxx"
#define LONG255                                                                                              \
    LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 \
        "xxxxxxxxxxxxxxx"
#define METHODS "{'bytes_ratio', 'disabled', 'even_split', 'retained_bytes_ratio'}"

static const struct {
    const char *settings;
    const char *problems;
} rules[] = {
    {"{}", ""},
    {PARAMS("\"kafka_cku_usage_ratio\": 0.7"), ""},
    {PARAMS("\"kafka_cku_usage_ratio\": \"0.7\", \"kafka_cku_shared_ratio\": \"0.30\""), ""},
    {PARAMS("\"kafka_cku_usage_ratio\": 1, \"kafka_cku_shared_ratio\": 0"), ""},
    {PARAMS("\"kafka_cku_usage_ratio\": 0.7001"), ""},
    {PARAMS("\"kafka_cku_usage_ratio\": 0.70011"), "kafka_cku_usage_ratio: " SUM "1.00011\n"},
    {PARAMS("\"kafka_cku_usage_ratio\": 0.6"), "kafka_cku_usage_ratio: " SUM "0.90\n"},
    {PARAMS("\"kafka_cku_usage_ratio\": 0.8"), "kafka_cku_usage_ratio: " SUM "1.10\n"},
    {PARAMS("\"kafka_cku_shared_ratio\": 0.4"), "kafka_cku_shared_ratio: " SUM "1.10\n"},
    {PARAMS("\"kafka_cku_usage_ratio\": 1.5, \"kafka_cku_shared_ratio\": -0.5"),
     "kafka_cku_usage_ratio: allocator_params.kafka_cku_usage_ratio must be between 0 and 1, got 1.5\n"
     "kafka_cku_shared_ratio: allocator_params.kafka_cku_shared_ratio must be between 0 and 1, got -0.5\n"},
    {PARAMS("\"kafka_cku_usage_ratio\": \"most\""),
     ": allocator_params.kafka_cku_usage_ratio must be numeric, got str\n"},
    {PARAMS("\"my_ratio\": \"x\", \"my_ratios\": \"x\", \"other_ratio\": 7, \"flag_ratio\": true"),
     ": allocator_params.my_ratio must be numeric, got str\n"},
    {PARAMS("\"my_ratio\": []"), ": allocator_params.my_ratio must be numeric, got list\n"},
    {TOPICS("\"enabled\": false"), ""},
    {TOPICS("\"enabled\": true"),
     "topic_attribution.enabled: topic_attribution.enabled=True requires a configured metrics source; set "
     "plugin_settings.metrics or disable topic_attribution\n"},
    {"{\"metrics\": {\"url\": \"http://localhost:9090\"}, \"topic_attribution\": {\"enabled\": true}}", ""},
    {"{\"metrics\": null, \"topic_attribution\": {\"enabled\": true}}",
     "topic_attribution.enabled: topic_attribution.enabled=True requires a configured metrics source; set "
     "plugin_settings.metrics or disable topic_attribution\n"},
    {TOPICS("\"cost_mapping_overrides\": {\"kafka_base\": \" Even_Split\", \"KAFKA_STORAGE\": \"foo\"}"),
     ": cost_mapping_overrides['KAFKA_STORAGE']: must be one of " METHODS ", got 'foo'\n"},
    {TOPICS("\"metric_name_overrides\": {\"Topic_Bytes_In\": \"x\", \"foo\": \"x\", \"topic_bytes_out\": \"  \"}"),
     ": metric_name_overrides: unknown key 'foo', valid keys are {'topic_bytes_in', 'topic_bytes_out', "
     "'topic_retained_bytes'}\n: metric_name_overrides['topic_bytes_out']: metric name cannot be empty\n"},
    {TOPICS("\"metric_name_overrides\": {\" TOPIC_BYTES_IN \": \" _a:B9 \", \"topic_retained_bytes\": \":x\"}"), ""},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_in\": \"a{b=\\\"c\\\"}\"}"),
     NO_NAME("topic_bytes_in", "a{b=\"c\"}")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_in\": \"a)\"}"), NO_NAME("topic_bytes_in", "a)")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"a b\"}"), NO_NAME("topic_bytes_out", "a b")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"1a\"}"), NO_NAME("topic_bytes_out", "1a")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"a-b\"}"), NO_NAME("topic_bytes_out", "a-b")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"\\u00e4\"}"), NO_NAME("topic_bytes_out", "\u00e4")},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"" LONG255 "\"}"), ""},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"" LONG255 "x\"}"), NO_NAME("topic_bytes_out", LONG255)},
    {TOPICS("\"metric_name_overrides\": {\"topic_bytes_out\": \"" LONG255 "{}\"}"),
     NO_NAME("topic_bytes_out", LONG255)},
    {TOPICS("\"cost_mapping_overrides\": {\"x\": \"DISABLED \", \"\\tkafka_base\\n\": \"bytes_ratio\", \"y\": "
            "\"retained_bytes_ratio\"}"),
     ""},
    {TOPICS("\"cost_mapping_overrides\": {\"KAFKA_BASE\": \"\"}"),
     ": cost_mapping_overrides['KAFKA_BASE']: must be one of " METHODS ", got ''\n"},
    {TOPICS("\"cost_mapping_overrides\": {\"  \": \"disabled\"}"),
     ": cost_mapping_overrides['']: a product type must have 1 to 255 characters\n"},
};

Test(validate, rules) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct stage stage = {.clock = 0};
        stage_init(&stage, rules[i].settings);
        ccloud_validate(&stage.host, stage.tenant.settings);
        cr_expect_str_eq(stage_text_get(&stage.problems), rules[i].problems, "%s: got\n%s", rules[i].settings,
                         stage_text_get(&stage.problems));
        stage_done(&stage);
    }
}

static const struct cg_option *find_option(const struct cg_registration *registration, const char *key, size_t length) {
    for (uint32_t i = 0; i < registration->option_count; i++) {
        const struct cg_option *option = registration->options[i];
        if (strlen(option->key) == length && strncmp(option->key, key, length) == 0) {
            return option;
        }
    }
    return NULL;
}

const struct cg_registration *cg_plugin_register_confluent_cloud(void);

/* Every entry is whole, and its section or list comes with it. */
Test(validate, the_option_table) {
    const struct cg_registration *registration = cg_plugin_register_confluent_cloud();
    cr_assert_eq(registration->magic, CG_MODULE_MAGIC);
    cr_assert_eq(registration->kind, CG_KIND_ECOSYSTEM);
    cr_assert_str_eq(registration->name, "confluent_cloud");
    cr_assert_eq(registration->option_count, CCLOUD_OPTION_COUNT);
    for (uint32_t i = 0; i < registration->option_count; i++) {
        const struct cg_option *option = registration->options[i];
        cr_assert(option != NULL, "entry %u is missing", i);
        cr_expect_eq(option->struct_size, sizeof *option, "%s", option->key);
        cr_expect(option->type >= CG_OPTION_STRING && option->type <= CG_OPTION_URL, "%s", option->key);
        cr_expect(option->help != NULL && option->help[0] != '\0', "%s has no help", option->key);
        const char *dot = strrchr(option->key, '.');
        if (dot == NULL) {
            continue;
        }
        size_t length = (size_t)(dot - option->key);
        int of_list = option->key[length - 1] == ']';
        const struct cg_option *parent = find_option(registration, option->key, of_list ? length - 2 : length);
        cr_assert(parent != NULL, "%s has no section", option->key);
        cr_expect_eq(of_list ? parent->element : parent->type, CG_OPTION_SECTION, "%s", option->key);
    }
    cr_expect((find_option(registration, "ccloud_api.secret", 17)->flags & CG_OPTION_SECRET) != 0);
    cr_expect((find_option(registration, "flink[].secret", 14)->flags & CG_OPTION_SECRET) != 0);
}

/* One instance from its creation to its end, through the factory. */
Test(validate, the_factory) {
    const struct cg_ecosystem *factory = cg_plugin_register_confluent_cloud()->factory;
    struct cg_ecosystem_description description = {.struct_size = sizeof description};
    struct stage stage = {.clock = 0};
    void *instance = NULL;
    stage_init(&stage, NULL);
    cr_assert_eq(factory->create(&stage.host, &stage.tenant, &instance), CG_OK);
    cr_assert_eq(factory->describe(instance, &description), CG_OK);
    cr_expect_eq(description.service_count, 7);
    cr_expect_eq(factory->flags, CG_ECOSYSTEM_HAS_ENVIRONMENTS);
    cr_expect(description.fallback != NULL);
    cr_expect(description.topics == NULL);
    stage.gather.billing_start = CG_DAY_US;
    stage.gather.billing_end = 2 * CG_DAY_US;
    cr_expect_eq(factory->gather_inventory(instance, &stage.gather), CG_OK);
    cr_expect_eq(factory->gather_billing(instance, &stage.gather), CG_OK);
    cr_expect_eq(stage.open_clients, 1);
    factory->destroy(instance);
    factory->destroy(NULL);
    stage_done(&stage);
}

/* A host that knows nothing of topics has no place for them. */
Test(validate, an_older_host) {
    const struct cg_ecosystem *factory = cg_plugin_register_confluent_cloud()->factory;
    static const struct cg_topic_attribution untouched = {.struct_size = 0};
    static const struct {
        size_t size;
        int has_topics;
    } hosts[] = {{offsetof(struct cg_ecosystem_description, topics), 0},
                 {sizeof(struct cg_ecosystem_description) - 1, 0},
                 {sizeof(struct cg_ecosystem_description), 1},
                 {sizeof(struct cg_ecosystem_description) + 8, 1}};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct cg_ecosystem_description description = {.struct_size = (uint32_t)hosts[i].size, .topics = &untouched};
        struct stage stage = {.clock = 0};
        void *instance = NULL;
        stage_init(&stage, "{\"metrics\": {}, \"topic_attribution\": {\"enabled\": true}}");
        cr_assert_eq(factory->create(&stage.host, &stage.tenant, &instance), CG_OK);
        cr_assert_eq(factory->describe(instance, &description), CG_OK);
        cr_expect_eq(description.service_count, 7);
        cr_expect_eq(description.topics != &untouched, hosts[i].has_topics, "size %zu", hosts[i].size);
        factory->destroy(instance);
        stage_done(&stage);
    }
}
