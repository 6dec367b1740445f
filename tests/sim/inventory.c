/* Kafka clusters and the services around them. */
#include <stdio.h>
#include <string.h>

#include "history.h"
#include "page.h"

/*
 * Reads the parameter `environment`, which all lists here demand. An unknown one is a valid, empty list.
 * Returns false after writing a 400.
 */
static bool environment_read(const struct cg_sim_world *world, const struct cg_sim_request *request, char *ret_id,
                             size_t size, size_t *ret_index, struct cg_sim_reply *reply) {
    if (!cg_sim_form_get(request->query, "environment", ret_id, size) || *ret_id == '\0') {
        cg_sim_reply_error(reply, 400, "The parameter environment is required");
        return false;
    }
    *ret_index = cg_sim_environment_find(world->scenario, ret_id);
    return true;
}

/* Replies with a listing narrowed to the environment asked for. */
static void environment_listing_reply(struct cg_sim_world *world, const struct cg_sim_request *request,
                                      struct cg_sim_listing *listing, struct cg_sim_reply *reply) {
    char id[64];
    if (environment_read(world, request, id, sizeof(id), &listing->filter, reply)) {
        listing->scope = id;
        cg_sim_listing_reply(world, request, listing, reply);
    }
}

static void environment_put(struct cg_sim_text *text, const struct cg_sim_scenario *s, size_t environment) {
    cg_sim_text_puts(text, ",\"environment\":{");
    cg_sim_text_field(text, "id", s->environments[environment].id);
    cg_sim_text_putc(text, '}');
}

/* Metadata of something within an environment. */
static void scoped_metadata_put(struct cg_sim_text *text, const struct cg_sim_scenario *s, int64_t created,
                                size_t index, size_t environment, const char *kind, const char *id) {
    char path[CG_SIM_ID_SIZE + 80];
    (void)snprintf(path, sizeof(path), "%s/%s", s->environments[environment].id, kind);
    cg_sim_metadata_put(text, s, created, index, "environment", path);
    /* The link above ends in `<path>"}`; the id follows the kind. */
    text->len -= 2;
    cg_sim_text_printf(text, "=%s\"}", id);
}

static bool cluster_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return s->clusters[index].environment == filter;
}

static void cluster_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_cluster *cluster = &s->clusters[index];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", cluster->entity.id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "display_name", cluster->entity.name);
    cg_sim_text_field(text, "cloud", cluster->cloud);
    cg_sim_text_field(text, "region", cluster->region);
    cg_sim_text_field(text, "availability", cluster->cku > 1 ? "MULTI_ZONE" : "SINGLE_ZONE");
    if (cluster->cku > 0) {
        cg_sim_text_printf(text, ",\"config\":{\"kind\":\"Dedicated\",\"cku\":%u}", cluster->cku);
    } else {
        cg_sim_text_puts(text, ",\"config\":{\"kind\":\"Standard\"}");
    }
    environment_put(text, s, cluster->environment);
    cg_sim_text_printf(text, ",\"kafka_bootstrap_endpoint\":\"SASL_SSL://pkc-%s.example:9092\"}",
                       cluster->entity.id + 4);
    scoped_metadata_put(text, s, cluster->entity.created, index, cluster->environment, "cloud-cluster",
                        cluster->entity.id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_clusters(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "cmk/v2",
        .kind = "ClusterList",
        .base = world->scenario->clusters,
        .stride = sizeof(*world->scenario->clusters),
        .count = world->scenario->cluster_count,
        .most = 100,
        .last = CG_SIM_LAST_OMITTED,
        .matches = cluster_matches,
        .write = cluster_write,
    };
    environment_listing_reply(world, request, &listing, reply);
}

static bool registry_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return s->registries[index].environment == filter;
}

static void registry_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_registry *registry = &s->registries[index];
    const struct cg_sim_cluster *near = &s->clusters[index % s->cluster_count];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", registry->entity.id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "display_name", registry->entity.name);
    cg_sim_text_field(text, "package", s->plain ? "ESSENTIALS" : "ADVANCED");
    cg_sim_text_field(text, "cloud", near->cloud);
    cg_sim_text_field(text, "region", near->region);
    environment_put(text, s, registry->environment);
    cg_sim_text_printf(text, ",\"http_endpoint\":\"https://psrc-%s.example\"}", registry->entity.id + 5);
    scoped_metadata_put(text, s, registry->entity.created, index, registry->environment, "schema-registry",
                        registry->entity.id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_registries(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "srcm/v3",
        .kind = "ClusterList",
        .base = world->scenario->registries,
        .stride = sizeof(*world->scenario->registries),
        .count = world->scenario->registry_count,
        .most = 100,
        .last = CG_SIM_LAST_NULL,
        .matches = registry_matches,
        .write = registry_write,
    };
    environment_listing_reply(world, request, &listing, reply);
}

