/*
 * progress.h - how far the work is: one line for all tenants at work on a terminal, plain lines otherwise.
 */
#ifndef CG_CLI_PROGRESS_H
#define CG_CLI_PROGRESS_H

#include <chitragupt/abi.h>

struct cg_settings;

/** Longest line of a terminal that is used, in bytes. */
#define CG_PROGRESS_LINE_SIZE 1024

/** Where one tenant stands. */
struct cg_progress_tenant {
    int32_t active; /**< it has said something and has not finished */
    char what[64];
    int64_t done;
    int64_t total;   /**< 0 = unknown */
    int64_t percent; /**< 0 when the total is unknown */
};

struct cg_progress {
    const struct cg_settings *settings;
    int32_t quiet;
    int32_t terminal;
    int32_t shown;                      /**< a line stands on the terminal */
    struct cg_progress_tenant *tenants; /**< one for each in the settings; NULL: nothing is shown */
};

/** Prepares progress on standard error; end it with cg_progress_done. Without memory it stays quiet, and without a
 * terminal beside a log of JSON lines. */
void cg_progress_init(struct cg_progress *progress, const struct cg_settings *settings, int32_t quiet);

/** Frees what it holds; fine for one that is all zero. */
void cg_progress_done(struct cg_progress *progress);

/**
 * Shows that `done` of `total` (0 = unknown) of `what`, which may come from a module, is done for a tenant. `user` is
 * the struct cg_progress.
 */
void cg_progress_show(void *user, size_t tenant, const char *what, int64_t done, int64_t total);

/** The tenant is not at work any more. */
void cg_progress_finished(void *user, size_t tenant);

/** Takes the line away. */
void cg_progress_clear(struct cg_progress *progress);

/**
 * The line of a terminal with `columns` columns: "acme: dates [####....] 12/30" for one tenant at work, "acme: dates
 * 40%, other: billing 12" for several. It is shorter than the terminal is wide, so that it never wraps; a longer one is
 * cut and ends in "...". Returns `buffer`.
 */
char *cg_progress_line(const struct cg_progress *progress, size_t columns, char buffer[CG_PROGRESS_LINE_SIZE]);

#endif
