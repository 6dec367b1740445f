#include "cli/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "said.h"

#define MOST_WORDS 12

/* ---- what is understood ---- */

static const struct {
    const char *name;
    const char *words[MOST_WORDS];
    struct cg_options expected; /* `files`: see `first_file` */
    const char *first_file;
} good[] = {
    {"a run",
     {"--config-file", "c.yaml"},
     {.command = CG_COMMAND_RUN, .config_file = "c.yaml", .mode = "worker", .top = 20},
     NULL},
    {"a run with everything",
     {"--config-file=c.yaml", "--env-file", "e", "--mode", "worker", "--run-once", "--quiet", "--emit-once",
      "--validate", "--show-config"},
     {.command = CG_COMMAND_RUN,
      .config_file = "c.yaml",
      .env_file = "e",
      .mode = "worker",
      .validate = 1,
      .show_config = 1,
      .emit_once = 1,
      .run_once = 1,
      .quiet = 1,
      .top = 20},
     NULL},
    {"the last one counts",
     {"--config-file", "a", "--config-file", "b"},
     {.command = CG_COMMAND_RUN, .config_file = "b", .mode = "worker", .top = 20},
     NULL},
    {"a report",
     {"report", "--config-file", "c.yaml"},
     {.command = CG_COMMAND_REPORT, .config_file = "c.yaml", .mode = "worker", .top = 20},
     NULL},
    {"options before the command",
     {"--config-file", "c.yaml", "--top", "0", "report", "--tenant", "acme"},
     {.command = CG_COMMAND_REPORT, .config_file = "c.yaml", .mode = "worker", .tenant = "acme", .top = 0},
     NULL},
    {"a report of some days",
     {"report", "--config-file", "c.yaml", "--env-file", "e", "--from", "2026-06-01", "--to", "2026-06-30", "--top",
      "7"},
     {.command = CG_COMMAND_REPORT,
      .config_file = "c.yaml",
      .env_file = "e",
      .mode = "worker",
      .from = "2026-06-01",
      .to = "2026-06-30",
      .top = 7},
     NULL},
    {"an explanation",
     {"explain", "--config-file", "c.yaml", "--date", "1970-01-02"},
     {.command = CG_COMMAND_EXPLAIN, .config_file = "c.yaml", .mode = "worker", .top = 20, .date = CG_DAY_US},
     NULL},
    {"an explanation of some lines",
     {"explain", "--config-file=c.yaml", "--tenant=acme", "--date=1970-01-02", "--resource=lkc-1", "--identity=sa-1",
      "--product=CKU", "--env-file=e"},
     {.command = CG_COMMAND_EXPLAIN,
      .config_file = "c.yaml",
      .env_file = "e",
      .mode = "worker",
      .tenant = "acme",
      .top = 20,
      .date = CG_DAY_US,
      .resource = "lkc-1",
      .identity = "sa-1",
      .product = "CKU"},
     NULL},
    {"everything again",
     {"--config-file", "c.yaml", "--recalculate"},
     {.command = CG_COMMAND_RUN,
      .config_file = "c.yaml",
      .mode = "worker",
      .run_once = 1,
      .recalculate = 1,
      .recalculate_from = CG_TIME_NONE,
      .recalculate_to = CG_TIME_NONE,
      .top = 20},
     NULL},
    {"some days again",
     {"--config-file", "c.yaml", "--recalculate=1970-01-02..1970-01-04"},
     {.command = CG_COMMAND_RUN,
      .config_file = "c.yaml",
      .mode = "worker",
      .run_once = 1,
      .recalculate = 1,
      .recalculate_from = CG_DAY_US,
      .recalculate_to = 3 * CG_DAY_US,
      .top = 20},
     NULL},
    {"one day again",
     {"--config-file", "c.yaml", "--run-once", "--recalculate=1970-01-02"},
     {.command = CG_COMMAND_RUN,
      .config_file = "c.yaml",
      .mode = "worker",
      .run_once = 1,
      .recalculate = 1,
      .recalculate_from = CG_DAY_US,
      .recalculate_to = CG_DAY_US,
      .top = 20},
     NULL},
    {"the REST API alone",
     {"--config-file", "c", "--mode", "api"},
     {.command = CG_COMMAND_RUN, .config_file = "c", .mode = "api", .top = 20},
     NULL},
    {"both in one process",
     {"--config-file", "c", "--mode=both", "--run-once"},
     {.command = CG_COMMAND_RUN, .config_file = "c", .mode = "both", .run_once = 1, .top = 20},
     NULL},
    {"modules", {"plugins"}, {.command = CG_COMMAND_PLUGINS, .mode = "worker", .top = 20}, NULL},
    {"modules of a folder",
     {"plugins", "--plugins-path", "p", "--config-file", "c.yaml"},
     {.command = CG_COMMAND_PLUGINS, .config_file = "c.yaml", .plugins_path = "p", .mode = "worker", .top = 20},
     NULL},
    {"files of modules",
     {"plugins", "check", "a.so", "b.so"},
     {.command = CG_COMMAND_PLUGINS_CHECK, .mode = "worker", .top = 20, .file_count = 2},
     "a.so"},
    {"a file that looks like an option",
     {"plugins", "check", "--", "-a.so"},
     {.command = CG_COMMAND_PLUGINS_CHECK, .mode = "worker", .top = 20, .file_count = 1},
     "-a.so"},
    {"a probe",
     {"plugins", "probe", "a.so"},
     {.command = CG_COMMAND_PLUGINS_PROBE, .mode = "worker", .top = 20, .file_count = 1},
     "a.so"},
    {"a worker", {"worker"}, {.command = CG_COMMAND_WORKER, .mode = "worker", .top = 20}, NULL},
    {"the hash of a password",
     {"hash", "password"},
     {.command = CG_COMMAND_HASH_PASSWORD, .mode = "worker", .top = 20},
     NULL},
    {"the hash of a token", {"hash", "token"}, {.command = CG_COMMAND_HASH_TOKEN, .mode = "worker", .top = 20}, NULL},
    {"help", {"--help"}, {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20}, NULL},
    {"help in short", {"-h"}, {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20}, NULL},
    {"help behind a command", {"plugins", "--help"}, {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20}, NULL},
    {"help behind two words",
     {"plugins", "check", "--help"},
     {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20},
     NULL},
    {"help behind a report", {"report", "-h"}, {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20}, NULL},
    {"help in front of a command",
     {"--help", "report"},
     {.command = CG_COMMAND_HELP, .mode = "worker", .top = 20},
     NULL},
    {"version", {"--version"}, {.command = CG_COMMAND_VERSION, .mode = "worker", .top = 20}, NULL},
};

