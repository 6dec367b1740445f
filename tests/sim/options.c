#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "number.h"

static const char help_text[] =
    "Usage: cg-sim [OPTION]...\n"
    "Stands in for the Confluent Cloud REST API and for a Prometheus server, with invented but reproducible data.\n"
    "\n"
    "Listening:\n"
    "  --port N              port to listen on; 0 (the default) takes any free one\n"
    "  --bind ADDRESS        IPv4 address to listen on (default 127.0.0.1)\n"
    "  --port-file PATH      write the port number to PATH once the server answers\n"
    "  --prefix PATH         serve the Confluent API below PATH, for example /ccloud (default: none)\n"
    "\n"
    "Credentials:\n"
    "  --key K               key the Confluent API asks for (default SIMKEY)\n"
    "  --secret S            its secret (default SIMSECRET)\n"
    "  --flink-key K         key the regional Flink API asks for (default: as above)\n"
    "  --flink-secret S      its secret\n"
    "  --prom-bearer T       bearer token the Prometheus API asks for (default: none)\n"
    "\n"
    "Scenario (the same values always give the same bytes):\n"
    "  --seed N              seed of all invented names and numbers (default 1)\n"
    "  --days N              number of billed days, 1..3650 (default 60)\n"
    "  --end YYYY-MM-DD      day after the last billed one (default: today, UTC)\n"
    "  --environments N      1..1000 (default 2)\n"
    "  --clusters N          Kafka clusters, 1..10000 (default 4)\n"
    "  --principals N        service accounts, users and identity pools together, 1..100000 (default 24)\n"
    "  --products SET        plain: Kafka and Schema Registry; full: every product family (default full)\n"
    "  --malformed N         malformed items in the bill, one per day backwards from the last (default 0)\n"
    "\n"
    "Time:\n"
    "  --history-days N      things come and go, and bills are late, revised and withdrawn, in the N days before "
    "--end\n"
    "                        (default 0: never)\n"
    "  --now INSTANT         the provider's clock, like 2026-03-01T12:00:00Z (default: midnight of --end)\n"
    "\n"
    "Metrics:\n"
    "  --series N            exactly N principals with metrics on every cluster (default: from the scenario)\n"
    "  --topics N            exactly N topics on every cluster (default: from the scenario)\n"
    "  --odd-samples N       N samples in 1000 are NaN or +Inf (default 0)\n"
    "  --no-metrics-for I    no metrics for the cluster with index I (from 0); may be given 16 times\n"
    "\n"
    "Faults:\n"
    "  --faults JSON         fault rules to begin with, as for POST /__sim/faults\n"
    "\n"
    "  --help                this text\n";

