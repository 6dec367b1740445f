/*
 * plan.h - what a configuration shows, and where: one site for each address and port, with the entries of all tenants
 * that are served there.
 *
 * It lives on the loop's thread and is shared by reference: a page that is being sent keeps the plan it began with.
 */
#ifndef CG_EXPOSE_PLAN_H
#define CG_EXPOSE_PLAN_H

#include <chitragupt/error.h>

#include "base/arena.h"

/** An emitter entry of a tenant. */
struct cg_expose_entry {
    const char *directory;
    const char *tenant; /**< its name */
    const char *name;   /**< of the entry */
    int group;          /**< CG_KEPT_ROWS or CG_KEPT_TOPICS */
    int64_t keep_days;
};

/** A listener. */
struct cg_expose_site {
    const char *address;
    uint16_t port;
    struct cg_expose_entry *entries; /**< in the order of the configuration */
    size_t count;
    size_t room;
};

struct cg_expose_plan {
    struct cg_arena *arena;
    struct cg_expose_site *sites;
    size_t count;
    size_t room;
    size_t references;
};

/** An empty plan with one reference, or NULL. */
struct cg_expose_plan *cg_expose_plan_new(void);

/** One reference more; returns its argument. */
struct cg_expose_plan *cg_expose_plan_ref(struct cg_expose_plan *plan);

/** One less; with the last one it ends. NULL is fine. */
void cg_expose_plan_unref(struct cg_expose_plan *plan);

/** Adds an entry, everything copied, to the site of this address and port. Error: CG_NO_MEMORY. */
cg_status cg_expose_plan_add(struct cg_expose_plan *plan, const char *address, uint16_t port,
                             const struct cg_expose_entry *entry);

/** The site of this address and port, or NULL. */
const struct cg_expose_site *cg_expose_plan_find(const struct cg_expose_plan *plan, const char *address, uint16_t port);

/** True when two listeners of one port cannot be there at once: equal addresses, or one of them is every interface. */
int cg_expose_overlap(const char *address, const char *other);

#endif
