/*
 * schema.h - the keys that the program itself knows, as tables of options.
 */
#ifndef CG_CONFIG_SCHEMA_H
#define CG_CONFIG_SCHEMA_H

#include "config/options.h"

/** Most tenants of a file. */
#define CG_SCHEMA_MAX_TENANTS 1000u

/** The file without what is below `plugin_settings`. */
const struct cg_option_set *cg_schema_file(void);

/**
 * plugin_settings: the common base together with a module's table. `open` 1: the module's table is not known yet, so
 * unknown keys are left alone.
 */
struct cg_option_set cg_schema_plugin_settings(const struct cg_option *const *options, size_t count, uint32_t open);

#endif
