/*
 * context.h - what every command that reads a configuration starts with: settings, log, modules.
 */
#ifndef CG_CLI_CONTEXT_H
#define CG_CLI_CONTEXT_H

#include "base/arena.h"
#include "cli/options.h"
#include "config/problems.h"
#include "config/settings.h"
#include "module/modules.h"
#include "run/generation.h"

struct cg_context {
    const struct cg_options *options;
    struct cg_problems *problems;
    struct cg_generation *generation; /**< or NULL when the file is not valid */
    struct cg_settings *settings;     /**< those of the generation, or NULL */
    struct cg_log *log;               /**< the same object for as long as the program runs */
    struct cg_modules *modules;       /**< the same for as long as the program runs */
    struct cg_arena *arena;           /**< for what follows from the modules */
    char bundled_dir[4096];
};

/** Path of this program, for starting it again. */
#define CG_SELF "/proc/self/exe"

/**
 * Loads settings and modules and checks one against the other; what is wrong is in `problems`. Returns an exit status;
 * CG_EXIT_FAILED only for failures that are no problem of the configuration, after a sentence. End it with
 * cg_context_done.
 */
int cg_context_open(const struct cg_options *options, struct cg_context *ret);

/** How the settings are loaded for a command (CG_SETTINGS_): also when they are loaded again later. */
uint32_t cg_context_flags(const struct cg_options *options);

/**
 * Reads the same files once more, with the modules of the start. What is wrong is in `problems`, and `*ret` is set only
 * without errors. Errors: CG_INVALID, CG_NO_MEMORY.
 */
cg_status cg_context_reload(const struct cg_context *context, struct cg_problems *problems, struct cg_generation **ret);

/** Looks for the modules only; with a configuration, also in its plugins_path. */
int cg_context_scan(struct cg_context *context, const char *plugins_path);

/** Frees everything. */
void cg_context_done(struct cg_context *context);

/** Prints warnings, then errors, to standard error; warnings as log lines when the log is JSON. */
void cg_context_print_problems(const struct cg_context *context);

/** True when the configuration cannot be used. */
int cg_context_broken(const struct cg_context *context);

#endif
