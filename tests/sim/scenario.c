#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "number.h"

struct place {
    const char *cloud;
    const char *region;
};

/* The provider is not consistent in case; neither are we. */
static const struct place places[] = {{"AWS", "eu-west-1"}, {"aws", "us-east-1"},    {"GCP", "europe-west1"},
                                      {"AWS", "us-west-2"}, {"AZURE", "WestEurope"}, {"gcp", "us-central1"}};

/* Chains of the hash, so that no two kinds of decisions share numbers. */
enum chain {
    CHAIN_CREATED = 100,
    CHAIN_CLUSTER,
    CHAIN_PRINCIPAL,
    CHAIN_KEY,
    CHAIN_CONNECTOR,
    CHAIN_KSQL,
    CHAIN_STATEMENT,
};

static uint64_t draw(const struct cg_sim_scenario *s, enum chain chain, size_t index, uint64_t salt) {
    return cg_sim_hash(cg_sim_hash(cg_sim_hash(s->seed, (uint64_t)chain), index), salt);
}

/* Gives an entity its creation instant: some time in the year that begins at `base_day`. It does not end. */
static void entity_date(const struct cg_sim_scenario *s, struct cg_sim_entity *entity, int64_t base_day) {
    uint64_t hash = cg_sim_hash_string(cg_sim_hash(s->seed, CHAIN_CREATED), entity->id);
    entity->created = base_day * 86400 + (int64_t)(hash % (365UL * 86400));
    entity->gone = CG_SIM_FOREVER;
}

static void entity_make(const struct cg_sim_scenario *s, struct cg_sim_entity *entity, const char *prefix, size_t index,
                        unsigned digits, enum cg_sim_name_family family, int64_t base_day) {
    cg_sim_id_make(s->seed, prefix, index, digits, entity->id);
    cg_sim_name_make(family, index, entity->name);
    entity_date(s, entity, base_day);
}

static bool environments_make(struct cg_sim_scenario *s, size_t count, int64_t base_day) {
    s->environments = calloc(count, sizeof(*s->environments));
    s->registries = calloc(count, sizeof(*s->registries));
    if (s->environments == NULL || s->registries == NULL) {
        return false;
    }
    s->environment_count = count;
    s->registry_count = count;
    for (size_t i = 0; i < count; i++) {
        entity_make(s, &s->environments[i], "env", i, 6, CG_SIM_NAME_ENVIRONMENT, base_day);
        s->registries[i].environment = i;
        entity_make(s, &s->registries[i].entity, "lsrc", i, 5, CG_SIM_NAME_ENVIRONMENT, base_day);
        (void)snprintf(s->registries[i].entity.name, CG_SIM_NAME_SIZE, "Stream Governance Package");
    }
    return true;
}

static bool clusters_make(struct cg_sim_scenario *s, const struct cg_sim_options *options, int64_t base_day) {
    s->clusters = calloc(options->clusters, sizeof(*s->clusters));
    if (s->clusters == NULL) {
        return false;
    }
    s->cluster_count = options->clusters;
    for (size_t i = 0; i < s->cluster_count; i++) {
        struct cg_sim_cluster *cluster = &s->clusters[i];
        entity_make(s, &cluster->entity, "lkc", i, 5, CG_SIM_NAME_CLUSTER, base_day);
        cluster->environment = i % s->environment_count;
        const struct place *place = &places[i % (sizeof(places) / sizeof(places[0]))];
        cluster->cloud = place->cloud;
        cluster->region = place->region;
        uint64_t hash = draw(s, CHAIN_CLUSTER, i, 0);
        cluster->cku = i % 3 == 0 ? (unsigned)(1 + hash % 4) : 0;
        cluster->has_metrics = true;
    }
    for (size_t i = 0; i < options->no_metrics_count; i++) {
        if (options->no_metrics_for[i] < s->cluster_count) {
            s->clusters[options->no_metrics_for[i]].has_metrics = false;
        }
    }
    return true;
}

