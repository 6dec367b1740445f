#include "cli/exposition_plan.h"

#include <string.h>

#include "config/emitters.h"
#include "config/node.h"
#include "engine/check.h"
#include "expose/kept.h"

/* Where an ecosystem's settings have emitters of topic rows. */
#define TOPIC_EMITTERS "topic_attribution.emitters"

struct work {
    struct cg_settings *settings;
    const struct cg_modules *modules;
    struct cg_problems *problems;
    struct cg_problems *of_topics; /* read by nobody: who binds the tenant tells them */
    struct cg_expose_plan *plan;
    int with_api;
};

/* An address and port as a sentence has it. */
struct place {
    const char *address;
    uint16_t port;
};

static const char *bracket(const char *address, const char *text) {
    return strchr(address, ':') ? text : "";
}

#define SHOWN(place_) bracket((place_).address, "["), (place_).address, bracket((place_).address, "]"), (place_).port
#define SHOWN_FORMAT "%s%.200s%s:%u"

/* Says when a listener cannot be there beside another one. */
static void check_place(const struct work *work, const struct cg_tenant_settings *tenant,
                        const struct cg_emitter_settings *emitter, struct place place) {
    const struct cg_api_settings *api = &work->settings->api;
    const struct place of_api = {api->host, (uint16_t)api->port};
    const uint32_t line = cg_config_line(emitter->params, "port");
    const char *path = cg_config_path(emitter->node);
    if (work->with_api && of_api.port == place.port && cg_expose_overlap(of_api.address, place.address))
        cg_problems_add(work->problems, 0, work->settings->file, line, path,
                        "emitter '%s' of tenant '%s' serves its samples on " SHOWN_FORMAT
                        ", which is where the REST API listens (" SHOWN_FORMAT "); give one of them another port",
                        emitter->name, tenant->name, SHOWN(place), SHOWN(of_api));
    for (size_t i = 0; i < work->plan->count; i++) {
        const struct place other = {work->plan->sites[i].address, work->plan->sites[i].port};
        if (other.port != place.port || cg_expose_plan_find(work->plan, place.address, place.port) ||
            !cg_expose_overlap(other.address, place.address))
            continue;
        cg_problems_add(work->problems, 0, work->settings->file, line, path,
                        "emitter '%s' of tenant '%s' serves its samples on " SHOWN_FORMAT
                        ", which another emitter's " SHOWN_FORMAT " includes; give both the same address, or one of "
                        "them another port",
                        emitter->name, tenant->name, SHOWN(place), SHOWN(other));
    }
}

static cg_status add_entry(const struct work *work, const struct cg_tenant_settings *tenant,
                           const struct cg_emitter_settings *emitter, int group) {
    const struct cg_module *module = cg_modules_find(work->modules, CG_KIND_EMITTER, emitter->type);
    const struct cg_emitter *factory = module ? module->registration->factory : NULL;
    if (!factory || !(factory->flags & CG_EMITTER_EXPOSES) || !cg_config_get(emitter->params, "port"))
        return CG_OK;
    const struct place place = {
        .address = cg_config_text(emitter->params, "address", "0.0.0.0"),
        .port = (uint16_t)cg_config_integer(emitter->params, "port", 0),
    };
    const struct cg_expose_entry entry = {
        .directory = cg_config_text(emitter->params, "directory", "data/metrics"),
        .tenant = tenant->name,
        .name = emitter->name,
        .group = group,
        .keep_days = cg_config_integer(emitter->params, "keep_days", 14),
    };
    if (!place.port) /* it is told already that this is no port */
        return CG_OK;
    check_place(work, tenant, emitter, place);
    return cg_expose_plan_add(work->plan, place.address, place.port, &entry);
}

static cg_status add_all(const struct work *work, const struct cg_tenant_settings *tenant,
                         const struct cg_emitter_settings *emitters, size_t count, int group) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = add_entry(work, tenant, &emitters[i], group);
    return status;
}

/* Entries of the topic overlay. */
static cg_status add_topics(const struct work *work, const struct cg_tenant_settings *tenant) {
    const struct cg_config *list = cg_config_get(tenant->plugin_settings, TOPIC_EMITTERS);
    struct cg_emitter_settings *emitters = NULL;
    size_t count = 0;
    if (cg_config_type(list) != CG_CONFIG_LIST || !tenant->topics_status ||
        strcmp(tenant->topics_status, "enabled") != 0)
        return CG_OK;
    cg_status status = cg_settings_read_emitters(work->settings, list, NULL, work->of_topics, &emitters, &count);
    if (status == CG_OK)
        status = cg_emitters_default_topics(emitters, count);
    if (status == CG_OK)
        status = cg_check_emitters(work->settings, emitters, count, work->modules, work->of_topics);
    if (status == CG_OK)
        status = add_all(work, tenant, emitters, count, CG_KEPT_TOPICS);
    return status == CG_NO_MEMORY ? status : CG_OK;
}

cg_status cg_exposition_plan(struct cg_settings *settings, const struct cg_modules *modules, int with_api,
                             struct cg_problems *problems, struct cg_expose_plan **ret) {
    struct work work = {.settings = settings,
                        .modules = modules,
                        .problems = problems,
                        .of_topics = cg_problems_new(),
                        .plan = cg_expose_plan_new(),
                        .with_api = with_api};
    const size_t count = settings->flags & CG_SETTINGS_READER ? 0 : settings->tenant_count;
    cg_status status = work.plan && work.of_topics ? CG_OK : CG_NO_MEMORY;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        const struct cg_tenant_settings *tenant = &settings->tenants[i];
        status = add_all(&work, tenant, tenant->emitters, tenant->emitter_count, CG_KEPT_ROWS);
        if (status == CG_OK)
            status = add_topics(&work, tenant);
    }
    cg_problems_free(work.of_topics);
    if (status != CG_OK)
        cg_expose_plan_unref(work.plan);
    else
        *ret = work.plan;
    return status;
}
