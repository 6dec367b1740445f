#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

static const char help_text[] =
    "chitragupt turns a Kafka bill into rows of who owes what.\n"
    "\n"
    "Usage:\n"
    "  chitragupt --config-file PATH [--run-once]      gather, calculate and emit, for all tenants\n"
    "  chitragupt --config-file PATH --validate        check the configuration, and nothing else\n"
    "  chitragupt --config-file PATH --show-config     print the settings in effect as JSON, without secrets\n"
    "  chitragupt --config-file PATH --emit-once       only emit what is due\n"
    "  chitragupt report --config-file PATH [--tenant NAME] [--from DATE] [--to DATE] [--top N]\n"
    "                                                  who owes what, and whether the books balance\n"
    "  chitragupt explain --config-file PATH --date DATE [--tenant NAME] [--resource ID] [--identity ID]\n"
    "                     [--product TYPE]             how each amount of a day came about\n"
    "  chitragupt plugins [--config-file PATH] [--plugins-path DIR]\n"
    "                                                  list modules: what they are, or why they were refused\n"
    "  chitragupt plugins check FILE...                the same for single files, for authors\n"
    "  chitragupt hash password|token                  the hash for api.auth of what is given on standard input\n"
    "\n"
    "Options:\n"
    "  --config-file PATH   the YAML configuration\n"
    "  --env-file PATH      file of environment variables; default: .env beside the configuration, if there is one\n"
    "  --mode MODE          worker (default): the runs; api: the REST API; both: the two in one process\n"
    "                       Several of each may share the tenants of one configuration\n"
    "  --run-once           one cycle, in place of one every features.refresh_interval seconds; a tenant that another\n"
    "                       process works on is waited for, and done again only if that one did not end its run\n"
    "  --recalculate[=FROM..TO]\n"
    "                       one cycle that computes every day again, also where nothing changed; with a value only\n"
    "                       these days, YYYY-MM-DD..YYYY-MM-DD or one YYYY-MM-DD\n"
    "  --quiet              no progress lines\n"
    "  --tenant NAME        report: only this tenant; default: all. explain: which tenant, if there are several\n"
    "  --from, --to DATE    report: first and last day, YYYY-MM-DD, in UTC; default: everything\n"
    "  --top N              report: rows to show, default 20; 0 = all\n"
    "  --date DATE          explain: the day, YYYY-MM-DD, in UTC\n"
    "  --resource ID        explain: only lines of this resource\n"
    "  --identity ID        explain: only lines with a row of this identity, and of those only its rows in full\n"
    "  --product TYPE       explain: only lines of this product type\n"
    "  --plugins-path DIR   plugins: look here, in place of plugins_path in the configuration\n"
    "  --version            print the version and exit\n"
    "  -h, --help           print this text and exit\n"
    "\n"
    "Of several actions one is done: --validate, else --show-config, else --emit-once, else the run. --recalculate\n"
    "belongs to a run alone.\n"
    "\n"
    "Exit status: 0 when everything went well; 1 when the configuration is not valid, a module that was checked is\n"
    "refused, the books do not balance, there is nothing to explain, or something failed; 2 for wrong options; 3 when\n"
    "the REST API cannot listen. SIGTERM and SIGINT end a service well, a second SIGINT at once (130); SIGHUP makes "
    "it\n"
    "read its configuration again.\n"
    "Results go to standard output, messages to standard error.\n";

enum {
    OPT_CONFIG = 1000,
    OPT_ENV,
    OPT_VALIDATE,
    OPT_SHOW,
    OPT_EMIT,
    OPT_ONCE,
    OPT_MODE,
    OPT_VERSION,
    OPT_QUIET,
    OPT_TENANT,
    OPT_FROM,
    OPT_TO,
    OPT_TOP,
    OPT_PLUGINS,
    OPT_RECALCULATE,
    OPT_DATE,
    OPT_RESOURCE,
    OPT_IDENTITY,
    OPT_PRODUCT,
    OPT_END
};

#define OPTION_BIT(option) (UINT32_C(1) << ((option)-OPT_CONFIG))
_Static_assert(OPT_END - OPT_CONFIG < 32, "each option has a bit");

