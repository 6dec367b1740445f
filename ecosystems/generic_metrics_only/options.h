/* The option table: every key of plugin_settings that is this ecosystem's own. */
#ifndef GENERIC_OPTIONS_H
#define GENERIC_OPTIONS_H

#include <chitragupt/plugin.h>

/** Entries of the table. */
#define GENERIC_OPTION_COUNT 24

extern const struct cg_option *const generic_options[GENERIC_OPTION_COUNT];

#endif
