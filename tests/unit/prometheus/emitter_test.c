/* Which samples rows become, and what the emitter does when they cannot be shown. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <chitragupt/plugin.h>
#include <chitragupt/test_exposition.h>
#include <chitragupt/test_host.h>

#include "families.h"

#define SMK "self_managed_kafka"
#define DAY INT64_C(1768435200000000) /* 2026-01-15 */

static struct cg_test_host test;
static struct cg_test_exposition page;
static void *instance;

static const struct cg_emitter *emitter(void) {
    return cg_plugin_register_prometheus()->factory;
}

static const struct cg_emitter_spec spec = {
    .struct_size = sizeof spec, .name = "prometheus", .tenant_name = "tenant-a", .tenant_id = "acme", .ecosystem = SMK};

static void setup(void) {
    cg_test_host_init(&test);
    cg_test_exposition_init(&page, &test.host);
    instance = NULL;
}

static void teardown(void) {
    emitter()->destroy(instance);
    cg_test_exposition_done(&page);
    cg_test_host_done(&test);
}

TestSuite(prometheus_emitter, .init = setup, .fini = teardown);

static void create(void) {
    cr_assert_eq(emitter()->create(&test.host, &spec, &instance), CG_OK, "%s", test.error);
}

static cg_status begin(const char *pipeline, const char *date) {
    const struct cg_emission emission = {
        .struct_size = sizeof emission, .pipeline = pipeline, .date = date, .date_time = DAY};
    return emitter()->begin(instance, &emission);
}

static void begin_well(const char *pipeline) {
    cr_assert_eq(begin(pipeline, "2026-01-15"), CG_OK, "%s", test.error);
}

static void finish_well(void) {
    cr_assert_eq(emitter()->finish(instance), CG_OK, "%s", test.error);
}

static void check_sample(size_t index, const char *family, const char *labels, const char *amount) {
    cr_assert_lt(index, page.sample_count);
    const struct cg_test_sample *sample = &page.samples[index];
    cr_assert_str_eq(sample->family, family);
    cr_assert_str_eq(sample->labels, labels);
    cr_assert_str_eq(sample->amount, amount);
    cr_assert_str_eq(sample->date, "2026-01-15");
}

/* ---- rows ---- */

static const struct cg_emitted_row chargebacks[] = {
    {.struct_size = sizeof(struct cg_emitted_row),
     .ecosystem = SMK,
     .tenant_id = "acme",
     .timestamp = DAY + 3600000000,
     .env_id = "env-1",
     .resource_id = "kafka-1",
     .product_category = "kafka",
     .product_type = "SELF_KAFKA_COMPUTE",
     .identity_id = "User:alice",
     .cost_type = "usage",
     .amount = "0.30000000000000004000",
     .allocation_method = "usage_ratio",
     .allocation_detail = "usage_ratio_allocation"},
    {.struct_size = sizeof(struct cg_emitted_row),
     .ecosystem = SMK,
     .tenant_id = "acme",
     .timestamp = DAY,
     .env_id = "",
     .product_category = "kafka",
     .product_type = "PROMO_CREDIT",
     .identity_id = "User:\xc3\xa9\n\"x\"\\",
     .cost_type = "shared",
     .amount = "-1.23456789012345678E-7"},
};
static const struct cg_emitted_row *const chargeback_list[] = {&chargebacks[0], &chargebacks[1]};

Test(prometheus_emitter, chargebacks) {
    create();
    begin_well(CG_PIPELINE_CHARGEBACK);
    cr_assert_eq(emitter()->rows(instance, chargeback_list, 2), CG_OK, "%s", test.error);
    cr_assert_eq(page.sample_count, 0, "shown before it is whole");
    finish_well();
    cr_assert_eq(page.sample_count, 2);
    check_sample(0, "chitragupta_chargeback_amount",
                 "allocation_method=\"usage_ratio\",cost_type=\"usage\",ecosystem=\"self_managed_kafka\","
                 "identity_id=\"User:alice\",product_type=\"SELF_KAFKA_COMPUTE\",resource_id=\"kafka-1\","
                 "tenant_id=\"acme\"",
                 "0.30000000000000004000");
    check_sample(1, "chitragupta_chargeback_amount",
                 "allocation_method=\"\",cost_type=\"shared\",ecosystem=\"self_managed_kafka\","
                 "identity_id=\"User:\xc3\xa9\n\"x\"\\\",product_type=\"PROMO_CREDIT\",resource_id=\"\","
                 "tenant_id=\"acme\"",
                 "-1.23456789012345678E-7");
    cr_assert_str_eq(page.samples[0].pipeline, "chargeback");
}