/* Of ten principals seven are service accounts, two users and one an identity pool. */
static bool principals_make(struct cg_sim_scenario *s, size_t count, int64_t base_day) {
    s->principals = calloc(count, sizeof(*s->principals));
    if (s->principals == NULL) {
        return false;
    }
    s->principal_count = count;
    size_t kinds[3] = {0};
    for (size_t i = 0; i < count; i++) {
        struct cg_sim_principal *principal = &s->principals[i];
        size_t turn = i % 10;
        principal->kind = turn == 9 ? CG_SIM_POOL : turn == 3 || turn == 6 ? CG_SIM_USER : CG_SIM_SERVICE_ACCOUNT;
        static const char *const prefixes[] = {"sa", "u", "pool"};
        static const enum cg_sim_name_family families[] = {CG_SIM_NAME_SERVICE_ACCOUNT, CG_SIM_NAME_USER,
                                                           CG_SIM_NAME_POOL};
        size_t index = kinds[principal->kind]++;
        entity_make(s, &principal->entity, prefixes[principal->kind], index, 6, families[principal->kind], base_day);
        principal->home = draw(s, CHAIN_PRINCIPAL, i, 0) % s->cluster_count;
        principal->provider = principal->kind == CG_SIM_POOL ? index % 2 : CG_SIM_NONE;
    }
    size_t pools = kinds[CG_SIM_POOL];
    s->provider_count = pools < 2 ? pools : 2;
    s->providers = calloc(2, sizeof(*s->providers));
    if (s->providers == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->provider_count; i++) {
        entity_make(s, &s->providers[i], "op", i, 4, CG_SIM_NAME_POOL, base_day);
        (void)snprintf(s->providers[i].name, CG_SIM_NAME_SIZE, "%s", i == 0 ? "okta" : "entra-id");
    }
    return true;
}

static void key_make(struct cg_sim_scenario *s, size_t owner, size_t cluster, const char *resource, int64_t base_day) {
    size_t index = s->key_count++;
    struct cg_sim_key *key = &s->keys[index];
    cg_sim_key_make(s->seed, index % 2 == 0 ? "K" : "Q", index, key->entity.id);
    const char *user = owner == CG_SIM_NONE ? "unowned" : s->principals[owner].entity.name;
    const char *what = cluster == CG_SIM_NONE ? "schema registry" : s->clusters[cluster].entity.name;
    (void)snprintf(key->entity.name, CG_SIM_NAME_SIZE, "%.24s for %.18s", user, what);
    entity_date(s, &key->entity, base_day);
    key->owner = owner;
    key->cluster = cluster;
    key->resource = resource;
}

/* Everybody but pools has a key for the home cluster, half of them a second one; each cluster may have one unowned. */
static bool keys_make(struct cg_sim_scenario *s, int64_t base_day) {
    s->keys = calloc(s->principal_count * 2 + s->cluster_count, sizeof(*s->keys));
    if (s->keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->principal_count; i++) {
        struct cg_sim_principal *principal = &s->principals[i];
        principal->first_key = s->key_count;
        if (principal->kind == CG_SIM_POOL) {
            continue;
        }
        key_make(s, i, principal->home, s->clusters[principal->home].entity.id, base_day);
        uint64_t hash = draw(s, CHAIN_KEY, i, 0);
        if (hash % 4 == 0) {
            size_t cluster = (size_t)(hash >> 8) % s->cluster_count;
            key_make(s, i, cluster, s->clusters[cluster].entity.id, base_day);
        } else if (hash % 4 == 1) {
            size_t registry = s->clusters[principal->home].environment;
            key_make(s, i, CG_SIM_NONE, s->registries[registry].entity.id, base_day);
        }
        principal->key_count = s->key_count - principal->first_key;
    }
    s->owned_key_count = s->key_count;
    for (size_t i = 0; i < s->cluster_count; i++) {
        if (i % 4 == 1 || draw(s, CHAIN_KEY, i, 1) % 8 == 0) {
            key_make(s, CG_SIM_NONE, i, s->clusters[i].entity.id, base_day);
        }
    }
    return true;
}

/* The next service account or user at or after a drawn index; the first principal of any list is a service account. */
static size_t owner_draw(const struct cg_sim_scenario *s, uint64_t hash) {
    size_t index = (size_t)(hash % s->principal_count);
    return s->principals[index].kind == CG_SIM_SERVICE_ACCOUNT ? index : 0;
}

