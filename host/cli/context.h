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

struct cg_context {
    const struct cg_options *options;
    struct cg_problems *problems;
    struct cg_settings *settings; /**< or NULL when the file is not valid */
    struct cg_log *log;
    struct cg_modules *modules;
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

/** Looks for the modules only; with a configuration, also in its plugins_path. */
int cg_context_scan(struct cg_context *context, const char *plugins_path);

/** Lists the files that passed the probe, for workers; the list lives in the arena. Error: CG_NO_MEMORY. */
cg_status cg_context_module_files(const struct cg_context *context, struct cg_arena *arena,
                                  const char *const **ret_files, size_t *ret_count);

/** Frees everything. */
void cg_context_done(struct cg_context *context);

/** Prints warnings, then errors, to standard error. */
void cg_context_print_problems(const struct cg_context *context);

/** True when the configuration cannot be used. */
int cg_context_broken(const struct cg_context *context);

#endif
