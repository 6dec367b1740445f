/*
 * exposition_plan.h - which samples a configuration shows, and on which listeners.
 */
#ifndef CG_CLI_EXPOSITION_PLAN_H
#define CG_CLI_EXPOSITION_PLAN_H

#include "config/settings.h"
#include "expose/plan.h"
#include "module/modules.h"

/**
 * The plan of settings to which the options of modules were applied (cg_check_options), those of readers excepted: they
 * show nothing. Entries of the topic overlay are completed in `settings`, so nobody else may use them yet. Listeners
 * that get into each other's way, or (with `with_api`) into that of the REST API, go into `problems`; so does what is
 * wrong with a topic entry. Error: CG_NO_MEMORY; problems alone are CG_OK.
 */
cg_status cg_exposition_plan(struct cg_settings *settings, const struct cg_modules *modules, int with_api,
                             struct cg_problems *problems, struct cg_expose_plan **ret);

#endif
