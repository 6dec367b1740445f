/*
 * set.h - the inside of a set of modules, for the files of this room.
 */
#ifndef CG_MODULE_SET_H
#define CG_MODULE_SET_H

#include "base/arena.h"
#include "module/file.h"
#include "module/modules.h"

/** The logger of this room. */
#define CG_MODULE_LOGGER "core.plugin.loader"

/** Most files in a set. */
#define CG_MODULES_MAX 4096u

/** A file of the set, and what tells it from another. */
struct cg_module_entry {
    struct cg_module module;
    struct cg_module_file file;
    int32_t has_file; /**< `file` is filled */
    int32_t replaced; /**< sound, but another module has taken its place */
};

struct cg_modules {
    struct cg_arena *arena;
    struct cg_module_entry **entries;
    size_t count;
    size_t capacity;
};

/** A file that a probe of several has loaded, as it was before that. */
struct cg_module_sound {
    const char *path;
    struct cg_module_file file;
};

/** How files are added to a set. */
struct cg_module_source {
    const char *probe_program;           /**< or NULL */
    int64_t probe_timeout_us;            /**< not above 0: CG_PROBE_TIMEOUT_US */
    const struct cg_module_sound *sound; /**< files that need no probe of their own; or NULL */
    size_t sound_count;
    int32_t bundled;
    int32_t lone; /**< each file stands for itself: no rules about duplicates */
    const struct cg_log *log;
};

/** An empty set, or NULL when out of memory. */
struct cg_modules *cg_modules_new(void);

/**
 * Checks, probes and loads one file and puts it into the set, as loaded or refused; a refusal is logged. Errors:
 * CG_RANGE (too many files), CG_NO_MEMORY.
 */
cg_status cg_modules_add(struct cg_modules *modules, const struct cg_module_source *source, const char *path,
                         struct cg_error *error);

/**
 * Probes files together, some in each process, and puts those that need no probe of their own into `ret`, which has
 * room for all, in their order. Returns their number. Files that may not be loaded are left out. `how` has the program,
 * and no process is waited for longer than for that of a lone file.
 */
size_t cg_modules_probe_together(const struct cg_module_source *how, const char *const *paths, size_t count,
                                 struct cg_module_sound *ret);

/** Puts a file into the set that is refused for `reason`. Errors as above. */
cg_status cg_modules_add_refused(struct cg_modules *modules, const struct cg_module_source *source, const char *path,
                                 const char *reason, struct cg_error *error);

/** Path, and the reason without it. */
#define CG_REFUSAL_FORMAT "plugin %s not loaded: %s"

#endif
