/* `GET /__sim/things`: everything the organization has or ever had, and when it was there. */
#include "api.h"
#include "history.h"
#include "metrics.h"
#include "number.h"

static void instant_put(struct cg_sim_text *text, const char *name, int64_t seconds) {
    char date[CG_SIM_DAY_SIZE];
    int64_t rest = seconds % 86400;
    if (seconds == CG_SIM_FOREVER) {
        cg_sim_text_printf(text, ",\"%s\":null", name);
        return;
    }
    cg_sim_day_format(seconds / 86400, date);
    cg_sim_text_printf(text, ",\"%s\":\"%sT%02u:%02u:%02uZ\"", name, date, (unsigned)(rest / 3600),
                       (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

/* Something that never was is left out. */
static void thing_put(struct cg_sim_text *text, const char *kind, const char *id, const char *parent,
                      struct cg_sim_life life) {
    if (life.from >= life.until) {
        return;
    }
    cg_sim_text_puts(text, text->data[text->len - 1] == '[' ? "{" : ",{");
    cg_sim_text_field(text, "kind", kind);
    cg_sim_text_field(text, "id", id);
    cg_sim_text_field(text, "parent", parent);
    instant_put(text, "from", life.from);
    instant_put(text, "until", life.until);
    cg_sim_text_putc(text, '}');
}

static void entity_put(struct cg_sim_text *text, const char *kind, const struct cg_sim_entity *entity,
                       const char *parent) {
    thing_put(text, kind, entity->id, parent, (struct cg_sim_life){entity->created, entity->gone});
}

static void identities_put(struct cg_sim_text *text, const struct cg_sim_scenario *s) {
    static const char *const kinds[] = {"service_account", "user", "identity_pool"};
    for (size_t i = 0; i < s->principal_count; i++) {
        const struct cg_sim_principal *principal = &s->principals[i];
        const char *parent = principal->kind == CG_SIM_POOL ? s->providers[principal->provider].id : NULL;
        entity_put(text, kinds[principal->kind], &principal->entity, parent);
    }
    for (size_t i = 0; i < s->key_count; i++) {
        const char *owner = s->keys[i].owner == CG_SIM_NONE ? NULL : s->principals[s->keys[i].owner].entity.id;
        entity_put(text, "api_key", &s->keys[i].entity, owner);
    }
    for (size_t i = 0; i < s->provider_count; i++) {
        entity_put(text, "identity_provider", &s->providers[i], NULL);
    }
}

static void topics_put(struct cg_sim_text *text, const struct cg_sim_scenario *s, size_t cluster) {
    const char *parent = s->clusters[cluster].entity.id;
    size_t count = s->clusters[cluster].has_metrics ? cg_sim_topic_count(s, cluster) : 0;
    for (size_t i = 0; i < count; i++) {
        char name[CG_SIM_NAME_SIZE];
        cg_sim_name_make(CG_SIM_NAME_TOPIC, cg_sim_topic_name(cluster, i), name);
        thing_put(text, "topic", name, parent, cg_sim_topic_life(s, cluster, cg_sim_topic_name(cluster, i)));
    }
}

static void resources_put(struct cg_sim_text *text, const struct cg_sim_scenario *s) {
    for (size_t i = 0; i < s->environment_count; i++) {
        entity_put(text, "environment", &s->environments[i], NULL);
    }
    for (size_t i = 0; i < s->cluster_count; i++) {
        entity_put(text, "kafka_cluster", &s->clusters[i].entity, s->environments[s->clusters[i].environment].id);
        topics_put(text, s, i);
    }
    for (size_t i = 0; i < s->registry_count; i++) {
        entity_put(text, "schema_registry", &s->registries[i].entity, s->environments[s->registries[i].environment].id);
    }
    for (size_t i = 0; i < s->connector_count; i++) {
        const struct cg_sim_connector *connector = &s->connectors[i];
        struct cg_sim_life life = {connector->entity.created, connector->entity.gone};
        if (!connector->retired) {
            thing_put(text, "connector", connector->without_id ? connector->entity.name : connector->entity.id,
                      s->clusters[connector->cluster].entity.id, life);
        }
    }
    for (size_t i = 0; i < s->ksql_count; i++) {
        if (!s->ksqls[i].retired) {
            entity_put(text, "ksqldb_cluster", &s->ksqls[i].entity, s->clusters[s->ksqls[i].cluster].entity.id);
        }
    }
    for (size_t i = 0; i < s->pool_count; i++) {
        entity_put(text, "flink_compute_pool", &s->pools[i].entity, s->environments[s->pools[i].environment].id);
    }
    for (size_t i = 0; i < s->statement_count; i++) {
        entity_put(text, "flink_statement", &s->statements[i].entity, s->pools[s->statements[i].pool].entity.id);
    }
}

void cg_sim_control_things(struct cg_sim_world *world, const struct cg_sim_request *request,
                           struct cg_sim_reply *reply) {
    (void)request;
    cg_sim_text_puts(&reply->body, "{\"things\":[");
    if (!reply->body.failed) {
        resources_put(&reply->body, world->scenario);
        identities_put(&reply->body, world->scenario);
    }
    cg_sim_text_puts(&reply->body, "]}");
}
