/* The option table: every key of plugin_settings that is this ecosystem's own. */
#ifndef SELF_KAFKA_OPTIONS_H
#define SELF_KAFKA_OPTIONS_H

#include <chitragupt/plugin.h>

/** Entries of the table. */
#define SELF_KAFKA_OPTION_COUNT 46

extern const struct cg_option *const self_kafka_options[SELF_KAFKA_OPTION_COUNT];

#endif