static void connector_make(struct cg_sim_scenario *s, size_t cluster, int64_t base_day) {
    static const char masked[] = "****************";
    static const char unknown[] = "GONEKEY000000001";
    size_t index = s->connector_count++;
    struct cg_sim_connector *connector = &s->connectors[index];
    entity_make(s, &connector->entity, "lcc", index, 5, CG_SIM_NAME_CONNECTOR, base_day);
    connector->cluster = cluster;
    connector->auth = (enum cg_sim_connector_auth)(index % CG_SIM_AUTH_COUNT);
    connector->custom = index % 5 == 3;
    connector->without_id = index % 13 == 7;
    size_t owner = owner_draw(s, draw(s, CHAIN_CONNECTOR, index, 0));
    switch (connector->auth) {
    case CG_SIM_AUTH_API_KEY:
        connector->credential = s->keys[s->principals[owner].first_key].entity.id;
        break;
    case CG_SIM_AUTH_MASKED_KEY:
        connector->credential = masked;
        break;
    case CG_SIM_AUTH_UNKNOWN_KEY:
        connector->credential = unknown;
        break;
    case CG_SIM_AUTH_NOTHING:
        connector->credential = NULL;
        break;
    default:
        connector->credential = s->principals[owner].entity.id;
        break;
    }
}

static bool connectors_make(struct cg_sim_scenario *s, int64_t base_day) {
    s->connectors = calloc(s->cluster_count * 3 + 1, sizeof(*s->connectors));
    s->ksqls = calloc(s->cluster_count + 1, sizeof(*s->ksqls));
    if (s->connectors == NULL || s->ksqls == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->cluster_count; i++) {
        size_t count = 1 + (size_t)(draw(s, CHAIN_CONNECTOR, i, 1) % 3);
        for (size_t k = 0; k < count; k++) {
            connector_make(s, i, base_day);
        }
        if (i % 3 == 1 || i % 8 == 0) {
            size_t index = s->ksql_count++;
            struct cg_sim_ksql *ksql = &s->ksqls[index];
            entity_make(s, &ksql->entity, "lksqlc", index, 5, CG_SIM_NAME_KSQL, base_day);
            ksql->cluster = i;
            ksql->owner = index % 4 == 1 ? CG_SIM_NONE : owner_draw(s, draw(s, CHAIN_KSQL, index, 0));
            ksql->csu = (unsigned)(4 + 4 * (draw(s, CHAIN_KSQL, index, 1) % 3));
        }
    }
    /* Two services that were deleted before anybody looked, but still cost money. */
    connector_make(s, 0, base_day);
    s->connectors[s->connector_count - 1].retired = true;
    s->connectors[s->connector_count - 1].without_id = false;
    struct cg_sim_ksql *gone = &s->ksqls[s->ksql_count];
    entity_make(s, &gone->entity, "lksqlc", s->ksql_count, 5, CG_SIM_NAME_KSQL, base_day);
    gone->csu = 4;
    gone->owner = CG_SIM_NONE;
    gone->retired = true;
    s->ksql_count++;
    return true;
}

/* A uid in the provider's style: 8-4-4 hexadecimal digits. */
static void statement_make(struct cg_sim_scenario *s, size_t pool, int64_t base_day) {
    static const char *const phases[] = {"RUNNING", "RUNNING", "COMPLETED", "RUNNING", "FAILED", "STOPPED"};
    size_t index = s->statement_count++;
    struct cg_sim_statement *statement = &s->statements[index];
    uint64_t hash = draw(s, CHAIN_STATEMENT, index, 0);
    (void)snprintf(statement->entity.id, CG_SIM_ID_SIZE, "%08x-%04x-%04x", (unsigned)(hash & 0xffffffffU),
                   (unsigned)((hash >> 32) & 0xffffU), (unsigned)(index & 0xffffU));
    cg_sim_name_make(CG_SIM_NAME_STATEMENT, index, statement->entity.name);
    entity_date(s, &statement->entity, base_day);
    statement->pool = pool;
    statement->owner = index % 7 == 5 ? CG_SIM_NONE : owner_draw(s, draw(s, CHAIN_STATEMENT, index, 1));
    statement->phase = phases[index % (sizeof(phases) / sizeof(phases[0]))];
    statement->nested = pool % 2 == 1;
}

