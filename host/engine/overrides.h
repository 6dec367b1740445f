/*
 * overrides.h - allocators and identity resolvers that the configuration puts in the place of an ecosystem's own.
 */
#ifndef CG_ENGINE_OVERRIDES_H
#define CG_ENGINE_OVERRIDES_H

#include "engine/runtime.h"

/**
 * Replaces allocators and resolvers in the runtime's bindings as `allocator_overrides` and
 * `identity_resolution_overrides` say. An unknown key or symbol goes into `problems`; CG_INVALID then. An identity
 * override's key is a product type or a service type; the product type wins where both match a line.
 */
cg_status cg_overrides_apply(struct cg_runtime *runtime, struct cg_problems *problems);

#endif
