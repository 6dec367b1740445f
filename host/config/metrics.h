/*
 * metrics.h - the section `metrics` of plugin_settings: where the metrics are, and how they are asked for.
 */
#ifndef CG_CONFIG_METRICS_H
#define CG_CONFIG_METRICS_H

#include "base/arena.h"
#include "config/settings.h"

/**
 * Reads the section (NULL: there is none) that the program's table was applied to, and checks the rules between its
 * keys. Problems go to the document's list. Error: CG_NO_MEMORY.
 */
cg_status cg_metrics_settings_read(struct cg_config *node, struct cg_arena *arena, struct cg_metrics_settings *ret);

#endif