/* Two compute pools per environment, three statements in each. */
static bool flink_make(struct cg_sim_scenario *s, int64_t base_day) {
    s->pools = calloc(s->environment_count * 2, sizeof(*s->pools));
    s->statements = calloc(s->environment_count * 6, sizeof(*s->statements));
    if (s->pools == NULL || s->statements == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->environment_count * 2; i++) {
        size_t index = s->pool_count++;
        struct cg_sim_compute_pool *pool = &s->pools[index];
        entity_make(s, &pool->entity, "lfcp", index, 5, CG_SIM_NAME_COMPUTE_POOL, base_day);
        pool->environment = i / 2;
        const struct place *place = &places[(i / 2) % (sizeof(places) / sizeof(places[0]))];
        pool->cloud = place->cloud;
        pool->region = place->region;
        for (size_t k = 0; k < 3; k++) {
            statement_make(s, index, base_day);
        }
    }
    return true;
}

struct cg_sim_scenario *cg_sim_scenario_new(const struct cg_sim_options *options) {
    struct cg_sim_scenario *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return NULL;
    }
    s->seed = cg_sim_hash(0x636731, options->seed);
    s->plain = options->plain;
    s->fixed_series = options->series;
    s->fixed_topics = options->topics;
    s->odd_samples = options->odd_samples;
    s->history_until = options->end_day * 86400;
    s->history_from = s->history_until - (int64_t)options->history_days * 86400;
    uint64_t hash = cg_sim_hash(s->seed, 1);
    (void)snprintf(s->organization, sizeof(s->organization), "%08x-%04x-4%03x-8%03x-%012llx",
                   (unsigned)(hash & 0xffffffffU), (unsigned)((hash >> 32) & 0xffffU),
                   (unsigned)((hash >> 48) & 0xfffU), (unsigned)((hash >> 20) & 0xfffU),
                   (unsigned long long)(cg_sim_hash(hash, 2) & 0xffffffffffffU));
    /* 2023-01-01, or about two years before a bill that is older than usual */
    int64_t base_day = 19358;
    if (base_day > options->first_day - 730) {
        base_day = options->first_day - 730;
    }
    if (!environments_make(s, options->environments, base_day) || !clusters_make(s, options, base_day) ||
        !principals_make(s, options->principals, base_day) || !keys_make(s, base_day) ||
        (!s->plain && (!connectors_make(s, base_day) || !flink_make(s, base_day)))) {
        cg_sim_scenario_free(s);
        return NULL;
    }
    cg_sim_history_make(s);
    return s;
}

void cg_sim_scenario_free(struct cg_sim_scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    free(scenario->environments);
    free(scenario->clusters);
    free(scenario->principals);
    free(scenario->providers);
    free(scenario->keys);
    free(scenario->registries);
    free(scenario->connectors);
    free(scenario->ksqls);
    free(scenario->pools);
    free(scenario->statements);
    free(scenario);
}

size_t cg_sim_environment_find(const struct cg_sim_scenario *scenario, const char *id) {
    for (size_t i = 0; i < scenario->environment_count; i++) {
        if (strcmp(scenario->environments[i].id, id) == 0) {
            return i;
        }
    }
    return CG_SIM_NONE;
}

size_t cg_sim_cluster_find(const struct cg_sim_scenario *scenario, const char *id) {
    for (size_t i = 0; i < scenario->cluster_count; i++) {
        if (strcmp(scenario->clusters[i].entity.id, id) == 0) {
            return i;
        }
    }
    return CG_SIM_NONE;
}

size_t cg_sim_compute_pool_find(const struct cg_sim_scenario *scenario, const char *id) {
    for (size_t i = 0; i < scenario->pool_count; i++) {
        if (strcmp(scenario->pools[i].entity.id, id) == 0) {
            return i;
        }
    }
    return CG_SIM_NONE;
}
