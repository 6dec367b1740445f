/* Organizations, environments, and who uses them: service accounts, users, keys, identity providers and pools. */
#include <stdio.h>
#include <string.h>

#include "page.h"

static void instant_put(struct cg_sim_text *text, int64_t seconds, size_t index) {
    char date[CG_SIM_DAY_SIZE];
    cg_sim_day_format(seconds / 86400, date);
    int64_t rest = seconds % 86400;
    cg_sim_text_printf(text, "\"created_at\":\"%s", date);
    cg_sim_text_printf(text, "T%02u:%02u:%02u", (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60),
                       (unsigned)(rest % 60));
    /* the provider mixes fractions, offsets and plain UTC */
    static const char *const zones[] = {"Z", ".123456Z", "+00:00", ".5Z"};
    cg_sim_text_puts(text, zones[index % 4]);
    cg_sim_text_putc(text, '"');
}

void cg_sim_metadata_put(struct cg_sim_text *text, const struct cg_sim_scenario *scenario, int64_t created,
                         size_t index, const char *kind, const char *id) {
    cg_sim_text_puts(text, ",\"metadata\":{");
    instant_put(text, created, index);
    cg_sim_text_printf(text, ",\"resource_name\":\"crn://confluent.cloud/organization=%s/%s=%s\"}",
                       scenario->organization, kind, id);
}

static void organization_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", s->organization);
    cg_sim_text_field(text, "display_name", "Example Retail");
    cg_sim_text_puts(text, ",\"jit_enabled\":true,\"metadata\":{");
    instant_put(text, s->environments[0].created, index);
    cg_sim_text_printf(text, ",\"resource_name\":\"crn://confluent.cloud/organization=%s\"}}", s->organization);
}

void cg_sim_organizations(struct cg_sim_world *world, const struct cg_sim_request *request,
                          struct cg_sim_reply *reply) {
    struct cg_sim_entity self = {.gone = CG_SIM_FOREVER};
    struct cg_sim_listing listing = {
        .api_version = "org/v2",
        .kind = "OrganizationList",
        .base = &self,
        .stride = sizeof(self),
        .count = 1,
        .scope = "",
        .most = 100,
        .last = CG_SIM_LAST_OMITTED,
        .write = organization_write,
    };
    cg_sim_listing_reply(world, request, &listing, reply);
}

static void environment_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_entity *environment = &s->environments[index];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", environment->id);
    cg_sim_text_field(text, "display_name", environment->name);
    cg_sim_metadata_put(text, s, environment->created, index, "environment", environment->id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_environments(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "org/v2",
        .kind = "EnvironmentList",
        .base = world->scenario->environments,
        .stride = sizeof(*world->scenario->environments),
        .count = world->scenario->environment_count,
        .scope = "",
        .most = 100,
        .last = CG_SIM_LAST_EMPTY,
        .write = environment_write,
    };
    cg_sim_listing_reply(world, request, &listing, reply);
}

static bool principal_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return (size_t)s->principals[index].kind == filter;
}

static void service_account_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_entity *account = &s->principals[index].entity;
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", account->id);
    cg_sim_text_field(text, "display_name", account->name);
    cg_sim_text_printf(text, ",\"description\":\"Credentials of %s\"", account->name);
    cg_sim_metadata_put(text, s, account->created, index, "service-account", account->id);
    cg_sim_text_putc(text, '}');
}

static void user_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_entity *user = &s->principals[index].entity;
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", user->id);
    cg_sim_text_field(text, "full_name", user->name);
    cg_sim_text_printf(text, ",\"email\":\"%s@example.org\",\"auth_type\":\"AUTH_TYPE_SSO\"", user->id);
    cg_sim_metadata_put(text, s, user->created, index, "user", user->id);
    cg_sim_text_putc(text, '}');
}

static void pool_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_entity *pool = &s->principals[index].entity;
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", pool->id);
    cg_sim_text_field(text, "display_name", pool->name);
    cg_sim_text_puts(text, ",\"description\":\"Workload identities\",\"identity_claim\":\"claims.sub\"");
    cg_sim_text_puts(text, ",\"state\":\"ENABLED\"");
    cg_sim_metadata_put(text, s, pool->created, index, "identity-pool", pool->id);
    cg_sim_text_putc(text, '}');
}