enum option_code {
    OPT_PORT = 256,
    OPT_BIND,
    OPT_PORT_FILE,
    OPT_PREFIX,
    OPT_KEY,
    OPT_SECRET,
    OPT_FLINK_KEY,
    OPT_FLINK_SECRET,
    OPT_PROM_BEARER,
    OPT_SEED,
    OPT_DAYS,
    OPT_END,
    OPT_ENVIRONMENTS,
    OPT_CLUSTERS,
    OPT_PRINCIPALS,
    OPT_PRODUCTS,
    OPT_MALFORMED,
    OPT_HISTORY_DAYS,
    OPT_NOW,
    OPT_SERIES,
    OPT_TOPICS,
    OPT_ODD_SAMPLES,
    OPT_NO_METRICS_FOR,
    OPT_FAULTS,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPT_PORT},
    {"bind", required_argument, NULL, OPT_BIND},
    {"port-file", required_argument, NULL, OPT_PORT_FILE},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"key", required_argument, NULL, OPT_KEY},
    {"secret", required_argument, NULL, OPT_SECRET},
    {"flink-key", required_argument, NULL, OPT_FLINK_KEY},
    {"flink-secret", required_argument, NULL, OPT_FLINK_SECRET},
    {"prom-bearer", required_argument, NULL, OPT_PROM_BEARER},
    {"seed", required_argument, NULL, OPT_SEED},
    {"days", required_argument, NULL, OPT_DAYS},
    {"end", required_argument, NULL, OPT_END},
    {"environments", required_argument, NULL, OPT_ENVIRONMENTS},
    {"clusters", required_argument, NULL, OPT_CLUSTERS},
    {"principals", required_argument, NULL, OPT_PRINCIPALS},
    {"products", required_argument, NULL, OPT_PRODUCTS},
    {"malformed", required_argument, NULL, OPT_MALFORMED},
    {"history-days", required_argument, NULL, OPT_HISTORY_DAYS},
    {"now", required_argument, NULL, OPT_NOW},
    {"series", required_argument, NULL, OPT_SERIES},
    {"topics", required_argument, NULL, OPT_TOPICS},
    {"odd-samples", required_argument, NULL, OPT_ODD_SAMPLES},
    {"no-metrics-for", required_argument, NULL, OPT_NO_METRICS_FOR},
    {"faults", required_argument, NULL, OPT_FAULTS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* Reads a whole number of [least, most]; complains and returns false otherwise. */
static bool number_read(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *ret_value) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least || value > most) {
        (void)fprintf(stderr, "cg-sim: --%s must be a whole number from %llu to %llu, not '%s'.\n", name,
                      (unsigned long long)least, (unsigned long long)most, text);
        return false;
    }
    *ret_value = value;
    return true;
}

static bool size_read(const char *name, const char *text, size_t least, size_t most, size_t *ret_value) {
    uint64_t value = 0;
    if (!number_read(name, text, least, most, &value)) {
        return false;
    }
    *ret_value = (size_t)value;
    return true;
}

static bool products_read(const char *text, struct cg_sim_options *options) {
    if (strcmp(text, "plain") != 0 && strcmp(text, "full") != 0) {
        (void)fprintf(stderr, "cg-sim: --products must be plain or full, not '%s'.\n", text);
        return false;
    }
    options->plain = strcmp(text, "plain") == 0;
    return true;
}

static bool prefix_read(const char *text, struct cg_sim_options *options) {
    size_t len = strlen(text);
    if (len > 0 && (text[0] != '/' || text[len - 1] == '/' || len > 200)) {
        (void)fprintf(stderr, "cg-sim: --prefix must begin with a slash and not end with one, not '%s'.\n", text);
        return false;
    }
    options->prefix = text;
    return true;
}

static bool no_metrics_read(const char *text, struct cg_sim_options *options) {
    size_t most = sizeof(options->no_metrics_for) / sizeof(options->no_metrics_for[0]);
    if (options->no_metrics_count == most) {
        (void)fprintf(stderr, "cg-sim: --no-metrics-for can be given %zu times at most.\n", most);
        return false;
    }
    return size_read("no-metrics-for", text, 0, 9999, &options->no_metrics_for[options->no_metrics_count++]);
}

static bool end_read(const char *text, struct cg_sim_options *options) {
    if (!cg_sim_day_parse(text, &options->end_day)) {
        (void)fprintf(stderr, "cg-sim: --end must be a date like 2026-06-01, not '%s'.\n", text);
        return false;
    }
    return true;
}

static bool now_read(const char *text, struct cg_sim_options *options) {
    int64_t ms = 0;
    if (!cg_sim_instant_parse(text, &ms)) {
        (void)fprintf(stderr, "cg-sim: --now must be an instant like 2026-03-01T12:00:00Z, not '%s'.\n", text);
        return false;
    }
    options->now = ms / 1000;
    return true;
}