static void connector_write(const struct cg_sim_connector *connector, struct cg_sim_text *text) {
    cg_sim_text_json(text, connector->entity.name);
    cg_sim_text_puts(text, ":{");
    if (!connector->without_id) {
        cg_sim_text_puts(text, "\"id\":{");
        cg_sim_text_field(text, "id", connector->entity.id);
        cg_sim_text_puts(text, ",\"id_type\":\"ID\"},");
    }
    cg_sim_text_puts(text, "\"info\":{");
    cg_sim_text_field(text, "name", connector->entity.name);
    cg_sim_text_puts(text, ",\"type\":\"sink\",\"config\":{");
    cg_sim_text_field(text, "name", connector->entity.name);
    cg_sim_text_field(text, "connector.class", connector->custom ? "com.example.CustomSink" : "S3_SINK");
    switch (connector->auth) {
    case CG_SIM_AUTH_SERVICE_ACCOUNT:
        cg_sim_text_field(text, "kafka.auth.mode", "SERVICE_ACCOUNT");
        cg_sim_text_field(text, "kafka.service.account.id", connector->credential);
        break;
    case CG_SIM_AUTH_API_KEY:
    case CG_SIM_AUTH_MASKED_KEY:
    case CG_SIM_AUTH_UNKNOWN_KEY:
        cg_sim_text_field(text, "kafka.auth.mode", "KAFKA_API_KEY");
        cg_sim_text_field(text, "kafka.api.key", connector->credential);
        cg_sim_text_field(text, "kafka.api.secret", "****************");
        break;
    case CG_SIM_AUTH_IMPLIED:
        cg_sim_text_field(text, "kafka.service.account.id", connector->credential);
        break;
    default:
        break;
    }
    cg_sim_text_puts(text, "}},\"status\":{\"connector\":{\"state\":\"RUNNING\",\"worker_id\":\"w\"},\"tasks\":[]}}");
}

/* `/connect/v1/environments/<env>/clusters/<lkc>/connectors`: an object keyed by name, not paged */
void cg_sim_connectors(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    const struct cg_sim_scenario *s = world->scenario;
    char environment[64];
    char cluster[64];
    char tail[16];
    int read =
        sscanf(request->path, "/connect/v1/environments/%63[^/]/clusters/%63[^/]/%15s", environment, cluster, tail);
    size_t index = read == 3 ? cg_sim_cluster_find(s, cluster) : CG_SIM_NONE;
    if (index == CG_SIM_NONE || strcmp(tail, "connectors") != 0 ||
        s->clusters[index].environment != cg_sim_environment_find(s, environment) ||
        !cg_sim_entity_lives(&s->clusters[index].entity, world->now)) {
        cg_sim_reply_error(reply, 404, "There is no such Kafka cluster in this environment");
        return;
    }
    cg_sim_text_putc(&reply->body, '{');
    size_t written = 0;
    for (size_t i = 0; i < s->connector_count; i++) {
        const struct cg_sim_connector *connector = &s->connectors[i];
        const char *id = connector->without_id ? connector->entity.name : connector->entity.id;
        if (connector->cluster == index && !connector->retired && cg_sim_entity_lives(&connector->entity, world->now) &&
            !cg_sim_world_hides(world, id)) {
            cg_sim_text_add(&reply->body, ",", written++ == 0 ? 0 : 1);
            connector_write(connector, &reply->body);
        }
    }
    cg_sim_text_putc(&reply->body, '}');
    reply->cacheable = true;
}

static bool ksql_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return !s->ksqls[index].retired && s->clusters[s->ksqls[index].cluster].environment == filter;
}

static void ksql_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_ksql *ksql = &s->ksqls[index];
    const struct cg_sim_cluster *cluster = &s->clusters[ksql->cluster];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", ksql->entity.id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "display_name", ksql->entity.name);
    cg_sim_text_printf(text, ",\"csu\":%u", ksql->csu);
    environment_put(text, s, cluster->environment);
    cg_sim_text_puts(text, ",\"kafka_cluster\":{");
    cg_sim_text_field(text, "id", cluster->entity.id);
    cg_sim_text_putc(text, '}');
    if (ksql->owner != CG_SIM_NONE) {
        cg_sim_text_puts(text, ",\"credential_identity\":{");
        cg_sim_text_field(text, "id", s->principals[ksql->owner].entity.id);
        cg_sim_text_putc(text, '}');
    } else {
        cg_sim_text_puts(text, ",\"credential_identity\":null");
    }
    cg_sim_text_putc(text, '}');
    scoped_metadata_put(text, s, ksql->entity.created, index, cluster->environment, "ksqldb", ksql->entity.id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_ksqls(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "ksqldbcm/v2",
        .kind = "ClusterList",
        .base = world->scenario->ksqls,
        .stride = sizeof(*world->scenario->ksqls),
        .count = world->scenario->ksql_count,
        .most = 100,
        .last = CG_SIM_LAST_OMITTED,
        .matches = ksql_matches,
        .write = ksql_write,
    };
    environment_listing_reply(world, request, &listing, reply);
}

static bool compute_pool_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return s->pools[index].environment == filter;
}

static void compute_pool_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_compute_pool *pool = &s->pools[index];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", pool->entity.id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "display_name", pool->entity.name);
    cg_sim_text_field(text, "cloud", pool->cloud);
    cg_sim_text_field(text, "region", pool->region);
    cg_sim_text_puts(text, ",\"max_cfu\":10");
    environment_put(text, s, pool->environment);
    cg_sim_text_puts(text, "},\"status\":{\"phase\":\"PROVISIONED\",\"current_cfu\":2}");
    char kind[80];
    (void)snprintf(kind, sizeof(kind), "flink-region=%.15s.%.31s/compute-pool", pool->cloud, pool->region);
    scoped_metadata_put(text, s, pool->entity.created, index, pool->environment, kind, pool->entity.id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_compute_pools(struct cg_sim_world *world, const struct cg_sim_request *request,
                          struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "fcpm/v2",
        .kind = "ComputePoolList",
        .base = world->scenario->pools,
        .stride = sizeof(*world->scenario->pools),
        .count = world->scenario->pool_count,
        .most = 100,
        .last = CG_SIM_LAST_EMPTY,
        .matches = compute_pool_matches,
        .write = compute_pool_write,
    };
    environment_listing_reply(world, request, &listing, reply);
}
