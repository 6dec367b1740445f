#include "engine/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "config/emitters.h"
#include "config/node.h"
#include "engine/check.h"
#include "engine/describe.h"
#include "engine/overrides.h"
#include "engine/tenant_metrics.h"

cg_status cg_runtime_services(struct cg_runtime *runtime, const struct cg_module *module, struct cg_services **ret) {
    for (size_t i = 0; i < runtime->services_count; i++)
        if (runtime->all_services[i]->module == module->name) {
            *ret = runtime->all_services[i];
            return CG_OK;
        }
    if (runtime->services_count == runtime->services_room) {
        size_t room = runtime->services_room ? runtime->services_room * 2 : 8;
        struct cg_services **grown = realloc(runtime->all_services, room * sizeof(struct cg_services *));
        if (!grown)
            return CG_NO_MEMORY;
        runtime->all_services = grown;
        runtime->services_room = room;
    }
    struct cg_services *services = NULL;
    cg_status status = cg_services_new(&runtime->shared, module->name, &services);
    if (status != CG_OK)
        return status;
    runtime->all_services[runtime->services_count++] = services;
    *ret = services;
    return CG_OK;
}

/* Adds a problem at a path below the tenant. */
static void problem_at(const struct cg_runtime *runtime, struct cg_problems *problems, const char *path,
                       const char *text) {
    cg_problems_add(problems, 0, runtime->settings->file, cg_config_line(runtime->tenant->node, path),
                    cg_config_path(runtime->tenant->node), "%s%s%s", path, *path ? ": " : "", text);
}

static cg_status validate_settings(struct cg_runtime *runtime, struct cg_problems *problems) {
    const struct cg_ecosystem *ecosystem = runtime->ecosystem;
    if (!ecosystem->validate)
        return CG_OK;
    size_t before = cg_problems_errors(problems);
    cg_services_reset(runtime->services);
    cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", "validate", NULL);
    ecosystem->validate(&runtime->services->host, runtime->tenant->plugin_settings);
    cg_crumb_leave(runtime->crumb);
    return cg_problems_errors(problems) > before ? CG_INVALID : CG_OK;
}

/* What a function of the ecosystem answered while it was set up. */
static cg_status judge(const struct cg_runtime *runtime, cg_status status, struct cg_problems *problems) {
    if (status == CG_OK || status == CG_NO_MEMORY)
        return status;
    problem_at(runtime, problems, "plugin_settings", cg_services_error(runtime->services, status));
    return CG_INVALID;
}

static cg_status create_instance(struct cg_runtime *runtime, struct cg_problems *problems) {
    runtime->identity = (struct cg_tenant){
        .struct_size = sizeof runtime->identity,
        .name = runtime->tenant->name,
        .tenant_id = runtime->tenant->tenant_id,
        .settings = runtime->tenant->plugin_settings,
    };
    cg_services_reset(runtime->services);
    cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", "create", NULL);
    void *instance = NULL;
    cg_status status = runtime->ecosystem->create(&runtime->services->host, &runtime->identity, &instance);
    cg_crumb_leave(runtime->crumb);
    if (status == CG_OK)
        runtime->instance = instance;
    return judge(runtime, status, problems);
}

/* Asks the instance what it can do. A pointer into nowhere is followed here, while the module is to blame for it. */
static cg_status describe_instance(struct cg_runtime *runtime, struct cg_problems *problems) {
    struct cg_error error = {0};
    cg_status wrong = CG_OK;
    runtime->description = (struct cg_ecosystem_description){.struct_size = sizeof runtime->description};
    cg_services_reset(runtime->services);
    cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", "describe", NULL);
    cg_status status = runtime->ecosystem->describe(runtime->instance, &runtime->description);
    if (status == CG_OK)
        wrong = cg_description_check(&runtime->description, &error);
    cg_crumb_leave(runtime->crumb);
    if (wrong == CG_OK)
        return judge(runtime, status, problems);
    cg_error_wrap(&error, "module '%s'", runtime->module->name);
    problem_at(runtime, problems, "ecosystem", error.text);
    return CG_INVALID;
}

static int compare_bindings(const void *left, const void *right) {
    const struct cg_binding *a = left;
    const struct cg_binding *b = right;
    return strcmp(a->product_type, b->product_type);
}

/* The binding of a product as its ecosystem means it. */
static struct cg_binding own_binding(const struct cg_runtime *runtime, const struct cg_service *service,
                                     const struct cg_product *product) {
    struct cg_callee callee = {
        .module = runtime->module, .services = runtime->services, .symbol = product->product_type};
    struct cg_callee resolver = callee;
    resolver.symbol = service->service_type;
    return (struct cg_binding){
        .product_type = product->product_type,
        .service = service,
        .product = product,
        .allocator = product->allocator,
        .allocator_callee = callee,
        .resolver = service->resolver,
        .resolver_callee = resolver,
    };
}

