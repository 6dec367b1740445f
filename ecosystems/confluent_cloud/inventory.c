/*
 * Reading the inventory: every independent collection at once, what belongs to an item (an environment, a Kafka
 * cluster, an identity provider) as soon as the page that names it is here. Flink statements are asked of the regional
 * APIs when an environment's compute pools are known. A page is mapped, handed over and dropped; of what was read
 * nothing stays.
 */
#include "ccloud.h"
#include "connectors.h"
#include "inventory_map.h"
#include "page.h"
#include "paging.h"
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More environments, Kafka clusters or identity providers than any organization has; it bounds the requests that are
 * queued. */
#define MOST_PARENTS 20000u
/* More items of one listing than any organization has. */
#define MOST_ITEMS UINT64_C(1000000)
/* The same for answers that come as one object. */
#define MOST_MEMBERS UINT64_C(100000)

#define NO_MEMORY "There was not enough memory to read the inventory."

/* How reading a family goes. */
struct family_state {
    cg_status status; /* of the first listing or item that failed */
    uint32_t failures;
    char text[CCLOUD_TEXT_SIZE];
};

struct inventory {
    const struct cg_gather *gather;
    struct ccloud_session session;
    struct ccloud_flink_keys flink;
    struct ccloud_regions regions;
    struct ccloud_connector_names *names; /* NULL until a connector goes by its name */
    struct family_state families[CCLOUD_FAMILY_COUNT];
    cg_status fatal;                   /* ends the gather */
    char fatal_text[CCLOUD_TEXT_SIZE]; /* empty: the host knows the text */
    uint64_t listings_started;
    uint64_t listings_ended;
    uint32_t parents[CCLOUD_FAMILY_COUNT];
};

/* One listing: the `user` of its callbacks. Its texts lie behind it. */
struct errand {
    struct inventory *inventory;
    enum ccloud_family family;
    const char *parent; /* id of what is walked, "" for collections of the organization */
    const char *scope;  /* id of what the parent belongs to, else "" */
    const char *pool;   /* of statements: the only compute pool they can run in, else "" */
    struct ccloud_place *places;
    int32_t is_unsure; /* items were left out */
    char texts[];
};

/* A listing to be started; NULL texts are empty ones. */
struct order {
    enum ccloud_family family;
    struct ccloud_session *session;
    const char *parent;
    const char *scope;
    const char *pool;
};

static const char *absent_if_empty(const char *text) {
    return text[0] == '\0' ? NULL : text;
}

/* ---- failures ---- */

static void fail_all(struct inventory *inventory, cg_status status, const char *text) {
    inventory->session.stop = 1;
    ccloud_regions_stop(&inventory->regions);
    if (inventory->fatal == CG_OK) {
        inventory->fatal = status;
        (void)snprintf(inventory->fatal_text, sizeof inventory->fatal_text, "%s", text == NULL ? "" : text);
    }
}

/* Without the vital families nothing can be attributed; the others only degrade themselves. */
static void fail_family(struct inventory *inventory, enum ccloud_family family, cg_status status, const char *text) {
    struct family_state *state = &inventory->families[family];
    state->failures++;
    if (state->status == CG_OK) {
        state->status = status;
        (void)snprintf(state->text, sizeof state->text, "%s", text);
    }
    if (ccloud_family_info(family)->is_vital) {
        fail_all(inventory, status, text);
    }
}

/* ---- starting ---- */

/* Percent-encodes the ids into the family's path. Returns 0 when one of them cannot be a path segment. */
static int path_of(const struct order *order, char *path, size_t size) {
    const char *ids[] = {order->scope, order->parent};
    size_t next = order->scope == NULL || order->scope[0] == '\0' ? 1 : 0;
    const char *pattern = ccloud_family_info(order->family)->path;
    const char *hole = NULL;
    size_t used = 0;
    while ((hole = strstr(pattern, "%s")) != NULL && next < sizeof ids / sizeof ids[0]) {
        char segment[3 * CCLOUD_ID_MAX + 1] = "";
        const char *id = ids[next++];
        if (id == NULL || id[0] == '\0' || strcmp(id, ".") == 0 || strcmp(id, "..") == 0 ||
            cg_uri_escape(id, segment, sizeof segment) != CG_OK) {
            return 0;
        }
        int length = snprintf(path + used, size - used, "%.*s%s", (int)(hole - pattern), pattern, segment);
        if (length < 0 || (size_t)length >= size - used) {
            return 0;
        }
        used += (size_t)length;
        pattern = hole + 2;
    }
    int length = snprintf(path + used, size - used, "%s", pattern);
    return hole == NULL && length >= 0 && (size_t)length < size - used;
}

