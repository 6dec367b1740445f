#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 300

static const char config_text[] = "tenants:\n"
                                  "  acme:\n"
                                  "    ecosystem: confluent_cloud\n"
                                  "    tenant_id: acme\n"
                                  "    lookback_days: %u\n"
                                  "    cutoff_days: 1\n"
                                  "%s"
                                  "    storage:\n"
                                  "      connection_string: \"%s\"\n"
                                  "    plugin_settings:\n"
                                  "      ccloud_api:\n"
                                  "        key: " CG_TEST_SIM_KEY "\n"
                                  "        secret: \"${CC_SECRET}\"\n"
                                  "        base_url: \"%s\"\n"
                                  "%s"
                                  "      metrics:\n"
                                  "        url: \"%s\"\n"
                                  "        auth_type: bearer\n"
                                  "        bearer_token: \"${PROM_TOKEN}\"\n"
                                  "%s%s"
                                  "      emitters:\n"
                                  "        - type: csv\n"
                                  "          params: {output_dir: \"%s\"}\n";

static const char whole_text[] =
    "      flink:\n"
    "        - {region_id: eu-west-1, key: " CG_TEST_SIM_FLINK_KEY ", secret: \"${FLINK_SECRET}\", base_url: \"%s\"}\n"
    "        - {region_id: us-east-1, key: " CG_TEST_SIM_FLINK_KEY ", secret: \"${FLINK_SECRET}\", base_url: \"%s\"}\n"
    "      topic_attribution:\n"
    "        enabled: true\n"
    "        retention_days: 365\n"
    "        emitters:\n"
    "          - type: csv\n"
    "            params: {output_dir: " CG_TEST_TOPICS "}\n";

void cg_test_config_write(const char *folder, const struct cg_test_config *config) {
    const char *seconds = config->interval ? config->interval : "0";
    char *interval =
        *seconds ? cg_test_format("        request_interval_seconds: %s\n", seconds) : cg_test_format("%s", "");
    char *whole = config->whole ? cg_test_format(whole_text, config->url, config->url) : cg_test_format("%s", "");
    char *text = cg_test_format(config_text, config->lookback_days ? config->lookback_days : 40U,
                                config->tenant_settings ? config->tenant_settings : "",
                                config->database ? config->database : "sqlite:///" CG_TEST_DATABASE, config->url,
                                interval, config->metrics_url ? config->metrics_url : config->url, whole,
                                config->more_settings ? config->more_settings : "",
                                config->csv_folder ? config->csv_folder : CG_TEST_CSV);
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
    free(whole);
    free(interval);
}

void cg_test_program_start(const char *folder, const char *const *arguments, const char *const *environment,
                           struct cg_test_process *ret) {
    const char *argv[CG_TEST_MOST_ARGUMENTS + 1] = {CG_TEST_BINARY_DIR "/bin/chitragupt"};
    const char *changes[CG_TEST_MOST_VARIABLES + 1];
    static const char *const usual[] = {"CHITRAGUPT_NOW=" CG_TEST_NOW,
                                        "CC_SECRET=" CG_TEST_SIM_SECRET,
                                        "FLINK_SECRET=" CG_TEST_SIM_FLINK_SECRET,
                                        "PROM_TOKEN=" CG_TEST_SIM_TOKEN,
                                        "http_proxy",
                                        "HTTP_PROXY",
                                        "all_proxy",
                                        "ALL_PROXY"};
    size_t count = 1;
    for (size_t i = 0; arguments[i]; i++) {
        cr_assert_lt(count, CG_TEST_MOST_ARGUMENTS, "too many arguments");
        argv[count++] = arguments[i];
    }
    count = 0;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        int changed = 0;
        for (size_t k = 0; environment && environment[k] && !changed; k++)
            changed = strncmp(usual[i], environment[k], strcspn(environment[k], "=")) == 0;
        if (!changed)
            changes[count++] = usual[i];
    }
    for (size_t i = 0; environment && environment[i]; i++) {
        cr_assert_lt(count, CG_TEST_MOST_VARIABLES, "too many variables");
        changes[count++] = environment[i];
    }
    changes[count] = NULL;
    struct cg_test_process_options options = {
        .argv = argv, .environment = changes, .directory = folder, .timeout_seconds = TIMEOUT_SECONDS};
    cg_test_process_start(&options, ret);
}

void cg_test_program_wait(struct cg_test_process *process, struct cg_test_result *ret) {
    static const char *const secrets[] = {CG_TEST_SIM_SECRET, CG_TEST_SIM_FLINK_SECRET, CG_TEST_SIM_TOKEN};
    cg_test_process_wait(process, ret);
    cr_assert(!ret->timed_out && !ret->flooded, "the program %s; it wrote:\n%.8000s",
              ret->timed_out ? "did not end in time" : "wrote without end", ret->err);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        cg_test_has_not("standard output", ret->out, secrets[i]);
        cg_test_has_not("standard error", ret->err, secrets[i]);
    }
}

void cg_test_program_run(const char *folder, const char *const *arguments, struct cg_test_result *ret) {
    struct cg_test_process process;
    cg_test_program_start(folder, arguments, NULL, &process);
    cg_test_program_wait(&process, ret);
}

int cg_test_run_at(const char *folder, const char *now, const char *option, char **ret_err) {
    const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", option, NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    char *clock = cg_test_format("CHITRAGUPT_NOW=%s", now);
    const char *const environment[] = {clock, NULL};
    cg_test_program_start(folder, arguments, environment, &process);
    cg_test_program_wait(&process, &result);
    free(clock);
    int exit_status = result.exit_status;
    cr_assert_eq(result.signal, 0, "the program died of signal %d:\n%.8000s", result.signal, result.err);
    if (ret_err) {
        *ret_err = result.err;
        result.err = NULL;
    }
    cg_test_result_done(&result);
    return exit_status;
}

int cg_test_run_once(const char *folder, char **ret_err) {
    return cg_test_run_at(folder, CG_TEST_NOW, NULL, ret_err);
}

void cg_test_run_well(const char *folder) {
    char *text = NULL;
    int exit_status = cg_test_run_once(folder, &text);
    cr_assert_eq(exit_status, 0, "the run ended with %d:\n%.8000s", exit_status, text);
    free(text);
}

void cg_test_has(const char *what, const char *text, const char *part) {
    cr_expect_not_null(strstr(text, part), "%s: '%s' is missing in:\n%.8000s", what, part, text);
}

void cg_test_has_not(const char *what, const char *text, const char *part) {
    cr_assert_null(strstr(text, part), "%s: '%s' occurs in:\n%.8000s", what, part, text);
}

void cg_test_program_begin(const char *folder, const char *option, struct cg_test_process *ret) {
    const char *const arguments[] = {"--config-file", "config.yaml", option, NULL};
    const char *inherited = getenv("ASAN_OPTIONS");
    char *options = cg_test_format("ASAN_OPTIONS=%s:handle_segv=0:handle_abort=0", inherited ? inherited : "");
    const char *const environment[] = {options, NULL};
    cg_test_program_start(folder, arguments, environment, ret);
    free(options);
}

void cg_test_program_end(const char *folder, const char *option, int exit_status, struct cg_test_result *ret) {
    struct cg_test_process process;
    cg_test_program_begin(folder, option, &process);
    cg_test_program_wait(&process, ret);
    cr_assert_eq(ret->exit_status, exit_status, "the run ended with %d:\n%.8000s", ret->exit_status, ret->err);
}
