/*
 * runtime.h - one tenant, bound to the modules that serve it.
 *
 * Binding resolves everything a run needs by name: the ecosystem, its products, the overrides that replace allocators
 * and identity resolvers, the emitters. It is also what `--validate` does, so both come to the same verdict.
 */
#ifndef CG_ENGINE_RUNTIME_H
#define CG_ENGINE_RUNTIME_H

#include <chitragupt/plugin.h>

#include "base/error.h"
#include "config/problems.h"
#include "config/settings.h"
#include "engine/crumb.h"
#include "engine/services.h"
#include "module/modules.h"

/** A function of a module, with what is needed to call it and to name it. */
struct cg_callee {
    const struct cg_module *module;
    struct cg_services *services; /**< of that module */
    const char *symbol;           /**< override symbol, or the product's or service's name for built-in ones */
    int32_t overrides;            /**< 1 when the configuration put it in place */
};

/** How the lines of one product type are handled. */
struct cg_binding {
    const char *product_type;
    const struct cg_service *service;
    const struct cg_product *product;
    const struct cg_allocator *allocator;
    struct cg_callee allocator_callee;
    const struct cg_identity_resolver *resolver; /**< or NULL */
    struct cg_callee resolver_callee;
};

/** What stands before the name of a topic overlay's emitter in crumbs: `emitters` may have an entry of that name too.
 */
#define CG_TOPIC_EMITTER_SYMBOL CG_PIPELINE_TOPICS "/"

/** An emitter entry and its module. */
struct cg_emitter_binding {
    const struct cg_emitter_settings *settings;
    const struct cg_module *module;
    const struct cg_emitter *emitter;
    struct cg_services *services;
};

struct cg_runtime {
    struct cg_arena *arena;
    const struct cg_settings *settings;
    const struct cg_tenant_settings *tenant;
    const struct cg_modules *modules;
    struct cg_services_shared shared;
    struct cg_crumb *crumb; /**< or NULL */

    const struct cg_module *module; /**< the ecosystem's */
    const struct cg_ecosystem *ecosystem;
    struct cg_services *services;
    struct cg_tenant identity; /**< what the instance knows of the tenant */
    void *instance;
    struct cg_ecosystem_description description;

    struct cg_binding *bindings; /**< sorted by product type */
    size_t binding_count;
    struct cg_binding fallback; /**< allocator NULL when the ecosystem has none */
    struct cg_emitter_binding *emitters;
    size_t emitter_count;
    struct cg_emitter_binding *topic_emitters; /**< of description.topics */
    size_t topic_emitter_count;

    struct cg_services **all_services; /**< one per module in use */
    size_t services_count;
    size_t services_room;
};

/** What binding needs. Everything is borrowed and outlives the runtime. */
struct cg_runtime_options {
    struct cg_settings *settings; /**< with the modules' options applied (cg_check_options) */
    const struct cg_tenant_settings *tenant;
    const struct cg_modules *modules;
    struct cg_services_shared shared;
    struct cg_crumb *crumb;
};

/**
 * Binds a tenant. What is wrong goes into `problems` with file, line and key; CG_INVALID then. Other errors (out of
 * memory) are told by `error`.
 */
cg_status cg_runtime_new(const struct cg_runtime_options *options, struct cg_problems *problems,
                         struct cg_runtime **ret, struct cg_error *error);

/** Ends the instance and everything bound. NULL is fine. */
void cg_runtime_free(struct cg_runtime *runtime);

/** The binding of a product type, or NULL when no service claims it. */
const struct cg_binding *cg_runtime_find(const struct cg_runtime *runtime, const char *product_type);

/** The services of a module in use; creates them at first. Error: CG_NO_MEMORY. */
cg_status cg_runtime_services(struct cg_runtime *runtime, const struct cg_module *module, struct cg_services **ret);

#endif