static const struct option long_options[] = {
    {"config-file", required_argument, NULL, OPT_CONFIG},
    {"env-file", required_argument, NULL, OPT_ENV},
    {"validate", no_argument, NULL, OPT_VALIDATE},
    {"show-config", no_argument, NULL, OPT_SHOW},
    {"emit-once", no_argument, NULL, OPT_EMIT},
    {"run-once", no_argument, NULL, OPT_ONCE},
    {"mode", required_argument, NULL, OPT_MODE},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"tenant", required_argument, NULL, OPT_TENANT},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"top", required_argument, NULL, OPT_TOP},
    {"plugins-path", required_argument, NULL, OPT_PLUGINS},
    {"recalculate", optional_argument, NULL, OPT_RECALCULATE},
    {"date", required_argument, NULL, OPT_DATE},
    {"resource", required_argument, NULL, OPT_RESOURCE},
    {"identity", required_argument, NULL, OPT_IDENTITY},
    {"product", required_argument, NULL, OPT_PRODUCT},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

void cg_options_help(void) {
    fputs(help_text, stdout);
}

static int usage_hint(void) {
    fputs("chitragupt --help lists what there is\n", stderr);
    return CG_EXIT_USAGE;
}

static int usage_error(const char *format, ...) CG_PRINTF(1, 2);
static int usage_error(const char *format, ...) {
    va_list args;
    fputs("chitragupt: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("; ", stderr);
    return usage_hint();
}

static int parse_top(const char *text, int64_t *ret) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 0)
        return usage_error("--top needs a whole number from 0, not '%s'", text);
    *ret = value;
    return CG_EXIT_OK;
}

static int parse_date(const char *text, int64_t *ret) {
    if (cg_time_parse_date(text, ret) == CG_OK)
        return CG_EXIT_OK;
    return usage_error("--date needs a day as YYYY-MM-DD, not '%s'", text);
}

/* "2026-06-01..2026-06-30", "2026-06-01", or nothing at all. */
static int parse_recalculate(const char *text, struct cg_options *options) {
    static const char separator[] = "..";
    char first[sizeof "YYYY-MM-DD"] = "";
    options->recalculate = 1;
    options->run_once = 1;
    if (!text) {
        options->recalculate_from = CG_TIME_NONE;
        options->recalculate_to = CG_TIME_NONE;
        return CG_EXIT_OK;
    }
    const char *dots = strstr(text, separator);
    size_t length = dots ? (size_t)(dots - text) : strlen(text);
    if (length < sizeof first)
        memcpy(first, text, length);
    const char *last = dots ? dots + strlen(separator) : first;
    if (cg_time_parse_date(first, &options->recalculate_from) != CG_OK ||
        cg_time_parse_date(last, &options->recalculate_to) != CG_OK)
        return usage_error("--recalculate needs days as YYYY-MM-DD..YYYY-MM-DD, one YYYY-MM-DD, or no value, not '%s'",
                           text);
    if (options->recalculate_from > options->recalculate_to)
        return usage_error("the first day of --recalculate=%s is later than the last", text);
    return CG_EXIT_OK;
}

static int take_option(int option, struct cg_options *options) {
    switch (option) {
    case OPT_CONFIG:
        options->config_file = optarg;
        break;
    case OPT_ENV:
        options->env_file = optarg;
        break;
    case OPT_VALIDATE:
        options->validate = 1;
        break;
    case OPT_SHOW:
        options->show_config = 1;
        break;
    case OPT_EMIT:
        options->emit_once = 1;
        break;
    case OPT_ONCE:
        options->run_once = 1;
        break;
    case OPT_QUIET:
        options->quiet = 1;
        break;
    case OPT_MODE:
        options->mode = optarg;
        break;
    case OPT_TENANT:
        options->tenant = optarg;
        break;
    case OPT_FROM:
        options->from = optarg;
        break;
    case OPT_TO:
        options->to = optarg;
        break;
    case OPT_TOP:
        return parse_top(optarg, &options->top);
    case OPT_PLUGINS:
        options->plugins_path = optarg;
        break;
    case OPT_RECALCULATE:
        return parse_recalculate(optarg, options);
    case OPT_DATE:
        return parse_date(optarg, &options->date);
    case OPT_RESOURCE:
        options->resource = optarg;
        break;
    case OPT_IDENTITY:
        options->identity = optarg;
        break;
    case OPT_PRODUCT:
        options->product = optarg;
        break;
    case OPT_VERSION:
        options->command = CG_COMMAND_VERSION;
        break;
    case 'h':
        options->command = CG_COMMAND_HELP;
        break;
    default:
        return usage_hint(); /* getopt has said why */
    }
    return CG_EXIT_OK;
}