/* A copy of `text` at `*at`, which moves behind it. */
static const char *put_text(char **at, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = *at;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static struct errand *errand_new(struct inventory *inventory, const struct order *order) {
    const char *parent = order->parent == NULL ? "" : order->parent;
    const char *scope = order->scope == NULL ? "" : order->scope;
    const char *pool = order->pool == NULL ? "" : order->pool;
    struct errand *errand = calloc(1, sizeof *errand + strlen(parent) + strlen(scope) + strlen(pool) + 3);
    if (errand != NULL) {
        char *at = errand->texts;
        errand->inventory = inventory;
        errand->family = order->family;
        errand->parent = put_text(&at, parent);
        errand->scope = put_text(&at, scope);
        errand->pool = put_text(&at, pool);
    }
    return errand;
}

static cg_status on_page(void *user, const json_t *items);
static void on_end(void *user, const struct ccloud_outcome *outcome);

static cg_status start_listing(struct ccloud_session *session, const char *path, struct errand *errand) {
    const struct ccloud_family_info *info = ccloud_family_info(errand->family);
    struct cg_http_param params[CCLOUD_PARAMS_MAX];
    size_t count = 0;
    if (info->page_size != NULL) {
        params[count++] = (struct cg_http_param){"page_size", info->page_size};
    }
    if (info->by_environment) {
        params[count++] = (struct cg_http_param){"environment", errand->parent};
    }
    if (info->expand != NULL) {
        params[count++] = (struct cg_http_param){"expand", info->expand};
    }
    const struct ccloud_listing listing = {.what = info->what,
                                           .path = path,
                                           .params = params,
                                           .param_count = count,
                                           .max_items = info->page_size == NULL ? MOST_MEMBERS : MOST_ITEMS,
                                           .is_object = info->page_size == NULL,
                                           .page = on_page,
                                           .end = on_end,
                                           .user = errand};
    return ccloud_listing_start(session, &listing);
}

/* Starts a listing; a failure to do so is that of the family, or of the gather when there is no memory. */
static void start(struct inventory *inventory, const struct order *order) {
    char path[2 * (3 * CCLOUD_ID_MAX) + 128];
    if (inventory->session.stop) {
        return;
    }
    if (!path_of(order, path, sizeof path)) {
        char text[CCLOUD_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "Confluent Cloud named a parent of %s whose id cannot be part of a URL.",
                       ccloud_family_info(order->family)->what);
        fail_family(inventory, order->family, CG_PERMANENT, text);
        return;
    }
    struct errand *errand = errand_new(inventory, order);
    if (errand == NULL) {
        fail_all(inventory, CG_NO_MEMORY, NO_MEMORY);
        return;
    }
    cg_status status = start_listing(order->session, path, errand);
    if (status != CG_OK) {
        free(errand);
        fail_all(inventory, status, "The inventory could not be asked for.");
        return;
    }
    inventory->listings_started++;
}

/* The families with a listing for each item of `parent` (CCLOUD_FAMILY_COUNT: with one for the organization). */
static int is_listed_by(enum ccloud_family family, enum ccloud_family parent) {
    const struct ccloud_family_info *info = ccloud_family_info(family);
    return info->parent == parent && !info->is_regional;
}

/* Starts what belongs to the item `id` that `errand` has met. */
static void start_dependents(struct errand *errand, const char *id) {
    struct inventory *inventory = errand->inventory;
    uint32_t *met = &inventory->parents[errand->family];
    int is_counted = 0;
    for (int i = 0; i < CCLOUD_FAMILY_COUNT; i++) {
        const struct order order = {
            .family = (enum ccloud_family)i, .session = &inventory->session, .parent = id, .scope = errand->parent};
        if (!is_listed_by(order.family, errand->family)) {
            continue;
        }
        if (!is_counted && ++*met > MOST_PARENTS) {
            char text[CCLOUD_TEXT_SIZE];
            (void)snprintf(text, sizeof text, "Confluent Cloud listed more than %u %s.", MOST_PARENTS,
                           ccloud_family_info(errand->family)->what);
            fail_all(inventory, CG_PERMANENT, text);
            return;
        }
        is_counted = 1;
        start(inventory, &order);
    }
}

/* Starts the statements of an environment, once for each region in which its listed pools run. */
static void start_statements(struct errand *pools, int is_complete) {
    for (const struct ccloud_place *place = pools->places; place != NULL; place = place->next) {
        const struct order order = {.family = CCLOUD_STATEMENT,
                                    .session = &place->region->session,
                                    .parent = pools->parent,
                                    .scope = place->organization,
                                    .pool = is_complete && !place->has_others ? place->pool : NULL};
        /* A place without organization has been reported. */
        if (place->organization[0] != '\0') {
            start(pools->inventory, &order);
        }
    }
}

/* ---- items ---- */

/* Says once when connectors share an id: they go by their names, and two clusters have one of the same name. */
static void note_name(struct errand *errand, const json_t *item, const char *id) {
    struct inventory *inventory = errand->inventory;
    const struct cg_host *host = inventory->gather->host;
    const struct ccloud_walk nameless = {.name = NULL};
    if (ccloud_connector_id(item, &nameless) != NULL) {
        return;
    }
    if (inventory->names == NULL) {
        inventory->names = ccloud_connector_names_new();
    }
    if (inventory->names != NULL && ccloud_connector_names_clash(inventory->names, id, errand->parent)) {
        host->log(host, CG_LOG_WARNING,
                  "Confluent Cloud lists connectors named %s on two Kafka clusters, both without an id: they share one "
                  "resource. There may be more such names.",
                  id);
    }
}

/* What an item that was handed over leads to. */
static void follow_item(struct errand *errand, const json_t *item, const struct ccloud_mapped *mapped, const char *id) {
    struct inventory *inventory = errand->inventory;
    if (errand->family == CCLOUD_CONNECTOR) {
        note_name(errand, item, id);
    } else if (errand->family == CCLOUD_COMPUTE_POOL && mapped->key != NULL) {
        char text[CCLOUD_TEXT_SIZE];
        cg_status status = ccloud_places_add(&errand->places, &inventory->regions, mapped, text);
        if (status != CG_OK) {
            fail_family(inventory, CCLOUD_STATEMENT, status, text);
        }
    }
    start_dependents(errand, id);
}

static cg_status take_item(struct errand *errand, const char *name, const json_t *item) {
    struct inventory *inventory = errand->inventory;
    const struct cg_gather *gather = inventory->gather;
    const struct ccloud_family_info *info = ccloud_family_info(errand->family);
    const struct ccloud_walk walk = {.parent = absent_if_empty(errand->parent),
                                     .scope = absent_if_empty(errand->scope),
                                     .name = name,
                                     .pool = absent_if_empty(errand->pool),
                                     .flink = &inventory->flink};
    struct ccloud_mapped mapped;
    const char *wrong = ccloud_map_item(errand->family, item, &walk, &mapped);
    if (wrong != NULL) {
        char text[CCLOUD_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "Confluent Cloud's list of %s holds an item that %s.", info->what, wrong);
        errand->is_unsure = 1;
        fail_family(inventory, errand->family, CG_PERMANENT, text);
        return CG_OK;
    }
    const char *id = info->is_identity ? mapped.identity.id : mapped.resource.id;
    if (mapped.remark != NULL) {
        gather->host->log(gather->host, CG_LOG_WARNING, "Confluent Cloud's %s %s %s", info->type, id, mapped.remark);
    }
    cg_status status =
        info->is_identity ? gather->identity(gather, &mapped.identity) : gather->resource(gather, &mapped.resource);
    if (status == CG_OK) {
        follow_item(errand, item, &mapped, id);
    }
    return status;
}

static cg_status take_list(struct errand *errand, const json_t *items) {
    size_t count = json_array_size(items);
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK && !errand->inventory->session.stop; i++) {
        status = take_item(errand, NULL, json_array_get(items, i));
    }
    return status;
}