static struct cg_sim_listing principal_listing(const struct cg_sim_scenario *s, enum cg_sim_principal_kind kind) {
    static const char *const kinds[] = {"ServiceAccountList", "UserList", "IdentityPoolList"};
    struct cg_sim_listing listing = {
        .api_version = "iam/v2",
        .kind = kinds[kind],
        .base = s->principals,
        .stride = sizeof(*s->principals),
        .count = s->principal_count,
        .filter = (size_t)kind,
        .scope = "",
        .most = 100,
        .last = CG_SIM_LAST_OMITTED,
        .matches = principal_matches,
        .write = kind == CG_SIM_USER ? user_write : service_account_write,
    };
    return listing;
}

void cg_sim_service_accounts(struct cg_sim_world *world, const struct cg_sim_request *request,
                             struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = principal_listing(world->scenario, CG_SIM_SERVICE_ACCOUNT);
    cg_sim_listing_reply(world, request, &listing, reply);
}

void cg_sim_users(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = principal_listing(world->scenario, CG_SIM_USER);
    cg_sim_listing_reply(world, request, &listing, reply);
}

static void api_key_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_key *key = &s->keys[index];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", key->entity.id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "description", key->entity.name);
    if (key->owner != CG_SIM_NONE) {
        const struct cg_sim_principal *owner = &s->principals[key->owner];
        cg_sim_text_puts(text, ",\"owner\":{");
        cg_sim_text_field(text, "id", owner->entity.id);
        cg_sim_text_field(text, "kind", owner->kind == CG_SIM_USER ? "User" : "ServiceAccount");
        cg_sim_text_putc(text, '}');
    } else if (index % 2 == 0) {
        cg_sim_text_puts(text, ",\"owner\":null");
    }
    cg_sim_text_puts(text, ",\"resource\":{");
    cg_sim_text_field(text, "id", key->resource);
    cg_sim_text_field(text, "kind", key->cluster == CG_SIM_NONE ? "SchemaRegistry" : "Cluster");
    cg_sim_text_puts(text, "}}");
    cg_sim_metadata_put(text, s, key->entity.created, index, "api-key", key->entity.id);
    cg_sim_text_putc(text, '}');
}

void cg_sim_api_keys(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    struct cg_sim_listing listing = {
        .api_version = "iam/v2",
        .kind = "ApiKeyList",
        .base = world->scenario->keys,
        .stride = sizeof(*world->scenario->keys),
        .count = world->scenario->key_count,
        .scope = "",
        .most = 100,
        .last = CG_SIM_LAST_EMPTY,
        .write = api_key_write,
    };
    cg_sim_listing_reply(world, request, &listing, reply);
}

static void provider_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_entity *provider = &s->providers[index];
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "id", provider->id);
    cg_sim_text_field(text, "display_name", provider->name);
    cg_sim_text_puts(text, ",\"description\":\"Company sign-on\",\"issuer\":\"https://login.example.org\"");
    cg_sim_metadata_put(text, s, provider->created, index, "identity-provider", provider->id);
    cg_sim_text_putc(text, '}');
}

static bool pool_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    return s->principals[index].kind == CG_SIM_POOL && s->principals[index].provider == filter;
}

/* `/iam/v2/identity-providers` or `/iam/v2/identity-providers/<id>/identity-pools` */
void cg_sim_identity_providers(struct cg_sim_world *world, const struct cg_sim_request *request,
                               struct cg_sim_reply *reply) {
    const struct cg_sim_scenario *s = world->scenario;
    const char *rest = request->path + strlen("/iam/v2/identity-providers");
    if (*rest == '\0') {
        struct cg_sim_listing listing = {
            .api_version = "iam/v2",
            .kind = "IdentityProviderList",
            .base = s->providers,
            .stride = sizeof(*s->providers),
            .count = s->provider_count,
            .scope = "",
            .most = 100,
            .last = CG_SIM_LAST_NULL,
            .write = provider_write,
        };
        cg_sim_listing_reply(world, request, &listing, reply);
        return;
    }
    for (size_t i = 0; i < s->provider_count; i++) {
        char expected[CG_SIM_ID_SIZE + 32];
        (void)snprintf(expected, sizeof(expected), "/%s/identity-pools", s->providers[i].id);
        if (strcmp(rest, expected) == 0) {
            struct cg_sim_listing listing = principal_listing(s, CG_SIM_POOL);
            listing.filter = i;
            listing.matches = pool_matches;
            listing.write = pool_write;
            cg_sim_listing_reply(world, request, &listing, reply);
            return;
        }
    }
    cg_sim_reply_error(reply, 404, "There is no such identity provider");
}