/* Reads words as if they had been typed. */
static int parse(const char *const *words, struct cg_options *ret) {
    static char texts[MOST_WORDS + 1][64];
    static char *argv[MOST_WORDS + 2];
    int argc = 0;
    (void)snprintf(texts[argc], sizeof texts[argc], "chitragupt");
    argv[argc] = texts[argc];
    for (argc = 1; argc <= MOST_WORDS && words[argc - 1]; argc++) {
        (void)snprintf(texts[argc], sizeof texts[argc], "%s", words[argc - 1]);
        argv[argc] = texts[argc];
    }
    argv[argc] = NULL;
    return cg_options_parse(argc, argv, ret);
}

static void assert_text(const char *name, const char *what, const char *found, const char *expected) {
    cr_assert(found == expected || (found && expected && strcmp(found, expected) == 0), "%s: %s is %s, expected %s",
              name, what, found ? found : "NULL", expected ? expected : "NULL");
}

Test(options, understood) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *name = good[i].name;
        const struct cg_options *expected = &good[i].expected;
        struct cg_options options;
        cr_assert_eq(parse(good[i].words, &options), CG_EXIT_OK, "%s", name);
        cr_assert_eq(options.command, expected->command, "%s: command %d", name, (int)options.command);
        assert_text(name, "config_file", options.config_file, expected->config_file);
        assert_text(name, "env_file", options.env_file, expected->env_file);
        assert_text(name, "plugins_path", options.plugins_path, expected->plugins_path);
        assert_text(name, "mode", options.mode, expected->mode);
        assert_text(name, "tenant", options.tenant, expected->tenant);
        assert_text(name, "from", options.from, expected->from);
        assert_text(name, "to", options.to, expected->to);
        cr_assert_eq(options.validate, expected->validate, "%s", name);
        cr_assert_eq(options.show_config, expected->show_config, "%s", name);
        cr_assert_eq(options.emit_once, expected->emit_once, "%s", name);
        cr_assert_eq(options.run_once, expected->run_once, "%s", name);
        cr_assert_eq(options.quiet, expected->quiet, "%s", name);
        cr_assert_eq(options.recalculate, expected->recalculate, "%s", name);
        if (expected->recalculate) {
            cr_assert_eq(options.recalculate_from, expected->recalculate_from, "%s", name);
            cr_assert_eq(options.recalculate_to, expected->recalculate_to, "%s", name);
        }
        if (expected->command == CG_COMMAND_EXPLAIN)
            cr_assert_eq(options.date, expected->date, "%s: %lld", name, (long long)options.date);
        assert_text(name, "resource", options.resource, expected->resource);
        assert_text(name, "identity", options.identity, expected->identity);
        assert_text(name, "product", options.product, expected->product);
        cr_assert_eq(options.top, expected->top, "%s: %lld", name, (long long)options.top);
        cr_assert_eq(options.file_count, expected->file_count, "%s", name);
        assert_text(name, "first file", options.file_count ? options.files[0] : NULL, good[i].first_file);
    }
}

