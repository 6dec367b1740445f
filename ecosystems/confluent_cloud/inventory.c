/*
 * Reading the inventory: every independent collection at once, each environment's and provider's own collections as
 * soon as the page that names it is here. A page is mapped, handed over and dropped; memory does not grow with the size
 * of the organization.
 */
#include "ccloud.h"
#include "inventory_map.h"
#include "page.h"
#include "paging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More environments or identity providers than any organization has; it bounds the requests that are queued. */
#define MOST_PARENTS 20000u
/* More items of one listing than any organization has. */
#define MOST_ITEMS UINT64_C(1000000)

/* How reading a family goes. */
struct family_state {
    cg_status status; /* of the first listing or item that failed */
    uint32_t failures;
    char text[CCLOUD_TEXT_SIZE];
};

struct inventory {
    const struct cg_gather *gather;
    struct ccloud_session session;
    struct family_state families[CCLOUD_FAMILY_COUNT];
    cg_status fatal;                   /* ends the gather */
    char fatal_text[CCLOUD_TEXT_SIZE]; /* empty: the host knows the text */
    uint64_t listings_started;
    uint64_t listings_ended;
    uint32_t parents[CCLOUD_FAMILY_COUNT];
};

/* One listing: the `user` of its callbacks. */
struct errand {
    struct inventory *inventory;
    enum ccloud_family family;
    char parent[CCLOUD_ID_MAX + 1];
};

static void fail_all(struct inventory *inventory, cg_status status, const char *text) {
    inventory->session.stop = 1;
    if (inventory->fatal == CG_OK) {
        inventory->fatal = status;
        (void)snprintf(inventory->fatal_text, sizeof inventory->fatal_text, "%s", text == NULL ? "" : text);
    }
}

/* Without environments and Kafka clusters nothing can be attributed; the other families only degrade themselves. */
static void fail_family(struct inventory *inventory, enum ccloud_family family, cg_status status, const char *text) {
    struct family_state *state = &inventory->families[family];
    state->failures++;
    if (state->status == CG_OK) {
        state->status = status;
        (void)snprintf(state->text, sizeof state->text, "%s", text);
    }
    if (family == CCLOUD_ENVIRONMENT || family == CCLOUD_KAFKA_CLUSTER) {
        fail_all(inventory, status, text);
    }
}

static void start(struct inventory *inventory, enum ccloud_family family, const char *parent);

/* The collections that belong to one environment or identity provider. */
static void start_dependents(struct inventory *inventory, enum ccloud_family family, const char *id) {
    if (family != CCLOUD_ENVIRONMENT && family != CCLOUD_IDENTITY_PROVIDER) {
        return;
    }
    inventory->parents[family]++;
    if (inventory->parents[family] > MOST_PARENTS) {
        char text[CCLOUD_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "Confluent Cloud listed more than %u %s.", MOST_PARENTS,
                       ccloud_family_info(family)->what);
        fail_all(inventory, CG_PERMANENT, text);
        return;
    }
    if (family == CCLOUD_ENVIRONMENT) {
        start(inventory, CCLOUD_KAFKA_CLUSTER, id);
        start(inventory, CCLOUD_SCHEMA_REGISTRY, id);
    } else {
        start(inventory, CCLOUD_IDENTITY_POOL, id);
    }
}

static cg_status take_item(struct errand *errand, const json_t *item) {
    struct inventory *inventory = errand->inventory;
    const struct cg_gather *gather = inventory->gather;
    const struct ccloud_family_info *info = ccloud_family_info(errand->family);
    struct ccloud_mapped mapped;
    const char *wrong =
        ccloud_map_item(errand->family, item, errand->parent[0] == '\0' ? NULL : errand->parent, &mapped);
    if (wrong != NULL) {
        char text[CCLOUD_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "Confluent Cloud's list of %s holds an item that %s.", info->what, wrong);
        fail_family(inventory, errand->family, CG_PERMANENT, text);
        return CG_OK;
    }
    const char *id = info->is_identity ? mapped.identity.id : mapped.resource.id;
    if (mapped.unreadable_created_at != NULL) {
        gather->host->log(gather->host, CG_LOG_WARNING,
                          "Confluent Cloud's %s %s has a created_at that is no ISO 8601 time; it is left empty.",
                          info->type, id);
    }
    cg_status status =
        info->is_identity ? gather->identity(gather, &mapped.identity) : gather->resource(gather, &mapped.resource);
    if (status == CG_OK) {
        start_dependents(inventory, errand->family, id);
    }
    return status;
}

static cg_status on_page(void *user, const json_t *items) {
    struct errand *errand = user;
    struct inventory *inventory = errand->inventory;
    const struct cg_host *host = inventory->gather->host;
    size_t count = json_array_size(items);
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK && !inventory->session.stop; i++) {
        status = take_item(errand, json_array_get(items, i));
    }
    if (status == CG_OK && host->cancelled(host)) {
        status = CG_CANCELLED;
    }
    if (status != CG_OK) {
        /* Rows that cannot be stored end the gather, whatever the family; the host has the text. */
        fail_all(inventory, status, NULL);
    }
    return status;
}