static cg_status take_members(struct errand *errand, const json_t *items) {
    /* The library's iterators do not take a const object, though they leave it alone. */
    json_t *object = (json_t *)(uintptr_t)items;
    cg_status status = CG_OK;
    for (void *at = json_object_iter(object); at != NULL && status == CG_OK && !errand->inventory->session.stop;
         at = json_object_iter_next(object, at)) {
        status = take_item(errand, json_object_iter_key(at), json_object_iter_value(at));
    }
    return status;
}

static cg_status on_page(void *user, const json_t *items) {
    struct errand *errand = user;
    const struct cg_host *host = errand->inventory->gather->host;
    cg_status status = json_is_object(items) ? take_members(errand, items) : take_list(errand, items);
    if (status == CG_OK && host->cancelled(host)) {
        status = CG_CANCELLED;
    }
    if (status != CG_OK) {
        /* Rows that cannot be stored end the gather, whatever the family; the host has the text. */
        fail_all(errand->inventory, status, NULL);
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
        if (outcome->text == NULL) {
            fail_all(inventory, outcome->status, NO_MEMORY);
        } else {
            fail_family(inventory, errand->family, outcome->status, outcome->text);
        }
    }
    start_statements(errand, outcome->status == CG_OK && !errand->is_unsure);
    inventory->gather->progress(inventory->gather, "inventory listings", inventory->listings_ended,
                                inventory->listings_started);
    ccloud_places_done(&errand->places);
    free(errand);
}