/* Lists the products of all services; a product type claimed twice is an error of the module. */
static cg_status bind_products(struct cg_runtime *runtime, struct cg_problems *problems) {
    const struct cg_ecosystem_description *description = &runtime->description;
    size_t count = 0;
    for (size_t s = 0; s < description->service_count; s++)
        count += description->services[s]->product_count;
    runtime->bindings = cg_arena_array(runtime->arena, count ? count : 1, sizeof *runtime->bindings);
    if (!runtime->bindings)
        return CG_NO_MEMORY;
    for (size_t s = 0; s < description->service_count; s++) {
        const struct cg_service *service = description->services[s];
        for (uint32_t p = 0; p < service->product_count; p++)
            runtime->bindings[runtime->binding_count++] = own_binding(runtime, service, service->products[p]);
    }
    qsort(runtime->bindings, count, sizeof *runtime->bindings, compare_bindings);
    for (size_t i = 1; i < count; i++) {
        const struct cg_binding *first = &runtime->bindings[i - 1];
        const struct cg_binding *second = &runtime->bindings[i];
        if (strcmp(first->product_type, second->product_type) != 0)
            continue;
        const char *text = cg_arena_printf(
            runtime->arena, "module '%s': Duplicate product_type '%s': claimed by both '%s' and '%s'",
            runtime->module->name, first->product_type, first->service->service_type, second->service->service_type);
        if (!text)
            return CG_NO_MEMORY;
        problem_at(runtime, problems, "ecosystem", text);
        return CG_INVALID;
    }
    runtime->fallback = (struct cg_binding){
        .product_type = "",
        .allocator = description->fallback,
        .allocator_callee = {.module = runtime->module, .services = runtime->services, .symbol = "fallback"},
    };
    return CG_OK;
}

/* Finds the modules of a list of emitters, and lets them look at their params. */
static cg_status bind_emitters(struct cg_runtime *runtime, const struct cg_emitter_settings *entries, size_t count,
                               const char *prefix, struct cg_problems *problems, struct cg_emitter_binding **ret,
                               size_t *ret_count) {
    size_t errors = cg_problems_errors(problems);
    struct cg_emitter_binding *bindings = cg_arena_array(runtime->arena, count, sizeof *bindings);
    if (!bindings)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct cg_module *module = cg_modules_find(runtime->modules, CG_KIND_EMITTER, entries[i].type);
        if (!module)
            return CG_INVALID;
        struct cg_emitter_binding *binding = &bindings[i];
        *binding = (struct cg_emitter_binding){
            .settings = &entries[i], .module = module, .emitter = module->registration->factory};
        cg_status status = cg_runtime_services(runtime, module, &binding->services);
        if (status != CG_OK)
            return status;
        const char *symbol = cg_arena_printf(runtime->arena, "%s%s", prefix, entries[i].name);
        if (!symbol)
            return CG_NO_MEMORY;
        if (!binding->emitter->validate)
            continue;
        cg_crumb_enter(runtime->crumb, "emitter", module->name, symbol, "validate", NULL);
        binding->emitter->validate(&binding->services->host, entries[i].params);
        cg_crumb_leave(runtime->crumb);
    }
    *ret = bindings;
    *ret_count = count;
    return cg_problems_errors(problems) > errors ? CG_INVALID : CG_OK;
}

/* Modules of ABI 1.0 do not know topics. */
static void refuse_without_topics(const struct cg_runtime *runtime, const struct cg_emitter_settings *entry) {
    const struct cg_module *module = cg_modules_find(runtime->modules, CG_KIND_EMITTER, entry->type);
    const struct cg_emitter *emitter = module ? module->registration->factory : NULL;
    if (emitter && !(CG_HAS_MEMBER(emitter, struct cg_emitter, topic_rows) && emitter->topic_rows))
        cg_config_error(cg_config_member(entry->node, "type"),
                        "emitter type '%s' takes no topic rows; only a module with topic_rows (plugin ABI 1.1) can "
                        "stand here",
                        entry->type);
}