Test(prometheus_emitter, billing_lines) {
    const struct cg_emitted_billing_row row = {.struct_size = sizeof row,
                                               .ecosystem = "confluent_cloud",
                                               .tenant_id = "acme",
                                               .timestamp = DAY,
                                               .env_id = "env-1",
                                               .resource_id = "lkc-1",
                                               .product_type = "KAFKA_STORAGE",
                                               .product_category = "KAFKA",
                                               .quantity = "72",
                                               .unit_price = "0.1",
                                               .total_cost = "-7.200",
                                               .currency = "USD",
                                               .granularity = "daily"};
    const struct cg_emitted_billing_row *const list[] = {&row};
    create();
    begin_well(CG_PIPELINE_BILLING);
    cr_assert_eq(emitter()->billing_rows(instance, list, 1), CG_OK, "%s", test.error);
    finish_well();
    cr_assert_eq(page.sample_count, 1);
    check_sample(0, "chitragupta_billing_amount",
                 "ecosystem=\"confluent_cloud\",product_category=\"KAFKA\",product_type=\"KAFKA_STORAGE\","
                 "resource_id=\"lkc-1\",tenant_id=\"acme\"",
                 "-7.200");
}

Test(prometheus_emitter, resources_and_identities) {
    const struct cg_emitted_resource resource = {.struct_size = sizeof resource,
                                                 .ecosystem = SMK,
                                                 .tenant_id = "acme",
                                                 .resource_id = "kafka-1:topic:a\"b\\c",
                                                 .resource_type = "topic"};
    const struct cg_emitted_identity identity = {.struct_size = sizeof identity,
                                                 .ecosystem = SMK,
                                                 .tenant_id = "acme",
                                                 .identity_id = "UNALLOCATED",
                                                 .identity_type = "system",
                                                 .display_name = "Unallocated Costs"};
    const struct cg_emitted_resource *const resources[] = {&resource};
    const struct cg_emitted_identity *const identities[] = {&identity};
    create();
    begin_well(CG_PIPELINE_RESOURCES);
    cr_assert_eq(emitter()->resource_rows(instance, resources, 1), CG_OK, "%s", test.error);
    finish_well();
    begin_well(CG_PIPELINE_IDENTITIES);
    cr_assert_eq(emitter()->identity_rows(instance, identities, 1), CG_OK, "%s", test.error);
    finish_well();
    cr_assert_eq(page.sample_count, 2);
    check_sample(0, "chitragupta_resource_active",
                 "ecosystem=\"self_managed_kafka\",resource_id=\"kafka-1:topic:a\"b\\c\",resource_type=\"topic\","
                 "tenant_id=\"acme\"",
                 "1");
    check_sample(1, "chitragupta_identity_active",
                 "ecosystem=\"self_managed_kafka\",identity_id=\"UNALLOCATED\",identity_type=\"system\","
                 "tenant_id=\"acme\"",
                 "1");
}

Test(prometheus_emitter, topics) {
    const struct cg_emitted_topic_row row = {.struct_size = sizeof row,
                                             .ecosystem = "confluent_cloud",
                                             .tenant_id = "acme",
                                             .timestamp = DAY,
                                             .env_id = "",
                                             .cluster_resource_id = "lkc-1",
                                             .topic_name = "orders",
                                             .product_category = "KAFKA",
                                             .product_type = "KAFKA_STORAGE",
                                             .attribution_method = "bytes_ratio",
                                             .amount = "2.1875"};
    const struct cg_emitted_topic_row *const list[] = {&row};
    create();
    begin_well(CG_PIPELINE_TOPICS);
    cr_assert_eq(emitter()->topic_rows(instance, list, 1), CG_OK, "%s", test.error);
    finish_well();
    cr_assert_eq(page.sample_count, 1);
    check_sample(0, "chitragupta_topic_attribution_amount",
                 "attribution_method=\"bytes_ratio\",cluster_resource_id=\"lkc-1\",ecosystem=\"confluent_cloud\","
                 "env_id=\"\",product_category=\"KAFKA\",product_type=\"KAFKA_STORAGE\",tenant_id=\"acme\","
                 "topic_name=\"orders\"",
                 "2.1875");
}

Test(prometheus_emitter, ten_thousand_rows) {
    static struct cg_emitted_row rows[500];
    static const struct cg_emitted_row *list[500];
    static char names[500][32];
    create();
    begin_well(CG_PIPELINE_CHARGEBACK);
    for (size_t batch = 0; batch < 20; batch++) {
        for (size_t i = 0; i < 500; i++) {
            snprintf(names[i], sizeof names[i], "sa-%zu", batch * 500 + i);
            rows[i] = chargebacks[0];
            rows[i].identity_id = names[i];
            list[i] = &rows[i];
        }
        cr_assert_eq(emitter()->rows(instance, list, 500), CG_OK, "%s", test.error);
    }
    finish_well();
    cr_assert_eq(page.sample_count, 10000);
    cr_assert_not_null(strstr(page.samples[9999].labels, "identity_id=\"sa-9999\""));
}

