/* The settings of this ecosystem: their table, and the rules that hold between them. */
#ifndef CCLOUD_OPTIONS_H
#define CCLOUD_OPTIONS_H

#include <chitragupt/plugin.h>

/** Number of entries of ccloud_options. */
#define CCLOUD_OPTION_COUNT 25u

/** The option table. */
extern const struct cg_option *const ccloud_options[CCLOUD_OPTION_COUNT];

/** Rules beyond the table; the `validate` of the factory. [start] */
void ccloud_validate(const struct cg_host *host, const struct cg_config *settings);

#endif
