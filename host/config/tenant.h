/*
 * tenant.h - tenants as structs, and the rules between their keys.
 */
#ifndef CG_CONFIG_TENANT_H
#define CG_CONFIG_TENANT_H

#include "config/settings.h"

/**
 * Reads the tenants of a tree that the file's table was applied to, applies the common base of plugin_settings, and
 * checks the rules between keys and between tenants. Problems go to the document's list; what is broken is read as far
 * as it can be, so that the remaining rules are checked too. Error: CG_NO_MEMORY.
 */
cg_status cg_tenants_read(struct cg_settings *settings);

#endif
