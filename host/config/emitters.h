/*
 * emitters.h - lists of emitters.
 */
#ifndef CG_CONFIG_EMITTERS_H
#define CG_CONFIG_EMITTERS_H

#include "config/settings.h"

/**
 * Reads a list whose entries are checked and completed already, names what is unnamed, and checks what holds between
 * entries: names given twice, and aggregations finer than `granularity` (NULL: any). Problems go to the document's
 * list. Entries with errors get what can be read of them. `list` NULL is an empty list. Error: CG_NO_MEMORY.
 */
cg_status cg_emitters_read(const struct cg_config *list, const char *granularity, struct cg_arena *arena,
                           struct cg_emitter_settings **ret, size_t *ret_count);

/**
 * Completes params of entries that take topic rows: some types have defaults for those that they have not for
 * chargeback rows. To be called before the params are checked. Error: CG_NO_MEMORY.
 */
cg_status cg_emitters_default_topics(const struct cg_emitter_settings *emitters, size_t count);

#endif