static void on_end(void *user, const struct ccloud_outcome *outcome) {
    struct errand *errand = user;
    struct inventory *inventory = errand->inventory;
    inventory->listings_ended++;
    if (outcome->status == CG_CANCELLED) {
        fail_all(inventory, CG_CANCELLED, NULL);
    } else if (outcome->status != CG_OK && !inventory->session.stop) {
        const char *text = outcome->text != NULL ? outcome->text : "There was not enough memory to read the inventory.";
        if (outcome->http_status == 401 || outcome->text == NULL) {
            fail_all(inventory, outcome->status, text);
        } else {
            fail_family(inventory, errand->family, outcome->status, text);
        }
    }
    inventory->gather->progress(inventory->gather, "inventory listings", inventory->listings_ended,
                                inventory->listings_started);
    free(errand);
}

/* Percent-encodes the parent into the family's path. Returns 0 when it cannot be a path segment. */
static int path_of(enum ccloud_family family, const char *parent, char *path, size_t size) {
    const char *pattern = ccloud_family_info(family)->path;
    const char *hole = strstr(pattern, "%s");
    char segment[3 * CCLOUD_ID_MAX + 1] = "";
    if (hole == NULL) {
        return snprintf(path, size, "%s", pattern) < (int)size;
    }
    if (strcmp(parent, ".") == 0 || strcmp(parent, "..") == 0 ||
        cg_uri_escape(parent, segment, sizeof segment) != CG_OK) {
        return 0;
    }
    return snprintf(path, size, "%.*s%s%s", (int)(hole - pattern), pattern, segment, hole + 2) < (int)size;
}

/* Starts a listing; a failure to do so is that of the family, or of the gather when there is no memory. */
static void start(struct inventory *inventory, enum ccloud_family family, const char *parent) {
    const struct ccloud_family_info *info = ccloud_family_info(family);
    char path[3 * CCLOUD_ID_MAX + 128];
    if (inventory->session.stop) {
        return;
    }
    if (!path_of(family, parent, path, sizeof path)) {
        char text[CCLOUD_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "Confluent Cloud named a parent of %s whose id cannot be part of a URL.",
                       info->what);
        fail_family(inventory, family, CG_PERMANENT, text);
        return;
    }
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL) {
        fail_all(inventory, CG_NO_MEMORY, "There was not enough memory to read the inventory.");
        return;
    }
    errand->inventory = inventory;
    errand->family = family;
    (void)snprintf(errand->parent, sizeof errand->parent, "%s", parent);
    const struct cg_http_param params[] = {{"page_size", info->page_size}, {"environment", errand->parent}};
    int of_environment = family == CCLOUD_KAFKA_CLUSTER || family == CCLOUD_SCHEMA_REGISTRY;
    struct ccloud_listing listing = {.what = info->what,
                                     .path = path,
                                     .params = params,
                                     .param_count = of_environment ? 2 : 1,
                                     .max_items = MOST_ITEMS,
                                     .page = on_page,
                                     .end = on_end,
                                     .user = errand};
    cg_status status = ccloud_listing_start(&inventory->session, &listing);
    if (status != CG_OK) {
        free(errand);
        fail_all(inventory, status, "The inventory could not be asked for.");
        return;
    }
    inventory->listings_started++;
}

/* Tells the host how each family ended. */
static cg_status report(struct inventory *inventory) {
    const struct cg_gather *gather = inventory->gather;
    const struct family_state *providers = &inventory->families[CCLOUD_IDENTITY_PROVIDER];
    struct family_state *pools = &inventory->families[CCLOUD_IDENTITY_POOL];
    if (providers->status != CG_OK && pools->status == CG_OK) {
        /* A pool of a provider that was not listed is not gone. */
        *pools = *providers;
    }
    cg_status status = CG_OK;
    for (int i = 0; i < CCLOUD_FAMILY_COUNT && status == CG_OK; i++) {
        struct family_state *state = &inventory->families[i];
        const char *type = ccloud_family_info((enum ccloud_family)i)->type;
        if (state->failures > 1) {
            size_t length = strlen(state->text);
            (void)snprintf(state->text + length, sizeof state->text - length, " (%u more failures of this kind)",
                           state->failures - 1);
        }
        status = gather->family(gather, type, state->status, state->status == CG_OK ? NULL : state->text);
    }
    return status;
}

cg_status ccloud_gather_inventory(void *instance, const struct cg_gather *gather) {
    static const enum ccloud_family roots[] = {CCLOUD_ENVIRONMENT, CCLOUD_SERVICE_ACCOUNT, CCLOUD_USER, CCLOUD_API_KEY,
                                               CCLOUD_IDENTITY_PROVIDER};
    struct ccloud_instance *self = instance;
    const struct cg_host *host = gather->host;
    cg_status status = ccloud_client_open(self);
    if (status != CG_OK) {
        return status;
    }
    struct inventory *inventory = calloc(1, sizeof *inventory);
    if (inventory == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory to read the inventory.");
    }
    inventory->gather = gather;
    inventory->session.host = host;
    inventory->session.client = self->client;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        start(inventory, roots[i], "");
    }
    status = host->http->wait(self->client);
    if (inventory->listings_ended != inventory->listings_started) {
        /* Whatever is still on its way calls back now, while the inventory is there. */
        ccloud_client_close(self);
    }
    if (inventory->fatal != CG_OK) {
        status = inventory->fatal;
        if (inventory->fatal_text[0] != '\0') {
            (void)host->set_error(host, status, "%s", inventory->fatal_text);
        }
    } else if (status == CG_OK) {
        status = report(inventory);
    }
    free(inventory);
    return status;
}
