/*
 * options.h - the command line.
 */
#ifndef CG_CLI_OPTIONS_H
#define CG_CLI_OPTIONS_H

#include <chitragupt/abi.h>

enum cg_command {
    CG_COMMAND_RUN, /**< no command word: the service */
    CG_COMMAND_PLUGINS,
    CG_COMMAND_PLUGINS_CHECK,
    CG_COMMAND_PLUGINS_PROBE,
    CG_COMMAND_REPORT,
    CG_COMMAND_EXPLAIN,
    CG_COMMAND_HASH_PASSWORD,
    CG_COMMAND_HASH_TOKEN,
    CG_COMMAND_WORKER,
    CG_COMMAND_HELP,
    CG_COMMAND_VERSION,
};

/** What was asked for. Strings point into argv. */
struct cg_options {
    enum cg_command command;
    const char *config_file;
    const char *env_file;
    const char *plugins_path; /**< plugins */
    const char *mode;         /**< "worker", "api" or "both" */
    int32_t validate;
    int32_t show_config;
    int32_t emit_once;
    int32_t run_once;
    int32_t quiet;            /**< no progress */
    int32_t recalculate;      /**< 1: dates are computed even when nothing changed; `run_once` is then set too */
    int64_t recalculate_from; /**< midnight, or CG_TIME_NONE: the whole window */
    int64_t recalculate_to;   /**< midnight of the last day */
    const char *tenant;
    const char *from; /**< YYYY-MM-DD */
    const char *to;   /**< YYYY-MM-DD, inclusive */
    int64_t top;      /**< 0 = all */
    int64_t date;     /**< explain: midnight */
    const char *resource;
    const char *identity;
    const char *product;
    char **files; /**< plugins check, plugins probe */
    size_t file_count;
};

/** Exit statuses. */
#define CG_EXIT_OK 0
#define CG_EXIT_FAILED 1
#define CG_EXIT_USAGE 2
#define CG_EXIT_BIND 3          /**< the REST API cannot listen */
#define CG_EXIT_INTERRUPTED 130 /**< a second interrupt came before everything had stopped */

/**
 * Reads the command line; options and words may be mixed, and an option that does not belong to the command is refused.
 * Returns CG_EXIT_OK, or CG_EXIT_USAGE after a sentence on standard error. Not thread-safe; `argv` is put in order.
 */
int cg_options_parse(int argc, char **argv, struct cg_options *ret);

/** Prints the help text. */
void cg_options_help(void);

#endif