/* "password" or "token"; never the secret itself, which everybody could see in the list of processes. */
static int take_hash(char **words, size_t count, struct cg_options *options) {
    if (count == 1 && strcmp(words[0], "password") == 0)
        options->command = CG_COMMAND_HASH_PASSWORD;
    else if (count == 1 && strcmp(words[0], "token") == 0)
        options->command = CG_COMMAND_HASH_TOKEN;
    else
        return usage_error("hash needs one word, password or token; the secret itself is read from standard input");
    return CG_EXIT_OK;
}

/* The words that are no options: a command and what belongs to it. */
static int take_words(char **words, size_t count, struct cg_options *options) {
    if (options->command == CG_COMMAND_HELP || options->command == CG_COMMAND_VERSION || !count)
        return CG_EXIT_OK;
    if (strcmp(words[0], "report") == 0 || strcmp(words[0], "explain") == 0) {
        options->command = *words[0] == 'r' ? CG_COMMAND_REPORT : CG_COMMAND_EXPLAIN;
        return count > 1 ? usage_error("%s does not know '%s'", words[0], words[1]) : CG_EXIT_OK;
    }
    if (strcmp(words[0], "worker") == 0 && count == 1) {
        options->command = CG_COMMAND_WORKER;
        return CG_EXIT_OK;
    }
    if (strcmp(words[0], "hash") == 0)
        return take_hash(words + 1, count - 1, options);
    if (strcmp(words[0], "plugins") != 0)
        return usage_error("there is no command '%s'", words[0]);
    options->command = CG_COMMAND_PLUGINS;
    if (count == 1)
        return CG_EXIT_OK;
    options->files = words + 2;
    options->file_count = count - 2;
    if (strcmp(words[1], "check") == 0)
        options->command = CG_COMMAND_PLUGINS_CHECK;
    else if (strcmp(words[1], "probe") == 0)
        options->command = CG_COMMAND_PLUGINS_PROBE;
    else
        return usage_error("plugins does not know '%s'", words[1]);
    return options->file_count ? CG_EXIT_OK : usage_error("plugins %s needs at least one file", words[1]);
}

/* The options that mean something to a command. */
static uint32_t options_of(enum cg_command command) {
    const uint32_t files = OPTION_BIT(OPT_CONFIG) | OPTION_BIT(OPT_ENV);
    switch (command) {
    case CG_COMMAND_RUN:
        return files | OPTION_BIT(OPT_VALIDATE) | OPTION_BIT(OPT_SHOW) | OPTION_BIT(OPT_EMIT) | OPTION_BIT(OPT_ONCE) |
               OPTION_BIT(OPT_MODE) | OPTION_BIT(OPT_QUIET) | OPTION_BIT(OPT_RECALCULATE);
    case CG_COMMAND_REPORT:
        return files | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_FROM) | OPTION_BIT(OPT_TO) | OPTION_BIT(OPT_TOP);
    case CG_COMMAND_EXPLAIN:
        return files | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_DATE) | OPTION_BIT(OPT_RESOURCE) |
               OPTION_BIT(OPT_IDENTITY) | OPTION_BIT(OPT_PRODUCT);
    case CG_COMMAND_PLUGINS:
        return files | OPTION_BIT(OPT_PLUGINS);
    case CG_COMMAND_HELP:
    case CG_COMMAND_VERSION:
        return UINT32_MAX;
    default:
        return 0;
    }
}