static bool option_apply(int code, const char *value, struct cg_sim_options *options, size_t *days) {
    size_t port = 0;
    switch (code) {
    case OPT_PORT:
        if (!size_read("port", value, 0, 65535, &port)) {
            return false;
        }
        options->port = (uint16_t)port;
        return true;
    case OPT_BIND:
        options->bind_address = value;
        return true;
    case OPT_PORT_FILE:
        options->port_file = value;
        return true;
    case OPT_PREFIX:
        return prefix_read(value, options);
    case OPT_KEY:
        options->key = value;
        return true;
    case OPT_SECRET:
        options->secret = value;
        return true;
    case OPT_FLINK_KEY:
        options->flink_key = value;
        return true;
    case OPT_FLINK_SECRET:
        options->flink_secret = value;
        return true;
    case OPT_PROM_BEARER:
        options->prom_bearer = value;
        return true;
    case OPT_SEED:
        return number_read("seed", value, 0, UINT64_MAX, &options->seed);
    case OPT_DAYS:
        return size_read("days", value, 1, 3650, days);
    case OPT_END:
        return end_read(value, options);
    case OPT_ENVIRONMENTS:
        return size_read("environments", value, 1, 1000, &options->environments);
    case OPT_CLUSTERS:
        return size_read("clusters", value, 1, 10000, &options->clusters);
    case OPT_PRINCIPALS:
        return size_read("principals", value, 1, 100000, &options->principals);
    case OPT_PRODUCTS:
        return products_read(value, options);
    case OPT_MALFORMED:
        return size_read("malformed", value, 0, 100000, &options->malformed);
    case OPT_HISTORY_DAYS:
        return size_read("history-days", value, 0, 3650, &options->history_days);
    case OPT_NOW:
        return now_read(value, options);
    case OPT_SERIES:
        return size_read("series", value, 0, 100000, &options->series);
    case OPT_TOPICS:
        return size_read("topics", value, 0, 10000, &options->topics);
    case OPT_ODD_SAMPLES:
        return size_read("odd-samples", value, 0, 1000, &options->odd_samples);
    case OPT_NO_METRICS_FOR:
        return no_metrics_read(value, options);
    default:
        options->faults = value;
        return true;
    }
}

enum cg_sim_options_outcome cg_sim_options_read(int argc, char **argv, struct cg_sim_options *ret_options) {
    struct cg_sim_options options = {
        .bind_address = "127.0.0.1",
        .prefix = "",
        .key = "SIMKEY",
        .secret = "SIMSECRET",
        .seed = 1,
        .now = -1,
        .end_day = (int64_t)time(NULL) / 86400,
        .environments = 2,
        .clusters = 4,
        .principals = 24,
    };
    size_t days = 60;
    for (;;) {
        int code = getopt_long(argc, argv, "h", long_options, NULL);
        if (code == -1) {
            break;
        }
        if (code == OPT_HELP || code == 'h') {
            (void)fputs(help_text, stdout);
            return CG_SIM_OPTIONS_QUIT;
        }
        if (code == '?') {
            (void)fputs("Try 'cg-sim --help'.\n", stderr);
            return CG_SIM_OPTIONS_BAD;
        }
        if (!option_apply(code, optarg, &options, &days)) {
            return CG_SIM_OPTIONS_BAD;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "cg-sim: unexpected argument '%s'; try 'cg-sim --help'.\n", argv[optind]);
        return CG_SIM_OPTIONS_BAD;
    }
    options.first_day = options.end_day - (int64_t)days;
    if (options.first_day < 4000) {
        (void)fputs("cg-sim: the bill would begin before 1981; choose a later --end or fewer --days.\n", stderr);
        return CG_SIM_OPTIONS_BAD;
    }
    if ((options.flink_key == NULL) != (options.flink_secret == NULL)) {
        (void)fputs("cg-sim: --flink-key and --flink-secret belong together.\n", stderr);
        return CG_SIM_OPTIONS_BAD;
    }
    options.now = options.now < 0 ? options.end_day * 86400 : options.now;
    *ret_options = options;
    return CG_SIM_OPTIONS_RUN;
}
