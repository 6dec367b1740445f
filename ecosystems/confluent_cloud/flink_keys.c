#include "flink_keys.h"

#include <stdlib.h>
#include <string.h>

static int is_space(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

int ccloud_place_name(const char *text, char *buffer, size_t size) {
    buffer[0] = '\0';
    if (text == NULL) {
        return 1;
    }
    while (is_space(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1])) {
        length--;
    }
    if (length >= size) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        buffer[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    buffer[length] = '\0';
    return 1;
}

cg_status ccloud_flink_keys_read(const struct cg_host *host, const struct cg_config *settings,
                                 struct ccloud_flink_keys *ret) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *list = config->get(settings, "flink");
    size_t count = config->type(list) == CG_CONFIG_LIST ? config->count(list) : 0;
    struct ccloud_flink_keys keys = {NULL, 0};
    if (count > 0) {
        keys.items = calloc(count, sizeof *keys.items);
        if (keys.items == NULL) {
            return CG_NO_MEMORY;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct cg_config *entry = config->at(list, i);
        struct ccloud_flink_key *key = &keys.items[keys.count];
        /* A name that is too long is the name of no region. */
        if (ccloud_place_name(config->text(entry, "region_id", NULL), key->region, sizeof key->region) &&
            key->region[0] != '\0') {
            key->key = config->text(entry, "key", NULL);
            key->secret = config->text(entry, "secret", NULL);
            key->base_url = config->text(entry, "base_url", NULL);
            keys.count++;
        }
    }
    *ret = keys;
    return CG_OK;
}

void ccloud_flink_keys_done(struct ccloud_flink_keys *keys) {
    free(keys->items);
    *keys = (struct ccloud_flink_keys){NULL, 0};
}

const struct ccloud_flink_key *ccloud_flink_keys_find(const struct ccloud_flink_keys *keys, const char *cloud,
                                                      const char *region) {
    const struct ccloud_flink_key *in_any_cloud = NULL;
    const size_t length = strlen(cloud);
    for (size_t i = keys->count; i > 0; i--) {
        const struct ccloud_flink_key *key = &keys->items[i - 1];
        if (length > 0 && strncmp(key->region, cloud, length) == 0 && key->region[length] == '.' &&
            strcmp(key->region + length + 1, region) == 0) {
            return key;
        }
        if (in_any_cloud == NULL && strcmp(key->region, region) == 0) {
            in_any_cloud = key;
        }
    }
    return in_any_cloud;
}