/* The entries that the ecosystem's settings hold for the topic overlay. */
static cg_status bind_topic_emitters(struct cg_runtime *runtime, struct cg_settings *settings,
                                     struct cg_problems *problems) {
    const struct cg_topic_attribution *topics = runtime->description.topics;
    const struct cg_tenant_settings *tenant = runtime->tenant;
    struct cg_emitter_settings *entries = NULL;
    size_t count = 0;
    size_t errors = cg_problems_errors(problems);
    if (!topics || !topics->emitters)
        return CG_OK;
    cg_status status = cg_settings_read_emitters(settings, topics->emitters, NULL, problems, &entries, &count);
    if (status == CG_OK)
        status = cg_emitters_default_topics(entries, count);
    if (status == CG_OK)
        status = cg_check_emitters(settings, entries, count, runtime->modules, problems);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        refuse_without_topics(runtime, &entries[i]);
    status = bind_emitters(runtime, entries, count, CG_TOPIC_EMITTER_SYMBOL, problems, &runtime->topic_emitters,
                           &runtime->topic_emitter_count);
    if (status != CG_OK || cg_problems_errors(problems) > errors)
        return status != CG_OK ? status : CG_INVALID;
    cg_check_twins(entries, count, tenant->emitters, tenant->emitter_count, runtime->modules);
    return CG_OK;
}

static cg_status bind(struct cg_runtime *runtime, struct cg_settings *settings, struct cg_problems *problems) {
    const struct cg_tenant_settings *tenant = runtime->tenant;
    runtime->module = cg_modules_find(runtime->modules, CG_KIND_ECOSYSTEM, runtime->tenant->ecosystem);
    if (!runtime->module)
        return CG_INVALID;
    runtime->ecosystem = runtime->module->registration->factory;
    cg_status status = cg_runtime_services(runtime, runtime->module, &runtime->services);
    if (status == CG_OK)
        status = validate_settings(runtime, problems);
    if (status == CG_OK)
        status = create_instance(runtime, problems);
    if (status == CG_OK)
        status = describe_instance(runtime, problems);
    if (status == CG_OK)
        status = bind_products(runtime, problems);
    if (status == CG_OK)
        status = cg_overrides_apply(runtime, problems);
    if (status == CG_OK)
        status = bind_topic_emitters(runtime, settings, problems);
    cg_status emitters = bind_emitters(runtime, tenant->emitters, tenant->emitter_count, "", problems,
                                       &runtime->emitters, &runtime->emitter_count);
    return status != CG_OK ? status : emitters;
}

/* One source for everything that is done for the tenant. */
static cg_status place_metrics(struct cg_runtime *runtime) {
    struct cg_tenant_metrics *metrics = cg_arena_alloc(runtime->arena, sizeof *metrics);
    if (!metrics)
        return CG_NO_MEMORY;
    *metrics =
        (struct cg_tenant_metrics){.tenant = runtime->tenant, .net = runtime->shared.net, .log = runtime->shared.log};
    runtime->shared.metrics = metrics;
    return CG_OK;
}

cg_status cg_runtime_new(const struct cg_runtime_options *options, struct cg_problems *problems,
                         struct cg_runtime **ret, struct cg_error *error) {
    struct cg_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime)
        return cg_error_no_memory(error);
    runtime->arena = cg_arena_new();
    runtime->settings = options->settings;
    runtime->tenant = options->tenant;
    runtime->modules = options->modules;
    runtime->shared = options->shared;
    runtime->crumb = options->crumb;
    cg_settings_collect(options->settings, problems);
    cg_status status = runtime->arena ? place_metrics(runtime) : CG_NO_MEMORY;
    if (status == CG_OK)
        status = bind(runtime, options->settings, problems);
    if (status != CG_OK) {
        cg_runtime_free(runtime);
        if (status == CG_NO_MEMORY)
            return cg_error_no_memory(error);
        return cg_error_set(error, status, "tenant '%s': the configuration is not valid", options->tenant->name);
    }
    *ret = runtime;
    return CG_OK;
}

void cg_runtime_free(struct cg_runtime *runtime) {
    if (!runtime)
        return;
    if (runtime->instance) {
        cg_crumb_enter(runtime->crumb, "ecosystem", runtime->module->name, "", "destroy", NULL);
        runtime->ecosystem->destroy(runtime->instance);
        cg_crumb_leave(runtime->crumb);
    }
    cg_tenant_metrics_close(runtime);
    for (size_t i = 0; i < runtime->services_count; i++)
        cg_services_free(runtime->all_services[i]);
    free(runtime->all_services);
    cg_arena_free(runtime->arena);
    free(runtime);
}

const struct cg_binding *cg_runtime_find(const struct cg_runtime *runtime, const char *product_type) {
    struct cg_binding key = {.product_type = product_type};
    return runtime->binding_count
               ? bsearch(&key, runtime->bindings, runtime->binding_count, sizeof key, compare_bindings)
               : NULL;
}
