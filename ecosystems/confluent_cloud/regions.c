#include "regions.h"

#include "json.h"
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest part of a host's name between two dots (RFC 1035, section 2.3.4). */
#define MOST_LABEL 63

#define NO_MEMORY "There was not enough memory to read Flink statements."

/* Whether `name` may be a part of the host that credentials are sent to. */
static int is_host_part(const char *name) {
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length <= MOST_LABEL && name[length] == '\0';
}

static cg_status open_client(const struct ccloud_instance *instance, struct ccloud_region *region, char *text) {
    char url[2 * CCLOUD_PLACE_SIZE + 64];
    char label[2 * CCLOUD_PLACE_SIZE + 64];
    struct ccloud_access access = {
        .base_url = region->key->base_url, .key = region->key->key, .secret = region->key->secret, .label = label};
    if (access.base_url == NULL) {
        if (!is_host_part(region->cloud) || !is_host_part(region->region)) {
            (void)snprintf(text, CCLOUD_TEXT_SIZE,
                           "A Flink compute pool is said to run in region '%.*s' of cloud '%.*s', which cannot be part "
                           "of a host's name, so its statements were not asked for.",
                           ccloud_clip(region->region, 80), region->region, ccloud_clip(region->cloud, 80),
                           region->cloud);
            return CG_INVALID;
        }
        (void)snprintf(url, sizeof url, "https://flink.%s.%s.confluent.cloud", region->region, region->cloud);
        access.base_url = url;
    }
    (void)snprintf(label, sizeof label, "Confluent Cloud Flink in %s.%s", region->cloud, region->region);
    (void)snprintf(region->credential, sizeof region->credential,
                   "key and secret of %s under flink, which must be a Flink API key of that region",
                   region->key->region);
    region->session.host = instance->host;
    region->session.credential = region->credential;
    cg_status status = ccloud_client_new(instance, &access, &region->session.client);
    if (status == CG_NO_MEMORY) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE, "%s", NO_MEMORY);
    } else if (status != CG_OK) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "The Flink API of %s could not be opened: check its base_url under flink in plugin_settings.",
                       region->key->region);
    }
    return status;
}

cg_status ccloud_regions_open(struct ccloud_regions *regions, const struct ccloud_flink_key *key, const char *cloud,
                              const char *region, struct ccloud_region **ret, char *text) {
    struct ccloud_region *entry = regions->first;
    while (entry != NULL &&
           (entry->key != key || strcmp(entry->cloud, cloud) != 0 || strcmp(entry->region, region) != 0)) {
        entry = entry->next;
    }
    if (entry != NULL) {
        *ret = entry;
        return CG_OK;
    }
    if (regions->count >= CCLOUD_REGIONS_MAX) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud listed Flink compute pools in more than the %u regions whose statements are "
                       "read.",
                       CCLOUD_REGIONS_MAX);
        return CG_PERMANENT;
    }
    entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE, "%s", NO_MEMORY);
        return CG_NO_MEMORY;
    }
    entry->key = key;
    (void)snprintf(entry->cloud, sizeof entry->cloud, "%s", cloud);
    (void)snprintf(entry->region, sizeof entry->region, "%s", region);
    cg_status status = open_client(regions->instance, entry, text);
    if (status != CG_OK) {
        free(entry);
        return status;
    }
    entry->next = regions->first;
    regions->first = entry;
    regions->count++;
    *ret = entry;
    return CG_OK;
}

void ccloud_regions_stop(struct ccloud_regions *regions) {
    for (struct ccloud_region *region = regions->first; region != NULL; region = region->next) {
        region->session.stop = 1;
    }
}

cg_status ccloud_regions_wait(struct ccloud_regions *regions) {
    cg_status status = CG_OK;
    for (struct ccloud_region *region = regions->first; region != NULL; region = region->next) {
        cg_status waited = regions->instance->host->http->wait(region->session.client);
        status = status == CG_OK ? waited : status;
    }
    return status;
}

void ccloud_regions_done(struct ccloud_regions *regions) {
    /* Closing calls back, which may ask for the others: the list is whole until all are closed. */
    for (struct ccloud_region *region = regions->first; region != NULL; region = region->next) {
        regions->instance->host->http->close(region->session.client);
    }
    while (regions->first != NULL) {
        struct ccloud_region *next = regions->first->next;
        free(regions->first);
        regions->first = next;
    }
    regions->count = 0;
}
