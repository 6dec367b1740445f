#include "expose/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct cg_expose_plan *cg_expose_plan_new(void) {
    struct cg_expose_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->references = 1;
    plan->arena = cg_arena_new();
    if (plan->arena)
        return plan;
    free(plan);
    return NULL;
}

struct cg_expose_plan *cg_expose_plan_ref(struct cg_expose_plan *plan) {
    plan->references++;
    return plan;
}

void cg_expose_plan_unref(struct cg_expose_plan *plan) {
    if (!plan || --plan->references)
        return;
    cg_arena_free(plan->arena);
    free(plan);
}

static struct cg_expose_site *find(const struct cg_expose_plan *plan, const char *address, uint16_t port) {
    for (size_t i = 0; i < plan->count; i++)
        if (plan->sites[i].port == port && strcasecmp(plan->sites[i].address, address) == 0)
            return &plan->sites[i];
    return NULL;
}

const struct cg_expose_site *cg_expose_plan_find(const struct cg_expose_plan *plan, const char *address,
                                                 uint16_t port) {
    return find(plan, address, port);
}

/* A list in the arena with room for one more. Error: NULL. */
static void *grow(struct cg_arena *arena, void *list, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return list;
    size_t wanted = *room ? *room * 2 : 4;
    void *grown = cg_arena_array(arena, wanted, size);
    if (!grown)
        return NULL;
    if (count)
        memcpy(grown, list, count * size);
    *room = wanted;
    return grown;
}

static struct cg_expose_site *add_site(struct cg_expose_plan *plan, const char *address, uint16_t port) {
    const char *copy = cg_arena_string(plan->arena, address);
    struct cg_expose_site *sites = grow(plan->arena, plan->sites, plan->count, &plan->room, sizeof *sites);
    if (!sites || !copy)
        return NULL;
    plan->sites = sites;
    sites[plan->count] = (struct cg_expose_site){.address = copy, .port = port};
    return &sites[plan->count++];
}

cg_status cg_expose_plan_add(struct cg_expose_plan *plan, const char *address, uint16_t port,
                             const struct cg_expose_entry *entry) {
    struct cg_expose_site *site = find(plan, address, port);
    if (!site)
        site = add_site(plan, address, port);
    struct cg_expose_entry copy = *entry;
    copy.directory = cg_arena_string(plan->arena, entry->directory);
    copy.tenant = cg_arena_string(plan->arena, entry->tenant);
    copy.name = cg_arena_string(plan->arena, entry->name);
    if (!site || !copy.directory || !copy.tenant || !copy.name)
        return CG_NO_MEMORY;
    struct cg_expose_entry *entries = grow(plan->arena, site->entries, site->count, &site->room, sizeof *entries);
    if (!entries)
        return CG_NO_MEMORY;
    site->entries = entries;
    entries[site->count++] = copy;
    return CG_OK;
}

static int is_everywhere(const char *address) {
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

int cg_expose_overlap(const char *address, const char *other) {
    return strcasecmp(address, other) == 0 || is_everywhere(address) || is_everywhere(other);
}
