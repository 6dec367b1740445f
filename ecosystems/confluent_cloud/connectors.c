#include "connectors.h"

#include "json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Places of the set of names, a power of two; it is filled to a half. */
#define NAME_PLACES 8192u

#define MODE_ACCOUNT "SERVICE_ACCOUNT"
#define MODE_KEY "KAFKA_API_KEY"

const char *ccloud_connector_id(const json_t *item, const struct ccloud_walk *walk) {
    const char *id = ccloud_json_filled(ccloud_json_object(item, "id"), "id");
    return id != NULL ? id : walk->name;
}

const char *ccloud_connector_map(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const json_t *config = ccloud_json_object(ccloud_json_object(item, "info"), "config");
    const char *account = ccloud_json_text(config, "kafka.service.account.id");
    const char *key = ccloud_json_text(config, "kafka.api.key");
    const char *mode = ccloud_json_filled(config, "kafka.auth.mode");
    const char *name = ccloud_json_filled(config, "name");
    if (mode == NULL) {
        mode = key != NULL ? MODE_KEY : account != NULL ? MODE_ACCOUNT : "UNKNOWN";
        if (key == NULL && account == NULL) {
            mapped->remark = "does not say as whom it logs in to Kafka.";
        }
    }
    struct cg_resource *resource = &mapped->resource;
    resource->display_name = name != NULL ? name : walk->name;
    resource->parent_id = walk->parent;
    uint32_t count = 0;
    mapped->fields[count++] = ccloud_text_field("kafka_auth_mode", mode);
    mapped->fields[count++] = ccloud_text_field("connector_class", ccloud_json_text(config, "connector.class"));
    mapped->fields[count++] = ccloud_text_field("env_id", walk->scope);
    if (strcmp(mode, MODE_ACCOUNT) == 0) {
        mapped->fields[count++] = ccloud_text_field("kafka_service_account_id", account);
    } else if (strcmp(mode, MODE_KEY) == 0) {
        mapped->fields[count++] = ccloud_text_field("kafka_api_key", key);
    }
    resource->field_count = count;
    return NULL;
}

/* ---- names that are ids ---- */

struct place {
    uint64_t name; /* 0: free */
    uint64_t cluster;
};

struct ccloud_connector_names {
    uint32_t count;
    int32_t clashed;
    struct place places[NAME_PLACES];
};

struct ccloud_connector_names *ccloud_connector_names_new(void) {
    return calloc(1, sizeof(struct ccloud_connector_names));
}

void ccloud_connector_names_free(struct ccloud_connector_names *names) {
    free(names);
}

/* 64 bits of a digest; never 0. */
static uint64_t digest(const char *text) {
    unsigned char bytes[crypto_hash_sha256_BYTES];
    uint64_t value = 0;
    (void)crypto_hash_sha256(bytes, (const unsigned char *)text, strlen(text));
    memcpy(&value, bytes, sizeof value);
    return value == 0 ? 1 : value;
}

int ccloud_connector_names_clash(struct ccloud_connector_names *names, const char *name, const char *cluster) {
    if (names->clashed) {
        return 0;
    }
    const struct place noted = {digest(name), digest(cluster)};
    size_t at = noted.name % NAME_PLACES;
    while (names->places[at].name != 0 && names->places[at].name != noted.name) {
        at = (at + 1) % NAME_PLACES;
    }
    if (names->places[at].name == noted.name) {
        names->clashed = names->places[at].cluster != noted.cluster;
        return names->clashed;
    }
    if (names->count < NAME_PLACES / 2) {
        names->places[at] = noted;
        names->count++;
    }
    return 0;
}