static const char *name_of(enum cg_command command) {
    switch (command) {
    case CG_COMMAND_REPORT:
        return "report";
    case CG_COMMAND_EXPLAIN:
        return "explain";
    case CG_COMMAND_PLUGINS:
        return "plugins";
    case CG_COMMAND_PLUGINS_CHECK:
        return "plugins check";
    case CG_COMMAND_PLUGINS_PROBE:
        return "plugins probe";
    case CG_COMMAND_HASH_PASSWORD:
        return "hash password";
    case CG_COMMAND_HASH_TOKEN:
        return "hash token";
    default:
        return "worker";
    }
}

/* The commands that take an option which a run does not. */
static const char *owners_of(int option) {
    switch (option) {
    case OPT_PLUGINS:
        return "command 'plugins'";
    case OPT_TENANT:
        return "commands 'report' and 'explain'";
    case OPT_DATE:
    case OPT_RESOURCE:
    case OPT_IDENTITY:
    case OPT_PRODUCT:
        return "command 'explain'";
    default:
        return "command 'report'";
    }
}

/* An option that would be ignored was meant to do something. */
static int check_given(const struct cg_options *options, uint32_t given) {
    uint32_t foreign = given & ~options_of(options->command);
    for (const struct option *option = long_options; foreign && option->name; option++) {
        if (option->val < OPT_CONFIG || !(foreign & OPTION_BIT(option->val)))
            continue;
        if (options->command != CG_COMMAND_RUN)
            return usage_error("%s does not take --%s", name_of(options->command), option->name);
        return usage_error("--%s belongs to the %s", option->name, owners_of(option->val));
    }
    return CG_EXIT_OK;
}

/* To compute again is part of a run; beside another action it would be ignored. */
static int check_recalculate(const struct cg_options *options) {
    const char *other = options->validate                   ? "--validate"
                        : options->show_config              ? "--show-config"
                        : options->emit_once                ? "--emit-once"
                        : strcmp(options->mode, "api") == 0 ? "--mode api"
                                                            : NULL;
    if (!options->recalculate || !other)
        return CG_EXIT_OK;
    return usage_error("--recalculate belongs to a run, and %s makes none: give one of them", other);
}

static int check(const struct cg_options *options, uint32_t given) {
    int needs_config = options->command == CG_COMMAND_RUN || options->command == CG_COMMAND_REPORT ||
                       options->command == CG_COMMAND_EXPLAIN;
    if (needs_config && !options->config_file) {
        fputs("error: --config-file is required\n", stderr);
        return CG_EXIT_USAGE;
    }
    if (options->command == CG_COMMAND_EXPLAIN && !(given & OPTION_BIT(OPT_DATE)))
        return usage_error("explain needs --date YYYY-MM-DD, the day to explain");
    if (options->command != CG_COMMAND_RUN)
        return CG_EXIT_OK;
    if (strcmp(options->mode, "worker") == 0 || strcmp(options->mode, "both") == 0 || strcmp(options->mode, "api") == 0)
        return check_recalculate(options);
    return usage_error("--mode is worker, api or both, not '%s'", options->mode);
}

int cg_options_parse(int argc, char **argv, struct cg_options *ret) {
    struct cg_options options = {.command = CG_COMMAND_RUN,
                                 .recalculate_from = CG_TIME_NONE,
                                 .recalculate_to = CG_TIME_NONE,
                                 .mode = "worker",
                                 .top = 20,
                                 .date = CG_TIME_NONE};
    uint32_t given = 0;
    optind = 0; /* from the start, whatever was read before */
    for (;;) {
        int option = getopt_long(argc, argv, "h", long_options, NULL);
        if (option == -1)
            break;
        int status = take_option(option, &options);
        if (status != CG_EXIT_OK)
            return status;
        if (option >= OPT_CONFIG)
            given |= OPTION_BIT(option);
    }
    int status = take_words(argv + optind, (size_t)(argc - optind), &options);
    if (status == CG_EXIT_OK)
        status = check_given(&options, given);
    if (status == CG_EXIT_OK)
        status = check(&options, given);
    *ret = options;
    return status;
}
