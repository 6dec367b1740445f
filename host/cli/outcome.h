/*
 * outcome.h - what came of checks and runs, in words and as an exit status.
 */
#ifndef CG_CLI_OUTCOME_H
#define CG_CLI_OUTCOME_H

#include "base/log.h"
#include "run/generation.h"
#include "run/supervisor.h"

/**
 * Takes the reports of all tenants' checks. What a worker found wrong is a problem of the configuration. A worker that
 * could not find out is one too if `strict`; else its tenant alone is left out of the generation, which nobody may
 * share yet. `*ret_left_out` counts those. Error: CG_NO_MEMORY.
 */
cg_status cg_outcome_of_checks(struct cg_generation *generation, const struct cg_report *report, int strict,
                               struct cg_problems *problems, size_t *ret_left_out);

/** Where a run's errors go. */
enum cg_outcome_place {
    CG_OUTCOME_PRINT, /**< to standard error, for somebody who waits for the end */
    CG_OUTCOME_LOG    /**< to the log, for a service */
};

/** Tells what a run of the tenant `name` did. Returns CG_EXIT_OK, or CG_EXIT_FAILED when it had errors or no turn. A
 * run of another process that stands for it counts as one of this process. */
int cg_outcome_of_run(const struct cg_log *log, const char *name, const struct cg_tenant_report *report,
                      enum cg_outcome_place place);

#endif
