/*
 * commands.h - what the program can be asked to do. Each returns the exit status.
 */
#ifndef CG_CLI_COMMANDS_H
#define CG_CLI_COMMANDS_H

#include "cli/options.h"

/** The service: validate, show, run once or for ever, emit. */
int cg_command_run(const struct cg_options *options);

/** Lists modules. */
int cg_command_plugins(const struct cg_options *options);

/** Checks single module files. */
int cg_command_plugins_check(const struct cg_options *options);

/** Who owes what. */
int cg_command_report(const struct cg_options *options);

/** The hash of a password or token, for api.auth. */
int cg_command_hash(const struct cg_options *options);

/** How each amount of a date came about. */
int cg_command_explain(const struct cg_options *options);

#endif