/* ---- what is refused ---- */

static const struct {
    const char *name;
    const char *words[MOST_WORDS];
    const char *part; /* of what is said */
} bad[] = {
    {"nothing", {NULL}, "error: --config-file is required"},
    {"a report of nothing", {"report"}, "error: --config-file is required"},
    {"unknown option", {"--config-file", "c", "--speed"}, "unrecognized option '--speed'"},
    {"unknown letter", {"-x"}, "invalid option -- 'x'"},
    {"no value", {"--config-file"}, "option '--config-file' requires an argument"},
    {"a value for a switch", {"--config-file", "c", "--quiet=1"}, "option '--quiet' doesn't allow an argument"},
    {"ambiguous", {"--config-file", "c", "--ver", "--v"}, "option '--v' is ambiguous"},
    {"unknown command", {"bill"}, "there is no command 'bill'"},
    {"word behind a report", {"report", "acme", "--config-file", "c"}, "report does not know 'acme'"},
    {"unknown word of plugins", {"plugins", "list"}, "plugins does not know 'list'"},
    {"a hash of nothing", {"hash"}, "hash needs one word, password or token; the secret itself is read from standard"},
    {"a hash of something else", {"hash", "geheim"}, "hash needs one word, password or token; the secret"},
    {"a secret everybody can see", {"hash", "password", "geheim"}, "hash needs one word, password or token; the"},
    {"a hash with a configuration", {"hash", "token", "--config-file", "c"}, "hash token does not take --config-file"},
    {"no file to check", {"plugins", "check"}, "plugins check needs at least one file"},
    {"top is a word", {"report", "--config-file", "c", "--top", "ten"}, "--top needs a whole number from 0, not 'ten'"},
    {"top is negative", {"report", "--config-file", "c", "--top", "-1"}, "--top needs a whole number from 0, not '-1'"},
    {"top is empty", {"report", "--config-file", "c", "--top", ""}, "--top needs a whole number from 0, not ''"},
    {"top is huge", {"report", "--config-file", "c", "--top", "9999999999999999999"}, "--top needs a whole number"},
    {"unknown mode", {"--config-file", "c", "--mode", "x"}, "--mode is worker, api or both, not 'x'"},
    {"a run of one tenant",
     {"--config-file", "c", "--tenant", "a"},
     "--tenant belongs to the commands 'report' and 'explain'"},
    {"a run from a day on", {"--config-file", "c", "--from", "2026-06-01"}, "--from belongs to the command 'report'"},
    {"a run of one day", {"--config-file", "c", "--date", "2026-06-01"}, "--date belongs to the command 'explain'"},
    {"a run of one resource", {"--config-file", "c", "--resource", "r"}, "--resource belongs to the command 'explain'"},
    {"a run of one identity", {"--config-file", "c", "--identity", "i"}, "--identity belongs to the command 'explain'"},
    {"a run of one product", {"--config-file", "c", "--product", "p"}, "--product belongs to the command 'explain'"},
    {"an explanation of nothing", {"explain", "--date", "2026-06-01"}, "error: --config-file is required"},
    {"an explanation of no day",
     {"explain", "--config-file", "c"},
     "explain needs --date YYYY-MM-DD, the day to explain"},
    {"no day", {"explain", "--config-file", "c", "--date", "2026-02-30"}, "--date needs a day as YYYY-MM-DD, not"},
    {"a time", {"explain", "--config-file", "c", "--date", "2026-06-01T00:00:00"}, "--date needs a day as YYYY-MM-DD"},
    {"an empty day", {"explain", "--config-file", "c", "--date="}, "--date needs a day as YYYY-MM-DD, not ''"},
    {"word behind an explanation",
     {"explain", "acme", "--config-file", "c", "--date", "2026-06-01"},
     "explain does not know 'acme'"},
    {"an explanation of some days",
     {"explain", "--config-file", "c", "--date", "2026-06-01", "--from", "2026-06-01"},
     "explain does not take --from"},
    {"an explanation that runs",
     {"explain", "--config-file", "c", "--date", "2026-06-01", "--recalculate"},
     "explain does not take --recalculate"},
    {"a report of one day", {"report", "--config-file", "c", "--date", "2026-06-01"}, "report does not take --date"},
    {"a report that calculates",
     {"report", "--config-file", "c", "--recalculate"},
     "report does not take --recalculate"},
    {"no first day", {"--config-file", "c", "--recalculate=..2026-06-01"}, "--recalculate needs days as YYYY-MM-DD.."},
    {"no last day", {"--config-file", "c", "--recalculate=2026-06-01.."}, "--recalculate needs days as YYYY-MM-DD.."},
    {"no days", {"--config-file", "c", "--recalculate="}, "one YYYY-MM-DD, or no value, not ''"},
    {"one point", {"--config-file", "c", "--recalculate=2026-06-01.2026-06-02"}, "not '2026-06-01.2026-06-02'"},
    {"three days",
     {"--config-file", "c", "--recalculate=2026-06-01..2026-06-02..2026-06-03"},
     "--recalculate needs days as"},
    {"the wrong way round",
     {"--config-file", "c", "--recalculate=2026-06-02..2026-06-01"},
     "the first day of --recalculate=2026-06-02..2026-06-01 is later than the last"},
    {"days as a word of their own",
     {"--config-file", "c", "--recalculate", "2026-06-01"},
     "there is no command '2026-06-01'"},
    {"again and only emitted",
     {"--config-file", "c", "--recalculate", "--emit-once"},
     "--recalculate belongs to a run, and --emit-once makes none: give one of them"},
    {"again and only checked",
     {"--config-file", "c", "--validate", "--recalculate"},
     "--recalculate belongs to a run, and --validate makes none: give one of them"},
    {"again and only shown",
     {"--config-file", "c", "--recalculate=2026-06-01", "--show-config"},
     "--recalculate belongs to a run, and --show-config makes none: give one of them"},
    {"again and only served",
     {"--config-file", "c", "--mode", "api", "--recalculate"},
     "--recalculate belongs to a run, and --mode api makes none: give one of them"},
    {"a run with modules",
     {"--config-file", "c", "--plugins-path", "p"},
     "--plugins-path belongs to the command 'plugins'"},
    {"a report that runs", {"report", "--config-file", "c", "--run-once"}, "report does not take --run-once"},
    {"a report that validates", {"report", "--config-file", "c", "--validate"}, "report does not take --validate"},
    {"modules of a tenant", {"plugins", "--tenant", "a"}, "plugins does not take --tenant"},
    {"a check with a configuration",
     {"plugins", "check", "a.so", "--config-file", "c"},
     "plugins check does not take --config-file"},
};

