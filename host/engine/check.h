/*
 * check.h - the part of validation that needs the modules' option tables.
 */
#ifndef CG_ENGINE_CHECK_H
#define CG_ENGINE_CHECK_H

#include "config/problems.h"
#include "config/settings.h"
#include "module/modules.h"

/**
 * Checks every tenant against the modules: ecosystem, database driver and emitter types exist; plugin_settings and
 * params fit the option tables, which also gives them their types and defaults. What is wrong goes into `problems`.
 * With `tenant` not NULL only that tenant is checked. Also finds each tenant's topics_status and topics_error.
 *
 * With settings of a reader (CG_SETTINGS_READER) an unknown ecosystem and what is wrong with plugin_settings are
 * warnings, and emitters are not looked at. Errors: CG_NO_MEMORY; problems alone are CG_OK.
 */
cg_status cg_check_options(struct cg_settings *settings, const char *tenant, const struct cg_modules *modules,
                           struct cg_problems *problems);

/**
 * Checks a list of emitters of `settings`, and completes their params, in the same way. Errors: CG_NO_MEMORY; problems
 * alone are CG_OK.
 */
cg_status cg_check_emitters(struct cg_settings *settings, struct cg_emitter_settings *emitters, size_t count,
                            const struct cg_modules *modules, struct cg_problems *problems);

/**
 * Warns of entries that differ in nothing but name and aggregation from an earlier one, or from one of `others` (the
 * list of `emitters`): each writes over the other's results, or shows them a second time. An emitter of samples in
 * both lists is fine: they hold other rows. Warnings go where cg_settings_collect says.
 */
void cg_check_twins(const struct cg_emitter_settings *emitters, size_t count, const struct cg_emitter_settings *others,
                    size_t other_count, const struct cg_modules *modules);

#endif
