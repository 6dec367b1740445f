#include "flink_keys.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *name;
    const char *settings;
    const char *cloud;
    const char *region;
    const char *key; /* "-": none */
} rows[] = {
    {"no setting", "{}", "aws", "eu-west-1", "-"},
    {"null", "{\"flink\": null}", "aws", "eu-west-1", "-"},
    {"empty", "{\"flink\": []}", "aws", "eu-west-1", "-"},
    {"the region", "{\"flink\": [{\"region_id\": \"eu-west-1\", \"key\": \"A\"}]}", "aws", "eu-west-1", "A"},
    {"trimmed and in lower case", "{\"flink\": [{\"region_id\": \" EU-West-1\\t\", \"key\": \"A\"}]}", "gcp",
     "eu-west-1", "A"},
    {"another region", "{\"flink\": [{\"region_id\": \"eu-west-2\", \"key\": \"A\"}]}", "aws", "eu-west-1", "-"},
    {"the later entry wins",
     "{\"flink\": [{\"region_id\": \"eu-west-1\", \"key\": \"A\"}, {\"region_id\": \"eu-west-1\", \"key\": \"B\"}, "
     "{\"region_id\": \"us-east-1\", \"key\": \"C\"}]}",
     "aws", "eu-west-1", "B"},
    {"with its cloud", "{\"flink\": [{\"region_id\": \"AWS.eu-west-1\", \"key\": \"A\"}]}", "aws", "eu-west-1", "A"},
    {"with another cloud", "{\"flink\": [{\"region_id\": \"aws.eu-west-1\", \"key\": \"A\"}]}", "gcp", "eu-west-1",
     "-"},
    {"with a cloud that is longer", "{\"flink\": [{\"region_id\": \"aws.eu-west-1\", \"key\": \"A\"}]}", "aws.eu",
     "west-1", "-"},
    {"the cloud counts more than the order",
     "{\"flink\": [{\"region_id\": \"aws.eu-west-1\", \"key\": \"A\"}, {\"region_id\": \"eu-west-1\", \"key\": "
     "\"B\"}]}",
     "aws", "eu-west-1", "A"},
    {"the later entry with the cloud wins",
     "{\"flink\": [{\"region_id\": \"aws.eu-west-1\", \"key\": \"A\"}, {\"region_id\": \"aws.eu-west-1\", \"key\": "
     "\"B\"}]}",
     "aws", "eu-west-1", "B"},
    {"a pool without region", "{\"flink\": [{\"region_id\": \" \", \"key\": \"A\"}, {\"key\": \"B\"}]}", "", "", "-"},
    {"a pool without cloud", "{\"flink\": [{\"region_id\": \".eu-west-1\", \"key\": \"A\"}]}", "", "eu-west-1", "-"},
};

Test(flink_keys, found) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage = {.clock = 0};
        struct ccloud_flink_keys keys;
        stage_init(&stage, rows[i].settings);
        cr_assert_eq(ccloud_flink_keys_read(&stage.host, stage.tenant.settings, &keys), CG_OK);
        const struct ccloud_flink_key *key = ccloud_flink_keys_find(&keys, rows[i].cloud, rows[i].region);
        cr_expect_str_eq(key == NULL ? "-" : key->key, rows[i].key, "%s", rows[i].name);
        ccloud_flink_keys_done(&keys);
        stage_done(&stage);
    }
}

Test(flink_keys, entries_keep_what_they_say) {
    struct stage stage = {.clock = 0};
    struct ccloud_flink_keys keys;
    stage_init(&stage,
               "{\"flink\": [{\"region_id\": \"r\", \"key\": \"K\", \"secret\": \"S\", \"base_url\": \"https://x\"}, "
               "{\"region_id\": \"s\", \"key\": \"L\", \"secret\": \"T\", \"base_url\": null}]}");
    cr_assert_eq(ccloud_flink_keys_read(&stage.host, stage.tenant.settings, &keys), CG_OK);
    cr_assert_eq(keys.count, 2);
    cr_expect_str_eq(keys.items[0].secret, "S");
    cr_expect_str_eq(keys.items[0].base_url, "https://x");
    cr_expect_str_eq(keys.items[1].secret, "T");
    cr_expect(keys.items[1].base_url == NULL);
    ccloud_flink_keys_done(&keys);
    stage_done(&stage);
}

Test(flink_keys, a_name_that_is_too_long_is_left_out) {
    struct stage stage = {.clock = 0};
    struct ccloud_flink_keys keys;
    char name[4 * CCLOUD_PLACE_SIZE];
    char settings[sizeof name + 64];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    (void)snprintf(settings, sizeof settings, "{\"flink\": [{\"region_id\": \"%s\", \"key\": \"A\"}]}", name);
    stage_init(&stage, settings);
    cr_assert_eq(ccloud_flink_keys_read(&stage.host, stage.tenant.settings, &keys), CG_OK);
    cr_expect_eq(keys.count, 0);
    ccloud_flink_keys_done(&keys);
    stage_done(&stage);
}