/* ---- the whole ---- */

/* A family is not known when that which its listings hang on is not. */
static void pass_on_failures(struct inventory *inventory) {
    for (int i = 0; i < CCLOUD_FAMILY_COUNT; i++) {
        enum ccloud_family parent = ccloud_family_info((enum ccloud_family)i)->parent;
        if (parent != CCLOUD_FAMILY_COUNT && inventory->families[i].status == CG_OK) {
            inventory->families[i] = inventory->families[parent];
        }
    }
}

/* Tells the host how each family ended. */
static cg_status report(struct inventory *inventory) {
    const struct cg_gather *gather = inventory->gather;
    cg_status status = CG_OK;
    pass_on_failures(inventory);
    for (int i = 0; i < CCLOUD_FAMILY_COUNT && status == CG_OK; i++) {
        struct family_state *state = &inventory->families[i];
        const struct ccloud_family_info *info = ccloud_family_info((enum ccloud_family)i);
        if (info->is_regional && inventory->flink.count == 0) {
            /* Nobody asked for it, so nothing is known of it. */
            continue;
        }
        if (state->failures > 1) {
            size_t length = strlen(state->text);
            (void)snprintf(state->text + length, sizeof state->text - length, " (%u more failures of this kind)",
                           state->failures - 1);
        }
        status = gather->family(gather, info->type, state->status, state->status == CG_OK ? NULL : state->text);
    }
    return status;
}

/* Starts everything, and waits until all has been called back. */
static cg_status read_all(struct inventory *inventory, struct ccloud_instance *instance) {
    const struct cg_http_api *http = instance->host->http;
    inventory->session.client = instance->client;
    for (int i = 0; i < CCLOUD_FAMILY_COUNT; i++) {
        const struct order order = {.family = (enum ccloud_family)i, .session = &inventory->session};
        if (is_listed_by(order.family, CCLOUD_FAMILY_COUNT)) {
            start(inventory, &order);
        }
    }
    cg_status status = http->wait(instance->client);
    /* From here on no region is opened: that is done by listings of the organization. */
    cg_status waited = ccloud_regions_wait(&inventory->regions);
    return status == CG_OK ? waited : status;
}

cg_status ccloud_gather_inventory(void *instance, const struct cg_gather *gather) {
    struct ccloud_instance *self = instance;
    const struct cg_host *host = gather->host;
    cg_status status = ccloud_client_open(self);
    if (status != CG_OK) {
        return status;
    }
    struct inventory *inventory = calloc(1, sizeof *inventory);
    if (inventory == NULL || ccloud_flink_keys_read(host, self->tenant->settings, &inventory->flink) != CG_OK) {
        free(inventory);
        return host->set_error(host, CG_NO_MEMORY, NO_MEMORY);
    }
    inventory->gather = gather;
    inventory->session.host = host;
    inventory->regions.instance = self;
    status = read_all(inventory, self);
    if (inventory->listings_ended != inventory->listings_started) {
        /* Whatever is still on its way calls back now, while the inventory is there. */
        ccloud_client_close(self);
    }
    ccloud_regions_done(&inventory->regions);
    if (inventory->fatal != CG_OK) {
        status = inventory->fatal;
        if (inventory->fatal_text[0] != '\0') {
            (void)host->set_error(host, status, "%s", inventory->fatal_text);
        }
    } else if (status == CG_OK) {
        status = report(inventory);
    }
    ccloud_connector_names_free(inventory->names);
    ccloud_flink_keys_done(&inventory->flink);
    free(inventory);
    return status;
}