Test(options, refused) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cg_options options;
        char said[1024] = "";
        struct said kept;
        said_begin(&kept);
        int exit_status = parse(bad[i].words, &options);
        said_end(&kept, said, sizeof said);
        cr_assert_eq(exit_status, CG_EXIT_USAGE, "%s: %d", bad[i].name, exit_status);
        cr_assert(strstr(said, bad[i].part), "%s: expected '%s' in: %s", bad[i].name, bad[i].part, said);
        int hint = strstr(said, "chitragupt --help lists what there is\n") != NULL;
        cr_assert_eq(hint, strncmp(bad[i].part, "error: ", 7) != 0, "%s: %s", bad[i].name, said);
    }
}

/* ---- the help text ---- */

/* What can be given stands in the text, and the text fits a terminal. */
Test(options, help_names_everything, .init = cr_redirect_stdout) {
    static const char *const parts[] = {
        "--config-file PATH",
        "--env-file PATH",
        "--mode MODE",
        "--validate",
        "--show-config",
        "--emit-once",
        "--run-once",
        "--quiet",
        "--tenant NAME",
        "--from, --to DATE",
        "--top N",
        "--recalculate[=FROM..TO]",
        "--date DATE",
        "--resource ID",
        "--identity ID",
        "--product TYPE",
        "chitragupt explain",
        "--plugins-path DIR",
        "--version",
        "-h, --help",
        "chitragupt report",
        "chitragupt plugins",
        "plugins check FILE...",
        "hash password|token",
        "Exit status: 0",
    };
    cg_options_help();
    (void)fflush(stdout);
    char text[8192] = "";
    FILE *out = cr_get_redirected_stdout();
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect(strstr(text, parts[i]), "'%s' is missing", parts[i]);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), 120, "%.130s", line);
}
