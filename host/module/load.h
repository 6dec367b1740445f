/*
 * load.h - from a path to a module: every check in its order.
 */
#ifndef CG_MODULE_LOAD_H
#define CG_MODULE_LOAD_H

#include "base/arena.h"
#include "module/modules.h"

/* The steps in which a module's own code or data can end the process. */
#define CG_LOAD_OPENING 0u     /**< the dynamic linker maps the file and runs its constructors */
#define CG_LOAD_REGISTERING 1u /**< register() runs */
#define CG_LOAD_READING 2u     /**< what it handed over is read */
#define CG_LOAD_STEPS 3u

/** Told before each step; both members may be NULL. */
struct cg_load_watch {
    void (*step)(void *user, uint32_t step);
    void *user;
};

/**
 * Loads one file, whose owner and modes were checked, into this process and fills `module` but for its path, file name,
 * origin, `loaded` and `reason`, as far as it comes. Strings live in the arena. Errors: CG_PERMANENT with the reason
 * (without the file's name), CG_NO_MEMORY.
 */
cg_status cg_module_load(const char *path, const struct cg_load_watch *watch, struct cg_arena *arena,
                         struct cg_module *module, struct cg_error *error);

#endif
