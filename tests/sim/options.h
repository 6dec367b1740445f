/* The command line of cg-sim. */
#ifndef CG_SIM_OPTIONS_H
#define CG_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Everything the command line decides. Strings are borrowed from argv. */
struct cg_sim_options {
    const char *bind_address;  /**< IPv4 address to listen on */
    const char *port_file;     /**< file that gets the port number, or NULL */
    const char *prefix;        /**< path prefix of the Confluent API, "" or "/something" */
    const char *key;           /**< user name asked for by the Confluent API */
    const char *secret;        /**< its password */
    const char *flink_key;     /**< user name asked for by the regional API, or NULL: that of the others */
    const char *flink_secret;  /**< its password */
    const char *prom_bearer;   /**< bearer token asked for by the Prometheus API, or NULL */
    const char *faults;        /**< JSON of the fault rules to begin with, or NULL */
    uint64_t seed;             /**< every invented name and number follows from it */
    int64_t first_day;         /**< first billed day, days since 1970 */
    int64_t end_day;           /**< day after the last billed day */
    int64_t now;               /**< the clock of the provider, seconds since 1970 */
    size_t history_days;       /**< days before `end_day` in which things come and go, 0 = nothing ever does */
    size_t environments;       /**< 1..1000 */
    size_t clusters;           /**< 1..10000 */
    size_t principals;         /**< 1..100000 */
    size_t malformed;          /**< malformed billing items, 0..100000 */
    size_t series;             /**< fixed number of principals with metrics per cluster, 0 = from the scenario */
    size_t topics;             /**< fixed number of topics per cluster, 0 = from the scenario */
    size_t odd_samples;        /**< samples in 1000 that are NaN or +Inf */
    size_t no_metrics_for[16]; /**< indexes of clusters that have no metrics at all */
    size_t no_metrics_count;   /**< how many of them */
    uint16_t port;             /**< 0 = any free one */
    bool plain;                /**< Kafka and Schema Registry only */
};

/** What to do after the command line was read. */
enum cg_sim_options_outcome {
    CG_SIM_OPTIONS_RUN,  /**< go on */
    CG_SIM_OPTIONS_QUIT, /**< help was printed: exit 0 */
    CG_SIM_OPTIONS_BAD,  /**< a sentence was printed to stderr: exit 2 */
};

/** Reads the command line; `ret_options` is only complete when the outcome is CG_SIM_OPTIONS_RUN. */
enum cg_sim_options_outcome cg_sim_options_read(int argc, char **argv, struct cg_sim_options *ret_options);

#endif
