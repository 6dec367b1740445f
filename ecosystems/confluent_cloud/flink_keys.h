/* Credentials of Flink regions, from the settings, and the names of places they go by. */
#ifndef CCLOUD_FLINK_KEYS_H
#define CCLOUD_FLINK_KEYS_H

#include <chitragupt/host.h>

/** Most bytes of a lower-cased cloud or region name, NUL included. */
#define CCLOUD_PLACE_SIZE 128

/** What may be asked of one region. The strings behind pointers belong to the settings. */
struct ccloud_flink_key {
    char region[2 * CCLOUD_PLACE_SIZE]; /**< "eu-west-1" or, with its cloud, "aws.eu-west-1" */
    const char *key;
    const char *secret;
    const char *base_url; /**< in place of the region's usual address, or NULL */
};

/** All of them. */
struct ccloud_flink_keys {
    struct ccloud_flink_key *items; /**< owned; in the order of the settings */
    size_t count;                   /**< 0: no statements can be read */
};

/** Reads `flink` of plugin_settings. Error: CG_NO_MEMORY. */
cg_status ccloud_flink_keys_read(const struct cg_host *host, const struct cg_config *settings,
                                 struct ccloud_flink_keys *ret);

/** Gives the list back. */
void ccloud_flink_keys_done(struct ccloud_flink_keys *keys);

/**
 * The entry for a region of a cloud (both trimmed and in lower case), or NULL. One that names the cloud too is
 * preferred; of equals the last one counts.
 */
const struct ccloud_flink_key *ccloud_flink_keys_find(const struct ccloud_flink_keys *keys, const char *cloud,
                                                      const char *region);

/** `text` trimmed and in lower case (ASCII) in `buffer`; "" for NULL. Returns 0 when it does not fit in `size` bytes.
 */
int ccloud_place_name(const char *text, char *buffer, size_t size);

#endif