/* ---- dates ---- */

Test(prometheus_emitter, a_date_replaces_itself_and_goes) {
    create();
    for (int round = 0; round < 2; round++) {
        begin_well(CG_PIPELINE_CHARGEBACK);
        cr_assert_eq(emitter()->rows(instance, chargeback_list, 2), CG_OK);
        finish_well();
        cr_assert_eq(page.sample_count, 2);
    }
    cr_assert_eq(begin(CG_PIPELINE_CHARGEBACK, "2026-01-16"), CG_OK);
    cr_assert_eq(emitter()->rows(instance, chargeback_list, 1), CG_OK);
    emitter()->abort(instance);
    cr_assert_eq(page.sample_count, 2);
    begin_well(CG_PIPELINE_CHARGEBACK);
    finish_well();
    cr_assert_eq(page.sample_count, 0);
    cr_assert_eq(page.finished, 3);
    cr_assert_eq(page.aborted, 1);
}

/* ---- failures ---- */

Test(prometheus_emitter, failures_of_the_page_are_answered) {
    page.failure = CG_TEMPORARY;
    page.fails_on = "open";
    cr_assert_eq(emitter()->create(&test.host, &spec, &instance), CG_TEMPORARY);
    cr_assert_null(instance);
    cr_assert_str_eq(test.error, "The test lets open fail.");
    page.fails_on = NULL;
    create();
    page.fails_on = "begin";
    cr_assert_eq(begin(CG_PIPELINE_CHARGEBACK, "2026-01-15"), CG_TEMPORARY);
    page.fails_on = "sample";
    begin_well(CG_PIPELINE_CHARGEBACK);
    cr_assert_eq(emitter()->rows(instance, chargeback_list, 2), CG_TEMPORARY);
    emitter()->abort(instance);
    page.fails_on = "finish";
    begin_well(CG_PIPELINE_CHARGEBACK);
    cr_assert_eq(emitter()->finish(instance), CG_TEMPORARY);
    emitter()->abort(instance);
}

Test(prometheus_emitter, an_amount_that_is_none_fails) {
    struct cg_emitted_row row = chargebacks[0];
    const struct cg_emitted_row *const list[] = {&row};
    row.amount = "NaN";
    create();
    begin_well(CG_PIPELINE_CHARGEBACK);
    cr_assert_eq(emitter()->rows(instance, list, 1), CG_INVALID);
    cr_assert_str_eq(test.error, "'NaN' is no decimal.");
    emitter()->abort(instance);
}

Test(prometheus_emitter, an_older_program_is_refused) {
    test.host.struct_size = offsetof(struct cg_host, exposition);
    cr_assert_eq(emitter()->create(&test.host, &spec, &instance), CG_PERMANENT);
    cr_assert_str_eq(test.error, "the emitter 'prometheus' needs a program that serves samples (plugin ABI 1.3)");
}

/* ---- registration and settings ---- */

Test(prometheus_emitter, registration) {
    const struct cg_registration *registration = cg_plugin_register_prometheus();
    static const char *const keys[] = {"port", "address", "directory", "keep_days", "max_mib"};
    static const char *const defaults[] = {"8000", "0.0.0.0", "data/metrics", "14", "512"};
    cr_assert_str_eq(registration->name, "prometheus");
    cr_assert_eq(registration->kind, CG_KIND_EMITTER);
    cr_assert_eq(emitter()->flags, CG_EMITTER_EXPOSES);
    cr_assert_eq(registration->option_count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_assert_str_eq(registration->options[i]->key, keys[i]);
        cr_assert_str_eq(registration->options[i]->default_text, defaults[i]);
    }
    cr_assert_eq(registration->options[0]->maximum, 65535);
    emitter()->destroy(NULL);
}

Test(prometheus_emitter, the_address_is_checked_at_the_start) {
    static const struct cg_test_setting good[] = {{"port", "8000", CG_CONFIG_INT}, {"address", "127.0.0.1", 0}};
    static const struct cg_test_setting bad[] = {{"address", "localhost:8000", 0}};
    emitter()->validate(&test.host, cg_test_config(&test, good, 2));
    cr_assert_str_eq(test.problems, "");
    emitter()->validate(&test.host, cg_test_config(&test, bad, 1));
    cr_assert_str_eq(test.problems, "address: 'localhost:8000' is not an address to listen at: it is no IPv6 address; "
                                    "when it ends with a port, write that as `port`\n");
}
