/*
 * progress.h - how far the work is: a bar on a terminal, plain lines otherwise.
 */
#ifndef CG_CLI_PROGRESS_H
#define CG_CLI_PROGRESS_H

#include <chitragupt/abi.h>

struct cg_settings;

struct cg_progress {
    const struct cg_settings *settings;
    int32_t quiet;
    int32_t terminal;
    int32_t shown;   /**< a bar stands on the current line */
    size_t tenant;   /**< of the last line */
    char what[64];   /**< of the last line */
    int64_t percent; /**< of the last line */
};

/** Prepares progress on standard error. */
void cg_progress_init(struct cg_progress *progress, const struct cg_settings *settings, int32_t quiet);

/** Shows that `done` of `total` (0 = unknown) of `what` is done for a tenant. `user` is the struct cg_progress. */
void cg_progress_show(void *user, size_t tenant, const char *what, int64_t done, int64_t total);

/** Takes the bar away. */
void cg_progress_clear(struct cg_progress *progress);

#endif
