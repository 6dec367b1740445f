/*
 * generation.h - a configuration as a whole: settings, the bytes they were read from, and the modules at hand.
 *
 * A reload makes a new generation; who still works with the old one holds a reference to it. Nothing in a generation
 * changes once it is shared.
 */
#ifndef CG_RUN_GENERATION_H
#define CG_RUN_GENERATION_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "run/snapshot.h"

struct cg_generation {
    uint64_t number;                 /**< 1: that of the start */
    struct cg_settings *settings;    /**< complete: the options of modules are applied */
    struct cg_snapshot *snapshot;    /**< what workers read */
    const char *const *module_files; /**< that passed the probe, borrowed: they are those of the start for ever */
    size_t module_file_count;
    const char **left_out;  /**< per tenant: why no run is done for it, or NULL; set once, before it is shared */
    struct cg_arena *arena; /**< for `left_out` */
    atomic_size_t references;
};

/**
 * A generation with one reference. Takes over `snapshot` and `settings` when it succeeds; `module_files` outlives it.
 * Error: CG_NO_MEMORY.
 */
cg_status cg_generation_new(struct cg_snapshot *snapshot, struct cg_settings *settings, const char *const *module_files,
                            size_t module_file_count, struct cg_generation **ret);

/** One reference more; returns its argument. Any thread that holds one may call it. */
struct cg_generation *cg_generation_ref(struct cg_generation *generation);

/** Gives a reference back; with the last one everything ends. Any thread. NULL is fine. */
void cg_generation_unref(struct cg_generation *generation);

/** Index of the tenant with this name, or SIZE_MAX. */
size_t cg_generation_find(const struct cg_generation *generation, const char *tenant);

/** True when two configuration trees say the same: types, keys, values, order of lists. Either may be NULL. */
int cg_config_same(const struct cg_config *left, const struct cg_config *right);

/** How many tenants differ, and which sections besides `tenants`, and who they are: names joined by ", " or "none". */
struct cg_generation_difference {
    size_t count; /**< of all that differs; 0: the two say the same */
    struct cg_buf added;
    struct cg_buf removed;
    struct cg_buf changed;
    struct cg_buf sections; /**< of the file, without `tenants`; "" when all are the same */
};

/** Compares; end it with cg_generation_difference_done in any case. Error: CG_NO_MEMORY. */
cg_status cg_generation_compare(const struct cg_generation *before, const struct cg_generation *after,
                                struct cg_generation_difference *ret);

/** Frees the texts. */
void cg_generation_difference_done(struct cg_generation_difference *difference);

#endif
