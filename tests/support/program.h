/*
 * program.h - chitragupt as a test starts it: in a folder that holds its configuration, at a time that stands still.
 *
 * Whatever is run here, no secret of the simulator may occur in its output: a test ends when one does. Every function
 * ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_PROGRAM_H
#define CG_TEST_SUPPORT_PROGRAM_H

#include "support/process.h"
#include "support/sim.h"

/** The time at which every run takes place, the day after the simulator's last billed one. */
#define CG_TEST_NOW "2026-07-01T12:00:00Z"

/** The tenant of cg_test_config_write, its database and its folder of CSV files. */
#define CG_TEST_TENANT "acme"
#define CG_TEST_DATABASE "acme.db"
#define CG_TEST_CSV "csv"

/** The folder of topic files, see `whole`. */
#define CG_TEST_TOPICS "topics"

/** How a configuration differs from the usual one: one tenant with metrics and CSV files, days [now - lookback, now -
 * 1). */
struct cg_test_config {
    const char *url;         /**< of the Confluent Cloud API */
    const char *metrics_url; /**< NULL = `url` */
    unsigned lookback_days;  /**< 0 = 40 */
    const char *database;    /**< connection string; NULL = CG_TEST_DATABASE in the folder */
    const char *csv_folder;  /**< NULL = CG_TEST_CSV in the folder */
    const char *interval;    /**< between two requests, in seconds; NULL = 0, "" = the program's own default */
    int whole; /**< 1: everything that can be gathered, with Flink credentials for the regions of the simulator's first
                  two environments and topics with files in CG_TEST_TOPICS */
    const char *tenant_settings; /**< further lines of the tenant, indented by four, or NULL */
    const char *more_settings;   /**< further lines of plugin_settings, indented by six, or NULL */
};

/** Writes `folder`/config.yaml. */
void cg_test_config_write(const char *folder, const struct cg_test_config *config);

/**
 * Starts chitragupt in `folder` with arguments (NULL-terminated). Its environment has CHITRAGUPT_NOW, the simulator's
 * secrets as CC_SECRET and PROM_TOKEN, and no proxies; `environment` changes it further (NULL = nothing).
 */
void cg_test_program_start(const char *folder, const char *const *arguments, const char *const *environment,
                           struct cg_test_process *ret);

/** Waits for it and looks for secrets in its output. */
void cg_test_program_wait(struct cg_test_process *process, struct cg_test_result *ret);

/** Both together. */
void cg_test_program_run(const char *folder, const char *const *arguments, struct cg_test_result *ret);

/** Runs `--config-file config.yaml --run-once` and a further option (NULL: none) at a time of its own, and returns the
 * exit status; `ret_err` as below. */
int cg_test_run_at(const char *folder, const char *now, const char *option, char **ret_err);

/** Runs `--config-file config.yaml --run-once` and returns the exit status; `ret_err` (may be NULL) is what it wrote to
 * standard error, to be freed. */
int cg_test_run_once(const char *folder, char **ret_err);

/** The same, and the test ends unless the exit status is 0. */
void cg_test_run_well(const char *folder);

/** The test fails, but goes on, unless `text` has `part`. `what` names the case. */
void cg_test_has(const char *what, const char *text, const char *part);

/** Ends the test if `text` has `part`. */
void cg_test_has_not(const char *what, const char *text, const char *part);

/** Starts the program with config.yaml and one option, for modules that crash: a sanitizer leaves their signals alone.
 */
void cg_test_program_begin(const char *folder, const char *option, struct cg_test_process *ret);

/** The same, to its end, which must have this exit status. */
void cg_test_program_end(const char *folder, const char *option, int exit_status, struct cg_test_result *ret);

#endif
